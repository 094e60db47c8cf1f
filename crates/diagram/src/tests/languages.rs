//! That names mean nothing in any of the languages.

use proptest::prelude::*;

use super::any;

/// Texts that somebody may have chosen to break out with.
fn hostile() -> impl Strategy<Value = String> {
    let attack = prop::sample::select(vec![
        "\"]; end\n",
        "</text><script>alert(1)</script>",
        "%%{init: {}}%%",
        "]]>",
        "\\\"",
        "\\",
        "&quot;",
        "#quot;",
        "`**bold**`",
        "\u{202e}",
        "\u{0}",
        "<br/>",
        "end",
        "|",
        "-->",
        "<!--",
        "'",
        "\r\n",
        "\u{fffe}",
        "\u{2028}",
    ]);
    prop::collection::vec(prop_oneof![attack.prop_map(str::to_owned), ".*"], 1..4)
        .prop_map(|parts| format!("n{}", parts.concat()))
}

proptest! {
    #[test]
    fn names_mean_nothing(diagram in any::diagram(), names in prop::collection::vec(hostile(), 1..6)) {
        let mut next = names.iter().cycle();
        let renamed = any::renamed(&diagram, |_| next.next().unwrap().clone());
        prop_assert_eq!(without_strings(&renamed.mermaid()), without_strings(&diagram.mermaid()));
        prop_assert_eq!(without_strings(&renamed.dot()), without_strings(&diagram.dot()));
        prop_assert_eq!(elements(&renamed.svg()), elements(&diagram.svg()));
    }

    #[test]
    fn mermaid_holds_nothing_but_plain_characters_in_strings(diagram in any::diagram(), name in hostile()) {
        let text = any::renamed(&diagram, |_| name.clone()).mermaid();
        // The directive is ours.
        let (_, text) = text.split_once('\n').unwrap();
        prop_assert!(!text.contains("%%") && !text.contains('`') && !text.contains('\\') && !text.contains('\r'));
        for (number, part) in text.split('"').enumerate() {
            let is_string = number % 2 == 1;
            prop_assert!(!is_string || !part.replace("<br/>", "").contains(['<', '>', '\n', '{', '&']), "{}", part);
        }
    }
}

/// A text without what stands between quotes, and without the two lines for screen readers, which have none.
fn without_strings(text: &str) -> String {
    let mut kept = String::new();
    let mut is_string = false;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => is_string = !is_string,
            '\\' if is_string => drop(characters.next()),
            _ if is_string => {}
            _ => kept.push(character),
        }
    }
    assert!(!is_string, "a string has no end in {text}");
    let lines = kept.lines().map(|line| match line.trim_start().split_once(": ") {
        Some((keyword @ ("accTitle" | "accDescr"), rest)) => {
            assert!(!rest.contains(['{', '%', '<', ';']), "{rest}");
            keyword.to_owned()
        }
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The names of all elements of an XML document in order.
///
/// # Panics
/// When the document is not well-formed.
fn elements(text: &str) -> Vec<String> {
    let mut open: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    let (mut rest, mut count) = (text, 0);
    while let Some((before, tag)) = rest.split_once('<') {
        check_characters(before);
        let (tag, after) = tag.split_once('>').expect("a tag has no end");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "after {before}");
            continue;
        }
        check_characters(tag);
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        assert!(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic()), "{tag}");
        found.push(name.to_owned());
        count += 1;
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty() && count > 0 && rest.trim().is_empty(), "{open:?} {rest}");
    found
}

fn check_characters(text: &str) {
    for (at, _) in text.match_indices('&') {
        let entities = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
        assert!(entities.iter().any(|entity| text[at..].starts_with(entity)), "{text}");
    }
    let is_bad = |character: char| {
        (character.is_control() && character != '\n')
            || matches!(character, '\u{fffe}' | '\u{ffff}')
    };
    assert!(!text.contains(is_bad) && !text.contains('>'), "{text:?}");
}
