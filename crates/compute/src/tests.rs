//! The module as Terraform reads it.

use crate::{Batch, Certificate, Compute, Listener, Outputs, Package, Validation, Wiring};
use drstack_terraform::{Component, ModuleError, ModuleName, Names, Profile, Region};
use drstack_testing::ProviderSchema;
use serde_json::{Value, json};

const HASH: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

fn compute(region: Region, listener: Listener) -> Compute {
    let package =
        Package { path: "lambda/transaction-processor.zip".to_owned(), hash: HASH.to_owned() };
    Compute::new(Names::new("payments").unwrap(), region, listener, package)
}

fn plain() -> Compute {
    compute(Region::US_EAST_1, Listener::Http)
}

fn wiring(region: Region) -> Wiring {
    let domain = |name| ModuleName::regional(name, region);
    let (network, security) = (domain("networking"), domain("security"));
    Wiring {
        public_subnets: vec![network.get("public_a"), network.get("public_b")],
        compute_subnets: vec![network.get("compute_a"), network.get("compute_b")],
        load_balancer_group: network.get("load_balancer"),
        function_group: network.get("function"),
        role: security.get("function"),
        compute_key: security.get("compute"),
        logs_key: security.get("logs"),
        database_key: security.get("database"),
        transaction_logs_bucket: domain("storage").get("transaction_logs"),
        documents_bucket: domain("storage").get("documents"),
        table_name: "payments-sessions".into(),
        cluster_arn: domain("database").get("main"),
        secret_arn: "arn:secret".into(),
        database_name: "payments".to_owned(),
    }
}

/// The document, checked against the provider's schema.
fn document(compute: &Compute, region: Region) -> Value {
    let document = compute.build(&wiring(region)).unwrap().document().unwrap();
    assert_eq!(ProviderSchema::load().validate_document(&document), []);
    document
}

fn resources(compute: &Compute) -> Value {
    document(compute, Region::US_EAST_1)["resource"].clone()
}

fn requested(validation: Validation) -> Listener {
    Listener::Https(Certificate::Requested { domain: "payments-pr.example.org".into(), validation })
}

fn refusal(compute: &Compute) -> String {
    match compute.build(&wiring(Region::US_EAST_1)).unwrap_err() {
        ModuleError::Inputs(message) => message,
        other => panic!("{other}"),
    }
}

#[test]
fn the_function_runs_the_package_in_the_compute_subnets() {
    let mut function = resources(&plain())["aws_lambda_function"]["processor"].take();
    let environment = function.as_object_mut().unwrap().remove("environment");
    assert_eq!(
        function,
        json!({
            "function_name": "payments-processor-${var.environment_suffix}",
            "description": "Processes transactions from SQS and answers the load balancer",
            "filename": "${path.root}/lambda/transaction-processor.zip",
            "source_code_hash": HASH,
            "handler": "handler.handler",
            "runtime": "python3.13",
            "architectures": ["arm64"],
            "memory_size": 512,
            "timeout": 30,
            "role": "${var.security_iam_role_function_arn}",
            "kms_key_arn": "${var.security_kms_key_compute_arn}",
            "logging_config": [{
                "log_format": "JSON",
                "log_group": "${aws_cloudwatch_log_group.processor.name}",
            }],
            "vpc_config": [{
                "subnet_ids": [
                    "${var.networking_subnet_compute_a_id}",
                    "${var.networking_subnet_compute_b_id}",
                ],
                "security_group_ids": ["${var.networking_security_group_function_id}"],
            }],
        })
    );
    assert_eq!(
        environment.unwrap(),
        json!([{ "variables": {
            "ENVIRONMENT_SUFFIX": "${var.environment_suffix}",
            "TRANSACTIONS_QUEUE_URL": "${aws_sqs_queue.transactions.url}",
            "LOGS_BUCKET": "${var.storage_s3_bucket_transaction_logs_bucket}",
            "DOCUMENTS_BUCKET": "${var.storage_s3_bucket_documents_bucket}",
            "SESSION_TABLE": "payments-sessions",
            "CLUSTER_ARN": "${var.database_rds_cluster_main_arn}",
            "SECRET_ARN": "arn:secret",
            "DATABASE_NAME": "payments",
            "KMS_KEY_ARN": "${var.security_kms_key_database_arn}",
            "LEASE_SECONDS": "30",
        } }])
    );
}

#[test]
fn the_functions_of_both_regions_are_identical() {
    let function = |region| {
        document(&compute(region, Listener::Http), region)["resource"]["aws_lambda_function"]
            .to_string()
    };
    assert_eq!(function(Region::US_EAST_1), function(Region::US_EAST_2));
}

#[test]
fn the_log_group_is_the_functions_and_encrypted() {
    assert_eq!(
        resources(&plain().log_retention(7))["aws_cloudwatch_log_group"]["processor"],
        json!({
            "name": "/aws/lambda/payments-processor-${var.environment_suffix}",
            "kms_key_id": "${var.security_kms_key_logs_arn}",
            "retention_in_days": 7,
        })
    );
}

#[test]
fn the_queue_hides_a_message_for_six_timeouts_and_gives_up_into_the_dead_letters() {
    let compute = plain()
        .timeout(60)
        .batch(Batch { size: 100, window: 5, concurrency: 2 })
        .max_receive_count(7);
    let resources = resources(&compute);
    assert_eq!(
        resources["aws_sqs_queue"]["transactions"],
        json!({
            "name": "payments-transactions-${var.environment_suffix}",
            "kms_master_key_id": "${var.security_kms_key_compute_arn}",
            "kms_data_key_reuse_period_seconds": 300,
            "message_retention_seconds": 7 * 86_400,
            "visibility_timeout_seconds": 365,
            "receive_wait_time_seconds": 20,
            "redrive_policy":
                "{\"deadLetterTargetArn\":\"${aws_sqs_queue.dead_letters.arn}\",\"maxReceiveCount\":7}",
        })
    );
    assert_eq!(
        resources["aws_sqs_queue"]["dead_letters"],
        json!({
            "name": "payments-dead-letters-${var.environment_suffix}",
            "kms_master_key_id": "${var.security_kms_key_compute_arn}",
            "kms_data_key_reuse_period_seconds": 300,
            "message_retention_seconds": 14 * 86_400,
            "receive_wait_time_seconds": 20,
        })
    );
    assert_eq!(
        resources["aws_lambda_event_source_mapping"]["transactions"],
        json!({
            "event_source_arn": "${aws_sqs_queue.transactions.arn}",
            "function_name": "${aws_lambda_function.processor.arn}",
            "batch_size": 100,
            "maximum_batching_window_in_seconds": 5,
            "function_response_types": ["ReportBatchItemFailures"],
            "scaling_config": [{ "maximum_concurrency": 2 }],
        })
    );
}

#[test]
fn only_the_queue_may_use_the_dead_letters_and_only_tls_may_use_either() {
    let resources = resources(&plain());
    assert_eq!(
        resources["aws_sqs_queue_redrive_allow_policy"]["dead_letters"],
        json!({
            "queue_url": "${aws_sqs_queue.dead_letters.url}",
            "redrive_allow_policy":
                "{\"redrivePermission\":\"byQueue\",\"sourceQueueArns\":[\"${aws_sqs_queue.transactions.arn}\"]}",
        })
    );
    for queue in ["transactions", "dead_letters"] {
        let policy = &resources["aws_sqs_queue_policy"][queue];
        assert_eq!(policy["queue_url"], format!("${{aws_sqs_queue.{queue}.url}}"));
        let policy: Value = serde_json::from_str(policy["policy"].as_str().unwrap()).unwrap();
        assert_eq!(
            policy["Statement"],
            json!([{
                "Sid": "OnlyTls",
                "Effect": "Deny",
                "Principal": { "AWS": ["*"] },
                "Action": ["sqs:*"],
                "Resource": [format!("${{aws_sqs_queue.{queue}.arn}}")],
                "Condition": { "Bool": { "aws:SecureTransport": ["false"] } },
            }])
        );
    }
}

#[test]
fn the_load_balancer_invokes_the_function() {
    let resources = resources(&plain());
    assert_eq!(
        resources["aws_lb"]["main"],
        json!({
            "name": "payments-${var.environment_suffix}",
            "load_balancer_type": "application",
            "internal": false,
            "subnets": [
                "${var.networking_subnet_public_a_id}",
                "${var.networking_subnet_public_b_id}",
            ],
            "security_groups": ["${var.networking_security_group_load_balancer_id}"],
            "drop_invalid_header_fields": true,
            "enable_deletion_protection": false,
        })
    );
    assert_eq!(
        resources["aws_lb_target_group"]["processor"],
        json!({
            "name": "payments-${var.environment_suffix}",
            "target_type": "lambda",
            "lambda_multi_value_headers_enabled": false,
            "health_check": [{
                "enabled": true,
                "path": "/health",
                "matcher": "200",
                "interval": 15,
                "timeout": 10,
                "healthy_threshold": 2,
                "unhealthy_threshold": 2,
            }],
        })
    );
    assert_eq!(
        resources["aws_lambda_permission"]["load_balancer"],
        json!({
            "statement_id": "LoadBalancer",
            "action": "lambda:InvokeFunction",
            "function_name": "${aws_lambda_function.processor.function_name}",
            "principal": "elasticloadbalancing.amazonaws.com",
            "source_arn": "${aws_lb_target_group.processor.arn}",
        })
    );
    assert_eq!(
        resources["aws_lb_target_group_attachment"]["processor"],
        json!({
            "target_group_arn": "${aws_lb_target_group.processor.arn}",
            "target_id": "${aws_lambda_function.processor.arn}",
            "depends_on": ["aws_lambda_permission.load_balancer"],
        })
    );
}

#[test]
fn a_protected_load_balancer_cannot_be_deleted() {
    let resources = resources(&plain().profile(Profile::Protected));
    assert_eq!(resources["aws_lb"]["main"]["enable_deletion_protection"], true);
}

#[test]
fn without_a_certificate_port_80_forwards() {
    assert_eq!(
        resources(&plain())["aws_lb_listener"],
        json!({ "main": {
            "load_balancer_arn": "${aws_lb.main.arn}",
            "port": 80,
            "protocol": "HTTP",
            "default_action": [{
                "type": "forward",
                "target_group_arn": "${aws_lb_target_group.processor.arn}",
            }],
        } })
    );
}

#[test]
fn with_a_certificate_port_443_forwards_and_port_80_redirects() {
    let given = Listener::Https(Certificate::Given("arn:certificate".to_owned()));
    let resources = resources(&compute(Region::US_EAST_1, given));
    assert_eq!(
        resources["aws_lb_listener"],
        json!({
            "main": {
                "load_balancer_arn": "${aws_lb.main.arn}",
                "port": 443,
                "protocol": "HTTPS",
                "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
                "certificate_arn": "arn:certificate",
                "default_action": [{
                    "type": "forward",
                    "target_group_arn": "${aws_lb_target_group.processor.arn}",
                }],
            },
            "redirect": {
                "load_balancer_arn": "${aws_lb.main.arn}",
                "port": 80,
                "protocol": "HTTP",
                "default_action": [{
                    "type": "redirect",
                    "redirect": [{ "protocol": "HTTPS", "port": "443", "status_code": "HTTP_301" }],
                }],
            },
        })
    );
    assert!(resources.get("aws_acm_certificate").is_none());
}

#[test]
fn a_requested_certificate_is_used_once_its_domain_is_proven() {
    let compute = compute(Region::US_EAST_1, requested(Validation::InZone("Z123".into())));
    let resources = resources(&compute);
    assert_eq!(
        resources["aws_acm_certificate"]["main"],
        json!({
            "domain_name": "payments-pr.example.org",
            "validation_method": "DNS",
            "lifecycle": [{ "create_before_destroy": true }],
        })
    );
    let option = |name| {
        format!(
            "${{one(aws_acm_certificate.main.domain_validation_options[*].resource_record_{name})}}"
        )
    };
    assert_eq!(
        resources["aws_route53_record"]["validation"],
        json!({
            "zone_id": "Z123",
            "name": option("name"),
            "type": option("type"),
            "ttl": 60,
            "records": [option("value")],
        })
    );
    assert_eq!(
        resources["aws_acm_certificate_validation"]["main"],
        json!({
            "certificate_arn": "${aws_acm_certificate.main.arn}",
            "validation_record_fqdns": ["${aws_route53_record.validation.fqdn}"],
        })
    );
    assert_eq!(
        resources["aws_lb_listener"]["main"]["certificate_arn"],
        "${aws_acm_certificate_validation.main.certificate_arn}"
    );
}

#[test]
fn one_region_creates_the_record_that_proves_the_domain_of_both() {
    let first = compute(Region::US_EAST_1, requested(Validation::InZone("Z123".into())));
    let record = first.outputs().validation_record.unwrap();
    let second = compute(Region::US_EAST_2, requested(Validation::Shared(record)));
    assert_eq!(second.outputs().validation_record, None);
    let resources = document(&second, Region::US_EAST_2)["resource"].take();
    assert!(resources.get("aws_route53_record").is_none());
    assert_eq!(
        resources["aws_acm_certificate_validation"]["main"]["validation_record_fqdns"],
        json!(["${var.compute_us_east_1_route53_record_validation_fqdn}"])
    );
}

#[test]
fn settings_of_the_function_are_taken() {
    let compute = plain()
        .runtime("python3.12")
        .handler("app.main")
        .memory(1_024)
        .timeout(10)
        .lease_seconds(60);
    let function = resources(&compute)["aws_lambda_function"]["processor"].take();
    assert_eq!(function["runtime"], "python3.12");
    assert_eq!(function["handler"], "app.main");
    assert_eq!(function["memory_size"], 1_024);
    assert_eq!(function["environment"][0]["variables"]["LEASE_SECONDS"], "60");
}

#[test]
fn what_lambda_or_sqs_would_refuse_is_refused() {
    let batch = |size, window, concurrency| plain().batch(Batch { size, window, concurrency });
    let cases = [
        (plain().memory(127), "memory in MiB is 127, expected 128 to 10240"),
        (plain().timeout(901), "timeout in seconds is 901, expected 1 to 900"),
        (plain().max_receive_count(0), "receive count is 0, expected 1 to 1000"),
        (plain().lease_seconds(29), "lease in seconds is 29, expected 30 to 180"),
        (plain().lease_seconds(181), "lease in seconds is 181, expected 30 to 180"),
        (batch(0, 0, 2), "batch size is 0, expected 1 to 10000"),
        (batch(11, 0, 2), "batch window in seconds is 0, expected 1 to 300"),
        (batch(10, 301, 2), "batch window in seconds is 301, expected 0 to 300"),
        (batch(10, 0, 1), "concurrency is 1, expected 2 to 1000"),
    ];
    for (compute, expected) in cases {
        let message = refusal(&compute);
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn every_name_fits_its_service_for_the_longest_stack() {
    let names = Names::new("abcdefghijklmnop").unwrap();
    let package = Package { path: "p.zip".to_owned(), hash: HASH.to_owned() };
    let compute = Compute::new(names, Region::US_EAST_1, Listener::Http, package);
    assert!(compute.build(&wiring(Region::US_EAST_1)).is_ok());
}

#[test]
fn outputs_refer_to_what_is_built() {
    let compute = compute(Region::US_EAST_1, requested(Validation::InZone("Z123".into())));
    let module = compute.build(&wiring(Region::US_EAST_1)).unwrap();
    let Outputs {
        function_name,
        function_arn,
        log_group,
        queue_arn,
        queue_url,
        queue_name,
        dead_letter_queue_arn,
        dead_letter_queue_name,
        load_balancer_name,
        load_balancer_dns,
        load_balancer_zone,
        load_balancer_suffix,
        target_group_suffix,
        validation_record,
    } = compute.outputs();
    let addresses = [
        function_name.address(),
        function_arn.address(),
        log_group.address(),
        queue_arn.address(),
        queue_url.address(),
        queue_name.address(),
        dead_letter_queue_arn.address(),
        dead_letter_queue_name.address(),
        load_balancer_name.address(),
        load_balancer_dns.address(),
        load_balancer_zone.address(),
        load_balancer_suffix.address(),
        target_group_suffix.address(),
        validation_record.as_ref().unwrap().address(),
    ];
    for address in addresses {
        assert!(module.addresses().any(|declared| declared == address), "{address}");
    }
}
