use crate::limit::Limit;
use crate::{Input, Region, Template};

/// The longest environment suffix, in characters. Every name is checked against its service's limit with a suffix of
/// this length, so that a tree that was written once serves every allowed suffix.
pub const SUFFIX_MAX: usize = 12;

/// What an environment suffix looks like, as a regular expression: lower-case letters, digits and single
/// hyphens inside, the strictest of the forms that the services allow (S3 buckets, RDS identifiers).
pub const SUFFIX_PATTERN: &str = "^[a-z0-9]+(-[a-z0-9]+)*$";

/// The longest name of a stack, in characters: what is left of an IAM role's 64 after the longest part, region
/// and suffix.
const STACK_MAX: usize = 16;

/// Makes the names of a stack's resources: `<stack>-<part>-<suffix>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    stack: String,
}

/// A name that carries the environment suffix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    before: String,
    after: &'static str,
}

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The stack's name has another form than the services allow.
    #[error(
        "`{found}` can't name a stack: expected 2 to {STACK_MAX} lower-case letters, digits and single hyphens, \
         beginning with a letter and ending in a letter or digit"
    )]
    Stack {
        /// What was given.
        found: String,
    },
    /// The suffix has another form than the services allow.
    #[error(
        "`{found}` can't be an environment suffix: expected 1 to {SUFFIX_MAX} lower-case letters, digits and single \
         hyphens, beginning and ending with a letter or digit"
    )]
    Suffix {
        /// What was given.
        found: String,
    },
    /// The name would be longer than its service allows.
    #[error(
        "the {what} name `{name}` has {length} characters with the longest suffix, {max} are allowed: \
         shorten the stack's name by {}",
        length - max
    )]
    TooLong {
        /// What is named.
        what: &'static str,
        /// The name, with the suffix as a variable.
        name: String,
        /// Its length with the longest suffix.
        length: usize,
        /// What the service allows.
        max: usize,
    },
}

/// Checks an environment suffix.
///
/// # Errors
/// When it is empty, longer than [`SUFFIX_MAX`] or of another form than [`SUFFIX_PATTERN`].
pub fn check_suffix(suffix: &str) -> Result<(), NameError> {
    if suffix.len() <= SUFFIX_MAX && is_label(suffix) {
        Ok(())
    } else {
        Err(NameError::Suffix { found: suffix.to_owned() })
    }
}

/// Lower-case letters, digits and single hyphens inside.
fn is_label(text: &str) -> bool {
    let words = text.split('-');
    words.into_iter().all(|word| {
        !word.is_empty()
            && word.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    })
}

impl Names {
    /// The names of the stack `stack`.
    ///
    /// # Errors
    /// When `stack` is not a short label that every service takes.
    pub fn new(stack: &str) -> Result<Self, NameError> {
        let fits = (2..=STACK_MAX).contains(&stack.len())
            && is_label(stack)
            && stack.starts_with(|first: char| first.is_ascii_lowercase());
        if fits {
            Ok(Self { stack: stack.to_owned() })
        } else {
            Err(NameError::Stack { found: stack.to_owned() })
        }
    }

    /// The stack's own name, which carries no suffix.
    #[must_use]
    pub fn stack(&self) -> &str {
        &self.stack
    }

    /// `<stack>-<suffix>`, for what there is one of in a region and whose names are short.
    #[must_use]
    pub fn shortest(&self) -> Name {
        Name::new(self.stack.clone())
    }

    /// `<stack>-<part>-<suffix>`, for names that are unique within a region.
    #[must_use]
    pub fn regional(&self, part: &str) -> Name {
        Name::new(format!("{}-{part}", self.stack))
    }

    /// `<stack>-<part>-<region>-<suffix>`, for names that are unique within an account or in all of AWS.
    #[must_use]
    pub fn global(&self, part: &str, region: Region) -> Name {
        Name::new(format!("{}-{part}-{region}", self.stack))
    }
}

impl Name {
    fn new(before: String) -> Self {
        Self { before: before + "-", after: "" }
    }

    /// The name with something in front, such as `alias/` or `/aws/lambda/`.
    #[must_use]
    pub fn prefixed(mut self, prefix: &str) -> Self {
        self.before.insert_str(0, prefix);
        self
    }

    /// The name with something behind the suffix, such as `.fifo`.
    #[must_use]
    pub fn followed_by(mut self, ending: &'static str) -> Self {
        self.after = ending;
        self
    }

    /// The name, checked against a service's limit with the longest suffix.
    ///
    /// # Errors
    /// When it would be too long.
    pub fn within(self, limit: &Limit) -> Result<Template, NameError> {
        let length = self.before.chars().count() + SUFFIX_MAX + self.after.len();
        if length <= limit.max {
            return Ok(self.into());
        }
        let name = Template::from(self).to_string();
        Err(NameError::TooLong { what: limit.what, name, length, max: limit.max })
    }

    pub(crate) fn into_template(self) -> Template {
        Template::from(self.before) + Input::ENVIRONMENT_SUFFIX + self.after
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit;

    #[test]
    fn a_name_carries_the_suffix_and_a_global_one_the_region_too() {
        let names = Names::new("payments").unwrap();
        let show = |name: Name| Template::from(name).to_string();
        assert_eq!(show(names.shortest()), "payments-${var.environment_suffix}");
        assert_eq!(show(names.regional("orders")), "payments-orders-${var.environment_suffix}");
        assert_eq!(
            show(names.global("logs", Region::US_EAST_2)),
            "payments-logs-us-east-2-${var.environment_suffix}"
        );
        assert_eq!(
            show(names.regional("data").prefixed("alias/")),
            "alias/payments-data-${var.environment_suffix}"
        );
    }

    #[test]
    fn the_longest_suffix_counts_against_the_limit() {
        let names = Names::new("payments").unwrap();
        // 8 + 1 + 10 + 1 + 12 = 32
        assert!(names.regional("abcdefghij").within(&limit::LOAD_BALANCER).is_ok());
        let error = names.regional("abcdefghijk").within(&limit::LOAD_BALANCER).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the load balancer name `payments-abcdefghijk-${var.environment_suffix}` has 33 characters with the \
             longest suffix, 32 are allowed: shorten the stack's name by 1"
        );
    }

    #[test]
    fn stacks_and_suffixes_are_labels_that_every_service_takes() {
        for good in ["pr-1234", "dev", "0", "a-b-c", "abcdefghijkl"] {
            assert_eq!(check_suffix(good), Ok(()), "{good}");
        }
        for bad in ["", "Dev", "dev_1", "-dev", "dev-", "a--b", "abcdefghijklm", "dév", "a.b"] {
            assert!(check_suffix(bad).is_err(), "{bad}");
        }
        for bad in ["", "a", "1pay", "pay--ments", "Payments", "a-name-of-seventee"] {
            assert!(Names::new(bad).is_err(), "{bad}");
        }
    }
}
