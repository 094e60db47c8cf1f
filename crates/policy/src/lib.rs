//! The rule engine and the built-in rules.
//!
//! A [`Rule`] is a piece of data with one function that looks at a [`Checked`] plan and reports [`Finding`]s into a
//! [`Sink`]. A [`Pack`] says which rules run, how bad their findings are and what they judge by. [`judge`] runs a pack
//! over a plan, adds what the rules need not know (ids, severities, places in the file), and gives a [`Verdict`].
//!
//! # Invariants
//!
//! - A rule never takes an unknown value for an absent one: what can't be judged is reported as undetermined.
//! - A rule says how many things it looked at, so that "nothing found" and "nothing looked at" differ.
//! - A sensitive value is judged and never shown: findings take a `Value`, whose text is redacted.
//! - Rules know nothing of the builders: each holds for hand-written Terraform too.
//!
//! # Where what is
//!
//! - The engine: `engine` runs a [`Pack`] (`pack`, [`Parameters`]) of [`rules`] over a [`Checked`] plan; [`Waivers`] and
//!   [`Baseline`]s come after it.
//! - What rules ask: `demand` of one attribute, `arguments` of all that the [`tables`] name.
//! - What rules look up: `links` which resource an argument names, and by subject `keys`, `networks` and `routes`, `aurora`,
//!   `buckets`, `topics`, `alarms`, `endpoints`, `packages`, `regions`; `shared` keeps what several rules need.
//! - Languages inside of arguments: [`iam`] and `policy_text` for policies, `schedule` for cron and rates, `python` for
//!   handlers, [`ranges`] for address ranges.

mod address_map;
mod alarms;
mod arguments;
mod aurora;
mod baseline;
mod buckets;
mod checked;
mod database_events;
mod date;
mod demand;
mod endpoints;
mod engine;
mod finding;
pub mod iam;
mod keys;
mod links;
mod networks;
mod pack;
mod packages;
mod parameters;
mod policy_text;
mod python;
pub mod ranges;
mod regions;
mod remedy;
mod routes;
mod rule;
pub mod rules;
mod schedule;
mod shared;
pub mod tables;
mod topics;
mod waiver;

pub use address_map::{AddressMap, Block, Network, Peering};
pub use baseline::{Baseline, BaselineError, STALE_BASELINE};
pub use checked::{Checked, Sink, values_at};
pub use date::Date;
pub use engine::{Location, Origin, RuleFinding, RuleRun, Verdict, judge, judge_with};
pub use finding::{Finding, Status};
pub use pack::{Pack, PackError};
pub use packages::{Handler, Package, Packages};
pub use parameters::{Parameters, Profile};
pub use regions::{RegionPair, objectives, serving_regions};
pub use rule::{Rule, Severity};
pub use waiver::{WAIVER, WaiverError, Waivers};
