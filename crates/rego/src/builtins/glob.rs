//! `glob.*`: <https://www.openpolicyagent.org/docs/policy-reference/builtins/glob>.

use std::fmt::Write;

use anyhow::{Result, bail};
use regorus::Value;

use super::{Builtin, elements, regex, string};

pub(super) const BUILTINS: &[(&str, u8, Builtin)] =
    &[("glob.match", 3, matches), ("glob.quote_meta", 1, quote_meta)];

fn matches(arguments: &[Value]) -> Result<Value> {
    let [pattern, delimiters, text] = arguments else { bail!("expected three arguments") };
    let text = string(text)?;
    let pattern = translate(string(pattern)?, &characters(delimiters)?)?;
    regex::with(&pattern, |regex| regex.is_match(text).into())
}

fn quote_meta(arguments: &[Value]) -> Result<Value> {
    let [pattern] = arguments else { bail!("expected one argument") };
    let mut quoted = String::new();
    for character in string(pattern)?.chars() {
        if "*?\\[]{}".contains(character) {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    Ok(quoted.into())
}

/// The delimiters: none for null, the dot for an empty array.
fn characters(delimiters: &Value) -> Result<String> {
    if *delimiters == Value::Null {
        return Ok(String::new());
    }
    let listed = elements(delimiters)?;
    if listed.is_empty() {
        return Ok(".".to_owned());
    }
    let single = |delimiter: &Value| {
        let mut characters = string(delimiter)?.chars();
        match (characters.next(), characters.next()) {
            (Some(character), None) => Ok(character),
            _ => bail!("found a delimiter of several characters, expected one character each"),
        }
    };
    listed.into_iter().map(single).collect()
}

/// A glob as a regular expression: `*` stops at delimiters, `**` does not, `?` is one character that is none of them,
/// `[a-z]` and `[!a-z]` are one of a range or not, `{a,b}` is one of several globs, `\` takes the next literally.
fn translate(glob: &str, delimiters: &str) -> Result<String> {
    let other = if delimiters.is_empty() {
        "(?s:.)".to_owned()
    } else {
        delimiters.chars().fold("[^".to_owned(), |class, one| class + &literal(one)) + "]"
    };
    let mut regex = "^".to_owned();
    let mut depth = 0_usize;
    let mut characters = glob.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '*' if characters.next_if_eq(&'*').is_some() => regex.push_str("(?s:.)*"),
            '*' => write!(regex, "{other}*")?,
            '?' => regex.push_str(&other),
            '{' => {
                depth += 1;
                regex.push_str("(?:");
            }
            ',' if depth > 0 => regex.push('|'),
            '}' if depth > 0 => {
                depth -= 1;
                regex.push(')');
            }
            '[' => {
                let not = if characters.next_if_eq(&'!').is_some() { "^" } else { "" };
                write!(regex, "[{not}")?;
                loop {
                    match characters.next() {
                        Some(']') => break,
                        Some('-') => regex.push('-'),
                        Some(one) => regex.push_str(&literal(one)),
                        None => bail!("the glob `{glob}` ends in the middle of `[`"),
                    }
                }
                regex.push(']');
            }
            '\\' => match characters.next() {
                Some(escaped) => regex.push_str(&literal(escaped)),
                None => bail!("the glob `{glob}` ends in the middle of an escape"),
            },
            character => regex.push_str(&literal(character)),
        }
    }
    if depth > 0 {
        bail!("the glob `{glob}` ends in the middle of `{{`");
    }
    Ok(regex + "$")
}

fn literal(character: char) -> String {
    regex_lite::escape(character.encode_utf8(&mut [0; 4]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::call;
    use super::*;

    fn matched(glob: &str, delimiters: &str, text: &str) -> Result<Value> {
        let delimiters = Value::from_json_str(delimiters).unwrap();
        call("glob.match", &[glob.into(), delimiters, text.into()])
    }

    #[test]
    fn globs_do_what_opa_documents() {
        for (glob, delimiters, text, expected) in [
            ("*.github.com", "[]", "api.github.com", true),
            ("*.github.com", "[]", "api.cdn.github.com", false),
            ("*hub.com", "null", "api.cdn.github.com", true),
            ("*:github:com", r#"[":"]"#, "api:github:com", true),
            ("api.**.com", r#"["."]"#, "api.cdn.github.com", true),
            ("api.?.com", r#"["."]"#, "api.g.com", true),
            ("[a-c]at", "[]", "bat", true),
            ("[!a-c]at", "[]", "bat", false),
            ("{cat,b?t,[fr]at}", "[]", "but", true),
            ("{cat,bat}", "[]", "rat", false),
            (r"\*", "[]", "*", true),
            ("a^c", "[]", "a^c", true),
            ("arn:aws:iam::*:role/**", r#"[":", "/"]"#, "arn:aws:iam::1:role/a/b", true),
        ] {
            let result = matched(glob, delimiters, text).unwrap();
            assert_eq!(result, Value::from(expected), "{glob} {delimiters} {text}");
        }
    }

    #[test]
    fn broken_globs_are_errors() {
        for glob in ["[a", "{a", r"a\"] {
            assert!(matched(glob, "[]", "a").is_err(), "{glob}");
        }
        assert!(matched("a", r#"["ab"]"#, "a").is_err());
    }

    proptest! {
        #[test]
        fn a_quoted_glob_matches_itself_alone(text in ".{0,12}", other in ".{0,12}") {
            let quoted = call("glob.quote_meta", &[text.as_str().into()]).unwrap();
            let quoted = string(&quoted).unwrap();
            prop_assert_eq!(matched(quoted, "[]", &text).unwrap(), Value::from(true));
            prop_assert_eq!(matched(quoted, "[]", &other).unwrap(), Value::from(text == other));
        }
    }
}
