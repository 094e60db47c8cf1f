//! Users' policies in Rego, with [conftest](https://www.conftest.dev)'s conventions, over the JSON that
//! `terraform show -json` prints.
//!
//! [`Policies::read`] reads policies and refuses what could not be judged by them later; [`Policies::judge`] asks their
//! rules about one document and gives findings of the same kind as the built-in rules'.
//!
//! # Conventions
//!
//! - Rules are asked by name: `deny`, `violation` (errors) and `warn` (warnings) in package `main`, alone or with a
//!   suffix (`deny_public_bucket`). Each is a set of messages: strings, or objects with `msg` and perhaps `address`.
//! - `exception` holds lists of suffixes whose rules are excepted: their findings are kept, as waived.
//! - Syntax of Rego v1 and v0, file by file: what isn't v1 is read as v0.
//! - `data.conftest.file` has `name` and `dir` of the document. Other data is what [`Policies::read`] is given.
//!
//! # Invariants
//!
//! - What can't be judged never passes: a function that there isn't, a rule that never reports, a pattern that can't be
//!   used are refused before any document is read. A built-in that fails is undefined, as in conftest; beside what the
//!   rule found all the same, it makes an undetermined finding.
//! - No network, no environment, no clock but the given one, no randomness: the same document gives the same findings.
//! - A sensitive value is judged and never printed: a message counts as safe only when the rule gives the same one with
//!   all sensitive values replaced; any other is not shown.
//! - Hostile policies end in errors: recursion is refused, time and stack are limited.

mod bounded;
mod builtins;
mod document;
mod error;
mod evaluate;
mod fault;
mod judge;
mod policies;
mod redact;
mod survey;

pub use document::Document;
pub use error::{Place, PolicyError, Problem};
pub use judge::Judgement;
pub use policies::{File, Policies};
