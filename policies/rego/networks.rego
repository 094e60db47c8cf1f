package main

import data.plans

# What the offices and the data centres use. `--policy-data` with {"reserved_networks": […]} replaces it.
default reserved_networks := ["10.200.0.0/13", "192.168.0.0/16"]

reserved_networks := data.reserved_networks

deny_reserved_network contains result if {
	some resource in plans.written
	resource.type in {"aws_vpc", "aws_vpc_ipv4_cidr_block_association"}
	some reserved in reserved_networks
	net.cidr_intersects(resource.change.after.cidr_block, reserved)
	result := {
		"msg": sprintf("%s (%s) meets the reserved network %s", [resource.address, resource.change.after.cidr_block, reserved]),
		"address": resource.address,
	}
}
