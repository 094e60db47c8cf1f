//! The arguments that Terraform itself reads, in blocks and in module calls:
//! <https://developer.hashicorp.com/terraform/language/meta-arguments>.

use crate::json::Json;
use crate::source::Source;

/// How many instances a block or a module call has.
#[derive(Clone, Copy, Default)]
pub(crate) enum Repetition<'a> {
    #[default]
    Once,
    Count(Source<'a>),
    ForEach(Source<'a>),
}

/// Those that say how many instances there are, what they wait for and how they are replaced.
#[derive(Clone, Copy, Default)]
pub(crate) struct MetaArguments<'a> {
    pub(crate) repetition: Repetition<'a>,
    pub(crate) depends_on: Option<Json<'a>>,
    /// Plan JSON leaves it out; calls have none.
    pub(crate) lifecycle: Option<Json<'a>>,
}

impl<'a> Repetition<'a> {
    pub(crate) fn source(self) -> Option<Source<'a>> {
        match self {
            Self::Once => None,
            Self::Count(source) | Self::ForEach(source) => Some(source),
        }
    }
}

impl<'a> MetaArguments<'a> {
    /// Those of a body in JSON syntax, in one walk: `other` gets what else is in it.
    pub(crate) fn of_body(body: Json<'a>, mut other: impl FnMut(&str, Json<'a>)) -> Self {
        let mut meta = Self::default();
        for (name, argument) in body.members() {
            match name.as_ref() {
                "count" => meta.repetition = Repetition::Count(Source::Document(argument)),
                "for_each" => meta.repetition = Repetition::ForEach(Source::Document(argument)),
                "depends_on" => meta.depends_on = Some(argument),
                "lifecycle" => meta.lifecycle = Some(argument.single().unwrap_or(argument)),
                name => other(name, argument),
            }
        }
        meta
    }

    /// Takes a member of a block or of a call in plan JSON, if it is one of them.
    pub(crate) fn take(&mut self, key: &[u8], member: Json<'a>) {
        match key {
            b"count_expression" => self.repetition = Repetition::Count(Source::Plan(member)),
            b"for_each_expression" => self.repetition = Repetition::ForEach(Source::Plan(member)),
            b"depends_on" => self.depends_on = Some(member),
            _ => {}
        }
    }
}
