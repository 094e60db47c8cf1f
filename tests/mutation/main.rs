//! Breaks the synthesized stack, one requirement at a time, and expects the gate to notice each break.
//!
//! A [`Break`](breaks::Break) says what to change in every resource of a type, which requirement does not hold then, and
//! which rules must say so; each resource that it applies to is a [`Mutant`] of its own. All of them are judged as
//! configuration and, with the same edits in the JSON of a real plan, as plan; some go through Terraform itself.
//! Survivors are printed: breaks after which the gate passes, or that the rules of the break do not report at its place.
//!
//! Plans need Terraform and an unpacked mirror of the AWS provider (`DRSTACK_PLUGIN_DIR`). Without them their tests are
//! reported as ignored; `DRSTACK_REQUIRE_TOOLS=1` makes them fail instead.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod breaks;
mod edit;
mod mechanical;
mod mutant;
mod plan;
mod planned;
#[expect(dead_code, reason = "other tests use all of it")]
#[path = "../verdicts/says.rs"]
mod says;
#[expect(dead_code, reason = "the end-to-end tests use all of it")]
#[path = "../e2e/tools.rs"]
mod tools;
#[expect(dead_code, reason = "the end-to-end tests use all of it")]
#[path = "../e2e/workspace.rs"]
mod workspace;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use drstack::config::Config;
use drstack::{assembly, gate, package};
use drstack_plan::Plan;
use drstack_policy::{Pack, Packages, Severity, rules};
use drstack_report::{Gate, Input, Outcome, Report, Unknown};
use drstack_terraform::Documents;
use libtest_mimic::{Arguments, Failed, Trial};

use breaks::BREAKS;
use mutant::Mutant;
use planned::Planned;
use tools::Tools;
use workspace::Workspace;

/// Rules without a break, and why.
const UNBROKEN: [(&str, &str); 1] =
    [("listener-tls", "the stack without a certificate listens on HTTP, which is a note")];

fn main() {
    let arguments = Arguments::from_args();
    let tools = Tools::terraform();
    let ignored = tools.is_err() && !Tools::required();
    if let (Err(missing), true) = (&tools, ignored) {
        eprintln!("mutants of plans are ignored: {missing}");
    }
    let planned = Arc::new(Planned::new(tools));
    let of_plan = |name, test: fn(&Planned) -> Result<(), Failed>| {
        let planned = Arc::clone(&planned);
        Trial::test(name, move || test(&planned)).with_ignored_flag(ignored)
    };
    let trials = vec![
        of_plan("the_gate_notices_every_break_in_a_plan", planned::notices_every_break_in_a_plan),
        of_plan(
            "the_gate_notices_breaks_that_terraform_plans",
            planned::notices_breaks_that_terraform_plans,
        ),
        Trial::test(
            "the_gate_notices_every_break_in_a_configuration",
            notices_every_break_in_a_configuration,
        ),
        Trial::test(
            "the_gate_notices_what_is_left_out_or_turned_round",
            mechanical::notices_what_is_left_out_or_turned_round,
        ),
        Trial::test("the_unbroken_stack_passes", passes),
        Trial::test("breaks_cover_rules_and_requirements", covered),
    ];
    // The last test to use it removes its folder: leaving the program does not.
    drop(planned);
    libtest_mimic::run(&arguments, trials).exit();
}

/// The configuration of the stack, for a known account.
fn config() -> Config {
    Config::read("drstack.toml", &Workspace::configuration()).unwrap()
}

fn stack() -> Documents {
    let package = package::built_in().unwrap();
    assembly::files(&assembly::assemble(&config(), &package).unwrap(), &package).unwrap()
}

/// What the gate says of a plan, as `drstack check` with the recovery pack.
fn judge(plan: &Plan<'_>) -> Report {
    judge_with(plan, &Packages::default())
}

fn judge_with(plan: &Plan<'_>, packages: &Packages) -> Report {
    static PACK: LazyLock<Pack> = LazyLock::new(|| {
        let mut pack = Pack::named("recovery").unwrap();
        gate::parametrize(&mut pack, &config());
        pack
    });
    let outcome = Ok(drstack_policy::judge_with(plan, &PACK, packages));
    let gate = Gate { fail_on: Severity::Warning, unknown: Unknown::Fail };
    Report::new(vec![Input { label: "stack".to_owned(), outcome }], gate)
}

fn judge_files(files: &Documents) -> Report {
    let source = gate::stack("stack", files);
    let plan = source.plan().unwrap();
    judge_with(&plan, &source.packages(&plan))
}

fn passes() -> Result<(), Failed> {
    match judge_files(&stack()).outcome() {
        Outcome::Clean => Ok(()),
        outcome => Err(format!("expected a stack that passes, found {outcome:?}").into()),
    }
}

// requirement: V1, V2, V3, V4, V5, V6, V7, V8, V9, V10, V11, V12
fn notices_every_break_in_a_configuration() -> Result<(), Failed> {
    let stack = stack();
    let mutants = mutant::all(&stack);
    let missed =
        mutants.iter().filter_map(|mutant| mutant.missed(&judge_files(&mutant.files(&stack))));
    survivors("configuration", &mutants, missed.collect())
}

/// Prints how many mutants each part has, and fails when one survived or when there are too few.
fn survivors(kind: &str, mutants: &[Mutant], missed: Vec<String>) -> Result<(), Failed> {
    let mut parts: BTreeMap<&str, usize> = BTreeMap::new();
    mutants.iter().for_each(|mutant| *parts.entry(mutant.part).or_default() += 1);
    println!("{} mutants as {kind}, {} survived: {parts:?}", mutants.len(), missed.len());
    if mutants.len() < 200 || parts.len() < BREAKS.len() {
        return Err("expected 200 mutants, and some of every part".into());
    }
    if missed.is_empty() { Ok(()) } else { Err(missed.join("\n").into()) }
}

/// Every break applies somewhere and names a requirement that one of its rules serves; every rule and every requirement
/// that a rule serves has a break.
fn covered() -> Result<(), Failed> {
    let stack = stack();
    let mutants = mutant::all(&stack);
    let mut problems = Vec::new();
    let breaks = || BREAKS.iter().flat_map(|(_, breaks)| breaks.iter());
    for of in breaks() {
        let what = format!("{}: {}", of.resource, of.change);
        if !mutants.iter().any(|mutant| std::ptr::eq(mutant.of, of)) {
            problems.push(format!("{what}: applies nowhere"));
        }
        let serves = |id: &&str| {
            rules::find(id).is_some_and(|rule| rule.requirements.contains(&of.requirement))
        };
        if !of.rules.iter().any(serves) {
            problems.push(format!("{what}: none of {:?} serves {}", of.rules, of.requirement));
        }
    }
    let broken: BTreeSet<&str> = breaks().flat_map(|of| of.rules.iter().copied()).collect();
    let requirements: BTreeSet<&str> = breaks().map(|of| of.requirement).collect();
    for rule in rules::ALL.iter().filter(|rule| !UNBROKEN.iter().any(|(id, _)| *id == rule.id)) {
        if !broken.contains(rule.id) {
            problems.push(format!("{}: no break is for this rule", rule.id));
        }
    }
    let served = rules::ALL.iter().flat_map(|rule| rule.requirements);
    // Those of the stack and of the gate; the others are of its delivery and its tests.
    for id in served.filter(|id| id.starts_with(['R', 'C', 'N', 'V'])) {
        if !requirements.contains(id) {
            problems.push(format!("{id}: no break of this requirement"));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}
