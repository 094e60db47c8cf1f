use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::fmt;

use drstack_plan::{BlindSpot, Kind};
use drstack_policy::{
    Baseline, Date, Location, Origin, Rule, RuleFinding, RuleRun, Severity, Status, Verdict,
    Waivers,
};
use serde::Serialize;

use crate::path::relative;

/// The verdicts of all inputs, and what they mean for the gate.
#[derive(Debug)]
pub struct Report {
    /// The inputs in the order in which they were given.
    pub inputs: Vec<Input>,
    /// Findings about the gate's own files: waivers and baselines.
    pub housekeeping: Vec<RuleFinding>,
    /// What makes the gate fail.
    pub gate: Gate,
}

/// An input and what came of it.
#[derive(Debug)]
pub struct Input {
    /// The path of the file or directory, relative to where reports should lead to (a checkout's root), or
    /// `-` for standard input.
    pub label: String,
    /// The verdict, or why there is none.
    pub outcome: Result<Verdict, Box<dyn Error + Send + Sync>>,
}

/// What makes the gate fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The least severity that fails.
    pub fail_on: Severity,
    /// What becomes of the undetermined.
    pub unknown: Unknown,
}

/// What becomes of an undetermined finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It is shown as a note and never fails the gate.
    Pass,
    /// It is a warning at most.
    Warn,
    /// It is as bad as if the rule were broken.
    Fail,
}

/// How a report ends. The greater one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Nothing fails the gate.
    Clean,
    /// A finding fails the gate.
    Findings,
    /// An input could not be judged, or there was none.
    Unjudged,
}

/// The numbers of a report. Each finding counts once: as violated, as undetermined, or as waived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The inputs, judged or not.
    pub inputs: usize,
    /// The resources of all inputs.
    pub resources: usize,
    /// The rules that ran, each once.
    pub rules: usize,
    /// How many things the rules looked at.
    pub judged: usize,
    /// Findings of broken rules.
    pub violated: usize,
    /// Findings of rules that can't be judged.
    pub undetermined: usize,
    /// Findings that a waiver or a baseline covers.
    pub waived: usize,
}

/// A finding in its report.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'r> {
    /// The input it was found in; none for the gate's own files.
    pub input: Option<&'r Input>,
    /// The finding.
    pub found: &'r RuleFinding,
    gate: Gate,
}

impl Report {
    /// A report in which nothing is waived.
    #[must_use]
    pub const fn new(inputs: Vec<Input>, gate: Gate) -> Self {
        Self { inputs, housekeeping: Vec::new(), gate }
    }

    /// Applies waivers on a day.
    pub fn waive(&mut self, waivers: &Waivers, today: Date) {
        let stale = waivers.apply(self.judged_findings(), today);
        self.housekeeping.extend(stale);
    }

    /// Applies a baseline. Waivers go first, so that their reasons are kept.
    pub fn compare(&mut self, baseline: &Baseline) {
        let stale = baseline.apply(self.judged_findings());
        self.housekeeping.extend(stale);
    }

    /// Every finding: input by input, sorted by address and rule, and those of the gate's own files last.
    pub fn findings(&self) -> impl Iterator<Item = Entry<'_>> {
        let judged = self.inputs.iter().flat_map(|input| self.findings_of(input));
        let own = self.housekeeping.iter();
        judged.chain(own.map(|found| Entry { input: None, found, gate: self.gate }))
    }

    /// The numbers.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let verdicts = || self.inputs.iter().filter_map(Input::verdict);
        let mut summary = Summary {
            inputs: self.inputs.len(),
            resources: verdicts().map(|verdict| verdict.resources).sum(),
            rules: self.runs().len(),
            judged: verdicts().map(Verdict::judged).sum(),
            ..Summary::default()
        };
        for entry in self.findings() {
            match entry.found.finding.status {
                _ if entry.is_waived() => summary.waived += 1,
                Status::Violated => summary.violated += 1,
                Status::Undetermined => summary.undetermined += 1,
            }
        }
        summary
    }

    /// How the command ends.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if self.inputs.is_empty() || self.inputs.iter().any(|input| input.unjudged().is_some()) {
            Outcome::Unjudged
        } else if self.findings().any(Entry::fails) {
            Outcome::Findings
        } else {
            Outcome::Clean
        }
    }

    /// The findings of an input, sorted by address and rule.
    pub fn findings_of<'r>(&self, input: &'r Input) -> impl Iterator<Item = Entry<'r>> + use<'r> {
        let gate = self.gate;
        let findings = input.verdict().map_or(&[][..], |verdict| verdict.findings.as_slice());
        findings.iter().map(move |found| Entry { input: Some(input), found, gate })
    }

    /// What each rule did over all inputs, by id.
    #[must_use]
    pub fn runs(&self) -> Vec<RuleRun> {
        let mut runs: BTreeMap<&str, RuleRun> = BTreeMap::new();
        for run in self.inputs.iter().filter_map(Input::verdict).flat_map(|verdict| &verdict.rules)
        {
            let merged = runs.entry(run.rule.id).or_insert(RuleRun { judged: 0, ..*run });
            merged.judged += run.judged;
        }
        runs.into_values().collect()
    }

    /// The rules that ran and those that found something all the same, by id.
    pub(crate) fn rules(&self) -> Vec<(&'static Rule, Severity)> {
        let ran = self.runs().into_iter().map(|run| (run.rule, run.severity));
        let found = self.findings().map(|entry| (entry.found.rule, entry.found.severity));
        let rules: BTreeMap<&str, _> = found.chain(ran).map(|rule| (rule.0.id, rule)).collect();
        rules.into_values().collect()
    }

    /// The findings with the worst first, the waived last: for readers that take just so many.
    #[must_use]
    pub fn worst_first(&self) -> Vec<Entry<'_>> {
        let mut findings: Vec<_> = self.findings().collect();
        findings.sort_by_key(|entry| (entry.is_waived(), std::cmp::Reverse(entry.level())));
        findings
    }

    /// One line on what was judged.
    pub(crate) fn headline(&self) -> String {
        let Summary { inputs, resources, rules, judged, violated, undetermined, waived } =
            self.summary();
        let count = |number: usize, noun: &str| {
            format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
        };
        format!(
            "{violated} violated, {undetermined} undetermined, {waived} waived in {} of {}; {} looked at {judged} {}",
            count(resources, "resource"),
            count(inputs, "input"),
            count(rules, "rule"),
            if judged == 1 { "thing" } else { "things" },
        )
    }

    /// What the reader must know of the inputs beside the findings, a line each.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        for input in &self.inputs {
            if let Some(reason) = input.unjudged() {
                remarks.push(format!("{} could not be judged: {reason}", input.title()));
            }
            if input.verdict().is_some_and(|verdict| verdict.only_deletes) {
                remarks.push(format!(
                    "{} only deletes: nothing of it will be left to judge",
                    input.title()
                ));
            }
        }
        let mut blind: BTreeMap<&str, Vec<BlindSpot>> = BTreeMap::new();
        for verdict in self.inputs.iter().filter_map(Input::verdict) {
            let spots = blind.entry(kind(verdict.kind)).or_default();
            spots.extend(&verdict.blind_spots);
        }
        for (kind, mut spots) in blind {
            spots.sort_unstable();
            spots.dedup();
            if !spots.is_empty() {
                let spots: Vec<_> = spots.into_iter().map(blind_spot).collect();
                remarks.push(format!("a {kind} can't show {}", spots.join(", ")));
            }
        }
        let idle: Vec<_> =
            self.runs().iter().filter(|run| run.judged == 0).map(|run| run.rule.id).collect();
        if !idle.is_empty() {
            remarks.push(format!("nothing to look at for {}", idle.join(", ")));
        }
        remarks
    }

    fn judged_findings(&mut self) -> impl Iterator<Item = &mut RuleFinding> {
        let verdicts = self.inputs.iter_mut().filter_map(|input| input.outcome.as_mut().ok());
        verdicts.flat_map(|verdict| &mut verdict.findings)
    }
}

impl Input {
    /// The verdict, when there is one.
    #[must_use]
    pub fn verdict(&self) -> Option<&Verdict> {
        self.outcome.as_ref().ok()
    }

    /// Why the input can't be said to have passed or failed; none when it can.
    ///
    /// An input without resources, or in which no rule found anything to look at, is not judged, unless all that it does
    /// is delete.
    #[must_use]
    pub fn unjudged(&self) -> Option<String> {
        match &self.outcome {
            Err(error) => Some(error.to_string()),
            Ok(verdict) if verdict.only_deletes => None,
            Ok(verdict) if verdict.resources == 0 => Some(
                "it holds no resources; expected some, and not a plan that only refreshes the state (-refresh-only), which shows none"
                    .to_owned(),
            ),
            Ok(verdict) if verdict.judged() == 0 => {
                Some(
                    "it holds nothing that a rule looks at; expected resources of AWS, a pack whose rules match them, and not a plan that only refreshes the state (-refresh-only): judge the state"
                        .to_owned(),
                )
            }
            Ok(_) => None,
        }
    }

    /// What the input is called in a sentence.
    #[must_use]
    pub fn title(&self) -> &str {
        if self.label == "-" { "standard input" } else { &self.label }
    }

    /// The path in reports of the input itself.
    pub(crate) fn path(&self) -> String {
        match relative("", &self.label) {
            path if path == "-" => "stdin".to_owned(),
            path if path.is_empty() => ".".to_owned(),
            path => path,
        }
    }
}

impl<'r> Entry<'r> {
    /// Whether a waiver or a baseline covers the finding.
    #[must_use]
    pub const fn is_waived(self) -> bool {
        self.found.waived_by.is_some()
    }

    /// How bad the finding is to the gate: its severity, less for what is undetermined if the gate says so.
    #[must_use]
    pub fn level(self) -> Severity {
        match (self.found.finding.status, self.gate.unknown) {
            (Status::Undetermined, Unknown::Pass) => Severity::Note,
            (Status::Undetermined, Unknown::Warn) => self.found.severity.min(Severity::Warning),
            _ => self.found.severity,
        }
    }

    /// Whether the finding fails the gate.
    #[must_use]
    pub fn fails(self) -> bool {
        let passed =
            self.found.finding.status == Status::Undetermined && self.gate.unknown == Unknown::Pass;
        !self.is_waived() && !passed && self.level() >= self.gate.fail_on
    }

    /// The file to look into: that of the finding's place if it is known, else the input itself.
    #[must_use]
    pub fn file(self) -> String {
        let location = self.found.location.as_ref();
        let file = location.and_then(|location| location.file.as_deref());
        let input = self.input.filter(|_| !self.in_policy());
        match (input, file) {
            (Some(input), Some(file)) => relative(&input.label, file),
            (Some(input), None) => input.path(),
            (None, file) => relative("", file.unwrap_or_default()),
        }
    }

    /// Whether the finding's place is in a policy of the user.
    pub(crate) fn in_policy(self) -> bool {
        let location = self.found.location.as_ref();
        location.is_some_and(|location| location.origin == Origin::Policy)
    }

    /// The finding's place, or the beginning of the file.
    pub(crate) fn location(self) -> Location {
        const BEGINNING: Location = Location {
            file: None,
            origin: Origin::Input,
            line: 1,
            column: 1,
            end_line: 1,
            end_column: 1,
            offset: 0,
            length: 0,
        };
        self.found.location.clone().unwrap_or(BEGINNING)
    }

    /// What was found and expected, as far as the rule said so.
    #[must_use]
    pub fn contrast(self) -> Option<String> {
        let finding = &self.found.finding;
        match (&finding.found, &finding.expected) {
            (Some(found), Some(expected)) => Some(format!("found {found}, expected {expected}")),
            (Some(found), None) => Some(format!("found {found}")),
            (None, Some(expected)) => Some(format!("expected {expected}")),
            (None, None) => None,
        }
    }

    /// The resource, when there is one, and what is wrong.
    pub(crate) fn sentence(self) -> String {
        let finding = &self.found.finding;
        let status = match finding.status {
            Status::Violated => "",
            Status::Undetermined => "undetermined: ",
        };
        match &*finding.address {
            "" => format!("{status}{}", finding.message),
            address => format!("{address}: {status}{}", finding.message),
        }
    }

    /// All there is to say, a line each.
    pub(crate) fn lines(self) -> Vec<String> {
        let finding = &self.found.finding;
        let mut lines = vec![self.sentence()];
        if !finding.path.is_empty() {
            lines.push(format!("attribute: {}", finding.path));
        }
        lines.extend(self.contrast());
        if !finding.evidence.is_empty() {
            lines.push(format!("by way of: {}", finding.evidence.join(", ")));
        }
        lines.push(format!("fix: {}", self.found.fix()));
        lines
    }
}

/// Numbers findings that have the same fingerprint, which services would otherwise take for one.
#[derive(Default)]
pub(crate) struct Fingerprints {
    seen: HashMap<String, usize>,
}

impl Fingerprints {
    /// The finding's fingerprint, and how often it has come by, from one.
    pub(crate) fn number(&mut self, entry: Entry<'_>) -> (String, usize) {
        let fingerprint = entry.found.fingerprint();
        let count = self.seen.entry(fingerprint.clone()).or_default();
        *count += 1;
        (fingerprint, *count)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Clean => "clean",
            Self::Findings => "findings",
            Self::Unjudged => "unjudged",
        })
    }
}

/// What a kind of input is called.
#[must_use]
pub const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Plan => "plan",
        Kind::State => "state",
        Kind::Configuration => "configuration",
    }
}

pub(crate) fn blind_spot(spot: BlindSpot) -> String {
    let words = match spot {
        BlindSpot::Lifecycle => "`lifecycle` blocks",
        BlindSpot::DynamicExpressions => "the expressions of `dynamic` blocks",
        BlindSpot::Locals => "the expressions of local values",
        BlindSpot::UnknownMaps => "what is written in maps that hold unknown values",
        BlindSpot::References => "what attributes refer to",
        BlindSpot::Variables => "variables",
        BlindSpot::ProviderConfiguration => "the providers' configurations",
        BlindSpot::RequiredVersion => "`required_version`",
        BlindSpot::ComputedValues => "values that the provider computes",
        BlindSpot::DataSources => "what data sources find",
        BlindSpot::SchemaSensitivity => "which attributes the provider takes for sensitive",
        BlindSpot::RemoteModules => "modules from elsewhere",
        // A blind spot that is newer than these words is better named clumsily than not at all.
        other => return format!("{other:?}"),
    };
    words.to_owned()
}
