use drstack_plan::Resource;

use crate::aurora::Databases;
use crate::demand::{Demand, given, path};
use crate::links::Link;
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "aurora-engine-version",
    severity: Severity::Error,
    summary: "all members of the global database run the same version of the PostgreSQL that is asked for",
    protects: "a managed failover is refused between members of different versions",
    fix: "give the global database and its clusters one engine_version, such as 15.10, and engine aurora-postgresql",
    requirements: &["R1", "N4"],
    explanation: include_str!("aurora_engine_version.md"),
    check,
};

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let databases = Databases::of(checked);
    let major = checked.parameters().postgresql_major.to_string();
    let of_major = |version: &str| version.split('.').next() == Some(&*major);
    let expected = format!("{major}.x");
    let version = path("engine_version");
    let globals = databases.globals.iter().map(|global| (*global, None));
    let clusters = databases.concerned().map(|cluster| (cluster.resource, Some(&cluster.global)));
    for (database, global) in globals.chain(clusters) {
        sink.judged();
        // An engine that is not set comes from the global database, and an empty one from AWS.
        let engine = Demand {
            message: "the engine is not Aurora PostgreSQL",
            expected: "aurora-postgresql",
        };
        sink.demand(database, &path("engine"), engine, |value| {
            value.is_null() || value.as_str().as_deref() == Some("aurora-postgresql")
        });
        // Of another engine the version says nothing about what is asked for.
        let of_other_engine = given(database, &path("engine"))
            .as_str()
            .is_some_and(|engine| engine != "aurora-postgresql");
        if of_other_engine {
            continue;
        }
        let inherits = matches!(global, Some(Link::To(global)) if has_version(*global));
        if inherits && given(database, &version).is_null() {
            continue;
        }
        let demand = Demand {
            message: "the major version is not the one that is asked for",
            expected: &expected,
        };
        sink.demand(database, &version, demand, |value| {
            value.as_text().is_some_and(|text| of_major(&text))
        });
    }
    for &global in &databases.globals {
        same_version(databases, global, sink);
    }
}

fn has_version(global: Resource<'_>) -> bool {
    !given(global, &path("engine_version")).is_null()
}

/// Every known version must be that of the first member that has one.
fn same_version<'plan>(databases: &Databases<'plan>, global: Resource<'plan>, sink: &mut Sink) {
    let all = [global].into_iter().chain(databases.members(global).map(|member| member.resource));
    let mut known =
        all.filter_map(|database| Some((database, database.get("engine_version").as_text()?)));
    let Some((first, version)) = known.next() else { return };
    for (other, found) in known.filter(|(_, found)| *found != version) {
        let finding = Finding::violated(
            other,
            "engine_version",
            "the version is not that of the other members",
        );
        let wanted = first.get("engine_version");
        let finding = finding.found(found).evidence(first);
        sink.report(if wanted.is_sensitive() {
            finding.expected(wanted)
        } else {
            finding.expected(&*version)
        });
    }
}
