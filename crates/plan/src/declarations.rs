//! What one document of a configuration declares, whichever modules it will belong to.

use std::borrow::Cow;

use crate::address::Mode;
use crate::configuration::{BlockName, Declaration, Output};
use crate::error::ReadError;
use crate::json::{Json, JsonKind};
use crate::meta_arguments::MetaArguments;
use crate::source::Source;

/// A name and what it stands for.
type Named<'a, T> = (Cow<'a, str>, T);

/// The blocks of a document in the order in which they are written. Names may come twice.
#[derive(Default)]
pub(crate) struct Declarations<'a> {
    pub(crate) resources: Vec<Resource<'a>>,
    pub(crate) calls: Vec<Call<'a>>,
    pub(crate) variables: Vec<Named<'a, Declaration<'a>>>,
    pub(crate) outputs: Vec<Named<'a, Output<'a>>>,
    pub(crate) locals: Vec<Named<'a, Source<'a>>>,
    pub(crate) providers: Vec<Named<'a, Json<'a>>>,
    /// `terraform` blocks.
    pub(crate) settings: Vec<Json<'a>>,
}

/// A `resource`, `data` or `ephemeral` block.
pub(crate) struct Resource<'a> {
    pub(crate) name: BlockName<'a>,
    pub(crate) body: Json<'a>,
    pub(crate) meta: MetaArguments<'a>,
    /// The provider's name as written.
    pub(crate) provider: Option<String>,
}

/// A `module` block.
pub(crate) struct Call<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) body: Json<'a>,
    pub(crate) meta: MetaArguments<'a>,
    /// Where the module is, as written.
    pub(crate) source: Option<Cow<'a, str>>,
    pub(crate) providers: Option<Json<'a>>,
}

impl<'a> Declarations<'a> {
    /// The declarations of a document that is known to be JSON.
    ///
    /// # Errors
    /// When a block is not shaped like one.
    pub(crate) fn of(document: Json<'a>) -> Result<Self, ReadError> {
        let mut found = Self::default();
        for (kind, content) in document.members() {
            match kind.as_ref() {
                "resource" => found.resources(Mode::Managed, content)?,
                "data" => found.resources(Mode::Data, content)?,
                "ephemeral" => found.resources(Mode::Ephemeral, content)?,
                "module" => {
                    let blocks = labelled(content, "module")?.into_iter();
                    found.calls.extend(blocks.map(|(name, body)| call(name, body)));
                }
                "variable" => {
                    let blocks = labelled(content, "variable")?.into_iter();
                    found.variables.extend(blocks.map(|(name, body)| (name, variable(body))));
                }
                "output" => {
                    let blocks = labelled(content, "output")?.into_iter();
                    found.outputs.extend(blocks.map(|(name, body)| (name, output(body))));
                }
                "locals" => {
                    let values = bodies(content, "locals")?.into_iter().flat_map(named);
                    let values = values.map(|(name, value)| (name, Source::Document(value)));
                    found.locals.extend(values);
                }
                "provider" => found.providers.extend(labelled(content, "provider")?),
                "terraform" => found.settings.extend(bodies(content, "terraform")?),
                _ => {}
            }
        }
        Ok(found)
    }

    fn resources(&mut self, mode: Mode, content: Json<'a>) -> Result<(), ReadError> {
        for types in bodies(content, "resource")? {
            for (resource_type, names) in named(types) {
                for (name, body) in labelled(names, &resource_type)? {
                    let name = BlockName { mode, resource_type: resource_type.clone(), name };
                    self.resources.push(resource(name, body));
                }
            }
        }
        Ok(())
    }
}

/// Blocks with one label: the label and the body of each.
pub(crate) fn labelled<'a>(
    content: Json<'a>,
    block: &str,
) -> Result<Vec<Named<'a, Json<'a>>>, ReadError> {
    let mut found = Vec::new();
    for (label, body) in bodies(content, block)?.into_iter().flat_map(named) {
        found.extend(bodies(body, &label)?.into_iter().map(|body| (label.clone(), body)));
    }
    Ok(found)
}

/// `aws.dr` of `${aws.dr}`, which older documents hold.
pub(crate) fn unwrapped(reference: &str) -> &str {
    reference
        .strip_prefix("${")
        .and_then(|inner| inner.strip_suffix('}'))
        .unwrap_or(reference)
        .trim()
}

/// The objects that a block's content is: one, or an array of them.
fn bodies<'a>(content: Json<'a>, block: &str) -> Result<Vec<Json<'a>>, ReadError> {
    let bodies = match content.kind() {
        JsonKind::Array => content.elements().collect(),
        JsonKind::Null => Vec::new(),
        _ => vec![content],
    };
    if bodies.iter().all(|body: &Json<'_>| body.kind() == JsonKind::Object) {
        Ok(bodies)
    } else {
        Err(ReadError::BadBlock {
            block: block.to_owned(),
            expected: "an object or an array of objects",
        })
    }
}

/// The members of an object but for its comments.
fn named<'a>(object: Json<'a>) -> impl Iterator<Item = Named<'a, Json<'a>>> {
    object.members().filter(|(name, _)| name != "//")
}

fn resource<'a>(name: BlockName<'a>, body: Json<'a>) -> Resource<'a> {
    let mut provider = None;
    let meta = MetaArguments::of_body(body, |name, argument| {
        if name == "provider" {
            provider = argument.as_str().map(|name| unwrapped(&name).to_owned());
        }
    });
    Resource { name, body, meta, provider }
}

fn call<'a>(name: Cow<'a, str>, body: Json<'a>) -> Call<'a> {
    let (mut source, mut providers) = (None, None);
    let meta = MetaArguments::of_body(body, |name, argument| match name {
        "source" => source = argument.as_str(),
        "providers" => providers = Some(argument.single().unwrap_or(argument)),
        _ => {}
    });
    Call { name, body, meta, source, providers }
}

fn variable(body: Json<'_>) -> Declaration<'_> {
    Declaration { default: body.get("default"), sensitive: is_sensitive(body) }
}

fn output(body: Json<'_>) -> Output<'_> {
    Output {
        value: body.get("value").map(Source::Document),
        sensitive: is_sensitive(body),
        depends_on: body.get("depends_on"),
    }
}

fn is_sensitive(body: Json<'_>) -> bool {
    body.get("sensitive").and_then(Json::as_bool) == Some(true)
}
