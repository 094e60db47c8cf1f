use std::fmt;

use serde::{Serialize, Serializer};

/// Aurora capacity units, the measure of Serverless v2: half a unit to 256, in steps of a half
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html>).
///
/// There is no zero: a cluster that may pause has to resume first when the other region is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Acu {
    halves: u16,
}

/// A number that is no capacity.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{found} is no Aurora capacity: expected 0.5 to 256 units, in steps of 0.5")]
pub struct AcuError {
    /// What was given.
    pub found: f64,
}

impl Acu {
    /// Half a unit, the least that does not pause.
    pub const MIN: Self = Self { halves: 1 };
    /// The most that a cluster may be given.
    pub const MAX: Self = Self { halves: 512 };

    /// So many halves of a unit, held between [`MIN`](Self::MIN) and [`MAX`](Self::MAX).
    #[must_use]
    pub const fn halves(halves: u16) -> Self {
        match halves {
            0 => Self::MIN,
            1..=511 => Self { halves },
            _ => Self::MAX,
        }
    }

    /// The number of units.
    #[must_use]
    pub fn units(self) -> f64 {
        f64::from(self.halves) / 2.0
    }
}

impl TryFrom<f64> for Acu {
    type Error = AcuError;

    fn try_from(units: f64) -> Result<Self, AcuError> {
        (Self::MIN.halves..=Self::MAX.halves)
            .map(|halves| Self { halves })
            .find(|acu| acu.units() == units)
            .ok_or(AcuError { found: units })
    }
}

impl fmt::Display for Acu {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ACU", self.units())
    }
}

impl Serialize for Acu {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.units())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn zero_and_what_lies_between_the_steps_is_no_capacity() {
        for wrong in [0.0, -1.0, 0.25, 1.3, 256.5, f64::NAN, f64::INFINITY] {
            assert!(Acu::try_from(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Acu::try_from(0.5), Ok(Acu::MIN));
        assert_eq!(Acu::try_from(256.0), Ok(Acu::MAX));
        assert_eq!(
            AcuError { found: 0.0 }.to_string(),
            "0 is no Aurora capacity: expected 0.5 to 256 units, in steps of 0.5"
        );
    }

    #[test]
    fn halves_stay_inside_the_limits() {
        assert_eq!(Acu::halves(0), Acu::MIN);
        assert_eq!(Acu::halves(3).to_string(), "1.5 ACU");
        assert_eq!(Acu::halves(u16::MAX), Acu::MAX);
    }

    proptest! {
        #[test]
        fn every_half_is_a_capacity_and_keeps_its_order(a in 1_u16..=512, b in 1_u16..=512) {
            prop_assert_eq!(Acu::try_from(f64::from(a) / 2.0), Ok(Acu::halves(a)));
            prop_assert_eq!(Acu::halves(a).units(), f64::from(a) / 2.0);
            prop_assert_eq!(Acu::halves(a).cmp(&Acu::halves(b)), a.cmp(&b));
        }
    }
}
