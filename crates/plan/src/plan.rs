//! The plan: what every kind of input becomes.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

use crate::address::{InstanceKey, Mode, Parts, instance_key};
use crate::configuration::{Block, Configuration};
use crate::documents::Documents;
use crate::error::ReadError;
use crate::graph::Graph;
use crate::json::{Json, may_hold};
use crate::locate::{Input, TextMilestones};
use crate::path::AttrPath;
use crate::region::Regions;
use crate::resolve::{ModuleTree, Origin};
use crate::value::{Indices, Value};
use crate::{documents, evaluate, plan_format, state_format};

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
    pub(crate) regions: OnceLock<Regions>,
    pub(crate) graph: OnceLock<Graph>,
    pub(crate) milestones: TextMilestones,
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

/// What Terraform will do to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Nothing: it is as it should be. All of a state's resources are so.
    NoOp,
    /// It will be made, as all of a configuration's managed resources will.
    Create,
    /// It will be read (data sources).
    Read,
    /// It will be changed in place.
    Update,
    /// It will be destroyed and made anew, in either order.
    Replace,
    /// It will be destroyed.
    Delete,
    /// It will be left alone, out of Terraform's sight.
    Forget,
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

/// What is kept of a resource instance.
pub(crate) struct Record<'input> {
    pub(crate) address: Cow<'input, str>,
    pub(crate) parts: Parts,
    pub(crate) action: Action,
    pub(crate) deposed: Option<Box<str>>,
    pub(crate) provider: Cow<'input, str>,
    /// The entry that the record was made from; empty for configurations.
    pub(crate) entry: &'input [u8],
    pub(crate) values: Texts<'input>,
    /// Of `values`: rules ask for one attribute after the other.
    pub(crate) indices: Indices,
}

/// A value's JSON text with the texts that mark what is unknown and what is sensitive; empty marks mark nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Texts<'input> {
    pub(crate) json: Cow<'input, [u8]>,
    pub(crate) unknown: Cow<'input, [u8]>,
    pub(crate) sensitive: Cow<'input, [u8]>,
}

impl<'input> Plan<'input> {
    /// Reads `terraform show -json` of a plan or of a state, which are told apart by content.
    ///
    /// # Errors
    ///
    /// Fails if the input is neither, is damaged, or says of itself that it is not whole.
    pub fn read(input: &'input [u8]) -> Result<Self, ReadError> {
        plan_format::sniff(input)?;
        let mut plan = match plan_format::read(input)? {
            plan_format::Found::Plan(plan) => plan,
            plan_format::Found::State { values, format_version, terraform_version } => {
                let mut plan = state_format::read(values, Kind::State)?;
                plan.format_version = Some(format_version);
                plan.terraform_version = terraform_version;
                plan
            }
        };
        plan.input = Input::Text(input);
        plan.link()?;
        Ok(plan)
    }

    /// Reads a configuration in JSON syntax, the root module and the local modules that it calls.
    ///
    /// Values are worked out as far as that is possible without a provider; all others are unknown, with the
    /// references that their expressions hold. An instance whose `count` or `for_each` is unknown stands for all.
    ///
    /// # Errors
    ///
    /// Fails if a document is not JSON or not shaped like a configuration, or if there is none.
    pub fn from_documents(documents: &'input Documents) -> Result<Self, ReadError> {
        let mut plan = evaluate::plan(documents::read(documents)?)?;
        plan.input = Input::Documents(documents);
        plan.link()?;
        Ok(plan)
    }

    pub(crate) fn empty(kind: Kind) -> Self {
        Self {
            input: Input::Text(&[]),
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
        }
    }

    /// Joins records with each other and with the configuration, once all are there.
    pub(crate) fn link(&mut self) -> Result<(), ReadError> {
        let (records, configuration) = (&self.records, &self.configuration);
        let (origins, index) =
            rayon::join(|| ModuleTree::of(records, configuration), || AddressIndex::of(records));
        self.index = index?;
        (self.modules, self.origins) = origins;
        Ok(())
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

    /// The provider's full name, `registry.terraform.io/hashicorp/aws`; empty if the input does not say.
    pub fn provider(self) -> &'plan str {
        &self.record.provider
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
        Some(Value::known(self.block()?.lifecycle?))
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

impl Texts<'_> {
    pub(crate) fn value(&self) -> Value<'_> {
        Value::new(&self.json, &self.unknown, &self.sensitive)
    }
}

/// Finds records by address and by group. Open addressing over indices: the addresses stay in the records.
#[derive(Default)]
pub(crate) struct AddressIndex {
    hasher: RandomState,
    instances: Vec<u32>,
    groups: Vec<u32>,
    /// For each record, the next one of its group.
    next: Vec<u32>,
}

const VACANT: u32 = u32::MAX;

impl AddressIndex {
    fn of(records: &[Record<'_>]) -> Result<Self, ReadError> {
        let slots = (records.len() * 2).next_power_of_two().max(2);
        let mut index = Self {
            hasher: RandomState::new(),
            instances: vec![VACANT; slots],
            groups: vec![VACANT; slots],
            next: vec![VACANT; records.len()],
        };
        // Deposed objects are left out; two of one address differ in their deposed keys.
        let mut deposed = HashMap::new();
        // Backwards, so that each group's chain ends up in the records' order.
        for (at, record) in records.iter().enumerate().rev() {
            let duplicate = || ReadError::Duplicate { address: record.address.to_string() };
            if let Some(key) = &record.deposed {
                if deposed.insert((record.address.as_ref(), key.as_ref()), at).is_some() {
                    return Err(duplicate());
                }
                continue;
            }
            let place =
                u32::try_from(at).map_err(|_| ReadError::TooDeep { limit: VACANT as usize })?;
            let slot =
                index.slot(&index.instances, &record.address, |record| &record.address, records);
            match index.instances.get_mut(slot) {
                Some(entry) if *entry == VACANT => *entry = place,
                _ => return Err(duplicate()),
            }
            let slot = index.slot(&index.groups, record.group(), Record::group, records);
            if let (Some(head), Some(next)) = (index.groups.get_mut(slot), index.next.get_mut(at)) {
                *next = std::mem::replace(head, place);
            }
        }
        Ok(index)
    }

    pub(crate) fn instance(&self, address: &str, records: &[Record<'_>]) -> Option<usize> {
        let slot = self.slot(&self.instances, address, |record| &record.address, records);
        occupied(*self.instances.get(slot)?)
    }

    pub(crate) fn group(
        &self,
        group: &str,
        records: &[Record<'_>],
    ) -> impl Iterator<Item = usize> + use<'_> {
        let slot = self.slot(&self.groups, group, Record::group, records);
        let head = self.groups.get(slot).copied().and_then(occupied);
        std::iter::successors(head, |at| self.next.get(*at).copied().and_then(occupied))
    }

    /// The slot that holds `name`, or the vacant one where it would be.
    fn slot<'r>(
        &self,
        table: &[u32],
        name: &str,
        name_of: impl Fn(&'r Record<'r>) -> &'r str,
        records: &'r [Record<'r>],
    ) -> usize {
        let mask = table.len().wrapping_sub(1);
        #[expect(clippy::cast_possible_truncation, reason = "any part of a hash is a hash")]
        let mut slot = self.hasher.hash_one(name) as usize & mask;
        while let Some(at) = table.get(slot).copied().and_then(occupied) {
            if records.get(at).is_some_and(|record| name_of(record) == name) {
                break;
            }
            slot = (slot + 1) & mask;
        }
        slot
    }
}

/// Finds records by what AWS calls them.
pub(crate) struct Identities {
    hasher: RandomState,
    /// Hashes of known `arn`s and `id`s, with the record; sorted.
    hashes: Vec<(u64, u32)>,
}

impl Identities {
    pub(crate) fn of(records: &[Record<'_>]) -> Self {
        let hasher = RandomState::new();
        let mut hashes = Vec::new();
        for (at, record) in (0..).zip(records) {
            for (attribute, key) in [("arn", b"\"arn\"".as_slice()), ("id", b"\"id\"")] {
                if !may_hold(&record.values.json, key) {
                    continue;
                }
                if let Some(text) = record.values.value().get(attribute).as_str() {
                    hashes.push((hasher.hash_one(text.as_ref()), at));
                }
            }
        }
        hashes.sort_unstable();
        hashes.dedup();
        Self { hasher, hashes }
    }

    /// The records that may be called so: those whose names have the same hash.
    pub(crate) fn candidates(&self, text: &str) -> impl Iterator<Item = usize> + use<'_> {
        let hash = self.hasher.hash_one(text);
        let start = self.hashes.partition_point(|(other, _)| *other < hash);
        let tail = self.hashes.get(start..).unwrap_or_default();
        tail.iter().take_while(move |(other, _)| *other == hash).map(|(_, at)| *at as usize)
    }
}

fn occupied(place: u32) -> Option<usize> {
    (place != VACANT).then_some(place as usize)
}

impl Record<'_> {
    pub(crate) fn group(&self) -> &str {
        self.address.get(self.parts.group()).unwrap_or_default()
    }
}
