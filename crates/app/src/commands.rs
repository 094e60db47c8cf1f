//! What each subcommand does.

/// `drstack check`.
pub mod check;
/// `drstack completions`.
pub mod completions;
/// `drstack deploy`.
pub mod deploy;
/// `drstack destroy`.
pub mod destroy;
/// `drstack drill`.
pub mod drill;
/// `drstack graph`.
pub mod graph;
/// `drstack init`.
pub mod init;
/// `drstack man`.
pub mod man;
/// `drstack report`.
pub mod report;
/// `drstack rules`.
pub mod rules;
/// `drstack runbook`.
pub mod runbook;
/// `drstack synth`.
pub mod synth;
/// `drstack verify`.
pub mod verify;

use crate::cli::{Cli, Command};
use crate::exit::Exit;
use crate::terraform::TerraformError;

/// Runs the command that is asked for. What goes wrong is told on standard error.
#[must_use]
pub fn run(cli: &Cli) -> Exit {
    let result = match &cli.command {
        Command::Init(arguments) => init::run(arguments),
        Command::Synth(arguments) => synth::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Drill(arguments) => drill::run(arguments),
        Command::Graph(arguments) => graph::run(arguments),
        Command::Report(arguments) => report::run(arguments),
        Command::Runbook(arguments) => runbook::run(arguments),
        Command::Rules(arguments) => rules::run(arguments),
        Command::Deploy(arguments) => deploy::run(arguments),
        Command::Verify(arguments) => verify::run(arguments),
        Command::Destroy(arguments) => destroy::run(arguments),
        Command::Completions(arguments) => completions::run(arguments),
        Command::Man(arguments) => man::run(arguments),
    };
    result.unwrap_or_else(|report| {
        eprintln!("{report:?}");
        report.downcast_ref::<TerraformError>().map_or(Exit::Usage, TerraformError::exit)
    })
}
