//! The configuration that a command works with, and the files that it stands for.

use std::path::{Path, PathBuf};

use drstack_terraform::Documents;
use miette::{IntoDiagnostic, WrapErr};

use crate::assembly;
use crate::cli;
use crate::config::{Config, ConfigError, DEFAULT_TOML, Problem};
use crate::package::{self, Package};

/// The configuration file that is looked for.
const CONFIG: &str = "drstack.toml";

/// A configuration with the folder that its paths are relative to.
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    folder: PathBuf,
    name: String,
    text: String,
}

/// Reads the chosen configuration: the file that is named, else `drstack.toml`, else the built-in default.
///
/// # Errors
/// When a file can't be read, or says what can't be.
pub fn load(stack: &cli::Stack) -> miette::Result<Loaded> {
    let path =
        stack.config.clone().or_else(|| Some(PathBuf::from(CONFIG)).filter(|path| path.exists()));
    let (name, text) = match &path {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .into_diagnostic()
                .wrap_err_with(|| format!("can't read the configuration `{}`", path.display()))?;
            (path.display().to_string(), text)
        }
        None => ("built-in default".to_owned(), DEFAULT_TOML.to_owned()),
    };
    let mut config = Config::read(&name, &text).map_err(|error| *error)?;
    if let Some(suffix) = &stack.environment_suffix {
        config.environment_suffix = suffix.clone();
    }
    let folder = path.as_deref().and_then(Path::parent).map(Path::to_owned).unwrap_or_default();
    Ok(Loaded { config, folder, name, text })
}

impl Loaded {
    /// The deployment package: the user's folder, or the built-in transaction processor.
    fn package(&self) -> Result<Package, Box<ConfigError>> {
        let package = match &self.config.compute.source {
            Some(source) => {
                package::pack_folder(&self.folder.join(source), &self.config.compute.handler)
            }
            None => package::built_in_with_handler(&self.config.compute.handler),
        };
        package.map_err(|error| self.blame(error.problem()))
    }

    /// The files of the stack.
    ///
    /// # Errors
    /// When the configuration can't be built.
    pub fn files(&self) -> Result<Documents, Box<ConfigError>> {
        let package = self.package()?;
        let stack = assembly::assemble(&self.config, &package)
            .map_err(|error| self.blame(error.problem()))?;
        assembly::files(&stack, &package)
            .map_err(|error| self.blame(assembly::AssemblyError::from(error).problem()))
    }

    /// The problem, shown in the configuration.
    fn blame(&self, problem: Problem) -> Box<ConfigError> {
        ConfigError::from_problems(&self.name, &self.text, vec![problem])
    }
}
