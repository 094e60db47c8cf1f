//! Breaks that nobody thought of: every resource removed, every argument and block that Terraform can do without left
//! out, every Boolean turned round.
//!
//! What the gate lets pass of that stands in `accepted.tsv` with the reason: the type (with the name, for a removed
//! resource), the path, the change, why it may be; a `*` at the end stands for any end.

use std::collections::BTreeMap;
use std::fmt;

use drstack_report::Outcome;
use drstack_terraform::Documents;
use drstack_testing::ProviderSchema;
use libtest_mimic::Failed;
use rayon::prelude::*;
use serde_json::Value;

use crate::{judge_files, stack};

const ACCEPTED: &str = include_str!("accepted.tsv");

/// How many resources one change of one argument is tried on.
const SITES: usize = 4;

/// What is changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    resource: String,
    path: String,
    change: Change,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Remove,
    Drop,
    Flip,
}

/// A changed document of the stack.
struct Mutation {
    key: Key,
    file: String,
    document: Value,
}

// requirement: V1, V2, V3, V4, V5, V6, V7, V8, V9, V10, V11, V12
pub(crate) fn notices_what_is_left_out_or_turned_round() -> Result<(), Failed> {
    let stack = stack();
    let mutations = mutations(&stack);
    let passes = |mutation: &&Mutation| {
        let mut files = stack.clone();
        files.insert(&mutation.file, mutation.document.to_string());
        judge_files(&files).outcome() == Outcome::Clean
    };
    let mut survivors: Vec<&Key> =
        mutations.par_iter().filter(passes).map(|mutation| &mutation.key).collect();
    survivors.sort();
    survivors.dedup();
    println!("{} changes, {} kinds of them pass", mutations.len(), survivors.len());

    let accepted: Vec<Vec<&str>> =
        ACCEPTED.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    let covers = |line: &[&str], key: &Key| match line {
        [resource, path, change, reason] => {
            let is = |pattern: &str, text: &str| match pattern.strip_suffix('*') {
                Some(beginning) => text.starts_with(beginning),
                None => text == pattern,
            };
            !reason.is_empty()
                && is(resource, &key.resource)
                && is(path, &key.path)
                && is(change, &key.change.to_string())
        }
        _ => false,
    };
    let unexplained = survivors.iter().filter(|key| !accepted.iter().any(|line| covers(line, key)));
    let idle = accepted.iter().filter(|line| !survivors.iter().any(|key| covers(line, key)));
    let problems: Vec<String> = unexplained
        .map(|key| format!("passes: {key}"))
        .chain(idle.map(|line| format!("accepted, and never passes: {line:?}")))
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

fn mutations(stack: &Documents) -> Vec<Mutation> {
    let schema = ProviderSchema::load();
    let mut by_key: BTreeMap<Key, Vec<Mutation>> = BTreeMap::new();
    let modules = stack.iter().filter(|(file, _)| file.starts_with("modules/"));
    for (file, bytes) in modules.filter(|(file, _)| file.ends_with("/main.tf.json")) {
        let document: Value = serde_json::from_slice(bytes).unwrap();
        let outputs = stack.text(&file.replace("main.tf.json", "outputs.tf.json")).unwrap_or("");
        for (resource_type, named) in document["resource"].as_object().unwrap() {
            for (name, body) in named.as_object().unwrap() {
                let root = format!("/resource/{resource_type}/{name}");
                let mut changes = vec![(String::new(), Change::Remove)];
                collect(body, "", &mut changes);
                for (path, change) in changes {
                    let mut document = document.clone();
                    apply(&mut document, &format!("{root}{path}"), change);
                    let address = format!("{resource_type}.{name}");
                    let stands = match change {
                        // Terraform would not plan what refers to it.
                        Change::Remove => {
                            let mention = format!("{address}.");
                            !document.to_string().contains(&mention) && !outputs.contains(&mention)
                        }
                        Change::Drop | Change::Flip => {
                            let body = document.pointer(&root).and_then(Value::as_object).unwrap();
                            schema.validate(resource_type, body).is_empty()
                        }
                    };
                    let steps = path.split('/').filter(|step| step.parse::<usize>().is_err());
                    let path = steps.skip(1).collect::<Vec<_>>().join(".");
                    let resource =
                        if change == Change::Remove { address } else { resource_type.clone() };
                    let key = Key { resource, path, change };
                    if stands {
                        let mutation =
                            Mutation { key: key.clone(), file: file.to_owned(), document };
                        by_key.entry(key).or_default().push(mutation);
                    }
                }
            }
        }
    }
    by_key.into_values().flat_map(some).collect()
}

/// All of a few; of many, as many from all over.
fn some(mutations: Vec<Mutation>) -> impl Iterator<Item = Mutation> {
    let step = mutations.len().div_ceil(SITES);
    mutations.into_iter().step_by(step)
}

/// The changes below a value, with JSON pointers to where they are made.
fn collect(value: &Value, at: &str, changes: &mut Vec<(String, Change)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let path = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                changes.push((path.clone(), Change::Drop));
                collect(member, &path, changes);
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                collect(element, &format!("{at}/{index}"), changes);
            }
        }
        Value::Bool(_) => changes.push((at.to_owned(), Change::Flip)),
        Value::Null | Value::Number(_) | Value::String(_) => {}
    }
}

fn apply(document: &mut Value, path: &str, change: Change) {
    if change == Change::Flip {
        let flag = document.pointer_mut(path).unwrap();
        *flag = Value::Bool(flag == &Value::Bool(false));
        return;
    }
    let (holder, name) = path.rsplit_once('/').unwrap();
    let members = document.pointer_mut(holder).and_then(Value::as_object_mut).unwrap();
    members.remove(&name.replace("~1", "/").replace("~0", "~")).unwrap();
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\t{}\t{}", self.resource, self.path, self.change)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Remove => "remove",
            Self::Drop => "drop",
            Self::Flip => "flip",
        })
    }
}
