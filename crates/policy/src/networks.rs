//! The VPCs of an input with their address ranges, and what belongs to which.

use std::sync::Arc;

use drstack_plan::{AttrPath, Mode, Resource, Value};
use foldhash::{HashMap, HashSet};
use ipnet::IpNet;

use crate::Checked;
use crate::arguments::{arguments, is_left_out};
use crate::links::{Directory, Link, of_types};
use crate::tables::cidr::Family;

/// An address range that somebody wrote down.
pub(crate) struct WrittenRange<'plan> {
    /// The path of the text.
    pub(crate) path: AttrPath,
    /// The text.
    pub(crate) value: Value<'plan>,
    pub(crate) net: Net,
}

/// What a text says of an address range.
#[derive(Clone, Copy)]
pub(crate) enum Net {
    Known(IpNet),
    Unknown,
    /// It is not in CIDR notation.
    Malformed,
}

/// A range of a VPC.
pub(crate) struct VpcRange<'plan> {
    /// The VPC, or what adds the range to it.
    pub(crate) resource: Resource<'plan>,
    pub(crate) path: AttrPath,
    pub(crate) net: IpNet,
}

/// The VPCs of an input, data sources included.
pub(crate) struct Vpcs<'plan> {
    directory: Arc<Directory<'plan>>,
    tables: Arc<Directory<'plan>>,
    /// All ranges of VPCs that are known.
    pub(crate) ranges: Vec<VpcRange<'plan>>,
    /// The places of a VPC's ranges, by its index.
    of_vpc: HashMap<usize, Vec<usize>>,
    /// VPCs that may have ranges of a family that are not known.
    open: HashSet<(usize, Family)>,
    /// The families of which any VPC may have more ranges: something adds one to a VPC that can't be told.
    any_open: HashSet<Family>,
    /// The only VPC of a module instance.
    only: HashMap<&'plan str, Option<Resource<'plan>>>,
}

pub(crate) const VPCS: &[&str] = &["aws_vpc", "aws_default_vpc"];
const TABLES: &[&str] = &["aws_route_table", "aws_default_route_table"];
/// What adds ranges to VPCs, with the argument that holds them.
pub(crate) const ASSOCIATIONS: [(&str, &str, Family); 2] = [
    ("aws_vpc_ipv4_cidr_block_association", "cidr_block", Family::V4),
    ("aws_vpc_ipv6_cidr_block_association", "ipv6_cidr_block", Family::V6),
];
/// The arguments with which VPCs and subnets name their ranges.
pub(crate) const OWN_RANGES: [(&str, Family); 2] =
    [("cidr_block", Family::V4), ("ipv6_cidr_block", Family::V6)];

/// The ranges that are written at a path of the tables. Those that AWS assigns are not among them.
pub(crate) fn written_ranges<'plan>(
    resource: Resource<'plan>,
    path: &str,
) -> Vec<WrittenRange<'plan>> {
    let mut found = Vec::new();
    for argument in arguments(resource, path) {
        let value = argument.value;
        if value.is_unknown() || value.as_str().is_some() {
            found.extend(WrittenRange::new(argument.path, value));
        } else {
            let elements = value.elements().enumerate();
            found.extend(elements.filter_map(|(index, element)| {
                WrittenRange::new(argument.path.clone().index(index), element)
            }));
        }
    }
    found
}

impl<'plan> WrittenRange<'plan> {
    /// `None` where there is no range.
    fn new(path: AttrPath, value: Value<'plan>) -> Option<Self> {
        if value.is_null() {
            return None;
        }
        let net = match value.as_str() {
            None => Net::Unknown,
            Some(text) if text.is_empty() => return None,
            Some(text) => {
                text.parse::<IpNet>().map_or(Net::Malformed, |net| Net::Known(net.trunc()))
            }
        };
        Some(Self { path, value, net })
    }
}

impl<'plan> Vpcs<'plan> {
    /// Gathers the VPCs and route tables of a plan.
    pub(crate) fn of(checked: &Checked<'plan>) -> Self {
        let names = &["id", "arn", "default_route_table_id", "main_route_table_id"];
        let mut vpcs = Self {
            directory: Directory::of(checked, VPCS, names),
            tables: Directory::of(checked, TABLES, &["id", "arn"]),
            ranges: Vec::new(),
            of_vpc: HashMap::default(),
            open: HashSet::default(),
            any_open: HashSet::default(),
            only: HashMap::default(),
        };
        for vpc in of_types(checked, VPCS) {
            if vpc.mode() == Mode::Managed && vpc.resource_type() == "aws_vpc" {
                vpcs.only.entry(vpc.module()).and_modify(|only| *only = None).or_insert(Some(vpc));
            }
            if !vpcs.is_itself(vpc) {
                continue;
            }
            let paths = OWN_RANGES.map(|(path, _)| path);
            for path in paths.into_iter().chain(["cidr_block_associations.cidr_block"]) {
                vpcs.add(vpc, path, Some(vpc));
            }
            // What AWS assigns is not known before apply, nor what only AWS can tell of a VPC that is found.
            for (path, family) in OWN_RANGES {
                let range = vpc.get(path);
                if range.is_unknown() || !is_made(vpc) && range.is_null() {
                    vpcs.open.insert((vpc.index(), family));
                }
            }
        }
        for (resource_type, path, family) in ASSOCIATIONS {
            for &association in checked.of_type(resource_type) {
                let vpc = vpcs.vpc(association, "vpc_id");
                let vpc = match vpc {
                    Link::To(vpc) => Some(vpc),
                    Link::Unresolved => {
                        vpcs.any_open.insert(family);
                        None
                    }
                    Link::Outside(_) | Link::Absent => None,
                };
                if let (Some(vpc), true) = (vpc, association.get(path).is_unknown()) {
                    vpcs.open.insert((vpc.index(), family));
                }
                vpcs.add(association, path, vpc);
            }
        }
        vpcs
    }

    fn add(&mut self, resource: Resource<'plan>, path: &str, vpc: Option<Resource<'plan>>) {
        for range in written_ranges(resource, path) {
            let Net::Known(net) = range.net else { continue };
            let places = vpc.map(|vpc| self.of_vpc.entry(vpc.index()).or_default());
            // A data source lists its first range twice.
            let is_known =
                |place: &usize| self.ranges.get(*place).is_some_and(|known| known.net == net);
            if places.as_ref().is_some_and(|places| places.iter().any(is_known))
                && !is_made(resource)
            {
                continue;
            }
            places.into_iter().for_each(|places| places.push(self.ranges.len()));
            self.ranges.push(VpcRange { resource, path: range.path, net });
        }
    }

    /// Whether a VPC is not a data source that finds another one of the input.
    pub(crate) fn is_itself(&self, vpc: Resource<'plan>) -> bool {
        self.directory.identity(vpc) == vpc
    }

    /// The VPC that an argument names. Where that can't be followed, it is the only VPC of the module instance: modules
    /// pass the id of their own VPC around in local values, which plans of native syntax don't show.
    pub(crate) fn vpc(&self, from: Resource<'plan>, argument: &str) -> Link<'plan> {
        match self.directory.find(from, &AttrPath::root().key(argument)) {
            Link::Unresolved => self.only_of(from),
            link => link,
        }
    }

    /// The VPC of the route table that a route belongs to, or that a table is.
    pub(crate) fn vpc_of_routes(&self, from: Resource<'plan>) -> Link<'plan> {
        let path = |name: &str| AttrPath::root().key(name);
        if from.resource_type() == "aws_route_table" {
            return self.vpc(from, "vpc_id");
        }
        if from.resource_type() == "aws_default_route_table" {
            return match self.directory.find(from, &path("default_route_table_id")) {
                Link::To(vpc) => Link::To(vpc),
                _ => self.vpc(from, "vpc_id"),
            };
        }
        match self.tables.find(from, &path("route_table_id")) {
            Link::To(table) => self.vpc_of_routes(table),
            // The main table of a VPC is named by the VPC.
            _ => match self.directory.find(from, &path("route_table_id")) {
                Link::Unresolved => self.only_of(from),
                link => link,
            },
        }
    }

    fn only_of(&self, from: Resource<'plan>) -> Link<'plan> {
        self.only.get(from.module()).copied().flatten().map_or(Link::Unresolved, Link::To)
    }

    /// The places of a VPC's ranges in [`ranges`](Self::ranges).
    pub(crate) fn ranges_of(&self, vpc: Resource<'plan>) -> &[usize] {
        self.of_vpc.get(&vpc.index()).map_or(&[], Vec::as_slice)
    }

    /// A range of a VPC that holds another or is the same.
    pub(crate) fn around(&self, vpc: Resource<'plan>, net: IpNet) -> Option<&VpcRange<'plan>> {
        let ranges = self.ranges_of(vpc).iter().filter_map(|place| self.ranges.get(*place));
        ranges.into_iter().find(|range| range.net.contains(&net))
    }

    /// Whether a VPC may have ranges of a range's family that are not known.
    pub(crate) fn is_open(&self, vpc: Resource<'plan>, net: IpNet) -> bool {
        let family = match net {
            IpNet::V4(_) => Family::V4,
            IpNet::V6(_) => Family::V6,
        };
        self.any_open.contains(&family) || self.open.contains(&(vpc.index(), family))
    }
}

/// A range as findings show it: one that is sensitive is only said to be so.
pub(crate) fn shown(resource: Resource<'_>, path: &AttrPath, net: IpNet) -> String {
    let value = resource.at(path);
    if value.is_sensitive() { value.to_string() } else { net.to_string() }
}

/// Whether the input makes a resource, rather than finds it.
pub(crate) fn is_made(resource: Resource<'_>) -> bool {
    resource.mode() == Mode::Managed && resource.resource_type() != "aws_default_vpc"
}

/// Whether an argument is set to something, known or not.
pub(crate) fn is_set(resource: Resource<'_>, path: &AttrPath) -> bool {
    let value = resource.at(path);
    !value.is_null()
        && value.as_str().is_none_or(|text| !text.is_empty())
        && !(value.is_unknown() && is_left_out(resource, path))
}
