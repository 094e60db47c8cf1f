//! `terraform show -json` of plans.
//!
//! The format is described at <https://developer.hashicorp.com/terraform/internals/json-format>.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::address::{Mode, Parts};
use crate::configuration::{
    Block, BlockName, Call, Configuration, Declaration, Module, Output, Provider,
};
use crate::error::ReadError;
use crate::json::{Json, decoded, string};
use crate::meta_arguments::MetaArguments;
use crate::plan::{Deferred, Kind, Plan};
use crate::record::{Action, Marked, Record, Texts};
use crate::scan::Cursor;
use crate::sniff::BOM;
use crate::source::Source;
use crate::state_format;
use crate::value::Indices;

/// What an input turned out to be.
#[expect(clippy::large_enum_variant, reason = "there is one of it, on its way to the caller")]
pub(crate) enum Found<'a> {
    Plan(Plan<'a>),
    State {
        values: Option<Json<'a>>,
        format_version: Cow<'a, str>,
        terraform_version: Option<Cow<'a, str>>,
    },
}

/// How deep modules may be nested.
const MODULE_DEPTH: usize = 64;

/// Members of a plan's top level that hold much and that nothing is made of: the values of `resource_changes` once more,
/// and what others changed. Terraform writes them before `resource_changes`.
const UNREAD: [&[u8]; 2] = [b"planned_values", b"resource_drift"];

/// Where the first of the [`UNREAD`] members begins that holds something, if all that stands before it is in this beginning
/// of a text.
pub(crate) fn unread(beginning: &[u8]) -> Option<usize> {
    let mut cursor = start(beginning);
    let mut place = cursor.open(b'{').ok()?;
    while cursor.more(b'}', &mut place).ok()? {
        let key = cursor.key().ok()?;
        let is_container = matches!(cursor.peek(), Some(b'{' | b'['));
        let start = cursor.position();
        let value = cursor.value();
        let is_empty = value.is_ok_and(|value| value.len() == b"{}".len());
        if UNREAD.contains(&key) && is_container && !is_empty {
            return Some(start);
        }
        value.ok()?;
    }
    None
}

/// Reads a plan; of a state, only what is needed to go on.
pub(crate) fn read(input: &[u8]) -> Result<Found<'_>, ReadError> {
    let mut top = TopLevel::default();
    let mut plan = Plan::empty(Kind::Plan);
    let mut cursor = start(input);
    cursor.object(|key, cursor| -> Result<(), ReadError> {
        match key {
            b"format_version" => {
                let version = string(cursor)?;
                if version.split('.').next() != Some("1") {
                    return Err(ReadError::UnsupportedVersion { found: version.into_owned() });
                }
                plan.format_version = Some(version);
            }
            b"terraform_version" => plan.terraform_version = Some(string(cursor)?),
            b"errored" => top.errored = cursor.value()? == b"true",
            b"complete" => top.incomplete = cursor.value()? == b"false",
            b"encrypted_data" => return Err(ReadError::Encrypted),
            b"@level" => return Err(ReadError::Log),
            b"resource_changes" => {
                top.is_plan = true;
                resource_changes(cursor, &mut plan.records)?;
            }
            b"deferred_changes" => deferred_changes(cursor, &mut plan.deferred)?,
            b"output_changes" => {
                cursor.object(|name, cursor| -> Result<(), ReadError> {
                    let change = change(cursor)?;
                    plan.outputs.insert(decoded(name)?.into_owned(), Texts::Read(change.texts));
                    Ok(())
                })?;
            }
            b"planned_values" => {
                top.is_plan = true;
                cursor.value()?;
            }
            b"variables" => top.variables = Some(Json::new(cursor.value()?)),
            b"prior_state" => top.prior_state = Some(Json::new(cursor.value()?)),
            b"configuration" => {
                top.is_plan = true;
                configuration(cursor, &mut plan.configuration)?;
            }
            b"values" => top.values = Some(Json::new(cursor.value()?)),
            b"version" | b"serial" | b"lineage" => {
                cursor.value()?;
                top.is_raw_state = true;
            }
            _ => {
                cursor.value()?;
                top.has_others |= !matches!(
                    key,
                    b"timestamp"
                        | b"applyable"
                        | b"checks"
                        | b"relevant_attributes"
                        | b"resource_drift"
                );
            }
        }
        Ok(())
    })?;
    cursor.end()?;
    top.finish(plan)
}

/// A cursor behind the byte order mark, if there is one.
fn start(input: &[u8]) -> Cursor<'_> {
    Cursor::starting_at(input, if input.starts_with(BOM) { BOM.len() } else { 0 })
}

/// Members of the top level that wait for the others to be read.
#[derive(Default)]
struct TopLevel<'a> {
    errored: bool,
    incomplete: bool,
    is_plan: bool,
    is_raw_state: bool,
    has_others: bool,
    variables: Option<Json<'a>>,
    prior_state: Option<Json<'a>>,
    values: Option<Json<'a>>,
}

impl<'a> TopLevel<'a> {
    fn finish(self, mut plan: Plan<'a>) -> Result<Found<'a>, ReadError> {
        let Some(format_version) = plan.format_version.clone() else {
            return Err(if self.is_raw_state {
                ReadError::RawState
            } else {
                ReadError::NotTerraform { found: "a JSON object without `format_version`" }
            });
        };
        if self.errored {
            return Err(ReadError::Errored);
        }
        if self.incomplete {
            return Err(ReadError::Incomplete);
        }
        if !self.is_plan {
            // An empty state is nothing but versions.
            if self.values.is_none() && self.has_others {
                return Err(ReadError::NotTerraform {
                    found: "another of Terraform's JSON outputs",
                });
            }
            return Ok(Found::State {
                values: self.values,
                format_version,
                terraform_version: plan.terraform_version,
            });
        }
        for (name, variable) in self.variables.into_iter().flat_map(Json::members) {
            let sensitive = plan
                .configuration
                .modules
                .first()
                .and_then(|root| root.variables.get(&name))
                .is_some_and(|declaration| declaration.sensitive);
            let json = variable.get("value").map(Json::text).unwrap_or(b"null");
            plan.variables.insert(name.into_owned(), Texts::known(json, sensitive));
        }
        if let Some(state) = self.prior_state.and_then(|state| state.get("values")) {
            state_format::read_data(state, &mut plan.records)?;
        }
        Ok(Found::Plan(plan))
    }
}

fn resource_changes<'a>(
    cursor: &mut Cursor<'a>,
    records: &mut Vec<Record<'a>>,
) -> Result<(), ReadError> {
    if cursor.peek() == Some(b'n') {
        cursor.value()?;
        return Ok(());
    }
    cursor.array(|cursor| {
        records.push(resource_change(cursor)?);
        Ok(())
    })
}

/// Reads one entry of `resource_changes`.
fn resource_change<'a>(cursor: &mut Cursor<'a>) -> Result<Record<'a>, ReadError> {
    let start = cursor.position();
    let mut address = None;
    let mut deposed = None;
    let mut found = None;
    cursor.object(|key, cursor| -> Result<(), ReadError> {
        match key {
            b"address" => address = Some(string(cursor)?),
            b"deposed" => deposed = Some(string(cursor)?.into()),
            b"change" => found = Some(change(cursor)?),
            _ => {
                cursor.value()?;
            }
        }
        Ok(())
    })?;
    let address = address.ok_or(ReadError::BadAddress { address: String::new() })?;
    let parts = Parts::of(&address)
        .ok_or_else(|| ReadError::BadAddress { address: address.to_string() })?;
    let Some(change) = found else {
        return Err(ReadError::BadBlock {
            block: address.into_owned(),
            expected: "a member `change`",
        });
    };
    let action = change.action.ok_or_else(|| ReadError::BadBlock {
        block: address.to_string(),
        expected: "`change.actions` as Terraform 1.x writes them",
    })?;
    Ok(Record {
        address,
        parts,
        action,
        deposed,
        entry: cursor.since(start),
        values: Texts::Read(change.texts),
        indices: Indices::default(),
    })
}

struct Change<'a> {
    action: Option<Action>,
    texts: Marked<&'a [u8]>,
}

fn change<'a>(cursor: &mut Cursor<'a>) -> Result<Change<'a>, ReadError> {
    let mut change = Change { action: None, texts: Marked::default() };
    cursor.object(|key, cursor| -> Result<(), ReadError> {
        let value = cursor.value()?;
        match key {
            b"actions" => change.action = action(Json::new(value)),
            b"after" => change.texts.json = value,
            b"after_unknown" => change.texts.unknown = value,
            b"after_sensitive" => change.texts.mark_sensitive(value),
            _ => {}
        }
        Ok(())
    })?;
    Ok(change)
}

fn action(list: Json<'_>) -> Option<Action> {
    let mut actions = list.elements().map(Json::text);
    let action = match (actions.next()?, actions.next()) {
        (b"\"no-op\"", None) => Action::NoOp,
        (b"\"create\"", None) => Action::Create,
        (b"\"read\"", None) => Action::Read,
        (b"\"update\"", None) => Action::Update,
        (b"\"delete\"", None) => Action::Delete,
        (b"\"forget\"", None) => Action::Forget,
        (b"\"delete\"" | b"\"forget\"", Some(b"\"create\""))
        | (b"\"create\"", Some(b"\"delete\"" | b"\"forget\"")) => Action::Replace,
        _ => return None,
    };
    actions.next().is_none().then_some(action)
}

fn deferred_changes(
    cursor: &mut Cursor<'_>,
    deferred: &mut Vec<Deferred>,
) -> Result<(), ReadError> {
    let list = Json::new(cursor.value()?);
    for change in list.elements() {
        let text = |json: Option<Json<'_>>| {
            json.and_then(Json::as_str).map(Cow::into_owned).unwrap_or_default()
        };
        deferred.push(Deferred {
            address: text(change.get("resource_change").and_then(|entry| entry.get("address"))),
            reason: text(change.get("reason")),
        });
    }
    Ok(())
}

fn configuration<'a>(
    cursor: &mut Cursor<'a>,
    into: &mut Configuration<'a>,
) -> Result<(), ReadError> {
    let mut providers = Vec::new();
    into.modules.push(Module::default());
    cursor.object(|key, cursor| match key {
        b"root_module" => module(cursor, 0, MODULE_DEPTH, into),
        b"provider_config" => cursor.object(|key, cursor| {
            providers.push((decoded(key)?, Json::new(cursor.value()?)));
            Ok(())
        }),
        _ => Ok(cursor.value().map(drop)?),
    })?;
    for (key, provider) in providers {
        let field = |name| provider.get(name).and_then(Json::as_str);
        if let (Some(name), Some(constraint), None) =
            (field("name"), field("version_constraint"), field("module_address"))
        {
            into.versions.insert(name.into_owned(), constraint.into_owned());
        }
        // A key that cannot be placed is left out: a miss means an unknown region, not a guess.
        let Some(module) = into.module_at(field("module_address").as_deref().unwrap_or_default())
        else {
            continue;
        };
        let arguments = Source::Plan(provider.get("expressions").unwrap_or(Json::new(b"{}")));
        into.providers.insert(key.into_owned(), Provider { module, arguments });
    }
    Ok(())
}

fn module<'a>(
    cursor: &mut Cursor<'a>,
    at: usize,
    depth: usize,
    into: &mut Configuration<'a>,
) -> Result<(), ReadError> {
    if depth == 0 {
        return Err(ReadError::TooDeep { limit: MODULE_DEPTH });
    }
    let mut outputs = BTreeMap::new();
    let mut variables = BTreeMap::new();
    let mut calls = BTreeMap::new();
    cursor.object(|key, cursor| -> Result<(), ReadError> {
        match key {
            b"resources" => cursor.array(|cursor| {
                let (block, address) = block(cursor, at)?;
                into.add_block(block, address)
            }),
            b"outputs" => cursor.object(|name, cursor| {
                let output = Json::new(cursor.value()?);
                let sensitive = output.get("sensitive").and_then(Json::as_bool) == Some(true);
                outputs.insert(
                    decoded(name)?,
                    Output {
                        value: output.get("expression").map(Source::Plan),
                        sensitive,
                        depends_on: output.get("depends_on"),
                    },
                );
                Ok(())
            }),
            b"variables" => cursor.object(|name, cursor| {
                let variable = Json::new(cursor.value()?);
                let sensitive = variable.get("sensitive").and_then(Json::as_bool) == Some(true);
                variables.insert(
                    decoded(name)?,
                    Declaration { default: variable.get("default"), sensitive },
                );
                Ok(())
            }),
            b"module_calls" => cursor.object(|name, cursor| {
                let name = decoded(name)?;
                calls.insert(name.clone(), call(cursor, (at, name), depth, into)?);
                Ok(())
            }),
            _ => Ok(cursor.value().map(drop)?),
        }
    })?;
    if let Some(module) = into.modules.get_mut(at) {
        module.outputs = outputs;
        module.variables = variables;
        module.calls = calls;
    }
    Ok(())
}

fn call<'a>(
    cursor: &mut Cursor<'a>,
    caller: (usize, Cow<'a, str>),
    depth: usize,
    into: &mut Configuration<'a>,
) -> Result<Call<'a>, ReadError> {
    let mut caller = Some(caller);
    let mut call = Call {
        module: None,
        arguments: Source::Plan(Json::new(b"{}")).into(),
        meta: MetaArguments::default(),
        providers: None,
    };
    cursor.object(|key, cursor| -> Result<(), ReadError> {
        match key {
            b"module" => {
                let index = into.modules.len();
                into.modules.push(Module { parent: caller.take(), ..Module::default() });
                call.module = Some(index);
                module(cursor, index, depth - 1, into)?;
            }
            b"expressions" => call.arguments = Source::Plan(Json::new(cursor.value()?)).into(),
            key => call.meta.take(key, Json::new(cursor.value()?)),
        }
        Ok(())
    })?;
    Ok(call)
}

/// A block, and its address in its module.
fn block<'a>(
    cursor: &mut Cursor<'a>,
    module: usize,
) -> Result<(Block<'a>, Option<Cow<'a, str>>), ReadError> {
    let mut address = None;
    let mut block = Block {
        module,
        name: BlockName {
            mode: Mode::Managed,
            resource_type: Cow::Borrowed(""),
            name: Cow::Borrowed(""),
        },
        body: Source::Plan(Json::new(b"{}")).into(),
        meta: MetaArguments::default(),
        provider: None,
        document: None,
    };
    cursor.object(|key, cursor| -> Result<(), ReadError> {
        match key {
            b"mode" => {
                block.name.mode = match cursor.string()? {
                    b"data" => Mode::Data,
                    b"ephemeral" => Mode::Ephemeral,
                    _ => Mode::Managed,
                };
            }
            b"type" => block.name.resource_type = string(cursor)?,
            b"name" => block.name.name = string(cursor)?,
            b"provider_config_key" => block.provider = Some(string(cursor)?),
            b"address" => address = Some(string(cursor)?),
            b"expressions" => block.body = Source::Plan(Json::new(cursor.value()?)).into(),
            key => block.meta.take(key, Json::new(cursor.value()?)),
        }
        Ok(())
    })?;
    Ok((block, address))
}
