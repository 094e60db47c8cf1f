use foldhash::HashMap;
use serde::{Deserialize, Serialize};

use crate::rule::nothing_to_judge;
use crate::{Finding, Location, Rule, RuleFinding, Severity, Status};

/// Entries of a baseline that match no finding. Reported by [`Baseline::apply`], whatever the pack.
pub const STALE_BASELINE: Rule = Rule {
    id: "stale-baseline",
    severity: Severity::Note,
    summary: "every entry of the baseline matches a finding",
    protects: "a fault that has been mended could come back unseen",
    fix: "write the baseline anew",
    requirements: &[],
    explanation: include_str!("baseline.md"),
    check: nothing_to_judge,
};

/// The findings that were there before: a JSON file of fingerprints. Only what is new counts.
#[derive(Debug)]
pub struct Baseline {
    file: String,
    text: String,
    entries: Vec<Entry>,
}

/// Why a file is not a baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// The text is not JSON, or not of the form of a baseline.
    #[error("{file} is not a baseline; write it anew")]
    Syntax {
        /// The path of the file.
        file: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Another version of the form.
    #[error("{file} is a baseline of version {found}; expected version {VERSION}: write it anew")]
    Version {
        /// The path of the file.
        file: String,
        /// The version found.
        found: u32,
    },
}

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    findings: Vec<Entry>,
}

/// Only the fingerprint counts; the rest is for the reader of the file.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    address: String,
    rule: String,
    path: String,
    fingerprint: String,
}

impl Baseline {
    /// Writes a baseline of the findings that are not waived, the same to the byte for the same findings.
    ///
    /// # Errors
    /// When the output can't be written to.
    pub fn write<'f>(
        findings: impl IntoIterator<Item = &'f RuleFinding>,
        out: &mut dyn std::io::Write,
    ) -> std::io::Result<()> {
        let counted = findings.into_iter().filter(|found| found.waived_by.is_none());
        let mut findings: Vec<Entry> = counted
            .map(|found| Entry {
                address: found.finding.address.to_string(),
                rule: found.rule.id.to_owned(),
                path: found.finding.path.to_string(),
                fingerprint: found.fingerprint(),
            })
            .collect();
        findings.sort();
        serde_json::to_writer_pretty(&mut *out, &Document { version: VERSION, findings })?;
        writeln!(out)
    }

    /// Reads a baseline. `file` is the path that errors and findings show.
    ///
    /// # Errors
    /// When the text is not a baseline of this version.
    pub fn read(file: &str, text: &str) -> Result<Self, BaselineError> {
        let document: Document = serde_json::from_str(text)
            .map_err(|source| BaselineError::Syntax { file: file.to_owned(), source })?;
        if document.version != VERSION {
            return Err(BaselineError::Version { file: file.to_owned(), found: document.version });
        }
        Ok(Self { file: file.to_owned(), text: text.to_owned(), entries: document.findings })
    }

    /// Marks the findings that are in the baseline, and reports the entries that match none.
    ///
    /// Hand over the findings of all inputs at once, after the waivers: those that are waived already keep their reason.
    #[must_use]
    pub fn apply<'f>(
        &self,
        findings: impl IntoIterator<Item = &'f mut RuleFinding>,
    ) -> Vec<RuleFinding> {
        let mut left: HashMap<&str, Vec<&Entry>> = HashMap::default();
        for entry in &self.entries {
            left.entry(&entry.fingerprint).or_default().push(entry);
        }
        for finding in findings {
            let entries = left.get_mut(finding.fingerprint().as_str());
            if entries.and_then(Vec::pop).is_some() {
                finding.waived_by.get_or_insert_with(|| "baseline".into());
            }
        }
        let mut stale: Vec<&Entry> = left.into_values().flatten().collect();
        stale.sort();
        stale.into_iter().map(|entry| self.report(entry)).collect()
    }

    fn report(&self, entry: &Entry) -> RuleFinding {
        let message = format!("the entry for `{}` matches no finding", entry.rule);
        let offset = self.text.find(&entry.fingerprint);
        let span = offset.map(|start| start..start + entry.fingerprint.len());
        let finding = Finding::new(Status::Violated, &*entry.address, &entry.path, message);
        RuleFinding {
            location: span.map(|span| Location::in_text(&self.file, &self.text, span)),
            ..RuleFinding::new(&STALE_BASELINE, finding)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;

    fn found(address: &str) -> RuleFinding {
        let finding = Finding::new(
            Status::Violated,
            address,
            "retention_in_days",
            "the retention is outside the range",
        );
        let rule = rules::find("log-retention").unwrap();
        RuleFinding::new(rule, finding)
    }

    fn written(findings: &[RuleFinding]) -> String {
        let mut text = Vec::new();
        Baseline::write(findings, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn what_was_there_is_waived_and_what_is_new_is_not() {
        let text = written(&[found("a.b"), found("a.c")]);
        let mut now = [found("a.b"), found("a.c"), found("a.d")];
        let stale = Baseline::read("baseline.json", &text).unwrap().apply(&mut now);
        assert!(stale.is_empty());
        let waived = now.map(|found| found.waived_by);
        assert_eq!(waived, [Some("baseline".into()), Some("baseline".into()), None]);
    }

    #[test]
    fn an_entry_covers_one_finding() {
        let text = written(&[found("a.b")]);
        let mut now = [found("a.b"), found("a.b")];
        assert!(Baseline::read("baseline.json", &text).unwrap().apply(&mut now).is_empty());
        assert_eq!(now.map(|found| found.waived_by.is_some()), [true, false]);
    }

    #[test]
    fn an_entry_that_matches_nothing_is_shown_at_its_line() {
        let text = written(&[found("a.b")]);
        let stale = Baseline::read("baseline.json", &text).unwrap().apply([]);
        let [stale] = stale.as_slice() else { panic!("{stale:?}") };
        assert_eq!(&*stale.finding.message, "the entry for `log-retention` matches no finding");
        let location = stale.location.as_ref().unwrap();
        assert!(text.lines().nth(location.line as usize - 1).unwrap().contains("fingerprint"));
    }

    #[test]
    fn waivers_go_first_and_their_findings_are_not_written() {
        let mut waived = found("a.b");
        waived.waived_by = Some("a reason".into());
        assert!(!written(std::slice::from_ref(&waived)).contains("a.b"));
        let text = written(&[found("a.b")]);
        let mut now = [waived];
        assert!(Baseline::read("baseline.json", &text).unwrap().apply(&mut now).is_empty());
        assert_eq!(now[0].waived_by.as_deref(), Some("a reason"));
    }

    #[test]
    fn the_order_of_the_findings_does_not_matter() {
        assert_eq!(written(&[found("a.b"), found("a.c")]), written(&[found("a.c"), found("a.b")]));
    }

    #[test]
    fn other_files_are_refused() {
        let error = |text| Baseline::read("baseline.json", text).unwrap_err();
        let unread = error("{}");
        assert_eq!(unread.to_string(), "baseline.json is not a baseline; write it anew");
        let cause = std::error::Error::source(&unread).unwrap().to_string();
        assert!(cause.starts_with("missing field `version`"), "{cause}");
        let other = error(r#"{"version": 2, "findings": []}"#).to_string();
        assert!(other.contains("of version 2; expected version 1"), "{other}");
    }
}
