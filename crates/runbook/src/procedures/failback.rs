//! Back to the region that served before, without loss.
//!
//! Clients go first, then the queue of the recovery region runs empty, then the writer: so no message is left behind in a
//! region that cannot record it.

use super::preparation::queue_variable;
use super::steps::Feed;
use super::{Guide, moment, steps};
use crate::document::{Answer, Check, Kind, Message, Procedure, Step, assumed};
use crate::name::Name;
use crate::parts::{Intake, Side};
use crate::shell::Aws;

/// Where the records don't lead to the region while all is well, it stands by again, and the writer stays.
pub(super) fn procedure(guide: &Guide<'_>) -> Procedure {
    let (home, region) = (guide.lost(), guide.recovery());
    let serves = guide.parts.service.as_ref().is_none_or(|service| service.returns);
    let mut steps = ready(guide);
    if serves {
        steps.extend(clients_return(guide));
        steps.extend(writer_returns(guide));
    }
    let why = "What has waited is recorded now.";
    for (index, intake) in guide.parts.intakes.iter().enumerate() {
        steps.push(steps::feed(guide, index, &intake.lost, home, Feed::On, why.to_owned()));
    }
    if serves {
        steps.extend(home_serves(guide));
    }
    for (index, Intake { lost, recovery }) in guide.parts.intakes.iter().enumerate() {
        for (side, of) in [(lost, home), (recovery, region)] {
            steps.extend(no_dead_letters(guide, index, side, of));
        }
    }
    steps.push(terraform_agrees());
    let before = format!(
        "Part 3 is done, every check of it holds, and its variables are set: in a new shell, do {}.",
        guide.preparations()
    );
    let (title, purpose) = if serves {
        (
            format!("Failback to {home}"),
            format!(
                "{home} serves again. At a quiet hour: nothing is lost, but for a minute or more nothing is recorded."
            ),
        )
    } else {
        (
            format!("{home} stands by again"),
            format!(
                "{region} is where the records lead: the writer stays there, and {home} is ready to take over."
            ),
        )
    };
    Procedure {
        kind: Kind::Failback,
        title,
        purpose: vec![purpose, before],
        messages: if serves { messages(guide) } else { Vec::new() },
        steps,
    }
}

/// The region has what it needs to serve, and may.
fn ready(guide: &Guide<'_>) -> Vec<Step> {
    let (parts, home) = (guide.parts, guide.lost());
    let mut steps = Vec::new();
    if let Some(database) = &parts.database {
        let otherwise = format!(
            "A switchover waits for the lag, and nothing is written meanwhile. Come back when it is small. None: {home} does not follow yet."
        );
        let title = format!("See that {} of {home} follows closely", database.lost);
        steps.push(steps::lag(&database.lost, home, steps::SMALL_LAG, title, otherwise));
    }
    steps.extend(parts.tables.iter().map(|table| table_is_active(guide, table)));
    if let Some(latch) = &parts.latch {
        let why = vec![format!(
            "From here on {home} is healthy for Route 53. What it is sent waits in its queue."
        )];
        steps.push(steps::unfence(guide, latch, home, why));
    }
    steps.extend(parts.service.iter().map(|service| steps::is_healthy(service, home)));
    steps
}

/// Clients reach the region, and the other one has recorded all that it took.
fn clients_return(guide: &Guide<'_>) -> Vec<Step> {
    let (parts, home) = (guide.parts, guide.lost());
    let otherwise = format!("See both regions' health. To call it off, fence {home} again.");
    let led =
        parts.service.iter().map(|service| steps::led_to(guide, service, home, otherwise.clone()));
    let intakes = parts.intakes.iter().enumerate();
    led.chain(intakes.map(|(index, intake)| queue_is_empty(guide, index, intake))).collect()
}

fn writer_returns(guide: &Guide<'_>) -> Option<Step> {
    let database = guide.parts.database.as_ref()?;
    Some(steps::switch_over(guide, database, guide.recovery(), guide.lost()))
}

fn home_serves(guide: &Guide<'_>) -> Vec<Step> {
    let (parts, home) = (guide.parts, guide.lost());
    let mut steps = Vec::new();
    if let Some(service) = &parts.service {
        if parts.latch.is_some() && parts.database.is_some() {
            steps.push(steps::takes_writes(guide, service, home));
        }
        steps.push(steps::serves(guide, service, home));
    }
    let intakes = parts.intakes.iter().enumerate();
    steps.extend(intakes.map(|(index, intake)| nothing_came_late(guide, index, intake)));
    steps
}

fn table_is_active(guide: &Guide<'_>, table: &Name) -> Step {
    let home = guide.lost();
    let aws = Aws::new("dynamodb describe-table", home)
        .option("table-name", table)
        .text("Table.TableStatus");
    Step {
        title: format!("See that {table} is there in {home}"),
        why: Vec::new(),
        command: None,
        duration: moment(),
        check: Check::once(aws.to_string(), Answer::is("ACTIVE")),
        otherwise: "DynamoDB catches up by itself once the region is back. See the table's replicas in the console."
            .to_owned(),
    }
}

fn queue_is_empty(guide: &Guide<'_>, index: usize, intake: &Intake<'_>) -> Step {
    let region = guide.recovery();
    let queue = queue_variable(guide, "QUEUE", index, region);
    Step {
        title: format!("Wait until {} of {region} is empty", intake.recovery.queue),
        why: vec![format!("{region} still has the writer and records what is left.")],
        command: None,
        duration: assumed(60, "the function takes what waits within seconds"),
        check: Check::within(
            guide.visibility() * 2 + 60,
            steps::waiting(&queue, region),
            Answer::is("0"),
        ),
        otherwise: format!(
            "A message that failed is hidden for {} s and comes back. If it does not end: clients still reach {region}.",
            intake.recovery.visibility
        ),
    }
}

/// Clients with an old answer of DNS reach a region whose function can't record any more.
fn nothing_came_late(guide: &Guide<'_>, index: usize, intake: &Intake<'_>) -> Step {
    let (home, region) = (guide.lost(), guide.recovery());
    let queue = queue_variable(guide, "QUEUE", index, region);
    Step {
        title: format!("See that nothing has come to {} of {region} since", intake.recovery.queue),
        why: vec![format!("{region} can't record any more. Look again after an hour.")],
        command: None,
        duration: moment(),
        check: Check::once(steps::waiting(&queue, region), Answer::is("0")),
        otherwise: format!(
            "Somebody keeps DNS answers for too long. Switch off the event source in {region} and move what waits to {home}: the last \
             commands of part 3 with the regions exchanged."
        ),
    }
}

fn no_dead_letters(
    guide: &Guide<'_>,
    index: usize,
    side: &Side<'_>,
    region: &Name,
) -> Option<Step> {
    let name = side.dead_letters.as_ref()?;
    let queue = queue_variable(guide, "DEAD_LETTERS", index, region);
    Some(Step {
        title: format!("See that {name} of {region} is empty"),
        why: Vec::new(),
        command: None,
        duration: moment(),
        check: Check::once(steps::waiting(&queue, region), Answer::is("0")),
        otherwise:
            "Read one. What failed for want of a writer can be brought back as after the failover."
                .to_owned(),
    })
}

/// Nothing is left for Terraform to do.
fn terraform_agrees() -> Step {
    Step {
        title: "See that Terraform agrees".to_owned(),
        why: vec![
            "In the directory of the configuration, with the variables of the deployment. The command writes what has moved into the state."
                .to_owned(),
        ],
        command: Some("terraform apply -refresh-only -auto-approve -input=false > /dev/null".to_owned()),
        duration: assumed(240, "two runs that ask both regions"),
        check: Check::once(
            "terraform plan -input=false -detailed-exitcode > /dev/null && echo settled || echo differs".to_owned(),
            Answer::is("settled"),
        ),
        otherwise: "Run the plan without `> /dev/null` and read it. The part Terraform below says what may be there.".to_owned(),
    }
}

fn messages(guide: &Guide<'_>) -> Vec<Message> {
    let Some(service) = &guide.parts.service else { return Vec::new() };
    vec![Message {
        when: "A day before",
        text: format!(
            "{} moves to another region at the announced hour. Transactions are accepted all the time and recorded a few minutes later.",
            service.endpoint
        ),
    }]
}
