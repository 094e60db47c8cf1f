//! The arguments in use of each resource type, named as in the
//! [provider's reference](https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs).

use std::collections::BTreeMap;

use drstack_terraform::iam::PolicyText;
use drstack_terraform::kind::{self, Arn, Fqdn, Named, Url};
use drstack_terraform::{Json, Ref, Resource, Template};
use serde::Serialize;

macro_rules! resource {
    ($($name:ident { $($field:ident: $type:ty),+ $(,)? })+) => {$(
        #[derive(Serialize)]
        pub(crate) struct $name { $(pub(crate) $field: $type),+ }
        impl Resource for $name { type Kind = kind::$name; }
    )+};
}

macro_rules! block {
    ($($name:ident { $($field:ident: $type:ty),+ $(,)? })+) => {$(
        #[derive(Serialize)]
        pub(crate) struct $name { $(pub(crate) $field: $type),+ }
    )+};
}

resource! {
    LogGroup {
        name: Template,
        kms_key_id: Ref<Arn<kind::KmsKey>>,
        retention_in_days: u32,
    }
    Function {
        function_name: Template,
        description: &'static str,
        filename: Template,
        source_code_hash: String,
        handler: String,
        runtime: String,
        architectures: [&'static str; 1],
        memory_size: u32,
        timeout: u32,
        role: Ref<Arn<kind::Role>>,
        kms_key_arn: Ref<Arn<kind::KmsKey>>,
        environment: Environment,
        logging_config: LoggingConfig,
        vpc_config: VpcConfig,
    }
    EventSourceMapping {
        event_source_arn: Ref<Arn<kind::Queue>>,
        function_name: Ref<Arn<kind::Function>>,
        batch_size: u32,
        maximum_batching_window_in_seconds: u32,
        function_response_types: [&'static str; 1],
        scaling_config: ScalingConfig,
    }
    LambdaPermission {
        statement_id: &'static str,
        action: &'static str,
        function_name: Ref<Named<kind::Function>>,
        principal: &'static str,
        source_arn: Ref<Arn<kind::TargetGroup>>,
    }
    Queue {
        name: Template,
        kms_master_key_id: Ref<Arn<kind::KmsKey>>,
        kms_data_key_reuse_period_seconds: u32,
        message_retention_seconds: u32,
        visibility_timeout_seconds: Option<u32>,
        receive_wait_time_seconds: u32,
        redrive_policy: Option<Json<RedrivePolicy>>,
    }
    QueuePolicy {
        queue_url: Ref<Url<kind::Queue>>,
        policy: PolicyText,
    }
    RedriveAllowPolicy {
        queue_url: Ref<Url<kind::Queue>>,
        redrive_allow_policy: Json<AllowedSources>,
    }
    LoadBalancer {
        name: Template,
        load_balancer_type: &'static str,
        internal: bool,
        subnets: Vec<Ref<kind::Subnet>>,
        security_groups: [Ref<kind::SecurityGroup>; 1],
        drop_invalid_header_fields: bool,
        enable_deletion_protection: bool,
    }
    TargetGroup {
        name: Template,
        target_type: &'static str,
        lambda_multi_value_headers_enabled: bool,
        health_check: HealthCheck,
    }
    TargetGroupAttachment {
        target_group_arn: Ref<Arn<kind::TargetGroup>>,
        target_id: Ref<Arn<kind::Function>>,
    }
    Listener {
        load_balancer_arn: Ref<Arn<kind::LoadBalancer>>,
        port: u16,
        protocol: &'static str,
        ssl_policy: Option<&'static str>,
        certificate_arn: Option<Template>,
        default_action: Action,
    }
    Certificate {
        domain_name: Template,
        validation_method: &'static str,
    }
    Record {
        zone_id: Template,
        name: Template,
        r#type: Template,
        ttl: u32,
        records: [Template; 1],
    }
    CertificateValidation {
        certificate_arn: Ref<Arn<kind::Certificate>>,
        validation_record_fqdns: [Ref<Fqdn<kind::Record>>; 1],
    }
}

block! {
    Environment { variables: BTreeMap<&'static str, Template> }
    LoggingConfig { log_format: &'static str, log_group: Ref<Named<kind::LogGroup>> }
    VpcConfig {
        subnet_ids: Vec<Ref<kind::Subnet>>,
        security_group_ids: [Ref<kind::SecurityGroup>; 1],
    }
    ScalingConfig { maximum_concurrency: u32 }
    HealthCheck {
        enabled: bool,
        path: &'static str,
        matcher: &'static str,
        interval: u32,
        timeout: u32,
        healthy_threshold: u32,
        unhealthy_threshold: u32,
    }
    Redirect { protocol: &'static str, port: &'static str, status_code: &'static str }
}

/// What a listener does with a request.
#[derive(Serialize)]
pub(crate) struct Action {
    pub(crate) r#type: &'static str,
    pub(crate) target_group_arn: Option<Ref<Arn<kind::TargetGroup>>>,
    pub(crate) redirect: Option<Redirect>,
}

/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RedrivePolicy {
    pub(crate) dead_letter_target_arn: Ref<Arn<kind::Queue>>,
    pub(crate) max_receive_count: u32,
}

/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AllowedSources {
    pub(crate) redrive_permission: &'static str,
    pub(crate) source_queue_arns: [Ref<Arn<kind::Queue>>; 1],
}
