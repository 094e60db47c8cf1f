# What the other policies ask of a plan.
package plans

# The changes of managed resources that leave something behind.
written contains change if {
	some change in input.resource_changes
	change.mode == "managed"
	some action in change.change.actions
	action in {"create", "update"}
}
