//! Generators, run as `cargo xtask NAME`.
fn main() {}
