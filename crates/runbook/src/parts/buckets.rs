use drstack_plan::{AttrPath, Resource};

use super::Finder;
use crate::name::Name;

/// A bucket's objects on their way into the other region.
pub(crate) struct Replication {
    pub(crate) source: Name,
    pub(crate) source_region: Name,
    pub(crate) destination: Name,
    pub(crate) destination_region: Name,
    pub(crate) rule: Name,
}

/// Every rule between the two regions, those out of the lost one first.
pub(super) fn find(finder: &Finder<'_>) -> Vec<Replication> {
    let configurations = || finder.of_type("aws_s3_bucket_replication_configuration");
    let between = |from: &Name, to: &Name| {
        let found: Vec<Replication> = configurations()
            .flat_map(|configuration| rules(finder, configuration, from, to))
            .collect();
        found
    };
    let mut found = between(&finder.lost, &finder.recovery);
    found.extend(between(&finder.recovery, &finder.lost));
    found
}

fn rules<'plan>(
    finder: &Finder<'plan>,
    configuration: Resource<'plan>,
    from: &Name,
    to: &Name,
) -> Vec<Replication> {
    let bucket = |path: &AttrPath| {
        let bucket = finder.target(configuration, path, "aws_s3_bucket")?;
        Some((Name::of(bucket.get("bucket"))?, bucket.region()?.into_owned()))
    };
    let source = bucket(&AttrPath::root().key("bucket"));
    let Some((source, _)) = source.filter(|(_, region)| region == from.as_str()) else {
        return Vec::new();
    };
    let rules = configuration.get("rule").elements().enumerate().filter_map(|(index, rule)| {
        let path = AttrPath::root().key("rule").index(index).key("destination").index(0);
        let (destination, region) = bucket(&path.key("bucket"))?;
        (region == to.as_str()).then_some(())?;
        Some(Replication {
            source: source.clone(),
            source_region: from.clone(),
            destination,
            destination_region: to.clone(),
            rule: Name::of(rule.get("id"))?,
        })
    });
    rules.collect()
}
