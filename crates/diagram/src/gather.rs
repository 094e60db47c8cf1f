//! The boxes of a plan.

use std::collections::{BTreeMap, HashMap};

use drstack_plan::{Mode, Plan, Resource};
use drstack_recovery::Regions;

use crate::component::{self, Component};
use crate::diagram::{Column, Group, Node, Place, Role, counted};
use crate::named;

/// The boxes before they have their order.
#[derive(Default)]
pub(crate) struct Boxes {
    ids: BTreeMap<(Place, Component), usize>,
    keys: Vec<(Place, Component)>,
    contents: Vec<Content>,
    /// For each resource of the plan, its box.
    homes: Vec<Option<usize>>,
}

/// What is in a box.
#[derive(Default)]
struct Content {
    /// By the types' ranks in the table of components, and by type.
    types: BTreeMap<(usize, String), Group>,
    /// By the ranks of their types.
    services: BTreeMap<usize, &'static str>,
    /// How many things of another region have a replica here, by what they are called.
    replicas: BTreeMap<&'static str, usize>,
}

/// A plan's boxes in the order of the picture, and the place in it of each box that there was.
pub(crate) struct Ordered {
    pub(crate) columns: Vec<Column>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) places: Vec<usize>,
}

impl Boxes {
    /// Puts each managed resource of a plan into its box, and its replicas into theirs.
    pub(crate) fn of(plan: &Plan<'_>) -> Self {
        let mut boxes = Self { homes: vec![None; plan.len()], ..Self::default() };
        let mut ranks: HashMap<&str, usize> = HashMap::new();
        for resource in plan.resources().filter(|resource| resource.mode() == Mode::Managed) {
            let resource_type = resource.resource_type();
            let rank =
                *ranks.entry(resource_type).or_insert_with(|| component::rank(resource_type));
            let row = component::at(rank);
            let id = boxes.open(place(plan, resource), row.component);
            if let Some(content) = boxes.contents.get_mut(id) {
                content.add(resource, rank);
            }
            if let Some(home) = boxes.homes.get_mut(resource.index()) {
                *home = Some(id);
            }
            for region in named::replica_regions(resource) {
                let id = boxes.open(Place::Region(region), row.component);
                if let Some(content) = boxes.contents.get_mut(id) {
                    content.services.insert(rank, row.service);
                    *content.replicas.entry(row.noun).or_default() += 1;
                }
            }
        }
        boxes
    }

    /// The box of a resource.
    pub(crate) fn home(&self, resource: Resource<'_>) -> Option<usize> {
        *self.homes.get(resource.index())?
    }

    /// Where a box is, and which it is.
    pub(crate) fn key(&self, id: usize) -> Option<&(Place, Component)> {
        self.keys.get(id)
    }

    /// The box of a component in a place, if there is one.
    pub(crate) fn find(&self, place: Place, component: Component) -> Option<usize> {
        self.ids.get(&(place, component)).copied()
    }

    /// The box for what a region's resources are named by that are not in the plan.
    pub(crate) fn outside(&mut self, region: &str, text: &str) -> usize {
        let id = self.open(Place::Region(region.to_owned()), Component::Outside);
        if let Some(content) = self.contents.get_mut(id) {
            let key = (usize::MAX, text.to_owned());
            content.types.entry(key).or_insert_with(|| Group {
                resource_type: text.to_owned(),
                count: 1,
                names: Vec::new(),
            });
        }
        id
    }

    /// Gives the boxes their order.
    pub(crate) fn order(self, plan: &Plan<'_>) -> Ordered {
        let regions = Regions::infer(plan);
        let pair = Regions::pair(plan);
        let role = |place: &Place| match place {
            Place::Region(region) => regions.as_ref().and_then(|regions| {
                if *region == regions.primary {
                    Some(Role::Serves)
                } else {
                    (*region == regions.recovery).then_some(Role::TakesOver)
                }
            }),
            Place::Global | Place::Unknown => None,
        };
        let mut columns: Vec<Column> = Vec::new();
        for (place, _) in self.ids.keys() {
            if columns.last().is_none_or(|last| last.place != *place) {
                columns.push(Column { place: place.clone(), role: role(place) });
            }
        }
        columns.sort_by_key(|column| match (&column.place, column.role) {
            (Place::Global, _) => 0,
            (Place::Region(_), Some(Role::Serves)) => 1,
            (Place::Region(_), Some(Role::TakesOver)) => 2,
            (Place::Region(region), None) => {
                // Those that the stack is made of stand side by side.
                if pair.as_ref().is_some_and(|pair| pair.contains(region)) { 3 } else { 4 }
            }
            (Place::Unknown, _) => 5,
        });
        let column_of = |place: &Place| columns.iter().position(|column| column.place == *place);
        let mut keys: Vec<(usize, Component, usize)> = self
            .ids
            .iter()
            .filter_map(|((place, component), id)| Some((column_of(place)?, *component, *id)))
            .collect();
        keys.sort_unstable();
        let mut places = vec![0; self.contents.len()];
        let mut contents: Vec<Option<Content>> = self.contents.into_iter().map(Some).collect();
        let mut nodes = Vec::new();
        for (column, component, id) in keys {
            let content = contents.get_mut(id).and_then(Option::take).unwrap_or_default();
            if let Some(place) = places.get_mut(id) {
                *place = nodes.len();
            }
            nodes.push(content.node(column, component));
        }
        Ordered { columns, nodes, places }
    }

    fn open(&mut self, place: Place, component: Component) -> usize {
        *self.ids.entry((place, component)).or_insert_with_key(|key| {
            self.keys.push(key.clone());
            self.contents.push(Content::default());
            self.contents.len() - 1
        })
    }
}

fn place<'plan>(plan: &'plan Plan<'plan>, resource: Resource<'plan>) -> Place {
    match drstack_recovery::place(plan, resource) {
        drstack_recovery::Place::In(region) => Place::Region(region.into_owned()),
        drstack_recovery::Place::Global(_) => Place::Global,
        drstack_recovery::Place::Unknown => Place::Unknown,
    }
}

impl Content {
    fn add(&mut self, resource: Resource<'_>, rank: usize) {
        let row = component::at(rank);
        if !row.noun.is_empty() {
            self.services.insert(rank, service(resource, row));
        }
        let group = self
            .types
            .entry((rank, resource.resource_type().to_owned()))
            .or_insert_with_key(|(_, resource_type)| Group {
                resource_type: resource_type.clone(),
                count: 0,
                names: Vec::new(),
            });
        group.count += 1;
        let name = resource.name();
        if group.names.len() < Group::MAX_NAMES && !group.names.iter().any(|known| known == name) {
            group.names.push(name.to_owned());
        }
    }

    fn node(self, column: usize, component: Component) -> Node {
        let mut services: Vec<&'static str> = Vec::new();
        for service in self.services.values() {
            if !services.contains(service) {
                services.push(service);
            }
        }
        let count = self.types.values().map(|group| group.count).sum();
        let summary = self.summary(count, component);
        let completes = |rank: usize| component::at(rank).noun.is_empty();
        let mut groups: Vec<(bool, Group)> =
            self.types.into_iter().map(|((rank, _), group)| (completes(rank), group)).collect();
        // The types that a box is known by keep their order; after them comes what there is most of.
        groups.sort_by_key(|(completes, group)| {
            (*completes, if *completes { usize::MAX - group.count } else { 0 })
        });
        let mut groups: Vec<Group> = groups.into_iter().map(|(_, group)| group).collect();
        groups.truncate(Node::MAX_GROUPS);
        let others = count - groups.iter().map(|group| group.count).sum::<usize>();
        Node { column, component, services, summary, count, groups, others }
    }

    /// How many there are of the types that a box is known by; of all, where there is none of these.
    fn summary(&self, count: usize, component: Component) -> String {
        if component == Component::Outside {
            return match count {
                1 => "1 ARN, URL or name".to_owned(),
                _ => format!("{count} ARNs, URLs and names"),
            };
        }
        let mut nouns: Vec<(&str, usize)> = Vec::new();
        for ((rank, _), group) in &self.types {
            let noun = component::at(*rank).noun;
            match nouns.iter_mut().find(|(known, _)| *known == noun) {
                _ if noun.is_empty() => {}
                Some((_, count)) => *count += group.count,
                None => nouns.push((noun, group.count)),
            }
        }
        let mut parts: Vec<String> =
            nouns.into_iter().take(3).map(|(noun, count)| counted(count, noun)).collect();
        if parts.is_empty() && count > 0 {
            parts.push(counted(count, "resource"));
        }
        let replicas = self.replicas.iter();
        parts.extend(replicas.map(|(noun, count)| counted(*count, &format!("{noun} replica"))));
        parts.join(", ")
    }
}

/// The service behind a resource. Clusters of Aurora and of RDS have one type; the engine tells them apart.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html>
fn service(resource: Resource<'_>, row: component::Row) -> &'static str {
    let is_rds = resource.resource_type().starts_with("aws_rds_cluster")
        && resource
            .get("engine")
            .as_str()
            .is_some_and(|engine| matches!(&*engine, "mysql" | "postgres"));
    if is_rds { "RDS" } else { row.service }
}
