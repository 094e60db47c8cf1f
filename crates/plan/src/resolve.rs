//! Following references through modules, variables, outputs and local values to resource instances.

use foldhash::HashMap;

use crate::address::{InstanceKey, module_steps};
use crate::configuration::Configuration;
use crate::json::{Json, JsonKind};
use crate::meta_arguments::Repetition;
use crate::record::Record;

/// The module instances of a plan; the root is the first.
///
/// It holds the instances that resources are in, and those of the configuration that only pass values on.
#[derive(Default)]
pub(crate) struct ModuleTree {
    pub(crate) instances: Vec<ModuleInstance>,
}

/// Where a record comes from.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Origin {
    /// The module instance.
    pub(crate) module: u32,
    /// The block of the configuration, if that is part of the input.
    pub(crate) block: Option<u32>,
}

/// One instance of a module.
#[derive(Default)]
pub(crate) struct ModuleInstance {
    /// `module.east["a"]`; empty for the root.
    pub(crate) path: String,
    pub(crate) parent: Option<usize>,
    pub(crate) key: Option<InstanceKey>,
    /// Index into the configuration's modules.
    pub(crate) module: Option<usize>,
    /// Instances of the modules called here, by call.
    pub(crate) children: HashMap<String, Children>,
}

/// The instances of one module call.
#[derive(Default)]
pub(crate) struct Children {
    pub(crate) in_order: Vec<usize>,
    /// By key as addresses write it; the empty key for a call without repetition.
    pub(crate) by_key: HashMap<String, usize>,
}

impl ModuleTree {
    /// Finds the instances, and for each record which one it is in and which block it comes from.
    pub(crate) fn of(
        records: &[Record<'_>],
        configuration: &Configuration<'_>,
    ) -> (Self, Vec<Origin>) {
        let module = (!configuration.modules.is_empty()).then_some(0);
        let mut tree =
            Self { instances: vec![ModuleInstance { module, ..ModuleInstance::default() }] };
        let mut by_path = HashMap::from_iter([(String::new(), 0)]);
        let mut origins = Vec::with_capacity(records.len());
        for record in records {
            let path = record.address.get(record.parts.module()).unwrap_or_default();
            let at = match by_path.get(path) {
                Some(at) => *at,
                None => {
                    let at = tree.insert(path, configuration);
                    by_path.insert(path.to_owned(), at);
                    at
                }
            };
            let block = tree.instances.get(at).and_then(|instance| {
                let module = configuration.modules.get(instance.module?)?;
                module.blocks.get(record.address.get(record.parts.block())?)
            });
            origins.push(Origin {
                module: u32::try_from(at).unwrap_or_default(),
                block: block.and_then(|block| u32::try_from(*block).ok()),
            });
        }
        tree.complete(configuration);
        (tree, origins)
    }

    fn insert(&mut self, path: &str, configuration: &Configuration<'_>) -> usize {
        let steps = module_steps(path).unwrap_or_default();
        steps
            .into_iter()
            .fold(0, |parent, (name, key)| self.child(parent, name, key, configuration))
    }

    /// The instance of a call inside another instance, made if it is not there yet.
    fn child(
        &mut self,
        parent: usize,
        name: &str,
        key: Option<InstanceKey>,
        configuration: &Configuration<'_>,
    ) -> usize {
        let Some(instance) = self.instances.get(parent) else { return parent };
        let suffix = key.as_ref().map(InstanceKey::to_string).unwrap_or_default();
        if let Some(at) =
            instance.children.get(name).and_then(|siblings| siblings.by_key.get(&suffix))
        {
            return *at;
        }
        let separator = if instance.path.is_empty() { "" } else { "." };
        let path = format!("{}{separator}module.{name}{suffix}", instance.path);
        let calls = instance
            .module
            .and_then(|module| configuration.modules.get(module))
            .map(|module| &module.calls);
        let module = calls.and_then(|calls| calls.get(name)).and_then(|call| call.module);
        let at = self.instances.len();
        if let Some(parent) = self.instances.get_mut(parent) {
            let siblings = parent.children.entry(name.to_owned()).or_default();
            siblings.in_order.push(at);
            siblings.by_key.insert(suffix, at);
        }
        self.instances.push(ModuleInstance {
            path,
            parent: Some(parent),
            key,
            module,
            children: HashMap::default(),
        });
        at
    }

    /// Adds instances of modules that hold no resource, so that references lead through them.
    fn complete(&mut self, configuration: &Configuration<'_>) {
        let mut at = 0;
        while let Some(instance) = self.instances.get(at) {
            let calls = instance
                .module
                .and_then(|module| configuration.modules.get(module))
                .map(|module| &module.calls);
            let missing: Vec<_> = calls
                .into_iter()
                .flatten()
                .filter(|(name, call)| {
                    call.module.is_some() && !instance.children.contains_key(name.as_ref())
                })
                .collect();
            for (name, call) in missing {
                for key in keys(call.meta.repetition) {
                    self.child(at, name, key, configuration);
                }
            }
            at += 1;
        }
    }
}

/// The keys that a repetition surely has; one nameless instance stands for an unknown number.
fn keys(repetition: Repetition<'_>) -> Vec<Option<InstanceKey>> {
    let constant = repetition.source().and_then(|source| source.constant());
    match (repetition, constant) {
        (Repetition::Count(_), Some(count)) => {
            (0..count.as_u64().unwrap_or_default().min(MOST_KEYS))
                .map(|index| Some(InstanceKey::Number(index)))
                .collect()
        }
        (Repetition::ForEach(_), Some(map)) if map.kind() == JsonKind::Object => {
            map.members().map(|(key, _)| Some(InstanceKey::Text(key.into_owned()))).collect()
        }
        (Repetition::ForEach(_), Some(set)) if set.kind() == JsonKind::Array => set
            .elements()
            .filter_map(Json::as_str)
            .map(|key| Some(InstanceKey::Text(key.into_owned())))
            .collect(),
        _ => vec![None],
    }
}

/// A count beyond this is a mistake, or an attempt to exhaust memory.
pub(crate) const MOST_KEYS: u64 = 10_000;

impl Configuration<'_> {
    /// The module at a path of calls without keys.
    pub(crate) fn module_at(&self, path: &str) -> Option<usize> {
        module_steps(path)?
            .into_iter()
            .try_fold(0, |module, (name, _)| self.modules.get(module)?.calls.get(name)?.module)
    }
}
