//! `docs/requirements.md`: every requirement with the builders, rules and tests that serve it.
//!
//! Builders and rules say so themselves. A test says so in a line above it, `// requirement: T2` or `# requirement: T2`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::error::Error;
use crate::workspace::{Then, Workspace};

const LIST: &str = "docs/requirements.tsv";
const OUTPUT: &str = "docs/requirements.md";
/// Where tests are looked for.
const TESTS: [&str; 2] = ["tests", "crates"];

/// Who serves a requirement.
#[derive(Default)]
struct Served {
    builders: Vec<String>,
    rules: Vec<String>,
    tests: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, then: Then) -> Result<(), Error> {
    let list = workspace.read(LIST)?;
    let mut served = BTreeMap::new();
    for line in list.lines().skip(1) {
        if let Some((id, _)) = line.split_once('\t') {
            served.insert(id.to_owned(), Served::default());
        }
    }
    collect(workspace, &mut served)?;
    let unserved: Vec<&str> =
        served.iter().filter(|(_, by)| by.is_empty()).map(|(id, _)| id.as_str()).collect();
    if !unserved.is_empty() {
        return Err(Error::Unserved { ids: unserved.join(", ") });
    }
    workspace.put(OUTPUT, &render(&list, &served), then)
}

impl Served {
    fn is_empty(&self) -> bool {
        self.builders.is_empty() && self.rules.is_empty() && self.tests.is_empty()
    }
}

fn collect(workspace: &Workspace, served: &mut BTreeMap<String, Served>) -> Result<(), Error> {
    let mut at = |id: &str, by: &str, add: &mut dyn FnMut(&mut Served)| match served.get_mut(id) {
        Some(entry) => {
            add(entry);
            Ok(())
        }
        None => Err(Error::UnknownRequirement { id: id.to_owned(), by: by.to_owned() }),
    };
    for (component, serves) in drstack::requirements::builders() {
        for one in serves {
            let text = format!("{component}: {}", one.with);
            at(one.requirement, component, &mut |entry| entry.builders.push(text.clone()))?;
        }
    }
    for rule in drstack_policy::rules::ALL {
        for id in rule.requirements {
            let text = format!("[{}](rules/{}.md)", rule.id, rule.id);
            at(id, rule.id, &mut |entry| entry.rules.push(text.clone()))?;
        }
    }
    let mut found = Vec::new();
    for folder in TESTS {
        scan(&workspace.path(folder), folder, &mut found)?;
    }
    found.sort();
    for (id, test) in found {
        at(&id, &test, &mut |entry| entry.tests.push(format!("`{test}`")))?;
    }
    Ok(())
}

/// The tests below a folder that name requirements: pairs of an id and `file::test`.
fn scan(folder: &Path, relative: &str, found: &mut Vec<(String, String)>) -> Result<(), Error> {
    let read = |source| Error::Read { path: folder.to_owned(), source };
    let entries = fs::read_dir(folder).map_err(read)?;
    for entry in entries {
        let path = entry.map_err(read)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let inside = format!("{relative}/{name}");
        if path.is_dir() {
            scan(&path, &inside, found)?;
        } else if name.ends_with(".rs") || name.ends_with(".py") {
            let text = crate::workspace::read(&path)?;
            found.extend(
                named(&text).into_iter().map(|(id, test)| (id, format!("{inside}::{test}"))),
            );
        }
    }
    Ok(())
}

/// The requirements that a source's tests name.
fn named(source: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut waiting: Vec<&str> = Vec::new();
    for line in source.lines().map(str::trim_start) {
        let comment =
            line.strip_prefix("// requirement:").or_else(|| line.strip_prefix("# requirement:"));
        if let Some(ids) = comment {
            waiting.extend(ids.split(',').map(str::trim));
        } else if let Some(name) = test_name(line) {
            found.extend(waiting.drain(..).map(|id| (id.to_owned(), name.to_owned())));
        }
    }
    found
}

fn test_name(line: &str) -> Option<&str> {
    let starts = ["fn ", "pub fn ", "pub(crate) fn ", "async fn ", "def "];
    let rest = starts.iter().find_map(|start| line.strip_prefix(start))?;
    rest.split(['(', '<']).next()
}

fn render(list: &str, served: &BTreeMap<String, Served>) -> String {
    let mut out = String::from(
        "# Requirements\n\nWho serves each requirement, from the metadata of builders, rules and tests. \
         Written by `cargo xtask docs`; a test fails when a requirement has nobody.\n",
    );
    for line in list.lines().skip(1) {
        let Some((id, text)) = line.split_once('\t') else { continue };
        let _ = write!(out, "\n## {id}\n\n{text}\n\n");
        let Some(by) = served.get(id) else { continue };
        for (what, entries) in
            [("built by", &by.builders), ("held by", &by.rules), ("tested by", &by.tests)]
        {
            for entry in entries {
                let _ = writeln!(out, "- {what} {entry}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_names_its_requirements_in_the_line_above() {
        let source = "// requirement: T1, T2\n#[test]\nfn both() {}\nfn neither() {}\n// requirement: T4\npub(crate) fn inner() {}\n    # requirement: T3\n    def one(self):\n";
        let expected = [("T1", "both"), ("T2", "both"), ("T4", "inner"), ("T3", "one")];
        assert_eq!(named(source), expected.map(|(id, test)| (id.to_owned(), test.to_owned())));
    }

    /// Fails when a requirement has neither builder nor rule nor test, or the page is not up to date.
    #[test]
    fn every_requirement_is_served_and_the_page_says_by_whom() {
        run(&Workspace::locate().unwrap(), Then::Check).unwrap();
    }
}
