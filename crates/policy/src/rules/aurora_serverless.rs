use drstack_plan::Value;

use crate::aurora::{Cluster, Databases, Primary};
use crate::demand::{Demand, given, is_text, path};
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "aurora-serverless",
    severity: Severity::Error,
    summary: "the global database runs on Serverless v2, and its secondary can carry what the primary carries",
    protects: "a secondary that is paused or smaller than the primary is overloaded the moment it takes over",
    fix: "give every cluster a serverlessv2_scaling_configuration with the same range above 0, and its instances the class db.serverless",
    requirements: &["N5", "N4"],
    explanation: include_str!("aurora_serverless.md"),
    check,
};

const MIN: &str = "serverlessv2_scaling_configuration.0.min_capacity";
const MAX: &str = "serverlessv2_scaling_configuration.0.max_capacity";

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let databases = Databases::of(checked);
    for cluster in databases.concerned() {
        sink.judged();
        judge_range(cluster, sink);
        for &instance in &cluster.instances {
            sink.judged();
            let demand = Demand {
                message: "the instance is not one of Serverless v2",
                expected: "db.serverless",
            };
            sink.demand(instance, &path("instance_class"), demand, is_text("db.serverless"));
        }
    }
    for &global in &databases.globals {
        let Primary::Is(primary) = databases.primary(global) else { continue };
        for secondary in
            databases.members(global).filter(|member| member.resource != primary.resource)
        {
            for (name, message) in [
                (MIN, "the secondary's minimum is below the primary's"),
                (MAX, "the secondary's maximum is below the primary's"),
            ] {
                let (ours, theirs) = (capacity(secondary, name), capacity(primary, name));
                if let (Some(ours), Some(theirs)) = (ours.as_f64(), theirs.as_f64())
                    && ours < theirs
                {
                    let finding =
                        Finding::violated(secondary.resource, path(name), message).found(ours);
                    sink.report(
                        finding.expected(format!("{theirs} or more")).evidence(primary.resource),
                    );
                }
            }
        }
    }
}

fn capacity<'plan>(cluster: &Cluster<'plan>, name: &str) -> Value<'plan> {
    given(cluster.resource, &path(name))
}

fn judge_range(cluster: &Cluster<'_>, sink: &mut Sink) {
    let block = path("serverlessv2_scaling_configuration");
    if given(cluster.resource, &block).is_empty() {
        let finding =
            Finding::violated(cluster.resource, block, "the cluster has no Serverless v2 range");
        sink.report(finding.expected("a range above 0"));
        return;
    }
    let demand = Demand { message: "the minimum lets the cluster pause", expected: "0.5 or more" };
    sink.demand(cluster.resource, &path(MIN), demand, |value| {
        value.as_f64().is_some_and(|least| least >= 0.5)
    });
    let least = capacity(cluster, MIN).as_f64().unwrap_or_default();
    let demand =
        Demand { message: "the maximum is below the minimum", expected: "the minimum or more" };
    sink.demand(cluster.resource, &path(MAX), demand, |value| {
        value.as_f64().is_some_and(|most| most >= least)
    });
}
