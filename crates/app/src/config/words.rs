//! What the reader of TOML says, in the words of who wrote the file.

use super::value::quoted;
use crate::nearest::nearest;

/// The message in plain words, and what helps.
pub(super) fn plain(message: &str) -> (String, Option<String>) {
    let message = message.lines().collect::<Vec<_>>().join("; ");
    unknown_key(&message)
        .or_else(|| unknown_choice(&message))
        .or_else(|| missing_key(&message))
        .or_else(|| Some((wrong_type(&message)?, None)))
        .unwrap_or((message, None))
}

fn unknown_key(message: &str) -> Option<(String, Option<String>)> {
    let (key, known) = names(message.strip_prefix("unknown field ")?)?;
    let all = format!("the keys here are {}", quoted(&known));
    let help = match nearest(key, known) {
        Some(meant) => format!("did you mean `{meant}`? T{}", &all[1..]),
        None => all,
    };
    Some((format!("there is no key `{key}` here"), Some(help)))
}

fn unknown_choice(message: &str) -> Option<(String, Option<String>)> {
    let (found, known) = names(message.strip_prefix("unknown variant ")?)?;
    let expected =
        known.iter().map(|choice| format!("`{choice}`")).collect::<Vec<_>>().join(" or ");
    let help = nearest(found, known).map(|meant| format!("did you mean `{meant}`?"));
    Some((format!("found `{found}`, expected {expected}"), help))
}

fn missing_key(message: &str) -> Option<(String, Option<String>)> {
    let (key, _) = names(message.strip_prefix("missing field ")?)?;
    Some((format!("the key `{key}` is missing"), Some(format!("add `{key} = …`"))))
}

fn wrong_type(message: &str) -> Option<String> {
    if message == "wanted string or table" {
        return Some("expected text in quotes".to_owned());
    }
    let kind = ["invalid type: ", "invalid value: "].into_iter();
    let (found, expected) =
        kind.filter_map(|kind| message.strip_prefix(kind)).next()?.rsplit_once(", expected ")?;
    Some(format!("found {}, expected {}", found_value(found), expected_type(expected)))
}

/// What serde calls a value that it found: its type in Rust, and the value.
fn found_value(found: &str) -> String {
    let (kind, value) = found.split_once(' ').unwrap_or((found, ""));
    let value = value.trim_start_matches("point ").trim_matches(['"', '`']);
    match kind {
        "string" => format!("the text `{value}`"),
        "integer" | "floating" => format!("the number `{value}`"),
        "boolean" => format!("`{value}`"),
        "sequence" => "a list".to_owned(),
        "map" => "a table or a date".to_owned(),
        _ => found.to_owned(),
    }
}

/// What serde calls a type that it expected.
fn expected_type(expected: &str) -> &str {
    match expected {
        "a string" => "text in quotes",
        "a character" => "one letter in quotes",
        "i64" | "u64" | "u32" => "a whole number",
        "f64" => "a number",
        "a sequence" => "a list in brackets",
        "a map" => "a table",
        _ if expected.starts_with("struct ") => "a table",
        _ => expected,
    }
}

/// The names in backquotes: the first, and the others.
fn names(text: &str) -> Option<(&str, Vec<&str>)> {
    let mut names = text.split('`').skip(1).step_by(2);
    Some((names.next()?, names.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_rust_are_not_named() {
        for (said, plainly) in [
            (
                "invalid type: string \"16\", expected i64",
                "found the text `16`, expected a whole number",
            ),
            (
                "invalid value: integer `-1`, expected u32",
                "found the number `-1`, expected a whole number",
            ),
            (
                "invalid type: floating point `1.5`, expected i64",
                "found the number `1.5`, expected a whole number",
            ),
            (
                "invalid type: boolean `false`, expected a string",
                "found `false`, expected text in quotes",
            ),
            (
                "invalid type: string \"x\", expected struct Regions",
                "found the text `x`, expected a table",
            ),
            ("invalid type: sequence, expected f64", "found a list, expected a number"),
            (
                "invalid value: string \"us-east-1a\", expected a character",
                "found the text `us-east-1a`, expected one letter in quotes",
            ),
            ("wanted string or table", "expected text in quotes"),
            ("missing field `name`", "the key `name` is missing"),
            ("found 3, expected 7 or 14", "found 3, expected 7 or 14"),
        ] {
            assert_eq!(plain(said).0, plainly);
        }
    }

    #[test]
    fn a_choice_that_there_is_not_is_answered_with_the_nearest() {
        let (message, help) = plain("unknown variant `singel`, expected `single` or `per-zone`");
        assert_eq!(message, "found `singel`, expected `single` or `per-zone`");
        assert_eq!(help.as_deref(), Some("did you mean `single`?"));
    }
}
