//! Telling what an input is that can't be read.

use crate::error::ReadError;
use crate::scan::Cursor;

pub(crate) const BOM: &[u8] = b"\xef\xbb\xbf";

/// Turns down inputs that are recognisably something else.
pub(crate) fn sniff(input: &[u8]) -> Result<(), ReadError> {
    let text = input.strip_prefix(BOM).unwrap_or(input).trim_ascii_start();
    match text {
        [] => Err(ReadError::Empty),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [_, 0, _, 0, ..] | [0, _, 0, _, ..] => {
            Err(ReadError::Utf16)
        }
        [b'P', b'K', 3..=5, ..] => Err(ReadError::BinaryPlan),
        [b'{', rest @ ..]
            if matches!(rest.trim_ascii_start().first(), None | Some(b'"' | b'}')) =>
        {
            Ok(())
        }
        [b'[' | b'"' | b'0'..=b'9' | b'-', ..] => {
            Cursor::new(text).value()?;
            Err(ReadError::NotTerraform { found: "JSON, but not an object" })
        }
        [b'n' | b't' | b'f', ..] if Cursor::new(text).value().is_ok() => {
            Err(ReadError::NotTerraform { found: "JSON, but not an object" })
        }
        _ if looks_like_hcl(text) => Err(ReadError::Hcl),
        _ => Err(ReadError::NotJson { at: input.len() - text.len(), expected: "`{`" }),
    }
}

fn looks_like_hcl(text: &[u8]) -> bool {
    const BLOCKS: [&[u8]; 9] = [
        b"resource",
        b"terraform",
        b"provider",
        b"variable",
        b"module",
        b"data",
        b"locals",
        b"output",
        b"moved",
    ];
    text.split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii_start)
        .find(|line| {
            !(line.is_empty()
                || line.starts_with(b"#")
                || line.starts_with(b"//")
                || line.starts_with(b"/*"))
        })
        .is_some_and(|line| {
            BLOCKS.iter().any(|block| {
                line.strip_prefix(*block)
                    .is_some_and(|rest| matches!(rest.first(), Some(b' ' | b'{' | b'"' | b'\t')))
            })
        })
}
