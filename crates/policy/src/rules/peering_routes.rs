use std::sync::Arc;

use drstack_plan::Resource;
use foldhash::HashMap;
use ipnet::IpNet;

use crate::demand::{Demand, given, is_on, path};
use crate::links::{Directory, Link};
use crate::regions::RegionPair;
use crate::routes::{Route, Routing, Table};
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "peering-routes",
    severity: Severity::Error,
    summary: "the peering between the regions is accepted, resolves names on both sides, and is routed in every private table of both",
    protects: "a connection that waits for its acceptance, or that one table does not know, is found out when the other region is needed",
    fix: "add an aws_vpc_peering_connection_accepter with auto_accept, options for both sides, and an aws_route to the other VPC in each private route table",
    requirements: &["R10", "T7"],
    explanation: include_str!("peering_routes.md"),
    check,
};

const PEERING: &str = "aws_vpc_peering_connection";
const ACCEPTER: &str = "aws_vpc_peering_connection_accepter";
const OPTIONS: &str = "aws_vpc_peering_connection_options";

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let peerings = checked.of_type(PEERING);
    if peerings.is_empty() {
        let vpcs = checked.of_type("aws_vpc");
        if checked.parameters().regions().is_some() && vpcs.len() > 1 {
            sink.judged();
            sink.report(Finding::absent("the VPCs of the two regions are not peered"));
        }
        return;
    }
    let parts = Parts::of(checked);
    let mut ways =
        Ways { parts: &parts, routing: Routing::of(checked), of_tables: HashMap::default() };
    for &peering in peerings {
        sink.judged();
        acceptance(checked, peering, &parts, sink);
        sides(checked, peering, &mut ways, sink);
    }
}

/// Accepters, options and routes, by the peering that they belong to.
struct Parts<'plan> {
    peerings: Arc<Directory<'plan>>,
    accepters: HashMap<usize, Vec<Resource<'plan>>>,
    options: HashMap<usize, Vec<Resource<'plan>>>,
    stray: bool,
}

impl<'plan> Parts<'plan> {
    fn of(checked: &Checked<'plan>) -> Self {
        let mut parts = Self {
            peerings: Directory::of(checked, &[PEERING], &["id"]),
            accepters: HashMap::default(),
            options: HashMap::default(),
            stray: false,
        };
        for &accepter in checked.of_type(ACCEPTER) {
            match parts.peering(accepter) {
                Link::To(peering) => {
                    parts.accepters.entry(peering.index()).or_default().push(accepter);
                }
                Link::Unresolved => parts.stray = true,
                Link::Absent | Link::Outside(_) => {}
            }
        }
        for &options in checked.of_type(OPTIONS) {
            match parts.peering(options) {
                Link::To(peering) => {
                    parts.options.entry(peering.index()).or_default().push(options);
                }
                Link::Unresolved => parts.stray = true,
                Link::Absent | Link::Outside(_) => {}
            }
        }
        parts
    }

    /// The peering that an accepter, options or a route names. The accepter's id is the connection's.
    fn peering(&self, from: Resource<'plan>) -> Link<'plan> {
        self.peering_at(from, &path("vpc_peering_connection_id"))
    }

    fn peering_at(&self, from: Resource<'plan>, at: &drstack_plan::AttrPath) -> Link<'plan> {
        let direct = self.peerings.find(from, at);
        if direct != Link::Unresolved {
            return direct;
        }
        let references = from.references(at);
        let mut accepters = references
            .targets
            .iter()
            .map(|target| target.resource)
            .filter(|found| found.resource_type() == ACCEPTER);
        match (accepters.next(), accepters.next()) {
            (Some(accepter), None) if accepter != from => {
                self.peerings.find(accepter, &path("vpc_peering_connection_id"))
            }
            _ => Link::Unresolved,
        }
    }
}

fn acceptance<'plan>(
    checked: &Checked<'plan>,
    peering: Resource<'plan>,
    parts: &Parts<'plan>,
    sink: &mut Sink,
) {
    let of = |found: &HashMap<usize, Vec<Resource<'plan>>>| {
        found.get(&peering.index()).cloned().unwrap_or_default()
    };
    let (accepters, options) = (of(&parts.accepters), of(&parts.options));
    let accepts_itself = is_on(given(peering, &path("auto_accept")));
    let region = given(peering, &path("peer_region"));
    if !region.is_null() && region.as_str() != peering.region() {
        let demand =
            Demand { message: "the requester can't accept for another region", expected: "false" };
        sink.demand(peering, &path("auto_accept"), demand, |value| !is_on(value));
    }
    if accepters.is_empty() && !accepts_itself {
        sink.report(if parts.stray {
            Finding::undetermined(peering, "", "it is not known whether the peering is accepted")
        } else {
            Finding::violated(peering, "", "nothing accepts the peering").expected(ACCEPTER)
        });
    }
    for &accepter in &accepters {
        let demand =
            Demand { message: "the accepter does not accept the peering", expected: "true" };
        sink.demand(accepter, &path("auto_accept"), demand, is_on);
        if let (Some(found), Some(wanted)) = (accepter.region(), region.as_str())
            && found != wanted
        {
            let message = "the accepter is in another region than the peer";
            sink.report(
                Finding::violated(accepter, "", message)
                    .found(found)
                    .expected(wanted)
                    .evidence(peering),
            );
        }
    }
    let mut holders = vec![peering];
    holders.extend(accepters.iter().chain(&options));
    let resolves = |side: &str| {
        let at = path(side).index(0).key("allow_remote_vpc_dns_resolution");
        let values: Vec<_> = holders.iter().map(|holder| given(*holder, &at)).collect();
        if values.iter().any(|value| is_on(*value)) {
            Some(true)
        } else if values.iter().any(|value| value.is_unknown()) {
            None
        } else {
            Some(false)
        }
    };
    let both = ["requester", "accepter"].map(|side| (side, resolves(side)));
    // Elsewhere names may resolve by other means; half of it is a mistake anywhere.
    let wanted = checked.parameters().regions().is_some()
        || both.iter().any(|(_, resolves)| *resolves == Some(true));
    for (side, resolves) in both.into_iter().filter(|_| wanted) {
        let at = path(side).index(0).key("allow_remote_vpc_dns_resolution");
        sink.report(match resolves {
            Some(true) => continue,
            Some(false) if !parts.stray => Finding::violated(
                peering,
                at,
                format!("the {side}'s side does not resolve the peer's names"),
            ),
            _ => Finding::undetermined(
                peering,
                at,
                format!("it is not known whether the {side}'s side resolves the peer's names"),
            ),
        });
    }
}

/// Where the routes of tables lead. A table is looked at once, however many peerings its VPC has.
struct Ways<'parts, 'plan> {
    parts: &'parts Parts<'plan>,
    routing: &'parts Routing<'plan>,
    of_tables: HashMap<usize, WaysOut<'parts, 'plan>>,
}

/// Where the routes of one table lead.
#[derive(Default)]
struct WaysOut<'parts, 'plan> {
    /// Whether one leads to the internet.
    is_public: bool,
    /// Through which peering each leads that leads through one, by the peering's index.
    through: HashMap<usize, Vec<&'parts Route<'plan>>>,
    /// Whether one may lead through any peering.
    is_open: bool,
}

impl<'parts, 'plan> Ways<'parts, 'plan> {
    fn of(&mut self, table: Resource<'plan>) -> &WaysOut<'parts, 'plan> {
        let (parts, routes) = (self.parts, self.routing.routes(table));
        self.of_tables.entry(table.index()).or_insert_with(|| WaysOut::of(parts, routes))
    }
}

impl<'parts, 'plan> WaysOut<'parts, 'plan> {
    fn of(parts: &Parts<'plan>, routes: &'parts [Route<'plan>]) -> Self {
        let is_public = routes
            .iter()
            .any(|route| route.is_default() != Some(false) && route.is_to_internet_gateway());
        let mut ways = Self { is_public, ..Self::default() };
        // What serves the internet need not reach a peer.
        if is_public {
            return ways;
        }
        for route in routes {
            let at = route.at.clone().key("vpc_peering_connection_id");
            match parts.peering_at(route.holder, &at) {
                Link::To(peering) => ways.through.entry(peering.index()).or_default().push(route),
                Link::Unresolved => ways.is_open = true,
                Link::Absent | Link::Outside(_) => {}
            }
        }
        ways
    }
}

fn sides<'plan>(
    checked: &Checked<'plan>,
    peering: Resource<'plan>,
    ways: &mut Ways<'_, 'plan>,
    sink: &mut Sink,
) {
    let routing = ways.routing;
    let ends = ["vpc_id", "peer_vpc_id"].map(|name| routing.vpc(peering, name));
    let pair = RegionPair::of(checked);
    for (at, end) in ["vpc_id", "peer_vpc_id"].into_iter().zip(&ends) {
        let message = match end {
            Link::To(vpc) => {
                let outside = vpc
                    .region()
                    .filter(|region| pair.as_ref().is_some_and(|pair| !pair.contains(region)));
                if let Some(region) = outside {
                    let finding =
                        Finding::violated(peering, at, "the peering leads out of the two regions");
                    sink.report(finding.found(region).evidence(*vpc));
                }
                continue;
            }
            Link::Absent => "the peering names no VPC",
            Link::Outside(_) => "the VPC is not in this input: its routes can't be judged",
            Link::Unresolved => "it is not known which VPC this is",
        };
        sink.report(Finding::undetermined(peering, at, message));
    }
    let [one, other] = &ends;
    for (near, far) in [(one, other), (other, one)] {
        let Link::To(near) = near else { continue };
        let far = match far {
            Link::To(far) => Some(*far),
            _ => None,
        };
        for (table, subnet) in routing.tables_of(checked, *near) {
            judge_table(peering, ways, (table, subnet), far, sink);
        }
    }
}

/// The table of a private subnet must have a route through the peering to the VPC on the far side.
fn judge_table<'plan>(
    peering: Resource<'plan>,
    ways: &mut Ways<'_, 'plan>,
    (table, subnet): (Option<Resource<'plan>>, Resource<'plan>),
    far: Option<Resource<'plan>>,
    sink: &mut Sink,
) {
    let Some(table) = table else {
        sink.report(match ways.routing.table(subnet) {
            Table::Unknown => {
                Finding::undetermined(subnet, "", "the subnet's route table is not known")
            }
            Table::Is(_) | Table::Local => Finding::violated(
                subnet,
                "",
                "the subnet has no route table of its own, so none with a route to the peer",
            ),
        });
        return;
    };
    let mut is_open = ways.routing.is_open();
    let out = ways.of(table);
    if out.is_public {
        return;
    }
    sink.judged();
    is_open |= out.is_open;
    for route in out.through.get(&peering.index()).into_iter().flatten() {
        match reaches(route, far) {
            Some(true) => return,
            Some(false) => {}
            None => is_open = true,
        }
    }
    let finding = if is_open {
        Finding::undetermined(
            table,
            "",
            "it is not known whether the table has a route to the peer",
        )
    } else {
        Finding::violated(table, "", "the table has no route through the peering to the other VPC")
    };
    let finding = match far.and_then(|far| far.get("cidr_block").as_str()) {
        Some(block) => finding.expected(block),
        None => finding,
    };
    sink.report(finding.evidence(peering));
}

/// Whether a route's destination holds the far VPC's block. What is not known of the far side is taken from the route.
fn reaches(route: &Route<'_>, far: Option<Resource<'_>>) -> Option<bool> {
    let Some(far) = far else { return Some(true) };
    let block: IpNet = far.get("cidr_block").as_str()?.parse().ok()?;
    let Some(destination) = route.destination() else {
        // The route's block may be the VPC's own, by reference.
        return None;
    };
    Some(destination.parse::<IpNet>().ok()?.contains(&block))
}
