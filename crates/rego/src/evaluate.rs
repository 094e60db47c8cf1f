//! Asks the rules, on the thread that may take long.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use regorus::{Engine, Value};

use crate::builtins::{self, Strictness, kind};
use crate::error::{PolicyError, Problem};
use crate::fault::Fault;
use crate::policies::{self, AskedRule, Policies};
use crate::redact::redacted;
use crate::survey::PACKAGE;

/// What came of asking one rule.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What the rule reports.
    pub(crate) reports: Vec<Reported>,
    /// The built-in that failed, so that the rule may have missed something.
    pub(crate) incomplete: Option<Fault>,
    /// Whether the policies except the rule.
    pub(crate) excepted: bool,
}

/// One thing that a rule reports.
#[derive(Debug)]
pub(crate) struct Reported {
    /// The message, sensitive or not.
    pub(crate) message: String,
    /// Whether the message is the same without the sensitive values of the document.
    pub(crate) safe: bool,
    /// The address, when the report has one beside the message.
    pub(crate) address: Option<String>,
    /// Which of the rule's definitions reports it.
    pub(crate) definition: usize,
}

/// Asks every rule about a document.
pub(crate) fn evaluate(
    policies: &Policies,
    document: Value,
    path: &str,
    now: Duration,
) -> Result<Vec<Answer>, PolicyError> {
    let original = Session::new(&policies.engine, document.clone(), path, now)?;
    let mut inquiry = Inquiry { policies, path, now, document, original, redacted: None };
    let excepted = inquiry.exceptions()?;
    let answer = |asked: &AskedRule| {
        let (reports, incomplete) = inquiry.ask(asked)?;
        Ok(Answer { reports, incomplete, excepted: excepted.contains(asked.suffix()) })
    };
    policies.rules.iter().map(answer).collect()
}

struct Inquiry<'p> {
    policies: &'p Policies,
    path: &'p str,
    now: Duration,
    document: Value,
    original: Session,
    /// The same without sensitive values; none inside when there aren't any. Made when it is first needed, because on most
    /// documents no rule has anything to say.
    redacted: Option<Option<Session>>,
}

/// Engines that are ready to be asked about one document.
struct Session {
    strict: Engine,
    lenient: Engine,
}

impl Inquiry<'_> {
    fn ask(&mut self, asked: &AskedRule) -> Result<(Vec<Reported>, Option<Fault>), PolicyError> {
        let path = asked.path();
        let (value, mut incomplete) = match self.original.strict.eval_rule(path.clone()) {
            Ok(value) => (value, None),
            Err(error) => match self.original.lenient.eval_rule(path.clone()) {
                Ok(value) => (value, Some(Fault::of(&error))),
                Err(error) => return Err(self.failure(Fault::of(&error), &path)),
            },
        };
        let values = messages(asked, &value)?;
        if values.is_empty() && incomplete.is_none() {
            return Ok((Vec::new(), None));
        }
        let safe = match self.redacted()? {
            Some(redacted) => {
                if let Some(fault) = &mut incomplete {
                    let same = redacted.strict.eval_rule(path.clone());
                    fault.hide_unless(same.err().map(|error| Fault::of(&error)).as_ref());
                }
                let value = redacted.lenient.eval_rule(path).unwrap_or(Value::Undefined);
                let values = messages(asked, &value).unwrap_or_default();
                Some(values.into_iter().cloned().collect::<BTreeSet<_>>())
            }
            None => None,
        };
        let definitions = self.original.attribute(asked);
        let reports = values.into_iter().map(|value| {
            let (message, address) = report(asked, value)?;
            Ok(Reported {
                message: message.to_owned(),
                safe: safe.as_ref().is_none_or(|safe| safe.contains(value)),
                address: address.map(str::to_owned),
                definition: definitions.get(value).copied().unwrap_or(0),
            })
        });
        Ok((reports.collect::<Result<_, _>>()?, incomplete))
    }

    /// The suffixes of the rules that the policies except. An exception that can't be judged is an error: conftest would
    /// take it for none, and one that is none only by accident would not be noticed.
    fn exceptions(&mut self) -> Result<BTreeSet<String>, PolicyError> {
        if !self.policies.exceptions {
            return Ok(BTreeSet::new());
        }
        let path = policies::exceptions();
        let lists = match self.original.strict.eval_rule(path.clone()) {
            Ok(lists) => lists,
            Err(error) => return Err(self.failure(Fault::of(&error), &path)),
        };
        let suffixes = members(&lists).into_iter().flat_map(members);
        Ok(suffixes.filter_map(|suffix| Some(suffix.as_string().ok()?.to_string())).collect())
    }

    fn redacted(&mut self) -> Result<Option<&mut Session>, PolicyError> {
        let session = match self.redacted.take() {
            Some(session) => session,
            None => redacted(&self.document)
                .map(|document| Session::new(&self.policies.engine, document, self.path, self.now))
                .transpose()?,
        };
        Ok(self.redacted.insert(session).as_mut())
    }

    /// The error that a failed evaluation is. Its text may quote values.
    fn failure(&mut self, mut fault: Fault, path: &str) -> PolicyError {
        match self.redacted() {
            Ok(None) => {}
            Ok(Some(redacted)) => {
                let same = redacted.lenient.eval_rule(path.to_owned()).err();
                fault.hide_unless(same.map(|error| Fault::of(&error)).as_ref());
            }
            Err(error) => return error,
        }
        fault.into_error(self.policies.texts(), Problem::Evaluation)
    }
}

impl Session {
    fn new(
        engine: &Engine,
        document: Value,
        path: &str,
        now: Duration,
    ) -> Result<Self, PolicyError> {
        let broken =
            |error: anyhow::Error| PolicyError::nowhere(Problem::Broken(error.to_string()));
        let mut base = engine.clone();
        base.add_data(file(path)).map_err(broken)?;
        base.set_input(document);
        let with = |strictness| {
            let mut engine = base.clone();
            engine.set_strict_builtin_errors(strictness == Strictness::Strict);
            builtins::supply(&mut engine, strictness, now).map_err(broken)?;
            Ok(engine)
        };
        Ok(Self { strict: with(Strictness::Strict)?, lenient: with(Strictness::Lenient)? })
    }

    /// Which definition of a rule reports what, when there are several. Each is evaluated by itself once more.
    fn attribute(&mut self, asked: &AskedRule) -> BTreeMap<Value, usize> {
        let mut found = BTreeMap::new();
        if asked.definitions.len() == 1 {
            return found;
        }
        for (index, definition) in asked.definitions.iter().enumerate() {
            let Some((module, rule)) = policies::definition(&mut self.lenient, definition) else {
                continue;
            };
            // A definition that fails by itself has not failed beside the others: then the first one stands for it.
            let Ok(data) = self.lenient.eval_rule_in_module(&module, &rule, false) else {
                continue;
            };
            let Some(values) =
                member(&data, PACKAGE).and_then(|package| member(package, &asked.name))
            else {
                continue;
            };
            for value in members(values) {
                found.entry(value.clone()).or_insert(index);
            }
        }
        found
    }
}

impl Fault {
    /// Hides the message unless it is the same without sensitive values.
    fn hide_unless(&mut self, same: Option<&Self>) {
        if same != Some(self) {
            "what failed is not shown, because a sensitive value may be in it"
                .clone_into(&mut self.message);
        }
    }
}

/// The messages that a rule gave.
fn messages<'v>(asked: &AskedRule, value: &'v Value) -> Result<Vec<&'v Value>, PolicyError> {
    match value {
        Value::Undefined => Ok(Vec::new()),
        Value::Set(_) | Value::Array(_) => Ok(members(value)),
        other => Err(not_a_message(asked, other, "a set of messages")),
    }
}

/// The message of one report, and the address that it names.
fn report<'v>(
    asked: &AskedRule,
    value: &'v Value,
) -> Result<(&'v str, Option<&'v str>), PolicyError> {
    let text =
        |value: &'v Value, key: &str| member(value, key)?.as_string().ok().map(AsRef::as_ref);
    match value {
        Value::String(message) => Ok((message, None)),
        Value::Object(_) => {
            let message = text(value, "msg")
                .ok_or_else(|| not_a_message(asked, value, "a string `msg` in it"))?;
            Ok((message, text(value, "address")))
        }
        other => Err(not_a_message(asked, other, "a string or an object")),
    }
}

fn not_a_message(asked: &AskedRule, found: &Value, expected: &'static str) -> PolicyError {
    let problem = Problem::NotAMessage { rule: asked.name.clone(), found: kind(found), expected };
    match asked.definitions.first() {
        Some(definition) => PolicyError::at(problem, &definition.span),
        None => PolicyError::nowhere(problem),
    }
}

/// The members of an array or a set.
fn members(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(array) => array.iter().collect(),
        Value::Set(set) => set.iter_sorted().collect(),
        _ => Vec::new(),
    }
}

fn member<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    value.as_object().ok()?.get(&key.into())
}

/// What conftest tells policies of the document's file.
fn file(path: &str) -> Value {
    let (directory, name) = path.rsplit_once('/').unwrap_or((".", path));
    let object = |pairs: Vec<(&str, Value)>| -> Value {
        let pairs = pairs.into_iter().map(|(key, value)| (Value::from(key), value));
        pairs.collect::<BTreeMap<_, _>>().into()
    };
    let file = object(vec![("name", name.into()), ("dir", directory.into())]);
    object(vec![("conftest", object(vec![("file", file)]))])
}
