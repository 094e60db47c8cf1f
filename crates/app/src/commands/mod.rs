//! What each subcommand does.

/// `drstack check`.
pub mod check;
/// `drstack completions`.
pub mod completions;
/// `drstack drill`.
pub mod drill;
/// `drstack init`.
pub mod init;
/// `drstack man`.
pub mod man;
/// `drstack rules`.
pub mod rules;
/// `drstack synth`.
pub mod synth;
