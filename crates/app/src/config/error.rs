use std::fmt::Display;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode, SourceSpan};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::rules::Problem;
use super::words;

/// Something in a configuration that can't be: a diagnostic that points into the file.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    message: String,
    help: Option<String>,
    source_code: NamedSource<String>,
    labels: Vec<LabeledSpan>,
}

impl Diagnostic for ConfigError {
    fn code(&self) -> Option<Box<dyn Display + '_>> {
        Some(Box::new("drstack::configuration"))
    }

    fn help(&self) -> Option<Box<dyn Display + '_>> {
        Some(Box::new(self.help.as_ref()?))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source_code)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

impl ConfigError {
    pub(super) fn from_toml(name: &str, text: &str, error: &toml::de::Error) -> Box<Self> {
        let (message, help) = words::plain(error.message());
        let labels = error
            .span()
            .map(|span| LabeledSpan::underline(SourceSpan::from(span)))
            .into_iter()
            .collect();
        Box::new(Self { message, help, source_code: source(name, text), labels })
    }

    /// One diagnostic for all problems, each with its label.
    #[must_use]
    pub fn from_problems(name: &str, text: &str, problems: Vec<Problem>) -> Box<Self> {
        let table = DeTable::parse(text).ok();
        let several = problems.len() > 1;
        let labels = problems.iter().filter_map(|problem| {
            let span = find(table.as_ref()?.get_ref(), problem.key)?;
            // A single one stands above the excerpt already.
            Some(LabeledSpan::new_with_span(
                several.then(|| problem.found.clone()),
                SourceSpan::from(span),
            ))
        });
        let labels = labels.collect();
        let message =
            problems.iter().map(|problem| problem.found.as_str()).collect::<Vec<_>>().join("; ");
        let help = problems.into_iter().map(|problem| problem.fix).collect::<Vec<_>>().join("\n");
        Box::new(Self { message, help: Some(help), source_code: source(name, text), labels })
    }
}

fn source(name: &str, text: &str) -> NamedSource<String> {
    NamedSource::new(name, text.to_owned()).with_language("toml")
}

/// Where the value of a dotted key stands in the file.
fn find(table: &DeTable<'_>, key: &str) -> Option<std::ops::Range<usize>> {
    let mut parts = key.split('.');
    let mut found: &Spanned<DeValue<'_>> = entry(table, parts.next()?)?;
    for part in parts {
        match found.get_ref() {
            DeValue::Table(inner) => match entry(inner, part) {
                Some(value) => found = value,
                None => break,
            },
            _ => break,
        }
    }
    Some(found.span())
}

fn entry<'a, 'i>(table: &'a DeTable<'i>, key: &str) -> Option<&'a Spanned<DeValue<'i>>> {
    table.iter().find(|(name, _)| name.get_ref().as_ref() == key).map(|(_, value)| value)
}
