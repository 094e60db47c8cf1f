//! ARNs in policies: which of them are regional, and which cover all that a service has.
//!
//! The forms of ARNs are those of the service authorization reference,
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/>.

use std::sync::{Arc, LazyLock};

use super::glob::{self, Case};
use super::memo::Memo;
use crate::tables::Table;

static TABLE: Table = Table::new(include_str!("../../../../policies/tables/iam-resources.tsv"));

/// An ARN's parts, any of which may hold wildcards.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, …
    pub partition: &'a str,
    /// The service's namespace.
    pub service: &'a str,
    /// The region; empty for what exists once in the account, and for S3's buckets.
    pub region: &'a str,
    /// The account; empty for what is named uniquely without it.
    pub account: &'a str,
    /// The rest, in the service's own form.
    pub resource: &'a str,
}

/// What is wrong with an ARN's region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegionFault {
    /// It holds a wildcard.
    Wildcard,
    /// It is empty, though every resource that the ARN could mean lies in a region.
    Missing,
}

impl<'a> Arn<'a> {
    /// The parts of an ARN; `None` where the text is none.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next()? != "arn" {
            return None;
        }
        Some(Self {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        })
    }

    /// What is wrong with the region, if anything is.
    #[must_use]
    pub fn region_fault(self) -> Option<RegionFault> {
        if glob::is_pattern(self.region) {
            let is_regional = glob::is_pattern(self.service)
                || self.fitting(&forms_of(self.service)).any(|form| form.regional);
            is_regional.then_some(RegionFault::Wildcard)
        } else if self.region.is_empty() {
            let known = forms_of(self.service);
            let mut forms = self.fitting(&known).peekable();
            (forms.peek().is_some() && forms.all(|form| form.regional))
                .then_some(RegionFault::Missing)
        } else {
            None
        }
    }

    /// Whether the ARN covers every resource of some type, or of the whole service.
    #[must_use]
    pub fn is_broad(self) -> bool {
        // A form's own `*` is an ordinary character here, which only a wildcard of the ARN fits.
        let covers = |form: &str| glob::matches(self.resource, form, Case::Sensitive);
        glob::is_pattern(self.service)
            || self.resource == "*"
            // A Glue catalog's ARN is all there is of its form, and names one.
            || (glob::is_pattern(self.resource)
                && forms_of(self.service).iter().any(|form| covers(form.resource)))
    }

    /// Those of the forms that the ARN's resource could have.
    fn fitting<'f>(self, forms: &'f [Form]) -> impl Iterator<Item = &'f Form> + use<'a, 'f> {
        forms.iter().filter(move |form| glob::intersect(self.resource, form.resource))
    }
}

/// One form of a service's ARNs.
#[derive(Debug, Clone, Copy)]
struct Form {
    regional: bool,
    /// The last part, with `*` for what varies.
    resource: &'static str,
}

/// The forms of a service's ARNs. Policies are full of ARNs, of few services.
fn forms_of(service: &str) -> Arc<[Form]> {
    static KNOWN: LazyLock<Memo<String, [Form]>> = LazyLock::new(Memo::default);
    let form =
        |[_, scope, resource]: [&'static str; 3]| Form { regional: scope == "regional", resource };
    KNOWN.get(service, || TABLE.rows(service).map(form).collect())
}

/// Whether no ARN of a service names a region.
pub fn is_global(service: &str) -> bool {
    let forms = forms_of(service);
    !forms.is_empty() && forms.iter().all(|form| !form.regional)
}

/// The account that an ARN or account id names as a whole: `arn:aws:iam::111122223333:root`, `111122223333`.
pub(super) fn whole_account(principal: &str) -> Option<&str> {
    let arn = Arn::parse(principal).filter(|arn| arn.service == "iam" && arn.resource == "root");
    match arn {
        Some(arn) => Some(arn.account),
        None => (principal.len() == 12 && principal.bytes().all(|byte| byte.is_ascii_digit()))
            .then_some(principal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(arn: &str) -> Option<RegionFault> {
        Arn::parse(arn).unwrap().region_fault()
    }

    #[test]
    fn parts_are_told_apart() {
        let arn =
            Arn::parse("arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/x:*").unwrap();
        assert_eq!(
            (arn.partition, arn.service, arn.region, arn.account),
            ("aws", "logs", "us-east-1", "111122223333")
        );
        assert_eq!(arn.resource, "log-group:/aws/lambda/x:*");
        for none in ["*", "arn:aws:s3", "urn:aws:s3:::x", ""] {
            assert_eq!(Arn::parse(none), None, "{none}");
        }
    }

    #[test]
    fn a_wildcard_region_is_a_fault_where_something_regional_is_meant() {
        assert_eq!(fault("arn:aws:sqs:*:111122223333:orders"), Some(RegionFault::Wildcard));
        assert_eq!(fault("arn:aws:sqs:us-*:111122223333:orders"), Some(RegionFault::Wildcard));
        assert_eq!(fault("arn:aws:*:*:*:*"), Some(RegionFault::Wildcard));
        assert_eq!(fault("arn:aws:iam:*:111122223333:role/x"), None);
        assert_eq!(fault("arn:aws:sqs:us-east-1:111122223333:*"), None);
    }

    #[test]
    fn an_empty_region_is_a_fault_where_everything_meant_is_regional() {
        assert_eq!(fault("arn:aws:sqs::111122223333:orders"), Some(RegionFault::Missing));
        assert_eq!(
            fault("arn:aws:dynamodb::111122223333:table/sessions"),
            Some(RegionFault::Missing)
        );
        assert_eq!(fault("arn:aws:dynamodb::111122223333:global-table/sessions"), None);
        assert_eq!(fault("arn:aws:s3:::bucket/*"), None);
        assert_eq!(fault("arn:aws:cloudwatch::111122223333:dashboard/x"), None);
        assert_eq!(fault("arn:aws:nosuchservice::111122223333:x"), None);
    }

    #[test]
    fn services_without_regions_are_known() {
        assert!(is_global("iam") && is_global("route53"));
        assert!(!is_global("s3") && !is_global("dynamodb") && !is_global("nosuchservice"));
    }

    #[test]
    fn an_arn_is_broad_where_it_covers_a_whole_type() {
        let broad = |arn: &str| Arn::parse(arn).unwrap().is_broad();
        for arn in [
            "arn:aws:s3:::*",
            "arn:aws:dynamodb:us-east-1:111122223333:table/*",
            "arn:aws:dynamodb:us-east-1:111122223333:tab*",
            "arn:aws:logs:us-east-1:111122223333:log-group:*:*",
            "arn:aws:iam::111122223333:role/*",
            "arn:aws:*:us-east-1:111122223333:x",
            "arn:aws:nosuchservice:us-east-1:111122223333:*",
        ] {
            assert!(broad(arn), "{arn}");
        }
        for arn in [
            "arn:aws:glue:us-east-1:111122223333:catalog",
            "arn:aws:s3:::bucket/*",
            "arn:aws:s3:::logs-*",
            "arn:aws:dynamodb:us-east-1:111122223333:table/sessions/index/*",
            "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/x:*",
            "arn:aws:sqs:us-east-1:111122223333:orders-*",
        ] {
            assert!(!broad(arn), "{arn}");
        }
    }

    #[test]
    fn whole_accounts_are_recognized() {
        assert_eq!(whole_account("arn:aws:iam::111122223333:root"), Some("111122223333"));
        assert_eq!(whole_account("111122223333"), Some("111122223333"));
        for other in ["arn:aws:iam::111122223333:role/x", "1111", "*", "11112222333x"] {
            assert_eq!(whole_account(other), None, "{other}");
        }
    }
}
