//! One finding a line and nothing else: what could not be judged shows in the exit code alone.

use std::io::{self, Write};

use crate::Report;
use crate::json::{Record, write_findings};

pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    write_findings(report, "", lines, out)
}

fn lines(records: &[Record<'_>]) -> serde_json::Result<Vec<u8>> {
    let mut text = Vec::new();
    for record in records {
        serde_json::to_writer(&mut text, record)?;
        text.push(b'\n');
    }
    Ok(text)
}
