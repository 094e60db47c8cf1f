use std::marker::PhantomData;

use drstack_terraform::{Component, Module, ModuleError, Names, Ref, Serves, kind};

use crate::layout::{Layout, NatGateways, Outbound, Tier};
use crate::peering::{Accepter, Requester, Side};
use crate::{Site, endpoints, flow_logs, peering, routing, security_groups, subnets};

/// One region's VPC with everything in it, and its side `S` of the peering with the other region's.
///
/// Which side a region takes makes no difference to what can be reached; it only says who asks and who
/// accepts.
#[derive(Clone, Debug)]
pub struct Network<S> {
    layout: Layout,
    side: PhantomData<fn() -> S>,
}

/// References to what [`Network`] builds.
#[derive(Clone, Debug)]
pub struct Outputs<S: Side> {
    /// The VPC.
    pub vpc: Ref<kind::Vpc>,
    /// The load balancer's subnets, usable elsewhere once the internet gateway and the route to it are there:
    /// an internet-facing load balancer is refused before.
    pub public_subnets: Vec<Ref<kind::Subnet>>,
    /// The functions' subnets.
    pub compute_subnets: Vec<Ref<kind::Subnet>>,
    /// The database's subnets.
    pub database_subnets: Vec<Ref<kind::Subnet>>,
    /// The load balancer's security group.
    pub load_balancer_group: Ref<kind::SecurityGroup>,
    /// The functions' security group.
    pub function_group: Ref<kind::SecurityGroup>,
    /// The database's security group.
    pub database_group: Ref<kind::SecurityGroup>,
    /// The log group that the flow logs go to.
    pub flow_log_group: Ref<kind::Arn<kind::LogGroup>>,
    /// This side of the peering.
    pub peering: S::Connection,
    /// The private route tables, which route to the peer: one a zone for compute, one for the database.
    pub private_route_tables: Vec<Ref<kind::RouteTable>>,
}

/// What [`Network`] needs of other components.
#[derive(Clone, Debug)]
pub struct Wiring<S: Side> {
    /// The key of the region's log groups.
    pub logs_key: Ref<kind::Arn<kind::KmsKey>>,
    /// The role that delivers the flow logs.
    pub flow_logs_role: Ref<kind::Arn<kind::Role>>,
    /// The other side of the peering.
    pub peer: S::Peer,
}

impl Network<Requester> {
    /// The network at `site` that asks the one at `peer` for a peering.
    #[must_use]
    pub fn requester(names: Names, site: Site, peer: Site) -> Self {
        Self::new(names, site, peer)
    }
}

impl Network<Accepter> {
    /// The network at `site` that accepts the peering which the one at `peer` asks for.
    #[must_use]
    pub fn accepter(names: Names, site: Site, peer: Site) -> Self {
        Self::new(names, site, peer)
    }
}

impl<S: Side> Network<S> {
    /// The network at `site`, which takes the side `S` of a peering with the one at `peer`.
    #[must_use]
    pub fn new(names: Names, site: Site, peer: Site) -> Self {
        let layout = Layout {
            names,
            site,
            peer,
            nat: NatGateways::default(),
            outbound: Outbound::default(),
            log_retention: 14,
            database_port: 5432,
            listener_ports: vec![80, 443],
        };
        Self { layout, side: PhantomData }
    }

    /// How many NAT gateways there are; one by default.
    #[must_use]
    pub fn nat(mut self, nat: NatGateways) -> Self {
        self.layout.nat = nat;
        self
    }

    /// Where the functions may connect to; the VPC's endpoints by default.
    #[must_use]
    pub fn outbound(mut self, outbound: Outbound) -> Self {
        self.layout.outbound = outbound;
        self
    }

    /// For how many days flow logs are kept, one of the
    /// [periods that CloudWatch Logs knows](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html);
    /// 14 by default.
    #[must_use]
    pub fn log_retention(mut self, days: u16) -> Self {
        self.layout.log_retention = days;
        self
    }

    /// The port that the database listens on; 5432 by default.
    #[must_use]
    pub fn database_port(mut self, port: u16) -> Self {
        self.layout.database_port = port;
        self
    }

    /// The ports that the load balancer listens on; 80 and 443 by default.
    #[must_use]
    pub fn listener_ports(mut self, ports: impl IntoIterator<Item = u16>) -> Self {
        self.layout.listener_ports = ports.into_iter().collect();
        self
    }
}

impl<S: Side> Component for Network<S> {
    type Outputs = Outputs<S>;
    type Wiring = Wiring<S>;

    const SERVES: &'static [Serves] = &[
        Serves::new("R9", "a VPC a region, refused when it overlaps its peer"),
        Serves::new("R10", "an inter-region peering, accepted, with routes on both sides"),
        Serves::new("R13", "public, compute and database subnets in each zone, their route tables"),
        Serves::new("D1", "the module networking"),
        Serves::new("N1", "suffixed security groups, log group and Name tags"),
        Serves::new("N3", "VPC ranges that share no address"),
        Serves::new("N5", "a single NAT gateway and 14 days of flow logs by default"),
        Serves::new("T7", "routes to the peer in every private route table, after acceptance"),
    ];

    fn outputs(&self) -> Outputs<S> {
        let layout = &self.layout;
        let module = layout.module();
        Outputs {
            vpc: layout.vpc(),
            public_subnets: routing::reachable(layout).collect(),
            compute_subnets: layout.subnets(Tier::Compute).collect(),
            database_subnets: layout.subnets(Tier::Database).collect(),
            load_balancer_group: module.get(security_groups::LOAD_BALANCER),
            function_group: module.get(security_groups::FUNCTION),
            database_group: module.get(security_groups::DATABASE),
            flow_log_group: module.get(flow_logs::FLOW_LOGS),
            private_route_tables: layout.private_tables().collect(),
            peering: S::connection(module),
        }
    }

    fn build(&self, wiring: &Wiring<S>) -> Result<Module, ModuleError> {
        let layout = &self.layout;
        layout.site.check(&layout.peer).map_err(|error| ModuleError::Inputs(error.to_string()))?;
        let mut module = Module::new(layout.module());
        subnets::add(layout, &mut module)?;
        routing::add(layout, &mut module)?;
        security_groups::add(layout, &mut module)?;
        endpoints::add(layout, &mut module)?;
        flow_logs::add(layout, &mut module, &wiring.logs_key, &wiring.flow_logs_role)?;
        peering::add::<S>(layout, &mut module, &wiring.peer)?;
        Ok(module)
    }
}
