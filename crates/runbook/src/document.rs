//! What a runbook consists of.

use drstack_recovery::{Amount, Regions, Source, Term};

/// What people do when a region is lost, step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runbook {
    /// The region that is lost ([`Regions::primary`]) and the one that takes over ([`Regions::recovery`]).
    pub regions: Regions,
    /// What people call the parts, region by region.
    pub places: Vec<Place>,
    /// What a person decides before the failover.
    pub decision: Decision,
    /// The procedures in the order of their [`Kind`].
    pub procedures: Vec<Procedure>,
    /// What Terraform shows afterwards.
    pub drifts: Vec<Drift>,
    /// What the plan does not have, so that steps are missing.
    pub absences: Vec<Absence>,
}

/// A part of the stack by its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What it is.
    pub part: &'static str,
    /// Its name in the lost region; nothing if there is none.
    pub lost: Option<String>,
    /// Its name in the recovery region.
    pub recovery: Option<String>,
}

/// When to fail over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// The seconds that are left for it, counted from the alarm; nothing if no database waits for it, or a term has no number.
    pub seconds: Option<i64>,
    /// The recovery time objective in seconds.
    pub objective: u64,
    /// What the recovery time is spent on besides.
    pub terms: Vec<Term>,
    /// What each store may lose.
    pub losses: Vec<String>,
    /// What must hold for a failover.
    pub go: Vec<String>,
    /// What speaks against it.
    pub stay: Vec<String>,
}

/// Steps that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Procedure {
    /// Which one.
    pub kind: Kind,
    /// What it is called.
    pub title: String,
    /// What it is for and when.
    pub purpose: Vec<String>,
    /// What clients are told before it, and after it.
    pub messages: Vec<Message>,
    /// The steps in their order.
    pub steps: Vec<Step>,
}

/// The procedures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Looks up what is known after apply only.
    Preparation,
    /// The primary region is lost.
    Failover,
    /// The lost region answers again.
    Return,
    /// Back to where it began.
    Failback,
    /// A planned switch to the recovery region.
    Rehearsal,
}

/// What clients are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// When.
    pub when: &'static str,
    /// The text.
    pub text: String,
}

/// One thing to do, and how to know that it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it is, in the imperative.
    pub title: String,
    /// Why, or what to know first.
    pub why: Vec<String>,
    /// What is pasted into a shell; nothing if the step only looks.
    pub command: Option<String>,
    /// How long it takes until the check holds.
    pub duration: Term,
    /// Whether it is done.
    pub check: Check,
    /// What to do if the check does not hold.
    pub otherwise: String,
}

/// A command with its expected answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What is pasted into a shell.
    pub command: String,
    /// What it prints.
    pub answer: Answer,
    /// For how many seconds it is worth asking again; 0 if once is enough.
    pub within: u64,
}

/// What a check prints if all is well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This text.
    Is(String),
    /// A number that is not greater.
    AtMost {
        /// The greatest good number.
        limit: u64,
        /// What it counts.
        unit: &'static str,
    },
}

/// A difference that Terraform sees and did not make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The resource's address.
    pub address: String,
    /// What changed.
    pub change: String,
    /// What Terraform makes of it, and what to do.
    pub consequence: String,
}

/// A part that the plan does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    /// What was looked for.
    pub part: &'static str,
    /// What follows from that.
    pub consequence: String,
}

impl Procedure {
    /// How long the steps take together.
    #[must_use]
    pub fn duration(&self) -> Amount {
        Amount::sum(self.steps.iter().map(|step| step.duration.amount))
    }
}

impl Step {
    /// The step's commands in the order of their use: what is done, then the check.
    pub fn commands(&self) -> impl Iterator<Item = &str> {
        self.command.as_deref().into_iter().chain([self.check.command.as_str()])
    }
}

impl Check {
    /// A check that holds at once.
    pub(crate) fn once(command: String, answer: Answer) -> Self {
        Self { command, answer, within: 0 }
    }

    /// A check that holds after a while.
    pub(crate) fn within(seconds: u64, command: String, answer: Answer) -> Self {
        Self { command, answer, within: seconds }
    }
}

impl Answer {
    pub(crate) fn is(text: impl Into<String>) -> Self {
        Self::Is(text.into())
    }
}

/// A duration that nobody promises.
pub(crate) fn assumed(seconds: u64, why: &'static str) -> Term {
    Term {
        name: why.to_owned(),
        amount: Amount::Seconds(seconds),
        source: Source::Assumption { why },
    }
}
