use std::io::{self, BufRead, IsTerminal, Write};

use drstack_report::Outcome;
use miette::{IntoDiagnostic, WrapErr, miette};

use crate::cli::Deploy;
use crate::commands::synth::{self, Then};
use crate::exit::Exit;
use crate::gate;
use crate::input::Source;
use crate::terraform::{Planned, Terraform};

/// Writes the stack, plans it, judges the plan, and applies exactly that plan when it passes.
///
/// # Errors
/// When the configuration, the output directory or Terraform can't be used, or Terraform fails.
pub fn run(arguments: &Deploy) -> miette::Result<Exit> {
    let asks = !arguments.auto_approve && !arguments.plan_only;
    if asks && !io::stdin().is_terminal() {
        return Err(miette!(
            help = "say --auto-approve, or --plan-only to see what would be done",
            "nobody can be asked whether to apply the plan: standard input is no terminal"
        ));
    }
    let loaded = synth::load(&arguments.output.stack)?;
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
    let planned = terraform.plan(&plan)?;
    let shown = Source::text("the plan", terraform.show(&plan)?);
    let report = gate::judge_stack(config, shown)?;
    if report.outcome() != Outcome::Clean {
        eprintln!("nothing was applied: the plan does not pass the gate");
        return Ok(report.outcome().into());
    }
    if arguments.plan_only {
        eprintln!("nothing was applied: --plan-only");
    } else if planned == Planned::Nothing {
        eprintln!("there is nothing to apply");
    } else if asks && !is_approved().into_diagnostic()? {
        eprintln!("nothing was applied: the answer is not `yes`");
        return Ok(Exit::Usage);
    } else {
        terraform.apply(&plan)?;
    }
    Ok(Exit::Clean)
}

fn is_approved() -> io::Result<bool> {
    eprint!("apply this plan? Only `yes` is taken for an answer: ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}
