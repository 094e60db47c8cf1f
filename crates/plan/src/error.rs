//! Why an input could not be read, and what to run instead.

use thiserror::Error;

use crate::place::Place;

/// An input that cannot be judged. Every message says what was found and what to run instead.
///
/// None of these is ever recovered from: a gate that guesses at a broken input passes by accident.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// No bytes, or white space only.
    #[error("the input is empty; expected the output of `terraform show -json PLANFILE`")]
    Empty,
    /// The text ends inside a value.
    #[error(
        "the input ends in the middle of a value at byte {at}; run `terraform show -json` again and keep all of its output"
    )]
    Truncated {
        /// Byte offset of the end of the input.
        at: usize,
    },
    /// A byte that JSON does not allow there.
    #[error(
        "the input is not JSON: expected {expected} at byte {at}; run `terraform show -json PLANFILE`"
    )]
    NotJson {
        /// Byte offset of the unexpected byte.
        at: usize,
        /// What JSON would have allowed there.
        expected: &'static str,
    },
    /// A file of a configuration that is not a JSON object.
    #[error("not JSON at line {line}, column {column}: expected {expected}")]
    Syntax {
        /// The line, counted from one.
        line: usize,
        /// The column, counted from one, in characters.
        column: usize,
        /// What JSON would have allowed there.
        expected: &'static str,
    },
    /// Terraform's native syntax.
    #[error(
        "the input is Terraform configuration in native syntax; run `terraform plan -out p`, then `terraform show -json p`"
    )]
    Hcl,
    /// The zip archive that `terraform plan -out` writes.
    #[error("the input is a binary plan file; run `terraform show -json` on it")]
    BinaryPlan,
    /// A plan or a state that OpenTofu encrypted.
    #[error(
        "the input is an encrypted plan or state; run `tofu show -json` on it where the key is configured"
    )]
    Encrypted,
    /// A `terraform.tfstate` file rather than its documented JSON form.
    #[error("the input is a raw state file; run `terraform show -json` beside it")]
    RawState,
    /// The event log of `terraform plan -json` or `terraform apply -json`.
    #[error(
        "the input is the log of `terraform plan -json`; run `terraform plan -out p`, then `terraform show -json p`"
    )]
    Log,
    /// UTF-16, as PowerShell's `>` writes it.
    #[error(
        "the input is UTF-16, as PowerShell's `>` writes it; pipe `terraform show -json` into `Out-File -Encoding utf8` instead"
    )]
    Utf16,
    /// A major format version that this crate does not know.
    #[error(
        "the input has format version {found}; expected 1.x, as Terraform 1.2 and later write it"
    )]
    UnsupportedVersion {
        /// The version found.
        found: String,
    },
    /// `errored: true`: Terraform failed while it planned.
    #[error(
        "the plan is marked as errored; mend the configuration until `terraform plan` succeeds"
    )]
    Errored,
    /// `complete: false`: Terraform left a part of the configuration out of the plan.
    #[error(
        "the plan is marked as incomplete; plan without `-target` and apply what was deferred first"
    )]
    Incomplete,
    /// JSON, but neither a plan nor a state.
    #[error(
        "the input is {found}, neither a plan nor a state; run `terraform show -json PLANFILE`"
    )]
    NotTerraform {
        /// What it is instead.
        found: &'static str,
    },
    /// An address that Terraform could not have written.
    #[error(
        "the input names a resource `{address}` that is not an address; expected `type.name` or `module.name.type.name`"
    )]
    BadAddress {
        /// The text found.
        address: String,
    },
    /// Two entries for one resource.
    #[error("the input holds `{address}` twice; expected one entry for each address")]
    Duplicate {
        /// The address found twice.
        address: String,
    },
    /// Values nested deeper than any configuration is.
    #[error("the input nests values more than {limit} deep; expected a Terraform configuration")]
    TooDeep {
        /// The greatest depth that is read.
        limit: usize,
    },
    /// `count` and `for_each` within each other that make more than anybody deploys.
    #[error(
        "the configuration makes more than {limit} instances of modules and resources; run `terraform plan -out p` and check `terraform show -json p`"
    )]
    TooMany {
        /// How many are read.
        limit: usize,
    },
    /// A block that has the wrong shape.
    #[error("`{block}` is not shaped like a configuration block; expected {expected}")]
    BadBlock {
        /// The block's type and labels.
        block: String,
        /// The shape expected.
        expected: &'static str,
    },
    /// `override.tf.json`, whose merging this crate does not reproduce.
    #[error(
        "the file overrides other files; run `terraform plan -out p` and check `terraform show -json p`"
    )]
    Override,
    /// A problem with one document of a configuration.
    #[error("{path}: {source}")]
    Document {
        /// The document's path, as it was given.
        path: String,
        /// What is wrong with it.
        #[source]
        source: Box<ReadError>,
    },
}

impl ReadError {
    /// Of the text of a configuration's file, for which nobody runs `terraform show`.
    pub(crate) fn in_file(self, text: &[u8]) -> Self {
        let (at, expected) = match self {
            Self::Empty | Self::NotTerraform { .. } => (0, "an object"),
            Self::NotJson { at, expected } => (at, expected),
            Self::Truncated { at } => (at, "the rest of the file"),
            other => return other,
        };
        let Place { line, column } = Place::START.after(text.get(..at).unwrap_or(text));
        Self::Syntax { line, column, expected }
    }

    pub(crate) fn in_document(self, path: &str) -> Self {
        Self::Document { path: path.to_owned(), source: Box::new(self) }
    }
}
