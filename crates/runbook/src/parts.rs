//! The parts of a plan that a runbook speaks of, in the lost region and in the recovery region.

mod buckets;
mod database;
mod intake;
mod processor;
mod service;
mod tables;

use drstack_plan::{AttrPath, Mode, Plan, Resource};
use drstack_recovery::Regions;

use crate::name::Name;

pub(crate) use buckets::Replication;
pub(crate) use database::Database;
pub(crate) use intake::{Intake, Side};
pub(crate) use processor::{Archive, Latch};
pub(crate) use service::{Protocol, Service};

/// Everything that was found.
pub(crate) struct Parts<'plan> {
    /// The region that is lost.
    pub(crate) lost: Name,
    /// The region that takes over.
    pub(crate) recovery: Name,
    /// The account, where the plan names it.
    pub(crate) account: Option<Name>,
    /// The global database.
    pub(crate) database: Option<Database<'plan>>,
    /// The records that lead clients to the one or the other region.
    pub(crate) service: Option<Service>,
    /// The item that fences a region.
    pub(crate) latch: Option<Latch>,
    /// What is archived before it is recorded.
    pub(crate) archive: Option<Archive>,
    /// Queues with a function behind them, in both regions.
    pub(crate) intakes: Vec<Intake<'plan>>,
    /// Tables with replicas in both regions.
    pub(crate) tables: Vec<Name>,
    /// Buckets that are replicated from the one region into the other.
    pub(crate) replications: Vec<Replication>,
    /// Topics by region: name, lost, recovery.
    pub(crate) topics: Vec<(Option<Name>, Option<Name>)>,
}

impl<'plan> Parts<'plan> {
    /// Looks for the parts; nothing if a region's name is none.
    pub(crate) fn of(plan: &'plan Plan<'plan>, regions: &Regions) -> Option<Self> {
        let finder = Finder {
            plan,
            lost: Name::parse(&regions.primary)?,
            recovery: Name::parse(&regions.recovery)?,
        };
        let latch = processor::latch(&finder);
        let database = database::find(&finder);
        Some(Self {
            account: account(plan),
            service: service::find(&finder),
            archive: database.as_ref().and_then(|database| processor::archive(&finder, database)),
            latch,
            database,
            intakes: intake::find(&finder),
            tables: tables::find(&finder),
            replications: buckets::find(&finder),
            topics: topics(&finder),
            lost: finder.lost,
            recovery: finder.recovery,
        })
    }

    /// Whether there is anything that can carry a recovery.
    pub(crate) fn can_recover(&self) -> bool {
        self.database.is_some()
            || self.service.is_some()
            || !self.tables.is_empty()
            || !self.replications.is_empty()
    }
}

/// Looks things up in a plan.
pub(super) struct Finder<'plan> {
    pub(super) plan: &'plan Plan<'plan>,
    pub(super) lost: Name,
    pub(super) recovery: Name,
}

impl<'plan> Finder<'plan> {
    /// The managed resources of a type.
    pub(super) fn of_type(&self, resource_type: &str) -> impl Iterator<Item = Resource<'plan>> {
        self.plan.resources().filter(move |resource| {
            resource.mode() == Mode::Managed && resource.resource_type() == resource_type
        })
    }

    /// The managed resources of a type in a region.
    pub(super) fn in_region(
        &self,
        resource_type: &str,
        region: &Name,
    ) -> impl Iterator<Item = Resource<'plan>> {
        self.of_type(resource_type).filter(move |resource| is_in(*resource, region))
    }

    /// The only resource of a type that an attribute leads to: by reference, or by a text that is its ARN or id.
    pub(super) fn target(
        &self,
        from: Resource<'plan>,
        path: &AttrPath,
        resource_type: &str,
    ) -> Option<Resource<'plan>> {
        let value = from.at(path);
        let named = value.as_str();
        let by_text: Vec<_> = named.iter().flat_map(|text| self.plan.identified_by(text)).collect();
        let by_reference = from.references(path).targets.into_iter().map(|target| target.resource);
        let mut found: Vec<_> = by_text
            .into_iter()
            .chain(by_reference)
            .filter(|resource| resource.resource_type() == resource_type)
            .collect();
        found.sort_by_key(|resource| resource.index());
        found.dedup();
        // Ids that are names stand for a thing of each region; such a reference stays within its own.
        if found.len() > 1
            && let Some(region) = from.region()
        {
            found.retain(|resource| resource.region().is_some_and(|other| other == region));
        }
        let [only] = found.as_slice() else { return None };
        Some(*only)
    }
}

pub(super) fn is_in(resource: Resource<'_>, region: &Name) -> bool {
    resource.region().is_some_and(|found| found == region.as_str())
}

/// The account id that a variable or an ARN names.
fn account(plan: &Plan<'_>) -> Option<Name> {
    let is_account =
        |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let variable = plan.variable("account_id").and_then(|value| Name::of(value));
    let by_arn = || {
        plan.resources().find_map(|resource| {
            let arn = resource.get("arn").as_str()?;
            Name::parse(arn.split(':').nth(4)?).filter(|name| is_account(name.as_str()))
        })
    };
    variable.filter(|name| is_account(name.as_str())).or_else(by_arn)
}

fn topics(finder: &Finder<'_>) -> Vec<(Option<Name>, Option<Name>)> {
    let names = |region: &Name| -> Vec<Name> {
        finder
            .in_region("aws_sns_topic", region)
            .filter_map(|topic| Name::of(topic.get("name")))
            .collect()
    };
    let (lost, recovery) = (names(&finder.lost), names(&finder.recovery));
    let rows = lost.len().max(recovery.len());
    (0..rows).map(|row| (lost.get(row).cloned(), recovery.get(row).cloned())).collect()
}
