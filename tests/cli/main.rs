//! The command as people and pipelines use it: what it prints, what it leaves behind, how it ends.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

mod check;
mod completions;
mod configuration;
mod deploy;
mod drill;
mod graph;
mod output;
mod readme;
mod rego;
mod report;
mod run;
mod runbook;
