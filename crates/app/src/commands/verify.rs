use miette::{IntoDiagnostic, WrapErr};

use crate::cli::{DrillFormat, Verify};
use crate::commands::{drill, synth};
use crate::exit::Exit;
use crate::gate;
use crate::input::Source;
use crate::terraform::{Goal, Planned, Terraform};

/// Asks AWS, through Terraform, whether what is deployed is what the output directory says; judges what is deployed; and
/// loses the primary region on paper. All three are done, and the worst decides.
///
/// # Errors
/// When the configuration or Terraform can't be used, or Terraform fails.
pub fn run(arguments: &Verify) -> miette::Result<Exit> {
    let config = &synth::load(&arguments.stack)?.config;
    let required = config.database.password.required_terraform();
    let terraform = Terraform::find(&arguments.terraform, &arguments.out, required)?;
    terraform.init()?;
    let folder = tempfile::tempdir().into_diagnostic().wrap_err("can't keep a plan")?;
    let plan = folder.path().join("plan");
    let drifted = match terraform.plan(Goal::Stack, &plan)? {
        Planned::Nothing => Exit::Clean,
        Planned::Changes => {
            eprintln!(
                "what is deployed is not what {} says: the plan above would make it so, and `drstack deploy` applies it",
                arguments.out.display()
            );
            Exit::Findings
        }
    };
    // A plan without changes holds what the state holds, and what refers to what, which a state doesn't say.
    let deployed = Source::text("what is deployed", terraform.show(&plan)?);
    let drilled = drill::lose(None, &deployed, Some(config), DrillFormat::Human)?;
    let judged = gate::judge_stack(config, deployed)?.outcome().into();
    Ok(drifted.max(drilled).max(judged))
}
