use drstack_report::Outcome;
use miette::{IntoDiagnostic, WrapErr};

use crate::approval;
use crate::cli::Deploy;
use crate::commands::synth::{self, Then};
use crate::exit::Exit;
use crate::gate;
use crate::input::Source;
use crate::loaded;
use crate::terraform::{Goal, Planned, Terraform};
use crate::tree;

/// Writes the stack, plans it, judges the plan, and applies exactly that plan when it passes.
///
/// # Errors
/// When the configuration, the output directory or Terraform can't be used, or Terraform fails.
pub fn run(arguments: &Deploy) -> miette::Result<Exit> {
    let asks = !arguments.auto_approve && !arguments.plan_only;
    if asks {
        let help = "say --auto-approve, or --plan-only to see what would be done";
        approval::can_be_asked("apply the plan", help)?;
    }
    let loaded = loaded::load(&arguments.output.stack)?;
    let config = &loaded.config;
    let required = config.database.password.required_terraform();
    let terraform = Terraform::find(&arguments.terraform, &arguments.output.out, required)?;
    let written = synth::deliver(&loaded, &arguments.output, Then::Write)?;
    if written != Exit::Clean {
        return Ok(written);
    }
    terraform.init()?;
    // A plan may hold secrets: the folder is for this user alone, and goes away with it.
    let folder = tempfile::tempdir().into_diagnostic().wrap_err("can't keep a plan")?;
    let plan = folder.path().join("plan");
    let planned = terraform.plan(Goal::Stack, &plan)?;
    let shown = Source::text("the plan", terraform.show(&plan)?);
    let report = gate::judge_stack(config, shown)?;
    if report.outcome() != Outcome::Clean {
        eprintln!("nothing was applied: the plan does not pass the gate");
        let foreign = tree::foreign_configuration(&arguments.output.out)?;
        if !foreign.is_empty() {
            let names: Vec<String> = foreign.into_iter().collect();
            eprintln!(
                "  what drstack wrote passes it; look at what else Terraform reads in {}: {}",
                arguments.output.out.display(),
                names.join(", ")
            );
        }
        return Ok(report.outcome().into());
    }
    if arguments.plan_only {
        eprintln!("nothing was applied: --plan-only");
    } else if planned == Planned::Nothing {
        eprintln!("there is nothing to apply");
    } else if asks && !approval::is_given("apply this plan?")? {
        eprintln!("nothing was applied: the answer is not `yes`");
        return Ok(Exit::Usage);
    } else {
        terraform.apply(&plan)?;
    }
    Ok(Exit::Clean)
}
