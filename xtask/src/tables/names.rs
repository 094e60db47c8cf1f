//! `names.tsv`: which argument is the resource's own name.
//!
//! - `prefix`: the argument with which the provider generates the rest of the name;
//! - `form`: the characters that the service admits;
//! - `max`: the longest name, in characters;
//! - `scope`: where the name must be unique: in its region of the `account`, `global` in the account or
//!   beyond, or within a `parent` that has a name or an id of its own.

use super::arguments::{Argument, Arguments};
use super::{NONE, Row, Table, global};

pub(super) const TABLE: Table =
    Table { name: "names", columns: &["prefix", "form", "max", "scope"], propose };

fn propose(arguments: &Arguments<'_>) -> Vec<Row> {
    let Some(name) = own_name(arguments) else { return Vec::new() };
    let prefix = prefix(arguments, name);
    let scope = match parent(arguments, name) {
        Some(_) => "parent",
        None if global::home(arguments.ty).is_some() => "global",
        None => "account",
    };
    vec![Row::new(name, [prefix.unwrap_or(NONE), NONE, NONE, scope])]
}

/// `name`, or else `X_name` or `X_identifier` where the type's name ends in `X`: `function_name` of
/// `aws_lambda_function`, `cluster_identifier` of `aws_rds_cluster`. An argument that names something
/// else carries that thing's name: `function_name` of `aws_lambda_alias`.
fn own_name<'a>(arguments: &'a Arguments<'_>) -> Option<&'a str> {
    let own = |path: &str| match path {
        "name" | "identifier" => true,
        _ => stem(path, &["_name", "_identifier"]).is_some_and(|stem| ends_in(arguments.ty, stem)),
    };
    let mut names: Vec<_> =
        strings(arguments).map(|(path, _)| path).filter(|path| own(path)).collect();
    names.sort_by_key(|path| *path != "name");
    names.first().copied()
}

fn prefix<'a>(arguments: &'a Arguments<'_>, name: &str) -> Option<&'a str> {
    let stem = name.trim_end_matches("_name");
    strings(arguments).map(|(path, _)| path).find(|path| {
        path.strip_suffix("_prefix").is_some_and(|start| start == name || start == stem)
    })
}

/// The required argument that names what the resource belongs to: `mesh_name` of `aws_appmesh_route`,
/// whose type begins like `aws_appmesh_mesh`.
fn parent<'a>(arguments: &'a Arguments<'_>, name: &str) -> Option<&'a str> {
    const PARENTS: [&str; 26] = [
        "api",
        "application",
        "agent",
        "autoscaling_group",
        "bot",
        "bucket",
        "catalog",
        "cluster",
        "database",
        "domain",
        "event_bus",
        "function",
        "group",
        "index",
        "instance",
        "lb",
        "load_balancer",
        "log_group",
        "mesh",
        "namespace",
        "project",
        "registry",
        "rest_api",
        "server",
        "user_pool",
        "workspace",
    ];
    let is_parent = |path: &str| {
        path == "bucket"
            || stem(path, &["_name", "_id", "_arn", "_identifier"])
                .is_some_and(|stem| PARENTS.contains(&stem))
    };
    strings(arguments)
        .filter(|(path, argument)| *path != name && argument.attribute.required && is_parent(path))
        .map(|(path, _)| path)
        .next()
}

fn strings<'a>(arguments: &'a Arguments<'_>) -> impl Iterator<Item = (&'a str, &'a Argument<'a>)> {
    arguments.top().filter(|(_, argument)| argument.is_string())
}

fn stem<'a>(path: &'a str, endings: &[&str]) -> Option<&'a str> {
    endings.iter().find_map(|ending| path.strip_suffix(ending))
}

/// Whether the type's last words are the stem's.
fn ends_in(ty: &str, stem: &str) -> bool {
    ty.strip_suffix(stem).is_some_and(|rest| rest.ends_with('_'))
}

#[cfg(test)]
mod tests {
    use super::super::tests::proposals;
    use super::*;

    #[test]
    fn the_name_is_told_from_references() {
        let paths = |ty| proposals(&TABLE, ty).into_keys().collect::<Vec<_>>();
        assert_eq!(paths("aws_lambda_function"), ["function_name"]);
        assert_eq!(paths("aws_lambda_alias"), ["name"]);
        assert_eq!(paths("aws_db_instance"), ["identifier"]);
        assert_eq!(paths("aws_rds_cluster"), ["cluster_identifier"]);
        assert!(paths("aws_lambda_permission").is_empty());
        assert!(paths("aws_iam_role_policy_attachment").is_empty());
        assert!(paths("aws_route").is_empty());
    }

    #[test]
    fn prefixes_and_parents_are_found() {
        assert_eq!(
            proposals(&TABLE, "aws_sqs_queue")["name"],
            ["name_prefix", "-", "-", "account"]
        );
        assert_eq!(
            proposals(&TABLE, "aws_rds_cluster")["cluster_identifier"],
            ["cluster_identifier_prefix", "-", "-", "account"]
        );
        assert_eq!(proposals(&TABLE, "aws_lambda_alias")["name"], ["-", "-", "-", "parent"]);
        assert_eq!(
            proposals(&TABLE, "aws_cloudwatch_log_stream")["name"],
            ["-", "-", "-", "parent"]
        );
    }
}
