//! What must hold for inputs of any size.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use drstack_plan::{AttrPath, Documents, Plan};
use rayon::prelude::*;

fn change(address: &str) -> String {
    format!(
        r#"{{"address":"{address}","change":{{"actions":["create"],"after":{{}},"after_unknown":{{"id":true}}}}}}"#
    )
}

#[test]
fn plans_can_be_shared_between_threads() {
    fn shareable<T: Send + Sync>() {}
    shareable::<Plan<'static>>();
}

/// A value that looks like the top level's `resource_changes`, in front of the real ones.
#[test]
fn what_is_read_ahead_counts_only_in_its_place() {
    let padding = "x".repeat(2 << 20);
    let decoy = format!(r#"{{"a":1,"resource_changes":[{}]}}"#, change("t.decoy"));
    let input = format!(
        r#"{{"format_version":"1.2","planned_values":{{"p":"{padding}","d":{decoy}}},"resource_changes":[{}]}}"#,
        change("t.real")
    );
    let plan = Plan::read(input.as_bytes()).unwrap();
    let addresses: Vec<_> = plan.resources().map(|resource| resource.address()).collect();
    assert_eq!(addresses, ["t.real"]);

    let damaged =
        input.replace(r#""after_unknown":{"id":true}}}]}"#, r#""after_unknown":{"id":true}}"#);
    assert!(Plan::read(damaged.as_bytes()).is_err());
}

/// Whoever locates first works out where lines begin, and others of the same thread pool wait for that.
#[test]
fn attributes_are_located_in_parallel() {
    let padding = "x".repeat(1 << 10);
    let changes: Vec<_> = (0..20_000).map(|n| change(&format!("t.{padding}{n}")) + "\n").collect();
    let input = format!(r#"{{"format_version":"1.2","resource_changes":[{}]}}"#, changes.join(","));
    let plan = Plan::read(input.as_bytes()).unwrap();
    let lines: Vec<_> = (0..plan.len())
        .into_par_iter()
        .map(|index| plan.locate(plan.nth(index)?, &AttrPath::root()).map(|found| found.line))
        .collect();
    assert!(lines.into_iter().eq((1..=plan.len()).map(Some)));
}

/// Groups that refer to each other one to one, and one resource that refers to a whole group.
#[test]
fn references_between_large_groups_take_linear_time() {
    const INSTANCES: usize = 30_000;
    let mut changes = change("t.all");
    for index in 0..INSTANCES {
        for name in ["a", "b"] {
            write!(changes, ",{}", change(&format!("t.{name}[{index}]"))).unwrap();
        }
    }
    let block = |name: &str, rest: &str| {
        format!(r#"{{"address":"t.{name}","mode":"managed","type":"t","name":"{name}",{rest}}}"#)
    };
    let count = format!(r#""count_expression":{{"constant_value":{INSTANCES}}}"#);
    let blocks = [
        block("a", &format!(r#""expressions":{{}},{count}"#)),
        block(
            "b",
            &format!(r#""expressions":{{"x":{{"references":["t.a","count.index"]}}}},{count}"#),
        ),
        block("all", r#""expressions":{"x":{"references":["t.b"]}}"#),
    ];
    let input = format!(
        r#"{{"format_version":"1.2","resource_changes":[{changes}],"configuration":{{"root_module":{{"resources":[{}]}}}}}}"#,
        blocks.join(",")
    );
    let start = Instant::now();
    let plan = Plan::read(input.as_bytes()).unwrap();
    assert_eq!(plan.graph().petgraph().edge_count(), 2 * INSTANCES);
    let all = plan.resource("t.all").unwrap();
    assert_eq!(all.references(&"x".parse().unwrap()).targets.len(), INSTANCES);
    let target =
        plan.graph().references(plan.resource("t.b[7]").unwrap().index()).next().unwrap().0;
    assert_eq!(plan.nth(target).unwrap().address(), "t.a[7]");
    // Well over a minute if any step were quadratic.
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

/// Instances that each look up their own entry in a large map, and their own instance of another block.
#[test]
fn large_maps_are_evaluated_in_linear_time() {
    const ENTRIES: usize = 9_000;
    let entries: Vec<_> =
        (0..ENTRIES).map(|n| format!(r#""k{n}":{{"name":"n{n}","size":{n}}}"#)).collect();
    let main = format!(
        r#"{{"locals":{{"all":{{{}}}}},"resource":{{"t":{{
            "a":{{"for_each":"${{local.all}}","name":"${{local.all[each.key].name}}"}},
            "b":{{"for_each":"${{local.all}}","name":"${{t.a[each.key].name}}-${{each.value.size}}"}}}}}}}}"#,
        entries.join(",")
    );
    let documents: Documents =
        [("main.tf.json".to_owned(), main.into_bytes())].into_iter().collect();
    let start = Instant::now();
    let plan = Plan::from_documents(&documents).unwrap();
    let last = plan.resource(&format!(r#"t.b["k{}"]"#, ENTRIES - 1)).unwrap();
    assert_eq!(last.get("name").as_str().as_deref(), Some("n8999-8999"));
    // Minutes if every look-up went through the map.
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}
