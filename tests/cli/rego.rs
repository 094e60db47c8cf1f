//! `drstack check --policy`: users' policies beside the built-in rules.

use std::fs;
use std::path::Path;

use crate::run::{Ended, Folder};

const CANARY: &str = "canary-r3g0";

/// A network in a reserved range, an old instance, and a database with a password that goes away.
fn plan() -> String {
    let change = |address: &str, actions: &str, before: &str, after: &str, sensitive: &str| {
        let (kind, name) = address.split_once('.').unwrap();
        format!(
            r#"{{"address":"{address}","mode":"managed","type":"{kind}","name":"{name}","provider_name":"registry.terraform.io/hashicorp/aws",
"change":{{"actions":[{actions}],"before":{before},"after":{after},"after_unknown":{{}},"before_sensitive":{sensitive},"after_sensitive":{sensitive}}}}}"#
        )
    };
    let vpc = r#"{"cidr_block":"10.203.0.0/16","tags_all":{"Owner":"me"}}"#;
    let instance = r#"{"instance_type":"t2.micro","tags_all":{"Owner":"me","CostCenter":"7"}}"#;
    let database = format!(r#"{{"identifier":"db","password":"{CANARY}"}}"#);
    let changes = [
        change("aws_vpc.main", r#""create""#, "null", vpc, "{}"),
        change("aws_instance.old", r#""create""#, "null", instance, "{}"),
        change("aws_db_instance.gone", r#""delete""#, &database, "null", r#"{"password":true}"#),
    ];
    format!(
        r#"{{"format_version":"1.2","terraform_version":"1.11.4","variables":{{"environment":{{"value":"prod"}}}},
"planned_values":{{"outputs":{{"stage":{{"sensitive":false,"value":"prod"}}}},"root_module":{{}}}},
"resource_changes":[{}],"configuration":{{"root_module":{{}}}}}}"#,
        changes.join(",\n")
    )
}

/// A folder with the plan, the sample policies, and one policy of its own.
fn folder(policy: &str) -> Folder {
    let folder = Folder::new();
    folder.write("plan.json", &plan());
    folder.write("own/policy.rego", policy);
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/rego");
    for sample in fs::read_dir(samples).unwrap().map(Result::unwrap) {
        let name = format!("samples/{}", sample.file_name().to_str().unwrap());
        folder.write(&name, &fs::read_to_string(sample.path()).unwrap());
    }
    folder
}

/// Checks the plan by policies, and by one rule that has nothing to look at in it.
fn check(folder: &Folder, arguments: &[&str]) -> Ended {
    folder.drstack(&[&["check", "plan.json", "--rule", "sqs-redrive"], arguments].concat())
}

fn findings(folder: &Folder, arguments: &[&str]) -> Vec<serde_json::Value> {
    let ended = check(folder, &[arguments, &["--format", "json"]].concat());
    let report: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    report["findings"].as_array().unwrap().clone()
}

#[test]
fn the_samples_find_what_they_are_for() {
    let folder = folder("");
    let found: Vec<_> = findings(&folder, &["--policy", "samples"])
        .iter()
        .map(|finding| {
            let text = |key: &str| finding[key].as_str().unwrap().to_owned();
            (
                text("rule"),
                text("severity"),
                text("address"),
                text("message"),
                finding["location"]["file"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    let expected = [
        (
            "rego.main.deny_destroyed_database",
            "error",
            "aws_db_instance.gone",
            "aws_db_instance.gone would be destroyed",
            "samples/instances.rego",
        ),
        (
            "rego.main.warn_previous_generation",
            "warning",
            "aws_instance.old",
            "aws_instance.old is of an earlier generation (t2.micro)",
            "samples/instances.rego",
        ),
        (
            "rego.main.deny_reserved_network",
            "error",
            "aws_vpc.main",
            "aws_vpc.main (10.203.0.0/16) meets the reserved network 10.200.0.0/13",
            "samples/networks.rego",
        ),
        (
            "rego.main.deny_untagged",
            "error",
            "aws_vpc.main",
            "aws_vpc.main lacks the tags CostCenter",
            "samples/tags.rego",
        ),
    ]
    .map(|(rule, severity, address, message, file)| {
        (
            rule.to_owned(),
            severity.to_owned(),
            address.to_owned(),
            message.to_owned(),
            file.to_owned(),
        )
    });
    assert_eq!(found, expected);
    assert_eq!(check(&folder, &["--policy", "samples"]).code, 1);
}

#[test]
fn data_and_exceptions_change_what_is_found() {
    let folder = folder("");
    folder.write("data/networks.json", r#"{"reserved_networks": ["172.16.0.0/12"]}"#);
    let found = findings(&folder, &["--policy", "samples", "--policy-data", "data"]);
    assert!(!found.iter().any(|finding| finding["rule"] == "rego.main.deny_reserved_network"));
    folder.write("plan.json", &plan().replace("\"prod\"", "\"sandbox\""));
    let found = findings(&folder, &["--policy", "samples"]);
    let waived = found.iter().find(|finding| finding["rule"] == "rego.main.deny_untagged").unwrap();
    assert_eq!(waived["waived_by"], "an exception of the policies");
}

/// Also what the built-in rules don't read.
#[test]
fn policies_see_all_of_a_plan() {
    let outputs = "input.planned_values.outputs.stage.value";
    let policy = format!("package main\ndeny contains \"of prod\" if {outputs} == \"prod\"\n");
    assert_eq!(findings(&folder(&policy), &["--policy", "own"])[0]["message"], "of prod");
}

#[test]
fn the_rest_of_the_command_takes_part() {
    let folder = folder("package main\nwarn contains \"minor\"\n");
    assert_eq!(check(&folder, &["--policy", "own"]).code, 0);
    assert_eq!(check(&folder, &["--policy", "own", "--fail-on", "warning"]).code, 1);
    assert_eq!(check(&folder, &["--policy", "own/policy.rego", "--fail-on", "warning"]).code, 1);
    folder.write(
        "waivers.toml",
        "[[waiver]]\nrule = \"rego.main.warn\"\naddress = \"*\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2999-12-31\n",
    );
    let strict = ["--policy", "own", "--fail-on", "warning"];
    assert_eq!(check(&folder, &[&strict[..], &["--waivers", "waivers.toml"]].concat()).code, 0);
    check(&folder, &[&strict[..], &["--write-baseline", "baseline.json"]].concat());
    let compared = [&strict[..], &["--baseline", "baseline.json"]].concat();
    assert_eq!(check(&folder, &compared).code, 0);
    // Another message is another finding.
    folder.write("own/policy.rego", "package main\nwarn contains \"other\"\n");
    assert_eq!(check(&folder, &compared).code, 1);
    let ended = check(&folder, &["--policy", "own"]);
    assert!(ended.out.contains("own/policy.rego:2:1"), "{}", ended.out);
    assert!(ended.out.contains("warn contains \"other\""), "{}", ended.out);
}

#[test]
fn policies_that_cannot_be_used_end_with_3_and_their_place() {
    for (policy, says) in [
        ("package main\ndeny contains msg if { msg := := 1 }\n", "policy.rego:2:"),
        ("package main\n\ndeny contains http.send({})\n", "there is no function `http.send`"),
        ("package main\ndeny if true\n", "is not a set of messages"),
        ("package other\n", "no rule is asked"),
    ] {
        let folder = folder(policy);
        let ended = check(&folder, &["--policy", "own"]);
        assert_eq!((ended.code, ended.out.as_str()), (3, ""), "{policy}: {}", ended.err);
        assert!(ended.err.contains(says), "{policy}: {}", ended.err);
    }
    let folder = folder("package main\ndeny contains \"x\"\n");
    folder.write("empty/only_test.rego", "package main\n");
    for path in ["empty", "absent"] {
        assert_eq!(check(&folder, &["--policy", path]).code, 3, "{path}");
    }
    folder.write("data.yaml", "a: 1\n");
    assert_eq!(check(&folder, &["--policy", "own", "--policy-data", "data.yaml"]).code, 3);
    assert_eq!(check(&folder, &["--policy-data", "data.yaml"]).code, 3);
}

#[test]
fn what_policies_cannot_judge_ends_with_2() {
    let folder = folder("package main\ndeny contains \"x\" if f(1) == 2\nf(x) := 1\nf(x) := 2\n");
    let ended = check(&folder, &["--policy", "own"]);
    assert_eq!(ended.code, 2, "{}", ended.out);
    assert!(ended.err.contains("own/policy.rego:"), "{}", ended.err);
    assert!(ended.out.contains("could not be judged"), "{}", ended.out);
    folder.write("own/policy.rego", "package main\ndeny contains \"x\"\n");
    folder.write("tree/main.tf.json", r#"{"resource":{"aws_sqs_queue":{"q":{"name":"q"}}}}"#);
    for arguments in [&["check", "tree", "--policy", "own"][..], &["check", "--policy", "own"]] {
        let ended = folder.drstack(arguments);
        assert_eq!(ended.code, 2, "{}", ended.out);
        assert!(ended.out.contains("terraform show -json plan.bin"), "{}", ended.out);
    }
}

#[test]
fn a_built_in_that_fails_is_undetermined() {
    let folder = folder(
        "package main\ndeny contains \"x\" if count(input.resource_changes[0].change.before) > 0\n",
    );
    for (unknown, code) in [("fail", 1), ("warn", 0), ("pass", 0)] {
        let ended = check(&folder, &["--policy", "own", "--unknown", unknown]);
        assert_eq!(ended.code, code, "{unknown}: {}", ended.out);
        assert!(ended.out.contains("1 undetermined"), "{}", ended.out);
    }
}

#[test]
fn no_format_shows_a_sensitive_value() {
    let folder = folder(
        "package main\ndeny contains sprintf(\"%v\", [input])\nwarn contains upper(input.resource_changes[2].change.before.password)\nwarn_number contains to_number(input.resource_changes[2].change.before.password)\n",
    );
    for format in ["human", "json", "ndjson", "sarif", "junit", "github", "gitlab", "markdown"] {
        let ended = check(&folder, &["--policy", "own", "--format", format]);
        assert_eq!(ended.code, 1, "{format}: {}", ended.err);
        let all = (ended.out + &ended.err).to_lowercase();
        assert!(all.contains("rego.main.deny"), "{format}: {all}");
        assert!(!all.contains(CANARY), "{format}: {all}");
    }
}
