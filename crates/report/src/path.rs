//! Paths as the services show them: relative to the root of the repository, with `/`.

use drstack_plan::folded;

/// Joins a directory and a file in it. A path ends up without `.`, without a root and without leading `..`, because the
/// services take nothing else, and because a machine's directories are nobody's business.
pub(crate) fn relative(directory: &str, file: &str) -> String {
    let separators = ['/', '\\'];
    let steps = folded(directory.split(separators).chain(file.split(separators)));
    let leading = steps.iter().take_while(|step| **step == "..").count();
    steps[leading..].join("/")
}

/// A path as a relative URI reference.
pub(crate) fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        // What RFC 3986 calls unreserved stays as it is, and the separator. A colon would end a scheme.
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_relative() {
        for (directory, file, path) in [
            ("", "plan.json", "plan.json"),
            (".", "main.tf.json", "main.tf.json"),
            ("./stacks//prod/", "modules/a/main.tf.json", "stacks/prod/modules/a/main.tf.json"),
            ("stacks/dev", "../prod/main.tf.json", "stacks/prod/main.tf.json"),
            ("", "/srv/plan.json", "srv/plan.json"),
            ("", "../plan.json", "plan.json"),
            ("stacks", "../../../plan.json", "plan.json"),
            ("", r"plans\eu.json", "plans/eu.json"),
        ] {
            assert_eq!(relative(directory, file), path);
        }
    }

    #[test]
    fn uris_hold_any_path() {
        assert_eq!(uri("a b/ü:1%.json"), "a%20b/%C3%BC%3A1%25.json");
    }
}
