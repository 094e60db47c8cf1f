//! Edits of JSON. Paths are JSON pointers without the slash at the front.

use serde_json::Value;

/// Sets a member of an object; whether that object is there.
pub(crate) fn set(body: &mut Value, path: &str, value: Value) -> bool {
    match holder(body, path) {
        Some((Value::Object(members), name)) => {
            members.insert(name.to_owned(), value);
            true
        }
        _ => false,
    }
}

/// Removes a member of an object, where there is one.
pub(crate) fn remove(body: &mut Value, path: &str) {
    if let Some((Value::Object(members), name)) = holder(body, path) {
        members.remove(name);
    }
}

/// Replaces a piece of a text, where there is one.
pub(crate) fn replace(body: &mut Value, path: &str, old: &str, new: &str) {
    if let Some(Value::String(text)) = body.pointer_mut(&format!("/{path}")) {
        *text = text.replace(old, new);
    }
}

/// Removes the last element of a list, where there is one.
pub(crate) fn shorten(body: &mut Value, path: &str) {
    if let Some(Value::Array(elements)) = body.pointer_mut(&format!("/{path}")) {
        elements.pop();
    }
}

/// What holds the last step of a path, and that step.
fn holder<'a, 'p>(body: &'a mut Value, path: &'p str) -> Option<(&'a mut Value, &'p str)> {
    match path.rsplit_once('/') {
        Some((holder, name)) => Some((body.pointer_mut(&format!("/{holder}"))?, name)),
        None => Some((body, path)),
    }
}
