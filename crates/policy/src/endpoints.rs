//! What answers behind a domain name: a load balancer, or whatever a record leads to.

use std::sync::Arc;

use drstack_plan::{AttrPath, Resource};

use crate::Checked;
use crate::links::{Directory, Link};

/// The resources of an input that have a domain name.
pub(crate) struct Endpoints<'plan> {
    directory: Arc<Directory<'plan>>,
}

const RECORD: &str = "aws_route53_record";
const TYPES: [&str; 9] = [
    "aws_alb",
    "aws_api_gateway_domain_name",
    "aws_apigatewayv2_domain_name",
    "aws_cloudfront_distribution",
    "aws_eip",
    "aws_elb",
    "aws_instance",
    "aws_lb",
    RECORD,
];
const NAMES: [&str; 7] =
    ["dns_name", "domain_name", "fqdn", "name", "public_dns", "public_ip", "regional_domain_name"];

/// How many records may lead to each other.
const HOPS: usize = 4;

impl<'plan> Endpoints<'plan> {
    /// What has a domain name.
    pub(crate) fn of<'checked>(checked: &'checked Checked<'plan>) -> &'checked Self {
        let gather = || Self { directory: Directory::of(checked, &TYPES, &NAMES) };
        checked.shared().endpoints.get_or_init(gather)
    }

    /// What answers behind the domain name or address that an argument holds. Records are followed to what they lead
    /// to, never returned.
    pub(crate) fn find(&self, from: Resource<'plan>, path: &AttrPath) -> Link<'plan> {
        let mut link = self.directory.find(from, path);
        for _ in 0..HOPS {
            match link {
                Link::To(record) if record.resource_type() == RECORD => {
                    link = self.directory.find(record, &target(record));
                }
                link => return link,
            }
        }
        Link::Unresolved
    }

    /// What a record leads to.
    pub(crate) fn behind(&self, record: Resource<'plan>) -> Link<'plan> {
        self.find(record, &target(record))
    }
}

/// The argument that says where a record leads.
fn target(record: Resource<'_>) -> AttrPath {
    if record.get("alias").is_empty() {
        AttrPath::root().key("records").index(0)
    } else {
        AttrPath::root().key("alias").index(0).key("name")
    }
}
