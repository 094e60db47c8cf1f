//! Working out the graph: what every expression of a plan leads to.

use std::borrow::Cow;
use std::rc::Rc;

use foldhash::HashMap;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::configuration::Block;
use crate::expression::Reference;
use crate::graph::{Edge, Graph, Mark};
use crate::json::Json;
use crate::meta_arguments::Repetition;
use crate::path::{AttrPath, Step, StepRef};
use crate::plan::{Plan, Resource};
use crate::references::{HOPS, References, Resolver, Scope, Trail, dotted};
use crate::source::{Leaf, Source};
use crate::templates::Templates;

impl Plan<'_> {
    /// All references, worked out when first asked for. A state has none.
    pub fn graph(&self) -> &Graph {
        self.graph.get_or_init(|| Builder::new(self).build())
    }
}

/// The expressions of a block, read once for all instances.
#[derive(Default)]
struct Written<'plan> {
    expressions: Vec<Expression>,
    /// What all expressions refer to, one after the other.
    leads: Vec<Lead<'plan>>,
}

struct Expression {
    /// The place of its path in [`Graph::paths`].
    path: u32,
    form: Form,
    /// How many of the leads are its own.
    leads: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A list of references, or a template that is nothing but one.
    Plain,
    /// A template of text and references, or of a call.
    Composed,
    /// It could not be read.
    Unread,
}

/// A reference in an expression. Most are names with dots alone, which need no parsing to be looked up.
enum Lead<'plan> {
    Names(&'plan str),
    Parsed(Reference),
}

/// What a reference leads to.
struct Found {
    /// Resource instances, each with the place in [`Graph::paths`] of the attribute referred to.
    targets: Vec<(usize, u32)>,
    is_resolved: bool,
}

struct Builder<'plan> {
    plan: &'plan Plan<'plan>,
    graph: DiGraph<(), u32>,
    edges: Vec<Edge>,
    labels: HashMap<(u32, u32), u32>,
    paths: Paths,
    unresolved: Vec<Mark>,
    composed: Vec<Mark>,
    /// What names lead to, by module instance.
    known: HashMap<(u32, &'plan str), Rc<Found>>,
}

impl<'plan> Builder<'plan> {
    fn new(plan: &'plan Plan<'plan>) -> Self {
        let mut graph = DiGraph::with_capacity(plan.len(), 0);
        for _ in 0..plan.len() {
            graph.add_node(());
        }
        Self {
            plan,
            graph,
            edges: Vec::new(),
            labels: HashMap::default(),
            paths: Paths::default(),
            unresolved: Vec::new(),
            composed: Vec::new(),
            known: HashMap::default(),
        }
    }

    fn build(mut self) -> Graph {
        let resources = self.plan.all_resources();
        let mut by_block: Vec<(u32, Resource<'plan>)> =
            resources.filter_map(|resource| Some((resource.origin().block?, resource))).collect();
        by_block.sort_by_key(|(block, _)| *block);
        let mut written = Written::default();
        for instances in by_block.chunk_by(|(one, _), (other, _)| one == other) {
            let block = instances.first().map(|(block, _)| *block as usize);
            let Some(block) = block.and_then(|block| self.plan.configuration.blocks.get(block))
            else {
                continue;
            };
            self.read(block, &mut written);
            for (_, resource) in instances {
                self.connect(*resource, &written);
            }
        }
        self.unresolved.sort_unstable();
        self.composed.sort_unstable();
        Graph {
            graph: self.graph,
            edges: self.edges,
            paths: self.paths.paths,
            unresolved: self.unresolved,
            composed: self.composed,
        }
    }

    fn read(&mut self, block: &Block<'plan>, written: &mut Written<'plan>) {
        written.expressions.clear();
        written.leads.clear();
        let templates = &self.plan.configuration.templates;
        let mut add = |source: Source<'plan>, above: &[StepRef<'static>]| {
            source.visit(&mut |steps, leaf| {
                let path = self.paths.place(above.iter().chain(steps));
                written
                    .add(path, |leads| add_leads(&leaf, templates, leads).unwrap_or(Form::Unread));
            });
        };
        let body = block.body.source();
        add(body, &[]);
        if let (Source::Plan(_), Some(repetition)) = (body, block.meta.repetition.source()) {
            let name = if matches!(block.meta.repetition, Repetition::Count(_)) {
                "count"
            } else {
                "for_each"
            };
            add(repetition, &[StepRef::Key(Cow::Borrowed(name))]);
        }
        if let Some(dependencies) = block.meta.depends_on {
            let texts = dependencies.elements().filter_map(Json::as_str);
            let references = texts.filter_map(|text| Reference::parse(&text).ok());
            let path = self.paths.place([&StepRef::Key(Cow::Borrowed("depends_on"))]);
            written.add(path, |leads| {
                leads.extend(references.map(Lead::Parsed));
                Form::Plain
            });
        }
    }

    fn connect(&mut self, resource: Resource<'plan>, written: &Written<'plan>) {
        let number = u32::try_from(resource.index()).unwrap_or(u32::MAX);
        let mut edges = Vec::with_capacity(written.leads.len());
        let mut leads = written.leads.iter();
        for expression in &written.expressions {
            let mut is_resolved = expression.form != Form::Unread;
            for lead in leads.by_ref().take(expression.leads) {
                let found = self.follow(resource, lead);
                is_resolved &= found.is_resolved;
                for &(target, attribute) in &found.targets {
                    if target != resource.index() {
                        edges.push((target, self.label(expression.path, attribute)));
                    }
                }
            }
            if !is_resolved {
                self.unresolved.push((number, expression.path));
            }
            let path = self.paths.get(expression.path);
            if expression.form == Form::Composed
                && path.is_some_and(|path| resource.at(path).is_unknown())
            {
                self.composed.push((number, expression.path));
            }
        }
        edges.sort_unstable();
        edges.dedup();
        for (target, label) in edges {
            self.graph.add_edge(NodeIndex::new(resource.index()), NodeIndex::new(target), label);
        }
    }

    fn follow(&mut self, resource: Resource<'plan>, lead: &Lead<'plan>) -> Rc<Found> {
        match lead {
            Lead::Names(names) => self.follow_names(resource.origin().module, names, HOPS),
            Lead::Parsed(reference) => Rc::new(self.resolve(reference, &resource.scope())),
        }
    }

    /// What names lead to in a module instance.
    fn follow_names(&mut self, instance: u32, names: &'plan str, hops: usize) -> Rc<Found> {
        if let Some(known) = self.known.get(&(instance, names)) {
            return Rc::clone(known);
        }
        let found = match self.stands_for(instance, names) {
            Some((instance, names)) if hops > 0 => self.follow_names(instance, names, hops - 1),
            _ => Rc::new(self.resource(instance, names).unwrap_or_else(|| {
                Reference::parse(names).map_or_else(
                    |_| Found { targets: Vec::new(), is_resolved: false },
                    |reference| self.resolve(&reference, &Scope::of_instance(instance as usize)),
                )
            })),
        };
        if self.known.len() == KNOWN {
            self.known.clear();
        }
        self.known.insert((instance, names), Rc::clone(&found));
        found
    }

    /// What is written where names lead, if that is names again: a variable's argument, a module's output, a local value.
    fn stands_for(&self, instance: u32, names: &str) -> Option<(u32, &'plan str)> {
        let configuration = &self.plan.configuration;
        let here = self.plan.modules.instances.get(instance as usize)?;
        let module = configuration.modules.get(here.module?)?;
        let mut names = names.split('.');
        let (root, name, output) = (names.next()?, names.next()?, names.next());
        if names.next().is_some() {
            return None;
        }
        let (source, instance) = match (root, output) {
            ("var", None) => {
                let parent = u32::try_from(here.parent?).ok()?;
                let (outer, call) = module.parent.as_ref()?;
                let call = configuration.modules.get(*outer)?.calls.get(call)?;
                (call.arguments.argument(name)?, parent)
            }
            ("local", None) => (*module.locals.get(name)?, instance),
            ("module", Some(output)) => {
                let [child] = here.children.get(name)?.in_order.as_slice() else { return None };
                let called = self.plan.modules.instances.get(*child)?.module?;
                let output = configuration.modules.get(called)?.outputs.get(output)?;
                (output.value?, u32::try_from(*child).ok()?)
            }
            _ => return None,
        };
        let mut leads = Vec::with_capacity(1);
        match (add_leads(&source.leaf()?, &configuration.templates, &mut leads)?, leads.as_slice())
        {
            (Form::Plain, [Lead::Names(names)]) => Some((instance, names)),
            _ => None,
        }
    }

    /// The instances of a block that names without keys lead to. `None` if they lead to none.
    fn resource(&mut self, instance: u32, names: &str) -> Option<Found> {
        let before =
            if names.starts_with("data.") || names.starts_with("ephemeral.") { 3 } else { 2 };
        let end = names.match_indices('.').nth(before - 1).map_or(names.len(), |(at, _)| at);
        let (block, attribute) = names.split_at(end);
        let group = dotted(&self.plan.modules.instances.get(instance as usize)?.path, block);
        let attribute: Vec<_> =
            attribute.split('.').skip(1).map(|name| StepRef::Key(Cow::Borrowed(name))).collect();
        let attribute = self.paths.place(&attribute);
        let instances = self.plan.index.group(&group, &self.plan.records);
        let targets: Vec<_> = instances.map(|index| (index, attribute)).collect();
        (!targets.is_empty()).then_some(Found { targets, is_resolved: true })
    }

    fn resolve(&mut self, reference: &Reference, scope: &Scope<'plan>) -> Found {
        let mut found = References::default();
        Resolver::new(self.plan).follow(reference, scope, &mut Trail::default(), &mut found);
        let targets = found.targets.iter().map(|target| {
            let steps: Vec<_> = target.attribute.steps().iter().map(StepRef::from).collect();
            (target.resource.index(), self.paths.place(&steps))
        });
        Found { targets: targets.collect(), is_resolved: found.unresolved.is_empty() }
    }

    fn label(&mut self, path: u32, attribute: u32) -> u32 {
        *self.labels.entry((path, attribute)).or_insert_with(|| {
            let label = u32::try_from(self.edges.len()).unwrap_or(u32::MAX);
            let path_at = |place| self.paths.get(place).cloned().unwrap_or_default();
            self.edges.push(Edge { path: path_at(path), attribute: path_at(attribute) });
            label
        })
    }
}

/// Each path once.
#[derive(Default)]
struct Paths {
    paths: Vec<AttrPath>,
    /// Places in `paths` by the path's bytes.
    places: HashMap<Box<[u8]>, u32>,
    bytes: Vec<u8>,
}

impl Paths {
    fn get(&self, place: u32) -> Option<&AttrPath> {
        self.paths.get(place as usize)
    }

    fn place<'s, 'p: 's>(
        &mut self,
        steps: impl IntoIterator<Item = &'s StepRef<'p>, IntoIter: Clone>,
    ) -> u32 {
        let steps = steps.into_iter();
        self.bytes.clear();
        for step in steps.clone() {
            match step {
                StepRef::Key(key) => {
                    self.bytes.push(b'.');
                    self.bytes.extend_from_slice(&key.len().to_le_bytes());
                    self.bytes.extend_from_slice(key.as_bytes());
                }
                StepRef::Index(index) => {
                    self.bytes.push(b'[');
                    self.bytes.extend_from_slice(&index.to_le_bytes());
                }
            }
        }
        if let Some(place) = self.places.get(self.bytes.as_slice()) {
            return *place;
        }
        let place = u32::try_from(self.paths.len()).unwrap_or(u32::MAX);
        self.paths.push(steps.map(Step::from).collect());
        self.places.insert(self.bytes.as_slice().into(), place);
        place
    }
}

/// How many references are remembered: those of neighbouring modules, which lead to the same.
const KNOWN: usize = 1 << 14;

impl<'plan> Written<'plan> {
    /// Adds an expression, whose leads `add` adds.
    fn add(&mut self, path: u32, add: impl FnOnce(&mut Vec<Lead<'plan>>) -> Form) {
        let before = self.leads.len();
        let form = add(&mut self.leads);
        self.expressions.push(Expression { path, form, leads: self.leads.len() - before });
    }
}

/// Adds what an expression refers to. `None` if it cannot be read.
fn add_leads<'plan>(
    leaf: &Leaf<'plan>,
    templates: &Templates,
    leads: &mut Vec<Lead<'plan>>,
) -> Option<Form> {
    let before = leads.len();
    let added = match leaf {
        Leaf::Template(json) => add_names_of_template(*json, leads),
        Leaf::References(list) => add_names_of_list(*list, leads).map(|()| Form::Plain),
    };
    added.or_else(|| {
        leads.truncate(before);
        let referred = leaf.references(templates)?;
        leads.extend(referred.references().iter().cloned().map(Lead::Parsed));
        let is_composed = matches!(leaf, Leaf::Template(_)) && !referred.is_lone();
        Some(if is_composed { Form::Composed } else { Form::Plain })
    })
}

/// Adds the references of a template. `None` if it holds more than text and names.
fn add_names_of_template<'plan>(json: Json<'plan>, leads: &mut Vec<Lead<'plan>>) -> Option<Form> {
    let text = json.text();
    for at in memchr::memchr3_iter(b'$', b'%', b'\\', text) {
        let rest = text.get(at..)?;
        match rest.get(..2)? {
            b"${" => {
                let inner = rest.get(2..)?;
                let names = inner.get(..memchr::memchr(b'}', inner)?)?;
                let names = std::str::from_utf8(names).ok().filter(|names| is_names(names))?;
                leads.push(Lead::Names(names));
                if at == 1 && names.len() + 5 == text.len() {
                    return Some(Form::Plain);
                }
            }
            b"$$" | b"%{" | b"%%" | b"\\u" => return None,
            _ => {}
        }
    }
    Some(Form::Composed)
}

/// Adds the references of a plan's list, without those that only repeat the beginning of another. `None` if they are more
/// than names. A key of the referrer's own leads nowhere; where there is one, it may be that of a resource or a module.
fn add_names_of_list<'plan>(list: Json<'plan>, leads: &mut Vec<Lead<'plan>>) -> Option<()> {
    let texts: Vec<&str> = list.elements().map(Json::plain_text).collect::<Option<_>>()?;
    let repeats = |short: &str| {
        texts.iter().any(|long| long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.')))
    };
    let is_own_key = |text: &str| matches!(text, "count.index" | "each.key");
    let may_be_keyed = texts.iter().any(|text| is_own_key(text));
    for text in texts.iter().copied().filter(|text| !is_own_key(text) && !repeats(text)) {
        let has_no_key = text.starts_with("var.") || text.starts_with("local.");
        if !is_names(text) || (may_be_keyed && !has_no_key) {
            return None;
        }
        leads.push(Lead::Names(text));
    }
    Some(())
}

/// Whether a reference is names with dots between them, and leads to the same things from every instance of a block.
fn is_names(text: &str) -> bool {
    let mut is_first = true;
    let mut dots = 0;
    for byte in text.bytes() {
        let fits = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => true,
            b'0'..=b'9' | b'-' | b'.' => !is_first,
            _ => false,
        };
        if !fits {
            return false;
        }
        is_first = byte == b'.';
        dots += usize::from(is_first);
    }
    dots > 0 && !is_first && !text.starts_with("each.") && !text.starts_with("count.")
}
