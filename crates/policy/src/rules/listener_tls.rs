use drstack_plan::AttrPath;

use crate::demand::given;
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
    for &listener in
        ["aws_alb_listener", "aws_lb_listener"].iter().flat_map(|name| checked.of_type(name))
    {
        let path = AttrPath::root().key("protocol");
        let protocol = given(listener, &path);
        sink.judged();
        if protocol.is_unknown() {
            let message = "whether the listener encrypts is not known before apply";
            sink.report(Finding::undetermined(listener, path, message));
        } else if protocol.as_str().is_some_and(|name| PLAIN.contains(&&*name)) {
            let action = listener.get("default_action[0].type");
            if action.as_str().as_deref() != Some("redirect") {
                let finding = Finding::violated(listener, path, "the listener does not encrypt");
                sink.report(finding.found(protocol).expected("HTTPS, or a redirect to it"));
            }
        }
    }
}
