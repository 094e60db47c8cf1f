//! Working out a configuration's values as far as they are known without a provider.
//!
//! The outcome has the shape that a plan has: for each resource instance an object, and beside it the marks for
//! what is unknown and what is sensitive. What this evaluator does not cover is unknown, never wrong.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};

use foldhash::HashMap;
use rayon::prelude::*;

use crate::address::{InstanceKey, Mode, Parts};
use crate::configuration::{Block, Configuration};
use crate::documents::Loaded;
use crate::error::ReadError;
use crate::expression::{self, Expr, For, Operator, Part, Template};
use crate::functions;
use crate::json::{Json, JsonKind};
use crate::meta_arguments::Repetition;
use crate::plan::{Kind, Plan};
use crate::record::{Action, Record};
use crate::resolve::MOST_KEYS;
use crate::source::Source;
use crate::term::{MOST_TEXT, Term};
use crate::value::Indices;

/// How deep values may depend on each other: a bound on cycles.
const DEPTH: u32 = 64;

/// How many values may be worked out and copied for each of [`PARTS`]. What people write stays far below; beyond that
/// values are unknown.
const STEPS: u64 = 5_000_000;

/// How many instances of modules and resources a configuration may have: far more than anybody deploys.
const MOST_INSTANCES: usize = 500_000;

/// Arguments that Terraform itself reads, and never the provider.
const META_ARGUMENTS: [&str; 9] = [
    "count",
    "for_each",
    "provider",
    "depends_on",
    "lifecycle",
    "provisioner",
    "connection",
    "dynamic",
    "//",
];

/// Parts of names that show an argument to be a secret. Documents come without the provider's schema, which would
/// say so; being wrong here only redacts too much.
const SECRET_NAMES: [&str; 7] = [
    "password",
    "secret_string",
    "secret_binary",
    "secret_key",
    "private_key",
    "auth_token",
    "access_token",
];

/// Into how many parts the blocks are divided, each evaluated on its own: enough to keep processors busy, few enough
/// that what several parts need (a module's variables, say) is not worked out over and over.
const PARTS: usize = 16;

/// Turns a configuration into the plan that would create it all.
pub(crate) fn plan<'a>(loaded: Loaded<'a>) -> Result<Plan<'a>, ReadError> {
    let Loaded { configuration, assignments } = loaded;
    let mut plan = Plan::empty(Kind::Configuration);
    let evaluator = Evaluator::new(&configuration, &assignments);
    plan.records = evaluator.records()?;
    for (name, declaration) in
        configuration.modules.first().into_iter().flat_map(|root| &root.variables)
    {
        let value = evaluator.variable(0, name, DEPTH);
        let value = value.map_or(Term::Unknown, |value| Term::clone(&value));
        let value = value.sensitive_if(declaration.sensitive);
        plan.variables.insert(name.clone().into_owned(), value.texts());
    }
    for (name, output) in configuration.modules.first().into_iter().flat_map(|root| &root.outputs) {
        let scope = Scope::module(0);
        let value =
            output.value.map_or(Term::Null, |source| evaluator.source(source, &scope, DEPTH));
        let value = value.sensitive_if(output.sensitive);
        plan.outputs.insert(name.clone().into_owned(), value.texts());
    }
    plan.configuration = configuration;
    Ok(plan)
}

/// A module instance while evaluating.
#[derive(Clone)]
struct Instance {
    module: usize,
    /// The calling instance and the call's key.
    outer: Option<(usize, Each)>,
}

/// The module instances that were come across.
#[derive(Clone)]
struct Instances {
    all: Vec<Instance>,
    /// Their places by module, calling instance and key.
    entered: HashMap<(usize, usize, Option<InstanceKey>), usize>,
}

/// What `count.index` or `each` stand for.
#[derive(Clone, Default)]
struct Each {
    key: Option<InstanceKey>,
    value: Option<Term>,
}

/// Where an expression is evaluated.
#[derive(Clone)]
struct Scope {
    instance: usize,
    each: Each,
    /// Variables of `for` expressions and of `dynamic` blocks, innermost last.
    bound: Vec<(String, Term)>,
}

impl Each {
    /// It stands for an unknown number of instances.
    fn unknown() -> Self {
        Self { key: None, value: Some(Term::Unknown) }
    }
}

impl Scope {
    fn module(instance: usize) -> Self {
        Self { instance, each: Each::default(), bound: Vec::new() }
    }

    fn with(&self, name: &str, value: Term) -> Self {
        let mut inner = self.clone();
        inner.bound.push((name.to_owned(), value));
        inner
    }
}

/// What was worked out already: variables, local values, outputs and attributes, by module instance and name.
type Known = HashMap<(usize, &'static str, String), Option<Rc<Term>>>;

/// The instances of a block or a call: all of them, or one without key that stands for an unknown number.
struct Repeated {
    all: Vec<Each>,
    /// Their places by key.
    by_key: HashMap<InstanceKey, usize>,
}

/// What is repeated, by its place in the configuration. A module is called from one place.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Repeats {
    Block(usize),
    Module(usize),
}

impl From<Vec<Each>> for Repeated {
    fn from(all: Vec<Each>) -> Self {
        let keys = all.iter().enumerate().filter_map(|(at, each)| Some((each.key.clone()?, at)));
        Self { by_key: keys.collect(), all }
    }
}

struct Evaluator<'c, 'a> {
    configuration: &'c Configuration<'a>,
    assignments: &'c BTreeMap<Cow<'a, str>, Json<'a>>,
    known: RefCell<Known>,
    /// By module instance.
    repeated: RefCell<HashMap<(usize, Repeats), Rc<Repeated>>>,
    /// What is not repeated.
    once: Rc<Repeated>,
    instances: RefCell<Instances>,
    steps: Cell<u64>,
}

impl<'c, 'a> Evaluator<'c, 'a> {
    fn new(
        configuration: &'c Configuration<'a>,
        assignments: &'c BTreeMap<Cow<'a, str>, Json<'a>>,
    ) -> Self {
        let root = Instance { module: 0, outer: None };
        let instances = Instances { all: vec![root], entered: HashMap::default() };
        Self::among(instances, configuration, assignments)
    }

    fn among(
        instances: Instances,
        configuration: &'c Configuration<'a>,
        assignments: &'c BTreeMap<Cow<'a, str>, Json<'a>>,
    ) -> Self {
        Self {
            configuration,
            assignments,
            known: RefCell::default(),
            repeated: RefCell::default(),
            once: Rc::new(Repeated::from(vec![Each::default()])),
            instances: RefCell::new(instances),
            steps: Cell::new(0),
        }
    }

    /// The instances of all resources, module instance by module instance.
    fn records(&self) -> Result<Vec<Record<'a>>, ReadError> {
        let mut blocks = vec![Vec::new(); self.configuration.modules.len()];
        for (number, block) in self.configuration.blocks.iter().enumerate() {
            if let Some(of_module) = blocks.get_mut(block.module) {
                of_module.push((number, block));
            }
        }
        let mut paths = Vec::new();
        self.module_instances(0, "", &mut paths)?;
        let of_instance = |instance| blocks.get(self.module_of(instance)).into_iter().flatten();
        few_enough(paths.iter().map(|(instance, _)| of_instance(*instance).count()).sum())?;
        let work: Vec<(&str, usize, usize, &Block<'a>)> = paths
            .iter()
            .flat_map(|(instance, path)| {
                of_instance(*instance)
                    .map(|(number, block)| (path.as_str(), *instance, *number, *block))
            })
            .collect();
        let (instances, configuration, assignments) =
            (self.instances.borrow().clone(), self.configuration, self.assignments);
        let made = AtomicUsize::new(paths.len());
        let parts: Vec<Result<Vec<_>, ReadError>> = work
            .par_chunks(work.len().div_ceil(PARTS).max(1))
            .with_max_len(1)
            .map(|part| {
                let evaluator = Evaluator::among(instances.clone(), configuration, assignments);
                let mut records = Vec::with_capacity(part.len());
                for &(path, instance, number, block) in part {
                    let repeated = evaluator.repeated(instance, Repeats::Block(number), DEPTH);
                    let before = made.fetch_add(repeated.all.len(), Ordering::Relaxed);
                    few_enough(before + repeated.all.len())?;
                    for each in &repeated.all {
                        records.push(evaluator.record(block, path, instance, each.clone())?);
                    }
                }
                Ok(records)
            })
            .collect();
        let mut records = Vec::with_capacity(work.len());
        for part in parts {
            records.extend(part?);
        }
        Ok(records)
    }

    /// Enters a module instance and those that it calls, each with its path.
    fn module_instances(
        &self,
        instance: usize,
        path: &str,
        paths: &mut Vec<(usize, String)>,
    ) -> Result<(), ReadError> {
        paths.push((instance, path.to_owned()));
        few_enough(paths.len())?;
        let calls = self.configuration.modules.get(self.module_of(instance));
        for (name, call) in calls.into_iter().flat_map(|module| &module.calls) {
            let Some(module) = call.module else { continue };
            for each in &self.repeated(instance, Repeats::Module(module), DEPTH).all {
                let separator = if path.is_empty() { "" } else { "." };
                let suffix = each.key.as_ref().map(InstanceKey::to_string).unwrap_or_default();
                let path = format!("{path}{separator}module.{name}{suffix}");
                let inner = self.enter(module, instance, each.clone());
                self.module_instances(inner, &path, paths)?;
            }
        }
        Ok(())
    }

    fn record(
        &self,
        block: &Block<'a>,
        path: &str,
        instance: usize,
        each: Each,
    ) -> Result<Record<'a>, ReadError> {
        let separator = if path.is_empty() { "" } else { "." };
        let suffix = each.key.as_ref().map(InstanceKey::to_string).unwrap_or_default();
        let address = format!("{path}{separator}{}{suffix}", block.name);
        let parts = Parts::of(&address)
            .ok_or_else(|| ReadError::BadAddress { address: address.clone() })?;
        let scope = Scope { instance, each, bound: Vec::new() };
        let values = self.body(block.body.source().json(), &scope, DEPTH, Level::Resource);
        Ok(Record {
            address: Cow::Owned(address),
            parts,
            action: if block.name.mode == Mode::Managed { Action::Create } else { Action::Read },
            deposed: None,
            entry: &[],
            values: values.texts(),
            indices: Indices::default(),
        })
    }

    fn enter(&self, module: usize, outer: usize, each: Each) -> usize {
        let Instances { all, entered } = &mut *self.instances.borrow_mut();
        *entered.entry((module, outer, each.key.clone())).or_insert_with(|| {
            all.push(Instance { module, outer: Some((outer, each)) });
            all.len() - 1
        })
    }

    /// A copy of a value, unless it is too large or all work is used up.
    fn copy(&self, value: &Term) -> Term {
        self.steps.set(self.steps.get() + value.size());
        if self.steps.get() < STEPS { value.clone() } else { Term::Unknown }
    }

    /// The depth below this one, unless that is too deep or all work is used up.
    fn deeper(&self, depth: u32) -> Option<u32> {
        self.steps.set(self.steps.get() + 1);
        depth.checked_sub(1).filter(|_| self.steps.get() < STEPS)
    }

    fn module_of(&self, instance: usize) -> usize {
        let instances = self.instances.borrow();
        instances.all.get(instance).map(|instance| instance.module).unwrap_or_default()
    }

    /// The instances of a block or a call, worked out once. While they are being worked out they are not known, which
    /// ends cycles.
    fn repeated(&self, instance: usize, what: Repeats, depth: u32) -> Rc<Repeated> {
        let repetition = self.repetition(what).unwrap_or_default();
        if matches!(repetition, Repetition::Once) {
            return Rc::clone(&self.once);
        }
        if let Some(known) = self.repeated.borrow().get(&(instance, what)) {
            return Rc::clone(known);
        }
        let keep = |all: Vec<Each>| {
            let repeated = Rc::new(Repeated::from(all));
            self.repeated.borrow_mut().insert((instance, what), Rc::clone(&repeated));
            repeated
        };
        keep(vec![Each::unknown()]);
        keep(self.repeat(repetition, &Scope::module(instance), depth))
    }

    fn repetition(&self, what: Repeats) -> Option<Repetition<'a>> {
        let Configuration { modules, blocks, .. } = self.configuration;
        match what {
            Repeats::Block(number) => Some(blocks.get(number)?.meta.repetition),
            Repeats::Module(number) => {
                let (outer, call) = modules.get(number)?.parent.as_ref()?;
                Some(modules.get(*outer)?.calls.get(call)?.meta.repetition)
            }
        }
    }

    fn repeat(&self, repetition: Repetition<'a>, scope: &Scope, depth: u32) -> Vec<Each> {
        let unknown = || vec![Each::unknown()];
        match repetition {
            Repetition::Once => vec![Each::default()],
            Repetition::Count(source) => match self.source(source, scope, depth).as_u64() {
                Some(count) if count <= MOST_KEYS => (0..count)
                    .map(|index| Each { key: Some(InstanceKey::Number(index)), value: None })
                    .collect(),
                _ => unknown(),
            },
            Repetition::ForEach(source) => match self.source(source, scope, depth).into_plain() {
                Term::Map(map) => map
                    .into_iter()
                    .map(|(key, value)| Each {
                        key: Some(InstanceKey::Text(key)),
                        value: Some(value),
                    })
                    .collect(),
                Term::List(items) => {
                    let keys: Option<Vec<_>> = items.iter().map(Term::to_text).collect();
                    let each = |key: String| Each {
                        key: Some(InstanceKey::Text(key.clone())),
                        value: Some(Term::Text(key)),
                    };
                    keys.map_or_else(unknown, |keys| {
                        let keys: BTreeSet<_> = keys.into_iter().collect();
                        keys.into_iter().map(each).collect()
                    })
                }
                _ => unknown(),
            },
        }
    }

    /// The arguments and nested blocks of a body.
    fn body(&self, body: Json<'a>, scope: &Scope, depth: u32, level: Level) -> Term {
        let Some(depth) = self.deeper(depth) else { return Term::Unknown };
        let mut values = BTreeMap::new();
        for (key, value) in body.members() {
            if key == "dynamic" {
                self.dynamic(value, scope, depth, &mut values);
            } else if !(key == "//"
                || level == Level::Resource && META_ARGUMENTS.contains(&key.as_ref()))
            {
                let value = self.json(value, scope, depth);
                let value = value.sensitive_if(is_secret(&key));
                values.insert(key.into_owned(), value);
            }
        }
        Term::Map(values)
    }

    /// Adds the blocks that `dynamic` blocks make; if their number is unknown, so are they.
    fn dynamic(
        &self,
        dynamic: Json<'a>,
        scope: &Scope,
        depth: u32,
        values: &mut BTreeMap<String, Term>,
    ) {
        let objects = |json: Json<'a>| match json.kind() {
            JsonKind::Array => json.elements().collect(),
            _ => vec![json],
        };
        for (name, blocks) in objects(dynamic).into_iter().flat_map(Json::members) {
            for block in objects(blocks) {
                let made = self.dynamic_blocks(&name, block, scope, depth);
                match (values.get_mut(name.as_ref()), made) {
                    (Some(Term::List(written)), Some(made)) => written.extend(made),
                    (None, Some(made)) => {
                        values.insert(name.clone().into_owned(), Term::List(made));
                    }
                    (Some(written), Some(mut made)) => {
                        made.insert(0, written.clone());
                        *written = Term::List(made);
                    }
                    (_, None) => {
                        values.insert(name.clone().into_owned(), Term::Unknown);
                    }
                }
            }
        }
    }

    fn dynamic_blocks(
        &self,
        name: &str,
        block: Json<'a>,
        scope: &Scope,
        depth: u32,
    ) -> Option<Vec<Term>> {
        let content = block.get("content").map(|content| content.single().unwrap_or(content))?;
        let iterator = block.get("iterator").and_then(Json::as_str).unwrap_or(Cow::Borrowed(name));
        let each = self.json(block.get("for_each")?, scope, depth).into_plain();
        let blocks = each.entries()?.into_iter().map(|(key, value)| {
            let item =
                Term::Map(BTreeMap::from([("key".to_owned(), key), ("value".to_owned(), value)]));
            self.body(content, &scope.with(&iterator, item), depth, Level::Nested)
        });
        Some(blocks.collect())
    }

    fn source(&self, source: Source<'a>, scope: &Scope, depth: u32) -> Term {
        self.json(source.json(), scope, depth)
    }

    /// A value in JSON syntax: strings are templates, objects and arrays hold more of them.
    fn json(&self, json: Json<'a>, scope: &Scope, depth: u32) -> Term {
        let Some(depth) = self.deeper(depth) else { return Term::Unknown };
        match json.kind() {
            JsonKind::Array => Term::List(
                json.elements().map(|element| self.json(element, scope, depth)).collect(),
            ),
            JsonKind::Object => self.body(json, scope, depth, Level::Nested),
            JsonKind::String => match json.as_str() {
                Some(text) if expression::is_template(&text) => {
                    match self.configuration.templates.parse(json) {
                        Ok(parsed) => self.template(parsed.template(), scope, depth),
                        Err(_) => Term::Unknown,
                    }
                }
                Some(text) => Term::Text(text.into_owned()),
                None => Term::Unknown,
            },
            JsonKind::Null | JsonKind::Bool | JsonKind::Number => Term::literal(json),
        }
    }

    fn template(&self, template: &Template, scope: &Scope, depth: u32) -> Term {
        if let Some(expression) = template.lone() {
            return self.expression(expression, scope, depth);
        }
        let mut text = String::new();
        let mut sensitive = false;
        for part in &template.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Interpolation { expression, .. } => {
                    let value = self.expression(expression, scope, depth);
                    sensitive |= value.is_sensitive();
                    match value.to_text() {
                        Some(value) if text.len() + value.len() <= MOST_TEXT => {
                            text.push_str(&value);
                        }
                        _ => return Term::Unknown.sensitive_if(sensitive),
                    }
                }
                Part::Directive(_) => return Term::Unknown,
            }
        }
        Term::Text(text).sensitive_if(sensitive)
    }

    fn expression(&self, expression: &Expr, scope: &Scope, depth: u32) -> Term {
        let Some(depth) = self.deeper(depth) else { return Term::Unknown };
        let evaluate = |inner: &Expr| self.expression(inner, scope, depth);
        match expression {
            Expr::Null => Term::Null,
            Expr::Bool(truth) => Term::Bool(*truth),
            Expr::Number(number) => Term::Number(number.clone()),
            Expr::Template(template) => self.template(template, scope, depth),
            Expr::Traversal(root, operators) => self.traversal(root, operators, scope, depth),
            Expr::Access(inner, operators) => {
                self.operators(&evaluate(inner), operators, scope, depth)
            }
            Expr::List(items) => Term::List(items.iter().map(evaluate).collect()),
            Expr::Object(entries) => {
                let entries = entries.iter().map(|(key, value)| {
                    let key = match key {
                        Expr::Traversal(name, operators) if operators.is_empty() => {
                            Some(name.clone())
                        }
                        key => evaluate(key).to_text(),
                    };
                    Some((key?, evaluate(value)))
                });
                entries.collect::<Option<_>>().map_or(Term::Unknown, Term::Map)
            }
            Expr::Call(name, arguments) => {
                functions::call(name, arguments.iter().map(evaluate).collect())
            }
            Expr::For(each) => self.comprehension(each, scope, depth).unwrap_or(Term::Unknown),
            Expr::Conditional(parts) => {
                let [condition, yes, no] = parts.as_ref();
                let condition = evaluate(condition);
                let sensitive = condition.is_sensitive();
                match condition.into_plain().as_bool() {
                    Some(true) => evaluate(yes).sensitive_if(sensitive),
                    Some(false) => evaluate(no).sensitive_if(sensitive),
                    None => Term::Unknown,
                }
            }
            Expr::Unary(operator, inner) => functions::unary(*operator, evaluate(inner)),
            Expr::Binary(operator, sides) => {
                let [left, right] = sides.as_ref();
                functions::binary(operator, evaluate(left), evaluate(right))
            }
        }
    }

    fn comprehension(&self, each: &For, scope: &Scope, depth: u32) -> Option<Term> {
        if each.grouped {
            return None;
        }
        let collection = self.expression(&each.collection, scope, depth);
        let sensitive = collection.is_sensitive();
        let mut list = Vec::new();
        let mut map = BTreeMap::new();
        for (key, value) in collection.into_plain().entries()? {
            let inner = match each.names.as_slice() {
                [name] => scope.with(name, value),
                [first, second] => scope.with(first, key).with(second, value),
                _ => return None,
            };
            if let Some(condition) = &each.condition
                && !self.expression(condition, &inner, depth).as_bool()?
            {
                continue;
            }
            let value = self.expression(&each.value, &inner, depth);
            match &each.key {
                Some(key) => {
                    map.insert(self.expression(key, &inner, depth).to_text()?, value);
                }
                None => list.push(value),
            }
        }
        let made = if each.key.is_some() { Term::Map(map) } else { Term::List(list) };
        Some(made.sensitive_if(sensitive))
    }

    fn traversal(&self, root: &str, operators: &[Operator], scope: &Scope, depth: u32) -> Term {
        if let Some((_, value)) = scope.bound.iter().rev().find(|(name, _)| name == root) {
            return self.operators(value, operators, scope, depth);
        }
        let attribute = |place: usize| match operators.get(place) {
            Some(Operator::Attribute(name)) => Some(name.as_str()),
            _ => None,
        };
        let rest = |taken: usize| operators.get(taken..).unwrap_or_default();
        match (root, attribute(0), attribute(1)) {
            ("var", Some(name), _) => self
                .variable(scope.instance, name, depth)
                .map_or(Term::Unknown, |value| self.operators(&value, rest(1), scope, depth)),
            ("local", Some(name), _) => self
                .local(scope.instance, name, depth)
                .map_or(Term::Unknown, |value| self.operators(&value, rest(1), scope, depth)),
            ("count", Some("index"), _) => match &scope.each.key {
                Some(InstanceKey::Number(index)) => Term::Number(index.to_string()),
                _ => Term::Unknown,
            },
            ("each", Some("key"), _) => match &scope.each.key {
                Some(InstanceKey::Text(key)) => Term::Text(key.clone()),
                _ => Term::Unknown,
            },
            ("each", Some("value"), _) => match &scope.each.value {
                Some(value) => self.operators(value, rest(1), scope, depth),
                None => Term::Unknown,
            },
            ("module", Some(name), _) => self.output(name, rest(1), scope, depth),
            ("data" | "ephemeral", Some(kind), Some(name)) => {
                self.resource(&format!("{root}.{kind}.{name}"), rest(2), scope, depth)
            }
            ("path" | "terraform" | "tofu" | "self" | "data" | "ephemeral", _, _) => Term::Unknown,
            (kind, Some(name), _) => {
                self.resource(&format!("{kind}.{name}"), rest(1), scope, depth)
            }
            _ => Term::Unknown,
        }
    }

    /// What operators take out of a value. What is below something sensitive is so, too.
    fn operators(&self, value: &Term, operators: &[Operator], scope: &Scope, depth: u32) -> Term {
        let Some((operator, rest)) = operators.split_first() else { return self.copy(value) };
        let inner = match operator {
            Operator::Attribute(name) => value.member(name),
            Operator::Index(index) => match self.expression(index, scope, depth).into_plain() {
                Term::Text(key) | Term::Number(key) => value.member(&key),
                _ => None,
            },
            Operator::Splat => {
                let items = value.items().map(|items| {
                    items.iter().map(|item| self.operators(item, rest, scope, depth)).collect()
                });
                return items.map_or(Term::Unknown, Term::List).sensitive_if(value.is_sensitive());
            }
        };
        inner
            .map_or(Term::Unknown, |inner| self.operators(inner, rest, scope, depth))
            .sensitive_if(value.is_sensitive())
    }

    /// A variable's value: what the caller passes, else the default.
    fn variable(&self, instance: usize, name: &str, depth: u32) -> Option<Rc<Term>> {
        self.remember(instance, "var", name, || {
            let module = self.configuration.modules.get(self.module_of(instance))?;
            let declaration = module.variables.get(name)?;
            let outer = self
                .instances
                .borrow()
                .all
                .get(instance)
                .and_then(|instance| instance.outer.clone());
            let passed = match outer {
                None => self.assignments.get(name).map(|value| Term::constant(*value)),
                Some((outer, each)) => {
                    let (parent, call) = module.parent.as_ref()?;
                    let call = self.configuration.modules.get(*parent)?.calls.get(call)?;
                    let scope = Scope { instance: outer, each, bound: Vec::new() };
                    call.arguments
                        .argument(name)
                        .map(|argument| self.source(argument, &scope, depth))
                }
            };
            // Defaults are constants: nothing in them is a template.
            let value =
                passed.or_else(|| declaration.default.map(Term::constant)).unwrap_or(Term::Unknown);
            Some(value.sensitive_if(declaration.sensitive))
        })
    }

    fn local(&self, instance: usize, name: &str, depth: u32) -> Option<Rc<Term>> {
        self.remember(instance, "local", name, || {
            let module = self.configuration.modules.get(self.module_of(instance))?;
            Some(self.source(*module.locals.get(name)?, &Scope::module(instance), depth))
        })
    }

    /// Works a value out once. While it is being worked out it is unknown, which ends cycles.
    fn remember(
        &self,
        instance: usize,
        kind: &'static str,
        name: &str,
        work: impl FnOnce() -> Option<Term>,
    ) -> Option<Rc<Term>> {
        let key = (instance, kind, name.to_owned());
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        self.known.borrow_mut().insert(key.clone(), Some(Rc::new(Term::Unknown)));
        let value = work().map(Rc::new);
        self.known.borrow_mut().insert(key, value.clone());
        value
    }

    /// `module.name[key].output…`, the module's name taken already.
    fn output(&self, name: &str, operators: &[Operator], scope: &Scope, depth: u32) -> Term {
        let found = || {
            let call =
                self.configuration.modules.get(self.module_of(scope.instance))?.calls.get(name)?;
            let what = Repeats::Module(call.module?);
            let repeated = self.repeated(scope.instance, what, depth);
            let (each, operators) =
                self.choose(call.meta.repetition, &repeated, operators, scope, depth)?;
            let (Operator::Attribute(wanted), rest) = operators.split_first()? else { return None };
            let output =
                self.configuration.modules.get(call.module?)?.outputs.get(wanted.as_str())?;
            let inside = self.enter(call.module?, scope.instance, each);
            let value = self.remember(inside, "output", wanted, || {
                Some(
                    self.source(output.value?, &Scope::module(inside), depth)
                        .sensitive_if(output.sensitive),
                )
            });
            Some(self.operators(&*value?, rest, scope, depth))
        };
        found().unwrap_or(Term::Unknown)
    }

    /// `type.name[key].attribute…`: what the configuration says about it; what it leaves out the provider fills in.
    fn resource(&self, block: &str, operators: &[Operator], scope: &Scope, depth: u32) -> Term {
        let found = || {
            let module = self.configuration.modules.get(self.module_of(scope.instance))?;
            let number = *module.blocks.get(block)?;
            let block = self.configuration.blocks.get(number)?;
            let repeated = self.repeated(scope.instance, Repeats::Block(number), depth);
            if let Some((Operator::Splat, rest)) = operators.split_first() {
                if repeated.all.iter().any(|each| matches!(each.value, Some(Term::Unknown))) {
                    return None;
                }
                let values = repeated
                    .all
                    .iter()
                    .map(|each| self.attribute(block, each.clone(), rest, scope, depth));
                return values.collect::<Option<_>>().map(Term::List);
            }
            let (each, operators) =
                self.choose(block.meta.repetition, &repeated, operators, scope, depth)?;
            self.attribute(block, each, operators, scope, depth)
        };
        found().unwrap_or(Term::Unknown)
    }

    fn attribute(
        &self,
        block: &Block<'a>,
        each: Each,
        operators: &[Operator],
        scope: &Scope,
        depth: u32,
    ) -> Option<Term> {
        let (Operator::Attribute(name), rest) = operators.split_first()? else { return None };
        if META_ARGUMENTS.contains(&name.as_str()) {
            return None;
        }
        let key = each.key.as_ref().map(InstanceKey::to_string).unwrap_or_default();
        let address = format!("{}{key}.{name}", block.name);
        let value = self.remember(scope.instance, "resource", &address, || {
            let inside = Scope { instance: scope.instance, each, bound: Vec::new() };
            let value = self.source(block.body.argument(name)?, &inside, depth);
            // Null leaves the choice to the provider.
            let value = if value == Term::Null { Term::Unknown } else { value };
            Some(value.sensitive_if(is_secret(name)))
        });
        Some(self.operators(&*value?, rest, scope, depth))
    }

    /// The instance that the operators pick, and the operators after that.
    fn choose<'o>(
        &self,
        repetition: Repetition<'_>,
        repeated: &Repeated,
        operators: &'o [Operator],
        scope: &Scope,
        depth: u32,
    ) -> Option<(Each, &'o [Operator])> {
        if matches!(repetition, Repetition::Once) {
            return Some((repeated.all.first()?.clone(), operators));
        }
        let (Operator::Index(index), rest) = operators.split_first()? else { return None };
        let key = match self.expression(index, scope, depth).into_plain() {
            Term::Text(key) => InstanceKey::Text(key),
            Term::Number(index) => InstanceKey::Number(index.parse().ok()?),
            _ => return None,
        };
        Some((repeated.all.get(*repeated.by_key.get(&key)?)?.clone(), rest))
    }
}

fn few_enough(instances: usize) -> Result<(), ReadError> {
    if instances <= MOST_INSTANCES {
        Ok(())
    } else {
        Err(ReadError::TooMany { limit: MOST_INSTANCES })
    }
}

fn is_secret(name: &str) -> bool {
    // Most names are shorter than any of the parts.
    name.len() >= "password".len() && SECRET_NAMES.iter().any(|part| name.contains(part))
}

/// Which body is being evaluated.
#[derive(Clone, Copy, PartialEq)]
enum Level {
    Resource,
    Nested,
}
