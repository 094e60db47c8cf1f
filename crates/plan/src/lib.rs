//! One read model of Terraform plans, states and configurations.

mod address;
mod configuration;
mod error;
mod expression;
mod json;
mod path;
mod plan;
mod plan_format;
mod resolve;
mod scan;
mod state_format;
mod value;

pub use address::{InstanceKey, Mode};
pub use error::ReadError;
pub use json::{Json, JsonKind};
pub use path::{AttrPath, PathError, Step};
pub use plan::{Action, BlindSpot, Deferred, Kind, Plan, Resource};
pub use value::{State, Value};
