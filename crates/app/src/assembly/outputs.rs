use drstack_terraform::{Component, Stack, StackError, Template};

use super::components::Assembly;
use crate::config;

impl Assembly<'_> {
    /// What a person or the next tool needs after an apply.
    pub(super) fn add_outputs(&self, stack: &mut Stack) -> Result<(), StackError> {
        let dns = self.dns.outputs();
        let scheme = match self.config.compute.listener {
            config::Listener::Http => "http://",
            config::Listener::Https => "https://",
        };
        let url = |host: &Template| Template::from(scheme) + host.clone();
        stack.output(
            "endpoint_url",
            "Where the service answers, from whichever region serves.",
            url(&dns.endpoint),
        )?;
        stack.output(
            "primary_endpoint_url",
            "Where the primary region answers.",
            url(&dns.region_endpoints.primary),
        )?;
        stack.output(
            "recovery_endpoint_url",
            "Where the recovery region answers.",
            url(&dns.region_endpoints.recovery),
        )?;
        stack.output("zone_id", "The hosted zone.", dns.zone_id)?;
        if let Some(name_servers) = dns.name_servers {
            stack.output("name_servers", "What the zone is delegated to.", name_servers)?;
        }

        let database = self.database_primary.outputs();
        let recovery = self.database_recovery.outputs();
        stack.output(
            "global_cluster_endpoint",
            "The writer of the global database.",
            database.global_endpoint,
        )?;
        stack.output("primary_cluster_endpoint", "The primary cluster.", database.endpoint)?;
        stack.output("recovery_cluster_endpoint", "The recovery cluster.", recovery.endpoint)?;
        stack.output(
            "session_table_name",
            "The global table of session state.",
            database.table_name,
        )?;

        let (primary, recovery) = (self.storage.primary.outputs(), self.storage.recovery.outputs());
        stack.output(
            "primary_transaction_logs_bucket",
            "Transaction logs in the primary region.",
            primary.transaction_logs.name,
        )?;
        stack.output(
            "primary_documents_bucket",
            "Documents in the primary region.",
            primary.documents.name,
        )?;
        stack.output(
            "recovery_transaction_logs_bucket",
            "Transaction logs in the recovery region.",
            recovery.transaction_logs.name,
        )?;
        stack.output(
            "recovery_documents_bucket",
            "Documents in the recovery region.",
            recovery.documents.name,
        )?;

        let (primary, recovery) = (self.compute.primary.outputs(), self.compute.recovery.outputs());
        stack.output(
            "primary_load_balancer_name",
            "The load balancer of the primary region.",
            primary.load_balancer_name,
        )?;
        stack.output(
            "recovery_load_balancer_name",
            "The load balancer of the recovery region.",
            recovery.load_balancer_name,
        )?;
        Ok(())
    }
}
