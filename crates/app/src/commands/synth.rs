use std::io::{self, Write};
use std::path::Path;

use drstack_report::Outcome;
use drstack_terraform::Documents;
use miette::IntoDiagnostic;

use crate::cli::{Output, Syntax, Synth};
use crate::config::Config;
use crate::diff;
use crate::exit::Exit;
use crate::gate;
use crate::hcl;
use crate::loaded::{self, Loaded};
use crate::tree::{self, Changes};

/// Builds the stack and writes it.
///
/// # Errors
/// When the configuration or the output directory can't be used; nothing is written then.
pub fn run(arguments: &Synth) -> miette::Result<Exit> {
    let loaded = loaded::load(&arguments.output.stack)?;
    let then = match (arguments.diff, arguments.dry_run) {
        (true, _) => Then::ShowChanges,
        (false, true) => Then::Count,
        (false, false) => Then::Write,
    };
    deliver(&loaded, &arguments.output, then)
}

/// What becomes of a stack that passes the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It is written.
    Write,
    /// The files that writing it would change are counted.
    Count,
    /// What writing it would change is shown by resource.
    ShowChanges,
}

/// Builds a stack, judges it, and does with it what is asked for when it passes.
///
/// # Errors
/// When the configuration or the output directory can't be used; nothing is written then.
pub fn deliver(loaded: &Loaded, output: &Output, then: Then) -> miette::Result<Exit> {
    let files = loaded.files().map_err(|error| *error)?;
    deliver_files(&loaded.config, &files, output, then)
}

fn deliver_files(
    config: &Config,
    files: &Documents,
    output: &Output,
    then: Then,
) -> miette::Result<Exit> {
    let label = output.out.display().to_string();
    let report = gate::judge_stack(config, gate::stack(&label, files))?;
    if report.outcome() != Outcome::Clean {
        eprintln!("nothing was written: the stack does not pass the gate");
        return Ok(report.outcome().into());
    }
    let written;
    let files = match output.format {
        // Compared in the syntax that is on disk.
        _ if then == Then::ShowChanges => return show_changes(output, files),
        Syntax::Json => files,
        Syntax::Hcl => {
            written = hcl::documents(files)?;
            &written
        }
    };
    if then == Then::Count {
        tell(&output.out, &tree::changes(&output.out, files)?, "would write");
    } else {
        tell(&output.out, &tree::write(&output.out, files)?, "wrote");
    }
    Ok(Exit::Clean)
}

/// Prints what writing the files would change.
fn show_changes(output: &Output, files: &Documents) -> miette::Result<Exit> {
    let lines = diff::lines(&diff::on_disk(&output.out)?, files, output.format)?;
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
    use std::path::PathBuf;

    use serde_json::{Value, json};

    use super::*;
    use crate::config::DEFAULT_TOML;
    use crate::{assembly, cli, package};

    fn output(out: PathBuf) -> Output {
        let stack = cli::Stack { config: None, environment_suffix: None };
        Output { stack, out, format: Syntax::Json }
    }

    fn default() -> (Config, Documents) {
        let config = Config::read("default.toml", DEFAULT_TOML).unwrap();
        let package = package::built_in().unwrap();
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
        let ended = deliver_files(&config, &files, &output(out.clone()), Then::Write).unwrap();
        assert_eq!(ended, Exit::Findings);
        assert!(!out.exists(), "something was written");
        let report = gate::judge_stack(&config, gate::stack("out", &files)).unwrap();
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
        let ended = deliver_files(&config, &files, &output(out.clone()), Then::Write).unwrap();
        assert_eq!(ended, Exit::Clean);
        assert!(out.join("main.tf.json").exists());
    }
}
