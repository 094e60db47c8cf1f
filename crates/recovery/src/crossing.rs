//! An edge into the lost region, and what it means.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use drstack_plan::Resource;
use serde::Serialize;

/// An edge from what survives into the lost region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Crossing {
    /// What the loss of the region means for it.
    pub class: Class,
    /// How the plan shows it.
    pub form: Form,
    /// The address of the resource that the edge comes from.
    pub from: Arc<str>,
    /// The attribute that holds it; empty for the whole resource.
    pub path: Arc<str>,
    /// The address that it leads to; the ARN, URL or name where that is not part of the plan.
    pub to: Arc<str>,
    /// Why it is of its class.
    pub reason: Cow<'static, str>,
    /// The shortest path from a recovery root to `from`, and `to`.
    pub trail: Vec<Arc<str>>,
}

/// What the loss of the region means for an edge. The order is from bad to good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The surviving region does not serve.
    Fatal,
    /// The input does not tell.
    Undetermined,
    /// The surviving region serves with something missing.
    Degrading,
    /// What runs goes on; changes to it wait.
    ControlPlaneOnly,
    /// Nothing is missing.
    Allowed,
}

/// How the plan shows an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// An expression refers to a resource.
    Reference,
    /// A value holds an ARN.
    Arn,
    /// A value holds a URL or a host name.
    Url,
    /// A value holds a name, of the region or of a thing in it.
    Name,
    /// A setting ties the regions together.
    Setting,
}

/// What is found on the way to a [`Crossing`].
pub(crate) struct Found<'plan> {
    pub(crate) class: Class,
    pub(crate) form: Form,
    pub(crate) from: Resource<'plan>,
    pub(crate) path: Arc<str>,
    pub(crate) to: Arc<str>,
    /// What stands between `from` and `to`.
    pub(crate) by_way_of: Option<Resource<'plan>>,
    pub(crate) reason: Cow<'static, str>,
}

impl Found<'_> {
    pub(crate) fn order(&self) -> (Class, usize, &str, &str) {
        (self.class, self.from.index(), &self.path, &self.to)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Fatal => "fatal",
            Self::Undetermined => "undetermined",
            Self::Degrading => "degrading",
            Self::ControlPlaneOnly => "control plane only",
            Self::Allowed => "allowed",
        })
    }
}
