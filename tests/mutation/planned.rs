//! Breaks in plans: edited into the JSON of a real plan, and planned by Terraform from a broken tree.

use std::collections::BTreeSet;
use std::fs;
use std::sync::OnceLock;

use drstack_plan::Plan;
use drstack_report::{Outcome, Report};
use libtest_mimic::Failed;

use crate::mutant::{self, Mutant};
use crate::plan::PlanText;
use crate::says::Says;
use crate::tools::Tools;
use crate::workspace::Workspace;
use crate::{judge, judge_files, stack, survivors};

/// The unbroken stack and its plan, made when a test first asks for it.
pub(crate) struct Planned {
    tools: Result<Tools, String>,
    made: OnceLock<Result<Made, String>>,
}

struct Made {
    workspace: Workspace,
    plan: PlanText,
}

impl Planned {
    pub(crate) fn new(tools: Result<Tools, String>) -> Self {
        Self { tools, made: OnceLock::new() }
    }

    fn made(&self) -> Result<&Made, Failed> {
        let make = || {
            let workspace =
                Workspace::synthesize(self.tools.as_ref()?, &Workspace::configuration())?;
            workspace.init()?;
            workspace.override_providers(&["us-east-1", "us-east-2"], None)?;
            let plan = PlanText::read(workspace.plan()?);
            Ok(Made { workspace, plan })
        };
        let made = self.made.get_or_init(|| {
            make().map_err(|failed: Failed| failed.message().unwrap_or_default().to_owned())
        });
        Ok(made.as_ref()?)
    }
}

/// Every break, edited into the plan of the unbroken stack.
// requirement: V1, V2, V3, V4, V5, V6, V7, V8, V9, V10, V11, V12
pub(crate) fn notices_every_break_in_a_plan(planned: &Planned) -> Result<(), Failed> {
    let plan = &planned.made()?.plan;
    let judge = |mutants: &[Mutant]| -> Result<Report, Failed> {
        Ok(judge(&Plan::read(plan.broken(mutants).as_bytes())?))
    };
    if judge(&[])?.outcome() != Outcome::Clean {
        return Err("the plan of the unbroken stack does not pass".into());
    }
    let (unseen, seen): (Vec<_>, Vec<_>) =
        mutant::all(&stack()).into_iter().partition(|mutant| mutant.of.unseen.is_some());
    for mutant in unseen {
        println!("a plan can't show {mutant}: {}", mutant.of.unseen.unwrap_or_default());
    }
    let mut missed = Vec::new();
    for mutant in &seen {
        missed.extend(mutant.missed(&judge(std::slice::from_ref(mutant))?));
    }
    survivors("plan", &seen, missed)
}

/// Breaks that Terraform plans from a broken tree, several in a plan: each is noticed by itself, at its own place. Terraform
/// plans what the edited plan says, and the configuration is judged alike.
// requirement: V1, V2, V3, V4, V5, V6, V7, V8, V9, V10, V11, V12
pub(crate) fn notices_breaks_that_terraform_plans(planned: &Planned) -> Result<(), Failed> {
    let Made { workspace, plan } = planned.made()?;
    let stack = stack();
    let all = mutant::all(&stack);
    let numbers: BTreeSet<u8> = all.iter().filter_map(|mutant| mutant.of.planned).collect();
    let mut problems = Vec::new();
    let mut count = 0;
    for number in numbers {
        let mut group: Vec<&Mutant> =
            all.iter().filter(|mutant| mutant.of.planned == Some(number)).collect();
        group.dedup_by(|one, other| std::ptr::eq(one.of, other.of));
        count += group.len();

        let mut files = stack.clone();
        group.iter().for_each(|mutant| mutant.write(&mut files));
        let changed = || files.iter().filter(|(path, bytes)| stack.get(path) != Some(bytes));
        for (path, bytes) in changed() {
            fs::write(workspace.out().join(path), bytes)?;
        }
        let text = workspace.plan()?;
        for (path, _) in changed() {
            fs::write(workspace.out().join(path), stack.get(path).unwrap())?;
        }

        let real = judge(&Plan::read(text.as_bytes())?);
        problems.extend(group.iter().filter_map(|mutant| mutant.missed(&real)));
        let edited = judge(&Plan::read(plan.broken(group).as_bytes())?);
        let [real, edited, configured] = [&real, &edited, &judge_files(&files)].map(says);
        if real != edited {
            problems.push(format!("plan {number}: {real:#?}\nwith edits: {edited:#?}"));
        }
        for place in real.missing_in(&configured).chain(configured.missing_in(&real)) {
            problems.push(format!("only one of plan {number} and its configuration: {place}"));
        }
    }
    println!("{count} mutants through Terraform");
    if count < 20 {
        problems.push("expected 20 mutants through Terraform".to_owned());
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

fn says(report: &Report) -> Says {
    Says::of(report.inputs[0].verdict().unwrap())
}
