//! The Lambda function.
//!
//! Namespace `AWS/Lambda`, metrics `Errors`, `Throttles` (counts) and `Duration` (milliseconds), in the function's region:
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>. Dimension `FunctionName`:
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html>.
//! A function that isn't invoked emits nothing, so silence is no alarm.

use drstack_terraform::Ref;
use drstack_terraform::kind::{Function, Named};

use crate::alarm::{Metric, Watch};

/// `timeout` is the function's, in seconds.
pub(crate) fn watches(function: &Ref<Named<Function>>, timeout: u32) -> Vec<Watch> {
    let metric = |name, statistic| {
        Metric::new("AWS/Lambda", name, statistic, [("FunctionName", function.into())])
    };
    // Four fifths: slow enough to look into, and no invocation is lost yet.
    let milliseconds = u64::from(timeout) * 800;
    vec![
        Watch::above(
            "function-errors",
            "Lambda errors and throttles",
            metric("Errors", "Sum"),
            0,
            "The function fails: its batches go back to the queue, and after the last try to the dead letters.",
        ),
        Watch::above(
            "function-throttles",
            "Lambda errors and throttles",
            metric("Throttles", "Sum"),
            0,
            "The function is throttled: messages wait and health checks fail.",
        ),
        Watch::above(
            "function-duration",
            "Lambda duration, ms",
            metric("Duration", "Maximum"),
            milliseconds,
            format!("The function takes more than 80 % of its timeout of {timeout} s."),
        ),
    ]
}
