//! Policies over documents: what is found, what is refused, and what is not shown.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::time::Duration;

use drstack_plan::Plan;
use drstack_policy::{RuleFinding, Severity, Status};
use drstack_rego::{Document, File, Judgement, Policies, PolicyError, Problem};

/// Two buckets, a database with a password, and an undeclared output.
const PLAN: &str = r#"{"format_version": "1.2", "terraform_version": "1.11.4",
"resource_changes": [
{"address": "aws_s3_bucket.a", "mode": "managed", "type": "aws_s3_bucket", "name": "a", "provider_name": "registry.terraform.io/hashicorp/aws",
 "change": {"actions": ["create"], "before": null, "after": {"bucket": "a", "tags": null}, "after_unknown": {}, "before_sensitive": false, "after_sensitive": {}}},
{"address": "aws_s3_bucket.b[\"x\"]", "mode": "managed", "type": "aws_s3_bucket", "name": "b", "index": "x", "provider_name": "registry.terraform.io/hashicorp/aws",
 "change": {"actions": ["create"], "before": null, "after": {"bucket": "b", "tags": {"Team": "x"}}, "after_unknown": {}, "before_sensitive": false, "after_sensitive": {}}},
{"address": "aws_db_instance.db", "mode": "managed", "type": "aws_db_instance", "name": "db", "provider_name": "registry.terraform.io/hashicorp/aws",
 "change": {"actions": ["create"], "before": null, "after": {"identifier": "db", "password": "canary-pa55", "port": 5432}, "after_unknown": {}, "before_sensitive": false, "after_sensitive": {"password": true}}}],
"configuration": {"root_module": {"resources": [
{"address": "aws_db_instance.db", "mode": "managed", "type": "aws_db_instance", "name": "db", "provider_config_key": "aws", "expressions": {"password": {"constant_value": "canary-pa55"}}, "schema_version": 0}]}}}"#;

const MINUTE: Duration = Duration::from_secs(60);

fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), text: text.to_owned() }
}

fn files(texts: &[&str]) -> Vec<File> {
    texts
        .iter()
        .enumerate()
        .map(|(index, text)| file(&format!("policy/{index}.rego"), text))
        .collect()
}

fn read(texts: &[&str]) -> Result<Policies, PolicyError> {
    Policies::read(files(texts), &[], MINUTE)
}

fn judge_with(policies: &Policies, document: &str) -> Result<Judgement, PolicyError> {
    let plan = Plan::read(document.as_bytes()).unwrap();
    let now = Duration::from_secs(1_800_000_000);
    policies.judge(&plan, Document { path: "plans/plan.json", text: document.as_bytes(), now })
}

fn judge(texts: &[&str]) -> Vec<RuleFinding> {
    judge_with(&read(texts).unwrap(), PLAN).unwrap().findings
}

fn messages(findings: &[RuleFinding]) -> Vec<&str> {
    findings.iter().map(|found| &*found.finding.message).collect()
}

/// The error, and the text that it points at.
fn refused(texts: &[&str]) -> (PolicyError, String) {
    let error = read(texts).unwrap_err();
    let pointed = error.place.as_ref().map(|place| place.text[place.span.clone()].to_owned());
    (error, pointed.unwrap_or_default())
}

#[test]
fn rules_are_asked_by_their_names() {
    let findings = judge(&[r#"package main
deny contains "one"
deny_long_name_2 contains {"msg": "two", "severity": "high"}
violation contains {"msg": "three", "address": "aws_s3_bucket.a"}
violation_x := ["four"]
warn_x contains "five"
denying contains "not asked"
deny__x contains "not asked"
other contains "not asked"
"#]);
    let found: Vec<_> = findings
        .iter()
        .map(|found| (found.rule.id, found.severity, &*found.finding.message))
        .collect();
    assert_eq!(
        found,
        [
            ("rego.main.deny", Severity::Error, "one"),
            ("rego.main.deny_long_name_2", Severity::Error, "two"),
            ("rego.main.violation", Severity::Error, "three"),
            ("rego.main.violation_x", Severity::Error, "four"),
            ("rego.main.warn_x", Severity::Warning, "five"),
        ]
    );
    assert!(findings.iter().all(|found| found.finding.status == Status::Violated));
}

#[test]
fn both_versions_of_the_language_are_read_file_by_file() {
    let findings = judge(&[
        "package main\nimport data.lib.names\ndeny[msg] { r := input.resource_changes[_]; names.is_bucket(r); msg := sprintf(\"old %s\", [r.change.after.bucket]) }\n",
        "package main\nimport rego.v1\nwarn contains msg if { some r in input.resource_changes; r.change.after.bucket; msg := sprintf(\"new %s\", [r.change.after.bucket]) }\n",
        "package main\nimport future.keywords.in\nimport future.keywords.if\nimport future.keywords.contains\nwarn_between contains msg if { some r in input.resource_changes; msg := r.change.after.bucket }\n",
        "package lib.names\nis_bucket(r) { r.type == \"aws_s3_bucket\" }\n",
    ]);
    assert_eq!(messages(&findings), ["old a", "old b", "new a", "new b", "a", "b"]);
}

#[test]
fn a_finding_stands_where_its_definition_stands() {
    let findings = judge(&[
        "package main\n\ndeny contains msg if {\n\tfalse\n\tmsg := \"never\"\n}\n\ndeny contains \"second\"\n",
        "package main\n# elsewhere\ndeny contains \"third\"\n",
    ]);
    let places: Vec<_> = findings
        .iter()
        .map(|found| {
            let location = found.location.as_ref().unwrap();
            (&*found.finding.message, location.file.as_deref().unwrap(), location.line)
        })
        .collect();
    assert_eq!(places, [("second", "policy/0.rego", 8), ("third", "policy/1.rego", 3)]);
}

#[test]
fn addresses_come_from_the_report_or_from_a_message_that_names_one() {
    let findings = judge(&[r#"package main
deny_1 contains {"msg": "by key", "address": "aws_s3_bucket.a"}
deny_2 contains sprintf("bucket %s: no tags", [input.resource_changes[0].address])
deny_3 contains sprintf("'%s', and no other", [input.resource_changes[1].address])
deny_4 contains "aws_s3_bucket.a meets aws_db_instance.db"
deny_5 contains "aws_s3_bucket.unknown"
"#]);
    let addresses: Vec<_> = findings.iter().map(|found| &*found.finding.address).collect();
    assert_eq!(addresses, ["aws_s3_bucket.a", "aws_s3_bucket.a", "aws_s3_bucket.b[\"x\"]", "", ""]);
}

#[test]
fn messages_tell_findings_apart() {
    let findings = judge(&["package main\ndeny contains \"one\"\ndeny contains \"two\"\n"]);
    assert_ne!(findings[0].fingerprint(), findings[1].fingerprint());
}

#[test]
fn exceptions_waive_the_rules_that_they_name() {
    let findings = judge(&[r#"package main
deny_a contains "a"
deny_b contains "b"
warn_b contains "b"
deny contains "bare"
exception contains rules if {
    input.format_version == "1.2"
    rules := ["b", ""]
}
exception contains rules if {
    input.format_version == "9"
    rules := ["a"]
}
"#]);
    let waived: Vec<_> =
        findings.iter().map(|found| (found.rule.id, found.waived_by.is_some())).collect();
    assert_eq!(
        waived,
        [
            ("rego.main.deny", true),
            ("rego.main.deny_a", false),
            ("rego.main.deny_b", true),
            ("rego.main.warn_b", true),
        ]
    );
}

#[test]
fn policies_see_data_the_file_and_the_time() {
    let policies = files(&[r#"package main
deny contains data.limits.team
deny contains data.limits.other
deny contains concat(":", [data.conftest.file.dir, data.conftest.file.name])
deny contains "late" if time.now_ns() > time.parse_rfc3339_ns("2027-01-01T00:00:00Z")
"#]);
    let data = [
        file("a.json", r#"{"limits": {"team": "x"}}"#),
        file("b.json", r#"{"limits": {"other": "y"}}"#),
    ];
    let policies = Policies::read(policies, &data, MINUTE).unwrap();
    let found = judge_with(&policies, PLAN).unwrap().findings;
    assert_eq!(messages(&found), ["late", "plans:plan.json", "x", "y"]);
}

#[test]
fn data_that_cannot_be_used_is_refused() {
    let policy = || files(&["package main\ndeny contains \"x\"\n"]);
    for data in ["[]", "{", ""] {
        let error = Policies::read(policy(), &[file("d.json", data)], MINUTE).unwrap_err();
        assert!(matches!(error.problem, Problem::Data(_)), "{error}");
        assert!(error.to_string().starts_with("d.json:1: "), "{error}");
    }
    let twice = [file("a.json", r#"{"x": 1}"#), file("b.json", r#"{"x": 2}"#)];
    assert!(Policies::read(policy(), &twice, MINUTE).is_err());
}

#[test]
fn a_failed_built_in_leaves_what_was_found_and_is_undetermined() {
    let findings = judge(&[r#"package main
deny contains msg if {
    some r in input.resource_changes
    count(r.change.after.tags) > 0
    msg := sprintf("%s has tags", [r.address])
}
deny contains msg if {
    net.cidr_intersects(input.format_version, "10.0.0.0/8")
    msg := "never"
}
"#]);
    assert_eq!(messages(&findings)[0], "aws_s3_bucket.b[\"x\"] has tags");
    let [_, missed] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!(missed.finding.status, Status::Undetermined);
    assert!(missed.finding.message.starts_with("the rule may have missed something: "));
    assert_eq!(missed.severity, Severity::Error);
    assert_eq!(missed.location.as_ref().unwrap().line, 4);
}

#[test]
fn what_would_never_report_is_refused() {
    for (policy, pointed) in [
        ("package main\nimport rego.v1\ndeny if { true }\n", "deny if { true }"),
        (
            "package main\nimport rego.v1\ndeny[msg] if { msg := \"x\" }\n",
            "deny[msg] if { msg := \"x\" }",
        ),
        ("package main\nviolation { true }\n", "violation { true }"),
        ("package main\nwarn(x) := \"x\"\n", "warn(x) := \"x\""),
        ("package main\ndeny.a contains \"x\"\n", "deny.a contains \"x\""),
    ] {
        let (error, found) = refused(&[policy]);
        assert!(matches!(error.problem, Problem::NotMessages(_)), "{error}");
        // regorus leaves the last quote out.
        assert_eq!(found.trim_end_matches('"'), pointed.trim_end_matches('"'));
        assert!(error.help().unwrap().contains("contains msg"));
    }
    let (error, _) = refused(&["package other\ndeny contains \"x\"\n"]);
    assert_eq!(
        error.to_string(),
        "no rule is asked: expected `deny`, `violation` or `warn` in package main, found the packages other"
    );
    let (error, _) = refused(&[]);
    assert!(matches!(error.problem, Problem::NoPolicy));
}

#[test]
fn what_is_no_message_is_an_error() {
    for rule in [
        "deny := {\"a\": \"b\"}",
        "deny := true",
        "deny contains 7",
        "deny contains {\"message\": \"x\"}",
        "deny contains {\"msg\": 7}",
    ] {
        let policies = read(&[&format!("package main\n{rule}\n")]).unwrap();
        let error = judge_with(&policies, PLAN).unwrap_err();
        assert!(matches!(error.problem, Problem::NotAMessage { .. }), "{rule}: {error}");
        assert!(error.to_string().starts_with("policy/0.rego:2: `deny` gave "), "{error}");
    }
}

#[test]
fn functions_that_there_are_not_are_refused_with_their_place() {
    for (call, says) in [
        (
            "http.send({\"url\": \"http://x\"})",
            "there is no function `http.send`: policies can't reach the network",
        ),
        ("opa.runtime()", "policies can't see the environment"),
        ("rand.intn(\"x\", 2)", "a policy gives the same result each time"),
        ("time.clock(1)", "`time.now_ns` and `time.parse_rfc3339_ns`"),
        ("helper(1)", "there is no function `helper`"),
        ("yaml.unmarshal(\"a: b\")", "there is no function `yaml.unmarshal`"),
        ("regex.match(\"a\", \"b\", x)", "`regex.match` is called with 3 arguments, expected 2"),
        ("count([], 1, 2)", "`count` is called with 3 arguments, expected 1"),
    ] {
        // Out of reach on any document: what isn't there is refused all the same.
        let policy = format!(
            "package main\n\ndeny contains msg if {{\n  false\n  y := [z | z := {call}]\n  msg := \"x\"\n}}\n"
        );
        let (error, pointed) = refused(&[&policy]);
        assert!(error.to_string().contains(says), "{call}: {error}");
        assert!(error.to_string().starts_with("policy/0.rego:5: "), "{error}");
        assert!(pointed.contains(call.split('(').next().unwrap()), "{pointed}");
    }
}

#[test]
fn patterns_that_cannot_be_used_are_refused() {
    for pattern in [r#""(""#, "`\\p{Greek}`"] {
        let policy =
            format!("package main\ndeny contains \"x\" if regex.match({pattern}, input.x)\n");
        let (error, pointed) = refused(&[&policy]);
        assert!(matches!(error.problem, Problem::Pattern(_)), "{error}");
        assert!(pattern.contains(&pointed), "{pointed}");
    }
}

#[test]
fn texts_that_are_not_rego_are_refused_where_they_break_off() {
    for (policy, line) in [
        ("package main\ndeny contains msg if {\n  msg := \"x\"\n  x := := 1\n}\n", 4),
        ("package main\ndeny[msg] {\n  msg := \"x\"\n  x := := 1\n}\n", 4),
        ("deny[msg] { true }", 1),
        ("", 1),
        ("package main\ndeny contains msg if {\n", 3),
    ] {
        let (error, _) = refused(&[policy]);
        assert!(matches!(error.problem, Problem::Syntax(_)), "{error}");
        let place = error.place.as_ref().unwrap();
        assert!(place.line().abs_diff(line) <= 1, "{policy:?}: {error}");
    }
}

#[test]
fn contradictions_are_refused() {
    let (error, pointed) = refused(&[
        "package main\ndeny contains msg if { msg := sprintf(\"%s\", [undefined_name]) }\n",
    ]);
    assert!(matches!(error.problem, Problem::Analysis(_)), "{error}");
    assert!(pointed.starts_with("undefined_name"), "{pointed}");
}

#[test]
fn recursion_is_refused() {
    for policy in [
        "package main\ndeny contains \"x\" if f(1)\nf(x) := f(x)\n",
        "package main\ndeny contains \"x\" if f(1)\nf(x) := [y | y := g(x)]\ng(x) := data.main.f(x)\n",
        "package main\ndeny contains \"x\" if f(1)\ng(x) := x\nf(x) := y if { y := g(x) with g as f }\n",
        "package main\nimport data.main as me\ndeny contains \"x\" if f(1)\nf(x) := me.f(x)\n",
    ] {
        let (error, pointed) = refused(&[policy]);
        assert!(matches!(error.problem, Problem::Recursion(_)), "{error}");
        assert!(pointed.starts_with('f') || pointed.starts_with('g'), "{pointed}");
    }
    // regorus notices circles through rules while it evaluates.
    for policy in [
        "package main\ndeny contains \"x\" if a\na if b\nb if a\n",
        "package main\ndeny contains \"x\" if f(1)\nf(x) := helper\nhelper := f(2)\n",
    ] {
        let error = judge_with(&read(&[policy]).unwrap(), PLAN).unwrap_err();
        assert!(error.to_string().contains("recursion"), "{error}");
        assert!(error.place.is_some());
    }
}

#[test]
fn long_chains_of_rules_do_not_exhaust_the_stack() {
    for (first, link, last) in
        [("r0", "r{} if r{+}", "r{} := true"), ("f0(1)", "f{}(x) if f{+}(x)", "f{}(x) := true")]
    {
        let mut policy = format!("package main\ndeny contains \"x\" if {first}\n");
        for index in 0..9_000 {
            let next = (index + 1).to_string();
            policy += &link.replace("{}", &index.to_string()).replace("{+}", &next);
            policy.push('\n');
        }
        policy += &last.replace("{}", "9000");
        assert_eq!(messages(&judge(&[&policy])), ["x"]);
    }
    let policy = (0..10_001)
        .fold("package main\n".to_owned(), |text, index| text + &format!("r{index} := 1\n"));
    assert!(matches!(refused(&[&policy]).0.problem, Problem::TooMany { .. }));
}

#[test]
fn what_takes_too_long_is_given_up() {
    let slow = "package main\ndeny contains \"x\" if { some i in numbers.range(1, 100000); some j in numbers.range(1, 100000); i * j == 7; i + j > 900000 }\n";
    let policies = Policies::read(files(&[slow]), &[], Duration::from_millis(300)).unwrap();
    let error = judge_with(&policies, PLAN).unwrap_err();
    assert!(matches!(error.problem, Problem::TooLong(_)), "{error}");
    let nested = format!(
        "package main\ndeny contains msg if {{ msg := {}{} }}\n",
        "[".repeat(31),
        "]".repeat(31)
    );
    let error = Policies::read(files(&[&nested]), &[], Duration::from_millis(300)).unwrap_err();
    assert!(matches!(error.problem, Problem::TooLong(_)), "{error}");
}

#[test]
fn sensitive_values_are_judged_and_not_shown() {
    const CANARIES: [&str; 5] =
        ["canary-pa55", "CANARY-PA55", "Y2FuYXJ5LXBhNTU", "55ap-yranac", "nary"];
    let policies = read(&[r#"package main
db := input.resource_changes[2]
password := db.change.after.password
deny_whole contains sprintf("%v", [db])
deny_upper contains upper(password)
deny_base64 contains base64.encode(password)
deny_reverse contains strings.reverse(password)
deny_part contains substring(password, 2, 4)
deny_constant contains input.configuration.root_module.resources[0].expressions.password.constant_value
deny_address contains {"msg": "x", "address": password}
deny_weak contains sprintf("%s: its password is a canary", [db.address]) if startswith(password, "canary")
deny_set contains sprintf("%s has a password", [db.address]) if password != ""
warn_error contains to_number(password)
"#])
    .unwrap();
    let findings = judge_with(&policies, PLAN).unwrap().findings;
    assert_eq!(findings.len(), 10, "{findings:?}");
    let shown = format!("{findings:?}");
    for canary in CANARIES {
        assert!(!shown.contains(canary), "{canary}: {shown}");
    }
    let of = |id: &str| {
        findings.iter().find(|found| found.rule.id == format!("rego.main.{id}")).unwrap()
    };
    // What depends on a secret is reported, with the address that is no secret, and without its text.
    assert_eq!(&*of("deny_weak").finding.address, "aws_db_instance.db");
    assert!(of("deny_weak").finding.message.contains("not shown"));
    assert_eq!(&*of("deny_set").finding.message, "aws_db_instance.db has a password");
    assert_eq!(of("warn_error").finding.status, Status::Undetermined);
}

#[test]
fn errors_do_not_show_sensitive_values() {
    for policy in [
        "package main\ndeny contains \"x\" if f(1) == 2\nf(x) := input.resource_changes[2].change.after.password\nf(x) := 2\n",
        "package main\ndeny contains \"x\"\nexception contains [to_number(input.resource_changes[2].change.after.password)]\n",
    ] {
        let error = judge_with(&read(&[policy]).unwrap(), PLAN).unwrap_err();
        assert!(matches!(error.problem, Problem::Evaluation(_)), "{error:?}");
        assert!(!error.to_string().contains("canary"), "{error}");
        assert!(error.place.is_some(), "{error}");
    }
}

#[test]
fn a_state_is_judged_like_a_plan() {
    let state = r#"{"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": {"resources": [
        {"address": "aws_s3_bucket.a", "mode": "managed", "type": "aws_s3_bucket", "name": "a",
         "provider_name": "registry.terraform.io/hashicorp/aws", "values": {"bucket": "a"}, "sensitive_values": {}}]}}}"#;
    let policies = read(&[
        "package main\ndeny contains r.address if some r in input.values.root_module.resources\n",
    ]);
    let judgement = judge_with(&policies.unwrap(), state).unwrap();
    assert_eq!(messages(&judgement.findings), ["aws_s3_bucket.a"]);
    assert_eq!(&*judgement.findings[0].finding.address, "aws_s3_bucket.a");
    assert_eq!(judgement.rules[0].judged, 1);
}

mod hostile {
    use proptest::prelude::*;

    use super::*;

    fn tokens() -> impl Strategy<Value = String> {
        let token = prop::sample::select(vec![
            "package main\n",
            "deny",
            " contains ",
            " if ",
            "{",
            "}",
            "[",
            "]",
            "(",
            ")",
            ":=",
            "=",
            "\"x\"",
            "msg",
            "input",
            ".a",
            "[_]",
            "some ",
            "every ",
            " in ",
            "not ",
            ",",
            ";",
            "\n",
            "f(x)",
            "f",
            "count",
            "1",
            "-",
            "|",
            "&",
            "else ",
            "default ",
            "import ",
            "data",
            "rego.v1",
            "with ",
            " as ",
            "`",
            "ü",
            "#",
            "\\",
            "x",
        ]);
        proptest::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn no_text_breaks_the_reading_or_the_judging(body in tokens(), loose in ".{0,60}") {
            for text in [format!("package main\n{body}"), format!("package main\ndeny contains msg if {{ {body} }}\n"), loose] {
                let read = Policies::read(files(&[&text]), &[], Duration::from_secs(5));
                if let Ok(policies) = read {
                    let _ = judge_with(&policies, PLAN);
                }
            }
        }
    }
}
