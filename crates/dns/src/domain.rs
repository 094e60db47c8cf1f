use std::fmt;
use std::str::FromStr;

/// The longest label: <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html>.
const LABEL_MAX: usize = 63;
/// The longest domain that leaves room, in the 255 characters of a name, for a region's label and the stack's.
const DOMAIN_MAX: usize = 200;

/// A domain name without the dot at its end, such as `example.org`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain(String);

/// Why a domain was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{found}` is not a domain: expected two labels or more of lower-case letters, digits and inner hyphens, \
     separated by dots, {DOMAIN_MAX} characters at most"
)]
pub struct DomainError {
    /// What was given.
    pub found: String,
}

impl Domain {
    /// A domain that nobody can own, for environments without one: the zone answers at its name servers only.
    /// `.test` is reserved for this by <https://www.rfc-editor.org/rfc/rfc6761#section-6.2>.
    #[must_use]
    pub fn reserved() -> Self {
        Self("drstack.test".to_owned())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Domain {
    type Err = DomainError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if name.len() <= DOMAIN_MAX && name.contains('.') && name.split('.').all(is_label) {
            Ok(Self(name.to_owned()))
        } else {
            Err(DomainError { found: name.to_owned() })
        }
    }
}

fn is_label(label: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=LABEL_MAX).contains(&label.len())
        && label.bytes().all(letters)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

impl fmt::Display for Domain {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_labels_that_every_resolver_takes() {
        let longest = format!("{}.org", "a".repeat(63));
        for good in ["example.org", "a.b.c-d.io", "xn--bcher-kva.example", "1.org", &longest] {
            assert_eq!(good.parse::<Domain>().map(|it| it.to_string()), Ok(good.to_owned()));
        }
        let label = format!("{}.org", "a".repeat(64));
        let long = format!("{}org", "abc.".repeat(50));
        for bad in ["", "org", "Example.org", "a..b", "example.org.", "-a.org", "a-.org", "a_b.org"]
            .into_iter()
            .chain([label.as_str(), long.as_str()])
        {
            let error = bad.parse::<Domain>().unwrap_err();
            assert!(error.to_string().starts_with(&format!("`{bad}` is not a domain")), "{error}");
        }
    }

    #[test]
    fn the_reserved_domain_is_a_domain() {
        let reserved = Domain::reserved();
        assert_eq!(reserved.as_str().parse(), Ok(reserved));
    }
}
