//! A planned switch to the other region: what a failover does, without loss.

use super::steps::Feed;
use super::{Guide, steps};
use crate::document::{Kind, Message, Procedure};

pub(super) fn procedure(guide: &Guide<'_>) -> Procedure {
    let parts = guide.parts;
    let (home, region) = (guide.lost(), guide.recovery());
    let mut steps = Vec::new();
    if let Some(service) = &parts.service {
        steps.push(steps::is_healthy(service, home));
        steps.push(steps::is_healthy(service, region));
    }
    if let Some(database) = &parts.database {
        let otherwise = "A switchover waits for the lag. Come back when it is small. None: nothing is replicated; that is a finding.".to_owned();
        let title = format!("See that {} of {region} follows closely", database.recovery);
        steps.push(steps::lag(&database.recovery, region, steps::SMALL_LAG, title, otherwise));
    }
    if let Some(latch) = &parts.latch {
        let why =
            vec![format!("{home} answers 503 from here on, and DNS leads clients to {region}.")];
        steps.push(steps::fence(guide, latch, home, why));
    }
    for (index, intake) in parts.intakes.iter().enumerate() {
        let why =
            "A fenced function refuses messages, and what is refused too often is a dead letter."
                .to_owned();
        steps.push(steps::feed(guide, index, &intake.lost, home, Feed::Off, why));
    }
    if let Some(service) = parts.service.as_ref().filter(|_| parts.latch.is_some()) {
        let otherwise = format!(
            "Lift the latch of {home} (part 4), and find out why: this is what would happen in a failover."
        );
        steps.push(steps::led_to(guide, service, region, otherwise));
    }
    if let Some(database) = &parts.database {
        steps.push(steps::switch_over(guide, database, home, region));
    }
    for (index, intake) in parts.intakes.iter().enumerate() {
        steps.push(steps::move_messages(guide, index, intake));
    }
    if let Some(service) = parts.service.as_ref().filter(|_| parts.latch.is_some()) {
        if parts.database.is_some() {
            steps.push(steps::takes_writes(guide, service, region));
        }
        steps.push(steps::serves(guide, service, region));
    }
    Procedure {
        kind: Kind::Rehearsal,
        title: "Rehearsal: a planned switch".to_owned(),
        purpose: vec![
            format!("On a quiet day, with both regions healthy. Nothing is lost. Do {} before.", guide.preparations()),
            "Write down when each check holds, and compare it with the durations here: those that are assumed become measured.".to_owned(),
            format!("Stay in {region} as long as you like, then do part 4."),
        ],
        messages: messages(guide),
        steps,
    }
}

fn messages(guide: &Guide<'_>) -> Vec<Message> {
    let Some(service) = guide.parts.service.as_ref().filter(|_| guide.parts.latch.is_some()) else {
        return Vec::new();
    };
    let seconds = guide.dns().amount;
    vec![Message {
        when: "A day before",
        text: format!(
            "We rehearse the move of {} to another region at the announced hour. For about {seconds} it may answer 503: send again then. Nothing is \
             recorded twice.",
            service.endpoint
        ),
    }]
}
