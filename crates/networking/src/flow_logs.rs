//! Flow logs of the VPC: who connected to whom, accepted or not.

use drstack_terraform::{Module, ModuleError, Ref, kind, limit};

use crate::layout::Layout;
use crate::resources::{FlowLog, LogGroup};

pub(crate) const FLOW_LOGS: &str = "flow_logs";

pub(crate) fn add(
    layout: &Layout,
    module: &mut Module,
    key: &Ref<kind::Arn<kind::KmsKey>>,
    role: &Ref<kind::Arn<kind::Role>>,
) -> Result<(), ModuleError> {
    let name = layout.names.regional("flow-logs").prefixed("/aws/vpc/");
    let group = LogGroup {
        name: name.within(&limit::LOG_GROUP)?,
        retention_in_days: layout.log_retention,
        kms_key_id: key.clone(),
    };
    module.add(FLOW_LOGS, &group)?;
    let flow_log = FlowLog {
        vpc_id: layout.vpc(),
        traffic_type: "ALL",
        // The shorter of the two intervals that there are: a flow is seen after a minute instead of ten.
        max_aggregation_interval: 60,
        log_destination_type: "cloud-watch-logs",
        log_destination: module.get(FLOW_LOGS),
        iam_role_arn: role.clone(),
        tags: layout.tags("flow-logs")?,
    };
    module.add("main", &flow_log)?;
    Ok(())
}
