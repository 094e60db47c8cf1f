use drstack_plan::{AttrPath, Resource, TemplatePart, Value};

use crate::arguments::is_state;
use crate::demand::given;
use crate::links::is_open;
use crate::packages::{Handler, Package};
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "lambda-package",
    severity: Severity::Error,
    summary: "each function says where its package is, what in it is called, and by which hash a new one is noticed; a package at hand holds that",
    protects: "a function without a package can't be made, one without its handler fails at each call, and one without a hash keeps its old code when the package changes",
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
        if let Some(package) =
            checked.packages().and_then(|packages| packages.of(checked.plan(), function))
        {
            check_contents(function, package, sink);
        }
    }
}

/// Whether a package that is at hand can be opened and holds the handler. A layer may hold it as well.
fn check_contents(function: Resource<'_>, package: &Package, sink: &mut Sink) {
    let filename = argument(function, "filename");
    let Package::Files(files) = package else {
        let message = "the package can't be opened as a zip archive";
        return sink.report(Finding::violated(function, "filename", message).found(filename));
    };
    if !argument(function, "layers").is_empty() {
        return;
    }
    let [runtime, handler] = ["runtime", "handler"].map(|name| argument(function, name).as_str());
    let (Some(runtime), Some(handler)) = (runtime, handler) else { return };
    let Some(wanted) = Handler::of(&runtime, &handler) else { return };
    if wanted.is_in(files) {
        return;
    }
    let expected = match wanted.name() {
        Some(name) => format!("{} with {name}", wanted.source()),
        None => wanted.source().to_owned(),
    };
    let message = "the package does not hold the handler";
    let finding = Finding::violated(function, "handler", message);
    sink.report(finding.found(argument(function, "handler")).expected(expected));
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

#[cfg(test)]
mod tests {
    use drstack_plan::{Documents, Plan};

    use crate::{Finding, Pack, Package, Packages, Parameters, Severity, judge_with};

    use super::RULE;

    /// What the rule says of a function with these arguments, whose package holds one module of Python.
    fn found(arguments: &str, package: Package) -> Vec<Finding> {
        let text = format!(
            r#"{{"resource": {{"aws_lambda_function": {{"f": {{"filename": "${{path.root}}/a.zip", "source_code_hash": "x",
                "runtime": "python3.12"{arguments}}}}}}}}}"#
        );
        let documents: Documents =
            [("main.tf.json".to_owned(), text.into_bytes())].into_iter().collect();
        let plan = Plan::from_documents(&documents).unwrap();
        let pack =
            Pack { rules: vec![(&RULE, Severity::Error)], parameters: Parameters::default() };
        let packages = [("a.zip".to_owned(), package)].into_iter().collect::<Packages>();
        let verdict = judge_with(&plan, &pack, &packages);
        verdict.findings.into_iter().map(|found| *found.finding).collect()
    }

    #[test]
    fn a_package_at_hand_holds_the_handler() {
        let module = || {
            let text = Some("def handle(event, context):\n    pass\n".to_owned());
            Package::Files([("app.py".to_owned(), text)].into_iter().collect())
        };
        assert_eq!(found(r#", "handler": "app.handle""#, module()), []);
        assert_eq!(found(r#", "handler": "agent.wrap", "layers": ["arn"]"#, module()), []);
        for handler in ["app.other", "other.handle"] {
            let found = found(&format!(r#", "handler": "{handler}""#), module());
            assert_eq!(found.len(), 1, "{handler}");
            assert_eq!(&*found[0].path, "handler");
        }
        let found = found(r#", "handler": "app.handle""#, Package::Malformed);
        assert_eq!(found.len(), 1);
        assert_eq!(&*found[0].path, "filename");
    }
}
