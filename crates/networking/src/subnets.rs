//! The VPC, its subnets, and the default security group without rules.

use drstack_terraform::{Module, ModuleError};

use crate::layout::{Layout, Tier, VPC, in_zone};
use crate::resources::{DefaultSecurityGroup, Subnet, Vpc};

pub(crate) fn add(layout: &Layout, module: &mut Module) -> Result<(), ModuleError> {
    let vpc = Vpc {
        cidr_block: layout.site.vpc,
        enable_dns_support: true,
        enable_dns_hostnames: true,
        tags: layout.tags("vpc")?,
    };
    module.add(VPC, &vpc)?;
    let closed = DefaultSecurityGroup {
        vpc_id: layout.vpc(),
        ingress: [],
        egress: [],
        tags: layout.tags("closed")?,
    };
    module.add("closed", &closed)?;
    for subnets in &layout.site.zones {
        for tier in Tier::ALL {
            let name = in_zone(tier.name(), subnets.zone);
            let subnet = Subnet {
                vpc_id: layout.vpc(),
                availability_zone: subnets.zone,
                cidr_block: tier.range(subnets),
                tags: layout.tags(&name.replace('_', "-"))?,
            };
            module.add(name, &subnet)?;
        }
    }
    Ok(())
}
