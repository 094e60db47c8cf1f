use std::time::Duration;

use drstack_policy::{Location, Origin, Rule, RuleRun, Severity};
use regorus::unstable::{Ref, Span};
use regorus::utils::limits::PolicyLengthConfig;
use regorus::{Engine, Value};

use crate::bounded;
use crate::error::{Place, PolicyError, Problem};
use crate::fault::Fault;
use crate::survey::{Definition, EXCEPTION, PACKAGE, severity, survey};

/// Policies that are ready to judge documents.
#[derive(Clone, Debug)]
pub struct Policies {
    pub(crate) engine: Engine,
    pub(crate) rules: Vec<AskedRule>,
    /// Whether there are rules that except others.
    pub(crate) exceptions: bool,
    pub(crate) limit: Duration,
    files: Vec<File>,
}

/// A file with its text.
#[derive(Clone, Debug)]
pub struct File {
    /// The path, as errors and findings show it.
    pub path: String,
    /// The text.
    pub text: String,
}

/// A rule that is asked.
#[derive(Clone, Debug)]
pub(crate) struct AskedRule {
    /// Its name in package `main`.
    pub(crate) name: String,
    pub(crate) rule: &'static Rule,
    pub(crate) definitions: Vec<Definition>,
}

impl Policies {
    /// Reads policies, and JSON data for them, whose objects are merged into one. Reading, and later judging one
    /// document, may take as long as `limit`.
    ///
    /// # Errors
    /// When a file is not Rego or not data, there is no rule to ask, or a policy could not be judged by: see [`Problem`].
    pub fn read(policies: Vec<File>, data: &[File], limit: Duration) -> Result<Self, PolicyError> {
        if policies.is_empty() {
            return Err(PolicyError::nowhere(Problem::NoPolicy));
        }
        let document = merged(data)?;
        bounded::run(limit, move || {
            let mut engine = Engine::new();
            engine.set_policy_length_config(lengths());
            for file in &policies {
                add(&mut engine, file)?;
            }
            let survey = survey(engine.get_modules())?;
            let analysis = |error: &anyhow::Error| {
                Fault::of(error).into_error(texts(&policies), Problem::Analysis)
            };
            engine.add_data(document).map_err(|error| analysis(&error))?;
            // Whatever is asked, regorus looks through all modules first.
            engine
                .clone()
                .eval_query("true".to_owned(), false)
                .map_err(|error| analysis(&error))?;
            let rules = survey.asked.into_iter().map(|(name, definitions)| AskedRule {
                rule: rule(&name, severity(&name).unwrap_or(Severity::Error), &definitions),
                name,
                definitions,
            });
            let rules = rules.collect();
            Ok(Self { engine, rules, exceptions: survey.exceptions, limit, files: policies })
        })
    }

    /// The texts of the policies by their paths.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        texts(&self.files)
    }

    /// What each rule looked at, when all looked at as many resources.
    pub(crate) fn runs(&self, judged: usize) -> Vec<RuleRun> {
        let runs = self.rules.iter().map(|asked| RuleRun {
            rule: asked.rule,
            severity: asked.rule.severity,
            judged,
        });
        runs.collect()
    }
}

impl AskedRule {
    /// The path that asks for the rule.
    pub(crate) fn path(&self) -> String {
        format!("data.{PACKAGE}.{}", self.name)
    }

    /// The part of the name that exceptions know: nothing for `deny` itself.
    pub(crate) fn suffix(&self) -> &str {
        self.name.split_once('_').map_or("", |(_, suffix)| suffix)
    }

    /// Where a definition stands.
    pub(crate) fn location(&self, definition: usize) -> Option<Location> {
        self.definitions.get(definition).map(|definition| location(&definition.span))
    }
}

/// The path that asks for the exceptions.
pub(crate) fn exceptions() -> String {
    format!("data.{PACKAGE}.{EXCEPTION}")
}

pub(crate) fn location(span: &Span) -> Location {
    let (file, text) = (span.source.get_path(), span.source.get_contents());
    let location = Location::in_text(file, text, span.start as usize..span.end as usize);
    Location { origin: Origin::Policy, ..location }
}

fn texts(files: &[File]) -> impl Iterator<Item = (&str, &str)> {
    files.iter().map(|file| (file.path.as_str(), file.text.as_str()))
}

/// Adds a file as Rego v1, or else as v0. If it is neither, what counts is the error of the reading that got further.
fn add(engine: &mut Engine, file: &File) -> Result<(), PolicyError> {
    let mut read = |is_v0| {
        engine.set_rego_v0(is_v0);
        let added = engine.add_policy(file.path.clone(), file.text.clone());
        added.map_err(|error| Fault::of(&error))
    };
    let Err(v1) = read(false) else { return Ok(()) };
    let Err(v0) = read(true) else { return Ok(()) };
    let reached = |fault: &Fault| fault.position.as_ref().map(|(_, line, column)| (*line, *column));
    let fault = if reached(&v0) > reached(&v1) { v0 } else { v1 };
    Err(fault.into_error(texts(std::slice::from_ref(file)), Problem::Syntax))
}

/// Lists stand on long lines at times.
fn lengths() -> PolicyLengthConfig {
    let usual = PolicyLengthConfig::default();
    PolicyLengthConfig { max_col: usual.max_col.saturating_mul(usual.max_col), ..usual }
}

/// The objects of all files in one, as conftest's `--data` has them.
fn merged(files: &[File]) -> Result<Value, PolicyError> {
    let mut engine = Engine::new();
    for file in files {
        let place =
            || Some(Place { file: file.path.clone(), text: file.text.as_str().into(), span: 0..0 });
        let wrong = |what: String| PolicyError { problem: Problem::Data(what), place: place() };
        let value = Value::from_json_str(&file.text)
            .map_err(|error| wrong(format!("the data is not JSON: {error}")))?;
        if value.as_object().is_err() {
            return Err(wrong("the data is not an object".to_owned()));
        }
        engine
            .add_data(value)
            .map_err(|error| wrong(format!("the data contradicts another file's: {error}")))?;
    }
    Ok(engine.get_data())
}

/// A rule of a policy as reports know rules. It lives as long as the process, as the built-in rules do.
fn rule(name: &str, severity: Severity, definitions: &[Definition]) -> &'static Rule {
    let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    let places: Vec<String> = definitions
        .iter()
        .map(|definition| format!("{}:{}", definition.span.source.get_path(), definition.span.line))
        .collect();
    Box::leak(Box::new(Rule {
        id: leak(format!("rego.{PACKAGE}.{name}")),
        severity,
        summary: leak(format!("the policy's rule `{name}` reports nothing")),
        protects: "what the author of the policy had in mind",
        fix: "do as the policy says, or waive the finding with a reason",
        requirements: &[],
        explanation: leak(format!(
            "A rule of the user's own policies, defined at {}. What it demands is what its messages say.\n",
            places.join(", ")
        )),
        check: |_, _| {},
    }))
}

/// A module and one of its rules in an engine.
pub(crate) fn definition(
    engine: &mut Engine,
    definition: &Definition,
) -> Option<(Ref<regorus::unstable::Module>, Ref<regorus::unstable::Rule>)> {
    let module = engine.get_modules().get(definition.module)?.clone();
    let rule = module.policy.get(definition.rule)?.clone();
    Some((module, rule))
}
