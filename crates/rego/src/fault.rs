use std::ops::Range;
use std::sync::Arc;

use crate::error::{Place, PolicyError, Problem};

/// An error of regorus: its message, and the place that the text of the error begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) message: String,
    /// File, line and column, from one.
    pub(crate) position: Option<(String, usize, usize)>,
}

impl Fault {
    /// Takes an error's text apart: `--> file:line:column`, an excerpt, `error: message`.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        let text = error.to_string();
        Self::parse(&text)
            .unwrap_or_else(|| Self { message: text.trim().to_owned(), position: None })
    }

    fn parse(text: &str) -> Option<Self> {
        let (position, rest) = text.trim_start().strip_prefix("--> ")?.split_once('\n')?;
        let mut parts = position.trim_end().rsplitn(3, ':');
        let column = parts.next()?.parse().ok()?;
        let line = parts.next()?.parse().ok()?;
        let file = parts.next()?.to_owned();
        let (_, message) = rest.split_once("error: ")?;
        // What follows the first line are excerpts of other places.
        let message = message.lines().next()?.trim_end_matches([':', '.', ' ']);
        Some(Self { message: message.to_owned(), position: Some((file, line, column)) })
    }

    /// The place in one of the files.
    pub(crate) fn place<'f>(
        &self,
        mut files: impl Iterator<Item = (&'f str, &'f str)>,
    ) -> Option<Place> {
        let (file, line, column) = self.position.as_ref()?;
        let (_, text) = files.find(|(path, _)| path == file)?;
        let span = span(text, *line, *column);
        Some(Place { file: file.clone(), text: Arc::from(text), span })
    }

    /// This as the error of a kind.
    pub(crate) fn into_error<'f>(
        self,
        files: impl Iterator<Item = (&'f str, &'f str)>,
        problem: impl FnOnce(String) -> Problem,
    ) -> PolicyError {
        let place = self.place(files);
        PolicyError { problem: problem(self.message), place }
    }
}

/// The bytes from a column to the end of its line, without the space at the end.
fn span(text: &str, line: usize, column: usize) -> Range<usize> {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let line = text.get(before..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let skipped: usize = line.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
    let start = before + skipped;
    let end = before + line.trim_end().len();
    start..end.max(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_regorus_are_taken_apart() {
        let mut engine = regorus::Engine::new();
        let text = "package main\nü := \"a\"\n\nx := := 1\n";
        let error = engine.add_policy("a:b.rego".to_owned(), text.to_owned()).unwrap_err();
        let fault = Fault::of(&error);
        let (file, line, _) = fault.position.clone().unwrap();
        assert_eq!((file.as_str(), line), ("a:b.rego", 2));
        let place = fault.place([("a:b.rego", text)].into_iter()).unwrap();
        assert_eq!(place.line(), 2);
        assert!(text.get(place.span).is_some());
    }

    #[test]
    fn an_error_without_a_place_keeps_its_text() {
        let fault = Fault::of(&anyhow::anyhow!("something else"));
        assert_eq!(fault, Fault { message: "something else".to_owned(), position: None });
    }

    #[test]
    fn places_outside_the_text_are_cut_to_it() {
        assert_eq!(span("ab\ncd \n", 2, 2), 4..5);
        assert_eq!(span("ab\n", 1, 99), 2..2);
        assert_eq!(span("ab\n", 99, 99), 3..3);
        assert_eq!(span("", 0, 0), 0..0);
    }
}
