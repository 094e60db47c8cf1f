//! What the texts of a resource name: ARNs, URLs and names of the lost region, its buckets, and in a state whatever
//! the texts identify.

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use drstack_plan::{AttrPath, Json, JsonKind, Kind, Resource, State, Step, Value};
use memchr::{memchr, memmem};

use crate::crossing::{Class, Form};
use crate::edges::Finder;
use crate::literal::{self, Literal};
use crate::outage::Outage;
use crate::table;

impl<'plan> Finder<'_, 'plan> {
    /// What the values of a resource name, and what the templates of its unknown values do.
    pub(crate) fn texts(&mut self, resource: Resource<'plan>) {
        for (path, text) in self.naming(resource) {
            self.text(resource, &path, &text);
        }
        for (path, program) in programs(resource) {
            self.text(resource, &path, &program);
        }
        let graph = self.outage.survey.plan.graph();
        graph.composed(resource.index()).for_each(|path| self.composed(resource, path));
        graph.unresolved(resource.index()).for_each(|path| self.unresolved(resource, path));
    }

    /// The strings of a resource that may name something of the lost region, each with its path. Most resources have none,
    /// and a look at their JSON text tells.
    fn naming(&self, resource: Resource<'plan>) -> Vec<(AttrPath, Cow<'plan, str>)> {
        let mut found = Vec::new();
        let State::Known(values) = resource.values().state() else { return found };
        let (json, path) = (values.text(), &mut Vec::new());
        if self.outage.survey.plan.kind() == Kind::State {
            strings(values, path, &|_| true, &mut found);
            return found;
        }
        let names_region = self.region.find(json).is_some();
        let names_bucket = self.buckets.may_be_in(json);
        // An escape may stand for any letter of a name.
        let is_escaped = memchr(b'\\', json).is_some() && memmem::find(json, b"\\u").is_some();
        let is_wanted = |json: &[u8]| {
            (names_region && self.region.find(json).is_some())
                || (names_bucket && self.buckets.may_be_in(json))
                || (is_escaped && memmem::find(json, b"\\u").is_some())
        };
        strings(values, path, &is_wanted, &mut found);
        found
    }

    fn text(&mut self, from: Resource<'plan>, path: &AttrPath, text: &str) {
        for literal in literal::naming(text, &self.outage.name) {
            let is_sensitive = from.values().is_sensitive() && from.at(path).is_sensitive();
            let shown = if is_sensitive { "(sensitive)" } else { literal.text };
            self.literal(from, path, &literal, shown);
        }
        for bucket in self.buckets.named(text) {
            self.bucket(from, path, bucket);
        }
        if self.outage.survey.plan.kind() == Kind::State {
            self.identity(from, path, text);
        }
    }

    /// What a text of a state identifies.
    fn identity(&mut self, from: Resource<'plan>, path: &AttrPath, text: &str) {
        let Outage { survey, lost, .. } = self.outage;
        let named: Vec<_> = survey.plan.identified_by(text).collect();
        // Many ids are names that both regions have: then it is the own region's thing that is named.
        let is_here =
            |named: &Resource<'plan>| *named == from || lost.is_survived_by(survey.site(*named));
        if !named.iter().any(is_here) {
            for target in named {
                self.reference(from, path, target, &AttrPath::root().key("id"));
            }
        }
    }

    fn literal(
        &mut self,
        from: Resource<'plan>,
        path: &AttrPath,
        literal: &Literal<'_>,
        shown: &str,
    ) {
        let by_use = self.of_use(from, path);
        let (class, reason) = match (by_use, literal.form) {
            (Some(judgement), _) => judgement,
            (None, literal::Form::Region) if table::is_environment(path) => (
                Class::Undetermined,
                "the program is told the lost region's name, and what it does with it is not shown",
            ),
            // Names of regions in other places are about replication, or of what the resource itself is.
            (None, literal::Form::Region) => return,
            (None, literal::Form::Host) => {
                (Class::Undetermined, "the name is of a host that may be in the lost region")
            }
            (None, literal::Form::Arn | literal::Form::Endpoint) => {
                table::of_target(literal.resource_type)
                    .unwrap_or((Class::Fatal, "it is not reached while the region is lost"))
            }
        };
        if class > self.least || self.is_shown_by_reference(from, path) {
            return;
        }
        let form = match literal.form {
            literal::Form::Arn => Form::Arn,
            literal::Form::Endpoint | literal::Form::Host => Form::Url,
            literal::Form::Region => Form::Name,
        };
        let mut identified = self.outage.survey.plan.identified_by(literal.text);
        // An event target's `arn` is that of what it calls.
        let is_other = |target: &Resource<'_>| target.exists_after_apply() && *target != from;
        let to = match identified.find(is_other) {
            Some(target) => target.shared_address(),
            None => shown.into(),
        };
        self.report(from, path, to, (class, reason.into()), form);
    }

    /// A bucket of the lost region by its name alone.
    fn bucket(&mut self, from: Resource<'plan>, path: &AttrPath, bucket: Resource<'plan>) {
        if bucket != from && !self.is_shown_by_reference(from, path) {
            let judgement = self.judge(from, path, bucket, &AttrPath::root().key("bucket"));
            self.report(from, path, bucket.shared_address(), judgement, Form::Name);
        }
    }

    /// The text around the references of a value that is not known.
    fn composed(&mut self, from: Resource<'plan>, path: &AttrPath) {
        let by_use = self.of_use(from, path);
        if by_use.is_some_and(|(class, _)| class > self.least) {
            return;
        }
        let Some(template) = from.template(path) else { return };
        // Whatever stands for an expression must be able to stand in an ARN.
        let text = template.render(|_, _| "*".to_owned());
        for literal in literal::naming(&text, &self.outage.name) {
            self.literal(from, path, &literal, literal.text);
        }
    }

    /// A value that is not known and whose expression can't be followed.
    fn unresolved(&mut self, from: Resource<'plan>, expression: &AttrPath) {
        for path in unknown_parts(from, expression) {
            if !table::matters(&path) || self.outage.survey.of_use(from, &path).is_some() {
                continue;
            }
            let references = from.references(&path);
            if references.targets.is_empty() && !references.unresolved.is_empty() {
                let to = references.unresolved.join(", ");
                let reason = "what it refers to can't be followed in this input";
                let judgement = (Class::Undetermined, reason.into());
                self.report(from, &path, to, judgement, Form::Reference);
            }
        }
    }

    /// Whether an expression there refers to something of the lost region: that says more than its text.
    fn is_shown_by_reference(&self, from: Resource<'plan>, path: &AttrPath) -> bool {
        let Outage { survey, lost, .. } = self.outage;
        survey.plan.graph().references(from.index()).any(|(target, edge)| {
            lost.is(survey.places.at(target)) && table::keys(&edge.path).eq(table::keys(path))
        })
    }
}

/// What instances run as they start: the values are encoded, or of instances a hash, so the configuration's constant
/// says more.
fn programs(resource: Resource<'_>) -> Vec<(AttrPath, String)> {
    let mut found = Vec::new();
    for argument in ["user_data", "user_data_base64"] {
        let value = resource.get(argument);
        if value.is_null() {
            continue;
        }
        let path = AttrPath::root().key(argument);
        let constant =
            resource.template(&path).map(|written| written.render(|_, _| "*".to_owned()));
        if let Some(text) = constant.filter(|text| value.as_str().as_deref() != Some(text)) {
            found.push((path.clone(), text));
        }
        let decoded = value.as_str().and_then(|text| BASE64_STANDARD.decode(&*text).ok());
        found.extend(decoded.and_then(|bytes| Some((path, String::from_utf8(bytes).ok()?))));
    }
    found
}

/// Decodes the strings of a JSON text that are in wanted parts of it, each with its path.
fn strings<'a>(
    json: Json<'a>,
    path: &mut Vec<Step>,
    is_wanted: &impl Fn(&[u8]) -> bool,
    found: &mut Vec<(AttrPath, Cow<'a, str>)>,
) {
    if path.len() > DEPTH || !is_wanted(json.text()) {
        return;
    }
    match json.kind() {
        JsonKind::String => {
            found.extend(json.as_str().map(|text| (path.iter().cloned().collect(), text)));
        }
        JsonKind::Array => {
            for (index, element) in json.elements().enumerate() {
                path.push(Step::Index(index));
                strings(element, path, is_wanted, found);
                path.pop();
            }
        }
        JsonKind::Object => {
            for (key, member) in json.members() {
                path.push(Step::Key(key.into_owned()));
                strings(member, path, is_wanted, found);
                path.pop();
            }
        }
        JsonKind::Null | JsonKind::Bool | JsonKind::Number => {}
    }
}

/// How deep values are followed: deeper than the provider's blocks nest.
const DEPTH: usize = 64;

/// The unknown values that an expression makes: the one that it is written in, or those that it holds.
fn unknown_parts(resource: Resource<'_>, expression: &AttrPath) -> Vec<AttrPath> {
    let mut found = Vec::new();
    let mut path = AttrPath::root();
    for step in expression.steps() {
        if resource.at(&path).is_unknown() {
            return vec![path];
        }
        path = match step {
            Step::Key(key) => path.key(key.as_str()),
            Step::Index(index) => path.index(*index),
        };
    }
    add_unknown(resource.at(&path), path, &mut found);
    found
}

fn add_unknown(value: Value<'_>, path: AttrPath, found: &mut Vec<AttrPath>) {
    match value.state() {
        State::Unknown => found.push(path),
        State::Known(json) if path.steps().len() <= DEPTH => match json.kind() {
            JsonKind::Array => {
                for (index, element) in value.elements().enumerate() {
                    add_unknown(element, path.clone().index(index), found);
                }
            }
            JsonKind::Object => {
                for (key, member) in value.entries() {
                    add_unknown(member, path.clone().key(key.into_owned()), found);
                }
            }
            JsonKind::Null | JsonKind::Bool | JsonKind::Number | JsonKind::String => {}
        },
        State::Known(_) | State::Null => {}
    }
}
