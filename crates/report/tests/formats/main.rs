//! What each format says, that it is well-formed whatever the text, and that it says nothing it must not.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

mod schema;

use std::sync::Arc;

use drstack_plan::{BlindSpot, Kind, Plan};
use drstack_policy::{
    Baseline, Finding, Location, Origin, Pack, Parameters, Rule, RuleFinding, RuleRun, Severity,
    Status, Verdict, Waivers, rules,
};
use drstack_report::{Format, Gate, Input, Outcome, Palette, Report, Style, Unknown, render};
use proptest::prelude::*;
use serde_json::Value;

const RULE: Rule = Rule {
    id: "made-up",
    severity: Severity::Warning,
    summary: "things are as they should be",
    protects: "things | that <break>",
    fix: "mend them",
    requirements: &["V1", "N2"],
    explanation: "Long | *explanation*.",
    check: |_, _| {},
};

const CONFIGURATION: &str = r#"{
  "resource": {
    "aws_cloudwatch_log_group": {
      "app": {
        "retention_in_days": 30
      }
    }
  }
}
"#;

const WAIVERS: &str = r#"
[[waiver]]
rule = "made-up"
address = "aws_thing.waived"
reason = "known"
owner = "payments"
expires = 2030-12-31

[[waiver]]
rule = "made-up"
address = "aws_thing.gone"
reason = "known"
owner = "payments"
expires = 2030-12-31
"#;

const GATE: Gate = Gate { fail_on: Severity::Error, unknown: Unknown::Fail };

/// A plan with one log group, whose `tags` are sensitive.
fn plan(retention: &str, canary: &str) -> String {
    format!(
        r#"{{"format_version":"1.2","terraform_version":"1.11.4","planned_values":{{}},"resource_changes":[{{
        "address":"aws_cloudwatch_log_group.app[\"eu\"]","mode":"managed","type":"aws_cloudwatch_log_group","name":"app","index":"eu",
        "provider_name":"registry.terraform.io/hashicorp/aws","change":{{"actions":["create"],"before":null,
        "after":{{"retention_in_days":{retention},"name":"{canary}"}},"after_unknown":{{}},"before_sensitive":false,
        "after_sensitive":{{"retention_in_days":true,"name":true}}}}}}],"configuration":{{}}}}"#
    )
}

fn verdict(input: &str) -> Verdict {
    let rule = rules::find("log-retention").unwrap();
    let pack = Pack { rules: vec![(rule, rule.severity)], parameters: Parameters::default() };
    drstack_policy::judge(&Plan::read(input.as_bytes()).unwrap(), &pack)
}

fn finding(rule: &'static Rule, status: Status, address: &str) -> RuleFinding {
    let finding = Finding {
        status,
        address: address.into(),
        path: "retention_in_days".into(),
        message: "the retention is outside the range".into(),
        found: Some("30".into()),
        expected: Some("7 to 14 days".into()),
        evidence: vec!["module.logs".into(), "var.days".into()],
        at_most: None,
        identity: None,
        place: None,
        remedy: (status == Status::Undetermined).then(|| "write a value that is known".into()),
    };
    RuleFinding::new(rule, finding)
}

fn made_up(kind: Kind, findings: Vec<RuleFinding>) -> Verdict {
    let run = RuleRun { rule: &RULE, severity: RULE.severity, judged: 3 };
    let spots = vec![BlindSpot::Lifecycle];
    Verdict {
        kind,
        resources: 3,
        rules: vec![run],
        findings,
        blind_spots: spots,
        only_deletes: false,
    }
}

fn input(label: &str, verdict: Verdict) -> Input {
    Input { label: label.to_owned(), outcome: Ok(verdict) }
}

/// One finding of each kind: at a place, undetermined, waived, of a waiver; and an input that can't be read.
fn example() -> Report {
    let log_retention = rules::find("log-retention").unwrap();
    let mut placed = finding(log_retention, Status::Violated, "aws_cloudwatch_log_group.app");
    let at = CONFIGURATION.find("30").unwrap();
    placed.location = Some(Location::in_text("main.tf.json", CONFIGURATION, at..at + 2));
    let undetermined = finding(&RULE, Status::Undetermined, r#"aws_thing.b["k|ey"]"#);
    let waived = finding(&RULE, Status::Violated, "aws_thing.waived");
    let configuration = made_up(Kind::Configuration, vec![placed, undetermined, waived]);
    let broken =
        Input { label: "broken.json".to_owned(), outcome: Err("the input is empty".into()) };
    let mut report = Report::new(vec![input("./stack", configuration), broken], GATE);
    report.waive(
        &Waivers::read("waivers.toml", WAIVERS).unwrap(),
        drstack_policy::Date::of_unix_seconds(1_800_000_000),
    );
    report
}

fn sources(path: &str) -> Option<&'static str> {
    match path {
        "stack/main.tf.json" => Some(CONFIGURATION),
        "waivers.toml" => Some(WAIVERS),
        _ => None,
    }
}

fn rendered(report: &Report, format: Format) -> String {
    let mut out = Vec::new();
    render(report, format, &sources, Style::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn json(report: &Report, format: Format) -> Value {
    serde_json::from_str(&rendered(report, format)).unwrap()
}

fn findings_schema() -> Value {
    serde_json::from_str(include_str!("../../../../docs/findings.schema.json")).unwrap()
}

fn sarif_schema() -> Value {
    serde_json::from_str(include_str!("../data/sarif-2.1.0.schema.json")).unwrap()
}

#[test]
fn human() {
    insta::assert_snapshot!(rendered(&example(), Format::Human));
}

#[test]
fn colours_are_control_sequences_on_request_alone() {
    let mut coloured = Vec::new();
    let style = Style { palette: Palette::Ansi, width: 80 };
    render(&example(), Format::Human, &sources, style, &mut coloured).unwrap();
    assert!(coloured.contains(&0x1b) && !rendered(&example(), Format::Human).contains('\u{1b}'));
}

#[test]
fn formats_have_names() {
    for format in Format::ALL {
        assert_eq!(Format::named(format.name()), Some(format));
    }
    assert_eq!(Format::named("yaml"), None);
}

#[test]
fn github() {
    insta::assert_snapshot!(rendered(&example(), Format::Github));
}

#[test]
fn markdown() {
    insta::assert_snapshot!(rendered(&example(), Format::Markdown));
}

#[test]
fn junit() {
    insta::assert_snapshot!(rendered(&example(), Format::Junit));
}

#[test]
fn json_has_the_documented_form() {
    let document = json(&example(), Format::Json);
    assert_eq!(schema::violations(&findings_schema(), &document), Vec::<String>::new());
    let summary = &document["summary"];
    assert_eq!(
        (&summary["inputs"], &summary["resources"], &summary["rules"]),
        (&2.into(), &3.into(), &1.into())
    );
    assert_eq!(
        (&summary["violated"], &summary["undetermined"], &summary["waived"]),
        (&2.into(), &1.into(), &1.into())
    );
    insta::assert_snapshot!(serde_json::to_string_pretty(&document["findings"][0]).unwrap());
}

#[test]
fn ndjson_has_the_findings_of_json_one_a_line() {
    let lines = rendered(&example(), Format::Ndjson);
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(Value::from(lines), json(&example(), Format::Json)["findings"]);
}

#[test]
fn sarif_is_valid_and_has_what_github_demands() {
    let log = json(&example(), Format::Sarif);
    assert_eq!(schema::violations(&sarif_schema(), &log), Vec::<String>::new());
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["help"]["markdown"].is_string() && rule["help"]["text"].is_string());
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
        for field in ["startLine", "startColumn", "endLine", "endColumn"] {
            assert!(place["region"][field].as_u64().unwrap() > 0);
        }
        assert!(result["partialFingerprints"]["primaryLocationLineHash"].is_string());
        assert!(result["suppressions"].is_array());
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&run["results"][0]).unwrap());
    // The waived one comes last, with its suppression.
    let last = run["results"].as_array().unwrap().last().unwrap();
    assert_eq!(last["suppressions"][0]["justification"], "known (payments, until 2030-12-31)");
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn sarif_leaves_out_what_github_refuses() {
    let mut findings = vec![finding(&RULE, Status::Violated, "aws_thing.same"); 25_001];
    findings.push(finding(
        rules::find("log-retention").unwrap(),
        Status::Violated,
        "aws_thing.worst",
    ));
    let log = json(
        &Report::new(vec![input("plan.json", made_up(Kind::Plan, findings))], GATE),
        Format::Sarif,
    );
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!((results.len(), &results[0]["ruleId"]), (25_000, &"log-retention".into()));
    let hash = |index: usize| {
        results[index]["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap()
    };
    assert_eq!(hash(1).replace(":1", ":2"), hash(2));
    let notification =
        &log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
    assert_eq!(notification, "25002 findings, of which the worst 25000 are in this file");
}

#[test]
fn gitlab_has_one_fingerprint_for_each_issue() {
    let twice =
        vec![finding(&RULE, Status::Violated, "a.b"), finding(&RULE, Status::Violated, "a.b")];
    let report = Report::new(vec![input("./plans/eu.json", made_up(Kind::Plan, twice))], GATE);
    let issues = json(&report, Format::Gitlab);
    assert_ne!(issues[0]["fingerprint"], issues[1]["fingerprint"]);
    assert_eq!(issues[0]["location"]["path"], "plans/eu.json");
    assert_eq!(
        (&issues[0]["severity"], &issues[0]["check_name"]),
        (&"minor".into(), &"made-up".into())
    );
    assert_eq!(
        json(&example(), Format::Gitlab).as_array().unwrap().len(),
        4,
        "the waived one is left out"
    );
}

#[test]
fn markdown_fits_a_comment() {
    let findings: Vec<_> = (0..5_000)
        .map(|number| finding(&RULE, Status::Violated, &format!("aws_thing.a[{number}]")))
        .collect();
    let mut report = Report::new(vec![input("plan.json", made_up(Kind::Plan, findings))], GATE);
    let mut baseline = Vec::new();
    Baseline::write(report.findings().take(2_000).map(|entry| entry.found), &mut baseline).unwrap();
    report.compare(
        &Baseline::read("baseline.json", std::str::from_utf8(&baseline).unwrap()).unwrap(),
    );
    let page = rendered(&report, Format::Markdown);
    assert!(page.len() <= 65_536 && page.len() > 60_000, "{}", page.len());
    assert!(page.contains("more had no room here") && page.ends_with("</details>\n"));
    assert!(page.contains("How to fix") && page.contains("2000 waived"));
}

#[test]
fn the_outcome_is_the_worst_of_all() {
    let outcome = |report: &Report| report.outcome();
    let of = |status, severity, gate| {
        let found = RuleFinding { severity, ..finding(&RULE, status, "a.b") };
        outcome(&Report::new(vec![input("plan.json", made_up(Kind::Plan, vec![found]))], gate))
    };
    let gate = |fail_on, unknown| Gate { fail_on, unknown };
    use Severity::{Error, Note, Warning};
    for (status, severity, gate, expected) in [
        (Status::Violated, Error, GATE, Outcome::Findings),
        (Status::Violated, Warning, GATE, Outcome::Clean),
        (Status::Violated, Warning, gate(Note, Unknown::Pass), Outcome::Findings),
        (Status::Undetermined, Error, GATE, Outcome::Findings),
        (Status::Undetermined, Error, gate(Error, Unknown::Warn), Outcome::Clean),
        (Status::Undetermined, Error, gate(Warning, Unknown::Warn), Outcome::Findings),
        (Status::Undetermined, Error, gate(Note, Unknown::Pass), Outcome::Clean),
    ] {
        assert_eq!(of(status, severity, gate), expected, "{status} {severity} {gate:?}");
    }
    assert_eq!(outcome(&Report::new(Vec::new(), GATE)), Outcome::Unjudged, "no input");
    assert_eq!(outcome(&example()), Outcome::Unjudged, "one input can't be read");
    let idle = |only_deletes| Verdict {
        rules: Vec::new(),
        only_deletes,
        ..made_up(Kind::Plan, Vec::new())
    };
    assert_eq!(
        outcome(&Report::new(vec![input("a", idle(false))], GATE)),
        Outcome::Unjudged,
        "nothing was looked at"
    );
    let deletes = Report::new(vec![input("a", idle(true))], GATE);
    assert_eq!(outcome(&deletes), Outcome::Clean);
    assert!(rendered(&deletes, Format::Human).contains("a only deletes"));
}

#[test]
fn waived_findings_do_not_fail_the_gate() {
    let mut report = Report::new(vec![input("plan.json", verdict(&plan("30", "n")))], GATE);
    assert_eq!(report.outcome(), Outcome::Findings);
    let waivers = WAIVERS
        .replace("made-up", "log-retention")
        .replace("aws_thing.waived", "aws_cloudwatch_log_group.app*");
    report.waive(
        &Waivers::read("waivers.toml", &waivers).unwrap(),
        drstack_policy::Date::of_unix_seconds(0),
    );
    assert_eq!(
        (report.outcome(), report.summary().waived, report.summary().violated),
        (Outcome::Clean, 1, 1)
    );
}

#[test]
fn sensitive_values_are_shown_in_no_format() {
    const CANARY: &str = "canary-8d1f";
    let planned = plan("4242", CANARY);
    let mut in_plan = verdict(&planned);
    let at = planned.find("4242").unwrap();
    in_plan.findings[0].location =
        Some(Location { file: None, ..Location::in_text("", &planned, at..at + 4) });
    // One line holds the attribute and, beside it, what must not be shown.
    let written =
        format!(r#"{{"password":"{CANARY}","retention_in_days":4242,"secret":"{CANARY}"}}"#);
    let at = written.find("4242").unwrap();
    let mut in_configuration = finding(&RULE, Status::Violated, "a.b");
    in_configuration.finding.found = Some("(sensitive)".into());
    in_configuration.location = Some(Location::in_text("main.tf.json", &written, at..at + 4));
    let configuration = made_up(Kind::Configuration, vec![in_configuration]);
    let report = Report::new(vec![input("plan.json", in_plan), input(".", configuration)], GATE);
    let sources = |path: &str| match path {
        "main.tf.json" => Some(written.as_str()),
        _ => Some(planned.as_str()),
    };
    for format in Format::ALL {
        let mut out = Vec::new();
        render(&report, format, &sources, Style::default(), &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(out.contains("retention"), "{format} shows the finding");
        assert!(!out.contains(CANARY) && !out.contains("4242"), "{format}: {out}");
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[|`<>&\"'%:,\\[\\]\n\r\t\u{0}\u{1b}\u{85}\u{2028}\u{202e}\u{fffe}@:;#\\\\-]{0,20}",
        Just("::error::x\n::add-mask::y".to_owned()),
        Just("]]></failure>--><script>".to_owned()),
    ]
}

fn any_shared_text() -> impl Strategy<Value = Arc<str>> {
    any_text().prop_map(Arc::from)
}

prop_compose! {
    fn any_finding()(
        texts in proptest::array::uniform5(any_shared_text()),
        optional in proptest::array::uniform4(proptest::option::of(any_shared_text())),
        violated in any::<bool>(),
        line in 1_u32..9,
        file in proptest::option::of(any_shared_text()),
    ) -> RuleFinding {
        let [address, path, message, one, other] = texts;
        let [found, expected, waived_by, remedy] = optional;
        let status = if violated { Status::Violated } else { Status::Undetermined };
        let origin = if line % 2 == 0 { Origin::Input } else { Origin::Policy };
        let location = Location { file, origin, line, column: 1, end_line: line, end_column: 2, offset: 3, length: 1 };
        let finding = Finding { status, address, path, message, found, expected, evidence: vec![one, other], at_most: None, identity: None, place: None, remedy };
        RuleFinding { location: Some(location), waived_by, ..RuleFinding::new(&RULE, finding) }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_format_is_well_formed_for_any_text(
        findings in proptest::collection::vec(any_finding(), 1..4),
        label in any_text(),
        error in any_text(),
        source in any_text(),
    ) {
        let counted = findings.iter().filter(|found| found.waived_by.is_none()).count();
        let broken = Input { label: label.clone(), outcome: Err(error.into()) };
        let mut report = Report::new(vec![input(&label, made_up(Kind::Configuration, findings.clone())), broken], GATE);
        report.housekeeping = findings;
        let text = |format| {
            let mut out = Vec::new();
            render(&report, format, &|_| Some(source.as_str()), Style::default(), &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let value = |format| serde_json::from_str::<Value>(&text(format)).unwrap();

        prop_assert_eq!(schema::violations(&findings_schema(), &value(Format::Json)), Vec::<String>::new());
        prop_assert_eq!(schema::violations(&sarif_schema(), &value(Format::Sarif)), Vec::<String>::new());
        prop_assert_eq!(value(Format::Gitlab).as_array().map(Vec::len), Some(2 * counted + 1));
        for line in text(Format::Ndjson).lines() {
            prop_assert!(serde_json::from_str::<Value>(line).is_ok());
        }
        let xml = text(Format::Junit);
        let tests = roxmltree::Document::parse(&xml).unwrap();
        let cases = tests.descendants().filter(|node| node.has_tag_name("testcase")).count();
        prop_assert_eq!(tests.root_element().attribute("tests").map(str::to_owned), Some(cases.to_string()));
        let commands = text(Format::Github);
        prop_assert_eq!(commands.lines().count(), 2 * counted + 2);
        for line in commands.lines() {
            prop_assert!(["::error ", "::warning ", "::notice "].iter().any(|level| line.starts_with(level)));
        }
        let page = text(Format::Markdown);
        for row in page.lines().filter(|line| line.starts_with("| ") && line.contains("made-up")) {
            let columns = row.matches('|').count();
            prop_assert!(columns == 5 || columns == 4, "{}", row);
        }
        for plain in [text(Format::Human), commands, page] {
            prop_assert!(!plain.chars().any(|character| character.is_control() && character != '\n'), "{:?}", plain);
        }
    }
}
