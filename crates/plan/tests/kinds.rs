//! The same infrastructure, read as configuration and as plan.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::path::Path;

use drstack_plan::{AttrPath, BlindSpot, Documents, InstanceKey, Kind, Plan, Resource};

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

fn documents(name: &str) -> Documents {
    let paths = ["main.tf.json", "modules/region/main.tf.json", "modules/security/main.tf.json"];
    paths.iter().map(|path| ((*path).to_owned(), fixture(&format!("{name}/{path}")))).collect()
}

fn addresses<'p>(plan: &'p Plan<'_>) -> BTreeSet<&'p str> {
    plan.resources().map(Resource::address).collect()
}

fn path(text: &str) -> AttrPath {
    text.parse().unwrap()
}

fn targets(plan: &Plan<'_>, address: &str, attribute: &str) -> BTreeSet<String> {
    let references = plan.resource(address).unwrap().references(&path(attribute));
    references
        .targets
        .iter()
        .map(|target| format!("{}#{}", target.resource.address(), target.attribute))
        .collect()
}

#[test]
fn configuration_and_plan_hold_the_same_resources() {
    let (input, documents) = (fixture("orders/plan.json"), documents("orders"));
    let plan = Plan::read(&input).unwrap();
    let configuration = Plan::from_documents(&documents).unwrap();
    assert_eq!(addresses(&plan), addresses(&configuration));
    assert_eq!(plan.len(), 27);
}

#[test]
fn configuration_and_plan_agree_on_regions() {
    let (input, documents) = (fixture("orders/plan.json"), documents("orders"));
    let plan = Plan::read(&input).unwrap();
    let configuration = Plan::from_documents(&documents).unwrap();
    for resource in plan.resources() {
        let other = configuration.resource(resource.address()).unwrap();
        assert!(resource.region().is_some(), "{resource:?}");
        assert_eq!(resource.region(), other.region(), "{resource:?}");
    }
    assert_eq!(
        plan.resource("module.secondary.aws_sns_topic.alarms").unwrap().region().as_deref(),
        Some("us-east-2")
    );
    assert_eq!(
        plan.resource("module.primary.aws_sns_topic.alarms").unwrap().region().as_deref(),
        Some("us-east-1")
    );
}

#[test]
fn configuration_and_plan_agree_on_values() {
    let (input, documents) = (fixture("orders/plan.json"), documents("orders"));
    let plan = Plan::read(&input).unwrap();
    let configuration = Plan::from_documents(&documents).unwrap();
    for resource in configuration.resources() {
        let planned = plan.resource(resource.address()).unwrap();
        for (name, value) in resource.values().entries() {
            if let Some(text) = value.as_text() {
                assert_eq!(planned.get(&name).as_text(), Some(text), "{resource:?}.{name}");
            }
        }
    }
    let subnet = configuration.resource("aws_subnet.s[\"b\"]").unwrap();
    assert_eq!(subnet.get("cidr_block").as_str().as_deref(), Some("10.0.1.0/24"));
    assert_eq!(subnet.get("tags.Name").as_str().as_deref(), Some("${literal} b"));
    assert!(subnet.get("vpc_id").is_unknown());
}

#[test]
fn configuration_and_plan_agree_on_references() {
    let (input, documents) = (fixture("orders/plan.json"), documents("orders"));
    let plan = Plan::read(&input).unwrap();
    let configuration = Plan::from_documents(&documents).unwrap();
    for (address, attribute, expected) in [
        (
            "module.primary.aws_sns_topic.alarms",
            "kms_master_key_id",
            r#"module.keys["use1"].aws_kms_key.main#arn"#,
        ),
        (
            "module.secondary.aws_sqs_queue.work[\"a\"]",
            "kms_master_key_id",
            r#"module.keys["use2"].aws_kms_key.main#arn"#,
        ),
        ("aws_s3_bucket_versioning.logs[1]", "bucket", "aws_s3_bucket.logs[1]#id"),
        ("aws_subnet.s[\"a\"]", "vpc_id", "aws_vpc.main#id"),
        ("aws_security_group.g", "ingress[0].cidr_blocks[0]", "aws_vpc.main#cidr_block"),
        (
            "data.aws_iam_policy_document.logs",
            "statement[0].resources",
            "aws_s3_bucket.logs[0]#arn",
        ),
    ] {
        let expected = BTreeSet::from([expected.to_owned()]);
        assert_eq!(
            targets(&plan, address, attribute),
            expected,
            "{address}.{attribute} of the plan"
        );
        assert_eq!(
            targets(&configuration, address, attribute),
            expected,
            "{address}.{attribute} of the configuration"
        );
    }
}

#[test]
fn local_values_lead_on_in_a_configuration_and_are_unresolved_in_a_plan() {
    let (input, documents) = (fixture("orders/plan.json"), documents("orders"));
    let plan = Plan::read(&input).unwrap();
    let configuration = Plan::from_documents(&documents).unwrap();
    let key = plan.resource("aws_db_instance.x").unwrap().references(&path("kms_key_id"));
    assert_eq!(key.unresolved, ["local.key"]);
    let key = configuration.resource("aws_db_instance.x").unwrap().references(&path("kms_key_id"));
    assert_eq!(key.targets[0].resource.address(), r#"module.keys["use1"].aws_kms_key.main"#);
    assert_eq!(key.targets[0].via, ["local.key", r#"module.keys["use1"].arn"#]);
}

#[test]
fn native_syntax_leads_to_the_same_targets() {
    let input = fixture("native/plan.json");
    let plan = Plan::read(&input).unwrap();
    let one = |text: &str| BTreeSet::from([text.to_owned()]);
    assert_eq!(
        targets(&plan, "module.primary.aws_sns_topic.alarms", "kms_master_key_id"),
        one(r#"module.keys["use1"].aws_kms_key.main#arn"#)
    );
    assert_eq!(
        targets(&plan, "aws_s3_bucket_versioning.logs[1]", "bucket"),
        one("aws_s3_bucket.logs[1]#")
    );
    assert_eq!(
        targets(&plan, "module.primary.aws_sqs_queue.work[\"b\"]", "redrive_policy"),
        one("module.primary.aws_sqs_queue.dead[\"b\"]#")
    );
    assert_eq!(
        plan.resource("module.secondary.aws_sns_topic.alarms").unwrap().region().as_deref(),
        Some("us-east-2")
    );
}

/// A plan of native syntax with `t.all["a"]`, `t.all["b"]` and `t.user["a"]`, whose `x` is an expression of these references.
fn native_each(for_each: &str, x: &str) -> String {
    let change = r#""change": {"actions": ["create"], "before": null, "after": {}, "after_unknown": {"id": true}}"#;
    let instance = |name: &str, key: &str| {
        format!(
            r#"{{"address": "t.{name}[\"{key}\"]", "mode": "managed", "type": "t", "name": "{name}", "index": "{key}", {change}}}"#
        )
    };
    let block = |name: &str, rest: &str| {
        format!(
            r#"{{"address": "t.{name}", "mode": "managed", "type": "t", "name": "{name}", {rest}}}"#
        )
    };
    let instances = [instance("all", "a"), instance("all", "b"), instance("user", "a")].join(",");
    let all = block("all", r#""for_each_expression": {"references": ["local.names"]}"#);
    let user =
        block("user", &format!(r#"{for_each} "expressions": {{"x": {{"references": {x}}}}}"#));
    format!(
        r#"{{"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": [{instances}],
            "configuration": {{"root_module": {{"resources": [{all}, {user}]}}}}}}"#
    )
}

#[test]
fn a_place_in_a_list_of_instances_is_no_key() {
    let input =
        native_each(r#""for_each_expression": {"references": ["local.names"]},"#, r#"["t.all"]"#);
    let plan = Plan::read(input.as_bytes()).unwrap();
    let both = ["t.all[\"a\"]#", "t.all[\"b\"]#"].map(str::to_owned);
    assert_eq!(targets(&plan, "t.user[\"a\"]", "x[1]"), BTreeSet::from(both));
}

#[test]
fn the_values_of_sets_of_constants_refer_to_nothing() {
    for (for_each, unresolved) in [
        ("", &[][..]),
        (r#""for_each_expression": {"constant_value": {"a": "b"}},"#, &[]),
        (r#""for_each_expression": {"references": ["local.names"]},"#, &[r#"local.names["a"]"#]),
    ] {
        let input = native_each(for_each, r#"["t.all", "each.value"]"#);
        let plan = Plan::read(input.as_bytes()).unwrap();
        let references = plan.resource("t.user[\"a\"]").unwrap().references(&path("x"));
        assert_eq!(references.targets.len(), 2);
        assert_eq!(references.unresolved, unresolved, "{for_each}");
    }
}

#[test]
fn policies_can_be_judged_from_their_templates() {
    let (input, documents) = (fixture("orders/plan.json"), documents("orders"));
    for plan in [Plan::read(&input).unwrap(), Plan::from_documents(&documents).unwrap()] {
        let policy = plan.resource("module.primary.aws_sns_topic_policy.x").unwrap();
        assert!(policy.get("policy").is_unknown());
        let template = policy.template(&path("policy")).unwrap();
        let text = template
            .render(|_, references| format!("<{}>", references.targets[0].resource.address()));
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["Statement"][0]["Resource"], "<module.primary.aws_sns_topic.alarms>");

        let redrive = plan
            .resource("module.primary.aws_sqs_queue.work[\"b\"]")
            .unwrap()
            .template(&path("redrive_policy"))
            .unwrap();
        let text = redrive.render(|source, references| {
            format!("{source}={}", references.targets[0].resource.address().replace('"', "\\\""))
        });
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["maxReceiveCount"], 3);
        assert_eq!(
            document["deadLetterTargetArn"],
            "aws_sqs_queue.dead[*].arn=module.primary.aws_sqs_queue.dead[\"b\"]"
        );
    }
}

/// A plan of a function whose environment is unknown as a whole, with what its configuration says of it.
fn unknown_environment(variables: &str) -> String {
    let text = r#"{"format_version": "1.2", "resource_changes": [{
        "address": "aws_lambda_function.x", "mode": "managed", "type": "aws_lambda_function", "name": "x",
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {"actions": ["create"], "before": null, "after": {"environment": [{}]},
            "after_unknown": {"environment": [{"variables": true}]}}
    }], "configuration": {"root_module": {"resources": [{"address": "aws_lambda_function.x", "mode": "managed",
        "type": "aws_lambda_function", "name": "x", "expressions": {"environment": [{"variables": VARIABLES}]}}]}}}"#;
    text.replace("VARIABLES", variables)
}

const WRITTEN: &str =
    r#"{"TOKEN": "plain", "QUEUE": "${aws_sqs_queue.x.url}", "${local.prefix}_KEY": "it"}"#;

#[test]
fn what_is_written_in_unknown_maps_is_shown_for_json_syntax() {
    let variables = path("environment[0].variables");
    let planned = unknown_environment(&format!(
        r#"{{"constant_value": {WRITTEN}, "references": ["aws_sqs_queue.x.url", "aws_sqs_queue.x"]}}"#
    ));
    let configured = format!(
        r#"{{"resource": {{"aws_lambda_function": {{"x": {{"environment": {{"variables": {WRITTEN}}}}}}}}}}}"#
    );
    let documents: Documents =
        [("main.tf.json".to_owned(), configured.into_bytes())].into_iter().collect();
    for plan in [Plan::read(planned.as_bytes()).unwrap(), Plan::from_documents(&documents).unwrap()]
    {
        let function = plan.resource("aws_lambda_function.x").unwrap();
        let keys = function.written_keys(&variables).unwrap();
        assert_eq!(keys, ["TOKEN", "QUEUE", "${local.prefix}_KEY"]);
        let text = |key: &str| {
            let template = function.template(&variables.clone().key(key)).unwrap();
            template.render(|source, _| format!("<{source}>"))
        };
        assert_eq!(text("TOKEN"), "plain");
        assert_eq!(text("QUEUE"), "<aws_sqs_queue.x.url>");
        assert_eq!(function.written_keys(&path("function_name")), None);
        assert_eq!(function.written_keys(&variables.clone().key("TOKEN")), None);
        assert!(!plan.blind_spots().contains(&BlindSpot::UnknownMaps));
    }
}

#[test]
fn what_is_written_in_a_map_that_a_module_is_handed_is_found_where_it_is_written() {
    let root = |environment: &str| {
        format!(
            r#"{{"locals": {{"shared": {{"TOKEN": "of the local value"}}}}, "resource": {{"aws_sqs_queue": {{"x": {{}}}}}},
                "module": {{"one": {{"source": "./one", "environment": {environment}, "url": "http://${{aws_sqs_queue.x.url}}"}}}}}}"#
        )
    };
    let one = r#"{"variable": {"environment": {}, "url": {}, "unset": {}}, "module": {"two": {"source": "../two",
        "environment": "${var.environment}", "url": "${var.url}", "unset": "${var.unset}"}}}"#;
    let two = r#"{"variable": {"environment": {}, "url": {}, "unset": {}}, "resource": {"aws_lambda_function": {
        "x": {"environment": {"variables": "${var.environment}"}},
        "y": {"environment": {"variables": {"URL": "${var.url}", "UNSET": "${var.unset}"}}},
        "z": {"environment": {"variables": "${merge(var.environment, {})}"}},
        "each": {"for_each": {"a": {"TOKEN": "of each"}}, "environment": {"variables": "${each.value}"}}}}}"#;
    let variables = path("environment[0].variables");
    let shown = |environment: &str, name: &str, key: &str| {
        let documents: Documents = [
            ("main", root(environment)),
            ("one/main", one.to_owned()),
            ("two/main", two.to_owned()),
        ]
        .into_iter()
        .map(|(path, text)| (format!("{path}.tf.json"), text.into_bytes()))
        .collect();
        let plan = Plan::from_documents(&documents).unwrap();
        let function = plan.resource(&format!("module.one.module.two.aws_lambda_function.{name}"));
        let function = function.unwrap();
        let keys = function.written_keys(&variables)?;
        let template = function.traced_template(&variables.clone().key(key));
        let text = template.map(|template| template.render(|source, _| format!("<{source}>")));
        Some((keys.into_iter().map(String::from).collect::<Vec<_>>(), text))
    };
    let written = r#"{"TOKEN": "plain", "QUEUE": "${aws_sqs_queue.x.url}"}"#;
    let keys = |keys: &[&str]| keys.iter().copied().map(String::from).collect::<Vec<_>>();
    let both = keys(&["TOKEN", "QUEUE"]);
    assert_eq!(shown(written, "x", "TOKEN"), Some((both.clone(), Some("plain".to_owned()))));
    let queue = "<aws_sqs_queue.x.url>".to_owned();
    assert_eq!(shown(written, "x", "QUEUE"), Some((both, Some(queue))));
    let local = Some((keys(&["TOKEN"]), Some("of the local value".to_owned())));
    assert_eq!(shown("\"${local.shared}\"", "x", "TOKEN"), local);
    let each = Some((keys(&["TOKEN"]), Some("of each".to_owned())));
    assert_eq!(shown(written, "each[\"a\"]", "TOKEN"), each);
    let own = keys(&["URL", "UNSET"]);
    let url = "http://<aws_sqs_queue.x.url>".to_owned();
    assert_eq!(shown(written, "y", "URL"), Some((own.clone(), Some(url))));
    assert_eq!(shown(written, "y", "UNSET"), Some((own, Some("<var.unset>".to_owned()))));
    assert_eq!(shown(written, "z", "TOKEN"), None);
}

#[test]
fn what_is_written_in_unknown_maps_is_a_blind_spot_of_native_syntax() {
    let native =
        unknown_environment(r#"{"references": ["aws_sqs_queue.x.url", "aws_sqs_queue.x"]}"#);
    let plan = Plan::read(native.as_bytes()).unwrap();
    let function = plan.resource("aws_lambda_function.x").unwrap();
    assert_eq!(function.written_keys(&path("environment[0].variables")), None);
    assert!(plan.blind_spots().contains(&BlindSpot::UnknownMaps));
}

#[test]
fn secrets_are_marked_and_redacted() {
    let (input, documents) = (fixture("orders/plan.json"), documents("orders"));
    for plan in [Plan::read(&input).unwrap(), Plan::from_documents(&documents).unwrap()] {
        let database = plan.resource("aws_db_instance.x").unwrap();
        assert!(database.get("password").is_sensitive());
        assert_eq!(database.get("password").as_str().as_deref(), Some("hunter2-canary"));
        let printed = format!(
            "{:?} {} {:?}",
            database.values(),
            database.get("password"),
            plan.variable("password")
        );
        assert!(!printed.contains("hunter2-canary"), "{printed}");
        assert!(plan.output("secret").unwrap().is_sensitive());
    }
}

#[test]
fn lifecycle_shows_in_configurations_only() {
    let (input, documents) = (fixture("orders/plan.json"), documents("orders"));
    let plan = Plan::read(&input).unwrap();
    assert!(plan.resource("aws_s3_bucket.logs[0]").unwrap().lifecycle().is_none());
    let configuration = Plan::from_documents(&documents).unwrap();
    let lifecycle = configuration.resource("aws_s3_bucket.logs[0]").unwrap().lifecycle().unwrap();
    assert_eq!(lifecycle.get("prevent_destroy").as_bool(), Some(true));
}

#[test]
fn the_graphs_of_configuration_and_plan_are_the_same_but_for_local_values_and_dynamic_blocks() {
    let (input, documents) = (fixture("orders/plan.json"), documents("orders"));
    let (plan, configuration) =
        (Plan::read(&input).unwrap(), Plan::from_documents(&documents).unwrap());
    let edges = |plan: &Plan<'_>| -> BTreeSet<String> {
        let mut edges = BTreeSet::new();
        for resource in plan.all_resources() {
            for (target, edge) in plan.graph().references(resource.index()) {
                let target = plan.nth(target).unwrap().address();
                edges.insert(format!(
                    "{}.{} -> {target}.{}",
                    resource.address(),
                    edge.path,
                    edge.attribute
                ));
            }
        }
        edges
    };
    let (planned, configured) = (edges(&plan), edges(&configuration));
    assert!(planned.len() > 20, "{planned:#?}");
    let only_planned: Vec<_> = planned.difference(&configured).collect();
    assert!(only_planned.is_empty(), "{only_planned:#?}");
    let only_configured: Vec<_> = configured.difference(&planned).collect();
    assert_eq!(
        only_configured,
        [
            r#"aws_db_instance.x.kms_key_id -> module.keys["use1"].aws_kms_key.main.arn"#,
            r#"data.aws_iam_policy_document.logs.statement[1].resources[0] -> module.keys["use1"].aws_kms_key.main.arn"#,
        ]
    );
}

/// The graph follows most references by their names alone; it must come to the same as following them one by one.
#[test]
fn the_graph_holds_what_the_references_of_each_attribute_lead_to() {
    let (orders, native, documents) =
        (fixture("orders/plan.json"), fixture("native/plan.json"), documents("orders"));
    let teams = drstack_testing::plan::plan(400);
    for plan in [
        Plan::read(&orders).unwrap(),
        Plan::read(&native).unwrap(),
        Plan::from_documents(&documents).unwrap(),
        Plan::read(teams.as_bytes()).unwrap(),
    ] {
        let mut edges = 0;
        for resource in plan.all_resources() {
            let mut in_graph: BTreeSet<(String, usize, &AttrPath)> = BTreeSet::new();
            for (target, edge) in plan.graph().references(resource.index()) {
                in_graph.insert((edge.path.to_string(), target, &edge.attribute));
            }
            edges += in_graph.len();
            for (path, ..) in &in_graph {
                let followed = resource.references(&path.parse().unwrap());
                let targets = followed.targets.iter().filter(|target| target.resource != resource);
                let followed: BTreeSet<_> =
                    targets.map(|target| (target.resource.index(), &target.attribute)).collect();
                let at_path = in_graph.iter().filter(|(other, ..)| other == path);
                let at_path: BTreeSet<_> =
                    at_path.map(|(_, target, attribute)| (*target, *attribute)).collect();
                if !matches!(&**path, "depends_on" | "count" | "for_each") {
                    assert_eq!(at_path, followed, "{resource:?} {path}");
                }
            }
        }
        assert!(edges > 10, "{plan:?}");
    }
}

#[test]
fn the_graph_tells_what_is_composed_and_what_is_not_resolved() {
    let main = r#"{
      "variable": {"prefix": {"default": "arn:aws:sqs"}},
      "module": {"remote": {"source": "example/keys/aws"}},
      "resource": {
        "aws_vpc": {"main": {"cidr_block": "10.0.0.0/16"}},
        "aws_sqs_queue": {"work": {
          "name": "work-${var.prefix}",
          "policy": "${var.prefix}:${aws_vpc.main.id}",
          "kms_master_key_id": "${module.remote.key}",
          "tags": {"vpc": "${aws_vpc.main.id}", "both": ["${upper(aws_vpc.main.id)}", "${aws_vpc.}"]}
        }}
      }
    }"#;
    let documents: Documents =
        [("main.tf.json".to_owned(), main.as_bytes().to_vec())].into_iter().collect();
    let plan = Plan::from_documents(&documents).unwrap();
    let queue = plan.resource("aws_sqs_queue.work").unwrap().index();
    let paths = |paths: Vec<&AttrPath>| -> BTreeSet<String> {
        paths.into_iter().map(AttrPath::to_string).collect()
    };
    let composed = paths(plan.graph().composed(queue).collect());
    assert_eq!(composed, ["policy", "tags.both[0]"].map(str::to_owned).into());
    let unresolved = paths(plan.graph().unresolved(queue).collect());
    assert_eq!(unresolved, ["kms_master_key_id", "tags.both[1]"].map(str::to_owned).into());
    let vpc = plan.resource("aws_vpc.main").unwrap().index();
    assert_eq!(plan.graph().composed(vpc).chain(plan.graph().unresolved(vpc)).count(), 0);
}

#[test]
fn locations_lead_to_the_attribute() {
    let (input, documents) = (fixture("orders/plan.json"), documents("orders"));
    let (plan, configuration) =
        (Plan::read(&input).unwrap(), Plan::from_documents(&documents).unwrap());

    let topic = configuration.resource("module.secondary.aws_sns_topic.alarms").unwrap();
    let location = configuration.locate(topic, &path("kms_master_key_id")).unwrap();
    assert_eq!((location.file, location.line), (Some("modules/region/main.tf.json"), 6));
    let text = documents.get("modules/region/main.tf.json").unwrap();
    assert_eq!(&text[location.offset..location.offset + location.len], b"\"${var.key_arn}\"");
    let line = text.split(|byte| *byte == b'\n').nth(location.line - 1).unwrap();
    assert!(line[location.column - 1..].starts_with(b"\"${var.key_arn}\""));

    let subnet = plan.resource("aws_subnet.s[\"b\"]").unwrap();
    let location = plan.locate(subnet, &path("cidr_block")).unwrap();
    assert_eq!(location.file, None);
    assert_eq!(&input[location.offset..location.offset + location.len], b"\"10.0.1.0/24\"");
    let unknown = plan.locate(subnet, &path("vpc_id")).unwrap();
    assert_eq!(&input[unknown.offset..unknown.offset + unknown.len], br#""aws_subnet.s[\"b\"]""#);
}

#[test]
fn a_state_and_a_plan_without_changes_hold_the_same_resources() {
    let (input, state, replan) =
        (fixture("orders/plan.json"), fixture("orders/state.json"), fixture("orders/replan.json"));
    let (plan, state, replan) =
        (Plan::read(&input).unwrap(), Plan::read(&state).unwrap(), Plan::read(&replan).unwrap());
    // The data source was read while planning: it is in the prior state, and no change.
    assert_eq!(addresses(&plan), addresses(&replan));
    let policy = replan.resource("data.aws_iam_policy_document.logs").unwrap();
    assert!(policy.get("json").as_str().unwrap().contains("arn:aws:s3:::root-logs-0/*"));
    let managed: BTreeSet<_> =
        addresses(&plan).into_iter().filter(|name| !name.starts_with("data.")).collect();
    assert_eq!(managed, addresses(&state));
    assert_eq!((state.kind(), replan.kind()), (Kind::State, Kind::Plan));
}

#[test]
fn regions_of_a_state_are_those_of_the_plan_as_far_as_arns_tell() {
    let (input, state) = (fixture("orders/plan.json"), fixture("orders/state.json"));
    let (plan, state) = (Plan::read(&input).unwrap(), Plan::read(&state).unwrap());
    let mut known = 0;
    for resource in state.resources() {
        if let Some(region) = resource.region() {
            known += 1;
            assert_eq!(
                Some(region),
                plan.resource(resource.address()).unwrap().region(),
                "{resource:?}"
            );
        }
    }
    assert_eq!(known, 22);
    assert_eq!(state.resource("aws_s3_bucket_versioning.logs[0]").unwrap().region(), None);
}

#[test]
fn identities_stand_for_references_in_a_state() {
    let state = fixture("orders/state.json");
    let state = Plan::read(&state).unwrap();
    let one = |text: &str| BTreeSet::from([text.to_owned()]);
    assert_eq!(
        targets(&state, "module.secondary.aws_sns_topic.alarms", "kms_master_key_id"),
        one(r#"module.keys["use2"].aws_kms_key.main#"#)
    );
    assert_eq!(targets(&state, "aws_subnet.s[\"a\"]", "vpc_id"), one("aws_vpc.main#"));
    assert_eq!(state.resource("aws_subnet.s[\"a\"]").unwrap().is_configured(&path("vpc_id")), None);
}

#[test]
fn a_plan_shows_what_was_before() {
    let (input, replan) = (fixture("orders/plan.json"), fixture("orders/replan.json"));
    let (plan, replan) = (Plan::read(&input).unwrap(), Plan::read(&replan).unwrap());
    let before = |plan: &Plan<'_>| {
        plan.resource("aws_db_instance.x")
            .unwrap()
            .before()
            .get("engine")
            .as_text()
            .map(String::from)
    };
    assert_eq!(before(&replan).as_deref(), Some("postgres"));
    assert_eq!(before(&plan), None);
}

#[test]
fn dynamic_blocks_are_expanded_in_configurations() {
    let (input, documents) = (fixture("orders/plan.json"), documents("orders"));
    let (plan, configuration) =
        (Plan::read(&input).unwrap(), Plan::from_documents(&documents).unwrap());
    for plan in [plan, configuration] {
        let routes: Vec<_> =
            plan.resource("aws_route_table.t").unwrap().get("route").elements().collect();
        let gateways: BTreeSet<_> = routes
            .iter()
            .map(|route| route.get("gateway_id").as_text().unwrap().into_owned())
            .collect();
        assert_eq!(gateways, BTreeSet::from(["a".to_owned(), "b".to_owned()]));
    }
}

#[test]
fn settings_and_variables_are_read() {
    let (input, documents) = (fixture("orders/plan.json"), documents("orders"));
    let (plan, configuration) =
        (Plan::read(&input).unwrap(), Plan::from_documents(&documents).unwrap());
    assert_eq!(plan.terraform_version(), Some("1.11.4"));
    assert_eq!(configuration.required_version(), Some(">= 1.5"));
    for plan in [&plan, &configuration] {
        assert_eq!(plan.provider_constraint("aws"), Some("~> 5.0"));
        assert_eq!(plan.variable("suffix").unwrap().as_str().as_deref(), Some("pr-7"));
        assert_eq!(
            plan.variable("subnets").unwrap().get("b.cidr").as_str().as_deref(),
            Some("10.0.1.0/24")
        );
        assert!(plan.variable("missing").is_none());
        let key = plan.resource("aws_s3_bucket_policy.logs[\"one\"]").unwrap();
        assert_eq!(key.key(), Some(InstanceKey::Text("one".to_owned())));
        let dependencies = key.depends_on();
        let dependencies: Vec<_> =
            dependencies.targets.iter().map(|target| target.resource.address()).collect();
        assert_eq!(
            dependencies,
            ["aws_s3_bucket_versioning.logs[0]", "aws_s3_bucket_versioning.logs[1]"]
        );
    }
}
