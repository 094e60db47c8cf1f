"""AWS Backup: what is backed up, where to, and for how long."""

from __future__ import annotations

from support import REGIONS, DeployedTest, arn, client, cluster, name, regional_name, stack_keys


class Backup(DeployedTest):
    # requirement: R12
    def test_each_regions_plan_keeps_its_backups_for_seven_days_in_its_own_vault(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                backup = client("backup", region)
                plan = backup.get_backup_plan(BackupPlanId=_plan(region))["BackupPlan"]
                (rule,) = plan["Rules"]
                self.assertEqual(rule["Lifecycle"]["DeleteAfterDays"], 7)
                vault = backup.describe_backup_vault(BackupVaultName=rule["TargetBackupVaultName"])
                self.assertEqual(vault["BackupVaultName"], name("backup"))
                self.assertEqual(vault["EncryptionKeyArn"], stack_keys(region)["backup"])

    # requirement: R12
    def test_each_regions_selection_names_its_cluster(self) -> None:
        for region in REGIONS:
            with self.subTest(region=region):
                backup, plan = client("backup", region), _plan(region)
                (summary,) = backup.list_backup_selections(BackupPlanId=plan)["BackupSelectionsList"]
                selection = backup.get_backup_selection(BackupPlanId=plan, SelectionId=summary["SelectionId"])
                self.assertEqual(selection["BackupSelection"]["Resources"], [cluster(region)["DBClusterArn"]])
                self.assertEqual(
                    selection["BackupSelection"]["IamRoleArn"],
                    arn("iam", "", f"role/{regional_name('backup', region)}"),
                )


def _plan(region: str) -> str:
    plans = client("backup", region).list_backup_plans()["BackupPlansList"]
    (found,) = (plan["BackupPlanId"] for plan in plans if plan["BackupPlanName"] == name("daily"))
    return found
