//! Weighted Route 53 failover.
