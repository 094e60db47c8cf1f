//! The address ranges of VPCs: what is taken, what is free, what meets.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;

use drstack_plan::Resource;
use drstack_policy::ranges::{Range, overlaps};
use drstack_policy::{AddressMap, Block, Network};
use ipnet::{IpNet, Ipv4Net};

use crate::free::free;
use crate::html::{Column, Html};
use crate::judged::{Judged, Level};
use crate::subject::Subject;
use crate::tone::Tone;
use crate::words::{count, grouped};

/// How many VPCs are drawn, those with a trouble first.
const MAX_NETWORKS: usize = 40;
/// With how many VPCs the tables of each one are unfolded.
const MAX_UNFOLDED: usize = 4;
/// How many ranges of a VPC are listed.
const MAX_RANGES: usize = 64;
/// How many troubles of a VPC are listed.
const MAX_TROUBLES: usize = 5;
/// The addresses of each subnet that AWS keeps for itself.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html>
const RESERVED: u64 = 5;

pub(crate) fn write(html: &mut Html, judged: &Judged<'_>) {
    judged.each(html, subject);
}

/// A VPC with what is to be known of it beside its ranges.
struct Drawn<'map, 'plan> {
    network: &'map Network<'plan>,
    /// What is wrong, in a word and in a sentence.
    troubles: Vec<(&'static str, String)>,
    /// The subnets that overlap others or lie outside, by their place.
    misplaced: Vec<usize>,
    /// The connections that it is an end of, with the VPC at the other end.
    peerings: Vec<(Resource<'plan>, Option<Resource<'plan>>)>,
}

fn subject(html: &mut Html, subject: &Subject<'_>, level: Level) {
    let map = &subject.addresses;
    if map.networks.is_empty() && map.strays.is_empty() {
        return html.line("p", &[], "The input has no VPC.");
    }
    let mut drawn = drawn(map);
    let total = drawn.len();
    if total > MAX_NETWORKS {
        drawn.sort_by_key(|drawn| drawn.troubles.is_empty());
    }
    let rest = drawn.split_off(total.min(MAX_NETWORKS));
    let mut by_region: BTreeMap<(usize, String), Vec<Drawn<'_, '_>>> = BTreeMap::new();
    for drawn in drawn {
        by_region.entry(place(subject, drawn.network.vpc)).or_default().push(drawn);
    }
    for ((_, region), networks) in &by_region {
        html.line(level.heading(), &[], region);
        let (fold, class) = if total <= MAX_UNFOLDED {
            (Fold::Open, "networks")
        } else {
            (Fold::Closed, "networks many")
        };
        html.element("div", &[("class", class)], |html| {
            for drawn in networks {
                html.element("article", &[], |article| {
                    drawn.write(article, map, level.below(), fold);
                });
            }
        });
    }
    if !rest.is_empty() {
        let troubled = rest.iter().filter(|drawn| !drawn.troubles.is_empty()).count();
        html.element("p", &[("class", "rest")], |line| {
            line.text(format_args!(
                "{} are not drawn, {} of them with overlaps or ranges that are not known; ",
                count(rest.len(), "other VPC"),
                grouped(troubled as u128)
            ));
            line.code("drstack check --rule cidr-overlap --format json");
            line.text(" judges all.");
        });
    }
    if !map.strays.is_empty() {
        html.line(level.heading(), &[], "Of a VPC that the input does not show");
        list(html, &map.strays);
    }
}

/// Regions in the order of the drills, then the others by name.
fn place(subject: &Subject<'_>, vpc: Resource<'_>) -> (usize, String) {
    match vpc.region() {
        Some(region) => {
            let known = subject.drills.iter().position(|drill| drill.lost == *region);
            (known.unwrap_or(usize::MAX - 1), region.into_owned())
        }
        None => (usize::MAX, "Region not known".to_owned()),
    }
}

/// Works out the troubles of all VPCs together.
fn drawn<'map, 'plan>(map: &'map AddressMap<'plan>) -> Vec<Drawn<'map, 'plan>> {
    let mut drawn: Vec<Drawn<'_, '_>> = map
        .networks
        .iter()
        .map(|network| Drawn {
            network,
            troubles: Vec::new(),
            misplaced: Vec::new(),
            peerings: Vec::new(),
        })
        .collect();
    let mut of_vpcs = Vec::new();
    let mut of_subnets = Vec::new();
    for (at, network) in map.networks.iter().enumerate() {
        let blocks = |blocks: &'map [Block<'plan>]| {
            blocks
                .iter()
                .enumerate()
                .filter_map(move |(place, block)| Some((at, place, block.net?)))
        };
        of_vpcs.extend(blocks(&network.ranges));
        of_subnets.extend(blocks(&network.subnets));
    }
    for (outer, inner) in meetings(&of_vpcs, |_| 0) {
        for ((at, _, net), (other, _, other_net)) in [(outer, inner), (inner, outer)] {
            let Some(other) = map.networks.get(other).filter(|_| at != other) else { continue };
            if let Some(drawn) = drawn.get_mut(at) {
                let sentence = format!("{net} overlaps {other_net} of {}", other.vpc.address());
                drawn.troubles.push(("overlap", sentence));
            }
        }
    }
    for (outer, inner) in meetings(&of_subnets, |at| at) {
        let ((at, one, net), (_, other, other_net)) = (outer, inner);
        let Some(drawn) = drawn.get_mut(at) else { continue };
        drawn.troubles.push(("overlap", format!("{net} and {other_net} of its subnets overlap")));
        drawn.misplaced.extend([one, other]);
    }
    for drawn in &mut drawn {
        drawn.look_for_strays();
    }
    let places: HashMap<usize, usize> =
        (0..).zip(&map.networks).map(|(at, network)| (network.vpc.index(), at)).collect();
    for peering in &map.peerings {
        let [one, other] = peering.ends;
        for (end, far) in [(one, other), (other, one)] {
            let end = end.and_then(|vpc| places.get(&vpc.index()));
            if let Some(drawn) = end.and_then(|at| drawn.get_mut(*at)) {
                drawn.peerings.push((peering.connection, far));
            }
        }
    }
    drawn
}

/// A VPC's place, a block's place in it, and its range.
type Placed = (usize, usize, IpNet);

/// Each range with the smallest one around it, where their VPCs are of one space.
fn meetings(placed: &[Placed], space: impl Fn(usize) -> usize) -> Vec<(Placed, Placed)> {
    let ranges: Vec<Range> = placed
        .iter()
        .map(|(at, _, net)| Range {
            space: u32::try_from(space(*at)).unwrap_or(u32::MAX),
            net: *net,
        })
        .collect();
    let found = overlaps(&ranges).into_iter();
    found.filter_map(|pair| Some((*placed.get(pair.outer)?, *placed.get(pair.inner)?))).collect()
}

impl Drawn<'_, '_> {
    /// Finds subnets outside of the VPC's ranges, where these are all known.
    fn look_for_strays(&mut self) {
        let ranges = &self.network.ranges;
        if ranges.is_empty() || ranges.iter().any(|range| range.net.is_none()) {
            return;
        }
        for (place, subnet) in self.network.subnets.iter().enumerate() {
            let Some(net) = subnet.net else { continue };
            if !ranges.iter().filter_map(|range| range.net).any(|range| range.contains(&net)) {
                self.troubles
                    .push(("outside", format!("the subnet {net} lies outside of the VPC")));
                self.misplaced.push(place);
            }
        }
    }

    fn write(&self, html: &mut Html, map: &AddressMap<'_>, level: Level, fold: Fold) {
        let network = self.network;
        html.element(level.heading(), &[], |heading| heading.code(network.vpc.address()));
        for (word, sentence) in self.troubles.iter().take(MAX_TROUBLES) {
            html.element("p", &[], |line| {
                line.badge(Tone::Bad, word);
                line.text(format_args!(" {sentence}."));
            });
        }
        let rest = self.troubles.len().saturating_sub(MAX_TROUBLES);
        if rest > 0 {
            html.line(
                "p",
                &[("class", "rest")],
                format_args!("and {} more", grouped(rest as u128)),
            );
        }
        for (connection, far) in &self.peerings {
            html.element("p", &[], |line| {
                line.text("Peered with ");
                match far {
                    Some(vpc) => {
                        line.code(vpc.address());
                        line.text(format_args!(" ({})", ranges_of(map, *vpc)));
                    }
                    None => line.text("a VPC that the input does not show"),
                }
                line.text(" through ");
                line.code(connection.address());
                line.text(".");
            });
        }
        if network.ranges.is_empty() {
            html.line("p", &[], "Its ranges are not known: the input only finds it.");
        }
        for range in &network.ranges {
            match range.net {
                Some(IpNet::V4(net)) => self.bar(html, net, fold),
                Some(IpNet::V6(net)) => self.listed(html, IpNet::V6(net)),
                None => html.element("p", &[], |line| {
                    line.badge(Tone::Open, "not known");
                    line.text(" A range is ");
                    line.text(range.value);
                    line.text(".");
                }),
            }
        }
        let unknown: Vec<Block<'_>> =
            network.subnets.iter().filter(|subnet| subnet.net.is_none()).copied().collect();
        if !unknown.is_empty() {
            html.line("p", &[], "Subnets that can't be placed:");
            list(html, &unknown);
        }
        let outside: Vec<Block<'_>> = self
            .misplaced
            .iter()
            .filter_map(|place| network.subnets.get(*place))
            .filter(|subnet| !network.ranges.iter().any(|range| holds(range, subnet)))
            .copied()
            .collect();
        if !outside.is_empty() {
            html.line("p", &[], "Subnets outside of its ranges:");
            list(html, &outside);
        }
    }

    /// A range of IPv4 as a bar from its first to its last address, and its parts as a table.
    fn bar(&self, html: &mut Html, range: Ipv4Net, fold: Fold) {
        let inside = |net: Ipv4Net| range.contains(&net);
        let mut parts: Vec<(Ipv4Net, Option<usize>)> = Vec::new();
        for (place, subnet) in self.network.subnets.iter().enumerate() {
            if let Some(IpNet::V4(net)) =
                subnet.net.filter(|net| matches!(net, IpNet::V4(net) if inside(*net)))
            {
                parts.push((net, Some(place)));
            }
        }
        let gaps = free(range, parts.iter().map(|(net, _)| *net));
        let taken = size(range) - gaps.iter().copied().map(size).sum::<u64>();
        let subnets = parts.len();
        let largest = gaps.iter().min_by_key(|net| net.prefix_len());
        let largest = largest.map_or_else(
            || "nothing is free".to_owned(),
            |net| format!("the largest free range is {net}"),
        );
        let label = format!(
            "{range}: {} {} of {} addresses, {}; {largest}",
            match subnets {
                1 => "1 subnet takes".to_owned(),
                subnets => format!("{} take", count(subnets, "subnet")),
            },
            grouped(taken.into()),
            grouped(size(range).into()),
            share(taken, size(range)),
        );
        html.line("p", &[], format_args!("{label}."));
        html.element(
            "div",
            &[("class", "space"), ("role", "img"), ("aria-label", &label)],
            |bar| {
                for (net, place) in &parts {
                    let is_misplaced = place.is_some_and(|place| self.misplaced.contains(&place));
                    let class = if is_misplaced { "subnet bad" } else { "subnet" };
                    bar.line("span", &[("class", class), ("style", &extent(range, *net))], "");
                }
            },
        );
        html.element("div", &[("class", "ends"), ("aria-hidden", "true")], |ends| {
            ends.line("span", &[], range.network());
            ends.line("span", &[], range.broadcast());
        });
        parts.extend(gaps.into_iter().map(|net| (net, None)));
        parts.sort();
        let attributes: &[_] = match fold {
            Fold::Open => &[("class", "printed"), ("open", "")],
            Fold::Closed => &[("class", "printed")],
        };
        html.element("details", attributes, |details| {
            details.line("summary", &[], format_args!("Subnets and free ranges of {range}"));
            details.table(
                &format!("{range} in the order of its addresses"),
                &[
                    Column::Text("Range"),
                    Column::Number("Addresses to use"),
                    Column::Text("Taken by"),
                    Column::Text("Zone"),
                ],
                |table| {
                    for (net, place) in parts.iter().take(MAX_RANGES) {
                        let subnet = place.and_then(|place| self.network.subnets.get(place));
                        table.element(
                            "tr",
                            &[("class", if subnet.is_some() { "taken" } else { "free" })],
                            |row| part(row, *net, subnet),
                        );
                    }
                },
            );
            let rest = parts.len().saturating_sub(MAX_RANGES);
            if rest > 0 {
                details.line(
                    "p",
                    &[("class", "rest")],
                    format_args!("and {} more ranges", grouped(rest as u128)),
                );
            }
        });
    }

    /// A range of IPv6 with its subnets: it is too large to draw.
    fn listed(&self, html: &mut Html, range: IpNet) {
        let inside = |subnet: &&Block<'_>| subnet.net.is_some_and(|net| range.contains(&net));
        let subnets: Vec<Block<'_>> = self.network.subnets.iter().filter(inside).copied().collect();
        html.line("p", &[], format_args!("{range}, IPv6, with {}", count(subnets.len(), "subnet")));
        list(html, &subnets);
    }
}

/// Whether a table is unfolded at first.
#[derive(Clone, Copy)]
enum Fold {
    Open,
    Closed,
}

fn part(row: &mut Html, net: Ipv4Net, subnet: Option<&Block<'_>>) {
    row.element("th", &[("scope", "row")], |cell| cell.code(net));
    match subnet {
        Some(subnet) => {
            row.line(
                "td",
                &[("class", "number")],
                grouped(size(net).saturating_sub(RESERVED).into()),
            );
            row.element("td", &[], |cell| cell.code(subnet.resource.address()));
            row.line("td", &[], zone(subnet.resource));
        }
        None => {
            row.line("td", &[("class", "number")], grouped(size(net).into()));
            row.line("td", &[], "free");
            row.line("td", &[], "");
        }
    }
}

fn zone(subnet: Resource<'_>) -> String {
    for attribute in ["availability_zone", "availability_zone_id"] {
        let value = subnet.get(attribute);
        if let Some(zone) = value.as_str().filter(|_| !value.is_sensitive()) {
            return zone.into_owned();
        }
    }
    String::new()
}

fn list(html: &mut Html, blocks: &[Block<'_>]) {
    html.element("ul", &[("class", "ranges")], |list| {
        for block in blocks.iter().take(MAX_RANGES) {
            list.element("li", &[], |item| {
                match block.net {
                    Some(net) => item.code(net),
                    None => item.code(block.value),
                }
                item.text(" ");
                item.code(block.resource.address());
            });
        }
        let rest = blocks.len().saturating_sub(MAX_RANGES);
        if rest > 0 {
            list.line("li", &[], format_args!("and {} more", grouped(rest as u128)));
        }
    });
}

/// A VPC's ranges in words.
fn ranges_of(map: &AddressMap<'_>, vpc: Resource<'_>) -> String {
    let network = map.networks.iter().find(|network| network.vpc == vpc);
    let ranges = network.into_iter().flat_map(|network| &network.ranges);
    let ranges: Vec<String> = ranges
        .map(|range| match range.net {
            Some(net) => net.to_string(),
            None => range.value.to_string(),
        })
        .collect();
    if ranges.is_empty() { "ranges not known".to_owned() } else { ranges.join(", ") }
}

fn holds(range: &Block<'_>, subnet: &Block<'_>) -> bool {
    range.net.zip(subnet.net).is_some_and(|(range, subnet)| range.contains(&subnet))
}

/// How many addresses there are.
fn size(net: Ipv4Net) -> u64 {
    1 << (32 - net.prefix_len())
}

fn share(part: u64, whole: u64) -> impl Display {
    #[expect(clippy::cast_precision_loss, reason = "one digit is shown")]
    let percent = part as f64 * 100.0 / whole as f64;
    format!("{percent:.1} %")
}

/// Where a range lies in a larger one, as a style.
fn extent(range: Ipv4Net, net: Ipv4Net) -> String {
    let offset = u64::from(net.network().to_bits()) - u64::from(range.network().to_bits());
    #[expect(clippy::cast_precision_loss, reason = "a picture needs no more digits")]
    let percent = |number: u64| number as f64 * 100.0 / size(range) as f64;
    format!("left:{:.4}%;width:{:.4}%", percent(offset), percent(size(net)))
}
