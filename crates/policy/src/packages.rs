//! Deployment packages that lie beside a configuration: which ones its functions name, and what handlers they hold.
//!
//! Handlers and where they are looked for: <https://docs.aws.amazon.com/lambda/latest/dg/foundation-progmodel.html>,
//! <https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html>.

use std::collections::{BTreeMap, BTreeSet};

use drstack_plan::{Kind, Plan, Resource};

use crate::demand::path;
use crate::python;

/// The deployment packages that are at hand, by their paths relative to the root module, with `/` between folders.
#[derive(Debug, Default)]
pub struct Packages(BTreeMap<String, Package>);

/// A deployment package.
#[derive(Debug)]
pub enum Package {
    /// Its files by their paths in it. The text of those that could be read as one.
    Files(BTreeMap<String, Option<String>>),
    /// It is no archive that can be opened.
    Malformed,
}

impl Packages {
    /// The paths of the packages that a configuration's functions name. None for plans and states: what their paths are
    /// relative to is not part of them.
    #[must_use]
    pub fn named(plan: &Plan<'_>) -> BTreeSet<String> {
        let functions =
            plan.resources().filter(|resource| resource.resource_type() == "aws_lambda_function");
        functions.filter_map(|function| package_path(plan, function)).collect()
    }

    pub(crate) fn of(&self, plan: &Plan<'_>, function: Resource<'_>) -> Option<&Package> {
        if self.0.is_empty() { None } else { self.0.get(&package_path(plan, function)?) }
    }
}

impl FromIterator<(String, Package)> for Packages {
    fn from_iter<I: IntoIterator<Item = (String, Package)>>(packages: I) -> Self {
        Self(packages.into_iter().collect())
    }
}

/// Where a function's package is, relative to the root module. Terraform runs there.
fn package_path(plan: &Plan<'_>, function: Resource<'_>) -> Option<String> {
    if plan.kind() != Kind::Configuration {
        return None;
    }
    let at = path("filename");
    let value = function.at(&at);
    let text = if value.is_unknown() {
        let document = plan.locate(function, &at)?.file?;
        let folder = document.rsplit_once('/').map_or(".", |(folder, _)| folder);
        let mut is_known = true;
        let text = function.template(&at)?.render(|source, _| match source.trim() {
            "path.root" => ".".to_owned(),
            "path.module" => folder.to_owned(),
            _ => {
                is_known = false;
                String::new()
            }
        });
        is_known.then_some(text)?
    } else {
        value.as_str()?.into_owned()
    };
    if text.starts_with('/') {
        return None;
    }
    let mut steps: Vec<&str> = Vec::new();
    for step in text.split('/').filter(|step| !matches!(*step, "" | ".")) {
        match (step, steps.last()) {
            ("..", Some(last)) if *last != ".." => _ = steps.pop(),
            _ => steps.push(step),
        }
    }
    Some(steps.join("/"))
}

/// The handler of a runtime, as far as its files tell.
pub(crate) struct Handler<'a> {
    /// The files of which one must be there.
    pub(crate) files: Vec<String>,
    /// The name that a file must define at its top level, where that can be told.
    pub(crate) name: Option<&'a str>,
}

impl<'a> Handler<'a> {
    /// What a function's runtime and handler ask for; `None` where this can't be told of files: of Java and .NET, whose
    /// code is compiled.
    pub(crate) fn of(runtime: &str, handler: &'a str) -> Option<Self> {
        let (module, name) = handler.rsplit_once('.').unwrap_or((handler, ""));
        let files = |endings: &[&str], module: &str| {
            endings.iter().map(|ending| format!("{module}{ending}")).collect()
        };
        if runtime.starts_with("python") {
            // Both a dot and a slash lead into a folder.
            let files = files(&[".py", "/__init__.py", ".pyc", ".so"], &module.replace('.', "/"));
            Some(Self { files, name: Some(name) })
        } else if runtime.starts_with("nodejs") {
            Some(Self { files: files(&[".js", ".mjs", ".cjs"], module), name: None })
        } else if runtime.starts_with("ruby") {
            // `source.Module::Class.method`: the file is what stands before the first dot behind the folders.
            let folder = handler.rfind('/').map_or(0, |at| at + 1);
            let end = handler.get(folder..)?.find('.').map_or(handler.len(), |at| folder + at);
            Some(Self { files: files(&[".rb"], handler.get(..end)?), name: None })
        } else if runtime.starts_with("provided") {
            Some(Self { files: vec!["bootstrap".to_owned()], name: None })
        } else {
            None
        }
    }

    /// Whether one of the files is there, and defines the name as far as can be seen.
    pub(crate) fn is_in(&self, files: &BTreeMap<String, Option<String>>) -> bool {
        let mut found = self.files.iter().filter_map(|file| files.get(file));
        found.any(|text| match (text, self.name) {
            (Some(text), Some(name)) => python::binds(text, name),
            _ => true,
        })
    }
}

#[cfg(test)]
mod tests {
    use drstack_plan::Documents;

    use super::*;

    #[test]
    fn handlers_are_looked_for_where_their_runtime_does() {
        for (runtime, handler, file) in [
            ("python3.12", "handler.handler", "handler.py"),
            ("python3.12", "app.api.handler", "app/api.py"),
            ("python3.12", "app/api.handler", "app/api.py"),
            ("python3.12", "app.handler", "app/__init__.py"),
            ("nodejs20.x", "dist/index.handler", "dist/index.mjs"),
            ("ruby3.3", "app/function.App::Handler.process", "app/function.rb"),
            ("provided.al2023", "whatever", "bootstrap"),
        ] {
            let handler = Handler::of(runtime, handler).unwrap();
            let files = BTreeMap::from([(file.to_owned(), None)]);
            assert!(handler.is_in(&files), "{file}");
            assert!(!handler.is_in(&BTreeMap::from([("other.py".to_owned(), None)])), "{file}");
        }
        assert!(Handler::of("java21", "com.example.Handler::handle").is_none());
    }

    #[test]
    fn packages_are_named_relative_to_the_root() {
        let function = |name: &str| {
            format!(
                r#"{{"resource": {{"aws_lambda_function": {{"f": {{"filename": "{name}"}}}}}}}}"#
            )
        };
        for (filename, expected) in [
            ("${path.root}/lambda/a.zip", Some("lambda/a.zip")),
            ("${path.module}/../a.zip", Some("modules/a.zip")),
            ("a.zip", Some("a.zip")),
            ("../a.zip", Some("../a.zip")),
            ("/a.zip", None),
            ("${path.cwd}/a.zip", None),
            ("${data.archive_file.a.output_path}", None),
        ] {
            let documents: Documents = [
                ("main.tf.json", r#"{"module": {"f": {"source": "./modules/f"}}}"#.to_owned()),
                ("modules/f/main.tf.json", function(filename)),
            ]
            .into_iter()
            .map(|(path, text)| (path.to_owned(), text.into_bytes()))
            .collect();
            let plan = Plan::from_documents(&documents).unwrap();
            let named: Vec<String> = Packages::named(&plan).into_iter().collect();
            assert_eq!(named, expected.into_iter().collect::<Vec<_>>(), "{filename}");
        }
    }
}
