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
    /// Appends the name of the output that gives this value to other modules.
    pub(crate) fn write_output(&self, out: &mut String) {
        let Address { mode, kind, name } = &self.address;
        out.push_str(if *mode == Mode::Data { "data_" } else { "" });
        out.push_str(kind.strip_prefix("aws_").unwrap_or(kind));
        out.push('_');
        out.push_str(name);
        out.push('_');
        out.extend(self.attribute.chars().map(|letter| match letter {
            '.' | '[' | ']' => '_',
            letter => letter,
        }));
        out.push_str(if self.after.is_empty() { "" } else { "_when_ready" });
    }
}
