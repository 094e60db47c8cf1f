//! Where in the input an attribute is written. Worked out on demand, for findings.

use crate::configuration::Source;
use crate::documents::Documents;
use crate::json::Json;
use crate::path::{AttrPath, StepRef};
use crate::plan::{Plan, Resource};
use crate::value::step_into;

/// A place in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location<'input> {
    /// The document, by its path; `None` for inputs that are one text.
    pub file: Option<&'input str>,
    /// Byte offset of the value.
    pub offset: usize,
    /// Length of the value in bytes.
    pub len: usize,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Line of the end.
    pub end_line: usize,
    /// Column just behind the end.
    pub end_column: usize,
}

/// The text or the texts that a plan was read from.
#[derive(Clone, Copy)]
pub(crate) enum Input<'input> {
    Text(&'input [u8]),
    Documents(&'input Documents),
}

impl Plan<'_> {
    /// Where an attribute is: in the document that holds the block, or in the plan's or the state's entry. If the
    /// attribute is not written there, the nearest thing around it that is.
    pub fn locate(&self, resource: Resource<'_>, path: &AttrPath) -> Option<Location<'_>> {
        match self.input {
            Input::Text(text) => {
                let record = self.records.get(resource.index())?;
                let entry = Json::new(record.entry);
                let values = entry
                    .get("change")
                    .and_then(|change| change.get("after"))
                    .or_else(|| entry.get("values"));
                let written = values
                    .filter(|values| !values.is_null())
                    .map_or(entry, |values| nearest(values, path));
                // An attribute that only the configuration or the marks know of is in the entry, which is better
                // shown by its address than by all of its values.
                let shown = if values == Some(written) {
                    entry.get("address").unwrap_or(entry)
                } else {
                    written
                };
                locate(text, None, shown)
            }
            Input::Documents(documents) => {
                let block = self
                    .configuration
                    .blocks
                    .get(self.origins.get(resource.index())?.block? as usize)?;
                let (file, text) = documents.nth(block.document?)?;
                let Source::Document(body) = block.body else { return None };
                locate(text, Some(file), nearest(body, path))
            }
        }
    }
}

/// The value at the path, or at as much of it as is there.
fn nearest<'a>(json: Json<'a>, path: &AttrPath) -> Json<'a> {
    let mut at = json;
    for step in path.steps() {
        match step_into(at, &StepRef::from(step)) {
            Ok(Some(inner)) => at = inner,
            _ => break,
        }
    }
    at
}

fn locate<'a>(text: &'a [u8], file: Option<&'a str>, value: Json<'_>) -> Option<Location<'a>> {
    let offset = (value.text().as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let len = value.text().len();
    let (line, column) = position(text.get(..offset)?);
    let (more, last) = position(value.text());
    let end_column = if more == 1 { column + last - 1 } else { last };
    Some(Location { file, offset, len, line, column, end_line: line + more - 1, end_column })
}

/// The line and the column just behind a text, as if a file began with it.
fn position(text: &[u8]) -> (usize, usize) {
    let line_start = memchr::memrchr(b'\n', text).map_or(0, |end| end + 1);
    let on_line = text.get(line_start..).unwrap_or_default();
    // Bytes that go on with a character do not begin a column.
    let column = on_line.iter().filter(|byte| **byte & 0xc0 != 0x80).count() + 1;
    (memchr::memchr_iter(b'\n', text).count() + 1, column)
}
