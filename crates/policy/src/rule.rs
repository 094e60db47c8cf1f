use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Checked, Sink};

/// A rule: what it is about, and the function that judges.
///
/// The engine adds the rule's id, severity and fix to each finding; the function only says what it saw.
#[derive(Clone, Copy)]
pub struct Rule {
    /// The id, such as `cidr-overlap`. The file that holds the rule has the same name with underscores.
    pub id: &'static str,
    /// How bad a finding is, unless a pack says otherwise.
    pub severity: Severity,
    /// What the rule demands, in one line.
    pub summary: &'static str,
    /// What goes wrong where it is not so.
    pub protects: &'static str,
    /// How to mend what is violated.
    pub fix: &'static str,
    /// The requirements that the rule holds, by id.
    pub requirements: &'static [&'static str],
    /// The long explanation, Markdown.
    pub explanation: &'static str,
    /// Judges a plan.
    pub check: fn(&Checked<'_>, &mut Sink),
}

/// How bad a finding is. The order is that of `--fail-on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Worth changing.
    Warning,
    /// Must not be deployed.
    Error,
}

impl Severity {
    /// The word for it in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

/// The check of a rule that looks at no plan: its findings come from elsewhere, such as a file of waivers.
pub(crate) fn nothing_to_judge(_: &Checked<'_>, _: &mut Sink) {}

impl fmt::Debug for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Rule({})", self.id)
    }
}
