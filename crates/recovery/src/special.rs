//! Ties between regions that no reference shows.

use drstack_plan::{AttrPath, Mode, Plan, Resource};

use crate::drill::{Class, Crossing, Form};
use crate::place::{self, Place};
use crate::walk::Walk;

pub(crate) fn find<'plan>(
    plan: &'plan Plan<'plan>,
    walk: &Walk<'plan>,
    lost: &str,
) -> Vec<Crossing> {
    let limiting = plan.resources().filter(|group| limits_lag(*group)).collect();
    let ties = Ties { plan, walk, lost, limiting };
    let mut found = Vec::new();
    for &resource in walk.reached.iter().filter(|resource| resource.mode() == Mode::Managed) {
        match resource.resource_type() {
            "aws_rds_cluster" => {
                found.extend(ties.write_forwarding(resource));
                found.extend(ties.synchronous_replication(resource));
            }
            "aws_route" => found.extend(ties.way_out(resource, &AttrPath::root())),
            "aws_route_table" => {
                let routes = resource.get("route").elements().enumerate();
                found.extend(routes.filter_map(|(index, _)| {
                    ties.way_out(resource, &AttrPath::root().key("route").index(index))
                }));
            }
            "aws_route53_record" => found.extend(ties.record(resource)),
            _ => {}
        }
    }
    found.extend(ties.health_alarms());
    found
}

struct Ties<'walk, 'plan> {
    plan: &'plan Plan<'plan>,
    walk: &'walk Walk<'plan>,
    lost: &'walk str,
    /// The parameter groups that limit the lag of a global database.
    limiting: Vec<Resource<'plan>>,
}

impl<'plan> Ties<'_, 'plan> {
    /// Writes that a secondary cluster sends on to the primary.
    ///
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-write-forwarding.html>
    fn write_forwarding(&self, cluster: Resource<'plan>) -> Option<Crossing> {
        if cluster.get("enable_global_write_forwarding").as_bool() != Some(true) {
            return None;
        }
        let primary = self.members(cluster).into_iter().find(|member| self.is_lost(*member))?;
        let reason =
            "forwarded writes fail while the primary is lost, until the cluster is promoted";
        Some(self.crossing(
            Class::Degrading,
            cluster,
            "enable_global_write_forwarding",
            primary.address(),
            reason,
        ))
    }

    /// `rds.global_db_rpo` holds commits back when no secondary keeps up: with the only one lost, all of them.
    ///
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-manage-recovery.html>
    fn synchronous_replication(&self, cluster: Resource<'plan>) -> Option<Crossing> {
        if self.limiting.is_empty() {
            return None;
        }
        let path = AttrPath::root().key("db_cluster_parameter_group_name");
        let targets = cluster.references(&path).targets;
        let named = cluster.at(&path).as_str();
        let is_its_own = |group: &&Resource<'plan>| {
            targets.iter().any(|target| target.resource == **group)
                || (named.is_some()
                    && group.region() == cluster.region()
                    && group.get("name").as_str() == named)
        };
        let group = self.limiting.iter().find(is_its_own)?;
        let members = self.members(cluster);
        let secondary = members.iter().find(|member| self.is_lost(**member))?;
        if members.iter().any(|member| *member != cluster && !self.is_lost(*member)) {
            return None;
        }
        let reason = "rds.global_db_rpo blocks commits while the only secondary is lost";
        let mut crossing =
            self.crossing(Class::Fatal, cluster, &path.to_string(), secondary.address(), reason);
        crossing.trail.insert(crossing.trail.len() - 1, group.address().to_owned());
        Some(crossing)
    }

    /// The clusters of a cluster's global database, itself among them.
    fn members(&self, cluster: Resource<'plan>) -> Vec<Resource<'plan>> {
        let path = AttrPath::root().key("global_cluster_identifier");
        let global = |cluster: Resource<'plan>| {
            let targets = cluster.references(&path).targets.into_iter();
            targets
                .map(|target| target.resource)
                .find(|target| target.resource_type() == "aws_rds_global_cluster")
        };
        let (own, name) = (global(cluster), cluster.at(&path).as_str());
        let clusters = self.plan.resources().filter(|other| {
            other.resource_type() == "aws_rds_cluster" && other.mode() == Mode::Managed
        });
        clusters
            .filter(|other| {
                *other == cluster
                    || (own.is_some() && global(*other) == own)
                    || (name.is_some() && other.at(&path).as_str() == name)
            })
            .collect()
    }

    /// A default route through a peering: the way to everything else leads through the other network.
    fn way_out(&self, table: Resource<'plan>, route: &AttrPath) -> Option<Crossing> {
        let value = table.at(route);
        let is_default = [
            "destination_cidr_block",
            "destination_ipv6_cidr_block",
            "cidr_block",
            "ipv6_cidr_block",
        ]
        .iter()
        .any(|argument| {
            value.get(argument).as_str().is_some_and(|cidr| cidr == "0.0.0.0/0" || cidr == "::/0")
        });
        let argument = ["vpc_peering_connection_id", "transit_gateway_id"]
            .into_iter()
            .find(|argument| is_default && !value.get(argument).is_null())?;
        let path = route.clone().key(argument);
        let targets = table.references(&path).targets;
        let mut reached = targets.iter().map(|target| target.resource);
        let peering = reached.find(|peering| self.leads_into_lost(*peering))?;
        let reason = "the way out leads through the lost region";
        Some(self.crossing(Class::Fatal, table, &path.to_string(), peering.address(), reason))
    }

    /// Whether one end of a peering is in the lost region.
    fn leads_into_lost(&self, peering: Resource<'plan>) -> bool {
        let others = self
            .plan
            .graph()
            .references(peering.index())
            .filter_map(|(target, _)| self.plan.nth(target));
        self.is_lost(peering)
            || peering.get("peer_region").as_str().is_some_and(|region| region == self.lost)
            || others.into_iter().any(|other| self.is_lost(other))
    }

    /// Records can't be changed while the region of Route 53's control plane is lost; they go on answering.
    ///
    /// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/disaster-recovery-resiliency.html>
    fn record(&self, record: Resource<'plan>) -> Option<Crossing> {
        let Place::Global(Some(home)) = place::of(self.plan, record) else { return None };
        if home != self.lost {
            return None;
        }
        let reason = "the control plane of Route 53 is there: records answer and fail over, and can't be changed";
        Some(self.crossing(
            Class::ControlPlaneOnly,
            record,
            "",
            &format!("Route 53 in {home}"),
            reason,
        ))
    }

    /// Alarms on health checks: their metrics are in us-east-1 alone.
    ///
    /// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-cloudwatch.html>
    fn health_alarms(&self) -> Vec<Crossing> {
        let alarms = self.plan.resources().filter(|alarm| {
            alarm.resource_type() == "aws_cloudwatch_metric_alarm"
                && self.is_lost(*alarm)
                && alarm
                    .get("namespace")
                    .as_str()
                    .is_some_and(|namespace| namespace == "AWS/Route53")
        });
        let path = AttrPath::root().key("dimensions").key("HealthCheckId");
        let crossing = |alarm: Resource<'plan>| {
            let check = alarm.references(&path).targets.into_iter().next()?.resource;
            let reason = "health-check metrics and their alarms are in us-east-1 alone: nobody is told by them";
            Some(self.crossing(Class::Degrading, check, "", alarm.address(), reason))
        };
        alarms.filter_map(crossing).collect()
    }

    fn is_lost(&self, resource: Resource<'plan>) -> bool {
        matches!(place::of(self.plan, resource), Place::In(region) if region == self.lost)
    }

    fn crossing(
        &self,
        class: Class,
        from: Resource<'plan>,
        path: &str,
        to: &str,
        reason: &str,
    ) -> Crossing {
        let mut trail = self.walk.trail(from);
        trail.push(to.to_owned());
        Crossing {
            class,
            form: Form::Setting,
            from: from.address().to_owned(),
            path: path.to_owned(),
            to: to.to_owned(),
            reason: reason.to_owned(),
            trail,
        }
    }
}

/// Whether a parameter group sets `rds.global_db_rpo`.
fn limits_lag(group: Resource<'_>) -> bool {
    let mut parameters = group.get("parameter").elements();
    group.resource_type() == "aws_rds_cluster_parameter_group"
        && parameters.any(|parameter| {
            parameter.get("name").as_str().is_some_and(|name| name == "rds.global_db_rpo")
        })
}
