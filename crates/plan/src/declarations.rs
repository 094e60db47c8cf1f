//! What one document of a configuration declares, whichever modules it will belong to.

use std::borrow::Cow;

use crate::address::Mode;
use crate::configuration::{Declaration, Output, Repetition, Source};
use crate::error::ReadError;
use crate::json::{Json, JsonKind};

/// A name and what it stands for.
type Named<'a, T> = (Cow<'a, str>, T);

/// The blocks of a document in the order in which they are written. Names may come twice.
#[derive(Default)]
pub(crate) struct Declarations<'a> {
    pub(crate) resources: Vec<Resource<'a>>,
    /// Module calls.
    pub(crate) calls: Vec<Named<'a, Json<'a>>>,
    pub(crate) variables: Vec<Named<'a, Declaration<'a>>>,
    pub(crate) outputs: Vec<Named<'a, Output<'a>>>,
    pub(crate) locals: Vec<Named<'a, Source<'a>>>,
    pub(crate) providers: Vec<Named<'a, Json<'a>>>,
    /// `terraform` blocks.
    pub(crate) settings: Vec<Json<'a>>,
}

/// A `resource`, `data` or `ephemeral` block.
#[derive(Clone)]
pub(crate) struct Resource<'a> {
    pub(crate) mode: Mode,
    pub(crate) resource_type: Cow<'a, str>,
    pub(crate) name: Cow<'a, str>,
    pub(crate) body: Json<'a>,
    pub(crate) repetition: Repetition<'a>,
    pub(crate) depends_on: Option<Json<'a>>,
    pub(crate) lifecycle: Option<Json<'a>>,
    /// The provider's name as written.
    pub(crate) provider: Option<String>,
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
                "module" => found.calls.extend(labelled(content, "module")?),
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
                    let mut resource = Resource {
                        mode,
                        resource_type: resource_type.clone(),
                        name,
                        body,
                        repetition: Repetition::Once,
                        depends_on: None,
                        lifecycle: None,
                        provider: None,
                    };
                    resource.read_meta_arguments();
                    self.resources.push(resource);
                }
            }
        }
        Ok(())
    }
}

impl Resource<'_> {
    /// Takes what Terraform itself reads from the body, in one walk.
    fn read_meta_arguments(&mut self) {
        for (name, argument) in self.body.members() {
            match name.as_ref() {
                "count" => self.repetition = Repetition::Count(Source::Document(argument)),
                "for_each" => self.repetition = Repetition::ForEach(Source::Document(argument)),
                "depends_on" => self.depends_on = Some(argument),
                "lifecycle" => self.lifecycle = Some(argument.single().unwrap_or(argument)),
                "provider" => {
                    self.provider = argument.as_str().map(|name| unwrapped(&name).to_owned());
                }
                _ => {}
            }
        }
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
