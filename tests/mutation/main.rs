//! Breaks the synthesized stack, one requirement at a time, and expects the gate to notice each break.
//!
//! A [`Break`] says what to change in every resource of a type; each resource it applies to is a mutant of its own.
//! Survivors are printed: breaks after which the stack still passes.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod breaks;

use std::collections::{BTreeMap, BTreeSet};

use drstack::assembly;
use drstack::config::{Config, DEFAULT_TOML};
use drstack::gate;
use drstack::package;
use drstack_plan::Kind;
use drstack_policy::{Pack, Severity};
use drstack_report::{Gate, Outcome, Report, Unknown};
use drstack_terraform::Documents;
use serde_json::Value;

use breaks::{BREAKS, Break, Change};

/// A stack with one thing broken.
struct Mutant {
    what: String,
    part: &'static str,
    files: Documents,
}

fn config() -> Config {
    Config::read("default.toml", DEFAULT_TOML).unwrap()
}

fn stack() -> Documents {
    let package = package::pack(drstack_compute::HANDLER.iter().copied()).unwrap();
    assembly::files(&assembly::assemble(&config(), &package).unwrap(), &package).unwrap()
}

fn judge(files: &Documents) -> Report {
    let config = config();
    let mut pack = Pack::named("recovery").unwrap();
    gate::parametrize(&mut pack, &config);
    let sources = [("stack".to_owned(), Ok(gate::stack("stack", files)))];
    gate::report(&sources, &pack, None, Gate { fail_on: Severity::Warning, unknown: Unknown::Fail })
}

/// Every mutant of a break: one for each resource that it applies to.
fn mutants(stack: &Documents, one: &'static Break) -> Vec<Mutant> {
    let mut found = Vec::new();
    let is_meant = |file: &str| file.ends_with("main.tf.json") && file.contains(one.module);
    for (file, bytes) in stack.iter().filter(|(file, _)| is_meant(file)) {
        let document: Value = serde_json::from_slice(bytes).unwrap();
        let pointer = format!("/resource/{}", one.resource);
        let Some(resources) = document.pointer(&pointer).and_then(Value::as_object) else {
            continue;
        };
        for name in resources
            .keys()
            .filter(|name| one.names.is_empty() || one.names.contains(&name.as_str()))
        {
            let mut broken = document.clone();
            if apply(&mut broken, one, name) {
                let mut files = stack.clone();
                files.insert(file, broken.to_string());
                let what = format!("{file}: {}.{name}: {}", one.resource, one.change);
                found.push(Mutant { what, part: one.part, files });
            }
        }
    }
    found
}

/// Whether the change made a difference to the resource.
fn apply(document: &mut Value, one: &Break, name: &str) -> bool {
    let resources = document.pointer_mut(&format!("/resource/{}", one.resource)).unwrap();
    let before = resources.clone();
    match &one.change {
        Change::Drop => {
            resources.as_object_mut().unwrap().remove(name);
        }
        Change::Set(path, value) => {
            let value: Value = serde_json::from_str(value).unwrap();
            let (parent, key) = path.rsplit_once('/').unwrap_or(("", path));
            let pointer = format!("/{name}{}{parent}", if parent.is_empty() { "" } else { "/" });
            match resources.pointer_mut(&pointer) {
                Some(Value::Object(block)) => {
                    block.insert(key.to_owned(), value);
                }
                _ => return false,
            }
        }
        Change::Remove(path) => {
            let (parent, key) = path.rsplit_once('/').unwrap_or(("", path));
            let pointer = format!("/{name}{}{parent}", if parent.is_empty() { "" } else { "/" });
            match resources.pointer_mut(&pointer) {
                Some(Value::Object(block)) => {
                    block.remove(key);
                }
                _ => return false,
            }
        }
        Change::Replace(path, old, new) => {
            match resources.pointer_mut(&format!("/{name}/{path}")) {
                Some(Value::String(text)) => *text = text.replace(old, new),
                _ => return false,
            }
        }
    }
    *resources != before
}

#[test]
fn the_unbroken_stack_passes() {
    let report = judge(&stack());
    assert_eq!(report.outcome(), Outcome::Clean);
    assert!(
        report.inputs.iter().all(|input| input
            .verdict()
            .is_some_and(|verdict| verdict.kind == Kind::Configuration))
    );
}

#[test]
fn every_break_applies_somewhere() {
    let stack = stack();
    for one in BREAKS {
        assert!(
            !mutants(&stack, one).is_empty(),
            "{}: {} applies nowhere",
            one.resource,
            one.change
        );
    }
}

// requirement: V1, V2, V3, V4, V5, V6, V7, V8, V9, V10, V11, V12
#[test]
fn the_gate_notices_every_break() {
    let stack = stack();
    let mutants: Vec<Mutant> = BREAKS.iter().flat_map(|one| mutants(&stack, one)).collect();
    let parts: BTreeMap<&str, usize> = mutants.iter().fold(BTreeMap::new(), |mut parts, mutant| {
        *parts.entry(mutant.part).or_default() += 1;
        parts
    });
    println!("{} mutants: {parts:?}", mutants.len());
    assert!(mutants.len() >= 200, "only {} mutants", mutants.len());
    let expected: BTreeSet<&str> = breaks::PARTS.into();
    assert_eq!(parts.keys().copied().collect::<BTreeSet<_>>(), expected);

    let halves = mutants.chunks(mutants.len().div_ceil(2));
    let survivors: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = halves
            .map(|half| {
                scope.spawn(|| {
                    let survived = half
                        .iter()
                        .filter(|mutant| judge(&mutant.files).outcome() != Outcome::Findings);
                    survived.map(|mutant| mutant.what.clone()).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(
        survivors.is_empty(),
        "{} of {} survived:\n{}",
        survivors.len(),
        mutants.len(),
        survivors.join("\n")
    );
}
