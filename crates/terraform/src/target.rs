use crate::{Address, Mode, ModuleName};

/// What a reference points at, without its type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Target {
    pub(crate) module: ModuleName,
    pub(crate) address: Address,
    pub(crate) attribute: &'static str,
    pub(crate) constraint: &'static str,
    /// Resources of the target's module that must be ready before the value may be used elsewhere.
    pub(crate) after: Vec<Address>,
}

impl Target {
    /// The name of the output that gives this value to other modules.
    pub(crate) fn output(&self) -> String {
        let kind = self.address.kind.strip_prefix("aws_").unwrap_or(self.address.kind);
        let mode = if self.address.mode == Mode::Data { "data_" } else { "" };
        let ready = if self.after.is_empty() { "" } else { "_when_ready" };
        format!(
            "{mode}{kind}_{}_{}{ready}",
            self.address.name,
            self.attribute.replace(['.', '[', ']'], "_")
        )
    }
}
