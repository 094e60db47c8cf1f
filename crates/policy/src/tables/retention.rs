//! Which switches keep something after `terraform destroy`, or make it fail.

use super::{Conditions, Table, Test};

static TABLE: Table = Table::new(include_str!("../../../../policies/tables/retention.tsv"));

/// A switch that decides what remains of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch {
    /// The argument, or the block whose presence is the switch.
    pub path: &'static str,
    /// When it matters.
    pub when: Conditions,
    /// What the profile `destroyable` asks for; `None` where it does not care.
    pub destroyable: Option<Test>,
    /// What the profile `protected` asks for; `None` where it does not care.
    pub protected: Option<Test>,
    /// The value that holds when the argument is left out; `None` where nothing does.
    pub default: Option<&'static str>,
    /// What the other value does.
    pub effect: Effect,
}

/// What a switch does that is set against destruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The destruction fails.
    Blocks,
    /// The destruction fails where contents or dependents exist.
    FailsUnlessEmpty,
    /// Something stays behind.
    Keeps,
    /// The resource is deleted after a waiting time.
    Delays,
}

impl Effect {
    fn new(cell: &str) -> Option<Self> {
        Some(match cell {
            "blocks" => Self::Blocks,
            "fails-unless-empty" => Self::FailsUnlessEmpty,
            "keeps" => Self::Keeps,
            "delays" => Self::Delays,
            _ => return None,
        })
    }
}

/// The switches of a resource type.
pub fn of(ty: &str) -> impl Iterator<Item = Switch> + use<> {
    TABLE.rows(ty).filter_map(read)
}

fn read(
    [_, path, when, destroyable, protected, default, effect]: [&'static str; 7],
) -> Option<Switch> {
    let wanted = |cell: &'static str| (cell != "any").then(|| Test::new(cell));
    Some(Switch {
        path,
        when: Conditions::new(when),
        destroyable: wanted(destroyable),
        protected: wanted(protected),
        default: (default != "unset").then_some(default),
        effect: Effect::new(effect)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        let (types, _) = TABLE.read_by(of);
        assert!(types > 100);
    }

    #[test]
    fn a_default_is_destroyable_or_not() {
        let find = |ty, path| of(ty).find(|switch| switch.path == path).unwrap();
        let snapshot = find("aws_rds_cluster", "skip_final_snapshot");
        assert!(!snapshot.destroyable.unwrap().admits(snapshot.default));
        let protection = find("aws_dynamodb_table", "deletion_protection_enabled");
        assert!(protection.destroyable.unwrap().admits(protection.default));
        assert!(!protection.protected.unwrap().admits(protection.default));
        let key = find("aws_kms_key", "deletion_window_in_days");
        assert_eq!((key.destroyable, key.effect), (None, Effect::Delays));
        let name = find("aws_elasticache_replication_group", "final_snapshot_identifier");
        assert!(
            name.destroyable.unwrap().admits(None)
                && !name.destroyable.unwrap().admits(Some("last"))
        );
    }

    #[test]
    fn a_switch_that_matters_under_a_condition_says_so() {
        let global =
            of("aws_rds_global_cluster").find(|switch| switch.path == "force_destroy").unwrap();
        assert_eq!(
            global.when.iter().map(|when| when.path).collect::<Vec<_>>(),
            ["source_db_cluster_identifier"]
        );
    }
}
