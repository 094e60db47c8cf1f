//! `drstack drill`.

use serde_json::{Value, json};

use crate::run::Folder;

fn json_of(folder: &Folder, arguments: &[&str]) -> (i32, Value) {
    let arguments: Vec<&str> =
        ["drill", "--format", "json"].iter().chain(arguments).copied().collect();
    let ended = folder.drstack(&arguments);
    let value = serde_json::from_str(&ended.out)
        .unwrap_or_else(|error| panic!("{error}: {}{}", ended.out, ended.err));
    (ended.code, value)
}

fn classes(outcome: &Value) -> Vec<&str> {
    let crossings = outcome["drill"]["crossings"].as_array().unwrap();
    crossings.iter().map(|crossing| crossing["class"].as_str().unwrap()).collect()
}

#[test]
fn the_default_stack_survives_either_loss() {
    let folder = Folder::new();
    for region in ["us-east-1", "us-east-2"] {
        let (code, outcome) = json_of(&folder, &["--lose", region]);
        let classes = classes(&outcome);
        assert!(!classes.contains(&"fatal") && !classes.contains(&"undetermined"), "{outcome:#}");
        assert!(classes.contains(&"allowed"), "{region}");
        assert!(outcome["drill"]["reached"].as_u64().unwrap() > 100);
        assert_eq!(code, 0, "{region}");
    }
}

/// The numbers of the default stack by hand: health check 10 s x 3, propagation 10 s, TTL 60 s; alarms 60 s x 2,
/// promotion 300 s, the endpoint's DNS 65 s; verification 100 s; thresholds 180 s, the queue's 90 s.
#[test]
fn the_default_stack_leaves_a_person_time_to_decide() {
    let (_, outcome) = json_of(&Folder::new(), &[]);
    let budget = &outcome["budget"];
    let seconds = |terms: &Value| -> Vec<u64> {
        terms
            .as_array()
            .unwrap()
            .iter()
            .map(|term| term["amount"]["seconds"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(seconds(&budget["time"]["dns"]), [30, 10, 60]);
    assert_eq!(seconds(&budget["time"]["database"]), [120, 300, 65]);
    assert_eq!(budget["time"]["verify"]["amount"], json!({"seconds": 100}));
    assert_eq!(budget["decision_seconds"], 315);
    assert_eq!(budget["worst_loss"], json!({"seconds": 300}));
    let losses: Vec<(&str, Vec<u64>, &Value)> = budget["losses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|loss| {
            (loss["store"].as_str().unwrap(), seconds(&loss["terms"]), &loss["promise"]["amount"])
        })
        .collect();
    let (unbounded, quarter) = (json!("unbounded"), json!({"seconds": 900}));
    assert_eq!(
        losses,
        [
            ("module.compute_us_east_1.aws_sqs_queue.transactions", vec![90, 120], &unbounded),
            ("module.database_us_east_1.aws_dynamodb_table.sessions", vec![180, 120], &unbounded),
            ("module.database_us_east_1.aws_rds_cluster.main", vec![180, 120], &unbounded),
            ("module.storage_us_east_1.aws_s3_bucket.documents", vec![180, 120], &quarter),
            ("module.storage_us_east_1.aws_s3_bucket.transaction_logs", vec![180, 120], &quarter),
        ]
    );
}

#[test]
fn people_read_the_path_of_a_fatal_edge() {
    let folder = Folder::new();
    let main = json!({
        "provider": {"aws": [{"region": "eu-west-1"}, {"alias": "dr", "region": "eu-west-2"}]},
        "resource": {
            "aws_kms_key": {"main": {}},
            "aws_sqs_queue": {"work": {"provider": "aws.dr", "kms_master_key_id": "${aws_kms_key.main.arn}"}},
        },
    });
    folder.write("stack/main.tf.json", &main.to_string());
    let ended = folder.drstack(&["drill", "stack", "--lose", "eu-west-1"]);
    assert_eq!(ended.code, 1, "{}", ended.err);
    assert!(ended.out.contains("fatal: 1"), "{}", ended.out);
    assert!(ended.out.contains("aws_sqs_queue.work\n    -> aws_kms_key.main"), "{}", ended.out);

    // Which region serves does not follow from this, and nothing is in a third one.
    for arguments in [&["drill", "stack"][..], &["drill", "stack", "--lose", "eu-west-3"]] {
        let ended = folder.drstack(arguments);
        assert_eq!(ended.code, 2, "{}", ended.err);
        assert!(ended.err.contains("eu-west-1, eu-west-2"), "{}", ended.err);
    }
    assert_eq!(folder.drstack(&["drill", "missing"]).code, 2);
    assert_eq!(folder.drstack(&["drill", "--format", "xml"]).code, 3);
}

#[test]
fn a_drill_without_a_budget_says_why() {
    let folder = Folder::new();
    let main = json!({
        "provider": {"aws": [
            {"region": "eu-west-1"},
            {"alias": "two", "region": "eu-west-2"},
            {"alias": "three", "region": "eu-west-3"},
        ]},
        "resource": {"aws_sqs_queue": {
            "one": {}, "two": {"provider": "aws.two"}, "three": {"provider": "aws.three"},
        }},
    });
    folder.write("stack/main.tf.json", &main.to_string());
    let ended = folder.drstack(&["drill", "stack", "--lose", "eu-west-1"]);
    assert_eq!(ended.code, 2, "{}", ended.out);
    let why = "which region takes over for eu-west-1 does not follow from the input";
    assert!(ended.out.contains(&format!("no budget of time and loss: {why}")), "{}", ended.out);
    let (_, lost) = json_of(&Folder::new(), &["--lose", "us-east-2"]);
    assert!(lost["budget"].is_null());
    let why = lost["no_budget"].as_str().unwrap();
    assert!(why.starts_with("us-east-2 is not the region that serves"), "{why}");
}

/// A drill of a configuration of two regions, of which the first is lost.
fn lost(resources: &Value) -> (i32, String) {
    let folder = Folder::new();
    let main = json!({
        "provider": {"aws": [{"region": "eu-west-1"}, {"alias": "dr", "region": "eu-west-2"}]},
        "resource": resources,
    });
    folder.write("stack/main.tf.json", &main.to_string());
    let ended = folder.drstack(&["drill", "stack", "--lose", "eu-west-1"]);
    (ended.code, ended.out)
}

#[test]
fn stores_without_a_copy_are_named_and_fail_the_drill() {
    let (code, out) = lost(&json!({
        "aws_rds_cluster": {"orders": {"master_username": "x"}},
        "aws_db_instance": {"reports": {}},
        "aws_efs_file_system": {"files": {}},
        "aws_dynamodb_table": {"here": {"name": "here"}, "there": {"name": "there", "provider": "aws.dr"}},
    }));
    assert_eq!(code, 1, "{out}");
    for store in [
        "aws_rds_cluster.orders",
        "aws_db_instance.reports",
        "aws_efs_file_system.files",
        "aws_dynamodb_table.here",
    ] {
        assert!(out.contains(&format!("unbounded  {store} has no copy in eu-west-2")), "{out}");
    }
    assert!(out.contains("violated  4 without a copy in eu-west-2\n= unbounded  worst"), "{out}");
    assert!(!out.contains("aws_dynamodb_table.there"), "{out}");
}

#[test]
fn a_read_replica_waits_for_a_person() {
    let (code, out) = lost(&json!({"aws_db_instance": {
        "main": {"identifier": "main"},
        "copy": {"provider": "aws.dr", "identifier": "copy", "replicate_source_db": "${aws_db_instance.main.arn}"},
    }, "aws_vpc": {"dr": {"provider": "aws.dr"}, "main": {}}}));
    assert_eq!(code, 1, "nobody is told of its lag: {out}");
    assert!(out.contains("what is promoted takes writes, decision apart"), "{out}");
    assert!(out.contains("somebody promotes the copy in eu-west-2"), "{out}");
    assert!(out.contains("USER_ReadRepl"), "{out}");
}

#[test]
fn a_stack_without_stores_loses_nothing_that_shows() {
    let (code, out) =
        lost(&json!({"aws_lambda_function": {"main": {}, "dr": {"provider": "aws.dr"}}}));
    assert!(
        out.contains("no store is known in eu-west-1: nothing is lost that the plan shows"),
        "{out}"
    );
    assert!(!out.contains("worst"), "{out}");
    assert_eq!(code, 0, "{out}");
}
