//! The Route 53 health checks.
//!
//! Namespace `AWS/Route53`, metric `HealthCheckStatus` (1 healthy, 0 not), dimension `HealthCheckId`, only in us-east-1:
//! <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-cloudwatch.html> and
//! <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-health-checks.html>.
//! Route 53 emits all the time, so silence is an alarm.

use drstack_terraform::Ref;
use drstack_terraform::kind::HealthCheck;

use crate::alarm::{Metric, Watch};

pub(crate) fn watch(
    part: &'static str,
    check: &Ref<HealthCheck>,
    description: &'static str,
) -> Watch {
    let dimensions = [("HealthCheckId", check.into())];
    let metric = Metric::new("AWS/Route53", "HealthCheckStatus", "Minimum", dimensions);
    Watch::below_or_absent(part, "Health checks", metric, 1, description)
}
