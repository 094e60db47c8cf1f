//! What of a Terraform plan survives the loss of a region, and how long recovery takes.
//!
//! [`drill()`] loses a region on paper: it walks from what recovery begins with (records, load balancers, functions,
//! event sources, stores, keys, alarms) over references, literal ARNs and URLs, and reports every edge that leads into
//! the lost region, with what its loss means and the shortest path of addresses that shows it.
//!
//! ```
//! use drstack_plan::{Documents, Plan};
//! use drstack_recovery::{Class, drill};
//!
//! let main = br#"{
//!   "provider": {"aws": [{"region": "us-east-1"}, {"alias": "dr", "region": "us-east-2"}]},
//!   "resource": {
//!     "aws_kms_key": {"main": {}},
//!     "aws_sqs_queue": {"work": {"provider": "aws.dr", "kms_master_key_id": "${aws_kms_key.main.arn}"}}
//!   }
//! }"#;
//! let documents: Documents = [("main.tf.json".to_owned(), main.to_vec())].into_iter().collect();
//! let plan = Plan::from_documents(&documents)?;
//! let drill = drill(&plan, "us-east-1");
//! assert_eq!(drill.crossings[0].class, Class::Fatal);
//! assert_eq!(drill.crossings[0].trail.join(" -> "), "aws_sqs_queue.work -> aws_kms_key.main");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`budget()`] adds up how long recovery takes and how much is lost, from the plan's own numbers, AWS's documentation and
//! assumptions that are labelled so; what is left is the time for a person to decide.
//!
//! To ask for more than one of these, or for the worst crossings alone, make a [`Survey`] of the plan.
//!
//! # What holds
//!
//! - Whatever cannot be told is [`Class::Undetermined`], never allowed: a region that is not known, an expression that
//!   the input does not show, a type that the tables don't know.
//! - Everything of the surviving regions is looked at, reached from a root or not.
//! - Sensitive values are judged and not shown.
//!
//! # How it is made
//!
//! [`Survey`] looks through a plan once, for both: `place` says where a resource is, `roots` where recovery begins,
//! `companions` what belongs to a thing that does not refer to it, and `walk` follows all that, for an [`Outage`].
//! `edges` finds what leads into the lost region by reference, `texts` (with `literal` and `buckets`) by text; `special` finds what no
//! reference shows. `table` is the judgement: what each use and each target means. `budget` has a file for time, one for
//! loss, one for DNS and one for the alarms of all; `budget::stores` is the table of what keeps data and what copies it,
//! and [`alarm`] says which alarms speak. All of it takes time in proportion to the plan.

pub mod alarm;

mod buckets;
mod budget;
mod companions;
mod crossing;
mod drill;
mod edges;
mod literal;
mod lost;
mod outage;
mod place;
mod regions;
mod replicas;
mod roots;
mod special;
mod state;
mod survey;
mod table;
mod texts;
mod walk;

pub use budget::{Amount, Budget, Loss, Objectives, Promise, Source, Standby, Term, Time, budget};
pub use crossing::{Class, Crossing, Form};
pub use drill::{Drill, drill};
pub use outage::Outage;
pub use place::{Place, of as place};
pub use regions::Regions;
pub use survey::Survey;
