//! Where resources are, as far as each kind of input tells.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use drstack_plan::Plan;

/// A plan with resources `aws_x.name` given by name, provider key, `after` and `after_unknown`.
fn plan(resources: &[(&str, &str, &str, &str)], providers: &str) -> String {
    let changes: Vec<_> = resources
        .iter()
        .map(|(address, _, after, unknown)| {
            format!(r#"{{"address":"{address}","change":{{"actions":["create"],"after":{{{after}}},"after_unknown":{{{unknown}}}}}}}"#)
        })
        .collect();
    let block = |(address, provider, ..): &(&str, &str, &str, &str)| {
        let (resource_type, name) = address
            .rsplit('.')
            .next()
            .zip(address.rsplit('.').nth(1))
            .map(|(name, kind)| (kind, name))
            .unwrap();
        format!(
            r#"{{"mode":"managed","type":"{resource_type}","name":"{name}","provider_config_key":"{provider}","expressions":{{}}}}"#
        )
    };
    let in_module = |wanted: bool| {
        let blocks: Vec<_> = resources
            .iter()
            .filter(|resource| resource.0.starts_with("module.") == wanted)
            .map(block)
            .collect();
        blocks.join(",")
    };
    format!(
        r#"{{"format_version":"1.2","variables":{{"primary":{{"value":"eu-west-1"}},"map":{{"value":{{"dr":"eu-west-2"}}}},"area":{{"value":"eu-west"}},"hidden":{{"value":"eu-west-3"}}}},
        "resource_changes":[{}],
        "configuration":{{"provider_config":{{{providers}}},"root_module":{{
            "variables":{{"primary":{{}},"map":{{}},"area":{{}},"hidden":{{"sensitive":true}}}},
            "resources":[{}],
            "module_calls":{{"legacy":{{"expressions":{{"where":{{"references":["var.primary"]}}}},
                "module":{{"variables":{{"where":{{}},"fallback":{{"default":"eu-north-1"}}}},"resources":[{}]}}}}}}}}}}}}"#,
        changes.join(","),
        in_module(false),
        in_module(true)
    )
}

fn region(
    address: &str,
    provider: &str,
    after: &str,
    unknown: &str,
    providers: &str,
) -> Option<String> {
    let text = plan(&[(address, provider, after, unknown)], providers);
    let plan = Plan::read(text.as_bytes()).unwrap();
    plan.resource(address).unwrap().region().map(String::from)
}

/// The region of a resource that uses a provider with this `region` expression.
fn of_provider(expression: &str) -> Option<String> {
    region(
        "aws_x.a",
        "aws",
        "",
        "",
        &format!(r#""aws":{{"name":"aws","expressions":{{"region":{expression}}}}}"#),
    )
}

#[test]
fn providers_take_their_region_from_constants_and_variables() {
    assert_eq!(of_provider(r#"{"constant_value":"eu-west-1"}"#).as_deref(), Some("eu-west-1"));
    assert_eq!(of_provider(r#"{"references":["var.primary"]}"#).as_deref(), Some("eu-west-1"));
    assert_eq!(
        of_provider(r#"{"constant_value":"${var.primary}","references":["var.primary"]}"#)
            .as_deref(),
        Some("eu-west-1")
    );
    assert_eq!(
        of_provider(r#"{"constant_value":"${var.area}-2","references":["var.area"]}"#).as_deref(),
        Some("eu-west-2")
    );
    assert_eq!(
        of_provider(r#"{"references":["var.map[\"dr\"]","var.map"]}"#).as_deref(),
        Some("eu-west-2")
    );
}

#[test]
fn what_is_not_certain_is_unknown() {
    for expression in [
        r#"{"references":["var.area"]}"#,
        r#"{"references":["var.primary","var.map"]}"#,
        r#"{"references":["local.region"]}"#,
        r#"{"references":["var.hidden"]}"#,
        r#"{"references":["data.aws_region.current.name","data.aws_region.current"]}"#,
        r#"{"constant_value":"default"}"#,
        r#"{"constant_value":"${lookup(var.map, \"dr\")}","references":["var.map"]}"#,
        "{}",
    ] {
        assert_eq!(of_provider(expression), None, "{expression}");
    }
    assert_eq!(region("aws_x.a", "aws.by_region[each.key]", "", "", ""), None);
}

#[test]
fn a_provider_whose_region_is_not_written_has_that_of_its_resources() {
    let local = r#""aws":{"name":"aws","expressions":{"region":{"references":["local.region"]}}}"#;
    let of = |values: &[(&str, &str)]| {
        let mut resources = vec![("aws_x.a", "aws", "", "")];
        resources.extend(values.iter().map(|(address, after)| (*address, "aws", *after, "")));
        let text = plan(&resources, local);
        let plan = Plan::read(text.as_bytes()).unwrap();
        plan.resource("aws_x.a").unwrap().region().map(String::from)
    };
    let zone = r#""availability_zone":"eu-west-1a""#;
    assert_eq!(of(&[("aws_subnet.a", zone)]).as_deref(), Some("eu-west-1"));
    let arn = r#""arn":"arn:aws:sqs:eu-west-1:1:q""#;
    assert_eq!(of(&[("aws_sqs_queue.a", arn)]).as_deref(), Some("eu-west-1"));
    let elsewhere = r#""availability_zone":"eu-west-2a""#;
    assert_eq!(of(&[("aws_subnet.a", zone), ("aws_subnet.b", elsewhere)]), None);
    let own = r#""region":"eu-west-2","availability_zone":"eu-west-2a""#;
    assert_eq!(of(&[("aws_subnet.a", zone), ("aws_subnet.b", own)]).as_deref(), Some("eu-west-1"));
    let replica = r#""replica":[{"arn":"arn:aws:sqs:eu-west-2:1:q"}]"#;
    assert_eq!(of(&[("aws_x.b", replica)]), None);
}

#[test]
fn an_event_target_is_where_its_target_is_unless_that_is_a_bus() {
    let local = r#""aws":{"name":"aws","expressions":{"region":{"references":["local.region"]}}}"#;
    for (arn, region) in [
        ("arn:aws:lambda:eu-west-2:1:function:f", Some("eu-west-2")),
        ("arn:aws:events:eu-west-2:1:event-bus/central", None),
    ] {
        let values = format!(r#""arn":"{arn}""#);
        let resources = [
            ("aws_cloudwatch_event_target.a", "aws", values.as_str(), ""),
            ("aws_x.a", "aws", "", ""),
        ];
        let text = plan(&resources, local);
        let written = r#""expressions":{"arn":{"constant_value":"x"}}"#;
        let text = text.replace(r#""expressions":{}"#, written);
        let plan = Plan::read(text.as_bytes()).unwrap();
        let region_of = |address| plan.resource(address).unwrap().region();
        assert_eq!(region_of("aws_cloudwatch_event_target.a").as_deref(), region, "{arn}");
        // What is written says nothing about the provider.
        assert_eq!(region_of("aws_x.a"), None, "{arn}");
    }
}

#[test]
fn providers_inside_modules_see_the_modules_variables() {
    let provider = |expression: &str| {
        format!(
            r#""module.legacy:aws":{{"name":"aws","module_address":"module.legacy","expressions":{{"region":{expression}}}}}"#
        )
    };
    let of = |expression: &str| {
        region("module.legacy.aws_x.a", "module.legacy:aws", "", "", &provider(expression))
    };
    assert_eq!(of(r#"{"references":["var.where"]}"#).as_deref(), Some("eu-west-1"));
    assert_eq!(of(r#"{"references":["var.fallback"]}"#).as_deref(), Some("eu-north-1"));
    assert_eq!(of(r#"{"references":["var.primary"]}"#), None);
}

#[test]
fn a_resources_own_region_comes_first_and_its_arn_last() {
    let provider =
        r#""aws":{"name":"aws","expressions":{"region":{"constant_value":"us-east-1"}}}"#;
    let of = |address, after, unknown| region(address, "aws", after, unknown, provider);
    assert_eq!(of("aws_x.a", r#""region":"us-east-2""#, "").as_deref(), Some("us-east-2"));
    assert_eq!(of("aws_x.a", "", r#""region":true"#).as_deref(), Some("us-east-1"));
    assert_eq!(
        of("aws_x.a", r#""arn":"arn:aws:sqs:us-west-2:1:q""#, "").as_deref(),
        Some("us-east-1")
    );
    // Here `region` says whose data may be collected, not where the resource is.
    assert_eq!(
        of("aws_config_aggregate_authorization.a", r#""region":"us-east-2""#, "").as_deref(),
        Some("us-east-1")
    );
    let without = |after| region("aws_x.a", "aws", after, "", "");
    assert_eq!(without(r#""arn":"arn:aws:sqs:us-west-2:1:q""#).as_deref(), Some("us-west-2"));
    assert_eq!(
        without(r#""id":"arn:aws-us-gov:sns:us-gov-west-1:1:t""#).as_deref(),
        Some("us-gov-west-1")
    );
    assert_eq!(without(r#""arn":"arn:aws:iam::1:role/r""#), None);
    assert_eq!(without(""), None);
}
