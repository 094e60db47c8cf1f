use std::collections::BTreeMap;
use std::io::{self, Write};

use drstack_recovery::{Amount, Budget, Class, Crossing, Drill, Loss, Standby, Survey, Term};
use miette::{IntoDiagnostic, WrapErr, miette};
use serde::Serialize;

use crate::cli::{self, DrillFormat};
use crate::config::Config;
use crate::exit::Exit;
use crate::input::Source;
use crate::scenario::Scenario;
use crate::subject::Subject;

/// What is printed: the drill, and the budget where it is the primary region that is lost.
#[derive(Serialize)]
struct Printed {
    drill: Drill,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<Summary>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_budget: Option<String>,
}

/// The budget with what follows from it.
#[derive(Serialize)]
struct Summary {
    #[serde(flatten)]
    budget: Budget,
    decision_seconds: Option<i64>,
    worst_loss: Option<Amount>,
}

/// Loses a region of a plan or of the stack on paper.
///
/// # Errors
/// When the usage or the configuration is wrong.
pub fn run(arguments: &cli::Drill) -> miette::Result<Exit> {
    let subject = Subject::open(&arguments.subject)?;
    // What can't be read can't be judged, which is not the same as a wrong usage.
    match &subject.source {
        Ok(source) => {
            lose(arguments.lose.as_deref(), source, subject.config.as_ref(), arguments.format)
        }
        Err(error) => Ok(unjudged(&miette!("{error}"))),
    }
}

/// Loses a region of an input on paper and prints what follows: the region that is named, else the one that serves.
///
/// # Errors
/// When standard output can't be written to.
pub fn lose(
    lost: Option<&str>,
    source: &Source,
    config: Option<&Config>,
    format: DrillFormat,
) -> miette::Result<Exit> {
    let plan = match source.plan() {
        Ok(plan) => plan,
        Err(error) => return Ok(unjudged(&miette!("{}: {error}", source.label))),
    };
    let scenario = match Scenario::of(&plan, config, lost) {
        Ok(scenario) => scenario,
        Err(error) => return Ok(unjudged(&error)),
    };
    let survey = Survey::of(&plan);
    let drill = survey.lose(&scenario.lost).drill();
    let no_budget = no_budget(&scenario);
    let budget = scenario.regions.filter(|_| scenario.is_primary).map(|regions| {
        let budget = survey.budget(&regions, scenario.objectives);
        Summary {
            decision_seconds: budget.decision_seconds(),
            worst_loss: budget.worst_loss(),
            budget,
        }
    });
    let printed = Printed { drill, budget, no_budget };
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = match format {
        DrillFormat::Human => human(&printed, &mut out),
        DrillFormat::Json => serde_json::to_writer_pretty(&mut out, &printed)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out)),
    };
    match written.and_then(|()| out.flush()) {
        // Nobody reads on; the exit code still says what was found.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            return Err(error).into_diagnostic().wrap_err("can't write the drill");
        }
        _ => {}
    }
    Ok(printed.exit(scenario.is_primary))
}

impl Printed {
    /// Of the loss of a region that serves, half the question is what it costs.
    fn exit(&self, is_primary: bool) -> Exit {
        if self.drill.reached == 0 || (is_primary && self.budget.is_none()) {
            return Exit::Unjudged;
        }
        let fails =
            !self.drill.survives() || self.budget.as_ref().is_some_and(Summary::is_overdrawn);
        if fails { Exit::Findings } else { Exit::Clean }
    }
}

impl Summary {
    /// Whether the objectives are not met, or it can't be told.
    fn is_overdrawn(&self) -> bool {
        let Budget { objectives, time, .. } = &self.budget;
        let is_beyond = |amount: Amount, limit: u64| match amount {
            Amount::Seconds(seconds) => seconds > limit,
            Amount::Unknown | Amount::Unbounded => true,
        };
        let dns = time.dns_total().map(|dns| Amount::sum([dns, time.verify.amount]));
        dns.is_some_and(|dns| is_beyond(dns, objectives.rto_seconds))
            || (time.database_total().is_some()
                && self.decision_seconds.is_none_or(|left| left < 0))
            || self.worst_loss.is_some_and(|loss| is_beyond(loss, objectives.rpo_seconds))
    }
}

/// Why the loss of a region has no budget; nothing if it has one.
fn no_budget(scenario: &Scenario) -> Option<String> {
    let lost = &scenario.lost;
    if !scenario.is_primary {
        Some(format!("{lost} is not the region that serves, so nothing fails over"))
    } else if scenario.regions.is_none() {
        Some(format!(
            "which region takes over for {lost} does not follow from the input; --config names the two"
        ))
    } else {
        None
    }
}

fn unjudged(error: &miette::Report) -> Exit {
    eprintln!("{error:?}");
    Exit::Unjudged
}

fn human(printed: &Printed, out: &mut dyn Write) -> io::Result<()> {
    let drill = &printed.drill;
    writeln!(out, "{} is lost; {} resources are left", drill.lost, drill.reached)?;
    for class in [Class::Fatal, Class::Undetermined, Class::Degrading] {
        let found: Vec<&Crossing> = drill.of_class(class).collect();
        writeln!(out, "\n{class}: {}", found.len())?;
        for crossing in found {
            let at = if crossing.path.is_empty() {
                crossing.from.to_string()
            } else {
                format!("{} {}", crossing.from, crossing.path)
            };
            writeln!(out, "  {at}\n    {}", crossing.reason)?;
            writeln!(out, "    {}", crossing.trail.join("\n    -> "))?;
        }
    }
    for class in [Class::ControlPlaneOnly, Class::Allowed] {
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for crossing in drill.of_class(class) {
            *reasons.entry(&crossing.reason).or_default() += 1;
        }
        writeln!(out, "\n{class}: {}", drill.of_class(class).count())?;
        for (reason, count) in reasons {
            writeln!(out, "  {count:>3} x {reason}")?;
        }
    }
    match &printed.budget {
        Some(summary) => {
            human_time(summary, out)?;
            human_losses(summary, out)
        }
        None => {
            let why = printed.no_budget.as_deref().unwrap_or_default();
            writeln!(out, "\nno budget of time and loss: {why}")
        }
    }
}

fn human_time(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    let Budget { regions, objectives, time, .. } = &summary.budget;
    let term = |out: &mut dyn Write, term: &Term| {
        writeln!(out, "  {:>9}  {} ({})", term.amount.to_string(), term.name, term.source)
    };
    writeln!(
        out,
        "\nrecovery time, {} to {}: {} s",
        regions.primary, regions.recovery, objectives.rto_seconds
    )?;
    for (name, terms, total) in [
        ("clients are led to the other region", &time.dns, time.dns_total()),
        ("what is promoted takes writes, decision apart", &time.database, time.database_total()),
    ] {
        let Some(total) = total else { continue };
        for part in terms {
            term(out, part)?;
        }
        writeln!(out, "= {:>9}  {name}", total.to_string())?;
    }
    if time.dns.is_empty() {
        writeln!(out, "  no record of the plan leads clients to {}", regions.primary)?;
    }
    term(out, &time.verify)?;
    match (summary.decision_seconds, time.database_total()) {
        (Some(left), _) => {
            writeln!(out, "= {:>9}  left for a person to decide", format!("{left} s"))?;
        }
        (None, Some(_)) => writeln!(out, "=   unknown  left for a person to decide")?,
        (None, None) => writeln!(out, "  no copy of a store waits for a person to promote it")?,
    }
    Ok(())
}

fn human_losses(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    let Budget { regions, objectives, losses, .. } = &summary.budget;
    writeln!(out, "\nrecovery point: {} s", objectives.rpo_seconds)?;
    let Some(worst) = summary.worst_loss else {
        return writeln!(
            out,
            "  no store is known in {}: nothing is lost that the plan shows",
            regions.primary
        );
    };
    for loss in losses {
        writeln!(
            out,
            "  {:>9}  {} {}",
            loss.detection().to_string(),
            loss.store,
            standing(loss, &regions.recovery)
        )?;
        for part in &loss.terms {
            writeln!(
                out,
                "             {:>9}  {} ({})",
                part.amount.to_string(),
                part.name,
                part.source
            )?;
        }
        if loss.standby != Standby::Missing && !loss.promise.note.is_empty() {
            writeln!(
                out,
                "             {:>9}  what the store promises: {} ({})",
                loss.promise.amount.to_string(),
                loss.promise.note,
                loss.promise.source
            )?;
        }
    }
    let missing = summary.budget.missing().count();
    if missing > 0 {
        writeln!(out, "= {:>9}  {missing} without a copy in {}", "violated", regions.recovery)?;
    }
    writeln!(out, "= {:>9}  worst", worst.to_string())
}

/// What stands by for a store, said after its address.
fn standing(loss: &Loss, recovery: &str) -> String {
    match loss.standby {
        Standby::Active | Standby::Waiting => "until somebody is told".to_owned(),
        Standby::Promotion => {
            format!("until somebody is told; somebody promotes the copy in {recovery}")
        }
        Standby::Backup => format!("restored by somebody from backups in {recovery}"),
        Standby::Unknown => format!("may have a copy in {recovery}"),
        Standby::Missing => format!("has no copy in {recovery}"),
    }
}
