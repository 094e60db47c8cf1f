use miette::{IntoDiagnostic, WrapErr, miette};

use crate::approval;
use crate::cli::Destroy;
use crate::exit::Exit;
use crate::terraform::{Goal, Planned, Terraform};
use crate::tree;

/// Plans to destroy what is deployed from an output directory, asks, and does exactly that.
///
/// # Errors
/// When the directory holds no stack, nobody can be asked, or Terraform can't be used or fails.
pub fn run(arguments: &Destroy) -> miette::Result<Exit> {
    if tree::owned(&arguments.out)?.is_empty() {
        return Err(miette!(
            help = "name it with --out, or write it anew with `drstack synth`: Terraform needs the stack's \
                    providers and backend to destroy it",
            "`{}` holds no stack",
            arguments.out.display()
        ));
    }
    let asks = !arguments.auto_approve;
    if asks {
        approval::can_be_asked("destroy the stack", "say --auto-approve")?;
    }
    // What the configuration asks for beyond that, Terraform checks itself.
    let terraform = Terraform::find(&arguments.terraform, &arguments.out, (1, 5))?;
    terraform.init()?;
    // A plan may hold secrets: the folder is for this user alone, and goes away with it.
    let folder = tempfile::tempdir().into_diagnostic().wrap_err("can't keep a plan")?;
    let plan = folder.path().join("plan");
    if terraform.plan(Goal::Nothing, &plan)? == Planned::Nothing {
        eprintln!("there is nothing to destroy");
    } else if asks && !approval::is_given("destroy all of this, and the data in it?")? {
        eprintln!("nothing was destroyed: the answer is not `yes`");
        return Ok(Exit::Usage);
    } else {
        terraform.apply(&plan)?;
    }
    Ok(Exit::Clean)
}
