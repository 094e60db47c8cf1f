use std::ops::Range;
use std::sync::Arc;

use drstack_plan::{AttrPath, BlindSpot, Kind, Plan, Resource};
use rayon::prelude::*;
use serde::Serialize;

use crate::remedy::Remedies;
use crate::{Checked, Finding, Pack, Packages, Rule, Severity, Sink, Status};

/// What came of judging one plan.
#[derive(Debug)]
pub struct Verdict {
    /// Which kind of input it was.
    pub kind: Kind,
    /// How many resources will exist after apply.
    pub resources: usize,
    /// What each rule did.
    pub rules: Vec<RuleRun>,
    /// The findings, sorted by address and rule.
    pub findings: Vec<RuleFinding>,
    /// What this kind of input can't show.
    pub blind_spots: Vec<BlindSpot>,
    /// Whether the plan only deletes, so that there is nothing to judge.
    pub only_deletes: bool,
}

/// What one rule did.
#[derive(Clone, Copy, Debug)]
pub struct RuleRun {
    /// The rule.
    pub rule: &'static Rule,
    /// The severity of its findings.
    pub severity: Severity,
    /// How many things it looked at.
    pub judged: usize,
}

/// A finding with what the engine knows of it.
#[derive(Clone, Debug)]
pub struct RuleFinding {
    /// The rule that reported it.
    pub rule: &'static Rule,
    /// How bad it is.
    pub severity: Severity,
    /// What the rule said.
    pub finding: Box<Finding>,
    /// Where it stands in the input, when that is known.
    pub location: Option<Location>,
    /// The reason of the waiver that covers it.
    pub waived_by: Option<Arc<str>>,
}

/// Where a finding stands in the input: lines and columns count from one, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Location {
    /// The file; absent when the input itself is the file.
    pub file: Option<Arc<str>>,
    /// Whose file it is.
    pub origin: Origin,
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
    /// The line of the end.
    pub end_line: u32,
    /// The column just behind the end.
    pub end_column: u32,
    /// The byte offset in the file.
    pub offset: usize,
    /// The length in bytes.
    pub length: u32,
}

/// Whose file a finding stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The input's: the path is relative to the input's directory.
    Input,
    /// A policy's of the user: the path is relative to the working directory.
    Policy,
}

impl Location {
    /// Where a range of bytes stands in a file of the input. A range that lies outside the text is cut to it.
    #[must_use]
    pub fn in_text(file: &str, text: &str, span: Range<usize>) -> Self {
        let point = |at: usize| {
            let before = text.get(..at).unwrap_or(text);
            let line = before.matches('\n').count() + 1;
            let column =
                before.chars().rev().take_while(|&character| character != '\n').count() + 1;
            (short(line), short(column))
        };
        let (line, column) = point(span.start);
        let (end_line, end_column) = point(span.end);
        let (offset, length) = (span.start, short(span.len()));
        let (file, origin) = (Some(file.into()), Origin::Input);
        Self { file, origin, line, column, end_line, end_column, offset, length }
    }

    /// The bytes of the file.
    #[must_use]
    pub const fn span(&self) -> Range<usize> {
        self.offset..self.offset + self.length as usize
    }
}

impl Verdict {
    /// How many things all rules together looked at.
    #[must_use]
    pub fn judged(&self) -> usize {
        self.rules.iter().map(|run| run.judged).sum()
    }

    /// Adds what rules of another kind found in the same input.
    pub fn extend(&mut self, rules: Vec<RuleRun>, findings: Vec<RuleFinding>) {
        self.rules.extend(rules);
        self.findings.extend(findings);
        sort(&mut self.findings);
    }
}

impl RuleRun {
    /// A finding of this run, with what the engine knows of it.
    fn found(
        &self,
        plan: &Plan<'_>,
        remedies: &Remedies<'_>,
        mut finding: Box<Finding>,
    ) -> RuleFinding {
        let resource = match finding.place {
            Some(place) => plan.nth(place as usize),
            None => plan.resource(&finding.address),
        };
        finding.place = resource.and_then(|resource| resource.index().try_into().ok());
        let place = resource.zip(finding.path.parse().ok());
        if let Some((resource, path)) = &place {
            redact(&mut finding, *resource, path);
        }
        if finding.status == Status::Undetermined {
            finding.remedy = Some(remedies.at(place.as_ref()));
        }
        RuleFinding {
            severity: finding.at_most.map_or(self.severity, |most| most.min(self.severity)),
            location: place.and_then(|(resource, path)| locate(plan, resource, &path)),
            ..RuleFinding::new(self.rule, finding)
        }
    }
}

impl RuleFinding {
    /// A finding of a rule at the rule's own severity, with no place in the input yet.
    #[must_use]
    pub fn new(rule: &'static Rule, finding: impl Into<Box<Finding>>) -> Self {
        let (severity, finding) = (rule.severity, finding.into());
        Self { rule, severity, finding, location: None, waived_by: None }
    }

    /// What findings are sorted by: all that tells two of them apart.
    fn order(&self) -> impl Ord {
        let Finding { address, path, message, identity, found, .. } = &*self.finding;
        (address, self.rule.id, path, message, identity, found)
    }

    /// What to do about the finding: to mend what is wrong, or to find out about what is undetermined.
    #[must_use]
    pub fn fix(&self) -> &str {
        self.finding.remedy.as_deref().unwrap_or(self.rule.fix)
    }

    /// Identifies the finding wherever its resource stands in a file: a hash of rule, status, address, path and
    /// identity.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let status = self.finding.status.name();
        let parts = [self.rule.id, status, &self.finding.address, &self.finding.path];
        let parts = parts.into_iter().chain(self.finding.identity.as_deref());
        // FNV-1a, 64 bits: stable between versions and machines, which the standard hashers are not.
        let bytes = parts.flat_map(|part| part.bytes().chain([0]));
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        format!("{hash:016x}")
    }
}

/// Runs a pack over a plan. The rules run in parallel; the result does not depend on it.
///
/// No rule runs over a plan that only deletes: nothing will be there to judge.
#[must_use]
pub fn judge(plan: &Plan<'_>, pack: &Pack) -> Verdict {
    judge_with(plan, pack, &Packages::default())
}

/// Runs a pack over a plan as [`judge`] does, and looks into deployment packages that its functions name.
#[must_use]
pub fn judge_with(plan: &Plan<'_>, pack: &Pack, packages: &Packages) -> Verdict {
    let checked = Checked::new(plan, &pack.parameters).with_packages(packages);
    let rules = if plan.only_deletes() { &[][..] } else { &pack.rules };
    let runs: Vec<_> = rules
        .par_iter()
        .with_max_len(1)
        .map(|&(rule, severity)| {
            let mut sink = Sink::default();
            (rule.check)(&checked, &mut sink);
            let run = RuleRun { rule, severity, judged: sink.judged };
            (run, sink.findings)
        })
        .collect();
    // Makes room for the findings.
    drop(checked);
    let rules = runs.iter().map(|(run, _)| *run).collect();
    let mut findings = Vec::with_capacity(runs.iter().map(|(_, found)| found.len()).sum());
    for (run, found) in runs {
        let remedies = Remedies::new(plan, run.rule.fix);
        let located = found.into_par_iter().map(|finding| run.found(plan, &remedies, finding));
        findings.par_extend(located);
    }
    sort_by_place(plan, &mut findings);
    Verdict {
        kind: plan.kind(),
        resources: plan.resources().count(),
        rules,
        findings,
        blind_spots: plan.blind_spots(),
        only_deletes: plan.only_deletes(),
    }
}

/// Sorts in place: there may be more findings than room for a copy of them.
fn sort(findings: &mut [RuleFinding]) {
    findings.par_sort_unstable_by(|one, other| one.order().cmp(&other.order()));
}

/// Sorts findings of one plan as [`sort`] does. Most are told apart by the numbers of their resources, which are at hand,
/// and not by addresses, which are all over the memory.
fn sort_by_place(plan: &Plan<'_>, findings: &mut [RuleFinding]) {
    let mut named: Vec<u32> = findings.iter().filter_map(|found| found.finding.place).collect();
    named.par_sort_unstable();
    named.dedup();
    named.par_sort_unstable_by_key(|place| plan.nth(*place as usize).map(Resource::address));
    let mut ranks = vec![None; plan.len()];
    for (rank, place) in (0_u32..).zip(named) {
        if let Some(of_place) = ranks.get_mut(place as usize) {
            *of_place = Some(rank);
        }
    }
    let rank = |found: &RuleFinding| ranks.get(found.finding.place? as usize).copied().flatten();
    findings.par_sort_unstable_by(|one, other| match (rank(one), rank(other)) {
        (Some(rank), Some(other_rank)) if rank != other_rank => rank.cmp(&other_rank),
        _ => one.order().cmp(&other.order()),
    });
}

/// What was found in a sensitive value is not shown, even where a rule took it out of there.
fn redact(finding: &mut Finding, resource: Resource<'_>, path: &AttrPath) {
    let is_sensitive = || {
        let holds_some = resource.values().is_sensitive();
        holds_some && !path.is_root() && resource.at(path).is_sensitive()
    };
    if finding.found.is_some() && is_sensitive() {
        finding.found = Some("(sensitive)".into());
    }
}

fn locate(plan: &Plan<'_>, resource: Resource<'_>, path: &AttrPath) -> Option<Location> {
    let found = plan.locate(resource, path)?;
    Some(Location {
        file: found.file.map(Arc::from),
        origin: Origin::Input,
        line: short(found.line),
        column: short(found.column),
        end_line: short(found.end_line),
        end_column: short(found.end_column),
        offset: found.offset,
        length: short(found.len),
    })
}

/// Files of 4 GiB are not read.
fn short(count: usize) -> u32 {
    count.try_into().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use drstack_plan::Documents;

    use super::*;

    #[test]
    fn sensitive_values_are_judged_and_not_shown() {
        let text = br#"{
          "variable": {"range": {"sensitive": true, "default": "10.0.0.0/16"}, "version": {"sensitive": true, "default": "15.99"}},
          "resource": {
            "aws_vpc": {"main": {"cidr_block": "${var.range}"}},
            "aws_subnet": {
              "inside": {"vpc_id": "${aws_vpc.main.id}", "cidr_block": "${var.range}"},
              "outside": {"vpc_id": "${aws_vpc.main.id}", "cidr_block": "10.9.0.0/24"}
            },
            "aws_rds_global_cluster": {"main": {"global_cluster_identifier": "main", "engine_version": "${var.version}"}},
            "aws_rds_cluster": {"main": {"global_cluster_identifier": "${aws_rds_global_cluster.main.id}", "engine_version": "15.10"}}
          }
        }"#;
        let documents: Documents =
            [("main.tf.json".to_owned(), text.to_vec())].into_iter().collect();
        let plan = Plan::from_documents(&documents).unwrap();
        let findings = judge(&plan, &Pack::named("recovery").unwrap()).findings;
        for id in ["cidr-overlap", "aurora-engine-version"] {
            assert!(findings.iter().any(|found| found.rule.id == id), "{id} finds something");
        }
        let shown = format!("{findings:?}");
        assert!(shown.contains("(sensitive)"), "{shown}");
        assert!(!shown.contains("10.0.0.0/16") && !shown.contains("15.99"), "{shown}");
    }

    #[test]
    fn findings_are_sorted_by_address_whatever_the_order_of_the_plan() {
        let text = br#"{"resource": {
            "aws_sqs_queue": {"b": {}, "a": {}},
            "aws_kms_key": {"z": {}},
            "aws_cloudwatch_log_group": {"c": {"retention_in_days": 1}, "a": {}}
        }}"#;
        let documents: Documents =
            [("main.tf.json".to_owned(), text.to_vec())].into_iter().collect();
        let plan = Plan::from_documents(&documents).unwrap();
        let findings = judge(&plan, &Pack::named("recovery").unwrap()).findings;
        let addresses: std::collections::BTreeSet<&str> =
            findings.iter().map(|found| &*found.finding.address).collect();
        assert!(addresses.len() > 3, "{addresses:?}");
        assert!(findings.is_sorted_by(|one, other| one.order() <= other.order()));
    }
}
