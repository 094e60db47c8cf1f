//! A document without its sensitive values.
//!
//! Terraform marks them beside the values: `after_sensitive` beside `after`, `sensitive_values` beside `values`,
//! `"sensitive": true` beside an output's `value` and in a variable's declaration. What is unmarked elsewhere, such as the
//! constant in the configuration of a resource, is known by being the same text.
//! <https://developer.hashicorp.com/terraform/internals/json-format>

use std::collections::BTreeSet;
use std::sync::Arc;

use regorus::Value;

/// What stands in for a sensitive value.
const PLACEHOLDER: &str = "(sensitive)";

/// Shorter texts are everywhere, and no secrets.
const SHORTEST: usize = 4;

/// A document with its sensitive values replaced; none when there are none.
pub(crate) fn redacted(document: &Value) -> Option<Value> {
    let mut secrets = Secrets::default();
    let marked = secrets.marked(document);
    let document = secrets.variables(marked.as_ref().unwrap_or(document)).or(marked)?;
    Some(secrets.elsewhere(&document).unwrap_or(document))
}

/// Texts that have been sensitive somewhere.
#[derive(Default)]
struct Secrets(BTreeSet<Arc<str>>);

impl Secrets {
    /// Replaces what marks beside it say is sensitive; none when nothing is.
    fn marked(&mut self, value: &Value) -> Option<Value> {
        let object = match value {
            Value::Array(_) => return members(value, &mut |_, member| self.marked(member)),
            Value::Object(object) => object,
            _ => return None,
        };
        let all = Value::from(true);
        let sensitive = object.get(&"sensitive".into()) == Some(&all);
        members(value, &mut |key, member| {
            let mask = match key {
                "before" => object.get(&"before_sensitive".into()),
                "after" => object.get(&"after_sensitive".into()),
                "values" => object.get(&"sensitive_values".into()),
                "value" | "default" | "expression" if sensitive => Some(&all),
                _ => None,
            };
            // An output's value may hold objects of its own with marks, when it is not sensitive as a whole.
            mask.and_then(|mask| self.hide(member, mask)).or_else(|| self.marked(member))
        })
    }

    /// Replaces the values of root variables that are declared sensitive.
    fn variables(&mut self, document: &Value) -> Option<Value> {
        let at = |value: &Value, key: &str| value.as_object().ok()?.get(&key.into()).cloned();
        let module = at(&at(document, "configuration")?, "root_module")?;
        let declared = at(&module, "variables")?;
        let all = Value::from(true);
        members(document, &mut |key, variables| {
            if key != "variables" {
                return None;
            }
            members(variables, &mut |name, variable| {
                let declaration = at(&declared, name)?;
                (at(&declaration, "sensitive")? == all).then(|| self.hide(variable, &all)).flatten()
            })
        })
    }

    /// Replaces texts that have been sensitive somewhere.
    fn elsewhere(&mut self, value: &Value) -> Option<Value> {
        match value {
            Value::String(text) => self.0.contains(text).then(|| PLACEHOLDER.into()),
            _ => members(value, &mut |_, member| self.elsewhere(member)),
        }
    }

    /// Replaces the parts of a value for which a mask holds `true`.
    fn hide(&mut self, value: &Value, mask: &Value) -> Option<Value> {
        match mask {
            Value::Bool(true) if *value == Value::Null => None,
            Value::Bool(true) => {
                self.remember(value);
                Some(PLACEHOLDER.into())
            }
            Value::Object(mask) => {
                members(value, &mut |key, member| self.hide(member, mask.get(&key.into())?))
            }
            Value::Array(mask) => {
                let mut masks = mask.iter();
                members(value, &mut |_, member| self.hide(member, masks.next()?))
            }
            _ => None,
        }
    }

    fn remember(&mut self, value: &Value) {
        match value {
            Value::String(text) if text.len() >= SHORTEST => {
                self.0.insert(text.clone());
            }
            Value::Array(array) => array.iter().for_each(|member| self.remember(member)),
            Value::Object(object) => object.values().for_each(|member| self.remember(member)),
            _ => {}
        }
    }
}

/// A collection with some of its members replaced; none when none is. Members that stay are shared.
fn members(value: &Value, replace: &mut dyn FnMut(&str, &Value) -> Option<Value>) -> Option<Value> {
    let mut changed = false;
    let mut replaced = |key: &str, member: &Value| {
        let new = replace(key, member);
        changed |= new.is_some();
        new.unwrap_or_else(|| member.clone())
    };
    let collection: Value = match value {
        Value::Array(array) => {
            array.iter().map(|member| replaced("", member)).collect::<Vec<_>>().into()
        }
        Value::Object(object) => {
            let pairs = object.iter().map(|(key, member)| {
                let name = key.as_string().map_or("", |name| name);
                (key.clone(), replaced(name, member))
            });
            pairs.collect::<std::collections::BTreeMap<_, _>>().into()
        }
        _ => return None,
    };
    changed.then_some(collection)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANARY: &str = "canary-4f1c";

    fn without_canaries(document: &str) -> Value {
        let document = Value::from_json_str(&document.replace("CANARY", CANARY)).unwrap();
        let redacted = redacted(&document).unwrap();
        assert!(!redacted.to_string().contains(CANARY), "{redacted}");
        redacted
    }

    #[test]
    fn what_is_marked_is_replaced_and_the_rest_stays() {
        let redacted = without_canaries(
            r#"{"resource_changes": [{"address": "a.b", "change": {
                "before": {"name": "n", "password": "CANARY"}, "before_sensitive": {"password": true},
                "after": {"name": "n", "list": [{"key": "CANARY"}, {"key": "free"}]},
                "after_sensitive": {"list": [{"key": true}, {}]}}}]}"#,
        );
        let text = redacted.to_string();
        assert!(text.contains(r#""name":"n""#) || text.contains(r#""name": "n""#), "{text}");
        assert!(text.contains("free") && text.contains("a.b"), "{text}");
    }

    #[test]
    fn every_kind_of_mark_counts() {
        for document in [
            r#"{"planned_values": {"root_module": {"resources": [{"values": {"a": "CANARY"}, "sensitive_values": {"a": true}}]}}}"#,
            r#"{"values": {"outputs": {"o": {"sensitive": true, "value": "CANARY"}}}}"#,
            r#"{"output_changes": {"o": {"after": {"x": "CANARY"}, "after_sensitive": true}}}"#,
            r#"{"variables": {"v": {"value": "CANARY"}}, "configuration": {"root_module": {"variables": {"v": {"sensitive": true}}}}}"#,
            r#"{"configuration": {"root_module": {"variables": {"v": {"sensitive": true, "default": "CANARY"}}}}}"#,
            r#"{"resource_changes": [{"change": {"after": {"p": "CANARY"}, "after_sensitive": {"p": true}}}],
                "configuration": {"root_module": {"resources": [{"expressions": {"p": {"constant_value": "CANARY"}}}]}}}"#,
        ] {
            without_canaries(document);
        }
    }

    #[test]
    fn a_document_without_marks_is_not_copied() {
        for document in [
            r#"{"resource_changes": [{"change": {"after": {"p": "free"}, "after_sensitive": {}, "before": null, "before_sensitive": false}}]}"#,
            r#"{"resource_changes": [{"change": {"after": {"p": null}, "after_sensitive": {"p": true}}}]}"#,
            "[]",
            "null",
        ] {
            assert_eq!(redacted(&Value::from_json_str(document).unwrap()), None, "{document}");
        }
    }
}
