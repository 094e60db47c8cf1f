//! Users' policies in Rego: which files they are, and how their errors reach people.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use drstack_rego::{File, Policies, PolicyError};
use miette::{IntoDiagnostic, LabeledSpan, NamedSource, Severity, WrapErr, miette};

/// How long reading the policies may take, and judging one input by them.
const LIMIT: Duration = Duration::from_secs(120);

/// Reads the policies that are named: files, or directories with `*.rego` in them at any depth, without `*_test.rego`. None
/// when none are named.
///
/// # Errors
/// When a file can't be read, or there is nothing in them to judge by.
pub fn read(policies: &[PathBuf], data: &[PathBuf]) -> miette::Result<Option<Policies>> {
    if policies.is_empty() {
        return Ok(None);
    }
    let policies =
        files(policies, |name| name.ends_with(".rego") && !name.ends_with("_test.rego"))?;
    let is_data = |name: &str| [".json", ".yaml", ".yml"].iter().any(|end| name.ends_with(end));
    let data = files(data, is_data)?;
    if let Some(file) = data.iter().find(|file| !file.path.ends_with(".json")) {
        return Err(miette!(help = "convert it to JSON", "the data `{}` is not JSON", file.path));
    }
    Policies::read(policies, &data, LIMIT).map(Some).map_err(|error| diagnostic(&error))
}

/// An error with the place in the policy that it is about.
#[must_use]
pub fn diagnostic(error: &PolicyError) -> miette::Report {
    let label = error.place.iter().map(|place| LabeledSpan::underline(place.span.clone()));
    let diagnostic = miette::MietteDiagnostic::new(error.problem.to_string())
        .with_severity(Severity::Error)
        .with_labels(label);
    let report = miette::Report::new(match error.help() {
        Some(help) => diagnostic.with_help(help),
        None => diagnostic,
    });
    match &error.place {
        Some(place) => {
            report.with_source_code(NamedSource::new(&place.file, place.text.to_string()))
        }
        None => report,
    }
}

/// The files that are named, and those of the right name in the directories that are named, in order.
fn files(paths: &[PathBuf], right: impl Fn(&str) -> bool) -> miette::Result<Vec<File>> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            collect(path, &right, &mut found)?;
        } else {
            found.push(path.clone());
        }
    }
    found.sort();
    found.dedup();
    let text = |path: &PathBuf| {
        let text = fs::read_to_string(path)
            .into_diagnostic()
            .wrap_err_with(|| format!("can't read `{}`", path.display()))?;
        Ok(File { path: path.display().to_string(), text })
    };
    found.iter().map(text).collect()
}

fn collect(
    folder: &Path,
    right: &impl Fn(&str) -> bool,
    found: &mut Vec<PathBuf>,
) -> miette::Result<()> {
    let failed = || format!("can't read `{}`", folder.display());
    for entry in fs::read_dir(folder).into_diagnostic().wrap_err_with(failed)? {
        let entry = entry.into_diagnostic().wrap_err_with(failed)?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
        // A link to a folder could lead in circles.
        if entry.file_type().into_diagnostic().wrap_err_with(failed)?.is_dir() {
            collect(&entry.path(), right, found)?;
        } else if right(name) {
            found.push(entry.path());
        }
    }
    Ok(())
}
