//! Two peered VPCs and a stable CIDR allocator.

pub mod cidr;

mod endpoints;
mod flow_logs;
mod layout;
mod network;
mod peering;
mod resources;
mod routing;
mod security_groups;
mod site;
mod subnets;

pub use layout::{NatGateways, Outbound};
pub use network::{Network, Outputs, Wiring};
pub use peering::{Accepter, AcceptingPeer, Requester, Side};
pub use site::{Site, SiteError, ZoneSubnets};

#[cfg(test)]
mod tests;
