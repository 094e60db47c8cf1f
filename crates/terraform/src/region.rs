use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A region of the partition `aws`, such as `us-east-1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(&'static str);

/// An availability zone by its name, such as `us-east-1a`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Zone {
    region: Region,
    letter: char,
}

/// Why a region or a zone was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegionError {
    /// The name is of no region that we know in the partition `aws`.
    #[error(
        "`{found}` is not a region of the partition `aws`{}",
        nearest.map_or_else(String::new, |region| format!("; did you mean `{region}`?"))
    )]
    Unknown {
        /// What was given.
        found: String,
        /// The region whose name is nearest, when one is near.
        nearest: Option<Region>,
    },
    /// A zone is the region's name and one lower-case letter.
    #[error(
        "`{found}` is not an availability zone of {region}: expected the region and a letter, such as `{region}a`"
    )]
    Zone {
        /// What was given.
        found: String,
        /// The region that it should lie in.
        region: Region,
    },
}

/// The commercial regions, from
/// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html>.
const REGIONS: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

impl Region {
    /// US East (N. Virginia): the control planes of Route 53 and IAM, and all health-check metrics, live here.
    pub const US_EAST_1: Self = Self("us-east-1");
    /// US East (Ohio).
    pub const US_EAST_2: Self = Self("us-east-2");

    /// Every region of the partition `aws` that we know, sorted.
    pub fn all() -> impl Iterator<Item = Self> {
        REGIONS.iter().copied().map(Self)
    }

    /// The name, such as `us-east-1`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// The name as a Terraform identifier, such as `us_east_1`.
    #[must_use]
    pub fn identifier(self) -> String {
        self.0.replace('-', "_")
    }

    /// The zone of this region with that letter. Which letters exist differs from account to account;
    /// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/az-ids.html>.
    #[must_use]
    pub const fn zone(self, letter: char) -> Zone {
        Zone { region: self, letter }
    }

    /// Reads a zone's name, which must lie in this region.
    ///
    /// # Errors
    /// When the name is not the region's and one lower-case letter.
    pub fn parse_zone(self, name: &str) -> Result<Zone, RegionError> {
        let mut rest = name.strip_prefix(self.0).unwrap_or_default().chars();
        match (rest.next(), rest.next()) {
            (Some(letter @ 'a'..='z'), None) => Ok(self.zone(letter)),
            _ => Err(RegionError::Zone { found: name.to_owned(), region: self }),
        }
    }
}

impl Zone {
    /// The region it lies in.
    #[must_use]
    pub const fn region(self) -> Region {
        self.region
    }

    /// The letter after the region's name.
    #[must_use]
    pub const fn letter(self) -> char {
        self.letter
    }
}

impl FromStr for Region {
    type Err = RegionError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if let Ok(index) = REGIONS.binary_search(&name) {
            return Ok(Self(REGIONS[index]));
        }
        let lower = name.to_ascii_lowercase();
        let distance = |region: &Self| strsim::damerau_levenshtein(&lower, region.0);
        let nearest = Self::all().min_by_key(distance).filter(|region| distance(region) <= 2);
        Err(RegionError::Unknown { found: name.to_owned(), nearest })
    }
}

impl fmt::Display for Region {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.0)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}", self.region, self.letter)
    }
}

impl Serialize for Region {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_it_can_be_searched() {
        assert!(REGIONS.is_sorted());
        assert!(Region::all().all(|region| region.as_str().parse() == Ok(region)));
    }

    #[test]
    fn another_partition_and_a_slip_of_the_pen_are_refused() {
        for (wrong, meant) in [
            ("us-east1", "; did you mean `us-east-1`?"),
            ("us-esat-2", "; did you mean `us-east-2`?"),
            ("US-EAST-1", "; did you mean `us-east-1`?"),
            ("us-gov-west-1", ""),
            ("", ""),
        ] {
            let error = wrong.parse::<Region>().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("`{wrong}` is not a region of the partition `aws`{meant}")
            );
        }
    }

    #[test]
    fn a_zone_lies_in_its_region() {
        assert_eq!(Region::US_EAST_1.parse_zone("us-east-1c").unwrap().to_string(), "us-east-1c");
        for wrong in ["us-east-2a", "us-east-1", "us-east-1ab", "us-east-1A", ""] {
            assert!(Region::US_EAST_1.parse_zone(wrong).is_err(), "{wrong}");
        }
    }
}
