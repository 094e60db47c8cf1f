//! What a command looks at: one input, or the synthesized stack when none is named.

use std::collections::BTreeSet;

use drstack_plan::{Mode, Plan};

use crate::cli;
use crate::config::Config;
use crate::gate;
use crate::input::{InputError, Keep, Source};
use crate::loaded;

/// An input, with the configuration where one is named or stands for it.
pub struct Subject {
    /// What to look at. That it can't be read is not the same as a wrong usage.
    pub source: Result<Source, InputError>,
    /// The stack's configuration: when no input is named, or when a configuration is.
    pub config: Option<Config>,
}

impl Subject {
    /// Reads the input that is named, else builds the stack.
    ///
    /// # Errors
    /// When the configuration can't be used.
    pub fn open(cli::Subject { input, stack }: &cli::Subject) -> miette::Result<Self> {
        let Some(path) = input else {
            let loaded = loaded::load(stack)?;
            let files = loaded.files().map_err(|error| *error)?;
            let source = gate::stack("the synthesized stack", &files);
            return Ok(Self { source: Ok(source), config: Some(loaded.config) });
        };
        let config = match &stack.config {
            Some(_) => Some(loaded::load(stack)?.config),
            None => None,
        };
        Ok(Self { source: Source::open(path, Keep::Judged), config })
    }
}

/// The regions that a plan's managed resources are known to be in.
pub fn known_regions(plan: &Plan<'_>) -> BTreeSet<String> {
    let managed = plan.resources().filter(|resource| resource.mode() == Mode::Managed);
    managed.filter_map(|resource| Some(resource.region()?.into_owned())).collect()
}
