//! The parts of the `drstack` command. The only crate of the workspace that does I/O.

pub mod config;
pub mod package;
pub mod tree;
