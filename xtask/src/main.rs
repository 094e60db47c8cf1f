//! Generators, run as `cargo xtask NAME`.

mod docs;
mod error;
mod gen_plan;
mod iam;
mod provider_schema;
mod requirements;
mod tables;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use error::Error;
use workspace::{Then, Workspace};

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
    /// Writes docs/rules/, docs/requirements.md and docs/drstack.schema.json
    Docs {
        #[command(flatten)]
        mode: WriteOrCheck,
    },
    /// Writes a synthetic plan, as `terraform show -json` would: 100,000 resources make about 200 MB
    GenPlan {
        /// How many resources, rounded up to whole modules of 200
        #[arg(long, value_name = "N")]
        resources: usize,
        /// The file to write instead of standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Writes policies/tables/iam-actions.tsv and iam-resources.tsv
    Iam {
        /// Every IAM action: action, access level, resource types
        #[arg(long, value_name = "FILE")]
        actions: PathBuf,
        /// Every resource type: service, name, ARN form
        #[arg(long, value_name = "FILE")]
        resources: PathBuf,
        #[command(flatten)]
        mode: WriteOrCheck,
    },
    /// Writes tests/data/aws-provider-schema.json: the provider's schema of the types that tests need
    ProviderSchema {
        #[command(flatten)]
        schema: SchemaFile,
        #[command(flatten)]
        mode: WriteOrCheck,
    },
    /// Writes the tables of provider facts under policies/tables/
    Tables {
        #[command(flatten)]
        schema: SchemaFile,
        #[command(flatten)]
        mode: WriteOrCheck,
    },
}

#[derive(Args)]
struct SchemaFile {
    /// Output of `terraform providers schema -json` where only hashicorp/aws is required
    #[arg(long = "schema", value_name = "FILE")]
    path: PathBuf,
}

#[derive(Args)]
struct WriteOrCheck {
    /// Write nothing; fail where a file is not what would be written
    #[arg(long)]
    check: bool,
}

impl WriteOrCheck {
    fn then(&self) -> Then {
        if self.check { Then::Check } else { Then::Write }
    }
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
        Task::Docs { mode } => docs::run(&workspace, mode.then()),
        Task::GenPlan { resources, out } => gen_plan::run(resources, out.as_deref()),
        Task::Iam { actions, resources, mode } => {
            iam::run(&workspace, &actions, &resources, mode.then())
        }
        Task::ProviderSchema { schema, mode } => {
            provider_schema::run(&workspace, &schema.path, mode.then())
        }
        Task::Tables { schema, mode } => tables::run(&workspace, &schema.path, mode.then()),
    }
}
