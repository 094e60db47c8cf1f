use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde_json::{Map, Value, json};

use crate::module::Rendered;
use crate::target::Target;
use crate::write::{Scope, write_template};
use crate::{
    Documents, Expression, Input, Module, ModuleError, ModuleName, Region, Tags, Template,
};

/// The root of a configuration: providers, variables, modules and outputs.
#[derive(Clone, Debug)]
pub struct Stack {
    settings: Settings,
    regions: BTreeSet<Region>,
    inputs: BTreeMap<&'static str, Value>,
    account: Account,
    modules: BTreeMap<String, Module>,
    outputs: BTreeMap<&'static str, (String, Expression)>,
}

/// What stands in the root's `terraform` block, and the tags that every resource gets.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which versions of Terraform can run the configuration, such as `>= 1.11`.
    pub terraform: String,
    /// Which versions of the AWS provider, such as `~> 5.88`.
    pub provider: String,
    /// Where the state lives.
    pub backend: Option<Backend>,
    /// Tags of every resource that takes tags.
    pub tags: Tags,
    /// Where the files come from, for the comment at their top.
    pub provenance: String,
}

/// Where the state lives: a backend's type and its arguments, which Terraform takes literally.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// The type, such as `s3` or `local`.
    pub kind: &'static str,
    /// The arguments.
    pub arguments: Map<String, Value>,
}

/// Where the id of the account comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Account {
    /// A variable of the root; the providers refuse the credentials of any other account.
    #[default]
    Variable,
    /// The account that Terraform runs in, looked up when it runs: a plan then needs AWS.
    Caller,
}

/// Why a stack could not be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StackError {
    /// Two modules would have the same call or directory.
    #[error("{0} is in the stack twice")]
    DuplicateModule(ModuleName),
    /// Two outputs of the root have the same name.
    #[error("the output `{0}` is declared twice")]
    DuplicateOutput(&'static str),
    /// A reference to a resource that no module declares.
    #[error("{from} refers to `{address}` in {module}, which {}", if *known { "does not declare it" } else { "is not in the stack" })]
    Dangling {
        /// What refers: a module or the root.
        from: String,
        /// The module that should declare it.
        module: ModuleName,
        /// The address of what is missing.
        address: String,
        /// Whether the module is there.
        known: bool,
    },
    /// A module needs a provider that the root does not have.
    #[error("{module} lies in {}, and the stack has no provider for that region", module.region())]
    NoProvider {
        /// The module.
        module: ModuleName,
    },
    /// A variable of the root is used and not declared.
    #[error("{from} uses the variable `{name}`, which the stack does not declare")]
    NoInput {
        /// What uses it.
        from: String,
        /// The variable.
        name: String,
    },
    /// A module refers to something of its own that isn't there.
    #[error(transparent)]
    Module(#[from] ModuleError),
}

impl Default for Settings {
    /// What the AWS provider 5.x needs, a local state beside the configuration, no tags.
    fn default() -> Self {
        Self {
            terraform: ">= 1.5".to_owned(),
            provider: "~> 5.0".to_owned(),
            backend: None,
            tags: Tags::new(),
            provenance: concat!("written by drstack ", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

impl Stack {
    /// An empty stack. The environment suffix and the account id are variables without a default
    /// until [`input`](Self::input) or [`account`](Self::account) says otherwise.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let mut stack = Self {
            settings,
            regions: BTreeSet::new(),
            inputs: BTreeMap::new(),
            account: Account::default(),
            modules: BTreeMap::new(),
            outputs: BTreeMap::new(),
        };
        for input in [Input::ENVIRONMENT_SUFFIX, Input::ACCOUNT_ID] {
            stack.input(
                input,
                json!({ "type": "string", "description": format!("The {}.", input.name()) }),
            );
        }
        stack
    }

    /// Adds the provider of a region.
    pub fn provider(&mut self, region: Region) -> &mut Self {
        self.regions.insert(region);
        self
    }

    /// Declares a variable of the root: the body of its `variable` block, taken literally.
    pub fn input(&mut self, input: Input, body: Value) -> &mut Self {
        self.inputs.insert(input.name(), body);
        self
    }

    /// Says where the id of the account comes from.
    pub fn account(&mut self, account: Account) -> &mut Self {
        self.account = account;
        match account {
            Account::Variable => {}
            Account::Caller => {
                self.inputs.remove(Input::ACCOUNT_ID.name());
            }
        }
        self
    }

    /// Adds a module.
    ///
    /// # Errors
    /// When one of the same name is there.
    pub fn module(&mut self, module: Module) -> Result<&mut Self, StackError> {
        let name = module.name();
        match self.modules.insert(name.call(), module) {
            None => Ok(self),
            Some(_) => Err(StackError::DuplicateModule(name)),
        }
    }

    /// Adds an output of the root.
    ///
    /// # Errors
    /// When one of the same name is there.
    pub fn output(
        &mut self,
        name: &'static str,
        description: impl Into<String>,
        value: impl Into<Expression>,
    ) -> Result<&mut Self, StackError> {
        match self.outputs.insert(name, (description.into(), value.into())) {
            None => Ok(self),
            Some(_) => Err(StackError::DuplicateOutput(name)),
        }
    }

    /// The modules, in the order of their calls.
    pub fn modules(&self) -> impl Iterator<Item = &Module> {
        self.modules.values()
    }

    /// Renders the whole configuration.
    ///
    /// # Errors
    /// When something refers to what isn't there.
    pub fn documents(&self) -> Result<Documents, StackError> {
        let mut root = Root { stack: self, exports: BTreeMap::new(), inputs: BTreeSet::new() };
        let outputs = self.root_outputs(&mut root);
        let mut calls = Map::new();
        let rendered: Vec<_> = self
            .modules
            .par_iter()
            .map(|(_, module)| Ok((module.name(), module.render()?)))
            .collect::<Result<_, ModuleError>>()?;
        for (name, view) in &rendered {
            calls.insert(name.call(), self.call(*name, view, &mut root)?);
        }
        root.check()?;

        let exports = &root.exports;
        let modules = rendered
            .into_par_iter()
            .flat_map_iter(|(name, view)| self.module_files(name, view, exports.get(&name)));
        let mut documents: Documents = modules.collect::<Vec<_>>().into_iter().collect();
        self.write_root(&mut documents, calls, outputs);
        Ok(documents)
    }

    fn root_outputs(&self, root: &mut Root<'_>) -> Map<String, Value> {
        let written = self.outputs.iter().map(|(name, (description, value))| {
            let value = write_template(Template::from(value.clone()).parts(), root);
            ((*name).to_owned(), json!({ "description": description, "value": value }))
        });
        written.collect()
    }

    /// The call of a module: its source, its provider and a value for each of its variables.
    fn call(
        &self,
        name: ModuleName,
        view: &Rendered,
        root: &mut Root<'_>,
    ) -> Result<Value, StackError> {
        if !self.regions.contains(&name.region()) {
            return Err(StackError::NoProvider { module: name });
        }
        let mut call = Map::new();
        call.insert("source".to_owned(), json!(format!("./{}", name.directory())));
        call.insert(
            "providers".to_owned(),
            json!({ "aws": format!("aws.{}", name.region().identifier()) }),
        );
        for (variable, target) in &view.imports {
            root.need(&name.to_string(), target)?;
            let value = interpolation(|out| root.attribute(target, out));
            call.insert(variable.clone(), value);
        }
        for input in &view.inputs {
            if !self.knows(input) {
                return Err(StackError::NoInput { from: name.to_string(), name: input.clone() });
            }
            call.insert(input.clone(), interpolation(|out| root.input(input, out)));
        }
        Ok(Value::Object(call))
    }

    fn knows(&self, input: &str) -> bool {
        self.inputs.contains_key(input) || self.looks_up(input)
    }

    /// Whether the input is the account id and Terraform looks it up.
    fn looks_up(&self, input: &str) -> bool {
        input == Input::ACCOUNT_ID.name() && self.account == Account::Caller
    }

    fn module_files(
        &self,
        name: ModuleName,
        mut view: Rendered,
        exports: Option<&BTreeMap<String, Target>>,
    ) -> Documents {
        let variables = view.variables();
        view.main.insert(
            "terraform".to_owned(),
            json!([{ "required_providers": self.required_providers() }]),
        );
        let mut documents = Documents::default();
        let file = |file: &str| format!("{}/{file}.tf.json", name.directory());
        documents.insert_json(file("main"), &self.commented(view.main));
        if !variables.is_empty() {
            documents.insert_json(
                file("variables"),
                &self.commented([("variable".to_owned(), variables.into())]),
            );
        }
        if let Some(exports) = exports {
            let outputs: Map<String, Value> =
                exports.iter().map(|(name, target)| (name.clone(), export(target))).collect();
            documents.insert_json(
                file("outputs"),
                &self.commented([("output".to_owned(), outputs.into())]),
            );
        }
        documents
    }

    fn write_root(
        &self,
        documents: &mut Documents,
        calls: Map<String, Value>,
        outputs: Map<String, Value>,
    ) {
        let mut terraform = Map::new();
        terraform.insert("required_version".to_owned(), json!(self.settings.terraform));
        terraform.insert("required_providers".to_owned(), self.required_providers());
        if let Some(backend) = &self.settings.backend {
            terraform.insert("backend".to_owned(), json!({ (backend.kind): [backend.arguments] }));
        }
        let tags = self.default_tags();
        let account = match self.account {
            // Whoever deploys with another account's credentials is stopped before anything is read or made.
            Account::Variable => Some(json!([format!("${{var.{}}}", Input::ACCOUNT_ID.name())])),
            Account::Caller => None,
        };
        let providers: Vec<Value> = self
            .regions
            .iter()
            .map(|region| {
                let mut provider = json!({ "alias": region.identifier(), "region": region });
                if let Some(account) = &account {
                    provider["allowed_account_ids"] = account.clone();
                }
                if !tags.is_empty() {
                    provider["default_tags"] = json!([{ "tags": tags }]);
                }
                provider
            })
            .collect();
        let mut main = Map::new();
        main.insert("terraform".to_owned(), json!([terraform]));
        main.insert("provider".to_owned(), json!({ "aws": providers }));
        if let (Account::Caller, Some(region)) = (self.account, self.regions.first()) {
            let lookup = json!({ "provider": format!("aws.{}", region.identifier()) });
            main.insert("data".to_owned(), json!({ "aws_caller_identity": { "current": lookup } }));
        }
        if !calls.is_empty() {
            main.insert("module".to_owned(), Value::Object(calls));
        }
        documents.insert_json("main.tf.json".to_owned(), &self.commented(main));
        let variables: Map<String, Value> =
            self.inputs.iter().map(|(name, body)| ((*name).to_owned(), body.clone())).collect();
        documents.insert_json(
            "variables.tf.json".to_owned(),
            &self.commented([("variable".to_owned(), variables.into())]),
        );
        if !outputs.is_empty() {
            documents.insert_json(
                "outputs.tf.json".to_owned(),
                &self.commented([("output".to_owned(), outputs.into())]),
            );
        }
    }

    fn default_tags(&self) -> Map<String, Value> {
        let mut root = Root { stack: self, exports: BTreeMap::new(), inputs: BTreeSet::new() };
        let tags = self.settings.tags.iter();
        tags.map(|(key, value)| (key.clone(), json!(write_template(value.parts(), &mut root))))
            .collect()
    }

    fn required_providers(&self) -> Value {
        json!([{ "aws": { "source": "hashicorp/aws", "version": self.settings.provider } }])
    }

    /// A document with the comment that says where it comes from.
    fn commented(&self, fields: impl IntoIterator<Item = (String, Value)>) -> Value {
        let comment = [("//".to_owned(), json!(self.settings.provenance))];
        Value::Object(comment.into_iter().chain(fields).collect())
    }
}

/// The view from the root: modules by their outputs, variables by their names.
struct Root<'a> {
    stack: &'a Stack,
    /// For each module, the outputs that it must have.
    exports: BTreeMap<ModuleName, BTreeMap<String, Target>>,
    inputs: BTreeSet<String>,
}

impl Root<'_> {
    /// Checks that what `from` refers to is there.
    fn need(&self, from: &str, target: &Target) -> Result<(), StackError> {
        let module = self.stack.modules.get(&target.module.call());
        let missing = [&target.address]
            .into_iter()
            .chain(&target.after)
            .find(|address| !module.is_some_and(|module| module.declares(address)));
        missing.map_or(Ok(()), |address| {
            Err(StackError::Dangling {
                from: from.to_owned(),
                module: target.module,
                address: address.to_string(),
                known: module.is_some(),
            })
        })
    }

    /// Checks what the root itself refers to.
    fn check(&self) -> Result<(), StackError> {
        for target in self.exports.values().flat_map(BTreeMap::values) {
            self.need("the root", target)?;
        }
        match self.inputs.iter().find(|name| !self.stack.knows(name)) {
            Some(name) => {
                Err(StackError::NoInput { from: "the root".to_owned(), name: name.clone() })
            }
            None => Ok(()),
        }
    }
}

impl Scope for Root<'_> {
    fn attribute(&mut self, target: &Target, out: &mut String) {
        let mut output = String::new();
        target.write_output(&mut output);
        *out += &format!("{}.{output}", target.module);
        let exports = self.exports.entry(target.module).or_default();
        let export = exports.entry(output).or_insert_with(|| target.clone());
        export.after.extend(target.after.iter().cloned());
    }

    fn input(&mut self, name: &str, out: &mut String) {
        if self.stack.looks_up(name) {
            *out += "data.aws_caller_identity.current.account_id";
            return;
        }
        self.inputs.insert(name.to_owned());
        *out += "var.";
        *out += name;
    }
}

/// The template of one expression.
fn interpolation(write: impl FnOnce(&mut String)) -> Value {
    let mut text = "${".to_owned();
    write(&mut text);
    text.push('}');
    Value::String(text)
}

/// The body of an output.
fn export(target: &Target) -> Value {
    let mut output = json!({
        "description": format!("The attribute {} of {}.", target.attribute, target.address),
        "value": format!("${{{}.{}}}", target.address, target.attribute),
    });
    let after: BTreeSet<String> = target.after.iter().map(ToString::to_string).collect();
    if !after.is_empty() {
        output["depends_on"] = json!(after);
    }
    output
}
