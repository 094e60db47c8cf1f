//! What several rules look up, gathered once for all of them, when the first of them asks.
//!
//! # Invariants
//!
//! - It follows from the plan and the parameters alone, so that it does not matter which rule asks first.
//! - Nothing is gathered by parallel iterators. While a thread waits for its part of one it takes up other work, which may
//!   be a rule that waits for what this thread is gathering.

use std::sync::{Arc, Mutex, OnceLock};

use drstack_recovery::{Budget, Regions, Survey};
use foldhash::HashMap;

use crate::aurora::Databases;
use crate::endpoints::Endpoints;
use crate::keys::Keys;
use crate::links::Directory;
use crate::regions::RegionPair;
use crate::routes::Routing;
use crate::topics::Topics;

/// Each is reached by its type's function `of`, those of another crate by functions of [`regions`](crate::regions).
#[derive(Default)]
pub(crate) struct Shared<'plan> {
    pub(crate) budget: OnceLock<Option<Budget>>,
    pub(crate) databases: OnceLock<Databases<'plan>>,
    pub(crate) directories: Mutex<HashMap<Naming, Arc<Directory<'plan>>>>,
    pub(crate) endpoints: OnceLock<Endpoints<'plan>>,
    pub(crate) keys: OnceLock<Keys<'plan>>,
    pub(crate) pair: OnceLock<Option<RegionPair>>,
    pub(crate) routing: OnceLock<Routing<'plan>>,
    pub(crate) serving: OnceLock<Option<Regions>>,
    pub(crate) survey: OnceLock<Survey<'plan>>,
    pub(crate) topics: OnceLock<Topics<'plan>>,
}

/// Types of resources, and the attributes whose texts name them.
pub(crate) type Naming = (&'static [&'static str], &'static [&'static str]);
