//! `drstack graph`.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::run::Folder;

/// Two regions, and a queue that needs the other region's key.
fn entangled() -> String {
    let main = json!({
        "provider": {"aws": [{"region": "eu-west-1"}, {"alias": "dr", "region": "eu-west-2"}]},
        "resource": {
            "aws_kms_key": {"main": {}},
            "aws_sqs_queue": {"work": {"provider": "aws.dr", "kms_master_key_id": "${aws_kms_key.main.arn}"}},
        },
    });
    main.to_string()
}

#[test]
fn the_default_stack_has_ten_boxes_in_each_region_and_nothing_fatal() {
    let ended = Folder::new().drstack(&["graph"]);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    for column in ["c1_", "c2_"] {
        let lines = ended.out.lines().map(str::trim_start);
        assert_eq!(lines.filter(|line| line.starts_with(column) && line.contains('[')).count(), 10);
    }
    for label in [
        "weight 100",
        "weight 0",
        "global database",
        "global table replicas",
        "S3 replication, both ways",
        "topic → queue",
        "secret replica",
        "peering",
    ] {
        assert!(ended.out.contains(&format!("|\"{label}\"|")), "no {label} in {}", ended.out);
    }
    assert!(!ended.out.contains("-.->"), "{}", ended.out);
}

/// The picture in README. `cargo run -- graph --format svg --output docs/stack.svg` draws it anew.
#[test]
fn the_picture_of_the_documentation_is_that_of_the_default_stack() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/stack.svg");
    let ended = Folder::new().drstack(&["graph", "--format", "svg"]);
    assert!(
        fs::read_to_string(file).unwrap() == ended.out,
        "docs/stack.svg is out of date: run `cargo run -- graph --format svg --output docs/stack.svg`"
    );
}

#[test]
fn a_picture_shows_what_is_fatal_and_does_not_fail() {
    let folder = Folder::new();
    folder.write("stack/main.tf.json", &entangled());
    let tie = "aws_sqs_queue.work kms_master_key_id → aws_kms_key.main";
    for (format, mark) in [("mermaid", "-.->|\"fatal\"|"), ("dot", tie), ("svg", tie)] {
        let ended = folder.drstack(&["graph", "stack", "--format", format]);
        assert_eq!(ended.code, 0, "{}", ended.err);
        assert!(ended.out.contains(mark), "{}", ended.out);
    }
    // The other direction breaks nothing.
    let ended = folder.drstack(&["graph", "stack", "--lose", "eu-west-2"]);
    assert!(ended.code == 0 && !ended.out.contains("|\"fatal\"|"), "{}", ended.out);
}

#[test]
fn a_picture_goes_to_a_file_and_comes_from_standard_input() {
    let folder = Folder::new();
    folder.write("stack/main.tf.json", &entangled());
    let printed = folder.drstack(&["graph", "stack", "--detail"]).out;
    let ended = folder.drstack(&["graph", "stack", "--detail", "--output", "stack.mmd"]);
    assert_eq!((ended.code, ended.out.as_str()), (0, ""), "{}", ended.err);
    assert_eq!(fs::read_to_string(folder.path().join("stack.mmd")).unwrap(), printed);
    assert!(printed.contains("aws_sqs_queue: work"), "{printed}");

    let state = json!({"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": {"resources": [{
        "address": "aws_sqs_queue.work", "mode": "managed", "type": "aws_sqs_queue", "name": "work",
        "provider_name": "registry.terraform.io/hashicorp/aws", "schema_version": 0,
        "values": {"arn": "arn:aws:sqs:eu-west-1:111122223333:work"},
    }]}}});
    let ended = folder.drstack_reading(&["graph", "-"], &state.to_string());
    assert!(ended.code == 0 && ended.out.contains("eu-west-1"), "{}{}", ended.out, ended.err);
}

#[test]
fn what_cannot_be_drawn_is_told() {
    let folder = Folder::new();
    folder.write("stack/main.tf.json", &entangled());
    assert_eq!(folder.drstack(&["graph", "missing"]).code, 2);
    let ended = folder.drstack(&["graph", "stack", "--lose", "eu-west-3"]);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("eu-west-1, eu-west-2"), "{}", ended.err);
    assert_eq!(folder.drstack(&["graph", "--format", "png"]).code, 3);
    assert_eq!(folder.drstack(&["graph", "stack", "--output", "no/such/folder"]).code, 3);
}
