//! The parts of the `drstack` command. The only crate of the workspace that does I/O.

pub mod approval;
pub mod assembly;
pub mod cli;
pub mod commands;
pub mod config;
pub mod diff;
pub mod exit;
pub mod gate;
pub mod hcl;
pub mod input;
pub mod judgement;
pub mod loaded;
mod nearest;
pub mod output;
pub mod package;
pub mod policies;
pub mod requirements;
pub mod scenario;
mod staging;
pub mod subject;
pub mod terraform;
pub mod tree;
