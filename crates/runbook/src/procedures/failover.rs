//! The region that serves is lost.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html>

use super::{Guide, patience, steps};
use crate::document::{Answer, Check, Kind, Message, Procedure, Step, assumed};
use crate::parts::Database;
use crate::shell::Aws;

pub(super) fn procedure(guide: &Guide<'_>) -> Procedure {
    let parts = guide.parts;
    let (lost, region) = (guide.lost(), guide.recovery());
    let mut steps = Vec::new();
    if let Some(service) = &parts.service {
        steps.push(steps::is_healthy(service, region));
    }
    if let Some(database) = &parts.database {
        steps.push(accept_loss(guide, database));
    }
    if let Some(latch) = &parts.latch {
        let why = vec![format!(
            "Do this before the promotion. The item is written in {region} and reaches {lost} by replication. While it exists, \
             {lost} answers 503, gets no clients and takes no messages, so DNS does not go back by itself while the writer is in \
             {region}."
        )];
        steps.push(steps::fence(guide, latch, lost, why));
    }
    if let Some(database) = &parts.database {
        steps.push(promote(guide, database));
    }
    if let Some(service) = &parts.service {
        let otherwise = format!(
            "{lost} still counts as healthy, or {region} does not. Run `{}` and `{}`. Do not edit records.",
            steps::health(service, region),
            steps::service_health(service)
        );
        let mut led = steps::led_to(guide, service, region, otherwise);
        if parts.database.is_some() {
            // It began when the region was lost, and goes on beside the promotion.
            led.duration = assumed(15, "one call: what Route 53 needs began with the loss");
        }
        steps.push(led);
        if parts.latch.is_some() && parts.database.is_some() {
            steps.push(steps::takes_writes(guide, service, region));
        }
        steps.push(steps::serves(guide, service, region));
    }
    for (index, intake) in parts.intakes.iter().enumerate() {
        steps.extend(steps::redrive(guide, index, &intake.recovery, region));
    }
    if let Some(archive) = &parts.archive {
        let why = format!(
            "The function archives a transaction before it records it. What {} has and the database lacks was lost with {lost}; it \
             goes through the queue again; what is sent twice is recorded once. What is dated more than two days back is not found.",
            archive.bucket
        );
        steps.push(steps::replay(guide, archive, why));
    }
    Procedure {
        kind: Kind::Failover,
        title: format!("Failover: {lost} is lost"),
        purpose: vec![
            format!(
                "{lost} is lost, and will not be back in time. Everything here runs in {region}."
            ),
            format!(
                "If {lost}'s database still takes writes, do part 5 instead: it loses nothing."
            ),
        ],
        messages: messages(guide),
        steps,
    }
}

/// Data loss is accepted by a person, who should know how much.
fn accept_loss(guide: &Guide<'_>, database: &Database<'_>) -> Step {
    let rpo = guide.budget.objectives.rpo_seconds;
    let title = format!("See how much is lost, and accept it (at most {rpo} s are agreed)");
    let otherwise = format!(
        "None means that nothing was measured within the last hour: the loss is not known. More than {} ms breaks the \
         agreement: whoever answers for the data decides. The answer is the last one before {} was lost; it is what a failover loses.",
        rpo.saturating_mul(1000),
        guide.lost()
    );
    steps::lag(&database.recovery, guide.recovery(), rpo.saturating_mul(1000), title, otherwise)
}

/// The operation is asked for in the region of the cluster that is promoted.
fn promote(guide: &Guide<'_>, database: &Database<'_>) -> Step {
    let (lost, region) = (guide.lost(), guide.recovery());
    let duration = guide.promotion();
    let aws = Aws::new("rds failover-global-cluster", region)
        .option("global-cluster-identifier", &database.global)
        .option("target-db-cluster-identifier", format_args!("\"${}\"", region.variable("CLUSTER")))
        .flag("allow-data-loss");
    Step {
        title: format!("Promote {} of {region}", database.recovery),
        why: vec![
            "**There is no way back from here but failback.** What was not replicated is lost."
                .to_owned(),
            format!(
                "Aurora tries to stop the writer of {lost} at its storage, and makes that cluster a secondary as soon as {lost} \
                 is back."
            ),
        ],
        command: Some(format!("{aws} > /dev/null")),
        check: Check::within(
            patience(&duration),
            steps::writer(database, region),
            Answer::is(region.as_str()),
        ),
        duration,
        otherwise: format!(
            "{}\nRefused because of engine versions: detach and promote by hand, \
             <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html#aurora-global-database-failover.manual-unplanned>.",
            steps::events(&database.recovery, region)
        ),
    }
}

fn messages(guide: &Guide<'_>) -> Vec<Message> {
    let Some(service) = &guide.parts.service else { return Vec::new() };
    let endpoint = &service.endpoint;
    let retry = if guide.parts.archive.is_some() {
        " Send again, with the same transaction_id, whatever was not answered with 202: nothing is recorded twice."
    } else {
        ""
    };
    vec![
        Message {
            when: "Before you begin",
            text: format!(
                "{endpoint} is disturbed. We are moving it to another region. Use the name {endpoint}, no address, and do not \
                 keep DNS answers for longer than their TTL.{retry}"
            ),
        },
        Message {
            when: "When the service answers",
            text: format!(
                "{endpoint} is back.{retry} Transactions of the last minutes before the disturbance may be late or missing; we \
                 are looking for them."
            ),
        },
    ]
}
