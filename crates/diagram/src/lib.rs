//! A Terraform plan as a picture: regions side by side, a box for each component, what ties them, and what is fatal to lose.
//!
//! ```
//! use drstack_diagram::{Detail, Diagram, EdgeKind};
//! use drstack_plan::{Documents, Plan};
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
//! let drill = drstack_recovery::drill(&plan, "us-east-1");
//!
//! let diagram = Diagram::of(&plan, &[drill], Detail::Boxes);
//! assert_eq!(diagram.edges[0].kind, EdgeKind::Fatal);
//! assert_eq!(diagram.edges[0].ties, ["aws_sqs_queue.work kms_master_key_id → aws_kms_key.main"]);
//! assert!(diagram.mermaid().contains(r#"c1_queue -.->|"fatal"| c0_keys"#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What holds
//!
//! - The same plan gives the same bytes.
//! - Which box a resource is in follows from its type alone, whoever wrote the plan.
//! - A picture has as many boxes as there are components and regions, however many resources there are: long lists are
//!   cut, and say so.
//! - Names that come from plans mean nothing in any of the languages.
//! - Colour says nothing that form and words don't.
//!
//! # How it is made
//!
//! `component` is the table of resource types. `gather` puts resources into boxes, `named` finds the regions that they
//! name, `ties` what ties the boxes; `compose` makes a `diagram` of these. Then each language has a file: `mermaid`, `dot`, and `svg`, for which `layout` says
//! what is where and `theme` in which colours. `text` measures and cleans.

mod component;
mod compose;
mod diagram;
mod dot;
mod gather;
mod layout;
mod mermaid;
mod named;
mod svg;
#[cfg(test)]
mod tests;
mod text;
mod theme;
mod ties;

pub use component::Component;
pub use diagram::{
    Column, Detail, Diagram, Direction, Edge, EdgeKind, Group, Loss, Node, Place, Role,
};
