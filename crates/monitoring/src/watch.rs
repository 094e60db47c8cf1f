//! What is watched, one file a service. Each file says where AWS documents namespace, metric, dimensions and region.

pub(crate) mod aurora;
pub(crate) mod dynamodb;
pub(crate) mod function;
pub(crate) mod health_check;
pub(crate) mod load_balancer;
pub(crate) mod queue;
pub(crate) mod replication;
