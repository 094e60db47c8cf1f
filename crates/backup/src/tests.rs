//! What the backup module holds.

use crate::{Backup, Wiring};
use drstack_terraform::{Component, ModuleName, Names, Profile, Region};
use drstack_testing::ProviderSchema;
use serde_json::{Value, json};

const REGION: Region = Region::US_EAST_2;

fn backup() -> Backup {
    Backup::new(Names::new("payments").unwrap(), REGION)
}

fn wiring() -> Wiring {
    let security = ModuleName::regional("security", REGION);
    Wiring {
        key: security.get("backup"),
        role: security.get("backup"),
        cluster_arn: ModuleName::regional("database", REGION).get("main"),
    }
}

fn resources(backup: &Backup) -> Value {
    let document = backup.build(&wiring()).unwrap().document().unwrap();
    assert_eq!(ProviderSchema::load().validate_document(&document), []);
    document["resource"].clone()
}

#[test]
fn the_vault_has_the_regions_key_and_is_destroyed_with_what_is_in_it() {
    let vault = |profile| resources(&backup().profile(profile))["aws_backup_vault"]["main"].clone();
    assert_eq!(
        vault(Profile::Destroyable),
        json!({
            "name": "payments-backup-${var.environment_suffix}",
            "kms_key_arn": "${var.security_kms_key_backup_arn}",
            "force_destroy": true,
        })
    );
    assert_eq!(vault(Profile::Protected)["force_destroy"], false);
}

#[test]
fn the_plan_keeps_a_daily_backup_for_seven_days_out_of_cold_storage() {
    let plan = &resources(&backup())["aws_backup_plan"]["main"];
    assert_eq!(plan["name"], "payments-daily-${var.environment_suffix}");
    assert_eq!(
        plan["rule"],
        json!([{
            "rule_name": "daily",
            "target_vault_name": "${aws_backup_vault.main.name}",
            "schedule": "cron(0 5 * * ? *)",
            "start_window": 60,
            "completion_window": 180,
            "lifecycle": [{ "delete_after": 7 }],
        }])
    );
}

#[test]
fn retention_and_schedule_can_be_set() {
    let backup = backup().retention(30).schedule("rate(12 hours)");
    let rule = &resources(&backup)["aws_backup_plan"]["main"]["rule"][0];
    assert_eq!(rule["lifecycle"][0]["delete_after"], 30);
    assert_eq!(rule["schedule"], "rate(12 hours)");
}

#[test]
fn the_selection_names_the_cluster() {
    assert_eq!(
        resources(&backup())["aws_backup_selection"]["main"],
        json!({
            "name": "payments-aurora-${var.environment_suffix}",
            "plan_id": "${aws_backup_plan.main.id}",
            "iam_role_arn": "${var.security_iam_role_backup_arn}",
            "resources": ["${var.database_rds_cluster_main_arn}"],
        })
    );
}

#[test]
fn others_may_refer_to_the_vault() {
    let vault = backup().outputs().vault;
    assert_eq!(format!("{vault:?}"), "module.backup_us_east_2.aws_backup_vault.main.name");
}

#[test]
fn what_aws_would_refuse_is_refused_before() {
    let refusal = |backup: Backup| backup.build(&wiring()).unwrap_err().to_string();
    assert!(refusal(backup().retention(0)).contains("0 days, expected at least 1"));
    assert_eq!(
        refusal(backup().schedule("daily")),
        "the backup schedule is `daily`, expected `cron(...)` or `rate(...)`: for example `cron(0 5 * * ? *)`"
    );
}
