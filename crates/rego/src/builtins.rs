//! Built-in functions of Rego that regorus lacks, or has only at the price of large dependencies.
//!
//! A built-in that fails is undefined, as in OPA, unless the engine is [`Strict`](Strictness::Strict).

mod encoding;
mod glob;
mod legacy;
mod net;
mod regex;
mod time;

use std::time::Duration;

use anyhow::{Result, bail};
use regorus::{Engine, Value};

pub(crate) use regex::pattern_fault;

/// What becomes of a built-in that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// The evaluation fails.
    Strict,
    /// The call is undefined, as in OPA and conftest.
    Lenient,
}

/// A built-in: its arguments are as many as it is registered with.
type Builtin = fn(&[Value]) -> Result<Value>;

const NOW: &str = "time.now_ns";

const TABLES: [&[(&str, u8, Builtin)]; 6] = [
    encoding::BUILTINS,
    glob::BUILTINS,
    legacy::BUILTINS,
    net::BUILTINS,
    regex::BUILTINS,
    time::BUILTINS,
];

/// How many arguments a built-in takes, if there is one of that name.
pub(crate) fn arity(name: &str) -> Option<u8> {
    let supplied = TABLES.iter().copied().flatten().find(|builtin| builtin.0 == name);
    supplied.map(|builtin| builtin.1).or((name == NOW).then_some(0))
}

/// Gives an engine the built-ins. `now` is the time since the Unix epoch, the same for every call.
pub(crate) fn supply(engine: &mut Engine, strictness: Strictness, now: Duration) -> Result<()> {
    for &(name, arity, builtin) in TABLES.iter().copied().flatten() {
        let run = move |arguments: Vec<Value>| match (builtin(&arguments), strictness) {
            (Err(_), Strictness::Lenient) => Ok(Value::Undefined),
            (result, _) => result.map_err(|error| error.context(format!("`{name}` failed"))),
        };
        engine.add_extension(name.to_owned(), arity, Box::new(run))?;
    }
    let nanoseconds = Value::from(now.as_nanos());
    engine.add_extension(NOW.to_owned(), 0, Box::new(move |_| Ok(nanoseconds.clone())))
}

/// The elements of an array or a set.
fn elements(value: &Value) -> Result<Vec<&Value>> {
    match value {
        Value::Array(array) => Ok(array.iter().collect()),
        Value::Set(set) => Ok(set.iter_sorted().collect()),
        other => bail!("found {}, expected an array or a set", kind(other)),
    }
}

fn string(value: &Value) -> Result<&str> {
    match value {
        Value::String(text) => Ok(text),
        other => bail!("found {}, expected a string", kind(other)),
    }
}

/// What a value is, for messages.
pub(crate) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Set(_) => "a set",
        Value::Object(_) => "an object",
        Value::Undefined => "nothing",
    }
}

/// Calls a built-in by its name, for tests.
#[cfg(test)]
fn call(name: &str, arguments: &[Value]) -> Result<Value> {
    let builtin = TABLES.iter().copied().flatten().find(|builtin| builtin.0 == name).unwrap();
    assert_eq!(usize::from(builtin.1), arguments.len());
    builtin.2(arguments)
}
