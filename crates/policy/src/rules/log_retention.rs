use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "log-retention",
    severity: Severity::Error,
    summary: "log groups keep their logs for the days that are asked for, and no longer",
    protects: "a log group without a retention keeps logs, and costs, for ever; too short a one loses the evidence of an outage",
    fix: "set retention_in_days to one of the values of CloudWatch Logs in the range, such as 14",
    requirements: &["N5"],
    explanation: include_str!("log_retention.md"),
    check,
};

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let parameters = checked.parameters();
    let range = parameters.log_retention_min_days..=parameters.log_retention_max_days;
    let expected = format!("{} to {} days", range.start(), range.end());
    for &group in checked.of_type("aws_cloudwatch_log_group") {
        sink.judged();
        let days = group.get("retention_in_days");
        if days.is_unknown() {
            let finding = Finding::undetermined(
                group,
                "retention_in_days",
                "the retention is not known before apply",
            );
            sink.report(finding.expected(&expected));
        } else if !days.as_u64().is_some_and(|days| range.contains(&days)) {
            // Unset and 0 both mean for ever.
            let finding =
                Finding::violated(group, "retention_in_days", "the retention is outside the range");
            sink.report(finding.found(days).expected(&expected));
        }
    }
}
