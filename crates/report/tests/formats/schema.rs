//! As much of JSON Schema as the schemas of these tests use. A keyword that is not known here is an error, so that nothing
//! is taken for valid because it was not looked at.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value;

/// Everything in a value that a schema forbids, with its JSON pointer.
pub(crate) fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, schema, value, "", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let Value::Object(keywords) = schema else { panic!("{schema} is no schema") };
    for (keyword, wanted) in keywords {
        let holds = match keyword.as_str() {
            "$comment" | "$defs" | "$id" | "$schema" | "definitions" | "description" | "title" => {
                true
            }
            "$ref" => {
                let target = wanted.as_str().unwrap().strip_prefix('#').unwrap();
                check(root, root.pointer(target).unwrap(), value, at, found);
                true
            }
            "type" => match wanted {
                Value::Array(types) => types.iter().any(|wanted| is_of(value, wanted)),
                wanted => is_of(value, wanted),
            },
            "const" => value == wanted,
            "enum" => wanted.as_array().unwrap().contains(value),
            "anyOf" => matching(root, wanted, value) > 0,
            "oneOf" => matching(root, wanted, value) == 1,
            "required" => value.as_object().is_none_or(|object| {
                wanted
                    .as_array()
                    .unwrap()
                    .iter()
                    .all(|key| object.contains_key(key.as_str().unwrap()))
            }),
            "properties" => {
                for (key, schema) in wanted.as_object().unwrap() {
                    if let Some(value) = value.get(key) {
                        check(root, schema, value, &format!("{at}/{key}"), found);
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = keywords.get("properties").and_then(Value::as_object);
                for (key, value) in value.as_object().into_iter().flatten() {
                    if known.is_none_or(|known| !known.contains_key(key)) {
                        match wanted {
                            Value::Bool(allowed) if *allowed => {}
                            Value::Bool(_) => found.push(format!("{at}/{key}: not allowed")),
                            schema => check(root, schema, value, &format!("{at}/{key}"), found),
                        }
                    }
                }
                true
            }
            "items" => {
                for (index, value) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, wanted, value, &format!("{at}/{index}"), found);
                }
                true
            }
            "minItems" => {
                value.as_array().is_none_or(|items| items.len() as u64 >= wanted.as_u64().unwrap())
            }
            "uniqueItems" => {
                let unique = |items: &Vec<Value>| {
                    items.iter().map(Value::to_string).collect::<BTreeSet<_>>().len() == items.len()
                };
                wanted == &Value::Bool(false) || value.as_array().is_none_or(unique)
            }
            "minimum" => value.as_f64().is_none_or(|number| number >= wanted.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= wanted.as_f64().unwrap()),
            "pattern" => value
                .as_str()
                .is_none_or(|text| Regex::new(wanted.as_str().unwrap()).unwrap().is_match(text)),
            "format" => {
                value.as_str().is_none_or(|text| has_format(text, wanted.as_str().unwrap()))
            }
            unknown => panic!("the keyword `{unknown}` is not checked"),
        };
        if !holds {
            found.push(format!("{at}: {keyword} {wanted}, found {value}"));
        }
    }
}

fn matching(root: &Value, schemas: &Value, value: &Value) -> usize {
    let matches = |schema: &&Value| {
        let mut found = Vec::new();
        check(root, schema, value, "", &mut found);
        found.is_empty()
    };
    schemas.as_array().unwrap().iter().filter(matches).count()
}

fn is_of(value: &Value, wanted: &Value) -> bool {
    match wanted.as_str().unwrap() {
        "array" => value.is_array(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "object" => value.is_object(),
        "string" => value.is_string(),
        unknown => panic!("there is no type `{unknown}`"),
    }
}

fn has_format(text: &str, format: &str) -> bool {
    let of_uris = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte))
    };
    match format {
        "uri" => of_uris(text) && text.contains(':'),
        "uri-reference" => of_uris(text),
        unknown => panic!("the format `{unknown}` is not checked"),
    }
}

#[test]
fn sees_what_is_wrong() {
    let schema = serde_json::json!({
        "type": "object", "required": ["a"], "additionalProperties": false,
        "properties": {"a": {"type": "array", "items": {"enum": [1, 2]}}, "b": {"anyOf": [{"type": "null"}, {"minimum": 3}]}}
    });
    let count = |value| violations(&schema, &value).len();
    assert_eq!(count(serde_json::json!({"a": [1, 2], "b": null})), 0);
    assert_eq!(count(serde_json::json!({"a": [1, 3], "b": 2, "c": 0})), 3);
    assert_eq!(count(serde_json::json!({})), 1);
}
