//! Generators, run as `cargo xtask NAME`.

mod error;
mod iam;
mod provider_schema;
mod tables;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use error::Error;
use tables::Then;
use workspace::Workspace;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Generators for drstack's derived files",
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Writes policies/tables/iam-actions.tsv and iam-resources.tsv
    Iam {
        /// Every IAM action: action, access level, resource types
        #[arg(long, value_name = "FILE")]
        actions: PathBuf,
        /// Every resource type: service, name, ARN form
        #[arg(long, value_name = "FILE")]
        resources: PathBuf,
    },
    /// Writes tests/data/aws-provider-schema.json: the provider's schema of the types that tests need
    ProviderSchema {
        /// Output of `terraform providers schema -json` where only hashicorp/aws is required
        #[arg(long, value_name = "FILE")]
        schema: PathBuf,
    },
    /// Writes the tables of provider facts under policies/tables/
    Tables {
        /// Output of `terraform providers schema -json` where only hashicorp/aws is required
        #[arg(long, value_name = "FILE")]
        schema: PathBuf,
        /// Write nothing; fail where a table is not what the schema and the curated lines give
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<(), Error> {
    let workspace = Workspace::locate()?;
    match task {
        Task::Iam { actions, resources } => iam::write(&workspace, &actions, &resources),
        Task::ProviderSchema { schema } => provider_schema::write(&workspace, &schema),
        Task::Tables { schema, check } => {
            tables::run(&workspace, &schema, if check { Then::Check } else { Then::Write })
        }
    }
}
