//! Subnets, the route tables that they use, and the routes in these.

use std::sync::{Arc, OnceLock};

use drstack_plan::{AttrPath, Resource};
use foldhash::{HashMap, HashSet};

use crate::Checked;
use crate::demand::{given, is_set, path};
use crate::links::{Directory, Link};

/// The subnets, route tables and routes of a plan.
pub(crate) struct Routing<'plan> {
    subnets: Arc<Directory<'plan>>,
    /// The table of each subnet that has one of its own.
    tables: HashMap<usize, Resource<'plan>>,
    /// The main tables of VPCs that are in the plan, by VPC.
    main_tables: HashMap<usize, Resource<'plan>>,
    vpcs: Arc<Directory<'plan>>,
    routes: HashMap<usize, Vec<Route<'plan>>>,
    /// The subnets that the plan makes, by their VPC; only some rules ask for them.
    subnets_of: OnceLock<HashMap<usize, Vec<Resource<'plan>>>>,
    /// Whether an association, a route or a main table could belong to anything.
    is_open: bool,
}

/// A route: a resource of its own, or a block of its table.
#[derive(Clone)]
pub(crate) struct Route<'plan> {
    /// The resource that holds the route.
    pub(crate) holder: Resource<'plan>,
    /// The path of the route in it.
    pub(crate) at: AttrPath,
}

/// The table that a subnet uses.
pub(crate) enum Table<'plan> {
    /// This one.
    Is(Resource<'plan>),
    /// The VPC's main table as AWS makes it, with local routes only.
    Local,
    /// It is not known.
    Unknown,
}

/// Types of route tables. A default table is the main one of its VPC, adopted.
const TABLES: &[&str] = &["aws_route_table", "aws_default_route_table"];
const SUBNETS: &[&str] = &["aws_subnet", "aws_default_subnet"];
const VPCS: &[&str] = &["aws_vpc", "aws_default_vpc"];

impl<'plan> Routing<'plan> {
    /// The subnets, route tables and routes of a plan.
    pub(crate) fn of<'checked>(checked: &'checked Checked<'plan>) -> &'checked Self {
        checked.shared().routing.get_or_init(|| Self::gather(checked))
    }

    fn gather(checked: &Checked<'plan>) -> Self {
        let subnets = Directory::of(checked, SUBNETS, &["arn", "id"]);
        let vpcs = Directory::of(checked, VPCS, &["arn", "id", "default_route_table_id"]);
        let all_tables = Directory::of(checked, TABLES, &["arn", "id"]);
        let mut routing = Self {
            subnets,
            tables: HashMap::default(),
            main_tables: HashMap::default(),
            vpcs,
            routes: HashMap::default(),
            subnets_of: OnceLock::new(),
            is_open: false,
        };
        for &association in checked.of_type("aws_route_table_association") {
            let subnet = routing.subnets.find(association, &path("subnet_id"));
            let table = all_tables.find(association, &path("route_table_id"));
            match (subnet, table) {
                (Link::To(subnet), Link::To(table)) => {
                    routing.tables.insert(subnet.index(), table);
                }
                // That of a gateway has no subnet.
                (Link::Absent | Link::Outside(_), _) => {}
                _ => routing.is_open = true,
            }
        }
        for &association in checked.of_type("aws_main_route_table_association") {
            let vpc = routing.vpcs.find(association, &path("vpc_id"));
            match (vpc, all_tables.find(association, &path("route_table_id"))) {
                (Link::To(vpc), Link::To(table)) => {
                    routing.main_tables.insert(vpc.index(), table);
                }
                _ => routing.is_open = true,
            }
        }
        for &table in checked.of_type("aws_default_route_table") {
            match routing.vpcs.find(table, &path("default_route_table_id")) {
                Link::To(vpc) => {
                    routing.main_tables.insert(vpc.index(), table);
                }
                _ => routing.is_open = true,
            }
        }
        for &route in checked.of_type("aws_route") {
            match all_tables.find(route, &path("route_table_id")) {
                Link::To(table) => {
                    routing
                        .routes
                        .entry(table.index())
                        .or_default()
                        .push(Route { holder: route, at: AttrPath::root() });
                }
                Link::Unresolved => routing.is_open = true,
                Link::Absent | Link::Outside(_) => {}
            }
        }
        for &table in TABLES.iter().flat_map(|kind| checked.of_type(kind)) {
            let blocks = given(table, &path("route"));
            for index in 0..blocks.elements().count() {
                // The provider copies routes of their own into the table's state: they lead where those lead.
                let route = Route { holder: table, at: path("route").index(index) };
                routing.routes.entry(table.index()).or_default().push(route);
            }
        }
        routing
    }

    /// The subnets that an argument lists.
    pub(crate) fn subnets(&self, from: Resource<'plan>, at: &AttrPath) -> Vec<Link<'plan>> {
        self.subnets.find_each(from, at)
    }

    /// The VPC that an argument names.
    pub(crate) fn vpc(&self, from: Resource<'plan>, at: &str) -> Link<'plan> {
        self.vpcs.find(from, &path(at))
    }

    /// The table that a subnet uses.
    pub(crate) fn table(&self, subnet: Resource<'plan>) -> Table<'plan> {
        if let Some(table) = self.tables.get(&subnet.index()) {
            return Table::Is(*table);
        }
        match self.vpc(subnet, "vpc_id") {
            _ if self.is_open => Table::Unknown,
            Link::To(vpc) => {
                self.main_tables.get(&vpc.index()).map_or(Table::Local, |table| Table::Is(*table))
            }
            _ => Table::Unknown,
        }
    }

    /// The routes of a table.
    pub(crate) fn routes(&self, table: Resource<'plan>) -> &[Route<'plan>] {
        self.routes.get(&table.index()).map_or(&[], Vec::as_slice)
    }

    /// Whether a table may have routes that can't be told to be its own.
    pub(crate) const fn is_open(&self) -> bool {
        self.is_open
    }

    /// The tables that subnets of a VPC use, each once, with the subnets.
    pub(crate) fn tables_of(
        &self,
        checked: &Checked<'plan>,
        vpc: Resource<'plan>,
    ) -> Vec<(Option<Resource<'plan>>, Resource<'plan>)> {
        let mut seen = HashSet::default();
        let subnets = self.subnets_of(checked).get(&vpc.index()).into_iter().flatten();
        let used = subnets.filter_map(|&subnet| {
            let table = match self.table(subnet) {
                Table::Is(table) => Some(table),
                Table::Local | Table::Unknown => None,
            };
            seen.insert(table.map(Resource::index)).then_some((table, subnet))
        });
        used.collect()
    }

    fn subnets_of(&self, checked: &Checked<'plan>) -> &HashMap<usize, Vec<Resource<'plan>>> {
        self.subnets_of.get_or_init(|| {
            let mut subnets_of: HashMap<usize, Vec<Resource<'_>>> = HashMap::default();
            for &subnet in SUBNETS.iter().flat_map(|kind| checked.of_type(kind)) {
                if let Link::To(vpc) = self.vpc(subnet, "vpc_id") {
                    subnets_of.entry(vpc.index()).or_default().push(subnet);
                }
            }
            subnets_of
        })
    }
}

impl<'plan> Route<'plan> {
    /// Whether the route is for every address, of IPv4 or IPv6. `None` if that is not known.
    pub(crate) fn is_default(&self) -> Option<bool> {
        let inline = ["cidr_block", "ipv6_cidr_block"];
        let separate = ["destination_cidr_block", "destination_ipv6_cidr_block"];
        let values =
            (if self.at.is_root() { separate } else { inline }).map(|name| self.argument(name));
        if values
            .iter()
            .any(|value| value.as_str().is_some_and(|net| net == "0.0.0.0/0" || net == "::/0"))
        {
            return Some(true);
        }
        (!values.iter().any(|value| value.is_unknown())).then_some(false)
    }

    /// The block that the route is for, where it is known.
    pub(crate) fn destination(&self) -> Option<String> {
        let name = if self.at.is_root() { "destination_cidr_block" } else { "cidr_block" };
        self.argument(name).as_str().map(Into::into)
    }

    /// Whether the route goes to an internet gateway.
    pub(crate) fn is_to_internet_gateway(&self) -> bool {
        let gateway = self.argument("gateway_id");
        let refers = || {
            let references = self.holder.references(&self.at.clone().key("gateway_id"));
            references
                .targets
                .iter()
                .any(|target| target.resource.resource_type().ends_with("internet_gateway"))
        };
        match gateway.as_str() {
            Some(id) => id.starts_with("igw-"),
            None => is_set(gateway) && refers(),
        }
    }

    /// Whether the route goes to a NAT gateway, or to one that lets IPv6 out.
    pub(crate) fn is_to_outbound_gateway(&self) -> bool {
        ["nat_gateway_id", "egress_only_gateway_id"].iter().any(|name| is_set(self.argument(name)))
    }

    /// An argument of the route; null where the provider fills it in.
    pub(crate) fn argument(&self, name: &str) -> drstack_plan::Value<'plan> {
        given(self.holder, &self.at.clone().key(name))
    }
}
