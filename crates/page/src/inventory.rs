//! The resources of an input, counted by place and type.

use std::collections::BTreeMap;

use drstack_diagram::Component;
use drstack_plan::{Mode, Plan, Resource};
use drstack_policy::RegionPair;
use drstack_recovery::{Place, Survey, place};

use crate::parity::Parity;

/// The managed resources of an input by place and type.
pub(crate) struct Inventory<'plan> {
    /// The regions, those first that belong together.
    pub(crate) regions: Vec<String>,
    /// The types by what they are for.
    pub(crate) types: BTreeMap<(Component, &'plan str), Counts>,
    pub(crate) pair: Option<RegionPair>,
    pub(crate) parity: Parity<'plan>,
    pub(crate) survey: Survey<'plan>,
}

/// How many resources of a type there are, by place.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) by_region: BTreeMap<String, usize>,
    pub(crate) global: usize,
    pub(crate) unknown: usize,
}

impl<'plan> Inventory<'plan> {
    pub(crate) fn of(plan: &'plan Plan<'plan>, pair: Option<&RegionPair>) -> Self {
        let mut types: BTreeMap<(Component, &str), Counts> = BTreeMap::new();
        let mut by_type: BTreeMap<&str, [Vec<Resource<'_>>; 2]> = BTreeMap::new();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for resource in plan.resources().filter(|resource| resource.mode() == Mode::Managed) {
            let resource_type = resource.resource_type();
            let counts = types.entry((Component::of(resource_type), resource_type)).or_default();
            match place(plan, resource) {
                Place::Global(_) => counts.global += 1,
                Place::Unknown => counts.unknown += 1,
                Place::In(region) => {
                    let side =
                        pair.and_then(|pair| pair.both().iter().position(|known| *known == region));
                    let sides = by_type.entry(resource_type).or_default();
                    if let Some(side) = side.and_then(|side| sides.get_mut(side)) {
                        side.push(resource);
                    }
                    *known.entry(region.to_string()).or_default() += 1;
                    *counts.by_region.entry(region.into_owned()).or_default() += 1;
                }
            }
        }
        let parity = pair.map_or_else(Parity::default, |pair| Parity::of(pair, by_type));
        Self {
            regions: ordered(known, pair),
            types,
            pair: pair.cloned(),
            parity,
            survey: Survey::of(plan),
        }
    }
}

/// The two regions that belong together, then those that have most.
fn ordered(known: BTreeMap<String, usize>, pair: Option<&RegionPair>) -> Vec<String> {
    let mut regions: Vec<(String, usize)> = known.into_iter().collect();
    regions.sort_by_key(|(region, count)| {
        let both = pair.map(RegionPair::both).unwrap_or_default();
        let side = both.iter().position(|known| known == region);
        (side.unwrap_or(both.len()), std::cmp::Reverse(*count))
    });
    regions.into_iter().map(|(region, _)| region).collect()
}
