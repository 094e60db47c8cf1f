//! What `drstack check` is given: plans, states, directories of `*.tf.json`, standard input.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use drstack_plan::{Documents, Plan, ReadError};

/// An input with its bytes, which its plan borrows.
pub struct Source {
    /// The input as it was named.
    pub label: String,
    content: Content,
}

enum Content {
    /// A plan or a state.
    Text(Vec<u8>),
    /// A configuration.
    Documents(Documents),
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
    /// The text is not a plan, a state or a configuration that can be judged.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl Source {
    /// Reads a file, a directory of `*.tf.json` with its modules, or standard input (`-`).
    ///
    /// # Errors
    /// When it can't be read, or a directory holds no `*.tf.json`.
    pub fn open(path: &Path) -> Result<Self, InputError> {
        let label = path.display().to_string();
        let failed = |source| InputError::Io { path: path.to_owned(), source };
        if path.as_os_str() == "-" {
            let mut text = Vec::new();
            io::stdin().lock().read_to_end(&mut text).map_err(failed)?;
            return Ok(Self { label, content: Content::Text(text) });
        }
        if path.is_dir() {
            return Ok(Self { label, content: Content::Documents(directory(path)?) });
        }
        let text = fs::read(path).map_err(failed)?;
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .filter(|name| name.ends_with(".tf.json"));
        Ok(match name {
            Some(name) => Self::documents(label, [(name.to_owned(), text)].into_iter().collect()),
            None => Self { label, content: Content::Text(text) },
        })
    }

    /// A plan or a state in memory.
    #[must_use]
    pub fn text(label: &str, text: Vec<u8>) -> Self {
        Self { label: label.to_owned(), content: Content::Text(text) }
    }

    /// A configuration in memory.
    #[must_use]
    pub const fn documents(label: String, documents: Documents) -> Self {
        Self { label, content: Content::Documents(documents) }
    }

    /// The plan of this input.
    ///
    /// # Errors
    /// When the input is not one.
    pub fn plan(&self) -> Result<Plan<'_>, ReadError> {
        match &self.content {
            Content::Text(text) => Plan::read(text),
            Content::Documents(documents) => Plan::from_documents(documents),
        }
    }

    /// The JSON that users' policies see: that of a plan or a state.
    ///
    /// # Errors
    /// When the input is a configuration.
    pub fn document(&self) -> Result<&[u8], InputError> {
        match &self.content {
            Content::Text(text) => Ok(text),
            Content::Documents(_) => Err(InputError::NoDocument),
        }
    }

    /// The texts of a configuration's files under the paths that reports show.
    pub fn texts(&self) -> impl Iterator<Item = (String, &str)> {
        let documents = match &self.content {
            Content::Documents(documents) => Some(documents),
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
