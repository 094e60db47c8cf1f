//! How long the names of AWS resources may be, each with the page that says so.

/// A service's limit on a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is named, a noun.
    pub what: &'static str,
    /// The most characters.
    pub max: usize,
    /// Where the limit is documented.
    pub source: &'static str,
}

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident = $what:literal, $max:literal, $source:literal;)+) => {
        $($(#[$doc])* #[doc = concat!("At most ", $max, " characters: <", $source, ">.")]
        pub const $name: Limit = Limit { what: $what, max: $max, source: $source };)+

        /// Every limit, for documentation and tests.
        pub const ALL: &[Limit] = &[$($name),+];
    };
}

limits! {
    /// The name of an S3 bucket.
    BUCKET = "bucket", 63, "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html";
    /// The name of an SQS queue.
    QUEUE = "queue", 80, "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html";
    /// The name of an SNS topic.
    TOPIC = "topic", 256, "https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html";
    /// The name of a Lambda function.
    FUNCTION = "Lambda function", 64, "https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html";
    /// The name of an application load balancer.
    LOAD_BALANCER = "load balancer", 32, "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html";
    /// The name of a target group.
    TARGET_GROUP = "target group", 32, "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html";
    /// The name of an IAM role.
    ROLE = "IAM role", 64, "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html";
    /// The name of an IAM policy.
    POLICY = "IAM policy", 128, "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html";
    /// The name of a KMS alias with its `alias/`.
    KEY_ALIAS = "KMS alias", 256, "https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html";
    /// The name of a CloudWatch log group.
    LOG_GROUP = "log group", 512, "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html";
    /// The name of a CloudWatch alarm.
    ALARM = "alarm", 255, "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html";
    /// The name of a CloudWatch dashboard.
    DASHBOARD = "dashboard", 255, "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html";
    /// The name of a DynamoDB table.
    TABLE = "DynamoDB table", 255, "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html";
    /// The identifier of an Aurora cluster; that of a global cluster may be longer.
    CLUSTER = "Aurora cluster", 63, "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html";
    /// The identifier of an Aurora instance.
    DB_INSTANCE = "Aurora instance", 63, "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html";
    /// The name of a DB subnet group.
    DB_SUBNET_GROUP = "DB subnet group", 255, "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSubnetGroup.html";
    /// The name of a DB cluster or DB parameter group.
    PARAMETER_GROUP = "parameter group", 255, "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBParameterGroup.html";
    /// The name of an RDS event subscription.
    EVENT_SUBSCRIPTION = "RDS event subscription", 254, "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateEventSubscription.html";
    /// The name of an EventBridge rule.
    EVENT_RULE = "EventBridge rule", 64, "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html";
    /// The name of a secret.
    SECRET = "secret", 512, "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html";
    /// The name of a backup vault.
    VAULT = "backup vault", 50, "https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateBackupVault.html";
    /// The name of a backup plan.
    BACKUP_PLAN = "backup plan", 50, "https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupPlanInput.html";
    /// The name of a backup selection.
    BACKUP_SELECTION = "backup selection", 50, "https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupSelection.html";
    /// The name of a security group.
    SECURITY_GROUP = "security group", 255, "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html";
    /// The value of a tag, such as `Name`.
    TAG_VALUE = "tag value", 256, "https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html";
    /// One label of a domain name.
    DNS_LABEL = "DNS label", 63, "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html";
}
