//! Which regions have a replica of a table or a secret, whatever resource says so.

use drstack_plan::{AttrPath, Resource, Value};
use foldhash::HashMap;

use crate::Survey;

/// Replicas of tables that other resources than the table make, by the table's index.
#[derive(Default)]
pub(crate) struct Replicas {
    by_table: HashMap<usize, Vec<Replica>>,
    /// Those whose table is not known.
    stray: Vec<Replica>,
}

/// The region of a replica; `None` if it is not known.
type Replica = Option<String>;

const TABLE: &str = "aws_dynamodb_table";

impl Replicas {
    pub(crate) fn of(survey: &Survey<'_>) -> Self {
        let mut replicas = Self::default();
        for replica in survey.managed("aws_dynamodb_table_replica") {
            let region = replica.region().map(std::borrow::Cow::into_owned);
            let path = AttrPath::root().key("global_table_arn");
            let value = replica.at(&path);
            let named = value.as_str();
            let by_arn = named.iter().flat_map(|arn| survey.plan.identified_by(arn));
            let referred =
                replica.references(&path).targets.into_iter().map(|target| target.resource);
            let tables: Vec<usize> = referred
                .chain(by_arn)
                .filter(|table| table.resource_type() == TABLE)
                .map(Resource::index)
                .collect();
            if tables.is_empty() && value.is_unknown() {
                replicas.stray.push(region.clone());
            }
            for table in tables {
                replicas.by_table.entry(table).or_default().push(region.clone());
            }
        }
        // Global tables of the version of 2017 join tables of one name.
        for global in survey.managed("aws_dynamodb_global_table") {
            let name = global.get("name").as_str();
            let tables: Vec<usize> = survey
                .managed(TABLE)
                .filter(|table| name.is_some() && table.get("name").as_str() == name)
                .map(Resource::index)
                .collect();
            for replica in global.get("replica").elements() {
                let region = replica.get("region_name").as_str().map(std::borrow::Cow::into_owned);
                for table in &tables {
                    replicas.by_table.entry(*table).or_default().push(region.clone());
                }
                if name.is_none() {
                    replicas.stray.push(region.clone());
                }
            }
        }
        replicas
    }
}

impl Survey<'_> {
    /// The regions that a replicated store keeps replicas in: by its `replica` blocks, by an `aws_dynamodb_table_replica`,
    /// or by an `aws_dynamodb_global_table`; `None` for each whose region is not known.
    #[must_use]
    pub fn replica_regions(&self, resource: Resource<'_>) -> Vec<Option<String>> {
        let argument = match resource.resource_type() {
            TABLE => "region_name",
            "aws_secretsmanager_secret" => "region",
            _ => return Vec::new(),
        };
        let blocks: Value<'_> = resource.get("replica");
        let own = blocks.elements().map(|block| block.get(argument).as_str().map(Into::into));
        let mut regions: Vec<Replica> = own.collect();
        let separate = self.replicas.by_table.get(&resource.index());
        regions.extend(separate.into_iter().flatten().cloned());
        regions
    }

    /// Whether a replicated store keeps a replica in a region. `None` if that is not known.
    #[must_use]
    pub fn has_replica(&self, resource: Resource<'_>, region: &str) -> Option<bool> {
        let regions = self.replica_regions(resource);
        let may_be = |stray: &Replica| stray.as_deref().is_none_or(|found| found == region);
        let may_have_stray =
            resource.resource_type() == TABLE && self.replicas.stray.iter().any(may_be);
        if regions.iter().flatten().any(|found| found == region) {
            Some(true)
        } else if may_have_stray || regions.contains(&None) {
            None
        } else {
            Some(false)
        }
    }
}
