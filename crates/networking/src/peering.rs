//! The two sides of an inter-region peering.
//!
//! The requester asks, the accepter accepts in its own region, and only then do options and routes make
//! sense: both sides refer to the **accepted** connection, so Terraform creates them after it.
//! <https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html>

use std::fmt::Debug;

use drstack_terraform::{Module, ModuleError, ModuleName, Ref, kind};

use crate::layout::Layout;
use crate::resources::{DnsResolution, Peering, PeeringAccepter, PeeringOptions, Route};

const PEER: &str = "peer";

/// Both sides see one set of tags, so both must set the same: the `Name` carries no region.
const PEERING: &str = "peering";

/// A name of the other VPC resolves to its private address here.
const RESOLVE_PRIVATELY: DnsResolution = DnsResolution { allow_remote_vpc_dns_resolution: true };

/// A side of the peering: [`Requester`] or [`Accepter`], and nothing else.
pub trait Side: Clone + Debug {
    /// What this side gives the other.
    type Connection: Clone + Debug;
    /// What this side needs of the other.
    type Peer: Clone + Debug;

    /// The reference that this side gives the other.
    fn connection(module: ModuleName) -> Self::Connection;

    /// The connection once it is accepted.
    fn accepted(module: ModuleName, peer: &Self::Peer) -> Ref<kind::PeeringAccepter>;

    /// Declares this side of the connection.
    ///
    /// # Errors
    /// When a name is too long.
    fn declare(layout: &Layout, module: &mut Module, peer: &Self::Peer) -> Result<(), ModuleError>;
}

/// The side that asks for the peering.
#[derive(Clone, Copy, Debug)]
pub enum Requester {}

/// The side that accepts the peering.
#[derive(Clone, Copy, Debug)]
pub enum Accepter {}

/// What the requester needs of the accepter.
#[derive(Clone, Debug)]
pub struct AcceptingPeer {
    /// The accepter's VPC.
    pub vpc: Ref<kind::Vpc>,
    /// The connection once it is accepted.
    pub accepted: Ref<kind::PeeringAccepter>,
}

impl Side for Requester {
    type Connection = Ref<kind::Peering>;
    type Peer = AcceptingPeer;

    fn connection(module: ModuleName) -> Self::Connection {
        module.get(PEER)
    }

    fn accepted(_: ModuleName, peer: &Self::Peer) -> Ref<kind::PeeringAccepter> {
        peer.accepted.clone()
    }

    fn declare(layout: &Layout, module: &mut Module, peer: &Self::Peer) -> Result<(), ModuleError> {
        let peering = Peering {
            vpc_id: layout.vpc(),
            peer_vpc_id: peer.vpc.clone(),
            peer_region: layout.peer.region,
            auto_accept: false,
            tags: layout.tags(PEERING)?,
        };
        module.add(PEER, &peering)?;
        let options = PeeringOptions {
            vpc_peering_connection_id: peer.accepted.clone(),
            requester: Some(RESOLVE_PRIVATELY),
            accepter: None,
        };
        module.add(PEER, &options)?;
        Ok(())
    }
}

impl Side for Accepter {
    type Connection = Ref<kind::PeeringAccepter>;
    type Peer = Ref<kind::Peering>;

    fn connection(module: ModuleName) -> Self::Connection {
        module.get(PEER)
    }

    fn accepted(module: ModuleName, _: &Self::Peer) -> Ref<kind::PeeringAccepter> {
        Self::connection(module)
    }

    fn declare(layout: &Layout, module: &mut Module, peer: &Self::Peer) -> Result<(), ModuleError> {
        let accepter = PeeringAccepter {
            vpc_peering_connection_id: peer.clone(),
            auto_accept: true,
            tags: layout.tags(PEERING)?,
        };
        module.add(PEER, &accepter)?;
        let options = PeeringOptions {
            vpc_peering_connection_id: module.get(PEER),
            requester: None,
            accepter: Some(RESOLVE_PRIVATELY),
        };
        module.add(PEER, &options)?;
        Ok(())
    }
}

pub(crate) fn add<S: Side>(
    layout: &Layout,
    module: &mut Module,
    peer: &S::Peer,
) -> Result<(), ModuleError> {
    S::declare(layout, module, peer)?;
    let accepted = S::accepted(module.name(), peer);
    for table in layout.private_tables() {
        let name = format!("{}_peer", table.address().name);
        let route = Route {
            vpc_peering_connection_id: Some(accepted.clone()),
            ..Route::new(table, layout.peer.vpc)
        };
        module.add(name, &route)?;
    }
    Ok(())
}
