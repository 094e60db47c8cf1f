//! Which argument is the resource's own name.

use super::{Table, optional};

static TABLE: Table = Table::new(include_str!("../../../../policies/tables/names.tsv"));

/// A resource's own name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name {
    /// The argument.
    pub path: &'static str,
    /// The argument with which the provider generates the rest of the name.
    pub prefix: Option<&'static str>,
    /// The characters admitted, where they are known.
    pub form: Option<Form>,
    /// The longest name, in characters, where it is known.
    pub max: Option<usize>,
    /// Where the name must be unique.
    pub scope: Scope,
}

/// The characters that a name admits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `alias/` and a path.
    Alias,
    /// Letters, digits, `-`.
    AlnumHyphen,
    /// [`DnsLabel`](Self::DnsLabel) and `.`.
    Bucket,
    /// Lowercase letters, digits, `-`.
    DnsLabel,
    /// Labels of letters, digits and `-`, joined by `.`.
    Domain,
    /// Nearly anything, spaces included.
    Free,
    /// [`Word`](Self::Word) and `+=,.@-`.
    Iam,
    /// [`Path`](Self::Path) in lowercase.
    LowerPath,
    /// [`Word`](Self::Word) in lowercase.
    LowerWord,
    /// [`WordDotHyphen`](Self::WordDotHyphen) and `/`.
    Path,
    /// Letters, digits, `_`.
    Word,
    /// [`WordHyphen`](Self::WordHyphen) and `.`.
    WordDotHyphen,
    /// Letters, digits, `_`, `-`.
    WordHyphen,
}

impl Form {
    fn new(cell: &str) -> Option<Self> {
        Some(match cell {
            "alias" => Self::Alias,
            "alnum-hyphen" => Self::AlnumHyphen,
            "bucket" => Self::Bucket,
            "dns-label" => Self::DnsLabel,
            "domain" => Self::Domain,
            "free" => Self::Free,
            "iam" => Self::Iam,
            "lower-path" => Self::LowerPath,
            "lower-word" => Self::LowerWord,
            "path" => Self::Path,
            "word" => Self::Word,
            "word-dot-hyphen" => Self::WordDotHyphen,
            "word-hyphen" => Self::WordHyphen,
            _ => return None,
        })
    }

    /// Whether a hyphen may stand in the name; where it may not, an underscore takes its place.
    #[must_use]
    pub const fn admits_hyphen(self) -> bool {
        !matches!(self, Self::Word | Self::LowerWord)
    }
}

/// Where a name must be unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In the account, or beyond it, in all regions.
    Global,
    /// In the account and region.
    Account,
    /// Within the thing that the resource belongs to, which has a name or an id of its own.
    Parent,
}

impl Scope {
    fn new(cell: &str) -> Option<Self> {
        Some(match cell {
            "global" => Self::Global,
            "account" => Self::Account,
            "parent" => Self::Parent,
            _ => return None,
        })
    }
}

/// The name of a resource type; `None` where it has none.
#[must_use]
pub fn of(ty: &str) -> Option<Name> {
    TABLE.rows(ty).find_map(read)
}

fn read([_, path, prefix, form, max, scope]: [&'static str; 6]) -> Option<Name> {
    Some(Name {
        path,
        prefix: optional(prefix),
        form: match optional(form) {
            Some(form) => Some(Form::new(form)?),
            None => None,
        },
        max: match optional(max) {
            Some(max) => Some(max.parse().ok()?),
            None => None,
        },
        scope: Scope::new(scope)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_and_a_type_has_one_name() {
        let (types, rows) = TABLE.read_by(of);
        assert!(types == rows && rows > 700);
    }

    #[test]
    fn names_are_told_apart() {
        let bucket = of("aws_s3_bucket").unwrap();
        assert_eq!((bucket.path, bucket.prefix), ("bucket", Some("bucket_prefix")));
        assert_eq!((bucket.form, bucket.max), (Some(Form::Bucket), Some(63)));
        assert_eq!(bucket.scope, Scope::Global);
        assert_eq!(of("aws_lambda_function").unwrap().path, "function_name");
        assert_eq!(of("aws_iam_role_policy").unwrap().scope, Scope::Parent);
        assert_eq!(of("aws_vpc"), None);
        assert_eq!(of("aws_iam_role_policy_attachment"), None);
    }

    #[test]
    fn underscores_stand_for_hyphens_where_these_are_refused() {
        assert!(!of("aws_glue_catalog_database").unwrap().form.unwrap().admits_hyphen());
        assert!(of("aws_sns_topic").unwrap().form.unwrap().admits_hyphen());
    }
}
