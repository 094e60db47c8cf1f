package main

import data.plans

previous := `^(t2|m4|m5|c4|c5|r4|r5)\.`

warn_previous_generation contains result if {
	some resource in plans.written
	resource.type == "aws_instance"
	regex.match(previous, resource.change.after.instance_type)
	result := {
		"msg": sprintf("%s is of an earlier generation (%s)", [resource.address, resource.change.after.instance_type]),
		"address": resource.address,
	}
}

deny_destroyed_database contains msg if {
	some change in input.resource_changes
	change.type in {"aws_db_instance", "aws_rds_cluster", "aws_dynamodb_table"}
	"delete" in change.change.actions
	msg := sprintf("%s would be destroyed", [change.address])
}
