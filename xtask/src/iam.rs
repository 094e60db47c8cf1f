//! `cargo xtask iam`: the IAM actions and resource types as tables that are searched without being parsed.
//!
//! The input is AWS's service authorization reference
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/>) as two TSV files with a header:
//! `action access resource_types`, and `service resource_type arn`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::error::Error;
use crate::workspace::{self, Then, Workspace};

const ACTIONS: &str = "policies/tables/iam-actions.tsv";
const RESOURCES: &str = "policies/tables/iam-resources.tsv";

pub(crate) fn run(
    workspace: &Workspace,
    actions: &Path,
    resources: &Path,
    then: Then,
) -> Result<(), Error> {
    let convert = |path: &Path, convert: fn(&str) -> Result<String, (usize, String)>| {
        convert(&workspace::read(path)?).map_err(|(line, problem)| Error::Line {
            path: path.to_owned(),
            line,
            problem,
        })
    };
    workspace.put(ACTIONS, &convert(actions, convert_actions)?, then)?;
    workspace.put(RESOURCES, &convert(resources, convert_resources)?, then)
}

/// One action a line, by service and name without regard to case, which is how IAM compares them.
fn convert_actions(input: &str) -> Result<String, (usize, String)> {
    let mut actions = BTreeMap::new();
    for (number, line) in rows(input) {
        let [action, access, resources] = fields(number, line)?;
        let Some((service, name)) = action.split_once(':') else {
            return Err((number, format!("found action `{action}`, expected `service:Name`")));
        };
        if !["list", "permissions", "read", "tagging", "write"].contains(&access) {
            return Err((
                number,
                format!("found access level `{access}`, expected one of AWS's five"),
            ));
        }
        let key = (service.to_ascii_lowercase(), name.to_ascii_lowercase());
        if actions.insert(key, line).is_some() {
            return Err((number, format!("`{action}` is listed twice")));
        }
        if resources.is_empty() {
            return Err((
                number,
                format!("`{action}` lists no resource types, expected `*` or names"),
            ));
        }
    }
    Ok(table("action\taccess\tresources", actions.into_values()))
}

/// One ARN form a line, by the service that the ARN itself names; placeholders become `*`.
fn convert_resources(input: &str) -> Result<String, (usize, String)> {
    let mut forms = BTreeSet::new();
    for (number, line) in rows(input) {
        let [_, _, arn] = fields(number, line)?;
        let slots: Vec<_> = arn.splitn(6, ':').collect();
        let ["arn", _, service, region, _, resource] = slots.as_slice() else {
            return Err((number, format!("found `{arn}`, expected an ARN of six parts")));
        };
        // AWS Backup lists the recovery points of every other service as one form, which says nothing.
        if service.contains('$') {
            continue;
        }
        let scope = if region.contains("${Region}") { "regional" } else { "global" };
        forms.insert((*service, without_placeholders(resource), scope));
    }
    let lines = forms
        .into_iter()
        .map(|(service, resource, scope)| format!("{service}\t{scope}\t{resource}"));
    Ok(table("service\tscope\tresource", lines))
}

fn without_placeholders(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        out.push('*');
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

/// The lines behind the header, numbered as an editor numbers them.
fn rows(input: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(input.lines()).skip(1)
}

fn fields(number: usize, line: &str) -> Result<[&str; 3], (usize, String)> {
    let fields: Vec<_> = line.split('\t').collect();
    fields
        .try_into()
        .map_err(|_| (number, format!("found `{line}`, expected three tab-separated fields")))
}

fn table(header: &str, lines: impl Iterator<Item = impl AsRef<str>>) -> String {
    let mut out = format!("{header}\n");
    for line in lines {
        out.push_str(line.as_ref());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_sorted_by_service_then_name() {
        let input = "action\taccess\tresource_types\nec2-x:A\tread\t*\nec2:b\twrite\tinstance\nec2:A\tlist\t*\n";
        let table = convert_actions(input).unwrap();
        assert_eq!(
            table,
            "action\taccess\tresources\nec2:A\tlist\t*\nec2:b\twrite\tinstance\nec2-x:A\tread\t*\n"
        );
    }

    #[test]
    fn bad_lines_are_named() {
        let problem = |line: &str| convert_actions(&format!("header\n{line}\n")).unwrap_err();
        assert_eq!(problem("GetObject\tread\t*").0, 2);
        assert!(problem("s3:GetObject\tmaybe\t*").1.contains("access level"));
        assert!(problem("s3:GetObject\tread").1.contains("three"));
        assert!(problem("s3:GetObject\tread\t").1.contains("no resource types"));
        assert!(problem("s3:A\tread\t*\ns3:a\tread\t*").1.contains("twice"));
        assert_eq!(convert_resources("header\ns3\tbucket\tarn:aws:s3\n").unwrap_err().0, 2);
    }

    #[test]
    fn arn_forms_say_whether_they_are_regional() {
        let input = "service\tresource_type\tarn\n\
            sqs\tqueue\tarn:${Partition}:sqs:${Region}:${Account}:${QueueName}\n\
            s3\tobject\tarn:${Partition}:s3:::${BucketName}/${ObjectName}\n\
            backup\trecoveryPoint\tarn:${Partition}:${Vendor}:${Region}:*:${ResourceType}:${RecoveryPointId}\n";
        let table = convert_resources(input).unwrap();
        assert_eq!(table, "service\tscope\tresource\ns3\tglobal\t*/*\nsqs\tregional\t*\n");
    }
}
