use std::net::IpAddr;

use drstack_plan::{AttrPath, Resource};
use foldhash::{HashMap, HashSet};

use crate::arguments::is_left_out;
use crate::endpoints::Endpoints;
use crate::links::{Directory, Link};
use crate::regions::RegionPair;
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "health-check",
    severity: Severity::Error,
    summary: "health checks watch an endpoint that exists in each region, and soon see that it is down",
    protects: "a check of the wrong endpoint, or one that is switched off, keeps clients in a region that is down",
    fix: "point fqdn, port and resource_path at the region's own load balancer, with request_interval 10 and failure_threshold 3",
    requirements: &["V8", "C7", "N4", "R5", "T3"],
    explanation: include_str!("health_check.md"),
    check,
};

/// Route 53's own values where nothing is set:
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html>.
const DEFAULT_INTERVAL: u64 = 30;
const DEFAULT_THRESHOLD: u64 = 3;

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let health_checks = checked.of_type("aws_route53_health_check");
    if health_checks.is_empty() {
        return;
    }
    let endpoints = Endpoints::of(checked);
    let ports = listener_ports(checked);
    let mut regions = HashSet::default();
    let mut is_open = false;
    let mut watching = 0;
    for &health_check in health_checks {
        sink.judged();
        check_switches(health_check, sink);
        match health_check.get("type").as_str().as_deref() {
            Some("CALCULATED") => check_children(health_check, sink),
            Some("CLOUDWATCH_METRIC" | "RECOVERY_CONTROL") => {}
            Some(kind) => {
                watching += 1;
                check_request(health_check, kind, sink);
                check_detection(checked, health_check, sink);
                match check_endpoint(endpoints, &ports, health_check, sink) {
                    Some(region) => _ = regions.insert(region),
                    None => is_open = true,
                }
            }
            None => {
                is_open = true;
                let message = "what the health check asks is not known before apply";
                sink.report(Finding::undetermined(health_check, "type", message));
            }
        }
    }
    let Some(pair) = RegionPair::of(checked).filter(|_| watching > 0 && !is_open) else { return };
    for region in pair.both().into_iter().filter(|region| !regions.contains(*region)) {
        sink.report(Finding::absent(format!("no health check watches {region}")).expected(region));
    }
}

fn check_switches(health_check: Resource<'_>, sink: &mut Sink) {
    let switches = [
        ("disabled", false, "the check is switched off, so that it counts as healthy for ever"),
        (
            "invert_healthcheck",
            false,
            "the check is turned round: it is healthy while its endpoint is down",
        ),
        (
            "enable_sni",
            true,
            "the check does not say by which name it asks, so TLS can't find the certificate",
        ),
    ];
    let is_https = health_check.get("type").as_str().is_some_and(|kind| kind.starts_with("HTTPS"));
    for (name, wanted, message) in switches {
        let value = health_check.get(name);
        if name == "enable_sni" && !is_https {
            continue;
        }
        if value.as_bool() == Some(!wanted) {
            let finding = Finding::violated(health_check, name, message);
            sink.report(finding.found(value).expected(wanted));
        } else if value.is_unknown() && !is_left_out(health_check, &AttrPath::root().key(name)) {
            let message = "the switch is not known before apply";
            sink.report(Finding::undetermined(health_check, name, message).expected(wanted));
        }
    }
}

/// A check that is calculated from others: from at least one, of which not more must be healthy than there are.
fn check_children(health_check: Resource<'_>, sink: &mut Sink) {
    let path = AttrPath::root().key("child_healthchecks");
    let value = health_check.at(&path);
    let children = value.len().or_else(|| {
        let references = health_check.references(&path);
        references.unresolved.is_empty().then_some(references.targets.len())
    });
    let Some(children) = children else {
        let message = "which checks are counted is not known before apply";
        return sink.report(Finding::undetermined(health_check, &path, message));
    };
    let threshold = health_check.get("child_health_threshold");
    if children == 0 {
        sink.report(Finding::violated(health_check, &path, "the check counts no others"));
    } else if threshold.as_u64().is_some_and(|threshold| threshold > children as u64) {
        let message = "more checks must be healthy than there are";
        let finding = Finding::violated(health_check, "child_health_threshold", message);
        sink.report(finding.found(threshold).expected(format_args!("at most {children}")));
    }
}

fn check_request(health_check: Resource<'_>, kind: &str, sink: &mut Sink) {
    let required: &[&str] = if kind == "TCP" { &["port"] } else { &["resource_path"] };
    for name in required {
        if health_check.get(name).is_null() {
            let message = format!(
                "the check does not say which {} it asks",
                name.trim_start_matches("resource_")
            );
            sink.report(Finding::violated(health_check, name, message));
        }
    }
}

fn check_detection(checked: &Checked<'_>, health_check: Resource<'_>, sink: &mut Sink) {
    let longest = checked.parameters().detection_max_seconds;
    let expected = format!("interval times threshold at most {longest} s");
    let number = |name: &str, default| {
        let value = health_check.get(name);
        let is_default = value.is_null() || is_left_out(health_check, &AttrPath::root().key(name));
        value.as_u64().or(is_default.then_some(default))
    };
    let interval = number("request_interval", DEFAULT_INTERVAL);
    let threshold = number("failure_threshold", DEFAULT_THRESHOLD);
    let (Some(interval), Some(threshold)) = (interval, threshold) else {
        let message = "how soon a failure is seen is not known before apply";
        let finding = Finding::undetermined(health_check, "request_interval", message);
        return sink.report(finding.expected(expected));
    };
    let detection = interval.saturating_mul(threshold);
    if detection > longest {
        let finding =
            Finding::violated(health_check, "request_interval", "a failure is seen too late");
        let found = format!("{interval} s x {threshold} = {detection} s");
        sink.report(finding.found(found).expected(expected));
    }
}

/// Judges what is asked, and says in which region it is.
fn check_endpoint<'plan>(
    endpoints: &Endpoints<'plan>,
    ports: &HashMap<usize, Vec<Option<u64>>>,
    health_check: Resource<'plan>,
    sink: &mut Sink,
) -> Option<String> {
    let [fqdn, address] = ["fqdn", "ip_address"].map(|name| AttrPath::root().key(name));
    let (path, link) = match endpoints.find(health_check, &address) {
        Link::Absent => (&fqdn, endpoints.find(health_check, &fqdn)),
        link => (&address, link),
    };
    let target = match link {
        Link::To(target) => target,
        Link::Absent => {
            let finding = Finding::violated(health_check, path, "the check has no endpoint");
            sink.report(finding.expected("fqdn or ip_address"));
            return None;
        }
        Link::Outside(name) => {
            sink.report(outside(health_check, path, &name));
            return None;
        }
        Link::Unresolved => {
            let message = "the endpoint is not known before apply";
            sink.report(Finding::undetermined(health_check, path, message));
            return None;
        }
    };
    if target.get("internal").as_bool() == Some(true) {
        let message = "the endpoint is internal: the checkers of Route 53 can't reach it";
        sink.report(Finding::violated(health_check, path, message).evidence(target));
    }
    check_port(ports, health_check, target, sink);
    let region = target.region();
    if region.is_none() {
        let message = "the region of the endpoint is not known";
        sink.report(Finding::undetermined(health_check, path, message).evidence(target));
    }
    region.map(std::borrow::Cow::into_owned)
}

/// An endpoint that the input does not hold: an address that is surely out of reach, or one of which nothing is known.
fn outside(health_check: Resource<'_>, path: &AttrPath, name: &str) -> Finding {
    let is_out_of_reach = name == "localhost"
        || match name.parse() {
            Ok(IpAddr::V4(address)) => {
                address.is_private() || address.is_loopback() || address.is_link_local()
            }
            Ok(IpAddr::V6(address)) => address.is_loopback() || address.is_unique_local(),
            Err(_) => false,
        };
    let finding = if is_out_of_reach {
        Finding::violated(
            health_check,
            path,
            "the checkers of Route 53 can't reach a private address",
        )
    } else {
        Finding::undetermined(health_check, path, "the endpoint is not part of the input")
    };
    finding.found(name)
}

/// Somebody must listen on the port that is asked.
fn check_port(
    ports: &HashMap<usize, Vec<Option<u64>>>,
    health_check: Resource<'_>,
    target: Resource<'_>,
    sink: &mut Sink,
) {
    let Some(open) = ports.get(&target.index()) else { return };
    let value = health_check.get("port");
    let is_https = health_check.get("type").as_str().is_some_and(|kind| kind.starts_with("HTTPS"));
    let port = value.as_u64().or(value.is_null().then_some(if is_https { 443 } else { 80 }));
    let Some(port) = port else {
        let message = "the port is not known before apply";
        return sink.report(Finding::undetermined(health_check, "port", message));
    };
    if !open.contains(&Some(port)) && !open.contains(&None) {
        let finding =
            Finding::violated(health_check, "port", "nobody listens on the port that is asked");
        let open: Vec<_> = open.iter().flatten().map(u64::to_string).collect();
        sink.report(finding.found(port).expected(open.join(" or ")).evidence(target));
    }
}

/// The ports on which each load balancer listens; `None` for one that is not known.
fn listener_ports(checked: &Checked<'_>) -> HashMap<usize, Vec<Option<u64>>> {
    let balancers = Directory::of(checked, &["aws_alb", "aws_lb"], &["arn", "id"]);
    let path = AttrPath::root().key("load_balancer_arn");
    let mut ports: HashMap<usize, Vec<Option<u64>>> = HashMap::default();
    for &listener in
        ["aws_alb_listener", "aws_lb_listener"].iter().flat_map(|name| checked.of_type(name))
    {
        if let Link::To(balancer) = balancers.find(listener, &path) {
            ports.entry(balancer.index()).or_default().push(listener.get("port").as_u64());
        }
    }
    ports
}
