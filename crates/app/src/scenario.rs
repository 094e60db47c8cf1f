//! Which region of an input is lost, and what recovery may cost: what a drill and a runbook are about.

use drstack_plan::Plan;
use drstack_policy::Parameters;
use drstack_recovery::{Objectives, Regions};
use miette::miette;

use crate::config::Config;
use crate::subject::known_regions;

/// The loss of a region, and what is asked of the recovery from it.
pub struct Scenario {
    /// The region that is lost.
    pub lost: String,
    /// The lost region, as the primary, and the other one of two that takes over.
    pub regions: Option<Regions>,
    /// Whether the lost region is the one that serves, as far as that is known.
    pub is_primary: bool,
    /// What recovery may cost.
    pub objectives: Objectives,
}

impl Scenario {
    /// The loss of the region that is named, else of the one that serves: by the configuration, else by the plan.
    ///
    /// # Errors
    /// When neither says which region serves, or nothing is known to be in the one that is named.
    pub fn of(
        plan: &Plan<'_>,
        config: Option<&Config>,
        named: Option<&str>,
    ) -> miette::Result<Self> {
        let known = known_regions(plan);
        let list = || known.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let serving = config.map(configured).or_else(|| Regions::infer(plan));
        let lost = match (named, &serving) {
            (Some(named), _) => named.to_owned(),
            (None, Some(serving)) => serving.primary.clone(),
            (None, None) => {
                return Err(miette!(
                    help = "name the region with --lose",
                    "which region serves does not follow from the input; its regions are: {}",
                    list()
                ));
            }
        };
        if !known.contains(&lost) {
            return Err(miette!(
                "nothing of the input is known to be in {lost}; its regions are: {}",
                list()
            ));
        }
        let recovery = match &serving {
            Some(serving) => serving.other(&lost).map(str::to_owned),
            None => other_of_two(plan, &lost),
        };
        Ok(Self {
            is_primary: serving.is_none_or(|serving| serving.primary == lost),
            regions: recovery.map(|recovery| Regions { primary: lost.clone(), recovery }),
            lost,
            objectives: objectives(config),
        })
    }
}

fn configured(config: &Config) -> Regions {
    Regions {
        primary: config.regions.primary.to_string(),
        recovery: config.regions.recovery.to_string(),
    }
}

fn objectives(config: Option<&Config>) -> Objectives {
    let defaults = Parameters::default();
    config.map_or(
        Objectives { rto_seconds: defaults.rto_seconds, rpo_seconds: defaults.rpo_seconds },
        |config| Objectives {
            rto_seconds: u64::from(config.objectives.rto_minutes.get()) * 60,
            rpo_seconds: u64::from(config.objectives.rpo_minutes.get()) * 60,
        },
    )
}

/// The region that takes over when one of two is lost.
fn other_of_two(plan: &Plan<'_>, lost: &str) -> Option<String> {
    let [one, other] = Regions::pair(plan)?;
    match (one == lost, other == lost) {
        (true, _) => Some(other),
        (_, true) => Some(one),
        _ => None,
    }
}
