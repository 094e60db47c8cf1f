//! Names that are fit for a shell.

use std::fmt;

use drstack_plan::Value;

/// A name that can stand in a shell command and in Markdown as it is.
///
/// Plans come from strangers: what has other characters than AWS's names have is no name, and never reaches a command.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name(String);

/// The longest of the names that are used: a bucket's has 63 characters, a table's and a load balancer's DNS name 255.
const LONGEST: usize = 255;

impl Name {
    /// The text, if it is a name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_fit = |letter: char| letter.is_ascii_alphanumeric() || "._-/".contains(letter);
        let begins = text.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '/');
        (begins && text.len() <= LONGEST && text.chars().all(is_fit)).then(|| Self(text.to_owned()))
    }

    /// A value that is known and a name.
    pub(crate) fn of(value: Value<'_>) -> Option<Self> {
        if value.is_sensitive() {
            return None;
        }
        Self::parse(&value.as_str()?)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// A shell variable for something of this region: `QUEUE` of `us-east-1` is `QUEUE_US_EAST_1`.
    pub(crate) fn variable(&self, thing: &str) -> String {
        format!("{thing}_{}", self.0.to_uppercase().replace(['-', '.', '/'], "_"))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_read_differently_is_no_name() {
        for text in ["drstack-aurora-dev", "/aws/lambda/x", "a.b_c", "x"] {
            assert_eq!(Name::parse(text).unwrap().as_str(), text);
        }
        for text in
            ["", "-rf", "a b", "a;b", "a$b", "a`b", "a\nb", "a'b", "a\"b", "a|b", "ä", "a*", "a&b"]
        {
            assert_eq!(Name::parse(text), None, "{text:?}");
        }
        assert_eq!(Name::parse(&"a".repeat(256)), None);
    }

    #[test]
    fn variables_carry_their_region() {
        assert_eq!(Name::parse("us-east-1").unwrap().variable("QUEUE"), "QUEUE_US_EAST_1");
    }
}
