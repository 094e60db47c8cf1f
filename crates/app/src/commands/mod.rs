//! What each subcommand does.

/// `drstack check`.
pub mod check;
/// `drstack completions`.
pub mod completions;
/// `drstack deploy`.
pub mod deploy;
/// `drstack destroy`.
pub mod destroy;
/// `drstack drill`.
pub mod drill;
/// `drstack graph`.
pub mod graph;
/// `drstack init`.
pub mod init;
/// `drstack man`.
pub mod man;
/// `drstack report`.
pub mod report;
/// `drstack rules`.
pub mod rules;
/// `drstack runbook`.
pub mod runbook;
/// `drstack synth`.
pub mod synth;
/// `drstack verify`.
pub mod verify;
