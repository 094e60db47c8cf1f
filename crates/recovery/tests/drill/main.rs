//! The drill over hand-written configurations: each kind of edge planted into a stack that survives without it.

#![expect(clippy::unwrap_used, reason = "a stack that can't be read fails its test")]

mod budget;
mod stack;

use std::sync::Arc;

use drstack_plan::Plan;
use drstack_recovery::{Class, Crossing, Drill, Regions, drill};
use serde_json::{Value, json};
use stack::Stack;

fn lose(stack: &Stack, region: &str) -> Drill {
    let documents = stack.documents();
    drill(&Plan::from_documents(&documents).unwrap(), region)
}

fn open(drill: &Drill) -> Vec<&Crossing> {
    drill
        .crossings
        .iter()
        .filter(|crossing| matches!(crossing.class, Class::Fatal | Class::Undetermined))
        .collect()
}

#[test]
fn a_stack_without_ties_survives_either_loss() {
    let stack = Stack::new();
    for region in ["us-east-1", "us-east-2"] {
        let drill = lose(&stack, region);
        assert_eq!(open(&drill), [] as [&Crossing; 0]);
        assert!(drill.survives() && drill.reached > 10, "{drill:?}");
        let record = if region == "us-east-1" { "dr" } else { "primary" };
        assert!(drill.roots.contains(&format!("aws_route53_record.{record}")), "{:?}", drill.roots);
    }
}

/// What is planted: resources for the lost region, where in the surviving region's function something leads to them,
/// and what that is.
const IN_FUNCTION: [(&str, &str, &str, &str); 14] = [
    ("aws_kms_key.x", "{}", "kms_key_arn", "arn"),
    ("aws_secretsmanager_secret.x", "{}", "environment.variables.SECRET", "arn"),
    ("aws_ssm_parameter.x", "{}", "environment.variables.PARAMETER", "name"),
    ("aws_sqs_queue.x", "{}", "environment.variables.QUEUE", "url"),
    ("aws_sns_topic.x", "{}", "dead_letter_config.target_arn", "arn"),
    ("aws_s3_bucket.x", r#"{"bucket": "code"}"#, "s3_bucket", "bucket"),
    ("aws_lambda_layer_version.x", "{}", "layers", "arn"),
    ("aws_ecr_repository.x", "{}", "image_uri", "repository_url"),
    ("aws_rds_cluster.x", "{}", "environment.variables.DATABASE_HOST", "endpoint"),
    ("aws_dynamodb_table.x", "{}", "environment.variables.TABLE", "name"),
    ("aws_efs_access_point.x", "{}", "file_system_config.arn", "arn"),
    (
        "aws_elasticache_replication_group.x",
        "{}",
        "environment.variables.CACHE",
        "primary_endpoint_address",
    ),
    ("aws_lambda_function.x", "{}", "environment.variables.OTHER", "arn"),
    ("aws_lb.x", "{}", "environment.variables.URL", "dns_name"),
];

/// What replicates or copies: resources of the surviving region, where in them something leads into the lost one,
/// and what that is.
const HARMLESS: [(&str, &str, &str, &str); 6] = [
    (
        "aws_db_instance_automated_backups_replication",
        "source_db_instance_arn",
        "aws_db_instance",
        "arn",
    ),
    ("aws_efs_replication_configuration", "destination.kms_key_id", "aws_kms_key", "arn"),
    (
        "aws_msk_replicator",
        "replication_info_list.source_kafka_cluster_arn",
        "aws_msk_cluster",
        "arn",
    ),
    (
        "aws_redshift_snapshot_copy",
        "snapshot_copy_grant_name",
        "aws_redshift_snapshot_copy_grant",
        "snapshot_copy_grant_name",
    ),
    ("aws_ami_copy", "source_ami_id", "aws_ami", "id"),
    ("aws_ebs_snapshot_copy", "source_snapshot_id", "aws_ebs_snapshot", "id"),
];

#[test]
fn what_replicates_or_copies_does_not_fail_with_its_source() {
    for (from, path, to, attribute) in HARMLESS {
        let mut stack = Stack::new();
        stack.in_module("primary", &format!("{to}.planted"), json!({}));
        stack.output("primary", "planted", &format!("${{{to}.planted.{attribute}}}"));
        stack.input("dr", "planted", "${module.primary.planted}");
        let address = format!("{from}.planted");
        stack.in_module("dr", &address, json!({}));
        stack.set("dr", &address, path, json!("${var.planted}"));
        let documents = stack.documents();
        let drill = drill(&Plan::from_documents(&documents).unwrap(), "us-east-1");
        let lost = format!("module.primary.{to}.planted");
        let found: Vec<_> =
            drill.crossings.iter().filter(|crossing| *crossing.to == *lost).collect();
        assert!(matches!(found[..], [Crossing { class: Class::Allowed, .. }]), "{from}: {found:?}");
    }
}

#[test]
fn each_fatal_reference_of_a_function_is_found_with_its_path() {
    for (address, body, path, attribute) in IN_FUNCTION {
        let mut stack = Stack::new();
        stack.in_module("primary", address, serde_json::from_str(body).unwrap());
        stack.output("primary", "planted", &format!("${{{address}.{attribute}}}"));
        stack.input("dr", "planted", "${module.primary.planted}");
        stack.set("dr", "aws_lambda_function.main", path, json!("${var.planted}"));
        let drill = lose(&stack, "us-east-1");
        let found = open(&drill);
        let [crossing] = found[..] else { panic!("{address}: {found:?}") };
        assert_eq!(crossing.class, Class::Fatal, "{address}");
        assert_eq!(*crossing.to, *format!("module.primary.{address}"));
        assert_eq!(&*crossing.from, "module.dr.aws_lambda_function.main");
        assert_eq!(crossing.path.replace("[0]", ""), path);
        let trail = [
            "aws_route53_record.dr",
            "module.dr.aws_lb.main",
            "module.dr.aws_lb_listener.main",
            "module.dr.aws_lb_target_group.main",
            "module.dr.aws_lb_target_group_attachment.main",
            "module.dr.aws_lambda_function.main",
            &crossing.to,
        ];
        assert_eq!(crossing.trail, trail.map(Arc::from), "{address}");
    }
}

#[test]
fn each_fatal_reference_of_another_resource_is_found() {
    for (target, attribute, from, path) in [
        ("aws_acm_certificate.x", "arn", "aws_lb_listener.main", "certificate_arn"),
        ("aws_nat_gateway.x", "id", "aws_route.out", "nat_gateway_id"),
        ("aws_sqs_queue.x", "arn", "aws_lambda_event_source_mapping.main", "event_source_arn"),
        ("aws_sns_topic.x", "arn", "aws_cloudwatch_metric_alarm.main", "alarm_actions"),
        ("aws_kms_key.x", "arn", "aws_sqs_queue.main", "kms_master_key_id"),
        ("aws_security_group.x", "id", "aws_lambda_function.main", "vpc_config.security_group_ids"),
        (
            "aws_route53_resolver_endpoint.x",
            "ip_address",
            "aws_vpc_dhcp_options.main",
            "domain_name_servers",
        ),
        ("aws_ami_copy.x", "id", "aws_launch_template.main", "image_id"),
    ] {
        let mut stack = Stack::new();
        stack.in_module("primary", target, json!({}));
        stack.output("primary", "planted", &format!("${{{target}.{attribute}}}"));
        stack.input("dr", "planted", "${module.primary.planted}");
        stack.set("dr", from, path, json!("${var.planted}"));
        let drill = lose(&stack, "us-east-1");
        let found = open(&drill);
        let [crossing] = found[..] else { panic!("{target}: {found:?}") };
        assert_eq!(
            (crossing.class, &*crossing.to),
            (Class::Fatal, &*format!("module.primary.{target}"))
        );
        assert_eq!(crossing.trail.last(), Some(&crossing.to));
        assert_eq!(crossing.trail.iter().rev().nth(1), Some(&format!("module.dr.{from}").into()));
    }
}

#[test]
fn literal_arns_urls_and_names_are_found() {
    for (text, class) in [
        ("arn:aws:kms:us-east-1:111122223333:key/x", Class::Fatal),
        ("arn:aws:secretsmanager:us-east-1:111122223333:secret:x", Class::Fatal),
        ("https://sqs.us-east-1.amazonaws.com/111122223333/work", Class::Fatal),
        ("work.cluster-x.us-east-1.rds.amazonaws.com", Class::Fatal),
        ("arn:aws:unheard-of:us-east-1:111122223333:thing", Class::Fatal),
        ("arn:aws:logs:us-east-1:111122223333:log-group:x", Class::Degrading),
        ("https://api.us-east-1.example.com/", Class::Undetermined),
        ("us-east-1", Class::Undetermined),
    ] {
        let mut stack = Stack::new();
        stack.set("dr", "aws_lambda_function.main", "environment.variables.X", json!(text));
        let drill = lose(&stack, "us-east-1");
        let found: Vec<_> =
            drill.crossings.iter().filter(|found| found.path.ends_with(".X")).collect();
        let [crossing] = found[..] else { panic!("{text}: {found:?}") };
        assert_eq!((crossing.class, &*crossing.to), (class, text), "{text}");
    }
    for text in [
        "arn:aws:kms:us-east-2:111122223333:key/x",
        "logs-us-east-1-copy",
        "us-east-1a",
        "us-east-2",
    ] {
        let mut stack = Stack::new();
        stack.set("dr", "aws_lambda_function.main", "environment.variables.X", json!(text));
        assert!(lose(&stack, "us-east-1").survives(), "{text}");
    }
}

#[test]
fn an_arn_is_read_through_the_parts_that_are_not_known() {
    let mut stack = Stack::new();
    stack.root("data", "aws_caller_identity.me", json!({}));
    stack.input("dr", "account", "${data.aws_caller_identity.me.account_id}");
    let arn = "arn:aws:sqs:us-east-1:${var.account}:work";
    stack.set("dr", "aws_lambda_function.main", "environment.variables.QUEUE", json!(arn));
    let drill = lose(&stack, "us-east-1");
    let found = open(&drill);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].class, &*found[0].to), (Class::Fatal, "arn:aws:sqs:us-east-1:*:work"));
}

#[test]
fn a_bucket_is_found_by_its_name_alone() {
    let mut stack = Stack::new();
    stack.in_module("primary", "aws_s3_bucket.x", json!({"bucket": "orders-east"}));
    stack.set(
        "dr",
        "aws_lambda_function.main",
        "environment.variables.BUCKET",
        json!("orders-east"),
    );
    let drill = lose(&stack, "us-east-1");
    assert_eq!(
        drill.of_class(Class::Fatal).map(|found| &*found.to).collect::<Vec<_>>(),
        ["module.primary.aws_s3_bucket.x"]
    );
}

/// An instance's user data is planned as a hash; the configuration holds what it was made from.
#[test]
fn what_an_instance_runs_is_read_from_the_configuration() {
    let script = "#!/bin/sh\naws s3 cp s3://orders-east/app.tgz .\ncurl https://sqs.us-east-1.amazonaws.com/\n";
    let resource = |address: &str, provider: &str, values: Value| {
        let (kind, name) = address.split_once('.').unwrap();
        let planned = json!({
            "address": address, "mode": "managed", "type": kind, "name": name,
            "provider_name": "registry.terraform.io/hashicorp/aws", "values": values,
        });
        let change = json!({
            "address": address, "mode": "managed", "type": kind, "name": name,
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": {"actions": ["create"], "before": null, "after": values, "after_unknown": {}},
        });
        let written = json!({
            "address": address, "mode": "managed", "type": kind, "name": name,
            "provider_config_key": provider,
            "expressions": {"user_data": {"constant_value": script}},
        });
        (planned, change, written)
    };
    let hashed = json!({"user_data": "a3cca2b2aa1e3b5b3b5aad99a8529074f33c6a06"});
    let bucket = json!({"bucket": "orders-east"});
    let parts = [
        resource("aws_instance.main", "aws.dr", hashed),
        resource("aws_s3_bucket.code", "aws", bucket),
    ];
    let plan = json!({
        "format_version": "1.2", "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"resources": parts.iter().map(|part| &part.0).collect::<Vec<_>>()}},
        "resource_changes": parts.iter().map(|part| &part.1).collect::<Vec<_>>(),
        "configuration": {
            "provider_config": {
                "aws": {"name": "aws", "full_name": "registry.terraform.io/hashicorp/aws", "expressions": {"region": {"constant_value": "us-east-1"}}},
                "aws.dr": {"name": "aws", "alias": "dr", "full_name": "registry.terraform.io/hashicorp/aws", "expressions": {"region": {"constant_value": "us-east-2"}}},
            },
            "root_module": {"resources": parts.iter().map(|part| &part.2).collect::<Vec<_>>()},
        },
    })
    .to_string();
    let drill = drill(&Plan::read(plan.as_bytes()).unwrap(), "us-east-1");
    let mut fatal: Vec<(&str, &str)> =
        drill.of_class(Class::Fatal).map(|found| (&*found.path, &*found.to)).collect();
    fatal.sort_unstable();
    let expected = [
        ("user_data", "aws_s3_bucket.code"),
        ("user_data", "https://sqs.us-east-1.amazonaws.com/"),
    ];
    assert_eq!(fatal, expected);
}

#[test]
fn encoded_user_data_is_decoded() {
    let mut stack = Stack::new();
    // curl https://sqs.us-east-1.amazonaws.com/
    let encoded = "Y3VybCBodHRwczovL3Nxcy51cy1lYXN0LTEuYW1hem9uYXdzLmNvbS8=";
    stack.set("dr", "aws_launch_template.main", "user_data", json!(encoded));
    let drill = lose(&stack, "us-east-1");
    let found = open(&drill);
    let [crossing] = found[..] else { panic!("{found:?}") };
    assert_eq!(
        (crossing.class, &*crossing.to),
        (Class::Fatal, "https://sqs.us-east-1.amazonaws.com/")
    );
}

#[test]
fn a_distribution_lives_as_long_as_an_origin_does() {
    let origin = |module: &str| json!({"domain_name": format!("${{module.{module}.planted}}")});
    let class = |origins: Value, others: &[Value]| {
        let mut stack = Stack::new();
        for module in ["primary", "dr"] {
            stack.in_module(module, "aws_s3_bucket.x", json!({"bucket": format!("web-{module}")}));
            stack.output(module, "planted", "${aws_s3_bucket.x.bucket_regional_domain_name}");
        }
        stack.root("resource", "aws_cloudfront_distribution.main", json!({"origin": origins}));
        for (index, origins) in others.iter().enumerate() {
            let name = format!("aws_cloudfront_distribution.other{index}");
            stack.root("resource", &name, json!({"origin": origins}));
        }
        let drill = lose(&stack, "us-east-1");
        let found = drill.crossings.iter().find(|crossing| {
            &*crossing.from == "aws_cloudfront_distribution.main"
                && crossing.path.starts_with("origin")
        });
        found.map(|crossing| crossing.class)
    };
    let (primary, dr) = (json!([origin("primary")]), json!([origin("dr")]));
    assert_eq!(class(primary.clone(), &[]), Some(Class::Fatal));
    assert_eq!(class(json!([origin("primary"), origin("dr")]), &[]), Some(Class::Degrading));
    assert_eq!(class(primary, std::slice::from_ref(&dr)), Some(Class::Degrading));
    assert_eq!(class(dr, &[]), None);
}

#[test]
fn replicated_stores_are_judged_by_their_replica_in_the_region_that_asks() {
    let secret = |replica: Value| json!({"name": "x", "replica": replica});
    let here = json!([{"region": "us-east-2"}]);
    let rewritten = r#"${replace(var.planted, ":us-east-1:", ":us-east-2:")}"#;
    for (kind, body, attribute, expression, class) in [
        ("aws_secretsmanager_secret.x", secret(here.clone()), "arn", rewritten, Class::Allowed),
        (
            "aws_secretsmanager_secret.x",
            secret(here.clone()),
            "name",
            "${var.planted}",
            Class::Allowed,
        ),
        (
            "aws_secretsmanager_secret.x",
            secret(here.clone()),
            "arn",
            "${var.planted}",
            Class::Fatal,
        ),
        (
            "aws_secretsmanager_secret.x",
            secret(here),
            "arn",
            "${upper(var.planted)}",
            Class::Undetermined,
        ),
        (
            "aws_secretsmanager_secret.x",
            secret(json!([{"region": "eu-west-1"}])),
            "arn",
            rewritten,
            Class::Fatal,
        ),
        (
            "aws_secretsmanager_secret.x",
            secret(json!([{"region": "${data.aws_region.x.name}"}])),
            "arn",
            rewritten,
            Class::Undetermined,
        ),
        (
            "aws_dynamodb_table.x",
            json!({"name": "t", "replica": [{"region_name": "us-east-2"}]}),
            "name",
            "${var.planted}",
            Class::Allowed,
        ),
        (
            "aws_dynamodb_table.x",
            json!({"name": "t", "replica": [{"region_name": "us-east-2"}]}),
            "stream_arn",
            "${var.planted}",
            Class::Fatal,
        ),
        (
            "aws_dynamodb_table.x",
            json!({"name": "t", "replica": [{"region_name": "eu-west-1"}]}),
            "name",
            "${var.planted}",
            Class::Fatal,
        ),
    ] {
        let mut stack = Stack::new();
        stack.root("data", "aws_region.x", json!({}));
        stack.input("primary", "region", "${data.aws_region.x.name}");
        let body =
            serde_json::from_str(&body.to_string().replace("data.aws_region.x.name", "var.region"))
                .unwrap();
        stack.in_module("primary", kind, body);
        stack.output("primary", "planted", &format!("${{{kind}.{attribute}}}"));
        stack.input("dr", "planted", "${module.primary.planted}");
        stack.set("dr", "aws_lambda_function.main", "environment.variables.X", json!(expression));
        let drill = lose(&stack, "us-east-1");
        let found = drill.crossings.iter().find(|found| found.path.ends_with(".X")).unwrap();
        assert_eq!(found.class, class, "{kind}.{attribute} as {expression}: {found:?}");
    }
}

#[test]
fn write_forwarding_degrades() {
    let mut stack = Stack::new();
    stack.set("dr", "aws_rds_cluster.main", "enable_global_write_forwarding", json!(true));
    let drill = lose(&stack, "us-east-1");
    let found: Vec<_> = drill.of_class(Class::Degrading).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(&*found[0].path, "enable_global_write_forwarding");
    assert_eq!(&*found[0].to, "module.primary.aws_rds_cluster.main");
}

#[test]
fn log_sinks_and_health_check_alarms_degrade() {
    let mut stack = Stack::new();
    stack.in_module("primary", "aws_s3_bucket.logs", json!({"bucket": "logs"}));
    stack.output("primary", "logs", "${aws_s3_bucket.logs.bucket}");
    stack.input("dr", "logs", "${module.primary.logs}");
    stack.set("dr", "aws_lb.main", "access_logs.bucket", json!("${var.logs}"));
    stack.root(
        "resource",
        "aws_cloudwatch_metric_alarm.health",
        json!({"namespace": "AWS/Route53", "dimensions": {"HealthCheckId": "${aws_route53_health_check.dr.id}"}}),
    );
    let drill = lose(&stack, "us-east-1");
    let found: Vec<_> =
        drill.of_class(Class::Degrading).map(|found| (&*found.from, &*found.to)).collect();
    assert_eq!(
        found,
        [
            ("aws_route53_health_check.dr", "aws_cloudwatch_metric_alarm.health"),
            ("module.dr.aws_lb.main", "module.primary.aws_s3_bucket.logs"),
        ]
    );
    assert!(drill.survives());
}

#[test]
fn records_and_roles_lose_their_control_plane_with_its_region_alone() {
    let stack = Stack::new();
    let lost: Vec<Arc<str>> = lose(&stack, "us-east-1")
        .of_class(Class::ControlPlaneOnly)
        .map(|found| found.to.clone())
        .collect();
    assert!(lost.contains(&"Route 53 in us-east-1".into()), "{lost:?}");
    assert!(lost.contains(&"module.dr.aws_iam_role.main".into()), "{lost:?}");
    assert_eq!(lose(&stack, "us-east-2").of_class(Class::ControlPlaneOnly).count(), 0);
}

#[test]
fn a_state_in_the_lost_region_keeps_terraform_from_working() {
    let mut stack = Stack::new();
    let backend = json!({"s3": [{"bucket": "states", "key": "orders", "region": "us-east-1"}]});
    stack.root("terraform", "backend", backend);
    let of_state = |region| {
        let drill = lose(&stack, region);
        assert!(drill.survives());
        drill.crossings.into_iter().filter(|found| &*found.from == "terraform").collect::<Vec<_>>()
    };
    let found = of_state("us-east-1");
    let [crossing] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(crossing.class, Class::ControlPlaneOnly);
    assert_eq!(crossing.trail, ["terraform", "s3://states/orders"].map(Arc::from));
    assert_eq!(of_state("us-east-2"), []);
}

#[test]
fn a_default_route_through_the_peering_is_fatal_and_one_to_the_peer_is_not() {
    for (cidr, class) in [("0.0.0.0/0", Class::Fatal), ("10.0.0.0/16", Class::Allowed)] {
        let mut stack = Stack::new();
        let body = json!({"vpc_id": "${aws_vpc.main.id}", "peer_vpc_id": "vpc-1", "peer_region": "us-east-2"});
        stack.in_module("primary", "aws_vpc_peering_connection.x", body);
        stack.output("primary", "peering", "${aws_vpc_peering_connection.x.id}");
        stack.input("dr", "peering", "${module.primary.peering}");
        let accepter = json!({"vpc_peering_connection_id": "${var.peering}"});
        stack.in_module("dr", "aws_vpc_peering_connection_accepter.x", accepter);
        let route = json!({
            "route_table_id": "${aws_route_table.main.id}",
            "destination_cidr_block": cidr,
            "vpc_peering_connection_id": "${aws_vpc_peering_connection_accepter.x.id}",
        });
        stack.in_module("dr", "aws_route.peer", route);
        let drill = lose(&stack, "us-east-1");
        let worst = drill
            .crossings
            .iter()
            .map(|found| found.class)
            .filter(|class| *class != Class::ControlPlaneOnly)
            .min();
        assert_eq!(worst, Some(class), "{cidr}: {:?}", drill.crossings);
    }
}

#[test]
fn a_default_route_through_a_peered_transit_gateway_leads_out_through_the_lost_region() {
    for (cidr, is_fatal) in [("0.0.0.0/0", true), ("10.0.0.0/8", false)] {
        let mut stack = Stack::new();
        let peering = json!({"transit_gateway_id": "tgw-1", "peer_transit_gateway_id": "tgw-2", "peer_region": "us-east-1"});
        stack.in_module("dr", "aws_ec2_transit_gateway_peering_attachment.x", peering);
        let route = json!({
            "destination_cidr_block": cidr,
            "transit_gateway_attachment_id": "${aws_ec2_transit_gateway_peering_attachment.x.id}",
            "transit_gateway_route_table_id": "tgw-rtb-1",
        });
        stack.in_module("dr", "aws_ec2_transit_gateway_route.out", route);
        let drill = lose(&stack, "us-east-1");
        let found: Vec<_> = open(&drill).iter().map(|found| &*found.from).collect();
        let expected: &[&str] =
            if is_fatal { &["module.dr.aws_ec2_transit_gateway_route.out"] } else { &[] };
        assert_eq!(found, expected, "{cidr}");
    }
}

#[test]
fn an_event_target_is_not_what_it_calls() {
    let mut stack = Stack::new();
    let arn = "arn:aws:lambda:us-east-1:111122223333:function:tick";
    stack.in_module("dr", "aws_cloudwatch_event_target.x", json!({"rule": "tick", "arn": arn}));
    let drill = lose(&stack, "us-east-1");
    let found = open(&drill);
    let [crossing] = found[..] else { panic!("{found:?}") };
    assert_eq!(&*crossing.to, arn);
}

#[test]
fn losing_the_only_secondary_stops_the_primary_that_limits_its_lag() {
    let mut stack = Stack::new();
    let parameter = json!([{"name": "rds.global_db_rpo", "value": "60"}]);
    stack.in_module(
        "primary",
        "aws_rds_cluster_parameter_group.x",
        json!({"family": "aurora-postgresql15", "parameter": parameter}),
    );
    let name = json!("${aws_rds_cluster_parameter_group.x.name}");
    stack.set("primary", "aws_rds_cluster.main", "db_cluster_parameter_group_name", name);
    let drill = lose(&stack, "us-east-2");
    let found = open(&drill);
    let [crossing] = found[..] else { panic!("{found:?}") };
    assert_eq!(crossing.class, Class::Fatal);
    assert_eq!(&*crossing.from, "module.primary.aws_rds_cluster.main");
    assert_eq!(&*crossing.to, "module.dr.aws_rds_cluster.main");
    assert!(crossing.trail.contains(&"module.primary.aws_rds_cluster_parameter_group.x".into()));

    // With a second secondary, one keeps up.
    stack.root("provider", "aws.eu", json!({"region": "eu-west-1"}));
    let third = json!({"provider": "aws.eu", "global_cluster_identifier": "${aws_rds_global_cluster.main.id}"});
    stack.root("resource", "aws_rds_cluster.third", third);
    assert!(lose(&stack, "us-east-2").survives());
}

#[test]
fn an_unknown_region_is_undetermined() {
    let mut stack = Stack::new();
    stack.root("data", "aws_region.x", json!({}));
    stack.root("provider", "aws.elsewhere", json!({"region": "${data.aws_region.x.name}"}));
    stack.root("resource", "aws_kms_key.x", json!({"provider": "aws.elsewhere"}));
    stack.input("dr", "planted", "${aws_kms_key.x.arn}");
    stack.set("dr", "aws_lambda_function.main", "kms_key_arn", json!("${var.planted}"));
    let drill = lose(&stack, "us-east-1");
    let found = open(&drill);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].class, &*found[0].to), (Class::Undetermined, "aws_kms_key.x"));
}

#[test]
fn what_cannot_be_followed_is_undetermined() {
    let mut stack = Stack::new();
    stack.root("module", "remote", json!({"source": "example/keys/aws"}));
    stack.input("dr", "planted", "${module.remote.key_arn}");
    stack.set("dr", "aws_lambda_function.main", "kms_key_arn", json!("${var.planted}"));
    let drill = lose(&stack, "us-east-1");
    let found = open(&drill);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].class, &*found[0].to), (Class::Undetermined, "module.remote.key_arn"));
}

#[test]
fn a_type_that_the_tables_do_not_know_is_undetermined() {
    let mut stack = Stack::new();
    stack.in_module("primary", "aws_unheard_of.x", json!({}));
    stack.output("primary", "planted", "${aws_unheard_of.x.arn}");
    stack.input("dr", "planted", "${module.primary.planted}");
    stack.set("dr", "aws_lambda_function.main", "environment.variables.X", json!("${var.planted}"));
    assert_eq!(lose(&stack, "us-east-1").of_class(Class::Undetermined).count(), 1);
}

#[test]
fn a_state_is_judged_by_its_values() {
    let state = |key: &str| {
        let arn = |service: &str, region: &str, name: &str| {
            format!("arn:aws:{service}:{region}:1:{name}")
        };
        let resource = |address: &str, values: Value| {
            let (kind, name) = address.split_once('.').unwrap();
            json!({"address": address, "mode": "managed", "type": kind, "name": name, "provider_name": "registry.terraform.io/hashicorp/aws", "schema_version": 0, "values": values})
        };
        // A function's id is its name, the same in both regions.
        let function = |side: &str, region: &str| {
            let arn = arn("lambda", region, "function:orders");
            resource(
                &format!("aws_lambda_function.{side}"),
                json!({"id": "orders", "arn": arn, "function_name": "orders"}),
            )
        };
        // What AWS says of a global database once its clusters have joined.
        let cluster = |side: &str, region: &str| {
            let arn = arn("rds", region, "cluster:orders");
            let values = json!({"id": "orders", "arn": arn, "cluster_identifier": "orders", "global_cluster_identifier": "global"});
            resource(&format!("aws_rds_cluster.{side}"), values)
        };
        let member = |region: &str| json!({"db_cluster_arn": arn("rds", region, "cluster:orders")});
        let members = [member("us-east-1"), member("us-east-2")];
        let resources = [
            function("primary", "us-east-1"),
            function("dr", "us-east-2"),
            cluster("primary", "us-east-1"),
            cluster("dr", "us-east-2"),
            resource(
                "aws_rds_global_cluster.main",
                json!({"id": "global", "global_cluster_identifier": "global", "global_cluster_members": members}),
            ),
            resource(
                "aws_kms_key.primary",
                json!({"id": "k1", "arn": arn("kms", "us-east-1", "key/k1")}),
            ),
            resource(
                "aws_kms_key.dr",
                json!({"id": "k2", "arn": arn("kms", "us-east-2", "key/k2")}),
            ),
            resource(
                "aws_sqs_queue.dr",
                json!({"id": "https://sqs.us-east-2.amazonaws.com/1/q", "arn": arn("sqs", "us-east-2", "q"), "kms_master_key_id": key}),
            ),
        ];
        json!({"format_version": "1.0", "values": {"root_module": {"resources": resources}}})
            .to_string()
    };
    let tied = state("arn:aws:kms:us-east-1:1:key/k1");
    let plan = Plan::read(tied.as_bytes()).unwrap();
    let drill = drill(&plan, "us-east-1");
    assert!(drill.of_class(Class::Fatal).count() > 0);
    for crossing in drill.crossings.iter().filter(|crossing| crossing.class != Class::Allowed) {
        assert_eq!((crossing.class, &*crossing.to), (Class::Fatal, "aws_kms_key.primary"));
    }
    let members = drill.crossings.iter().filter(|crossing| crossing.class == Class::Allowed);
    assert_eq!(
        members.map(|crossing| &*crossing.from).collect::<Vec<_>>(),
        ["aws_rds_global_cluster.main"]
    );
    let free = state("arn:aws:kms:us-east-2:1:key/k2");
    assert!(drstack_recovery::drill(&Plan::read(free.as_bytes()).unwrap(), "us-east-1").survives());
}

#[test]
fn the_regions_follow_from_the_records_weights_or_from_the_writer() {
    let infer = |stack: &Stack| {
        let documents = stack.documents();
        Regions::infer(&Plan::from_documents(&documents).unwrap())
    };
    let expected = Regions { primary: "us-east-1".to_owned(), recovery: "us-east-2".to_owned() };
    let mut stack = Stack::new();
    assert_eq!(infer(&stack), Some(expected.clone()));
    for record in ["primary", "dr"] {
        stack.remove(&format!("aws_route53_record.{record}"));
    }
    assert_eq!(infer(&stack), Some(expected));
    stack.set("dr", "aws_rds_cluster.main", "master_username", json!("too"));
    stack.set("dr", "aws_rds_cluster.main", "source_region", Value::Null);
    assert_eq!(infer(&stack), None);
}
