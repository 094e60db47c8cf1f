//! Deployment packages that lie beside a configuration: which ones its functions name, and what handlers they hold.
//!
//! Handlers and where they are looked for: <https://docs.aws.amazon.com/lambda/latest/dg/foundation-progmodel.html>,
//! <https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html>.

use std::collections::{BTreeMap, BTreeSet};

use drstack_plan::{Kind, Plan, Resource, folded};

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
    Some(folded(text.split('/')).join("/"))
}

/// The handler of a function, as far as the files of its package tell.
#[derive(Debug)]
pub struct Handler<'a> {
    /// The file that a person would write.
    source: String,
    /// All files that can hold it, the one that is loaded first before the others. `*` stands for a part of a name.
    files: Vec<String>,
    /// The name that a file of Python must bind at its top level.
    name: Option<&'a str>,
}

impl<'a> Handler<'a> {
    /// What a function's runtime and handler ask for; `None` where this can't be told of files: of Java and .NET, whose
    /// code is compiled.
    #[must_use]
    pub fn of(runtime: &str, handler: &'a str) -> Option<Self> {
        if runtime.starts_with("python") {
            Some(Self::python(handler))
        } else if runtime.starts_with("nodejs") {
            // The function may lie in an object of the module, `index.api.handler`:
            // <https://github.com/aws/aws-lambda-nodejs-runtime-interface-client>, `UserFunction.js`.
            Some(Self::file(file_stem(handler), &[".js", ".mjs", ".cjs"]))
        } else if runtime.starts_with("ruby") {
            // `source.Module::Class.method`.
            Some(Self::file(file_stem(handler), &[".rb"]))
        } else if runtime.starts_with("provided") {
            Some(Self::file("bootstrap", &[""]))
        } else {
            None
        }
    }

    /// The same for Python, which says what it loads of several files of a name:
    /// <https://docs.python.org/3/reference/import.html#path-entry-finders>.
    #[must_use]
    pub fn python(handler: &'a str) -> Self {
        let (module, name) = handler.rsplit_once('.').unwrap_or((handler, ""));
        // Both a dot and a slash lead into a folder.
        let module = module.replace('.', "/");
        let endings = ["/__init__.py", "/__init__.pyc", ".so", ".*.so", ".py", ".pyc"];
        let source = format!("{module}.py");
        Self { source, name: Some(name), ..Self::file(&module, &endings) }
    }

    /// The file that a person would write for it.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The name that a file of Python must bind at its top level.
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        self.name
    }

    /// Which of a package's files is loaded.
    pub fn file_among<'f>(&self, files: impl Iterator<Item = &'f str> + Clone) -> Option<&'f str> {
        self.files.iter().find_map(|wanted| {
            files.clone().find(|file| match wanted.split_once('*') {
                None => wanted == file,
                Some((start, end)) => file
                    .strip_prefix(start)
                    .and_then(|rest| rest.strip_suffix(end))
                    .is_some_and(|part| !part.contains('/')),
            })
        })
    }

    /// Whether a file defines the name, as far as can be seen: of what is not source, nothing can.
    #[must_use]
    pub fn is_defined_in(&self, file: &str, text: &str) -> bool {
        self.name.is_none_or(|name| !file.ends_with(".py") || python::binds(text, name))
    }

    fn file(stem: &str, endings: &[&str]) -> Self {
        let files: Vec<String> = endings.iter().map(|end| format!("{stem}{end}")).collect();
        Self { source: files.first().cloned().unwrap_or_default(), files, name: None }
    }

    /// Whether one of the files is there, and defines the name as far as can be seen.
    pub(crate) fn is_in(&self, files: &BTreeMap<String, Option<String>>) -> bool {
        self.file_among(files.keys().map(String::as_str)).is_some_and(|file| {
            let text = files.get(file).and_then(Option::as_deref);
            text.is_none_or(|text| self.is_defined_in(file, text))
        })
    }
}

/// What stands before the first dot behind the folders.
fn file_stem(handler: &str) -> &str {
    let name = handler.rfind('/').map_or(0, |at| at + 1);
    let length = handler[name..].find('.').unwrap_or(handler.len() - name);
    &handler[..name + length]
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
            ("python3.12", "app.handler", "app.cpython-312-x86_64-linux-gnu.so"),
            ("nodejs20.x", "dist/index.handler", "dist/index.mjs"),
            ("nodejs20.x", "v1.2/index.api.handler", "v1.2/index.js"),
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
    fn of_a_folder_and_a_module_of_the_same_name_python_loads_the_folder() {
        let text = |text: &str| Some(text.to_owned());
        let files = |folder: &str, module: &str| {
            BTreeMap::from([
                ("app/__init__.py".to_owned(), text(folder)),
                ("app.py".to_owned(), text(module)),
            ])
        };
        let handler = Handler::python("app.run");
        assert!(handler.is_in(&files("def run(): ...", "")));
        assert!(!handler.is_in(&files("", "def run(): ...")));
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
