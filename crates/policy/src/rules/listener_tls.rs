use drstack_plan::{AttrPath, Resource};

use crate::arguments::Truth;
use crate::demand::given;
use crate::links::{Directory, Link};
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "listener-tls",
    severity: Severity::Note,
    summary: "load balancers listen with TLS, or send those who come without it on to TLS",
    protects: "what clients send over plain HTTP can be read and changed on the way",
    fix: "listen with HTTPS and a certificate, and let the HTTP listener redirect",
    requirements: &["R11"],
    explanation: include_str!("listener_tls.md"),
    check,
};

/// The protocols that don't encrypt:
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html>.
const PLAIN: [&str; 4] = ["HTTP", "TCP", "TCP_UDP", "UDP"];

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let balancers = Directory::of(checked, &["aws_alb", "aws_lb"], &["arn", "id"]);
    for &listener in
        ["aws_alb_listener", "aws_lb_listener"].iter().flat_map(|name| checked.of_type(name))
    {
        let path = AttrPath::root().key("protocol");
        let protocol = given(listener, &path);
        sink.judged();
        let is_plain = match protocol.as_str() {
            Some(name) => Truth::of(PLAIN.contains(&&*name)),
            None if protocol.is_null() => is_for_applications(&balancers, listener),
            None => Truth::Unknown,
        };
        let finding = match (is_plain, leads_to_tls(listener)) {
            (Truth::No, _) | (_, Truth::Yes) => continue,
            (Truth::Yes, Truth::No) => {
                Finding::violated(listener, path, "the listener does not encrypt").found(protocol)
            }
            _ => {
                let message = "whether the listener encrypts is not known before apply";
                Finding::undetermined(listener, path, message)
            }
        };
        sink.report(finding.expected("HTTPS, or a redirect to it"));
    }
}

/// Whether a listener is an application load balancer's, which has HTTP where no protocol is set; those of gateway load
/// balancers have none:
/// <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lb_listener#protocol>.
fn is_for_applications<'plan>(balancers: &Directory<'plan>, listener: Resource<'plan>) -> Truth {
    let balancer = match balancers.find(listener, &AttrPath::root().key("load_balancer_arn")) {
        Link::To(balancer) => balancer,
        Link::Outside(arn) if arn.contains(":loadbalancer/") => {
            return Truth::of(arn.contains(":loadbalancer/app/"));
        }
        _ => return Truth::Unknown,
    };
    let kind = given(balancer, &AttrPath::root().key("load_balancer_type"));
    match kind.as_str() {
        Some(kind) => Truth::of(kind == "application"),
        None if kind.is_null() => Truth::Yes,
        None => Truth::Unknown,
    }
}

/// Whether a listener only redirects, and to HTTPS: a redirect that names no protocol keeps that of the listener.
///
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RedirectActionConfig.html>
fn leads_to_tls(listener: Resource<'_>) -> Truth {
    let is = |path: &str, wanted: &str| {
        let value = listener.get(path);
        match value.as_str() {
            Some(found) => Truth::of(found == wanted),
            None => {
                if value.is_unknown() {
                    Truth::Unknown
                } else {
                    Truth::No
                }
            }
        }
    };
    let redirects = is("default_action[0].type", "redirect");
    redirects.and(is("default_action[0].redirect[0].protocol", "HTTPS"))
}
