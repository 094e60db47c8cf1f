//! What attributes refer to.

use std::borrow::Cow;
use std::cell::Cell;

use foldhash::HashSet;

use crate::address::InstanceKey;
use crate::expression::{Expr, Part, RefStep, Reference, Template as Parsed};
use crate::index::Identities;
use crate::json::{Json, JsonKind, write_string};
use crate::meta_arguments::Repetition;
use crate::path::{AttrPath, Step};
use crate::plan::{Kind, Plan, Resource};
use crate::record::Texts;
use crate::resolve::ModuleInstance;
use crate::source::{Body, Leaf, Source, Written};
use crate::value::Value;

/// What the expression of an attribute leads to, through modules, variables, outputs and local values.
#[derive(Debug, Clone, Default)]
pub struct References<'plan> {
    /// Resource instances.
    pub targets: Vec<Target<'plan>>,
    /// Root variables.
    pub variables: Vec<String>,
    /// What could not be followed: a local value in a plan made from native syntax, the output of a module whose
    /// source is not part of the input. Where this is not empty, the other two lists may lack something.
    pub unresolved: Vec<String>,
    /// What the outputs on the way wait for by their `depends_on`: it is there before the value is.
    pub awaited: Vec<Resource<'plan>>,
}

/// A resource instance that an attribute refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target<'plan> {
    /// The instance referred to.
    pub resource: Resource<'plan>,
    /// The attribute referred to; the root if the whole resource is, or if the input does not say.
    pub attribute: AttrPath,
    /// The variables, outputs and local values on the way, nearest to the referrer first.
    pub via: Vec<String>,
}

/// A string that is put together from text and references: a policy document before its ARNs are known.
#[derive(Debug, Clone)]
pub struct Template<'plan> {
    /// The parts in order. References to known values are text already.
    pub parts: Vec<TemplatePart<'plan>>,
}

/// A part of a [`Template`].
#[derive(Debug, Clone)]
pub enum TemplatePart<'plan> {
    /// Text that stands for itself.
    Text(String),
    /// An expression whose value is not known.
    Reference {
        /// The expression as written; shortened where it is part of a larger one.
        source: String,
        /// What it refers to.
        references: References<'plan>,
    },
}

impl References<'_> {
    /// Whether the expression refers to nothing at all.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty() && self.variables.is_empty() && self.unresolved.is_empty()
    }
}

impl<'plan> Template<'plan> {
    /// The whole text, with `placeholder` standing in for what is not known; it gets the expression and what that
    /// refers to. If the text is to be read as JSON, the placeholder must be fit for the inside of a JSON string.
    pub fn render(
        &self,
        mut placeholder: impl FnMut(&str, &References<'plan>) -> String,
    ) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                TemplatePart::Text(literal) => text.push_str(literal),
                TemplatePart::Reference { source, references } => {
                    text.push_str(&placeholder(source, references));
                }
            }
        }
        text
    }
}

impl<'plan> Resource<'plan> {
    /// What the configuration's expression at a path, above it or below it refers to.
    ///
    /// A state holds no expressions: there, known strings at the path that are another resource's `arn` or `id`
    /// count as references to that resource.
    pub fn references(self, path: &AttrPath) -> References<'plan> {
        let mut found = References::default();
        match self.block() {
            Some(block) => {
                if let Some(written) = block.body.at(path) {
                    let resolver = Resolver::new(self.plan);
                    resolver.expression(written, &self.scope(), &mut Trail::default(), &mut found);
                }
            }
            None if self.plan.kind == Kind::State => by_value(self, path, &mut found),
            None => {}
        }
        found
    }

    /// The resource instances of the configuration's `depends_on`.
    pub fn depends_on(self) -> References<'plan> {
        let mut found = References::default();
        let list = self.block().and_then(|block| block.meta.depends_on);
        for text in list.into_iter().flat_map(Json::elements).filter_map(Json::as_str) {
            Resolver::new(self.plan).dependency(&text, &self.scope(), &mut found);
        }
        found
    }

    /// The template at a path, for strings that are not known but whose making is: in configurations, and in plans
    /// made from JSON syntax. `None` where nothing is written or the input does not show how.
    pub fn template(self, path: &AttrPath) -> Option<Template<'plan>> {
        let (source, []) = self.block()?.body.at(path)? else { return None };
        Resolver::new(self.plan).template(source, self.scope())
    }

    /// The [`template`](Self::template) at a path, or where the variables and local values lead to that hand on the text or
    /// the map that it is in. Its expressions stand in the module that it is written in.
    pub fn traced_template(self, path: &AttrPath) -> Option<Template<'plan>> {
        let (source, scope) = self.traced(path)?;
        Resolver::new(self.plan).template(source, scope)
    }

    /// The keys of the map that is written at a path, or where the variables and local values lead to that hand it on, in
    /// its order, as they are written: a key may be a template itself. With [`traced_template`](Self::traced_template) they
    /// show what stands in a map of a plan that is unknown as a whole, because one of its values is. `None` where an
    /// expression makes the map, and where the input does not show what is written: in states, and in plans made from
    /// native syntax for maps with any expression in them.
    pub fn written_keys(self, path: &AttrPath) -> Option<Vec<Cow<'plan, str>>> {
        let json = self.traced(path)?.0.written()?.json();
        (json.kind() == JsonKind::Object).then(|| json.members().map(|(key, _)| key).collect())
    }

    /// Where what stands at a path is written, and in which scope.
    fn traced(self, path: &AttrPath) -> Option<(Source<'plan>, Scope<'plan>)> {
        let (source, rest) = self.block()?.body.at(path)?;
        Resolver::new(self.plan).trace(source, rest.iter().cloned().collect(), self.scope())
    }

    pub(crate) fn scope(self) -> Scope<'plan> {
        let address = self.record.address.as_ref();
        let key = address.get(self.record.parts.group().end..).unwrap_or_default();
        let repetition = self.block().map(|block| block.meta.repetition).unwrap_or_default();
        Scope { instance: self.origin().module as usize, key: Cow::Borrowed(key), repetition }
    }
}

/// In a state: known strings that identify another resource.
fn by_value<'plan>(resource: Resource<'plan>, path: &AttrPath, found: &mut References<'plan>) {
    let mut trail = Trail::default();
    for value in resource.at(path).elements() {
        let Some(text) = value.as_str() else { continue };
        for target in resource.plan.identified_by(&text).filter(|target| *target != resource) {
            found.add(target, AttrPath::root(), &mut trail);
        }
    }
}

/// Where an expression stands: in which module instance, in which instance of a block or a call.
#[derive(Clone)]
pub(crate) struct Scope<'plan> {
    pub(crate) instance: usize,
    /// The instance key as addresses write it; empty without one.
    pub(crate) key: Cow<'plan, str>,
    pub(crate) repetition: Repetition<'plan>,
}

impl Scope<'_> {
    /// Outside of any block, in a module instance.
    pub(crate) fn of_instance(instance: usize) -> Self {
        Self { instance, key: Cow::Borrowed(""), repetition: Repetition::Once }
    }
}

/// The way that led to an expression, and where it need not lead again.
#[derive(Default)]
pub(crate) struct Trail {
    via: Vec<String>,
    /// What was followed already, by module instance, own key and reference. Going there again, by a cycle or by a
    /// second reference to the same local value, finds nothing new.
    seen: HashSet<(usize, String, String)>,
    /// What was found already.
    found: HashSet<(usize, AttrPath)>,
}

/// How many hops a reference may take: more than modules nest, and a bound on recursion.
pub(crate) const HOPS: usize = 48;

/// How many references may still be followed to put one text together.
pub(crate) struct Allowance(Cell<u32>);

impl Default for Allowance {
    fn default() -> Self {
        Self(Cell::new(256))
    }
}

impl Allowance {
    fn take(&self) -> Option<()> {
        self.0.set(self.0.get().checked_sub(1)?);
        Some(())
    }
}

impl<'plan> References<'plan> {
    fn add(&mut self, resource: Resource<'plan>, attribute: AttrPath, trail: &mut Trail) {
        if trail.found.insert((resource.index(), attribute.clone())) {
            self.targets.push(Target { resource, attribute, via: trail.via.clone() });
        }
    }

    fn add_unresolved(&mut self, text: String) {
        if !self.unresolved.contains(&text) {
            self.unresolved.push(text);
        }
    }
}

/// Follows references.
#[derive(Clone, Copy)]
pub(crate) struct Resolver<'plan> {
    plan: &'plan Plan<'plan>,
}

impl<'plan> Resolver<'plan> {
    pub(crate) fn new(plan: &'plan Plan<'plan>) -> Self {
        Self { plan }
    }

    /// Follows what is written at a path, above or below it.
    pub(crate) fn expression(
        self,
        (source, rest): Written<'plan, '_>,
        scope: &Scope<'plan>,
        trail: &mut Trail,
        found: &mut References<'plan>,
    ) {
        let mut leaves = Vec::new();
        source.visit(&mut |_, leaf| leaves.push(leaf));
        for leaf in leaves {
            match leaf.references(&self.plan.configuration.templates) {
                Some(referred) if referred.is_lone() && !rest.is_empty() => {
                    for reference in referred.references() {
                        self.follow(&reference.clone().followed_by(rest), scope, trail, found);
                    }
                }
                Some(referred) => {
                    for reference in referred.references() {
                        self.follow(reference, scope, trail, found);
                    }
                }
                None => found.add_unresolved("an expression that could not be read".to_owned()),
            }
        }
    }

    /// Follows one element of `depends_on`.
    pub(crate) fn dependency(
        self,
        text: &str,
        scope: &Scope<'plan>,
        found: &mut References<'plan>,
    ) {
        let text = text
            .trim()
            .strip_prefix("${")
            .and_then(|inner| inner.strip_suffix('}'))
            .unwrap_or(text);
        match Reference::parse(text) {
            Ok(reference) => match self.whole(&reference, scope) {
                Some(resources) => resources.into_iter().for_each(|resource| {
                    found.add(resource, AttrPath::root(), &mut Trail::default());
                }),
                None => self.follow(&reference, scope, &mut Trail::default(), found),
            },
            Err(_) => found.add_unresolved(text.to_owned()),
        }
    }

    /// The resource instances of a block, or all those inside the instances of a module call: what `depends_on` names.
    fn whole(self, reference: &Reference, scope: &Scope<'plan>) -> Option<Vec<Resource<'plan>>> {
        let named = match reference.name(0)? {
            "module" => {
                let (children, _) = self.children(reference, scope)?;
                let paths = children.into_iter().filter_map(|child| self.instance(child));
                let paths: Vec<&str> = paths.map(|instance| instance.path.as_str()).collect();
                let inside = |resource: &Resource<'plan>| {
                    let mut rests =
                        paths.iter().filter_map(|path| resource.module().strip_prefix(path));
                    rests.any(|rest| rest.is_empty() || rest.starts_with('.'))
                };
                return Some(self.plan.all_resources().filter(inside).collect());
            }
            "var" | "local" | "each" | "count" | "path" | "terraform" | "tofu" | "self" => {
                return None;
            }
            "data" | "ephemeral" => 3,
            _ => 2,
        };
        Some(self.resources(reference, named, scope)?.0)
    }

    pub(crate) fn follow(
        self,
        reference: &Reference,
        scope: &Scope<'plan>,
        trail: &mut Trail,
        found: &mut References<'plan>,
    ) {
        if trail.via.len() >= HOPS {
            return found.add_unresolved(reference.to_string());
        }
        if matches!(reference.name(0), Some("var" | "local" | "module" | "each"))
            && !trail.seen.insert((
                scope.instance,
                scope.key.clone().into_owned(),
                reference.to_string(),
            ))
        {
            return;
        }
        let outcome = match reference.name(0) {
            Some("var") => self.follow_variable(reference, scope, trail, found),
            Some("local") => self.follow_local(reference, scope, trail, found),
            Some("module") => self.follow_module(reference, scope, trail, found),
            Some("each") if reference.name(1) == Some("value") => {
                self.follow_each(reference, scope, trail, found)
            }
            Some("each" | "count" | "path" | "terraform" | "tofu" | "self") => Some(()),
            Some("data" | "ephemeral") => self.follow_resource(reference, 3, scope, trail, found),
            _ => self.follow_resource(reference, 2, scope, trail, found),
        };
        if outcome.is_none() {
            found.add_unresolved(reference.to_string());
        }
    }

    fn follow_variable(
        self,
        reference: &Reference,
        scope: &Scope<'plan>,
        trail: &mut Trail,
        found: &mut References<'plan>,
    ) -> Option<()> {
        let name = reference.name(1)?;
        let instance = self.instance(scope.instance)?;
        if instance.parent.is_none() {
            if !found.variables.iter().any(|known| known == name) {
                found.variables.push(name.to_owned());
            }
            return Some(());
        }
        let (arguments, outer) = self.call_of(instance)?;
        let path = AttrPath::root().key(name).join(&attribute_path(reference, 2));
        if let Some(written) = arguments.at(&path) {
            trail.via.push(dotted(&instance.path, &format!("var.{name}")));
            self.expression(written, &outer, trail, found);
            trail.via.pop();
        }
        Some(())
    }

    fn follow_local(
        self,
        reference: &Reference,
        scope: &Scope<'plan>,
        trail: &mut Trail,
        found: &mut References<'plan>,
    ) -> Option<()> {
        let name = reference.name(1)?;
        let instance = self.instance(scope.instance)?;
        let local = *self.plan.configuration.modules.get(instance.module?)?.locals.get(name)?;
        let scope = Scope {
            instance: scope.instance,
            key: Cow::Borrowed(""),
            repetition: Repetition::Once,
        };
        if let Some(written) = local.at(&attribute_path(reference, 2)) {
            trail.via.push(dotted(&instance.path, &format!("local.{name}")));
            self.expression(written, &scope, trail, found);
            trail.via.pop();
        }
        Some(())
    }

    fn follow_module(
        self,
        reference: &Reference,
        scope: &Scope<'plan>,
        trail: &mut Trail,
        found: &mut References<'plan>,
    ) -> Option<()> {
        let (children, from) = self.children(reference, scope)?;
        for child in children {
            let instance = self.instance(child)?;
            let module = self.plan.configuration.modules.get(instance.module?)?;
            let wanted = reference.name(from);
            if wanted.is_some_and(|wanted| !module.outputs.contains_key(wanted)) {
                return None;
            }
            let path = attribute_path(reference, from + 1);
            for (name, output) in module
                .outputs
                .iter()
                .filter(|(name, _)| wanted.is_none_or(|wanted| **name == *wanted))
            {
                let scope =
                    Scope { instance: child, key: Cow::Borrowed(""), repetition: Repetition::Once };
                let awaited = output.depends_on.into_iter().flat_map(Json::elements);
                for text in awaited.filter_map(Json::as_str) {
                    let awaited = Reference::parse(&text).ok();
                    match awaited.and_then(|awaited| self.whole(&awaited, &scope)) {
                        Some(awaited) => found.awaited.extend(awaited),
                        None => found.add_unresolved(text.into_owned()),
                    }
                }
                let Some(value) = output.value else {
                    found.add_unresolved(reference.to_string());
                    continue;
                };
                if let Some(written) = value.at(&path) {
                    trail.via.push(dotted(&instance.path, name));
                    self.expression(written, &scope, trail, found);
                    trail.via.pop();
                }
            }
        }
        Some(())
    }

    fn follow_each(
        self,
        reference: &Reference,
        scope: &Scope<'plan>,
        trail: &mut Trail,
        found: &mut References<'plan>,
    ) -> Option<()> {
        // A plan leaves out what is neither constant nor refers to anything: `toset(["a", "b"])`.
        if matches!(scope.repetition, Repetition::Once) && !scope.key.is_empty() {
            return Some(());
        }
        let source = scope.repetition.source()?;
        let path = own_element(scope).join(&attribute_path(reference, 2));
        let whole = Scope {
            instance: scope.instance,
            key: scope.key.clone(),
            repetition: Repetition::Once,
        };
        if let Some(written) = source.at(&path) {
            trail.via.push("each.value".to_owned());
            self.expression(written, &whole, trail, found);
            trail.via.pop();
        }
        Some(())
    }

    fn follow_resource(
        self,
        reference: &Reference,
        named: usize,
        scope: &Scope<'plan>,
        trail: &mut Trail,
        found: &mut References<'plan>,
    ) -> Option<()> {
        let (targets, attribute) = self.resources(reference, named, scope)?;
        for target in targets {
            found.add(target, attribute.clone(), trail);
        }
        Some(())
    }

    /// The resource instances that a reference names, and the attribute. `None` if there is no such block.
    pub(crate) fn resources(
        self,
        reference: &Reference,
        named: usize,
        scope: &Scope<'plan>,
    ) -> Option<(Vec<Resource<'plan>>, AttrPath)> {
        let instance = self.instance(scope.instance)?;
        let names: Vec<_> = (0..named).map(|step| reference.name(step)).collect::<Option<_>>()?;
        let block = names.join(".");
        let group = dotted(&instance.path, &block);
        let mut instances = self.plan.instances(&group).peekable();
        let first = instances.peek().copied();
        let declared = instance.module.and_then(|module| {
            let configuration = &self.plan.configuration;
            configuration
                .blocks
                .get(*configuration.modules.get(module)?.blocks.get(block.as_str())?)
        });
        if first.is_none() && declared.is_none() {
            return None;
        }
        let all = || instances.collect();
        let with_key =
            |key: &str| self.plan.resource(&format!("{group}{key}")).map(|only| vec![only]);
        let repeated = first.is_some_and(|first| first.address() != group)
            || declared.is_some_and(|block| !matches!(block.meta.repetition, Repetition::Once));
        let has_text_keys = first.is_some_and(|first| first.address().ends_with("\"]"));
        let (chosen, from) = match reference.steps.get(named) {
            // No key of these: a place in a list that the expression makes of them.
            Some(RefStep::Key(InstanceKey::Number(_))) if has_text_keys => (all(), named + 1),
            // An instance without key stands for an unknown number of them.
            Some(RefStep::Key(key)) if repeated => {
                (with_key(&key.to_string()).or_else(|| with_key("")).unwrap_or_default(), named + 1)
            }
            Some(RefStep::Same) => (with_key(&scope.key).unwrap_or_else(all), named + 1),
            Some(RefStep::Any) => (all(), named + 1),
            _ => (all(), named),
        };
        Some((chosen, attribute_path(reference, from)))
    }

    /// What is written at a path below a source, or at the far end of the lone references that stand there instead.
    fn trace(
        self,
        mut source: Source<'plan>,
        mut rest: AttrPath,
        mut scope: Scope<'plan>,
    ) -> Option<(Source<'plan>, Scope<'plan>)> {
        for _ in 0..HOPS {
            let handed_on = self
                .lone_reference(source)
                .and_then(|only| self.handed_on(&only.keyed(&scope.key), &scope));
            let Some((whole, path, outer)) = handed_on else {
                return rest.is_root().then_some((source, scope));
            };
            let path = path.join(&rest);
            let (written, below) = whole.at(&path)?;
            (source, rest, scope) = (written, below.iter().cloned().collect(), outer);
        }
        None
    }

    /// The reference that is all of what is written here, which native syntax does not tell: it keeps none of the functions.
    fn lone_reference(self, source: Source<'plan>) -> Option<Reference> {
        let Leaf::Template(json) = source.leaf()? else { return None };
        self.plan.configuration.templates.parse(json).ok()?.template().lone()?.as_reference()
    }

    /// What a variable of a module or a local value holds, the path that a reference has below it, and the scope.
    fn handed_on(
        self,
        reference: &Reference,
        scope: &Scope<'plan>,
    ) -> Option<(Source<'plan>, AttrPath, Scope<'plan>)> {
        let instance = self.instance(scope.instance)?;
        let name = reference.name(1)?;
        let path = attribute_path(reference, 2);
        if path.steps().len() + 2 < reference.steps.len() {
            return None;
        }
        match reference.name(0)? {
            "var" => {
                let (arguments, outer) = self.call_of(instance)?;
                Some((arguments.argument(name)?, path, outer))
            }
            "local" => {
                let module = self.plan.configuration.modules.get(instance.module?)?;
                Some((*module.locals.get(name)?, path, Scope::of_instance(scope.instance)))
            }
            "each" if name == "value" => {
                let path = own_element(scope).join(&path);
                Some((scope.repetition.source()?, path, Scope::of_instance(scope.instance)))
            }
            _ => None,
        }
    }

    /// The template that a source is, if it is one.
    fn template(self, source: Source<'plan>, scope: Scope<'plan>) -> Option<Template<'plan>> {
        let Source::Document(json) = source.written()? else { return None };
        if json.kind() != JsonKind::String {
            return None;
        }
        let parsed = self.plan.configuration.templates.parse(json).ok()?;
        let mut builder = TemplateBuilder { resolver: self, scope, parts: Vec::new() };
        builder.parts(&parsed.template().parts);
        Some(Template { parts: builder.parts })
    }

    /// The module instances that a reference to a module's output names, and where the output's name is.
    fn children(self, reference: &Reference, scope: &Scope<'plan>) -> Option<(Vec<usize>, usize)> {
        let all = self.instance(scope.instance)?.children.get(reference.name(1)?)?;
        let with_key = |key: &str| all.by_key.get(key).map(|only| vec![*only]);
        Some(match reference.steps.get(2) {
            // An instance without key stands for an unknown number of them.
            Some(RefStep::Key(key)) => {
                (with_key(&key.to_string()).or_else(|| with_key("")).unwrap_or_default(), 3)
            }
            Some(RefStep::Same) => {
                (with_key(&scope.key).unwrap_or_else(|| all.in_order.clone()), 3)
            }
            Some(RefStep::Any) => (all.in_order.clone(), 3),
            _ => (all.in_order.clone(), 2),
        })
    }

    /// The arguments that a module instance was called with, and the scope that they are written in.
    fn call_of(self, instance: &ModuleInstance) -> Option<(&'plan Body<'plan>, Scope<'plan>)> {
        let (outer, name) =
            self.plan.configuration.modules.get(instance.module?)?.parent.as_ref()?;
        let call = self.plan.configuration.modules.get(*outer)?.calls.get(name)?;
        let key = Cow::Owned(key_text(instance.key.as_ref()));
        Some((
            &call.arguments,
            Scope { instance: instance.parent?, key, repetition: call.meta.repetition },
        ))
    }

    fn instance(self, at: usize) -> Option<&'plan ModuleInstance> {
        self.plan.modules.instances.get(at)
    }

    /// The known text of an expression, if all of it is known and none of it sensitive.
    ///
    /// Of an expression in native syntax plan JSON keeps only the references: where there is just one, the expression
    /// is taken to be that reference. Callers must check that the outcome is of the kind that they look for.
    pub(crate) fn text(
        self,
        (source, rest): Written<'plan, '_>,
        scope: &Scope<'plan>,
        allowance: &Allowance,
    ) -> Option<String> {
        if let (Some(constant), []) = (source.constant(), rest) {
            return Value::known(constant).as_text().map(|text| match constant.kind() {
                JsonKind::String => {
                    Parsed::parse(&text).map(|parsed| parsed.literal()).unwrap_or_default()
                }
                _ => text.into_owned(),
            });
        }
        match source.leaf()? {
            Leaf::Template(json) => {
                let parsed = self.plan.configuration.templates.parse(json).ok()?;
                let template = parsed.template();
                if let Some(only) = template.lone() {
                    return self.text_of(&only.as_reference()?.followed_by(rest), scope, allowance);
                }
                let parts = template.parts.iter().map(|part| match part {
                    Part::Text(text) => Some(text.clone()),
                    Part::Interpolation { expression, .. } => {
                        self.text_of(&expression.as_reference()?, scope, allowance)
                    }
                    Part::Directive(_) => None,
                });
                if rest.is_empty() { parts.collect() } else { None }
            }
            leaf @ Leaf::References(_) => {
                let referred = leaf.references(&self.plan.configuration.templates)?;
                let mut named =
                    referred.references().iter().filter(|reference| !reference.is_own_key());
                let only = named.next().filter(|_| referred.is_lone())?;
                self.text_of(&only.clone().followed_by(rest), scope, allowance)
            }
        }
    }

    /// The known text of what a reference leads to.
    pub(crate) fn text_of(
        self,
        reference: &Reference,
        scope: &Scope<'plan>,
        allowance: &Allowance,
    ) -> Option<String> {
        allowance.take()?;
        let reference = &reference.keyed(&scope.key);
        let instance = self.instance(scope.instance)?;
        let module = instance.module.and_then(|module| self.plan.configuration.modules.get(module));
        let here = Scope {
            instance: scope.instance,
            key: Cow::Borrowed(""),
            repetition: Repetition::Once,
        };
        match reference.name(0)? {
            "var" => {
                let name = reference.name(1)?;
                let path = attribute_path(reference, 2);
                if instance.parent.is_none() {
                    return printable(self.plan.variable(name)?.at(&path));
                }
                let (arguments, outer) = self.call_of(instance)?;
                let argument = AttrPath::root().key(name);
                if arguments.covers(&argument) {
                    return self.text(arguments.at(&argument.join(&path))?, &outer, allowance);
                }
                let declaration =
                    module?.variables.get(name).filter(|declaration| !declaration.sensitive)?;
                printable(Value::known(declaration.default?).at(&path))
            }
            "local" => {
                let path = attribute_path(reference, 2);
                let local = module?.locals.get(reference.name(1)?)?;
                self.text(local.at(&path)?, &here, allowance)
            }
            "module" => {
                let (children, from) = self.children(reference, scope)?;
                let [child] = children.as_slice() else { return None };
                let outputs =
                    &self.plan.configuration.modules.get(self.instance(*child)?.module?)?.outputs;
                let output =
                    outputs.get(reference.name(from)?).filter(|output| !output.sensitive)?;
                let inside = Scope { instance: *child, ..here };
                let path = attribute_path(reference, from + 1);
                self.text(output.value?.at(&path)?, &inside, allowance)
            }
            "each" if reference.name(1) == Some("value") => {
                let path = own_element(scope).join(&attribute_path(reference, 2));
                self.text(scope.repetition.source()?.at(&path)?, &here, allowance)
            }
            "each" | "count" => match crate::address::instance_key(&scope.key)? {
                InstanceKey::Number(number) => Some(number.to_string()),
                InstanceKey::Text(text) => Some(text),
            },
            "path" | "terraform" | "tofu" | "self" => None,
            root => {
                let named = if matches!(root, "data" | "ephemeral") { 3 } else { 2 };
                let (targets, attribute) = self.resources(reference, named, scope)?;
                let [target] = targets.as_slice() else { return None };
                printable(target.at(&attribute))
            }
        }
    }
}

fn printable(value: Value<'_>) -> Option<String> {
    value.as_text().filter(|_| !value.is_sensitive()).map(Cow::into_owned)
}

/// The path of the scope's own element in its `for_each`.
fn own_element(scope: &Scope<'_>) -> AttrPath {
    match crate::address::instance_key(&scope.key) {
        Some(InstanceKey::Text(key)) => AttrPath::root().key(key),
        _ => AttrPath::root(),
    }
}

fn key_text(key: Option<&InstanceKey>) -> String {
    key.map(InstanceKey::to_string).unwrap_or_default()
}

pub(crate) fn dotted(module: &str, rest: &str) -> String {
    if module.is_empty() { rest.to_owned() } else { format!("{module}.{rest}") }
}

/// What a reference says below the thing that it names, as an attribute path, as far as it is certain.
fn attribute_path(reference: &Reference, from: usize) -> AttrPath {
    let steps = reference.steps.get(from..).unwrap_or_default();
    steps
        .iter()
        .map_while(|step| match step {
            RefStep::Name(name) => Some(Step::Key(name.clone())),
            RefStep::Key(InstanceKey::Text(key)) => Some(Step::Key(key.clone())),
            RefStep::Key(InstanceKey::Number(index)) => {
                usize::try_from(*index).ok().map(Step::Index)
            }
            RefStep::Same | RefStep::Any => None,
        })
        .collect()
}

impl Reference {
    /// The reference with the instance's own key in the place of `count.index` and `each.key`.
    fn keyed(&self, key: &str) -> Cow<'_, Self> {
        let holds_own = self.steps.iter().any(|step| matches!(step, RefStep::Same));
        let Some(own) = crate::address::instance_key(key).filter(|_| holds_own) else {
            return Cow::Borrowed(self);
        };
        let keyed = |step: &RefStep| match step {
            RefStep::Same => RefStep::Key(own.clone()),
            step => step.clone(),
        };
        Cow::Owned(Self { steps: self.steps.iter().map(keyed).collect() })
    }

    /// The reference with what is asked for below it.
    fn followed_by(mut self, rest: &[Step]) -> Self {
        self.steps.extend(rest.iter().map(|step| match step {
            Step::Key(key) => RefStep::Key(InstanceKey::Text(key.clone())),
            Step::Index(index) => RefStep::Key(InstanceKey::Number(*index as u64)),
        }));
        self
    }
}

/// Turns a parsed template into parts with resolved references.
struct TemplateBuilder<'plan> {
    resolver: Resolver<'plan>,
    scope: Scope<'plan>,
    parts: Vec<TemplatePart<'plan>>,
}

impl<'plan> TemplateBuilder<'plan> {
    fn parts(&mut self, parts: &[Part]) {
        for part in parts {
            match part {
                Part::Text(text) => self.push(text),
                Part::Interpolation { expression: Expr::Call(function, arguments), .. }
                    if function == "jsonencode" =>
                {
                    arguments.iter().for_each(|argument| self.json(argument));
                }
                Part::Interpolation { expression, source } => {
                    self.interpolation(expression, source);
                }
                Part::Directive(expressions) => {
                    let references = expressions.iter().flat_map(Expr::references).collect();
                    self.unknown("%{…}", references);
                }
            }
        }
    }

    fn interpolation(&mut self, expression: &Expr, source: &str) {
        match self.known(expression) {
            Some(text) => self.push(&text),
            None => self.unknown(source, expression.references()),
        }
    }

    /// Writes an argument of `jsonencode` as the JSON that it will be, unknown values as strings.
    fn json(&mut self, expression: &Expr) {
        match expression {
            Expr::Null => self.push("null"),
            Expr::Bool(truth) => self.push(if *truth { "true" } else { "false" }),
            Expr::Number(number) => self.push(number),
            Expr::List(items) => {
                self.push("[");
                for (place, item) in items.iter().enumerate() {
                    self.push(if place == 0 { "" } else { "," });
                    self.json(item);
                }
                self.push("]");
            }
            Expr::Object(entries) => {
                self.push("{");
                for (place, (key, value)) in entries.iter().enumerate() {
                    self.push(if place == 0 { "" } else { "," });
                    match key {
                        Expr::Traversal(name, operators) if operators.is_empty() => {
                            self.quoted(name);
                        }
                        key => self.json(key),
                    }
                    self.push(":");
                    self.json(value);
                }
                self.push("}");
            }
            Expr::Template(template) => {
                self.push("\"");
                for part in &template.parts {
                    match part {
                        Part::Text(text) => self.escaped(text),
                        Part::Interpolation { expression, source } => {
                            match self.known(expression) {
                                Some(text) => self.escaped(&text),
                                None => self.unknown(source, expression.references()),
                            }
                        }
                        Part::Directive(expressions) => {
                            self.unknown(
                                "%{…}",
                                expressions.iter().flat_map(Expr::references).collect(),
                            );
                        }
                    }
                }
                self.push("\"");
            }
            Expr::Access(inner, operators) if operators.is_empty() => self.json(inner),
            expression => match self.known(expression) {
                Some(text) => self.quoted(&text),
                None => {
                    self.push("\"");
                    let references = expression.references();
                    let named = references.iter().filter(|reference| !reference.is_own_key());
                    let named = named.map(Reference::to_string).collect::<Vec<_>>().join(", ");
                    // What a function or a choice makes of its references must not look like one of them.
                    let lone = expression.as_reference().is_some();
                    let source = if lone { named } else { format!("…({named})") };
                    self.unknown(&source, references);
                    self.push("\"");
                }
            },
        }
    }

    fn known(&self, expression: &Expr) -> Option<String> {
        self.resolver.text_of(&expression.as_reference()?, &self.scope, &Allowance::default())
    }

    fn unknown(&mut self, source: &str, references: Vec<Reference>) {
        let mut found = References::default();
        for reference in references {
            self.resolver.follow(&reference, &self.scope, &mut Trail::default(), &mut found);
        }
        self.parts.push(TemplatePart::Reference { source: source.to_owned(), references: found });
    }

    fn quoted(&mut self, text: &str) {
        self.push("\"");
        self.escaped(text);
        self.push("\"");
    }

    fn escaped(&mut self, text: &str) {
        let mut quoted = String::new();
        write_string(text, &mut quoted);
        self.push(quoted.get(1..quoted.len() - 1).unwrap_or_default());
    }

    fn push(&mut self, text: &str) {
        match self.parts.last_mut() {
            _ if text.is_empty() => {}
            Some(TemplatePart::Text(last)) => last.push_str(text),
            _ => self.parts.push(TemplatePart::Text(text.to_owned())),
        }
    }
}

impl Plan<'_> {
    /// The resources whose known `arn` or `id` is this text.
    pub fn identified_by(&self, text: &str) -> impl Iterator<Item = Resource<'_>> {
        let identities = self.identities.get_or_init(|| Identities::of(&self.records));
        let matches = move |record: &Texts<'_>| {
            ["arn", "id"].iter().any(|attribute| {
                record.value().get(attribute).as_str().is_some_and(|found| found == text)
            })
        };
        let places: Vec<_> = identities.candidates(text).filter_map(|at| self.nth(at)).collect();
        places.into_iter().filter(move |resource| matches(&resource.record.values))
    }
}
