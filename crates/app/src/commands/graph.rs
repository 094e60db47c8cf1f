use drstack_diagram::{Detail, Diagram};
use drstack_plan::Plan;
use drstack_recovery::{Drill, drill};
use miette::miette;

use crate::cli::{self, GraphFormat};
use crate::exit::Exit;
use crate::output;
use crate::subject::{Subject, known_regions};

/// Draws a plan or the stack. What the picture shows does not make it fail.
///
/// # Errors
/// When the usage or the configuration is wrong, or the picture can't be written.
pub fn run(arguments: &cli::Graph) -> miette::Result<Exit> {
    let subject = Subject::open(&arguments.subject)?;
    let source = match subject.source {
        Ok(source) => source,
        Err(error) => return Ok(unreadable(&miette!("{error}"))),
    };
    let plan = match source.plan() {
        Ok(plan) => plan,
        Err(error) => return Ok(unreadable(&miette!("{}: {error}", source.label))),
    };
    let drills = match drills(&plan, arguments.lose.as_deref()) {
        Ok(drills) => drills,
        Err(error) => return Ok(unreadable(&error)),
    };
    let detail = if arguments.detail { Detail::Resources } else { Detail::Boxes };
    let diagram = Diagram::of(&plan, &drills, detail);
    let text = match arguments.format {
        GraphFormat::Mermaid => diagram.mermaid(),
        GraphFormat::Dot => diagram.dot(),
        GraphFormat::Svg => diagram.svg(),
    };
    output::write(arguments.output.as_deref(), text.as_bytes())?;
    Ok(Exit::Clean)
}

/// The loss of the region that is named, else of each.
fn drills(plan: &Plan<'_>, lost: Option<&str>) -> miette::Result<Vec<Drill>> {
    let known = known_regions(plan);
    match lost {
        None => Ok(known.iter().map(|region| drill(plan, region)).collect()),
        Some(lost) if known.contains(lost) => Ok(vec![drill(plan, lost)]),
        Some(lost) => {
            let known = known.into_iter().collect::<Vec<_>>().join(", ");
            Err(miette!("nothing of the input is known to be in {lost}; its regions are: {known}"))
        }
    }
}

fn unreadable(error: &miette::Report) -> Exit {
    eprintln!("{error:?}");
    Exit::Unjudged
}
