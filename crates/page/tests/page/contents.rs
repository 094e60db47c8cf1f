//! What the sections say.

use drstack_plan::Plan;
use drstack_policy::{Pack, Parameters, Verdict, judge};
use drstack_report::{Input, Report};
use serde_json::json;

use crate::made::{
    GATE, STACK, all, by_id, changed, documents, page_of, page_with, render, row, table, text, tree,
};

fn section(page: &str, id: &str) -> String {
    text(by_id(&tree(page), id))
}

#[test]
fn the_head_says_the_verdict_in_one_sentence() {
    let failed = page_of(STACK, "recovery");
    let found = tree(&failed);
    let head = text(all(&found, "header").next().unwrap());
    assert!(head.contains("✕ Failed 34 findings of 1"), "{head}");
    assert!(head.contains("Left for a person to decide 5 min 15 s of 15 min to recover"), "{head}");
    assert!(head.contains("eu-west-1 serves, eu-west-2 takes over"), "{head}");
    let title = text(all(&found, "title").next().unwrap());
    assert_eq!(title, "Failed: stack - drstack");

    let passed = page_with(STACK, "recovery", |verdict| verdict.findings.clear());
    let head = text(all(&tree(&passed), "header").next().unwrap());
    assert!(head.contains("✓ Passed"), "{head}");
    assert!(!head.contains("is not among them"), "{head}");

    let planted = changed(|stack| {
        stack["resource"]["aws_sqs_queue"]["standby"]["kms_master_key_id"] =
            json!("${aws_kms_key.main.arn}");
    });
    let passed = page_with(&planted, "baseline", |verdict| verdict.findings.clear());
    let head = text(all(&tree(&passed), "header").next().unwrap());
    assert!(head.contains("that of eu-west-1 is not, or it can't be told."), "{head}");
}

/// The bars by hand: the alarm speaks after 60 s × 2, promotion takes 300 s and the endpoint's DNS 65 s, verification
/// 100 s; of 900 s that leaves 315 s to decide.
#[test]
fn the_waterfall_has_each_term_in_its_place() {
    let page = page_of(STACK, "recovery");
    let page = tree(&page);
    let budget = by_id(&page, "budget");
    let bars: Vec<(&str, &str)> = budget
        .descendants()
        .filter(|node| node.attribute("class") == Some("track"))
        .map(|track| {
            let bar = track.first_element_child().unwrap();
            (track.attribute("aria-label").unwrap(), bar.attribute("style").unwrap())
        })
        .collect();
    assert_eq!(
        bars,
        [
            ("from 0 s to 30 s", "left:0.000%;width:3.333%"),
            ("from 30 s to 40 s", "left:3.333%;width:1.111%"),
            ("from 40 s to 1 min 40 s", "left:4.444%;width:6.667%"),
            ("from 0 s to 2 min", "left:0.000%;width:13.333%"),
            ("from 2 min to 7 min 15 s", "left:13.333%;width:35.000%"),
            ("from 7 min 15 s to 12 min 15 s", "left:48.333%;width:33.333%"),
            ("from 12 min 15 s to 13 min 20 s", "left:81.667%;width:7.222%"),
            ("from 13 min 20 s to 15 min", "left:88.889%;width:11.111%"),
        ]
    );
    let cells = row(budget, "health check");
    assert_eq!(cells[1], "30 s");
    assert!(cells[0].contains("plan: aws_route53_health_check.main"), "{cells:?}");
    assert!(row(budget, "promotion")[0].contains("assumed: AWS says"));
    assert!(row(budget, "record: TTL")[0].contains("AWS: how-elastic-load-balancing-works"));
}

#[test]
fn a_budget_that_is_overdrawn_or_open_says_so() {
    let slow = changed(|stack| {
        stack["resource"]["aws_cloudwatch_metric_alarm"]["lag"]["period"] = json!(300);
    });
    let slow = section(&page_of(&slow, "recovery"), "budget");
    assert!(
        slow.contains("✕ beyond the objective The steps take 2 min 45 s more than the 15 min"),
        "{slow}"
    );
    assert!(slow.contains("after 17 min 45 s"), "{slow}");

    let open = changed(|stack| {
        stack["variable"] = json!({"period": {}});
        stack["resource"]["aws_cloudwatch_metric_alarm"]["lag"]["period"] = json!("${var.period}");
    });
    let page = page_of(&open, "recovery");
    let tree = tree(&page);
    let open = by_id(&tree, "budget");
    assert!(text(open).contains("? undetermined A step has no number"), "{}", text(open));
    let label = |node: &roxmltree::Node<'_, '_>| node.attribute("aria-label").map(str::to_owned);
    assert!(open.descendants().any(|node| label(&node).as_deref() == Some("has no place in time")));
}

#[test]
fn stores_are_named_with_what_they_promise() {
    let page = page_of(STACK, "recovery");
    let tree = tree(&page);
    let cluster = row(by_id(&tree, "budget"), "aws_rds_cluster.main");
    assert!(cluster[1].starts_with("✓ 4 minlag alarm: threshold: 2 min"), "{cluster:?}");
    assert!(cluster[1].ends_with("plan: aws_cloudwatch_metric_alarm.lag"), "{cluster:?}");
    assert!(cluster[2].starts_with("unbounded: replication is asynchronous"), "{cluster:?}");
    assert!(row(by_id(&tree, "budget"), "aws_sqs_queue.main")[1].starts_with("✕ unbounded"));
}

#[test]
fn the_drill_shows_the_path_of_each_edge() {
    let planted = changed(|stack| {
        stack["resource"]["aws_sqs_queue"]["standby"]["kms_master_key_id"] =
            json!("${aws_kms_key.main.arn}");
    });
    let page = page_of(&planted, "recovery");
    let tree = tree(&page);
    let drill = by_id(&tree, "drill");
    let said = text(drill);
    assert!(said.contains("Loss of eu-west-1, which serves ✕ not survived"), "{said}");
    assert!(said.contains("Loss of eu-west-2, which takes over ✓ survived"), "{said}");
    let edge = "aws_sqs_queue.standby → aws_kms_key.main by kms_master_key_id";
    assert!(said.contains(edge), "{said}");
    let unfolded = drill.descendants().filter(|node| node.has_attribute("open"));
    assert_eq!(unfolded.map(text).filter(|text| text.contains("1 fatal")).count(), 1);
}

#[test]
fn a_store_without_a_copy_is_a_loss_that_is_not_survived() {
    let page = page_of(
        &changed(|stack| {
            stack["resource"]["aws_efs_file_system"] = json!({"files": {}});
        }),
        "recovery",
    );
    let said = section(&page, "drill");
    assert!(said.contains("Loss of eu-west-1, which serves ✕ data is lost"), "{said}");
    assert!(
        said.contains("1 store without a copy What they hold is lost with eu-west-1."),
        "{said}"
    );
    assert!(said.contains("Loss of eu-west-2, which takes over ✓ survived"), "{said}");
    let said = section(&page, "budget");
    assert!(said.contains("Without a copy in eu-west-2: 1 store."), "{said}");
}

#[test]
fn a_single_region_is_not_lost() {
    let page = page_of(
        r#"{"provider": {"aws": {"region": "eu-west-1"}}, "resource": {"aws_sqs_queue": {"a": {}}}}"#,
        "baseline",
    );
    assert!(section(&page, "drill").contains("All of the input is in one region"));
    assert!(section(&page, "budget").contains("no recovery to time"));
    assert!(section(&page, "addresses").contains("The input has no VPC"));
}

#[test]
fn each_rule_says_what_came_of_it() {
    let page = page_with(STACK, "recovery", |verdict| {
        let mut waived = 0;
        for found in &mut verdict.findings {
            if found.rule.id == "rpo-budget" {
                found.waived_by = Some("accepted until the move".into());
                waived += 1;
            }
        }
        assert_eq!(waived, 2);
    });
    let tree = tree(&page);
    let rules = by_id(&tree, "rules");
    assert_eq!(row(rules, "region-survival")[1..], ["✓ passed", "error", "25", "none"]);
    assert_eq!(row(rules, "rpo-budget")[1..], ["– waived", "error", "3", "2 waived"]);
    assert_eq!(row(rules, "region-pair")[1..], ["– nothing to judge", "error", "0", "none"]);
    assert_eq!(row(rules, "lambda-parity")[1..], ["✕ violated", "error", "1", "1 violated"]);

    let parity = text(by_id(&tree, "rule-lambda-parity"));
    assert!(parity.contains("Fix make the functions of both regions from one module"), "{parity}");
    assert!(parity.contains("aws_lambda_function.standby memory_size"), "{parity}");
    assert!(parity.contains("Found 128. Expected 256."), "{parity}");
    let waived = text(by_id(&tree, "rule-rpo-budget"));
    assert!(
        waived.contains("– waived") && waived.contains("Waived: accepted until the move"),
        "{waived}"
    );
}

#[test]
fn what_can_not_be_judged_is_said_to_be_so() {
    let documents = documents("{}");
    let pack = Pack::named("baseline").unwrap();
    let empty = Plan::from_documents(&documents).unwrap();
    let inputs = vec![
        Input { label: "empty".to_owned(), outcome: Ok(judge(&empty, &pack)) },
        Input { label: "broken.json".to_owned(), outcome: Err("the text ends early".into()) },
    ];
    let page = render(&Report::new(inputs, GATE), &[Some(empty), None], &pack.parameters);
    let found = tree(&page);
    let head = text(all(&found, "header").next().unwrap());
    assert!(head.contains("? Not judged 2 of 2 inputs could not be judged."), "{head}");
    assert!(head.contains("the text ends early"), "{head}");

    let broken =
        Input { label: "broken.json".to_owned(), outcome: Err("the text ends early".into()) };
    let page = render(&Report::new(vec![broken], GATE), &[None], &Parameters::default());
    let found = tree(&page);
    let sections: Vec<_> =
        all(&found, "section").filter_map(|section| section.attribute("id")).collect();
    assert_eq!(sections, ["rules"], "there is nothing else to say");
    assert!(
        text(found.root_element()).contains("The input could not be judged: the text ends early.")
    );
}

#[test]
fn several_inputs_have_a_part_each() {
    let documents = documents(STACK);
    let pack = Pack::named("baseline").unwrap();
    let plans = [(); 2].map(|()| Plan::from_documents(&documents).unwrap());
    let verdict = |plan: &Plan<'_>| -> Verdict { judge(plan, &pack) };
    let inputs = ["one", "other"].into_iter().zip(&plans);
    let inputs =
        inputs.map(|(label, plan)| Input { label: label.to_owned(), outcome: Ok(verdict(plan)) });
    let report = Report::new(inputs.collect(), GATE);
    let page = render(&report, &plans.map(Some), &pack.parameters);
    let found = tree(&page);
    for id in ["budget", "drill", "addresses"] {
        let parts = by_id(&found, id).children().filter(|node| node.has_tag_name("h3"));
        assert_eq!(parts.map(text).collect::<Vec<_>>(), ["one", "other"], "{id}");
    }
}

#[test]
fn addresses_are_taken_or_free() {
    let page = page_of(STACK, "recovery");
    let tree = tree(&page);
    let addresses = by_id(&tree, "addresses");
    let said = text(addresses);
    assert!(said.contains("10.0.0.0/16: 2 subnets take 33,024 of 65,536 addresses, 50.4 %; the largest free range is 10.0.64.0/18."), "{said}");
    assert!(
        said.contains(
            "Peered with aws_vpc.standby (10.1.0.0/16) through aws_vpc_peering_connection.peer."
        ),
        "{said}"
    );
    assert_eq!(row(addresses, "10.0.0.0/24"), ["10.0.0.0/24", "251", "aws_subnet.a", "eu-west-1a"]);
    assert_eq!(row(addresses, "10.0.1.0/24"), ["10.0.1.0/24", "256", "free", ""]);
    let styles: Vec<_> = addresses
        .descendants()
        .filter(|node| node.attribute("class") == Some("subnet"))
        .filter_map(|node| node.attribute("style"))
        .collect();
    assert_eq!(styles[..2], ["left:0.0000%;width:0.3906%", "left:50.0000%;width:50.0000%"]);
}

#[test]
fn ranges_that_overlap_lie_outside_or_are_not_known_are_marked() {
    let page = changed(|stack| {
        stack["variable"] = json!({"cidr": {}});
        let resources = &mut stack["resource"];
        resources["aws_vpc"]["standby"]["cidr_block"] = json!("10.0.0.0/17");
        resources["aws_vpc"]["open"] =
            json!({"cidr_block": "${var.cidr}", "assign_generated_ipv6_cidr_block": true});
        resources["aws_subnet"]["c"] =
            json!({"vpc_id": "${aws_vpc.main.id}", "cidr_block": "10.0.128.0/20"});
        resources["aws_subnet"]["far"] =
            json!({"vpc_id": "${aws_vpc.main.id}", "cidr_block": "10.9.0.0/24"});
        resources["aws_subnet"]["six"] =
            json!({"vpc_id": "${aws_vpc.six.id}", "ipv6_cidr_block": "2600:1f18:aaaa:bb01::/64"});
        resources["aws_vpc"]["six"] =
            json!({"cidr_block": "172.16.0.0/16", "ipv6_cidr_block": "2600:1f18:aaaa:bb00::/56"});
        resources["aws_subnet"]["lost"] =
            json!({"vpc_id": "vpc-0123", "cidr_block": "10.7.0.0/24"});
    });
    let said = section(&page_of(&page, "recovery"), "addresses");
    for sentence in [
        "✕ overlap 10.0.0.0/16 overlaps 10.0.0.0/17 of aws_vpc.standby.",
        "✕ overlap 10.0.0.0/17 overlaps 10.0.0.0/16 of aws_vpc.main.",
        "✕ overlap 10.0.128.0/17 and 10.0.128.0/20 of its subnets overlap.",
        "✕ outside the subnet 10.9.0.0/24 lies outside of the VPC.",
        "Subnets outside of its ranges: 10.9.0.0/24 aws_subnet.far",
        "? not known A range is (known after apply).",
        "2600:1f18:aaaa:bb00::/56, IPv6, with 1 subnet 2600:1f18:aaaa:bb01::/64 aws_subnet.six",
        "Of a VPC that the input does not show 10.7.0.0/24 aws_subnet.lost",
    ] {
        assert!(said.contains(sentence), "{sentence}\n{said}");
    }
}

#[test]
fn long_lists_are_cut_and_say_where_the_rest_is() {
    let page = changed(|stack| {
        let resources = &mut stack["resource"];
        for number in 0..300 {
            resources["aws_sqs_queue"][format!("more_{number}")] =
                json!({"name": format!("more-{number}")});
            resources["aws_vpc"][format!("more_{number}")] = json!({"cidr_block": "10.0.0.0/16"});
        }
    });
    let page = page_of(&page, "recovery");
    let said = text(tree(&page).root_element());
    assert!(
        said.contains("more are not listed here; drstack check --format json has them"),
        "{said}"
    );
    assert!(said.contains("262 other VPCs are not drawn, 261 of them with overlaps"), "{said}");
    assert!(page.len() < 300_000, "{} bytes", page.len());
}

#[test]
fn the_same_of_instances_of_a_block_is_said_once() {
    let page = changed(|stack| {
        stack["resource"]["aws_sqs_queue"]["many"] = json!({"count": 50});
    });
    let page = page_of(&page, "recovery");
    let tree = tree(&page);
    let rule = text(by_id(&tree, "rule-kms-encryption"));
    assert!(rule.contains("aws_sqs_queue.many[0]"), "{rule}");
    assert!(rule.contains("and the same of 49 other instances"), "{rule}");
    assert!(!rule.contains("aws_sqs_queue.many[1]"), "{rule}");
    assert!(text(by_id(&tree, "inventory")).contains("aws_sqs_queue.many ×50"));
}

#[test]
fn the_inventory_counts_by_region_and_type() {
    let page = page_of(STACK, "recovery");
    let tree = tree(&page);
    let inventory = table(by_id(&tree, "inventory"), "Managed resources");
    let headings: Vec<String> =
        inventory.descendants().filter(|node| node.has_tag_name("th")).map(text).collect();
    assert!(headings.contains(&"eu-west-2, takes over".to_owned()), "{headings:?}");
    assert_eq!(row(inventory, "aws_sqs_queue"), ["aws_sqs_queue", "SQS", "2", "1", "–"]);
    assert_eq!(row(inventory, "aws_route53_record")[1..], ["Route 53", "–", "–", "2"]);
    assert_eq!(row(inventory, "Database")[1..], ["1", "1", "1"]);
}

#[test]
fn the_inventory_says_what_the_regions_have_differently() {
    let page = changed(|stack| {
        let resources = &mut stack["resource"];
        resources["aws_rds_cluster"]["standby"]["engine_version"] = json!("15.9");
        resources["aws_vpc_peering_connection_accepter"]["peer"] = json!({"provider": "aws.dr", "vpc_peering_connection_id": "${aws_vpc_peering_connection.peer.id}"});
        resources["aws_dynamodb_table"]["sessions"] = json!({"name": "sessions", "billing_mode": "PAY_PER_REQUEST", "replica": [{"region_name": "eu-west-2"}]});
    });
    let page = page_of(&page, "recovery");
    let tree = tree(&page);
    let inventory = by_id(&tree, "inventory");
    let said = text(inventory);
    // Names and zones differ too, and are bound to their region.
    assert!(said.contains("14 resources have a counterpart in the other of eu-west-1 and eu-west-2, with 2 differences"), "{said}");
    assert!(
        said.contains("8 are in one of them alone, 3 of these for a reason that is known"),
        "{said}"
    );
    let function = row(inventory, "aws_lambda_function.main");
    assert_eq!(function[1..], ["memory_size", "256", "128"]);
    assert_eq!(function[0], "aws_lambda_function.main aws_lambda_function.standby");
    assert_eq!(
        row(inventory, "aws_rds_cluster.main")[1..],
        ["engine_version", "\"15.10\"", "\"15.9\""]
    );
    assert_eq!(row(inventory, "aws_sqs_queue")[1..], ["aws_sqs_queue.audit", ""]);
    assert_eq!(
        row(inventory, "aws_dynamodb_table")[1..],
        ["aws_dynamodb_table.sessions keeps a replica in the other region", ""]
    );
    let accepter = &row(inventory, "aws_vpc_peering_connection_accepter")[2];
    assert!(
        accepter.ends_with("one side asks for the peering, the other accepts it"),
        "{accepter}"
    );
}

/// Modules that are called alike but for the region, and blocks with the same name in modules of any name.
#[test]
fn counterparts_are_found_across_modules() {
    let main = r#"{
      "provider": {"aws": [{"region": "eu-west-1"}, {"alias": "dr", "region": "eu-west-2"}]},
      "module": {"blue": {"source": "./work"}, "green": {"source": "./work", "providers": {"aws": "aws.dr"}}}
    }"#;
    let work = r#"{"resource": {"aws_sqs_queue": {"a": {}, "b": {}}, "aws_vpc": {"main": {"cidr_block": "10.0.0.0/16"}}}}"#;
    let documents: drstack_plan::Documents = [
        ("main.tf.json".to_owned(), main.as_bytes().to_vec()),
        ("work/main.tf.json".to_owned(), work.as_bytes().to_vec()),
    ]
    .into_iter()
    .collect();
    let plan = Plan::from_documents(&documents).unwrap();
    let pack = Pack::named("baseline").unwrap();
    let input = Input { label: "stack".to_owned(), outcome: Ok(judge(&plan, &pack)) };
    let page = render(&Report::new(vec![input], GATE), &[Some(plan)], &pack.parameters);
    let said = section(&page, "inventory");
    assert!(said.contains("✓ alike 6 resources have a counterpart"), "{said}");
}
