//! Alarms, topics and dashboards in both regions.
