//! Which types keep data, and what counts as their copy in another region.
//!
//! Chosen from the schema of the provider: a type is here if clients write to what it makes, and that is gone with its
//! region. Not here: what is rebuilt rather than restored (instances and their root volumes, images, caches that keep
//! nothing by design, such as Memcached and DAX), what the drill follows as an edge (keys, secrets, parameters), and logs.
//! Queues are judged by themselves in [`loss`](super::loss).

use super::Standby;
use crate::alarm::{
    BINLOG_LAG, BUCKET_LAG, DATASTORE_LAG, DOCUMENT_LAG, FILE_SYSTEM_LAG, GLOBAL_DATABASE_LAG,
    GLOBAL_DATABASE_RPO_LAG, GRAPH_LAG, REPLICA_LAG, TABLE_LAG, Watched,
};

/// A type that keeps data.
pub(super) struct Store {
    pub(super) of: &'static str,
    /// The argument that says that one of them is itself a copy of another, if there is one.
    pub(super) copy_of: Option<&'static str>,
    /// What AWS says of its data in other regions.
    pub(super) page: &'static str,
}

/// A way in which a type's data gets into another region.
pub(super) struct Copying {
    pub(super) of: &'static str,
    pub(super) way: Way,
    /// The arguments that say in which region the copy is, the first that tells counts; where the resource itself is, if
    /// there are none.
    pub(super) target: &'static [&'static str],
    pub(super) standby: Standby,
    pub(super) lag: Option<Lag>,
    pub(super) note: &'static str,
    pub(super) page: &'static str,
}

/// How a copy is found.
pub(super) enum Way {
    /// A resource of this type names the store in this argument: the copy, or what makes it.
    Named(&'static str, &'static str),
    /// Resources of the store's own type name what they share in this argument.
    Member(&'static str),
    /// The store says so itself.
    Own,
    /// See [`Survey::has_replica`](crate::Survey::has_replica).
    Replica,
}

/// The metrics that say how far a copy lags behind.
pub(super) struct Lag {
    pub(super) metrics: &'static [&'static Watched],
    pub(super) emitted: Emitted,
}

/// The region that a metric is in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Emitted {
    BySource,
    ByCopy,
    /// The documentation does not say; not confirmed.
    Anywhere,
}

const fn lag(metrics: &'static [&'static Watched], emitted: Emitted) -> Option<Lag> {
    Some(Lag { metrics, emitted })
}

const fn store(of: &'static str, page: &'static str) -> Store {
    Store { of, copy_of: None, page }
}

impl Store {
    const fn copy_of(self, argument: &'static str) -> Self {
        Self { copy_of: Some(argument), ..self }
    }
}

const AURORA: &str =
    "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database.html";
const RDS: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.XRgn.html";
const RDS_BACKUPS: &str =
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReplicateBackups.html";
const DYNAMODB: &str = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html";
const S3: &str =
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html";
const S3_REPLICATION: &str =
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html";
const DOCUMENTDB: &str =
    "https://docs.aws.amazon.com/documentdb/latest/developerguide/global-clusters.html";
const NEPTUNE: &str =
    "https://docs.aws.amazon.com/neptune/latest/userguide/neptune-global-database.html";
const ELASTICACHE: &str =
    "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Redis-Global-Datastore.html";
const MEMORYDB: &str = "https://docs.aws.amazon.com/memorydb/latest/devguide/multi-region.html";
const EFS: &str = "https://docs.aws.amazon.com/efs/latest/ug/efs-replication.html";
const REDSHIFT: &str =
    "https://docs.aws.amazon.com/redshift/latest/mgmt/working-with-snapshots.html";
const MSK: &str = "https://docs.aws.amazon.com/msk/latest/developerguide/msk-replicator.html";
const MQ: &str =
    "https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/crdr-for-active-mq.html";
const OPENSEARCH: &str =
    "https://docs.aws.amazon.com/opensearch-service/latest/developerguide/replication.html";
const KEYSPACES: &str =
    "https://docs.aws.amazon.com/keyspaces/latest/devguide/multiRegion-replication.html";
const DSQL: &str =
    "https://docs.aws.amazon.com/aurora-dsql/latest/userguide/disaster-recovery-resiliency.html";
/// What AWS Backup copies between regions, and what nothing copies but it.
pub(super) const BACKUP: &str =
    "https://docs.aws.amazon.com/aws-backup/latest/devguide/cross-region-backup.html";
const FEATURES: &str =
    "https://docs.aws.amazon.com/aws-backup/latest/devguide/backup-feature-availability.html";

pub(super) const STORES: &[Store] = &[
    store("aws_rds_cluster", AURORA).copy_of("replication_source_identifier"),
    store("aws_db_instance", RDS).copy_of("replicate_source_db"),
    store("aws_docdb_cluster", DOCUMENTDB),
    store(
        "aws_docdbelastic_cluster",
        "https://docs.aws.amazon.com/documentdb/latest/developerguide/docdb-using-elastic-clusters.html",
    ),
    store("aws_neptune_cluster", NEPTUNE).copy_of("replication_source_identifier"),
    store(
        "aws_neptunegraph_graph",
        "https://docs.aws.amazon.com/neptune-analytics/latest/userguide/what-is-neptune-analytics.html",
    ),
    store("aws_dsql_cluster", DSQL),
    store("aws_dynamodb_table", DYNAMODB),
    store("aws_keyspaces_keyspace", KEYSPACES),
    store(
        "aws_timestreamwrite_table",
        "https://docs.aws.amazon.com/timestream/latest/developerguide/backups.html",
    ),
    store(
        "aws_timestreaminfluxdb_db_instance",
        "https://docs.aws.amazon.com/timestream/latest/developerguide/disaster-recovery-resiliency-influxdb.html",
    ),
    store("aws_qldb_ledger", FEATURES),
    store("aws_elasticache_replication_group", ELASTICACHE).copy_of("global_replication_group_id"),
    store("aws_elasticache_cluster", ELASTICACHE).copy_of("replication_group_id"),
    store("aws_elasticache_serverless_cache", ELASTICACHE),
    store("aws_memorydb_cluster", MEMORYDB),
    store("aws_s3_bucket", S3_REPLICATION),
    store(
        "aws_s3_directory_bucket",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-overview.html",
    ),
    store(
        "aws_s3tables_table_bucket",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables.html",
    ),
    store(
        "aws_glacier_vault",
        "https://docs.aws.amazon.com/amazonglacier/latest/dev/introduction.html",
    ),
    store("aws_efs_file_system", EFS),
    store("aws_fsx_windows_file_system", FEATURES),
    store("aws_fsx_lustre_file_system", FEATURES),
    store("aws_fsx_ontap_file_system", FEATURES),
    store("aws_fsx_openzfs_file_system", FEATURES),
    store(
        "aws_ebs_volume",
        "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copy-snapshot.html",
    ),
    store("aws_redshift_cluster", REDSHIFT),
    store(
        "aws_redshiftserverless_namespace",
        "https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-snapshots-recovery-points.html",
    ),
    store("aws_opensearch_domain", OPENSEARCH),
    store("aws_elasticsearch_domain", OPENSEARCH),
    store(
        "aws_opensearchserverless_collection",
        "https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-overview.html",
    ),
    store(
        "aws_kinesis_stream",
        "https://docs.aws.amazon.com/streams/latest/dev/disaster-recovery-resiliency.html",
    ),
    store(
        "aws_kinesis_video_stream",
        "https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/disaster-recovery-resiliency.html",
    ),
    store("aws_msk_cluster", MSK),
    store("aws_msk_serverless_cluster", MSK),
    store("aws_mq_broker", MQ).copy_of("data_replication_primary_broker_arn"),
    store(
        "aws_cognito_user_pool",
        "https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-multi-region.html",
    ),
];

const PROMOTED: &str =
    "replication is asynchronous, with no limit; the copy only reads until somebody promotes it";
const TWO_WAYS: &str = "replication is asynchronous, with no limit; both regions take writes";

pub(super) const COPYINGS: &[Copying] = &[
    Copying {
        of: "aws_rds_cluster",
        way: Way::Member("global_cluster_identifier"),
        target: &[],
        standby: Standby::Promotion,
        lag: lag(&[&GLOBAL_DATABASE_RPO_LAG, &GLOBAL_DATABASE_LAG], Emitted::ByCopy),
        note: "replication is asynchronous: usually under a second, with no limit unless rds.global_db_rpo sets one",
        page: AURORA,
    },
    Copying {
        of: "aws_rds_cluster",
        way: Way::Named("aws_rds_cluster", "replication_source_identifier"),
        target: &[],
        standby: Standby::Promotion,
        lag: lag(&[&BINLOG_LAG], Emitted::ByCopy),
        note: PROMOTED,
        page: "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Replication.CrossRegion.html",
    },
    Copying {
        of: "aws_db_instance",
        way: Way::Named("aws_db_instance", "replicate_source_db"),
        target: &[],
        standby: Standby::Promotion,
        lag: lag(&[&REPLICA_LAG], Emitted::ByCopy),
        note: "a read replica is asynchronous, with no limit; it only reads until somebody promotes it",
        page: RDS,
    },
    Copying {
        of: "aws_db_instance",
        way: Way::Named("aws_db_instance_automated_backups_replication", "source_db_instance_arn"),
        target: &[],
        standby: Standby::Backup,
        lag: None,
        note: "snapshots and transaction logs are copied; somebody has to restore a database from them",
        page: RDS_BACKUPS,
    },
    Copying {
        of: "aws_docdb_cluster",
        way: Way::Member("global_cluster_identifier"),
        target: &[],
        standby: Standby::Promotion,
        lag: lag(&[&DOCUMENT_LAG], Emitted::ByCopy),
        note: PROMOTED,
        page: DOCUMENTDB,
    },
    Copying {
        of: "aws_neptune_cluster",
        way: Way::Member("global_cluster_identifier"),
        target: &[],
        standby: Standby::Promotion,
        lag: lag(&[&GRAPH_LAG], Emitted::ByCopy),
        note: PROMOTED,
        page: NEPTUNE,
    },
    Copying {
        of: "aws_dsql_cluster",
        way: Way::Named("aws_dsql_cluster_peering", "clusters"),
        target: &[],
        standby: Standby::Active,
        lag: None,
        note: "peered clusters commit in both regions at once",
        page: DSQL,
    },
    Copying {
        of: "aws_dynamodb_table",
        way: Way::Replica,
        target: &[],
        standby: Standby::Active,
        lag: lag(&[&TABLE_LAG], Emitted::BySource),
        note: "replication is asynchronous: usually about a second, with no limit; the last writer wins",
        page: DYNAMODB,
    },
    Copying {
        of: "aws_keyspaces_keyspace",
        way: Way::Own,
        target: &["replication_specification.region_list"],
        standby: Standby::Active,
        lag: None,
        note: TWO_WAYS,
        page: KEYSPACES,
    },
    Copying {
        of: "aws_elasticache_replication_group",
        way: Way::Named("aws_elasticache_replication_group", "global_replication_group_id"),
        target: &[],
        standby: Standby::Promotion,
        lag: lag(&[&DATASTORE_LAG], Emitted::Anywhere),
        note: PROMOTED,
        page: ELASTICACHE,
    },
    Copying {
        of: "aws_memorydb_cluster",
        way: Way::Member("multi_region_cluster_name"),
        target: &[],
        standby: Standby::Active,
        lag: None,
        note: TWO_WAYS,
        page: MEMORYDB,
    },
    Copying {
        of: "aws_s3_bucket",
        way: Way::Named("aws_s3_bucket_replication_configuration", "bucket"),
        target: &["rule.destination.bucket"],
        standby: Standby::Active,
        lag: lag(&[&BUCKET_LAG], Emitted::ByCopy),
        note: "without replication time control, replication has no limit",
        page: S3,
    },
    Copying {
        of: "aws_s3_bucket",
        way: Way::Own,
        target: &["replication_configuration.rules.destination.bucket"],
        standby: Standby::Active,
        lag: lag(&[&BUCKET_LAG], Emitted::ByCopy),
        note: "without replication time control, replication has no limit",
        page: S3,
    },
    Copying {
        of: "aws_efs_file_system",
        way: Way::Named("aws_efs_replication_configuration", "source_file_system_id"),
        target: &[
            "destination.region",
            "destination.availability_zone_name",
            "destination.file_system_id",
        ],
        standby: Standby::Promotion,
        lag: lag(&[&FILE_SYSTEM_LAG], Emitted::Anywhere),
        note: "usually within 15 minutes, with no limit; the copy only reads until somebody deletes the replication",
        page: EFS,
    },
    Copying {
        of: "aws_redshift_cluster",
        way: Way::Named("aws_redshift_snapshot_copy", "cluster_identifier"),
        target: &["destination_region"],
        standby: Standby::Backup,
        lag: None,
        note: "snapshots are copied; somebody has to restore a cluster from them",
        page: REDSHIFT,
    },
    Copying {
        of: "aws_redshift_cluster",
        way: Way::Own,
        target: &["snapshot_copy.destination_region"],
        standby: Standby::Backup,
        lag: None,
        note: "snapshots are copied; somebody has to restore a cluster from them",
        page: REDSHIFT,
    },
    Copying {
        of: "aws_opensearch_domain",
        way: Way::Named("aws_opensearch_outbound_connection", "remote_domain_info.domain_name"),
        target: &["local_domain_info.region"],
        standby: Standby::Unknown,
        lag: None,
        note: "which indexes follow those of the domain is set in the domain, not in the plan",
        page: OPENSEARCH,
    },
    Copying {
        of: "aws_msk_cluster",
        way: Way::Named("aws_msk_replicator", "replication_info_list.source_kafka_cluster_arn"),
        target: &["replication_info_list.target_kafka_cluster_arn"],
        standby: Standby::Active,
        lag: None,
        note: "replication is asynchronous, with no limit",
        page: MSK,
    },
    Copying {
        of: "aws_msk_serverless_cluster",
        way: Way::Named("aws_msk_replicator", "replication_info_list.source_kafka_cluster_arn"),
        target: &["replication_info_list.target_kafka_cluster_arn"],
        standby: Standby::Active,
        lag: None,
        note: "replication is asynchronous, with no limit",
        page: MSK,
    },
    Copying {
        of: "aws_mq_broker",
        way: Way::Named("aws_mq_broker", "data_replication_primary_broker_arn"),
        target: &[],
        standby: Standby::Promotion,
        lag: None,
        note: PROMOTED,
        page: MQ,
    },
];

/// Where a resource that stands between a copy and its store names the store.
pub(super) const BETWEEN: &[(&str, &str)] = &[
    ("aws_rds_global_cluster", "source_db_cluster_identifier"),
    ("aws_docdb_global_cluster", "source_db_cluster_identifier"),
    ("aws_neptune_global_cluster", "source_db_cluster_identifier"),
    ("aws_elasticache_global_replication_group", "primary_replication_group_id"),
    ("aws_s3_bucket_*", "bucket"),
];

/// What AWS Backup copies into other regions: not volumes of FSx for ONTAP, but clusters of Aurora DSQL. That it copies
/// backups of Redshift Serverless is not confirmed.
///
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/backup-feature-availability.html>,
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/recov-point-create-a-copy.html>,
/// <https://docs.aws.amazon.com/aurora-dsql/latest/userguide/backup-aurora-dsql.html>
pub(super) const BACKED_UP: &[&str] = &[
    "aws_rds_cluster",
    "aws_db_instance",
    "aws_docdb_cluster",
    "aws_neptune_cluster",
    "aws_dsql_cluster",
    "aws_dynamodb_table",
    "aws_timestreamwrite_table",
    "aws_s3_bucket",
    "aws_efs_file_system",
    "aws_fsx_windows_file_system",
    "aws_fsx_lustre_file_system",
    "aws_fsx_openzfs_file_system",
    "aws_ebs_volume",
    "aws_redshift_cluster",
    "aws_redshiftserverless_namespace",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_type_is_there_once_and_each_way_is_of_one() {
        let types: BTreeSet<&str> = STORES.iter().map(|store| store.of).collect();
        assert_eq!(types.len(), STORES.len());
        for of in COPYINGS.iter().map(|copying| copying.of).chain(BACKED_UP.iter().copied()) {
            assert!(types.contains(of), "{of}");
        }
    }

    /// Without other arguments, a copy is where the resource is that names the store: the store itself is no copy.
    #[test]
    fn what_says_so_itself_says_where() {
        for copying in COPYINGS {
            if matches!(copying.way, Way::Own) {
                assert!(!copying.target.is_empty(), "{}", copying.of);
            }
        }
    }
}
