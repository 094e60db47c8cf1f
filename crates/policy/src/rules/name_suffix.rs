use std::borrow::Cow;

use drstack_plan::{AttrPath, References, Resource, Target};

use crate::arguments::{Argument, arguments, is_left_out};
use crate::tables::names::{self, Form, Name, Scope};
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "name-suffix",
    severity: Severity::Error,
    summary: "every name that is chosen carries the environment suffix",
    protects: "two environments in one account take each other's names: the second can't be created, or changes the first",
    fix: "put the environment suffix into the name, such as \"orders-${var.environment_suffix}\"",
    requirements: &["N1", "V1"],
    explanation: include_str!("name_suffix.md"),
    check,
};

/// The variable that holds the suffix where the parameters don't.
const VARIABLE: &str = "environment_suffix";

/// What stands for an unknown part of a name: it may be a letter, so it does not set a word apart.
const UNKNOWN: char = 'x';

/// How many resources may lie between a name and the text that it is made of.
const HOPS: usize = 8;

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let Some(suffix) = suffix_of(checked) else { return };
    let rule = NameSuffix { checked, suffix: &suffix };
    for (resource_type, resources) in checked.types() {
        let Some(name) = names::of(resource_type) else { continue };
        if name.scope == Scope::Parent {
            continue;
        }
        let spellings = spellings(&suffix, name.form);
        for &resource in resources {
            rule.resource(resource, name, &spellings, sink);
        }
    }
}

/// The suffix, if one is given and is more than nothing.
fn suffix_of(checked: &Checked<'_>) -> Option<String> {
    let variable = || checked.plan().variable(VARIABLE)?.as_text().map(Cow::into_owned);
    let suffix = checked.parameters().environment_suffix.clone().or_else(variable)?;
    (!suffix.is_empty()).then_some(suffix)
}

struct NameSuffix<'rule, 'plan> {
    checked: &'rule Checked<'plan>,
    suffix: &'rule str,
}

impl<'plan> NameSuffix<'_, 'plan> {
    fn resource(
        &self,
        resource: Resource<'plan>,
        name: Name,
        spellings: &[String],
        sink: &mut Sink,
    ) {
        for argument in self.chosen(resource, name) {
            sink.judged();
            let finding = match argument.value.as_text() {
                Some(text) if carries(&text, spellings) => continue,
                Some(_) => {
                    let message = "the name does not carry the environment suffix";
                    Finding::violated(resource, &argument.path, message)
                }
                None if self.is_made_of_suffix(resource, &argument.path, spellings, HOPS) => {
                    continue;
                }
                None => {
                    let message =
                        "whether the name carries the environment suffix is not known before apply";
                    Finding::undetermined(resource, &argument.path, message)
                }
            };
            let expected = format_args!("a name with {}", spellings.join(" or "));
            sink.report(finding.found(argument.value).expected(expected));
        }
    }

    /// The arguments that hold what somebody chose of the name: the name itself, or its beginning. None if all of it is
    /// generated.
    fn chosen(&self, resource: Resource<'plan>, name: Name) -> Vec<Argument<'plan>> {
        let is_written = |argument: &Argument<'_>| {
            let is_empty = argument.value.as_str().is_some_and(|text| text.is_empty());
            !argument.value.is_null() && !is_empty && !is_left_out(resource, &argument.path)
        };
        let mut names = arguments(resource, name.path);
        names.retain(|argument| {
            // A state shows the names that the provider generated.
            is_written(argument) && !argument.value.as_str().is_some_and(|text| is_generated(&text))
        });
        if names.is_empty()
            && let Some(prefix) = name.prefix
        {
            let mut prefixes = arguments(resource, prefix);
            prefixes.retain(|argument| is_written(argument) && !is_made_up(argument));
            return prefixes;
        }
        names
    }

    /// Whether what a name is made of holds the suffix, where the name itself is not known.
    fn is_made_of_suffix(
        &self,
        resource: Resource<'plan>,
        path: &AttrPath,
        spellings: &[String],
        hops: usize,
    ) -> bool {
        let Some(template) = resource.template(path) else {
            return self.leads_to_suffix(&resource.references(path), spellings, hops);
        };
        let text = template.render(|_, references| {
            if self.leads_to_suffix(references, spellings, hops) {
                spellings.first().cloned().unwrap_or_default()
            } else {
                UNKNOWN.to_string()
            }
        });
        carries(&text, spellings)
    }

    /// Whether an expression refers to the variable that holds the suffix, or to a name that carries it.
    fn leads_to_suffix(
        &self,
        references: &References<'plan>,
        spellings: &[String],
        hops: usize,
    ) -> bool {
        let plan = self.checked.plan();
        let is_suffix = |variable: &String| {
            let value = plan.variable(variable).and_then(|value| value.as_text());
            value.map_or(variable == VARIABLE, |value| value == self.suffix)
        };
        let is_named_so = |target: &Target<'plan>| {
            let resource = target.resource;
            let is_name = names::of(resource.resource_type())
                .is_some_and(|name| name.path == target.attribute.to_string());
            is_name
                && match resource.at(&target.attribute).as_text() {
                    Some(text) => carries(&text, spellings),
                    None => {
                        self.is_made_of_suffix(resource, &target.attribute, spellings, hops - 1)
                    }
                }
        };
        references.variables.iter().any(is_suffix)
            || hops > 0 && references.targets.iter().any(is_named_so)
    }
}

/// The ways in which the suffix may be spelled in a name of a form.
fn spellings(suffix: &str, form: Option<Form>) -> Vec<String> {
    let with = |separator: char| -> String {
        let spell = |character: char| {
            if character.is_ascii_alphanumeric() { character } else { separator }
        };
        suffix.chars().map(spell).collect()
    };
    let mut spellings = match form {
        Some(Form::Word | Form::LowerWord) => vec![with('_')],
        Some(Form::AlnumHyphen | Form::DnsLabel | Form::Bucket | Form::Domain) => vec![with('-')],
        Some(_) => vec![suffix.to_owned()],
        // The form is not known, so it may refuse hyphens.
        None => {
            let mut all = vec![suffix.to_owned(), with('_'), with('-')];
            all.sort_unstable();
            all
        }
    };
    let is_lowercase = |form| {
        matches!(
            form,
            Form::LowerWord | Form::LowerPath | Form::DnsLabel | Form::Bucket | Form::Domain
        )
    };
    if form.is_some_and(is_lowercase) {
        spellings.iter_mut().for_each(|spelling| spelling.make_ascii_lowercase());
    }
    spellings.dedup();
    spellings
}

/// Whether one of the spellings stands in a name as a word of its own.
fn carries(name: &str, spellings: &[String]) -> bool {
    let is_apart =
        |character: Option<char>| character.is_none_or(|character| !character.is_alphanumeric());
    spellings.iter().any(|spelling| {
        name.match_indices(spelling.as_str()).any(|(at, found)| {
            let (before, after) = (&name[..at], &name[at + found.len()..]);
            is_apart(before.chars().next_back()) && is_apart(after.chars().next())
        })
    })
}

/// What the provider begins the names with that it makes up.
const MADE_UP: [&str; 4] = ["terraform-", "tf-", "tf-lb-", "alias/"];

/// Whether the provider made up the whole name: one of its beginnings, and 26 digits.
fn is_generated(name: &str) -> bool {
    let name = name.strip_suffix(".fifo").unwrap_or(name);
    let is_unique =
        |rest: &str| rest.len() == 26 && rest.bytes().all(|digit| digit.is_ascii_hexdigit());
    MADE_UP.iter().filter_map(|beginning| name.strip_prefix(beginning)).any(is_unique)
}

/// Whether an argument shows the beginning of a name that the provider made up.
fn is_made_up(prefix: &Argument<'_>) -> bool {
    prefix.value.as_str().is_some_and(|prefix| MADE_UP.contains(&&*prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(suffix: &str, form: Option<Form>) -> Vec<String> {
        spellings(suffix, form)
    }

    #[test]
    fn a_suffix_is_a_word_of_its_own() {
        let dev = of("dev", Some(Form::WordHyphen));
        for name in
            ["orders-dev", "dev-orders", "/aws/lambda/orders_dev", "dev", "orders.dev.example.com"]
        {
            assert!(carries(name, &dev), "{name}");
        }
        for name in ["devices", "orders-devel", "undev", "orders", "", "xdev1"] {
            assert!(!carries(name, &dev), "{name}");
        }
        // A later occurrence counts where an earlier one is part of a word.
        assert!(carries("devices-dev", &dev));
    }

    #[test]
    fn a_suffix_takes_the_form_that_the_service_admits() {
        assert_eq!(of("PR-1", Some(Form::LowerWord)), ["pr_1"]);
        assert_eq!(of("PR_1", Some(Form::Bucket)), ["pr-1"]);
        assert_eq!(of("pr_1", Some(Form::AlnumHyphen)), ["pr-1"]);
        assert_eq!(of("pr-1", Some(Form::Iam)), ["pr-1"]);
        assert_eq!(of("pr-1", None), ["pr-1", "pr_1"]);
    }

    #[test]
    fn made_up_names_are_told_from_chosen_ones() {
        for name in [
            "terraform-20240102030405060700000001",
            "tf-20240102030405060700000001",
            "tf-lb-20240102030405060700000001",
        ] {
            assert!(is_generated(name), "{name}");
        }
        for name in [
            "terraform-state",
            "orders-20240102030405060700000001",
            "tf-orders-20240102030405060700000001",
        ] {
            assert!(!is_generated(name), "{name}");
        }
    }
}
