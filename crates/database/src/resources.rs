//! The resources, as the provider names their arguments.

use drstack_terraform::{Json, Ref, Region, Resource, Template, Zone, kind};
use serde::Serialize;

use crate::{Acu, EngineVersion};

#[derive(Serialize)]
pub(crate) struct GlobalCluster {
    pub(crate) global_cluster_identifier: Template,
    pub(crate) engine: &'static str,
    pub(crate) engine_version: EngineVersion,
    pub(crate) database_name: String,
    pub(crate) storage_encrypted: bool,
    pub(crate) deletion_protection: bool,
}

#[derive(Serialize)]
pub(crate) struct Cluster {
    pub(crate) cluster_identifier: Template,
    pub(crate) global_cluster_identifier: Ref<kind::GlobalCluster>,
    pub(crate) engine: &'static str,
    pub(crate) engine_version: EngineVersion,
    pub(crate) source_region: Option<Region>,
    pub(crate) database_name: Option<String>,
    pub(crate) master_username: Option<&'static str>,
    pub(crate) master_password: Option<Template>,
    pub(crate) master_password_wo: Option<Template>,
    pub(crate) master_password_wo_version: Option<u32>,
    pub(crate) db_subnet_group_name: Ref<kind::Named<kind::DbSubnetGroup>>,
    pub(crate) db_cluster_parameter_group_name: Ref<kind::Named<kind::ClusterParameterGroup>>,
    pub(crate) vpc_security_group_ids: Vec<Ref<kind::SecurityGroup>>,
    pub(crate) storage_encrypted: bool,
    pub(crate) kms_key_id: Ref<kind::Arn<kind::KmsKey>>,
    pub(crate) iam_database_authentication_enabled: bool,
    pub(crate) enable_http_endpoint: bool,
    pub(crate) enabled_cloudwatch_logs_exports: [&'static str; 1],
    pub(crate) serverlessv2_scaling_configuration: Scaling,
    pub(crate) backup_retention_period: u8,
    pub(crate) copy_tags_to_snapshot: bool,
    pub(crate) deletion_protection: bool,
    pub(crate) skip_final_snapshot: bool,
    pub(crate) delete_automated_backups: bool,
    pub(crate) final_snapshot_identifier: Option<Template>,
    pub(crate) apply_immediately: bool,
}

#[derive(Serialize)]
pub(crate) struct Scaling {
    pub(crate) min_capacity: Acu,
    pub(crate) max_capacity: Acu,
}

#[derive(Serialize)]
pub(crate) struct ClusterInstance {
    pub(crate) identifier: Template,
    pub(crate) cluster_identifier: Ref<kind::Cluster>,
    pub(crate) engine: &'static str,
    pub(crate) instance_class: &'static str,
    pub(crate) availability_zone: Option<Zone>,
    pub(crate) db_parameter_group_name: Ref<kind::Named<kind::DbParameterGroup>>,
    pub(crate) publicly_accessible: bool,
    pub(crate) auto_minor_version_upgrade: bool,
    pub(crate) copy_tags_to_snapshot: bool,
    pub(crate) performance_insights_enabled: bool,
    pub(crate) performance_insights_kms_key_id: Ref<kind::Arn<kind::KmsKey>>,
    pub(crate) performance_insights_retention_period: u16,
    pub(crate) apply_immediately: bool,
}

#[derive(Serialize)]
pub(crate) struct DbSubnetGroup {
    pub(crate) name: Template,
    pub(crate) description: &'static str,
    pub(crate) subnet_ids: Vec<Ref<kind::Subnet>>,
}

#[derive(Serialize)]
pub(crate) struct ClusterParameterGroup {
    pub(crate) name: Template,
    pub(crate) description: &'static str,
    pub(crate) family: &'static str,
    pub(crate) parameter: Vec<Parameter>,
}

#[derive(Serialize)]
pub(crate) struct DbParameterGroup {
    pub(crate) name: Template,
    pub(crate) description: &'static str,
    pub(crate) family: &'static str,
    pub(crate) parameter: Vec<Parameter>,
}

#[derive(Serialize)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) apply_method: &'static str,
}

#[derive(Serialize)]
pub(crate) struct LogGroup {
    pub(crate) name: Template,
    pub(crate) kms_key_id: Ref<kind::Arn<kind::KmsKey>>,
    pub(crate) retention_in_days: u16,
}

#[derive(Serialize)]
pub(crate) struct Secret {
    pub(crate) name: Template,
    pub(crate) description: &'static str,
    pub(crate) kms_key_id: Ref<kind::Arn<kind::KmsKey>>,
    pub(crate) recovery_window_in_days: u8,
    pub(crate) force_overwrite_replica_secret: bool,
    pub(crate) replica: SecretReplica,
}

#[derive(Serialize)]
pub(crate) struct SecretReplica {
    pub(crate) region: Region,
    pub(crate) kms_key_id: Ref<kind::Arn<kind::KmsKey>>,
}

/// The same arguments as an ephemeral resource and as a data source.
#[derive(Serialize)]
pub(crate) struct Password {
    pub(crate) password_length: u8,
    pub(crate) exclude_characters: Template,
}

/// A [`Password`] as a data source.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct StoredPassword(pub(crate) Password);

#[derive(Serialize)]
pub(crate) struct SecretVersion {
    pub(crate) secret_id: Ref<kind::Secret>,
    pub(crate) secret_string: Option<Template>,
    pub(crate) secret_string_wo: Option<Template>,
    pub(crate) secret_string_wo_version: Option<u32>,
}

#[derive(Serialize)]
pub(crate) struct EphemeralSecretVersion {
    pub(crate) secret_id: Ref<kind::Arn<kind::SecretVersion>>,
}

#[derive(Serialize)]
pub(crate) struct Table {
    pub(crate) name: Template,
    pub(crate) billing_mode: &'static str,
    pub(crate) hash_key: &'static str,
    pub(crate) attribute: KeyAttribute,
    pub(crate) stream_enabled: bool,
    pub(crate) stream_view_type: &'static str,
    pub(crate) ttl: TimeToLive,
    pub(crate) server_side_encryption: TableEncryption,
    pub(crate) point_in_time_recovery: PointInTimeRecovery,
    pub(crate) deletion_protection_enabled: bool,
    pub(crate) replica: TableReplica,
}

#[derive(Serialize)]
pub(crate) struct KeyAttribute {
    pub(crate) name: &'static str,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
}

#[derive(Serialize)]
pub(crate) struct TimeToLive {
    pub(crate) attribute_name: &'static str,
    pub(crate) enabled: bool,
}

#[derive(Serialize)]
pub(crate) struct TableEncryption {
    pub(crate) enabled: bool,
    pub(crate) kms_key_arn: Ref<kind::Arn<kind::KmsKey>>,
}

#[derive(Serialize)]
pub(crate) struct PointInTimeRecovery {
    pub(crate) enabled: bool,
}

#[derive(Serialize)]
pub(crate) struct TableReplica {
    pub(crate) region_name: Region,
    pub(crate) kms_key_arn: Ref<kind::Arn<kind::KmsKey>>,
    pub(crate) point_in_time_recovery: bool,
    pub(crate) propagate_tags: bool,
}

#[derive(Serialize)]
pub(crate) struct EventSubscription {
    pub(crate) name: Template,
    pub(crate) sns_topic: Ref<kind::Arn<kind::Topic>>,
    pub(crate) source_type: &'static str,
    pub(crate) source_ids: Vec<Ref<kind::Cluster>>,
    pub(crate) event_categories: Vec<&'static str>,
}

#[derive(Serialize)]
pub(crate) struct EventRule {
    pub(crate) name: Template,
    pub(crate) description: &'static str,
    pub(crate) event_pattern: Json<EventPattern>,
}

#[derive(Serialize)]
pub(crate) struct EventPattern {
    pub(crate) source: [&'static str; 1],
    #[serde(rename = "detail-type")]
    pub(crate) detail_type: [&'static str; 1],
    pub(crate) resources: Vec<Ref<kind::Arn<kind::Cluster>>>,
    pub(crate) detail: EventDetail,
}

#[derive(Serialize)]
pub(crate) struct EventDetail {
    #[serde(rename = "EventCategories")]
    pub(crate) event_categories: Vec<&'static str>,
}

#[derive(Serialize)]
pub(crate) struct EventTarget {
    pub(crate) rule: Ref<kind::Named<kind::EventRule>>,
    pub(crate) target_id: &'static str,
    pub(crate) arn: Ref<kind::Arn<kind::Topic>>,
}

impl Resource for GlobalCluster {
    type Kind = kind::GlobalCluster;
}

impl Resource for Cluster {
    type Kind = kind::Cluster;
}

impl Resource for ClusterInstance {
    type Kind = kind::ClusterInstance;
}

impl Resource for DbSubnetGroup {
    type Kind = kind::DbSubnetGroup;
}

impl Resource for ClusterParameterGroup {
    type Kind = kind::ClusterParameterGroup;
}

impl Resource for DbParameterGroup {
    type Kind = kind::DbParameterGroup;
}

impl Resource for LogGroup {
    type Kind = kind::LogGroup;
}

impl Resource for Secret {
    type Kind = kind::Secret;
}

impl Resource for Password {
    type Kind = kind::EphemeralPassword;
}

impl Resource for StoredPassword {
    type Kind = kind::StoredPassword;
}

impl Resource for SecretVersion {
    type Kind = kind::SecretVersion;
}

impl Resource for EphemeralSecretVersion {
    type Kind = kind::EphemeralSecretVersion;
}

impl Resource for Table {
    type Kind = kind::Table;
}

impl Resource for EventSubscription {
    type Kind = kind::EventSubscription;
}

impl Resource for EventRule {
    type Kind = kind::EventRule;
}

impl Resource for EventTarget {
    type Kind = kind::EventTarget;
}
