//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands;
use crate::exit::Exit;

/// A two-region disaster-recovery stack for AWS as Terraform, checked before it is written.
#[derive(Debug, Parser)]
#[command(name = "drstack", version, propagate_version = true, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 nothing found, 1 findings, 2 the input could not be judged, 3 usage or configuration"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a commented drstack.toml
    Init(Init),
    /// Build the stack, check it, write its Terraform configuration
    Synth(Synth),
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Where to write drstack.toml
    #[arg(default_value = ".")]
    pub directory: PathBuf,
}

/// Arguments that choose a stack.
#[derive(Debug, Args)]
pub struct Stack {
    /// The configuration; without one, drstack.toml in this directory or else the built-in default
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Use this environment suffix instead of the configuration's
    #[arg(long, value_name = "SUFFIX")]
    pub environment_suffix: Option<String>,
}

/// Arguments of `synth`.
#[derive(Debug, Args)]
pub struct Synth {
    /// Which stack.
    #[command(flatten)]
    pub stack: Stack,
    /// The output directory; replaced as a whole, other people's files in it stay
    #[arg(short, long, value_name = "DIR", default_value = "drstack.out")]
    pub out: PathBuf,
    /// The syntax of the files
    #[arg(long, value_enum, default_value_t = Syntax::Json)]
    pub format: Syntax,
    /// Build and check, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Show what would change against the output directory, by resource; writes nothing
    #[arg(long)]
    pub diff: bool,
}

/// The syntax of a Terraform configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Syntax {
    /// `*.tf.json`
    Json,
    /// `*.tf`
    Hcl,
}

impl Cli {
    /// Runs the command. What goes wrong is told on standard error.
    #[must_use]
    pub fn run(&self) -> Exit {
        let result = match &self.command {
            Command::Init(arguments) => commands::init::run(arguments),
            Command::Synth(arguments) => commands::synth::run(arguments),
        };
        result.unwrap_or_else(|report| {
            eprintln!("{report:?}");
            Exit::Usage
        })
    }
}
