//! What tests and benchmarks share; no shipped crate depends on this one. [`plan`](mod@plan) makes plans of any size.
//!
//! [`ProviderSchema`] answers, without Terraform, whether Terraform JSON fits the AWS provider:
//!
//! ```
//! use drstack_testing::ProviderSchema;
//! use serde_json::json;
//!
//! let body = json!({ "cidr_block": "10.0.0.0/16", "enable_dns_suport": true });
//! let problems = ProviderSchema::load().validate("aws_vpc", body.as_object().unwrap());
//! assert_eq!(
//!     problems[0].to_string(),
//!     "enable_dns_suport: unknown argument, expected one that the type has; nearest is enable_dns_support"
//! );
//! ```

pub mod plan;
pub mod schema;
mod validate;

pub use schema::{Mode, ProviderSchema};
pub use validate::{Problem, ProblemKind};
