//! All references of a plan as one graph.

use std::collections::HashMap;
use std::rc::Rc;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use crate::configuration::{Block, Source};
use crate::expression::Reference;
use crate::json::Json;
use crate::path::{AttrPath, Step};
use crate::plan::Plan;
use crate::references::{References, Resolver, Trail};

/// Who refers to whom. Nodes are resource instances, numbered as in
/// [`Plan::all_resources`](crate::Plan::all_resources); edges lead from the referrer to what it refers to.
pub struct Graph {
    graph: DiGraph<(), u32>,
    edges: Vec<Edge>,
}

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

    /// The graph itself, for petgraph's algorithms; edge weights are arguments to [`edge`](Self::edge).
    pub fn petgraph(&self) -> &DiGraph<(), u32> {
        &self.graph
    }

    /// What an edge of [`petgraph`](Self::petgraph) says.
    pub fn edge(&self, weight: u32) -> Option<&Edge> {
        self.edges.get(weight as usize)
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

impl Plan<'_> {
    /// All references, worked out when first asked for. A state has none.
    pub fn graph(&self) -> &Graph {
        self.graph.get_or_init(|| Builder::new(self).build())
    }
}

/// One expression of a block, read once for all instances.
struct Written {
    path: AttrPath,
    references: Vec<Reference>,
}

/// Resource instances with the attributes referred to.
type Targets = Rc<[(usize, AttrPath)]>;

struct Builder<'plan> {
    plan: &'plan Plan<'plan>,
    graph: DiGraph<(), u32>,
    edges: Vec<Edge>,
    labels: HashMap<Edge, u32>,
    /// What references lead to that do not depend on the referrer's key, by module instance and text.
    shared: HashMap<(usize, String), Targets>,
}

impl<'plan> Builder<'plan> {
    fn new(plan: &'plan Plan<'plan>) -> Self {
        let mut graph = DiGraph::with_capacity(plan.len(), 0);
        for _ in 0..plan.len() {
            graph.add_node(());
        }
        Self { plan, graph, edges: Vec::new(), labels: HashMap::new(), shared: HashMap::new() }
    }

    fn build(mut self) -> Graph {
        let mut by_block = vec![Vec::new(); self.plan.configuration.blocks.len()];
        for resource in self.plan.all_resources() {
            let block = resource.origin().block.and_then(|block| by_block.get_mut(block as usize));
            block.into_iter().for_each(|instances| instances.push(resource));
        }
        for (block, instances) in self.plan.configuration.blocks.iter().zip(by_block) {
            if instances.is_empty() {
                continue;
            }
            let written = written(block);
            for resource in instances {
                self.connect(resource, &written);
            }
        }
        Graph { graph: self.graph, edges: self.edges }
    }

    fn connect(&mut self, resource: crate::Resource<'plan>, written: &[Written]) {
        let mut edges = Vec::new();
        for expression in written {
            for reference in &expression.references {
                for (target, attribute) in self.targets(resource, reference).iter() {
                    if *target != resource.index() {
                        edges.push((
                            *target,
                            self.label(Edge {
                                path: expression.path.clone(),
                                attribute: attribute.clone(),
                            }),
                        ));
                    }
                }
            }
        }
        edges.sort_unstable();
        edges.dedup();
        for (target, label) in edges {
            self.graph.add_edge(NodeIndex::new(resource.index()), NodeIndex::new(target), label);
        }
    }

    fn targets(&mut self, resource: crate::Resource<'plan>, reference: &Reference) -> Targets {
        let key = reference
            .is_shared()
            .then(|| (resource.origin().module as usize, reference.to_string()));
        if let Some(known) = key.as_ref().and_then(|key| self.shared.get(key)) {
            return Rc::clone(known);
        }
        let mut found = References::default();
        Resolver::new(self.plan).follow(
            reference,
            &resource.scope(),
            &mut Trail::default(),
            &mut found,
        );
        let targets: Targets = found
            .targets
            .into_iter()
            .map(|target| (target.resource.index(), target.attribute))
            .collect();
        if let Some(key) = key {
            self.shared.insert(key, Rc::clone(&targets));
        }
        targets
    }

    fn label(&mut self, edge: Edge) -> u32 {
        let next = u32::try_from(self.edges.len()).unwrap_or(u32::MAX);
        *self.labels.entry(edge).or_insert_with_key(|edge| {
            self.edges.push(edge.clone());
            next
        })
    }
}

fn written(block: &Block<'_>) -> Vec<Written> {
    let mut written = Vec::new();
    let mut add = |source: Source<'_>, at: AttrPath| {
        source.visit(&mut |path, leaf| {
            if let Some((references, _)) = leaf.references() {
                let path = at.clone().join(&path.iter().map(Step::from).collect());
                written.push(Written { path, references });
            }
        });
    };
    add(block.body, AttrPath::root());
    if let (Source::Plan(_), Some(repetition)) = (block.body, block.repetition.source()) {
        let name = if matches!(block.repetition, crate::configuration::Repetition::Count(_)) {
            "count"
        } else {
            "for_each"
        };
        add(repetition, AttrPath::root().key(name));
    }
    let dependencies =
        block.depends_on.into_iter().flat_map(Json::elements).filter_map(Json::as_str);
    let references: Vec<_> = dependencies.filter_map(|text| Reference::parse(&text).ok()).collect();
    written.push(Written { path: AttrPath::root().key("depends_on"), references });
    written
}

impl Reference {
    /// Whether the reference leads to the same things from every instance of a block.
    fn is_shared(&self) -> bool {
        !matches!(self.name(0), Some("each" | "count"))
            && !self.steps.contains(&crate::expression::RefStep::Same)
    }
}
