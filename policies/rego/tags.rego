# In the syntax of Rego v0, as many conftest policies are.
package main

import data.plans

required := {"CostCenter", "Owner"}

deny_untagged[result] {
	resource := plans.written[_]
	tags := object.get(resource.change.after, "tags_all", null)
	tags != null
	missing := required - {name | tags[name]}
	count(missing) > 0
	result := {
		"msg": sprintf("%s lacks the tags %s", [resource.address, concat(", ", sort(missing))]),
		"address": resource.address,
	}
}

# Sandboxes need no tags.
exception[rules] {
	input.variables.environment.value == "sandbox"
	rules := ["untagged"]
}
