//! How the command ends. The codes are part of the interface and do not vary with the format.

use std::process::ExitCode;

/// How the command ended. The higher one wins where several inputs were judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0: nothing at or above the threshold.
    Clean,
    /// 1: findings at or above the threshold.
    Findings,
    /// 2: the input could not be judged.
    Unjudged,
    /// 3: the usage or the configuration is wrong, or the operating system refused.
    Usage,
    /// 4: Terraform ran and failed; AWS may be changed in part.
    Terraform,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
