//! How often schedule expressions come due.

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// Whether a schedule comes due every day; `None` if the expression is not understood.
///
/// Expressions are those of EventBridge, `cron(minutes hours days months weekdays years)` and `rate(value unit)`:
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>.
pub(crate) fn is_daily(expression: &str) -> Option<bool> {
    let (kind, arguments) = expression.trim().strip_suffix(')')?.split_once('(')?;
    match kind {
        "cron" => cron(arguments),
        "rate" => rate(arguments),
        _ => None,
    }
}

fn rate(arguments: &str) -> Option<bool> {
    let (value, unit) = arguments.trim().split_once(' ')?;
    let value: u64 = value.parse().ok()?;
    let most = match unit.trim().trim_end_matches('s') {
        "minute" => 24 * 60,
        "hour" => 24,
        "day" => 1,
        _ => return None,
    };
    (value > 0).then_some(value <= most)
}

fn cron(arguments: &str) -> Option<bool> {
    let fields: Vec<&str> = arguments.split_whitespace().collect();
    let [minutes, hours, days, months, weekdays, years] = fields.try_into().ok()?;
    // Any time of the day will do, if it is one.
    is_every(minutes, 0, 59, &[])?;
    is_every(hours, 0, 23, &[])?;
    let is_every_day = is_every(days, 1, 31, &[])?
        && is_every(months, 1, 12, &MONTHS)?
        && is_every(weekdays, 1, 7, &WEEKDAYS)?;
    // Which year it is nobody knows here.
    if is_every_day && years != "*" { None } else { Some(is_every_day) }
}

/// Whether a field of a cron expression chooses all values from first to last.
fn is_every(field: &str, first: usize, last: usize, names: &[&str]) -> Option<bool> {
    if matches!(field, "*" | "?") {
        return Some(true);
    }
    let value = |text: &str| {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let value = named.map_or_else(|| text.parse().ok(), |place| Some(place + first))?;
        (first..=last).contains(&value).then_some(value)
    };
    let mut missing: Vec<usize> = (first..=last).collect();
    for item in field.split(',') {
        // The last day, the nearest weekday, the third Friday: one day of the month.
        let is_single = item.contains('#') || item.ends_with(['L', 'W']);
        if value(item).is_none() && is_single {
            continue;
        }
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(step.parse().ok().filter(|step| *step > 0)?)),
            None => (item, None),
        };
        let (start, end) = match range.split_once('-') {
            Some((start, end)) => (value(start)?, value(end)?),
            None if range == "*" => (first, last),
            None => (value(range)?, if step.is_some() { last } else { value(range)? }),
        };
        if start > end {
            return None;
        }
        let step: usize = step.unwrap_or(1);
        missing.retain(|value| *value < start || *value > end || (value - start) % step != 0);
    }
    Some(missing.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn schedules_come_due_daily_or_not() {
        for (expression, expected) in [
            ("cron(0 5 * * ? *)", Some(true)),
            ("cron(0 5 ? * * *)", Some(true)),
            ("cron(15 * ? * * *)", Some(true)),
            ("cron(0/30 0-23/2 1/1 * ? *)", Some(true)),
            ("cron(0 5 ? * SUN-SAT *)", Some(true)),
            ("cron(0 5 ? jan-dec 1,2,3,4,5-7 *)", Some(true)),
            ("rate(1 day)", Some(true)),
            ("rate(24 hours)", Some(true)),
            ("rate(90 minutes)", Some(true)),
            ("cron(0 5 1 1 ? *)", Some(false)),
            ("cron(0 5 1 * ? *)", Some(false)),
            ("cron(0 5 */2 * ? *)", Some(false)),
            ("cron(0 5 ? * MON-FRI *)", Some(false)),
            ("cron(0 5 ? * 1 *)", Some(false)),
            ("cron(0 5 L * ? *)", Some(false)),
            ("cron(0 5 15W * ? *)", Some(false)),
            ("cron(0 5 ? * 6#3 *)", Some(false)),
            ("cron(0 5 * JUL ? *)", Some(false)),
            ("cron(0 5 1 1 ? 2030)", Some(false)),
            ("rate(7 days)", Some(false)),
            ("rate(25 hours)", Some(false)),
            ("cron(0 5 * * ? 2030)", None),
            ("cron(0 5 * * ?)", None),
            ("cron(0 24 * * ? *)", None),
            ("cron(0 5 ? * FRI-MON *)", None),
            ("cron(0 5 */0 * ? *)", None),
            ("rate(0 days)", None),
            ("rate(1 week)", None),
            ("at(2030-01-01T00:00:00)", None),
            ("daily", None),
        ] {
            assert_eq!(is_daily(expression), expected, "{expression}");
        }
    }

    proptest! {
        #[test]
        fn a_list_of_days_is_daily_when_none_is_missing(days in proptest::sample::subsequence((1..=31).collect::<Vec<u32>>(), 1..=31).prop_shuffle()) {
            let list: Vec<String> = days.iter().map(u32::to_string).collect();
            let expression = format!("cron(0 5 {} * ? *)", list.join(","));
            prop_assert_eq!(is_daily(&expression), Some(days.len() == 31));
        }
    }
}
