//! What there is to say of one input.

use std::collections::BTreeSet;
use std::sync::Arc;

use drstack_plan::{Mode, Plan};
use drstack_policy::{AddressMap, Checked, Parameters, RegionPair, objectives, serving_regions};
use drstack_recovery::{Budget, Drill, Regions, budget as budget_of, drill};
use drstack_report::Input;
use rayon::prelude::*;

use crate::inventory::Inventory;

/// An input that could be read, and what was worked out of it.
pub(crate) struct Subject<'page> {
    pub(crate) input: &'page Input,
    pub(crate) plan: &'page Plan<'page>,
    /// Its place among the inputs.
    pub(crate) number: usize,
    pub(crate) regions: Known,
    /// The loss of each region, that of the serving one first.
    pub(crate) drills: Vec<Drill>,
    /// What recovery takes, where it shows which region serves.
    pub(crate) budget: Option<Budget>,
    /// The stores of the region that serves, or of each of two, that have no copy in the other one.
    missing: Vec<Missing>,
    pub(crate) addresses: AddressMap<'page>,
    pub(crate) inventory: Inventory<'page>,
}

/// The stores of a region without a copy.
struct Missing {
    lost: String,
    stores: Vec<Arc<str>>,
}

/// What is known of an input's regions.
pub(crate) enum Known {
    /// One serves, the other one takes over.
    Roles(Regions),
    /// There are two, and it does not show which one serves.
    Pair,
    /// There are not two. These are the regions of what is managed.
    Others(BTreeSet<String>),
}

/// How many regions are lost on paper when no two of them belong together.
const MAX_LOST: usize = 4;

impl<'page> Subject<'page> {
    pub(crate) fn of(
        number: usize,
        input: &'page Input,
        plan: &'page Plan<'page>,
        parameters: &'page Parameters,
    ) -> Self {
        let checked = Checked::new(plan, parameters);
        let (regions, lost): (_, Vec<String>) = match serving_regions(&checked) {
            Some(regions) => {
                let lost = vec![regions.primary.clone(), regions.recovery.clone()];
                (Known::Roles(regions.clone()), lost)
            }
            None => match RegionPair::of(&checked) {
                Some(pair) => (Known::Pair, pair.both().map(str::to_owned).to_vec()),
                None => {
                    let all = all_regions(plan);
                    let lost = if (2..=MAX_LOST).contains(&all.len()) {
                        all.clone()
                    } else {
                        BTreeSet::new()
                    };
                    (Known::Others(all), lost.into_iter().collect())
                }
            },
        };
        let drills = || lost.par_iter().map(|lost| drill(plan, lost)).collect();
        let others = || {
            let budget = match &regions {
                Known::Roles(regions) => Some(budget_of(plan, regions, objectives(&checked))),
                Known::Pair | Known::Others(_) => None,
            };
            let missing = match (&budget, lost.as_slice()) {
                (Some(budget), _) => vec![Missing::of(budget)],
                (None, [one, other]) => {
                    let directions = [(one, other), (other, one)].map(|(primary, recovery)| {
                        Regions { primary: primary.clone(), recovery: recovery.clone() }
                    });
                    let budgets = directions
                        .iter()
                        .map(|regions| budget_of(plan, regions, objectives(&checked)));
                    budgets.map(|budget| Missing::of(&budget)).collect()
                }
                (None, _) => Vec::new(),
            };
            (
                budget,
                missing,
                AddressMap::of(&checked),
                Inventory::of(plan, RegionPair::of(&checked)),
            )
        };
        let (drills, (budget, missing, addresses, inventory)) = rayon::join(drills, others);
        Self { input, plan, number, regions, drills, budget, missing, addresses, inventory }
    }

    /// The stores that a loss of a region takes with it, where nothing has a copy of them.
    pub(crate) fn missing(&self, lost: &str) -> &[Arc<str>] {
        let missing = self.missing.iter().find(|missing| missing.lost == lost);
        missing.map_or(&[], |missing| &missing.stores)
    }

    /// What a region is for, where that is known.
    pub(crate) fn role(&self, region: &str) -> Option<&'static str> {
        match &self.regions {
            Known::Roles(regions) if regions.primary == region => Some("serves"),
            Known::Roles(regions) if regions.recovery == region => Some("takes over"),
            _ => None,
        }
    }
}

impl Missing {
    fn of(budget: &Budget) -> Self {
        let stores = budget.missing().map(|loss| Arc::clone(&loss.store)).collect();
        Self { lost: budget.regions.primary.clone(), stores }
    }
}

fn all_regions(plan: &Plan<'_>) -> BTreeSet<String> {
    let managed = plan.resources().filter(|resource| resource.mode() == Mode::Managed);
    managed.filter_map(|resource| Some(resource.region()?.into_owned())).collect()
}
