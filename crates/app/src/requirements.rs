//! Which component serves which requirement, for the documentation.

use drstack_backup::Backup;
use drstack_compute::Compute;
use drstack_database::{Primary, Secondary};
use drstack_dns::Dns;
use drstack_monitoring::{HealthAlarms, Monitoring};
use drstack_networking::{Network, Requester};
use drstack_security::Security;
use drstack_storage::Storage;
use drstack_terraform::{Component, Serves};

/// What the command itself serves.
const COMMAND: &[Serves] = &[
    Serves::new("C2", "both functions built from the same settings and package"),
    Serves::new("C6", "us-east-1 and us-east-2 unless the configuration says otherwise"),
    Serves::new("D1", "a module for each domain and region"),
    Serves::new("D2", "one root that deploys both regions, with a backend for its state"),
    Serves::new("D3", "the root's outputs"),
    Serves::new("D4", "a reproducible deployment package"),
    Serves::new("N6", "the versions of Terraform and the provider that the configuration asks for"),
];

/// Every component with what it serves.
#[must_use]
pub fn builders() -> Vec<(&'static str, &'static [Serves])> {
    vec![
        ("command", COMMAND),
        ("networking", <Network<Requester> as Component>::SERVES),
        ("security", Security::SERVES),
        ("database (primary)", Primary::SERVES),
        ("database (secondary)", Secondary::SERVES),
        ("storage", Storage::SERVES),
        ("compute", Compute::SERVES),
        ("dns", Dns::SERVES),
        ("monitoring", Monitoring::SERVES),
        ("monitoring (health checks)", HealthAlarms::SERVES),
        ("backup", Backup::SERVES),
    ]
}
