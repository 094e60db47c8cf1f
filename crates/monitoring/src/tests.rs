//! The modules as Terraform reads them.

use std::collections::BTreeSet;

use crate::{
    Backlog, Delivery, HealthAlarms, HealthWiring, Monitoring, Objectives, Outputs, Replication,
    Role, Wiring,
};
use drstack_terraform::{Component, ModuleName, Names, Profile, Region};
use drstack_testing::ProviderSchema;
use serde_json::{Value, json};

const PRIMARY: Region = Region::US_EAST_1;
const RECOVERY: Region = Region::US_EAST_2;

fn names() -> Names {
    Names::new("payments").unwrap()
}

fn monitoring(role: Role) -> Monitoring {
    let (region, peer) = match role {
        Role::Primary => (PRIMARY, RECOVERY),
        Role::Recovery => (RECOVERY, PRIMARY),
    };
    Monitoring::new(names(), region, peer, role)
}

fn other(role: Role) -> Role {
    match role {
        Role::Primary => Role::Recovery,
        Role::Recovery => Role::Primary,
    }
}

fn wiring(role: Role) -> Wiring {
    let (region, peer) = match role {
        Role::Primary => (PRIMARY, RECOVERY),
        Role::Recovery => (RECOVERY, PRIMARY),
    };
    let domain = |name| ModuleName::regional(name, region);
    let Outputs { topic, alarm_queue, .. } = monitoring(other(role)).outputs();
    Wiring {
        key: domain("security").get("monitoring"),
        peer_topic: topic,
        peer_queue: alarm_queue,
        health_topic: None,
        cluster: domain("database").get("main"),
        function: domain("compute").get("processor"),
        queue: domain("compute").get("transactions"),
        dead_letter_queue: domain("compute").get("dead_letters"),
        table_name: "payments-sessions".into(),
        load_balancer: domain("compute").get("main"),
        target_group: domain("compute").get("processor"),
        replications: vec![Replication {
            label: "transaction-logs",
            bucket: domain("storage").get("transaction_logs"),
            peer_bucket: ModuleName::regional("storage", peer).get("transaction_logs"),
            rule_id: "outgoing".into(),
            peer_rule_id: "incoming".into(),
        }],
    }
}

fn checked(document: &Value) -> Value {
    assert_eq!(ProviderSchema::load().validate_document(document), []);
    document["resource"].clone()
}

/// The resources, checked against the provider's schema.
fn resources(monitoring: &Monitoring, wiring: &Wiring) -> Value {
    checked(&monitoring.build(wiring).unwrap().document().unwrap())
}

fn of(role: Role) -> Value {
    resources(&monitoring(role), &wiring(role))
}

fn statements(policy: &Value) -> Value {
    serde_json::from_str::<Value>(policy["policy"].as_str().unwrap()).unwrap()["Statement"].take()
}

/// Metric, statistic, dimensions, threshold, datapoints and missing data of an alarm.
fn essence(alarm: &Value) -> Value {
    let fields = [
        "namespace",
        "metric_name",
        "statistic",
        "dimensions",
        "comparison_operator",
        "threshold",
        "datapoints_to_alarm",
        "treat_missing_data",
    ];
    fields.map(|field| alarm[field].clone()).to_vec().into()
}

const ABOVE: &str = "GreaterThanThreshold";
const QUIET: &str = "notBreaching";

#[test]
fn an_alarm_tells_its_regions_topic_when_it_rings_and_when_it_stops() {
    assert_eq!(
        of(Role::Recovery)["aws_cloudwatch_metric_alarm"]["aurora_rpo_lag"],
        json!({
            "alarm_name": "payments-aurora-rpo-lag-${var.environment_suffix}",
            "alarm_description":
                "Commits would be lost: this region's Aurora cluster is more than 180 s behind the primary region, or \
                 gets nothing from it. Decide on a failover within 315 s (RPO 300 s, RTO 900 s).",
            "namespace": "AWS/RDS",
            "metric_name": "AuroraGlobalDBRPOLag",
            "statistic": "Maximum",
            "dimensions": { "DBClusterIdentifier": "${var.database_rds_cluster_main_cluster_identifier}" },
            "period": 60,
            "evaluation_periods": 2,
            "datapoints_to_alarm": 2,
            "comparison_operator": "GreaterThanThreshold",
            "threshold": 180_000,
            "treat_missing_data": "breaching",
            "alarm_actions": ["${aws_sns_topic.alarms.arn}"],
            "ok_actions": ["${aws_sns_topic.alarms.arn}"],
        })
    );
    for role in [Role::Primary, Role::Recovery] {
        for (name, alarm) in of(role)["aws_cloudwatch_metric_alarm"].as_object().unwrap() {
            for actions in ["alarm_actions", "ok_actions"] {
                assert_eq!(alarm[actions], json!(["${aws_sns_topic.alarms.arn}"]), "{name}");
            }
            assert_eq!((&alarm["period"], &alarm["evaluation_periods"]), (&json!(60), &json!(2)));
        }
    }
}

#[test]
fn silence_about_the_lag_is_an_alarm_only_where_the_secondary_is() {
    for (role, missing) in [(Role::Primary, "notBreaching"), (Role::Recovery, "breaching")] {
        let alarms = of(role)["aws_cloudwatch_metric_alarm"].take();
        for (alarm, metric) in [
            ("aurora_rpo_lag", "AuroraGlobalDBRPOLag"),
            ("aurora_replication_lag", "AuroraGlobalDBReplicationLag"),
        ] {
            assert_eq!(alarms[alarm]["metric_name"], metric);
            assert_eq!(alarms[alarm]["treat_missing_data"], missing, "{role:?}");
        }
    }
}

#[test]
fn function_queues_table_and_load_balancer_are_watched() {
    let alarms = of(Role::Primary)["aws_cloudwatch_metric_alarm"].take();
    let function =
        json!({ "FunctionName": "${var.compute_lambda_function_processor_function_name}" });
    let queue = json!({ "QueueName": "${var.compute_sqs_queue_transactions_name}" });
    let dead_letters = json!({ "QueueName": "${var.compute_sqs_queue_dead_letters_name}" });
    let table = json!({ "TableName": "payments-sessions", "ReceivingRegion": "us-east-2" });
    let load_balancer = json!({ "LoadBalancer": "${var.compute_lb_main_arn_suffix}" });
    let target = json!({
        "LoadBalancer": "${var.compute_lb_main_arn_suffix}",
        "TargetGroup": "${var.compute_lb_target_group_processor_arn_suffix}",
    });
    let alb = "AWS/ApplicationELB";
    let expected = [
        ("function_errors", json!(["AWS/Lambda", "Errors", "Sum", function, ABOVE, 0, 2, QUIET])),
        (
            "function_throttles",
            json!(["AWS/Lambda", "Throttles", "Sum", function, ABOVE, 0, 2, QUIET]),
        ),
        (
            "function_duration",
            json!(["AWS/Lambda", "Duration", "Maximum", function, ABOVE, 24_000, 2, QUIET]),
        ),
        (
            "queue_age",
            json!([
                "AWS/SQS",
                "ApproximateAgeOfOldestMessage",
                "Maximum",
                queue,
                ABOVE,
                90,
                2,
                QUIET
            ]),
        ),
        (
            "dead_letters",
            json!([
                "AWS/SQS",
                "ApproximateNumberOfMessagesVisible",
                "Maximum",
                dead_letters,
                ABOVE,
                0,
                1,
                QUIET
            ]),
        ),
        (
            "table_replication_latency",
            json!([
                "AWS/DynamoDB",
                "ReplicationLatency",
                "Maximum",
                table,
                ABOVE,
                180_000,
                2,
                QUIET
            ]),
        ),
        (
            "load_balancer_5xx",
            json!([alb, "HTTPCode_ELB_5XX_Count", "Sum", load_balancer, ABOVE, 0, 2, QUIET]),
        ),
        (
            "target_5xx",
            json!([alb, "HTTPCode_Target_5XX_Count", "Sum", target, ABOVE, 0, 2, QUIET]),
        ),
        ("target_user_errors", json!([alb, "LambdaUserError", "Sum", target, ABOVE, 0, 2, QUIET])),
        (
            "target_internal_errors",
            json!([alb, "LambdaInternalError", "Sum", target, ABOVE, 0, 2, QUIET]),
        ),
    ];
    for (name, expected) in expected {
        assert_eq!(essence(&alarms[name]), expected, "{name}");
    }
}

#[test]
fn replication_is_watched_where_s3_emits_its_metrics() {
    let monitoring =
        monitoring(Role::Recovery).backlog(Backlog { operations: 50, bytes: 1_000_000 });
    let alarms =
        resources(&monitoring, &wiring(Role::Recovery))["aws_cloudwatch_metric_alarm"].take();
    let here = "${var.storage_s3_bucket_transaction_logs_bucket}";
    let there = "${var.storage_us_east_1_s3_bucket_transaction_logs_bucket}";
    let incoming =
        json!({ "SourceBucket": there, "DestinationBucket": here, "RuleId": "incoming" });
    let outgoing =
        json!({ "SourceBucket": here, "DestinationBucket": there, "RuleId": "outgoing" });
    let expected = [
        (
            "latency",
            json!(["AWS/S3", "ReplicationLatency", "Maximum", incoming, ABOVE, 180, 2, QUIET]),
        ),
        (
            "bytes_pending",
            json!([
                "AWS/S3",
                "BytesPendingReplication",
                "Maximum",
                incoming,
                ABOVE,
                1_000_000,
                2,
                QUIET
            ]),
        ),
        (
            "operations_pending",
            json!([
                "AWS/S3",
                "OperationsPendingReplication",
                "Maximum",
                incoming,
                ABOVE,
                50,
                2,
                QUIET
            ]),
        ),
        (
            "failed",
            json!(["AWS/S3", "OperationsFailedReplication", "Sum", outgoing, ABOVE, 0, 1, QUIET]),
        ),
    ];
    for (what, expected) in expected {
        let name = format!("transaction_logs_replication_{what}");
        assert_eq!(essence(&alarms[&name]), expected, "{name}");
    }
}

#[test]
fn thresholds_follow_the_objectives() {
    let monitoring = monitoring(Role::Recovery)
        .objectives(Objectives::new(600, 1_800).unwrap())
        .function_timeout(10);
    let alarms =
        resources(&monitoring, &wiring(Role::Recovery))["aws_cloudwatch_metric_alarm"].take();
    let thresholds = [
        ("aurora_rpo_lag", 480_000),
        ("aurora_replication_lag", 480_000),
        ("table_replication_latency", 480_000),
        ("transaction_logs_replication_latency", 480),
        ("queue_age", 240),
        ("function_duration", 8_000),
    ];
    for (name, threshold) in thresholds {
        assert_eq!(alarms[name]["threshold"], threshold, "{name}");
    }
}

#[test]
fn each_topic_reaches_the_queues_of_both_regions() {
    let resources = of(Role::Primary);
    assert_eq!(
        resources["aws_sns_topic"]["alarms"],
        json!({
            "name": "payments-alarms-${var.environment_suffix}",
            "kms_master_key_id": "${var.security_kms_key_monitoring_arn}",
        })
    );
    assert_eq!(
        resources["aws_sns_topic_subscription"],
        json!({
            "us_east_2": {
                "topic_arn": "${aws_sns_topic.alarms.arn}",
                "protocol": "sqs",
                "endpoint": "${var.monitoring_us_east_2_sqs_queue_alarms_arn_when_ready}",
                "raw_message_delivery": true,
            },
            "us_east_1": {
                "topic_arn": "${aws_sns_topic.alarms.arn}",
                "protocol": "sqs",
                "endpoint": "${aws_sqs_queue.alarms.arn}",
                "raw_message_delivery": true,
                "depends_on": ["aws_sqs_queue_policy.alarms"],
            },
        })
    );
    assert_eq!(
        resources["aws_sqs_queue"]["alarms"],
        json!({
            "name": "payments-alarms-${var.environment_suffix}",
            "kms_master_key_id": "${var.security_kms_key_monitoring_arn}",
            "kms_data_key_reuse_period_seconds": 300,
            "message_retention_seconds": 1_209_600,
        })
    );
    let policy = &resources["aws_sqs_queue_policy"]["alarms"];
    assert_eq!(policy["queue_url"], "${aws_sqs_queue.alarms.url}");
    assert_eq!(
        statements(policy),
        json!([
            {
                "Sid": "Topics",
                "Effect": "Allow",
                "Principal": { "Service": ["sns.amazonaws.com"] },
                "Action": ["sqs:SendMessage"],
                "Resource": ["${aws_sqs_queue.alarms.arn}"],
                "Condition": { "ArnEquals": { "aws:SourceArn": [
                    "${aws_sns_topic.alarms.arn}",
                    "${var.monitoring_us_east_2_sns_topic_alarms_arn_when_ready}",
                ] } },
            },
            {
                "Sid": "OnlyTls",
                "Effect": "Deny",
                "Principal": { "AWS": ["*"] },
                "Action": ["sqs:*"],
                "Resource": ["${aws_sqs_queue.alarms.arn}"],
                "Condition": { "Bool": { "aws:SecureTransport": ["false"] } },
            },
        ])
    );
}

#[test]
fn only_this_accounts_alarms_and_events_may_publish() {
    let resources = of(Role::Primary);
    let policy = &resources["aws_sns_topic_policy"]["alarms"];
    assert_eq!(policy["arn"], "${aws_sns_topic.alarms.arn}");
    let allow = |sid: &str, service: &str, condition: Value| {
        let mut statement = json!({
            "Sid": sid,
            "Effect": "Allow",
            "Principal": { "Service": [service] },
            "Action": ["sns:Publish"],
            "Resource": ["${aws_sns_topic.alarms.arn}"],
        });
        if !condition.is_null() {
            statement["Condition"] = condition;
        }
        statement
    };
    let from = |arn: &str| {
        json!({
            "StringEquals": { "aws:SourceAccount": ["${var.account_id}"] },
            "ArnLike": { "aws:SourceArn": [arn] },
        })
    };
    let alarms = "arn:aws:cloudwatch:us-east-1:${var.account_id}:alarm:payments-*";
    assert_eq!(
        statements(policy),
        json!([
            allow("Alarms", "cloudwatch.amazonaws.com", from(alarms)),
            allow(
                "DatabaseEvents",
                "events.rds.amazonaws.com",
                from("arn:aws:rds:us-east-1:${var.account_id}:*")
            ),
            allow("Events", "events.amazonaws.com", Value::Null),
            {
                "Sid": "OnlyTls",
                "Effect": "Deny",
                "Principal": { "AWS": ["*"] },
                "Action": ["sns:Publish"],
                "Resource": ["${aws_sns_topic.alarms.arn}"],
                "Condition": { "Bool": { "aws:SecureTransport": ["false"] } },
            },
        ])
    );
}

#[test]
fn people_are_subscribed_by_choice() {
    let emails = vec!["on-call@example.org".to_owned(), "audit@example.org".to_owned()];
    let resources = resources(&monitoring(Role::Primary).emails(emails), &wiring(Role::Primary));
    assert_eq!(
        resources["aws_sns_topic_subscription"]["email_on--call_example_org"],
        json!({
            "topic_arn": "${aws_sns_topic.alarms.arn}",
            "protocol": "email",
            "endpoint": "on-call@example.org",
        })
    );
    assert_eq!(resources["aws_sns_topic_subscription"].as_object().unwrap().len(), 4);
}

#[test]
fn the_dashboard_shows_every_alarm_and_metric() {
    let resources = of(Role::Recovery);
    let dashboard = &resources["aws_cloudwatch_dashboard"]["overview"];
    assert_eq!(
        dashboard["dashboard_name"],
        "payments-overview-us-east-2-${var.environment_suffix}"
    );
    let body: Value = serde_json::from_str(dashboard["dashboard_body"].as_str().unwrap()).unwrap();
    let widgets = body["widgets"].as_array().unwrap();
    let alarms = resources["aws_cloudwatch_metric_alarm"].as_object().unwrap();
    let shown: BTreeSet<_> = widgets[0]["properties"]["alarms"]
        .as_array()
        .unwrap()
        .iter()
        .map(Value::to_string)
        .collect();
    let expected: BTreeSet<_> = alarms
        .keys()
        .map(|name| format!("\"${{aws_cloudwatch_metric_alarm.{name}.arn}}\""))
        .collect();
    assert_eq!(shown, expected);
    let rows: usize = widgets[1..]
        .iter()
        .map(|widget| widget["properties"]["metrics"].as_array().unwrap().len())
        .sum();
    assert_eq!(rows, alarms.len());
    assert_eq!(
        widgets[1],
        json!({
            "type": "metric",
            "x": 0,
            "y": 5,
            "width": 8,
            "height": 6,
            "properties": {
                "title": "Aurora lag, ms",
                "region": "us-east-2",
                "view": "timeSeries",
                "stacked": false,
                "period": 60,
                "metrics": [
                    [
                        "AWS/RDS",
                        "AuroraGlobalDBRPOLag",
                        "DBClusterIdentifier",
                        "${var.database_rds_cluster_main_cluster_identifier}",
                        { "stat": "Maximum", "label": "aurora-rpo-lag" },
                    ],
                    [
                        "AWS/RDS",
                        "AuroraGlobalDBReplicationLag",
                        "DBClusterIdentifier",
                        "${var.database_rds_cluster_main_cluster_identifier}",
                        { "stat": "Maximum", "label": "aurora-replication-lag" },
                    ],
                ],
                "annotations": { "horizontal": [{ "label": "alarm", "value": 180_000 }] },
            },
        })
    );
}

#[test]
fn no_widget_covers_another() {
    let resources = of(Role::Primary);
    let body =
        resources["aws_cloudwatch_dashboard"]["overview"]["dashboard_body"].as_str().unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let mut cells = BTreeSet::new();
    for widget in body["widgets"].as_array().unwrap() {
        let number = |field: &str| widget[field].as_u64().unwrap();
        assert!(number("x") + number("width") <= 24);
        for x in number("x")..number("x") + number("width") {
            for y in number("y")..number("y") + number("height") {
                assert!(cells.insert((x, y)), "{x}, {y}");
            }
        }
    }
}

#[test]
fn outputs_are_ready_when_their_policies_are() {
    let monitoring = monitoring(Role::Recovery);
    let module = monitoring.build(&wiring(Role::Recovery)).unwrap();
    let Outputs { topic, alarm_queue, alarm_queue_name, lag_alarm, dashboard } =
        monitoring.outputs();
    assert_ne!(topic, module.get("alarms"));
    assert_ne!(alarm_queue, module.get("alarms"));
    let addresses = [
        topic.address(),
        alarm_queue.address(),
        alarm_queue_name.address(),
        lag_alarm.address(),
        dashboard.address(),
    ];
    for address in addresses {
        assert!(module.addresses().any(|declared| declared == address), "{address}");
    }
}

#[test]
fn every_name_fits_its_service_for_the_longest_stack() {
    let names = Names::new("abcdefghijklmnop").unwrap();
    let monitoring = Monitoring::new(names, RECOVERY, PRIMARY, Role::Recovery);
    assert!(monitoring.build(&wiring(Role::Recovery)).is_ok());
}

fn health_wiring() -> HealthWiring {
    let dns = ModuleName::global("dns", PRIMARY);
    HealthWiring {
        primary: dns.get("us_east_1"),
        recovery: dns.get("us_east_2"),
        service: dns.get("service"),
    }
}

#[test]
fn health_alarms_ring_in_us_east_1_and_without_data_too() {
    let topic = monitoring(Role::Primary).outputs().topic;
    let alarms = HealthAlarms::new(names(), Delivery::Topic(topic.clone()));
    assert_eq!(alarms.outputs().topic, topic);
    let module = alarms.build(&health_wiring()).unwrap();
    assert_eq!(module.name().region(), Region::US_EAST_1);
    let resources = checked(&module.document().unwrap());
    assert_eq!(resources.as_object().unwrap().len(), 1, "alarms and nothing else");
    let checks = [("primary", "us_east_1"), ("recovery", "us_east_2"), ("service", "service")];
    for (what, check) in checks {
        let alarm = &resources["aws_cloudwatch_metric_alarm"][format!("health_{what}")];
        let id = format!("${{var.dns_route53_health_check_{check}_id}}");
        assert_eq!(
            essence(alarm),
            json!([
                "AWS/Route53",
                "HealthCheckStatus",
                "Minimum",
                { "HealthCheckId": id },
                "LessThanThreshold",
                1,
                2,
                "breaching"
            ])
        );
        assert_eq!(
            alarm["alarm_actions"],
            json!(["${var.monitoring_us_east_1_sns_topic_alarms_arn_when_ready}"])
        );
    }
}

#[test]
fn a_stack_outside_us_east_1_has_a_topic_there_that_both_queues_hear() {
    let regions = ["eu-west-1", "eu-central-1"].map(|region| region.parse::<Region>().unwrap());
    let [first, second] = regions;
    let both = [
        Monitoring::new(names(), first, second, Role::Primary),
        Monitoring::new(names(), second, first, Role::Recovery),
    ];
    let queues = both.each_ref().map(|monitoring| monitoring.outputs().alarm_queue);
    let alarms = HealthAlarms::new(names(), Delivery::OwnTopic(queues.to_vec()))
        .emails(vec!["on-call@example.org".to_owned()])
        .profile(Profile::Protected);
    let resources = checked(&alarms.build(&health_wiring()).unwrap().document().unwrap());
    let mut key = resources["aws_kms_key"]["monitoring"].clone();
    let statements = self::statements(&key);
    assert_eq!(statements[0]["Sid"], "Account");
    assert_eq!(
        statements[1],
        json!({
            "Sid": "Alarms",
            "Effect": "Allow",
            "Principal": { "Service": ["cloudwatch.amazonaws.com"] },
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": ["*"],
            "Condition": {
                "StringEquals": { "aws:SourceAccount": ["${var.account_id}"] },
                "ArnLike": { "aws:SourceArn":
                    ["arn:aws:cloudwatch:us-east-1:${var.account_id}:alarm:payments-*"] },
            },
        })
    );
    key.as_object_mut().unwrap().remove("policy");
    assert_eq!(
        key,
        json!({
            "description": "Alarms on health checks",
            "multi_region": false,
            "enable_key_rotation": true,
            "rotation_period_in_days": 365,
            "deletion_window_in_days": 30,
        })
    );
    assert_eq!(
        resources["aws_kms_alias"]["monitoring"],
        json!({
            "name": "alias/payments-health-alarms-${var.environment_suffix}",
            "target_key_id": "${aws_kms_key.monitoring.id}",
        })
    );
    assert_eq!(
        resources["aws_sns_topic"]["alarms"]["kms_master_key_id"],
        "${aws_kms_key.monitoring.arn}"
    );
    assert_eq!(
        resources["aws_sns_topic_subscription"]["eu_central_1"]["endpoint"],
        "${var.monitoring_eu_central_1_sqs_queue_alarms_arn_when_ready}"
    );
    let subscribed: Vec<_> =
        resources["aws_sns_topic_subscription"].as_object().unwrap().keys().collect();
    assert_eq!(subscribed, ["email_on--call_example_org", "eu_central_1", "eu_west_1"]);
    assert_eq!(
        resources["aws_cloudwatch_metric_alarm"]["health_primary"]["alarm_actions"],
        json!(["${aws_sns_topic.alarms.arn}"])
    );

    let wiring = Wiring { health_topic: Some(alarms.outputs().topic), ..wiring(Role::Primary) };
    let resources = self::resources(&monitoring(Role::Primary), &wiring);
    let sources =
        self::statements(&resources["aws_sqs_queue_policy"]["alarms"])[0]["Condition"]["ArnEquals"]
            ["aws:SourceArn"]
            .take();
    assert_eq!(sources[2], "${var.health_alarms_sns_topic_alarms_arn_when_ready}");
}
