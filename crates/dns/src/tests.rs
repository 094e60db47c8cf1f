//! The module as Terraform reads it.

use crate::{Both, Dns, Interval, Outputs, Protocol, Target, Weights, Wiring, Zone};
use drstack_terraform::{Component, ModuleError, ModuleName, Names, Profile, Region};
use drstack_testing::ProviderSchema;
use serde_json::{Value, json};

const PRIMARY: Region = Region::US_EAST_1;
const RECOVERY: Region = Region::US_EAST_2;

fn dns(zone: Zone) -> Dns {
    let domain = "example.org".parse().unwrap();
    Dns::new(Names::new("payments").unwrap(), PRIMARY, RECOVERY, domain, zone)
}

fn wiring() -> Wiring {
    let target = |region| {
        let compute = ModuleName::regional("compute", region);
        Target { load_balancer_dns: compute.get("main"), load_balancer_zone: compute.get("main") }
    };
    Both { primary: target(PRIMARY), recovery: target(RECOVERY) }
}

/// The resources, checked against the provider's schema.
fn resources(dns: &Dns) -> Value {
    let document = dns.build(&wiring()).unwrap().document().unwrap();
    assert_eq!(ProviderSchema::load().validate_document(&document), []);
    document["resource"].clone()
}

#[test]
fn a_new_zone_is_that_of_the_services_name() {
    assert_eq!(
        resources(&dns(Zone::New))["aws_route53_zone"]["main"],
        json!({
            "name": "payments-${var.environment_suffix}.example.org",
            "comment": "Failover between two regions",
            "force_destroy": true,
        })
    );
    let protected = dns(Zone::New).profile(Profile::Protected);
    assert_eq!(resources(&protected)["aws_route53_zone"]["main"]["force_destroy"], false);
}

#[test]
fn an_existing_zone_gets_the_same_names() {
    let (new, existing) = (dns(Zone::New), dns(Zone::Existing("Z123".to_owned())));
    let resources = resources(&existing);
    assert!(resources.get("aws_route53_zone").is_none());
    for (_, record) in resources["aws_route53_record"].as_object().unwrap() {
        assert_eq!(record["zone_id"], "Z123");
    }
    assert_eq!(existing.outputs().zone_id, "Z123".into());
    assert_eq!(existing.outputs().name_servers, None);
    assert_eq!(existing.outputs().endpoint, new.outputs().endpoint);
}

#[test]
fn each_regions_check_asks_its_load_balancer() {
    let checks = resources(&dns(Zone::New))["aws_route53_health_check"].take();
    for region in [PRIMARY, RECOVERY] {
        let id = region.identifier();
        assert_eq!(
            checks[&id],
            json!({
                "type": "HTTP",
                "fqdn": format!("${{var.compute_{id}_lb_main_dns_name}}"),
                "port": 80,
                "resource_path": "/health",
                "request_interval": 10,
                "failure_threshold": 3,
                "tags": { "Name": format!("payments-health-{region}-${{var.environment_suffix}}") },
            })
        );
    }
    assert_eq!(
        checks["service"],
        json!({
            "type": "CALCULATED",
            "child_healthchecks": [
                "${aws_route53_health_check.us_east_1.id}",
                "${aws_route53_health_check.us_east_2.id}",
            ],
            "child_health_threshold": 1,
            "tags": { "Name": "payments-service-${var.environment_suffix}" },
        })
    );
}

#[test]
fn checks_over_tls_name_the_host() {
    let dns = dns(Zone::New).protocol(Protocol::Https).health_check(Interval::Standard, 2);
    let check = resources(&dns)["aws_route53_health_check"]["us_east_1"].take();
    assert_eq!(check["type"], "HTTPS");
    assert_eq!(check["port"], 443);
    assert_eq!(check["enable_sni"], true);
    assert_eq!(check["request_interval"], 30);
    assert_eq!(check["failure_threshold"], 2);
}

#[test]
fn the_recovery_region_serves_when_the_primary_is_unhealthy() {
    let records = resources(&dns(Zone::New))["aws_route53_record"].take();
    for (region, weight) in [(PRIMARY, 100), (RECOVERY, 0)] {
        let id = region.identifier();
        let alias = |evaluate| {
            json!([{
                "name": format!("${{var.compute_{id}_lb_main_dns_name}}"),
                "zone_id": format!("${{var.compute_{id}_lb_main_zone_id}}"),
                "evaluate_target_health": evaluate,
            }])
        };
        assert_eq!(
            records[format!("service_{id}")],
            json!({
                "zone_id": "${aws_route53_zone.main.zone_id}",
                "name": "payments-${var.environment_suffix}.example.org",
                "type": "A",
                "alias": alias(true),
                "set_identifier": region.as_str(),
                "weighted_routing_policy": [{ "weight": weight }],
                "health_check_id": format!("${{aws_route53_health_check.{id}.id}}"),
            })
        );
        assert_eq!(
            records[&id],
            json!({
                "zone_id": "${aws_route53_zone.main.zone_id}",
                "name": format!("{region}.payments-${{var.environment_suffix}}.example.org"),
                "type": "A",
                "alias": alias(false),
            })
        );
    }
}

#[test]
fn weights_can_share_the_traffic_but_not_both_be_zero() {
    let shared = dns(Zone::New).weights(Weights { primary: 0, recovery: 255 });
    let records = resources(&shared)["aws_route53_record"].take();
    assert_eq!(records["service_us_east_1"]["weighted_routing_policy"][0]["weight"], 0);
    assert_eq!(records["service_us_east_2"]["weighted_routing_policy"][0]["weight"], 255);
    let none = dns(Zone::New).weights(Weights { primary: 0, recovery: 0 });
    assert!(matches!(none.build(&wiring()), Err(ModuleError::Inputs(_))));
}

#[test]
fn a_threshold_that_route_53_does_not_know_is_refused() {
    for threshold in [0, 11] {
        let dns = dns(Zone::New).health_check(Interval::Fast, threshold);
        assert!(matches!(dns.build(&wiring()), Err(ModuleError::Inputs(_))), "{threshold}");
    }
}

#[test]
fn outputs_refer_to_what_is_built() {
    let dns = dns(Zone::New);
    let module = dns.build(&wiring()).unwrap();
    let Outputs { zone_id, name_servers, endpoint, region_endpoints, health_checks, service_check } =
        dns.outputs();
    assert_eq!(zone_id.to_string(), "${module.dns.aws_route53_zone.main.zone_id}");
    assert_eq!(endpoint.to_string(), "payments-${var.environment_suffix}.example.org");
    assert_eq!(
        region_endpoints.recovery.to_string(),
        "us-east-2.payments-${var.environment_suffix}.example.org"
    );
    assert!(region_endpoints.primary.to_string().starts_with("us-east-1."));
    let addresses = [
        name_servers.as_ref().unwrap().address(),
        health_checks.primary.address(),
        health_checks.recovery.address(),
        service_check.address(),
    ];
    for address in addresses {
        assert!(module.addresses().any(|declared| declared == address), "{address}");
    }
}
