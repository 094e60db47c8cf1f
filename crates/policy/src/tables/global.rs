//! Which types exist once in an account rather than in a region.

use super::Table;

static TABLE: Table = Table::new(include_str!("../../../../policies/tables/global.tsv"));

/// The region of a global type's control plane; `None` for a type that exists in each region.
#[must_use]
pub fn home(ty: &str) -> Option<&'static str> {
    TABLE.rows(ty).map(|[_, region]| region).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn global_types_have_a_home() {
        assert_eq!(home("aws_iam_role"), Some("us-east-1"));
        assert_eq!(home("aws_route53recoverycontrolconfig_cluster"), Some("us-west-2"));
        assert_eq!(home("aws_sqs_queue"), None);
    }
}
