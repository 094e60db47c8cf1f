use std::io;

use clap::CommandFactory;
use clap_complete::Generator;
use miette::{IntoDiagnostic, WrapErr};

use crate::cli::{Cli, Completions};
use crate::exit::Exit;

/// Prints a shell's completion script.
///
/// # Errors
/// When standard output can't be written to.
pub fn run(arguments: &Completions) -> miette::Result<Exit> {
    let mut command = Cli::command();
    command.set_bin_name(command.get_name().to_owned());
    command.build();
    arguments
        .shell
        .try_generate(&command, &mut io::stdout().lock())
        .into_diagnostic()
        .wrap_err("can't write the completion script")?;
    Ok(Exit::Clean)
}
