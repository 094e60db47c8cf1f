//! One finding a line and nothing else: what could not be judged shows in the exit code alone.

use std::io::{self, Write};

use crate::Report;
use crate::json::Record;

pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for entry in report.findings() {
        serde_json::to_writer(&mut *out, &Record::of(entry))?;
        writeln!(out)?;
    }
    Ok(())
}
