//! What `drstack synth` would change against the tree on disk, by resource.
//!
//! Both trees are compared in the syntax of the one on disk. Resources, data sources and providers are compared argument
//! by argument, the other blocks by file, and archives by entry.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::fs;
use std::io::{self, Cursor};
use std::path::Path;

use drstack_terraform::Documents;
use miette::Diagnostic;
use serde_json::{Map, Value};
use zip::ZipArchive;

use crate::cli::Syntax;
use crate::hcl::{self, HclError};
use crate::tree::{self, TreeError};

/// Why two trees can't be compared.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    /// A file of the tree can't be understood.
    #[error("can't read `{path}` as a Terraform configuration: {reason}")]
    Unreadable {
        /// The file, relative to the output directory.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The stack has no native syntax to compare.
    #[error(transparent)]
    Hcl(#[from] HclError),
}

impl Diagnostic for DiffError {
    fn help(&self) -> Option<Box<dyn Display + '_>> {
        match self {
            Self::Unreadable { .. } => {
                Some(Box::new("mend the file, or run synth without --diff, which replaces it"))
            }
            Self::Hcl(error) => error.help(),
        }
    }
}

/// The files in `out` that drstack wrote.
///
/// # Errors
/// When `out` is not a directory of ours, or a file can't be read.
pub fn on_disk(out: &Path) -> Result<Documents, TreeError> {
    let mut files = Documents::default();
    for relative in tree::owned(out)? {
        let path = out.join(&relative);
        match fs::read(&path) {
            Ok(bytes) => files.insert(relative, bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(TreeError::Io { doing: "read", path, source }),
        }
    }
    Ok(files)
}

/// The changes from the tree `old` to the stack `new` (in JSON syntax), which would be written in `syntax`: one a line,
/// `+` for what is new, `-` for what goes away, `~` for what changes. None when the trees are equal.
///
/// # Errors
/// When a document can't be read.
pub fn lines(old: &Documents, new: &Documents, syntax: Syntax) -> Result<Vec<String>, DiffError> {
    let mut lines = Vec::new();
    let native = old.iter().any(|(path, _)| path.ends_with(".tf"));
    let converted = if native { Some(hcl::documents(new)?) } else { None };
    match (native, syntax) {
        (true, Syntax::Json) => lines.push("~ syntax: *.tf -> *.tf.json".to_owned()),
        (false, Syntax::Hcl) if !old.is_empty() => {
            lines.push("~ syntax: *.tf.json -> *.tf".to_owned());
        }
        _ => {}
    }
    let new = converted.as_ref().unwrap_or(new);
    let (old_documents, new_documents) = (parse_all(old)?, parse_all(new)?);
    for (address, change) in compare(&resources(&old_documents), &resources(&new_documents)) {
        match change {
            Change::Added => lines.push(format!("+ {address}")),
            Change::Removed => lines.push(format!("- {address}")),
            Change::Changed(old, new) => lines.extend(
                differences(old, new).iter().map(|difference| format!("~ {address}: {difference}")),
            ),
        }
    }
    let (old, new) = (old.iter().collect(), new.iter().collect());
    for (path, change) in compare(&old, &new) {
        let told = match (old_documents.get(path), new_documents.get(path)) {
            (None, None) => Some(entries(change)),
            (old, new) => other_blocks(old, new),
        };
        lines.extend(told.map(|told| format!("{} {path}{told}", change.sign())));
    }
    Ok(lines)
}

/// The documents without their comments, by path.
type Parsed<'a> = BTreeMap<&'a str, Map<String, Value>>;

fn parse_all(files: &Documents) -> Result<Parsed<'_>, DiffError> {
    let parse = |(path, bytes): (&'_ str, &'_ [u8])| -> Option<Result<Map<String, Value>, String>> {
        if path.ends_with(".tf.json") {
            return Some(serde_json::from_slice(bytes).map_err(|error| error.to_string()));
        }
        path.ends_with(".tf").then(|| ::hcl::from_slice(bytes).map_err(|error| error.to_string()))
    };
    let mut documents = BTreeMap::new();
    for file in files.iter() {
        let Some(document) = parse(file) else { continue };
        let mut document =
            document.map_err(|reason| DiffError::Unreadable { path: file.0.to_owned(), reason })?;
        document.remove("//");
        documents.insert(file.0, document);
    }
    Ok(documents)
}

/// The bodies of resources, data sources, ephemeral resources and providers, by address.
fn resources<'a>(documents: &'a Parsed<'_>) -> BTreeMap<String, &'a Value> {
    let modules = module_names(documents);
    let mut resources = BTreeMap::new();
    for (path, document) in documents {
        let module = match path.rsplit_once('/') {
            None => String::new(),
            Some((folder, _)) => match modules.get(folder) {
                Some(name) => format!("module.{name}."),
                None => format!("{folder}: "),
            },
        };
        for (section, prefix) in [("resource", ""), ("data", "data."), ("ephemeral", "ephemeral.")]
        {
            for (kind, named) in fields(document.get(section)) {
                for (name, body) in fields(Some(named)) {
                    resources.insert(format!("{module}{prefix}{kind}.{name}"), body);
                }
            }
        }
        for (name, bodies) in fields(document.get("provider")) {
            for body in items(bodies) {
                let alias = body["alias"].as_str().map(|alias| format!(".{alias}"));
                let alias = alias.unwrap_or_default();
                resources.insert(format!("{module}provider.{name}{alias}"), body);
            }
        }
    }
    resources
}

/// The names of the root's module calls, by the folders that they call.
fn module_names<'a>(documents: &'a Parsed<'_>) -> BTreeMap<&'a str, &'a str> {
    let root = documents.iter().filter(|(path, _)| !path.contains('/'));
    root.flat_map(|(_, document)| fields(document.get("module")))
        .filter_map(|(name, call)| Some((call["source"].as_str()?.strip_prefix("./")?, name)))
        .collect()
}

fn fields(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    value
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value))
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

/// What became of something that at least one of two trees holds.
#[derive(Clone, Copy)]
enum Change<T> {
    Added,
    Removed,
    Changed(T, T),
}

impl<T> Change<T> {
    const fn sign(&self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '-',
            Self::Changed(..) => '~',
        }
    }
}

/// What differs, in the order of the keys.
fn compare<'m, K: Ord, V: Copy + PartialEq>(
    old: &'m BTreeMap<K, V>,
    new: &'m BTreeMap<K, V>,
) -> impl Iterator<Item = (&'m K, Change<V>)> {
    let keys: BTreeSet<&K> = old.keys().chain(new.keys()).collect();
    keys.into_iter().filter_map(|key| match (old.get(key), new.get(key)) {
        (Some(old), Some(new)) if old != new => Some((key, Change::Changed(*old, *new))),
        (Some(_), None) => Some((key, Change::Removed)),
        (None, Some(_)) => Some((key, Change::Added)),
        _ => None,
    })
}

/// What a line about a document tells: the blocks that no line about a resource tells of. None when those tell all.
fn other_blocks(
    old: Option<&Map<String, Value>>,
    new: Option<&Map<String, Value>>,
) -> Option<String> {
    if old == new {
        return Some(": comments or layout only".to_owned());
    }
    let list = list(&old.map(blocks).unwrap_or_default(), &new.map(blocks).unwrap_or_default());
    (!list.is_empty() || old.is_none() || new.is_none()).then_some(list)
}

/// The blocks that are not resources or providers.
fn blocks(document: &Map<String, Value>) -> BTreeMap<String, &Value> {
    let mut blocks = BTreeMap::new();
    for (section, content) in document {
        match section.as_str() {
            "resource" | "data" | "ephemeral" | "provider" => {}
            "module" | "variable" | "output" => blocks.extend(
                fields(Some(content)).map(|(name, body)| (format!("{section}.{name}"), body)),
            ),
            _ => {
                blocks.insert(section.clone(), content);
            }
        }
    }
    blocks
}

/// What a line about a file that is no document tells: an archive's entries.
fn entries(change: Change<&[u8]>) -> String {
    let checksums = |bytes| -> Option<BTreeMap<String, u32>> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
        (0..archive.len())
            .map(|index| {
                let entry = archive.by_index_raw(index).ok()?;
                Some((entry.name().to_owned(), entry.crc32()))
            })
            .collect()
    };
    match change {
        Change::Changed(old, new) => match (checksums(old), checksums(new)) {
            (Some(old), Some(new)) => list(&old, &new),
            _ => String::new(),
        },
        Change::Added | Change::Removed => String::new(),
    }
}

/// The most names that one line lists.
const LISTED: usize = 4;

fn list<V: Copy + PartialEq>(old: &BTreeMap<String, V>, new: &BTreeMap<String, V>) -> String {
    let mut names: Vec<String> =
        compare(old, new).map(|(name, change)| format!("{} {name}", change.sign())).collect();
    let more = names.len().saturating_sub(LISTED);
    names.truncate(LISTED);
    match (names.is_empty(), more) {
        (true, _) => String::new(),
        (false, 0) => format!(": {}", names.join(", ")),
        (false, more) => format!(": {} and {more} more", names.join(", ")),
    }
}

/// What differs between two bodies, by the paths of arguments. JSON inside strings is looked into.
fn differences(old: &Value, new: &Value) -> Vec<String> {
    let mut found = Vec::new();
    push_differences("", Some(old), Some(new), &mut found);
    found
}

fn push_differences(path: &str, old: Option<&Value>, new: Option<&Value>, found: &mut Vec<String>) {
    if old == new {
        return;
    }
    match (old, new) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                push_differences(&member(path, key), old.get(key), new.get(key), found);
            }
        }
        // In native syntax, a block that is alone is not in an array.
        (
            Some(old @ (Value::Array(_) | Value::Object(_))),
            Some(new @ (Value::Array(_) | Value::Object(_))),
        ) => {
            push_items(path, items(old), items(new), found);
        }
        (Some(Value::String(old_text)), Some(Value::String(new_text))) => {
            match (document(old_text), document(new_text)) {
                (Some(old), Some(new)) if old != new => {
                    push_differences(path, Some(&old), Some(&new), found);
                }
                _ => found.push(replaced(path, old, new)),
            }
        }
        _ => found.push(replaced(path, old, new)),
    }
}

/// Compares lists between the items that they begin and end with in common.
fn push_items(path: &str, old: &[Value], new: &[Value], found: &mut Vec<String>) {
    let start = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[start..], &new[start..]);
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[..old.len() - end], &new[..new.len() - end]);
    for index in 0..old.len().max(new.len()) {
        let path = format!("{path}[{}]", start + index);
        push_differences(&path, old.get(index), new.get(index), found);
    }
}

/// The JSON document in a string, or in native syntax the one that `jsonencode` makes.
fn document(text: &str) -> Option<Value> {
    let encoded = text.strip_prefix("${jsonencode(").and_then(|text| text.strip_suffix(")}"));
    let value = match encoded {
        Some(argument) => {
            let argument: Value = ::hcl::from_str(&format!("document = {argument}")).ok()?;
            argument.get("document")?.clone()
        }
        None => serde_json::from_str(text).ok()?,
    };
    (value.is_object() || value.is_array()).then_some(value)
}

fn member(path: &str, key: &str) -> String {
    let bare = key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    match (path.is_empty(), bare) {
        (true, true) => key.to_owned(),
        (false, true) => format!("{path}.{key}"),
        (_, false) => format!("{path}[\"{key}\"]"),
    }
}

fn replaced(path: &str, old: Option<&Value>, new: Option<&Value>) -> String {
    let show = |value: Option<&Value>| value.map_or_else(|| "(none)".to_owned(), Value::to_string);
    let (old, new) = (show(old), show(new));
    let common = old.chars().zip(new.chars()).take_while(|(old, new)| old == new).count();
    format!("{path} {} -> {}", shorten(&old, common), shorten(&new, common))
}

/// The most characters of a value that a line shows.
const SHOWN: usize = 60;

/// The part of a long text around its first `common` characters' end.
fn shorten(text: &str, common: usize) -> String {
    let length = text.chars().count();
    if length <= SHOWN {
        return text.to_owned();
    }
    let start = common.saturating_sub(SHOWN / 3).min(length - SHOWN);
    let shown: String = text.chars().skip(start).take(SHOWN).collect();
    let before = if start > 0 { "…" } else { "" };
    let after = if start + SHOWN < length { "…" } else { "" };
    format!("{before}{shown}{after}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tree(files: &[(&str, Value)]) -> Documents {
        let text = |(path, document): &(&str, Value)| {
            ((*path).to_owned(), format!("{document:#}").into_bytes())
        };
        files.iter().map(text).collect()
    }

    fn root() -> (&'static str, Value) {
        ("main.tf.json", json!({ "module": { "compute": { "source": "./modules/c" } } }))
    }

    fn module(resources: Value) -> (&'static str, Value) {
        ("modules/c/main.tf.json", json!({ "resource": resources }))
    }

    fn between(old: &Documents, new: &Documents) -> Vec<String> {
        lines(old, new, Syntax::Json).unwrap()
    }

    #[test]
    fn resources_come_go_and_change_by_address_and_argument() {
        let old = tree(&[
            root(),
            module(json!({
                "aws_lambda_function": { "main": { "memory_size": 512, "tags": { "a": "1" } } },
                "aws_sqs_queue": { "gone": {} },
            })),
        ]);
        let new = tree(&[
            root(),
            module(json!({
                "aws_lambda_function": { "main": {
                    "memory_size": 1024, "tags": { "b c": "1" }, "vpc_config": [{ "subnet_ids": ["s"] }],
                } },
                "aws_sqs_queue": { "here": {} },
            })),
        ]);
        assert_eq!(
            between(&old, &new),
            [
                "~ module.compute.aws_lambda_function.main: memory_size 512 -> 1024",
                "~ module.compute.aws_lambda_function.main: tags.a \"1\" -> (none)",
                "~ module.compute.aws_lambda_function.main: tags[\"b c\"] (none) -> \"1\"",
                "~ module.compute.aws_lambda_function.main: vpc_config (none) -> [{\"subnet_ids\":[\"s\"]}]",
                "- module.compute.aws_sqs_queue.gone",
                "+ module.compute.aws_sqs_queue.here",
            ]
        );
        assert_eq!(between(&old, &old), [""; 0]);
    }

    #[test]
    fn json_in_strings_is_compared_by_path_and_lists_from_both_ends() {
        let policy = |actions: &[&str]| {
            let policy = json!({ "Statement": [{ "Action": actions }] }).to_string();
            json!({ "policy": policy })
        };
        assert_eq!(
            differences(&policy(&["a", "c"]), &policy(&["a", "b", "c"])),
            [r#"policy.Statement[0].Action[1] (none) -> "b""#]
        );
        assert_eq!(
            differences(&policy(&["a"]), &json!({ "policy": "x" })),
            [r#"policy "{\"Statement\":[{\"Action\":[\"a\"]}]}" -> "x""#]
        );
    }

    #[test]
    fn long_values_are_shown_where_they_begin_to_differ() {
        let long =
            |letter: char| json!({ "x": format!("{}{letter}{}", "=".repeat(90), "-".repeat(90)) });
        let found = differences(&long('a'), &long('b'));
        let side = |letter| format!("…{}{letter}{}…", "=".repeat(20), "-".repeat(39));
        assert_eq!(found, [format!("x {} -> {}", side('a'), side('b'))]);
    }

    #[test]
    fn other_blocks_are_told_by_file() {
        let file =
            |variables: Value| tree(&[("variables.tf.json", json!({ "variable": variables }))]);
        let old = file(json!({ "a": {}, "b": { "default": 1 } }));
        let new = file(json!({ "b": {}, "c": {}, "d": {}, "e": {} }));
        assert_eq!(
            between(&old, &new),
            [
                "~ variables.tf.json: - variable.a, ~ variable.b, + variable.c, + variable.d and 1 more"
            ]
        );
        assert_eq!(between(&Documents::default(), &file(json!({}))), ["+ variables.tf.json"]);
        let commented = tree(&[("variables.tf.json", json!({ "//": "x", "variable": {} }))]);
        assert_eq!(
            between(&commented, &file(json!({}))),
            ["~ variables.tf.json: comments or layout only"]
        );
    }

    #[test]
    fn archives_are_told_by_entry() {
        let package = |handler: &str| -> Documents {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("handler.py"), format!("run = {handler}")).unwrap();
            std::fs::write(folder.path().join("same.py"), "x").unwrap();
            let package = crate::package::pack_folder(folder.path(), "handler.run").unwrap();
            [("a.zip".to_owned(), package.archive)].into_iter().collect()
        };
        assert_eq!(between(&package("1"), &package("2")), ["~ a.zip: ~ handler.py"]);
        assert_eq!(between(&package("1"), &Documents::default()), ["- a.zip"]);
    }

    #[test]
    fn a_tree_in_native_syntax_is_compared_in_native_syntax() {
        let policy = |size: u32| json!({ "a": "${b}", "size": size }).to_string();
        let stack = |size: u32, zone: &str| {
            tree(&[
                root(),
                (
                    "providers.tf.json",
                    json!({ "provider": { "aws": [{ "alias": "a", "region": zone }, { "alias": "b" }] } }),
                ),
                module(
                    json!({ "aws_lambda_function": { "main": { "logging_config": [{ "size": size }], "policy": policy(size) } } }),
                ),
            ])
        };
        let written = hcl::documents(&stack(1, "x")).unwrap();
        assert_eq!(lines(&written, &stack(1, "x"), Syntax::Hcl).unwrap(), [""; 0]);
        assert_eq!(
            lines(&written, &stack(2, "y"), Syntax::Json).unwrap(),
            [
                "~ syntax: *.tf -> *.tf.json",
                "~ module.compute.aws_lambda_function.main: logging_config.size 1 -> 2",
                "~ module.compute.aws_lambda_function.main: policy.size 1 -> 2",
                "~ provider.aws.a: region \"x\" -> \"y\"",
            ]
        );
    }

    #[test]
    fn a_document_that_is_broken_is_an_error() {
        let broken: Documents =
            [("main.tf".to_owned(), b"resource {".to_vec())].into_iter().collect();
        let error = lines(&broken, &Documents::default(), Syntax::Hcl).unwrap_err();
        assert!(matches!(error, DiffError::Unreadable { path, .. } if path == "main.tf"));
    }
}
