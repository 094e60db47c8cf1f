//! Two peered VPCs and a stable CIDR allocator.

pub mod cidr;
