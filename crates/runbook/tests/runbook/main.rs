//! What a runbook says, and what it must never say, over hand-written stacks.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where it is wrong")]

mod stack;

use std::collections::BTreeSet;

use drstack_recovery::{Amount, Source};
use drstack_runbook::{Answer, Kind, Procedure, Runbook, Step};
use serde_json::json;

use stack::{LOST, RECOVERY, Stack};

const KINDS: [Kind; 5] =
    [Kind::Preparation, Kind::Failover, Kind::Return, Kind::Failback, Kind::Rehearsal];

fn whole() -> Runbook {
    Stack::whole().runbook().unwrap()
}

fn procedure(runbook: &Runbook, kind: Kind) -> &Procedure {
    runbook.procedure(kind).unwrap()
}

fn titles(runbook: &Runbook, kind: Kind) -> Vec<&str> {
    procedure(runbook, kind).steps.iter().map(|step| step.title.as_str()).collect()
}

fn step<'a>(runbook: &'a Runbook, kind: Kind, begins: &str) -> &'a Step {
    let found = procedure(runbook, kind).steps.iter().find(|step| step.title.starts_with(begins));
    found.unwrap_or_else(|| panic!("no {begins} among {:#?}", titles(runbook, kind)))
}

fn commands(procedure: &Procedure) -> impl Iterator<Item = &str> {
    procedure.steps.iter().flat_map(Step::commands)
}

/// The words of a command, with continued lines joined.
fn words(command: &str) -> Vec<String> {
    command.replace("\\\n", " ").split_whitespace().map(str::to_owned).collect()
}

#[test]
fn until_the_lost_region_is_back_nothing_asks_it() {
    let runbook = whole();
    for kind in [Kind::Preparation, Kind::Failover] {
        for command in commands(procedure(&runbook, kind)) {
            assert!(!command.contains(&format!("--region {LOST}")), "{command}");
            assert!(!command.contains("_EU_WEST_1"), "{command}");
        }
    }
}

#[test]
fn every_call_of_aws_names_its_region_and_none_is_of_a_service_with_one_control_plane() {
    let runbook = whole();
    for procedure in &runbook.procedures {
        for command in commands(procedure) {
            let calls = command.matches("aws ").count();
            assert_eq!(command.matches("--region ").count(), calls, "{command}");
            for service in ["route53", "iam", "cloudfront", "organizations", "globalaccelerator"] {
                assert!(!command.contains(&format!("aws {service} ")), "{command}");
            }
        }
    }
}

/// Parts 3.1 comes before 4 and 5, as their text says.
#[test]
fn every_variable_is_set_before_it_is_used() {
    let runbook = whole();
    let look_up = &procedure(&runbook, Kind::Return).steps[0];
    for kind in KINDS {
        let mut set: BTreeSet<String> = BTreeSet::new();
        let before = commands(procedure(&runbook, Kind::Preparation));
        let between =
            look_up.commands().filter(|_| matches!(kind, Kind::Failback | Kind::Rehearsal));
        for command in before.chain(between).chain(commands(procedure(&runbook, kind))) {
            for line in command.lines() {
                let name: String = line
                    .chars()
                    .take_while(|letter| {
                        letter.is_ascii_uppercase() || *letter == '_' || letter.is_ascii_digit()
                    })
                    .collect();
                if line[name.len()..].starts_with('=') {
                    set.insert(name);
                }
            }
            // Loops and other programs have their own.
            let own = ["MESSAGE", "KEY", "DAY", "REQUEST"];
            for (at, _) in command.match_indices('$') {
                let name: String = command[at + 1..]
                    .trim_start_matches('{')
                    .chars()
                    .take_while(|letter| {
                        letter.is_ascii_uppercase() || *letter == '_' || letter.is_ascii_digit()
                    })
                    .collect();
                assert!(
                    name.is_empty() || own.contains(&name.as_str()) || set.contains(&name),
                    "{kind:?} uses {name} too early:\n{command}"
                );
            }
        }
    }
}

#[test]
fn the_failover_is_fenced_before_the_writer_moves_and_asked_for_where_it_moves_to() {
    let runbook = whole();
    let titles = titles(&runbook, Kind::Failover);
    let at = |begins: &str| titles.iter().position(|title| title.starts_with(begins)).unwrap();
    assert!(at("See how much is lost") < at("Fence eu-west-1"));
    assert!(at("Fence eu-west-1") < at("Promote orders-eu-central-1"));
    assert!(at("Promote") < at("Send again what was archived"));

    let promote = step(&runbook, Kind::Failover, "Promote");
    assert_eq!(
        words(promote.command.as_ref().unwrap()),
        [
            "aws",
            "rds",
            "failover-global-cluster",
            "--region",
            RECOVERY,
            "--global-cluster-identifier",
            "orders-global",
            "--target-db-cluster-identifier",
            "\"$CLUSTER_EU_CENTRAL_1\"",
            "--allow-data-loss",
            ">",
            "/dev/null",
        ]
    );
    assert_eq!(promote.check.answer, Answer::Is(RECOVERY.to_owned()));
    assert_eq!(promote.duration.amount, Amount::Seconds(300));
    assert!(matches!(promote.duration.source, Source::Assumption { .. }));
}

#[test]
fn a_switchover_is_asked_for_where_the_writer_is() {
    let runbook = whole();
    for (kind, from, to) in [(Kind::Failback, RECOVERY, LOST), (Kind::Rehearsal, LOST, RECOVERY)] {
        let step = step(&runbook, kind, &format!("Switch the writer over to {to}"));
        let command = step.command.as_ref().unwrap();
        assert!(
            command.contains(&format!("switchover-global-cluster --region {from} ")),
            "{command}"
        );
    }
}

#[test]
fn the_accepted_loss_is_the_objective_and_the_time_is_the_plans() {
    let runbook = whole();
    let lag = step(&runbook, Kind::Failover, "See how much is lost");
    assert_eq!(lag.check.answer, Answer::AtMost { limit: 240_000, unit: "ms" });
    // Two questions in 20 s, ten of propagation, an alias of 60 s.
    let led = step(&runbook, Kind::Rehearsal, "See that DNS leads to eu-central-1");
    assert_eq!(led.duration.amount, Amount::Seconds(90));
    assert!(
        led.duration.source.to_string().contains("aws_route53_health_check.one"),
        "{}",
        led.duration.source
    );
    assert!(led.check.command.contains("http://orders.example.com/ready"), "{}", led.check.command);
    // After the promotion, which took longer.
    let led = step(&runbook, Kind::Failover, "See that DNS leads to eu-central-1");
    assert_eq!(led.duration.amount, Amount::Seconds(15));
    // Nobody watches the lag here, so nobody is told, and no time is left that could be named.
    assert_eq!(runbook.decision.seconds, None);
    let kept = step(&runbook, Kind::Return, "Keep the snapshot");
    assert!(kept.why[0].contains("9 days"), "{}", kept.why[0]);
}

/// In the failback, clients go first and the writer last, so that no message is left in a region that can't record it.
#[test]
fn the_failback_leaves_no_message_behind() {
    let runbook = whole();
    let titles = titles(&runbook, Kind::Failback);
    let order = [
        "Lift the latch of eu-west-1",
        "See that DNS leads to eu-west-1",
        "Wait until orders-queue-eu-central-1 of eu-central-1 is empty",
        "Switch the writer over to eu-west-1",
        "Switch on the event source of orders-function-eu-west-1",
        "See that eu-west-1 takes writes",
        "See that Terraform agrees",
    ];
    let places: Vec<_> = order
        .iter()
        .map(|begins| {
            titles
                .iter()
                .position(|title| title.starts_with(begins))
                .unwrap_or_else(|| panic!("{begins}: {titles:#?}"))
        })
        .collect();
    assert!(places.is_sorted(), "{titles:#?}");
}

/// Where the records lead to the other region while all is well, nothing moves back.
#[test]
fn a_region_that_only_stands_by_gets_no_failback() {
    let runbook = Stack::whole().losing(RECOVERY, LOST).unwrap();
    assert_eq!(runbook.procedure(Kind::Failback).unwrap().title, "eu-central-1 stands by again");
    let titles = titles(&runbook, Kind::Failback);
    assert!(titles.contains(&"Lift the latch of eu-central-1"), "{titles:#?}");
    assert!(!titles.iter().any(|title| title.starts_with("Switch the writer")), "{titles:#?}");
    assert!(
        titles.iter().any(|title| title.starts_with("Switch on the event source")),
        "{titles:#?}"
    );
}

#[test]
fn what_a_plan_does_not_have_is_left_out_and_said() {
    let mut stack = Stack::empty();
    stack.database();
    let runbook = stack.runbook().unwrap();
    assert_eq!(
        titles(&runbook, Kind::Failover),
        [
            "See how much is lost, and accept it (at most 240 s are agreed)",
            "Promote orders-eu-central-1 of eu-central-1"
        ]
    );
    let absent = |part: &str| runbook.absences.iter().any(|absence| absence.part.contains(part));
    for part in ["record", "queue", "archive", "DynamoDB", "bucket"] {
        assert!(absent(part), "{part}: {:#?}", runbook.absences);
    }
    assert!(!absent("global database"));

    // A service without latch is what DNS leads back to.
    stack.service();
    let runbook = stack.runbook().unwrap();
    let unfenced = runbook.absences.iter().find(|absence| absence.part.contains("latch")).unwrap();
    assert!(unfenced.consequence.contains("Nothing fences eu-west-1"), "{}", unfenced.consequence);
    assert!(!titles(&runbook, Kind::Failover).iter().any(|title| title.starts_with("Fence")));
    assert!(Stack::whole().runbook().unwrap().absences.is_empty());
}

#[test]
fn nothing_to_recover_is_an_error_that_says_what_was_looked_for() {
    let mut stack = Stack::empty();
    stack.add("aws_sqs_queue", "one", json!({"name": "alone"}));
    stack.add("aws_sqs_queue", "two", json!({"name": "alone"}));
    let missing = stack.runbook().unwrap_err();
    assert_eq!((missing.lost.as_str(), missing.recovery.as_str()), (LOST, RECOVERY));
    let text = missing.to_string();
    for looked_for in ["global database", "record", "DynamoDB table", "bucket"] {
        assert!(text.contains(looked_for), "{text}");
    }
    // A region that is no region's name never reaches a command either.
    assert!(Stack::whole().losing("eu-west-1; true", RECOVERY).is_err());
}

/// Every name of the stack in turn is replaced by one that a shell would run.
#[test]
fn a_strangers_names_reach_no_command() {
    const HOSTILE: &str = "x`hostile`$(id);'\"\n```\n";
    let names = [
        ("aws_rds_global_cluster", "main", "global_cluster_identifier"),
        ("aws_rds_cluster", "one", "cluster_identifier"),
        ("aws_rds_cluster", "two", "cluster_identifier"),
        ("aws_lb", "two", "name"),
        ("aws_route53_record", "one", "name"),
        ("aws_route53_health_check", "one", "resource_path"),
        ("aws_route53_zone", "main", "name"),
        ("aws_dynamodb_table", "sessions", "name"),
        ("aws_secretsmanager_secret", "master", "name"),
        ("aws_sqs_queue", "one", "name"),
        ("aws_sqs_queue", "two_dead", "name"),
        ("aws_lambda_function", "one", "function_name"),
        ("aws_s3_bucket", "one", "bucket"),
        ("aws_s3_bucket", "two", "bucket"),
    ];
    for (resource_type, name, argument) in names {
        let mut stack = Stack::whole();
        *stack.argument(resource_type, name, argument) = json!(HOSTILE);
        let runbook = stack.runbook().unwrap();
        assert!(!runbook.to_string().contains("hostile"), "{resource_type}.{name} {argument}");
        let changed = runbook.to_string() != whole().to_string();
        assert!(changed, "{resource_type}.{name} {argument} is not used");
    }
}

#[test]
fn a_plans_own_check_says_how_to_ask_for_health() {
    let mut stack = Stack::whole();
    *stack.argument("aws_route53_health_check", "one", "type") = json!("HTTPS");
    let runbook = stack.runbook().unwrap();
    let healthy = step(&runbook, Kind::Failover, "See that eu-central-1 is healthy");
    assert!(
        healthy.check.command.contains("--insecure \"https://$LOAD_BALANCER_EU_CENTRAL_1/ready\""),
        "{}",
        healthy.check.command
    );
    // By the service's name the certificate fits.
    let led = step(&runbook, Kind::Failover, "See that DNS leads");
    assert!(
        led.check.command.contains("\"https://orders.example.com/ready\""),
        "{}",
        led.check.command
    );
    assert!(!led.check.command.contains("--insecure"));
}

#[test]
fn terraforms_view_follows_from_the_configuration() {
    let of = |runbook: &Runbook, address: &str| {
        runbook.drifts.iter().find(|drift| drift.address == address).unwrap().consequence.clone()
    };
    let mut stack = Stack::whole();
    stack.0["resource"]["aws_rds_cluster"]["two"].as_object_mut().unwrap().remove("lifecycle");
    let runbook = stack.runbook().unwrap();
    assert!(of(&runbook, "aws_rds_cluster.one").starts_with("The configuration ignores it"));
    assert!(
        of(&runbook, "aws_rds_cluster.two").starts_with("**The configuration does not ignore it")
    );
    let see = step(&runbook, Kind::Return, "See what Terraform makes of it");
    assert_eq!(see.check.answer, Answer::Is("aws_lambda_event_source_mapping.one".to_owned()));
}

#[test]
fn several_queues_have_their_own_variables() {
    let mut stack = Stack::whole();
    for name in ["one", "two"] {
        let second = format!("{name}_second");
        let provider = if name == "two" { json!("aws.dr") } else { json!("aws") };
        stack.add("aws_sqs_queue", &second, json!({"name": "audit", "provider": provider}));
        stack.add(
            "aws_lambda_event_source_mapping",
            &second,
            json!({
                "event_source_arn": format!("${{aws_sqs_queue.{second}.arn}}"),
                "function_name": format!("${{aws_lambda_function.{name}.arn}}"),
                "provider": provider,
            }),
        );
        // Pairs are told by their names now that there are several.
        *stack.argument("aws_sqs_queue", name, "name") = json!("orders");
    }
    let runbook = stack.runbook().unwrap();
    let moves: Vec<_> = titles(&runbook, Kind::Return)
        .into_iter()
        .filter(|title| title.starts_with("Move"))
        .collect();
    assert_eq!(
        moves,
        ["Move what waits in orders of eu-west-1", "Move what waits in audit of eu-west-1"]
    );
    let second = step(&runbook, Kind::Return, "Move what waits in audit");
    assert!(second.command.as_ref().unwrap().contains("$QUEUE_2_EU_WEST_1"));
}

#[test]
fn the_text_has_a_block_for_each_command_and_an_answer_for_each_check() {
    let runbook = whole();
    let text = runbook.to_string();
    let steps = runbook.procedures.iter().map(|procedure| procedure.steps.len()).sum::<usize>();
    let count = |begins: &str| text.lines().filter(|line| line.starts_with(begins)).count();
    assert_eq!(count("### "), steps);
    assert_eq!(count("Takes "), steps);
    assert_eq!(count("Expect: "), steps);
    assert_eq!(count("If not: "), steps);
    let blocks = runbook.procedures.iter().flat_map(commands).count();
    assert_eq!(count("```sh"), blocks);
    assert!(text.starts_with("# Runbook: eu-west-1 is lost, eu-central-1 takes over\n"));
    assert!(text.contains("| queue | `orders-queue-eu-west-1` | `orders-queue-eu-central-1` |"));
    assert!(!text.contains("  \n") && !text.contains("\n\n\n"), "stray blanks");
}

#[test]
fn a_stack_without_tables_still_recovers() {
    let mut stack = Stack::whole();
    stack.remove("aws_dynamodb_table");
    stack.remove("aws_lambda_function");
    stack.remove("aws_lambda_event_source_mapping");
    let runbook = stack.runbook().unwrap();
    assert!(
        titles(&runbook, Kind::Failover).contains(&"Promote orders-eu-central-1 of eu-central-1")
    );
    assert!(runbook.absences.iter().any(|absence| absence.part.contains("latch")));
}

/// With a table alone, nothing has a name that is known after apply only.
#[test]
fn a_step_without_commands_is_not_written() {
    let mut stack = Stack::empty();
    stack.add(
        "aws_dynamodb_table",
        "sessions",
        serde_json::json!({"name": "sessions", "replica": [{"region_name": "eu-central-1"}]}),
    );
    stack.add("aws_ebs_volume", "work", serde_json::json!({}));
    let runbook = stack.runbook().unwrap();
    assert_eq!(titles(&runbook, Kind::Preparation), ["Make sure of the account"]);
    let text = runbook.to_string();
    assert!(!text.contains("```sh\n\n"), "{text}");
    assert!(!text.contains("3.1"), "{text}");
    assert!(text.contains("No step: the plan has nothing that one would be for."), "{text}");
    assert!(
        text.contains("What these hold is lost with eu-west-1: `aws_ebs_volume.work`"),
        "{text}"
    );
}
