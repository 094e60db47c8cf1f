use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use regorus::unstable::Span;

/// Why policies can't be used, or an input can't be judged by them.
#[derive(Debug)]
pub struct PolicyError {
    /// What is wrong.
    pub problem: Problem,
    /// Where, when it is known.
    pub place: Option<Place>,
}

/// A place in a policy or a data file.
#[derive(Clone, Debug)]
pub struct Place {
    /// The path of the file, as it was given.
    pub file: String,
    /// The text of the file.
    pub text: Arc<str>,
    /// The bytes of the text.
    pub span: Range<usize>,
}

/// What is wrong with policies.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// There is no policy at all.
    #[error("there is no policy: expected *.rego that is not *_test.rego")]
    NoPolicy,
    /// No rule would be asked.
    #[error(
        "no rule is asked: expected `deny`, `violation` or `warn` in package main, found {}",
        if packages.is_empty() { "none".to_owned() } else { format!("the packages {}", packages.join(", ")) }
    )]
    NoRule {
        /// The packages that there are.
        packages: Vec<String>,
    },
    /// There is more than can be read safely.
    #[error("found {found} rules and functions, expected at most {most}")]
    TooMany {
        /// How many there are.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// The text is not Rego, of either version.
    #[error("{0}")]
    Syntax(String),
    /// The policies contradict each other or use what isn't defined.
    #[error("{0}")]
    Analysis(String),
    /// A function is called that there is not.
    #[error("there is no function `{name}`{}", reason.map(|reason| format!(": {reason}")).unwrap_or_default())]
    UnknownFunction {
        /// The function.
        name: String,
        /// Why it isn't supplied, when that is on purpose.
        reason: Option<&'static str>,
    },
    /// A built-in is called with the wrong number of arguments.
    #[error("`{name}` is called with {found} arguments, expected {expected}")]
    Arity {
        /// The built-in.
        name: String,
        /// How many it takes.
        expected: u8,
        /// How many there are.
        found: usize,
    },
    /// A built-in is called with a pattern that it can't use.
    #[error("the pattern can't be used: {0}")]
    Pattern(String),
    /// A function calls itself.
    #[error("the function `{0}` calls itself, which Rego does not allow")]
    Recursion(String),
    /// A rule that is asked does not collect messages.
    #[error("`{0}` is not a set of messages, so that it would never report anything")]
    NotMessages(String),
    /// A rule that is asked gave something that is not a message.
    #[error("`{rule}` gave {found}, expected {expected}")]
    NotAMessage {
        /// The rule.
        rule: String,
        /// What it gave.
        found: &'static str,
        /// What it should give.
        expected: &'static str,
    },
    /// A file of data can't be used.
    #[error("{0}")]
    Data(String),
    /// The document is not JSON that Rego can take.
    #[error("the document can't be read as JSON: {0}")]
    Document(String),
    /// The evaluation failed.
    #[error("{0}")]
    Evaluation(String),
    /// The policies take too long.
    #[error("the policies are not done after {} s", .0.as_secs_f32())]
    TooLong(Duration),
    /// The evaluation can't be run.
    #[error("the evaluation can't be run: {0}")]
    Broken(String),
}

impl PolicyError {
    pub(crate) const fn nowhere(problem: Problem) -> Self {
        Self { problem, place: None }
    }

    pub(crate) fn at(problem: Problem, span: &Span) -> Self {
        Self { problem, place: Some(Place::of(span)) }
    }

    /// What to do about it.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self.problem {
            Problem::NoPolicy => "name a directory with policies, or a policy itself",
            Problem::NoRule { .. } => {
                "rules are asked by their name: `deny`, `deny_x`, `violation`, `violation_x`, `warn`, `warn_x`"
            }
            Problem::UnknownFunction { .. } => {
                "expected a function of the policies, or a built-in of OPA that drstack supplies"
            }
            Problem::Arity { .. } => {
                "bind the result with `:=` instead of passing a variable for it"
            }
            Problem::NotMessages(_) => {
                "write `deny contains msg if { … }`, or `deny[msg] { … }` in the older syntax"
            }
            Problem::NotAMessage { .. } => {
                "a message is a string, or an object with a string `msg` and perhaps an `address`"
            }
            Problem::TooLong(_) => "look for a loop over every pair of resources",
            _ => return None,
        })
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(out, "{}:{}: ", place.file, place.line())?;
        }
        self.problem.fmt(out)
    }
}

impl std::error::Error for PolicyError {}

impl Place {
    pub(crate) fn of(span: &Span) -> Self {
        Self {
            file: span.source.get_path().clone(),
            text: span.source.get_contents().as_str().into(),
            span: span.start as usize..span.end as usize,
        }
    }

    /// The line, counted from one.
    #[must_use]
    pub fn line(&self) -> usize {
        self.text.bytes().take(self.span.start).filter(|byte| *byte == b'\n').count() + 1
    }
}
