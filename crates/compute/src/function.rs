//! The function, its log group and its event source.

use std::collections::BTreeMap;

use drstack_terraform::kind::{Queue, Url};
use drstack_terraform::{Expression, Input, Module, ModuleError, Ref, Template, limit};

use crate::resources::{
    Environment, EventSourceMapping, Function, LogGroup, LoggingConfig, ScalingConfig, VpcConfig,
};
use crate::{Compute, Wiring, queue};

pub(crate) const NAME: &str = "processor";

pub(crate) fn add(
    compute: &Compute,
    module: &mut Module,
    wiring: &Wiring,
) -> Result<(), ModuleError> {
    let name = compute.names.regional("processor");
    let log_group = LogGroup {
        name: name.clone().prefixed("/aws/lambda/").within(&limit::LOG_GROUP)?,
        kms_key_id: wiring.logs_key.clone(),
        retention_in_days: compute.log_retention,
    };
    module.add(NAME, &log_group)?;
    let function = Function {
        function_name: name.within(&limit::FUNCTION)?,
        description: "Processes transactions from SQS and answers the load balancer",
        filename: Template::from(Expression::ROOT_DIRECTORY) + "/" + compute.package.path.as_str(),
        source_code_hash: compute.package.hash.clone(),
        handler: compute.handler.clone(),
        runtime: compute.runtime.clone(),
        architectures: ["arm64"],
        memory_size: compute.memory,
        timeout: compute.timeout,
        role: wiring.role.clone(),
        kms_key_arn: wiring.compute_key.clone(),
        environment: Environment { variables: variables(compute, module, wiring) },
        logging_config: LoggingConfig { log_format: "JSON", log_group: module.get(NAME) },
        vpc_config: VpcConfig {
            subnet_ids: wiring.compute_subnets.clone(),
            security_group_ids: [wiring.function_group.clone()],
        },
    };
    module.add(NAME, &function)?;
    let mapping = EventSourceMapping {
        event_source_arn: module.get(queue::MAIN),
        function_name: module.get(NAME),
        batch_size: compute.batch.size,
        maximum_batching_window_in_seconds: compute.batch.window,
        function_response_types: ["ReportBatchItemFailures"],
        scaling_config: ScalingConfig { maximum_concurrency: compute.batch.concurrency },
    };
    module.add(queue::MAIN, &mapping)?;
    Ok(())
}

/// What the handler reads; `lambda/README.md` says what each value is for.
fn variables(
    compute: &Compute,
    module: &Module,
    wiring: &Wiring,
) -> BTreeMap<&'static str, Template> {
    let queue_url: Ref<Url<Queue>> = module.get(queue::MAIN);
    BTreeMap::from([
        ("ENVIRONMENT_SUFFIX", Input::ENVIRONMENT_SUFFIX.into()),
        ("TRANSACTIONS_QUEUE_URL", queue_url.into()),
        ("LOGS_BUCKET", (&wiring.transaction_logs_bucket).into()),
        ("DOCUMENTS_BUCKET", (&wiring.documents_bucket).into()),
        ("SESSION_TABLE", wiring.table_name.clone()),
        ("CLUSTER_ARN", (&wiring.cluster_arn).into()),
        ("SECRET_ARN", wiring.secret_arn.clone()),
        ("DATABASE_NAME", wiring.database_name.as_str().into()),
        ("KMS_KEY_ARN", (&wiring.database_key).into()),
        ("LEASE_SECONDS", compute.lease().to_string().into()),
    ])
}
