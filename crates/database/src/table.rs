//! The global table for session state.

use drstack_terraform::{Module, ModuleError, Profile, Ref, Region, Template, kind};

use crate::resources::{
    KeyAttribute, PointInTimeRecovery, Table, TableEncryption, TableReplica, TimeToLive,
};

/// The table's address.
pub(crate) const SESSIONS: &str = "sessions";

/// The partition key, a string.
const PARTITION_KEY: &str = "pk";
/// Holds the second of the epoch after which an item may be deleted.
const EXPIRY: &str = "expires_at";

/// The other region's replica.
pub(crate) struct Replica<'a> {
    pub(crate) region: Region,
    pub(crate) key: &'a Ref<kind::Arn<kind::KmsKey>>,
}

/// Adds a global table (version 2019.11.21), which replicates by a stream of new and old images:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html#global-tables-streams>.
///
/// The provider can't set deletion protection on the replica, so the profile decides on this region's table only.
pub(crate) fn add(
    module: &mut Module,
    name: Template,
    key: &Ref<kind::Arn<kind::KmsKey>>,
    replica: &Replica<'_>,
    profile: Profile,
) -> Result<(), ModuleError> {
    let table = Table {
        name,
        billing_mode: "PAY_PER_REQUEST",
        hash_key: PARTITION_KEY,
        attribute: KeyAttribute { name: PARTITION_KEY, kind: "S" },
        stream_enabled: true,
        stream_view_type: "NEW_AND_OLD_IMAGES",
        ttl: TimeToLive { attribute_name: EXPIRY, enabled: true },
        server_side_encryption: TableEncryption { enabled: true, kms_key_arn: key.clone() },
        point_in_time_recovery: PointInTimeRecovery { enabled: true },
        deletion_protection_enabled: profile.choose(false, true),
        replica: TableReplica {
            region_name: replica.region,
            kms_key_arn: replica.key.clone(),
            point_in_time_recovery: true,
            propagate_tags: true,
        },
    };
    module.add(SESSIONS, &table)?;
    Ok(())
}
