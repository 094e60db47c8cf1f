//! The edges into the lost region: references, and what texts name.

use std::collections::{HashMap, HashSet};

use drstack_plan::{AttrPath, Kind, Mode, Plan, Resource, State, Step, TemplatePart, Value};

use crate::drill::{Class, Crossing, Form};
use crate::literal::{self, Literal};
use crate::place::{self, Place};
use crate::table;
use crate::walk::Walk;

/// What an edge means and why.
type Judgement = (Class, String);

pub(crate) fn find<'plan>(
    plan: &'plan Plan<'plan>,
    walk: &Walk<'plan>,
    lost: &str,
) -> Vec<Crossing> {
    let mut finder = Finder {
        plan,
        walk,
        lost,
        buckets: buckets(plan, lost),
        crossings: Vec::new(),
        control_planes: HashSet::new(),
    };
    for &resource in &walk.reached {
        // What is only read has run its course by the time the region is lost.
        if resource.mode() == Mode::Managed {
            finder.references(resource);
            finder.texts(resource);
        }
    }
    finder.crossings
}

struct Finder<'walk, 'plan> {
    plan: &'plan Plan<'plan>,
    walk: &'walk Walk<'plan>,
    lost: &'walk str,
    /// The lost region's buckets by name: a bucket's name is all it takes to reach it.
    buckets: HashMap<String, Resource<'plan>>,
    crossings: Vec<Crossing>,
    /// The global resources whose control plane was reported.
    control_planes: HashSet<usize>,
}

impl<'plan> Finder<'_, 'plan> {
    /// What a resource refers to, in a state by value.
    fn references(&mut self, resource: Resource<'plan>) {
        for (target, edge) in self.plan.graph().references(resource.index()) {
            let Some(target) = self.plan.nth(target).filter(|target| target.exists_after_apply())
            else {
                continue;
            };
            self.reference(resource, &edge.path, target, &edge.attribute);
        }
    }

    fn reference(
        &mut self,
        from: Resource<'plan>,
        path: &AttrPath,
        target: Resource<'plan>,
        attribute: &AttrPath,
    ) {
        let judgement = match place::of(self.plan, target) {
            Place::In(region) if region == self.lost => self.judge(from, path, target, attribute),
            Place::In(_) | Place::Global(None) => return,
            Place::Global(Some(home)) if home == self.lost => {
                if !self.control_planes.insert(target.index()) {
                    return;
                }
                let reason = format!(
                    "the control plane is in {home}: what runs goes on, and nothing can be changed"
                );
                (Class::ControlPlaneOnly, reason)
            }
            Place::Global(Some(_)) => return,
            Place::Unknown => match self.judge(from, path, target, attribute) {
                (Class::Fatal | Class::Undetermined, _) => {
                    (Class::Undetermined, "the region of what it leads to is not known".to_owned())
                }
                _ => return,
            },
        };
        self.report(from, path, target.address(), judgement, Form::Reference);
    }

    /// What a reference into the lost region means.
    fn judge(
        &self,
        from: Resource<'plan>,
        path: &AttrPath,
        target: Resource<'plan>,
        attribute: &AttrPath,
    ) -> Judgement {
        if let Some((class, reason)) = table::of_use(from.resource_type(), &plain(path)) {
            return (class, reason.to_owned());
        }
        let first = match attribute.steps().first() {
            Some(Step::Key(key)) => key.as_str(),
            _ => "",
        };
        if table::is_text(first) {
            return (Class::Allowed, "text about it, which leads nowhere".to_owned());
        }
        if let Some(judgement) = self.judge_replicated(from, path, target, first) {
            return judgement;
        }
        match table::of_target(target.resource_type()) {
            Some((class, reason)) => (class, reason.to_owned()),
            None if target.mode() == Mode::Data => {
                (Class::ControlPlaneOnly, "Terraform reads it while it plans".to_owned())
            }
            None => (
                Class::Undetermined,
                format!("what the loss of an {} means is not known", target.resource_type()),
            ),
        }
    }

    /// A store that keeps a replica in the region that asks for it: by the name that all replicas share, or by an ARN
    /// whose region is rewritten.
    fn judge_replicated(
        &self,
        from: Resource<'plan>,
        path: &AttrPath,
        target: Resource<'plan>,
        attribute: &str,
    ) -> Option<Judgement> {
        if !matches!(target.resource_type(), "aws_dynamodb_table" | "aws_secretsmanager_secret") {
            return None;
        }
        let Some(region) = from.region() else {
            return Some((
                Class::Undetermined,
                "the region of the resource is not known".to_owned(),
            ));
        };
        let by_name = match target.resource_type() {
            "aws_dynamodb_table" => matches!(attribute, "name" | "id"),
            _ => attribute == "name",
        };
        match (place::has_replica(target, &region), by_name) {
            (Some(false), _) => None,
            (None, _) => Some((Class::Undetermined, "its replicas are not known".to_owned())),
            (Some(true), true) => Some((
                Class::Allowed,
                format!("all replicas have the name, and there is one in {region}"),
            )),
            (Some(true), false) => match is_rewritten(from, path, target, self.lost, &region) {
                Some(true) => Some((
                    Class::Allowed,
                    format!("the ARN is rewritten to the replica in {region}"),
                )),
                Some(false) => None,
                None => Some((
                    Class::Undetermined,
                    format!("whether the ARN is rewritten to the replica in {region} is not shown"),
                )),
            },
        }
    }

    /// What the values of a resource name, and what the templates of its unknown values do.
    fn texts(&mut self, resource: Resource<'plan>) {
        let values = resource.values();
        let mut found = Vec::new();
        collect(values, AttrPath::root(), &mut found);
        for (path, value) in found {
            match value.as_str() {
                Some(text) => self.text(resource, &path, &text, value.is_sensitive()),
                None => self.unknown(resource, &path),
            }
        }
    }

    fn text(&mut self, from: Resource<'plan>, path: &AttrPath, text: &str, is_sensitive: bool) {
        for literal in literal::naming(text, self.lost) {
            self.literal(from, path, &literal, is_sensitive);
        }
        if let Some(&bucket) = self.buckets.get(text) {
            self.named(from, path, bucket);
        }
        if self.plan.kind() == Kind::State {
            let named: Vec<_> = self.plan.identified_by(text).collect();
            // Many ids are names that both regions have: then it is the own region's thing that is named.
            let is_here =
                |named: &Resource<'plan>| *named == from || survives(self.plan, *named, self.lost);
            if !named.iter().any(is_here) {
                for target in named {
                    self.reference(from, path, target, &AttrPath::root().key("id"));
                }
            }
        }
    }

    fn literal(
        &mut self,
        from: Resource<'plan>,
        path: &AttrPath,
        literal: &Literal<'_>,
        is_sensitive: bool,
    ) {
        if self.is_shown_by_reference(from, path) {
            return;
        }
        let by_use = table::of_use(from.resource_type(), &plain(path));
        let (class, reason) = match (by_use, literal.form) {
            (Some((class, reason)), _) => (class, reason.to_owned()),
            (None, literal::Form::Region) if is_environment(path) => (
                Class::Undetermined,
                "the program is told the lost region's name, and what it does with it is not shown"
                    .to_owned(),
            ),
            // Names of regions in other places are about replication, or of what the resource itself is.
            (None, literal::Form::Region) => return,
            (None, literal::Form::Host) => (
                Class::Undetermined,
                "the name is of a host that may be in the lost region".to_owned(),
            ),
            (None, literal::Form::Arn | literal::Form::Endpoint) => {
                match table::of_target(literal.resource_type) {
                    Some((class, reason)) => (class, reason.to_owned()),
                    None => (Class::Fatal, "it is not reached while the region is lost".to_owned()),
                }
            }
        };
        let form = match literal.form {
            literal::Form::Arn => Form::Arn,
            literal::Form::Endpoint | literal::Form::Host => Form::Url,
            literal::Form::Region => Form::Name,
        };
        let known =
            self.plan.identified_by(literal.text).find(|target| target.exists_after_apply());
        let to = match known {
            Some(target) => target.address(),
            None if is_sensitive => "(sensitive)",
            None => literal.text,
        };
        let to = to.to_owned();
        self.report(from, path, &to, (class, reason), form);
    }

    /// A bucket of the lost region by its name alone.
    fn named(&mut self, from: Resource<'plan>, path: &AttrPath, bucket: Resource<'plan>) {
        if self.is_shown_by_reference(from, path) || bucket == from {
            return;
        }
        let judgement = self.judge(from, path, bucket, &AttrPath::root().key("bucket"));
        self.report(from, path, bucket.address(), judgement, Form::Name);
    }

    /// What is said of a value that is not known: the text around its references, and what cannot be followed.
    fn unknown(&mut self, from: Resource<'plan>, path: &AttrPath) {
        if from.is_configured(path) != Some(true) {
            return;
        }
        let template = from.template(path);
        if let Some(template) = &template {
            // Whatever stands for an expression must be able to stand in an ARN.
            let text = template.render(|_, _| "*".to_owned());
            for literal in literal::naming(&text, self.lost) {
                self.literal(from, path, &literal, false);
            }
        }
        let references = from.references(path);
        let is_open = !references.unresolved.is_empty() && references.targets.is_empty();
        if is_open && table::of_use(from.resource_type(), &plain(path)).is_none() && matters(path) {
            let to = references.unresolved.join(", ");
            let reason = "what it refers to can't be followed in this input".to_owned();
            self.report(from, path, &to, (Class::Undetermined, reason), Form::Reference);
        }
    }

    /// Whether an expression there refers to something of the lost region: that says more than its text.
    fn is_shown_by_reference(&self, from: Resource<'plan>, path: &AttrPath) -> bool {
        self.plan.graph().references(from.index()).any(|(target, edge)| {
            let target = self.plan.nth(target).map(|target| place::of(self.plan, target));
            let is_lost = matches!(target, Some(Place::In(region)) if region == self.lost);
            is_lost && (plain(&edge.path) == plain(path))
        })
    }

    fn report(
        &mut self,
        from: Resource<'plan>,
        path: &AttrPath,
        to: &str,
        judgement: Judgement,
        form: Form,
    ) {
        let (class, reason) = judgement;
        let mut trail = self.walk.trail(from);
        trail.push(to.to_owned());
        self.crossings.push(Crossing {
            class,
            form,
            from: from.address().to_owned(),
            path: path.to_string(),
            to: to.to_owned(),
            reason,
            trail,
        });
    }
}

/// Whether the ARN of a replicated thing is rewritten to the region that asks. `None` if the input does not show it.
fn is_rewritten(
    from: Resource<'_>,
    path: &AttrPath,
    target: Resource<'_>,
    lost: &str,
    region: &str,
) -> Option<bool> {
    if let Some(text) = from.at(path).as_str() {
        return Some(!literal::names(&text, lost) && literal::names(&text, region));
    }
    let template = from.template(path)?;
    let mut is_rewritten = None;
    for part in &template.parts {
        let TemplatePart::Reference { source, references } = part else { continue };
        if !references.targets.iter().any(|found| found.resource == target) {
            continue;
        }
        let rewrites = source.starts_with("replace(")
            && source
                .find(lost)
                .is_some_and(|at| source.get(at..).is_some_and(|rest| rest.contains(region)));
        if !rewrites {
            // A function whose arguments are no constants may do it.
            return if source.contains('(') { None } else { Some(false) };
        }
        is_rewritten = Some(true);
    }
    is_rewritten
}

/// The strings and the unknown parts of a value, each with its path.
fn collect<'a>(value: Value<'a>, path: AttrPath, found: &mut Vec<(AttrPath, Value<'a>)>) {
    match value.state() {
        State::Null => {}
        State::Unknown => found.push((path, value)),
        State::Known(_) if value.as_str().is_some() => found.push((path, value)),
        State::Known(json) => {
            if json.kind() == drstack_plan::JsonKind::Array {
                for (index, element) in value.elements().enumerate() {
                    collect(element, path.clone().index(index), found);
                }
            } else {
                for (key, member) in value.entries() {
                    collect(member, path.clone().key(key.into_owned()), found);
                }
            }
        }
    }
}

fn survives<'plan>(plan: &'plan Plan<'plan>, resource: Resource<'plan>, lost: &str) -> bool {
    matches!(place::of(plan, resource), Place::In(region) if region != lost)
}

/// The lost region's buckets by name.
fn buckets<'plan>(plan: &'plan Plan<'plan>, lost: &str) -> HashMap<String, Resource<'plan>> {
    let buckets = plan.resources().filter(|resource| resource.resource_type() == "aws_s3_bucket");
    let lost = buckets
        .filter(|bucket| matches!(place::of(plan, *bucket), Place::In(region) if region == lost));
    lost.filter_map(|bucket| Some((bucket.get("bucket").as_str()?.into_owned(), bucket))).collect()
}

/// A path without indices, as the tables write it.
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

/// Whether an attribute is given to a program.
fn is_environment(path: &AttrPath) -> bool {
    matches!(
        plain(path).split('.').next(),
        Some("environment" | "container_definitions" | "user_data")
    )
}

/// Whether an attribute could lead anywhere: names, sizes and switches don't.
fn matters(path: &AttrPath) -> bool {
    let plain = plain(path);
    let last = plain.rsplit('.').next().unwrap_or_default();
    is_environment(path)
        || [
            "arn", "arns", "url", "uri", "endpoint", "policy", "key_id", "kms_key", "image",
            "bucket", "layers",
        ]
        .iter()
        .any(|word| last == *word || last.ends_with(&format!("_{word}")))
}
