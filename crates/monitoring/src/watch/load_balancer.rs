//! The load balancer and its Lambda target.
//!
//! Namespace `AWS/ApplicationELB`, in the load balancer's region; `HTTPCode_ELB_5XX_Count` by `LoadBalancer`,
//! `HTTPCode_Target_5XX_Count`, `LambdaUserError` and `LambdaInternalError` by `TargetGroup` and `LoadBalancer`:
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html>.
//! All four are reported only when they are not zero, so silence is no alarm.

use drstack_terraform::Ref;
use drstack_terraform::kind::{ArnSuffix, LoadBalancer, TargetGroup};

use crate::alarm::{Metric, Watch};

const NAMESPACE: &str = "AWS/ApplicationELB";
const CHART: &str = "Load balancer errors";

pub(crate) fn watches(
    load_balancer: &Ref<ArnSuffix<LoadBalancer>>,
    target_group: &Ref<ArnSuffix<TargetGroup>>,
) -> Vec<Watch> {
    let own = |name| Metric::new(NAMESPACE, name, "Sum", [("LoadBalancer", load_balancer.into())]);
    let target = |name| {
        let dimensions =
            [("LoadBalancer", load_balancer.into()), ("TargetGroup", target_group.into())];
        Metric::new(NAMESPACE, name, "Sum", dimensions)
    };
    vec![
        Watch::above(
            "load-balancer-5xx",
            CHART,
            own("HTTPCode_ELB_5XX_Count"),
            0,
            "The load balancer itself answers with errors: it can't reach the function, or the function is unhealthy.",
        ),
        Watch::above(
            "target-5xx",
            CHART,
            target("HTTPCode_Target_5XX_Count"),
            0,
            "The function answers with errors; the health endpoint does when the region can't serve or is fenced.",
        ),
        Watch::above(
            "target-user-errors",
            CHART,
            target("LambdaUserError"),
            0,
            "Invocations by the load balancer fail for a reason in the function.",
        ),
        Watch::above(
            "target-internal-errors",
            CHART,
            target("LambdaInternalError"),
            0,
            "Invocations by the load balancer fail for a reason in AWS.",
        ),
    ]
}
