//! The lag of an Aurora global database.
//!
//! Namespace `AWS/RDS`, metrics `AuroraGlobalDBRPOLag` and `AuroraGlobalDBReplicationLag` in milliseconds, at cluster level,
//! available only in secondary regions:
//! <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html>.
//! Dimension `DBClusterIdentifier`: <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/dimensions.html>, which also knows
//! `SourceRegion`; that one would mix every global database of the account.
//! After a switchover the metrics move to the other region:
//! <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html>.

use drstack_terraform::Ref;
use drstack_terraform::kind::{Cluster, Named};

use crate::alarm::{Metric, Watch};
use crate::{Objectives, Role};

/// The address of the alarm that tells the recovery region that the primary is lost.
pub(crate) const RPO_LAG: &str = "aurora_rpo_lag";

/// Both lags of the cluster of this region. Where it is the secondary, silence is an alarm: replication has stopped, or the primary
/// region is gone. Where it is the primary, silence is the rule.
pub(crate) fn watches(
    cluster: &Ref<Named<Cluster>>,
    role: Role,
    objectives: Objectives,
) -> Vec<Watch> {
    let lags = [
        ("aurora-rpo-lag", "AuroraGlobalDBRPOLag", "Commits would be lost"),
        ("aurora-replication-lag", "AuroraGlobalDBReplicationLag", "Changes arrive late"),
    ];
    lags.into_iter()
        .map(|(part, name, meaning)| {
            let dimensions = [("DBClusterIdentifier", cluster.into())];
            let metric = Metric::new("AWS/RDS", name, "Maximum", dimensions);
            let seconds = objectives.lag();
            let description = match role {
                Role::Recovery => format!(
                    "{meaning}: this region's Aurora cluster is more than {seconds} s behind the primary region, or gets \
                     nothing from it. Decide on a failover within {} s ({objectives}).",
                    objectives.decision()
                ),
                Role::Primary => format!(
                    "{meaning}: this region's Aurora cluster, while it is the secondary one, is more than {seconds} s behind \
                     ({objectives})."
                ),
            };
            let milliseconds = u64::from(seconds) * 1_000;
            let watch = Watch::above(part, "Aurora lag, ms", metric, milliseconds, description);
            match role {
                Role::Recovery => watch.or_absent(),
                Role::Primary => watch,
            }
        })
        .collect()
}
