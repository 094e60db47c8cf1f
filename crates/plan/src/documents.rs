//! `*.tf.json` documents: finding blocks, modules and providers.
//!
//! The syntax is described at <https://developer.hashicorp.com/terraform/language/syntax/json>.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashMap;
use rayon::prelude::*;

use crate::configuration::{Block, Call, Configuration, Module, Provider};
use crate::declarations::{self, Declarations, Resource, labelled, unwrapped};
use crate::error::ReadError;
use crate::file_path::folded;
use crate::json::{Json, JsonKind};
use crate::scan::Cursor;
use crate::sniff::sniff;
use crate::source::Source;

/// The documents of a configuration by their paths, relative to the root module and with `/` between directories:
/// `main.tf.json`, `modules/network/main.tf.json`.
///
/// Documents are those named `*.tf.json`; `terraform.tfvars.json` and `*.auto.tfvars.json` of the root module give
/// variables their values, as they do for Terraform. Other files are left alone.
#[derive(Debug, Clone, Default)]
pub struct Documents(BTreeMap<String, Vec<u8>>);

impl Documents {
    /// The documents in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(path, content)| (path.as_str(), content.as_slice()))
    }

    /// One document.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.0.get(path).map(Vec::as_slice)
    }

    /// The directories of local modules that a document calls and of which there is no document, relative to the root
    /// module: `modules/network`, `../shared`. Text that can't be read calls nothing.
    pub fn missing_modules(&self) -> BTreeSet<String> {
        let directory =
            |path: &str| path.rsplit_once('/').map_or("", |(directory, _)| directory).to_owned();
        let present: BTreeSet<String> = self.iter().map(|(path, _)| directory(path)).collect();
        let called = self.iter().filter(|(path, _)| path.ends_with(".tf.json")).flat_map(
            |(path, content)| {
                let calls = parse(content).ok().and_then(|document| document.get("module"));
                let calls =
                    calls.and_then(|calls| labelled(calls, "module").ok()).unwrap_or_default();
                let from = directory(path);
                calls.into_iter().filter_map(move |(_, call)| {
                    local_directory(&from, &call.get("source")?.as_str()?)
                })
            },
        );
        called.filter(|called| !present.contains(called)).collect()
    }

    pub(crate) fn nth(&self, index: usize) -> Option<(&str, &[u8])> {
        self.iter().nth(index)
    }
}

impl FromIterator<(String, Vec<u8>)> for Documents {
    fn from_iter<I: IntoIterator<Item = (String, Vec<u8>)>>(documents: I) -> Self {
        Self(documents.into_iter().collect())
    }
}

/// How deep values and modules may nest.
const DEPTH: usize = 128;
const MODULE_DEPTH: usize = 16;

/// Reads the blocks of all modules that the root module reaches.
pub(crate) fn read(documents: &Documents) -> Result<Loaded<'_>, ReadError> {
    let files: Vec<(&str, &[u8])> = documents.iter().collect();
    let read: Vec<Result<Option<_>, ReadError>> = files
        .par_iter()
        .map(|(path, content)| {
            let json = document(path, content).map_err(|error| error.in_document(path))?;
            Ok(json.map(|json| Declarations::of(json).map_err(|error| error.in_document(path))))
        })
        .collect();
    let mut directories: BTreeMap<&str, Vec<Document<'_>>> = BTreeMap::new();
    for (index, ((path, _), document)) in files.into_iter().zip(read).enumerate() {
        if let Some(declarations) = document? {
            let (directory, _) = path.rsplit_once('/').unwrap_or(("", path));
            let document = Document { index, path, declarations };
            directories.entry(directory).or_default().push(document);
        }
    }
    if !directories.contains_key("") {
        return Err(ReadError::Empty);
    }
    let assignments = assignments(documents)?;
    let mut loader = Loader {
        directories: &directories,
        configuration: Configuration::default(),
        scopes: Vec::new(),
    };
    loader.module("", None, MODULE_DEPTH)?;
    loader.assign_providers();
    Ok(Loaded { configuration: loader.configuration, assignments })
}

/// What the root module's variables are given: by `terraform.tfvars.json`, then by `*.auto.tfvars.json` in the order of
/// their names, as in <https://developer.hashicorp.com/terraform/language/values/variables>.
fn assignments(documents: &Documents) -> Result<BTreeMap<Cow<'_, str>, Json<'_>>, ReadError> {
    let of_root = || documents.iter().filter(|(path, _)| !path.contains('/'));
    let always = of_root().filter(|(path, _)| *path == "terraform.tfvars.json");
    let automatic = of_root().filter(|(path, _)| path.ends_with(".auto.tfvars.json"));
    let mut assignments = BTreeMap::new();
    for (path, content) in always.chain(automatic) {
        assignments.extend(parse(content).map_err(|error| error.in_document(path))?.members());
    }
    Ok(assignments)
}

/// A configuration and the values that `*.tfvars.json` give its variables.
pub(crate) struct Loaded<'a> {
    pub(crate) configuration: Configuration<'a>,
    pub(crate) assignments: BTreeMap<Cow<'a, str>, Json<'a>>,
}

struct Document<'a> {
    /// Its place among all documents.
    index: usize,
    path: &'a str,
    /// A document that no module reaches may be shaped as it likes.
    declarations: Result<Declarations<'a>, ReadError>,
}

/// A document's JSON; `None` for files that are none.
fn document<'a>(path: &str, content: &'a [u8]) -> Result<Option<Json<'a>>, ReadError> {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    if name == "override.tf.json" || name.ends_with("_override.tf.json") {
        Err(ReadError::Override)
    } else if name.ends_with(".tf.json") {
        parse(content).map(Some)
    } else if name.ends_with(".tf") {
        Err(ReadError::Hcl)
    } else {
        Ok(None)
    }
}

fn parse(content: &[u8]) -> Result<Json<'_>, ReadError> {
    object(content).map_err(|error| error.in_file(content))
}

fn object(content: &[u8]) -> Result<Json<'_>, ReadError> {
    sniff(content)?;
    let start = if content.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut cursor = Cursor::starting_at(content, start);
    let start = cursor.position();
    validate(&mut cursor, DEPTH)?;
    let text = cursor.since(start);
    cursor.end()?;
    Ok(Json::new(text))
}

/// Checks the grammar all the way down: documents are small, and evaluated whole.
fn validate(cursor: &mut Cursor<'_>, depth: usize) -> Result<(), ReadError> {
    match (cursor.peek(), depth.checked_sub(1)) {
        (Some(b'{' | b'['), None) => Err(ReadError::TooDeep { limit: DEPTH }),
        (Some(b'{'), Some(inner)) => cursor.object(|_, cursor| validate(cursor, inner)),
        (Some(b'['), Some(inner)) => cursor.array(|cursor| validate(cursor, inner)),
        _ => {
            let at = cursor.position();
            let text = cursor.value()?;
            let json = Json::new(text);
            if json.kind() == JsonKind::String && json.as_str().is_none() {
                return Err(ReadError::NotJson {
                    at,
                    expected: "a string of UTF-8 with JSON's own escapes",
                });
            }
            Ok(())
        }
    }
}

/// The provider names that mean something inside a module.
#[derive(Default)]
struct ProviderScope<'a> {
    /// Provider blocks by `name` or `name.alias`.
    blocks: HashMap<String, Json<'a>>,
    /// The path of calls that leads here, as provider keys begin: `module.a.module.b`.
    path: String,
}

struct Loader<'d, 'a> {
    directories: &'d BTreeMap<&'a str, Vec<Document<'a>>>,
    configuration: Configuration<'a>,
    /// One for each module.
    scopes: Vec<ProviderScope<'a>>,
}

impl<'a> Loader<'_, 'a> {
    fn module(
        &mut self,
        directory: &str,
        parent: Option<(usize, Cow<'a, str>)>,
        depth: usize,
    ) -> Result<usize, ReadError> {
        if depth == 0 {
            return Err(ReadError::TooDeep { limit: MODULE_DEPTH });
        }
        let at = self.configuration.modules.len();
        let path = match &parent {
            None => String::new(),
            Some((outer, name)) => match self.scopes.get(*outer).map(|scope| scope.path.as_str()) {
                None | Some("") => format!("module.{name}"),
                Some(path) => format!("{path}.module.{name}"),
            },
        };
        self.configuration.modules.push(Module { parent, ..Module::default() });
        self.scopes.push(ProviderScope { blocks: HashMap::default(), path });
        let directories = self.directories;
        for document in directories.get(directory).into_iter().flatten() {
            let declarations = document.declarations.as_ref().map_err(Clone::clone)?;
            self.add(declarations, document.index, at)
                .map_err(|error| error.in_document(document.path))?;
            for call in &declarations.calls {
                self.call(call, at, directory, depth).map_err(|error| match error {
                    nested @ ReadError::Document { .. } => nested,
                    error => error.in_document(document.path),
                })?;
            }
        }
        Ok(at)
    }

    /// Adds what a document declares to a module, all but the modules that it calls.
    fn add(
        &mut self,
        declarations: &Declarations<'a>,
        document: usize,
        at: usize,
    ) -> Result<(), ReadError> {
        for resource in &declarations.resources {
            self.resource(resource, document, at)?;
        }
        for (name, variable) in &declarations.variables {
            self.declare(at, name, |module| module.variables.insert(name.clone(), *variable))?;
        }
        for (name, output) in &declarations.outputs {
            self.declare(at, name, |module| module.outputs.insert(name.clone(), *output))?;
        }
        for (name, local) in &declarations.locals {
            self.declare(at, name, |module| module.locals.insert(name.clone(), *local))?;
        }
        for (name, body) in &declarations.providers {
            self.provider(name, *body, at);
        }
        for body in declarations.settings.iter().filter(|_| at == 0) {
            self.settings(*body);
        }
        Ok(())
    }

    /// Inserts a declaration, which must be the first of its name.
    fn declare<T>(
        &mut self,
        at: usize,
        name: &str,
        insert: impl FnOnce(&mut Module<'a>) -> Option<T>,
    ) -> Result<(), ReadError> {
        match self.configuration.modules.get_mut(at).map(insert) {
            Some(None) => Ok(()),
            _ => Err(ReadError::Duplicate { address: name.to_owned() }),
        }
    }

    fn resource(
        &mut self,
        resource: &Resource<'a>,
        document: usize,
        module: usize,
    ) -> Result<(), ReadError> {
        let block = Block {
            module,
            name: resource.name.clone(),
            body: Source::Document(resource.body).into(),
            meta: resource.meta,
            // A name so far.
            provider: resource.provider.clone().map(Cow::Owned),
            document: Some(document),
        };
        self.configuration.add_block(block, None)
    }

    fn call(
        &mut self,
        call: &declarations::Call<'a>,
        at: usize,
        directory: &str,
        depth: usize,
    ) -> Result<(), ReadError> {
        let name = &call.name;
        let target = local_directory(directory, call.source.as_deref().unwrap_or_default())
            .filter(|target| self.directories.contains_key(target.as_str()));
        let module = match target {
            Some(target) => Some(self.module(&target, Some((at, name.clone())), depth - 1)?),
            None => None,
        };
        let call = Call {
            module,
            arguments: Source::Document(call.body).into(),
            meta: call.meta,
            providers: call.providers,
        };
        self.declare(at, name, |module| module.calls.insert(name.clone(), call))
    }

    fn provider(&mut self, name: &str, body: Json<'a>, at: usize) {
        let key = match body.get("alias").and_then(Json::as_str) {
            Some(alias) => format!("{name}.{alias}"),
            None => name.to_owned(),
        };
        if let (0, Some(version)) = (at, body.get("version").and_then(Json::as_str)) {
            self.configuration
                .versions
                .entry(name.to_owned())
                .or_insert_with(|| version.into_owned());
        }
        let Some(scope) = self.scopes.get_mut(at) else { return };
        let full =
            if scope.path.is_empty() { key.clone() } else { format!("{}:{key}", scope.path) };
        self.configuration
            .providers
            .insert(full, Provider { module: at, arguments: Source::Document(body) });
        scope.blocks.insert(key, body);
    }

    fn settings(&mut self, body: Json<'a>) {
        let versions = &mut self.configuration.versions;
        if let Some(version) = body.get("required_version").and_then(Json::as_str) {
            versions.insert("terraform".to_owned(), version.into_owned());
        }
        let required = body.get("required_providers");
        let required = required.and_then(|block| block.single().or(Some(block)));
        for (name, requirement) in required.into_iter().flat_map(Json::members) {
            // Before Terraform 0.13 the requirement was the version itself.
            let version = requirement.get("version").unwrap_or(requirement);
            if let Some(version) = version.as_str() {
                versions.insert(name.into_owned(), version.into_owned());
            }
        }
        let backend = body.get("backend");
        let backend = backend.and_then(|block| block.single().or(Some(block)));
        let mut labelled = backend.into_iter().flat_map(Json::members);
        if let Some((kind, arguments)) = labelled.find(|(name, _)| name != "//") {
            let arguments = arguments.single().unwrap_or(arguments);
            self.configuration.backend = Some((kind, arguments));
        }
    }

    /// Finds each block's provider configuration, once all modules are known.
    fn assign_providers(&mut self) {
        let keys: Vec<_> = self
            .configuration
            .blocks
            .iter()
            .map(|block| {
                let default = block.name.resource_type.split('_').next().unwrap_or_default();
                self.provider_key(block.module, block.provider.as_deref().unwrap_or(default))
            })
            .collect();
        for (block, key) in self.configuration.blocks.iter_mut().zip(keys) {
            block.provider = key.map(Cow::Owned);
        }
    }

    /// The provider configuration that a name stands for inside a module: a block there, or what the callers pass on.
    fn provider_key(&self, module: usize, name: &str) -> Option<String> {
        let scope = self.scopes.get(module)?;
        if scope.blocks.contains_key(name) {
            return Some(if scope.path.is_empty() {
                name.to_owned()
            } else {
                format!("{}:{name}", scope.path)
            });
        }
        let (outer, call) = self.configuration.modules.get(module)?.parent.as_ref()?;
        let call = self.configuration.modules.get(*outer)?.calls.get(call)?;
        match call.providers.and_then(|providers| providers.get(name)) {
            Some(passed) => self.provider_key(*outer, unwrapped(&passed.as_str()?)),
            // Only configurations without alias are inherited.
            None if !name.contains('.') => self.provider_key(*outer, name),
            None => None,
        }
    }
}

/// The directory of a local module source, relative to the root module; `None` if the source is not local.
fn local_directory(from: &str, source: &str) -> Option<String> {
    if !(source.starts_with("./") || source.starts_with("../")) {
        return None;
    }
    Some(folded(from.split('/').chain(source.split('/'))).join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_local_modules() {
        assert_eq!(local_directory("", "./modules/x").as_deref(), Some("modules/x"));
        assert_eq!(local_directory("modules/x", "../y/").as_deref(), Some("modules/y"));
        assert_eq!(local_directory("", "../y").as_deref(), Some("../y"));
        assert_eq!(local_directory("../y", "../../z").as_deref(), Some("../../z"));
        assert_eq!(local_directory("../y", "./z").as_deref(), Some("../y/z"));
        assert_eq!(local_directory("", "terraform-aws-modules/vpc/aws"), None);
    }
}
