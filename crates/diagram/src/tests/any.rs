//! Pictures of any shape.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::{
    Column, Component, Detail, Diagram, Direction, Edge, EdgeKind, Group, Loss, Node, Place, Role,
};

const COMPONENTS: [Component; 8] = [
    Component::Dns,
    Component::LoadBalancer,
    Component::Function,
    Component::Database,
    Component::Objects,
    Component::Queue,
    Component::Network,
    Component::Outside,
];

/// A picture with up to four regions, a band, a column for what is not known, and edges between any boxes.
pub(crate) fn diagram() -> impl Strategy<Value = Diagram> {
    let boxes = || subsequence(COMPONENTS.to_vec(), 0..=COMPONENTS.len());
    let detail = select(vec![Detail::Boxes, Detail::Resources]);
    (detail, boxes(), prop::collection::vec(boxes(), 0..=4), boxes(), 0..4_usize).prop_flat_map(
        |(detail, global, regions, unknown, losses)| {
            let mut columns = Vec::new();
            let mut nodes = Vec::new();
            let mut add = |place: Place, role, components: &[Component]| {
                if !components.is_empty() {
                    let column = columns.len();
                    nodes.extend(components.iter().map(|component| node(column, *component)));
                    columns.push(Column { place, role });
                }
            };
            add(Place::Global, None, &global);
            for (number, region) in regions.iter().enumerate() {
                let role = [Some(Role::Serves), Some(Role::TakesOver), None, None][number];
                add(Place::Region(format!("aa-aaaa-{number}")), role, region);
            }
            add(Place::Unknown, None, &unknown);
            let losses = (0..losses)
                .map(|number| Loss {
                    region: format!("aa-aaaa-{number}"),
                    left: number,
                    fatal: number,
                    undetermined: 0,
                })
                .collect();
            let count = nodes.len();
            let diagram =
                Diagram { detail, resources: 7, columns, nodes, edges: Vec::new(), losses };
            let edges =
                prop::collection::btree_set((0..count.max(1), 0..count.max(1), 0..4_usize), 0..24);
            edges.prop_map(move |edges| {
                let edges = edges.into_iter().filter(|(from, to, _)| from != to && *to < count);
                Diagram { edges: edges.map(edge).collect(), ..diagram.clone() }
            })
        },
    )
}

/// A picture with `change` made to each text that comes from a plan.
pub(crate) fn renamed(diagram: &Diagram, mut change: impl FnMut(&str) -> String) -> Diagram {
    let mut diagram = diagram.clone();
    for column in &mut diagram.columns {
        if let Place::Region(region) = &mut column.place {
            *region = change(region);
        }
    }
    for group in diagram.nodes.iter_mut().flat_map(|node| &mut node.groups) {
        group.resource_type = change(&group.resource_type);
        group.names.iter_mut().for_each(|name| *name = change(name));
    }
    for edge in diagram.edges.iter_mut().filter(|edge| !edge.label.is_empty()) {
        edge.label = change(&edge.label);
        edge.ties.iter_mut().for_each(|tie| *tie = change(tie));
    }
    for loss in &mut diagram.losses {
        loss.region = change(&loss.region);
    }
    diagram
}

fn node(column: usize, component: Component) -> Node {
    let group = |number: usize| Group {
        resource_type: format!("aws_thing_{number}"),
        count: number + 1,
        names: vec!["one".to_owned()],
    };
    // Boxes of different heights.
    let groups: Vec<Group> = (0..column + 1).map(group).collect();
    let count = groups.iter().map(|group| group.count).sum();
    let summary = format!("{count} things");
    Node { column, component, services: vec!["Thing"], summary, count, groups, others: 0 }
}

fn edge((from, to, kind): (usize, usize, usize)) -> Edge {
    let kinds = [EdgeKind::Uses, EdgeKind::Replicates, EdgeKind::Undetermined, EdgeKind::Fatal];
    let directions = [Direction::Forward, Direction::Both, Direction::Undirected];
    let kind = kinds[kind];
    let label = if kind == EdgeKind::Uses && from % 2 == 0 { "" } else { "goes there" };
    Edge {
        from,
        to,
        kind,
        direction: directions[to % 3],
        label: label.to_owned(),
        count: 1,
        ties: vec!["aws_a.a b → aws_c.c".to_owned()],
    }
}
