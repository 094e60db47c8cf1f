//! `time.parse_rfc3339_ns`: <https://www.openpolicyagent.org/docs/policy-reference/builtins/time>. Enough, with
//! `time.now_ns`, for exceptions that expire.

use anyhow::{Result, anyhow, bail};
use regorus::Value;

use super::{Builtin, string};

pub(super) const BUILTINS: &[(&str, u8, Builtin)] = &[("time.parse_rfc3339_ns", 1, parse)];

fn parse(arguments: &[Value]) -> Result<Value> {
    let [text] = arguments else { bail!("expected one argument") };
    let text = string(text)?;
    let nanoseconds = nanoseconds(text)
        .ok_or_else(|| anyhow!("found `{text}`, expected a time such as 2026-12-31T00:00:00Z"))?;
    Ok(nanoseconds.into())
}

/// Nanoseconds since the Unix epoch of a time as RFC 3339 writes it; none when it isn't one, or out of 64 bits.
fn nanoseconds(text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        let digits = text.get(range)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let marks: [(usize, &[u8]); 5] = [(4, b"-"), (7, b"-"), (10, b"Tt"), (13, b":"), (16, b":")];
    let marked = |&(at, allowed): &(usize, &[u8])| {
        text.as_bytes().get(at).is_some_and(|byte| allowed.contains(byte))
    };
    if !marks.iter().all(marked) {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    if !(1..=12).contains(&month)
        || !(1..=days(year, month)).contains(&day)
        || hour > 23
        || minute > 59
        || second > 59
    {
        return None;
    }
    let rest = text.get(19..)?;
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count()),
        None => ("0", rest),
    };
    let nanos: i64 = match fraction.len() {
        1..=9 => format!("{fraction:0<9}").parse().ok()?,
        _ => return None,
    };
    let offset = match zone {
        "Z" | "z" => 0,
        zone => {
            let at = text.len() - zone.len();
            let sign = if zone.starts_with('+') { 1 } else { -1 };
            let (hours, minutes) = (number(at + 1..at + 3)?, number(at + 4..at + 6)?);
            if zone.len() != 6
                || !zone.starts_with(['+', '-'])
                || zone.as_bytes().get(3) != Some(&b':')
                || hours > 23
                || minutes > 59
            {
                return None;
            }
            sign * (hours * 60 + minutes) * 60
        }
    };
    let days = (1970..year).map(days_of_year).sum::<i64>()
        - (year..1970).map(days_of_year).sum::<i64>()
        + (1..month).map(|month| days(year, month)).sum::<i64>()
        + day
        - 1;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - offset;
    seconds.checked_mul(1_000_000_000)?.checked_add(nanos)
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_of_year(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

const fn days(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_counted_from_the_epoch() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T12:00:00Z", Some(951_825_600_000_000_000)),
            ("2026-12-31T23:59:59.5Z", Some(1_798_761_599_500_000_000)),
            ("2026-12-31T23:59:59+01:30", Some(1_798_756_199_000_000_000)),
            ("1969-12-31T23:59:59Z", Some(-1_000_000_000)),
            ("2026-02-29T00:00:00Z", None),
            ("2026-12-31", None),
            ("2026-12-31T24:00:00Z", None),
            ("2026-12-31T00:00:00", None),
            ("2026-12-31T00:00:00+0100", None),
            ("9999-12-31T00:00:00Z", None),
        ] {
            assert_eq!(nanoseconds(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in ".{0,40}") {
            let _ = nanoseconds(&text);
        }

        #[test]
        fn the_next_day_is_a_day_later(year in 1700_i64..2250, month in 1_i64..=12, day in 1_i64..=27) {
            let at = |day: i64| nanoseconds(&format!("{year:04}-{month:02}-{day:02}T00:00:00Z")).unwrap();
            prop_assert_eq!(at(day + 1) - at(day), 86_400_000_000_000);
        }
    }
}
