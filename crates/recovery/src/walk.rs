//! The way from the recovery roots to everything that the surviving regions are made of.

use std::collections::VecDeque;

use drstack_plan::{Kind, Plan, Resource};

use crate::companions::completes;
use crate::place::{self, Place};
use crate::roots;

/// What was reached, in the order of reaching, with the way there.
pub(crate) struct Walk<'plan> {
    plan: &'plan Plan<'plan>,
    pub(crate) reached: Vec<Resource<'plan>>,
    /// For each resource of the plan: not reached, a root, or reached from another.
    origins: Vec<Origin>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    None,
    Root,
    From(usize),
}

impl<'plan> Walk<'plan> {
    /// Walks breadth first, rank by rank: a later rank goes only where the earlier ones did not lead.
    pub(crate) fn of(plan: &'plan Plan<'plan>, lost: &str) -> Self {
        let mut walk = Self { plan, reached: Vec::new(), origins: vec![Origin::None; plan.len()] };
        for rank in roots::of(plan, lost) {
            let mut next = VecDeque::new();
            for root in rank {
                walk.reach(root, Origin::Root, &mut next);
            }
            while let Some(resource) = next.pop_front() {
                for neighbour in walk.neighbours(resource) {
                    if is_part(plan, neighbour, lost) {
                        walk.reach(neighbour, Origin::From(resource.index()), &mut next);
                    }
                }
            }
        }
        walk
    }

    /// The addresses from the root to a resource.
    pub(crate) fn trail(&self, resource: Resource<'plan>) -> Vec<String> {
        let mut trail = vec![resource.address().to_owned()];
        let mut at = resource.index();
        while let Some(Origin::From(before)) = self.origins.get(at).copied() {
            trail.extend(self.plan.nth(before).map(|resource| resource.address().to_owned()));
            at = before;
        }
        trail.reverse();
        trail
    }

    /// The roots that something was reached from.
    pub(crate) fn roots(&self) -> impl Iterator<Item = Resource<'plan>> {
        self.reached
            .iter()
            .copied()
            .filter(|resource| self.origins.get(resource.index()) == Some(&Origin::Root))
    }

    fn reach(
        &mut self,
        resource: Resource<'plan>,
        origin: Origin,
        next: &mut VecDeque<Resource<'plan>>,
    ) {
        if let Some(place @ Origin::None) = self.origins.get_mut(resource.index()) {
            *place = origin;
            self.reached.push(resource);
            next.push_back(resource);
        }
    }

    /// What a resource refers to, and what completes it.
    fn neighbours(&self, resource: Resource<'plan>) -> Vec<Resource<'plan>> {
        let graph = self.plan.graph();
        let plan = self.plan;
        let mut found: Vec<Resource<'plan>> =
            graph.references(resource.index()).filter_map(|(target, _)| plan.nth(target)).collect();
        let referrers = graph.referrers(resource.index()).filter_map(|(from, _)| plan.nth(from));
        found.extend(
            referrers.filter(|from| completes(from.resource_type(), resource.resource_type())),
        );
        if plan.kind() == Kind::State {
            let values = resource.values().entries().filter_map(|(_, value)| value.as_str());
            found.extend(values.flat_map(|text| plan.identified_by(&text).collect::<Vec<_>>()));
        }
        found.sort_by_key(|resource| resource.index());
        found.dedup();
        found
    }
}

/// Whether a resource is there once the region is lost.
fn is_part<'plan>(plan: &'plan Plan<'plan>, resource: Resource<'plan>, lost: &str) -> bool {
    resource.exists_after_apply()
        && match place::of(plan, resource) {
            Place::In(region) => region != lost,
            Place::Global(_) => true,
            Place::Unknown => false,
        }
}
