//! Buckets that replicate both ways.
