//! Ties between regions that no reference shows.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

use drstack_plan::{AttrPath, Resource};
use foldhash::HashMap;

use crate::Survey;
use crate::crossing::{Class, Form, Found};
use crate::outage::Outage;
use crate::place::Site;

/// Finds the ties that are as bad as `least` or worse.
pub(crate) fn find<'plan>(outage: &Outage<'_, 'plan>, least: Class) -> Vec<Found<'plan>> {
    let limits = Limits::of(outage.survey);
    let ties = Ties { outage, limits, databases: OnceCell::new() };
    let mut found = Vec::new();
    for cluster in ties.left("aws_rds_cluster") {
        found.extend(ties.write_forwarding(cluster));
        found.extend(ties.synchronous_replication(cluster));
    }
    for route in ties.left("aws_route") {
        found.extend(ties.way_out(route, &AttrPath::root()));
    }
    for table in ties.left("aws_route_table") {
        for index in 0..table.get("route").elements().count() {
            found.extend(ties.way_out(table, &AttrPath::root().key("route").index(index)));
        }
    }
    for route in ties.left("aws_ec2_transit_gateway_route") {
        found.extend(ties.way_out(route, &AttrPath::root()));
    }
    if least >= Class::ControlPlaneOnly {
        found.extend(ties.left("aws_route53_record").filter_map(|record| ties.record(record)));
    }
    if least >= Class::Degrading {
        found.extend(ties.health_alarms());
    }
    found.retain(|found: &Found<'_>| found.class <= least);
    found
}

struct Ties<'outage, 'plan> {
    outage: &'outage Outage<'outage, 'plan>,
    limits: Limits<'plan>,
    databases: OnceCell<Databases<'plan>>,
}

impl<'plan> Ties<'_, 'plan> {
    /// The managed resources of a type that were reached.
    fn left(&self, resource_type: &str) -> impl Iterator<Item = Resource<'plan>> {
        let managed = self.outage.survey.managed(resource_type);
        managed.filter(|resource| self.outage.walk.has_reached(*resource))
    }

    /// Writes that a secondary cluster sends on to the primary.
    ///
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-write-forwarding.html>
    fn write_forwarding(&self, cluster: Resource<'plan>) -> Option<Found<'plan>> {
        let path = "enable_global_write_forwarding";
        if cluster.get(path).as_bool() != Some(true) {
            return None;
        }
        let members = self.members(cluster);
        let primary = members.into_iter().find(|member| self.is_lost(*member))?;
        let reason =
            "forwarded writes fail while the primary is lost, until the cluster is promoted";
        Some(tie(Class::Degrading, cluster, path, primary.shared_address(), reason))
    }

    /// `rds.global_db_rpo` holds commits back when no secondary keeps up: with the only one lost, all of them.
    ///
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html#aurora-global-database-manage-recovery>
    fn synchronous_replication(&self, cluster: Resource<'plan>) -> Option<Found<'plan>> {
        let group = self.limits.group_of(cluster)?;
        let members = self.members(cluster);
        let secondary = members.iter().find(|member| self.is_lost(**member))?;
        if members.iter().any(|member| *member != cluster && !self.is_lost(*member)) {
            return None;
        }
        let reason = "rds.global_db_rpo blocks commits while the only secondary is lost";
        let mut found = tie(Class::Fatal, cluster, PARAMETERS, secondary.shared_address(), reason);
        found.by_way_of = Some(group);
        Some(found)
    }

    /// A default route through a peering, of networks or of transit gateways: the way to everything else leads through the other network.
    fn way_out(&self, table: Resource<'plan>, route: &AttrPath) -> Option<Found<'plan>> {
        let value = table.at(route);
        let argument = VIA.into_iter().find(|argument| !value.get(argument).is_null())?;
        let is_default = |argument: &&str| {
            value.get(argument).as_str().is_some_and(|cidr| cidr == "0.0.0.0/0" || cidr == "::/0")
        };
        DESTINATIONS.iter().find(|argument| is_default(argument))?;
        let path = route.clone().key(argument);
        let targets = table.references(&path).targets;
        let mut reached = targets.iter().map(|target| target.resource);
        let peering = reached.find(|peering| self.leads_into_lost(*peering))?;
        let reason = "the way out leads through the lost region";
        Some(tie(Class::Fatal, table, path.to_string(), peering.shared_address(), reason))
    }

    /// Whether one end of a peering is in the lost region.
    fn leads_into_lost(&self, peering: Resource<'plan>) -> bool {
        let survey = self.outage.survey;
        let mut others = survey.plan.graph().references(peering.index());
        self.is_lost(peering)
            || peering.get("peer_region").as_str().is_some_and(|region| region == self.outage.name)
            || others.any(|(other, _)| self.outage.lost.is(survey.places.at(other)))
    }

    /// Records can't be changed while the region of Route 53's control plane is lost; they go on answering.
    ///
    /// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/route-53-concepts.html#route-53-concepts-control-and-data-plane>
    fn record(&self, record: Resource<'plan>) -> Option<Found<'plan>> {
        match self.outage.survey.site(record) {
            Site::Global(home) if home.is_some() && home == self.outage.lost.0 => {}
            _ => return None,
        }
        let reason = "the control plane of Route 53 is there: records answer and fail over, and can't be changed";
        let to = format!("Route 53 in {}", self.outage.name);
        Some(tie(Class::ControlPlaneOnly, record, "", to, reason))
    }

    /// Alarms on health checks: their metrics are in us-east-1 alone.
    ///
    /// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-cloudwatch.html>
    fn health_alarms(&self) -> impl Iterator<Item = Found<'plan>> {
        let alarms = self.outage.survey.of_type("aws_cloudwatch_metric_alarm").iter().copied();
        let lost = alarms.filter(|alarm| {
            let namespace = self.is_lost(*alarm).then(|| alarm.get("namespace").as_str());
            namespace.flatten().is_some_and(|namespace| namespace == "AWS/Route53")
        });
        let path = AttrPath::root().key("dimensions").key("HealthCheckId");
        lost.filter_map(move |alarm| {
            let check = alarm.references(&path).targets.into_iter().next()?.resource;
            let reason = "health-check metrics and their alarms are in us-east-1 alone: nobody is told by them";
            Some(tie(Class::Degrading, check, "", alarm.shared_address(), reason))
        })
    }

    /// The clusters of a cluster's global database, itself among them, in the order of the plan.
    fn members(&self, cluster: Resource<'plan>) -> Vec<Resource<'plan>> {
        let databases = self.databases.get_or_init(|| Databases::of(self.outage.survey));
        let globals = Global::of(cluster).into_iter();
        let mut members: Vec<Resource<'plan>> =
            globals.filter_map(|global| databases.get(&global)).flatten().copied().collect();
        members.push(cluster);
        members.sort_by_key(|member| member.index());
        members.dedup();
        members
    }

    fn is_lost(&self, resource: Resource<'plan>) -> bool {
        self.outage.lost.is(self.outage.survey.site(resource))
    }
}

/// The arguments of a route that name what it leads through.
const VIA: [&str; 3] =
    ["vpc_peering_connection_id", "transit_gateway_id", "transit_gateway_attachment_id"];
/// The arguments of a route that name where it leads.
const DESTINATIONS: [&str; 4] =
    ["destination_cidr_block", "destination_ipv6_cidr_block", "cidr_block", "ipv6_cidr_block"];
const PARAMETERS: &str = "db_cluster_parameter_group_name";

fn tie<'plan>(
    class: Class,
    from: Resource<'plan>,
    path: impl Into<Arc<str>>,
    to: impl Into<Arc<str>>,
    reason: &'static str,
) -> Found<'plan> {
    let (form, path, to, reason) = (Form::Setting, path.into(), to.into(), reason.into());
    Found { class, form, from, path, to, by_way_of: None, reason }
}

/// The clusters of a plan by the global database that they are of.
struct Databases<'plan>(HashMap<Global, Vec<Resource<'plan>>>);

/// What identifies a global database.
#[derive(PartialEq, Eq, Hash)]
enum Global {
    /// The resource that the clusters refer to.
    Resource(usize),
    /// The identifier that they hold.
    Name(String),
}

impl<'plan> Databases<'plan> {
    fn of(survey: &Survey<'plan>) -> Self {
        let mut clusters: HashMap<Global, Vec<Resource<'plan>>> = HashMap::default();
        for cluster in survey.managed("aws_rds_cluster") {
            for global in Global::of(cluster) {
                clusters.entry(global).or_default().push(cluster);
            }
        }
        Self(clusters)
    }

    fn get(&self, global: &Global) -> Option<&Vec<Resource<'plan>>> {
        self.0.get(global)
    }
}

impl Global {
    /// What a cluster says of its global database.
    fn of(cluster: Resource<'_>) -> Vec<Self> {
        let path = AttrPath::root().key("global_cluster_identifier");
        let value = cluster.at(&path);
        if value.is_null() {
            return Vec::new();
        }
        let targets = cluster.references(&path).targets.into_iter().map(|target| target.resource);
        let mut globals =
            targets.filter(|target| target.resource_type() == "aws_rds_global_cluster");
        let resource = globals.next().map(|global| Self::Resource(global.index()));
        let name = value.as_str().map(|name| Self::Name(name.into_owned()));
        resource.into_iter().chain(name).collect()
    }
}

/// The parameter groups that limit the lag of a global database: those that set `rds.global_db_rpo`.
#[derive(Default)]
struct Limits<'plan> {
    by_index: HashMap<usize, Resource<'plan>>,
    by_name: HashMap<(Option<Cow<'plan, str>>, Cow<'plan, str>), Resource<'plan>>,
}

impl<'plan> Limits<'plan> {
    fn of(survey: &Survey<'plan>) -> Self {
        let mut limits = Self::default();
        for &group in survey.of_type("aws_rds_cluster_parameter_group") {
            let mut parameters = group.get("parameter").elements();
            let limits_lag = parameters.any(|parameter| {
                parameter.get("name").as_str().is_some_and(|name| name == "rds.global_db_rpo")
            });
            if !limits_lag {
                continue;
            }
            limits.by_index.insert(group.index(), group);
            if let Some(name) = group.get("name").as_str() {
                limits.by_name.entry((group.region(), name)).or_insert(group);
            }
        }
        limits
    }

    /// The parameter group of a cluster, if that is one of these.
    fn group_of(&self, cluster: Resource<'plan>) -> Option<Resource<'plan>> {
        if self.by_index.is_empty() {
            return None;
        }
        let path = AttrPath::root().key(PARAMETERS);
        let targets = cluster.references(&path).targets;
        let referred = targets.iter().map(|target| target.resource.index());
        let referred = referred.filter_map(|index| self.by_index.get(&index));
        let name = cluster.at(&path).as_str().map(|name| (cluster.region(), name));
        let named = name.and_then(|name| self.by_name.get(&name));
        referred.chain(named).min_by_key(|group| group.index()).copied()
    }
}
