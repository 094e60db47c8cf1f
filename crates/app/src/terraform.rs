//! Terraform, as a program that is run in the output directory.
//!
//! Its own output goes where drstack's goes. Ctrl-C in a terminal reaches Terraform by itself, which then ends in order and
//! keeps its state; [`Terraform::find`] sees to it that drstack waits for that instead of dying first.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use miette::Diagnostic;
use serde::Deserialize;

use crate::exit::Exit;

/// A version as far as it decides what Terraform understands: major and minor.
pub type Version = (u64, u64);

/// Terraform, or OpenTofu, for one output directory.
#[derive(Debug)]
pub struct Terraform {
    program: OsString,
    directory: PathBuf,
}

/// What a plan is to lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// What the configuration says.
    Stack,
    /// None of it.
    Nothing,
}

/// Whether a plan has anything to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planned {
    /// What is deployed is what the configuration says.
    Nothing,
    /// Something is to be created, changed or destroyed.
    Changes,
}

/// Why Terraform was of no use.
#[derive(Debug, thiserror::Error)]
pub enum TerraformError {
    /// There is no such program, or it can't be run.
    #[error("can't run `{}`: {source}", program.display())]
    Missing {
        /// What was run.
        program: OsString,
        /// Why it does not run.
        source: io::Error,
    },
    /// It says something else than its version.
    #[error("`{} version -json` tells no version: {reason}", program.display())]
    NoVersion {
        /// What was run.
        program: OsString,
        /// What is wrong with its answer.
        reason: String,
    },
    /// It is too old for the configuration.
    #[error("`{}` is version {found}, expected {}.{} or newer", program.display(), required.0, required.1)]
    TooOld {
        /// What was run.
        program: OsString,
        /// Its version.
        found: String,
        /// The least that is needed.
        required: Version,
    },
    /// It ran and failed. What went wrong, it has said itself.
    #[error("`terraform {command}` ended with {status}")]
    Failed {
        /// Its subcommand.
        command: &'static str,
        /// How it ended.
        status: ExitStatus,
    },
}

impl Diagnostic for TerraformError {
    fn help(&self) -> Option<Box<dyn Display + '_>> {
        Some(Box::new(match self {
            Self::Missing { .. } => {
                "install Terraform (https://developer.hashicorp.com/terraform/install), or name the program with --terraform"
            }
            Self::NoVersion { .. } => "name Terraform or OpenTofu with --terraform",
            Self::TooOld { .. } => {
                "install a newer one, or name it with --terraform; `database.password = \"stored\"` needs no more than 1.5"
            }
            Self::Failed { .. } => {
                "mend what Terraform says above, and run the same again: it goes on from what its state holds"
            }
        }))
    }
}

impl TerraformError {
    /// How drstack ends: a program that can't be used is a matter of the set-up, one that fails has perhaps changed AWS.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Failed { .. } => Exit::Terraform,
            Self::Missing { .. } | Self::NoVersion { .. } | Self::TooOld { .. } => Exit::Usage,
        }
    }
}

#[derive(Deserialize)]
struct VersionAnswer {
    terraform_version: String,
}

impl Terraform {
    /// The program, if it is there and new enough. From here on Ctrl-C ends Terraform and not this process.
    ///
    /// # Errors
    /// When it is missing or too old.
    pub fn find(
        program: &OsStr,
        directory: &Path,
        required: Version,
    ) -> Result<Self, TerraformError> {
        let missing = |source| TerraformError::Missing { program: program.to_owned(), source };
        let output = Command::new(program)
            .args(["version", "-json"])
            .stdin(Stdio::null())
            .output()
            .map_err(missing)?;
        let answer: VersionAnswer = serde_json::from_slice(&output.stdout).map_err(|error| {
            TerraformError::NoVersion { program: program.to_owned(), reason: error.to_string() }
        })?;
        let found = answer.terraform_version;
        if parse(&found).is_none_or(|version| version < required) {
            return Err(TerraformError::TooOld { program: program.to_owned(), found, required });
        }
        signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::new(AtomicBool::new(false)))
            .map_err(missing)?;
        Ok(Self { program: program.to_owned(), directory: directory.to_owned() })
    }

    /// Fetches providers and modules as far as they are not there.
    ///
    /// # Errors
    /// When it fails.
    pub fn init(&self) -> Result<(), TerraformError> {
        self.succeed("init", &["-input=false".as_ref()])
    }

    /// Writes a plan to `file`, an absolute path.
    ///
    /// # Errors
    /// When it fails.
    pub fn plan(&self, goal: Goal, file: &Path) -> Result<Planned, TerraformError> {
        let mut out = OsString::from("-out=");
        out.push(file);
        let mut arguments: Vec<&OsStr> =
            vec!["-input=false".as_ref(), "-detailed-exitcode".as_ref(), &out];
        if goal == Goal::Nothing {
            arguments.push("-destroy".as_ref());
        }
        let status = self.run("plan", &arguments)?;
        // https://developer.hashicorp.com/terraform/cli/commands/plan#detailed-exitcode
        match status.code() {
            Some(0) => Ok(Planned::Nothing),
            Some(2) => Ok(Planned::Changes),
            _ => Err(TerraformError::Failed { command: "plan", status }),
        }
    }

    /// Applies exactly a plan that was written.
    ///
    /// # Errors
    /// When it fails; a part of the plan may have been applied then.
    pub fn apply(&self, plan: &Path) -> Result<(), TerraformError> {
        self.succeed("apply", &["-input=false".as_ref(), plan.as_os_str()])
    }

    /// A written plan as JSON.
    ///
    /// # Errors
    /// When it fails.
    pub fn show(&self, plan: &Path) -> Result<Vec<u8>, TerraformError> {
        let output = self
            .command("show", &["-json".as_ref(), plan.as_os_str()])
            .stderr(Stdio::inherit())
            .output()
            .map_err(|source| self.missing(source))?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(TerraformError::Failed { command: "show", status: output.status })
        }
    }

    fn succeed(&self, command: &'static str, arguments: &[&OsStr]) -> Result<(), TerraformError> {
        let status = self.run(command, arguments)?;
        if status.success() { Ok(()) } else { Err(TerraformError::Failed { command, status }) }
    }

    fn run(&self, command: &str, arguments: &[&OsStr]) -> Result<ExitStatus, TerraformError> {
        self.command(command, arguments).status().map_err(|source| self.missing(source))
    }

    fn command(&self, command: &str, arguments: &[&OsStr]) -> Command {
        let mut chdir = OsString::from("-chdir=");
        chdir.push(&self.directory);
        let mut run = Command::new(&self.program);
        // Spares advice on commands to run next, which are drstack's to run.
        run.arg(chdir).arg(command).args(arguments).env("TF_IN_AUTOMATION", "1");
        run
    }

    fn missing(&self, source: io::Error) -> TerraformError {
        TerraformError::Missing { program: self.program.clone(), source }
    }
}

/// Major and minor of `1.11.4` or `1.12.0-beta1`.
fn parse(version: &str) -> Option<Version> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        assert!(parse("1.11.4").unwrap() >= (1, 11));
        assert!(parse("1.9.8").unwrap() < (1, 11));
        assert!(parse("2.0.0-beta1").unwrap() > (1, 11));
        assert_eq!(parse("eleven"), None);
    }
}
