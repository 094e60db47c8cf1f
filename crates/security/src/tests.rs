use std::collections::BTreeMap;

use drstack_terraform::{
    Component, Input, Module, ModuleName, Names, Profile, Ref, Region, Template, kind,
};
use drstack_testing::ProviderSchema;
use serde_json::{Value, json};

use crate::*;

const VIRGINIA: Region = Region::US_EAST_1;
const OHIO: Region = Region::US_EAST_2;

fn security(region: Region, peer: Region) -> Security {
    Security::new(Names::new("payments").unwrap(), region, peer)
}

fn buckets(region: Region) -> Buckets {
    let storage = ModuleName::regional("storage", region);
    Buckets { transaction_logs: storage.get("logs"), documents: storage.get("documents") }
}

fn wiring(region: Region, peer: Region) -> Wiring {
    let regional = |domain| ModuleName::regional(domain, region);
    let arn = |service: &str, resource: &str| {
        Template::from(format!("arn:aws:{service}:{region}:"))
            + Input::ACCOUNT_ID
            + format!(":{resource}")
    };
    Wiring {
        queue: regional("compute").get("transactions"),
        buckets: buckets(region),
        peer_buckets: buckets(peer),
        peer_storage_key: ModuleName::regional("security", peer).get("storage"),
        table_arn: arn("dynamodb", "table/sessions"),
        cluster_arn: regional("database").get("main"),
        secret_arn: arn("secretsmanager", "secret:database"),
        function_log_group: regional("compute").get("processor"),
        flow_log_group: regional("networking").get("flow_logs"),
        vault: regional("backup").get("main"),
    }
}

fn build(region: Region, peer: Region) -> Module {
    security(region, peer).build(&wiring(region, peer)).unwrap()
}

fn here() -> Module {
    build(VIRGINIA, OHIO)
}

/// All resources of a type, by name.
fn all(module: &Module, kind: &str) -> BTreeMap<String, Value> {
    let document = module.document().unwrap();
    let bodies = document["resource"][kind].as_object().unwrap().clone();
    bodies.into_iter().collect()
}

fn statements(body: &Value, argument: &str) -> Vec<Value> {
    let policy: Value = serde_json::from_str(body[argument].as_str().unwrap()).unwrap();
    assert_eq!(policy["Version"], "2012-10-17");
    policy["Statement"].as_array().unwrap().clone()
}

/// The statement of a resource's policy with that id.
fn statement(kind: &str, name: &str, sid: &str) -> Value {
    let body = all(&here(), kind)[name].clone();
    let found = statements(&body, "policy").into_iter().find(|statement| statement["Sid"] == sid);
    found.unwrap_or_else(|| panic!("{name} has no statement {sid}"))
}

fn allowed(role: &str, sid: &str) -> Value {
    statement("aws_iam_role_policy", role, sid)
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_provider_takes_every_resource() {
    for module in [here(), build(OHIO, VIRGINIA)] {
        let problems = ProviderSchema::load().validate_document(&module.document().unwrap());
        assert!(problems.is_empty(), "{problems:#?}");
    }
}

#[test]
fn each_purpose_has_a_rotating_single_region_key_with_an_alias() {
    let module = here();
    let (mut keys, aliases) = (all(&module, "aws_kms_key"), all(&module, "aws_kms_alias"));
    let purposes = ["backup", "compute", "database", "logs", "monitoring", "storage"];
    assert_eq!(keys.keys().collect::<Vec<_>>(), purposes.iter().collect::<Vec<_>>());
    let key = keys.get_mut("storage").unwrap().as_object_mut().unwrap();
    key.remove("policy");
    assert_eq!(
        Value::from(key.clone()),
        json!({
            "description": "Buckets",
            "key_usage": "ENCRYPT_DECRYPT",
            "customer_master_key_spec": "SYMMETRIC_DEFAULT",
            "multi_region": false,
            "enable_key_rotation": true,
            "rotation_period_in_days": 365,
            "deletion_window_in_days": 7,
        })
    );
    for purpose in purposes {
        assert_eq!(
            aliases[purpose],
            json!({
                "name": format!("alias/payments-{purpose}-${{var.environment_suffix}}"),
                "target_key_id": format!("${{aws_kms_key.{purpose}.id}}"),
            })
        );
    }
}

#[test]
fn a_protected_environments_keys_can_be_brought_back_for_a_month() {
    let protected = security(VIRGINIA, OHIO).profile(Profile::Protected);
    let module = protected.build(&wiring(VIRGINIA, OHIO)).unwrap();
    for (name, key) in all(&module, "aws_kms_key") {
        assert_eq!(key["deletion_window_in_days"], 30, "{name}");
    }
}

#[test]
fn both_regions_have_the_same_key_policies() {
    let (one, other) = (all(&here(), "aws_kms_key"), all(&build(OHIO, VIRGINIA), "aws_kms_key"));
    assert_eq!(one.len(), Purpose::ALL.len());
    for (name, key) in &one {
        assert_eq!(key["policy"], other[name]["policy"], "{name}");
    }
}

#[test]
fn every_key_can_be_managed_by_the_account_and_names_no_role() {
    for (name, key) in all(&here(), "aws_kms_key") {
        let statements = statements(&key, "policy");
        let (account, services) = statements.split_first().unwrap();
        assert_eq!(account["Principal"], json!({ "AWS": ["arn:aws:iam::${var.account_id}:root"] }));
        assert_eq!(account["Resource"], json!(["*"]), "in a key policy, the key itself");
        for action in ["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:Decrypt"] {
            assert!(strings(&account["Action"]).contains(&action.to_owned()), "{name}: {action}");
        }
        for service in services {
            let kinds: Vec<_> = service["Principal"].as_object().unwrap().keys().collect();
            assert_eq!(kinds, ["Service"], "{name}");
        }
    }
}

#[test]
fn services_use_only_the_keys_that_they_need() {
    let services = |(name, key): (String, Value)| {
        let all = statements(&key, "policy").into_iter().flat_map(|statement| {
            let services = &statement["Principal"]["Service"];
            if services.is_null() { Vec::new() } else { strings(services) }
        });
        (name, all.collect::<Vec<_>>())
    };
    let used: Vec<_> = all(&here(), "aws_kms_key")
        .into_iter()
        .map(services)
        .filter(|(_, services)| !services.is_empty())
        .collect();
    let expected = [
        ("logs", vec!["logs.us-east-1.amazonaws.com", "logs.us-east-2.amazonaws.com"]),
        (
            "monitoring",
            vec![
                "cloudwatch.amazonaws.com",
                "sns.amazonaws.com",
                "events.amazonaws.com",
                "events.rds.amazonaws.com",
            ],
        ),
    ];
    let expected = expected.map(|(name, services)| {
        (name.to_owned(), services.into_iter().map(str::to_owned).collect::<Vec<_>>())
    });
    assert_eq!(used, expected);
}

#[test]
fn log_groups_are_encrypted_for_the_stacks_own_only() {
    let statement = statement("aws_kms_key", "logs", "LogGroups");
    let groups = |region| {
        format!(
            "arn:aws:logs:{region}:${{var.account_id}}:log-group:/aws/*payments-*${{var.environment_suffix}}*"
        )
    };
    assert_eq!(
        statement["Condition"],
        json!({ "ArnLike": { "kms:EncryptionContext:aws:logs:arn": [groups(VIRGINIA), groups(OHIO)] } })
    );
    assert!(strings(&statement["Action"]).contains(&"kms:GenerateDataKey".to_owned()));
}

#[test]
fn alarms_and_topics_come_from_this_account_and_events_carry_no_source() {
    let own = |service: &str, region: &str, before: &str| {
        format!(
            "arn:aws:{service}:{region}:${{var.account_id}}:{before}payments-*${{var.environment_suffix}}*"
        )
    };
    let from_here = json!({ "aws:SourceAccount": ["${var.account_id}"] });
    let sends = json!(["kms:GenerateDataKey", "kms:Decrypt"]);

    let alarms = statement("aws_kms_key", "monitoring", "Alarms");
    let sources = ["us-east-1", "us-east-2"].map(|region| own("cloudwatch", region, "alarm:"));
    assert_eq!(alarms["Action"], sends);
    assert_eq!(
        alarms["Condition"],
        json!({ "StringEquals": from_here, "ArnLike": { "aws:SourceArn": sources } })
    );
    let topics = statement("aws_kms_key", "monitoring", "Topics");
    assert_eq!(topics["Action"], sends);
    assert_eq!(
        topics["Condition"],
        json!({ "StringEquals": from_here, "ArnLike": { "aws:SourceArn": [own("sns", "*", "")] } })
    );
    let events = statement("aws_kms_key", "monitoring", "Events");
    assert_eq!((&events["Action"], &events["Condition"]), (&sends, &Value::Null));
}

#[test]
fn each_role_carries_region_and_suffix_and_has_one_policy() {
    let module = here();
    let (roles, policies) = (all(&module, "aws_iam_role"), all(&module, "aws_iam_role_policy"));
    let names = ["backup", "flow_logs", "function", "replication"];
    assert_eq!(roles.keys().collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
    for name in names {
        let full =
            format!("payments-{}-us-east-1-${{var.environment_suffix}}", name.replace('_', "-"));
        assert_eq!(roles[name]["name"], full);
        assert_eq!(policies[name]["name"], full);
        assert_eq!(policies[name]["role"], format!("${{aws_iam_role.{name}.id}}"));
    }
}

#[test]
fn each_role_trusts_one_service() {
    let roles = all(&here(), "aws_iam_role");
    let trust = |name: &str| statements(&roles[name], "assume_role_policy");
    for (name, service) in [
        ("backup", "backup.amazonaws.com"),
        ("function", "lambda.amazonaws.com"),
        ("replication", "s3.amazonaws.com"),
    ] {
        assert_eq!(
            trust(name),
            [json!({
                "Sid": "Assume",
                "Effect": "Allow",
                "Principal": { "Service": [service] },
                "Action": ["sts:AssumeRole"],
            })]
        );
    }
    assert_eq!(
        trust("flow_logs"),
        [json!({
            "Sid": "Assume",
            "Effect": "Allow",
            "Principal": { "Service": ["vpc-flow-logs.amazonaws.com"] },
            "Action": ["sts:AssumeRole"],
            "Condition": {
                "StringEquals": { "aws:SourceAccount": ["${var.account_id}"] },
                "ArnLike": {
                    "aws:SourceArn": ["arn:aws:ec2:us-east-1:${var.account_id}:vpc-flow-log/*"],
                },
            },
        })]
    );
}

#[test]
fn no_policy_has_a_wildcard_action_and_roles_name_their_resources() {
    let module = here();
    let unrestricted = [
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "logs:DescribeLogGroups",
        "tag:GetResources",
    ];
    for (kind, is_key) in [("aws_kms_key", true), ("aws_iam_role_policy", false)] {
        for (name, body) in all(&module, kind) {
            for statement in statements(&body, "policy") {
                let (actions, resources) =
                    (strings(&statement["Action"]), strings(&statement["Resource"]));
                assert!(actions.iter().all(|action| !action.contains('*')), "{name}: {actions:?}");
                if is_key {
                    continue;
                }
                if resources == ["*"] {
                    let known = |action: &String| unrestricted.contains(&action.as_str());
                    assert!(actions.iter().all(known), "{name}: {actions:?}");
                    continue;
                }
                for resource in resources {
                    let regional = resource.starts_with("${") || resource.contains(":us-east-1:");
                    assert!(regional, "{name}: {resource}");
                }
            }
        }
    }
}

#[test]
fn the_function_touches_its_own_queue_archive_sessions_and_database() {
    let expected = [
        (
            "Queue",
            json!([
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:SendMessage",
            ]),
            json!(["${var.compute_sqs_queue_transactions_arn}"]),
        ),
        (
            "Log",
            json!(["logs:CreateLogStream", "logs:PutLogEvents"]),
            json!(["${var.compute_cloudwatch_log_group_processor_arn}:*"]),
        ),
        (
            "Archive",
            json!(["s3:PutObject"]),
            json!(["${var.storage_s3_bucket_logs_arn}/transactions/*"]),
        ),
        (
            "BucketHealth",
            json!(["s3:ListBucket"]),
            json!(["${var.storage_s3_bucket_logs_arn}", "${var.storage_s3_bucket_documents_arn}"]),
        ),
        (
            "Database",
            json!(["rds-data:ExecuteStatement", "rds:DescribeDBClusters"]),
            json!(["${var.database_rds_cluster_main_arn}"]),
        ),
        (
            "Secret",
            json!(["secretsmanager:GetSecretValue"]),
            json!(["arn:aws:secretsmanager:us-east-1:${var.account_id}:secret:database"]),
        ),
        ("KeyHealth", json!(["kms:DescribeKey"]), json!(["${aws_kms_key.database.arn}"])),
    ];
    for (sid, actions, resources) in expected {
        assert_eq!(
            allowed("function", sid),
            json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources })
        );
    }
}

#[test]
fn the_function_reads_its_latch_and_writes_leases_only() {
    for (sid, actions, keys) in [
        ("Latch", json!(["dynamodb:GetItem"]), "latch#us-east-1"),
        ("Leases", json!(["dynamodb:PutItem", "dynamodb:DeleteItem"]), "lease#*"),
    ] {
        assert_eq!(
            allowed("function", sid),
            json!({
                "Sid": sid,
                "Effect": "Allow",
                "Action": actions,
                "Resource": ["arn:aws:dynamodb:us-east-1:${var.account_id}:table/sessions"],
                "Condition": { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [keys] } },
            })
        );
    }
}

#[test]
fn the_function_uses_keys_only_through_their_services() {
    for (sid, actions, key, service) in [
        ("QueueKey", json!(["kms:Decrypt", "kms:GenerateDataKey"]), "compute", "sqs"),
        ("EnvironmentKey", json!(["kms:Decrypt"]), "compute", "lambda"),
        ("ArchiveKey", json!(["kms:GenerateDataKey"]), "storage", "s3"),
        ("SessionKey", json!(["kms:Decrypt"]), "database", "dynamodb"),
        ("SecretKey", json!(["kms:Decrypt"]), "database", "secretsmanager"),
    ] {
        assert_eq!(
            allowed("function", sid),
            json!({
                "Sid": sid,
                "Effect": "Allow",
                "Action": actions,
                "Resource": [format!("${{aws_kms_key.{key}.arn}}")],
                "Condition": {
                    "StringEquals": {
                        "kms:ViaService": [format!("{service}.us-east-1.amazonaws.com")],
                    },
                },
            })
        );
    }
}

#[test]
fn lambda_manages_network_interfaces_and_the_functions_code_does_not() {
    let interfaces = allowed("function", "NetworkInterfaces");
    let denied = allowed("function", "NotFromCode");
    assert_eq!((&interfaces["Effect"], &denied["Effect"]), (&json!("Allow"), &json!("Deny")));
    assert_eq!(interfaces["Resource"], json!(["arn:aws:ec2:us-east-1:${var.account_id}:*/*"]));
    assert_eq!(interfaces["Action"], denied["Action"]);
    assert_eq!(interfaces["Resource"], denied["Resource"]);
    assert_eq!(
        denied["Condition"],
        json!({
            "ArnLike": {
                "lambda:SourceFunctionArn": ["arn:aws:lambda:us-east-1:${var.account_id}:function:*"],
            },
        })
    );
}

#[test]
fn replication_reads_here_and_writes_there() {
    let here = ["${var.storage_s3_bucket_logs_arn}", "${var.storage_s3_bucket_documents_arn}"];
    let there = [
        "${var.storage_us_east_2_s3_bucket_logs_arn}",
        "${var.storage_us_east_2_s3_bucket_documents_arn}",
    ];
    let objects = |buckets: [&str; 2]| buckets.map(|bucket| format!("{bucket}/*"));
    for (sid, actions, resources) in [
        ("SourceBuckets", json!(["s3:GetReplicationConfiguration", "s3:ListBucket"]), json!(here)),
        (
            "SourceObjects",
            json!([
                "s3:GetObjectVersionForReplication",
                "s3:GetObjectVersionAcl",
                "s3:GetObjectVersionTagging",
            ]),
            json!(objects(here)),
        ),
        (
            "Replicas",
            json!(["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"]),
            json!(objects(there)),
        ),
    ] {
        assert_eq!(
            allowed("replication", sid),
            json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources })
        );
    }
    let key = |sid: &str, actions: Value, key: &str, region: Region, buckets: [&str; 2]| {
        let contexts: Vec<_> =
            buckets.iter().map(|bucket| (*bucket).to_owned()).chain(objects(buckets)).collect();
        assert_eq!(
            allowed("replication", sid),
            json!({
                "Sid": sid,
                "Effect": "Allow",
                "Action": actions,
                "Resource": [key],
                "Condition": {
                    "StringEquals": { "kms:ViaService": [format!("s3.{region}.amazonaws.com")] },
                    "StringLike": { "kms:EncryptionContext:aws:s3:arn": contexts },
                },
            })
        );
    };
    key("SourceKey", json!(["kms:Decrypt"]), "${aws_kms_key.storage.arn}", VIRGINIA, here);
    let peer_key = "${var.security_us_east_2_kms_key_storage_arn}";
    key("ReplicaKey", json!(["kms:Encrypt", "kms:Decrypt"]), peer_key, OHIO, there);
}

#[test]
fn backup_takes_and_expires_its_own_snapshots() {
    let cluster = "${var.database_rds_cluster_main_arn}";
    let snapshots = "arn:aws:rds:us-east-1:${var.account_id}:cluster-snapshot:awsbackup:*";
    let take = allowed("backup", "TakeSnapshots");
    assert!(strings(&take["Action"]).contains(&"rds:CreateDBClusterSnapshot".to_owned()));
    assert_eq!(take["Resource"], json!([cluster, snapshots]));
    let expire = allowed("backup", "ExpireSnapshots");
    assert_eq!(expire["Action"], json!(["rds:DeleteDBClusterSnapshot"]));
    assert_eq!(expire["Resource"], json!([snapshots]));
    assert_eq!(
        allowed("backup", "Vault")["Resource"],
        json!(["${var.backup_backup_vault_main_arn}"])
    );
    assert_eq!(
        allowed("backup", "GrantKey")["Condition"],
        json!({
            "StringEquals": { "kms:ViaService": ["rds.us-east-1.amazonaws.com"] },
            "Bool": { "kms:GrantIsForAWSResource": ["true"] },
        })
    );
    assert_eq!(
        allowed("backup", "DescribeKey")["Resource"],
        json!(["${aws_kms_key.database.arn}"])
    );
}

#[test]
fn flow_logs_go_to_their_group_and_never_make_one() {
    let group = "${var.networking_cloudwatch_log_group_flow_logs_arn}";
    let deliver = allowed("flow_logs", "Deliver");
    assert_eq!(
        deliver["Action"],
        json!(["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"])
    );
    assert_eq!(deliver["Resource"], json!([group, format!("{group}:*")]));
}

#[test]
fn roles_are_handed_out_with_their_policies() {
    let module = here();
    let outputs = security(VIRGINIA, OHIO).outputs();
    for (role, name) in [
        (outputs.function_role, "function"),
        (outputs.replication_role, "replication"),
        (outputs.backup_role, "backup"),
        (outputs.flow_logs_role, "flow_logs"),
    ] {
        let policy: Ref<kind::RolePolicy> = module.get(name);
        let bare: Ref<kind::Arn<kind::Role>> = module.get(name);
        assert_eq!(role, bare.when_ready([policy.address().clone()]));
    }
}

#[test]
fn keys_are_found_by_purpose() {
    let (module, outputs) = (here(), security(VIRGINIA, OHIO).outputs());
    for purpose in Purpose::ALL {
        let key = outputs.key(purpose);
        assert_eq!(key, module.get(purpose.name()));
        assert!(module.addresses().any(|address| address == key.address()));
    }
}

#[test]
fn a_region_is_not_its_own_peer() {
    let error = security(OHIO, OHIO).build(&wiring(OHIO, OHIO)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "found us-east-2 twice, expected two regions: choose another peer"
    );
}

#[test]
fn the_longest_names_fit() {
    let region = Region::all().max_by_key(|region| region.as_str().len()).unwrap();
    let security = Security::new(Names::new("sixteen-letters0").unwrap(), region, VIRGINIA);
    assert!(security.build(&wiring(region, VIRGINIA)).is_ok());
}
