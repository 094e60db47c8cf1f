//! The JSON form of states: modules within modules, each with its resources.

use std::borrow::Cow;

use foldhash::HashSet;

use crate::address::{Mode, Parts};
use crate::error::ReadError;
use crate::json::{Json, string};
use crate::plan::{Kind, Plan};
use crate::record::{Action, Marked, Record, Texts};
use crate::scan::Cursor;
use crate::value::Indices;

const DEPTH: usize = 64;

/// Reads a state's `values`; an empty state has none.
pub(crate) fn read(values: Option<Json<'_>>, kind: Kind) -> Result<Plan<'_>, ReadError> {
    let mut plan = Plan::empty(kind);
    let Some(values) = values else { return Ok(plan) };
    if let Some(root) = values.get("root_module") {
        module(&mut Cursor::new(root.text()), DEPTH, &mut |record| plan.records.push(record))?;
    }
    for (name, output) in values.get("outputs").into_iter().flat_map(Json::members) {
        let sensitive = output.get("sensitive").and_then(Json::as_bool) == Some(true);
        let json = output.get("value").map(Json::text).unwrap_or(b"null");
        plan.outputs.insert(name.into_owned(), Texts::known(json, sensitive));
    }
    Ok(plan)
}

/// Adds the data sources of a plan's prior state, which were read while planning and so are no changes.
pub(crate) fn read_data<'a>(
    values: Json<'a>,
    records: &mut Vec<Record<'a>>,
) -> Result<(), ReadError> {
    let mut found = Vec::new();
    if let Some(root) = values.get("root_module") {
        module(&mut Cursor::new(root.text()), DEPTH, &mut |record| {
            if record.parts.mode == Mode::Data {
                found.push(record);
            }
        })?;
    }
    if found.is_empty() {
        return Ok(());
    }
    let changed: HashSet<_> = records
        .iter()
        .filter(|record| record.parts.mode == Mode::Data)
        .map(|record| record.address.clone())
        .collect();
    records.extend(found.into_iter().filter(|record| !changed.contains(&record.address)));
    Ok(())
}

fn module<'a>(
    cursor: &mut Cursor<'a>,
    depth: usize,
    add: &mut dyn FnMut(Record<'a>),
) -> Result<(), ReadError> {
    if depth == 0 {
        return Err(ReadError::TooDeep { limit: DEPTH });
    }
    cursor.object(|key, cursor| match key {
        b"resources" => cursor.array(|cursor| {
            add(resource(cursor)?);
            Ok(())
        }),
        b"child_modules" => cursor.array(|cursor| module(cursor, depth - 1, add)),
        _ => Ok(cursor.value().map(drop)?),
    })
}

fn resource<'a>(cursor: &mut Cursor<'a>) -> Result<Record<'a>, ReadError> {
    let start = cursor.position();
    let mut address = Cow::Borrowed("");
    let mut deposed = None;
    let mut values = Marked::default();
    cursor.object(|key, cursor| -> Result<(), ReadError> {
        match key {
            b"address" => address = string(cursor)?,
            b"deposed_key" => deposed = Some(string(cursor)?.into()),
            b"values" => values.json = cursor.value()?,
            b"sensitive_values" => values.mark_sensitive(cursor.value()?),
            _ => {
                cursor.value()?;
            }
        }
        Ok(())
    })?;
    let parts = Parts::of(&address)
        .ok_or_else(|| ReadError::BadAddress { address: address.to_string() })?;
    let entry = cursor.since(start);
    Ok(Record {
        address,
        parts,
        action: Action::NoOp,
        deposed,
        entry,
        values: Texts::Read(values),
        indices: Indices::default(),
    })
}
