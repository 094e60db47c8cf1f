//! What a person reads before the steps and after them.

use drstack_plan::{BlindSpot, Plan, Resource, Value};
use drstack_recovery::{Budget, Loss, Standby, Term};

use crate::document::{Absence, Decision, Drift, Place};
use crate::name::Name;
use crate::parts::Parts;

/// The parts by their names.
pub(crate) fn places(parts: &Parts<'_>) -> Vec<Place> {
    let mut places = Vec::new();
    let mut add = |part: &'static str, lost: Option<&Name>, recovery: Option<&Name>| {
        let text = |name: Option<&Name>| name.map(|name| name.as_str().to_owned());
        places.push(Place { part, lost: text(lost), recovery: text(recovery) });
    };
    if let Some(service) = &parts.service {
        add("name for clients", Some(&service.endpoint), Some(&service.endpoint));
        if let Some(zone) = &service.zone {
            add("hosted zone", Some(zone), Some(zone));
        }
        add("load balancer", Some(&service.lost), Some(&service.recovery));
    }
    if let Some(database) = &parts.database {
        add("global database", Some(&database.global), Some(&database.global));
        add("Aurora cluster", Some(&database.lost), Some(&database.recovery));
    }
    for intake in &parts.intakes {
        let (lost, recovery) = (&intake.lost, &intake.recovery);
        add("queue", Some(&lost.queue), Some(&recovery.queue));
        add("dead-letter queue", lost.dead_letters.as_ref(), recovery.dead_letters.as_ref());
        add("function", Some(&lost.function), Some(&recovery.function));
    }
    for table in &parts.tables {
        add("table", Some(table), Some(table));
    }
    let outgoing = parts.replications.iter().filter(|each| each.source_region == parts.lost);
    for replication in outgoing {
        add("bucket", Some(&replication.source), Some(&replication.destination));
    }
    for (lost, recovery) in &parts.topics {
        add("topic of the alarms", lost.as_ref(), recovery.as_ref());
    }
    places
}

/// When to fail over, and how long that may be thought about.
pub(crate) fn decision(parts: &Parts<'_>, budget: &Budget) -> Decision {
    let (lost, region) = (&parts.lost, &parts.recovery);
    if parts.database.is_none() {
        return Decision::default();
    }
    let verify = budget.time.verify.clone();
    let terms: Vec<Term> = budget.time.database.iter().cloned().chain([verify]).collect();
    let losses =
        budget.losses.iter().map(|loss| format!("`{}`: {}", loss.store, loss.promise.note));
    Decision {
        seconds: budget.decision_seconds(),
        objective: budget.objectives.rto_seconds,
        losses: losses.collect(),
        terms,
        go: vec![
            format!(
                "{lost} takes no writes: not one instance or zone, which Aurora settles inside the region."
            ),
            format!("AWS names no end, or one beyond the time that is left."),
            format!("{region} is healthy (first step of the failover)."),
            "Whoever answers for the data accepts the loss (second step).".to_owned(),
        ],
        stay: vec![
            format!(
                "Only the web side of {lost} fails, and its database works: do part 5, which loses nothing."
            ),
            format!("A release broke both regions: roll it back, a failover changes nothing."),
            "Data is wrong, not gone: it is wrong in both regions. Restore from a backup."
                .to_owned(),
        ],
    }
}

/// What Terraform sees and did not do.
pub(crate) fn drifts(plan: &Plan<'_>, parts: &Parts<'_>) -> Vec<Drift> {
    let mut drifts = Vec::new();
    for intake in &parts.intakes {
        drifts.push(Drift {
            address: intake.lost.mapping.address().to_owned(),
            change: "`enabled = false -> true`, as long as it is switched off".to_owned(),
            consequence: "**An apply would feed the fenced function.** Apply nothing; part 4 switches it on again.".to_owned(),
        });
    }
    if let Some(database) = &parts.database {
        let [global, lost, recovery] = database.resources;
        drifts.push(Drift {
            address: global.address().to_owned(),
            change: "`global_cluster_members`: `is_writer` has changed sides".to_owned(),
            consequence: "Computed: shown as changed outside of Terraform, never planned."
                .to_owned(),
        });
        for cluster in [lost, recovery] {
            drifts.push(Drift {
                address: cluster.address().to_owned(),
                change: "`replication_source_identifier` has appeared or is gone".to_owned(),
                consequence: ignored(plan, cluster),
            });
        }
    }
    drifts
}

/// Whether a cluster's source may change without Terraform planning to put it back. The provider asks for that:
/// <https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/rds_cluster#replication_source_identifier>.
fn ignored(plan: &Plan<'_>, cluster: Resource<'_>) -> String {
    const SOURCE: &str = "replication_source_identifier";
    if plan.blind_spots().contains(&BlindSpot::Lifecycle) {
        return format!(
            "`lifecycle {{ ignore_changes = [{SOURCE}] }}` must be there: an apply would work against the failover."
        );
    }
    let is_ignored = cluster.lifecycle().is_some_and(|lifecycle| {
        let changes = lifecycle.get("ignore_changes");
        changes.as_str().is_some_and(|all| all == "all")
            || changes.elements().filter_map(Value::as_str).any(|each| each == SOURCE)
    });
    if is_ignored {
        "The configuration ignores it: nothing is planned.".to_owned()
    } else {
        format!(
            "**The configuration does not ignore it: an apply works against the failover.** Add `ignore_changes = [{SOURCE}]`."
        )
    }
}

/// What is not there, and what that means when a region is lost.
pub(crate) fn absences(parts: &Parts<'_>, budget: &Budget) -> Vec<Absence> {
    let lost = &parts.lost;
    let mut absences = Vec::new();
    let mut absent = |part: &'static str, consequence: String| {
        absences.push(Absence { part, consequence });
    };
    if parts.database.is_none() {
        absent(
            "an Aurora global database with a cluster in both regions, and names that are known",
            "No database is promoted here.".to_owned(),
        );
    }
    let led = parts.database.as_ref().map(|database| database.resources[1].address());
    let of = |standby: Standby| {
        let losses = budget.losses.iter().filter(move |loss| loss.standby == standby);
        losses.filter(|loss| Some(&*loss.store) != led)
    };
    for loss in of(Standby::Promotion).chain(of(Standby::Backup)) {
        let Loss { store, promise, .. } = loss;
        absent(
            "steps for a copy that somebody has to promote or to restore",
            format!("`{store}`: {}. See {}.", promise.note, promise.source),
        );
    }
    let missing: Vec<String> =
        of(Standby::Missing).map(|loss| format!("`{}`", loss.store)).collect();
    if !missing.is_empty() {
        absent(
            "a copy in the recovery region",
            format!("What these hold is lost with {lost}: {}.", missing.join(", ")),
        );
    }
    match &parts.service {
        None => absent(
            "a weighted or failover record with a load balancer in both regions",
            "Clients are not led over by this; how they get to the other region is for you to write down.".to_owned(),
        ),
        Some(service) if parts.latch.is_none() && service.returns => absent(
            "a latch: functions of both regions with `SESSION_TABLE`, a global table with the key `pk`",
            format!("Nothing fences {lost}. DNS leads back to it as soon as it is healthy, wherever the writer is."),
        ),
        Some(_) => {}
    }
    if parts.intakes.is_empty() {
        absent(
            "a queue with a function behind it in both regions",
            "No messages are moved.".to_owned(),
        );
    }
    if parts.database.is_some() && parts.archive.is_none() {
        absent(
            "an archive: a function with `LOGS_BUCKET`, `SECRET_ARN` and `TRANSACTIONS_QUEUE_URL` in the recovery region",
            "What the database loses is only in the snapshot of part 3.".to_owned(),
        );
    }
    if parts.tables.is_empty() {
        absent(
            "a DynamoDB table with a replica in both regions",
            "No table is looked at.".to_owned(),
        );
    }
    if parts.replications.is_empty() {
        absent(
            "a bucket that is replicated between the regions",
            "No replication is waited for.".to_owned(),
        );
    }
    absences
}
