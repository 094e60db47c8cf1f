//! Where resources are, as far as the loss of a region goes.

use std::borrow::Cow;
use std::collections::BTreeSet;

use drstack_plan::{Kind, Mode, Plan, Resource};
use foldhash::HashMap;

use crate::literal;

/// Where a resource is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place<'plan> {
    /// In one region.
    In(Cow<'plan, str>),
    /// In no region: its data plane is everywhere. The region is that of its control plane, if it has one.
    Global(Option<&'static str>),
    /// In a region that is not known.
    Unknown,
}

/// A [`Place`] with its region numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    In(Region),
    Global(Option<Region>),
    Unknown,
}

/// A region, numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Region(u32);

/// The places of all resources of a plan.
pub(crate) struct Places<'plan> {
    regions: HashMap<Cow<'plan, str>, Region>,
    /// For each resource of the plan.
    of: Vec<Site>,
}

/// How far the data plane of a type's service reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spread {
    /// One region.
    Region,
    /// All regions; the control plane is in this one, if there is one.
    Global(Option<&'static str>),
}

/// Services whose data plane is spread over all regions, by the beginning of the resource type, with the region of
/// their control plane. The first row that fits decides.
///
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html>
const SPREADS: [(&str, Spread); 17] = [
    ("aws_route53_resolver_", Spread::Region),
    ("aws_route53recoverycontrolconfig_", Spread::Global(Some("us-west-2"))),
    ("aws_route53", Spread::Global(Some("us-east-1"))),
    ("aws_iam_", Spread::Global(Some("us-east-1"))),
    ("aws_cloudfront_", Spread::Global(Some("us-east-1"))),
    ("aws_organizations_", Spread::Global(Some("us-east-1"))),
    ("aws_shield_", Spread::Global(Some("us-east-1"))),
    ("aws_globalaccelerator_", Spread::Global(Some("us-west-2"))),
    ("aws_rds_global_cluster", Spread::Global(None)),
    ("aws_docdb_global_cluster", Spread::Global(None)),
    ("aws_neptune_global_cluster", Spread::Global(None)),
    ("aws_elasticache_global_replication_group", Spread::Global(None)),
    ("aws_dynamodb_global_table", Spread::Global(None)),
    ("aws_s3control_multi_region_access_point", Spread::Global(None)),
    ("aws_caller_identity", Spread::Global(None)),
    ("aws_partition", Spread::Global(None)),
    ("aws_region", Spread::Global(None)),
];

impl Spread {
    pub(crate) fn of(resource_type: &str) -> Self {
        if !resource_type.starts_with("aws_") {
            return Self::Global(None);
        }
        let row = SPREADS.iter().find(|(prefix, _)| resource_type.starts_with(prefix));
        row.map_or(Self::Region, |(_, spread)| *spread)
    }
}

/// Where a resource is: by the service, where that is global; else by the plan. In a state, which says it of few
/// types, by what the resource's values speak of.
pub fn of<'plan>(plan: &'plan Plan<'plan>, resource: Resource<'plan>) -> Place<'plan> {
    of_spread(plan, resource, Spread::of(resource.resource_type()))
}

impl<'plan> Places<'plan> {
    pub(crate) fn with_capacity(resources: usize) -> Self {
        Self { regions: HashMap::default(), of: Vec::with_capacity(resources) }
    }

    /// Adds the next resource of the plan.
    pub(crate) fn add(
        &mut self,
        plan: &'plan Plan<'plan>,
        resource: Resource<'plan>,
        spread: Spread,
    ) {
        let site = match of_spread(plan, resource, spread) {
            Place::In(region) => Site::In(self.number(region)),
            Place::Global(home) => Site::Global(home.map(|home| self.number(home.into()))),
            Place::Unknown => Site::Unknown,
        };
        self.of.push(site);
    }

    /// Where a resource is, by its index.
    pub(crate) fn at(&self, resource: usize) -> Site {
        self.of.get(resource).copied().unwrap_or(Site::Unknown)
    }

    /// The region of a name; `None` if nothing is there.
    pub(crate) fn region(&self, name: &str) -> Option<Region> {
        self.regions.get(name).copied()
    }

    fn number(&mut self, region: Cow<'plan, str>) -> Region {
        let next = Region(u32::try_from(self.regions.len()).unwrap_or(u32::MAX));
        *self.regions.entry(region).or_insert(next)
    }
}

fn of_spread<'plan>(
    plan: &'plan Plan<'plan>,
    resource: Resource<'plan>,
    spread: Spread,
) -> Place<'plan> {
    if let Spread::Global(home) = spread {
        // A data source of IAM puts a document together and asks nobody.
        return Place::Global(home.filter(|_| resource.mode() == Mode::Managed));
    }
    let region = match plan.kind() {
        Kind::State => resource.region().or_else(|| neighbourhood(plan, resource)),
        Kind::Plan | Kind::Configuration => resource.region(),
    };
    region.map_or(Place::Unknown, Place::In)
}

/// The one region that the values of a state's resource speak of: many types have neither an ARN nor a region.
fn neighbourhood<'plan>(
    plan: &'plan Plan<'plan>,
    resource: Resource<'plan>,
) -> Option<Cow<'plan, str>> {
    let mut found: Option<String> = None;
    for (_, value) in resource.values().entries() {
        let Some(text) = value.as_str() else { continue };
        let named = plan.identified_by(&text).filter(|other| *other != resource);
        let named: BTreeSet<Cow<'_, str>> = named.filter_map(Resource::region).collect();
        // Ids that are names stand in both regions, and tell nothing.
        let named =
            named.first().filter(|_| named.len() == 1).map(|region| region.clone().into_owned());
        for region in named.into_iter().chain(literal::region_of(&text).map(str::to_owned)) {
            if found.get_or_insert_with(|| region.clone()) != &region {
                return None;
            }
        }
    }
    found.map(Cow::Owned)
}
