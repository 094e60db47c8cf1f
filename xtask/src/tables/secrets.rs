//! `secrets.tsv`: every argument that holds a secret and goes into the state as it is written.
//!
//! The schema marks it as sensitive, neither as write-only nor as one that the provider fills in, and its name
//! says that it is a secret rather than something that goes with one.
//!
//! - `when`: `-` always, `path=value` where the argument has the value;
//! - `instead`: the write-only argument beside it that takes the same secret, or `-`.

use super::arguments::{Argument, Arguments, last};
use super::{NONE, Row, Table};

pub(super) const TABLE: Table = Table { name: "secrets", columns: &["when", "instead"], propose };

fn propose(arguments: &Arguments<'_>) -> Vec<Row> {
    let secrets = arguments.iter().filter(|(path, argument)| {
        is_stored(argument) && argument.holds_strings() && names_secret(last(path))
    });
    let row = |path| {
        let instead = arguments.beside(path, &format!("{}_wo", last(path)));
        Row::new(path, [NONE, instead.as_deref().unwrap_or(NONE)])
    };
    secrets.map(|(path, _)| row(path)).collect()
}

/// Whether the configuration alone says what the state keeps and hides.
fn is_stored(argument: &Argument<'_>) -> bool {
    let attribute = argument.attribute;
    attribute.sensitive && !attribute.write_only && !attribute.computed
}

fn names_secret(name: &str) -> bool {
    const SECRETS: [&str; 7] =
        ["credential", "credentials", "passphrase", "password", "passwords", "secret", "token"];
    /// Words before `key` that make it one.
    const KEYS: [&str; 5] = ["access", "api", "private", "secret", "ssh"];
    let words: Vec<_> = name.split('_').collect();
    !name.ends_with("_id")
        && (words.iter().any(|word| SECRETS.contains(word))
            || words.windows(2).any(|pair| pair[1] == "key" && KEYS.contains(&pair[0])))
}

#[cfg(test)]
mod tests {
    use super::super::tests::proposals;
    use super::*;

    #[test]
    fn secrets_are_found_with_what_may_be_written_instead() {
        let cluster = proposals(&TABLE, "aws_rds_cluster");
        assert_eq!(cluster["master_password"], ["-", "master_password_wo"]);
        assert_eq!(cluster.len(), 1, "write-only arguments are not stored");
        let listener = proposals(&TABLE, "aws_lb_listener");
        assert_eq!(listener["default_action.authenticate_oidc.client_secret"], ["-", "-"]);
    }

    #[test]
    fn what_the_provider_fills_in_is_no_secret_of_the_configuration() {
        assert!(proposals(&TABLE, "aws_ssm_parameter").is_empty());
    }

    #[test]
    fn what_goes_with_a_secret_is_none() {
        for name in ["token_key_id", "certificate", "client_id", "kms_key", "master_user_name"] {
            assert!(!names_secret(name), "{name}");
        }
        for name in ["passwords", "secret_access_key", "authorization_api_key_value", "token_key"] {
            assert!(names_secret(name), "{name}");
        }
    }
}
