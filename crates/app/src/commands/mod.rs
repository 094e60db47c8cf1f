//! What each subcommand does.

/// `drstack init`.
pub mod init;
/// `drstack synth`.
pub mod synth;
