//! The drstack command.
fn main() {}
