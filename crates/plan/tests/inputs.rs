//! Inputs that are not what they should be.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use drstack_plan::{Action, AttrPath, Documents, Kind, Plan, ReadError};
use proptest::prelude::*;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

fn read(input: &[u8]) -> ReadError {
    Plan::read(input).map(|plan| plan.len()).unwrap_err()
}

fn documents(main: &str) -> Documents {
    [("main.tf.json".to_owned(), main.as_bytes().to_vec())].into_iter().collect()
}

/// A plan with these entries of `resource_changes` and these further members.
fn plan(changes: &str, rest: &str) -> String {
    format!(
        r#"{{"format_version":"1.2","planned_values":{{}},"resource_changes":[{changes}]{rest}}}"#
    )
}

fn change(address: &str, actions: &str) -> String {
    format!(
        r#"{{"address":"{address}","change":{{"actions":{actions},"before":{{}},"after":{{"x":1}},"after_unknown":{{}}}}}}"#
    )
}

#[test]
fn inputs_are_recognised() {
    for (input, expected) in [
        (&b""[..], ReadError::Empty),
        (b" \n", ReadError::Empty),
        (b"\xef\xbb\xbf", ReadError::Empty),
        (b"PK\x03\x04rest", ReadError::BinaryPlan),
        (b"resource \"aws_vpc\" \"main\" {\n}", ReadError::Hcl),
        (b"# comment\n\nterraform {\n", ReadError::Hcl),
        (b"\xff\xfe{\0\"\0", ReadError::Utf16),
        (b"{\0\"\0f\0", ReadError::Utf16),
        (b"[]", ReadError::NotTerraform { found: "JSON, but not an object" }),
        (b"{}", ReadError::NotTerraform { found: "a JSON object without `format_version`" }),
        (br#"{"name":"package"}"#, ReadError::NotTerraform { found: "a JSON object without `format_version`" }),
        (br#"{"format_version":"1.0","provider_schemas":{}}"#, ReadError::NotTerraform { found: "another of Terraform's JSON outputs" }),
        (br#"{"version":4,"terraform_version":"1.11.4","serial":1,"lineage":"x","resources":[]}"#, ReadError::RawState),
        (br#"{"serial":1,"lineage":"x","meta":{},"encrypted_data":"eA==","encryption_version":"v0"}"#, ReadError::Encrypted),
        (br#"{"@level":"info","@message":"x"}"#, ReadError::Log),
        (br#"{"format_version":"0.2","values":{}}"#, ReadError::UnsupportedVersion { found: "0.2".to_owned() }),
        (br#"{"format_version":"2.0","values":{}}"#, ReadError::UnsupportedVersion { found: "2.0".to_owned() }),
        (b"null\n", ReadError::NotTerraform { found: "JSON, but not an object" }),
        (b"Error: no plan", ReadError::NotJson { at: 0, expected: "`{`" }),
        (br#"{"format_version" "1.0"}"#, ReadError::NotJson { at: 18, expected: "`:`" }),
        (br#"{"format_version":"1.0"} x"#, ReadError::NotJson { at: 25, expected: "the end of the text" }),
        (br#"{"format_version":"1.0","values":{"#, ReadError::Truncated { at: 34 }),
        (br#"{"format_version":"1.0","errored":tru"#, ReadError::Truncated { at: 37 }),
    ] {
        assert_eq!(read(input), expected, "{}", String::from_utf8_lossy(input));
    }
}

#[test]
fn plans_that_are_not_whole_are_refused() {
    assert_eq!(read(plan("", r#","errored":true"#).as_bytes()), ReadError::Errored);
    assert_eq!(read(plan("", r#","complete":false"#).as_bytes()), ReadError::Incomplete);
    let entry = change("aws_vpc.main", r#"["create"]"#);
    assert_eq!(
        read(plan(&format!("{entry},{entry}"), "").as_bytes()),
        ReadError::Duplicate { address: "aws_vpc.main".to_owned() }
    );
    assert_eq!(
        read(plan(&change("nonsense", r#"["create"]"#), "").as_bytes()),
        ReadError::BadAddress { address: "nonsense".to_owned() }
    );
    assert!(matches!(
        read(plan(&change("aws_vpc.main", r#"["explode"]"#), "").as_bytes()),
        ReadError::BadBlock { .. }
    ));
}

#[test]
fn a_missing_complete_is_not_false_and_a_byte_order_mark_does_no_harm() {
    let text = plan(&change("aws_vpc.main", r#"["create"]"#), "");
    assert_eq!(Plan::read(text.as_bytes()).unwrap().len(), 1);
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    assert_eq!(Plan::read(&marked).unwrap().len(), 1);
}

#[test]
fn an_empty_state_is_a_state() {
    let plan = Plan::read(br#"{"format_version":"1.0"}"#).unwrap();
    assert_eq!((plan.kind(), plan.is_empty(), plan.only_deletes()), (Kind::State, true, false));
}

#[test]
fn actions_tell_what_will_be_there() {
    let entries = [
        ("a.no_op", r#"["no-op"]"#, Action::NoOp, true),
        ("a.create", r#"["create"]"#, Action::Create, true),
        ("data.a.read", r#"["read"]"#, Action::Read, true),
        ("a.update", r#"["update"]"#, Action::Update, true),
        ("a.replace", r#"["delete","create"]"#, Action::Replace, true),
        ("a.replace_first", r#"["create","delete"]"#, Action::Replace, true),
        ("a.delete", r#"["delete"]"#, Action::Delete, false),
        ("a.forget", r#"["forget"]"#, Action::Forget, false),
    ];
    let changes: Vec<_> =
        entries.iter().map(|(address, actions, ..)| change(address, actions)).collect();
    let text = plan(&changes.join(","), "");
    let plan = Plan::read(text.as_bytes()).unwrap();
    for (address, _, action, exists) in entries {
        let resource = plan.resource(address).unwrap();
        assert_eq!(
            (resource.action(), resource.exists_after_apply()),
            (action, exists),
            "{address}"
        );
    }
    assert_eq!(plan.resources().count(), 6);
    assert!(!plan.only_deletes());
}

#[test]
fn deposed_objects_stand_beside_the_current_one() {
    let deposed = change("a.b", r#"["delete"]"#).replacen('{', r#"{"deposed":"0a1b","#, 1);
    let text = plan(&format!("{},{deposed}", change("a.b", r#"["no-op"]"#)), "");
    let plan = Plan::read(text.as_bytes()).unwrap();
    assert_eq!((plan.all_resources().count(), plan.resources().count()), (2, 1));
    assert_eq!(plan.resource("a.b").unwrap().action(), Action::NoOp);
    assert_eq!(plan.instances("a.b").count(), 1);
}

#[test]
fn a_plan_that_only_deletes_is_recognised() {
    let text =
        plan(&[change("a.b", r#"["delete"]"#), change("data.a.b", r#"["read"]"#)].join(","), "");
    assert!(Plan::read(text.as_bytes()).unwrap().only_deletes());
    assert!(!Plan::read(plan("", "").as_bytes()).unwrap().only_deletes());
}

#[test]
fn deferred_changes_are_listed() {
    let deferred = r#","deferred_changes":[{"reason":"instance_count_unknown","resource_change":{"address":"a.b[\"*\"]"}}]"#;
    let text = plan("", deferred);
    let plan = Plan::read(text.as_bytes()).unwrap();
    assert_eq!(plan.deferred()[0].address, "a.b[\"*\"]");
    assert_eq!(plan.deferred()[0].reason, "instance_count_unknown");
}

#[test]
fn deep_nesting_is_refused_or_skipped() {
    let deep = format!(
        r#"{{"format_version":"1.0","values":{{"root_module":{}}}}}"#,
        nested(r#"{"child_modules":["#, "]}", 50_000)
    );
    assert_eq!(read(deep.as_bytes()), ReadError::TooDeep { limit: 64 });
    let deep = plan("", &format!(r#","extra":{}"#, nested("[", "]", 200_000)));
    assert!(Plan::read(deep.as_bytes()).is_ok());
    let deep = documents(&format!(r#"{{"locals":{{"x":{}}}}}"#, nested("[", "]", 200_000)));
    assert!(matches!(Plan::from_documents(&deep), Err(ReadError::Document { .. })));
}

fn nested(opening: &str, closing: &str, depth: usize) -> String {
    format!("{}{}", opening.repeat(depth), closing.repeat(depth))
}

#[test]
fn documents_are_refused_with_their_path() {
    for (main, expected) in [
        (
            "{\"resource\": {",
            "main.tf.json: not JSON at line 1, column 15: expected the rest of the file",
        ),
        (
            r#"{"resource": {"a": 1}}"#,
            "main.tf.json: `a` is not shaped like a configuration block; expected an object or an array of objects",
        ),
        (
            r#"{"resource": {"a": {"b": {}}, "a": {"b": {}}}}"#,
            "main.tf.json: the input holds `a.b` twice; expected one entry for each address",
        ),
        (
            "{\"locals\":\n{\"é\": tru }}",
            "main.tf.json: not JSON at line 2, column 7: expected a value",
        ),
        (" ", "main.tf.json: not JSON at line 1, column 1: expected an object"),
        ("[\"resource\"]", "main.tf.json: not JSON at line 1, column 1: expected an object"),
    ] {
        assert_eq!(Plan::from_documents(&documents(main)).unwrap_err().to_string(), expected);
    }
    assert_eq!(Plan::from_documents(&Documents::default()).unwrap_err(), ReadError::Empty);
}

#[test]
fn cycles_and_explosions_end() {
    let doubling: Vec<_> =
        (1..40).map(|n| format!(r#""l{n}":"${{local.l{p}}}${{local.l{p}}}""#, p = n - 1)).collect();
    let text = format!(
        r#"{{"locals":{{"l0":"x",{},"a":"${{local.b}}","b":"${{local.a}}"}},
            "module":{{"self":{{"source":"./m","x":"${{module.self.x}}"}}}},
            "resource":{{"t":{{"a":{{"x":"${{t.b.x}}${{t.b.x}}","y":"${{local.a}}","z":"${{local.l39}}","w":"${{module.self.x}}"}},
                              "b":{{"x":"${{t.a.x}}${{t.a.x}}"}}}}}}}}"#,
        doubling.join(",")
    );
    let module = r#"{"variable":{"x":{}},"output":{"x":{"value":"${var.x}"}}}"#;
    let mut all: Vec<_> = vec![("main.tf.json".to_owned(), text.into_bytes())];
    all.push(("m/main.tf.json".to_owned(), module.as_bytes().to_vec()));
    let documents: Documents = all.into_iter().collect();
    let plan = Plan::from_documents(&documents).unwrap();
    let a = plan.resource("t.a").unwrap();
    for attribute in ["x", "y", "z", "w"] {
        assert!(a.get(attribute).is_unknown(), "{attribute}");
        a.references(&attribute.parse().unwrap());
    }
    plan.graph();
}

/// How often a block is repeated may depend on what it makes, as Terraform refuses it; through other blocks and modules, too.
#[test]
fn repetitions_that_depend_on_themselves_end() {
    let main = r#"{
      "module": {"m": {"source": "./m", "for_each": "${module.m}", "x": "1"}},
      "resource": {"t": {
        "own": {"count": "${length(t.own)}"},
        "key": {"for_each": "${t.key[\"a\"].tags}"},
        "one": {"for_each": "${t.other[\"a\"].tags}", "tags": {"a": "1"}},
        "other": {"for_each": "${t.one[\"a\"].tags}", "tags": {"a": "1"}}
      }}
    }"#;
    let module = r#"{"variable": {"x": {}}, "output": {"x": {"value": "${var.x}"}}}"#;
    let documents: Documents = [("main.tf.json", main), ("m/main.tf.json", module)]
        .into_iter()
        .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
        .collect();
    let plan = Plan::from_documents(&documents).unwrap();
    for name in ["own", "key", "one", "other"] {
        assert!(plan.instances(&format!("t.{name}")).next().is_some(), "{name}");
    }
    exercise(&plan);
}

/// Each local value holds the one before many times over.
#[test]
fn lists_that_grow_without_bounds_are_unknown() {
    let local = |n: usize| {
        let before = vec![format!("local.l{}", n - 1); 16].join(", ");
        format!(r#""l{n}": "${{[{before}]}}""#)
    };
    let locals: Vec<_> = (1..16).map(local).collect();
    let text = format!(
        r#"{{"locals": {{"l0": "x", {}}}, "resource": {{"t": {{"a": {{"few": "${{local.l2}}", "many": "${{local.l15}}"}}}}}}}}"#,
        locals.join(",")
    );
    let documents = documents(&text);
    let plan = Plan::from_documents(&documents).unwrap();
    let a = plan.resource("t.a").unwrap();
    assert_eq!(a.get("few").len(), Some(16));
    assert!(!a.get("many").is_wholly_known());
}

/// A resource counts once towards what is bounded.
#[test]
fn many_resources_in_many_modules_are_read() {
    let blocks: Vec<_> = (0..30).map(|n| format!(r#""b{n}":{{}}"#)).collect();
    let texts = [
        ("main.tf.json", r#"{"module": {"m": {"source": "./m", "count": 9000}}}"#.to_owned()),
        ("m/main.tf.json", format!(r#"{{"resource": {{"t": {{{}}}}}}}"#, blocks.join(","))),
    ];
    let documents: Documents =
        texts.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect();
    assert_eq!(Plan::from_documents(&documents).unwrap().len(), 270_000);
}

#[test]
fn texts_that_grow_without_bounds_are_unknown() {
    let local =
        |n: usize| format!(r#""l{n}": "${{replace(local.l{0}, \"a\", local.l{0})}}""#, n - 1);
    let locals: Vec<_> = (1..8).map(local).collect();
    let items = vec!["local.l2"; 20_000].join(", ");
    let text = format!(
        r#"{{"locals": {{"l0": "{}", {}}}, "resource": {{"t": {{"a": {{"few": "${{local.l2}}", "many": "${{local.l7}}", "joined": "${{join(\"\", [{items}])}}"}}}}}}}}"#,
        "a".repeat(9),
        locals.join(",")
    );
    let documents = documents(&text);
    let plan = Plan::from_documents(&documents).unwrap();
    let a = plan.resource("t.a").unwrap();
    assert_eq!(a.get("few").as_str().unwrap().len(), 9_usize.pow(4));
    for attribute in ["many", "joined"] {
        assert!(a.get(attribute).is_unknown(), "{attribute}");
    }
}

/// Modules within modules can make more resources than fit into any memory.
#[test]
fn repetitions_within_each_other_are_bounded() {
    let call = |source: &str| {
        format!(r#"{{"module": {{"inner": {{"source": "{source}", "count": 9000}}}}}}"#)
    };
    let of_modules = [
        ("main.tf.json", call("./a")),
        ("a/main.tf.json", call("../b")),
        ("b/main.tf.json", r#"{"resource": {"t": {"one": {}}}}"#.to_owned()),
    ];
    let of_resources = [
        ("main.tf.json", call("./a")),
        ("a/main.tf.json", r#"{"resource": {"t": {"one": {"count": 9000}}}}"#.to_owned()),
    ];
    for texts in [&of_modules[..], &of_resources] {
        let texts =
            texts.iter().map(|(path, text)| ((*path).to_owned(), text.clone().into_bytes()));
        let documents: Documents = texts.collect();
        let error = Plan::from_documents(&documents).unwrap_err();
        assert!(matches!(error, ReadError::TooMany { .. }), "{error}");
    }
}

/// Asks everything that can be asked.
fn exercise(plan: &Plan<'_>) {
    for resource in plan.all_resources() {
        let _ = (
            resource.region(),
            resource.before(),
            resource.depends_on(),
            resource.lifecycle(),
            resource.key(),
        );
        for (name, value) in resource.values().entries() {
            let path = AttrPath::root().key(name);
            let _ = (value.to_string(), value.elements().count(), resource.references(&path));
            let _ = (
                resource.template(&path).map(|template| template.render(|_, _| String::new())),
                plan.locate(resource, &path),
            );
        }
    }
    plan.graph();
    let _ = (plan.variables().count(), plan.outputs().count(), plan.blind_spots());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Plan::read(&bytes);
        let documents: Documents = [("main.tf.json".to_owned(), bytes)].into_iter().collect();
        let _ = Plan::from_documents(&documents);
    }

    #[test]
    fn no_damage_to_a_plan_makes_reading_panic(at in any::<prop::sample::Index>(), byte: u8, cut: bool) {
        let mut input = fixture("orders/plan.json");
        let at = at.index(input.len());
        if cut { input.truncate(at) } else { input[at] = byte }
        let plan = Plan::read(&input);
        prop_assert!(!cut || plan.is_err(), "a part was taken for the whole");
        if let Ok(plan) = plan {
            exercise(&plan);
        }
    }

    #[test]
    fn no_damage_to_a_configuration_makes_reading_panic(at in any::<prop::sample::Index>(), byte in prop::sample::select(b"\"{}[]$%\\.0a".to_vec())) {
        let mut main = fixture("orders/main.tf.json");
        let at = at.index(main.len());
        main[at] = byte;
        let documents: Documents = [
            ("main.tf.json".to_owned(), main),
            ("modules/region/main.tf.json".to_owned(), fixture("orders/modules/region/main.tf.json")),
            ("modules/security/main.tf.json".to_owned(), fixture("orders/modules/security/main.tf.json")),
        ].into_iter().collect();
        if let Ok(plan) = Plan::from_documents(&documents) {
            exercise(&plan);
        }
    }
}
