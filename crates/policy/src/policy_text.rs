//! The JSON text of the policies in a plan. What is not known of it is marked, as [`template`] does.
//!
//! A policy is a known text; or a template, of which configurations and plans of JSON syntax keep the text around
//! what is not known; or it comes from a `data.aws_iam_policy_document`, whose blocks say what it will be. Of an
//! expression in native syntax (`jsonencode(…)`) a plan keeps only the references: it stays unknown.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use std::borrow::Cow;

use drstack_plan::{
    AttrPath, Json as Written, JsonKind, Mode, References, Resource, State, Step, Target,
    TemplatePart, Value,
};
use serde_json::{Map, Value as Json, json};

use crate::iam::arn;
use crate::iam::template::{self, IDENTIFIER, OPAQUE, Part, UNKNOWN};
use crate::tables::global;
use crate::tables::policy_documents::{self, Form};

/// A policy's text.
pub(crate) struct PolicyText<'plan> {
    /// JSON, with marks in it.
    pub(crate) text: Text<'plan>,
    /// Whether any of it is sensitive: to be judged, never shown.
    pub(crate) sensitive: bool,
    /// The resources that led to it.
    pub(crate) evidence: Vec<Resource<'plan>>,
    /// Of a document that others are merged into: the documents that each statement came through, behind `evidence`.
    sources: Vec<Vec<Resource<'plan>>>,
}

/// A text as it stands in the input, or made of what does.
pub(crate) enum Text<'plan> {
    /// A JSON string, not decoded yet: most are spelled as one that was judged already.
    Written(Written<'plan>),
    /// Put together.
    Made(String),
}

/// How a text is spelled. Texts of one spelling are equal; one text may be spelled in different ways.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Spelling<'a> {
    /// As a JSON string.
    Escaped(&'a [u8]),
    /// As it is.
    Plain(&'a str),
}

impl<'plan> Text<'plan> {
    /// The text; `None` where it is no Unicode.
    pub(crate) fn read(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Written(json) => json.as_str(),
            Self::Made(text) => Some(Cow::Borrowed(text)),
        }
    }

    pub(crate) fn spelling(&self) -> Spelling<'_> {
        match self {
            Self::Written(json) => Spelling::Escaped(json.text()),
            Self::Made(text) => Spelling::Plain(text),
        }
    }

    fn of(value: Value<'plan>) -> Option<Self> {
        match value.state() {
            State::Known(json) if json.kind() == JsonKind::String => Some(Self::Written(json)),
            State::Known(_) | State::Unknown | State::Null => None,
        }
    }
}

impl<'plan> PolicyText<'plan> {
    fn new(text: Text<'plan>, sensitive: bool) -> Self {
        Self { text, sensitive, evidence: Vec::new(), sources: Vec::new() }
    }

    /// The resources that led to one of its statements, the document that holds it last.
    pub(crate) fn evidence_of(&self, statement: usize) -> impl Iterator<Item = Resource<'plan>> {
        self.evidence.iter().chain(self.sources.get(statement).into_iter().flatten()).copied()
    }
}

/// How many resources may lie between an argument and its text.
const HOPS: usize = 8;

/// The text of the policy at a path; `None` where nothing shows what it will be.
pub(crate) fn policy_text<'plan>(
    resource: Resource<'plan>,
    path: &AttrPath,
) -> Option<PolicyText<'plan>> {
    find(resource, path, HOPS)
}

/// The text at a path that holds no policy, but a part of one, such as an ARN or a principal.
pub(crate) fn marked_text(resource: Resource<'_>, path: &AttrPath) -> String {
    if let Some(text) = resource.at(path).as_text() {
        return text.into_owned();
    }
    match resource.template(path) {
        Some(template) => {
            let mark = |source: &str, references: &References<'_>| {
                String::from(if is_name(source, references) { IDENTIFIER } else { UNKNOWN })
            };
            template.render(mark)
        }
        None if is_arn(&resource.references(path)) => String::from(IDENTIFIER),
        None => String::from(UNKNOWN),
    }
}

fn find<'plan>(
    resource: Resource<'plan>,
    path: &AttrPath,
    hops: usize,
) -> Option<PolicyText<'plan>> {
    let value = resource.at(path);
    let sensitive = value.is_sensitive();
    if let Some(text) = Text::of(value) {
        return Some(PolicyText::new(text, sensitive));
    }
    if !value.is_unknown() {
        return None;
    }
    let hops = hops.checked_sub(1)?;
    let Some(template) = resource.template(path) else {
        return follow(&resource.references(path), hops);
    };
    if let [TemplatePart::Reference { references, .. }] = template.parts.as_slice() {
        return follow(references, hops);
    }
    let parts = template.parts.iter().map(|part| match part {
        TemplatePart::Text(text) => Part::Literal(text),
        TemplatePart::Reference { source, references } if is_name(source, references) => {
            Part::Identifier
        }
        TemplatePart::Reference { .. } => Part::Unknown,
    });
    let text = Text::Made(template::join(parts));
    Some(PolicyText::new(text, sensitive))
}

/// The one text that all of the references lead to.
fn follow<'plan>(references: &References<'plan>, hops: usize) -> Option<PolicyText<'plan>> {
    if !references.unresolved.is_empty() || !references.variables.is_empty() {
        return None;
    }
    let mut texts = references.targets.iter().map(|target| of_target(target, hops));
    let first = texts.next()??;
    let is_first = |other: PolicyText<'_>| {
        other.text.spelling() == first.text.spelling() || other.text.read() == first.text.read()
    };
    texts.all(|other| other.is_some_and(is_first)).then_some(first)
}

fn of_target<'plan>(target: &Target<'plan>, hops: usize) -> Option<PolicyText<'plan>> {
    let Target { resource, attribute, .. } = target;
    let mut found = if is_document(*resource) {
        // A lone reference in a list seems to be that list: `json[0]`. Of `….github[each.key].json` a plan of native syntax
        // keeps what stands before the brackets: a policy is made of nothing else of a document than its text.
        (attribute.is_root() || matches!(last_key(attribute), Some("json" | "minified_json")))
            .then(|| document(*resource, hops))?
    } else {
        let name = attribute.to_string();
        let mut arguments = policy_documents::of(resource.resource_type());
        arguments.find(|argument| argument.form == Form::Document && argument.path == name)?;
        find(*resource, attribute, hops)?
    };
    found.evidence.insert(0, *resource);
    Some(found)
}

fn is_document(resource: Resource<'_>) -> bool {
    resource.mode() == Mode::Data && resource.resource_type() == "aws_iam_policy_document"
}

/// The text that a `data.aws_iam_policy_document` will give.
///
/// <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document>
fn document(data: Resource<'_>, hops: usize) -> PolicyText<'_> {
    let sensitive = data.values().is_sensitive();
    if let Some(text) = Text::of(data.get("json")) {
        return PolicyText::new(text, sensitive);
    }
    let mut assembly = Assembly { data, hops, statements: Vec::new(), merged: Vec::new() };
    assembly.others("source_json");
    assembly.others("source_policy_documents");
    for (index, block) in data.get("statement").elements().enumerate() {
        let statement = assembly.statement(block, &AttrPath::root().key("statement").index(index));
        assembly.add(statement, Vec::new());
    }
    assembly.others("override_json");
    assembly.others("override_policy_documents");
    let (statements, sources): (Vec<Json>, _) = assembly.statements.into_iter().unzip();
    let text = Text::Made(json!({ "Statement": statements }).to_string());
    PolicyText { sources, ..PolicyText::new(text, sensitive) }
}

/// Puts the statements of a document together, out of blocks and of other documents.
struct Assembly<'plan> {
    data: Resource<'plan>,
    hops: usize,
    /// Each with the other documents that it came through.
    statements: Vec<(Json, Vec<Resource<'plan>>)>,
    /// The other documents whose statements are among these.
    merged: Vec<Resource<'plan>>,
}

impl<'plan> Assembly<'plan> {
    /// A statement takes the place of an earlier one of its name.
    fn add(&mut self, statement: Json, sources: Vec<Resource<'plan>>) {
        let name = statement.get("Sid").and_then(Json::as_str).filter(|name| !name.is_empty());
        let same = |(other, _): &&mut (Json, _)| {
            name.is_some() && other.get("Sid").and_then(Json::as_str) == name
        };
        match self.statements.iter_mut().find(same) {
            Some(other) => *other = (statement, sources),
            None => self.statements.push((statement, sources)),
        }
    }

    fn add_all(&mut self, document: &PolicyText<'plan>) {
        let text = document.text.read();
        let statements = match text
            .and_then(|text| serde_json::from_str::<Json>(&text).ok())
            .and_then(|mut text| text.get_mut("Statement").map(Json::take))
        {
            Some(Json::Array(statements)) => statements,
            Some(statement) => vec![statement],
            None => vec![opaque()],
        };
        for (index, statement) in statements.into_iter().enumerate() {
            self.add(statement, document.evidence_of(index).collect());
        }
    }

    /// The statements of the documents that an argument names.
    fn others(&mut self, argument: &str) {
        let path = AttrPath::root().key(argument);
        let value = self.data.get(argument);
        let in_list = value.len().is_some() && !argument.ends_with("_json");
        for (index, element) in value.elements().enumerate() {
            let path = if in_list { path.clone().index(index) } else { path.clone() };
            match Text::of(element) {
                Some(text) if text.read().is_some_and(|text| text.is_empty()) => {}
                Some(text) => self.add_all(&PolicyText::new(text, element.is_sensitive())),
                None if element.is_null() => {}
                None => self.referenced(&path),
            }
        }
    }

    /// The statements of the documents that a path refers to. Of a list in native syntax a plan keeps the references
    /// together: each unknown element seems to refer to all of them.
    fn referenced(&mut self, path: &AttrPath) {
        let references = match self.data.template(path).map(|template| template.parts) {
            Some(parts) => match <[_; 1]>::try_from(parts) {
                Ok([TemplatePart::Reference { references, .. }]) => references,
                _ => return self.add(opaque(), Vec::new()),
            },
            None => self.data.references(path),
        };
        let complete = references.unresolved.is_empty() && references.variables.is_empty();
        if !complete || references.targets.is_empty() {
            self.add(opaque(), Vec::new());
        }
        for target in &references.targets {
            if self.merged.contains(&target.resource) {
                continue;
            }
            self.merged.push(target.resource);
            match self.hops.checked_sub(1).and_then(|hops| of_target(target, hops)) {
                Some(document) => self.add_all(&document),
                None => self.add(opaque(), Vec::new()),
            }
        }
    }

    fn statement(&self, block: Value<'_>, path: &AttrPath) -> Json {
        if block.is_unknown() {
            return opaque();
        }
        let mut statement = Map::new();
        if let Some(name) = block.get("sid").as_text() {
            statement.insert("Sid".to_owned(), name.into());
        }
        statement.insert("Effect".to_owned(), optional(block.get("effect"), "Allow", UNKNOWN));
        for (argument, element) in [("actions", "Action"), ("not_actions", "NotAction")] {
            let texts = self.texts(block.get(argument), &path.clone().key(argument), is_arn);
            statement.extend(texts.map(|texts| (element.to_owned(), texts)));
        }
        let is_resource =
            |references: &References<'_>| is_resource(references, block.get("actions"));
        for (argument, element) in [("resources", "Resource"), ("not_resources", "NotResource")] {
            let texts = self.texts(block.get(argument), &path.clone().key(argument), is_resource);
            statement.extend(texts.map(|texts| (element.to_owned(), texts)));
        }
        for (argument, element) in [("principals", "Principal"), ("not_principals", "NotPrincipal")]
        {
            let principals = self.principals(block.get(argument), &path.clone().key(argument));
            statement.extend(principals.map(|principals| (element.to_owned(), principals)));
        }
        let conditions = self.conditions(block.get("condition"), &path.clone().key("condition"));
        statement.extend(conditions.map(|conditions| ("Condition".to_owned(), conditions)));
        Json::Object(statement)
    }

    fn principals(&self, blocks: Value<'_>, path: &AttrPath) -> Option<Json> {
        let mut principals: Map<String, Json> = Map::new();
        for (index, block) in blocks.elements().enumerate() {
            let path = path.clone().index(index).key("identifiers");
            let identifiers = self.texts(block.get("identifiers"), &path, is_principal);
            let Some(of_type) = block.get("type").as_text() else { return Some(opaque()) };
            // The type `*` with the identifier `*` is everyone.
            let of_type = if of_type == "*" { "AWS".to_owned() } else { of_type.into_owned() };
            extend(&mut principals, of_type, identifiers.unwrap_or_else(|| json!([])));
        }
        (!principals.is_empty()).then_some(Json::Object(principals))
    }

    fn conditions(&self, blocks: Value<'_>, path: &AttrPath) -> Option<Json> {
        let mut conditions: Map<String, Json> = Map::new();
        for (at, block) in blocks.elements().enumerate() {
            let path = path.clone().index(at).key("values");
            let values = self.texts(block.get("values"), &path, is_any_name);
            let text = |argument| block.get(argument).as_text().map(Cow::into_owned);
            let operator = text("test").unwrap_or_else(|| String::from(OPAQUE));
            // Keys that are not known may differ: their values are not alternatives.
            let key = text("variable").unwrap_or_else(|| format!("{OPAQUE}{at}"));
            let keys = conditions.entry(operator).or_insert_with(|| json!({}));
            if let Some(keys) = keys.as_object_mut() {
                extend(keys, key, values.unwrap_or_else(|| json!([])));
            }
        }
        (!conditions.is_empty()).then_some(Json::Object(conditions))
    }

    /// A list's texts, each with its marks. Nothing is known of the elements of a list that is unknown as a whole.
    fn texts(
        &self,
        list: Value<'_>,
        path: &AttrPath,
        is_name: impl Fn(&References<'_>) -> bool,
    ) -> Option<Json> {
        if list.is_unknown() {
            return Some(json!([OPAQUE.to_string()]));
        }
        let text = |(index, element): (usize, Value<'_>)| match element.as_text() {
            Some(text) => text.into_owned(),
            None => {
                let path = path.clone().index(index);
                let references = self.data.references(&path);
                if self.data.template(&path).is_none() && is_name(&references) {
                    String::from(IDENTIFIER)
                } else {
                    marked_text(self.data, &path)
                }
            }
        };
        let texts: Vec<String> = list.elements().enumerate().map(text).collect();
        (!texts.is_empty()).then(|| json!(texts))
    }
}

/// Adds the texts to those that are there under the key.
fn extend(object: &mut Map<String, Json>, key: String, texts: Json) {
    match (object.get_mut(&key), texts) {
        (Some(Json::Array(there)), Json::Array(texts)) => there.extend(texts),
        (_, texts) => {
            object.insert(key, texts);
        }
    }
}

fn opaque() -> Json {
    Json::String(String::from(OPAQUE))
}

fn optional(value: Value<'_>, default: &str, unknown: char) -> Json {
    match value.as_text() {
        Some(text) => text.into(),
        None if value.is_unknown() => Json::String(String::from(unknown)),
        None => default.into(),
    }
}

/// Whether an interpolation gives one name: it is a reference to one, and no function or choice puts more into it.
fn is_name(source: &str, references: &References<'_>) -> bool {
    !edited(source).contains(['(', '?'])
        && references.variables.is_empty()
        && references.unresolved.is_empty()
        && !references.targets.is_empty()
        && references.targets.iter().all(|target| names_something(&target.attribute))
}

/// What a function edits that puts known text into it without wildcards; any other expression as it is.
fn edited(source: &str) -> &str {
    let arguments = ["replace(", "trimprefix(", "trimsuffix("]
        .iter()
        .find_map(|function| source.strip_prefix(function)?.strip_suffix(')')?.split_once(','));
    // Every other piece between quotes is a literal.
    let are_harmless = |literals: &str| {
        literals.split('"').enumerate().all(|(index, piece)| match index % 2 {
            0 => piece.chars().all(|it| it == ',' || it.is_whitespace()),
            _ => !piece.contains(['*', '?', '$', '%', '\\']),
        })
    };
    match arguments {
        Some((text, literals)) if are_harmless(literals) => text,
        _ => source,
    }
}

/// Whether what is unknown of an expression of which only the references are kept can only be an ARN, with text
/// before or behind it: an ARN within is preceded by nothing, so that nothing widens it but its own end.
fn is_arn(references: &References<'_>) -> bool {
    unknown_parts_are(references, |target| names_arn(&target.attribute))
}

/// Whether what is unknown of an expression in the `Resource` of some actions, of which only the references are kept, names
/// one resource.
///
/// Of `aws_s3_bucket.all[each.key].arn` a plan keeps `aws_s3_bucket.all`: it may be the ARN, or a name in an ARN that is put
/// together. Where no ARN that the actions go with names a region, nothing around a name can widen it.
fn is_resource(references: &References<'_>, actions: Value<'_>) -> bool {
    unknown_parts_are(references, |target| {
        names_arn(&target.attribute)
            || (may_be_arn(target) && have_no_region(actions, target.resource.resource_type()))
    })
}

/// Whether what is unknown of a principal, of which only the references are kept, names one: a principal is known by its
/// whole name, and no attribute of IAM's own types is an account.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
fn is_principal(references: &References<'_>) -> bool {
    unknown_parts_are(references, |target| {
        names_arn(&target.attribute)
            || (may_be_arn(target) && target.resource.resource_type().starts_with("aws_iam_"))
    })
}

/// Whether it is a name of something that has an ARN, or any of its attributes.
fn may_be_arn(target: &Target<'_>) -> bool {
    target.resource.mode() == Mode::Managed
        && !target.resource.get("arn").is_null()
        && (is_lost(&target.attribute) || names_something(&target.attribute))
}

/// Whether no region stands in the ARNs of a type, nor in any other that the actions go with: those of buckets, and of
/// services that an account has once.
///
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>
fn have_no_region(actions: Value<'_>, of_type: &str) -> bool {
    let mut services = actions.elements().map(|action| {
        action.as_str()?.split_once(':').map(|(service, _)| service.to_ascii_lowercase())
    });
    !actions.is_empty()
        && services.all(|service| match service {
            Some(service) if of_type == "aws_s3_bucket" => service == "s3",
            Some(service) => global::home(of_type).is_some() && arn::is_global(&service),
            None => false,
        })
}

/// Whether what is unknown of an expression of which only the references are kept are names.
fn is_any_name(references: &References<'_>) -> bool {
    unknown_parts_are(references, |target| names_something(&target.attribute))
}

/// What is known, as variables are in a plan, is not what makes the expression unknown.
fn unknown_parts_are(references: &References<'_>, is: impl Fn(&Target<'_>) -> bool) -> bool {
    let is_known = |target: &&Target<'_>| {
        let value = target.resource.at(&target.attribute);
        !is_lost(&target.attribute) && matches!(value.state(), State::Known(_))
    };
    let mut unknown = references.targets.iter().filter(|target| !is_known(target)).peekable();
    references.unresolved.is_empty() && unknown.peek().is_some() && unknown.all(is)
}

fn names_arn(attribute: &AttrPath) -> bool {
    last_key(attribute).is_some_and(|key| key == "arn" || key.ends_with("_arn"))
}

/// Whether an attribute is a name that a service or a provider gives, in which no wildcard can be.
fn names_something(attribute: &AttrPath) -> bool {
    const NAMES: [&str; 9] =
        ["account_id", "arn", "bucket", "dns_suffix", "id", "name", "partition", "region", "url"];
    last_key(attribute).is_some_and(|key| {
        NAMES.contains(&key) || ["_arn", "_id", "_name"].iter().any(|end| key.ends_with(end))
    })
}

/// Whether a plan does not show which attribute it is: it stood behind brackets.
fn is_lost(attribute: &AttrPath) -> bool {
    last_key(attribute).is_none()
}

fn last_key(attribute: &AttrPath) -> Option<&str> {
    attribute.steps().iter().rev().find_map(|step| match step {
        Step::Key(key) => Some(key.as_str()),
        Step::Index(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_that_add_no_wildcard_are_seen_through() {
        for (source, text) in [
            (r#"replace(a.b.arn, ":us-east-1:", ":us-east-2:")"#, "a.b.arn"),
            (r#"trimprefix(a.b.url, "https://")"#, "a.b.url"),
            ("a.b.arn", "a.b.arn"),
        ] {
            assert_eq!(edited(source), text);
        }
        for other in [
            r#"replace(a.b.arn, "x", "*")"#,
            r#"replace(a.b.arn, "x", local.any)"#,
            r#"replace(a.b.arn, "x", "${local.any}")"#,
            r#"coalesce(a.b.arn, "x")"#,
            r#"replace(lower(a.b.arn), "x", "*")"#,
        ] {
            assert_eq!(edited(other), other);
        }
    }
}
