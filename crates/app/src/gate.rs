//! The gate: a pack and policies over inputs, and how its report reaches people.

use std::collections::HashMap;
use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use drstack_plan::Plan;
use drstack_policy::{Pack, Profile, Severity, Verdict, judge_with};
use drstack_rego::{Document, Policies};
use drstack_report::{Format, Gate, Input, Outcome, Palette, Report, Style, Unknown, render};
use miette::IntoDiagnostic;

use crate::config::{Config, Password, ProfileName};
use crate::exit::Exit;
use crate::input::{InputError, Source};

/// An input under the label that reports show, or why it can't be read.
pub type Named = (String, Result<Source, InputError>);

/// Sets the pack's parameters as a stack's configuration has them.
pub fn parametrize(pack: &mut Pack, config: &Config) {
    let parameters = &mut pack.parameters;
    parameters.environment_suffix = Some(config.environment_suffix.to_string());
    parameters.profile = Some(match config.profile {
        ProfileName::Destroyable => Profile::Destroyable,
        ProfileName::Protected => Profile::Protected,
    });
    parameters.primary_region = Some(config.regions.primary.to_string());
    parameters.recovery_region = Some(config.regions.recovery.to_string());
    parameters.rto_seconds = u64::from(config.objectives.rto_minutes.get()) * 60;
    parameters.rpo_seconds = u64::from(config.objectives.rpo_minutes.get()) * 60;
    parameters.backup_retention_days = u64::from(config.backup.retention_days.get());
    if config.database.password == Password::Stored {
        // Asked for, with its cost: Terraform before 1.11 has no other way. It stays in every verdict.
        for (rule, severity) in
            pack.rules.iter_mut().filter(|(rule, _)| rule.id == "plaintext-secret")
        {
            *severity = rule.severity.min(Severity::Warning);
        }
    }
}

/// A stack's files as an input.
#[must_use]
pub fn stack(label: &str, files: &drstack_terraform::Documents) -> Source {
    let files = files.iter().map(|(path, bytes)| (path.to_owned(), bytes.to_vec()));
    Source::documents(label.to_owned(), files)
}

/// Judges what a configuration stands for, a plan of it or its state, and shows the report on standard error. It passes
/// with nothing undetermined and no errors.
///
/// # Errors
/// When standard error can't be written to.
pub fn judge_stack(config: &Config, source: Source) -> miette::Result<Report> {
    let mut pack = Pack::named("recovery").into_diagnostic()?;
    parametrize(&mut pack, config);
    let sources = [(source.label.clone(), Ok(source))];
    let report =
        report(&sources, &pack, None, Gate { fail_on: Severity::Error, unknown: Unknown::Fail });
    let stderr = io::stderr();
    show(&report, Format::Human, &texts(&sources), style(&stderr), &mut stderr.lock())
        .into_diagnostic()?;
    Ok(report)
}

/// Judges inputs by a pack, and by users' policies if there are any. One that can't be judged is part of the report, and
/// fails it.
#[must_use]
pub fn report(sources: &[Named], pack: &Pack, policies: Option<&Policies>, gate: Gate) -> Report {
    let inputs = sources.iter().map(|source| input(source, pack, policies).0);
    Report::new(inputs.collect(), gate)
}

/// Judges inputs as [`report`] does, and keeps the plans of those that can be read.
#[must_use]
pub fn report_and_plans<'source>(
    sources: &'source [Named],
    pack: &Pack,
    policies: Option<&Policies>,
    gate: Gate,
) -> (Report, Vec<Option<Plan<'source>>>) {
    let (inputs, plans) = sources.iter().map(|source| input(source, pack, policies)).unzip();
    (Report::new(inputs, gate), plans)
}

fn input<'source>(
    (label, source): &'source Named,
    pack: &Pack,
    policies: Option<&Policies>,
) -> (Input, Option<Plan<'source>>) {
    let read = match source {
        Ok(source) => source.plan().map(|plan| (source, plan)).map_err(Into::into),
        Err(error) => Err(error.to_string().into()),
    };
    let (outcome, plan) = match read {
        Ok((source, plan)) => (verdict(source, &plan, pack, policies), Some(plan)),
        Err(error) => (Err(error), None),
    };
    (Input { label: label.clone(), outcome }, plan)
}

fn verdict(
    source: &Source,
    plan: &Plan<'_>,
    pack: &Pack,
    policies: Option<&Policies>,
) -> Result<Verdict, Box<dyn Error + Send + Sync>> {
    let mut verdict = judge_with(plan, pack, &source.packages(plan));
    if let Some(policies) = policies {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let document = Document { path: &source.label, text: source.document()?, now };
        let judgement = policies.judge(plan, document)?;
        verdict.extend(judgement.rules, judgement.findings);
    }
    Ok(verdict)
}

/// Writes a report.
///
/// # Errors
/// When `out` can't be written to.
pub fn show(
    report: &Report,
    format: Format,
    texts: &HashMap<String, &str>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    render(report, format, &|path| texts.get(path).copied(), style, out)
}

/// The texts of all inputs that are configurations, under the paths that reports show.
#[must_use]
pub fn texts(sources: &[Named]) -> HashMap<String, &str> {
    sources.iter().filter_map(|(_, source)| source.as_ref().ok()).flat_map(Source::texts).collect()
}

/// Colours and width for a stream: colours only on a terminal and without `NO_COLOR`.
#[must_use]
pub fn style(stream: &impl IsTerminal) -> Style {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let palette = if stream.is_terminal() && !no_color { Palette::Ansi } else { Palette::Plain };
    Style { palette, ..Style::default() }
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Clean => Self::Clean,
            Outcome::Findings => Self::Findings,
            Outcome::Unjudged => Self::Unjudged,
        }
    }
}
