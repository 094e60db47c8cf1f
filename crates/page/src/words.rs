//! Numbers in words.

use drstack_recovery::Amount;

/// A number of things, with the noun in the number that it needs: `1 rule`, `1,204 rules`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number as u128), if number == 1 { "" } else { "s" })
}

/// A number with commas between its thousands.
pub(crate) fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Seconds as people say them: `45 s`, `5 min`, `5 min 15 s`, `2 h 5 min`.
pub(crate) fn duration(seconds: u64) -> String {
    let parts = [(seconds / 3600, "h"), (seconds % 3600 / 60, "min"), (seconds % 60, "s")];
    let named: Vec<String> = parts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number} {unit}"))
        .collect();
    if named.is_empty() { "0 s".to_owned() } else { named.join(" ") }
}

/// An amount as people say it.
pub(crate) fn amount(amount: Amount) -> String {
    match amount {
        Amount::Seconds(seconds) => duration(seconds),
        Amount::Unknown | Amount::Unbounded => amount.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_nouns_agree() {
        assert_eq!(count(1, "rule"), "1 rule");
        assert_eq!(count(0, "rule"), "0 rules");
        assert_eq!(count(1_234_567, "rule"), "1,234,567 rules");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(u128::from(u64::MAX)), "18,446,744,073,709,551,615");
    }

    #[test]
    fn durations_are_said_as_people_do() {
        for (seconds, said) in
            [(0, "0 s"), (59, "59 s"), (60, "1 min"), (315, "5 min 15 s"), (7500, "2 h 5 min")]
        {
            assert_eq!(duration(seconds), said);
        }
    }
}
