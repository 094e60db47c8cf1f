//! Built-ins that Rego v1 dropped and policies in v0 syntax still call:
//! <https://www.openpolicyagent.org/docs/v0-upgrade>.

use anyhow::{Result, bail};
use regorus::Value;

use super::{Builtin, elements};

pub(super) const BUILTINS: &[(&str, u8, Builtin)] = &[("all", 1, all), ("any", 1, any)];

fn all(arguments: &[Value]) -> Result<Value> {
    let [values] = arguments else { bail!("expected one argument") };
    Ok(elements(values)?.into_iter().all(|value| *value == Value::from(true)).into())
}

fn any(arguments: &[Value]) -> Result<Value> {
    let [values] = arguments else { bail!("expected one argument") };
    Ok(elements(values)?.into_iter().any(|value| *value == Value::from(true)).into())
}

#[cfg(test)]
mod tests {
    use super::super::call;
    use super::*;

    #[test]
    fn all_and_any_ask_for_true() {
        let list = |values: &[bool]| {
            Value::from(values.iter().map(|value| Value::from(*value)).collect::<Vec<_>>())
        };
        for (values, every, some) in
            [(&[][..], true, false), (&[true, false][..], false, true), (&[true][..], true, true)]
        {
            assert_eq!(call("all", &[list(values)]).unwrap(), Value::from(every));
            assert_eq!(call("any", &[list(values)]).unwrap(), Value::from(some));
        }
    }
}
