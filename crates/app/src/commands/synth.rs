use std::io::{self, Write};
use std::path::{Path, PathBuf};

use drstack_policy::{Pack, Severity};
use drstack_report::{Format, Gate, Outcome, Report, Unknown};
use drstack_terraform::Documents;
use miette::{IntoDiagnostic, WrapErr};

use crate::assembly;
use crate::cli::{self, Syntax, Synth};
use crate::config::{Config, ConfigError, DEFAULT_TOML, Problem, Suffix};
use crate::diff;
use crate::exit::Exit;
use crate::gate;
use crate::hcl;
use crate::package::{self, Package};
use crate::tree::{self, Changes};

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
        config.environment_suffix = suffix.parse::<Suffix>().map_err(|error| {
            miette::miette!(help = "choose another --environment-suffix", "{error}")
        })?;
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
            None => package::pack(drstack_compute::HANDLER.iter().copied()),
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

/// Builds the stack and writes it.
///
/// # Errors
/// When the configuration or the output directory can't be used; nothing is written then.
pub fn run(arguments: &Synth) -> miette::Result<Exit> {
    let loaded = load(&arguments.stack)?;
    let files = loaded.files().map_err(|error| *error)?;
    deliver(&loaded.config, &files, arguments)
}

/// Judges the files of a stack and, when they pass, does with them what the arguments ask for.
fn deliver(config: &Config, files: &Documents, arguments: &Synth) -> miette::Result<Exit> {
    let report = judge(config, &arguments.out, files)?;
    if report.outcome() != Outcome::Clean {
        return Ok(report.outcome().into());
    }
    if arguments.diff {
        return show_changes(arguments, files);
    }
    let written;
    let files = match arguments.format {
        Syntax::Json => files,
        Syntax::Hcl => {
            written = hcl::documents(files)?;
            &written
        }
    };
    if arguments.dry_run {
        tell(&arguments.out, &tree::changes(&arguments.out, files)?, "would write");
    } else {
        tell(&arguments.out, &tree::write(&arguments.out, files)?, "wrote");
    }
    Ok(Exit::Clean)
}

/// Prints what writing the files would change.
fn show_changes(arguments: &Synth, files: &Documents) -> miette::Result<Exit> {
    let lines = diff::lines(&diff::on_disk(&arguments.out)?, files, arguments.format)?;
    if lines.is_empty() {
        eprintln!("no changes");
    }
    let mut stdout = io::stdout().lock();
    match lines.iter().try_for_each(|line| writeln!(stdout, "{line}")) {
        // Whoever reads may have seen enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).into_diagnostic(),
        _ => Ok(Exit::Clean),
    }
}

/// Runs the gate over the files, before any of them is written. A stack that can't be judged is not written either.
fn judge(config: &Config, out: &Path, files: &Documents) -> miette::Result<Report> {
    let mut pack = Pack::named("recovery").into_diagnostic()?;
    gate::parametrize(&mut pack, config);
    let label = out.display().to_string();
    let sources = [(label.clone(), Ok(gate::stack(&label, files)))];
    let report =
        gate::report(&sources, &pack, Gate { fail_on: Severity::Error, unknown: Unknown::Fail });
    let stderr = io::stderr();
    let style = gate::style(&stderr);
    gate::show(&report, Format::Human, &gate::texts(&sources), style, &mut stderr.lock())
        .into_diagnostic()?;
    if report.outcome() != Outcome::Clean {
        eprintln!("nothing was written: the stack does not pass the gate");
    }
    Ok(report)
}

fn tell(out: &Path, changes: &Changes, verb: &str) {
    if changes.is_empty() {
        eprintln!("{} is up to date", out.display());
        return;
    }
    let count = |what: &str, files: &[String]| {
        (!files.is_empty()).then(|| format!("{} {what}", files.len()))
    };
    let counts = [
        count("new", &changes.added),
        count("changed", &changes.changed),
        count("removed", &changes.removed),
    ];
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    eprintln!("{verb} {}: {} files", out.display(), counts.join(", "));
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn arguments(out: PathBuf) -> Synth {
        let stack = cli::Stack { config: None, environment_suffix: None };
        Synth { stack, out, format: Syntax::Json, dry_run: false, diff: false }
    }

    fn default() -> (Config, Documents) {
        let config = Config::read("default.toml", DEFAULT_TOML).unwrap();
        let package = package::pack(drstack_compute::HANDLER.iter().copied()).unwrap();
        let stack = assembly::assemble(&config, &package).unwrap();
        let files = assembly::files(&stack, &package).unwrap();
        (config, files)
    }

    /// Breaks the default stack at one place of one file; the rules that then stop it from being written.
    fn broken(file: &str, pointer: &str, value: Value) -> Vec<&'static str> {
        let (config, mut files) = default();
        let mut document: Value = serde_json::from_slice(files.get(file).unwrap()).unwrap();
        *document.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer} in {file}")) = value;
        files.insert(file, document.to_string());
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        assert_eq!(deliver(&config, &files, &arguments(out.clone())).unwrap(), Exit::Findings);
        assert!(!out.exists(), "something was written");
        let report = judge(&config, &out, &files).unwrap();
        let mut rules: Vec<_> = report.findings().map(|entry| entry.found.rule.id).collect();
        rules.dedup();
        rules
    }

    #[test]
    fn each_core_rule_keeps_a_broken_stack_from_being_written() {
        let networking = "modules/us-east-2/networking/main.tf.json";
        let cidr = broken(networking, "/resource/aws_vpc/main/cidr_block", json!("10.0.0.0/16"));
        assert!(cidr.contains(&"cidr-overlap"), "{cidr:?}");

        let storage = "modules/us-east-1/storage/main.tf.json";
        let name = broken(storage, "/resource/aws_s3_bucket/documents/bucket", json!("documents"));
        assert!(name.contains(&"name-suffix"), "{name:?}");

        let database = "modules/us-east-1/database/main.tf.json";
        let kept =
            broken(database, "/resource/aws_rds_cluster/main/deletion_protection", json!(true));
        assert!(kept.contains(&"retained-resource"), "{kept:?}");

        let anything = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        let security = "modules/us-east-1/security/main.tf.json";
        let wide =
            broken(security, "/resource/aws_iam_role_policy/function/policy", json!(anything));
        assert!(wide.contains(&"iam-wildcard"), "{wide:?}");

        let compute = "modules/us-east-1/compute/main.tf.json";
        let plain =
            broken(compute, "/resource/aws_sqs_queue/transactions/kms_master_key_id", Value::Null);
        assert!(plain.contains(&"kms-encryption"), "{plain:?}");
    }

    #[test]
    fn the_default_stack_is_written() {
        let (config, files) = default();
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        assert_eq!(deliver(&config, &files, &arguments(out.clone())).unwrap(), Exit::Clean);
        assert!(out.join("main.tf.json").exists());
    }
}
