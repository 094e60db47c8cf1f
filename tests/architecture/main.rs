//! Who may depend on whom.

#![expect(clippy::unwrap_used, reason = "what cargo prints is known")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

const DOMAINS: [&str; 8] =
    ["networking", "database", "compute", "storage", "monitoring", "dns", "security", "backup"];

/// The workspace's crates with their workspace dependencies; tests' own dependencies don't count.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps"])
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let short =
        |name: &serde_json::Value| name.as_str().unwrap().trim_start_matches("drstack-").to_owned();
    packages
        .iter()
        .map(|package| {
            let needs = package["dependencies"].as_array().unwrap().iter();
            let needs =
                needs.filter(|needed| needed["path"].is_string() && needed["kind"].is_null());
            (short(&package["name"]), needs.map(|needed| short(&needed["name"])).collect())
        })
        .collect()
}

#[test]
fn domains_know_the_document_model_and_not_each_other() {
    let dependencies = dependencies();
    for domain in DOMAINS {
        assert_eq!(dependencies[domain], BTreeSet::from(["terraform".to_owned()]), "{domain}");
    }
}

#[test]
fn the_read_side_and_the_write_side_do_not_meet_below_the_command() {
    let dependencies = dependencies();
    let needs = |name: &str| dependencies[name].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(needs("terraform"), [""; 0]);
    assert_eq!(needs("plan"), [""; 0]);
    assert_eq!(needs("recovery"), ["plan"]);
    assert_eq!(needs("diagram"), ["plan", "recovery"]);
    assert_eq!(needs("page"), ["diagram", "plan", "policy", "recovery", "report"]);
    assert_eq!(needs("policy"), ["plan", "recovery"]);
    assert_eq!(needs("rego"), ["plan", "policy"]);
    assert_eq!(needs("report"), ["plan", "policy"]);
    assert_eq!(needs("runbook"), ["plan", "recovery"]);
    for (name, needed) in &dependencies {
        let outside = name != "drstack" && name != "xtask";
        assert!(!(outside && needed.contains("drstack")), "{name} depends on the command");
    }
}
