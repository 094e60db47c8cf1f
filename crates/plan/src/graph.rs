//! All references of a plan as one graph.

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use crate::path::AttrPath;

/// Who refers to whom. Nodes are resource instances, numbered as in
/// [`Plan::all_resources`](crate::Plan::all_resources); edges lead from the referrer to what it refers to.
pub struct Graph {
    pub(crate) graph: DiGraph<(), u32>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) paths: Vec<AttrPath>,
    pub(crate) unresolved: Vec<Mark>,
    pub(crate) composed: Vec<Mark>,
}

/// An attribute of a resource: the resource's number, and the path's place in [`Graph::paths`].
pub(crate) type Mark = (u32, u32);

/// What a reference says: which attribute refers to which attribute. Shared by all edges that say the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Edge {
    /// The attribute of the referrer that holds the expression; `depends_on`, `count`, `for_each` for those.
    pub path: AttrPath,
    /// The attribute referred to; the root if the whole resource is, or if the input does not say.
    pub attribute: AttrPath,
}

impl Graph {
    /// What a resource refers to, each with the reference.
    pub fn references(&self, resource: usize) -> impl Iterator<Item = (usize, &Edge)> {
        self.edges(resource, Direction::Outgoing)
    }

    /// What refers to a resource, each with the reference.
    pub fn referrers(&self, resource: usize) -> impl Iterator<Item = (usize, &Edge)> {
        self.edges(resource, Direction::Incoming)
    }

    /// The attributes of a resource whose expressions could not be followed to their ends.
    pub fn unresolved(&self, resource: usize) -> impl Iterator<Item = &AttrPath> {
        self.marked(&self.unresolved, resource)
    }

    /// The attributes of a resource that are not known and whose texts are put together from more than one reference:
    /// [`Resource::template`](crate::Resource::template) says how.
    pub fn composed(&self, resource: usize) -> impl Iterator<Item = &AttrPath> {
        self.marked(&self.composed, resource)
    }

    /// The graph itself, for petgraph's algorithms; edge weights are arguments to [`edge`](Self::edge).
    pub fn petgraph(&self) -> &DiGraph<(), u32> {
        &self.graph
    }

    /// What an edge of [`petgraph`](Self::petgraph) says.
    pub fn edge(&self, weight: u32) -> Option<&Edge> {
        self.edges.get(weight as usize)
    }

    fn marked(&self, marks: &[Mark], resource: usize) -> impl Iterator<Item = &AttrPath> {
        let start = marks.partition_point(|(marked, _)| (*marked as usize) < resource);
        let rest = marks.get(start..).unwrap_or_default();
        let own = rest.iter().take_while(move |(marked, _)| *marked as usize == resource);
        own.filter_map(|(_, path)| self.paths.get(*path as usize))
    }

    fn edges(&self, resource: usize, direction: Direction) -> impl Iterator<Item = (usize, &Edge)> {
        let edges = self.graph.edges_directed(NodeIndex::new(resource), direction);
        edges.filter_map(move |edge| {
            let other =
                if direction == Direction::Outgoing { edge.target() } else { edge.source() };
            Some((other.index(), self.edge(*edge.weight())?))
        })
    }
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Graph({} nodes, {} edges)", self.graph.node_count(), self.graph.edge_count())
    }
}
