//! Resource addresses, `module.east["a"].aws_sqs_queue.work[0]`.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use crate::path;

/// What tells the instances of one block apart: `[0]` of `count`, `["a"]` of `for_each`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstanceKey {
    /// An index of `count`.
    Number(u64),
    /// A key of `for_each`.
    Text(String),
}

impl fmt::Display for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "[{number}]"),
            Self::Text(text) => {
                f.write_str("[\"")?;
                for character in text.chars() {
                    match character {
                        '"' => f.write_str("\\\"")?,
                        '\\' => f.write_str("\\\\")?,
                        '\n' => f.write_str("\\n")?,
                        '\r' => f.write_str("\\r")?,
                        '\t' => f.write_str("\\t")?,
                        character => write!(f, "{character}")?,
                    }
                }
                f.write_str("\"]")
            }
        }
    }
}

/// Who looks after a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// A `resource` block: Terraform creates, changes and destroys it.
    Managed,
    /// A `data` block: Terraform only reads it.
    Data,
    /// An `ephemeral` block: opened during a run and stored nowhere.
    Ephemeral,
}

impl Mode {
    /// What stands before the type in an address.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Managed => "",
            Self::Data => "data.",
            Self::Ephemeral => "ephemeral.",
        }
    }
}

/// Where the parts of an address are in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) mode: Mode,
    module_end: u32,
    type_start: u32,
    type_end: u32,
    name_end: u32,
}

impl Parts {
    /// Finds the parts. `None` if the text is not the address of a resource instance.
    pub(crate) fn of(address: &str) -> Option<Self> {
        let mut module_end = 0;
        let mut local = address;
        while let Some(step) = local.strip_prefix("module.") {
            let (_, _, rest) = module_step(step)?;
            module_end = address.len() - rest.len();
            local = rest.strip_prefix('.')?;
        }
        let (mode, typed) = match (local.strip_prefix("data."), local.strip_prefix("ephemeral.")) {
            (Some(rest), _) => (Mode::Data, rest),
            (_, Some(rest)) => (Mode::Ephemeral, rest),
            _ => (Mode::Managed, local),
        };
        let (resource_type, named) = typed.split_once('.')?;
        let name_length = named.find('[').unwrap_or(named.len());
        let (name, key) = named.split_at(name_length);
        if !path::is_identifier(resource_type)
            || !path::is_identifier(name)
            || !(key.is_empty() || instance_key(key).is_some())
        {
            return None;
        }
        let offset = |rest: &str| u32::try_from(address.len() - rest.len()).ok();
        Some(Self {
            mode,
            module_end: u32::try_from(module_end).ok()?,
            type_start: offset(typed)?,
            type_end: offset(named)? - 1,
            name_end: offset(key)?,
        })
    }

    pub(crate) fn module(self) -> Range<usize> {
        0..self.module_end as usize
    }

    pub(crate) fn resource_type(self) -> Range<usize> {
        self.type_start as usize..self.type_end as usize
    }

    pub(crate) fn name(self) -> Range<usize> {
        self.type_end as usize + 1..self.name_end as usize
    }

    /// The block's address inside its module: mode, type and name.
    pub(crate) fn block(self) -> Range<usize> {
        self.type_start as usize - self.mode.prefix().len()..self.name_end as usize
    }

    /// The address without its instance key.
    pub(crate) fn group(self) -> Range<usize> {
        0..self.name_end as usize
    }
}

/// The names and keys of a module path, outermost first. `None` if the text is no module path.
pub(crate) fn module_steps(path: &str) -> Option<Vec<(&str, Option<InstanceKey>)>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let (name, key, after) = module_step(rest.strip_prefix("module.")?)?;
        steps.push((name, key));
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    Some(steps)
}

/// Reads `name`, an optional key, and returns what follows.
fn module_step(text: &str) -> Option<(&str, Option<InstanceKey>, &str)> {
    let (name, rest) = text.split_at(text.find(['.', '[']).unwrap_or(text.len()));
    if !path::is_identifier(name) {
        return None;
    }
    if !rest.starts_with('[') {
        return Some((name, None, rest));
    }
    let (key, rest) = split_key(rest)?;
    Some((name, Some(key), rest))
}

/// The key of a text that is one, brackets included.
pub(crate) fn instance_key(text: &str) -> Option<InstanceKey> {
    let (key, rest) = split_key(text)?;
    rest.is_empty().then_some(key)
}

fn split_key(text: &str) -> Option<(InstanceKey, &str)> {
    if let Some(inner) = text.strip_prefix("[\"") {
        let (key, rest) = path::quoted(inner)?;
        return Some((InstanceKey::Text(Cow::into_owned(key)), rest.strip_prefix(']')?));
    }
    let (number, rest) = text.strip_prefix('[')?.split_once(']')?;
    Some((InstanceKey::Number(number.parse().ok()?), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(address: &str) -> Option<(Mode, &str, &str, &str, &str)> {
        let parts = Parts::of(address)?;
        Some((
            parts.mode,
            &address[parts.module()],
            &address[parts.resource_type()],
            &address[parts.name()],
            &address[parts.group().end..],
        ))
    }

    #[test]
    fn splits_addresses() {
        assert_eq!(split("aws_vpc.main"), Some((Mode::Managed, "", "aws_vpc", "main", "")));
        assert_eq!(
            split(r#"module.a["x.y[0]\""].module.b[1].data.aws_vpc.main["k"]"#),
            Some((
                Mode::Data,
                r#"module.a["x.y[0]\""].module.b[1]"#,
                "aws_vpc",
                "main",
                r#"["k"]"#
            ))
        );
        assert_eq!(
            split("module.m.aws_vpc.module[0]"),
            Some((Mode::Managed, "module.m", "aws_vpc", "module", "[0]"))
        );
        for wrong in [
            "",
            "aws_vpc",
            "module.a",
            "module.a.",
            "a.b[",
            "a.b[x]",
            "a.b.c",
            "module.a[0.aws_vpc.b",
            "data.x",
        ] {
            assert_eq!(split(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn keys_read_back(text: String) {
            let key = InstanceKey::Text(text);
            prop_assert_eq!(instance_key(&key.to_string()), Some(key));
        }

        #[test]
        fn no_text_makes_splitting_panic(text in r#"(module\.|data\.|[a-c]|[\[\]".\\0-9]){0,20}"#) {
            let _ = (split(&text), module_steps(&text));
        }
    }
}
