use drstack_recovery::budget;
use drstack_runbook::Runbook;
use miette::miette;

use crate::cli;
use crate::exit::Exit;
use crate::output;
use crate::scenario::Scenario;
use crate::subject::Subject;

/// Writes the runbook of a plan or of the stack.
///
/// # Errors
/// When the usage or the configuration is wrong, or the document can't be written.
pub fn run(arguments: &cli::Runbook) -> miette::Result<Exit> {
    let subject = Subject::open(&arguments.subject)?;
    // What can't be read can't be judged, which is not the same as a wrong usage.
    match text(&subject, arguments.lose.as_deref()) {
        Ok(text) => {
            output::write(arguments.output.as_deref(), text.as_bytes())?;
            Ok(Exit::Clean)
        }
        Err(error) => {
            eprintln!("{error:?}");
            Ok(Exit::Unjudged)
        }
    }
}

/// The runbook of the subject, or why there is none.
fn text(subject: &Subject, lose: Option<&str>) -> miette::Result<String> {
    let source = subject.source.as_ref().map_err(|error| miette!("{error}"))?;
    let plan = source.plan().map_err(|error| miette!("{}: {error}", source.label))?;
    let scenario = Scenario::of(&plan, subject.config.as_ref(), lose)?;
    let regions = scenario.regions.ok_or_else(|| {
        miette!(
            help = "a runbook is for two regions; --config names them",
            "which region takes over for {} does not follow from the input",
            scenario.lost
        )
    })?;
    let runbook = Runbook::of(&plan, &budget(&plan, &regions, scenario.objectives));
    runbook.map(|runbook| runbook.to_string()).map_err(|missing| miette!("{missing}"))
}
