//! The `drstack` command.

use std::process::ExitCode;

use clap::Parser;
use drstack::cli::Cli;
use drstack::commands;
use drstack::exit::Exit;

fn main() -> ExitCode {
    // Lines are not broken: names and ranges with hyphens stay whole, and can be searched for.
    let unbroken = miette::set_hook(Box::new(|_| {
        Box::new(miette::MietteHandlerOpts::new().wrap_lines(false).build())
    }));
    debug_assert!(unbroken.is_ok(), "no hook was set before");
    let exit = match Cli::try_parse() {
        Ok(cli) => {
            // This thread takes its part of the work instead of waiting for others to do it. There is no pool before.
            let took_part = rayon::ThreadPoolBuilder::new().use_current_thread().build_global();
            debug_assert!(took_part.is_ok(), "{took_part:?}");
            commands::run(&cli)
        }
        Err(error) => {
            // Help and version are asked for; anything else is a mistake in the usage.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Clean };
            // A closed pipe is the only way for this to fail, and then nobody reads.
            let _ = error.print();
            exit
        }
    };
    exit.into()
}
