use drstack_plan::{AttrPath, Resource};

use crate::demand::given;
use crate::tables::names::{self, Name};
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "name-length",
    severity: Severity::Error,
    summary: "names are not longer than their service allows",
    protects: "a name that is too long is refused by AWS in the middle of an apply",
    fix: "shorten the name, or the prefix and the environment suffix that it is made of",
    requirements: &["N1"],
    explanation: include_str!("name_length.md"),
    check,
};

/// How many characters the provider adds to a prefix: a time and a counter
/// (`UniqueIDSuffixLength` of the plugin SDK).
const GENERATED: usize = 26;

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    for (resource_type, resources) in checked.types() {
        let Some(name) = names::of(resource_type) else { continue };
        let Some(max) = name.max else { continue };
        for &resource in resources {
            sink.judged();
            check_name(resource, name, max, sink);
        }
    }
}

fn check_name(resource: Resource<'_>, name: Name, max: usize, sink: &mut Sink) {
    let Ok(path) = name.path.parse::<AttrPath>() else { return };
    let value = given(resource, &path);
    let (path, length) = match value.as_str() {
        Some(text) => (path, text.chars().count()),
        None if value.is_unknown() && is_chosen_by_aws(resource, &path) => return,
        None if value.is_unknown() => {
            let Some(template) = resource.template(&path) else {
                return report_unknown(resource, &path, max, sink);
            };
            // What is not known adds to the length: the rest alone may be too long already.
            let known = template.render(|_, _| String::new()).chars().count();
            if known <= max {
                return report_unknown(resource, &path, max, sink);
            }
            (path, known)
        }
        None => {
            let Some(prefix) = name.prefix else { return };
            let path = AttrPath::root().key(prefix);
            let value = given(resource, &path);
            let Some(text) = value.as_str() else {
                if value.is_unknown() {
                    report_unknown(resource, &path, max, sink);
                }
                return;
            };
            (path, text.chars().count() + GENERATED)
        }
    };
    if length > max {
        let finding = Finding::violated(resource, path, "the name is too long for its service");
        let found = format!("{length} characters");
        sink.report(finding.found(found).expected(format_args!("at most {max}")));
    }
}

/// Whether the name comes from a certificate: that of the record which validates it.
fn is_chosen_by_aws(resource: Resource<'_>, path: &AttrPath) -> bool {
    let references = resource.references(path);
    let mut targets = references.targets.iter().peekable();
    references.unresolved.is_empty()
        && targets.peek().is_some()
        && targets.all(|target| target.resource.resource_type() == "aws_acm_certificate")
}

fn report_unknown(resource: Resource<'_>, path: &AttrPath, max: usize, sink: &mut Sink) {
    let message = "how long the name is is not known before apply";
    let finding = Finding::undetermined(resource, path, message);
    sink.report(finding.expected(format_args!("at most {max} characters")));
}
