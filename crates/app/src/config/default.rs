//! What a key that is left out means. `default.toml` says the same to people, and a test holds the two together.

use std::num::NonZeroU8;

use drstack_database::{Acu, EngineVersion};
use drstack_terraform::Region;
use ipnet::Ipv4Net;

use super::value::{Between, Cidr, DatabaseName, Runtime};
use super::{
    Backup, Compute, Database, Dns, LogRetention, Logs, Network, Objectives, Password, Regions,
};

impl Default for Objectives {
    fn default() -> Self {
        Self { rto_minutes: Between::fixed(15), rpo_minutes: Between::fixed(5) }
    }
}

impl Default for Regions {
    fn default() -> Self {
        let zones = vec!['a', 'b', 'c'];
        Self {
            primary: Region::US_EAST_1,
            recovery: Region::US_EAST_2,
            primary_zones: zones.clone(),
            recovery_zones: zones,
        }
    }
}

impl Default for Network {
    fn default() -> Self {
        Self {
            supernet: Cidr::fixed(Ipv4Net::new_assert([10, 0, 0, 0].into(), 8)),
            vpc_prefix: Between::fixed(16),
            public_prefix: Between::fixed(24),
            compute_prefix: Between::fixed(20),
            database_prefix: Between::fixed(24),
            reserved: Vec::new(),
            primary_cidr: None,
            recovery_cidr: None,
            nat: None,
        }
    }
}

impl Default for Database {
    fn default() -> Self {
        Self {
            engine_version: EngineVersion::LONG_TERM_SUPPORT,
            name: DatabaseName::default(),
            min_capacity: Acu::MIN,
            max_capacity: Acu::halves(8),
            instances: Between::fixed(NonZeroU8::MIN),
            password: Password::default(),
        }
    }
}

impl Default for Compute {
    fn default() -> Self {
        Self {
            source: None,
            handler: "handler.handler".to_owned(),
            runtime: Runtime::default(),
            memory_mib: Between::fixed(512),
            timeout_seconds: Between::fixed(30),
            listener: super::Listener::default(),
            certificates: None,
        }
    }
}

impl Default for Dns {
    fn default() -> Self {
        Self {
            domain: drstack_dns::Domain::reserved(),
            zone_id: None,
            primary_weight: Between::fixed(100),
            recovery_weight: Between::fixed(0),
        }
    }
}

impl Default for Logs {
    fn default() -> Self {
        Self { retention_days: LogRetention(14) }
    }
}

impl Default for Backup {
    fn default() -> Self {
        Self { retention_days: Between::fixed(7) }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, DEFAULT_TOML};

    /// With every section left out, the defaults apply; with the whole default file, they are written out.
    #[test]
    fn the_default_file_says_what_leaving_out_means() {
        let written = Config::read("default.toml", DEFAULT_TOML).unwrap();
        let left_out =
            Config::read("short.toml", "name = \"drstack\"\nenvironment_suffix = \"dev\"\n")
                .unwrap();
        assert_eq!(written, left_out);
    }

    #[test]
    fn every_line_but_the_two_required_can_be_deleted() {
        let all = Config::read("default.toml", DEFAULT_TOML).unwrap();
        let lines: Vec<&str> = DEFAULT_TOML.lines().collect();
        let mut required = Vec::new();
        for (index, line) in lines.iter().enumerate().filter(|(_, line)| line.contains(" = ")) {
            let rest = [&lines[..index], &lines[index + 1..]].concat().join("\n");
            match Config::read("less.toml", &rest) {
                Ok(config) => assert_eq!(config, all, "{line}"),
                Err(_) => required.push(line.split(" = ").next().unwrap()),
            }
        }
        assert_eq!(required, ["name", "environment_suffix"]);
        assert!(lines[0].contains("`name` and `environment_suffix` are required"));
    }
}
