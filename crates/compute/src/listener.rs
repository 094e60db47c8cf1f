//! What the load balancer listens on, and the certificate it shows.

use drstack_terraform::kind::{
    Arn, Certificate as CertificateKind, CertificateArn, CertificateValidation as ValidationKind,
    Fqdn, Record as RecordKind,
};
use drstack_terraform::{Attribute, Expression, Module, ModuleError, Ref, Template};

use crate::load_balancer::{MAIN, TARGETS};
use crate::resources::{self, Action, CertificateValidation, Record, Redirect};

pub(crate) const VALIDATION: &str = "validation";
const REDIRECT: &str = "redirect";

/// TLS 1.2 with forward secrecy and TLS 1.3:
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html>.
const TLS_POLICY: &str = "ELBSecurityPolicy-TLS13-1-2-2021-06";

/// What the load balancer listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listener {
    /// Port 80 without encryption.
    Http,
    /// Port 443 with TLS 1.2 or newer; port 80 redirects there.
    Https(Certificate),
}

/// The certificate of a TLS listener. ACM certificates are regional: each region has its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// One that exists in the listener's region, by its ARN.
    Given(String),
    /// One that is requested for the domain and validated through DNS.
    Requested {
        /// The name that clients ask for, which is the service's and not the region's.
        domain: Template,
        /// Who creates the record that proves the domain.
        validation: Validation,
    },
}

/// Who creates the record that proves a certificate's domain.
///
/// ACM asks for the same CNAME in every region, as its name and value follow from domain and account:
/// <https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html>. So one region creates it and the other one
/// waits for it; were it declared twice, destroying one region would break the other one's renewal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Validation {
    /// This region creates it, in the zone with this id. The zone must be delegated already, or ACM never sees the record.
    InZone(Template),
    /// The other region creates it: its [`validation_record`](crate::Outputs::validation_record).
    Shared(Ref<Fqdn<RecordKind>>),
}

impl Listener {
    pub(crate) fn creates_record(&self) -> bool {
        matches!(
            self,
            Self::Https(Certificate::Requested { validation: Validation::InZone(_), .. })
        )
    }
}

pub(crate) fn add(listener: &Listener, module: &mut Module) -> Result<(), ModuleError> {
    match listener {
        Listener::Http => add_http(module),
        Listener::Https(certificate) => {
            let certificate_arn = add_certificate(certificate, module)?;
            add_https(module, certificate_arn)
        }
    }
}

fn add_http(module: &mut Module) -> Result<(), ModuleError> {
    let http = resources::Listener {
        load_balancer_arn: module.get(MAIN),
        port: 80,
        protocol: "HTTP",
        ssl_policy: None,
        certificate_arn: None,
        default_action: forward(module),
    };
    module.add(MAIN, &http).map(drop)
}

fn add_https(module: &mut Module, certificate_arn: Template) -> Result<(), ModuleError> {
    let https = resources::Listener {
        load_balancer_arn: module.get(MAIN),
        port: 443,
        protocol: "HTTPS",
        ssl_policy: Some(TLS_POLICY),
        certificate_arn: Some(certificate_arn),
        default_action: forward(module),
    };
    module.add(MAIN, &https)?;
    let redirect = Redirect { protocol: "HTTPS", port: "443", status_code: "HTTP_301" };
    let http = resources::Listener {
        load_balancer_arn: module.get(MAIN),
        port: 80,
        protocol: "HTTP",
        ssl_policy: None,
        certificate_arn: None,
        default_action: Action {
            r#type: "redirect",
            target_group_arn: None,
            redirect: Some(redirect),
        },
    };
    module.add(REDIRECT, &http).map(drop)
}

fn forward(module: &Module) -> Action {
    Action { r#type: "forward", target_group_arn: Some(module.get(TARGETS)), redirect: None }
}

/// The ARN of the certificate once it can be used.
fn add_certificate(
    certificate: &Certificate,
    module: &mut Module,
) -> Result<Template, ModuleError> {
    let (domain, validation) = match certificate {
        Certificate::Given(arn) => return Ok(arn.as_str().into()),
        Certificate::Requested { domain, validation } => (domain, validation),
    };
    let requested =
        resources::Certificate { domain_name: domain.clone(), validation_method: "DNS" };
    // A listener holds on to its certificate until it is given the next one.
    module.add(MAIN, &requested)?.create_before_destroy();
    let record = match validation {
        Validation::InZone(zone_id) => add_record(zone_id, module)?,
        Validation::Shared(record) => record.clone(),
    };
    let issued = CertificateValidation {
        certificate_arn: module.get::<Arn<CertificateKind>>(MAIN),
        validation_record_fqdns: [record],
    };
    module.add(MAIN, &issued)?;
    Ok(module.get::<CertificateArn<ValidationKind>>(MAIN).into())
}

fn add_record(
    zone_id: &Template,
    module: &mut Module,
) -> Result<Ref<Fqdn<RecordKind>>, ModuleError> {
    let record = Record {
        zone_id: zone_id.clone(),
        name: the_only(module.get::<ValidationName>(MAIN)),
        r#type: the_only(module.get::<ValidationType>(MAIN)),
        ttl: 60,
        records: [the_only(module.get::<ValidationValue>(MAIN))],
    };
    module.add(VALIDATION, &record)?;
    Ok(module.get(VALIDATION))
}

/// A certificate for one domain has one validation option, in a set that can't be indexed.
fn the_only<A>(options: Ref<A>) -> Template {
    Expression::call("one", [options.into()]).into()
}

macro_rules! validation_options {
    ($($name:ident = $attribute:literal;)+) => {$(
        enum $name {}
        impl Attribute for $name {
            type Of = CertificateKind;
            const NAME: &'static str = concat!("domain_validation_options[*].", $attribute);
        }
    )+};
}

validation_options! {
    ValidationName = "resource_record_name";
    ValidationType = "resource_record_type";
    ValidationValue = "resource_record_value";
}
