//! Each rule against its fixtures, and the registry against the packs and the folders.
//!
//! A rule's fixtures lie in `fixtures/<id>/`, three at least: their names begin with `violated`, `satisfied` or
//! `unknown` and say what the rule must find. `*.tf.json` is a configuration, `*.json` a plan or a state as
//! `terraform show -json` prints it. `parameters.toml` sets the pack's parameters for all of them, `<fixture>.toml`
//! (`violated-x.toml` for `violated-x.tf.json`) those of one.
//!
//! `<fixture>.findings` holds what the rule must find, a line each: status, address, path. `UPDATE_FINDINGS=1` writes
//! these files instead of comparing them; whoever does that reads what was written.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a fixture that can't be read fails its test"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use drstack_plan::{Documents, Plan};
use drstack_policy::{Pack, Parameters, Rule, Status, Verdict, judge, rules};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn fixtures() -> PathBuf {
    workspace().join("tests/rules/fixtures")
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The file of a fixture that ends differently: `violated-x.toml` for `violated-x.tf.json`.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let name = path.file_name().unwrap().to_str().unwrap();
    let stem = name.split('.').next().unwrap();
    path.with_file_name(format!("{stem}.{ending}"))
}

/// What was found, a line each.
fn told(verdict: &Verdict) -> String {
    let findings = verdict.findings.iter().map(|found| &found.finding);
    let lines: BTreeSet<String> = findings
        .map(|finding| format!("{} {} {}", finding.status, finding.address, finding.path))
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect();
    lines.into_iter().collect()
}

/// Runs one rule alone over one fixture.
fn run(rule: &'static Rule, path: &Path) -> Verdict {
    let parameters = [beside(path, "toml"), path.with_file_name("parameters.toml")]
        .iter()
        .find_map(|file| fs::read_to_string(file).ok())
        .unwrap_or_default();
    let parameters: Parameters = toml::from_str(&parameters).unwrap();
    let pack = Pack { rules: vec![(rule, rule.severity)], parameters };
    let bytes = fs::read(path).unwrap();
    if path.to_str().unwrap().ends_with(".tf.json") {
        let documents: Documents = [("main.tf.json".to_owned(), bytes)].into_iter().collect();
        judge(&Plan::from_documents(&documents).unwrap(), &pack)
    } else {
        judge(&Plan::read(&bytes).unwrap(), &pack)
    }
}

#[test]
fn every_rule_finds_what_its_fixtures_say() {
    let mut wrong = Vec::new();
    for rule in rules::ALL {
        let folder = fixtures().join(rule.id);
        let mut kinds = BTreeSet::new();
        for name in names(&folder).into_iter().filter(|name| name.ends_with(".json")) {
            let verdict = run(rule, &folder.join(&name));
            let found: BTreeSet<Status> =
                verdict.findings.iter().map(|found| found.finding.status).collect();
            let (kind, expected) = match name.split(['.', '-', '_']).next().unwrap() {
                "violated" => ("violated", BTreeSet::from([Status::Violated])),
                "unknown" => ("unknown", BTreeSet::from([Status::Undetermined])),
                "satisfied" => ("satisfied", BTreeSet::new()),
                _ => {
                    panic!("{}/{name}: begin the name with violated, satisfied or unknown", rule.id)
                }
            };
            kinds.insert(kind);
            if found != expected {
                let messages: Vec<_> =
                    verdict.findings.iter().map(|found| &found.finding).collect();
                wrong.push(format!(
                    "{}/{name}: expected {expected:?}, found {messages:#?}",
                    rule.id
                ));
            }
            let (path, told) = (beside(&folder.join(&name), "findings"), told(&verdict));
            let wanted = fs::read_to_string(&path).unwrap_or_default();
            if wanted != told && env::var_os("UPDATE_FINDINGS").is_some() {
                fs::write(&path, told).unwrap();
            } else if wanted != told {
                wrong.push(format!("{}/{name}: expected\n{wanted}found\n{told}", rule.id));
            }
            if verdict.judged() == 0 {
                wrong.push(format!("{}/{name}: the rule looked at nothing", rule.id));
            }
        }
        for name in names(&folder).into_iter().filter(|name| name.ends_with(".findings")) {
            let of = |ending: &str| beside(&folder.join(&name), ending).exists();
            if !of("tf.json") && !of("json") {
                wrong.push(format!("{}/{name}: there is no such fixture", rule.id));
            }
        }
        if kinds.len() < 3 {
            wrong.push(format!("{}: the fixtures are only {kinds:?}", rule.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn registry_files_fixtures_and_packs_name_the_same_rules() {
    let registry: BTreeSet<String> = rules::ALL.iter().map(|rule| rule.id.to_owned()).collect();
    assert_eq!(registry.len(), rules::ALL.len(), "an id stands twice");
    let files = |ending: &str| -> BTreeSet<String> {
        let folder = workspace().join("crates/policy/src/rules");
        let names = names(&folder).into_iter().filter(|name| folder.join(name).is_file());
        names.filter_map(|name| Some(name.strip_suffix(ending)?.replace('_', "-"))).collect()
    };
    assert_eq!(files(".rs"), registry);
    assert_eq!(files(".md"), registry);
    assert_eq!(names(&fixtures()), registry);
    let pack = Pack::named("recovery").unwrap();
    let in_pack: BTreeSet<String> = pack.rules.iter().map(|(rule, _)| rule.id.to_owned()).collect();
    assert_eq!(in_pack, registry, "the recovery pack runs every rule");
}

#[test]
fn every_rule_says_what_it_is_about() {
    for rule in rules::ALL {
        for text in [rule.summary, rule.protects, rule.fix, rule.explanation] {
            assert!(text.len() > 20, "{}: {text}", rule.id);
        }
        for text in [rule.summary, rule.protects, rule.fix] {
            assert!(!text.ends_with('.') && !text.contains('\n'), "{}: {text}", rule.id);
        }
        assert!(!rule.requirements.is_empty(), "{}", rule.id);
    }
}
