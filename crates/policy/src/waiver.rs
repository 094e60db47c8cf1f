use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use toml::Spanned;

use crate::rule::nothing_to_judge;
use crate::{Date, Finding, Location, Rule, RuleFinding, Severity, Status};

/// Waivers that no longer waive anything. Reported by [`Waivers::apply`], whatever the pack.
pub const WAIVER: Rule = Rule {
    id: "waiver",
    severity: Severity::Warning,
    summary: "every waiver covers a finding and has not expired",
    protects: "a waiver that is left behind hides the next finding that it happens to match",
    fix: "remove the waiver, or mend the finding that it covered and then remove it",
    requirements: &[],
    explanation: include_str!("waiver.md"),
    check: nothing_to_judge,
};

/// Findings that somebody answers for until a day: a TOML file with a `[[waiver]]` table for each.
///
/// ```toml
/// [[waiver]]
/// rule = "log-retention"
/// address = "module.audit.*"      # `*` stands for any text; everything else is literal
/// reason = "the auditors keep these for a year"
/// owner = "payments-platform"
/// expires = 2026-12-31            # the last day on which it holds
/// ```
#[derive(Debug)]
pub struct Waivers {
    file: String,
    text: String,
    entries: Vec<Entry>,
}

/// Why a file of waivers can't be used.
#[derive(Debug, thiserror::Error)]
#[error("{file} holds no waivers: {}", source.message())]
pub struct WaiverError {
    file: String,
    source: toml::de::Error,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    waiver: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(deserialize_with = "filled")]
    rule: String,
    address: Spanned<Filled>,
    #[serde(deserialize_with = "filled")]
    reason: String,
    #[serde(deserialize_with = "filled")]
    owner: String,
    expires: Spanned<Date>,
}

#[derive(Debug, Deserialize)]
struct Filled(#[serde(deserialize_with = "filled")] String);

impl Waivers {
    /// Reads waivers. `file` is the path that errors and findings show.
    ///
    /// # Errors
    /// When the text is not TOML, or a waiver lacks a field, has an unknown one, or leaves one empty.
    pub fn read(file: &str, text: &str) -> Result<Self, WaiverError> {
        let document: Document =
            toml::from_str(text).map_err(|source| WaiverError { file: file.to_owned(), source })?;
        Ok(Self { file: file.to_owned(), text: text.to_owned(), entries: document.waiver })
    }

    /// Marks the findings that a waiver covers on a day, and reports the waivers that have expired or cover nothing.
    ///
    /// Hand over the findings of all inputs at once: a waiver is in use when it covers one in any of them.
    #[must_use]
    pub fn apply<'f>(
        &self,
        findings: impl IntoIterator<Item = &'f mut RuleFinding>,
        today: Date,
    ) -> Vec<RuleFinding> {
        let mut used = vec![false; self.entries.len()];
        for finding in findings {
            for (entry, used) in self.entries.iter().zip(&mut used) {
                if !entry.expired(today) && entry.covers(finding) {
                    *used = true;
                    finding.waived_by.get_or_insert_with(|| entry.justification().into());
                }
            }
        }
        let stale = self.entries.iter().zip(used).filter(|(_, used)| !used);
        stale.map(|(entry, _)| self.report(entry, today)).collect()
    }

    fn report(&self, entry: &Entry, today: Date) -> RuleFinding {
        let expires = entry.expires.as_ref();
        let rule = &entry.rule;
        let (path, span, message, found) = if entry.expired(today) {
            let message = format!("the waiver of `{rule}` has expired");
            ("expires", entry.expires.span(), message, expires.to_string())
        } else {
            let message = format!("the waiver of `{rule}` covers no finding");
            ("address", entry.address.span(), message, entry.address.as_ref().0.clone())
        };
        let finding = Finding::new(Status::Violated, &*entry.address.as_ref().0, path, message);
        RuleFinding {
            location: Some(Location::in_text(&self.file, &self.text, span)),
            ..RuleFinding::new(&WAIVER, finding.found(found))
        }
    }
}

impl WaiverError {
    /// The bytes of the text that the error is about.
    #[must_use]
    pub fn span(&self) -> Option<Range<usize>> {
        self.source.span()
    }
}

impl Entry {
    fn expired(&self, today: Date) -> bool {
        today > *self.expires.as_ref()
    }

    fn covers(&self, found: &RuleFinding) -> bool {
        self.rule == found.rule.id && glob(&self.address.as_ref().0, &found.finding.address)
    }

    fn justification(&self) -> String {
        format!("{} ({}, until {})", self.reason, self.owner, self.expires.as_ref())
    }
}

fn filled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() {
        Err(D::Error::custom("found an empty text; expected some"))
    } else {
        Ok(text)
    }
}

/// Whether a text has the form of a pattern in which `*` stands for any text. Brackets are literal: addresses have them.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        // The first place that fits leaves the most for the parts that follow.
        let Some((_, behind)) = text.split_once(part) else { return false };
        text = behind;
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rules;

    const FILE: &str = r#"
[[waiver]]
rule = "log-retention"
address = 'module.audit["eu"].*'
reason = "kept for a year"
owner = "payments"
expires = 2026-12-31
"#;

    fn today(text: &str) -> Date {
        #[derive(Deserialize)]
        struct Day {
            day: Date,
        }
        toml::from_str::<Day>(&format!("day = {text}")).unwrap().day
    }

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

    #[test]
    fn covers_what_matches_until_the_last_day() {
        let waivers = Waivers::read("waivers.toml", FILE).unwrap();
        let mut findings = [
            found(r#"module.audit["eu"].aws_cloudwatch_log_group.app"#),
            found("aws_cloudwatch_log_group.app"),
        ];
        assert!(waivers.apply(&mut findings, today("2026-12-31")).is_empty());
        assert_eq!(
            findings[0].waived_by.as_deref(),
            Some("kept for a year (payments, until 2026-12-31)")
        );
        assert_eq!(findings[1].waived_by, None);
    }

    #[test]
    fn an_expired_waiver_covers_nothing_and_is_shown_at_its_line() {
        let waivers = Waivers::read("waivers.toml", FILE).unwrap();
        let mut findings = [found(r#"module.audit["eu"].aws_cloudwatch_log_group.app"#)];
        let stale = waivers.apply(&mut findings, today("2027-01-01"));
        assert_eq!(findings[0].waived_by, None);
        let [stale] = stale.as_slice() else { panic!("{stale:?}") };
        assert_eq!((stale.rule.id, &*stale.finding.path), ("waiver", "expires"));
        let location = stale.location.as_ref().unwrap();
        assert_eq!(
            (location.file.as_deref(), location.line, location.column),
            (Some("waivers.toml"), 7, 11)
        );
        assert_eq!(&FILE[location.span()], "2026-12-31");
    }

    #[test]
    fn a_waiver_that_covers_nothing_is_shown_at_its_line() {
        let waivers = Waivers::read("waivers.toml", FILE).unwrap();
        let stale = waivers.apply([], today("2026-01-01"));
        assert_eq!(&*stale[0].finding.message, "the waiver of `log-retention` covers no finding");
        assert_eq!(stale[0].location.as_ref().unwrap().line, 4);
    }

    #[test]
    fn of_two_that_match_both_are_in_use() {
        let waivers = Waivers::read("w", &FILE.repeat(2)).unwrap();
        let mut findings = [found(r#"module.audit["eu"].aws_cloudwatch_log_group.app"#)];
        assert!(waivers.apply(&mut findings, today("2026-01-01")).is_empty());
    }

    #[test]
    fn what_is_missing_unknown_or_empty_is_an_error_with_its_place() {
        for (broken, message) in [
            (FILE.replace("owner = \"payments\"\n", ""), "missing field `owner`"),
            (FILE.replace("owner", "line"), "unknown field `line`"),
            (FILE.replace("kept for a year", " "), "found an empty text"),
            (FILE.replace("2026-12-31", "2026-12-31T10:00:00Z"), "expected a day without a time"),
            (FILE.replace("2026-12-31", "\"2026-12-31\""), "expected a TOML datetime"),
            (FILE.replace("2026-12-31", "2026-02-30"), "day"),
        ] {
            let error = Waivers::read("waivers.toml", &broken).unwrap_err();
            assert!(error.to_string().starts_with("waivers.toml holds no waivers: "), "{error}");
            assert_eq!(error.to_string().lines().count(), 1, "{error}");
            assert!(error.to_string().contains(message), "{error}");
            assert!(error.span().is_some_and(|span| !span.is_empty()), "{error}");
        }
    }

    #[test]
    fn the_explanation_shows_a_file_that_is_read() {
        let example = WAIVER.explanation.split("```toml\n").nth(1).unwrap();
        let waivers = Waivers::read("waivers.toml", example.split("```").next().unwrap()).unwrap();
        assert_eq!(waivers.entries.len(), 1);
    }

    proptest! {
        #[test]
        fn globs_match_as_the_obvious_definition_says(pattern in "[ab*]{0,8}", text in "[ab]{0,10}") {
            fn slow(pattern: &[u8], text: &[u8]) -> bool {
                match pattern.split_first() {
                    None => text.is_empty(),
                    Some((b'*', rest)) => (0..=text.len()).any(|at| slow(rest, &text[at..])),
                    Some((byte, rest)) => text.first() == Some(byte) && slow(rest, &text[1..]),
                }
            }
            prop_assert_eq!(glob(&pattern, &text), slow(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
