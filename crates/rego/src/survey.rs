//! What there is in policies, and what could not be judged by them.
//!
//! regorus looks a function up when it is called, and runs a function that calls itself until the stack is full.
//! Both are refused here, before any document is read.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use drstack_policy::Severity;
use regorus::Value;
use regorus::unstable::{BUILTINS, Expr, Literal, Module, Query, Ref, Rule, RuleHead, Span};

use crate::builtins;
use crate::error::{PolicyError, Problem};

/// The package whose rules are asked.
pub(crate) const PACKAGE: &str = "main";
/// The rule that excepts others.
pub(crate) const EXCEPTION: &str = "exception";

/// More could nest too deeply for the stack.
const MOST_DEFINITIONS: usize = 10_000;

/// What there is in policies.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// The rules that are asked, by name, each with its definitions.
    pub(crate) asked: BTreeMap<String, Vec<Definition>>,
    /// Whether there are exceptions.
    pub(crate) exceptions: bool,
}

/// One of a rule's definitions.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    /// The index of its module in the engine.
    pub(crate) module: usize,
    /// The index of the definition in its module.
    pub(crate) rule: usize,
    pub(crate) span: Span,
}

/// The severity of a rule's findings; none for a rule that isn't asked.
pub(crate) fn severity(name: &str) -> Option<Severity> {
    let (kind, suffix) =
        name.split_once('_').map_or((name, None), |(kind, rest)| (kind, Some(rest)));
    let parts_are_words = suffix.is_none_or(|suffix| {
        let word =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        suffix.split('_').all(word)
    });
    match kind {
        "deny" | "violation" if parts_are_words => Some(Severity::Error),
        "warn" if parts_are_words => Some(Severity::Warning),
        _ => None,
    }
}

/// Looks through the modules.
pub(crate) fn survey(modules: &[Ref<Module>]) -> Result<Survey, PolicyError> {
    let found = modules.iter().map(|module| module.policy.len()).sum();
    if found > MOST_DEFINITIONS {
        return Err(PolicyError::nowhere(Problem::TooMany { found, most: MOST_DEFINITIONS }));
    }
    let mut calls = Calls::of(modules);
    for module in modules {
        calls.read(module)?;
    }
    calls.refuse_recursion()?;
    let mut survey = Survey::default();
    for (index, module) in modules.iter().enumerate() {
        if path(&module.package.refr).as_deref() == Some(&[PACKAGE]) {
            survey.read(index, module)?;
        }
    }
    if survey.asked.is_empty() {
        let packages: BTreeSet<String> = modules
            .iter()
            .filter_map(|module| Some(path(&module.package.refr)?.join(".")))
            .collect();
        return Err(PolicyError::nowhere(Problem::NoRule {
            packages: packages.into_iter().collect(),
        }));
    }
    Ok(survey)
}

impl Survey {
    fn read(&mut self, index: usize, module: &Module) -> Result<(), PolicyError> {
        for (number, rule) in module.policy.iter().enumerate() {
            let Rule::Spec { span, head, .. } = rule.as_ref() else { continue };
            let refr = reference(head);
            let name = root(refr);
            self.exceptions |= name == EXCEPTION;
            if severity(name).is_none() {
                continue;
            }
            // What conftest refuses, too: it takes the rule's value for a list of messages, and finds none in `true`.
            let collects = match head {
                RuleHead::Set { refr, .. } => path(refr).is_some_and(|path| path.len() == 1),
                RuleHead::Compr { refr, assign, .. } => {
                    assign.is_some() && matches!(refr.as_ref(), Expr::Var { .. })
                }
                RuleHead::Func { .. } => false,
            };
            if !collects {
                return Err(PolicyError::at(Problem::NotMessages(name.to_owned()), span));
            }
            let definition = Definition { module: index, rule: number, span: span.clone() };
            self.asked.entry(name.to_owned()).or_default().push(definition);
        }
        Ok(())
    }
}

/// The functions of the policies and what they call.
struct Calls<'m> {
    /// By their paths, such as `data.lib.f`.
    functions: HashMap<String, Function<'m>>,
}

struct Function<'m> {
    head: &'m Span,
    calls: BTreeSet<String>,
}

/// Where a call stands.
struct Scope<'m> {
    package: String,
    /// The paths that names stand for.
    imports: HashMap<&'m str, String>,
    /// The function that is being defined.
    function: Option<String>,
}

impl<'m> Calls<'m> {
    fn of(modules: &'m [Ref<Module>]) -> Self {
        let mut functions = HashMap::new();
        for module in modules {
            let package = package(module);
            for rule in &module.policy {
                if let Some((name, head)) = function(rule) {
                    let function = || Function { head, calls: BTreeSet::new() };
                    functions.entry(format!("{package}.{name}")).or_insert_with(function);
                }
            }
        }
        Self { functions }
    }

    fn read(&mut self, module: &'m Module) -> Result<(), PolicyError> {
        let mut scope = Scope { package: package(module), imports: HashMap::new(), function: None };
        for import in &module.imports {
            let Some(path) = path(&import.refr) else { continue };
            let alias = import.r#as.as_ref().map(Span::text).or_else(|| path.last().copied());
            scope.imports.extend(alias.map(|alias| (alias, path.join("."))));
        }
        for rule in &module.policy {
            scope.function = function(rule).map(|(name, _)| format!("{}.{name}", scope.package));
            match rule.as_ref() {
                Rule::Spec { head, bodies, .. } => {
                    match head {
                        RuleHead::Compr { refr, assign, .. } => {
                            self.expr(refr, &scope)?;
                            self.all(assign.iter().map(|assign| &assign.value), &scope)?;
                        }
                        RuleHead::Set { refr, key, .. } => {
                            self.all([refr].into_iter().chain(key), &scope)?;
                        }
                        RuleHead::Func { args, assign, .. } => {
                            let values = assign.iter().map(|assign| &assign.value);
                            self.all(args.iter().chain(values), &scope)?;
                        }
                    }
                    for body in bodies {
                        self.all(body.assign.iter().map(|assign| &assign.value), &scope)?;
                        self.query(&body.query, &scope)?;
                    }
                }
                Rule::Default { value, .. } => self.expr(value, &scope)?,
            }
        }
        Ok(())
    }

    fn query(&mut self, query: &Query, scope: &Scope<'_>) -> Result<(), PolicyError> {
        for statement in &query.stmts {
            match &statement.literal {
                Literal::SomeVars { .. } => {}
                Literal::SomeIn { key, value, collection, .. } => {
                    self.all(key.iter().chain([value, collection]), scope)?;
                }
                Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => {
                    self.expr(expr, scope)?;
                }
                Literal::Every { domain, query, .. } => {
                    self.expr(domain, scope)?;
                    self.query(query, scope)?;
                }
            }
            for replacement in &statement.with_mods {
                self.expr(&replacement.r#as, scope)?;
                // A function may stand in for another: then it is called.
                if let Some(path) = path(&replacement.r#as)
                    && let Some(called) = self.resolve(&path, scope)
                {
                    self.note(called, scope);
                }
            }
        }
        Ok(())
    }

    fn all<'e>(
        &mut self,
        expressions: impl IntoIterator<Item = &'e Ref<Expr>>,
        scope: &Scope<'_>,
    ) -> Result<(), PolicyError> {
        expressions.into_iter().try_for_each(|expression| self.expr(expression, scope))
    }

    fn expr(&mut self, expression: &Expr, scope: &Scope<'_>) -> Result<(), PolicyError> {
        match expression {
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. }
            | Expr::Var { .. } => Ok(()),
            Expr::Array { items, .. } | Expr::Set { items, .. } => self.all(items, scope),
            Expr::Object { fields, .. } => {
                self.all(fields.iter().flat_map(|(_, key, value)| [key, value]), scope)
            }
            Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
                self.expr(term, scope)?;
                self.query(query, scope)
            }
            Expr::ObjectCompr { key, value, query, .. } => {
                self.all([key, value], scope)?;
                self.query(query, scope)
            }
            Expr::Call { span, fcn, params, .. } => {
                self.call(span, fcn, params, scope)?;
                self.all(params, scope)
            }
            Expr::UnaryExpr { expr, .. } => self.expr(expr, scope),
            Expr::RefDot { refr, .. } => self.expr(refr, scope),
            Expr::RefBrack { refr, index, .. } => self.all([refr, index], scope),
            Expr::BinExpr { lhs, rhs, .. }
            | Expr::BoolExpr { lhs, rhs, .. }
            | Expr::ArithExpr { lhs, rhs, .. }
            | Expr::AssignExpr { lhs, rhs, .. } => self.all([lhs, rhs], scope),
            Expr::Membership { key, value, collection, .. } => {
                self.all(key.iter().chain([value, collection]), scope)
            }
        }
    }

    fn call(
        &mut self,
        span: &Span,
        called: &Expr,
        arguments: &[Ref<Expr>],
        scope: &Scope<'_>,
    ) -> Result<(), PolicyError> {
        let path = path(called).unwrap_or_default();
        if let Some(called) = self.resolve(&path, scope) {
            self.note(called, scope);
            return Ok(());
        }
        let name = path.join(".");
        let found = arguments.len();
        let wrong = |problem| Err(PolicyError::at(problem, span));
        if let Some(expected) = builtins::arity(&name) {
            // regorus has no variable for the result of a built-in that is added to it.
            if found != usize::from(expected) {
                return wrong(Problem::Arity { name, expected, found });
            }
        } else if let Some((_, expected)) = BUILTINS.get(name.as_str()) {
            if found != usize::from(*expected) && found != usize::from(*expected) + 1 {
                return wrong(Problem::Arity { name, expected: *expected, found });
            }
        } else if name != "print" {
            let reason = absent(&name);
            return wrong(Problem::UnknownFunction { name, reason });
        }
        for (index, argument) in arguments.iter().enumerate() {
            if let Expr::String { span, value: Value::String(text), .. }
            | Expr::RawString { span, value: Value::String(text), .. } = argument.as_ref()
                && let Some(fault) = builtins::pattern_fault(&name, index, text)
            {
                return Err(PolicyError::at(Problem::Pattern(fault), span));
            }
        }
        Ok(())
    }

    /// The function of the policies that a path means: of the same package, of an import, or by its whole path.
    fn resolve(&self, path: &[&str], scope: &Scope<'_>) -> Option<String> {
        let name = path.join(".");
        let imported = path.split_first().and_then(|(alias, rest)| {
            let target = scope.imports.get(alias)?;
            Some([&[target.as_str()], rest].concat().join("."))
        });
        let local = format!("{}.{name}", scope.package);
        imported.into_iter().chain([local, name]).find(|name| self.functions.contains_key(name))
    }

    fn note(&mut self, called: String, scope: &Scope<'_>) {
        if let Some(function) =
            scope.function.as_ref().and_then(|name| self.functions.get_mut(name))
        {
            function.calls.insert(called);
        }
    }

    /// Takes away functions that call only what has been taken away, until none is left but those in circles.
    fn refuse_recursion(&self) -> Result<(), PolicyError> {
        let mut waiting: HashMap<&str, usize> = HashMap::new();
        let mut callers: HashMap<&str, Vec<&str>> = HashMap::new();
        for (name, function) in &self.functions {
            waiting.insert(name, function.calls.len());
            for called in &function.calls {
                callers.entry(called).or_default().push(name);
            }
        }
        let mut done: Vec<&str> =
            waiting.iter().filter(|(_, calls)| **calls == 0).map(|(name, _)| *name).collect();
        while let Some(name) = done.pop() {
            waiting.remove(name);
            for caller in callers.get(name).into_iter().flatten() {
                if let Some(calls) = waiting.get_mut(caller) {
                    *calls -= 1;
                    if *calls == 0 {
                        done.push(caller);
                    }
                }
            }
        }
        // A function that merely leads into a circle is left as well: follow the calls to one that is in it.
        let Some(mut name) = waiting.keys().min().copied() else { return Ok(()) };
        let mut seen = BTreeSet::new();
        while seen.insert(name) {
            let calls = self.functions.get(name).into_iter().flat_map(|function| &function.calls);
            let Some(next) = calls.map(String::as_str).find(|called| waiting.contains_key(called))
            else {
                break;
            };
            name = next;
        }
        let short = name.strip_prefix("data.").unwrap_or(name).to_owned();
        let problem = Problem::Recursion(short);
        Err(match self.functions.get(name) {
            Some(function) => PolicyError::at(problem, function.head),
            None => PolicyError::nowhere(problem),
        })
    }
}

/// Why a built-in of OPA isn't there on purpose.
fn absent(name: &str) -> Option<&'static str> {
    let namespace = name.split_once('.').map_or(name, |(namespace, _)| namespace);
    Some(match (namespace, name) {
        ("http", _) | (_, "net.lookup_ip_addr") => "policies can't reach the network",
        ("opa", _) => "policies can't see the environment",
        ("rand" | "uuid", _) => "a policy gives the same result each time",
        ("time", _) => "of the time there are `time.now_ns` and `time.parse_rfc3339_ns`",
        _ => return None,
    })
}

/// The name and the head of a function.
fn function(rule: &Rule) -> Option<(String, &Span)> {
    let (refr, span) = match rule {
        Rule::Spec { head: RuleHead::Func { refr, span, .. }, .. } => (refr, span),
        Rule::Default { refr, args, span, .. } if !args.is_empty() => (refr, span),
        _ => return None,
    };
    Some((path(refr)?.join("."), span))
}

fn package(module: &Module) -> String {
    path(&module.package.refr)
        .unwrap_or_default()
        .into_iter()
        .fold("data".to_owned(), |whole, part| whole + "." + part)
}

const fn reference(head: &RuleHead) -> &Ref<Expr> {
    match head {
        RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } | RuleHead::Func { refr, .. } => {
            refr
        }
    }
}

/// The name that a reference begins with.
fn root(mut expression: &Expr) -> &str {
    while let Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } = expression {
        expression = refr;
    }
    expression.span().text()
}

/// The parts of a reference that is known before the evaluation.
fn path(mut expression: &Expr) -> Option<Vec<&str>> {
    let mut path = Vec::new();
    loop {
        match expression {
            Expr::RefDot { refr, field, .. } => {
                path.push(field.0.text());
                expression = refr;
            }
            Expr::RefBrack { refr, index, .. } => {
                let Expr::String { span, .. } = index.as_ref() else { return None };
                path.push(span.text());
                expression = refr;
            }
            Expr::Var { span, .. } => {
                path.push(span.text());
                path.reverse();
                return Some(path);
            }
            _ => return None,
        }
    }
}
