import unittest

from support import PRIMARY, STANDBY, ClientError, EmulatorTest


class Kms(EmulatorTest):
    def test_the_rotation_period_is_read_back(self) -> None:
        kms = self.client("kms")
        for period, expected in (({"RotationPeriodInDays": 180}, 180), ({}, 365)):
            key = kms.create_key()["KeyMetadata"]["KeyId"]
            self.assertNotIn("RotationPeriodInDays", kms.get_key_rotation_status(KeyId=key))
            kms.enable_key_rotation(KeyId=key, **period)
            self.assertEqual(kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"], expected)

    def test_a_services_own_key_is_managed_by_aws(self) -> None:
        kms = self.client("kms")
        own = kms.describe_key(KeyId="alias/aws/secretsmanager")["KeyMetadata"]["KeyManager"]
        customers = kms.create_key()["KeyMetadata"]["KeyManager"]
        self.assertEqual((own, customers), ("AWS", "CUSTOMER"))


class SecretsManager(EmulatorTest):
    def test_a_replica_has_the_key_that_was_asked_for(self) -> None:
        wanted = {"Region": STANDBY, "KmsKeyId": "key-there"}
        created = self.client("secretsmanager").create_secret(
            Name=f"secret-{self.suffix}", SecretString="x", KmsKeyId="key-here", AddReplicaRegions=[wanted]
        )
        here = self.client("secretsmanager").describe_secret(SecretId=created["ARN"])
        self.assertEqual(here["KmsKeyId"], "key-here")
        self.assertEqual([status["KmsKeyId"] for status in here["ReplicationStatus"]], ["key-there"])
        replica = created["ARN"].replace("us-east-1", STANDBY)
        self.assertEqual(
            self.client("secretsmanager", STANDBY).describe_secret(SecretId=replica)["KmsKeyId"], "key-there"
        )


class Route53(EmulatorTest):
    def test_a_health_check_keeps_the_alarm_it_follows(self) -> None:
        route53 = self.client("route53")
        config = {
            "Type": "CLOUDWATCH_METRIC",
            "AlarmIdentifier": {"Region": "us-east-1", "Name": "alarm"},
            "InsufficientDataHealthStatus": "Unhealthy",
        }
        created = route53.create_health_check(CallerReference=self.suffix, HealthCheckConfig=config)["HealthCheck"]
        got = route53.get_health_check(HealthCheckId=created["Id"])["HealthCheck"]["HealthCheckConfig"]
        self.assertEqual({key: got[key] for key in config}, config)
        self.assertNotIn("FailureThreshold", got)

    def test_other_health_checks_keep_their_settings(self) -> None:
        config = {"Type": "HTTP", "FullyQualifiedDomainName": "x.example", "Port": 80, "FailureThreshold": 3}
        created = self.client("route53").create_health_check(CallerReference=self.suffix, HealthCheckConfig=config)
        got = created["HealthCheck"]["HealthCheckConfig"]
        self.assertEqual({key: got[key] for key in config}, config)


class Acm(EmulatorTest):
    def test_a_certificate_is_pending_until_its_record_is_in_a_zone(self) -> None:
        domain = f"{self.suffix}.example"
        route53 = self.client("route53")
        certificates = [self._requested(domain, region) for region in (PRIMARY, STANDBY)]
        (record,) = {(found["Name"], found["Type"], found["Value"]) for _, found in map(self._described, certificates)}
        self.assertEqual({self._described(each)[0] for each in certificates}, {"PENDING_VALIDATION"})
        zone = route53.create_hosted_zone(Name=domain, CallerReference=domain)["HostedZone"]["Id"]
        self.assertRegex(zone, "^/hostedzone/Z[A-Z0-9]+$")
        for value, status in (("something-else.example.", "PENDING_VALIDATION"), (record[2], "ISSUED")):
            records = {"Name": record[0], "Type": record[1], "TTL": 60, "ResourceRecords": [{"Value": value}]}
            route53.change_resource_record_sets(
                HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": records}]}
            )
            self.assertEqual({self._described(each)[0] for each in certificates}, {status})

    def _requested(self, domain: str, region: str) -> tuple[str, str]:
        acm = self.client("acm", region)
        return region, acm.request_certificate(DomainName=domain, ValidationMethod="DNS")["CertificateArn"]

    def _described(self, certificate: tuple[str, str]) -> tuple[str, dict[str, str]]:
        """Its status and the record that it waits for."""
        region, arn = certificate
        found = self.client("acm", region).describe_certificate(CertificateArn=arn)["Certificate"]
        (option,) = found["DomainValidationOptions"]
        return found["Status"], option["ResourceRecord"]


class Backup(EmulatorTest):
    def setUp(self) -> None:
        super().setUp()
        self.backup = self.client("backup")
        self.vault = f"vault-{self.suffix}"
        self.vault_arn = self.backup.create_backup_vault(BackupVaultName=self.vault, BackupVaultTags={"k": "v"})[
            "BackupVaultArn"
        ]
        rule = {"RuleName": "daily", "TargetBackupVaultName": self.vault}
        self.plan = self.backup.create_backup_plan(
            BackupPlan={"BackupPlanName": f"plan-{self.suffix}", "Rules": [rule]}
        )

    def test_selections_are_created_read_listed_and_deleted(self) -> None:
        wanted = {"SelectionName": "clusters", "IamRoleArn": self.role(), "Resources": ["arn:cluster"]}
        plan = self.plan["BackupPlanId"]
        selection = self.backup.create_backup_selection(BackupPlanId=plan, BackupSelection=wanted)["SelectionId"]
        got = self.backup.get_backup_selection(BackupPlanId=plan, SelectionId=selection)
        self.assertEqual(got["BackupSelection"], wanted)
        listed = self.backup.list_backup_selections(BackupPlanId=plan)["BackupSelectionsList"]
        self.assertEqual([(s["SelectionId"], s["SelectionName"]) for s in listed], [(selection, "clusters")])
        self.backup.delete_backup_selection(BackupPlanId=plan, SelectionId=selection)
        with self.assertRaisesRegex(ClientError, "InvalidParameterValueException"):
            self.backup.get_backup_selection(BackupPlanId=plan, SelectionId=selection)

    def test_a_vault_can_be_emptied_and_its_tags_read(self) -> None:
        self.assertEqual(
            self.backup.list_recovery_points_by_backup_vault(BackupVaultName=self.vault)["RecoveryPoints"], []
        )
        self.assertEqual(self.backup.list_tags(ResourceArn=self.vault_arn)["Tags"], {"k": "v"})


if __name__ == "__main__":
    unittest.main()
