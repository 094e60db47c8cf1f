use drstack_plan::{AttrPath, Resource};

use super::Finder;
use crate::name::Name;

/// An Aurora global database with a cluster in each of the two regions.
pub(crate) struct Database<'plan> {
    /// The identifier of the global cluster.
    pub(crate) global: Name,
    /// The identifier of the lost region's cluster.
    pub(crate) lost: Name,
    /// The identifier of the recovery region's cluster.
    pub(crate) recovery: Name,
    /// For how many days the lost region's cluster keeps its snapshots.
    pub(crate) retention_days: Option<u64>,
    /// The database in it.
    pub(crate) database_name: Option<Name>,
    /// The resources: global cluster, the lost region's, the recovery region's.
    pub(crate) resources: [Resource<'plan>; 3],
}

pub(super) fn find<'plan>(finder: &Finder<'plan>) -> Option<Database<'plan>> {
    finder.of_type("aws_rds_global_cluster").find_map(|global| {
        let lost = member(finder, global, &finder.lost)?;
        let recovery = member(finder, global, &finder.recovery)?;
        Some(Database {
            global: Name::of(global.get("global_cluster_identifier"))?,
            lost: Name::of(lost.get("cluster_identifier"))?,
            recovery: Name::of(recovery.get("cluster_identifier"))?,
            retention_days: lost.get("backup_retention_period").as_u64(),
            // A secondary takes it over from the primary, and does not name it.
            database_name: [lost, recovery, global]
                .into_iter()
                .find_map(|resource| Name::of(resource.get("database_name"))),
            resources: [global, lost, recovery],
        })
    })
}

/// The cluster of a global one in a region.
fn member<'plan>(
    finder: &Finder<'plan>,
    global: Resource<'plan>,
    region: &Name,
) -> Option<Resource<'plan>> {
    let argument = AttrPath::root().key("global_cluster_identifier");
    let identifier = global.at(&argument);
    let mut members = finder.in_region("aws_rds_cluster", region).filter(|cluster| {
        let named = cluster.at(&argument).as_str();
        named.is_some() && named == identifier.as_str()
            || finder.target(*cluster, &argument, global.resource_type()) == Some(global)
    });
    members.next()
}
