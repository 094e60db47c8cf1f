//! What each subcommand does.

/// `drstack check`.
pub mod check;
/// `drstack drill`.
pub mod drill;
/// `drstack init`.
pub mod init;
/// `drstack rules`.
pub mod rules;
/// `drstack synth`.
pub mod synth;
