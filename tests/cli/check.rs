//! `drstack check`: what it takes, and how it ends.

use std::fs;

use crate::run::Folder;

const FORMATS: [&str; 8] =
    ["human", "json", "ndjson", "sarif", "junit", "github", "gitlab", "markdown"];

/// A plan with one log group that is kept for ever.
const VIOLATED: &str = r#"{"format_version":"1.2","terraform_version":"1.11.4","resource_changes":[
{"address":"aws_cloudwatch_log_group.a","mode":"managed","type":"aws_cloudwatch_log_group","name":"a","provider_name":"registry.terraform.io/hashicorp/aws",
"change":{"actions":["create"],"before":null,"after":{"name":"/a","retention_in_days":0},"after_unknown":{},"before_sensitive":false,"after_sensitive":{}}}],
"configuration":{"root_module":{}}}"#;

fn check(folder: &Folder, input: &str) -> i32 {
    folder.write("input.json", input);
    let mut codes = FORMATS.map(|format| {
        folder.drstack(&["check", "input.json", "--rule", "log-retention", "--format", format]).code
    });
    codes.sort_unstable();
    assert_eq!(codes[0], codes[7], "the code varies with the format: {codes:?}");
    codes[0]
}

#[test]
fn findings_end_with_1_and_their_absence_with_0() {
    let folder = Folder::new();
    assert_eq!(check(&folder, VIOLATED), 1);
    assert_eq!(
        check(&folder, &VIOLATED.replace("\"retention_in_days\":0", "\"retention_in_days\":14")),
        0
    );
}

#[test]
fn what_is_undetermined_fails_unless_asked_otherwise() {
    let folder = Folder::new();
    let unknown = VIOLATED
        .replace(",\"retention_in_days\":0", "")
        .replace("\"after_unknown\":{}", "\"after_unknown\":{\"retention_in_days\":true}");
    assert_eq!(check(&folder, &unknown), 1);
    for (unknown, code) in [("pass", 0), ("warn", 0), ("fail", 1)] {
        let ended = folder.drstack(&[
            "check",
            "input.json",
            "--rule",
            "log-retention",
            "--unknown",
            unknown,
        ]);
        assert_eq!(ended.code, code, "{unknown}: {}", ended.out);
    }
}

#[test]
fn what_cannot_be_judged_ends_with_2_and_says_what_to_run() {
    let folder = Folder::new();
    let cases = [
        ("", "empty"),
        ("{", "ends in the middle"),
        ("not json", "JSON"),
        ("resource \"aws_vpc\" \"main\" {\n}\n", "terraform show -json"),
        ("PK\u{3}\u{4}rest", "terraform show -json"),
        (
            "{\"version\":4,\"terraform_version\":\"1.11.4\",\"serial\":1,\"lineage\":\"x\",\"resources\":[]}",
            "terraform show -json",
        ),
        ("{\"hello\":\"world\"}", "plan"),
        ("[]", "plan"),
        ("{\"format_version\":\"2.0\",\"resource_changes\":[]}", "2.0"),
        ("{\"format_version\":\"1.2\",\"errored\":true,\"resource_changes\":[]}", "errored"),
        ("{\"format_version\":\"1.2\",\"complete\":false,\"resource_changes\":[]}", "complete"),
        (
            "{\"format_version\":\"1.2\",\"resource_changes\":[],\"configuration\":{\"root_module\":{}}}",
            "looked at",
        ),
        (
            "{\"meta\":{\"key_provider.pbkdf2.k\":\"e30=\"},\"encrypted_data\":\"AAAA\",\"encryption_version\":\"v0\"}",
            "tofu show -json",
        ),
    ];
    for (input, expected) in cases {
        assert_eq!(check(&folder, input), 2, "{input}");
        let ended = folder.drstack(&["check", "input.json"]);
        assert!(ended.out.contains(expected), "expected `{expected}` for {input}:\n{}", ended.out);
    }
    let ended = folder.drstack(&["check", "absent.json"]);
    assert_eq!(ended.code, 2, "{}", ended.out);
    folder.write("native/main.tf", "resource \"aws_vpc\" \"main\" {}\n");
    let ended = folder.drstack(&["check", "native"]);
    assert_eq!(ended.code, 2);
    assert!(ended.out.contains("terraform show -json"), "{}", ended.out);
}

#[test]
fn what_shows_no_resources_is_not_judged_even_by_rules_that_miss_some() {
    let folder = Folder::new();
    let refreshed = r#"{"format_version":"1.2","terraform_version":"1.11.4","planned_values":{"root_module":{}},
        "resource_drift":[],"configuration":{"root_module":{}},"complete":true,"errored":false}"#;
    folder.write("input.json", refreshed);
    for pack in ["baseline", "recovery"] {
        let ended = folder.drstack(&["check", "input.json", "--pack", pack]);
        assert_eq!(ended.code, 2, "{}", ended.out);
        assert!(ended.out.contains("-refresh-only"), "{}", ended.out);
    }
}

#[test]
fn a_plan_that_only_deletes_passes_and_says_so() {
    let folder = Folder::new();
    let deletes = VIOLATED
        .replace("\"create\"", "\"delete\"")
        .replace("\"before\":null", "\"before\":{\"name\":\"/a\",\"retention_in_days\":0}")
        .replace("\"after\":{\"name\":\"/a\",\"retention_in_days\":0}", "\"after\":null");
    assert_eq!(check(&folder, &deletes), 0);
    let ended = folder.drstack(&["check", "input.json"]);
    assert!(ended.out.contains("delete"), "{}", ended.out);
}

#[test]
fn standard_input_several_inputs_and_the_higher_code_wins() {
    let folder = Folder::new();
    let ended = folder.drstack_reading(&["check", "-", "--rule", "log-retention"], VIOLATED);
    assert_eq!(ended.code, 1, "{}", ended.out);
    folder.write(
        "good.json",
        &VIOLATED.replace("\"retention_in_days\":0", "\"retention_in_days\":7"),
    );
    folder.write("bad.json", VIOLATED);
    folder.write("broken.json", "{");
    for (inputs, code) in [(["good.json", "bad.json"], 1), (["bad.json", "broken.json"], 2)] {
        let ended = folder.drstack(&["check", inputs[0], inputs[1], "--rule", "log-retention"]);
        assert_eq!(ended.code, code, "{}", ended.out);
    }
}

#[test]
fn wrong_usage_ends_with_3_and_help_with_0() {
    let folder = Folder::new();
    for wrong in [
        &["chek"][..],
        &["check", "--format", "pdf"],
        &["check", "--rule", "no-such-rule"],
        &["check", "--pack", "none"],
        &[],
    ] {
        assert_eq!(folder.drstack(wrong).code, 3, "{wrong:?}");
    }
    for right in [
        &["--help"][..],
        &["check", "--help"],
        &["--version"],
        &["rules"],
        &["rules", "log-retention"],
    ] {
        assert_eq!(folder.drstack(right).code, 0, "{right:?}");
    }
}

#[test]
fn waivers_and_baselines_cover_findings_and_age() {
    let folder = Folder::new();
    folder.write("input.json", VIOLATED);
    let check = |more: &[&str]| {
        let mut arguments = vec!["check", "input.json", "--rule", "log-retention"];
        arguments.extend(more);
        folder.drstack(&arguments)
    };
    let waiver = |rule: &str, expires: &str| {
        format!(
            "[[waiver]]\nrule = \"{rule}\"\naddress = \"aws_cloudwatch_log_group.*\"\nreason = \"moves next month\"\nowner = \"platform\"\nexpires = {expires}\n"
        )
    };
    folder.write("waivers.toml", &waiver("log-retention", "9999-12-31"));
    assert_eq!(check(&["--waivers", "waivers.toml"]).code, 0);
    folder.write("waivers.toml", &waiver("log-retention", "2020-01-01"));
    let expired = check(&["--waivers", "waivers.toml"]);
    assert_eq!(expired.code, 1);
    assert!(expired.out.contains("has expired"), "{}", expired.out);
    folder.write("waivers.toml", "[[waiver]]\nrule = \"log-retention\"\n");
    assert_eq!(check(&["--waivers", "waivers.toml"]).code, 3);

    assert_eq!(check(&["--write-baseline", "baseline.json"]).code, 1);
    assert_eq!(check(&["--baseline", "baseline.json"]).code, 0);
}

#[test]
fn a_report_can_go_to_a_file() {
    let folder = Folder::new();
    folder.write("input.json", VIOLATED);
    let ended = folder.drstack(&[
        "check",
        "input.json",
        "--rule",
        "log-retention",
        "--format",
        "json",
        "--output",
        "report.json",
    ]);
    assert_eq!((ended.code, ended.out.as_str()), (1, ""));
    let report = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["summary"]["violated"], 1);
    assert_eq!(report["findings"][0]["address"], "aws_cloudwatch_log_group.a");
}

#[test]
fn the_stack_itself_is_checked_when_nothing_is_named() {
    let folder = Folder::new();
    let ended = folder.drstack(&["check"]);
    assert_eq!(ended.code, 0, "{}", ended.out);
    assert!(!folder.out().exists());
}

/// A root that calls a module beside it, which keeps logs as long as the root's variable says.
fn environment(folder: &Folder) {
    folder.write(
        "envs/prod/main.tf.json",
        r#"{"variable":{"days":{"default":0}},"module":{"logs":{"source":"../../modules/logs","days":"${var.days}"}}}"#,
    );
    folder.write(
        "modules/logs/main.tf.json",
        r#"{"variable":{"days":{}},"resource":{"aws_cloudwatch_log_group":{"main":{"name":"/a","retention_in_days":"${var.days}"}}}}"#,
    );
}

#[test]
fn modules_beside_the_directory_are_judged() {
    let folder = Folder::new();
    environment(&folder);
    let ended = folder.drstack(&["check", "envs/prod", "--rule", "log-retention"]);
    assert_eq!(ended.code, 1, "{}", ended.out);
    assert!(ended.out.contains("modules/logs/main.tf.json:1"), "{}", ended.out);
    assert!(!ended.out.contains("modules from elsewhere"), "{}", ended.out);
}

#[test]
fn variables_have_the_values_that_terraform_would_load() {
    for (name, text, code) in [
        ("envs/prod/terraform.tfvars", "days = 14\n", 0),
        ("envs/prod/terraform.tfvars.json", r#"{"days":14}"#, 0),
        ("envs/prod/a.auto.tfvars", "days = 7", 0),
        ("envs/prod/other.tfvars", "days = 7", 1),
        ("envs/prod/terraform.tfvars", "days 14", 2),
    ] {
        let folder = Folder::new();
        environment(&folder);
        folder.write(name, text);
        let ended = folder.drstack(&["check", "envs/prod", "--rule", "log-retention"]);
        assert_eq!(ended.code, code, "{name}: {}{}", ended.out, ended.err);
    }
    let folder = Folder::new();
    environment(&folder);
    folder.write("envs/prod/terraform.tfvars.json", r#"{"days":0}"#);
    folder.write("envs/prod/a.auto.tfvars.json", r#"{"days":14}"#);
    assert_eq!(folder.drstack(&["check", "envs/prod", "--rule", "log-retention"]).code, 0);
}

#[test]
fn a_package_beside_the_configuration_holds_its_handler() {
    let folder = Folder::new();
    assert_eq!(folder.drstack(&["synth"]).code, 0);
    let check = || folder.drstack(&["check", "drstack.out", "--rule", "lambda-package"]);
    let ended = check();
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);

    let file = "drstack.out/modules/us-east-1/compute/main.tf.json";
    let text = fs::read_to_string(folder.path().join(file)).unwrap();
    folder.write(file, &text.replace("handler.handler", "handler.nope"));
    let ended = check();
    assert_eq!(ended.code, 1, "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("the package does not hold the handler"), "{}", ended.out);

    folder.write(file, &text);
    folder.write("drstack.out/lambda/transaction-processor.zip", "no archive");
    let ended = check();
    assert_eq!(ended.code, 1, "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("can't be opened"), "{}", ended.out);

    fs::remove_file(folder.out().join("lambda/transaction-processor.zip")).unwrap();
    assert_eq!(check().code, 0, "it may be built later");
}

#[test]
fn inputs_in_the_working_directory_are_named_relative_to_it() {
    let folder = Folder::new();
    folder.write("plans/input.json", VIOLATED);
    let absolute = folder.path().canonicalize().unwrap().join("plans/input.json");
    let absolute = absolute.to_str().unwrap();
    let ended =
        folder.drstack(&["check", absolute, "--rule", "log-retention", "--format", "github"]);
    assert!(ended.out.contains("file=plans/input.json,"), "{}", ended.out);
}

#[test]
fn every_rule_that_a_finding_names_is_explained() {
    let folder = Folder::new();
    let listed = folder.drstack(&["rules"]).out;
    for rule in ["log-retention", "waiver", "stale-baseline"] {
        assert!(listed.lines().any(|line| line.starts_with(rule)), "{listed}");
        let explained = folder.drstack(&["rules", rule]);
        assert_eq!(explained.code, 0, "{}", explained.err);
        assert!(explained.out.starts_with(&format!("# {rule}\n")), "{}", explained.out);
    }
}
