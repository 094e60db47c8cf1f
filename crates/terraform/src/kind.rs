//! The resource types of the stack and the attributes that references carry, as types without values.
//!
//! A kind by itself stands for its `id`; the wrappers stand for other attributes: `Arn<KmsKey>`, `DnsName<LoadBalancer>`.
//! What each identifies is documented with the resource in the
//! [provider's reference](https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs).

use std::marker::PhantomData;

use crate::{Attribute, Mode};

/// A resource type.
pub trait Kind {
    /// The provider's name of it, such as `aws_vpc`.
    const TYPE: &'static str;
    /// The block that declares it.
    const MODE: Mode = Mode::Managed;
}

/// A resource type with a name of its own, which other resources and dashboards use.
pub trait Nameable: Kind {
    /// The argument that holds the name.
    const ARGUMENT: &'static str;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $type:literal $(in $mode:ident)? $(named $argument:literal)?;)+) => {
        $(
            $(#[$doc])*
            #[doc = concat!("`", $type, "`; by itself its `id`.")]
            #[derive(Debug)]
            pub enum $kind {}

            impl Kind for $kind {
                const TYPE: &'static str = $type;
                $(const MODE: Mode = Mode::$mode;)?
            }

            impl Attribute for $kind {
                type Of = Self;
                const NAME: &'static str = "id";
            }

            $(impl Nameable for $kind {
                const ARGUMENT: &'static str = $argument;
            })?
        )+
    };
}

macro_rules! attributes {
    ($($(#[$doc:meta])* $wrapper:ident = $name:literal $(as $constraint:literal)?;)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $wrapper<K>(PhantomData<fn() -> K>);

            impl<K: Kind> Attribute for $wrapper<K> {
                type Of = K;
                const NAME: &'static str = $name;
                $(const TYPE: &'static str = $constraint;)?
            }
        )+
    };
}

/// The name of a resource.
#[derive(Debug)]
pub struct Named<K>(PhantomData<fn() -> K>);

impl<K: Nameable> Attribute for Named<K> {
    type Of = K;
    const NAME: &'static str = K::ARGUMENT;
}

attributes! {
    /// The ARN of a resource.
    Arn = "arn";
    /// The part of a load balancer's or target group's ARN that CloudWatch takes as a dimension.
    ArnSuffix = "arn_suffix";
    /// The DNS name of a load balancer.
    DnsName = "dns_name";
    /// The hosted zone's id: a load balancer's own (for an alias record), or a zone's.
    ZoneId = "zone_id";
    /// The URL of a queue.
    Url = "url";
    /// The endpoint of a database cluster.
    Endpoint = "endpoint";
    /// The endpoint of a database cluster's readers.
    ReaderEndpoint = "reader_endpoint";
    /// The id of an Aurora cluster that IAM database authentication puts into ARNs.
    ResourceId = "cluster_resource_id";
    /// The name servers of a hosted zone.
    NameServers = "name_servers" as "list(string)";
    /// The random string of an ephemeral password.
    RandomPassword = "random_password";
    /// The text of a secret's version.
    SecretString = "secret_string";
    /// The SHA-256 of a function's deployment package.
    CodeHash = "code_sha256";
    /// The certificate ARN of a validated certificate.
    CertificateArn = "certificate_arn";
    /// The IPv4 range of a VPC or subnet.
    CidrBlock = "cidr_block";
    /// The id of an account.
    AccountId = "account_id";
    /// The prefix list that holds the addresses behind a gateway endpoint.
    PrefixListId = "prefix_list_id";
    /// The fully qualified name of a record.
    Fqdn = "fqdn";
    /// The options that a certificate is validated by.
    DomainValidationOptions = "domain_validation_options" as "set(any)";
}

kinds! {
    // Networking
    /// A virtual private cloud.
    Vpc = "aws_vpc";
    /// The security group that every VPC comes with.
    DefaultSecurityGroup = "aws_default_security_group";
    /// A subnet of a VPC in one zone.
    Subnet = "aws_subnet";
    /// An internet gateway.
    InternetGateway = "aws_internet_gateway";
    /// An elastic IP address.
    ElasticIp = "aws_eip";
    /// A NAT gateway.
    NatGateway = "aws_nat_gateway";
    /// A route table.
    RouteTable = "aws_route_table";
    /// A route of a route table.
    Route = "aws_route";
    /// Which route table a subnet uses.
    RouteTableAssociation = "aws_route_table_association";
    /// A security group.
    SecurityGroup = "aws_security_group" named "name";
    /// A rule for traffic into a security group.
    IngressRule = "aws_vpc_security_group_ingress_rule";
    /// A rule for traffic out of a security group.
    EgressRule = "aws_vpc_security_group_egress_rule";
    /// A gateway or interface endpoint of an AWS service.
    VpcEndpoint = "aws_vpc_endpoint";
    /// Flow logs of a VPC.
    FlowLog = "aws_flow_log";
    /// The requester's side of a VPC peering.
    Peering = "aws_vpc_peering_connection";
    /// The accepter's side of a VPC peering.
    PeeringAccepter = "aws_vpc_peering_connection_accepter";
    /// The options of one side of a VPC peering.
    PeeringOptions = "aws_vpc_peering_connection_options";
    /// An AWS-managed prefix list, looked up.
    ManagedPrefixList = "aws_ec2_managed_prefix_list" in Data;

    // Security
    /// A KMS key.
    KmsKey = "aws_kms_key";
    /// An alias of a KMS key.
    KmsAlias = "aws_kms_alias" named "name";
    /// An IAM role.
    Role = "aws_iam_role" named "name";
    /// A policy inside a role.
    RolePolicy = "aws_iam_role_policy" named "name";
    /// The caller's identity, looked up.
    CallerIdentity = "aws_caller_identity" in Data;

    // Database
    /// An Aurora global database.
    GlobalCluster = "aws_rds_global_cluster" named "global_cluster_identifier";
    /// An Aurora cluster.
    Cluster = "aws_rds_cluster" named "cluster_identifier";
    /// An instance of an Aurora cluster.
    ClusterInstance = "aws_rds_cluster_instance" named "identifier";
    /// The subnets that a database may use.
    DbSubnetGroup = "aws_db_subnet_group" named "name";
    /// Parameters of an Aurora cluster.
    ClusterParameterGroup = "aws_rds_cluster_parameter_group" named "name";
    /// Parameters of an Aurora instance.
    DbParameterGroup = "aws_db_parameter_group" named "name";
    /// RDS events sent to a topic.
    EventSubscription = "aws_db_event_subscription" named "name";
    /// A secret.
    Secret = "aws_secretsmanager_secret" named "name";
    /// A version of a secret.
    SecretVersion = "aws_secretsmanager_secret_version";
    /// A password that reaches neither plan nor state.
    EphemeralPassword = "aws_secretsmanager_random_password" in Ephemeral;
    /// A version of a secret, read without reaching plan or state.
    EphemeralSecretVersion = "aws_secretsmanager_secret_version" in Ephemeral;
    /// A password that is kept in the state.
    StoredPassword = "aws_secretsmanager_random_password" in Data;
    /// A DynamoDB table.
    Table = "aws_dynamodb_table" named "name";
    /// An EventBridge rule.
    EventRule = "aws_cloudwatch_event_rule" named "name";
    /// The target of an EventBridge rule.
    EventTarget = "aws_cloudwatch_event_target";

    // Compute
    /// A Lambda function.
    Function = "aws_lambda_function" named "function_name";
    /// Who may invoke a Lambda function.
    LambdaPermission = "aws_lambda_permission";
    /// A queue that feeds a Lambda function.
    EventSourceMapping = "aws_lambda_event_source_mapping";
    /// An SQS queue.
    Queue = "aws_sqs_queue" named "name";
    /// The policy of an SQS queue.
    QueuePolicy = "aws_sqs_queue_policy";
    /// Which queues may use a queue for dead letters.
    RedriveAllowPolicy = "aws_sqs_queue_redrive_allow_policy";
    /// An application load balancer.
    LoadBalancer = "aws_lb" named "name";
    /// A listener of a load balancer.
    Listener = "aws_lb_listener";
    /// A target group.
    TargetGroup = "aws_lb_target_group" named "name";
    /// A target of a target group.
    TargetGroupAttachment = "aws_lb_target_group_attachment";
    /// A TLS certificate.
    Certificate = "aws_acm_certificate";
    /// Waits until a certificate is issued.
    CertificateValidation = "aws_acm_certificate_validation";

    // Storage
    /// An S3 bucket.
    Bucket = "aws_s3_bucket" named "bucket";
    /// Versioning of a bucket.
    BucketVersioning = "aws_s3_bucket_versioning";
    /// Default encryption of a bucket.
    BucketEncryption = "aws_s3_bucket_server_side_encryption_configuration";
    /// Blocks public access to a bucket.
    PublicAccessBlock = "aws_s3_bucket_public_access_block";
    /// Who owns the objects of a bucket.
    OwnershipControls = "aws_s3_bucket_ownership_controls";
    /// The policy of a bucket.
    BucketPolicy = "aws_s3_bucket_policy";
    /// Lifecycle rules of a bucket.
    BucketLifecycle = "aws_s3_bucket_lifecycle_configuration";
    /// Replication of a bucket.
    BucketReplication = "aws_s3_bucket_replication_configuration";

    // DNS
    /// A hosted zone.
    HostedZone = "aws_route53_zone" named "name";
    /// A DNS record.
    Record = "aws_route53_record";
    /// A Route 53 health check.
    HealthCheck = "aws_route53_health_check";

    // Monitoring
    /// A CloudWatch alarm on a metric.
    Alarm = "aws_cloudwatch_metric_alarm" named "alarm_name";
    /// A CloudWatch dashboard.
    Dashboard = "aws_cloudwatch_dashboard" named "dashboard_name";
    /// An SNS topic.
    Topic = "aws_sns_topic" named "name";
    /// The policy of an SNS topic.
    TopicPolicy = "aws_sns_topic_policy";
    /// A subscription to an SNS topic.
    TopicSubscription = "aws_sns_topic_subscription";
    /// A log group.
    LogGroup = "aws_cloudwatch_log_group" named "name";

    // Backup
    /// A backup vault.
    Vault = "aws_backup_vault" named "name";
    /// A backup plan.
    BackupPlan = "aws_backup_plan" named "name";
    /// What a backup plan backs up.
    BackupSelection = "aws_backup_selection" named "name";
}
