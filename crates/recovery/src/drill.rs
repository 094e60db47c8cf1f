use std::collections::HashSet;
use std::fmt;

use drstack_plan::Plan;
use serde::Serialize;

use crate::walk::Walk;
use crate::{edges, special};

/// The loss of a region, on paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drill {
    /// The region that is lost.
    pub lost: String,
    /// The addresses that recovery begins with: the roots that led somewhere first.
    pub roots: Vec<String>,
    /// How many resources of the surviving regions were looked at.
    pub reached: usize,
    /// The edges into the lost region, the worst first.
    pub crossings: Vec<Crossing>,
}

/// An edge from what survives into the lost region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Crossing {
    /// What the loss of the region means for it.
    pub class: Class,
    /// How the plan shows it.
    pub form: Form,
    /// The address of the resource that the edge comes from.
    pub from: String,
    /// The attribute that holds it; empty for the whole resource.
    pub path: String,
    /// The address that it leads to; the ARN, URL or name where that is not part of the plan.
    pub to: String,
    /// Why it is of its class.
    pub reason: String,
    /// The shortest path from a recovery root to `from`, and `to`.
    pub trail: Vec<String>,
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

/// Loses a region on paper: finds every edge into it from what the plan has in other regions.
#[must_use]
pub fn drill<'plan>(plan: &'plan Plan<'plan>, lost: &str) -> Drill {
    let walk = Walk::of(plan, lost);
    let mut crossings = edges::find(plan, &walk, lost);
    crossings.extend(special::find(plan, &walk, lost));
    let mut seen = HashSet::new();
    crossings.retain(|crossing| {
        seen.insert((
            crossing.class,
            crossing.from.clone(),
            crossing.path.clone(),
            crossing.to.clone(),
        ))
    });
    crossings.sort_by(|one, other| {
        let key = |crossing: &Crossing| {
            (crossing.class, crossing.from.clone(), crossing.path.clone(), crossing.to.clone())
        };
        key(one).cmp(&key(other))
    });
    Drill {
        lost: lost.to_owned(),
        roots: walk.roots().map(|root| root.address().to_owned()).collect(),
        reached: walk.reached.len(),
        crossings,
    }
}

impl Drill {
    /// The edges of a class.
    pub fn of_class(&self, class: Class) -> impl Iterator<Item = &Crossing> {
        self.crossings.iter().filter(move |crossing| crossing.class == class)
    }

    /// Whether the surviving region stands alone: nothing is fatal and nothing is left open.
    #[must_use]
    pub fn survives(&self) -> bool {
        !self
            .crossings
            .iter()
            .any(|crossing| matches!(crossing.class, Class::Fatal | Class::Undetermined))
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
