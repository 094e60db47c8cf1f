//! A small two-region stack, hand-written with a module for each region, to plant edges into.

use drstack_plan::Documents;
use serde_json::{Map, Value, json};

/// A root module and the modules `primary` and `dr`.
pub(crate) struct Stack {
    root: Value,
    primary: Value,
    dr: Value,
}

impl Stack {
    pub(crate) fn new() -> Self {
        let call = |side: &str, provider: &str| json!({"source": format!("./{side}"), "providers": {"aws": provider}, "global": "${aws_rds_global_cluster.main.id}"});
        let record = |side: &str, weight: u32| {
            json!({
                "zone_id": "Z1",
                "name": "orders.example.com",
                "type": "A",
                "set_identifier": side,
                "health_check_id": format!("${{aws_route53_health_check.{side}.id}}"),
                "weighted_routing_policy": [{"weight": weight}],
                "alias": [{"name": format!("${{module.{side}.dns_name}}"), "zone_id": "Z2", "evaluate_target_health": true}],
            })
        };
        let root = json!({
            "provider": {"aws": [{"region": "us-east-1"}, {"alias": "dr", "region": "us-east-2"}]},
            "module": {"primary": call("primary", "aws"), "dr": call("dr", "aws.dr")},
            "resource": {
                "aws_rds_global_cluster": {"main": {"global_cluster_identifier": "orders"}},
                "aws_route53_health_check": {
                    "primary": {"type": "HTTPS", "fqdn": "${module.primary.dns_name}"},
                    "dr": {"type": "HTTPS", "fqdn": "${module.dr.dns_name}"},
                },
                "aws_route53_record": {"primary": record("primary", 100), "dr": record("dr", 0)},
            },
        });
        let mut stack = Self { root, primary: region(), dr: region() };
        stack.set("primary", "aws_rds_cluster.main", "master_username", json!("orders"));
        stack.set("dr", "aws_rds_cluster.main", "source_region", json!("us-east-1"));
        stack
    }

    pub(crate) fn documents(&self) -> Documents {
        let file = |path: &str, value: &Value| (path.to_owned(), value.to_string().into_bytes());
        let files = [
            file("main.tf.json", &self.root),
            file("primary/main.tf.json", &self.primary),
            file("dr/main.tf.json", &self.dr),
        ];
        files.into_iter().collect()
    }

    /// Adds a block to the root module.
    pub(crate) fn root(&mut self, kind: &str, name: &str, body: Value) {
        match (kind, name.split_once('.')) {
            ("provider", Some((provider, alias))) => {
                let mut body = body;
                body["alias"] = json!(alias);
                self.root[kind][provider].as_array_mut().unwrap().push(body);
            }
            (_, Some((resource_type, name))) => self.root[kind][resource_type][name] = body,
            (_, None) => self.root[kind][name] = body,
        }
    }

    /// Removes a resource of the root module.
    pub(crate) fn remove(&mut self, address: &str) {
        let (resource_type, name) = address.split_once('.').unwrap();
        self.root["resource"][resource_type].as_object_mut().unwrap().remove(name).unwrap();
    }

    /// Adds a resource to a module.
    pub(crate) fn in_module(&mut self, side: &str, address: &str, body: Value) {
        let (resource_type, name) = address.split_once('.').unwrap();
        self.side(side)["resource"][resource_type][name] = body;
    }

    /// Adds an output to a module.
    pub(crate) fn output(&mut self, side: &str, name: &str, value: &str) {
        self.side(side)["output"][name] = json!({"value": value});
    }

    /// Adds a variable to a module and gives it a value.
    pub(crate) fn input(&mut self, side: &str, name: &str, value: &str) {
        self.side(side)["variable"][name] = json!({});
        self.root["module"][side][name] = json!(value);
    }

    /// Sets an attribute of a module's resource, which is made if it is not there. Blocks on the way are objects.
    pub(crate) fn set(&mut self, side: &str, address: &str, path: &str, value: Value) {
        let (resource_type, name) = address.split_once('.').unwrap();
        let mut at = &mut self.side(side)["resource"][resource_type][name];
        for key in path.split('.') {
            if at.is_null() {
                *at = Value::Object(Map::new());
            }
            at = &mut at[key];
        }
        *at = match path {
            "layers"
            | "alarm_actions"
            | "vpc_config.security_group_ids"
            | "domain_name_servers" => json!([value]),
            _ => value,
        };
    }

    fn side(&mut self, side: &str) -> &mut Value {
        if side == "dr" { &mut self.dr } else { &mut self.primary }
    }
}

/// What each region has.
fn region() -> Value {
    json!({
        "variable": {"global": {}},
        "output": {"dns_name": {"value": "${aws_lb.main.dns_name}"}},
        "resource": {
            "aws_vpc": {"main": {"cidr_block": "10.0.0.0/16"}},
            "aws_subnet": {"main": {"vpc_id": "${aws_vpc.main.id}"}},
            "aws_route_table": {"main": {"vpc_id": "${aws_vpc.main.id}"}},
            "aws_route_table_association": {
                "main": {"route_table_id": "${aws_route_table.main.id}", "subnet_id": "${aws_subnet.main.id}"},
            },
            "aws_route": {
                "out": {"route_table_id": "${aws_route_table.main.id}", "destination_cidr_block": "0.0.0.0/0"},
            },
            "aws_lb": {"main": {"subnets": ["${aws_subnet.main.id}"]}},
            "aws_lb_listener": {
                "main": {
                    "load_balancer_arn": "${aws_lb.main.arn}",
                    "default_action": [{"type": "forward", "target_group_arn": "${aws_lb_target_group.main.arn}"}],
                },
            },
            "aws_lb_target_group": {"main": {"target_type": "lambda"}},
            "aws_lb_target_group_attachment": {
                "main": {
                    "target_group_arn": "${aws_lb_target_group.main.arn}",
                    "target_id": "${aws_lambda_function.main.arn}",
                },
            },
            "aws_kms_key": {"main": {}},
            "aws_iam_role": {"main": {}},
            "aws_lambda_function": {
                "main": {
                    "role": "${aws_iam_role.main.arn}",
                    "environment": {"variables": {"CLUSTER": "${aws_rds_cluster.main.arn}"}},
                },
            },
            "aws_sqs_queue": {"main": {"kms_master_key_id": "${aws_kms_key.main.arn}"}},
            "aws_lambda_event_source_mapping": {
                "main": {
                    "event_source_arn": "${aws_sqs_queue.main.arn}",
                    "function_name": "${aws_lambda_function.main.arn}",
                },
            },
            "aws_rds_cluster": {"main": {"global_cluster_identifier": "${var.global}"}},
            "aws_sns_topic": {"main": {}},
            "aws_cloudwatch_metric_alarm": {"main": {"alarm_actions": ["${aws_sns_topic.main.arn}"]}},
        },
    })
}
