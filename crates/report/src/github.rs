//! Annotations as workflow commands of GitHub Actions:
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>.
//!
//! GitHub shows the first ten errors, warnings and notices of a step each, so the worst go first; the last line
//! has the numbers. Waived findings are left out.

use std::io::{self, Write};

use drstack_policy::Severity;

use crate::Report;
use crate::escape::{command, command_property, printable};

pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for input in &report.inputs {
        if let Some(reason) = input.unjudged() {
            let (title, reason) = (printable(input.title()), printable(&reason));
            let title = command_property(&format!("{title} could not be judged"));
            writeln!(out, "::error title={title}::{}", command(&reason))?;
        }
    }
    for entry in report.worst_first().into_iter().filter(|entry| !entry.is_waived()) {
        let level = match entry.level() {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let file = command_property(&printable(&entry.file()));
        let place = entry.location();
        let lines: Vec<_> = entry.lines().iter().map(|line| printable(line)).collect();
        writeln!(
            out,
            "::{level} file={file},line={},endLine={},col={},endColumn={},title={}::{}",
            place.line,
            place.end_line,
            place.column,
            place.end_column,
            command_property(entry.found.rule.id),
            command(&lines.join("\n")),
        )?;
    }
    writeln!(out, "::notice title=drstack::{}", command(&report.headline()))
}
