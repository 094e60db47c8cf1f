use std::sync::Arc;

use drstack_plan::{AttrPath, Resource, Value};
use foldhash::{HashMap, HashSet};
use ipnet::IpNet;

use crate::arguments::Truth;
use crate::demand::{given, path};
use crate::links::{Directory, Link, is_open};
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "open-security-group",
    severity: Severity::Error,
    summary: "no security group lets everyone in on every port, and none of a database or a function lets everyone in at all",
    protects: "whatever listens behind an open security group is found and tried by the whole internet, as soon as it has a way there",
    fix: "name the ports, and the security groups or ranges that need them; open nothing but a load balancer's ports to everyone",
    requirements: &["R13"],
    explanation: include_str!("open_security_group.md"),
    check,
};

const GROUPS: &[&str] = &["aws_security_group", "aws_default_security_group"];

/// What must not be open at all, with the argument that lists its groups.
const GUARDED: [(&str, &str); 10] = [
    ("aws_db_instance", "vpc_security_group_ids"),
    ("aws_docdb_cluster", "vpc_security_group_ids"),
    ("aws_elasticache_cluster", "security_group_ids"),
    ("aws_elasticache_replication_group", "security_group_ids"),
    ("aws_elasticache_serverless_cache", "security_group_ids"),
    ("aws_lambda_function", "vpc_config.0.security_group_ids"),
    ("aws_memorydb_cluster", "security_group_ids"),
    ("aws_neptune_cluster", "vpc_security_group_ids"),
    ("aws_rds_cluster", "vpc_security_group_ids"),
    ("aws_redshift_cluster", "vpc_security_group_ids"),
];
const LOAD_BALANCERS: [&str; 2] = ["aws_lb", "aws_alb"];

/// Types whose addresses are those of networks and hosts: never all there are.
const PLACES: [&str; 6] =
    ["aws_default_", "aws_eip", "aws_instance", "aws_nat_gateway", "aws_subnet", "aws_vpc"];

/// A rule that lets somebody in.
struct Ingress<'plan> {
    holder: Resource<'plan>,
    /// The block in the holder; the root of a resource of its own.
    at: AttrPath,
    group: Link<'plan>,
    ranges: [&'static str; 2],
    protocol: &'static str,
}

/// Who uses the groups of a plan.
struct Users<'plan> {
    groups: Arc<Directory<'plan>>,
    /// What must not be open, by its group.
    guarded: HashMap<usize, Resource<'plan>>,
    /// The groups of load balancers.
    balanced: HashSet<usize>,
    /// Whether something that must not be open has groups that can't be told.
    is_open: bool,
}

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let groups = Directory::of(checked, GROUPS, &["id", "arn"]);
    let users = Users::of(checked, groups, sink);
    for ingress in ingresses(checked, &users.groups) {
        sink.judged();
        let Some((at, value, world)) = ingress.world(checked) else { continue };
        let (guarded, user) = users.guard(checked, &ingress);
        let all = ingress.is_everything();
        let wrong = match all {
            Truth::Yes => "the security group lets everyone in on every port",
            _ => "the security group of a database or a function lets everyone in",
        };
        let finding = match world.and(all.or(guarded)) {
            Truth::No => continue,
            Truth::Yes => Finding::violated(ingress.holder, at, wrong),
            Truth::Unknown => {
                let message = "whom the security group lets in to what is not known before apply: it may be everyone";
                Finding::undetermined(ingress.holder, at, message)
            }
        };
        let finding = finding.found(value).expected("the ranges or security groups that need it");
        let group = match ingress.group {
            Link::To(group) if group != ingress.holder => Some(group),
            _ => None,
        };
        sink.report(group.into_iter().chain(user).fold(finding, Finding::evidence));
    }
}

/// The rules of all groups: in resources of their own, and in blocks of the group.
fn ingresses<'plan>(checked: &Checked<'plan>, groups: &Directory<'plan>) -> Vec<Ingress<'plan>> {
    let mut found = Vec::new();
    let mut separate = HashSet::default();
    let group_of = |rule: Resource<'plan>| groups.find(rule, &path("security_group_id"));
    let own = |holder, protocol, ranges| {
        let group = group_of(holder);
        Ingress { holder, at: AttrPath::root(), group, ranges, protocol }
    };
    let old = checked.of_type("aws_security_group_rule").iter();
    let old = old.filter(|rule| rule.get("type").as_str().as_deref() != Some("egress"));
    found.extend(old.map(|rule| own(*rule, "protocol", ["cidr_blocks", "ipv6_cidr_blocks"])));
    let new = checked.of_type("aws_vpc_security_group_ingress_rule").iter();
    found.extend(new.map(|rule| own(*rule, "ip_protocol", ["cidr_ipv4", "cidr_ipv6"])));
    separate.extend(found.iter().filter_map(|ingress| match ingress.group {
        Link::To(group) => Some(group.index()),
        _ => None,
    }));
    for &group in GROUPS.iter().flat_map(|kind| checked.of_type(kind)) {
        let at = path("ingress");
        // The provider copies rules of their own into the group's state.
        let is_copy = group.is_configured(&at) != Some(true) && separate.contains(&group.index());
        if is_copy || group.is_configured(&at) == Some(false) {
            continue;
        }
        let blocks = given(group, &at).elements().count();
        found.extend((0..blocks).map(|index| Ingress {
            holder: group,
            at: at.clone().index(index),
            group: Link::To(group),
            ranges: ["cidr_blocks", "ipv6_cidr_blocks"],
            protocol: "protocol",
        }));
    }
    found
}

impl<'plan> Ingress<'plan> {
    fn argument(&self, name: &str) -> (AttrPath, Value<'plan>) {
        let at = self.at.clone().key(name);
        let value = given(self.holder, &at);
        (at, value)
    }

    /// The range that is everyone, or may be; the worst of them.
    fn world(&self, checked: &Checked<'plan>) -> Option<(AttrPath, Value<'plan>, Truth)> {
        let mut possible = None;
        for name in self.ranges {
            let (at, list) = self.argument(name);
            let in_list = list.len().is_some() && list.as_str().is_none();
            for (index, range) in list.elements().enumerate() {
                let at = if in_list { at.clone().index(index) } else { at.clone() };
                if let Some(text) = range.as_str() {
                    let net = text.parse::<IpNet>();
                    if net.is_ok_and(|net| net.prefix_len() == 0) {
                        return Some((at, range, Truth::Yes));
                    }
                } else if range.is_unknown() && self.may_be_world(checked, &at) {
                    possible.get_or_insert((at, range, Truth::Unknown));
                }
            }
        }
        possible
    }

    fn may_be_world(&self, checked: &Checked<'plan>, at: &AttrPath) -> bool {
        let references = self.holder.references(at);
        let is_place = |kind: &str| PLACES.iter().any(|place| kind.starts_with(place));
        references.targets.is_empty()
            || is_open(checked.plan(), &references)
            || !references.targets.iter().all(|target| is_place(target.resource.resource_type()))
    }

    /// Whether the rule is for every port.
    fn is_everything(&self) -> Truth {
        let (_, protocol) = self.argument(self.protocol);
        let [from, to] = ["from_port", "to_port"].map(|name| self.argument(name).1);
        match protocol.as_text().as_deref() {
            Some("-1" | "all") => Truth::Yes,
            Some(_) => match (from.as_u64(), to.as_u64()) {
                (Some(0), Some(65_535)) => Truth::Yes,
                _ if from.is_unknown() || to.is_unknown() => Truth::Unknown,
                _ => Truth::No,
            },
            None if protocol.is_unknown() => Truth::Unknown,
            None => Truth::No,
        }
    }
}

impl<'plan> Users<'plan> {
    fn of(checked: &Checked<'plan>, groups: Arc<Directory<'plan>>, sink: &mut Sink) -> Self {
        let (mut guarded, mut balanced, mut is_open) =
            (HashMap::default(), HashSet::default(), false);
        for (kind, argument) in GUARDED {
            for &user in checked.of_type(kind) {
                for link in groups.find_each(user, &path(argument)) {
                    match link {
                        Link::To(group) => _ = guarded.entry(group.index()).or_insert(user),
                        Link::Unresolved => is_open = true,
                        Link::Outside(id) => {
                            sink.judged();
                            let message = "the rules of the security group are not in this input";
                            let finding = Finding::undetermined(user, path(argument), message);
                            sink.report(finding.found(id));
                        }
                        Link::Absent => {}
                    }
                }
            }
        }
        for &balancer in LOAD_BALANCERS.iter().flat_map(|kind| checked.of_type(kind)) {
            let links = groups.find_each(balancer, &path("security_groups"));
            balanced.extend(links.into_iter().filter_map(|link| match link {
                Link::To(group) => Some(group.index()),
                _ => None,
            }));
        }
        Self { groups, guarded, balanced, is_open }
    }

    /// Whether something that must not be open uses the group of a rule, and what. A rule whose group can't be told is
    /// taken to be for a group of its own module, where there is one.
    fn guard(
        &self,
        checked: &Checked<'plan>,
        ingress: &Ingress<'plan>,
    ) -> (Truth, Option<Resource<'plan>>) {
        let of_group = |group: Resource<'plan>| match self.guarded.get(&group.index()) {
            Some(user) => (Truth::Yes, Some(*user)),
            None if self.is_open && !self.balanced.contains(&group.index()) => {
                (Truth::Unknown, None)
            }
            None => (Truth::No, None),
        };
        match ingress.group {
            Link::To(group) => of_group(group),
            Link::Absent | Link::Outside(_) => (Truth::No, None),
            Link::Unresolved => {
                let groups = GROUPS.iter().flat_map(|kind| checked.of_type(kind));
                let module = ingress.holder.module();
                let near: Vec<_> = groups.filter(|group| group.module() == module).collect();
                let is_any = self.is_open || !self.guarded.is_empty();
                let may_be = match near.as_slice() {
                    [] => is_any,
                    near => near.iter().any(|group| of_group(**group).0 != Truth::No),
                };
                (if may_be { Truth::Unknown } else { Truth::No }, None)
            }
        }
    }
}
