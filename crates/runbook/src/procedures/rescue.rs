//! The lost region answers again: it stays out, and what was left in it is fetched.

use super::steps::Feed;
use super::{Guide, moment, preparation, steps};
use crate::document::{Answer, Check, Kind, Procedure, Step, assumed};
use crate::parts::{Database, Latch, Replication, Service};
use crate::shell::{Aws, block};

pub(super) fn procedure(guide: &Guide<'_>) -> Procedure {
    let parts = guide.parts;
    let (lost, region) = (guide.lost(), guide.recovery());
    let mut steps: Vec<Step> = preparation::look_up(guide, lost).into_iter().collect();
    if let Some(latch) = &parts.latch {
        steps.push(latch_arrived(guide, latch));
        if let Some(service) = &parts.service {
            steps.push(is_fenced(guide, service));
        }
    }
    for (index, intake) in parts.intakes.iter().enumerate() {
        let why = "Each message that the fenced function refuses counts as received, and is a dead letter after a few times. Terraform \
             would switch it on again: apply nothing before part 4.";
        steps.push(steps::feed(guide, index, &intake.lost, lost, Feed::Off, why.to_owned()));
    }
    if let Some(database) = &parts.database {
        steps.push(follows(guide, database));
        steps.push(keep_snapshot(guide, database));
    }
    for (index, intake) in parts.intakes.iter().enumerate() {
        steps.push(steps::move_messages(guide, index, intake));
    }
    for replication in parts.replications.iter().filter(|each| each.source_region == *lost) {
        steps.push(nothing_pending(replication));
    }
    if let Some(archive) = &parts.archive {
        let why = format!(
            "What {lost} had archived and not replicated has arrived now. The same search as after the failover."
        );
        steps.push(steps::replay(guide, archive, why));
    }
    if let Some(step) = terraform(guide) {
        steps.push(step);
    }
    Procedure {
        kind: Kind::Return,
        title: format!("{lost} is back"),
        purpose: vec![
            format!(
                "{lost} answers again after a failover. {region} goes on serving; nothing here hurries."
            ),
            "In a new shell, do part 1 first.".to_owned(),
        ],
        messages: Vec::new(),
        steps,
    }
}

fn latch_arrived(guide: &Guide<'_>, latch: &Latch) -> Step {
    let lost = guide.lost();
    Step {
        title: format!("See that the latch has reached {lost}"),
        why: Vec::new(),
        command: None,
        duration: assumed(15, "DynamoDB replicates within seconds"),
        check: Check::within(
            60,
            steps::latch_is(latch, lost, lost),
            Answer::is(format!("latch#{lost}")),
        ),
        otherwise: format!(
            "Replication has not caught up yet. Put the item in {lost} itself: the command of the failover's latch, with \
             `--region {lost}`."
        ),
    }
}

fn is_fenced(guide: &Guide<'_>, service: &Service) -> Step {
    let lost = guide.lost();
    Step {
        title: format!("See that {lost} keeps out"),
        why: Vec::new(),
        command: None,
        duration: moment(),
        check: Check::within(
            60,
            format!("{} | jq -r '\"\\(.status) \\(.fenced)\"'", steps::health(service, lost)),
            Answer::is("unhealthy true"),
        ),
        otherwise: format!(
            "No answer at all keeps clients out too. `healthy false` lets DNS lead to {lost}: see the latch of the step before."
        ),
    }
}

/// Aurora rebuilds the old primary as a secondary by itself. That takes minutes to hours, by the size of the volume.
fn follows(guide: &Guide<'_>, database: &Database<'_>) -> Step {
    let (lost, region) = (guide.lost(), guide.recovery());
    let members = Aws::new("rds describe-global-clusters", region)
        .option("global-cluster-identifier", &database.global)
        .text(&format!(
            "GlobalClusters[0].GlobalClusterMembers[?contains(DBClusterArn, ':{lost}:')].IsWriter | [0]"
        ));
    let status = Aws::new("rds describe-db-clusters", lost)
        .option("db-cluster-identifier", &database.lost)
        .text("DBClusters[0].Status");
    Step {
        title: format!("Wait until {} of {lost} follows {region}", database.lost),
        why: vec![
            "AWS does this by itself: it keeps a snapshot of what was not replicated, makes a new volume, and fills it.".to_owned(),
        ],
        command: None,
        duration: assumed(3600, "AWS says minutes to hours, by the size of the volume"),
        check: Check::within(14_400, format!("echo \"$({members}) $({status})\""), Answer::is("False available")),
        otherwise: format!(
            "{}\n`True` is a second writer: stop everything that writes to it, and call AWS. `None` means that the cluster is no \
             member: add the region again, <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-attaching.html>.",
            steps::events(&database.lost, lost)
        ),
    }
}

/// The snapshot of what the old primary had, which AWS deletes after the retention period.
fn keep_snapshot(guide: &Guide<'_>, database: &Database<'_>) -> Step {
    let lost = guide.lost();
    let find = Aws::new("rds describe-db-cluster-snapshots", lost)
        .option("db-cluster-identifier", &database.lost)
        .text(
            "sort_by(DBClusterSnapshots[?starts_with(DBClusterSnapshotIdentifier, 'rds:unplanned-global-failover-')], \
             &SnapshotCreateTime)[-1].DBClusterSnapshotIdentifier",
        );
    let copy = Aws::new("rds copy-db-cluster-snapshot", lost)
        .option("source-db-cluster-snapshot-identifier", "\"$SNAPSHOT\"")
        .option("target-db-cluster-snapshot-identifier", "\"$KEPT\"");
    let status = Aws::new("rds describe-db-cluster-snapshots", lost)
        .option("db-cluster-snapshot-identifier", "\"$KEPT\"")
        .text("DBClusterSnapshots[0].Status");
    let kept = database.retention_days.map_or_else(
        || "for the cluster's retention period".to_owned(),
        |days| format!("for {days} days"),
    );
    Step {
        title: "Keep the snapshot of what was lost".to_owned(),
        why: vec![format!(
            "It is the only copy of the commits that were not replicated. AWS keeps it {kept}; the copy stays until you delete it."
        )],
        command: Some(block([
            find.into_variable("SNAPSHOT"),
            "KEPT=lost-writes-$(jq -rn 'now | floor')".to_owned(),
            format!("{copy} > /dev/null"),
        ])),
        duration: assumed(600, "a copy within a region takes minutes"),
        check: Check::within(3600, status.to_string(), Answer::is("available")),
        otherwise: "If `$SNAPSHOT` is None, AWS could not take one; it tries before it rebuilds the cluster. The archive is what is left then."
            .to_owned(),
    }
}

/// The sum of what is still on its way, by the metric of the destination's region.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html>
fn nothing_pending(replication: &Replication) -> Step {
    let Replication { source, destination, destination_region, rule, .. } = replication;
    let aws = Aws::new("cloudwatch get-metric-statistics", destination_region)
        .option("namespace", "AWS/S3")
        .option("metric-name", "OperationsPendingReplication")
        .option(
            "dimensions",
            format_args!("Name=SourceBucket,Value={source} Name=DestinationBucket,Value={destination} Name=RuleId,Value={rule}"),
        )
        .option("statistics", "Maximum")
        .option("period", 60)
        .option("start-time", "\"$(jq -rn 'now - 300 | todate')\"")
        .option("end-time", "\"$(jq -rn 'now | todate')\"")
        .option("output", "json");
    Step {
        title: format!("Wait until {source} has nothing left to replicate"),
        why: Vec::new(),
        command: None,
        duration: assumed(900, "replication time control aims at 15 min for 99.9 % of the objects"),
        check: Check::within(1800, format!("{aws} | jq '[.Datapoints[].Maximum] | max // 0'"), Answer::AtMost { limit: 0, unit: "operations" }),
        otherwise: "Go on, and look again later. What has failed for good is not sent again by itself: use S3 Batch Replication, \
                    <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-batch-replication-batch.html>."
            .to_owned(),
    }
}

/// What a plan would change while the region is fenced: it would feed the function again, and nothing else.
fn terraform(guide: &Guide<'_>) -> Option<Step> {
    let mappings: Vec<&str> =
        guide.parts.intakes.iter().map(|intake| intake.lost.mapping.address()).collect();
    if mappings.is_empty() {
        return None;
    }
    Some(Step {
        title: "See what Terraform makes of it, and apply nothing".to_owned(),
        why: vec![
            "In the directory of the configuration, with the variables of the deployment. The part Terraform below says why.".to_owned(),
        ],
        command: None,
        duration: assumed(120, "a plan that asks both regions"),
        check: Check::once(
            "terraform plan -input=false -json | jq -r 'select(.type == \"planned_change\" and .change.action != \"noop\").change.resource.addr'"
                .to_owned(),
            Answer::is(mappings.join("\n")),
        ),
        otherwise: "Whatever else it names was changed by somebody, or is not ignored by the configuration: settle it after the failback.".to_owned(),
    })
}
