/// The steps of a path of files with `.` and what lies between two `/` left out, and each `..` taken back with the step before it.
/// What leads out of the folder that the path begins in stays: `a/../../b` is `../b`. Links are not followed.
///
/// ```
/// use drstack_plan::folded;
///
/// assert_eq!(folded("modules/a/./..//b".split('/')), ["modules", "b"]);
/// ```
pub fn folded<'a>(steps: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut folded = Vec::new();
    for step in steps {
        match step {
            "" | "." => {}
            ".." if !matches!(folded.last(), None | Some(&"..")) => _ = folded.pop(),
            step => folded.push(step),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dots_are_taken_out() {
        for (path, expected) in [
            ("", ""),
            (".", ""),
            ("a//b/", "a/b"),
            ("./a/./b", "a/b"),
            ("a/..", ""),
            ("a/b/../../c", "c"),
            ("..", ".."),
            ("../../a", "../../a"),
            ("a/../../b", "../b"),
            ("a/.../b", "a/.../b"),
        ] {
            assert_eq!(folded(path.split('/')).join("/"), expected, "{path}");
        }
    }

    proptest! {
        #[test]
        fn what_leads_out_stands_first_and_folding_again_changes_nothing(path in "(a|b|\\.|\\.\\.|/){0,12}") {
            let once = folded(path.split('/'));
            prop_assert_eq!(folded(once.iter().copied()), once.clone());
            let inside = once.iter().skip_while(|step| **step == "..");
            prop_assert!(inside.copied().all(|step| !["", ".", ".."].contains(&step)));
        }
    }
}
