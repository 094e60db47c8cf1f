//! What rules ask of one attribute.

use drstack_plan::{AttrPath, Resource, Value};

use crate::arguments::is_left_out;
use crate::keys::{Key, Keys};
use crate::{Finding, Sink};

/// What a value must be.
#[derive(Clone, Copy)]
pub(crate) struct Demand<'a> {
    /// What to say where it is not so.
    pub(crate) message: &'a str,
    /// The value that is asked for.
    pub(crate) expected: &'a str,
}

/// The value at a path, or null where nothing is written and the provider fills it in.
pub(crate) fn given<'plan>(resource: Resource<'plan>, path: &AttrPath) -> Value<'plan> {
    let value = resource.at(path);
    if value.is_unknown() && is_left_out(resource, path) { Value::NULL } else { value }
}

impl Sink {
    /// Reports unless the value at a path is as it must be. One that is not known before apply is undetermined; one that
    /// is left to the provider is not set.
    pub(crate) fn demand(
        &mut self,
        resource: Resource<'_>,
        path: &AttrPath,
        demand: Demand<'_>,
        holds: impl FnOnce(Value<'_>) -> bool,
    ) {
        let value = given(resource, path);
        let finding = if value.is_unknown() {
            Finding::undetermined(
                resource,
                path,
                format!("it is not known before apply whether {}", demand.message),
            )
        } else if holds(value) {
            return;
        } else {
            Finding::violated(resource, path, demand.message).found(value)
        };
        self.report(finding.expected(demand.expected));
    }

    /// Reports unless an argument names a key that is not AWS's own. Which region the key is in is not asked.
    pub(crate) fn demand_key<'plan>(
        &mut self,
        keys: &Keys<'plan>,
        resource: Resource<'plan>,
        path: &AttrPath,
        message: &str,
    ) {
        let finding = match keys.find(resource, path) {
            Key::Customer(_) | Key::Bare(_) => return,
            Key::Absent | Key::AwsManaged(_) => Finding::violated(resource, path, message),
            Key::Unknown => Finding::undetermined(
                resource,
                path,
                format!("it is not known before apply whether {message}"),
            ),
        };
        self.report(finding.expected("a customer managed key"));
    }

    /// Reports that a link which a rule needs can't be followed.
    pub(crate) fn unresolved(&mut self, resource: Resource<'_>, path: &AttrPath, what: &str) {
        self.report(Finding::undetermined(
            resource,
            path,
            format!("it is not known which {what} this is"),
        ));
    }
}

/// Whether a value is set, whatever it is.
pub(crate) fn is_set(value: Value<'_>) -> bool {
    !value.is_null() && value.as_str().is_none_or(|text| !text.is_empty())
}

/// Whether a switch is on.
pub(crate) fn is_on(value: Value<'_>) -> bool {
    value.as_bool() == Some(true)
}

/// Whether a value is this text.
pub(crate) fn is_text(expected: &str) -> impl Fn(Value<'_>) -> bool {
    move |value| value.as_text().is_some_and(|text| text == expected)
}

/// A path that is written in the program: keys, and indices from zero.
pub(crate) fn path(steps: &str) -> AttrPath {
    let mut path = AttrPath::root();
    for step in steps.split('.') {
        path = match step.parse() {
            Ok(index) => path.index(index),
            Err(_) => path.key(step),
        };
    }
    path
}
