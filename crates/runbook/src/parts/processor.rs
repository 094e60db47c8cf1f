//! What the transaction processor of the stack agrees on with its operators: the latch and the archive.
//!
//! It is recognized by its environment: `SESSION_TABLE` for the latch; `LOGS_BUCKET`, `CLUSTER_ARN` and `SECRET_ARN` for the
//! archive. The README of its package says what each means.

use drstack_plan::{AttrPath, Resource};

use super::database::Database;
use super::{Finder, is_in, tables};
use crate::name::Name;

/// An item of a global table that takes its region out of service.
pub(crate) struct Latch {
    /// The table, of the same name in both regions.
    pub(crate) table: Name,
}

/// Transactions are archived in a bucket before the database records them, so that what the database lost can be
/// sent again.
pub(crate) struct Archive {
    /// The recovery region's bucket.
    pub(crate) bucket: Name,
    /// The recovery region's queue, which takes them again.
    pub(crate) queue: Name,
    /// The secret of the database, of the same name in both regions.
    pub(crate) secret: Name,
    /// The database in the cluster.
    pub(crate) database: Name,
}

/// The key of the latch item.
const KEY: &str = "pk";

pub(super) fn latch(finder: &Finder<'_>) -> Option<Latch> {
    // Both regions must read it: one would be fenced and not know.
    let [lost, recovery] = [&finder.lost, &finder.recovery].map(|region| {
        let mut functions = finder.in_region("aws_lambda_function", region);
        functions.find_map(|function| {
            let table = variable(finder, function, "SESSION_TABLE", "aws_dynamodb_table").or_else(
                || named(finder, function, "SESSION_TABLE", "aws_dynamodb_table", "name"),
            )?;
            let is_key = table.get("hash_key").as_str().is_some_and(|key| key == KEY);
            (is_key && tables::is_shared(finder, table)).then_some(table)
        })
    });
    (lost? == recovery?).then_some(())?;
    Some(Latch { table: Name::of(lost?.get("name"))? })
}

pub(super) fn archive(finder: &Finder<'_>, database: &Database<'_>) -> Option<Archive> {
    let mut functions = finder.in_region("aws_lambda_function", &finder.recovery);
    functions.find_map(|function| {
        let bucket = variable(finder, function, "LOGS_BUCKET", "aws_s3_bucket")
            .or_else(|| named(finder, function, "LOGS_BUCKET", "aws_s3_bucket", "bucket"))
            .filter(|bucket| is_in(*bucket, &finder.recovery))?;
        let queue = variable(finder, function, "TRANSACTIONS_QUEUE_URL", "aws_sqs_queue")
            .filter(|queue| is_in(*queue, &finder.recovery))?;
        // In a state, the ARN is known that the lost region's function has; the copy's is in no attribute.
        let mut everywhere = finder.of_type("aws_lambda_function");
        let secret = everywhere.find_map(|function| {
            variable(finder, function, "SECRET_ARN", "aws_secretsmanager_secret")
        })?;
        Some(Archive {
            bucket: Name::of(bucket.get("bucket"))?,
            queue: Name::of(queue.get("name"))?,
            secret: Name::of(secret.get("name"))?,
            database: database.database_name.clone()?,
        })
    })
}

fn path(variable: &str) -> AttrPath {
    AttrPath::root().key("environment").index(0).key("variables").key(variable)
}

/// The only resource of a type that a variable of a function's environment leads to.
fn variable<'plan>(
    finder: &Finder<'plan>,
    function: Resource<'plan>,
    name: &str,
    resource_type: &str,
) -> Option<Resource<'plan>> {
    finder.target(function, &path(name), resource_type)
}

/// The resource whose name stands in a variable of a function's environment.
fn named<'plan>(
    finder: &Finder<'plan>,
    function: Resource<'plan>,
    name: &str,
    resource_type: &str,
    attribute: &str,
) -> Option<Resource<'plan>> {
    let text = function.at(&path(name)).as_str()?.into_owned();
    finder
        .of_type(resource_type)
        .find(|resource| resource.get(attribute).as_str().is_some_and(|found| found == text))
}
