//! The runbook as Markdown.

use std::fmt;

use drstack_recovery::{Amount, Term};

use crate::document::{Answer, Check, Decision, Kind, Place, Procedure, Runbook, Step};

impl fmt::Display for Runbook {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lost, region) = (&self.regions.primary, &self.regions.recovery);
        writeln!(out, "# Runbook: {lost} is lost, {region} takes over\n")?;
        writeln!(
            out,
            "Made by `drstack runbook` from the configuration it is for. Do not edit it: make it anew after each change, and keep a \
             copy that does not lie in {lost}.\n"
        )?;
        writeln!(out, "| Now | Go to |\n| --- | --- |")?;
        for procedure in &self.procedures {
            if let Some((now, parts)) = procedure.kind.situation(lost) {
                let parts =
                    if self.looks_up() { parts.to_owned() } else { parts.replace(" and 3.1", "") };
                writeln!(out, "| {now} | {parts} |")?;
            }
        }
        writeln!(out)?;
        self.decision.write(out, lost)?;
        for procedure in &self.procedures {
            procedure.write(out)?;
        }
        self.write_terraform(out)?;
        self.write_places(out)?;
        self.write_absences(out)
    }
}

impl Kind {
    /// Its number among the parts of the document.
    const fn number(self) -> usize {
        self as usize + 1
    }

    /// When it is done, and which parts that takes.
    fn situation(self, lost: &str) -> Option<(String, &'static str)> {
        match self {
            Self::Preparation => None,
            Self::Failover => {
                Some((format!("{lost} is down, or its database takes no writes"), "1, then 2"))
            }
            Self::Return => Some((format!("{lost} answers again after a failover"), "1, then 3")),
            Self::Failback => {
                Some((format!("part 3 is done, and {lost} is to serve again"), "1 and 3.1, then 4"))
            }
            Self::Rehearsal => Some((
                "all is well, and you want to know that this works".to_owned(),
                "1 and 3.1, then 5, then 4",
            )),
        }
    }
}

impl Decision {
    fn write(&self, out: &mut fmt::Formatter<'_>, lost: &str) -> fmt::Result {
        if self.go.is_empty() {
            return Ok(());
        }
        writeln!(out, "## Decide\n")?;
        match self.seconds {
            Some(seconds) if seconds >= 0 => writeln!(
                out,
                "**{} are left to decide, counted from the alarm.** Aurora does not fail over between regions by itself.\n",
                time(seconds.unsigned_abs())
            )?,
            Some(seconds) => writeln!(
                out,
                "**No time is left to decide: the recovery time is overdrawn by {}.** Aurora does not fail over between regions by itself.\n",
                time(seconds.unsigned_abs())
            )?,
            None => writeln!(
                out,
                "**How long there is to decide is not known.** Aurora does not fail over between regions by itself.\n"
            )?,
        }
        writeln!(out, "The rest of {} goes to:\n", time(self.objective))?;
        for term in &self.terms {
            writeln!(out, "- {}: {} ({})", term.name, duration(term.amount), term.source)?;
        }
        writeln!(out, "\nFail over when all of this holds:\n")?;
        for each in &self.go {
            writeln!(out, "- {each}")?;
        }
        writeln!(out, "\nDo not fail over when:\n")?;
        for each in &self.stay {
            writeln!(out, "- {each}")?;
        }
        if !self.losses.is_empty() {
            writeln!(out, "\nWhat a failover may lose:\n")?;
        }
        for each in &self.losses {
            writeln!(out, "- {each}")?;
        }
        writeln!(
            out,
            "\nWaiting costs time, failing over costs data of {lost}. Nobody is blamed for either.\n"
        )
    }
}

impl Procedure {
    fn write(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.kind.number();
        writeln!(
            out,
            "## {number} {}
",
            self.title
        )?;
        for each in &self.purpose {
            writeln!(out, "{each}\n")?;
        }
        if self.steps.is_empty() {
            writeln!(out, "No step: the plan has nothing that one would be for.\n")?;
        } else {
            let (steps, takes) = (self.steps.len(), duration(self.duration()));
            let noun = if steps == 1 { "step" } else { "steps" };
            writeln!(out, "{steps} {noun}, {takes} if all goes well.\n")?;
        }
        for message in &self.messages {
            writeln!(out, "{}, tell clients:\n\n> {}\n", message.when, message.text)?;
        }
        for (index, step) in self.steps.iter().enumerate() {
            writeln!(out, "### {number}.{} {}\n", index + 1, step.title)?;
            step.write(out)?;
        }
        Ok(())
    }
}

impl Step {
    fn write(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for each in &self.why {
            writeln!(out, "{each}\n")?;
        }
        if let Some(command) = &self.command {
            writeln!(out, "```sh\n{command}\n```\n")?;
        }
        let Term { amount, source, .. } = &self.duration;
        writeln!(out, "Takes {} ({source}).\n", duration(*amount))?;
        self.check.write(out)?;
        writeln!(out, "If not: {}\n", self.otherwise)
    }
}

impl Check {
    fn write(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.within {
            0 => writeln!(out, "Check:\n")?,
            seconds => writeln!(out, "Check, again and again for up to {}:\n", time(seconds))?,
        }
        writeln!(out, "```sh\n{}\n```\n", self.command)?;
        match &self.answer {
            Answer::Is(text) if text.contains('\n') => {
                writeln!(out, "Expect:\n\n```text\n{text}\n```\n")
            }
            Answer::Is(text) => writeln!(out, "Expect: `{text}`\n"),
            Answer::AtMost { limit, unit } => writeln!(out, "Expect: at most `{limit}` {unit}\n"),
        }
    }
}

impl Runbook {
    /// Whether names are looked up before the steps: the preparation has nothing else beside the session.
    fn looks_up(&self) -> bool {
        self.procedure(Kind::Preparation).is_some_and(|preparation| preparation.steps.len() > 1)
    }

    fn write_terraform(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lost = &self.regions.primary;
        writeln!(out, "## Terraform\n")?;
        writeln!(
            out,
            "No step before part 3 needs Terraform. As long as {lost} is lost, a plan fails: it asks both regions. As long as the \
             writer is in {}, apply nothing. After the failback, the last step of part 4 writes what has moved into the state, and \
             the next plan is empty.\n",
            self.regions.recovery
        )?;
        if self.drifts.is_empty() {
            return Ok(());
        }
        writeln!(out, "| Address | Changed | What follows |\n| --- | --- | --- |")?;
        for drift in &self.drifts {
            writeln!(
                out,
                "| `{}` | {} | {} |",
                cell(&drift.address),
                drift.change,
                drift.consequence
            )?;
        }
        writeln!(out, "\n`terraform plan -refresh-only` shows all of it and changes nothing.\n")
    }

    fn write_places(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.places.is_empty() {
            return Ok(());
        }
        writeln!(out, "## What is where\n")?;
        writeln!(
            out,
            "| | {} | {} |\n| --- | --- | --- |",
            self.regions.primary, self.regions.recovery
        )?;
        for Place { part, lost, recovery } in &self.places {
            let name = |name: &Option<String>| {
                name.as_ref().map_or_else(String::new, |name| format!("`{name}`"))
            };
            writeln!(out, "| {part} | {} | {} |", name(lost), name(recovery))?;
        }
        writeln!(out)
    }

    fn write_absences(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.absences.is_empty() {
            return Ok(());
        }
        writeln!(out, "## What is not here\n")?;
        writeln!(
            out,
            "The plan does not have these parts, or does not name them before apply. A state names them.\n"
        )?;
        for absence in &self.absences {
            writeln!(out, "- {}. {}", absence.part, absence.consequence)?;
        }
        Ok(())
    }
}

/// An address inside a table's code span.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['`', '\n'], " ")
}

fn duration(amount: Amount) -> String {
    match amount {
        Amount::Seconds(seconds) => time(seconds),
        Amount::Unknown => "an unknown time".to_owned(),
        Amount::Unbounded => "without limit".to_owned(),
    }
}

/// Seconds, in minutes where that is easier to read.
fn time(seconds: u64) -> String {
    if seconds >= 7200 {
        return format!("{} h {} min", seconds / 3600, seconds % 3600 / 60);
    }
    match (seconds / 60, seconds % 60) {
        (0 | 1, _) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, rest) => format!("{minutes} min {rest} s"),
    }
}
