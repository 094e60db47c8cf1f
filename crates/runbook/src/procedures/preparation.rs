//! Looking up what is known after apply only.

use super::{Guide, moment};
use crate::document::{Answer, Check, Kind, Procedure, Step};
use crate::name::Name;
use crate::shell::{Aws, block};

pub(super) fn procedure(guide: &Guide<'_>) -> Procedure {
    let recovery = guide.recovery();
    Procedure {
        kind: Kind::Preparation,
        title: "Before you start".to_owned(),
        purpose: vec![
            "Open one `bash`, and stay in it: later commands use the variables of earlier ones. It needs the AWS command line, \
             `jq` and `curl`."
                .to_owned(),
            format!(
                "Sign in with rights that do not hang on {}: a session that exists already, or a break-glass user of IAM. \
                 Signing in through a service of the lost region may not work \
                 (<https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/appendix-a---partitional-service-guidance.html>).",
                guide.lost()
            ),
        ],
        messages: Vec::new(),
        steps: [session(guide)].into_iter().chain(look_up(guide, recovery)).collect(),
    }
}

/// Who am I, asked in the recovery region: what regions that must be opted into send to the global endpoint of STS is
/// answered in us-east-1.
///
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html>
fn session(guide: &Guide<'_>) -> Step {
    let who = Aws::new("sts get-caller-identity", guide.recovery()).text("Account");
    let command = block([
        "export AWS_PAGER=\"\" AWS_STS_REGIONAL_ENDPOINTS=regional AWS_RETRY_MODE=standard"
            .to_owned(),
        who.into_variable("ACCOUNT"),
    ]);
    let check = match &guide.parts.account {
        Some(account) => Check::once("echo \"$ACCOUNT\"".to_owned(), Answer::is(account.as_str())),
        None => Check::once("echo \"${#ACCOUNT}\"".to_owned(), Answer::is("12")),
    };
    Step {
        title: "Make sure of the account".to_owned(),
        why: vec![format!("Identity is asked for in {}, not in us-east-1.", guide.recovery())],
        command: Some(command),
        duration: moment(),
        check,
        otherwise: "You are signed in to another account, or not at all. Sign in again.".to_owned(),
    }
}

/// Puts what a region's APIs know into variables; nothing if no later step needs any.
pub(super) fn look_up(guide: &Guide<'_>, region: &Name) -> Option<Step> {
    let parts = guide.parts;
    let is_lost = region == guide.lost();
    let mut commands = Vec::new();
    let mut add = |variable: String, aws: Aws| commands.push(aws.into_variable(&variable));
    if let Some(database) = &parts.database {
        let cluster = if is_lost { &database.lost } else { &database.recovery };
        add(
            region.variable("CLUSTER"),
            Aws::new("rds describe-db-clusters", region)
                .option("db-cluster-identifier", cluster)
                .text("DBClusters[0].DBClusterArn"),
        );
    }
    if let Some(service) = &parts.service {
        let name = if is_lost { &service.lost } else { &service.recovery };
        add(
            region.variable("LOAD_BALANCER"),
            Aws::new("elbv2 describe-load-balancers", region)
                .option("names", name)
                .text("LoadBalancers[0].DNSName"),
        );
    }
    for (index, intake) in parts.intakes.iter().enumerate() {
        let side = if is_lost { &intake.lost } else { &intake.recovery };
        let url = |queue: &Name| {
            Aws::new("sqs get-queue-url", region).option("queue-name", queue).text("QueueUrl")
        };
        let queue = queue_variable(guide, "QUEUE", index, region);
        add(queue, url(&side.queue));
        if let Some(dead_letters) = &side.dead_letters {
            add(queue_variable(guide, "DEAD_LETTERS", index, region), url(dead_letters));
        }
        add(
            queue_variable(guide, "MAPPING", index, region),
            Aws::new("lambda list-event-source-mappings", region)
                .option("event-source-arn", queue_arn(region, &side.queue))
                .text("EventSourceMappings[0].UUID"),
        );
    }
    if let Some(archive) = parts.archive.as_ref().filter(|_| !is_lost) {
        add(
            region.variable("SECRET"),
            Aws::new("secretsmanager describe-secret", region)
                .option("secret-id", &archive.secret)
                .text("ARN"),
        );
    }
    if commands.is_empty() {
        return None;
    }
    let unset =
        format!("set | grep -c -E \"^[A-Z0-9_]+{}=(None|'')\\$\" || true", region.variable(""));
    Some(Step {
        title: format!("Look up what {region} calls its parts"),
        why: Vec::new(),
        command: Some(block(commands)),
        duration: moment(),
        check: Check::once(unset, Answer::is("0")),
        otherwise: format!(
            "`set | grep {}=` shows which. The stack is not deployed as it is written here, or an API of {region} is down: look it up in \
             the console of {region} and set the variable by hand.",
            region.variable("")
        ),
    })
}

/// The ARN of a queue, as the shell reads it: the account is in a variable.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
pub(super) fn queue_arn(region: &Name, queue: &Name) -> String {
    let partition = match region.as_str() {
        china if china.starts_with("cn-") => "aws-cn",
        government if government.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    format!("\"arn:{partition}:sqs:{region}:$ACCOUNT:{queue}\"")
}

/// The variable of something of a queue; numbered where there are several.
pub(super) fn queue_variable(
    guide: &Guide<'_>,
    thing: &str,
    index: usize,
    region: &Name,
) -> String {
    if guide.parts.intakes.len() > 1 {
        region.variable(&format!("{thing}_{}", index + 1))
    } else {
        region.variable(thing)
    }
}
