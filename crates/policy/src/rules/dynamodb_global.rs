use drstack_plan::{AttrPath, Resource};
use foldhash::HashMap;

use crate::demand::{Demand, given, is_on, is_text, path};
use crate::keys::Keys;
use crate::links::{Directory, Link};
use crate::regions::{RegionPair, survey};
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "dynamodb-global",
    severity: Severity::Error,
    summary: "tables are global: a replica in the other region, with a key and point-in-time recovery of its own, billed on demand",
    protects: "sessions that live in one region are lost with it, and provisioned capacity of one region does not carry the load of two",
    fix: "give the table PAY_PER_REQUEST, a stream of new and old images, and a replica block for the other region with kms_key_arn and point_in_time_recovery",
    requirements: &["R4", "C5", "V7", "N5", "N4", "T2"],
    explanation: include_str!("dynamodb_global.md"),
    check,
};

const TABLE: &str = "aws_dynamodb_table";
const REPLICA: &str = "aws_dynamodb_table_replica";

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let demanded = checked.parameters().regions().is_some();
    let pair = RegionPair::of(checked);
    for &table in checked.of_type("aws_dynamodb_global_table") {
        sink.judged();
        let message = "the table is a global table of the version of 2017";
        sink.report(
            Finding::violated(table, "", message)
                .expected("an aws_dynamodb_table with replica blocks"),
        );
    }
    let tables = Directory::of(checked, &[TABLE], &["arn", "id", "name"]);
    let mut replicas: HashMap<usize, Vec<Resource<'_>>> = HashMap::default();
    let mut stray = Vec::new();
    let keys = Keys::of(checked);
    for &replica in checked.of_type(REPLICA) {
        match tables.find(replica, &path("global_table_arn")) {
            Link::To(table) => replicas.entry(table.index()).or_default().push(replica),
            Link::Unresolved => stray.push(replica),
            Link::Absent | Link::Outside(_) => {}
        }
    }
    for &replica in &stray {
        sink.judged();
        sink.unresolved(replica, &path("global_table_arn"), "table");
    }
    if demanded && checked.of_type(TABLE).is_empty() {
        sink.judged();
        sink.report(Finding::absent("there is no DynamoDB global table"));
    }
    for &table in checked.of_type(TABLE) {
        let separate = replicas.get(&table.index()).map_or(&[][..], Vec::as_slice);
        let blocks = given(table, &path("replica"));
        if !demanded && separate.is_empty() && blocks.is_empty() {
            continue;
        }
        sink.judged();
        judge_table(keys, table, sink);
        if blocks.is_unknown() {
            let message = "the replicas are not known before apply";
            sink.report(Finding::undetermined(table, "replica", message));
            continue;
        }
        if let Some(pair) = &pair
            && stray.is_empty()
        {
            judge_regions(checked, table, pair, sink);
        }
        for at in (0..blocks.elements().count()).map(|index| path("replica").index(index)) {
            judge_replica(keys, table, &at, sink);
        }
        for replica in separate {
            judge_replica(keys, *replica, &AttrPath::root(), sink);
        }
    }
}

fn judge_table<'plan>(keys: &Keys<'plan>, table: Resource<'plan>, sink: &mut Sink) {
    let demand =
        Demand { message: "the table is not billed on demand", expected: "PAY_PER_REQUEST" };
    sink.demand(table, &path("billing_mode"), demand, is_text("PAY_PER_REQUEST"));
    let demand = Demand { message: "the table has no stream", expected: "true" };
    sink.demand(table, &path("stream_enabled"), demand, is_on);
    let demand = Demand {
        message: "the stream does not hold what replication needs",
        expected: "NEW_AND_OLD_IMAGES",
    };
    sink.demand(table, &path("stream_view_type"), demand, is_text("NEW_AND_OLD_IMAGES"));
    let demand = Demand { message: "the table has no point-in-time recovery", expected: "true" };
    sink.demand(table, &path("point_in_time_recovery.0.enabled"), demand, is_on);
    sink.demand_key(
        keys,
        table,
        &path("server_side_encryption.0.kms_key_arn"),
        "the table has no key of its own",
    );
}

/// A replica, as a block of the table or as a resource of its own.
fn judge_replica<'plan>(
    keys: &Keys<'plan>,
    resource: Resource<'plan>,
    at: &AttrPath,
    sink: &mut Sink,
) {
    let demand = Demand { message: "the replica has no point-in-time recovery", expected: "true" };
    // A replica of its own calls it the same.
    sink.demand(resource, &at.clone().key("point_in_time_recovery"), demand, is_on);
    sink.demand_key(
        keys,
        resource,
        &at.clone().key("kms_key_arn"),
        "the replica has no key of its own",
    );
}

fn judge_regions(checked: &Checked<'_>, table: Resource<'_>, pair: &RegionPair, sink: &mut Sink) {
    let mut regions: Vec<Option<String>> = vec![table.region().map(Into::into)];
    regions.extend(survey(checked).replica_regions(table));
    let missing: Vec<_> = pair
        .both()
        .into_iter()
        .filter(|region| !regions.iter().flatten().any(|found| found == region))
        .collect();
    if missing.is_empty() {
        return;
    }
    let finding = if regions.contains(&None) {
        Finding::undetermined(
            table,
            "replica",
            "the regions of the table and its replicas are not known",
        )
    } else {
        Finding::violated(table, "replica", "the table is not in both regions")
    };
    let found: Vec<_> = regions.into_iter().flatten().collect();
    sink.report(finding.found(found.join(", ")).expected(pair.both().join(" and ")));
}
