//! A plan of any size, made of modules, repeated blocks and policy documents.

use std::fmt::Write as _;

/// Instances of each block.
const INSTANCES: usize = 10;

struct Kind {
    resource_type: &'static str,
    /// Known attributes; `{n}` becomes a number that differs for each instance.
    after: &'static str,
    unknown: &'static str,
    /// The configuration's expressions.
    expressions: &'static str,
}

const KINDS: [Kind; 6] = [
    Kind {
        resource_type: "aws_sqs_queue",
        after: r#""content_based_deduplication":false,"delay_seconds":0,"fifo_queue":false,"max_message_size":262144,"message_retention_seconds":345600,"name":"orders-{n}","receive_wait_time_seconds":0,"tags":{"Environment":"pr-7","Name":"orders-{n}"},"timeouts":null,"visibility_timeout_seconds":30"#,
        unknown: r#""arn":true,"deduplication_scope":true,"fifo_throughput_limit":true,"id":true,"kms_data_key_reuse_period_seconds":true,"kms_master_key_id":true,"name_prefix":true,"policy":true,"redrive_allow_policy":true,"redrive_policy":true,"sqs_managed_sse_enabled":true,"tags":{},"tags_all":{},"url":true"#,
        expressions: r#""kms_master_key_id":{"references":["var.key_arn"]},"name":{"references":["var.name","count.index"]}"#,
    },
    Kind {
        resource_type: "aws_iam_policy",
        after: r#""description":null,"name":"write-{n}","path":"/","policy":"{\"Statement\":[{\"Action\":[\"s3:PutObject\",\"s3:GetObject\",\"s3:DeleteObject\"],\"Condition\":{\"StringEquals\":{\"aws:SourceAccount\":\"123456789012\"}},\"Effect\":\"Allow\",\"Resource\":\"arn:aws:s3:::orders-{n}/*\",\"Sid\":\"Objects\"},{\"Action\":\"kms:Decrypt\",\"Effect\":\"Allow\",\"Resource\":\"arn:aws:kms:us-east-1:123456789012:key/{n}\"}],\"Version\":\"2012-10-17\"}","tags":null"#,
        unknown: r#""arn":true,"attachment_count":true,"id":true,"name_prefix":true,"policy_id":true,"tags_all":true"#,
        expressions: r#""name":{"references":["count.index"]},"policy":{"references":["count.index"]}"#,
    },
    Kind {
        resource_type: "aws_db_instance",
        after: r#""allocated_storage":20,"allow_major_version_upgrade":null,"apply_immediately":false,"auto_minor_version_upgrade":true,"blue_green_update":[],"copy_tags_to_snapshot":false,"custom_iam_instance_profile":null,"customer_owned_ip_enabled":null,"dedicated_log_volume":false,"delete_automated_backups":true,"deletion_protection":null,"domain":null,"domain_dns_ips":null,"enabled_cloudwatch_logs_exports":["postgresql"],"engine":"postgres","final_snapshot_identifier":null,"iam_database_authentication_enabled":null,"identifier":"db-{n}","instance_class":"db.t4g.micro","manage_master_user_password":null,"max_allocated_storage":null,"monitoring_interval":0,"password":"hunter2-{n}","performance_insights_enabled":false,"publicly_accessible":false,"replicate_source_db":null,"restore_to_point_in_time":[],"s3_import":[],"skip_final_snapshot":true,"storage_encrypted":true,"tags":null,"timeouts":null,"username":"app""#,
        unknown: r#""address":true,"arn":true,"availability_zone":true,"backup_retention_period":true,"backup_window":true,"blue_green_update":[],"ca_cert_identifier":true,"endpoint":true,"engine_version":true,"hosted_zone_id":true,"id":true,"kms_key_id":true,"maintenance_window":true,"multi_az":true,"option_group_name":true,"parameter_group_name":true,"port":true,"replicas":true,"resource_id":true,"restore_to_point_in_time":[],"s3_import":[],"status":true,"storage_type":true,"tags_all":true,"vpc_security_group_ids":true"#,
        expressions: r#""allocated_storage":{"constant_value":20},"engine":{"constant_value":"postgres"},"identifier":{"references":["var.name","count.index"]},"kms_key_id":{"references":["var.key_arn"]},"password":{"references":["var.password"]}"#,
    },
    Kind {
        resource_type: "aws_subnet",
        after: r#""assign_ipv6_address_on_creation":false,"cidr_block":"10.0.{n}.0/24","customer_owned_ipv4_pool":null,"enable_dns64":false,"ipv6_cidr_block":null,"ipv6_native":false,"map_public_ip_on_launch":false,"outpost_arn":null,"tags":{"Name":"private \"{n}\""},"tags_all":{"Name":"private \"{n}\""},"timeouts":null"#,
        unknown: r#""arn":true,"availability_zone":true,"availability_zone_id":true,"id":true,"owner_id":true,"tags":{},"tags_all":{},"vpc_id":true"#,
        expressions: r#""cidr_block":{"references":["var.cidr","count.index"]},"vpc_id":{"references":["var.vpc_id"]}"#,
    },
    Kind {
        resource_type: "aws_security_group",
        after: r#""description":"Managed by Terraform","ingress":[{"cidr_blocks":["10.0.0.0/8","172.16.0.0/12"],"description":"","from_port":443,"ipv6_cidr_blocks":[],"prefix_list_ids":[],"protocol":"tcp","security_groups":[],"self":false,"to_port":443},{"cidr_blocks":[],"description":"","from_port":5432,"ipv6_cidr_blocks":[],"prefix_list_ids":[],"protocol":"tcp","security_groups":[],"self":true,"to_port":5432}],"name":"g-{n}","revoke_rules_on_delete":false,"tags":null,"timeouts":null"#,
        unknown: r#""arn":true,"egress":true,"id":true,"ingress":[{"cidr_blocks":[false,false],"ipv6_cidr_blocks":[],"prefix_list_ids":[],"security_groups":[]},{"cidr_blocks":[],"ipv6_cidr_blocks":[],"prefix_list_ids":[],"security_groups":[]}],"name_prefix":true,"owner_id":true,"tags_all":true,"vpc_id":true"#,
        expressions: r#""name":{"references":["var.name","count.index"]},"vpc_id":{"references":["var.vpc_id"]}"#,
    },
    Kind {
        resource_type: "aws_cloudwatch_metric_alarm",
        after: r#""actions_enabled":true,"alarm_actions":[null],"alarm_description":"Age of the oldest message","alarm_name":"age-{n}","comparison_operator":"GreaterThanThreshold","datapoints_to_alarm":null,"dimensions":{"QueueName":"orders-{n}"},"evaluation_periods":2,"extended_statistic":null,"insufficient_data_actions":null,"metric_name":"ApproximateAgeOfOldestMessage","metric_query":[],"namespace":"AWS/SQS","ok_actions":null,"period":60,"statistic":"Maximum","tags":null,"threshold":180,"threshold_metric_id":null,"treat_missing_data":"notBreaching","unit":null"#,
        unknown: r#""alarm_actions":[true],"arn":true,"dimensions":{},"evaluate_low_sample_count_percentiles":true,"id":true,"metric_query":[],"tags_all":true"#,
        expressions: r#""alarm_actions":{"references":["var.topic_arn"]},"alarm_name":{"references":["count.index"]},"dimensions":{"references":["aws_sqs_queue.block_0","count.index"]}"#,
    },
];

/// A plan that creates `resources` instances (rounded up to whole modules of 200), with its configuration.
pub(crate) fn plan(resources: usize) -> String {
    const BLOCKS: usize = 20;
    let modules = resources.div_ceil(BLOCKS * INSTANCES);
    let mut planned = String::new();
    let mut changes = String::new();
    let mut calls = String::new();
    for module in 0..modules {
        let mut entries = Vec::new();
        let mut blocks = Vec::new();
        for block in 0..BLOCKS {
            let Some(kind) =
                KINDS.get((module + block) % KINDS.len()).filter(|_| block > 0).or(KINDS.first())
            else {
                continue;
            };
            let Kind { resource_type, expressions, unknown, .. } = kind;
            blocks.push(format!(
                r#"{{"address":"{resource_type}.block_{block}","mode":"managed","type":"{resource_type}","name":"block_{block}","provider_config_key":"aws.dr","expressions":{{{expressions}}},"schema_version":0,"count_expression":{{"constant_value":{INSTANCES}}}}}"#
            ));
            for instance in 0..INSTANCES {
                let number = ((module * BLOCKS) + block) * INSTANCES + instance;
                let after = kind.after.replace("{n}", &number.to_string());
                let address =
                    format!(r#"module.team_{module}.{resource_type}.block_{block}[{instance}]"#);
                let head = format!(
                    r#""address":"{address}","mode":"managed","type":"{resource_type}","name":"block_{block}","index":{instance},"provider_name":"registry.terraform.io/hashicorp/aws""#
                );
                entries.push(format!(r#"{{{head},"schema_version":0,"values":{{{after}}},"sensitive_values":{{"tags_all":{{}}}}}}"#));
                let comma = if number == 0 { "" } else { "," };
                // Writing to a string cannot fail.
                let _ = write!(
                    changes,
                    r#"{comma}{{"address":"{address}","module_address":"module.team_{module}",{},"change":{{"actions":["create"],"before":null,"after":{{{after}}},"after_unknown":{{{unknown}}},"before_sensitive":false,"after_sensitive":{{"password":true,"tags_all":{{}}}}}}}}"#,
                    head.split_once(',').map_or("", |(_, rest)| rest)
                );
            }
        }
        let comma = if module == 0 { "" } else { "," };
        let _ = write!(
            planned,
            r#"{comma}{{"resources":[{}],"address":"module.team_{module}"}}"#,
            entries.join(",")
        );
        let _ = write!(
            calls,
            r#"{comma}"team_{module}":{{"source":"./team","expressions":{{"key_arn":{{"references":["aws_kms_key.main.arn","aws_kms_key.main"]}},"name":{{"constant_value":"orders"}},"topic_arn":{{"references":["aws_sns_topic.main.arn","aws_sns_topic.main"]}},"vpc_id":{{"references":["aws_vpc.main.id","aws_vpc.main"]}}}},"module":{{"resources":[{}],"variables":{{"key_arn":{{}},"name":{{}},"topic_arn":{{}},"vpc_id":{{}},"cidr":{{"default":"10.0.0.0/8"}},"password":{{"default":"x","sensitive":true}}}}}}}}"#,
            blocks.join(",")
        );
    }
    let root = ["aws_kms_key", "aws_sns_topic", "aws_vpc"];
    let mut tail = String::new();
    for resource_type in root {
        let _ = write!(
            tail,
            r#",{{"address":"{resource_type}.main","mode":"managed","type":"{resource_type}","name":"main","provider_name":"registry.terraform.io/hashicorp/aws","change":{{"actions":["create"],"before":null,"after":{{"tags":null}},"after_unknown":{{"arn":true,"id":true}},"before_sensitive":false,"after_sensitive":{{}}}}}}"#
        );
    }
    let blocks = root.map(|resource_type| {
        format!(
            r#"{{"address":"{resource_type}.main","mode":"managed","type":"{resource_type}","name":"main","provider_config_key":"aws.dr","expressions":{{}},"schema_version":0}}"#
        )
    });
    format!(
        r#"{{"format_version":"1.2","terraform_version":"1.11.4","variables":{{"dr":{{"value":"us-east-2"}}}},"planned_values":{{"root_module":{{"child_modules":[{planned}]}}}},"resource_changes":[{changes}{tail}],"prior_state":{{"format_version":"1.0","terraform_version":"1.11.4","values":{{"root_module":{{}}}}}},"configuration":{{"provider_config":{{"aws.dr":{{"name":"aws","full_name":"registry.terraform.io/hashicorp/aws","alias":"dr","version_constraint":"~> 5.0","expressions":{{"region":{{"references":["var.dr"]}}}}}}}},"root_module":{{"resources":[{}],"module_calls":{{{calls}}},"variables":{{"dr":{{"default":"us-east-2"}}}}}}}},"timestamp":"2026-01-01T00:00:00Z","applyable":true,"complete":true,"errored":false}}"#,
        blocks.join(",")
    )
}
