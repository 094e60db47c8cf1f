use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

use miette::{IntoDiagnostic, WrapErr, miette};

use crate::cli::Init;
use crate::config::DEFAULT_TOML;
use crate::exit::Exit;

/// Writes the commented default configuration where there is none.
///
/// # Errors
/// When there is one already, or it can't be written.
pub fn run(arguments: &Init) -> miette::Result<Exit> {
    let path = arguments.directory.join("drstack.toml");
    std::fs::create_dir_all(&arguments.directory)
        .into_diagnostic()
        .wrap_err_with(|| format!("can't create `{}`", arguments.directory.display()))?;
    let file = OpenOptions::new().write(true).create_new(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(DEFAULT_TOML.as_bytes()));
    match written {
        Ok(()) => {
            eprintln!("wrote {}; next: drstack synth", path.display());
            Ok(Exit::Clean)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(miette!(
            help = "edit it, or remove it and run `drstack init` again",
            "`{}` is there already",
            path.display()
        )),
        Err(error) => Err(error)
            .into_diagnostic()
            .wrap_err_with(|| format!("can't write `{}`", path.display())),
    }
}
