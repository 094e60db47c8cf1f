use drstack_plan::{AttrPath, Resource, TemplatePart, Value};

use crate::arguments::is_state;
use crate::demand::given;
use crate::links::is_open;
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "lambda-package",
    severity: Severity::Error,
    summary: "each function says where its package is, what in it is called, and by which hash a new one is noticed",
    protects: "a function without a package can't be made, and one without a hash keeps its old code when the package changes",
    fix: "set filename (or s3_bucket and s3_key, or image_uri), source_code_hash, handler and runtime",
    requirements: &["V5", "D4"],
    explanation: include_str!("lambda_package.md"),
    check,
};

const SOURCES: [&str; 3] = ["filename", "image_uri", "s3_bucket"];

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    for &function in checked.of_type("aws_lambda_function") {
        sink.judged();
        let named: Vec<&str> =
            SOURCES.into_iter().filter(|name| is_set(argument(function, name))).collect();
        let needed: &[&str] = match named.as_slice() {
            ["image_uri"] => &["image_uri"],
            ["s3_bucket"] => &["s3_bucket", "s3_key", "handler", "runtime", "source_code_hash"],
            ["filename"] => &["filename", "handler", "runtime", "source_code_hash"],
            // What was imported keeps no file name: its package is in AWS.
            [] if is_state(checked) => &["handler", "runtime"],
            [] => {
                let finding = Finding::violated(function, "filename", "no package is named");
                sink.report(finding.expected(SOURCES.join(" or ")));
                continue;
            }
            [first, ..] => {
                let finding = Finding::violated(function, *first, "more than one package is named");
                sink.report(finding.found(named.join(", ")).expected("one of them"));
                continue;
            }
        };
        for name in needed {
            check_argument(checked, function, name, sink);
        }
    }
}

fn check_argument<'plan>(
    checked: &Checked<'plan>,
    function: Resource<'plan>,
    name: &str,
    sink: &mut Sink,
) {
    let value = argument(function, name);
    // A version of the object tells a new package as well as its hash does.
    if name == "source_code_hash" && is_set(argument(function, "s3_object_version")) {
        return;
    }
    if !is_set(value) {
        let message = format!("the function has a package, but no {name}");
        sink.report(Finding::violated(function, name, message).found(value));
    } else if value.is_unknown() {
        let path = AttrPath::root().key(name);
        // Text with something unknown in it is a text, whatever that is.
        let has_text = |part: &TemplatePart<'_>| matches!(part, TemplatePart::Text(_));
        if function.template(&path).is_some_and(|template| template.parts.iter().any(has_text)) {
            return;
        }
        // What refers to a resource will be there, whatever it is; what refers to a variable may be null.
        let references = function.references(&path);
        if references.targets.is_empty() || is_open(checked.plan(), &references) {
            let message = "whether the package is described in full is not known before apply";
            sink.report(Finding::undetermined(function, name, message).expected(name));
        }
    }
}

fn argument<'plan>(function: Resource<'plan>, name: &str) -> Value<'plan> {
    given(function, &AttrPath::root().key(name))
}

fn is_set(value: Value<'_>) -> bool {
    !value.is_null() && value.as_str().as_deref() != Some("")
}
