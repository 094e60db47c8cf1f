//! Breaks in a plan's JSON: in its changes, in the planned values, and in the configuration that it carries.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use drstack_testing::ProviderSchema;
use drstack_testing::schema::Attribute;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::breaks::{self, Change};
use crate::edit;
use crate::mutant::Mutant;

/// A plan's text, and where in it the parts stand that a break changes. Writing the rest anew for each mutant would take
/// longer than judging it.
pub(crate) struct PlanText {
    text: String,
    pieces: HashMap<Piece, Range<usize>>,
}

/// Blocks that the provider fills in where they are left out; its schema does not say so of blocks.
const COMPUTED_BLOCKS: [(&str, &str); 1] = [("aws_dynamodb_table", "server_side_encryption")];

/// A part of a plan that is changed as a whole.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Piece {
    /// The change of the resource at an address.
    Change(String),
    /// The planned values of the resource at an address.
    Planned(String),
    /// The block of a resource: the call of its module, and its address there.
    Block(String, String),
    /// The providers' configurations.
    Providers,
}

/// What becomes of a piece.
enum Edit {
    Gone,
    Instead(Value),
    /// One more behind it.
    Beside(Value),
}

impl PlanText {
    /// Reads what `terraform show -json` wrote.
    pub(crate) fn read(text: String) -> Self {
        let document = members(&text);
        let mut found = Vec::new();
        for change in elements(document["resource_changes"]) {
            found.push((Piece::Change(address(change)), change));
        }
        let planned = members(members(document["planned_values"])["root_module"]);
        for module in elements(planned["child_modules"]) {
            for resource in elements(members(module)["resources"]) {
                found.push((Piece::Planned(address(resource)), resource));
            }
        }
        let configuration = members(document["configuration"]);
        found.push((Piece::Providers, configuration["provider_config"]));
        for (call, module) in members(members(configuration["root_module"])["module_calls"]) {
            for block in elements(members(members(module)["module"])["resources"]) {
                found.push((Piece::Block(call.clone(), address(block)), block));
            }
        }
        let range = |piece: &str| {
            let start = piece.as_ptr() as usize - text.as_ptr() as usize;
            start..start + piece.len()
        };
        let pieces = found.into_iter().map(|(name, piece)| (name, range(piece))).collect();
        Self { text, pieces }
    }

    /// The plan's text with these breaks, each as Terraform would plan the broken resource by itself: what follows from
    /// it in other resources stays as it was.
    pub(crate) fn broken<'a>(&self, mutants: impl IntoIterator<Item = &'a Mutant>) -> String {
        let mut edits: Vec<(&Range<usize>, Edit)> = mutants
            .into_iter()
            .flat_map(|mutant| self.edits(mutant))
            .map(|(piece, edit)| (self.pieces.get(&piece).unwrap(), edit))
            .collect();
        // From the end, so that the places of the others stay as they are.
        edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
        let mut text = self.text.clone();
        for (range, edit) in edits {
            match edit {
                Edit::Instead(value) => text.replace_range(range.clone(), &value.to_string()),
                Edit::Beside(value) => text.insert_str(range.end, &format!(",{value}")),
                Edit::Gone if text[range.end..].starts_with(',') => {
                    text.replace_range(range.start..=range.end, "");
                }
                Edit::Gone if text[..range.start].ends_with(',') => {
                    text.replace_range(range.start - 1..range.end, "");
                }
                Edit::Gone => text.replace_range(range.clone(), ""),
            }
        }
        text
    }

    fn piece(&self, piece: &Piece) -> Value {
        serde_json::from_str(&self.text[self.pieces.get(piece).unwrap().clone()]).unwrap()
    }

    fn edits(&self, mutant: &Mutant) -> Vec<(Piece, Edit)> {
        let site = &mutant.site;
        if site.local.is_empty() {
            let mut providers = self.piece(&Piece::Providers);
            change_providers(&mut providers, &mutant.of.change);
            return vec![(Piece::Providers, Edit::Instead(providers))];
        }
        let pieces = [
            Piece::Change(site.address()),
            Piece::Planned(site.address()),
            Piece::Block(site.call.clone(), site.local.clone()),
        ];
        match &mutant.of.change {
            Change::Drop => pieces.map(|piece| (piece, Edit::Gone)).into(),
            Change::Copy(twin) => {
                let copy = |piece: Piece| {
                    let mut copy = self.piece(&piece);
                    copy["name"] = json!(twin);
                    let address = copy["address"].as_str().unwrap();
                    let (place, _) = address.rsplit_once('.').unwrap();
                    copy["address"] = json!(format!("{place}.{twin}"));
                    (piece, Edit::Beside(copy))
                };
                pieces.map(copy).into()
            }
            change => {
                let [mut changed, mut planned, mut block] =
                    pieces.clone().map(|piece| self.piece(&piece));
                change_values(&mut changed["change"], mutant);
                planned["values"] = changed["change"]["after"].clone();
                planned["sensitive_values"] = changed["change"]["after_sensitive"].clone();
                change_expressions(&mut block["expressions"], change);
                let values = [changed, planned, block].map(Edit::Instead);
                pieces.into_iter().zip(values).collect()
            }
        }
    }
}

/// Changes the planned values of one resource and their marks.
fn change_values(planned: &mut Value, mutant: &Mutant) {
    let (after, unknown, sensitive) = ("after", "after_unknown", "after_sensitive");
    match &mutant.of.change {
        Change::Drop | Change::Copy(_) => {}
        Change::Set(path, value) => {
            let value = value.value();
            edit::remove(&mut planned[unknown], path);
            if references(&value).is_empty() {
                edit::set(&mut planned[after], path, value);
                if attribute(mutant, path).is_some_and(|attribute| attribute.sensitive) {
                    edit::set(&mut planned[sensitive], path, json!(true));
                }
            } else {
                edit::remove(&mut planned[after], path);
                edit::set(&mut planned[unknown], path, json!(true));
            }
        }
        Change::Remove(path) => {
            for values in [after, unknown, sensitive] {
                edit::remove(&mut planned[values], path);
            }
            let attribute = attribute(mutant, path);
            let is_computed = match attribute {
                Some(attribute) => attribute.computed,
                None => COMPUTED_BLOCKS.contains(&(mutant.of.resource, *path)),
            };
            if is_computed {
                edit::set(&mut planned[unknown], path, json!(true));
            } else {
                let absent = attribute.map_or_else(|| json!([]), |_| Value::Null);
                edit::set(&mut planned[after], path, absent);
            }
        }
        Change::Replace(path, old, new) => edit::replace(&mut planned[after], path, old, new),
        Change::Shorten(path) => {
            for values in [after, unknown, sensitive] {
                edit::shorten(&mut planned[values], path);
            }
        }
    }
}

/// Changes what is written of one resource.
fn change_expressions(written: &mut Value, change: &Change) {
    let constant = |path: &str| format!("{path}/constant_value");
    match change {
        Change::Drop | Change::Copy(_) => {}
        Change::Set(path, value) => {
            let value = value.value();
            let references = references(&value);
            if let Some((map, member)) = within_map(written, path) {
                edit::set(written, &format!("{map}/constant_value/{member}"), value.clone());
                let known = written.pointer_mut(&format!("/{map}/references"));
                if let Some(Value::Array(known)) = known {
                    known.extend(references.into_iter().map(Value::from));
                }
                return;
            }
            let mut expression = json!({ "constant_value": value });
            if !references.is_empty() {
                expression["references"] = json!(references);
            }
            edit::set(written, path, expression);
        }
        Change::Remove(path) => edit::remove(written, path),
        Change::Replace(path, old, new) => edit::replace(written, &constant(path), old, new),
        Change::Shorten(path) => edit::shorten(written, &constant(path)),
    }
}

/// The path of the map whose member stands at a path, and the member: a plan shows what is written in a map as a whole.
fn within_map<'path>(written: &Value, path: &'path str) -> Option<(&'path str, &'path str)> {
    let mut parts = path.match_indices('/').map(|(at, _)| (&path[..at], &path[at + 1..]));
    parts.find(|(map, _)| {
        written.pointer(&format!("/{map}/constant_value")).is_some_and(Value::is_object)
    })
}

/// Changes the root's settings, as far as a plan shows them.
fn change_providers(providers: &mut Value, change: &Change) {
    let Change::Set(path, value) = change else { return };
    let value = value.value();
    match *path {
        breaks::RECOVERY_PROVIDER_REGION => {
            providers["aws.us_east_2"]["expressions"]["region"] =
                json!({ "constant_value": value });
        }
        breaks::PROVIDER_VERSION => {
            for provider in providers.as_object_mut().unwrap().values_mut() {
                provider["version_constraint"] = value.clone();
            }
        }
        _ => {}
    }
}

/// What a template refers to, as plans list it: the attribute, and the resource that has it.
fn references(value: &Value) -> Vec<&str> {
    let template = value.as_str().and_then(|text| text.strip_prefix("${")?.strip_suffix('}'));
    let Some(attribute) = template else { return Vec::new() };
    let resource = attribute.rsplit_once('.').map(|(resource, _)| resource);
    [attribute].into_iter().chain(resource.filter(|_| !attribute.starts_with("var."))).collect()
}

/// The schema of the argument at a path; none of a block.
fn attribute(mutant: &Mutant, path: &str) -> Option<&'static Attribute> {
    let mut block = &ProviderSchema::load().resources.get(mutant.of.resource)?.block;
    let mut steps = path.split('/').filter(|step| step.parse::<usize>().is_err()).peekable();
    loop {
        let step = steps.next()?;
        if steps.peek().is_none() {
            return block.attributes.get(step);
        }
        block = &block.block_types.get(step)?.block;
    }
}

/// The texts of an object's members.
fn members(object: &str) -> BTreeMap<String, &str> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(object).unwrap();
    members.into_iter().map(|(name, member)| (name, member.get())).collect()
}

/// The texts of a list's elements.
fn elements(list: &str) -> Vec<&str> {
    let elements: Vec<&RawValue> = serde_json::from_str(list).unwrap();
    elements.into_iter().map(RawValue::get).collect()
}

fn address(entry: &str) -> String {
    serde_json::from_str(members(entry)["address"]).unwrap()
}
