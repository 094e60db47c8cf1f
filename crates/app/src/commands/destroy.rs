use std::ffi::OsStr;

use miette::miette;

use crate::cli::Destroy;
use crate::exit::Exit;
use crate::terraform::Terraform;
use crate::tree;

/// Destroys what is deployed from an output directory. Terraform asks first.
///
/// # Errors
/// When the directory holds no stack, Terraform can't be used, fails, or is told no.
pub fn run(arguments: &Destroy) -> miette::Result<Exit> {
    if tree::owned(&arguments.out)?.is_empty() {
        return Err(miette!(
            help = "name it with --out, or write it anew with `drstack synth`: Terraform needs the stack's \
                    providers and backend to destroy it",
            "`{}` holds no stack",
            arguments.out.display()
        ));
    }
    // What the configuration asks for beyond that, Terraform checks itself.
    let terraform = Terraform::find(&arguments.terraform, &arguments.out, (1, 5))?;
    terraform.init()?;
    let approval: &[&OsStr] =
        if arguments.auto_approve { &[OsStr::new("-auto-approve")] } else { &[] };
    terraform.destroy(approval)?;
    Ok(Exit::Clean)
}
