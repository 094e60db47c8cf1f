use drstack_plan::Resource;

use super::{Finder, is_in};
use crate::name::Name;

/// The names of the tables that both regions have.
pub(super) fn find(finder: &Finder<'_>) -> Vec<Name> {
    let tables = finder.of_type("aws_dynamodb_table").filter(|table| is_shared(finder, *table));
    tables.filter_map(|table| Name::of(table.get("name"))).collect()
}

/// Whether a table is in one of the regions and has a replica in the other one.
pub(super) fn is_shared(finder: &Finder<'_>, table: Resource<'_>) -> bool {
    let has = |region: &Name| {
        is_in(table, region)
            || table.get("replica").elements().any(|replica| {
                replica.get("region_name").as_str().is_some_and(|found| found == region.as_str())
            })
    };
    has(&finder.lost) && has(&finder.recovery)
}
