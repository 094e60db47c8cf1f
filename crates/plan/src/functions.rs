//! The functions and operators that configurations use most, over values that may be unknown.
//!
//! Descriptions are at <https://developer.hashicorp.com/terraform/language/functions>. A function that is not here
//! yields an unknown value.

use std::collections::{BTreeMap, BTreeSet};

use crate::term::{MOST_TEXT, Term};

/// Calls a function. The outcome is sensitive if an argument is.
pub(crate) fn call(name: &str, arguments: Vec<Term>) -> Term {
    if name == "nonsensitive" {
        return arguments.into_iter().next().map_or(Term::Unknown, Term::into_plain);
    }
    let sensitive = name == "sensitive" || arguments.iter().any(Term::holds_sensitive);
    let arguments: Vec<_> = arguments.into_iter().map(Term::into_plain).collect();
    apply(name, arguments).unwrap_or(Term::Unknown).sensitive_if(sensitive)
}

fn apply(name: &str, arguments: Vec<Term>) -> Option<Term> {
    match name {
        "concat" => concat(arguments),
        "merge" => merge(arguments),
        // Decided by the first argument that counts: what follows may be unknown.
        "coalesce" => arguments
            .into_iter()
            .find(|argument| *argument != Term::Null && *argument != Term::Text(String::new())),
        "try" => arguments.into_iter().next(),
        "toset" => set(arguments.into_iter().next()?),
        "tolist" | "tomap" | "sensitive" => arguments.into_iter().next(),
        "flatten" => flatten(arguments.into_iter().next()?).map(Term::List),
        "keys" => map(arguments.into_iter().next()?)
            .map(|map| Term::List(map.into_keys().map(Term::Text).collect())),
        "values" => {
            map(arguments.into_iter().next()?).map(|map| Term::List(map.into_values().collect()))
        }
        "length" => length(&arguments.into_iter().next()?),
        "lookup" | "element" => pick(name, arguments),
        _ if arguments.iter().all(Term::is_wholly_known) => known(name, &arguments),
        _ => None,
    }
}

/// Functions that need all of their arguments.
fn known(name: &str, arguments: &[Term]) -> Option<Term> {
    match (name, arguments) {
        ("jsonencode", [value]) => Some(Term::Text(value.to_json())),
        ("tostring", [value]) => value.to_text().map(Term::Text),
        ("tonumber", [value]) => {
            value.to_text().filter(|text| text.parse::<f64>().is_ok()).map(Term::Number)
        }
        ("tobool", [value]) => value.as_bool().map(Term::Bool),
        ("lower", [Term::Text(text)]) => Some(Term::Text(text.to_lowercase())),
        ("upper", [Term::Text(text)]) => Some(Term::Text(text.to_uppercase())),
        ("join", [Term::Text(separator), Term::List(items)]) => {
            let items: Vec<_> = items.iter().map(Term::to_text).collect::<Option<_>>()?;
            let length: usize = items.iter().map(|item| item.len() + separator.len()).sum();
            (length <= MOST_TEXT).then(|| Term::Text(items.join(separator)))
        }
        // A pattern between slashes is a regular expression.
        ("replace", [Term::Text(text), Term::Text(from), Term::Text(to)])
            if !from.starts_with('/') =>
        {
            let length = text.len() + text.matches(from).count().saturating_mul(to.len());
            (length <= MOST_TEXT).then(|| Term::Text(text.replace(from, to)))
        }
        ("contains", [Term::List(items), wanted]) => {
            Some(Term::Bool(items.iter().any(|item| same(item, wanted))))
        }
        ("range", [Term::Number(end)]) => {
            let end: u32 = end.parse().ok().filter(|end| *end <= 1024)?;
            Some(Term::List((0..end).map(|number| Term::Number(number.to_string())).collect()))
        }
        _ => None,
    }
}

fn concat(lists: Vec<Term>) -> Option<Term> {
    let mut all = Vec::new();
    for list in lists {
        let Term::List(items) = list else { return None };
        all.extend(items);
    }
    Some(Term::List(all))
}

fn merge(maps: Vec<Term>) -> Option<Term> {
    let mut all = BTreeMap::new();
    for argument in maps {
        if argument != Term::Null {
            all.extend(map(argument)?);
        }
    }
    Some(Term::Map(all))
}

fn map(term: Term) -> Option<BTreeMap<String, Term>> {
    match term {
        Term::Map(map) => Some(map),
        _ => None,
    }
}

/// Sets are sorted and without duplicates; of elements that are not all known neither can be said.
fn set(term: Term) -> Option<Term> {
    let Term::List(items) = term else { return None };
    let texts: BTreeSet<_> = items.iter().map(Term::to_text).collect::<Option<_>>()?;
    Some(Term::List(texts.into_iter().map(Term::Text).collect()))
}

fn flatten(term: Term) -> Option<Vec<Term>> {
    let Term::List(items) = term else { return None };
    let mut flat = Vec::new();
    for item in items {
        match item {
            Term::Unknown => return None,
            list @ Term::List(_) => flat.extend(flatten(list)?),
            item => flat.push(item),
        }
    }
    Some(flat)
}

fn length(term: &Term) -> Option<Term> {
    let length = match term {
        Term::List(items) => items.len(),
        Term::Map(map) => map.len(),
        Term::Text(text) => text.chars().count(),
        _ => return None,
    };
    Some(Term::Number(length.to_string()))
}

fn pick(name: &str, arguments: Vec<Term>) -> Option<Term> {
    let mut arguments = arguments.into_iter();
    match (name, arguments.next()?, arguments.next()?) {
        ("lookup", Term::Map(mut map), Term::Text(key)) => {
            map.remove(&key).or_else(|| arguments.next())
        }
        ("element", Term::List(items), Term::Number(index)) if !items.is_empty() => {
            let index: usize = index.parse().ok()?;
            let length = items.len();
            items.into_iter().nth(index % length)
        }
        _ => None,
    }
}

/// `!` and `-`.
pub(crate) fn unary(operator: char, operand: Term) -> Term {
    let sensitive = operand.is_sensitive();
    let outcome = match (operator, operand.into_plain()) {
        ('!', operand) => operand.as_bool().map(|truth| Term::Bool(!truth)),
        (_, Term::Number(number)) => Some(Term::Number(match number.strip_prefix('-') {
            Some(positive) => positive.to_owned(),
            None => format!("-{number}"),
        })),
        _ => None,
    };
    outcome.unwrap_or(Term::Unknown).sensitive_if(sensitive)
}

/// Comparison, logic, and arithmetic on whole numbers.
pub(crate) fn binary(operator: &str, left: Term, right: Term) -> Term {
    let sensitive = left.is_sensitive() || right.is_sensitive();
    let (left, right) = (left.into_plain(), right.into_plain());
    let outcome = match operator {
        "==" | "!=" if left.is_wholly_known() && right.is_wholly_known() => {
            Some(Term::Bool(same(&left, &right) == (operator == "==")))
        }
        "&&" => logic(&left, &right, false),
        "||" => logic(&left, &right, true),
        _ => arithmetic(operator, &left, &right),
    };
    outcome.unwrap_or(Term::Unknown).sensitive_if(sensitive)
}

/// One side that decides the outcome is enough.
fn logic(left: &Term, right: &Term, decisive: bool) -> Option<Term> {
    match (left.as_bool(), right.as_bool()) {
        (Some(one), _) | (_, Some(one)) if one == decisive => Some(Term::Bool(decisive)),
        (Some(_), Some(_)) => Some(Term::Bool(!decisive)),
        _ => None,
    }
}

fn arithmetic(operator: &str, left: &Term, right: &Term) -> Option<Term> {
    let (left, right): (i64, i64) = (left.to_text()?.parse().ok()?, right.to_text()?.parse().ok()?);
    let number = match operator {
        "+" => left.checked_add(right)?,
        "-" => left.checked_sub(right)?,
        "*" => left.checked_mul(right)?,
        "/" if right != 0 && left % right == 0 => left / right,
        "%" => left.checked_rem(right)?,
        "<" => return Some(Term::Bool(left < right)),
        ">" => return Some(Term::Bool(left > right)),
        "<=" => return Some(Term::Bool(left <= right)),
        ">=" => return Some(Term::Bool(left >= right)),
        _ => return None,
    };
    Some(Term::Number(number.to_string()))
}

/// Whether two known values are equal. Terraform tells `"1"` from `1`.
fn same(left: &Term, right: &Term) -> bool {
    match (left, right) {
        (Term::Number(left), Term::Number(right)) => {
            left == right || left.parse::<f64>().ok() == right.parse::<f64>().ok()
        }
        _ => left == right,
    }
}
