use std::fmt;
use std::sync::Arc;

use drstack_plan::Resource;
use serde::Serialize;

use crate::Severity;

/// What a rule says of one attribute of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether the rule is broken or can't be judged.
    pub status: Status,
    /// The address of the resource, or empty when the finding is about the whole input.
    pub address: Arc<str>,
    /// The path of the attribute in the resource, or empty.
    pub path: Arc<str>,
    /// What is wrong, one sentence without a full stop.
    pub message: Arc<str>,
    /// What was found. Never a sensitive value.
    pub found: Option<Arc<str>>,
    /// What was expected.
    pub expected: Option<Arc<str>>,
    /// The addresses that led to the finding, in order.
    pub evidence: Vec<Arc<str>>,
    /// How bad this finding is at most, where that is less than the rule's other findings.
    pub at_most: Option<Severity>,
    /// What tells the finding from the rule's others at the same address and path, where these alone do not.
    pub identity: Option<Arc<str>>,
    /// The place of the resource in [`Plan::all_resources`](drstack_plan::Plan::all_resources). A rule that has it at hand
    /// spares the engine looking for the address.
    pub place: Option<u32>,
    /// What makes the finding determinable: which value is not known, where that comes from, and what to do. The engine
    /// says so of what is undetermined.
    pub remedy: Option<Arc<str>>,
}

/// Whether a rule is broken or can't be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The rule is broken.
    Violated,
    /// What the rule needs is not known, and nothing shows that the rule holds.
    Undetermined,
}

impl Finding {
    /// A rule is broken at `path` of `resource`.
    #[must_use]
    pub fn violated(
        resource: Resource<'_>,
        path: impl fmt::Display,
        message: impl Into<Arc<str>>,
    ) -> Self {
        Self::of(resource, Status::Violated, path, message)
    }

    /// A rule can't be judged at `path` of `resource`.
    #[must_use]
    pub fn undetermined(
        resource: Resource<'_>,
        path: impl fmt::Display,
        message: impl Into<Arc<str>>,
    ) -> Self {
        Self::of(resource, Status::Undetermined, path, message)
    }

    /// A rule is broken by what is absent: there is no resource to name.
    #[must_use]
    pub fn absent(message: impl Into<Arc<str>>) -> Self {
        Self::new(Status::Violated, "", "", message)
    }

    /// A finding at `path` of the resource with an address. Prefer the constructors that take the resource itself.
    #[must_use]
    pub fn new(
        status: Status,
        address: impl Into<Arc<str>>,
        path: impl fmt::Display,
        message: impl Into<Arc<str>>,
    ) -> Self {
        Self {
            status,
            address: address.into(),
            path: path.to_string().into(),
            message: message.into(),
            found: None,
            expected: None,
            evidence: Vec::new(),
            at_most: None,
            identity: None,
            place: None,
            remedy: None,
        }
    }

    fn of(
        resource: Resource<'_>,
        status: Status,
        path: impl fmt::Display,
        message: impl Into<Arc<str>>,
    ) -> Self {
        // The address of a deposed object is that of what takes its place.
        let place = resource.deposed().is_none().then(|| resource.index());
        let place = place.and_then(|index| index.try_into().ok());
        Self { place, ..Self::new(status, resource.shared_address(), path, message) }
    }

    /// Adds what was found. Pass a [`Value`](drstack_plan::Value) itself and a sensitive one is not shown.
    #[must_use]
    pub fn found(mut self, found: impl fmt::Display) -> Self {
        self.found = Some(found.to_string().into());
        self
    }

    /// Adds what was expected.
    #[must_use]
    pub fn expected(mut self, expected: impl fmt::Display) -> Self {
        self.expected = Some(expected.to_string().into());
        self
    }

    /// Adds a resource that led to the finding.
    #[must_use]
    pub fn evidence(mut self, resource: Resource<'_>) -> Self {
        // Most have one or two.
        self.evidence.reserve_exact(1);
        self.evidence.push(resource.shared_address());
        self
    }

    /// Limits the severity, whatever the pack says of the rule.
    #[must_use]
    pub fn at_most(mut self, severity: Severity) -> Self {
        self.at_most = Some(severity);
        self
    }

    /// Tells the finding from the rule's others at the same address and path.
    #[must_use]
    pub fn identity(mut self, identity: impl Into<Arc<str>>) -> Self {
        self.identity = Some(identity.into());
        self
    }

    /// Says what makes the finding determinable.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<Arc<str>>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

impl Status {
    /// The word for it in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Violated => "violated",
            Self::Undetermined => "undetermined",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}
