//! What is judged and by what, as the command line says it: what `check` and `report` have in common.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use drstack_plan::Plan;
use drstack_policy::{Baseline, Date, Pack, Waivers};
use drstack_rego::{Policies, PolicyError};
use drstack_report::{Gate, Report};
use miette::{IntoDiagnostic, LabeledSpan, NamedSource, WrapErr, miette};

use crate::cli::{JudgeArguments, Profile};
use crate::input::{self, Keep, Source};
use crate::loaded;
use crate::nearest::nearest;
use crate::{gate, policies};

/// Inputs with all that they are judged by.
pub struct Judge<'arguments> {
    arguments: &'arguments JudgeArguments,
    /// The inputs that were named, or the stack.
    pub sources: Vec<gate::Named>,
    /// The rules, and what they judge by.
    pub pack: Pack,
    /// Users' own policies.
    pub policies: Option<Policies>,
}

impl<'arguments> Judge<'arguments> {
    /// Reads what the arguments name. What is wrong with an input becomes part of its report.
    ///
    /// # Errors
    /// When the configuration, the pack or a policy is wrong.
    pub fn open(arguments: &'arguments JudgeArguments) -> miette::Result<Self> {
        let policies = policies::read(&arguments.policies, &arguments.policy_data)?;
        let (sources, pack) = inputs(arguments)?;
        Ok(Self { arguments, sources, pack, policies })
    }

    /// The name or the file of the pack.
    #[must_use]
    pub fn pack_name(&self) -> &str {
        pack_name(self.arguments)
    }

    /// Judges the inputs.
    ///
    /// # Errors
    /// When the waivers or the baseline are wrong.
    pub fn report(&self) -> miette::Result<Report> {
        let report = gate::report(&self.sources, &self.pack, self.policies.as_ref(), self.gate());
        self.accept(report)
    }

    /// Judges the inputs, and keeps the plans of those that can be read.
    ///
    /// # Errors
    /// When the waivers or the baseline are wrong.
    pub fn report_and_plans(&self) -> miette::Result<(Report, Vec<Option<Plan<'_>>>)> {
        let policies = self.policies.as_ref();
        let (report, plans) =
            gate::report_and_plans(&self.sources, &self.pack, policies, self.gate());
        Ok((self.accept(report)?, plans))
    }

    fn gate(&self) -> Gate {
        Gate { fail_on: self.arguments.fail_on.into(), unknown: self.arguments.unknown.into() }
    }

    /// Applies waivers and the baseline, and shows where policies are wrong.
    fn accept(&self, mut report: Report) -> miette::Result<Report> {
        for error in report.inputs.iter().filter_map(|input| input.outcome.as_ref().err()) {
            if let Some(error) = error.downcast_ref::<PolicyError>() {
                eprintln!("{:?}", policies::diagnostic(error));
            }
        }
        if let Some(path) = &self.arguments.waivers {
            report.waive(&waivers(path)?, today());
        }
        if let Some(path) = &self.arguments.baseline {
            let baseline = Baseline::read(&path.display().to_string(), &read(path, "baseline")?);
            report.compare(&baseline.into_diagnostic()?);
        }
        Ok(report)
    }
}

/// The inputs that were named, or the stack; and the pack that judges them.
fn inputs(arguments: &JudgeArguments) -> miette::Result<(Vec<gate::Named>, Pack)> {
    let synthesized = arguments.inputs.is_empty();
    let mut pack = pack(pack_name(arguments))?;
    if !arguments.rules.is_empty() {
        select(&mut pack, &arguments.rules)?;
    }
    let sources = if synthesized {
        let loaded = loaded::load(&arguments.stack)?;
        gate::parametrize(&mut pack, &loaded.config);
        let label = "the synthesized stack".to_owned();
        vec![(label.clone(), Ok(gate::stack(&label, &loaded.files().map_err(|error| *error)?)))]
    } else {
        if arguments.stack.config.is_some() {
            gate::parametrize(&mut pack, &loaded::load(&arguments.stack)?.config);
        }
        let keep = if arguments.policies.is_empty() { Keep::Judged } else { Keep::Everything };
        let open = |path: &PathBuf| (input::label(path), Source::open(path, keep));
        arguments.inputs.iter().map(open).collect()
    };
    if let Some(suffix) = &arguments.stack.environment_suffix {
        pack.parameters.environment_suffix = Some(suffix.to_string());
    }
    if let Some(profile) = arguments.profile {
        pack.parameters.profile = Some(match profile {
            Profile::Destroyable => drstack_policy::Profile::Destroyable,
            Profile::Protected => drstack_policy::Profile::Protected,
        });
    }
    Ok((sources, pack))
}

fn pack_name(arguments: &JudgeArguments) -> &str {
    let default = if arguments.inputs.is_empty() { "recovery" } else { "baseline" };
    arguments.pack.as_deref().unwrap_or(default)
}

/// A pack by its name, or from a file.
fn pack(name: &str) -> miette::Result<Pack> {
    let is_file = name.ends_with(".toml") || name.contains('/');
    let pack =
        if is_file { Pack::read(&read(Path::new(name), "pack")?) } else { Pack::named(name) };
    pack.into_diagnostic().wrap_err_with(|| format!("can't use the pack `{name}`"))
}

/// Keeps the named rules, with their severities in the pack or else their own.
fn select(pack: &mut Pack, ids: &[String]) -> miette::Result<()> {
    let chosen = ids.iter().map(|id| {
        let in_pack = pack.rules.iter().find(|(rule, _)| rule.id == *id).copied();
        in_pack
            .or_else(|| drstack_policy::rules::find(id).map(|rule| (rule, rule.severity)))
            .ok_or_else(|| {
                let nearest = nearest(id, drstack_policy::rules::ALL.iter().map(|rule| rule.id));
                let guess = nearest.map_or_else(String::new, |id| format!("did you mean `{id}`? "));
                miette!(
                    help = format!("{guess}`drstack rules` lists them"),
                    "there is no rule `{id}`"
                )
            })
    });
    pack.rules = chosen.collect::<Result<_, _>>()?;
    Ok(())
}

fn waivers(path: &Path) -> miette::Result<Waivers> {
    let name = path.display().to_string();
    let text = read(path, "waivers")?;
    Waivers::read(&name, &text).map_err(|error| {
        let labels: Vec<LabeledSpan> =
            error.span().map(LabeledSpan::underline).into_iter().collect();
        miette!(
            labels = labels,
            help =
                "a waiver is [[waiver]] with rule, address, reason, owner and expires = 2026-12-31",
            "{error}"
        )
        .with_source_code(NamedSource::new(name, text.clone()).with_language("toml"))
    })
}

/// The text of a file of the gate itself.
///
/// # Errors
/// When it can't be read.
pub fn read(path: &Path, what: &str) -> miette::Result<String> {
    fs::read_to_string(path)
        .into_diagnostic()
        .wrap_err_with(|| format!("can't read the {what} file `{}`", path.display()))
}

/// Today in UTC; waivers expire by it.
fn today() -> Date {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Date::of_unix_seconds(since.map_or(0, |since| since.as_secs()))
}
