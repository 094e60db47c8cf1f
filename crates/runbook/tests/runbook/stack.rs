//! A hand-written two-region stack with every part that a runbook knows.

use drstack_plan::{Documents, Plan};
use drstack_recovery::{Objectives, Regions, budget};
use drstack_runbook::{Missing, Runbook};
use serde_json::{Value, json};

pub(crate) const LOST: &str = "eu-west-1";
pub(crate) const RECOVERY: &str = "eu-central-1";

/// The root module.
pub(crate) struct Stack(pub(crate) Value);

impl Stack {
    /// A stack of nothing but its providers.
    pub(crate) fn empty() -> Self {
        Self(json!({
            "provider": {"aws": [{"region": LOST}, {"alias": "dr", "region": RECOVERY}]},
            "resource": {},
        }))
    }

    /// A stack with every part, whose names end in the region they are in.
    pub(crate) fn whole() -> Self {
        let mut stack = Self::empty();
        stack.database();
        stack.service();
        stack.processing();
        stack.buckets();
        stack
    }

    /// Adds a resource; those called `two` are in the recovery region.
    pub(crate) fn add(&mut self, resource_type: &str, name: &str, mut body: Value) {
        if name == "two" {
            body["provider"] = json!("aws.dr");
        }
        self.0["resource"][resource_type][name] = body;
    }

    /// An argument of a resource.
    pub(crate) fn argument(
        &mut self,
        resource_type: &str,
        name: &str,
        argument: &str,
    ) -> &mut Value {
        &mut self.0["resource"][resource_type][name][argument]
    }

    pub(crate) fn remove(&mut self, resource_type: &str) {
        self.0["resource"].as_object_mut().unwrap().remove(resource_type).unwrap();
    }

    pub(crate) fn database(&mut self) {
        self.add(
            "aws_rds_global_cluster",
            "main",
            json!({"global_cluster_identifier": "orders-global"}),
        );
        for (name, region) in [("one", LOST), ("two", RECOVERY)] {
            self.add(
                "aws_rds_cluster",
                name,
                json!({
                    "cluster_identifier": format!("orders-{region}"),
                    "global_cluster_identifier": "${aws_rds_global_cluster.main.id}",
                    "database_name": "orders",
                    "backup_retention_period": 9,
                    "lifecycle": {"ignore_changes": ["replication_source_identifier"]},
                }),
            );
        }
    }

    pub(crate) fn service(&mut self) {
        self.add("aws_route53_zone", "main", json!({"name": "example.com"}));
        for (name, region, weight) in [("one", LOST, 100), ("two", RECOVERY, 0)] {
            self.add("aws_lb", name, json!({"name": format!("orders-{region}")}));
            self.0["resource"]["aws_route53_health_check"][name] = json!({
                "type": "HTTP",
                "fqdn": format!("${{aws_lb.{name}.dns_name}}"),
                "resource_path": "/ready",
                "request_interval": 10,
                "failure_threshold": 2,
            });
            self.0["resource"]["aws_route53_record"][name] = json!({
                "zone_id": "${aws_route53_zone.main.zone_id}",
                "name": "orders.example.com",
                "type": "A",
                "set_identifier": region,
                "health_check_id": format!("${{aws_route53_health_check.{name}.id}}"),
                "weighted_routing_policy": [{"weight": weight}],
                "alias": [{"name": format!("${{aws_lb.{name}.dns_name}}"), "zone_id": "Z", "evaluate_target_health": true}],
            });
        }
    }

    fn processing(&mut self) {
        self.add(
            "aws_dynamodb_table",
            "sessions",
            json!({"name": "orders-sessions", "hash_key": "pk", "replica": [{"region_name": RECOVERY}]}),
        );
        self.add(
            "aws_secretsmanager_secret",
            "master",
            json!({"name": "orders-secret", "replica": [{"region": RECOVERY}]}),
        );
        for (name, region) in [("one", LOST), ("two", RECOVERY)] {
            self.add("aws_sqs_queue", name, json!({
                "name": format!("orders-queue-{region}"),
                "visibility_timeout_seconds": 240,
                "redrive_policy": format!("{{\"deadLetterTargetArn\":\"${{aws_sqs_queue.{name}_dead.arn}}\",\"maxReceiveCount\":5}}"),
            }));
            let dead = format!("{name}_dead");
            self.add("aws_sqs_queue", &dead, json!({"name": format!("orders-dead-{region}")}));
            if name == "two" {
                *self.argument("aws_sqs_queue", &dead, "provider") = json!("aws.dr");
            }
            self.add(
                "aws_lambda_function",
                name,
                json!({
                    "function_name": format!("orders-function-{region}"),
                    "environment": [{"variables": {
                        "SESSION_TABLE": "${aws_dynamodb_table.sessions.name}",
                        "LOGS_BUCKET": format!("${{aws_s3_bucket.{name}.bucket}}"),
                        "SECRET_ARN": "${aws_secretsmanager_secret.master.arn}",
                        "TRANSACTIONS_QUEUE_URL": format!("${{aws_sqs_queue.{name}.url}}"),
                    }}],
                }),
            );
            self.add(
                "aws_lambda_event_source_mapping",
                name,
                json!({
                    "event_source_arn": format!("${{aws_sqs_queue.{name}.arn}}"),
                    "function_name": format!("${{aws_lambda_function.{name}.arn}}"),
                }),
            );
        }
    }

    fn buckets(&mut self) {
        for (name, region, other) in [("one", LOST, "two"), ("two", RECOVERY, "one")] {
            self.add("aws_s3_bucket", name, json!({"bucket": format!("orders-archive-{region}")}));
            self.add("aws_s3_bucket_replication_configuration", name, json!({
                "bucket": format!("${{aws_s3_bucket.{name}.bucket}}"),
                "rule": [{"id": "all", "destination": [{"bucket": format!("${{aws_s3_bucket.{other}.arn}}")}]}],
            }));
        }
    }

    /// The runbook for the loss of the region that serves.
    pub(crate) fn runbook(&self) -> Result<Runbook, Missing> {
        self.losing(LOST, RECOVERY)
    }

    pub(crate) fn losing(&self, lost: &str, recovery: &str) -> Result<Runbook, Missing> {
        let documents: Documents =
            [("main.tf.json".to_owned(), self.0.to_string().into_bytes())].into_iter().collect();
        let plan = Plan::from_documents(&documents).unwrap();
        let regions = Regions { primary: lost.to_owned(), recovery: recovery.to_owned() };
        let objectives = Objectives { rto_seconds: 900, rpo_seconds: 240 };
        Runbook::of(&plan, &budget(&plan, &regions, objectives))
    }
}
