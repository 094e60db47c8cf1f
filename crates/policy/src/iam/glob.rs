//! IAM's wildcards: `*` is any text, `?` any one character.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html#reference_policies_elements_resource_wildcards>

use std::str::Chars;

/// How letters compare: actions without regard to case, ARNs with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Sensitive,
    Insensitive,
}

impl Case {
    fn same(self, a: char, b: char) -> bool {
        match self {
            Self::Sensitive => a == b,
            Self::Insensitive => a.eq_ignore_ascii_case(&b),
        }
    }
}

/// Whether a text holds a wildcard.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Whether the whole text fits the pattern.
pub(crate) fn matches(pattern: &str, text: &str, case: Case) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // Where to go on after a mismatch: behind the last `*`, which then takes one character more. An
    // earlier one need never take more: whatever it could reach, the last one reaches too.
    let mut retry: Option<(Chars<'_>, Chars<'_>)> = None;
    loop {
        match pattern.clone().next() {
            Some('*') => {
                pattern.next();
                retry = Some((pattern.clone(), text.clone()));
                continue;
            }
            Some(expected)
                if text
                    .clone()
                    .next()
                    .is_some_and(|found| expected == '?' || case.same(expected, found)) =>
            {
                pattern.next();
                text.next();
                continue;
            }
            None if text.as_str().is_empty() => return true,
            _ => {}
        }
        let Some((behind_star, from)) = &mut retry else { return false };
        if from.next().is_none() {
            return false;
        }
        (pattern, text) = (behind_star.clone(), from.clone());
    }
}

/// Whether some text fits both patterns.
pub(super) fn intersect(a: &str, b: &str) -> bool {
    let (a, b): (Vec<_>, Vec<_>) = (a.chars().collect(), b.chars().collect());
    // `row[j]`: whether some text fits both what is left of `a` and `b[j..]`; rows from the end of `a`.
    let mut below = vec![false; b.len() + 1];
    for i in (0..=a.len()).rev() {
        let mut row = vec![false; b.len() + 1];
        for j in (0..=b.len()).rev() {
            row[j] = match (a.get(i), b.get(j)) {
                (None, None) => true,
                (Some('*'), None) => below[j],
                (Some('*'), Some(_)) => below[j] || row[j + 1],
                (None, Some('*')) => row[j + 1],
                (Some(_), Some('*')) => row[j + 1] || below[j],
                (Some(x), Some(y)) => (x == y || *x == '?' || *y == '?') && below[j + 1],
                (None, Some(_)) | (Some(_), None) => false,
            };
        }
        below = row;
    }
    below[0]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, spelled out.
    fn reference(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|taken| reference(rest, &text[taken..])),
            Some(('?', rest)) => !text.is_empty() && reference(rest, &text[1..]),
            Some((char, rest)) => text.first() == Some(char) && reference(rest, &text[1..]),
        }
    }

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    /// Every text of `a` and `b` up to a length.
    fn texts(longest: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut from = 0;
        for _ in 0..longest {
            let next: Vec<_> = all[from..]
                .iter()
                .flat_map(|text| [format!("{text}a"), format!("{text}b")])
                .collect();
            from = all.len();
            all.extend(next);
        }
        all
    }

    proptest! {
        #[test]
        fn matching_is_as_defined(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
            prop_assert_eq!(matches(&pattern, &text, Case::Sensitive), reference(&chars(&pattern), &chars(&text)));
        }

        #[test]
        fn case_is_ignored_only_where_asked(pattern in "[aB*?]{0,6}", text in "[aB]{0,8}") {
            let swapped: String = text
                .chars()
                .map(|char| if char.is_lowercase() { char.to_ascii_uppercase() } else { char.to_ascii_lowercase() })
                .collect();
            let expected = reference(&chars(&pattern), &chars(&text));
            prop_assert_eq!(matches(&pattern, &text, Case::Insensitive), expected);
            prop_assert_eq!(matches(&pattern, &swapped, Case::Insensitive), expected);
        }

        #[test]
        fn patterns_intersect_where_a_text_fits_both(a in "[ab*?]{0,4}", b in "[ab*?]{0,4}") {
            // A common text need not be longer than both patterns together.
            let common = texts(8).iter().any(|text| {
                reference(&chars(&a), &chars(text)) && reference(&chars(&b), &chars(text))
            });
            prop_assert_eq!(intersect(&a, &b), common);
            prop_assert_eq!(intersect(&b, &a), common);
        }

        #[test]
        fn a_pattern_intersects_a_text_where_it_matches(pattern in "[ab*?]{0,6}", text in "[ab]{0,8}") {
            prop_assert_eq!(intersect(&pattern, &text), matches(&pattern, &text, Case::Sensitive));
        }
    }

    #[test]
    fn long_patterns_do_not_explode() {
        let pattern = "*a".repeat(200);
        assert!(!matches(&pattern, &"a".repeat(199), Case::Sensitive));
        assert!(matches(&pattern, &"a".repeat(400), Case::Sensitive));
        assert!(!matches(&format!("{pattern}c"), &"ab".repeat(400), Case::Sensitive));
    }
}
