use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use drstack_policy::{Baseline, Date, Pack, Waivers};
use drstack_rego::{Policies, PolicyError};
use drstack_report::{Gate, Style};
use miette::{IntoDiagnostic, LabeledSpan, NamedSource, WrapErr, miette};

use crate::cli::{Check, Profile};
use crate::commands::synth;
use crate::exit::Exit;
use crate::gate;
use crate::input::Source;
use crate::output;
use crate::policies;

/// Judges plans, states and configurations, or the stack when there are none.
///
/// # Errors
/// When the usage or a file of the gate itself (configuration, pack, waivers, baseline) is wrong.
pub fn run(arguments: &Check) -> miette::Result<Exit> {
    let policies = policies::read(&arguments.policies, &arguments.policy_data)?;
    let (sources, pack) = inputs(arguments)?;
    let gate = Gate { fail_on: arguments.fail_on.into(), unknown: arguments.unknown.into() };
    let mut report = gate::report(&sources, &pack, policies.as_ref(), gate);
    for error in report.inputs.iter().filter_map(|input| input.outcome.as_ref().err()) {
        if let Some(error) = error.downcast_ref::<PolicyError>() {
            eprintln!("{:?}", policies::diagnostic(error));
        }
    }
    if let Some(path) = &arguments.waivers {
        report.waive(&waivers(path)?, today());
    }
    if let Some(path) = &arguments.baseline {
        let baseline = Baseline::read(&path.display().to_string(), &read(path, "baseline")?);
        report.compare(&baseline.into_diagnostic()?);
    }
    if let Some(path) = &arguments.write_baseline {
        let mut text = Vec::new();
        Baseline::write(report.findings().map(|entry| entry.found), &mut text).into_diagnostic()?;
        output::replace(path, &text)?;
    }
    let mut texts = gate::texts(&sources);
    let waivers_text = arguments
        .waivers
        .as_deref()
        .map(|path| Ok::<_, miette::Report>((path, read(path, "waivers")?)));
    let waivers_text = waivers_text.transpose()?;
    texts.extend(
        waivers_text.as_ref().map(|(path, text)| (path.display().to_string(), text.as_str())),
    );
    let policy_texts = policies.iter().flat_map(Policies::texts);
    texts.extend(policy_texts.map(|(path, text)| (path.to_owned(), text)));

    match &arguments.output {
        Some(path) => {
            let mut text = Vec::new();
            gate::show(&report, arguments.format, &texts, Style::default(), &mut text)
                .into_diagnostic()?;
            output::replace(path, &text)?;
        }
        None => {
            let out = io::stdout();
            let style = gate::style(&out);
            let mut out = io::BufWriter::new(out.lock());
            let written = gate::show(&report, arguments.format, &texts, style, &mut out)
                .and_then(|()| out.flush());
            // Nobody reads on, as with `drstack check | head`; the exit code still says what was found.
            if let Err(error) = written.or_else(|error| match error.kind() {
                io::ErrorKind::BrokenPipe => Ok(()),
                _ => Err(error),
            }) {
                return Err(error).into_diagnostic().wrap_err("can't write the report");
            }
        }
    }
    Ok(report.outcome().into())
}

/// The inputs that were named, or the stack; and the pack that judges them.
fn inputs(arguments: &Check) -> miette::Result<(Vec<gate::Named>, Pack)> {
    let synthesized = arguments.inputs.is_empty();
    let default_pack = if synthesized { "recovery" } else { "baseline" };
    let mut pack = pack(arguments.pack.as_deref().unwrap_or(default_pack))?;
    if !arguments.rules.is_empty() {
        select(&mut pack, &arguments.rules)?;
    }
    let sources = if synthesized {
        let loaded = synth::load(&arguments.stack)?;
        gate::parametrize(&mut pack, &loaded.config);
        let label = "the synthesized stack".to_owned();
        vec![(label.clone(), Ok(gate::stack(&label, &loaded.files().map_err(|error| *error)?)))]
    } else {
        if arguments.stack.config.is_some() {
            gate::parametrize(&mut pack, &synth::load(&arguments.stack)?.config);
        }
        let open = |path: &PathBuf| (path.display().to_string(), Source::open(path));
        arguments.inputs.iter().map(open).collect()
    };
    if let Some(suffix) = &arguments.stack.environment_suffix {
        pack.parameters.environment_suffix = Some(suffix.clone());
    }
    if let Some(profile) = arguments.profile {
        pack.parameters.profile = Some(match profile {
            Profile::Destroyable => drstack_policy::Profile::Destroyable,
            Profile::Protected => drstack_policy::Profile::Protected,
        });
    }
    Ok((sources, pack))
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
            .ok_or_else(|| miette!(help = "`drstack rules` lists them", "there is no rule `{id}`"))
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

fn read(path: &Path, what: &str) -> miette::Result<String> {
    fs::read_to_string(path)
        .into_diagnostic()
        .wrap_err_with(|| format!("can't read the {what} file `{}`", path.display()))
}

/// Today in UTC; waivers expire by it.
fn today() -> Date {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Date::of_unix_seconds(since.map_or(0, |since| since.as_secs()))
}
