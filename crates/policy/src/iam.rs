//! IAM policies: what a document grants, and where it grants more than it needs to.
//!
//! - [`Document`] is a policy's JSON, read tolerantly (one or several actions, resources, principals).
//! - [`template`] marks the parts of a policy that are not known yet, so that
//!   `"arn:aws:sqs:us-east-1:${account}:queue"` can be judged before anything is deployed.
//! - [`actions`] expands action patterns against every action that AWS has, [`arn`] tells which ARNs
//!   are regional.
//! - [`judge`] gives [`Defect`]s: plain data, out of which a rule makes findings.
//! - [`managed`] judges AWS's own managed policies by name.
//!
//! Nothing here knows about plans.
//!
//! ```
//! use drstack_policy::iam::{Document, Fault, Memory, judge};
//! use drstack_policy::tables::policy_documents::Kind;
//!
//! let text = r#"{"Statement": {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}}"#;
//! let defects = judge(&Document::parse(text).unwrap(), Kind::Identity, &Memory::default());
//! assert!(matches!(defects[0].fault, Fault::AnyResource { .. }));
//! ```

pub mod actions;
pub mod arn;
mod condition;
mod document;
pub(crate) mod glob;
mod judge;
pub mod managed;
mod memo;
pub mod template;

pub use document::{
    Clause, Condition, Document, Effect, Polarity, Principal, Principals, ReadError, Statement,
};
pub use judge::{Certainty, Defect, Fault, Grants, Memory, Subject, judge};
