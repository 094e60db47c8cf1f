//! One read model of Terraform plans, states and configurations.

mod address;
mod configuration;
mod documents;
mod error;
mod evaluate;
mod expression;
mod functions;
mod graph;
mod json;
mod locate;
mod path;
mod plan;
mod plan_format;
mod references;
mod region;
mod resolve;
mod scan;
mod state_format;
mod term;
mod value;

pub use address::{InstanceKey, Mode};
pub use documents::Documents;
pub use error::ReadError;
pub use graph::{Edge, Graph};
pub use json::{Json, JsonKind};
pub use locate::Location;
pub use path::{AttrPath, PathError, Step};
pub use plan::{Action, BlindSpot, Deferred, Kind, Plan, Resource};
pub use references::{References, Target, Template, TemplatePart};
pub use value::{State, Value};
