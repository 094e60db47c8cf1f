//! A break of one resource, put into the stack's files, and what the gate must say of it.

use std::fmt;

use drstack_report::{Outcome, Report};
use drstack_terraform::Documents;
use serde_json::Value;

use crate::breaks::{BREAKS, Break, Change, ROOT};
use crate::edit;

/// A stack in which one thing is broken.
#[derive(Clone)]
pub(crate) struct Mutant {
    pub(crate) part: &'static str,
    pub(crate) of: &'static Break,
    pub(crate) site: Site,
}

/// Where the broken thing stands.
#[derive(Clone)]
pub(crate) struct Site {
    /// The document that holds it.
    pub(crate) file: String,
    /// The root's call of its module; empty for the root itself.
    pub(crate) call: String,
    /// The resource's address in the module, `aws_vpc.main`; empty for the root's settings.
    pub(crate) local: String,
}

/// All mutants, in the order of the breaks: one for each resource that a break applies to.
pub(crate) fn all(stack: &Documents) -> Vec<Mutant> {
    let modules = modules(stack);
    let mut found = Vec::new();
    for (part, breaks) in BREAKS {
        for of in breaks {
            for (site, document) in modules.iter().filter(|(site, _)| of.is_meant(&site.file)) {
                for local in locals(document, of) {
                    let mutant = Mutant { part, of, site: Site { local, ..site.clone() } };
                    if mutant.change(&mut document.clone()) {
                        found.push(mutant);
                    }
                }
            }
        }
    }
    found
}

/// The root and the modules that it calls, each with what its document holds.
fn modules(stack: &Documents) -> Vec<(Site, Value)> {
    let module = |call: &str, file: String| {
        let document: Value = serde_json::from_slice(stack.get(&file).unwrap()).unwrap();
        (Site { file, call: call.to_owned(), local: String::new() }, document)
    };
    let root = module("", "main.tf.json".to_owned());
    let calls: Vec<_> = root.1["module"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, call)| {
            let source = call["source"].as_str().unwrap().trim_start_matches("./");
            module(name, format!("{source}/main.tf.json"))
        })
        .collect();
    [root].into_iter().chain(calls).collect()
}

/// The local addresses of what a break is meant for.
fn locals(document: &Value, of: &Break) -> Vec<String> {
    if of.resource == ROOT {
        return vec![String::new()];
    }
    let resources = document["resource"][of.resource].as_object();
    let names = resources.into_iter().flat_map(|resources| resources.keys());
    names
        .filter(|name| of.names.is_empty() || of.names.contains(&name.as_str()))
        .map(|name| format!("{}.{name}", of.resource))
        .collect()
}

impl Mutant {
    /// The stack's files with the break.
    pub(crate) fn files(&self, stack: &Documents) -> Documents {
        let mut files = stack.clone();
        self.write(&mut files);
        files
    }

    /// Puts the break into files.
    pub(crate) fn write(&self, files: &mut Documents) {
        let file = &self.site.file;
        let mut document: Value = serde_json::from_slice(files.get(file).unwrap()).unwrap();
        assert!(self.change(&mut document), "{self} changes nothing");
        files.insert(file, document.to_string());
    }

    /// Puts the break into its module's document; whether that made a difference.
    fn change(&self, document: &mut Value) -> bool {
        let body = match self.site.local.split_once('.') {
            Some((kind, name)) => {
                let resources = &mut document["resource"][kind];
                match &self.of.change {
                    Change::Drop => {
                        edit::remove(resources, name);
                        return true;
                    }
                    Change::Copy(twin) => {
                        let body = resources[name].clone();
                        return edit::set(resources, twin, body);
                    }
                    _ => &mut resources[name],
                }
            }
            None => document,
        };
        let before = body.clone();
        match &self.of.change {
            Change::Drop | Change::Copy(_) => {}
            Change::Set(path, value) => drop(edit::set(body, path, value.value())),
            Change::Remove(path) => edit::remove(body, path),
            Change::Replace(path, old, new) => edit::replace(body, path, old, new),
            Change::Shorten(path) => edit::shorten(body, path),
        }
        *body != before
    }

    /// Why a report does not show that the gate noticed the break, if so: it passes, or a rule that must report is
    /// silent at the place of the break.
    pub(crate) fn missed(&self, report: &Report) -> Option<String> {
        if report.outcome() != Outcome::Findings {
            return Some(format!("{self}: {:?}", report.outcome()));
        }
        let reports = |rule: &str| {
            report.findings().filter(|entry| entry.fails()).any(|entry| {
                let finding = &entry.found.finding;
                let mut places = finding.evidence.iter().chain([&finding.address]);
                entry.found.rule.id == rule && places.any(|address| self.is_place(address))
            })
        };
        let silent: Vec<_> = self.of.rules.iter().copied().filter(|rule| !reports(rule)).collect();
        (!silent.is_empty()).then(|| format!("{self}: nothing there by {}", silent.join(", ")))
    }

    /// Whether an address is that of the broken resource, or of one in which the break shows.
    fn is_place(&self, address: &str) -> bool {
        match self.of.shown {
            Some("") => address.is_empty(),
            Some(kind) => address.split('.').any(|step| step == kind),
            None => address == self.site.address(),
        }
    }
}

impl Site {
    /// The address in the whole stack.
    pub(crate) fn address(&self) -> String {
        format!("module.{}.{}", self.call, self.local)
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, of, site } = self;
        write!(out, "{part} ({}): ", of.requirement)?;
        if !site.local.is_empty() {
            write!(out, "{}: ", site.address())?;
        }
        of.change.fmt(out)
    }
}
