//! `drstack runbook`.

use std::fs;

use serde_json::json;

use crate::run::Folder;

fn runbook(folder: &Folder, arguments: &[&str]) -> String {
    let ended = folder.drstack(&[&["runbook"], arguments].concat());
    assert_eq!(ended.code, 0, "{}", ended.err);
    ended.out
}

#[test]
fn the_default_stack_has_every_part_under_its_own_names() {
    let text = runbook(&Folder::new(), &["--environment-suffix", "pr-7"]);
    assert!(text.starts_with("# Runbook: us-east-1 is lost, us-east-2 takes over\n"), "{text}");
    for part in [
        "## Decide",
        "## 1 Before you start",
        "## 2 Failover: us-east-1 is lost",
        "## 3 us-east-1 is back",
        "## 4 Failback to us-east-1",
        "## 5 Rehearsal: a planned switch",
        "## Terraform",
        "## What is where",
    ] {
        assert!(text.lines().any(|line| line == part), "no {part}");
    }
    for name in [
        "drstack-global-pr-7",
        "drstack-aurora-pr-7",
        "drstack-sessions-pr-7",
        "drstack-transactions-pr-7",
        "drstack-dead-letters-pr-7",
        "drstack-processor-pr-7",
        "drstack-transaction-logs-us-east-2-pr-7",
        "drstack-database-pr-7",
        "drstack-pr-7.drstack.test",
        "latch#us-east-1",
        "module.compute_us_east_1.aws_lambda_event_source_mapping.transactions",
    ] {
        assert!(text.contains(name), "no {name}");
    }
    // Nothing is missing, and the configuration ignores what a failover changes.
    assert!(!text.contains("## What is not here"));
    assert_eq!(text.matches("The configuration ignores it").count(), 2);
    // 900 s less detection, promotion, the endpoint's DNS and verification.
    assert!(text.contains("**5 min 15 s are left to decide, counted from the alarm.**"));
}

#[test]
fn the_written_stack_gives_the_runbook_of_the_stack() {
    let folder = Folder::new();
    folder.drstack(&["init"]);
    assert_eq!(folder.drstack(&["synth"]).code, 0);
    let of_stack = runbook(&folder, &[]);
    assert_eq!(runbook(&folder, &["drstack.out", "--config", "drstack.toml"]), of_stack);
    let ended = folder.drstack(&["runbook", "drstack.out", "--output", "runbook.md"]);
    assert_eq!((ended.code, ended.out.as_str()), (0, ""));
    assert_eq!(fs::read_to_string(folder.path().join("runbook.md")).unwrap(), of_stack);
}

#[test]
fn the_other_direction_is_a_runbook_too() {
    let text = runbook(&Folder::new(), &["--lose", "us-east-2"]);
    assert!(text.starts_with("# Runbook: us-east-2 is lost, us-east-1 takes over\n"), "{text}");
    assert!(text.contains("## 4 us-east-2 stands by again\n"));
}

#[test]
fn what_can_not_recover_has_no_runbook() {
    let folder = Folder::new();
    let main = json!({
        "provider": {"aws": [{"region": "eu-west-1"}, {"alias": "dr", "region": "eu-west-2"}]},
        "resource": {
            "aws_sqs_queue": {"one": {"name": "one"}, "two": {"name": "two", "provider": "aws.dr"}},
        },
    });
    folder.write("stack/main.tf.json", &main.to_string());
    let ended = folder.drstack(&["runbook", "stack", "--lose", "eu-west-1", "--output", "x.md"]);
    assert_eq!(ended.code, 2, "{}", ended.err);
    assert!(ended.err.contains("Aurora global database"), "{}", ended.err);
    assert!(!folder.path().join("x.md").exists());

    // Which region serves does not follow from this, nothing is in a third one, and there is no such input.
    for arguments in [&["stack"][..], &["stack", "--lose", "eu-west-3"], &["missing"]] {
        let ended = folder.drstack(&[&["runbook"], arguments].concat());
        assert_eq!(ended.code, 2, "{arguments:?}: {}", ended.err);
    }
    for arguments in [&["--lost", "eu-west-1"][..], &["--config", "missing.toml"]] {
        let ended = folder.drstack(&[&["runbook"], arguments].concat());
        assert_eq!(ended.code, 3, "{arguments:?}: {}", ended.err);
    }
}
