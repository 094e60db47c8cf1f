//! Pictures of hand-written plans.

use drstack_plan::{Documents, Plan};
use drstack_recovery::drill;
use serde_json::{Value, json};

use crate::{Component, Detail, Diagram, EdgeKind, Place};

fn documents(main: &Value) -> Documents {
    [("main.tf.json".to_owned(), main.to_string().into_bytes())].into_iter().collect()
}

fn draw(main: &Value, lost: &[&str], detail: Detail) -> Diagram {
    let documents = documents(main);
    let plan = Plan::from_documents(&documents).unwrap();
    let drills: Vec<_> = lost.iter().map(|region| drill(&plan, region)).collect();
    Diagram::of(&plan, &drills, detail)
}

/// Two regions with what is usual in both, in one module.
fn stack() -> Value {
    let bucket =
        |side: &str| json!({"provider": format!("aws.{side}"), "bucket": format!("{side}-orders")});
    let replication = |side: &str, other: &str| {
        json!({
            "provider": format!("aws.{side}"),
            "bucket": format!("${{aws_s3_bucket.{side}.id}}"),
            "rule": [{"destination": [{"bucket": format!("${{aws_s3_bucket.{other}.arn}}")}]}],
        })
    };
    let record = |side: &str, weight: u8| {
        json!({
            "weighted_routing_policy": [{"weight": weight}],
            "alias": [{"name": format!("${{aws_lb.{side}.dns_name}}")}],
        })
    };
    let function = |side: &str| {
        json!({
            "provider": format!("aws.{side}"),
            "environment": [{"variables": {
                "TABLE": "${aws_dynamodb_table.sessions.name}",
                "BUCKET": format!("${{aws_s3_bucket.{side}.id}}"),
            }}],
        })
    };
    let attachment = |side: &str| json!({"provider": format!("aws.{side}"), "target_id": format!("${{aws_lambda_function.{side}.arn}}")});
    let cluster = |side: &str| {
        json!({
            "provider": format!("aws.{side}"),
            "engine": "aurora-postgresql",
            "global_cluster_identifier": "${aws_rds_global_cluster.main.id}",
        })
    };
    let mut writer = cluster("east");
    writer["master_username"] = json!("orders");
    let both = |of: &dyn Fn(&str) -> Value| json!({"east": of("east"), "west": of("west")});
    let in_region = |side: &str| json!({"provider": format!("aws.{side}")});
    json!({
        "provider": {"aws": [
            {"alias": "east", "region": "us-east-1"}, {"alias": "west", "region": "us-west-2"},
        ]},
        "resource": {
            "aws_route53_record": {"east": record("east", 100), "west": record("west", 0)},
            "aws_rds_global_cluster": {"main": {"provider": "aws.east"}},
            "aws_lb": both(&in_region),
            "aws_lb_target_group_attachment": both(&attachment),
            "aws_lambda_function": both(&function),
            "aws_rds_cluster": {"east": writer, "west": cluster("west")},
            "aws_dynamodb_table": {"sessions": {"provider": "aws.east", "replica": [{"region_name": "us-west-2"}]}},
            "aws_s3_bucket": both(&bucket),
            "aws_s3_bucket_replication_configuration":
                {"east": replication("east", "west"), "west": replication("west", "east")},
            "aws_sqs_queue": both(&in_region),
            "aws_sns_topic": both(&in_region),
            "aws_sns_topic_subscription": {"west": {
                "provider": "aws.west",
                "topic_arn": "${aws_sns_topic.west.arn}",
                "endpoint": "${aws_sqs_queue.east.arn}",
            }},
            "aws_vpc": both(&in_region),
            "aws_vpc_peering_connection": {"main": {
                "provider": "aws.east",
                "vpc_id": "${aws_vpc.east.id}",
                "peer_vpc_id": "${aws_vpc.west.id}",
                "peer_region": "us-west-2",
            }},
        },
    })
}

#[test]
fn what_ties_two_regions_is_drawn_and_labelled() {
    let diagram = draw(&stack(), &["us-east-1", "us-west-2"], Detail::Boxes);
    insta::assert_snapshot!(diagram.mermaid(), @r##"
    %%{init: {"flowchart": {"wrappingWidth": 420}}}%%
    flowchart TB
      accTitle: 24 resources in us-east-1 and us-west-2
      accDescr: loss of us-east-1: nothing fatal, loss of us-west-2: nothing fatal
      subgraph c0["Global"]
        c0_dns["DNS (Route 53)<br/>2 records"]
        c0_database["Database (Aurora)<br/>1 global database"]
      end
      subgraph c1["us-east-1, serves"]
        c1_load_balancer["Load balancer (ELB)<br/>1 load balancer"]
        c1_function["Function (Lambda)<br/>1 function"]
        c1_database["Database (Aurora)<br/>1 cluster"]
        c1_tables["Tables (DynamoDB)<br/>1 table"]
        c1_objects["Objects (S3)<br/>1 bucket"]
        c1_alarms["Alarms and topics (SNS)<br/>1 topic"]
        c1_queue["Queue (SQS)<br/>1 queue"]
        c1_network["Network (VPC)<br/>1 network"]
      end
      subgraph c2["us-west-2, takes over"]
        c2_load_balancer["Load balancer (ELB)<br/>1 load balancer"]
        c2_function["Function (Lambda)<br/>1 function"]
        c2_database["Database (Aurora)<br/>1 cluster"]
        c2_tables["Tables (DynamoDB)<br/>1 table replica"]
        c2_objects["Objects (S3)<br/>1 bucket"]
        c2_alarms["Alarms and topics (SNS)<br/>1 topic"]
        c2_queue["Queue (SQS)<br/>1 queue"]
        c2_network["Network (VPC)<br/>1 network"]
      end
      c0_dns -->|"weight 100"| c1_load_balancer
      c0_dns -->|"weight 0"| c2_load_balancer
      c1_load_balancer --> c1_function
      c1_function --> c1_tables
      c1_function --> c1_objects
      c1_database -->|"global database"| c2_database
      c1_tables <-->|"global table replicas"| c2_tables
      c1_objects <-->|"S3 replication, both ways"| c2_objects
      c2_alarms -->|"topic → queue"| c1_queue
      c1_network ---|"peering"| c2_network
      c2_load_balancer --> c2_function
      c2_function --> c2_tables
      c2_function --> c2_objects
      linkStyle 5,6,7 stroke:#388bfd,stroke-width:2px
      c1_function ~~~ c1_database ~~~ c1_tables ~~~ c1_objects ~~~ c1_alarms ~~~ c1_queue ~~~ c1_network
      c2_function ~~~ c2_database ~~~ c2_tables ~~~ c2_objects ~~~ c2_alarms ~~~ c2_queue ~~~ c2_network
    "##);
}

#[test]
fn open_boxes_show_types_and_names() {
    let diagram = draw(&stack(), &[], Detail::Resources);
    let objects = diagram.nodes.iter().find(|node| node.component == Component::Objects).unwrap();
    let lines: Vec<String> = objects.lines().collect();
    assert_eq!(lines, ["aws_s3_bucket: east", "aws_s3_bucket_replication_configuration: east"]);
    for text in [diagram.mermaid(), diagram.dot(), diagram.svg()] {
        assert!(text.contains("aws_s3_bucket_replication_configuration: east"), "{text}");
    }
}

#[test]
fn fatal_edges_are_red_and_named_and_drawn_differently() {
    let mut stack = stack();
    stack["resource"]["aws_kms_key"] = json!({"main": {"provider": "aws.east"}});
    stack["resource"]["aws_sqs_queue"]["west"]["kms_master_key_id"] =
        json!("${aws_kms_key.main.arn}");
    stack["resource"]["aws_sqs_queue"]["east"]["kms_master_key_id"] =
        json!("arn:aws:kms:us-west-2:111122223333:key/x");
    let diagram = draw(&stack, &["us-east-1", "us-west-2"], Detail::Boxes);
    let fatal: Vec<&str> = diagram
        .edges
        .iter()
        .filter(|edge| edge.kind == EdgeKind::Fatal)
        .flat_map(|edge| edge.ties.iter().map(String::as_str))
        .collect();
    let (reference, literal) = (
        "aws_sqs_queue.west kms_master_key_id → aws_kms_key.main",
        "aws_sqs_queue.east kms_master_key_id → arn:aws:kms:us-west-2:111122223333:key/x",
    );
    assert_eq!(fatal.len(), 2);
    assert!(fatal.contains(&reference) && fatal.contains(&literal), "{fatal:?}");
    // What is not in the plan has a box of its own, in the region that is lost.
    let outside = diagram.nodes.iter().find(|node| node.component == Component::Outside).unwrap();
    assert_eq!(diagram.columns[outside.column].place, Place::Region("us-west-2".to_owned()));
    assert!(diagram.mermaid().contains("-.->|\"fatal\"|"));
    assert!(diagram.dot().contains("style=dashed"));
    let svg = diagram.svg();
    assert!(
        svg.contains(&format!("fatal: {reference}")) && svg.contains("loss of us-east-1: 1 fatal")
    );
}

#[test]
fn one_three_and_unknown_regions_have_their_columns() {
    let queue = |region: &str| json!({"region": region});
    let places = |resources: Value| -> Vec<Place> {
        let main = json!({"resource": {"aws_sqs_queue": resources}});
        draw(&main, &[], Detail::Boxes).columns.into_iter().map(|column| column.place).collect()
    };
    let region = |region: &str| Place::Region(region.to_owned());
    assert_eq!(places(json!({"a": queue("eu-west-1")})), [region("eu-west-1")]);
    assert_eq!(
        places(
            json!({"a": queue("eu-west-1"), "b": queue("eu-west-2"), "c": queue("ap-south-1"), "d": {}})
        ),
        [region("ap-south-1"), region("eu-west-1"), region("eu-west-2"), Place::Unknown]
    );
}

/// A state has no references: what is tied shows by identifiers.
#[test]
fn states_are_drawn_by_their_values() {
    let resource = |address: &str, values: Value| {
        let (resource_type, name) = address.split_once('.').unwrap();
        json!({
            "address": address, "mode": "managed", "type": resource_type, "name": name,
            "provider_name": "registry.terraform.io/hashicorp/aws", "schema_version": 0, "values": values,
        })
    };
    let bucket = |name: &str, region: &str| json!({"arn": format!("arn:aws:s3:::{name}"), "id": name, "bucket": name, "region": region});
    let state = json!({
        "format_version": "1.0",
        "terraform_version": "1.11.4",
        "values": {"root_module": {"resources": [
            resource("aws_s3_bucket.one", bucket("one", "us-east-1")),
            resource("aws_s3_bucket.two", bucket("two", "us-east-2")),
            resource("aws_s3_bucket_replication_configuration.one", json!({
                "bucket": "one",
                "id": "one",
                "rule": [{"destination": [{"bucket": "arn:aws:s3:::two"}]}],
            })),
        ]}},
    });
    let input = state.to_string().into_bytes();
    let plan = Plan::read(&input).unwrap();
    let diagram = Diagram::of(&plan, &[], Detail::Boxes);
    let labels: Vec<&str> = diagram.edges.iter().map(|edge| edge.label.as_str()).collect();
    assert_eq!(labels, ["S3 replication"]);
}

#[test]
fn a_plan_of_any_size_has_a_picture_of_one_size() {
    let queues = |count: usize| -> Value {
        (0..count)
            .map(|number| (format!("queue_{number}"), json!({"region": "eu-west-1"})))
            .collect()
    };
    let draw = |count| {
        draw(&json!({"resource": {"aws_sqs_queue": queues(count)}}), &[], Detail::Resources)
    };
    let (small, large) = (draw(20), draw(2000));
    assert_eq!(large.nodes[0].summary, "2000 queues");
    assert!(large.svg().len() < small.svg().len() + 100);
    assert!(large.mermaid().len() < small.mermaid().len() + 100);
}

#[test]
fn the_same_plan_gives_the_same_bytes() {
    let render = || {
        let diagram = draw(&stack(), &["us-east-1"], Detail::Resources);
        [diagram.mermaid(), diagram.dot(), diagram.svg()]
    };
    assert_eq!(render(), render());
}

#[test]
fn an_empty_plan_has_a_picture() {
    let main = json!({"output": {"nothing": {"value": 1}}});
    let diagram = draw(&main, &[], Detail::Boxes);
    assert!(diagram.nodes.is_empty());
    assert!(diagram.svg().contains("0 resources"));
    assert!(diagram.mermaid().contains("flowchart"));
}
