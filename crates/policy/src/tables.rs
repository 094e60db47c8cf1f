//! Facts about the AWS provider and about IAM, as sorted text that is searched in place.
//!
//! The files lie under `policies/tables/`, whose README describes how they are made and what their
//! columns say. They are embedded in the program as they are: nothing is parsed or allocated until a
//! lookup, which is a binary search for the lines of one resource type.
//!
//! A path names an argument: blocks and argument joined by dots, without indices (`replica.kms_key_arn`
//! is that argument of every `replica` block).

pub mod cidr;
pub mod global;
pub mod kms;
pub mod names;
pub mod policy_documents;
pub mod retention;
pub mod secrets;

mod condition;
mod search;

pub use condition::{Condition, Conditions, Test};
pub(crate) use search::Table;

/// The cell for "none" and for "not known".
const NONE: &str = "-";

/// A cell that may be empty.
fn optional(cell: &'static str) -> Option<&'static str> {
    (cell != NONE).then_some(cell)
}
