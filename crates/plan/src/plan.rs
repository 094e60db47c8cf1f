//! The plan: what every kind of input becomes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::{fmt, iter};

use crate::address::{InstanceKey, Mode, instance_key};
use crate::configuration::{Block, Configuration};
use crate::graph::Graph;
use crate::index::{AddressIndex, Identities};
use crate::interned::Interned;
use crate::json::Json;
use crate::milestones::{Input, TextMilestones};
use crate::path::AttrPath;
use crate::record::{Action, Record, Texts};
use crate::resolve::{ModuleTree, Origin};
use crate::value::Value;

/// Resources, their values and what they refer to, read from a plan, a state or a configuration.
pub struct Plan<'input> {
    pub(crate) input: Input<'input>,
    pub(crate) kind: Kind,
    pub(crate) format_version: Option<Cow<'input, str>>,
    pub(crate) terraform_version: Option<Cow<'input, str>>,
    pub(crate) records: Vec<Record<'input>>,
    pub(crate) deferred: Vec<Deferred>,
    pub(crate) variables: BTreeMap<String, Texts<'input>>,
    pub(crate) outputs: BTreeMap<String, Texts<'input>>,
    pub(crate) configuration: Configuration<'input>,
    pub(crate) modules: ModuleTree,
    /// For each record, where it comes from.
    pub(crate) origins: Vec<Origin>,
    pub(crate) index: AddressIndex,
    pub(crate) identities: OnceLock<Identities>,
    pub(crate) regions: OnceLock<Interned>,
    pub(crate) graph: OnceLock<Graph>,
    pub(crate) milestones: TextMilestones,
    pub(crate) shared_addresses: OnceLock<Vec<OnceLock<Arc<str>>>>,
}

/// Which kind of input a plan was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `terraform show -json PLANFILE`.
    Plan,
    /// `terraform show -json` of a state.
    State,
    /// A directory of `*.tf.json`.
    Configuration,
}

/// Something that a kind of input cannot show, whatever the infrastructure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum BlindSpot {
    /// `lifecycle` blocks (`prevent_destroy`, `ignore_changes`).
    Lifecycle,
    /// Expressions inside `dynamic` blocks.
    DynamicExpressions,
    /// The expressions of local values, unless written in JSON syntax.
    Locals,
    /// What is written in a map that is unknown as a whole, unless written in JSON syntax: one value that is not known
    /// is enough for that (see [`Resource::written_keys`]).
    UnknownMaps,
    /// What any attribute refers to.
    References,
    /// Variables.
    Variables,
    /// Which provider configuration a resource uses; its region shows in its own values only.
    ProviderConfiguration,
    /// `required_version`.
    RequiredVersion,
    /// Values that the provider fills in.
    ComputedValues,
    /// What data sources find.
    DataSources,
    /// Which attributes the provider's schema marks as sensitive.
    SchemaSensitivity,
    /// A module whose source is not a local directory of the input.
    RemoteModules,
}

/// A change that Terraform put off because it cannot be planned yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deferred {
    /// The resource's address; its key may be a placeholder.
    pub address: String,
    /// Terraform's word for why, such as `instance_count_unknown`.
    pub reason: String,
}

/// One instance of a resource, with or without changes. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Resource<'plan> {
    pub(crate) plan: &'plan Plan<'plan>,
    pub(crate) record: &'plan Record<'plan>,
    pub(crate) index: usize,
}

impl<'input> Plan<'input> {
    pub(crate) fn empty(kind: Kind) -> Self {
        Self {
            input: Input::Text { bytes: &[], parts: &[] },
            kind,
            format_version: None,
            terraform_version: None,
            records: Vec::new(),
            deferred: Vec::new(),
            variables: BTreeMap::new(),
            outputs: BTreeMap::new(),
            configuration: Configuration::default(),
            modules: ModuleTree::default(),
            origins: Vec::new(),
            index: AddressIndex::default(),
            identities: OnceLock::new(),
            regions: OnceLock::new(),
            graph: OnceLock::new(),
            milestones: TextMilestones::default(),
            shared_addresses: OnceLock::new(),
        }
    }

    /// Which kind of input this was read from.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The version of Terraform or OpenTofu that wrote the input.
    pub fn terraform_version(&self) -> Option<&str> {
        self.terraform_version.as_deref()
    }

    /// The version of the input's format; a configuration has none.
    pub fn format_version(&self) -> Option<&str> {
        self.format_version.as_deref()
    }

    /// The root configuration's constraint on a provider, by local name (`aws`), such as `~> 5.0`.
    pub fn provider_constraint(&self, provider: &str) -> Option<&str> {
        self.configuration.versions.get(provider).map(String::as_str)
    }

    /// The root configuration's `required_version`, where the input shows it.
    pub fn required_version(&self) -> Option<&str> {
        self.provider_constraint("terraform")
    }

    /// Where the state is kept: the kind of the backend, such as `s3`, and its arguments. Plans and states don't show it.
    pub fn backend(&self) -> Option<(&str, Value<'_>)> {
        let (kind, arguments) = self.configuration.backend.as_ref()?;
        Some((kind, Value::known(*arguments)))
    }

    /// The values written for an argument in provider configurations, with the providers' keys (`aws.dr`), in the order
    /// of these. Expressions are left out.
    pub fn provider_constants(&self, argument: &str) -> Vec<(&str, Value<'_>)> {
        let path = AttrPath::root().key(argument);
        let mut found: Vec<_> = self
            .configuration
            .providers
            .iter()
            .filter_map(|(key, provider)| {
                let (source, []) = provider.arguments.at(&path)? else { return None };
                let constant = source.constant()?;
                Some((key.as_str(), Value::known(constant)))
            })
            .collect();
        found.sort_by_key(|(key, _)| *key);
        found
    }

    /// What this kind of input cannot show.
    pub fn blind_spots(&self) -> Vec<BlindSpot> {
        use BlindSpot as B;
        match self.kind {
            Kind::Plan => {
                let mut spots =
                    vec![B::Lifecycle, B::DynamicExpressions, B::Locals, B::RequiredVersion];
                if self.configuration.holds_native_syntax() {
                    spots.push(B::UnknownMaps);
                }
                spots
            }
            Kind::State => {
                vec![
                    B::Lifecycle,
                    B::References,
                    B::Variables,
                    B::ProviderConfiguration,
                    B::RequiredVersion,
                ]
            }
            Kind::Configuration => {
                let mut spots = vec![B::ComputedValues, B::DataSources, B::SchemaSensitivity];
                let calls =
                    self.configuration.modules.iter().flat_map(|module| module.calls.values());
                if calls.into_iter().any(|call| call.module.is_none()) {
                    spots.push(B::RemoteModules);
                }
                spots
            }
        }
    }

    /// The resource instances that will exist after apply, data sources included.
    pub fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        self.all_resources().filter(|resource| resource.exists_after_apply())
    }

    /// Every resource instance of the input: those to be deleted and deposed objects too.
    pub fn all_resources(&self) -> impl Iterator<Item = Resource<'_>> {
        self.records.iter().enumerate().map(|(index, record)| Resource {
            plan: self,
            record,
            index,
        })
    }

    /// How many resource instances [`all_resources`](Self::all_resources) yields.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether the input holds no resource at all.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The resource at a place in [`all_resources`](Self::all_resources)' order.
    pub fn nth(&self, index: usize) -> Option<Resource<'_>> {
        Some(Resource { plan: self, record: self.records.get(index)?, index })
    }

    /// The resource instance at an address, in constant time. Deposed objects are not found by address.
    pub fn resource(&self, address: &str) -> Option<Resource<'_>> {
        self.nth(self.index.instance(address, &self.records)?)
    }

    /// All instances of the block at an address without instance key: `module.east.aws_subnet.private`.
    pub fn instances(&self, address: &str) -> impl Iterator<Item = Resource<'_>> {
        self.index.group(address, &self.records).filter_map(|index| self.nth(index))
    }

    /// Whether the plan destroys resources and does nothing else to any managed resource. An empty plan does not.
    pub fn only_deletes(&self) -> bool {
        let mut managed =
            self.records.iter().filter(|record| record.parts.mode == Mode::Managed).peekable();
        managed.peek().is_some() && managed.all(|record| record.action == Action::Delete)
    }

    /// Changes that Terraform put off: nothing can be said of them yet.
    pub fn deferred(&self) -> &[Deferred] {
        &self.deferred
    }

    /// A root variable's value, flagged as sensitive where it is declared so.
    pub fn variable(&self, name: &str) -> Option<Value<'_>> {
        self.variables.get(name).map(Texts::value)
    }

    /// All root variables in the order of their names.
    pub fn variables(&self) -> impl Iterator<Item = (&str, Value<'_>)> {
        self.variables.iter().map(|(name, texts)| (name.as_str(), texts.value()))
    }

    /// A root output's value.
    pub fn output(&self, name: &str) -> Option<Value<'_>> {
        self.outputs.get(name).map(Texts::value)
    }

    /// All root outputs in the order of their names.
    pub fn outputs(&self) -> impl Iterator<Item = (&str, Value<'_>)> {
        self.outputs.iter().map(|(name, texts)| (name.as_str(), texts.value()))
    }
}

impl<'plan> Resource<'plan> {
    /// The full address, instance keys included.
    pub fn address(self) -> &'plan str {
        &self.record.address
    }

    /// The address for what outlives the plan. Whoever asks shares it.
    pub fn shared_address(self) -> Arc<str> {
        let shared = self.plan.shared_addresses.get_or_init(|| {
            iter::repeat_with(OnceLock::new).take(self.plan.records.len()).collect()
        });
        let made = || Arc::from(self.address());
        shared.get(self.index).map_or_else(made, |address| Arc::clone(address.get_or_init(made)))
    }

    /// The path of the module instance, `module.east["a"]`; empty for the root.
    pub fn module(self) -> &'plan str {
        self.part(self.record.parts.module())
    }

    /// Whether Terraform manages the resource or only reads it.
    pub fn mode(self) -> Mode {
        self.record.parts.mode
    }

    /// The type, `aws_kms_key`.
    pub fn resource_type(self) -> &'plan str {
        self.part(self.record.parts.resource_type())
    }

    /// The block's name.
    pub fn name(self) -> &'plan str {
        self.part(self.record.parts.name())
    }

    /// The address without the instance key: what all instances of one block in one module instance share.
    pub fn group(self) -> &'plan str {
        self.part(self.record.parts.group())
    }

    /// What tells this instance from the others of its block.
    pub fn key(self) -> Option<InstanceKey> {
        instance_key(self.part(self.record.parts.group().end..self.record.address.len()))
    }

    /// What will be done to the resource.
    pub fn action(self) -> Action {
        self.record.action
    }

    /// The key of a deposed object, which a failed replacement left behind.
    pub fn deposed(self) -> Option<&'plan str> {
        self.record.deposed.as_deref()
    }

    /// Whether the object will be there after apply.
    pub fn exists_after_apply(self) -> bool {
        self.deposed().is_none() && !matches!(self.action(), Action::Delete | Action::Forget)
    }

    /// This resource's place in [`Plan::all_resources`].
    pub fn index(self) -> usize {
        self.index
    }

    /// All attributes as one object, as they will be after apply; null for what will be gone.
    pub fn values(self) -> Value<'plan> {
        self.record.values.value().indexed(&self.record.indices)
    }

    /// All attributes as they are before apply; null unless the input is a plan that changes something that exists.
    pub fn before(self) -> Value<'plan> {
        if self.plan.kind != Kind::Plan {
            return Value::NULL;
        }
        let Some(change) = Json::new(self.record.entry).get("change") else { return Value::NULL };
        let text = |key| change.get(key).map(Json::text).unwrap_or_default();
        Value::new(text("before"), b"", text("before_sensitive"))
    }

    /// The attribute at a path such as `versioning_configuration[0].status`.
    pub fn get(self, path: &str) -> Value<'plan> {
        self.values().get(path)
    }

    /// The attribute at a path.
    pub fn at(self, path: &AttrPath) -> Value<'plan> {
        self.values().at(path)
    }

    /// The `lifecycle` block; `None` where there is none or the kind of input cannot show it
    /// (see [`Plan::blind_spots`]).
    pub fn lifecycle(self) -> Option<Value<'plan>> {
        Some(Value::known(self.block()?.meta.lifecycle?))
    }

    /// Whether the configuration says anything about the attribute; `None` if the input does not show the
    /// resource's configuration. An attribute that is unknown and not configured is computed by the provider.
    pub fn is_configured(self, path: &AttrPath) -> Option<bool> {
        Some(self.block()?.body.covers(path))
    }

    pub(crate) fn block(self) -> Option<&'plan Block<'plan>> {
        self.plan.configuration.blocks.get(self.origin().block? as usize)
    }

    pub(crate) fn origin(self) -> Origin {
        self.plan.origins.get(self.index).copied().unwrap_or_default()
    }

    fn part(self, range: std::ops::Range<usize>) -> &'plan str {
        self.record.address.get(range).unwrap_or_default()
    }
}

impl fmt::Debug for Resource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resource({})", self.address())
    }
}

impl PartialEq for Resource<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.plan, other.plan) && self.index == other.index
    }
}

impl Eq for Resource<'_> {}

impl fmt::Debug for Plan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("kind", &self.kind)
            .field("resources", &self.records.len())
            .finish_non_exhaustive()
    }
}
