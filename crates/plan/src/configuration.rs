//! The configuration behind a plan: modules, blocks and the expressions that they were written with.
//!
//! Plan JSON carries one (module-local, without instances, expressions as lists of references), and `*.tf.json`
//! documents are one (expressions as templates). Both become the same tree; what differs is the [`Source`] of an
//! expression.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::hash_map::Entry;
use std::fmt;

use foldhash::HashMap;

use crate::address::Mode;
use crate::error::ReadError;
use crate::json::Json;
use crate::meta_arguments::MetaArguments;
use crate::source::{Body, Leaf, Source};
use crate::templates::Templates;

/// A tree of modules; the root is the first. Empty for a state.
#[derive(Default)]
pub(crate) struct Configuration<'a> {
    pub(crate) modules: Vec<Module<'a>>,
    pub(crate) blocks: Vec<Block<'a>>,
    /// Provider configurations by `provider_config_key`: `aws.dr`, `module.legacy:aws`.
    pub(crate) providers: HashMap<String, Provider<'a>>,
    /// Constraints on providers by source or name, and on Terraform itself under `terraform`.
    pub(crate) versions: BTreeMap<String, String>,
    /// What is written in the blocks, as far as it was parsed already.
    pub(crate) templates: Templates,
    /// The kind of the backend, and its arguments; plan JSON leaves it out.
    pub(crate) backend: Option<(Cow<'a, str>, Json<'a>)>,
}

/// One module of the configuration, as called from one place.
#[derive(Default)]
pub(crate) struct Module<'a> {
    /// The calling module and the call's name; `None` for the root.
    pub(crate) parent: Option<(usize, Cow<'a, str>)>,
    /// Blocks by mode, type and name: `data.aws_vpc.main`.
    pub(crate) blocks: HashMap<Cow<'a, str>, usize>,
    pub(crate) calls: BTreeMap<Cow<'a, str>, Call<'a>>,
    pub(crate) variables: BTreeMap<Cow<'a, str>, Declaration<'a>>,
    pub(crate) outputs: BTreeMap<Cow<'a, str>, Output<'a>>,
    /// Local values; plan JSON leaves them out.
    pub(crate) locals: BTreeMap<Cow<'a, str>, Source<'a>>,
}

#[derive(Clone, Copy)]
pub(crate) struct Declaration<'a> {
    pub(crate) default: Option<Json<'a>>,
    pub(crate) sensitive: bool,
}

#[derive(Clone, Copy)]
pub(crate) struct Output<'a> {
    pub(crate) value: Option<Source<'a>>,
    pub(crate) sensitive: bool,
    pub(crate) depends_on: Option<Json<'a>>,
}

pub(crate) struct Call<'a> {
    /// The module called; `None` if its source is not part of the input.
    pub(crate) module: Option<usize>,
    pub(crate) arguments: Body<'a>,
    pub(crate) meta: MetaArguments<'a>,
    /// The `providers` argument; plan JSON leaves it out.
    pub(crate) providers: Option<Json<'a>>,
}

/// A `resource`, `data` or `ephemeral` block.
pub(crate) struct Block<'a> {
    pub(crate) module: usize,
    pub(crate) name: BlockName<'a>,
    pub(crate) body: Body<'a>,
    pub(crate) meta: MetaArguments<'a>,
    /// Key into [`Configuration::providers`].
    pub(crate) provider: Option<Cow<'a, str>>,
    /// Which document holds the block, counted in the documents' order.
    pub(crate) document: Option<usize>,
}

/// What tells a block from the others of its module: `data.aws_vpc.main`.
#[derive(Clone)]
pub(crate) struct BlockName<'a> {
    pub(crate) mode: Mode,
    pub(crate) resource_type: Cow<'a, str>,
    pub(crate) name: Cow<'a, str>,
}

pub(crate) struct Provider<'a> {
    /// The module whose scope the provider's arguments are in.
    pub(crate) module: usize,
    pub(crate) arguments: Source<'a>,
}

impl<'a> Configuration<'a> {
    /// Adds a block, which must be the first of its name in its module. Where the name is written as one text, that is
    /// kept.
    pub(crate) fn add_block(
        &mut self,
        block: Block<'a>,
        written: Option<Cow<'a, str>>,
    ) -> Result<(), ReadError> {
        let name = written
            .filter(|written| block.name.is(written))
            .unwrap_or_else(|| Cow::Owned(block.name.to_string()));
        let Some(module) = self.modules.get_mut(block.module) else { return Ok(()) };
        match module.blocks.entry(name) {
            Entry::Occupied(taken) => {
                Err(ReadError::Duplicate { address: taken.key().to_string() })
            }
            Entry::Vacant(free) => {
                free.insert(self.blocks.len());
                self.blocks.push(block);
                Ok(())
            }
        }
    }

    /// Whether any expression of a block or a call is in native syntax, of which plan JSON keeps the references alone.
    pub(crate) fn holds_native_syntax(&self) -> bool {
        let calls = self.modules.iter().flat_map(|module| module.calls.values());
        let mut bodies =
            self.blocks.iter().map(|block| &block.body).chain(calls.map(|call| &call.arguments));
        bodies.any(|body| {
            // A look at the text spares most configurations in JSON syntax the visit.
            if !may_begin_with_references(body.source().json().text()) {
                return false;
            }
            let mut is_native = false;
            body.source().visit(&mut |_, leaf| is_native |= matches!(leaf, Leaf::References(_)));
            is_native
        })
    }
}

/// Whether an object of a JSON text may have `references` as its first member. In plan JSON, the constant of an expression
/// in JSON syntax comes before its references.
fn may_begin_with_references(json: &[u8]) -> bool {
    memchr::memmem::find_iter(json, b"\"references\"")
        .any(|at| json.get(..at).is_some_and(|before| before.trim_ascii_end().ends_with(b"{")))
}

impl BlockName<'_> {
    fn pieces(&self) -> [&str; 4] {
        [self.mode.prefix(), &self.resource_type, ".", &self.name]
    }

    /// Whether a text is how the name is written.
    fn is(&self, text: &str) -> bool {
        let rest = self.pieces().into_iter().try_fold(text, |rest, piece| rest.strip_prefix(piece));
        rest.is_some_and(str::is_empty)
    }
}

impl fmt::Display for BlockName<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces().into_iter().try_for_each(|piece| out.write_str(piece))
    }
}
