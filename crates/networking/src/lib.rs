//! Two peered VPCs and a stable CIDR allocator.

pub mod cidr;

mod endpoints;
mod flow_logs;
mod network;
mod peering;
mod resources;
mod routing;
mod security_groups;
mod site;
mod subnets;

pub use network::{NatGateways, Network, Outbound, Outputs, Wiring};
pub use peering::{Accepter, AcceptingPeer, Requester, Side};
pub use site::{Site, SiteError, ZoneSubnets};

#[cfg(test)]
mod tests;
