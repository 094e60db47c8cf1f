//! The way from the recovery roots to everything that the surviving regions are made of.

use std::collections::VecDeque;
use std::sync::Arc;

use drstack_plan::{Kind, Resource};

use crate::companions::fits;
use crate::lost::Lost;
use crate::{Survey, roots};

/// What was reached, in the order of reaching, with the way there.
pub(crate) struct Walk<'plan> {
    pub(crate) reached: Vec<Resource<'plan>>,
    /// For each resource of the plan: not reached, a root, or reached from another.
    origins: Vec<Origin>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    None,
    Root,
    From(u32),
}

impl<'plan> Walk<'plan> {
    /// Walks breadth first, rank by rank: a later rank goes only where the earlier ones did not lead.
    pub(crate) fn of(survey: &Survey<'plan>, lost: Lost) -> Self {
        let mut walk = Self { reached: Vec::new(), origins: vec![Origin::None; survey.plan.len()] };
        let mut next = VecDeque::new();
        let mut neighbours = Vec::new();
        for rank in roots::of(survey, lost) {
            for root in rank {
                walk.reach(root, Origin::Root, &mut next);
            }
            while let Some(resource) = next.pop_front() {
                let origin = Origin::From(u32::try_from(resource.index()).unwrap_or(u32::MAX));
                neighbours.clear();
                add_neighbours(survey, resource, &mut neighbours);
                neighbours.sort_unstable();
                for &neighbour in &neighbours {
                    let is_open = walk.origins.get(neighbour) == Some(&Origin::None)
                        && lost.leaves(survey.places.at(neighbour));
                    let neighbour = survey
                        .plan
                        .nth(neighbour)
                        .filter(|neighbour| is_open && neighbour.exists_after_apply());
                    if let Some(neighbour) = neighbour {
                        walk.reach(neighbour, origin, &mut next);
                    }
                }
            }
        }
        walk
    }

    /// Whether a resource was reached.
    pub(crate) fn has_reached(&self, resource: Resource<'plan>) -> bool {
        self.origins.get(resource.index()).is_some_and(|origin| *origin != Origin::None)
    }

    /// The addresses from the root to a resource.
    pub(crate) fn trail(&self, survey: &Survey<'plan>, resource: Resource<'plan>) -> Vec<Arc<str>> {
        let mut trail = vec![resource.shared_address()];
        let mut at = resource.index();
        while let Some(Origin::From(before)) = self.origins.get(at).copied() {
            at = before as usize;
            trail.extend(survey.plan.nth(at).map(Resource::shared_address));
        }
        trail.reverse();
        trail
    }

    /// The roots that something was reached from.
    pub(crate) fn roots(&self) -> impl Iterator<Item = Resource<'plan>> {
        let is_root =
            |resource: &Resource<'plan>| self.origins.get(resource.index()) == Some(&Origin::Root);
        self.reached.iter().copied().filter(is_root)
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
}

/// What a resource refers to, and what completes it.
fn add_neighbours<'plan>(
    survey: &Survey<'plan>,
    resource: Resource<'plan>,
    neighbours: &mut Vec<usize>,
) {
    let plan = survey.plan;
    neighbours.extend(plan.graph().references(resource.index()).map(|(target, _)| target));
    let completed_by = survey.kind(resource).map_or(&[][..], |kind| kind.completed_by);
    if !completed_by.is_empty() {
        let referrers = plan.graph().referrers(resource.index()).map(|(from, _)| from);
        neighbours.extend(referrers.filter(|from| {
            let from = plan.nth(*from).map_or("", Resource::resource_type);
            completed_by.iter().any(|pattern| fits(pattern, from))
        }));
    }
    if plan.kind() == Kind::State {
        let values = resource.values().entries().filter_map(|(_, value)| value.as_str());
        for text in values {
            neighbours.extend(plan.identified_by(&text).map(Resource::index));
        }
    }
}
