use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::encode::{self, Node};
use crate::kind::Kind;
use crate::target::Target;
use crate::write::Scope;
use crate::{Address, Attribute, EncodeError, ModuleName, NameError, Ref, Resource};

/// What one component builds for one region: resources, under addresses that are unique in the module.
#[derive(Clone, Debug)]
pub struct Module {
    name: ModuleName,
    entries: BTreeMap<Address, Entry>,
}

/// One resource of a module with its meta-arguments.
#[derive(Clone, Debug)]
pub struct Entry {
    body: BTreeMap<Cow<'static, str>, Node>,
    depends_on: BTreeSet<Address>,
    ignore_changes: Vec<&'static str>,
    replacement: Replacement,
}

/// What comes first when a resource has to be replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Replacement {
    #[default]
    DestroyFirst,
    CreateFirst,
}

/// Why a module could not be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModuleError {
    /// The address is taken.
    #[error("`{address}` is declared twice in {module}: give the second one another name")]
    Duplicate {
        /// The module.
        module: ModuleName,
        /// The address.
        address: String,
    },
    /// Terraform's identifiers are letters, digits, `_` and `-`, and don't begin with a digit.
    #[error(
        "`{address}` in {module} has a name that is no Terraform identifier: use letters, digits and `_`"
    )]
    Identifier {
        /// The module.
        module: ModuleName,
        /// The address.
        address: String,
    },
    /// A resource refers to one of its own module that isn't there.
    #[error("`{from}` in {module} refers to `{to}`, which the module does not declare")]
    Dangling {
        /// The module.
        module: ModuleName,
        /// The address of what refers.
        from: String,
        /// The address of what is missing.
        to: String,
    },
    /// A resource can't be written as configuration.
    #[error("`{address}` in {module}: {source}")]
    Encode {
        /// The module.
        module: ModuleName,
        /// The address.
        address: String,
        /// What is wrong with it.
        source: EncodeError,
    },
    /// A name that its service would refuse.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A component's inputs don't go together.
    #[error("{0}")]
    Inputs(String),
}

/// A module as a document, with what it needs from outside.
pub(crate) struct Rendered {
    pub(crate) main: Map<String, Value>,
    pub(crate) imports: BTreeMap<String, Target>,
    pub(crate) inputs: BTreeSet<String>,
}

impl Module {
    /// An empty module.
    #[must_use]
    pub const fn new(name: ModuleName) -> Self {
        Self { name, entries: BTreeMap::new() }
    }

    /// What the module is called.
    #[must_use]
    pub const fn name(&self) -> ModuleName {
        self.name
    }

    /// The addresses that the module declares, in order.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.entries.keys()
    }

    /// A reference to an attribute of this module's resource `name`.
    #[must_use]
    pub fn get<A: Attribute>(&self, name: impl Into<Cow<'static, str>>) -> Ref<A> {
        self.name.get(name)
    }

    /// Declares a resource.
    ///
    /// # Errors
    /// When its address is taken or no Terraform identifier, or when it has no form in Terraform.
    pub fn add<R: Resource>(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        resource: &R,
    ) -> Result<&mut Entry, ModuleError> {
        let address = Address { mode: R::Kind::MODE, kind: R::Kind::TYPE, name: name.into() };
        let module = || self.name;
        if !is_identifier(&address.name) {
            return Err(ModuleError::Identifier { module: module(), address: address.to_string() });
        }
        let body = encode::encode_body(resource).map_err(|source| ModuleError::Encode {
            module: module(),
            address: address.to_string(),
            source,
        })?;
        match self.entries.entry(address) {
            std::collections::btree_map::Entry::Occupied(taken) => {
                Err(ModuleError::Duplicate { module: self.name, address: taken.key().to_string() })
            }
            std::collections::btree_map::Entry::Vacant(free) => Ok(free.insert(Entry {
                body,
                depends_on: BTreeSet::new(),
                ignore_changes: Vec::new(),
                replacement: Replacement::default(),
            })),
        }
    }

    /// The module as one Terraform document: its resources, and a variable for everything that comes from outside.
    ///
    /// # Errors
    /// When a resource refers to one of this module that isn't there.
    pub fn document(&self) -> Result<Value, ModuleError> {
        let mut rendered = self.render()?;
        let variables = rendered.variables();
        if !variables.is_empty() {
            rendered.main.insert("variable".to_owned(), Value::Object(variables));
        }
        Ok(Value::Object(rendered.main))
    }

    pub(crate) fn declares(&self, address: &Address) -> bool {
        self.entries.contains_key(address)
    }

    pub(crate) fn render(&self) -> Result<Rendered, ModuleError> {
        let mut scope = Inside {
            module: self.name,
            own: BTreeSet::new(),
            imports: BTreeMap::new(),
            inputs: BTreeSet::new(),
        };
        let mut main = Map::new();
        for (address, entry) in &self.entries {
            scope.own.clone_from(&entry.depends_on);
            let body = entry.render(&mut scope);
            if let Some(to) = scope.own.iter().find(|own| !self.declares(own)) {
                return Err(ModuleError::Dangling {
                    module: self.name,
                    from: address.to_string(),
                    to: to.to_string(),
                });
            }
            let types = main.entry(address.mode.keyword()).or_insert_with(|| json!({}));
            types[address.kind][address.name.as_ref()] = body;
        }
        Ok(Rendered { main, imports: scope.imports, inputs: scope.inputs })
    }
}

impl Entry {
    /// Orders this resource after another of the same module where no reference does.
    pub fn depends_on<A>(&mut self, other: &Ref<A>) -> &mut Self {
        self.depends_on.insert(other.address().clone());
        self
    }

    /// Leaves changes of these arguments to someone else: Terraform plans nothing when they differ.
    pub fn ignore_changes(
        &mut self,
        arguments: impl IntoIterator<Item = &'static str>,
    ) -> &mut Self {
        self.ignore_changes.extend(arguments);
        self
    }

    /// Creates the replacement before the replaced is destroyed, where others would keep it from being destroyed.
    pub fn create_before_destroy(&mut self) -> &mut Self {
        self.replacement = Replacement::CreateFirst;
        self
    }

    fn render(&self, scope: &mut dyn Scope) -> Value {
        let mut body: Map<String, Value> =
            self.body.iter().map(|(key, value)| (key.to_string(), value.render(scope))).collect();
        if !self.depends_on.is_empty() {
            body.insert(
                "depends_on".to_owned(),
                self.depends_on.iter().map(ToString::to_string).collect(),
            );
        }
        let mut lifecycle = Map::new();
        if !self.ignore_changes.is_empty() {
            lifecycle.insert("ignore_changes".to_owned(), json!(self.ignore_changes));
        }
        if self.replacement == Replacement::CreateFirst {
            lifecycle.insert("create_before_destroy".to_owned(), json!(true));
        }
        if !lifecycle.is_empty() {
            body.insert("lifecycle".to_owned(), json!([lifecycle]));
        }
        Value::Object(body)
    }
}

impl Rendered {
    /// The declarations of what comes from outside.
    pub(crate) fn variables(&self) -> Map<String, Value> {
        let imports = self.imports.iter().map(|(name, target)| {
            let description = format!(
                "The attribute {} of {} in {}.",
                target.attribute, target.address, target.module
            );
            (name.clone(), json!({ "type": target.constraint, "description": description }))
        });
        let inputs = self.inputs.iter().map(|name| {
            (
                name.clone(),
                json!({ "type": "string", "description": format!("The root's variable {name}.") }),
            )
        });
        imports.chain(inputs).collect()
    }
}

/// The view from inside a module: its own resources by address, everything else through variables.
struct Inside {
    module: ModuleName,
    own: BTreeSet<Address>,
    imports: BTreeMap<String, Target>,
    inputs: BTreeSet<String>,
}

impl Scope for Inside {
    fn attribute(&mut self, target: &Target, out: &mut String) {
        if target.module == self.module {
            self.own.insert(target.address.clone());
            target.address.write(out);
            out.push('.');
            out.push_str(target.attribute);
            return;
        }
        let mut variable = target.module.seen_from(self.module);
        variable.push('_');
        target.write_output(&mut variable);
        out.push_str("var.");
        out.push_str(&variable);
        let import = self.imports.entry(variable).or_insert_with(|| target.clone());
        import.after.extend(target.after.iter().cloned());
    }

    fn input(&mut self, name: &str, out: &mut String) {
        out.push_str("var.");
        out.push_str(name);
        if !self.inputs.contains(name) {
            self.inputs.insert(name.to_owned());
        }
    }
}

fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Region, kind};
    use serde::Serialize;

    #[derive(Serialize)]
    struct Certificate {
        domain_name: &'static str,
    }

    impl Resource for Certificate {
        type Kind = kind::Certificate;
    }

    #[test]
    fn a_lifecycle_holds_what_was_asked_for() {
        let mut module = Module::new(ModuleName::regional("compute", Region::US_EAST_1));
        let certificate = Certificate { domain_name: "example.org" };
        module.add("plain", &certificate).unwrap();
        let entry = module.add("main", &certificate).unwrap();
        entry.create_before_destroy().ignore_changes(["tags"]);
        assert_eq!(
            module.document().unwrap()["resource"]["aws_acm_certificate"],
            json!({
                "plain": { "domain_name": "example.org" },
                "main": {
                    "domain_name": "example.org",
                    "lifecycle": [{ "create_before_destroy": true, "ignore_changes": ["tags"] }],
                },
            })
        );
    }
}
