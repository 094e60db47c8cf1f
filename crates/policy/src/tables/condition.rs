//! Conditions on a resource's other arguments.

use std::fmt;

use super::NONE;

/// Conditions that must all hold; none at all always holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conditions(&'static str);

/// What one argument or block of the resource must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition {
    /// The argument's or block's path.
    pub path: &'static str,
    /// What is asked of it.
    pub test: Test,
}

/// What is asked of an argument or block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// It is set; a block is present.
    Set,
    /// It is left out or null; a block is absent.
    Unset,
    /// It has one of the values, separated by `|`; see [`Test::admits`].
    OneOf(&'static str),
}

impl Conditions {
    pub(super) const fn new(cell: &'static str) -> Self {
        Self(cell)
    }

    /// The conditions one by one.
    pub fn iter(self) -> impl Iterator<Item = Condition> {
        let cell = if self.0 == NONE { "" } else { self.0 };
        cell.split('&').filter(|part| !part.is_empty()).map(Condition::new)
    }

    /// Whether there are none, so that they always hold.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == NONE
    }
}

impl Condition {
    fn new(part: &'static str) -> Self {
        match part.split_once('=') {
            None => Self { path: part, test: Test::Set },
            Some((path, value)) => Self { path, test: Test::new(value) },
        }
    }
}

impl Test {
    pub(super) fn new(cell: &'static str) -> Self {
        match cell {
            "set" => Self::Set,
            "unset" => Self::Unset,
            values => Self::OneOf(values),
        }
    }

    /// Whether a value passes: its text (`true`, `7`, `aws:kms`), or `None` where nothing is set.
    #[must_use]
    pub fn admits(self, value: Option<&str>) -> bool {
        match (self, value) {
            (Self::Set, value) => value.is_some(),
            (Self::Unset, value) => value.is_none(),
            (Self::OneOf(values), Some(value)) => {
                values.split('|').any(|admitted| admitted == value)
            }
            (Self::OneOf(values), None) => values.split('|').any(|admitted| admitted == "unset"),
        }
    }
}

/// What is asked for, for people: `true`, `KMS or KMS_DSSE`, `a value`.
impl fmt::Display for Test {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set => out.write_str("a value"),
            Self::Unset => out.write_str("not set"),
            Self::OneOf(values) => {
                for (place, value) in values.split('|').enumerate() {
                    let separator = if place == 0 { "" } else { " or " };
                    let value = if value == "unset" { "not set" } else { value };
                    write!(out, "{separator}{value}")?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read() {
        assert!(Conditions::new("-").is_empty());
        assert_eq!(Conditions::new("-").iter().count(), 0);
        let conditions: Vec<_> = Conditions::new("replica&a.b=true|1&c=unset").iter().collect();
        assert_eq!(
            conditions,
            [
                Condition { path: "replica", test: Test::Set },
                Condition { path: "a.b", test: Test::OneOf("true|1") },
                Condition { path: "c", test: Test::Unset },
            ]
        );
    }

    #[test]
    fn values_are_tested() {
        assert!(Test::Set.admits(Some("x")) && !Test::Set.admits(None));
        assert!(Test::Unset.admits(None) && !Test::Unset.admits(Some("x")));
        let either = Test::OneOf("aws:kms|aws:kms:dsse");
        assert!(
            either.admits(Some("aws:kms:dsse"))
                && !either.admits(Some("AES256"))
                && !either.admits(None)
        );
        assert!(Test::OneOf("true|unset").admits(None));
        assert_eq!(Test::OneOf("true|unset").to_string(), "true or not set");
    }
}
