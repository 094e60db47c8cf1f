//! Steps that several procedures have.

use super::preparation::{queue_arn, queue_variable};
use super::{Guide, moment, patience};
use crate::document::{Answer, Check, Step, assumed};
use crate::name::Name;
use crate::parts::{Archive, Database, Intake, Latch, Protocol, Service, Side};
use crate::shell::Aws;

/// A lag in milliseconds that a switchover makes up at once; AWS says that it takes the longer, the larger the lag is.
pub(super) const SMALL_LAG: u64 = 10_000;

/// Asks a region's load balancer for its health, by its own name: it works whatever DNS says.
pub(super) fn health(service: &Service, region: &Name) -> String {
    let host = format!("${}", region.variable("LOAD_BALANCER"));
    // The certificate is for the service's name; Route 53 does not check it either.
    let insecure = if service.protocol == Protocol::Https { " --insecure" } else { "" };
    format!(
        "curl --silent --max-time 10{insecure} \"{}://{host}{}\"",
        service.protocol.scheme(),
        service.path
    )
}

/// Asks the service for its health, as clients reach it.
pub(super) fn service_health(service: &Service) -> String {
    format!(
        "curl --silent --max-time 10 \"{}://{}{}\"",
        service.protocol.scheme(),
        service.endpoint,
        service.path
    )
}

/// The status of the answer only.
fn status(curl: &str) -> String {
    format!("{curl} --output /dev/null --write-out '%{{http_code}}\\n'")
}

pub(super) fn is_healthy(service: &Service, region: &Name) -> Step {
    Step {
        title: format!("See that {region} is healthy"),
        why: Vec::new(),
        command: None,
        duration: moment(),
        check: Check::once(status(&health(service, region)), Answer::is("200")),
        otherwise: format!(
            "Run `{}` and see which check fails. Route 53 leads nobody to a region that is not healthy: mend that first.",
            health(service, region)
        ),
    }
}

/// The loss that a failover now would mean.
///
/// `AuroraGlobalDBRPOLag` is emitted by secondary regions, in milliseconds:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html>.
pub(super) fn lag(
    cluster: &Name,
    region: &Name,
    limit: u64,
    title: String,
    otherwise: String,
) -> Step {
    let aws = Aws::new("cloudwatch get-metric-statistics", region)
        .option("namespace", "AWS/RDS")
        .option("metric-name", "AuroraGlobalDBRPOLag")
        .option("dimensions", format_args!("Name=DBClusterIdentifier,Value={cluster}"))
        .option("statistics", "Maximum")
        .option("period", 60)
        .option("start-time", "\"$(jq -rn 'now - 3600 | todate')\"")
        .option("end-time", "\"$(jq -rn 'now | todate')\"")
        .text("sort_by(Datapoints, &Timestamp)[-1].Maximum");
    Step {
        title,
        why: Vec::new(),
        command: None,
        duration: moment(),
        check: Check::once(aws.to_string(), Answer::AtMost { limit, unit: "ms" }),
        otherwise,
    }
}

/// The latch item of a region.
fn latch_key(region: &Name) -> String {
    format!("'{{\"pk\": {{\"S\": \"latch#{region}\"}}}}'")
}

/// Whether the latch of `fenced` is set, as `asked` sees it.
pub(super) fn latch_is(latch: &Latch, fenced: &Name, asked: &Name) -> String {
    Aws::new("dynamodb get-item", asked)
        .option("table-name", &latch.table)
        .flag("consistent-read")
        .option("key", latch_key(fenced))
        .text("Item.pk.S")
        .to_string()
}

/// Fences a region: it answers 503, Route 53 leaves it, and its function takes no message.
pub(super) fn fence(guide: &Guide<'_>, latch: &Latch, fenced: &Name, why: Vec<String>) -> Step {
    let at = guide.recovery();
    let item = format!(
        "\"$(jq -cn '{{pk: {{S: \"latch#{fenced}\"}}, reason: {{S: \"runbook\"}}, since: {{S: (now | todate)}}}}')\""
    );
    let put =
        Aws::new("dynamodb put-item", at).option("table-name", &latch.table).option("item", item);
    Step {
        title: format!("Fence {fenced} with its latch"),
        why,
        command: Some(put.to_string()),
        duration: moment(),
        check: Check::once(latch_is(latch, fenced, at), Answer::is(format!("latch#{fenced}"))),
        otherwise: format!(
            "Put it again. Without it, DNS leads to {fenced} as soon as that is healthy."
        ),
    }
}

/// Lifts the fence of a region, where the other region sees it and there.
pub(super) fn unfence(guide: &Guide<'_>, latch: &Latch, fenced: &Name, why: Vec<String>) -> Step {
    let delete = Aws::new("dynamodb delete-item", guide.recovery())
        .option("table-name", &latch.table)
        .option("key", latch_key(fenced));
    Step {
        title: format!("Lift the latch of {fenced}"),
        why,
        command: Some(delete.to_string()),
        duration: assumed(15, "DynamoDB replicates within seconds"),
        check: Check::within(60, latch_is(latch, fenced, fenced), Answer::is("None")),
        otherwise: format!(
            "Replication of the table lags: see `ReplicationLatency` of {} in CloudWatch.",
            latch.table
        ),
    }
}

/// Clients are led to a region.
pub(super) fn led_to(
    guide: &Guide<'_>,
    service: &Service,
    region: &Name,
    otherwise: String,
) -> Step {
    let duration = guide.dns();
    let terms: Vec<String> =
        guide.budget.time.dns.iter().map(|term| format!("{} {}", term.name, term.amount)).collect();
    let parts = if terms.is_empty() { String::new() } else { format!(" ({})", terms.join(", ")) };
    let check = if guide.parts.latch.is_some() {
        (format!("{} | jq -r .region", service_health(service)), Answer::is(region.as_str()))
    } else {
        (status(&service_health(service)), Answer::is("200"))
    };
    Step {
        title: format!("See that DNS leads to {region}"),
        why: vec![format!(
            "Route 53 does this by itself{parts}. No record is changed: that would need us-east-1."
        )],
        command: None,
        check: Check::within(patience(&duration), check.0, check.1),
        duration,
        otherwise,
    }
}

/// The region of the global database's writer.
pub(super) fn writer(database: &Database<'_>, asked: &Name) -> String {
    let members = Aws::new("rds describe-global-clusters", asked)
        .option("global-cluster-identifier", &database.global)
        .text("GlobalClusters[0].GlobalClusterMembers[?IsWriter].DBClusterArn");
    format!("{members} | cut -d : -f 4")
}

/// A planned change of the writer, without loss. The operation is asked for in the primary cluster's region.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html#aurora-global-database-disaster-recovery.managed-failover>
pub(super) fn switch_over(
    guide: &Guide<'_>,
    database: &Database<'_>,
    from: &Name,
    to: &Name,
) -> Step {
    let duration = guide.promotion();
    let aws = Aws::new("rds switchover-global-cluster", from)
        .option("global-cluster-identifier", &database.global)
        .option("target-db-cluster-identifier", format_args!("\"${}\"", to.variable("CLUSTER")));
    Step {
        title: format!("Switch the writer over to {to}"),
        why: vec![format!(
            "Nothing is lost: Aurora waits until {to} has everything. It is asked for in {from}, where the writer is. \
             Nothing is written for a minute or more."
        )],
        command: Some(format!("{aws} > /dev/null")),
        check: Check::within(patience(&duration), writer(database, to), Answer::is(to.as_str())),
        duration,
        otherwise: format!(
            "{}\nA switchover that is refused changes nothing. Engine versions of both clusters must be equal.",
            events(to_cluster(guide, database, to), to)
        ),
    }
}

fn to_cluster<'a>(guide: &Guide<'_>, database: &'a Database<'_>, region: &Name) -> &'a Name {
    if region == guide.lost() { &database.lost } else { &database.recovery }
}

/// Where RDS says why something failed.
pub(super) fn events(cluster: &Name, region: &Name) -> String {
    let aws = Aws::new("rds describe-events", region)
        .option("source-type", "db-cluster")
        .option("source-identifier", cluster)
        .option("duration", 120)
        .text("Events[].Message");
    format!("See `{}`.", aws.to_string().replace(" \\\n ", ""))
}

/// The region's function has written a heartbeat: the only proof that writes are taken.
pub(super) fn takes_writes(guide: &Guide<'_>, service: &Service, region: &Name) -> Step {
    let duration = guide
        .database_term("endpoint's DNS")
        .unwrap_or_else(|| assumed(65, "clients of the database find the new writer"));
    Step {
        title: format!("See that {region} takes writes"),
        why: vec![
            "The region's function commits a heartbeat whenever it is asked for its health."
                .to_owned(),
        ],
        command: None,
        check: Check::within(
            patience(&duration),
            format!("{} | jq -r .checks.database", health(service, region)),
            Answer::is("ok"),
        ),
        duration,
        otherwise: format!(
            "Run `{}`: another check may fail. The reason is in the function's log group, as `health checks failed`.",
            health(service, region)
        ),
    }
}

/// The service answers as healthy, from this region.
pub(super) fn serves(guide: &Guide<'_>, service: &Service, region: &Name) -> Step {
    let check = if guide.parts.latch.is_some() {
        (
            format!("{} | jq -r '\"\\(.status) \\(.region)\"'", service_health(service)),
            Answer::is(format!("healthy {region}")),
        )
    } else {
        (status(&service_health(service)), Answer::is("200"))
    };
    Step {
        title: format!("See the service as clients do: {region} serves"),
        why: Vec::new(),
        command: None,
        duration: guide.budget.time.verify.clone(),
        check: Check::within(120, check.0, check.1),
        otherwise: format!(
            "Run `{}` and see which check fails. If it names the other region, your resolver has an old answer: wait for its TTL.",
            service_health(service)
        ),
    }
}

/// How many messages a queue has, hidden ones included.
pub(super) fn waiting(queue: &str, region: &Name) -> String {
    let aws = Aws::new("sqs get-queue-attributes", region)
        .option("queue-url", format_args!("\"${queue}\""))
        .option(
            "attribute-names",
            "ApproximateNumberOfMessages ApproximateNumberOfMessagesNotVisible ApproximateNumberOfMessagesDelayed",
        )
        .option("output", "json");
    format!("{aws} | jq '[.Attributes[] | tonumber] | add'")
}

/// Whether a region's function is fed from its queue.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Feed {
    On,
    Off,
}

/// Lets a region's function take messages, or keeps it from that.
pub(super) fn feed(
    guide: &Guide<'_>,
    index: usize,
    side: &Side<'_>,
    region: &Name,
    feed: Feed,
    why: String,
) -> Step {
    let mapping = queue_variable(guide, "MAPPING", index, region);
    let (verb, flag, state) = match feed {
        Feed::On => ("on", "enabled", "Enabled"),
        Feed::Off => ("off", "no-enabled", "Disabled"),
    };
    let of_mapping = |operation: &str| {
        Aws::new(operation, region).option("uuid", format_args!("\"${mapping}\""))
    };
    let update = of_mapping("lambda update-event-source-mapping").flag(flag).text("State");
    let state_now = of_mapping("lambda get-event-source-mapping").text("State");
    Step {
        title: format!("Switch {verb} the event source of {} in {region}", side.function),
        why: vec![why],
        command: Some(update.to_string()),
        duration: assumed(60, "Lambda changes an event source mapping within a minute"),
        check: Check::within(180, state_now.to_string(), Answer::is(state)),
        otherwise: "Ask again: the state changes after the call. Then run the command again."
            .to_owned(),
    }
}

/// Moves what waits in the lost region's queue into the recovery region's. SQS moves nothing between regions itself.
pub(super) fn move_messages(guide: &Guide<'_>, index: usize, intake: &Intake<'_>) -> Step {
    let (from, to) = (guide.lost(), guide.recovery());
    let source = queue_variable(guide, "QUEUE", index, from);
    let target = queue_variable(guide, "QUEUE", index, to);
    let receive = Aws::new("sqs receive-message", from)
        .option("queue-url", format_args!("\"${source}\""))
        .option("max-number-of-messages", 10)
        .option("wait-time-seconds", 1)
        .option("visibility-timeout", 300)
        .option("output", "json");
    let send = Aws::new("sqs send-message", to).option("cli-input-json", "\"$(cat)\"");
    let delete = Aws::new("sqs delete-message", from)
        .option("queue-url", format_args!("\"${source}\""))
        .option("receipt-handle", "\"$(printf '%s' \"$MESSAGE\" | jq -r .ReceiptHandle)\"");
    let command = format!(
        "waiting() {{\n  {}\n}}\n\
         until [ \"$(waiting)\" = 0 ]; do\n  \
           {} |\n    jq -c '.Messages[]?' | while IFS= read -r MESSAGE; do\n    \
             printf '%s' \"$MESSAGE\" | jq --arg url \"${target}\" '{{QueueUrl: $url, MessageBody: .Body}}' |\n      \
             {send} > /dev/null &&\n      \
             {} < /dev/null\n  \
           done\ndone",
        indented(&waiting(&source, from), 4),
        indented(&receive.to_string(), 4),
        indented(&delete.to_string(), 8),
    );
    Step {
        title: format!("Move what waits in {} of {from}", intake.lost.queue),
        why: vec![format!(
            "SQS is not replicated. Each message is sent to {to} first and deleted then; one that arrives twice is recorded once. \
             Messages pass through this shell and touch no disk. The loop ends when the queue is empty; messages that were \
             being processed show up after {} s.",
            intake.lost.visibility
        )],
        command: Some(command),
        duration: assumed(
            guide.visibility() + 60,
            "hidden messages come back, and each takes a second",
        ),
        check: Check::within(60, waiting(&source, from), Answer::is("0")),
        otherwise: format!(
            "Run the loop again. If messages come in, something still sends to {from}: see that its latch is set."
        ),
    }
}

fn indented(text: &str, by: usize) -> String {
    text.replace('\n', &format!("\n{}", " ".repeat(by)))
}

/// Brings back what was given up while there was no writer. `StartMessageMoveTask` works within a region.
///
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html>
pub(super) fn redrive(
    guide: &Guide<'_>,
    index: usize,
    side: &Side<'_>,
    region: &Name,
) -> Option<Step> {
    let name = side.dead_letters.as_ref()?;
    let variable = queue_variable(guide, "DEAD_LETTERS", index, region);
    let start = Aws::new("sqs start-message-move-task", region)
        .option("source-arn", queue_arn(region, name));
    Some(Step {
        title: format!("Bring back the messages of {name} of {region}"),
        why: vec![format!(
            "Messages that came before the promotion failed. Those that failed too often are here, and go back to {}.",
            side.queue
        )],
        command: Some(format!("{start} > /dev/null")),
        duration: assumed(60, "a move task of SQS takes seconds for few messages"),
        check: Check::within(300, waiting(&variable, region), Answer::is("0")),
        otherwise:
            "What comes back here is broken by itself: read one, and leave the others for later."
                .to_owned(),
    })
}

/// The second of the epoch after which a region's transactions may be missing; the region's name follows.
const SINCE: &str = "SELECT CAST(CAST(extract(epoch FROM coalesce(max(beat_at), now()) - interval '10 minutes') AS bigint) AS text) \
                     FROM region_heartbeat WHERE region = '";
/// Which of the objects are of transactions that the database does not have. Their keys are `transactions/YYYY/MM/DD/ID.json`.
const MISSING: &str = "SELECT key FROM unnest(string_to_array(:keys, ',')) AS key \
                       WHERE NOT EXISTS (SELECT FROM transactions WHERE transaction_id = left(split_part(key, '/', 5), -5))";

/// Sends again what was archived and is not in the database.
///
/// The last heartbeat of the lost region that was replicated is the point up to which nothing is missing; the search
/// begins ten minutes earlier. Keys begin with the day on which a transaction occurred: two days more are searched, and
/// what is dated earlier is not found. Replicas keep the creation times of their originals
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html>).
pub(super) fn replay(guide: &Guide<'_>, archive: &Archive, why: String) -> Step {
    let (lost, region) = (guide.lost(), guide.recovery());
    let (cluster, secret) = (region.variable("CLUSTER"), region.variable("SECRET"));
    let since = Aws::new("rds-data execute-statement", region)
        .option("resource-arn", format_args!("\"${cluster}\""))
        .option("secret-arn", format_args!("\"${secret}\""))
        .option("database", &archive.database)
        .option("sql", format_args!("\"{SINCE}{lost}'\""))
        .text("records[0][0].stringValue");
    let list = Aws::new("s3api list-objects-v2", region)
        .option("bucket", &archive.bucket)
        .option("prefix", "\"transactions/$DAY/\"")
        .option("output", "json");
    let ask = Aws::new("rds-data execute-statement", region)
        .option("cli-input-json", "\"$REQUEST\"")
        .option("output", "json");
    let get = Aws::new(&format!("s3 cp \"s3://{}/$KEY\" -", archive.bucket), region);
    let send = Aws::new("sqs send-message", region).option("cli-input-json", "\"$(cat)\"");
    let queue = queue_variable(guide, "QUEUE", queue_index(guide, archive), region);
    let command = format!(
        r#"SINCE=$({since})
missing() {{
  jq -rn --argjson since "$SINCE" '[range($since - 172800; now; 3600), now] | map(strftime("%Y/%m/%d")) | unique[]' |
    while IFS= read -r DAY; do
      {list} < /dev/null
    done |
    jq -r --argjson since "$SINCE" '.Contents[]? | select((.LastModified[:19] + "Z" | fromdate) >= $since).Key' |
    jq -cRn --arg cluster "${cluster}" --arg secret "${secret}" \
      --arg sql "{MISSING}" \
      '[inputs] as $keys | range(0; $keys | length; 1000) as $at | {{
        resourceArn: $cluster, secretArn: $secret, database: "{database}", sql: $sql,
        parameters: [{{name: "keys", value: {{stringValue: $keys[$at:$at + 1000] | join(",")}}}}]}}' |
    while IFS= read -r REQUEST; do
      {ask} < /dev/null
    done |
    jq -r '.records[][0].stringValue'
}}
missing | while IFS= read -r KEY; do
  {get} < /dev/null |
    jq -Rs --arg url "${queue}" '{{QueueUrl: $url, MessageBody: .}}' |
    {send} > /dev/null
done"#,
        list = indented(&list.to_string(), 6),
        database = archive.database,
    );
    Step {
        title: "Send again what was archived and is not recorded".to_owned(),
        why: vec![why],
        command: Some(command),
        duration: assumed(120, "each takes a second"),
        check: Check::within(300, "missing | wc -l | tr -d ' '".to_owned(), Answer::is("0")),
        otherwise: "`missing` lists what is still not recorded. What stays is refused by the function: its log says why.".to_owned(),
    }
}

fn queue_index(guide: &Guide<'_>, archive: &Archive) -> usize {
    let mut intakes = guide.parts.intakes.iter();
    intakes.position(|intake| intake.recovery.queue == archive.queue).unwrap_or_default()
}
