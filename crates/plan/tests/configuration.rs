//! What configurations in JSON syntax mean.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use drstack_plan::{Documents, Plan, ReadError};

fn documents(files: &[(&str, &str)]) -> Documents {
    files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
}

/// Reads one document and gives the plan to `check`.
fn with(main: &str, check: impl FnOnce(&Plan<'_>)) {
    let documents = documents(&[("main.tf.json", main)]);
    check(&Plan::from_documents(&documents).unwrap());
}

fn text(plan: &Plan<'_>, address: &str, path: &str) -> String {
    plan.resource(address).unwrap().get(path).to_string()
}

#[test]
fn literal_places_hold_no_templates() {
    let main = r#"{
        "variable": {"v": {"default": "${not} a template", "description": "${"}},
        "resource": {"t": {"a": {"x": "${var.v}"}}}
    }"#;
    with(main, |plan| assert_eq!(text(plan, "t.a", "x"), r#""${not} a template""#));
}

#[test]
fn comments_are_no_arguments() {
    let main = r#"{"//": "c", "resource": {"//": "c", "t": {"//": "c", "a": {"//": "${c", "x": 1, "b": {"//": "c", "y": 2}}}}}"#;
    with(main, |plan| {
        assert_eq!(plan.len(), 1);
        assert_eq!(text(plan, "t.a", ""), r#"{"b":{"y":2},"x":1}"#);
    });
}

#[test]
fn blocks_may_be_objects_or_arrays_anywhere() {
    let main = r#"{"resource": [{"t": [{"a": [{"x": 1}]}]}, {"t": {"b": {"x": 2}}}], "locals": [{"l": 1}, {"m": 2}]}"#;
    with(main, |plan| {
        assert_eq!(
            (text(plan, "t.a", "x"), text(plan, "t.b", "x")),
            ("1".to_owned(), "2".to_owned())
        );
    });
}

#[test]
fn lone_interpolations_keep_their_type() {
    let main = r#"{
        "locals": {"n": 3, "list": ["a", "b"], "map": {"k": {"deep": true}}},
        "resource": {"t": {"a": {
            "n": "${local.n}", "s": "n=${local.n}", "list": "${local.list}", "one": "${local.list[1]}",
            "deep": "${local.map[\"k\"].deep}", "all": "${local.list[*]}", "escaped": "$${local.n} %%{x}",
            "missing": "${local.map.nothing}", "bad": "${local.}", "sum": "${local.n + 1}"
        }}}
    }"#;
    with(main, |plan| {
        for (path, expected) in [
            ("n", "3"),
            ("s", r#""n=3""#),
            ("list", r#"["a","b"]"#),
            ("one", r#""b""#),
            ("deep", "true"),
            ("all", r#"["a","b"]"#),
            ("escaped", r#""${local.n} %{x}""#),
            ("missing", "(known after apply)"),
            ("bad", "(known after apply)"),
            ("sum", "4"),
        ] {
            assert_eq!(text(plan, "t.a", path), expected, "{path}");
        }
    });
}

#[test]
fn functions_and_operators_are_followed_as_far_as_they_are_known() {
    let main = r#"{
        "variable": {"unset": {}, "on": {"default": true}},
        "resource": {"t": {"a": {
            "json": "${jsonencode({b = [1, \"x\"], a = null})}",
            "unknown_json": "${jsonencode({b = var.unset})}",
            "merged": "${merge({a = 1}, {b = var.unset})}",
            "concat": "${concat([\"x\"], [var.unset])}",
            "set": "${toset([\"b\", \"a\", \"b\"])}",
            "picked": "${var.on ? \"yes\" : var.unset}",
            "decided": "${var.on || var.unset}",
            "for": "${[for k, v in {a = 1, b = 2} : \"${k}${v}\" if v > 1]}",
            "join": "${join(\"-\", [\"a\", 1])}",
            "other": "${cidrsubnet(\"10.0.0.0/8\", 8, 1)}"
        }}}
    }"#;
    with(main, |plan| {
        for (path, expected) in [
            ("json", r#""{\"a\":null,\"b\":[1,\"x\"]}""#),
            ("unknown_json", "(known after apply)"),
            ("merged.a", "1"),
            ("merged.b", "(known after apply)"),
            ("concat[0]", r#""x""#),
            ("concat[1]", "(known after apply)"),
            ("set", r#"["a","b"]"#),
            ("picked", r#""yes""#),
            ("decided", "true"),
            ("for", r#"["b2"]"#),
            ("join", r#""a-1""#),
            ("other", "(known after apply)"),
        ] {
            assert_eq!(text(plan, "t.a", path), expected, "{path}");
        }
    });
}

#[test]
fn instances_are_expanded_as_terraform_does() {
    let main = r#"{
        "variable": {"unset": {}},
        "resource": {"t": {
            "count": {"count": "${1 + 1}", "x": "${count.index}"},
            "map": {"for_each": {"k.1": {"v": 1}}, "x": "${each.value.v}", "y": "${each.key}"},
            "set": {"for_each": "${toset([\"b\"])}", "x": "${each.value}"},
            "none": {"count": 0},
            "unknown": {"for_each": "${var.unset}", "x": "${each.key}"},
            "first": {"x": "${t.count[0].x}", "y": "${t.count[*].x}", "z": "${t.map[\"k.1\"].y}", "u": "${t.unknown[\"a\"].x}"}
        }}
    }"#;
    with(main, |plan| {
        let addresses: Vec<_> = plan.resources().map(|resource| resource.address()).collect();
        assert_eq!(
            addresses,
            ["t.count[0]", "t.count[1]", "t.map[\"k.1\"]", "t.set[\"b\"]", "t.unknown", "t.first"]
        );
        assert_eq!(text(plan, "t.count[1]", "x"), "1");
        assert_eq!(text(plan, "t.map[\"k.1\"]", "x"), "1");
        assert_eq!(text(plan, "t.set[\"b\"]", "x"), "\"b\"");
        assert_eq!(text(plan, "t.first", ""), r#"{"u":null,"x":0,"y":[0,1],"z":"k.1"}"#);
        assert!(plan.resource("t.unknown").unwrap().get("x").is_unknown());
        let references = plan.resource("t.first").unwrap().references(&"u".parse().unwrap());
        assert_eq!(references.targets[0].resource.address(), "t.unknown");
        assert_eq!(references.targets[0].attribute.to_string(), "x");
    });
}

#[test]
fn tfvars_give_variables_their_values() {
    let documents = documents(&[
        (
            "main.tf.json",
            r#"{"variable": {"v": {"default": 1}}, "resource": {"t": {"a": {"x": "${var.v}"}}}}"#,
        ),
        ("terraform.tfvars.json", r#"{"v": 2}"#),
    ]);
    let plan = Plan::from_documents(&documents).unwrap();
    assert_eq!(text(&plan, "t.a", "x"), "2");
}

#[test]
fn providers_are_passed_inherited_or_unknown() {
    let module = r#"{"resource": {"t_x": {"default": {}, "other": {"provider": "t.other"}, "named": {"provider": "t.missing"}}}}"#;
    let documents = documents(&[
        (
            "main.tf.json",
            r#"{
                "provider": {"t": [{"region": "us-east-1"}, {"alias": "b", "region": "us-east-2"}, {"alias": "env"}]},
                "module": {
                    "inherits": {"source": "./m"},
                    "passed": {"source": "./m", "providers": {"t": "t.b", "t.other": "t"}},
                    "env": {"source": "./m", "providers": {"t": "t.env"}},
                    "remote": {"source": "example/x/t"}
                }
            }"#,
        ),
        ("m/main.tf.json", module),
    ]);
    let plan = Plan::from_documents(&documents).unwrap();
    let region = |address: &str| plan.resource(address).unwrap().region().map(String::from);
    assert_eq!(region("module.inherits.t_x.default").as_deref(), Some("us-east-1"));
    assert_eq!(region("module.inherits.t_x.other"), None);
    assert_eq!(region("module.passed.t_x.default").as_deref(), Some("us-east-2"));
    assert_eq!(region("module.passed.t_x.other").as_deref(), Some("us-east-1"));
    assert_eq!(region("module.passed.t_x.named"), None);
    assert_eq!(region("module.env.t_x.default"), None);
    assert!(plan.blind_spots().contains(&drstack_plan::BlindSpot::RemoteModules));
}

#[test]
fn override_files_and_native_syntax_are_refused() {
    let refused =
        |files| Plan::from_documents(&documents(files)).map(|plan| plan.len()).unwrap_err();
    let error = refused(&[("main.tf.json", "{}"), ("override.tf.json", "{}")]);
    assert_eq!(
        error,
        ReadError::Document {
            path: "override.tf.json".to_owned(),
            source: Box::new(ReadError::Override)
        }
    );
    let error = refused(&[("main.tf.json", "{}"), ("x.tf", "resource \"a\" \"b\" {}")]);
    assert_eq!(
        error,
        ReadError::Document { path: "x.tf".to_owned(), source: Box::new(ReadError::Hcl) }
    );
}
