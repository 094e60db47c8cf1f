//! The same infrastructure, written down in five ways and read as configuration, plan, state and plan after apply: the
//! verdicts are the same, but for what a kind of input leaves open.
//!
//! All but the comparison of configurations need Terraform, an unpacked mirror of the AWS provider
//! (`DRSTACK_PLUGIN_DIR`) and emulated AWS. Without them it is reported as ignored; `DRSTACK_REQUIRE_TOOLS=1` makes it
//! fail instead.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[path = "../e2e/emulator.rs"]
mod emulator;
mod says;
mod shape;
#[path = "../e2e/tools.rs"]
mod tools;
#[expect(dead_code, reason = "other tests use all of it")]
#[path = "../e2e/workspace.rs"]
mod workspace;

use std::collections::BTreeSet;
use std::fs;
use std::sync::LazyLock;

use drstack::config::{Config, DEFAULT_TOML};
use drstack::gate;
use drstack_plan::{Documents, Plan};
use drstack_policy::Pack;
use libtest_mimic::{Arguments, Failed, Trial};

use emulator::Emulator;
use says::{Place, Says};
use shape::Shape;
use tools::Tools;
use workspace::Workspace;

/// What Terraform shows of one infrastructure.
struct Shown {
    plan: Says,
    state: Says,
    /// The plan after apply, which changes nothing.
    settled: Says,
}

fn main() {
    let arguments = Arguments::from_args();
    let tools = Tools::find();
    let ignored = tools.is_err() && !Tools::required();
    if let (Err(missing), true) = (&tools, ignored) {
        eprintln!("verdicts of what Terraform shows are ignored: {missing}");
    }
    let trials = vec![
        Trial::test("all_kinds_of_input_give_one_verdict", move || all_kinds_agree(&tools?))
            .with_ignored_flag(ignored),
        Trial::test("all_shapes_of_a_configuration_give_one_verdict", || {
            agree("configuration", Shape::ALL.map(|shape| (shape, configured(shape))))
        }),
    ];
    libtest_mimic::run(&arguments, trials).exit();
}

fn all_kinds_agree(tools: &Tools) -> Result<(), Failed> {
    let emulator = &Emulator::start()?;
    let shown = std::thread::scope(|scope| {
        let workers =
            Shape::APPLIED.map(|shape| (shape, scope.spawn(move || show(shape, tools, emulator))));
        let shown = workers.into_iter().map(|(shape, worker)| Ok((shape, worker.join().unwrap()?)));
        shown.collect::<Result<Vec<_>, Failed>>()
    })?;
    let mut problems = Vec::new();
    for (shape, Shown { plan, state, settled }) in &shown {
        let configured = configured(*shape);
        let kinds = [("configuration", &configured), ("plan", plan), ("settled plan", settled)];
        let mut add = |name: &str, what: &str, places: &mut dyn Iterator<Item = &Place>| {
            problems
                .extend(places.map(|place| format!("{shape:?}: {what} as {name} only: {place}")));
        };
        for pair in kinds.windows(2) {
            let [(one, said), (other, learned)] = pair else { continue };
            add(one, "violated", &mut said.missing_in(learned));
            add(other, "violated", &mut learned.missing_in(said));
        }
        add("settled plan", "open", &mut settled.open_beside(&configured));
        // A plan does not show what a local value is made of.
        if !shape.reads_locals() {
            add("plan", "open", &mut plan.open_beside(&configured));
        }
        let states = [("state", state), ("settled plan", settled)];
        problems.extend(differences(states).map(|difference| format!("{shape:?}: {difference}")));
    }
    let violated: BTreeSet<&str> = shown
        .iter()
        .flat_map(|(_, shown)| shown.state.violated())
        .map(|place| place.rule)
        .collect();
    if violated.len() < 12 {
        problems.push(format!("expected breaches of more rules than {violated:?}"));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

/// Plans, applies, and plans again.
fn show(shape: Shape, tools: &Tools, emulator: &Emulator) -> Result<Shown, Failed> {
    let workspace = Workspace { folder: tempfile::tempdir()?, plugins: tools.plugins.clone() };
    for (path, text) in shape.files() {
        let path = workspace.out().join(path);
        fs::create_dir_all(path.parent().unwrap())?;
        fs::write(path, text)?;
    }
    workspace.override_providers(&["us-east-1", "us-east-2"], Some(emulator.port))?;
    workspace.init()?;
    let plan = workspace.plan()?;
    workspace.terraform(&["apply", "-input=false", "plan.bin"])?;
    let state = workspace.terraform(&["show", "-json"])?;
    let settled = workspace.plan()?;
    let [plan, state, settled] = [plan, state, settled]
        .map(|text| Plan::read(text.as_bytes()).map(|plan| says(shape, &plan)));
    Ok(Shown { plan: plan?, state: state?, settled: settled? })
}

fn configured(shape: Shape) -> Says {
    let documents: Documents = shape
        .files()
        .into_iter()
        .map(|(path, text)| (path.to_owned(), text.into_bytes()))
        .collect();
    says(shape, &Plan::from_documents(&documents).unwrap())
}

fn says(shape: Shape, plan: &Plan<'_>) -> Says {
    static PACK: LazyLock<Pack> = LazyLock::new(|| {
        let mut pack = Pack::named("recovery").unwrap();
        gate::parametrize(&mut pack, &Config::read("drstack.toml", DEFAULT_TOML).unwrap());
        pack
    });
    let Says(said) = Says::of(&drstack_policy::judge(plan, &PACK));
    let canonical = said.into_iter().map(|(mut place, status)| {
        place.address = shape.canonical(&place.address);
        (place, status)
    });
    Says(canonical.collect())
}

/// All shapes say the same.
fn agree<const N: usize>(kind: &str, said: [(Shape, Says); N]) -> Result<(), Failed> {
    let [(first, expected), others @ ..] = &said[..] else { return Ok(()) };
    let mut problems = Vec::new();
    for (shape, says) in others {
        let names = [first, shape].map(|shape| format!("{shape:?} as {kind}"));
        problems.extend(differences([(&names[0], expected), (&names[1], says)]));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

/// What one says and the other does not.
fn differences(said: [(&str, &Says); 2]) -> impl Iterator<Item = String> {
    let [one, other] = said;
    let beyond = |(name, says): (&str, &Says), other: &Says| -> Vec<String> {
        let only = says.0.iter().filter(|(place, status)| other.0.get(place) != Some(status));
        only.map(|(place, status)| format!("{status:?} in {name} only: {place}")).collect()
    };
    [beyond(one, other.1), beyond(other, one.1)].into_iter().flatten()
}
