use drstack_plan::Kind;

use crate::{Checked, Finding, Rule, Severity, Sink, Status};

pub(super) const RULE: Rule = Rule {
    id: "terraform-version",
    severity: Severity::Error,
    summary: "Terraform is 1.5 or newer and the AWS provider is of version 5, where the input shows them",
    protects: "an older Terraform or another major version of the provider reads the same configuration differently",
    fix: "set required_version to \">= 1.5\" or more, and the aws provider's version to \"~> 5.0\" or a narrower range",
    requirements: &["N6"],
    explanation: include_str!("terraform_version.md"),
    check,
};

const OLDEST_TERRAFORM: Version = Version([1, 5, 0]);
const PROVIDER: [Version; 2] = [Version([5, 0, 0]), Version([6, 0, 0])];

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let plan = checked.plan();
    if let Some(used) = plan.terraform_version() {
        sink.judged();
        if Version::parse(used).is_some_and(|used| used < OLDEST_TERRAFORM) {
            let finding = Finding::absent("the input was made by a Terraform that is too old");
            sink.report(finding.found(used).expected("1.5 or newer"));
        }
    }
    if let Some(constraint) = plan.required_version() {
        sink.judged();
        judge(
            constraint,
            "required_version",
            |range| range.lowest.is_some_and(|lowest| lowest >= OLDEST_TERRAFORM),
            "1.5 or newer",
            sink,
        );
    }
    let has_aws = || plan.resources().any(|resource| resource.resource_type().starts_with("aws_"));
    match plan.provider_constraint("aws") {
        Some(constraint) => {
            sink.judged();
            judge(
                constraint,
                "the aws provider's version",
                |range| {
                    range.lowest.is_some_and(|lowest| lowest >= PROVIDER[0])
                        && range.below.is_some_and(|below| below <= PROVIDER[1])
                },
                "a range within 5.x",
                sink,
            );
        }
        // Only a configuration and a plan show constraints.
        None if plan.kind() != Kind::State && has_aws() => {
            sink.judged();
            let message = "the version of the aws provider is not limited";
            sink.report(Finding::absent(message).expected("~> 5.0"));
        }
        None => {}
    }
}

fn judge(
    constraint: &str,
    what: &str,
    holds: impl FnOnce(&Range) -> bool,
    expected: &str,
    sink: &mut Sink,
) {
    let finding = match Range::parse(constraint) {
        Some(range) if holds(&range) => return,
        Some(_) => Finding::absent(format!("{what} admits versions that are not supported")),
        None => {
            let message = format!("{what} is a constraint that can't be read");
            Finding::new(Status::Undetermined, "", "", message)
        }
    };
    sink.report(finding.found(constraint).expected(expected));
}

/// A version: major, minor, patch. What follows a hyphen is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version([u64; 3]);

impl Version {
    fn parse(text: &str) -> Option<Self> {
        Some(Self::with_parts(text)?.0)
    }

    /// The version and how many of its parts are written.
    fn with_parts(text: &str) -> Option<(Self, usize)> {
        let text = text.trim().trim_start_matches('v');
        let text = text.split(['-', '+']).next()?;
        let mut version = [0; 3];
        let mut parts = 0;
        for part in text.split('.') {
            *version.get_mut(parts)? = part.parse().ok()?;
            parts += 1;
        }
        Some((Self(version), parts))
    }

    /// The first version that has a higher number at a place.
    fn after(self, place: usize) -> Self {
        let mut version = self.0;
        for (at, part) in version.iter_mut().enumerate() {
            if at == place {
                *part += 1;
            } else if at > place {
                *part = 0;
            }
        }
        Self(version)
    }
}

/// The versions that a constraint admits, exclusions aside: from the lowest up to, but without, another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Range {
    lowest: Option<Version>,
    below: Option<Version>,
}

impl Range {
    /// Reads a version constraint: <https://developer.hashicorp.com/terraform/language/expressions/version-constraints>.
    fn parse(text: &str) -> Option<Self> {
        let mut range = Self::default();
        for part in text.split(',') {
            let part = part.trim();
            let digits =
                part.find(|character: char| character.is_ascii_digit() || character == 'v')?;
            let (operator, version) = part.split_at(digits);
            let (version, parts) = Version::with_parts(version)?;
            let next = version.after(2);
            match operator.trim() {
                "" | "=" => range.limit(Some(version), Some(next)),
                ">=" => range.limit(Some(version), None),
                ">" => range.limit(Some(next), None),
                "<=" => range.limit(None, Some(next)),
                "<" => range.limit(None, Some(version)),
                "~>" => range.limit(Some(version), Some(version.after(parts.saturating_sub(2)))),
                "!=" => {}
                _ => return None,
            }
        }
        Some(range)
    }

    fn limit(&mut self, lowest: Option<Version>, below: Option<Version>) {
        self.lowest = self.lowest.max(lowest);
        self.below = match (self.below, below) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_are_ranges() {
        let version = |text: &str| Version::parse(text);
        for (text, lowest, below) in [
            ("~> 5.0", version("5.0.0"), version("6.0.0")),
            ("~> 5.88.1", version("5.88.1"), version("5.89.0")),
            ("~> 5", version("5.0.0"), version("6.0.0")),
            (">= 5.0, < 6.0", version("5.0"), version("6")),
            (">= 1.5.0", version("1.5"), None),
            ("5.100.0", version("5.100.0"), version("5.100.1")),
            ("> 1.4, != 1.6.0, <= 1.9.9", version("1.4.1"), version("1.9.10")),
            ("< 2.0.0-beta1", None, version("2")),
        ] {
            assert_eq!(Range::parse(text), Some(Range { lowest, below }), "{text}");
        }
        for text in ["", "latest", "=> 1", "~> x", "1.2.3.4"] {
            assert_eq!(Range::parse(text), None, "{text}");
        }
    }
}
