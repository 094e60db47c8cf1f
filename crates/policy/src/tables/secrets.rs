//! Which arguments hold secrets that go into the state as they are written.

use super::{Conditions, Table, optional};

static TABLE: Table = Table::new(include_str!("../../../../policies/tables/secrets.tsv"));

/// An argument that holds a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secret {
    /// The argument.
    pub path: &'static str,
    /// When what it holds is a secret.
    pub when: Conditions,
    /// The write-only argument that takes the same secret; `None` where the provider has none.
    pub instead: Option<&'static str>,
}

/// The arguments of a resource type that hold secrets.
pub fn of(ty: &str) -> impl Iterator<Item = Secret> + use<> {
    TABLE.rows(ty).map(|[_, path, when, instead]: [_; 4]| Secret {
        path,
        when: Conditions::new(when),
        instead: optional(instead),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        let (types, _) = TABLE.read_by(of);
        assert!(types > 60);
    }

    #[test]
    fn secrets_are_told_with_what_may_be_written_instead() {
        let secrets = |ty| of(ty).map(|secret| (secret.path, secret.instead)).collect::<Vec<_>>();
        assert_eq!(secrets("aws_rds_cluster"), [("master_password", Some("master_password_wo"))]);
        assert_eq!(secrets("aws_transfer_server"), [("host_key", None)]);
        assert_eq!(secrets("aws_vpc"), []);
    }

    #[test]
    fn a_parameter_is_a_secret_where_its_type_says_so() {
        let value = of("aws_ssm_parameter").next().unwrap();
        let conditions: Vec<_> = value.when.iter().map(|condition| condition.path).collect();
        assert_eq!(conditions, ["type"]);
    }
}
