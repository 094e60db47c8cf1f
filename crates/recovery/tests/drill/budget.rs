//! What a region takes with it: each kind of store with its copy, with none, and with one that nobody can tell.

use drstack_plan::{Documents, Plan};
use drstack_recovery::{Amount, Budget, Objectives, Regions, Standby, budget};
use serde_json::{Value, json};

fn of(resources: Value) -> Budget {
    let main = json!({
        "provider": {"aws": [{"region": "us-east-1"}, {"alias": "dr", "region": "us-east-2"}]},
        "resource": resources,
    });
    let documents: Documents =
        [("main.tf.json".to_owned(), main.to_string().into_bytes())].into_iter().collect();
    let plan = Plan::from_documents(&documents).unwrap();
    let regions = Regions { primary: "us-east-1".to_owned(), recovery: "us-east-2".to_owned() };
    budget(&plan, &regions, Objectives { rto_seconds: 900, rpo_seconds: 300 })
}

fn standby(budget: &Budget, store: &str) -> Option<Standby> {
    budget.losses.iter().find(|loss| &*loss.store == store).map(|loss| loss.standby)
}

#[test]
fn what_is_in_one_region_alone_is_lost_with_it() {
    for kind in [
        "aws_rds_cluster",
        "aws_db_instance",
        "aws_docdb_cluster",
        "aws_neptune_cluster",
        "aws_dynamodb_table",
        "aws_elasticache_replication_group",
        "aws_memorydb_cluster",
        "aws_s3_bucket",
        "aws_efs_file_system",
        "aws_fsx_lustre_file_system",
        "aws_ebs_volume",
        "aws_redshift_cluster",
        "aws_opensearch_domain",
        "aws_kinesis_stream",
        "aws_msk_cluster",
        "aws_mq_broker",
        "aws_cognito_user_pool",
    ] {
        let budget = of(json!({kind: {"main": {}, "other": {"provider": "aws.dr"}}}));
        let address = format!("{kind}.main");
        assert_eq!(standby(&budget, &address), Some(Standby::Missing), "{kind}");
        assert_eq!(budget.losses.len(), 1, "{kind}: what is in the other region is not lost");
        assert_eq!(budget.worst_loss(), Some(Amount::Unbounded), "{kind}");
    }
}

#[test]
fn each_way_of_copying_is_known() {
    let copied = [
        (
            "aws_rds_cluster",
            json!({"global_cluster_identifier": "orders"}),
            "aws_rds_cluster.copy",
            json!({"provider": "aws.dr", "global_cluster_identifier": "orders"}),
            Standby::Promotion,
        ),
        (
            "aws_db_instance",
            json!({"identifier": "orders"}),
            "aws_db_instance.copy",
            json!({"provider": "aws.dr", "replicate_source_db": "${aws_db_instance.main.arn}"}),
            Standby::Promotion,
        ),
        (
            "aws_db_instance",
            json!({"identifier": "orders"}),
            "aws_db_instance.copy",
            json!({"provider": "aws.dr", "replicate_source_db": "arn:aws:rds:us-east-1:111122223333:db:orders"}),
            Standby::Promotion,
        ),
        (
            "aws_db_instance",
            json!({}),
            "aws_db_instance_automated_backups_replication.copy",
            json!({"provider": "aws.dr", "source_db_instance_arn": "${aws_db_instance.main.arn}"}),
            Standby::Backup,
        ),
        (
            "aws_dynamodb_table",
            json!({"name": "t"}),
            "aws_dynamodb_table_replica.copy",
            json!({"provider": "aws.dr", "global_table_arn": "${aws_dynamodb_table.main.arn}"}),
            Standby::Active,
        ),
        (
            "aws_dynamodb_table",
            json!({"name": "t"}),
            "aws_dynamodb_global_table.copy",
            json!({"name": "t", "replica": [{"region_name": "us-east-1"}, {"region_name": "us-east-2"}]}),
            Standby::Active,
        ),
        (
            "aws_efs_file_system",
            json!({}),
            "aws_efs_replication_configuration.copy",
            json!({"source_file_system_id": "${aws_efs_file_system.main.id}", "destination": [{"region": "us-east-2"}]}),
            Standby::Promotion,
        ),
        (
            "aws_efs_file_system",
            json!({}),
            "aws_efs_replication_configuration.copy",
            json!({"source_file_system_id": "${aws_efs_file_system.main.id}", "destination": [{"availability_zone_name": "us-east-2b"}]}),
            Standby::Promotion,
        ),
        (
            "aws_efs_file_system",
            json!({}),
            "aws_efs_replication_configuration.copy",
            json!({"source_file_system_id": "${aws_efs_file_system.main.id}", "destination": [{"region": "eu-west-1"}]}),
            Standby::Missing,
        ),
        (
            "aws_redshift_cluster",
            json!({"cluster_identifier": "w"}),
            "aws_redshift_snapshot_copy.copy",
            json!({"cluster_identifier": "w", "destination_region": "us-east-2"}),
            Standby::Backup,
        ),
        (
            "aws_memorydb_cluster",
            json!({"multi_region_cluster_name": "m"}),
            "aws_memorydb_cluster.copy",
            json!({"provider": "aws.dr", "multi_region_cluster_name": "m"}),
            Standby::Active,
        ),
        (
            "aws_opensearch_domain",
            json!({"domain_name": "logs"}),
            "aws_opensearch_outbound_connection.copy",
            json!({
                "provider": "aws.dr",
                "remote_domain_info": [{"domain_name": "${aws_opensearch_domain.main.domain_name}"}],
                "local_domain_info": [{"region": "us-east-2"}],
            }),
            Standby::Unknown,
        ),
        (
            "aws_opensearch_domain",
            json!({"domain_name": "logs"}),
            "aws_opensearch_outbound_connection.copy",
            json!({
                "provider": "aws.dr", "remote_domain_info": [{"domain_name": "logs"}],
                "local_domain_info": [{"region": "us-east-2"}],
            }),
            Standby::Unknown,
        ),
    ];
    for (kind, store, copy, values, expected) in copied {
        let (copy_kind, name) = copy.split_once('.').unwrap();
        let mut resources = json!({kind: {"main": store}});
        resources[copy_kind][name] = values;
        let budget = of(resources);
        assert_eq!(standby(&budget, &format!("{kind}.main")), Some(expected), "{copy}");
        assert_eq!(standby(&budget, copy), None, "{copy}: a copy is no store");
    }
}

#[test]
fn a_copy_of_another_store_or_within_the_region_is_none() {
    let replica = |source: &str, provider: Value| {
        let mut copy = json!({"replicate_source_db": source});
        if !provider.is_null() {
            copy["provider"] = provider;
        }
        let budget = of(json!({"aws_db_instance": {
            "main": {"identifier": "orders"}, "other": {"identifier": "other"}, "copy": copy,
        }}));
        standby(&budget, "aws_db_instance.main")
    };
    let arn = "${aws_db_instance.main.arn}";
    assert_eq!(replica(arn, json!("aws.dr")), Some(Standby::Promotion));
    assert_eq!(replica(arn, Value::Null), Some(Standby::Missing));
    assert_eq!(replica("${aws_db_instance.other.arn}", json!("aws.dr")), Some(Standby::Missing));
    // Names alone are of the region that they are used in.
    assert_eq!(replica("orders", json!("aws.dr")), Some(Standby::Missing));
    assert_eq!(replica("${var.source}", json!("aws.dr")), Some(Standby::Unknown));
}

#[test]
fn what_somebody_promotes_takes_time() {
    let alarm = json!({
        "provider": "aws.dr", "namespace": "AWS/RDS", "metric_name": "ReplicaLag",
        "dimensions": {"DBInstanceIdentifier": "orders-dr"},
        "threshold": 120, "period": 60, "evaluation_periods": 2,
        "alarm_actions": ["arn:aws:sns:us-east-2:111122223333:pager"],
    });
    let with = |alarms: Value| {
        of(json!({
            "aws_db_instance": {
                "main": {"identifier": "orders"},
                "copy": {"provider": "aws.dr", "identifier": "orders-dr", "replicate_source_db": "${aws_db_instance.main.arn}"},
            },
            "aws_cloudwatch_metric_alarm": alarms,
        }))
    };
    let watched = with(json!({"lag": alarm}));
    assert_eq!(watched.worst_loss(), Some(Amount::Seconds(240)));
    assert_eq!(watched.time.database_total(), Some(Amount::Seconds(120 + 300 + 65)));
    assert_eq!(watched.decision_seconds(), Some(900 - 485 - 100));
    let unwatched = with(json!({}));
    assert_eq!(unwatched.worst_loss(), Some(Amount::Unbounded));
    assert_eq!(unwatched.time.database_total(), Some(Amount::Unbounded));
}

#[test]
fn who_is_told_of_one_copy_is_not_told_of_another() {
    let database = |name: &str| {
        let main = json!({"identifier": name});
        let source = format!("${{aws_db_instance.{name}.arn}}");
        let copy = json!({"provider": "aws.dr", "identifier": format!("{name}-dr"), "replicate_source_db": source});
        (main, copy)
    };
    let alarm = |dimension: &str, evaluations: u64| {
        json!({
            "provider": "aws.dr", "namespace": "AWS/RDS", "metric_name": "ReplicaLag",
            "dimensions": {"DBInstanceIdentifier": dimension},
            "threshold": 60, "period": 60, "evaluation_periods": evaluations,
            "alarm_actions": ["arn:aws:sns:us-east-2:111122223333:pager"],
        })
    };
    let time = |alarms: Value| {
        let ((orders, orders_dr), (stock, stock_dr)) = (database("orders"), database("stock"));
        let budget = of(json!({
            "aws_db_instance": {
                "orders": orders, "orders_dr": orders_dr, "stock": stock, "stock_dr": stock_dr,
            },
            "aws_cloudwatch_metric_alarm": alarms,
        }));
        (budget.time.promoted.clone().unwrap(), budget.time.database_total().unwrap())
    };
    let (orders, stock) = ("aws_db_instance.orders".to_owned(), "aws_db_instance.stock".to_owned());
    let taken = |evaluations: u64| Amount::Seconds(60 * evaluations + 300 + 65);
    let both = json!({"a": alarm("orders-dr", 1), "b": alarm("stock-dr", 3)});
    assert_eq!(time(both), (stock.clone(), taken(3)));
    let twice =
        json!({"a": alarm("orders-dr", 2), "b": alarm("orders-dr", 5), "c": alarm("stock-dr", 1)});
    assert_eq!(time(twice), (orders.clone(), taken(2)));
    assert_eq!(time(json!({"a": alarm("orders-dr", 1)})), (stock, Amount::Unbounded));
    let of_another = json!({"a": alarm("orders-dr", 1), "b": alarm("prices-dr", 1)});
    assert_eq!(time(of_another).1, Amount::Unbounded);
    let open = json!({"a": alarm("${var.watched}", 1)});
    assert_eq!(time(open), (orders, Amount::Unknown));
}

#[test]
fn backups_elsewhere_are_known_as_far_as_they_are_selected_by_name() {
    let with = |selection: Value| {
        let mut main = json!({"name": "main", "plan_id": "${aws_backup_plan.main.id}"});
        main.as_object_mut().unwrap().extend(selection.as_object().unwrap().clone());
        let budget = of(json!({
            "aws_ebs_volume": {"main": {}, "other": {}},
            "aws_backup_vault": {"dr": {"provider": "aws.dr", "name": "dr"}},
            "aws_backup_plan": {"main": {"rule": [{"copy_action": [{"destination_vault_arn": "${aws_backup_vault.dr.arn}"}]}]}},
            "aws_backup_selection": {"main": main},
        }));
        ["main", "other"].map(|name| standby(&budget, &format!("aws_ebs_volume.{name}")).unwrap())
    };
    assert_eq!(
        with(json!({"resources": ["${aws_ebs_volume.main.arn}"]})),
        [Standby::Backup, Standby::Missing]
    );
    assert_eq!(with(json!({"resources": ["*"]})), [Standby::Unknown; 2]);
    assert_eq!(
        with(json!({"selection_tag": [{"type": "STRINGEQUALS", "key": "backup", "value": "yes"}]})),
        [Standby::Unknown; 2]
    );
}

#[test]
fn backups_go_where_the_service_can_copy_them() {
    let of_kind = |kind: &str| {
        let budget = of(json!({
            kind: {"main": {}},
            "aws_backup_vault": {"dr": {"provider": "aws.dr", "name": "dr"}},
            "aws_backup_plan": {"main": {"rule": [{"copy_action": [{"destination_vault_arn": "${aws_backup_vault.dr.arn}"}]}]}},
            "aws_backup_selection": {"main": {"plan_id": "${aws_backup_plan.main.id}", "resources": [format!("${{{kind}.main.arn}}")]}},
        }));
        standby(&budget, &format!("{kind}.main")).unwrap()
    };
    assert_eq!(of_kind("aws_dsql_cluster"), Standby::Backup);
    assert_eq!(of_kind("aws_fsx_openzfs_file_system"), Standby::Backup);
    assert_eq!(of_kind("aws_fsx_ontap_file_system"), Standby::Missing);
    assert_eq!(of_kind("aws_memorydb_cluster"), Standby::Missing);
}

#[test]
fn queues_wait_except_for_dead_letters_and_what_both_regions_get() {
    let budget = of(json!({
        "aws_sqs_queue": {
            "work": {"name": "work", "redrive_policy": "${jsonencode({deadLetterTargetArn = aws_sqs_queue.dead.arn})}"},
            "dead": {"name": "dead"},
            "news": {"name": "news"},
            "news_dr": {"provider": "aws.dr", "name": "news"},
        },
        "aws_sns_topic": {"news": {}},
        "aws_sns_topic_subscription": {
            "here": {"topic_arn": "${aws_sns_topic.news.arn}", "protocol": "sqs", "endpoint": "${aws_sqs_queue.news.arn}"},
            "there": {"topic_arn": "${aws_sns_topic.news.arn}", "protocol": "sqs", "endpoint": "${aws_sqs_queue.news_dr.arn}"},
        },
    }));
    let stores: Vec<(&str, Standby)> =
        budget.losses.iter().map(|loss| (&*loss.store, loss.standby)).collect();
    assert_eq!(stores, [("aws_sqs_queue.work", Standby::Waiting)]);
}

#[test]
fn nothing_is_known_of_a_stack_without_stores() {
    let budget = of(json!({"aws_lambda_function": {"main": {}, "dr": {"provider": "aws.dr"}}}));
    assert_eq!((budget.losses.as_slice(), budget.worst_loss()), (&[][..], None));
    assert!(budget.time.database.is_empty() && budget.time.dns.is_empty());
}

#[test]
fn caches_that_keep_nothing_are_no_stores() {
    let budget = of(json!({"aws_elasticache_cluster": {
        "fleeting": {"engine": "memcached"}, "kept": {"engine": "redis"},
    }}));
    assert_eq!(budget.losses.len(), 1);
    assert_eq!(standby(&budget, "aws_elasticache_cluster.kept"), Some(Standby::Missing));
}

#[test]
fn an_alarm_that_does_nothing_tells_nobody() {
    let alarm = json!({
        "alarm_name": "age", "namespace": "AWS/SQS", "metric_name": "ApproximateAgeOfOldestMessage",
        "dimensions": {"QueueName": "work"}, "threshold": 60, "period": 60, "evaluation_periods": 1,
    });
    let loss = |own: Value, composites: Value| {
        let mut alarm = alarm.clone();
        alarm.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        let budget = of(json!({
            "aws_sqs_queue": {"work": {"name": "work"}},
            "aws_sns_topic": {"pager": {}},
            "aws_autoscaling_policy": {"out": {}},
            "aws_cloudwatch_metric_alarm": {"age": alarm},
            "aws_cloudwatch_composite_alarm": composites,
        }));
        budget.worst_loss().unwrap()
    };
    let told = Amount::Seconds(120);
    let pager = json!({"alarm_actions": ["${aws_sns_topic.pager.arn}"]});
    let off = json!({"alarm_actions": ["${aws_sns_topic.pager.arn}"], "actions_enabled": false});
    assert_eq!(loss(pager.clone(), json!({})), told);
    assert_eq!(loss(json!({}), json!({})), Amount::Unbounded);
    assert_eq!(loss(json!({"alarm_actions": []}), json!({})), Amount::Unbounded);
    assert_eq!(loss(off.clone(), json!({})), Amount::Unbounded);
    assert_eq!(loss(json!({"alarm_actions": "${var.pagers}"}), json!({})), Amount::Unknown);
    let recover = "arn:aws:automate:us-east-1:ec2:recover";
    let scale = "arn:aws:autoscaling:us-east-1:111122223333:scalingPolicy:1:autoScalingGroupName/workers:policyName/out";
    for actions in
        [json!([recover]), json!([recover, scale]), json!(["${aws_autoscaling_policy.out.arn}"])]
    {
        assert_eq!(loss(json!({"alarm_actions": actions}), json!({})), Amount::Unbounded);
    }
    for told in ["${aws_sns_topic.pager.arn}", "arn:aws:ssm:us-east-1:111122223333:opsitem:1"] {
        let actions = json!([scale, "${aws_autoscaling_policy.out.arn}", told]);
        assert_eq!(loss(json!({"alarm_actions": actions}), json!({})), Amount::Seconds(120));
    }
    let open = json!(["${aws_autoscaling_policy.out.arn}", "${var.pager}"]);
    assert_eq!(loss(json!({"alarm_actions": open}), json!({})), Amount::Unknown);
    let composite = |rule: &str, own: &Value| {
        let mut composite = json!({"alarm_rule": rule});
        composite.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        composite
    };
    let referring = "ALARM(${aws_cloudwatch_metric_alarm.age.alarm_name})";
    for rule in ["ALARM(age) OR ALARM(other)", "ALARM(\"age\")", referring] {
        assert_eq!(loss(json!({}), json!({"all": composite(rule, &pager)})), told, "{rule}");
        assert_eq!(loss(off.clone(), json!({"all": composite(rule, &pager)})), told, "{rule}");
        let silent = json!({"all": composite(rule, &json!({}))});
        assert_eq!(loss(json!({}), silent), Amount::Unbounded, "{rule}");
    }
    let of_another = json!({"all": composite("ALARM(age-of-another)", &pager)});
    assert_eq!(loss(json!({}), of_another), Amount::Unbounded);
    let nested = json!({
        "one": composite(referring, &json!({})),
        "all": composite("ALARM(${aws_cloudwatch_composite_alarm.one.alarm_name})", &pager),
    });
    assert_eq!(loss(json!({}), nested), told);
}

/// Records of both regions under one name, by their weights, and what DNS takes.
#[test]
fn records_move_clients_if_one_leads_to_the_other_region() {
    let record = |balancer: &str, policy: Value, check: Value| {
        let mut record = json!({
            "zone_id": "Z1", "name": "orders.example.com", "type": "A", "set_identifier": balancer,
            "alias": [{"name": format!("${{aws_lb.{balancer}.dns_name}}"), "zone_id": "Z2", "evaluate_target_health": false}],
            "health_check_id": check,
        });
        record.as_object_mut().unwrap().extend(policy.as_object().unwrap().clone());
        record
    };
    let dns = |records: [Value; 2]| {
        let [one, other] = records;
        let budget = of(json!({
            "aws_lb": {"primary": {}, "dr": {"provider": "aws.dr"}},
            "aws_route53_health_check": {"primary": {"request_interval": 10, "failure_threshold": 3}},
            "aws_route53_record": {"one": one, "other": other},
        }));
        budget.time.dns_total()
    };
    let weight = |weight: u64| json!({"weighted_routing_policy": [{"weight": weight}]});
    let check = || json!("${aws_route53_health_check.primary.id}");
    let moved = Some(Amount::Seconds(30 + 10 + 60));
    for (weights, expected) in
        [([100, 0], moved), ([0, 0], moved), ([1, 1], moved), ([0, 100], None)]
    {
        let records = [
            record("primary", weight(weights[0]), check()),
            record("dr", weight(weights[1]), Value::Null),
        ];
        assert_eq!(dns(records), expected, "{weights:?}");
    }
    let both = |balancer| record(balancer, weight(100), check());
    assert_eq!(dns([both("primary"), both("primary")]), Some(Amount::Unbounded));
    let unchecked = record("primary", weight(100), Value::Null);
    assert_eq!(dns([unchecked, both("dr")]), Some(Amount::Unbounded));
    let latency = json!({"latency_routing_policy": [{"region": "us-east-1"}]});
    assert_eq!(
        dns([record("primary", latency.clone(), check()), record("dr", latency, check())]),
        moved
    );
    let fixed = record("primary", json!({}), Value::Null);
    assert_eq!(dns([fixed.clone(), fixed]), Some(Amount::Unbounded));
}
