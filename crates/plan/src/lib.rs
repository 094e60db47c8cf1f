//! One read model of Terraform plans, states and configurations.
//!
//! A [`Plan`] is made from `terraform show -json` of a plan or of a state ([`Plan::read`]; large ones by way of a
//! [`Text`]), or from `*.tf.json` documents ([`Plan::from_documents`]). OpenTofu's are the same formats. Whatever it came from, it answers the same
//! questions in the same shape: which [`Resource`] instances there will be, what their attributes' [`Value`]s are,
//! what these refer to ([`References`]), and in which region the resource is.
//!
//! ```
//! use drstack_plan::{AttrPath, Documents, Plan};
//!
//! let main = br#"{
//!   "provider": {"aws": {"region": "${var.region}"}},
//!   "variable": {"region": {"default": "us-east-2"}},
//!   "resource": {
//!     "aws_kms_key": {"main": {"enable_key_rotation": true}},
//!     "aws_sqs_queue": {"work": {"name": "work", "kms_master_key_id": "${aws_kms_key.main.arn}"}}
//!   }
//! }"#;
//! let documents: Documents = [("main.tf.json".to_owned(), main.to_vec())].into_iter().collect();
//! let plan = Plan::from_documents(&documents)?;
//!
//! let queue = plan.resource("aws_sqs_queue.work").ok_or("no queue")?;
//! assert_eq!(queue.get("name").as_str().as_deref(), Some("work"));
//! assert_eq!(queue.region().as_deref(), Some("us-east-2"));
//!
//! // Known after apply is not missing: the reference says which key it will be.
//! assert!(queue.get("kms_master_key_id").is_unknown());
//! let path: AttrPath = "kms_master_key_id".parse()?;
//! let references = queue.references(&path);
//! assert_eq!(references.targets[0].resource.address(), "aws_kms_key.main");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What holds
//!
//! - **A value is known, unknown or null**, and beside that sensitive or not. Unknown is never null: what this crate
//!   cannot read, follow or evaluate is unknown or [unresolved](References::unresolved), so that a gate built on it
//!   cannot pass by accident. Null means that the attribute is not set; in a configuration, what the provider would
//!   fill in is null too, because nothing there says that it will.
//! - **Sensitive values can be judged but do not print**: `Debug` and `Display` redact them.
//! - **Nothing is decoded before it is asked for.** A plan borrows slices of its input and finds its way in them
//!   again for each question; it holds a few words for each resource, and no tree of values. Grammar inside a value
//!   that nobody looks at is not checked, beyond its brackets. Documents are small, and checked whole.
//! - **An instance is identified by its address and, for deposed objects, the deposed key.** Two entries for one
//!   instance are an error.
//! - **Regions are worked out, never guessed**: the resource's own argument, its provider's, its ARN, or `None`.
//! - **Input is not trusted**: no bytes make this crate panic, or recurse deeper than a fixed limit.
//!
//! # What is not here
//!
//! The provider's schema (which attribute is a block, which is computed, which is secret), judgement of any kind,
//! and files. Native syntax is not read: a plan made from it is. What a kind of input cannot show at all is listed by
//! [`Plan::blind_spots`].
//!
//! # How it is made
//!
//! - Text: `text` keeps what plans are made of; `scan` walks over JSON without decoding it; `json` and `value` navigate in it, under the marks for unknown and
//!   sensitive parts. `sniff` tells what an input is that can't be read.
//! - Configuration: `configuration` is the tree of modules, blocks and expressions that plans and documents have in common;
//!   `visit` walks over the expressions, `expression` parses what is written in them, and `templates` keeps what it parsed.
//! - Inputs: `plan_format` and `state_format` read the two JSON formats; `declarations` finds the blocks of a configuration's
//!   documents, `documents` joins them to modules, and `evaluate` (with `term` and `functions`) works out their values and
//!   writes them down as a plan would, so that everything after that is the same for all three.
//! - Model: `read` makes a `plan` of an input; it keeps a `record` a resource, found by `index`, in the module instance that
//!   `resolve` finds.
//! - Questions: `references` follows expressions through the modules; `connect` makes the `graph` of all of them, `region` and
//!   `order` use them, and `locate` finds attributes in the input again, with `milestones` in long texts.

mod address;
mod configuration;
mod connect;
mod declarations;
mod documents;
mod error;
mod evaluate;
mod expression;
mod file_path;
mod functions;
mod graph;
mod index;
mod interned;
mod json;
mod locate;
mod meta_arguments;
mod milestones;
mod order;
mod path;
mod place;
mod plan;
mod plan_format;
mod read;
mod record;
mod references;
mod region;
mod resolve;
mod scan;
mod sniff;
mod source;
mod state_format;
mod templates;
mod term;
mod text;
mod value;
mod visit;

pub use address::{InstanceKey, Mode};
pub use documents::Documents;
pub use error::ReadError;
pub use file_path::folded;
pub use graph::{Edge, Graph};
pub use json::{Json, JsonKind};
pub use locate::Location;
pub use order::Order;
pub use path::{AttrPath, PathError, Step};
pub use plan::{BlindSpot, Deferred, Kind, Plan, Resource};
pub use record::Action;
pub use references::{References, Target, Template, TemplatePart};
pub use text::Text;
pub use value::{State, Value};
