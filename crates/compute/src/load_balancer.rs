//! The load balancer and its way to the function.

use drstack_terraform::kind::LambdaPermission as PermissionKind;
use drstack_terraform::{Module, ModuleError, limit};

use crate::resources::{
    HealthCheck, LambdaPermission, LoadBalancer, TargetGroup, TargetGroupAttachment,
};
use crate::{Compute, Wiring, function};

pub(crate) const MAIN: &str = "main";
pub(crate) const TARGETS: &str = "processor";
const PERMISSION: &str = "load_balancer";

pub(crate) fn add(
    compute: &Compute,
    module: &mut Module,
    wiring: &Wiring,
) -> Result<(), ModuleError> {
    let load_balancer = LoadBalancer {
        name: compute.names.shortest().within(&limit::LOAD_BALANCER)?,
        load_balancer_type: "application",
        internal: false,
        subnets: wiring.public_subnets.clone(),
        security_groups: [wiring.load_balancer_group.clone()],
        drop_invalid_header_fields: true,
        enable_deletion_protection: compute.profile.choose(false, true),
    };
    module.add(MAIN, &load_balancer)?;
    let targets = TargetGroup {
        name: compute.names.shortest().within(&limit::TARGET_GROUP)?,
        target_type: "lambda",
        // The handler reads and writes single-value headers.
        lambda_multi_value_headers_enabled: false,
        health_check: health_check(),
    };
    module.add(TARGETS, &targets)?;
    let permission = LambdaPermission {
        statement_id: "LoadBalancer",
        action: "lambda:InvokeFunction",
        function_name: module.get(function::NAME),
        principal: "elasticloadbalancing.amazonaws.com",
        source_arn: module.get(TARGETS),
    };
    module.add(PERMISSION, &permission)?;
    let attachment = TargetGroupAttachment {
        target_group_arn: module.get(TARGETS),
        target_id: module.get(function::NAME),
    };
    let permission = module.get::<PermissionKind>(PERMISSION);
    // Elastic Load Balancing refuses a function that it may not invoke.
    module.add(TARGETS, &attachment)?.depends_on(&permission);
    Ok(())
}

/// Off by default for Lambda; a record that evaluates the target's health sees nothing without it. The handler answers within 1.5 s,
/// and each check is a billed invocation:
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>.
///
/// At apply the provider warns that `protocol` can't be set for Lambda, though it is its own default that it sees:
/// <https://github.com/hashicorp/terraform-provider-aws/issues/35457>.
fn health_check() -> HealthCheck {
    HealthCheck {
        enabled: true,
        path: "/health",
        matcher: "200",
        interval: 15,
        timeout: 10,
        healthy_threshold: 2,
        unhealthy_threshold: 2,
    }
}
