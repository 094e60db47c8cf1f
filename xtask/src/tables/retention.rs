//! `retention.tsv`: every switch that keeps something after `terraform destroy`, or makes it fail.
//!
//! - `when`: what makes the switch matter, as in `kms.tsv`;
//! - `destroyable`, `protected`: the values that the two profiles ask for, alternatives separated by
//!   `|`: a literal, `set`, `unset`, or `any` where the profile does not care;
//! - `default`: what holds when the argument is left out, `unset` where nothing does;
//! - `effect`: `blocks` makes the destruction fail, `fails-unless-empty` only where contents or
//!   dependents exist, `keeps` leaves something behind, `delays` deletes after a waiting time.

use super::arguments::{Argument, Arguments, last};
use super::{NONE, Row, Table};

pub(super) const TABLE: Table = Table {
    name: "retention",
    columns: &["when", "destroyable", "protected", "default", "effect"],
    propose,
};

fn propose(arguments: &Arguments<'_>) -> Vec<Row> {
    arguments
        .iter()
        .filter_map(|(path, argument)| {
            let [destroyable, protected, default, effect] = judge(arguments, path, argument)?;
            Some(Row::new(path, [NONE, destroyable, protected, default, effect]))
        })
        .collect()
}

/// A switch's meaning follows from its name; the provider's names for the same switch vary by service.
fn judge(
    arguments: &Arguments<'_>,
    path: &str,
    argument: &Argument<'_>,
) -> Option<[&'static str; 4]> {
    match last(path) {
        "delete_protection"
        | "deletion_protection"
        | "deletion_protection_enabled"
        | "disable_api_termination"
        | "enable_deletion_protection"
        | "termination_protection"
        | "termination_protection_enabled"
            if argument.is_bool() =>
        {
            Some(["false", "true", "false", "blocks"])
        }
        "skip_final_backup" | "skip_final_snapshot" => Some(["true", "false", "false", "keeps"]),
        // Beside a switch that skips the snapshot, its name alone keeps nothing.
        "final_snapshot_identifier" | "final_snapshot_name" => {
            let skippable = arguments.beside(path, "skip_final_snapshot").is_some();
            Some([if skippable { "any" } else { "unset" }, "set", "unset", "keeps"])
        }
        "force_delete" | "force_destroy" => Some(["true", "false", "false", "fails-unless-empty"]),
        "force_detach_policies" => Some(["true", "any", "false", "fails-unless-empty"]),
        "skip_destroy" => Some(["false", "any", "false", "keeps"]),
        "retain_on_delete" | "retain_stack" | "retain_stacks" | "retain_physical_resources" => {
            Some(["false", "any", "false", "keeps"])
        }
        "delete_automated_backups" => Some(["true", "false", "true", "keeps"]),
        "delete_on_termination" => Some(["true", "any", "true", "keeps"]),
        "deletion_window_in_days" => Some(["any", "any", "30", "delays"]),
        "recovery_window_in_days" => Some(["0", "set", "30", "delays"]),
        "object_lock_enabled" if argument.is_bool() => {
            Some(["false", "any", "false", "fails-unless-empty"])
        }
        "object_lock_legal_hold_status" => Some(["OFF", "any", "unset", "blocks"]),
        "object_lock_mode" | "object_lock_retain_until_date" => {
            Some(["unset", "any", "unset", "blocks"])
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::proposals;
    use super::*;

    #[test]
    fn switches_are_found_by_name() {
        let cluster = proposals(&TABLE, "aws_rds_cluster");
        assert_eq!(cluster["deletion_protection"], ["-", "false", "true", "false", "blocks"]);
        assert_eq!(cluster["skip_final_snapshot"], ["-", "true", "false", "false", "keeps"]);
        assert_eq!(cluster["final_snapshot_identifier"], ["-", "any", "set", "unset", "keeps"]);
        assert_eq!(cluster["delete_automated_backups"], ["-", "true", "false", "true", "keeps"]);
        assert_eq!(cluster.len(), 4);
        assert_eq!(
            proposals(&TABLE, "aws_secretsmanager_secret")["recovery_window_in_days"],
            ["-", "0", "set", "30", "delays"]
        );
    }
}
