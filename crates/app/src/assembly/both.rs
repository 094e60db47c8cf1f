/// What both regions have of a kind.
pub(super) struct Both<T> {
    pub(super) primary: T,
    pub(super) recovery: T,
}
