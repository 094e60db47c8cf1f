use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// An exact version of Aurora PostgreSQL 15, such as `15.10`.
///
/// Both clusters of a global database need the same one, or a managed failover is refused
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-upgrade.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EngineVersion {
    minor: u8,
}

/// A text that is no version of Aurora PostgreSQL 15.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{found}` is no exact version of Aurora PostgreSQL 15: expected `15.{}` or newer, such as `{}`",
    EngineVersion::OLDEST.minor,
    EngineVersion::LONG_TERM_SUPPORT
)]
pub struct EngineVersionError {
    /// What was given.
    pub found: String,
}

impl EngineVersion {
    /// The long-term support release of Aurora PostgreSQL 15, which Aurora doesn't retire with the next minor version:
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Updates.LTS.html>.
    pub const LONG_TERM_SUPPORT: Self = Self { minor: 10 };
    /// The first that has the RDS Data API on Serverless v2:
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.Aurora_Fea_Regions_DB-eng.Feature.Data_API.html>.
    pub const OLDEST: Self = Self { minor: 3 };

    /// The family of its parameter groups.
    pub(crate) const FAMILY: &'static str = "aurora-postgresql15";
}

impl FromStr for EngineVersion {
    type Err = EngineVersionError;

    fn from_str(text: &str) -> Result<Self, EngineVersionError> {
        let minor = text.strip_prefix("15.").and_then(|minor| minor.parse().ok());
        minor
            .map(|minor| Self { minor })
            .filter(|version| *version >= Self::OLDEST && version.to_string() == text)
            .ok_or_else(|| EngineVersionError { found: text.to_owned() })
    }
}

impl fmt::Display for EngineVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "15.{}", self.minor)
    }
}

impl Serialize for EngineVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_exact_and_of_the_major_version_15() {
        assert_eq!("15.10".parse(), Ok(EngineVersion::LONG_TERM_SUPPORT));
        for wrong in ["15", "15.", "15.2", "15.010", "15.x", "16.8", "15.10.1", "15.999", ""] {
            assert!(wrong.parse::<EngineVersion>().is_err(), "{wrong}");
        }
        assert_eq!(
            "16.8".parse::<EngineVersion>().unwrap_err().to_string(),
            "`16.8` is no exact version of Aurora PostgreSQL 15: expected `15.3` or newer, such as `15.10`"
        );
    }
}
