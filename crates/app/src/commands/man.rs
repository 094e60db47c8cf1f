use std::fs;

use clap::CommandFactory;
use miette::{IntoDiagnostic, WrapErr};

use crate::cli::{Cli, Man};
use crate::exit::Exit;

/// Writes the manual pages of the command and its subcommands into a directory.
///
/// # Errors
/// When they can't be written.
pub fn run(arguments: &Man) -> miette::Result<Exit> {
    let directory = &arguments.directory;
    fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), directory))
        .into_diagnostic()
        .wrap_err_with(|| format!("can't write manual pages into `{}`", directory.display()))?;
    Ok(Exit::Clean)
}
