//! Who may open connections to whom.
//!
//! Groups of this VPC are named by id; whatever lies in the other region by its range, because
//! [a rule can't name a group across regions](https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html).
//! The load balancer needs no way out: it hands requests to the function
//! [through Lambda's API](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html),
//! not through the VPC.

use drstack_terraform::{Module, ModuleError, Ref, kind, limit};
use ipnet::Ipv4Net;

use crate::Site;
use crate::layout::{ANYWHERE, Gateway, Layout, Outbound, in_zone};
use crate::resources::{EgressRule, IngressRule, Rule, SecurityGroup};

pub(crate) const LOAD_BALANCER: &str = "load_balancer";
pub(crate) const FUNCTION: &str = "function";
pub(crate) const DATABASE: &str = "database";
pub(crate) const ENDPOINTS: &str = "endpoints";

const HTTPS: u16 = 443;

pub(crate) fn add(layout: &Layout, module: &mut Module) -> Result<(), ModuleError> {
    add_group(layout, module, LOAD_BALANCER, "Listeners of the load balancer")?;
    add_group(layout, module, FUNCTION, "Network interfaces of the functions")?;
    add_group(layout, module, DATABASE, "Aurora cluster")?;
    add_group(layout, module, ENDPOINTS, "Interface endpoints of AWS services")?;
    add_listener_rules(layout, module)?;
    add_service_rules(module)?;
    match layout.outbound {
        Outbound::Endpoints => {}
        Outbound::Internet => add_internet_rule(module)?,
    }
    add_database_rules(layout, module, "", &layout.site)?;
    add_database_rules(layout, module, "_peer", &layout.peer)
}

fn add_group(
    layout: &Layout,
    module: &mut Module,
    name: &'static str,
    description: &'static str,
) -> Result<(), ModuleError> {
    let part = name.replace('_', "-");
    let group = SecurityGroup {
        name: layout.name(&part, &limit::SECURITY_GROUP)?,
        description,
        vpc_id: layout.vpc(),
        tags: layout.tags(&part)?,
    };
    module.add(name, &group)?;
    Ok(())
}

fn add_listener_rules(layout: &Layout, module: &mut Module) -> Result<(), ModuleError> {
    for port in &layout.listener_ports {
        let rule = rule(module, LOAD_BALANCER, *port, ANYWHERE, "from the internet");
        module.add(format!("{LOAD_BALANCER}_{port}"), &IngressRule(rule))?;
    }
    Ok(())
}

/// Between the functions and AWS services, through both kinds of endpoint.
fn add_service_rules(module: &mut Module) -> Result<(), ModuleError> {
    let function: Ref<kind::SecurityGroup> = module.get(FUNCTION);
    let into = rule(module, ENDPOINTS, HTTPS, function, "from the functions");
    module.add("endpoints_function", &IngressRule(into))?;

    let endpoints: Ref<kind::SecurityGroup> = module.get(ENDPOINTS);
    let out = rule(module, FUNCTION, HTTPS, endpoints, "to interface endpoints");
    module.add("function_endpoints", &EgressRule(out))?;

    for gateway in Gateway::ALL {
        let service = gateway.name();
        let list: Ref<kind::PrefixListId<kind::VpcEndpoint>> = module.get(service);
        let out = rule(module, FUNCTION, HTTPS, list, "to the gateway endpoint");
        module.add(format!("function_{service}"), &EgressRule(out))?;
    }
    Ok(())
}

fn add_internet_rule(module: &mut Module) -> Result<(), ModuleError> {
    let out = rule(module, FUNCTION, HTTPS, ANYWHERE, "to the internet");
    module.add("function_internet", &EgressRule(out))?;
    Ok(())
}

/// Between this region's functions and the database at `site`, and between this database and the functions there:
/// after a failover of the database alone, the functions of one region reach the writer in the other.
fn add_database_rules(
    layout: &Layout,
    module: &mut Module,
    infix: &str,
    site: &Site,
) -> Result<(), ModuleError> {
    let port = layout.database_port;
    for subnets in &site.zones {
        let out = rule(module, FUNCTION, port, subnets.database, "to a database subnet");
        let name = in_zone(&format!("function{infix}_database"), subnets.zone);
        module.add(name, &EgressRule(out))?;

        let into = rule(module, DATABASE, port, subnets.compute, "from a compute subnet");
        let name = in_zone(&format!("database{infix}_compute"), subnets.zone);
        module.add(name, &IngressRule(into))?;
    }
    Ok(())
}

/// Who is at the other end of a connection that a rule allows.
enum OtherEnd {
    Network(Ipv4Net),
    Group(Ref<kind::SecurityGroup>),
    PrefixList(Ref<kind::PrefixListId<kind::VpcEndpoint>>),
}

impl From<Ipv4Net> for OtherEnd {
    fn from(network: Ipv4Net) -> Self {
        Self::Network(network)
    }
}

impl From<Ref<kind::SecurityGroup>> for OtherEnd {
    fn from(group: Ref<kind::SecurityGroup>) -> Self {
        Self::Group(group)
    }
}

impl From<Ref<kind::PrefixListId<kind::VpcEndpoint>>> for OtherEnd {
    fn from(list: Ref<kind::PrefixListId<kind::VpcEndpoint>>) -> Self {
        Self::PrefixList(list)
    }
}

/// A rule of the module's group `group` for TCP connections to one port.
fn rule(
    module: &Module,
    group: &'static str,
    port: u16,
    other_end: impl Into<OtherEnd>,
    description: &'static str,
) -> Rule {
    let rule = Rule {
        security_group_id: module.get(group),
        description,
        ip_protocol: "tcp",
        from_port: port,
        to_port: port,
        cidr_ipv4: None,
        referenced_security_group_id: None,
        prefix_list_id: None,
    };
    match other_end.into() {
        OtherEnd::Network(network) => Rule { cidr_ipv4: Some(network), ..rule },
        OtherEnd::Group(group) => Rule { referenced_security_group_id: Some(group), ..rule },
        OtherEnd::PrefixList(list) => Rule { prefix_list_id: Some(list), ..rule },
    }
}
