use miette::{IntoDiagnostic, WrapErr};

use crate::cli::{DrillFormat, Verify};
use crate::commands::drill;
use crate::exit::Exit;
use crate::gate;
use crate::input::Source;
use crate::loaded;
use crate::terraform::{Goal, Planned, Terraform};

/// Asks AWS, through Terraform, whether what is deployed is what the output directory says; judges what is deployed, or
/// the plan that would undo its drift; and loses the primary region of the same on paper. All three are done, and the
/// worst decides.
///
/// # Errors
/// When the configuration or Terraform can't be used, or Terraform fails.
pub fn run(arguments: &Verify) -> miette::Result<Exit> {
    let config = &loaded::load(&arguments.stack)?.config;
    let required = config.database.password.required_terraform();
    let terraform = Terraform::find(&arguments.terraform, &arguments.out, required)?;
    terraform.init()?;
    let folder = tempfile::tempdir().into_diagnostic().wrap_err("can't keep a plan")?;
    let plan = folder.path().join("plan");
    let planned = terraform.plan(Goal::Stack, &plan)?;
    // A plan without changes holds what the state holds, and what refers to what, which a state doesn't say. One with
    // changes holds what it would make.
    let label = match planned {
        Planned::Nothing => "what is deployed",
        Planned::Changes => "the plan",
    };
    let source = Source::text(label, terraform.show(&plan)?);
    let drilled = drill::lose(None, &source, Some(config), DrillFormat::Human)?;
    let judged = Exit::from(gate::judge_stack(config, source)?.outcome());
    // Said in the end, and all of it: the reports are long.
    let drifted = match planned {
        Planned::Nothing => {
            eprintln!("drift: none");
            Exit::Clean
        }
        Planned::Changes => {
            eprintln!(
                "drift: what is deployed is not what {} says; Terraform's plan has it, and `drstack deploy` applies one",
                arguments.out.display()
            );
            Exit::Findings
        }
    };
    eprintln!("gate: {label} {}", said(judged));
    eprintln!("drill: {label} {}", said(drilled));
    Ok(drifted.max(drilled).max(judged))
}

const fn said(outcome: Exit) -> &'static str {
    match outcome {
        Exit::Clean => "passes",
        Exit::Findings => "does not pass",
        Exit::Unjudged | Exit::Usage | Exit::Terraform => "can't be judged",
    }
}
