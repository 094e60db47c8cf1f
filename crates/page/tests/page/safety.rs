//! That it harms nobody and gives nothing away, whatever the text.

use std::sync::Arc;

use drstack_policy::{Finding, RuleFinding, Status, rules};
use proptest::prelude::*;
use serde_json::json;

use crate::made::{STACK, all, changed, page_of, page_of_findings, text, tree};

const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror=alert(1)> '&\u{202e}";

#[test]
fn the_page_is_alone() {
    let page = page_of(STACK, "recovery");
    let tree = tree(&page);
    let policies: Vec<_> = all(&tree, "meta")
        .filter(|meta| meta.attribute("http-equiv") == Some("Content-Security-Policy"))
        .filter_map(|meta| meta.attribute("content"))
        .collect();
    assert_eq!(policies, ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]);
    check_harmless(&tree);
    assert!(!page.contains("url(") && !page.contains("@import"), "a style loads something");
}

/// No element or attribute loads or runs anything; links lead to the page itself or to AWS's documentation.
fn check_harmless(tree: &roxmltree::Document<'_>) {
    for node in tree.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        let active = [
            "script", "iframe", "object", "embed", "img", "link", "base", "form", "video", "audio",
            "image", "use",
        ];
        assert!(!active.contains(&name), "<{name}>");
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            assert!(!name.starts_with("on") && name != "src", "{name}={value}");
            if name == "href" {
                let is_known =
                    value.starts_with('#') || value.starts_with("https://docs.aws.amazon.com/");
                assert!(is_known, "{value}");
            }
        }
    }
}

#[test]
fn names_do_not_become_markup() {
    let hostile = changed(|stack| {
        let resources = &mut stack["resource"];
        resources["aws_subnet"]["a"]["availability_zone"] = json!(HOSTILE);
        resources["aws_subnet"]["b"]["cidr_block"] = json!(HOSTILE);
        resources["aws_sqs_queue"]["standby"]["kms_master_key_id"] =
            json!(format!("arn:aws:kms:eu-west-1:123456789012:key/{HOSTILE}"));
        resources["aws_lambda_function"]["standby"]["runtime"] = json!(HOSTILE);
        resources["aws_vpc"]["x"] = json!({"for_each": [HOSTILE], "cidr_block": "10.5.0.0/16"});
    });
    let page = page_of(&hostile, "recovery");
    let tree = tree(&page);
    check_harmless(&tree);
    let said = text(tree.root_element());
    assert!(said.contains("<script>alert(1)</script>"), "it is shown as text");
    assert!(!page.contains('\u{202e}'), "the direction of writing is turned round");
}

/// What the schema, a variable or an output marks as sensitive stands nowhere on the page.
#[test]
fn sensitive_values_are_not_shown() {
    const CANARY: &str = "canary8d1f";
    let secret = changed(|stack| {
        stack["variable"] = json!({
            "secret": {"sensitive": true, "default": CANARY},
            "range": {"sensitive": true, "default": "10.77.0.0/16"},
        });
        let resources = &mut stack["resource"];
        resources["aws_lambda_function"]["standby"]["runtime"] = json!("${var.secret}");
        resources["aws_lambda_function"]["standby"]["environment"] = json!({"variables": {"TOKEN": "${var.secret}", "QUEUE": "https://sqs.eu-west-1.amazonaws.com/${var.secret}"}});
        resources["aws_subnet"]["a"]["availability_zone"] = json!("${var.secret}");
        resources["aws_vpc"]["standby"]["cidr_block"] = json!("${var.range}");
        resources["aws_sqs_queue"]["standby"]["kms_master_key_id"] =
            json!("arn:aws:kms:eu-west-1:123456789012:key/${var.secret}");
        resources["aws_rds_cluster"]["standby"]["engine_version"] = json!("${var.secret}");
    });
    let page = page_of(&secret, "recovery");
    assert!(page.contains("(sensitive)"), "the values are looked at");
    for shown in [CANARY, "10.77."] {
        let at = page.find(shown);
        let around = at.map(|at| &page[at.saturating_sub(300)..at + 40]);
        assert_eq!(around, None, "{shown}");
    }
}

#[test]
fn the_same_input_is_the_same_page() {
    assert_eq!(page_of(STACK, "recovery"), page_of(STACK, "recovery"));
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[|`<>&\"'%:\\[\\]\n\r\t\u{0}\u{1b}\u{2028}\u{202e}\u{fffe}./-]{0,20}",
        Just(HOSTILE.to_owned()),
        Just("]]>--></style><script>".to_owned()),
    ]
}

fn any_shared_text() -> impl Strategy<Value = Arc<str>> {
    any_text().prop_map(Arc::from)
}

prop_compose! {
    fn any_finding()(
        texts in proptest::array::uniform3(any_shared_text()),
        optional in proptest::array::uniform4(proptest::option::of(any_shared_text())),
        evidence in proptest::collection::vec(any_shared_text(), 0..3),
        violated in any::<bool>(),
    ) -> RuleFinding {
        let [address, path, message] = texts;
        let [found, expected, waived_by, remedy] = optional;
        let status = if violated { Status::Violated } else { Status::Undetermined };
        let finding = Finding { status, address, path, message, found, expected, evidence, at_most: None, identity: None, place: None, remedy };
        let rule = rules::find("cidr-overlap").unwrap();
        RuleFinding { waived_by, ..RuleFinding::new(rule, finding) }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_finding_stays_text(findings in proptest::collection::vec(any_finding(), 1..8)) {
        let page = page_of_findings(findings);
        check_harmless(&tree(&page));
    }
}
