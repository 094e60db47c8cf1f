/// What an environment is for, which decides what `terraform destroy` may take with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// An environment of a branch or a test: everything goes with it, nothing is retained.
    #[default]
    Destroyable,
    /// Production: deletion protection, final snapshots, no forced deletion of data, a NAT gateway in each zone.
    Protected,
}

impl Profile {
    /// The value for this profile.
    #[must_use]
    pub fn choose<T>(self, destroyable: T, protected: T) -> T {
        match self {
            Self::Destroyable => destroyable,
            Self::Protected => protected,
        }
    }
}
