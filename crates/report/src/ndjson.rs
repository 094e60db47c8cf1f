//! One finding a line and nothing else: what could not be judged shows in the exit code alone.

use std::io::{self, Write};

use crate::json::{record, write_findings};
use crate::json_text::{JsonText, Layout};
use crate::{Entry, Report};

pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    write_findings(report, "", lines, out)
}

fn lines(entries: &[Entry<'_>]) -> JsonText {
    let mut text = JsonText::new(Layout::Compact, 0);
    for entry in entries {
        record(*entry, &mut text);
        text.end_line();
    }
    text
}
