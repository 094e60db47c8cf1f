use std::sync::Arc;

use drstack_plan::{Plan, Resource};
use serde::Serialize;

use crate::crossing::{Class, Crossing, Found};
use crate::lost::Lost;
use crate::outage::Outage;
use crate::walk::Walk;
use crate::{Survey, edges, special, state};

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

/// Loses a region on paper: finds every edge into it from what the plan has in other regions.
#[must_use]
pub fn drill<'plan>(plan: &'plan Plan<'plan>, lost: &str) -> Drill {
    Survey::of(plan).lose(lost).drill()
}

impl<'plan> Survey<'plan> {
    /// Takes a region away, and walks through what is left.
    #[must_use]
    pub fn lose(&self, region: &str) -> Outage<'_, 'plan> {
        let lost = Lost(self.places.region(region));
        Outage { survey: self, name: region.to_owned(), lost, walk: Walk::of(self, lost) }
    }
}

impl<'plan> Outage<'_, 'plan> {
    /// How many resources of the surviving regions were looked at.
    #[must_use]
    pub fn reached(&self) -> usize {
        self.walk.reached.len()
    }

    /// The edges into the lost region that are as bad as `least` or worse: by class, then in the order of the plan. Those
    /// that are better are not even looked for, as far as that saves work.
    #[must_use]
    pub fn crossings(&self, least: Class) -> Vec<Crossing> {
        let mut found = edges::find(self, least);
        found.extend(special::find(self, least));
        found.sort_by(|one, other| one.order().cmp(&other.order()));
        found.dedup_by(|next, first| next.order() == first.order());
        let mut crossings: Vec<_> = found.into_iter().map(|found| self.crossing(found)).collect();
        if least >= Class::ControlPlaneOnly {
            crossings.extend(state::find(self.survey.plan, &self.name));
        }
        crossings
    }

    /// The drill: all edges into the lost region, by class, then by address.
    #[must_use]
    pub fn drill(&self) -> Drill {
        let mut crossings = self.crossings(Class::Allowed);
        crossings.sort_by(|one, other| (one.class, &one.from).cmp(&(other.class, &other.from)));
        Drill {
            lost: self.name.clone(),
            roots: self.walk.roots().map(|root| root.address().to_owned()).collect(),
            reached: self.reached(),
            crossings,
        }
    }

    fn crossing(&self, found: Found<'plan>) -> Crossing {
        let mut trail = self.walk.trail(self.survey, found.from);
        trail.extend(found.by_way_of.map(Resource::shared_address));
        trail.push(Arc::clone(&found.to));
        Crossing {
            class: found.class,
            form: found.form,
            from: found.from.shared_address(),
            path: found.path,
            to: found.to,
            reason: found.reason,
            trail,
        }
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
