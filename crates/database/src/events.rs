//! Failover events of a cluster, on their way to the region's topic.

use drstack_terraform::{Json, Module, ModuleError, Names, Ref, kind, limit};

use crate::MAIN;
use crate::resources::{EventDetail, EventPattern, EventRule, EventSubscription, EventTarget};

/// The categories of cluster events that tell of a failover:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Events.Messages.html>.
const CATEGORIES: [&str; 3] = ["failover", "failure", "global-failover"];

const FAILOVER: &str = "failover";

/// Adds an RDS event subscription, and an EventBridge rule beside it: events are emitted on a best-effort basis
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/working-with-events.html>), and of two ways to the
/// topic one may be broken without anyone noticing.
pub(crate) fn add(
    module: &mut Module,
    names: &Names,
    topic: &Ref<kind::Arn<kind::Topic>>,
) -> Result<(), ModuleError> {
    let cluster: Ref<kind::Cluster> = module.get(MAIN);
    let subscription = EventSubscription {
        name: names.regional("failover").within(&limit::EVENT_SUBSCRIPTION)?,
        sns_topic: topic.clone(),
        source_type: "db-cluster",
        source_ids: vec![cluster.clone()],
        event_categories: CATEGORIES.to_vec(),
    };
    module.add(FAILOVER, &subscription)?;
    let rule = EventRule {
        name: names.regional("failover").within(&limit::EVENT_RULE)?,
        description: "Failovers of the Aurora cluster, inside the region and between regions.",
        event_pattern: Json(EventPattern {
            source: ["aws.rds"],
            detail_type: ["RDS DB Cluster Event"],
            resources: vec![cluster.attribute()],
            detail: EventDetail { event_categories: CATEGORIES.to_vec() },
        }),
    };
    module.add(FAILOVER, &rule)?;
    let target = EventTarget { rule: module.get(FAILOVER), target_id: "topic", arn: topic.clone() };
    module.add(FAILOVER, &target)?;
    Ok(())
}
