//! Where expressions are written, and what they refer to.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use crate::expression::{self, Reference};
use crate::json::{Json, JsonKind, MemberIndex};
use crate::path::{AttrPath, Step, StepRef};
use crate::templates::{Parsed, Templates};
use crate::value::step_by;

/// All that is written in a block or a call, which is asked for one argument after the other.
pub(crate) struct Body<'a> {
    source: Source<'a>,
    members: OnceLock<Option<MemberIndex>>,
}

/// Where expressions are written: the body of a block, or any part of it.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    /// JSON syntax: every string is a template.
    Document(Json<'a>),
    /// Plan JSON: `constant_value` and `references`.
    Plan(Json<'a>),
}

/// What is written at a path: a source, and those of the path's steps that are left below it. Where some are left, an
/// expression stands for them.
pub(crate) type Written<'a, 'p> = (Source<'a>, &'p [Step]);

/// One expression, with what of a path is left below it.
pub(crate) enum Leaf<'a> {
    /// The JSON string of a template.
    Template(Json<'a>),
    /// Plan JSON's list of references, for native syntax.
    References(Json<'a>),
}

/// How deep blocks and collections are followed.
const DEPTH: usize = 64;

impl<'a> From<Source<'a>> for Body<'a> {
    fn from(source: Source<'a>) -> Self {
        Self { source, members: OnceLock::new() }
    }
}

impl<'a> Body<'a> {
    pub(crate) fn source(&self) -> Source<'a> {
        self.source
    }

    /// What is written at a path.
    pub(crate) fn at<'p>(&self, path: &'p AttrPath) -> Option<Written<'a, 'p>> {
        self.source.walk(self.members(), path.steps())
    }

    /// Whether anything is written at a path.
    pub(crate) fn covers(&self, path: &AttrPath) -> bool {
        match self.at(path) {
            Some((source, [])) => !source.json().is_null(),
            Some(_) => true,
            None => false,
        }
    }

    /// What is written for an argument.
    pub(crate) fn argument(&self, name: &str) -> Option<Source<'a>> {
        let step = StepRef::Key(Cow::Borrowed(name));
        let argument = step_by(self.source.json(), self.members(), &step).ok()??;
        Some(self.source.with(argument))
    }

    fn members(&self) -> Option<&MemberIndex> {
        self.members.get_or_init(|| self.source.json().index_members()).as_ref()
    }
}

impl<'a> Source<'a> {
    pub(crate) fn json(self) -> Json<'a> {
        match self {
            Self::Document(json) | Self::Plan(json) => json,
        }
    }

    /// The constant written here, if it is one.
    pub(crate) fn constant(self) -> Option<Json<'a>> {
        let json = match self {
            Self::Document(json) => json,
            Self::Plan(json) => json.get("constant_value")?,
        };
        (!holds_template(json, 0)).then_some(json)
    }

    /// What is written here in JSON syntax: a plan's constant is a document's text.
    pub(crate) fn written(self) -> Option<Self> {
        match self {
            Self::Document(_) => Some(self),
            Self::Plan(json) => json.get("constant_value").map(Self::Document),
        }
    }

    /// The expression here, if this is just one and no constant.
    pub(crate) fn leaf(self) -> Option<Leaf<'a>> {
        let mut leaf = None;
        self.visit(&mut |path, found| {
            if path.is_empty() {
                leaf = Some(found);
            }
        });
        leaf
    }

    /// What is written at a path.
    pub(crate) fn at<'p>(self, path: &'p AttrPath) -> Option<Written<'a, 'p>> {
        self.walk(None, path.steps())
    }

    /// Follows steps, the first with the help of this source's index, if there is one.
    fn walk<'p>(
        self,
        mut index: Option<&MemberIndex>,
        steps: &'p [Step],
    ) -> Option<Written<'a, 'p>> {
        let (mut at, mut rest) = (self, steps);
        while let Some((step, below)) = rest.split_first() {
            match at.step(index.take(), &StepRef::from(step)) {
                Stepped::Into(inner) => (at, rest) = (inner, below),
                Stepped::Expression => break,
                Stepped::Absent => return None,
            }
        }
        Some((at, rest))
    }

    fn with(self, json: Json<'a>) -> Self {
        match self {
            Self::Document(_) => Self::Document(json),
            Self::Plan(_) => Self::Plan(json),
        }
    }

    fn step(self, index: Option<&MemberIndex>, step: &StepRef<'_>) -> Stepped<'a> {
        let json = match self {
            Self::Document(json) => json,
            Self::Plan(json) => match PlanExpression::of(json) {
                PlanExpression::Constant(constant) => {
                    return Self::Document(constant).step(None, step);
                }
                PlanExpression::References => return Stepped::Expression,
                PlanExpression::Nothing => return Stepped::Absent,
                PlanExpression::Block => json,
            },
        };
        if json.kind() == JsonKind::String {
            let template = json.as_str().is_some_and(|text| expression::is_template(&text));
            return if template { Stepped::Expression } else { Stepped::Absent };
        }
        match step_by(json, index, step) {
            Ok(Some(inner)) => Stepped::Into(self.with(inner)),
            Ok(None) => match (step, self) {
                (StepRef::Key(key), Self::Document(_)) => {
                    let dynamic = step_by(json, index, &StepRef::Key(Cow::Borrowed("dynamic")));
                    match dynamic.ok().flatten().and_then(|blocks| dynamic_content(blocks, key)) {
                        Some(content) => Stepped::Into(Self::Document(content)),
                        None => Stepped::Absent,
                    }
                }
                _ => Stepped::Absent,
            },
            // What cannot be read must not look as if it were not there.
            Err(_) => Stepped::Expression,
        }
    }
}

enum Stepped<'a> {
    Into(Source<'a>),
    /// An expression stands here; what it yields below is not written down.
    Expression,
    Absent,
}

impl Leaf<'_> {
    /// What the expression refers to. `None` if the expression cannot be read.
    pub(crate) fn references(&self, templates: &Templates) -> Option<Referred> {
        match self {
            Self::Template(json) => templates.parse(*json).ok().map(Referred::ByTemplate),
            Self::References(list) => planned_references(*list),
        }
    }
}

/// What an expression refers to.
pub(crate) enum Referred {
    ByTemplate(Arc<Parsed>),
    /// What plan JSON lists.
    ByList {
        references: Vec<Reference>,
        /// Whether there is just one, so that the expression is taken to be nothing else.
        is_lone: bool,
    },
}

impl Referred {
    pub(crate) fn references(&self) -> &[Reference] {
        match self {
            Self::ByTemplate(parsed) => parsed.references(),
            Self::ByList { references, .. } => references,
        }
    }

    /// Whether the expression is nothing but one reference.
    pub(crate) fn is_lone(&self) -> bool {
        match self {
            Self::ByTemplate(parsed) => parsed.is_reference(),
            Self::ByList { is_lone, .. } => *is_lone,
        }
    }
}

/// The references of plan JSON, without those that only repeat the beginning of another.
///
/// Terraform lists `aws_kms_key.main.arn` and then `aws_kms_key.main`; a bracket whose content it does not know is
/// left out, and the references inside the bracket follow as their own.
fn planned_references(list: Json<'_>) -> Option<Referred> {
    let texts: Vec<_> = list.elements().map(Json::as_str).collect::<Option<_>>()?;
    let is_prefix = |short: &str| {
        texts
            .iter()
            .any(|long| long.strip_prefix(short).is_some_and(|rest| rest.starts_with(['.', '['])))
    };
    let mut references = texts
        .iter()
        .filter(|text| !is_prefix(text))
        .map(|text| Reference::parse(text))
        .collect::<Result<Vec<_>, _>>()
        .ok()?;
    let own_key = references.iter().any(Reference::is_own_key);
    let is_lone = references.iter().filter(|reference| !reference.is_own_key()).count() == 1;
    if own_key {
        references
            .iter_mut()
            .filter(|reference| !reference.is_own_key())
            .for_each(index_by_own_key);
    }
    Some(Referred::ByList { references, is_lone })
}

/// Puts `[count.index]` where a resource's key may have been left out.
fn index_by_own_key(reference: &mut Reference) {
    use expression::RefStep;
    let named = match reference.name(0) {
        Some("module") => 2,
        Some("data" | "ephemeral") => 3,
        Some("var" | "local" | "each" | "count" | "path" | "terraform" | "self") | None => return,
        Some(_) => 2,
    };
    if reference.steps.len() == named {
        reference.steps.push(RefStep::Same);
    }
}

/// The content of the one of the `dynamic` blocks that makes blocks named `name`.
fn dynamic_content<'a>(dynamic: Json<'a>, name: &str) -> Option<Json<'a>> {
    let labelled = match dynamic.kind() {
        JsonKind::Array => dynamic.elements().find_map(|labels| labels.get(name))?,
        _ => dynamic.get(name)?,
    };
    let block = if labelled.kind() == JsonKind::Array { labelled.index(0)? } else { labelled };
    block.get("content")
}

/// What an object of plan JSON's `expressions` is.
enum PlanExpression<'a> {
    /// `constant_value`, which for JSON syntax may be a template.
    Constant(Json<'a>),
    References,
    /// An expression without references, or an empty block.
    Nothing,
    /// A nested block, or a list of such.
    Block,
}

impl<'a> PlanExpression<'a> {
    /// An expression is an object of these two members alone, so that the first tells it from a block.
    fn of(json: Json<'a>) -> Self {
        let mut members = json.members();
        let Some((key, first)) = members.next() else {
            return if json.text() == b"{}" { Self::Nothing } else { Self::Block };
        };
        match (key.as_ref(), first.kind()) {
            ("constant_value", _) => Self::Constant(first),
            ("references", JsonKind::Array) => match members.next() {
                Some((key, constant)) if key == "constant_value" => Self::Constant(constant),
                _ => Self::References,
            },
            _ => Self::Block,
        }
    }
}

/// Whether a string somewhere in the value is a template. Text that nests too deep counts as one.
pub(crate) fn holds_template(json: Json<'_>, depth: usize) -> bool {
    if depth > DEPTH {
        return true;
    }
    match json.kind() {
        JsonKind::String => json.as_str().is_none_or(|text| expression::is_template(&text)),
        JsonKind::Array => json.elements().any(|element| holds_template(element, depth + 1)),
        JsonKind::Object => json.members().any(|(_, member)| holds_template(member, depth + 1)),
        JsonKind::Null | JsonKind::Bool | JsonKind::Number => false,
    }
}
