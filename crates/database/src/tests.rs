//! What the database modules hold.

use std::num::NonZeroU8;

use crate::{Acu, EngineVersion, PasswordMode, Primary, Secondary, primary, secondary};
use drstack_terraform::{Component, ModuleName, Names, Profile, Ref, Region, Template, kind};
use drstack_testing::ProviderSchema;
use serde_json::{Value, json};

const REGION: Region = Region::US_EAST_1;
const PEER: Region = Region::US_EAST_2;

fn primary() -> Primary {
    Primary::new(Names::new("payments").unwrap(), REGION, PEER)
}

fn subnets(region: Region) -> Vec<Ref<kind::Subnet>> {
    let networking = ModuleName::regional("networking", region);
    vec![networking.get("database_a"), networking.get("database_b")]
}

fn primary_wiring() -> primary::Wiring {
    let security = ModuleName::regional("security", REGION);
    primary::Wiring {
        key: security.get("database"),
        peer_key: ModuleName::regional("security", PEER).get("database"),
        logs_key: security.get("logs"),
        subnets: subnets(REGION),
        security_group: ModuleName::regional("networking", REGION).get("database"),
        topic: ModuleName::regional("monitoring", REGION).get("alarms"),
    }
}

fn secondary_wiring() -> secondary::Wiring {
    let security = ModuleName::regional("security", PEER);
    secondary::Wiring {
        key: security.get("database"),
        logs_key: security.get("logs"),
        subnets: subnets(PEER),
        security_group: ModuleName::regional("networking", PEER).get("database"),
        topic: ModuleName::regional("monitoring", PEER).get("alarms"),
        global_cluster: primary().outputs().global_cluster,
    }
}

fn checked(document: Value) -> Value {
    assert_eq!(ProviderSchema::load().validate_document(&document), []);
    document
}

fn primary_document(primary: &Primary) -> Value {
    checked(primary.build(&primary_wiring()).unwrap().document().unwrap())
}

fn secondary_document(secondary: &Secondary) -> Value {
    checked(secondary.build(&secondary_wiring()).unwrap().document().unwrap())
}

fn cluster(document: &Value) -> &Value {
    &document["resource"]["aws_rds_cluster"]["main"]
}

/// Both sides' resource of that type and name.
fn both(ty: &str, name: &str) -> [Value; 2] {
    let primary = primary();
    [primary_document(&primary), secondary_document(&primary.secondary())]
        .map(|document| document["resource"][ty][name].clone())
}

fn absent(value: &Value, arguments: &[&str]) {
    for argument in arguments {
        assert!(value[argument].is_null(), "{argument}: {value:#}");
    }
}

#[test]
fn the_global_cluster_is_encrypted_and_of_one_version_with_both_clusters() {
    let version: EngineVersion = "15.12".parse().unwrap();
    let primary = primary().engine_version(version).database_name("ledger");
    let document = primary_document(&primary);
    assert_eq!(
        document["resource"]["aws_rds_global_cluster"]["main"],
        json!({
            "global_cluster_identifier": "payments-global-${var.environment_suffix}",
            "engine": "aurora-postgresql",
            "engine_version": "15.12",
            "database_name": "ledger",
            "storage_encrypted": true,
            "deletion_protection": false,
        })
    );
    assert_eq!(cluster(&document)["engine_version"], "15.12");
    assert_eq!(cluster(&document)["database_name"], "ledger");
    assert_eq!(primary.outputs().database_name, "ledger");
    let secondary = secondary_document(&primary.secondary());
    assert_eq!(cluster(&secondary)["engine_version"], "15.12");
}

#[test]
fn both_clusters_are_encrypted_private_and_reached_with_iam_or_the_data_api() {
    for cluster in both("aws_rds_cluster", "main") {
        assert_eq!(cluster["cluster_identifier"], "payments-aurora-${var.environment_suffix}");
        assert_eq!(cluster["engine"], "aurora-postgresql");
        for switch in [
            "storage_encrypted",
            "iam_database_authentication_enabled",
            "enable_http_endpoint",
            "copy_tags_to_snapshot",
            "apply_immediately",
        ] {
            assert_eq!(cluster[switch], true, "{switch}");
        }
        assert_eq!(cluster["kms_key_id"], "${var.security_kms_key_database_arn}");
        assert_eq!(
            cluster["vpc_security_group_ids"],
            json!(["${var.networking_security_group_database_id}"])
        );
        assert_eq!(cluster["db_subnet_group_name"], "${aws_db_subnet_group.main.name}");
        let parameters = &cluster["db_cluster_parameter_group_name"];
        assert_eq!(parameters, "${aws_rds_cluster_parameter_group.main.name}");
        assert_eq!(cluster["backup_retention_period"], 7);
    }
}

#[test]
fn both_clusters_leave_upgrades_and_switchovers_alone() {
    for cluster in both("aws_rds_cluster", "main") {
        let ignored = &cluster["lifecycle"][0]["ignore_changes"];
        assert_eq!(ignored, &json!(["engine_version", "replication_source_identifier"]));
    }
}

#[test]
fn the_secondary_joins_after_the_primary_has_an_instance_and_has_no_login_of_its_own() {
    let document = secondary_document(&primary().secondary());
    let secondary = cluster(&document);
    assert_eq!(secondary["source_region"], "us-east-1");
    let joined = &secondary["global_cluster_identifier"];
    assert_eq!(joined, "${var.database_us_east_1_rds_global_cluster_main_id_when_ready}");
    absent(
        secondary,
        &["database_name", "master_username", "master_password", "master_password_wo"],
    );

    let own = primary_document(&primary());
    let own = cluster(&own);
    assert_eq!(own["global_cluster_identifier"], "${aws_rds_global_cluster.main.id}");
    absent(own, &["source_region"]);
}

#[test]
fn the_global_cluster_is_given_away_when_the_primarys_instances_are_ready() {
    let primary = primary().instances(NonZeroU8::new(2).unwrap());
    let global: Ref<kind::GlobalCluster> = ModuleName::regional("database", REGION).get("main");
    let instances = (1..=2).map(|number| {
        ModuleName::regional("database", REGION)
            .get::<kind::ClusterInstance>(format!("instance_{number}"))
            .address()
            .clone()
    });
    assert_eq!(primary.outputs().global_cluster, global.when_ready(instances));
}

#[test]
fn instances_are_serverless_in_one_zone_after_the_other_with_encrypted_insights() {
    let three = NonZeroU8::new(3).unwrap();
    let primary = primary().instances(three).zones([REGION.zone('a'), REGION.zone('b')]);
    let document = primary_document(&primary);
    let instances = document["resource"]["aws_rds_cluster_instance"].as_object().unwrap();
    let zones: Vec<_> = instances.values().map(|each| each["availability_zone"].clone()).collect();
    assert_eq!(zones, ["us-east-1a", "us-east-1b", "us-east-1a"]);
    assert_eq!(
        instances["instance_3"],
        json!({
            "identifier": "payments-aurora-3-${var.environment_suffix}",
            "cluster_identifier": "${aws_rds_cluster.main.id}",
            "engine": "aurora-postgresql",
            "instance_class": "db.serverless",
            "availability_zone": "us-east-1a",
            "db_parameter_group_name": "${aws_db_parameter_group.main.name}",
            "publicly_accessible": false,
            "auto_minor_version_upgrade": false,
            "copy_tags_to_snapshot": true,
            "performance_insights_enabled": true,
            "performance_insights_kms_key_id": "${var.security_kms_key_database_arn}",
            "performance_insights_retention_period": 7,
            "apply_immediately": true,
        })
    );
}

#[test]
fn the_secondary_has_the_primarys_instances_and_other_zones() {
    let two = NonZeroU8::new(2).unwrap();
    let primary = primary().instances(two).zones([REGION.zone('a')]);
    let document = secondary_document(&primary.secondary());
    let instances = document["resource"]["aws_rds_cluster_instance"].as_object().unwrap();
    assert_eq!(instances.len(), 2);
    absent(&instances["instance_1"], &["availability_zone"]);

    let secondary = primary.secondary().instances(NonZeroU8::MIN).zones([PEER.zone('c')]);
    let document = secondary_document(&secondary);
    let instances = document["resource"]["aws_rds_cluster_instance"].as_object().unwrap();
    assert_eq!(instances.len(), 1);
    assert_eq!(instances["instance_1"]["availability_zone"], "us-east-2c");
}

#[test]
fn capacity_never_reaches_zero_and_is_inherited() {
    let scaling =
        |document: &Value| cluster(document)["serverlessv2_scaling_configuration"].clone();
    let default = json!([{ "min_capacity": 0.5, "max_capacity": 4.0 }]);
    assert_eq!(scaling(&primary_document(&primary())), default);

    let primary = primary().capacity(Acu::halves(4)..=Acu::MAX);
    let wide = json!([{ "min_capacity": 2.0, "max_capacity": 256.0 }]);
    assert_eq!(scaling(&primary_document(&primary)), wide);
    assert_eq!(scaling(&secondary_document(&primary.secondary())), wide);
    let raised = primary.secondary().capacity(Acu::halves(8)..=Acu::halves(16));
    let higher = json!([{ "min_capacity": 4.0, "max_capacity": 8.0 }]);
    assert_eq!(scaling(&secondary_document(&raised)), higher);
}

#[test]
fn the_profile_decides_what_destroy_may_take() {
    let protected = primary().profile(Profile::Protected);
    for document in [primary_document(&protected), secondary_document(&protected.secondary())] {
        let cluster = cluster(&document);
        assert_eq!(cluster["deletion_protection"], true);
        assert_eq!(cluster["skip_final_snapshot"], false);
        assert_eq!(cluster["delete_automated_backups"], false);
        let snapshot = &cluster["final_snapshot_identifier"];
        assert_eq!(snapshot, "payments-aurora-final-${var.environment_suffix}");
    }
    let resources = &primary_document(&protected)["resource"];
    assert_eq!(resources["aws_rds_global_cluster"]["main"]["deletion_protection"], true);
    assert_eq!(resources["aws_secretsmanager_secret"]["master"]["recovery_window_in_days"], 30);
    assert_eq!(resources["aws_dynamodb_table"]["sessions"]["deletion_protection_enabled"], true);

    for cluster in both("aws_rds_cluster", "main") {
        assert_eq!(cluster["deletion_protection"], false);
        assert_eq!(cluster["skip_final_snapshot"], true);
        assert_eq!(cluster["delete_automated_backups"], true);
        absent(&cluster, &["final_snapshot_identifier"]);
    }
}

#[test]
fn subnets_are_the_regions_own() {
    for group in both("aws_db_subnet_group", "main") {
        assert_eq!(group["name"], "payments-aurora-${var.environment_suffix}");
        assert_eq!(
            group["subnet_ids"],
            json!([
                "${var.networking_subnet_database_a_id}",
                "${var.networking_subnet_database_b_id}"
            ])
        );
    }
}

#[test]
fn connections_need_tls_and_are_logged() {
    let parameter =
        |name, value| json!({ "name": name, "value": value, "apply_method": "immediate" });
    for group in both("aws_rds_cluster_parameter_group", "main") {
        assert_eq!(group["name"], "payments-aurora-${var.environment_suffix}");
        assert_eq!(group["family"], "aurora-postgresql15");
        assert_eq!(group["parameter"], json!([parameter("rds.force_ssl", "1")]));
    }
    for group in both("aws_db_parameter_group", "main") {
        assert_eq!(group["name"], "payments-aurora-instance-${var.environment_suffix}");
        assert_eq!(group["family"], "aurora-postgresql15");
        let logged = [parameter("log_connections", "1"), parameter("log_disconnections", "1")];
        assert_eq!(group["parameter"], json!(logged));
    }
}

#[test]
fn a_limit_on_the_lag_is_the_primarys_only() {
    let primary = primary().global_rpo(120);
    let parameters = |document: Value| {
        document["resource"]["aws_rds_cluster_parameter_group"]["main"]["parameter"].clone()
    };
    assert_eq!(
        parameters(primary_document(&primary))[1],
        json!({ "name": "rds.global_db_rpo", "value": "120", "apply_method": "immediate" })
    );
    let secondary = parameters(secondary_document(&primary.secondary()));
    assert_eq!(secondary.as_array().unwrap().len(), 1);
}

#[test]
fn the_log_is_encrypted_and_there_before_the_cluster() {
    for group in both("aws_cloudwatch_log_group", "main") {
        assert_eq!(
            group,
            json!({
                "name": "/aws/rds/cluster/payments-aurora-${var.environment_suffix}/postgresql",
                "kms_key_id": "${var.security_kms_key_logs_arn}",
                "retention_in_days": 14,
            })
        );
    }
    for cluster in both("aws_rds_cluster", "main") {
        assert_eq!(cluster["enabled_cloudwatch_logs_exports"], json!(["postgresql"]));
        assert_eq!(cluster["depends_on"], json!(["aws_cloudwatch_log_group.main"]));
    }
    let kept = primary().log_retention(7).backup_retention(35);
    let document = primary_document(&kept);
    let log = &document["resource"]["aws_cloudwatch_log_group"]["main"];
    assert_eq!(log["retention_in_days"], 7);
    assert_eq!(cluster(&document)["backup_retention_period"], 35);
}

#[test]
fn the_secret_is_copied_under_the_other_regions_key_and_deleted_at_once() {
    assert_eq!(
        primary_document(&primary())["resource"]["aws_secretsmanager_secret"]["master"],
        json!({
            "name": "payments-database-${var.environment_suffix}",
            "description": "The master user of the Aurora global database.",
            "kms_key_id": "${var.security_kms_key_database_arn}",
            "recovery_window_in_days": 0,
            "force_overwrite_replica_secret": true,
            "replica": [{
                "region": "us-east-2",
                "kms_key_id": "${var.security_us_east_2_kms_key_database_arn}",
            }],
        })
    );
}

/// What Aurora refuses in a password, and something that is unknown until the secret exists.
const EXCLUDED: &str = r#"/@"${substr(aws_secretsmanager_secret.master.id, 0, 0)}"#;

#[test]
fn a_write_only_password_goes_into_the_secret_and_from_there_into_the_cluster() {
    let document = primary_document(&primary());
    let ephemeral = &document["ephemeral"];
    assert_eq!(
        ephemeral["aws_secretsmanager_random_password"]["master"],
        json!({ "password_length": 32, "exclude_characters": EXCLUDED })
    );
    assert_eq!(
        document["resource"]["aws_secretsmanager_secret_version"]["master"],
        json!({
            "secret_id": "${aws_secretsmanager_secret.master.id}",
            "secret_string_wo": "${jsonencode({ \"password\" = ephemeral.aws_secretsmanager_random_password.master.random_password, \"username\" = \"dbadmin\" })}",
            "secret_string_wo_version": 1,
        })
    );
    assert_eq!(
        ephemeral["aws_secretsmanager_secret_version"]["master"],
        json!({ "secret_id": "${aws_secretsmanager_secret_version.master.arn}" })
    );
    let cluster = cluster(&document);
    assert_eq!(cluster["master_username"], "dbadmin");
    assert_eq!(
        cluster["master_password_wo"],
        "${jsondecode(ephemeral.aws_secretsmanager_secret_version.master.secret_string)[\"password\"]}"
    );
    assert_eq!(cluster["master_password_wo_version"], 1);
    absent(cluster, &["master_password", "manage_master_user_password"]);
    assert!(document["data"].is_null());
}

#[test]
fn a_stored_password_uses_nothing_that_older_terraform_lacks() {
    let document = primary_document(&primary().password(PasswordMode::Stored));
    assert!(document["ephemeral"].is_null());
    assert_eq!(
        document["data"]["aws_secretsmanager_random_password"]["master"],
        json!({ "password_length": 32, "exclude_characters": EXCLUDED })
    );
    assert_eq!(
        document["resource"]["aws_secretsmanager_secret_version"]["master"],
        json!({
            "secret_id": "${aws_secretsmanager_secret.master.id}",
            "secret_string": "${jsonencode({ \"password\" = data.aws_secretsmanager_random_password.master.random_password, \"username\" = \"dbadmin\" })}",
            "lifecycle": [{ "ignore_changes": ["secret_string"] }],
        })
    );
    let cluster = cluster(&document);
    assert_eq!(
        cluster["master_password"],
        "${jsondecode(aws_secretsmanager_secret_version.master.secret_string)[\"password\"]}"
    );
    absent(cluster, &["master_password_wo", "master_password_wo_version"]);
}

#[test]
fn the_session_table_is_global_on_demand_and_encrypted_on_both_sides() {
    assert_eq!(
        primary_document(&primary())["resource"]["aws_dynamodb_table"]["sessions"],
        json!({
            "name": "payments-sessions-${var.environment_suffix}",
            "billing_mode": "PAY_PER_REQUEST",
            "hash_key": "pk",
            "attribute": [{ "name": "pk", "type": "S" }],
            "stream_enabled": true,
            "stream_view_type": "NEW_AND_OLD_IMAGES",
            "ttl": [{ "attribute_name": "expires_at", "enabled": true }],
            "server_side_encryption": [
                { "enabled": true, "kms_key_arn": "${var.security_kms_key_database_arn}" },
            ],
            "point_in_time_recovery": [{ "enabled": true }],
            "deletion_protection_enabled": false,
            "replica": [{
                "region_name": "us-east-2",
                "kms_key_arn": "${var.security_us_east_2_kms_key_database_arn}",
                "point_in_time_recovery": true,
                "propagate_tags": true,
            }],
        })
    );
}

#[test]
fn failover_events_reach_each_regions_topic_two_ways() {
    let categories = json!(["failover", "failure", "global-failover"]);
    for subscription in both("aws_db_event_subscription", "failover") {
        assert_eq!(
            subscription,
            json!({
                "name": "payments-failover-${var.environment_suffix}",
                "sns_topic": "${var.monitoring_sns_topic_alarms_arn}",
                "source_type": "db-cluster",
                "source_ids": ["${aws_rds_cluster.main.id}"],
                "event_categories": categories,
            })
        );
    }
    for rule in both("aws_cloudwatch_event_rule", "failover") {
        assert_eq!(rule["name"], "payments-failover-${var.environment_suffix}");
        let pattern: Value = serde_json::from_str(rule["event_pattern"].as_str().unwrap()).unwrap();
        assert_eq!(
            pattern,
            json!({
                "source": ["aws.rds"],
                "detail-type": ["RDS DB Cluster Event"],
                "resources": ["${aws_rds_cluster.main.arn}"],
                "detail": { "EventCategories": categories },
            })
        );
    }
    for target in both("aws_cloudwatch_event_target", "failover") {
        assert_eq!(
            target,
            json!({
                "rule": "${aws_cloudwatch_event_rule.failover.name}",
                "target_id": "topic",
                "arn": "${var.monitoring_sns_topic_alarms_arn}",
            })
        );
    }
}

#[test]
fn the_primary_tells_others_where_things_are_in_both_regions() {
    let outputs = primary().outputs();
    let module = "module.database_us_east_1";
    let shown = [
        outputs.cluster.into(),
        outputs.cluster_name.into(),
        outputs.cluster_arn.into(),
        outputs.endpoint.into(),
        outputs.reader_endpoint.into(),
        outputs.resource_id.into(),
        outputs.global_endpoint.into(),
        outputs.secret_arn,
        outputs.replica_secret_arn,
        outputs.table_name.into(),
        outputs.table_arn,
        outputs.replica_table_arn,
    ]
    .map(|template: Template| template.to_string());
    assert_eq!(
        shown,
        [
            format!("${{{module}.aws_rds_cluster.main.id}}"),
            format!("${{{module}.aws_rds_cluster.main.cluster_identifier}}"),
            format!("${{{module}.aws_rds_cluster.main.arn}}"),
            format!("${{{module}.aws_rds_cluster.main.endpoint}}"),
            format!("${{{module}.aws_rds_cluster.main.reader_endpoint}}"),
            format!("${{{module}.aws_rds_cluster.main.cluster_resource_id}}"),
            format!("${{{module}.aws_rds_global_cluster.main.endpoint}}"),
            format!("${{{module}.aws_secretsmanager_secret.master.arn}}"),
            format!(
                "${{replace({module}.aws_secretsmanager_secret.master.arn, \":us-east-1:\", \":us-east-2:\")}}"
            ),
            format!("${{{module}.aws_dynamodb_table.sessions.name}}"),
            format!("${{{module}.aws_dynamodb_table.sessions.arn}}"),
            "arn:aws:dynamodb:us-east-2:${var.account_id}:table/payments-sessions-${var.environment_suffix}"
                .to_owned(),
        ]
    );
}

#[test]
fn the_secondary_tells_others_where_its_cluster_is() {
    let outputs = primary().secondary().outputs();
    let shown = [
        outputs.cluster.into(),
        outputs.cluster_name.into(),
        outputs.cluster_arn.into(),
        outputs.endpoint.into(),
        outputs.reader_endpoint.into(),
        outputs.resource_id.into(),
    ]
    .map(|template: Template| template.to_string());
    let attributes =
        ["id", "cluster_identifier", "arn", "endpoint", "reader_endpoint", "cluster_resource_id"];
    assert_eq!(
        shown,
        attributes.map(|attribute| format!(
            "${{module.database_us_east_2.aws_rds_cluster.main.{attribute}}}"
        ))
    );
}

#[test]
fn what_aws_would_refuse_is_refused_before() {
    let refusal = |primary: Primary| primary.build(&primary_wiring()).unwrap_err().to_string();
    let refusals = [
        (
            refusal(primary().capacity(Acu::halves(8)..=Acu::MIN)),
            "begins at 4 ACU and ends at 0.5 ACU",
        ),
        (refusal(primary().instances(NonZeroU8::MAX)), "255 instances in us-east-1"),
        (refusal(primary().zones([PEER.zone('a')])), "the zone us-east-2a is not in us-east-1"),
        (refusal(primary().backup_retention(0)), "for 0 days, expected 1 to 35"),
        (refusal(primary().backup_retention(36)), "for 36 days, expected 1 to 35"),
        (refusal(primary().global_rpo(19)), "RPO is 19 s, expected at least 20 s"),
        (refusal(primary().database_name("1st")), "`1st` can't name a database"),
        (refusal(primary().database_name("a-b")), "`a-b` can't name a database"),
        (refusal(primary().database_name("")), "`` can't name a database"),
        (refusal(primary().database_name("a".repeat(64))), "can't name a database"),
        (
            refusal(Primary::new(Names::new("payments").unwrap(), REGION, REGION)),
            "both sides of the global database are in us-east-1",
        ),
    ];
    for (refusal, reason) in refusals {
        assert!(refusal.contains(reason), "{refusal}");
    }
}

#[test]
fn a_secondary_that_could_not_take_the_primarys_load_is_refused() {
    let primary = primary().capacity(Acu::halves(4)..=Acu::halves(16));
    let small = primary.secondary().capacity(Acu::halves(3)..=Acu::halves(16));
    assert_eq!(
        small.build(&secondary_wiring()).unwrap_err().to_string(),
        "the secondary cluster in us-east-2 has a minimum of 1.5 ACU, below the primary's 2 ACU: raise it to that"
    );
    let wrong = primary.secondary().zones([REGION.zone('a')]);
    assert!(wrong.build(&secondary_wiring()).is_err());
}
