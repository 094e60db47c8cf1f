use std::collections::BTreeSet;

use drstack_plan::{AttrPath, Resource};
use foldhash::HashSet;

use crate::demand::{Demand, given, is_on, is_text, path};
use crate::links::Link;
use crate::routes::{Routing, Table};
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "subnet-isolation",
    severity: Severity::Error,
    summary: "databases and functions are in private subnets, public load balancers in public ones",
    protects: "a database with a public address, or a route to the internet from its subnet, is one security group away from it, and a load balancer without one is not reached",
    fix: "leave publicly_accessible off, put functions into the VPC, give the database's subnets a route table without a default route, the functions' one to a NAT gateway at most, and the load balancer's one to an internet gateway",
    requirements: &["R13"],
    explanation: include_str!("subnet_isolation.md"),
    check,
};

/// Databases that can have a public address.
const INSTANCES: [&str; 3] =
    ["aws_db_instance", "aws_neptune_cluster_instance", "aws_rds_cluster_instance"];

const SUBNET_GROUP: &str = "db_subnet_group_name";

/// What a subnet is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Tier {
    Database,
    Compute,
    Public,
}

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let users = [
        ("aws_db_subnet_group", "subnet_ids", Tier::Database),
        ("aws_lambda_function", "vpc_config.0.subnet_ids", Tier::Compute),
        ("aws_lb", "subnets", Tier::Public),
    ];
    public_databases(checked, sink);
    functions_outside(checked, sink);
    databases_in_the_default_vpc(checked, sink);
    if users.iter().all(|(kind, ..)| checked.of_type(kind).is_empty()) {
        return;
    }
    let routing = Routing::of(checked);
    let mut seen = HashSet::default();
    for (kind, argument, tier) in users {
        for &user in checked.of_type(kind) {
            // An internal load balancer may be anywhere.
            if tier == Tier::Public && is_on(given(user, &path("internal"))) {
                continue;
            }
            let at = path(argument);
            let links = routing.subnets(user, &at);
            let undecided = undecided(routing, user, &at, &links, tier);
            for block in &undecided {
                sink.judged();
                let message = "it is not known which subnets of the block are listed, and not all of them are right";
                sink.report(Finding::undetermined(user, &at, message).found(*block));
            }
            for link in links {
                match link {
                    Link::To(subnet) if undecided.contains(subnet.group()) => {}
                    Link::To(subnet) if seen.insert((subnet.index(), tier)) => {
                        sink.judged();
                        if let Some(finding) = judge(routing, user, subnet, tier) {
                            sink.report(finding);
                        }
                    }
                    Link::To(_) | Link::Absent => {}
                    Link::Outside(name) => {
                        sink.judged();
                        let message = "the routes of the subnet are not in this input";
                        sink.report(Finding::undetermined(user, &at, message).found(name));
                    }
                    Link::Unresolved => {
                        sink.judged();
                        sink.unresolved(user, &at, "subnet");
                    }
                }
            }
        }
    }
}

/// Databases that ask for a public address, whatever their subnet's routes are.
fn public_databases(checked: &Checked<'_>, sink: &mut Sink) {
    for &database in INSTANCES.iter().flat_map(|kind| checked.of_type(kind)) {
        sink.judged();
        let demand = Demand { message: "the database has a public address", expected: "false" };
        let is_public = is_text("true");
        sink.demand(database, &path("publicly_accessible"), demand, |value| !is_public(value));
    }
}

/// Functions of a stack that is asked for which are in no subnet at all.
fn functions_outside(checked: &Checked<'_>, sink: &mut Sink) {
    let Some(regions) = checked.parameters().regions() else { return };
    for &function in checked.of_type("aws_lambda_function") {
        let is_meant = function.region().is_some_and(|region| regions.contains(&&*region));
        if is_meant && given(function, &path("vpc_config")).is_empty() {
            sink.judged();
            let message = "the function is outside of any VPC";
            let finding = Finding::violated(function, "vpc_config", message);
            sink.report(finding.expected("the private subnets of its region"));
        }
    }
}

/// Databases of a stack that is asked for which are in no subnet group. A replica takes that of its source.
fn databases_in_the_default_vpc(checked: &Checked<'_>, sink: &mut Sink) {
    let Some(regions) = checked.parameters().regions() else { return };
    let databases = ["aws_rds_cluster", "aws_db_instance"];
    for &database in databases.iter().flat_map(|kind| checked.of_type(kind)) {
        let is_meant = database.region().is_some_and(|region| regions.contains(&&*region));
        let is_replica = !given(database, &path("replicate_source_db")).is_null();
        if is_meant && !is_replica && given(database, &path(SUBNET_GROUP)).is_null() {
            sink.judged();
            let message = "the database is in no subnet group, which puts it into the default VPC";
            let finding = Finding::violated(database, SUBNET_GROUP, message);
            sink.report(finding.expected("a subnet group of private subnets"));
        }
    }
}

/// The blocks of which an argument may list some subnets and leave out others, where it matters which. Of
/// `[for key, subnet in aws_subnet.all : subnet.id if …]` a plan of native syntax keeps `aws_subnet.all`.
fn undecided<'plan>(
    routing: &Routing<'plan>,
    user: Resource<'plan>,
    at: &AttrPath,
    links: &[Link<'plan>],
    tier: Tier,
) -> BTreeSet<&'plan str> {
    let references = user.references(at);
    let named_whole = references.targets.iter().filter(|target| target.attribute.is_root());
    let named_whole: HashSet<_> = named_whole.map(|target| target.resource.group()).collect();
    let mut right = BTreeSet::new();
    let mut wrong = BTreeSet::new();
    for link in links {
        if let Link::To(subnet) = link
            && named_whole.contains(subnet.group())
        {
            let is_right = judge(routing, user, *subnet, tier).is_none();
            let blocks = if is_right { &mut right } else { &mut wrong };
            blocks.insert(subnet.group());
        }
    }
    right.intersection(&wrong).copied().collect()
}

/// What is wrong with a subnet for its user.
fn judge<'plan>(
    routing: &Routing<'plan>,
    user: Resource<'plan>,
    subnet: Resource<'plan>,
    tier: Tier,
) -> Option<Finding> {
    let table = match routing.table(subnet) {
        Table::Is(table) => Some(table),
        Table::Local => None,
        Table::Unknown => {
            let message = "the subnet's route table is not known";
            return Some(Finding::undetermined(subnet, "", message).evidence(user));
        }
    };
    let routes = table.map_or(&[][..], |table| routing.routes(table));
    let defaults = || routes.iter().filter(|route| route.is_default() != Some(false));
    let inward = defaults().find(|route| route.is_to_internet_gateway());
    let outward = defaults().find(|route| route.is_to_outbound_gateway());
    let broken = match tier {
        Tier::Public if inward.is_some() => return None,
        Tier::Public => {
            let finding = if routing.is_open() {
                Finding::undetermined(
                    subnet,
                    "",
                    "it is not known whether the load balancer's subnet has a route to an internet gateway",
                )
            } else {
                Finding::violated(
                    subnet,
                    "",
                    "the load balancer's subnet has no route to an internet gateway",
                )
            };
            return Some(finding.evidence(user));
        }
        Tier::Compute => {
            inward.map(|route| (route, "the functions' subnet has a route to an internet gateway"))
        }
        Tier::Database => inward
            .or(outward)
            .map(|route| (route, "the database's subnet has a route to the internet")),
    };
    if let Some((route, message)) = broken {
        let finding = if route.is_default().is_some() {
            Finding::violated(subnet, "", message)
        } else {
            Finding::undetermined(
                subnet,
                "",
                format!("it is not known before apply whether {message}"),
            )
        };
        Some(finding.evidence(user).evidence(route.holder))
    } else {
        let message = "a route whose table is not known may be the subnet's";
        routing.is_open().then(|| Finding::undetermined(subnet, "", message).evidence(user))
    }
}
