//! What `drstack check` is given: plans, states, directories of `*.tf.json`, standard input.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use drstack_plan::{Documents, Plan, ReadError, Text};
use drstack_policy::Packages;

use crate::package::{self, PackageError};

/// An input with its bytes, which its plan borrows.
pub struct Source {
    /// The input as it was named.
    pub label: String,
    content: Content,
}

enum Content {
    /// A plan or a state.
    Text(Text),
    /// A configuration.
    Documents { documents: Documents, beside: Beside },
}

/// Where the files that a configuration names are.
enum Beside {
    /// In its directory.
    Directory(PathBuf),
    /// In memory, by their paths relative to the root module.
    Memory(BTreeMap<String, Vec<u8>>),
}

/// What of an input is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// What plans are made of.
    Judged,
    /// Everything: policies of users may look at all of it.
    Everything,
}

/// Why an input can't be read.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The operating system refused.
    #[error("can't read `{}`: {source}", path.display())]
    Io {
        /// What could not be read.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The directory holds no Terraform configuration in JSON syntax.
    #[error("`{}` holds no *.tf.json{}", path.display(), if *native { "; *.tf files can be judged through a plan: run `terraform plan -out plan.bin` and `terraform show -json plan.bin > plan.json`" } else { "" })]
    Empty {
        /// The directory.
        path: PathBuf,
        /// Whether it holds `*.tf` files.
        native: bool,
    },
    /// Variables' values in native syntax that can't be read.
    #[error("`{}` gives no values: {problem}; expected lines like `name = \"value\"`", path.display())]
    Variables {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The same file in both syntaxes.
    #[error("`{0}` and `{0}.json` both give variables their values; expected one of them", path.display())]
    TwoForms {
        /// The one in native syntax.
        path: PathBuf,
    },
    /// Policies of users have nothing to look at.
    #[error(
        "policies judge the JSON of a plan or a state, and this is a configuration: run `terraform plan -out plan.bin` and `terraform show -json plan.bin > plan.json`, and check that"
    )]
    NoDocument,
    /// Policies of users look at the whole, and a part was not kept.
    #[error("a part of the input was not kept, and policies look at all of it")]
    NotWhole,
    /// The text is not a plan, a state or a configuration that can be judged.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl Keep {
    fn read(self, mut input: impl Read) -> io::Result<Text> {
        match self {
            Self::Judged => Text::read(input),
            Self::Everything => {
                let mut text = Vec::new();
                input.read_to_end(&mut text)?;
                Ok(Text::whole_of(text))
            }
        }
    }
}

impl Source {
    /// Reads a file, a directory of `*.tf.json` with its modules, or standard input (`-`).
    ///
    /// # Errors
    /// When it can't be read, or a directory holds no `*.tf.json`.
    pub fn open(path: &Path, keep: Keep) -> Result<Self, InputError> {
        let label = label(path);
        let failed = |source| InputError::Io { path: path.to_owned(), source };
        if path.as_os_str() == "-" {
            let content = Content::Text(keep.read(io::stdin().lock()).map_err(failed)?);
            return Ok(Self { label, content });
        }
        if path.is_dir() {
            let (documents, beside) = (directory(path)?, Beside::Directory(path.to_owned()));
            return Ok(Self { label, content: Content::Documents { documents, beside } });
        }
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .filter(|name| name.ends_with(".tf.json"));
        let content = match name {
            Some(name) => {
                let text = fs::read(path).map_err(failed)?;
                let documents = [(name.to_owned(), text)].into_iter().collect();
                let folder = path.parent().unwrap_or(Path::new("")).to_owned();
                Content::Documents { documents, beside: Beside::Directory(folder) }
            }
            None => {
                let text = File::open(path).and_then(|file| keep.read(file));
                Content::Text(text.map_err(failed)?)
            }
        };
        Ok(Self { label, content })
    }

    /// A plan or a state in memory.
    #[must_use]
    pub fn text(label: &str, text: Vec<u8>) -> Self {
        Self { label: label.to_owned(), content: Content::Text(Text::whole_of(text)) }
    }

    /// A configuration in memory: its documents and the other files of its tree.
    #[must_use]
    pub fn documents(label: String, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let (documents, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
            files.into_iter().partition(|(path, _)| path.ends_with(".tf.json"));
        let documents = documents.into_iter().collect();
        let beside = Beside::Memory(others);
        Self { label, content: Content::Documents { documents, beside } }
    }

    /// The deployment packages that the functions of a configuration name, as far as they are there and not larger than
    /// Lambda takes.
    #[must_use]
    pub fn packages(&self, plan: &Plan<'_>) -> Packages {
        let Content::Documents { beside, .. } = &self.content else { return Packages::default() };
        let read = |path: &str| match beside {
            Beside::Directory(root) => {
                let path = root.join(path);
                let size = fs::metadata(&path).ok().filter(fs::Metadata::is_file)?.len();
                let is_small = usize::try_from(size).is_ok_and(|size| size <= PackageError::MAX);
                is_small.then(|| fs::read(path).ok()).flatten().map(Cow::Owned)
            }
            Beside::Memory(files) => files.get(path).map(|bytes| Cow::Borrowed(bytes.as_slice())),
        };
        let named = Packages::named(plan).into_iter();
        let opened = named.filter_map(|path| {
            let package = package::open(&read(&path)?);
            Some((path, package))
        });
        opened.collect()
    }

    /// The plan of this input.
    ///
    /// # Errors
    /// When the input is not one.
    pub fn plan(&self) -> Result<Plan<'_>, ReadError> {
        match &self.content {
            Content::Text(text) => Plan::from_text(text),
            Content::Documents { documents, .. } => Plan::from_documents(documents),
        }
    }

    /// The JSON that users' policies see: that of a plan or a state.
    ///
    /// # Errors
    /// When the input is a configuration, or was opened without keeping everything.
    pub fn document(&self) -> Result<&[u8], InputError> {
        match &self.content {
            Content::Text(text) => text.whole().ok_or(InputError::NotWhole),
            Content::Documents { .. } => Err(InputError::NoDocument),
        }
    }

    /// The texts of a configuration's files under the paths that reports show.
    pub fn texts(&self) -> impl Iterator<Item = (String, &str)> {
        let documents = match &self.content {
            Content::Documents { documents, .. } => Some(documents),
            Content::Text(_) => None,
        };
        documents.into_iter().flat_map(Documents::iter).filter_map(|(path, bytes)| {
            Some((
                format!("{}/{path}", self.label.trim_end_matches('/')),
                std::str::from_utf8(bytes).ok()?,
            ))
        })
    }
}

/// How reports name an input: relative to the working directory where it lies in it, since what shows findings beside
/// the code knows no other paths.
#[must_use]
pub fn label(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    match path.strip_prefix(&here) {
        Ok(inside) if inside.as_os_str().is_empty() => ".".to_owned(),
        Ok(inside) => inside.display().to_string(),
        Err(_) => path.display().to_string(),
    }
}

/// The `*.tf.json` of a directory and of the directories in it, of the modules that these call elsewhere, and what gives
/// the directory's variables their values. Terraform's own working directory is left out.
fn directory(root: &Path) -> Result<Documents, InputError> {
    let mut found = Found::default();
    collect(root, "", &mut found)?;
    if found.documents.is_empty() {
        return Err(InputError::Empty { path: root.to_owned(), native: found.native });
    }
    let mut looked_at = BTreeSet::new();
    loop {
        let documents: Documents =
            found.documents.iter().map(|(path, text)| (path.clone(), text.clone())).collect();
        let missing: Vec<String> =
            documents.missing_modules().difference(&looked_at).cloned().collect();
        if missing.is_empty() {
            break;
        }
        for module in missing {
            let folder = root.join(&module);
            // A module that is not there is Terraform's to report; the verdict says that it was not seen.
            if folder.is_dir() {
                collect(&folder, &format!("{module}/"), &mut found)?;
            }
            looked_at.insert(module);
        }
    }
    variables(root, &mut found)?;
    Ok(found.documents.into_iter().collect())
}

/// Reads the files whose values Terraform gives to the root's variables by itself; those in native syntax become JSON.
fn variables(root: &Path, found: &mut Found) -> Result<(), InputError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| InputError::Io { path, source }
    };
    for entry in fs::read_dir(root).map_err(failed(root))? {
        let path = entry.map_err(failed(root))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let stem = name.strip_suffix(".json").unwrap_or(name);
        if stem != "terraform.tfvars" && !stem.ends_with(".auto.tfvars") {
            continue;
        }
        let text = fs::read(&path).map_err(failed(&path))?;
        let text = if stem == name { json_of(&path, &text)? } else { text };
        let name = if stem == name { format!("{name}.json") } else { name.to_owned() };
        if found.documents.insert(name, text).is_some() {
            return Err(InputError::TwoForms { path: root.join(stem) });
        }
    }
    Ok(())
}

fn json_of(path: &Path, text: &[u8]) -> Result<Vec<u8>, InputError> {
    let refused = |problem: String| InputError::Variables { path: path.to_owned(), problem };
    let text = std::str::from_utf8(text).map_err(|error| refused(error.to_string()))?;
    let values: serde_json::Value =
        hcl::from_str(text).map_err(|error| refused(error.to_string()))?;
    Ok(values.to_string().into_bytes())
}

#[derive(Default)]
struct Found {
    documents: BTreeMap<String, Vec<u8>>,
    native: bool,
}

fn collect(folder: &Path, prefix: &str, found: &mut Found) -> Result<(), InputError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| InputError::Io { path, source }
    };
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let entry = entry.map_err(failed(folder))?;
        let path = entry.path();
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
        let relative = format!("{prefix}{name}");
        // A link to a folder could lead in circles.
        if entry.file_type().map_err(failed(&path))?.is_dir() {
            collect(&path, &format!("{relative}/"), found)?;
        } else if name.ends_with(".tf.json") {
            let text = fs::read(&path).map_err(failed(&path))?;
            found.documents.insert(relative, text);
        } else if name.ends_with(".tf") {
            found.native = true;
        }
    }
    Ok(())
}
