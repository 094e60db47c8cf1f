//! `regex.*`: <https://www.openpolicyagent.org/docs/policy-reference/builtins/regex>.
//!
//! `regex-lite` takes RE2's syntax but for Unicode classes (`\p{…}`); `\d`, `\s`, `\w` and `\b` are ASCII in both.

use std::cell::RefCell;
use std::collections::HashMap;

use anyhow::{Result, anyhow, bail};
use regex_lite::{Captures, Regex};
use regorus::Value;

use super::{Builtin, kind, string};

pub(super) const BUILTINS: &[(&str, u8, Builtin)] = &[
    ("regex.find_all_string_submatch_n", 3, find_groups),
    ("regex.find_n", 3, find),
    ("regex.is_valid", 1, is_valid),
    ("regex.match", 2, matches),
    ("regex.replace", 3, replace),
    ("regex.split", 2, split),
    // The older name of regex.match.
    ("re_match", 2, matches),
];

/// What is wrong with a pattern that a policy passes to a built-in as a literal: at `argument` of `name`.
pub(crate) fn pattern_fault(name: &str, argument: usize, pattern: &str) -> Option<String> {
    let expected = match name {
        "regex.replace" => 1,
        "regex.find_all_string_submatch_n"
        | "regex.find_n"
        | "regex.match"
        | "regex.split"
        | "re_match" => 0,
        _ => return None,
    };
    let fault = (argument == expected).then(|| Regex::new(pattern).err()).flatten()?;
    Some(fault.to_string())
}

fn matches(arguments: &[Value]) -> Result<Value> {
    let [pattern, text] = arguments else { bail!("expected two arguments") };
    let text = string(text)?;
    with(string(pattern)?, |regex| regex.is_match(text).into())
}

fn is_valid(arguments: &[Value]) -> Result<Value> {
    let [pattern] = arguments else { bail!("expected one argument") };
    // OPA takes any value and says no to what is not a text.
    Ok(string(pattern).is_ok_and(|pattern| Regex::new(pattern).is_ok()).into())
}

fn split(arguments: &[Value]) -> Result<Value> {
    let [pattern, text] = arguments else { bail!("expected two arguments") };
    let text = string(text)?;
    with(string(pattern)?, |regex| regex.split(text).map(Value::from).collect::<Vec<_>>().into())
}

fn replace(arguments: &[Value]) -> Result<Value> {
    let [text, pattern, replacement] = arguments else { bail!("expected three arguments") };
    let (text, replacement) = (string(text)?, string(replacement)?);
    with(string(pattern)?, |regex| regex.replace_all(text, replacement).into_owned().into())
}

fn find(arguments: &[Value]) -> Result<Value> {
    let [pattern, text, most] = arguments else { bail!("expected three arguments") };
    let (text, most) = (string(text)?, limit(most)?);
    with(string(pattern)?, |regex| {
        let found = regex.find_iter(text).take(most);
        found.map(|found| Value::from(found.as_str())).collect::<Vec<_>>().into()
    })
}

fn find_groups(arguments: &[Value]) -> Result<Value> {
    let [pattern, text, most] = arguments else { bail!("expected three arguments") };
    let (text, most) = (string(text)?, limit(most)?);
    let groups = |found: Captures<'_>| {
        let groups = found.iter().map(|group| group.map_or("", |group| group.as_str()).into());
        Value::from(groups.collect::<Vec<_>>())
    };
    with(string(pattern)?, |regex| {
        regex.captures_iter(text).take(most).map(groups).collect::<Vec<_>>().into()
    })
}

/// How many matches are asked for; a negative number asks for all.
fn limit(value: &Value) -> Result<usize> {
    let number = value.as_i64().map_err(|_| anyhow!("found {}, expected a number", kind(value)))?;
    Ok(usize::try_from(number).unwrap_or(usize::MAX))
}

/// Runs a pattern. Those in use are kept: a policy asks the same of every resource.
pub(super) fn with(pattern: &str, run: impl FnOnce(&Regex) -> Value) -> Result<Value> {
    thread_local! {
        static COMPILED: RefCell<HashMap<String, Regex>> = RefCell::default();
    }
    COMPILED.with_borrow_mut(|compiled| {
        if let Some(regex) = compiled.get(pattern) {
            return Ok(run(regex));
        }
        let regex = Regex::new(pattern)
            .map_err(|error| anyhow!("the pattern `{pattern}` can't be used: {error}"))?;
        Ok(run(compiled.entry(pattern.to_owned()).or_insert(regex)))
    })
}

#[cfg(test)]
mod tests {
    use super::super::call;
    use super::*;

    fn json(text: &str) -> Value {
        Value::from_json_str(text).unwrap()
    }

    #[test]
    fn patterns_do_what_opa_documents() {
        for (name, arguments, expected) in [
            ("regex.match", r#"["^aws_(s3|sqs)_", "aws_s3_bucket"]"#, "true"),
            ("regex.match", r#"["^\\d+$", "٣"]"#, "false"),
            ("re_match", r#"["b", "abc"]"#, "true"),
            ("regex.is_valid", r#"["("]"#, "false"),
            ("regex.is_valid", "[7]", "false"),
            ("regex.split", r#"["[,;] ?", "a, b;c"]"#, r#"["a", "b", "c"]"#),
            ("regex.replace", r#"["a-b", "(\\w)-(\\w)", "$2-$1"]"#, r#""b-a""#),
            ("regex.find_n", r#"["\\d", "a1b2c3", 2]"#, r#"["1", "2"]"#),
            ("regex.find_n", r#"["\\d", "a1b2c3", -1]"#, r#"["1", "2", "3"]"#),
            (
                "regex.find_all_string_submatch_n",
                r#"["a(x*)b", "-axxb-ab-", -1]"#,
                r#"[["axxb", "xx"], ["ab", ""]]"#,
            ),
        ] {
            let arguments = json(arguments).as_array().unwrap().to_vec();
            assert_eq!(call(name, &arguments).unwrap(), json(expected), "{name} {arguments:?}");
        }
    }

    #[test]
    fn a_pattern_that_cannot_be_used_is_an_error() {
        assert!(call("regex.match", &["(".into(), "a".into()]).is_err());
        assert!(call("regex.match", &["a".into(), Value::Null]).is_err());
        assert!(pattern_fault("regex.match", 0, r"\p{Greek}").is_some());
        assert_eq!(pattern_fault("regex.match", 1, "("), None);
        assert_eq!(pattern_fault("regex.is_valid", 0, "("), None);
    }
}
