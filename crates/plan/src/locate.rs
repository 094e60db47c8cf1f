//! Where in the input an attribute is written. Worked out on demand, for findings.

use crate::json::Json;
use crate::milestones::Input;
use crate::path::AttrPath;
use crate::place::Place;
use crate::plan::{Plan, Resource};
use crate::source::Source;
use crate::value::Value;

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

impl Plan<'_> {
    /// Where an attribute is: in the document that holds the block, or in the plan's or the state's entry. If the
    /// attribute is not written there, the nearest thing around it that is.
    pub fn locate(&self, resource: Resource<'_>, path: &AttrPath) -> Option<Location<'_>> {
        match self.input {
            Input::Text { bytes, parts } => {
                let record = self.records.get(resource.index())?;
                let entry = Json::new(record.entry);
                // They are a part of the entry, and were found when that was read.
                let values = Json::new(record.values.json());
                let written = resource.values().nearest(path).filter(|found| *found != values);
                // An attribute that only the configuration or the marks know of is in the entry, which is better
                // shown by its address than by all of its values.
                let shown = written.or_else(|| entry.get("address")).unwrap_or(entry);
                let behind = offset(bytes, shown)?;
                let number = parts.partition_point(|part| part.start <= behind).checked_sub(1)?;
                let part = parts.get(number)?;
                let location = self.place(number, bytes.get(part.start..)?, None, shown)?;
                Some(Location { offset: part.offset + location.offset, ..location })
            }
            Input::Documents(documents) => {
                let block = self
                    .configuration
                    .blocks
                    .get(self.origins.get(resource.index())?.block? as usize)?;
                let (file, text) = documents.nth(block.document?)?;
                let Source::Document(body) = block.body.source() else { return None };
                let written = Value::known(body).nearest(path)?;
                self.place(block.document?, text, Some(file), written)
            }
        }
    }

    /// Where a value is in one of the input's texts, of which it is a slice.
    fn place<'a>(
        &self,
        number: usize,
        text: &'a [u8],
        file: Option<&'a str>,
        value: Json<'_>,
    ) -> Option<Location<'a>> {
        let offset = offset(text, value)?;
        let Place { line, column } = self.milestones.place(self.input, number, text, offset)?;
        let end = Place { line, column }.after(value.text());
        let len = value.text().len();
        Some(Location {
            file,
            offset,
            len,
            line,
            column,
            end_line: end.line,
            end_column: end.column,
        })
    }
}

/// Where a value begins in a text of which it is a slice.
fn offset(text: &[u8], value: Json<'_>) -> Option<usize> {
    (value.text().as_ptr() as usize).checked_sub(text.as_ptr() as usize)
}
