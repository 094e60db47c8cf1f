//! AWS Backup in both regions.
