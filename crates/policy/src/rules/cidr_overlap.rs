use std::collections::BTreeMap;
use std::net::Ipv6Addr;

use drstack_plan::{AttrPath, Resource, Step, Target, TemplatePart};
use foldhash::{HashMap, HashSet};
use ipnet::{IpNet, Ipv6Net};

use crate::arguments::is_left_out;
use crate::links::{Directory, Link, is_open};
use crate::networks::{
    ASSOCIATIONS, Net, OWN_RANGES, Vpcs, is_made, is_set, shown, written_ranges,
};
use crate::ranges::{Range, RangeIndex, overlaps};
use crate::tables::cidr::{self, Family, Role};
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "cidr-overlap",
    severity: Severity::Error,
    summary: "address ranges that could meet do not overlap",
    protects: "VPCs with common addresses can't be peered, and a route that takes local addresses away cuts hosts off",
    fix: "give each VPC, subnet and reserved range addresses of its own",
    requirements: &["R9", "N3", "V3"],
    explanation: include_str!("cidr_overlap.md"),
    check,
};

const PEERING: &str = "aws_vpc_peering_connection";
const GATEWAY: &str = "aws_ec2_transit_gateway";
const ATTACHMENT: &str = "aws_ec2_transit_gateway_vpc_attachment";
const SUBNETS: &[&str] = &["aws_subnet", "aws_default_subnet"];
const RESERVATION: &str = "aws_ec2_subnet_cidr_reservation";
const ROUTES: [&str; 3] = ["aws_route", "aws_route_table", "aws_default_route_table"];
/// The targets of routes that lead to other VPCs.
const WAYS_OUT: [&str; 2] = ["vpc_peering_connection_id", "transit_gateway_id"];

/// Types whose reserved ranges are meant to lie inside VPCs: parts of subnets, or what VPCs are allocated from.
const INSIDE: [&str; 4] =
    [RESERVATION, "aws_launch_template", "aws_network_interface", "aws_vpc_ipam_pool_cidr"];

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let vpcs = Vpcs::of(checked);
    let rule = CidrOverlap { checked, vpcs: &vpcs };
    rule.texts(sink);
    rule.vpcs(sink);
    rule.subnets(sink);
    rule.reservations(sink);
    rule.reserved(sink);
    rule.routes(sink);
}

struct CidrOverlap<'rule, 'plan> {
    checked: &'rule Checked<'plan>,
    vpcs: &'rule Vpcs<'plan>,
}

/// Something through which VPCs meet.
struct Join<'plan> {
    resource: Resource<'plan>,
    message: &'static str,
    /// The places of the VPCs' ranges.
    ranges: Vec<usize>,
}

/// A range with what it belongs to.
struct Part<'plan> {
    resource: Resource<'plan>,
    path: AttrPath,
    net: IpNet,
}

/// A subnet that is cut out of a range which is not known.
struct Cut<'plan> {
    subnet: Resource<'plan>,
    path: AttrPath,
    /// The range as it is written, in which module, and the subnet's place in it, as a range of all addresses; `None` where
    /// the input does not show them.
    place: Option<(Written<'plan>, IpNet)>,
}

/// An expression and the address of the module that it stands in: in another one the same names are of other things.
type Written<'plan> = (&'plan str, String);

impl<'plan> CidrOverlap<'_, 'plan> {
    /// Judges whether what should be ranges are known ones.
    fn texts(&self, sink: &mut Sink) {
        for (resource_type, resources) in self.checked.types() {
            let paths: Vec<_> = cidr::of(resource_type)
                .filter(|range| is_judged(resource_type, range.role))
                .collect();
            for &resource in resources {
                for range in paths.iter().flat_map(|range| written_ranges(resource, range.path)) {
                    if ROUTES.contains(&resource_type) && !leads_out(resource, &range.path) {
                        continue;
                    }
                    sink.judged();
                    let finding = match range.net {
                        Net::Known(_) => continue,
                        Net::Unknown if self.whole(resource, &range.path).is_some() => continue,
                        Net::Unknown => {
                            let message = "the address range is not known before apply";
                            Finding::undetermined(resource, range.path, message)
                        }
                        Net::Malformed => Finding::violated(
                            resource,
                            range.path,
                            "the text is not an address range",
                        ),
                    };
                    sink.report(finding.found(range.value).expected("a range in CIDR notation"));
                }
            }
        }
    }

    /// Judges the ranges of VPCs against each other: those that the plan makes, and those that it joins.
    fn vpcs(&self, sink: &mut Sink) {
        let peerings = self.checked.of_type(PEERING).iter().map(|&peering| {
            let ends = ["vpc_id", "peer_vpc_id"].map(|end| self.end(peering, end));
            let message = "the range overlaps that of a VPC that it is peered with";
            Join { resource: peering, message, ranges: ends.concat() }
        });
        let joins = peerings.chain(self.gateways());
        let mut reported = HashSet::default();
        let mut report = |sink: &mut Sink,
                          outer: usize,
                          inner: usize,
                          message,
                          join: Option<Resource<'plan>>| {
            let ranges = &self.vpcs.ranges;
            let (Some(mut outer), Some(mut inner)) = (ranges.get(outer), ranges.get(inner)) else {
                return;
            };
            // The finding stands at a range that can be changed.
            if !is_made(inner.resource) {
                std::mem::swap(&mut outer, &mut inner);
            }
            if !reported.insert((inner.resource.index(), inner.path.clone())) {
                return;
            }
            let finding = Finding::violated(inner.resource, &inner.path, message)
                .found(inner.net)
                .expected(format_args!(
                    "a range apart from {}",
                    shown(outer.resource, &outer.path, outer.net)
                ))
                .evidence(outer.resource);
            sink.report(join.into_iter().fold(finding, Finding::evidence));
        };
        for mut join in joins {
            sink.judged();
            join.ranges.sort_unstable();
            join.ranges.dedup();
            for (outer, inner) in self.overlaps_of(&join.ranges) {
                report(sink, outer, inner, join.message, Some(join.resource));
            }
        }
        let made: Vec<usize> = (0..self.vpcs.ranges.len())
            .filter(|place| {
                self.vpcs.ranges.get(*place).is_some_and(|range| is_made(range.resource))
            })
            .collect();
        for (outer, inner) in self.overlaps_of(&made) {
            report(sink, outer, inner, "the range overlaps another VPC range of the plan", None);
        }
    }

    /// The ranges of the VPCs behind each transit gateway.
    fn gateways(&self) -> impl Iterator<Item = Join<'plan>> {
        let gateways = Directory::of(self.checked, &[GATEWAY], &["id", "arn"]);
        let mut behind = BTreeMap::new();
        for &attachment in self.checked.of_type(ATTACHMENT) {
            let gateway =
                match gateways.find(attachment, &AttrPath::root().key("transit_gateway_id")) {
                    Link::To(gateway) => gateway.address().to_owned(),
                    Link::Outside(id) => id,
                    Link::Absent | Link::Unresolved => continue,
                };
            let message = "the range overlaps that of a VPC behind the same transit gateway";
            let join = Join { resource: attachment, message, ranges: Vec::new() };
            behind.entry(gateway).or_insert(join).ranges.extend(self.end(attachment, "vpc_id"));
        }
        behind.into_values()
    }

    /// The places of the ranges of the VPC at an end of something that joins VPCs.
    fn end(&self, join: Resource<'plan>, argument: &str) -> &[usize] {
        match self.vpcs.vpc(join, argument) {
            Link::To(vpc) => self.vpcs.ranges_of(vpc),
            _ => &[],
        }
    }

    fn overlaps_of(&self, places: &[usize]) -> Vec<(usize, usize)> {
        let nets = places.iter().filter_map(|place| Some(self.vpcs.ranges.get(*place)?.net));
        let ranges: Vec<Range> = nets.map(|net| Range { space: 0, net }).collect();
        let found = overlaps(&ranges).into_iter();
        found
            .filter_map(|overlap| Some((*places.get(overlap.outer)?, *places.get(overlap.inner)?)))
            .collect()
    }

    /// Judges subnets against those of the same VPC, and against the VPC's ranges.
    fn subnets(&self, sink: &mut Sink) {
        let mut parts = Vec::new();
        for &subnet in SUBNETS.iter().flat_map(|name| self.checked.of_type(name)) {
            let vpc = self.vpcs.vpc(subnet, "vpc_id");
            if vpc == Link::Unresolved {
                sink.judged();
                let message = "which VPC the subnet belongs to can't be told before apply";
                sink.report(Finding::undetermined(subnet, "vpc_id", message));
                continue;
            }
            for part in parts_of(subnet) {
                if let Link::To(vpc) = vpc {
                    sink.report_each(self.outside(&part, vpc));
                }
                parts.push((vpc.clone(), part));
            }
        }
        apart(&parts, "the subnet overlaps another of the same VPC", sink);
        self.cuts(sink);
    }

    /// Judges subnets that are cut out of a range of their VPC which only AWS knows before apply, against each other: by
    /// their numbers where the input shows them. The subnets of one block, made by `count` or `for_each`, are taken to be
    /// numbered by their key. Of a VPC whose subnets can't be told apart there is one finding.
    fn cuts(&self, sink: &mut Sink) {
        let mut of_vpc: BTreeMap<(usize, bool), Vec<Cut<'plan>>> = BTreeMap::new();
        for &subnet in SUBNETS.iter().flat_map(|name| self.checked.of_type(name)) {
            for (name, family) in OWN_RANGES {
                let path = AttrPath::root().key(name);
                if !subnet.at(&path).is_unknown() || is_left_out(subnet, &path) {
                    continue;
                }
                let Some(vpc) = self.whole(subnet, &path) else { continue };
                let place = cut(subnet, &path);
                let cuts = of_vpc.entry((vpc.index(), family == Family::V4)).or_default();
                cuts.push(Cut { subnet, path, place });
            }
        }
        for cuts in of_vpc.values() {
            let Some(first) = cuts.first() else { continue };
            let of_first = |cut: &Cut<'_>| {
                let (range, net) = cut.place.as_ref()?;
                (*range == first.place.as_ref()?.0).then_some(Range { space: 0, net: *net })
            };
            if let Some(ranges) = cuts.iter().map(of_first).collect::<Option<Vec<_>>>() {
                for overlap in overlaps(&ranges) {
                    let (Some(outer), Some(inner)) =
                        (cuts.get(overlap.outer), cuts.get(overlap.inner))
                    else {
                        continue;
                    };
                    let message = "the subnet overlaps another of the same VPC";
                    let finding = Finding::violated(inner.subnet, &inner.path, message);
                    sink.report(finding.expected("another number").evidence(outer.subnet));
                }
                continue;
            }
            let mut blocks = HashSet::default();
            let mut others = cuts.iter().filter(|cut| blocks.insert(block(cut.subnet)));
            if let (Some(one), Some(other)) = (others.next(), others.next()) {
                let message = "which parts of their VPC's range the subnets take is not known before apply: they may meet";
                let finding = Finding::undetermined(one.subnet, &one.path, message);
                sink.report(
                    others
                        .take(1)
                        .map(|cut| cut.subnet)
                        .fold(finding.evidence(other.subnet), Finding::evidence),
                );
            }
        }
    }

    /// The VPC that a range which is not known before apply is a part of: nothing but ranges of that VPC go into it.
    fn whole(&self, subnet: Resource<'plan>, path: &AttrPath) -> Option<Resource<'plan>> {
        if !SUBNETS.contains(&subnet.resource_type()) {
            return None;
        }
        let Link::To(vpc) = self.vpcs.vpc(subnet, "vpc_id") else { return None };
        let references = subnet.references(path);
        let is_its_range = |target: &Target<'plan>| {
            let Target { resource, attribute, .. } = target;
            let is_range =
                OWN_RANGES.iter().any(|(name, _)| *attribute == AttrPath::root().key(*name));
            let is_associated = || {
                ASSOCIATIONS.iter().any(|(name, ..)| *name == resource.resource_type())
                    && self.vpcs.vpc(*resource, "vpc_id") == Link::To(vpc)
            };
            is_range && (*resource == vpc || is_associated())
        };
        let is_whole = !references.targets.is_empty()
            && !is_open(self.checked.plan(), &references)
            && references.targets.iter().all(is_its_range);
        is_whole.then_some(vpc)
    }

    /// A finding if a subnet is outside its VPC's ranges. Those of a VPC that is only found may not be known at all.
    fn outside(&self, part: &Part<'plan>, vpc: Resource<'plan>) -> Option<Finding> {
        if self.vpcs.around(vpc, part.net).is_some()
            || !is_made(vpc) && self.vpcs.is_open(vpc, part.net)
        {
            return None;
        }
        let finding = if self.vpcs.is_open(vpc, part.net) {
            let message =
                "the subnet may lie outside its VPC, whose ranges are not all known before apply";
            Finding::undetermined(part.resource, &part.path, message)
        } else {
            Finding::violated(part.resource, &part.path, "the subnet lies outside its VPC")
        };
        let ranges =
            self.vpcs.ranges_of(vpc).iter().filter_map(|place| self.vpcs.ranges.get(*place));
        let alike = ranges.filter(|range| is_v4(range.net) == is_v4(part.net));
        let nets: Vec<String> =
            alike.map(|range| shown(range.resource, &range.path, range.net)).collect();
        let finding = finding.found(part.net).evidence(vpc);
        Some(if nets.is_empty() {
            finding
        } else {
            finding.expected(format_args!("a range within {}", nets.join(" or ")))
        })
    }

    /// Judges what is set aside inside subnets: it lies in its subnet, and apart from the rest that is.
    fn reservations(&self, sink: &mut Sink) {
        let subnets = Directory::of(self.checked, SUBNETS, &["id", "arn"]);
        let mut parts = Vec::new();
        for &reservation in self.checked.of_type(RESERVATION) {
            let link = subnets.find(reservation, &AttrPath::root().key("subnet_id"));
            if link == Link::Unresolved {
                let message = "which subnet the range is reserved in can't be told before apply";
                sink.report(Finding::undetermined(reservation, "subnet_id", message));
                continue;
            }
            for part in parts_of(reservation) {
                if let Link::To(subnet) = link {
                    let around = parts_of(subnet);
                    let is_like = |other: &Part<'_>| is_v4(other.net) == is_v4(part.net);
                    if around.iter().any(is_like)
                        && !around.iter().any(|around| around.net.contains(&part.net))
                    {
                        let message = "the reserved range lies outside its subnet";
                        let finding = Finding::violated(reservation, &part.path, message);
                        sink.report(finding.found(part.net).evidence(subnet));
                    }
                }
                parts.push((link.clone(), part));
            }
        }
        apart(&parts, "the reserved range overlaps another of the same subnet", sink);
    }

    /// Judges ranges that are set aside for something outside VPCs: hosts there could not be told from the VPC's.
    fn reserved(&self, sink: &mut Sink) {
        let index = RangeIndex::new(self.vpcs.ranges.iter().map(|range| range.net));
        for (resource_type, resources) in self.checked.types() {
            if INSIDE.contains(&resource_type)
                || cidr::of(resource_type).all(|range| range.role != Role::Reserved)
            {
                continue;
            }
            for part in resources.iter().flat_map(|resource| parts_of(*resource)) {
                let met = index.around(part.net).or_else(|| index.within(part.net));
                let Some(range) = met.and_then(|place| self.vpcs.ranges.get(place)) else {
                    continue;
                };
                let message = "the reserved range overlaps that of a VPC";
                let finding = Finding::violated(part.resource, &part.path, message).found(part.net);
                let expected = format_args!(
                    "a range apart from {}",
                    shown(range.resource, &range.path, range.net)
                );
                sink.report(finding.expected(expected).evidence(range.resource));
            }
        }
    }

    /// Judges routes to other VPCs: none leads there for addresses that the VPC has itself.
    fn routes(&self, sink: &mut Sink) {
        let index = RangeIndex::new(self.vpcs.ranges.iter().map(|range| range.net));
        for &route in ROUTES.iter().flat_map(|name| self.checked.of_type(name)) {
            let parts: Vec<_> =
                parts_of(route).into_iter().filter(|part| leads_out(route, &part.path)).collect();
            if parts.is_empty() {
                continue;
            }
            let vpc = self.vpcs.vpc_of_routes(route);
            for part in parts {
                let local = match vpc {
                    Link::To(vpc) => self.vpcs.around(vpc, part.net),
                    Link::Outside(_) | Link::Absent => None,
                    Link::Unresolved => {
                        index.around(part.net).and_then(|place| self.vpcs.ranges.get(place))
                    }
                };
                let Some(local) = local else { continue };
                let finding = if vpc == Link::Unresolved {
                    let message = "the route may take addresses of its own VPC away, which can't be told before apply";
                    Finding::undetermined(route, &part.path, message)
                } else {
                    let message = "the route leads addresses of its own VPC to another one";
                    Finding::violated(route, &part.path, message)
                };
                let expected = format_args!(
                    "a destination outside {}",
                    shown(local.resource, &local.path, local.net)
                );
                sink.report(finding.found(part.net).expected(expected).evidence(local.resource));
            }
        }
    }
}

/// What `cidrsubnet(range, bits, number)` takes: the range as written, and the place of the number in it.
/// <https://developer.hashicorp.com/terraform/language/functions/cidrsubnet>
fn cut<'plan>(subnet: Resource<'plan>, path: &AttrPath) -> Option<(Written<'plan>, IpNet)> {
    let template = subnet.template(path)?;
    let [TemplatePart::Reference { source, .. }] = template.parts.as_slice() else { return None };
    let arguments = source.trim().strip_prefix("cidrsubnet(")?.strip_suffix(')')?;
    let mut arguments = arguments.rsplitn(3, ',').map(str::trim);
    let (number, bits) = (arguments.next()?, arguments.next()?.parse::<u8>().ok()?);
    let number = number.split('+').try_fold(0_u128, |sum, term| {
        let term: u128 = match term.trim() {
            "count.index" => subnet.address().rsplit_once('[')?.1.strip_suffix(']')?.parse(),
            literal => literal.parse(),
        }
        .ok()?;
        sum.checked_add(term)
    })?;
    let free = u32::from(u8::try_from(Ipv6Addr::BITS).ok()?.checked_sub(bits)?);
    let address = number.checked_shl(free).filter(|address| address >> free == number)?;
    let net = Ipv6Net::new(Ipv6Addr::from(address), bits).ok()?;
    Some(((subnet.module(), arguments.next()?.to_owned()), net.into()))
}

/// The address of the block that made a resource: without the key of the instance.
fn block(resource: Resource<'_>) -> &str {
    let address = resource.address();
    match address.rsplit_once('[') {
        Some((block, _)) if address.ends_with(']') => block,
        _ => address,
    }
}

const fn is_v4(net: IpNet) -> bool {
    matches!(net, IpNet::V4(_))
}

/// Whether the rule looks at ranges of a role.
fn is_judged(resource_type: &str, role: Role) -> bool {
    match role {
        Role::Vpc | Role::Subnet => true,
        Role::Reserved => resource_type == RESERVATION || !INSIDE.contains(&resource_type),
        Role::Route => ROUTES.contains(&resource_type),
        Role::Rule | Role::Other => false,
    }
}

/// The known ranges of a resource that the rule looks at.
fn parts_of(resource: Resource<'_>) -> Vec<Part<'_>> {
    let resource_type = resource.resource_type();
    let rows = cidr::of(resource_type).filter(|range| is_judged(resource_type, range.role));
    rows.flat_map(|row| written_ranges(resource, row.path))
        .filter_map(|range| match range.net {
            Net::Known(net) => Some(Part { resource, path: range.path, net }),
            Net::Unknown | Net::Malformed => None,
        })
        .collect()
}

/// Whether a route leads to other VPCs. `destination` is the path of its destination, which the target stands beside.
fn leads_out(route: Resource<'_>, destination: &AttrPath) -> bool {
    let block: AttrPath = destination
        .steps()
        .iter()
        .take_while(|step| {
            matches!(step, Step::Index(_)) || **step == Step::Key("route".to_owned())
        })
        .cloned()
        .collect();
    WAYS_OUT.iter().any(|target| is_set(route, &block.clone().key(*target)))
}

/// Reports parts of the same whole that overlap.
fn apart(parts: &[(Link<'_>, Part<'_>)], message: &str, sink: &mut Sink) {
    let mut spaces: HashMap<String, u32> = HashMap::default();
    let mut ranges = Vec::with_capacity(parts.len());
    for (whole, part) in parts {
        let name = match whole {
            Link::To(whole) => whole.address().to_owned(),
            Link::Outside(id) => format!("id {id}"),
            Link::Absent | Link::Unresolved => part.resource.address().to_owned(),
        };
        let next = u32::try_from(spaces.len()).unwrap_or(u32::MAX);
        ranges.push(Range { space: *spaces.entry(name).or_insert(next), net: part.net });
    }
    for overlap in overlaps(&ranges) {
        let (Some((_, outer)), Some((_, inner))) =
            (parts.get(overlap.outer), parts.get(overlap.inner))
        else {
            continue;
        };
        sink.report(
            Finding::violated(inner.resource, &inner.path, message)
                .found(inner.net)
                .expected(format_args!(
                    "a range apart from {}",
                    shown(outer.resource, &outer.path, outer.net)
                ))
                .evidence(outer.resource),
        );
    }
}
