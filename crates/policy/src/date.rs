use std::fmt;

use serde::de::{Deserialize, Deserializer, Error};
use toml::value::Datetime;

/// A day of the calendar. Earlier days are smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day in UTC on which a second since the Unix epoch falls. Years stop at 9999, as in TOML.
    #[must_use]
    pub fn of_unix_seconds(seconds: u64) -> Self {
        // Counted from 1 March of the year 0, so that a leap day is the last day of its year. Then 400 years are one
        // era of 146,097 days. See https://howardhinnant.github.io/date_algorithms.html#civil_from_days
        const LAST: u64 = 253_402_300_799;
        let days = seconds.min(LAST) / 86_400 + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = era * 400 + year_of_era + u64::from(month <= 2);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "years stop at 9999, months at 12, days at 31"
        )]
        Self { year: year as u16, month: month as u8, day: day as u8 }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Datetime::deserialize(deserializer)? {
            Datetime { date: Some(date), time: None, offset: None } => {
                Ok(Self { year: date.year, month: date.month, day: date.day })
            }
            other => Err(D::Error::custom(format!(
                "found `{other}`; expected a day without a time, such as 2026-12-31"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn days_of_the_calendar() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_798_761_599, "2026-12-31"),
            (4_107_542_400, "2100-03-01"),
            (u64::MAX, "9999-12-31"),
        ] {
            assert_eq!(Date::of_unix_seconds(seconds).to_string(), day);
        }
    }

    proptest! {
        #[test]
        fn the_next_day_is_later_by_one(day in 0_u64..2_900_000) {
            let (today, tomorrow) = (Date::of_unix_seconds(day * 86_400), Date::of_unix_seconds((day + 1) * 86_400));
            prop_assert!(today < tomorrow);
            prop_assert!(tomorrow.day == today.day + 1 || (tomorrow.day == 1 && today.day >= 28));
        }
    }
}
