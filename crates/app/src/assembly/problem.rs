use drstack_monitoring::ObjectivesError;
use drstack_terraform::{ModuleError, NameError, StackError};

use super::addresses::AddressError;
use crate::config::Problem;

/// Why a configuration can't become a stack.
#[derive(Debug, thiserror::Error)]
pub enum AssemblyError {
    /// The addresses don't fit.
    #[error(transparent)]
    Addresses(#[from] AddressError),
    /// A name breaks a service's limit.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The objectives can't be watched or met.
    #[error(transparent)]
    Objectives(#[from] ObjectivesError),
    /// A component refused its inputs.
    #[error("{error}")]
    Component {
        /// The table of the configuration that the inputs come from.
        table: &'static str,
        /// Why.
        error: ModuleError,
    },
    /// The components don't go together, which no configuration should bring about.
    #[error("the stack does not hold together: {0}")]
    Stack(#[from] StackError),
}

impl AssemblyError {
    /// The problem as one of the configuration, at the key that leads to it.
    #[must_use]
    pub fn problem(&self) -> Problem {
        const SHORTER: &str = "choose a shorter `name`";
        let (key, fix) = match self {
            Self::Addresses(error) => {
                (error.key, "change the ranges or the prefix lengths in [network]")
            }
            Self::Name(_) | Self::Component { error: ModuleError::Name(_), .. } => {
                ("name", SHORTER)
            }
            Self::Objectives(ObjectivesError::Rpo { .. }) => {
                ("objectives.rpo_minutes", "allow more time")
            }
            Self::Objectives(ObjectivesError::Rto { .. }) => {
                ("objectives.rto_minutes", "allow more time")
            }
            Self::Component { table, .. } => (*table, "change this part as the message says"),
            Self::Stack(_) => ("", "this is a mistake of drstack; please report it with the file"),
        };
        Problem { key, found: self.to_string(), fix: fix.to_owned() }
    }
}
