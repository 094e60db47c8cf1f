//! What ties boxes together.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use drstack_plan::{AttrPath, Kind, Mode, Plan, Resource, Step, Value};
use drstack_recovery::{Class, Crossing, Drill};

use crate::component::{self, Component};
use crate::diagram::{Direction, Edge, EdgeKind, Place};
use crate::gather::Boxes;
use crate::named;

/// What a reference from one region into another says.
struct Row {
    from: &'static str,
    /// The attribute that holds it, without indices, and all below it.
    path: &'static str,
    /// What it leads to; `*` at the end stands for any ending.
    to: &'static str,
    kind: EdgeKind,
    sense: Sense,
    label: &'static str,
}

/// Which way things go, as seen from the resource that refers.
#[derive(Clone, Copy)]
enum Sense {
    /// To what it refers to.
    Out,
    /// From what it refers to.
    In,
    /// Both ways by nature.
    Both,
    /// No way more than the other.
    None,
}

const fn row(
    (from, path, to): (&'static str, &'static str, &'static str),
    kind: EdgeKind,
    sense: Sense,
    label: &'static str,
) -> Row {
    Row { from, path, to, kind, sense, label }
}

use EdgeKind::{Replicates, Uses};

/// The first row that fits decides; a reference that none fits is not drawn between regions.
const ROWS: &[Row] = &[
    row(
        ("aws_s3_bucket_replication_configuration", "rule.destination.bucket", "aws_s3_bucket"),
        Replicates,
        Sense::Out,
        "S3 replication",
    ),
    row(
        ("aws_s3_bucket", "replication_configuration", "aws_s3_bucket"),
        Replicates,
        Sense::Out,
        "S3 replication",
    ),
    row(
        ("aws_dynamodb_table_replica", "global_table_arn", "aws_dynamodb_table"),
        Replicates,
        Sense::Both,
        GLOBAL_TABLE,
    ),
    row(
        ("aws_kms_replica_key", "primary_key_arn", "aws_kms_key"),
        Replicates,
        Sense::In,
        "key replica",
    ),
    row(
        ("aws_rds_cluster", "replication_source_identifier", "aws_*"),
        Replicates,
        Sense::In,
        "read replica",
    ),
    row(
        ("aws_db_instance", "replicate_source_db", "aws_db_instance"),
        Replicates,
        Sense::In,
        "read replica",
    ),
    row(
        ("aws_backup_plan", "rule.copy_action", "aws_backup_vault"),
        Replicates,
        Sense::Out,
        "backup copies",
    ),
    row(
        ("aws_sns_topic_subscription", "endpoint", "aws_sqs_queue"),
        Uses,
        Sense::Out,
        "topic → queue",
    ),
    row(
        ("aws_sns_topic_subscription", "endpoint", "aws_lambda_function"),
        Uses,
        Sense::Out,
        "topic → function",
    ),
    row(("aws_cloudwatch_event_target", "arn", "aws_*"), Uses, Sense::Out, "events"),
    row(("aws_vpc_peering_connection", "peer_vpc_id", "aws_vpc"), Uses, Sense::None, PEERING),
    row(
        ("aws_vpc_peering_connection_accepter", "", "aws_vpc_peering_connection"),
        Uses,
        Sense::None,
        PEERING,
    ),
    row(
        ("aws_ec2_transit_gateway_peering_attachment", "", "aws_ec2_transit_gateway"),
        Uses,
        Sense::None,
        PEERING,
    ),
    row(
        ("aws_ec2_transit_gateway_peering_attachment_accepter", "", "aws_ec2_transit_gateway*"),
        Uses,
        Sense::None,
        PEERING,
    ),
];

const GLOBAL_TABLE: &str = "global table replicas";
const PEERING: &str = "peering";

/// What a region that a resource names says, by the resource's type.
fn of_named(resource_type: &str) -> Option<(EdgeKind, Sense, &'static str)> {
    match resource_type {
        "aws_dynamodb_table" => Some((Replicates, Sense::Both, GLOBAL_TABLE)),
        "aws_secretsmanager_secret" => Some((Replicates, Sense::Out, "secret replica")),
        "aws_ecr_replication_configuration" => Some((Replicates, Sense::Out, "image replication")),
        "aws_vpc_peering_connection" | "aws_ec2_transit_gateway_peering_attachment" => {
            Some((Uses, Sense::None, PEERING))
        }
        _ => None,
    }
}

/// Members of something global: their type, the attribute that names it, what they do.
const MEMBERS: [(&str, &str, &str); 4] = [
    ("aws_rds_cluster", "global_cluster_identifier", "global database"),
    ("aws_docdb_cluster", "global_cluster_identifier", "global cluster"),
    ("aws_neptune_cluster", "global_cluster_identifier", "global database"),
    ("aws_elasticache_replication_group", "global_replication_group_id", "global datastore"),
];

/// Attributes whose references say nothing of what goes from one to the other.
const ASIDE: [&str; 6] =
    ["depends_on", "count", "for_each", "tags", "access_logs", "connection_logs"];

/// What is known of one edge.
#[derive(Default)]
struct Tie {
    labels: BTreeSet<String>,
    is_mutual: bool,
    has_no_way: bool,
    count: usize,
    ties: BTreeSet<String>,
}

/// All ties of a plan, by box.
pub(crate) struct Ties<'plan> {
    plan: &'plan Plan<'plan>,
    found: BTreeMap<(usize, usize, EdgeKind), Tie>,
}

/// Finds the edges between boxes. What the drills name outside the plan gets boxes of its own.
pub(crate) fn find<'plan>(
    plan: &'plan Plan<'plan>,
    boxes: &mut Boxes,
    drills: &[Drill],
) -> Ties<'plan> {
    let mut ties = Ties { plan, found: BTreeMap::new() };
    let mut members: BTreeMap<(&str, String), Vec<Resource<'plan>>> = BTreeMap::new();
    for resource in plan.resources().filter(|resource| resource.mode() == Mode::Managed) {
        ties.references(boxes, resource);
        ties.named_regions(boxes, resource);
        if let Some((label, global)) = membership(resource) {
            members.entry((label, global)).or_default().push(resource);
        }
    }
    for ((label, _), members) in members {
        ties.members(boxes, label, &members);
    }
    for drill in drills {
        for crossing in &drill.crossings {
            ties.crossing(boxes, &drill.lost, crossing);
        }
    }
    ties
}

impl<'plan> Ties<'plan> {
    fn references(&mut self, boxes: &Boxes, resource: Resource<'plan>) {
        let Some(home) = boxes.home(resource) else { return };
        for (path, target) in leads(self.plan, resource) {
            let Some(aim) = boxes.home(target).filter(|aim| *aim != home) else { continue };
            let (Some(from), Some(to)) = (boxes.key(home), boxes.key(aim)) else { continue };
            if ASIDE.iter().any(|aside| covers(aside, &path)) {
                continue;
            }
            let tie = format!("{} {path} → {}", resource.address(), target.address());
            if from.0 == to.0 || from.0 == Place::Global {
                if flows(from.1, to.1) {
                    let label = routing(resource).unwrap_or_default();
                    self.add(home, aim, Uses, Sense::Out, &label, tie);
                }
                continue;
            }
            if flows(from.1, to.1) {
                // What has a replica here is asked here.
                let is_replicated = named::replica_regions(target)
                    .into_iter()
                    .any(|region| from.0 == Place::Region(region));
                if let Some(aim) = boxes.find(from.0.clone(), to.1).filter(|_| is_replicated) {
                    self.add(home, aim, Uses, Sense::Out, "", tie.clone());
                }
            }
            let row = ROWS.iter().find(|row| {
                row.from == resource.resource_type()
                    && covers(row.path, &path)
                    && component::fits(row.to, target.resource_type())
            });
            if let Some(row) = row.filter(|_| to.0 != Place::Global) {
                self.add(home, aim, row.kind, row.sense, row.label, tie);
            }
        }
    }

    fn named_regions(&mut self, boxes: &Boxes, resource: Resource<'plan>) {
        let Some(home) = boxes.home(resource) else { return };
        let Some((kind, sense, label)) = of_named(resource.resource_type()) else { return };
        for region in named::all_regions(resource) {
            let Some((_, component)) = boxes.key(home) else { continue };
            let tie = format!("{} → {region}", resource.address());
            if let Some(aim) = boxes.find(Place::Region(region), *component) {
                self.add(home, aim, kind, sense, label, tie);
            }
        }
    }

    /// Ties the members of something global: from the one that takes writes to the others, if it shows which that is.
    fn members(&mut self, boxes: &Boxes, label: &str, members: &[Resource<'plan>]) {
        let mut writers = members.iter().filter(|member| takes_writes(**member));
        let writer = writers.next().filter(|_| writers.next().is_none());
        let (hub, sense) = match (writer, members.first()) {
            (Some(writer), _) => (*writer, Sense::Out),
            (None, Some(first)) => (*first, Sense::None),
            (None, None) => return,
        };
        let others = members.iter().filter(|member| **member != hub);
        for other in others {
            if let (Some(from), Some(to)) = (boxes.home(hub), boxes.home(*other)) {
                let tie = format!("{} → {}", hub.address(), other.address());
                self.add(from, to, Replicates, sense, label, tie);
            }
        }
    }

    /// What a drill found to be fatal or could not tell.
    fn crossing(&mut self, boxes: &mut Boxes, lost: &str, crossing: &Crossing) {
        let kind = match crossing.class {
            Class::Fatal => EdgeKind::Fatal,
            Class::Undetermined => EdgeKind::Undetermined,
            Class::Degrading | Class::ControlPlaneOnly | Class::Allowed => return,
        };
        let home = |address: &str, boxes: &Boxes| boxes.home(self.plan.resource(address)?);
        let Some(from) = home(&crossing.from, boxes) else { return };
        let to = home(&crossing.to, boxes).unwrap_or_else(|| boxes.outside(lost, &crossing.to));
        let tie = format!("{} {} → {}", crossing.from, crossing.path, crossing.to);
        self.add(from, to, kind, Sense::Out, kind.title(), tie.replace("  ", " "));
    }

    fn add(
        &mut self,
        from: usize,
        to: usize,
        kind: EdgeKind,
        sense: Sense,
        label: &str,
        tie: String,
    ) {
        if from == to {
            return;
        }
        let (from, to) = match sense {
            Sense::In => (to, from),
            Sense::Both | Sense::None => (from.min(to), from.max(to)),
            Sense::Out => (from, to),
        };
        let found = self.found.entry((from, to, kind)).or_default();
        found.count += 1;
        found.is_mutual |= matches!(sense, Sense::Both);
        found.has_no_way |= matches!(sense, Sense::None);
        if !label.is_empty() {
            found.labels.insert(label.to_owned());
        }
        if found.ties.len() < Edge::MAX_TIES {
            found.ties.insert(tie);
        }
    }

    /// The edges between boxes at their places in the picture. What goes both ways becomes one edge.
    pub(crate) fn edges(self, places: &[usize]) -> Vec<Edge> {
        let at = |id: usize| places.get(id).copied().unwrap_or_default();
        let mut edges: BTreeMap<(usize, usize, EdgeKind, bool), Edge> = BTreeMap::new();
        for ((from, to, kind), tie) in self.found {
            let (from, to) = (at(from), at(to));
            let (low, high) = (from.min(to), from.max(to));
            let labels: Vec<&str> = tie.labels.iter().map(String::as_str).collect();
            let mut edge = Edge {
                from,
                to,
                kind,
                direction: if tie.is_mutual {
                    Direction::Both
                } else if tie.has_no_way {
                    Direction::Undirected
                } else {
                    Direction::Forward
                },
                label: labels.join(", "),
                count: tie.count,
                ties: tie.ties.into_iter().collect(),
            };
            let is_failure = matches!(kind, EdgeKind::Fatal | EdgeKind::Undetermined);
            if is_failure && edge.count > 1 {
                edge.label = format!("{} ×{}", edge.label, edge.count);
            }
            let back = edges.get_mut(&(low, high, kind, to == low));
            match back.filter(|back| !is_failure && back.label == edge.label) {
                Some(back) => {
                    if back.direction == Direction::Forward {
                        back.direction = Direction::Both;
                        if kind == Replicates {
                            back.label.push_str(", both ways");
                        }
                    }
                    back.count += edge.count;
                    back.ties.extend(edge.ties);
                    back.ties.truncate(Edge::MAX_TIES);
                }
                None => {
                    edges.insert((low, high, kind, from == low), edge);
                }
            }
        }
        edges.into_values().collect()
    }
}

/// What a resource refers to: the attributes without indices, and the targets. In a state, which has no references,
/// the resources whose identifiers its values are.
fn leads<'plan>(
    plan: &'plan Plan<'plan>,
    resource: Resource<'plan>,
) -> Vec<(String, Resource<'plan>)> {
    let mut found: Vec<(String, Resource<'plan>)> = plan
        .graph()
        .references(resource.index())
        .filter_map(|(target, edge)| Some((plain(&edge.path), plan.nth(target)?)))
        .collect();
    if plan.kind() == Kind::State {
        texts(resource.values(), "", &mut |path, text| {
            found.extend(plan.identified_by(text).map(|target| (path.to_owned(), target)));
        });
    }
    found
}

/// The texts of a value with their paths, without indices.
fn texts(value: Value<'_>, path: &str, each: &mut dyn FnMut(&str, &str)) {
    if let Some(text) = value.as_str() {
        each(path, &text);
        return;
    }
    for (key, member) in value.entries() {
        let path = if path.is_empty() { key.into_owned() } else { format!("{path}.{key}") };
        texts(member, &path, each);
    }
    if value.entries().next().is_none() {
        value.elements().for_each(|element| texts(element, path, each));
    }
}

/// A path without indices.
fn plain(path: &AttrPath) -> String {
    let keys: Vec<&str> = path
        .steps()
        .iter()
        .filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        })
        .collect();
    keys.join(".")
}

/// Whether a path is another or leads below it.
fn covers(path: &str, other: &str) -> bool {
    path.is_empty()
        || other.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether requests go from one component to another.
fn flows(from: Component, to: Component) -> bool {
    from.tier().zip(to.tier()).is_some_and(|(from, to)| from < to)
}

/// How a record chooses among its targets.
///
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy.html>
fn routing(resource: Resource<'_>) -> Option<String> {
    if resource.resource_type() != "aws_route53_record" {
        return None;
    }
    let text = |path: &str| resource.get(path).as_text().map(Cow::into_owned);
    text("weighted_routing_policy[0].weight").map(|weight| format!("weight {weight}")).or_else(
        || {
            let kind = text("failover_routing_policy[0].type")?;
            Some(format!("failover {}", kind.to_lowercase()))
        },
    )
}

/// The global thing that a resource is a member of, with what its members do.
fn membership<'plan>(resource: Resource<'plan>) -> Option<(&'static str, String)> {
    let (_, argument, label) =
        MEMBERS.iter().find(|(member, ..)| *member == resource.resource_type())?;
    let path = AttrPath::root().key(*argument);
    let target = resource.references(&path).targets.into_iter().next();
    let global = match target {
        Some(target) => target.resource.address().to_owned(),
        None => resource.at(&path).as_str()?.into_owned(),
    };
    Some((label, global))
}

/// Whether a member has a master user or serves as the source: the others get theirs by replication.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-getting-started.html>
fn takes_writes(member: Resource<'_>) -> bool {
    member.get("source_region").is_null()
        && !member.get("master_username").is_null()
        && !member.get("master_username").is_unknown()
}
