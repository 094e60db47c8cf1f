use drstack_terraform::{Component, Module, ModuleName, Names, Ref, Region, kind};
use drstack_testing::ProviderSchema;
use serde_json::{Value, json};

use crate::*;

fn names() -> Names {
    Names::new("payments").unwrap()
}

/// Three zones in `10.<block>.0.0/16`.
fn site(region: Region, block: u8) -> Site {
    let network = |third: u8| format!("10.{block}.{third}.0/24").parse().unwrap();
    let subnets = |(index, letter)| ZoneSubnets {
        zone: region.zone(letter),
        public: network(index),
        compute: network(10 + index),
        database: network(20 + index),
    };
    let zones = (0..).zip(['a', 'b', 'c']).map(subnets).collect();
    Site { region, vpc: format!("10.{block}.0.0/16").parse().unwrap(), zones }
}

fn virginia() -> Site {
    site(Region::US_EAST_1, 0)
}

fn ohio() -> Site {
    site(Region::US_EAST_2, 1)
}

fn requester() -> Network<Requester> {
    Network::requester(names(), virginia(), ohio())
}

fn accepter() -> Network<Accepter> {
    Network::accepter(names(), ohio(), virginia())
}

fn wiring<S: Side>(region: Region, peer: S::Peer) -> Wiring<S> {
    let security = ModuleName::regional("security", region);
    Wiring { logs_key: security.get("logs"), flow_logs_role: security.get("flow_logs"), peer }
}

fn build_requester(network: &Network<Requester>) -> Module {
    let Outputs { vpc, peering: accepted, .. } = accepter().outputs();
    network.build(&wiring(Region::US_EAST_1, AcceptingPeer { vpc, accepted })).unwrap()
}

fn build_accepter(network: &Network<Accepter>) -> Module {
    network.build(&wiring(Region::US_EAST_2, requester().outputs().peering)).unwrap()
}

/// The body of a resource by its address.
fn body(module: &Module, address: &str) -> Value {
    let (kind, name) = address.split_once('.').unwrap();
    let body = &module.document().unwrap()["resource"][kind][name];
    assert!(!body.is_null(), "no {address}");
    body.clone()
}

/// The names of all resources of a type.
fn all(module: &Module, kind: &str) -> Vec<String> {
    let document = module.document().unwrap();
    let bodies = document["resource"][kind].as_object();
    bodies.map(|bodies| bodies.keys().cloned().collect()).unwrap_or_default()
}

fn policy(body: &Value) -> Value {
    serde_json::from_str(body["policy"].as_str().unwrap()).unwrap()
}

fn asking() -> Module {
    build_requester(&requester())
}

fn named(part: &str) -> Value {
    json!({ "Name": format!("payments-{part}-${{var.environment_suffix}}") })
}

#[test]
fn the_provider_takes_every_resource() {
    let everything = requester().nat(NatGateways::PerZone).outbound(Outbound::Internet);
    for module in [build_requester(&everything), build_accepter(&accepter())] {
        let problems = ProviderSchema::load().validate_document(&module.document().unwrap());
        assert!(problems.is_empty(), "{problems:#?}");
    }
}

#[test]
fn the_vpc_answers_names_and_its_default_group_is_closed() {
    let module = asking();
    assert_eq!(
        body(&module, "aws_vpc.main"),
        json!({
            "cidr_block": "10.0.0.0/16",
            "enable_dns_support": true,
            "enable_dns_hostnames": true,
            "tags": named("vpc"),
        })
    );
    assert_eq!(
        body(&module, "aws_default_security_group.closed"),
        json!({ "vpc_id": "${aws_vpc.main.id}", "ingress": [], "egress": [], "tags": named("closed") })
    );
}

#[test]
fn each_zone_has_a_subnet_a_tier_with_its_route_table() {
    let module = asking();
    assert_eq!(all(&module, "aws_subnet").len(), 9);
    assert_eq!(
        body(&module, "aws_subnet.compute_b"),
        json!({
            "vpc_id": "${aws_vpc.main.id}",
            "availability_zone": "us-east-1b",
            "cidr_block": "10.0.11.0/24",
            "tags": named("compute-b"),
        })
    );
    assert_eq!(
        all(&module, "aws_route_table"),
        ["compute_a", "compute_b", "compute_c", "database", "public"]
    );
    assert_eq!(
        body(&module, "aws_route_table.database"),
        json!({ "vpc_id": "${aws_vpc.main.id}", "tags": named("database") })
    );
    for (subnet, table) in
        [("public_c", "public"), ("compute_b", "compute_b"), ("database_a", "database")]
    {
        assert_eq!(
            body(&module, &format!("aws_route_table_association.{subnet}")),
            json!({
                "subnet_id": format!("${{aws_subnet.{subnet}.id}}"),
                "route_table_id": format!("${{aws_route_table.{table}.id}}"),
            })
        );
    }
}

#[test]
fn only_the_public_table_leads_to_the_internet_gateway() {
    let module = asking();
    assert_eq!(
        body(&module, "aws_internet_gateway.main"),
        json!({ "vpc_id": "${aws_vpc.main.id}", "tags": named("internet") })
    );
    assert_eq!(
        body(&module, "aws_route.public_internet"),
        json!({
            "route_table_id": "${aws_route_table.public.id}",
            "destination_cidr_block": "0.0.0.0/0",
            "gateway_id": "${aws_internet_gateway.main.id}",
        })
    );
    let leading_out: Vec<_> = all(&module, "aws_route")
        .into_iter()
        .filter(|route| {
            body(&module, &format!("aws_route.{route}"))["destination_cidr_block"] == "0.0.0.0/0"
        })
        .collect();
    assert_eq!(
        leading_out,
        ["compute_a_internet", "compute_b_internet", "compute_c_internet", "public_internet"]
    );
}

#[test]
fn a_single_nat_gateway_serves_all_zones() {
    let module = asking();
    assert_eq!(all(&module, "aws_nat_gateway"), ["nat_a"]);
    assert_eq!(
        body(&module, "aws_nat_gateway.nat_a"),
        json!({
            "allocation_id": "${aws_eip.nat_a.id}",
            "subnet_id": "${aws_subnet.public_a.id}",
            "tags": named("nat-a"),
            "depends_on": ["aws_internet_gateway.main"],
        })
    );
    assert_eq!(
        body(&module, "aws_eip.nat_a"),
        json!({ "domain": "vpc", "tags": named("nat-a"), "depends_on": ["aws_internet_gateway.main"] })
    );
    assert_eq!(
        body(&module, "aws_route.compute_c_internet"),
        json!({
            "route_table_id": "${aws_route_table.compute_c.id}",
            "destination_cidr_block": "0.0.0.0/0",
            "nat_gateway_id": "${aws_nat_gateway.nat_a.id}",
        })
    );
}

#[test]
fn a_nat_gateway_a_zone_serves_its_own() {
    let module = build_requester(&requester().nat(NatGateways::PerZone));
    assert_eq!(all(&module, "aws_nat_gateway"), ["nat_a", "nat_b", "nat_c"]);
    assert_eq!(all(&module, "aws_eip"), ["nat_a", "nat_b", "nat_c"]);
    assert_eq!(
        body(&module, "aws_route.compute_c_internet")["nat_gateway_id"],
        "${aws_nat_gateway.nat_c.id}"
    );
}

#[test]
fn groups_are_named_and_have_no_rules_of_their_own() {
    let module = asking();
    assert_eq!(
        all(&module, "aws_security_group"),
        ["database", "endpoints", "function", "load_balancer"]
    );
    assert_eq!(
        body(&module, "aws_security_group.load_balancer"),
        json!({
            "name": "payments-load-balancer-${var.environment_suffix}",
            "description": "Listeners of the load balancer",
            "vpc_id": "${aws_vpc.main.id}",
            "tags": named("load-balancer"),
        })
    );
}

#[test]
fn the_internet_reaches_the_listeners_and_nothing_else() {
    let module = build_requester(&requester().listener_ports([80]));
    let rule = body(&module, "aws_vpc_security_group_ingress_rule.load_balancer_80");
    assert_eq!(
        rule,
        json!({
            "security_group_id": "${aws_security_group.load_balancer.id}",
            "description": "from the internet",
            "ip_protocol": "tcp",
            "from_port": 80,
            "to_port": 80,
            "cidr_ipv4": "0.0.0.0/0",
        })
    );
    let open = all(&module, "aws_vpc_security_group_ingress_rule").into_iter().filter(|name| {
        let rule = body(&module, &format!("aws_vpc_security_group_ingress_rule.{name}"));
        rule["cidr_ipv4"] == "0.0.0.0/0"
    });
    assert_eq!(open.collect::<Vec<_>>(), ["load_balancer_80"]);
}

#[test]
fn the_database_hears_both_regions_functions_on_its_port() {
    let module = build_requester(&requester().database_port(5433));
    let expected = |description: &str, group: &str, range: &str| {
        json!({
            "security_group_id": format!("${{aws_security_group.{group}.id}}"),
            "description": description,
            "ip_protocol": "tcp",
            "from_port": 5433,
            "to_port": 5433,
            "cidr_ipv4": range,
        })
    };
    for (name, range) in
        [("database_compute_a", "10.0.10.0/24"), ("database_peer_compute_b", "10.1.11.0/24")]
    {
        assert_eq!(
            body(&module, &format!("aws_vpc_security_group_ingress_rule.{name}")),
            expected("from a compute subnet", "database", range)
        );
    }
    for (name, range) in
        [("function_database_a", "10.0.20.0/24"), ("function_peer_database_c", "10.1.22.0/24")]
    {
        assert_eq!(
            body(&module, &format!("aws_vpc_security_group_egress_rule.{name}")),
            expected("to a database subnet", "function", range)
        );
    }
}

#[test]
fn functions_reach_services_through_endpoints_only_unless_told_otherwise() {
    let services = ["function_dynamodb", "function_endpoints", "function_internet", "function_s3"];
    let to_services = |module: &Module| {
        let rules = all(module, "aws_vpc_security_group_egress_rule").into_iter();
        rules.filter(|name| services.contains(&name.as_str())).collect::<Vec<_>>()
    };
    let module = asking();
    assert_eq!(to_services(&module), ["function_dynamodb", "function_endpoints", "function_s3"]);
    let egress = |name: &str| body(&module, &format!("aws_vpc_security_group_egress_rule.{name}"));
    assert_eq!(egress("function_s3")["prefix_list_id"], "${aws_vpc_endpoint.s3.prefix_list_id}");
    assert_eq!(egress("function_s3")["to_port"], 443);
    assert_eq!(
        egress("function_endpoints")["referenced_security_group_id"],
        "${aws_security_group.endpoints.id}"
    );
    let into = body(&module, "aws_vpc_security_group_ingress_rule.endpoints_function");
    assert_eq!(into["security_group_id"], "${aws_security_group.endpoints.id}");
    assert_eq!(into["referenced_security_group_id"], "${aws_security_group.function.id}");

    let module = build_requester(&requester().outbound(Outbound::Internet));
    assert_eq!(to_services(&module), services);
    let out = body(&module, "aws_vpc_security_group_egress_rule.function_internet");
    assert_eq!((&out["cidr_ipv4"], &out["from_port"]), (&json!("0.0.0.0/0"), &json!(443)));
}

#[test]
fn gateway_endpoints_stand_in_every_private_table() {
    let module = asking();
    for service in ["s3", "dynamodb"] {
        let endpoint = body(&module, &format!("aws_vpc_endpoint.{service}"));
        assert_eq!(endpoint["service_name"], format!("com.amazonaws.us-east-1.{service}"));
        assert_eq!(endpoint["vpc_endpoint_type"], "Gateway");
        assert_eq!(
            endpoint["route_table_ids"],
            json!([
                "${aws_route_table.compute_a.id}",
                "${aws_route_table.compute_b.id}",
                "${aws_route_table.compute_c.id}",
                "${aws_route_table.database.id}",
            ])
        );
    }
}

#[test]
fn interface_endpoints_answer_by_the_services_own_names() {
    let module = asking();
    assert_eq!(
        all(&module, "aws_vpc_endpoint"),
        ["dynamodb", "kms", "rds", "rds_data", "s3", "sqs"]
    );
    let endpoint = body(&module, "aws_vpc_endpoint.rds_data");
    assert_eq!(endpoint["service_name"], "com.amazonaws.us-east-1.rds-data");
    assert_eq!(endpoint["vpc_endpoint_type"], "Interface");
    assert_eq!(endpoint["private_dns_enabled"], true);
    assert_eq!(endpoint["security_group_ids"], json!(["${aws_security_group.endpoints.id}"]));
    assert_eq!(endpoint["subnet_ids"].as_array().unwrap().len(), 3);
}

#[test]
fn endpoints_let_only_the_accounts_own_principals_and_resources_through() {
    let module = asking();
    for name in all(&module, "aws_vpc_endpoint") {
        let policy = policy(&body(&module, &format!("aws_vpc_endpoint.{name}")));
        let [statement] = policy["Statement"].as_array().unwrap().as_slice() else {
            panic!("{name}: expected one statement, found {policy}");
        };
        let same_account = &statement["Condition"]["StringEquals"];
        assert_eq!(same_account["aws:PrincipalAccount"], json!(["${var.account_id}"]));
        for action in statement["Action"].as_array().unwrap() {
            assert!(!action.as_str().unwrap().contains('*'), "{action}");
        }
        for resource in statement["Resource"].as_array().unwrap() {
            let names_account = resource.as_str().unwrap().contains("${var.account_id}");
            let asks_for_it = same_account["aws:ResourceAccount"] == json!(["${var.account_id}"]);
            assert!(names_account || asks_for_it, "{resource}");
        }
    }
    let s3 = policy(&body(&module, "aws_vpc_endpoint.s3"));
    assert_eq!(
        s3["Statement"][0]["Resource"],
        json!([
            "arn:aws:s3:::payments-*${var.environment_suffix}",
            "arn:aws:s3:::payments-*${var.environment_suffix}/*",
        ])
    );
}

#[test]
fn flow_logs_are_encrypted_and_expire() {
    let module = build_requester(&requester().log_retention(7));
    assert_eq!(
        body(&module, "aws_cloudwatch_log_group.flow_logs"),
        json!({
            "name": "/aws/vpc/payments-flow-logs-${var.environment_suffix}",
            "retention_in_days": 7,
            "kms_key_id": "${var.security_kms_key_logs_arn}",
        })
    );
    assert_eq!(
        body(&module, "aws_flow_log.main"),
        json!({
            "vpc_id": "${aws_vpc.main.id}",
            "traffic_type": "ALL",
            "max_aggregation_interval": 60,
            "log_destination_type": "cloud-watch-logs",
            "log_destination": "${aws_cloudwatch_log_group.flow_logs.arn}",
            "iam_role_arn": "${var.security_iam_role_flow_logs_arn}",
            "tags": named("flow-logs"),
        })
    );
    assert_eq!(body(&asking(), "aws_cloudwatch_log_group.flow_logs")["retention_in_days"], 14);
}

#[test]
fn one_side_asks_and_the_other_accepts_with_the_same_tags() {
    let (asking, accepting) = (asking(), build_accepter(&accepter()));
    assert_eq!(
        body(&asking, "aws_vpc_peering_connection.peer"),
        json!({
            "vpc_id": "${aws_vpc.main.id}",
            "peer_vpc_id": "${var.networking_us_east_2_vpc_main_id}",
            "peer_region": "us-east-2",
            "auto_accept": false,
            "tags": named("peering"),
        })
    );
    assert_eq!(
        body(&accepting, "aws_vpc_peering_connection_accepter.peer"),
        json!({
            "vpc_peering_connection_id": "${var.networking_us_east_1_vpc_peering_connection_peer_id}",
            "auto_accept": true,
            "tags": named("peering"),
        })
    );
}

#[test]
fn options_and_routes_wait_for_acceptance() {
    let resolves = json!([{ "allow_remote_vpc_dns_resolution": true }]);
    let accepted_elsewhere = "${var.networking_us_east_2_vpc_peering_connection_accepter_peer_id}";
    let accepted_here = "${aws_vpc_peering_connection_accepter.peer.id}";
    let sides = [
        (asking(), "requester", accepted_elsewhere, "10.1.0.0/16"),
        (build_accepter(&accepter()), "accepter", accepted_here, "10.0.0.0/16"),
    ];
    for (module, side, accepted, peer) in sides {
        assert_eq!(
            body(&module, "aws_vpc_peering_connection_options.peer"),
            json!({ "vpc_peering_connection_id": accepted, side: resolves })
        );
        for table in ["compute_a", "compute_b", "compute_c", "database"] {
            assert_eq!(
                body(&module, &format!("aws_route.{table}_peer")),
                json!({
                    "route_table_id": format!("${{aws_route_table.{table}.id}}"),
                    "destination_cidr_block": peer,
                    "vpc_peering_connection_id": accepted,
                })
            );
        }
    }
}

#[test]
fn outputs_name_what_is_built() {
    let outputs = requester().outputs();
    let module = asking();
    let built: Vec<_> = module.addresses().collect();
    let subnets = [&outputs.public_subnets, &outputs.compute_subnets, &outputs.database_subnets]
        .map(|tier| {
            assert_eq!(tier.len(), 3);
            tier.iter().map(Ref::address)
        });
    let groups = [&outputs.load_balancer_group, &outputs.function_group, &outputs.database_group];
    let addresses = subnets
        .into_iter()
        .flatten()
        .chain(groups.map(Ref::address))
        .chain(outputs.private_route_tables.iter().map(Ref::address))
        .chain([
            outputs.vpc.address(),
            outputs.flow_log_group.address(),
            outputs.peering.address(),
        ]);
    for address in addresses {
        assert!(built.contains(&address), "{address}");
    }
}

#[test]
fn public_subnets_are_handed_out_with_the_way_to_the_internet() {
    let module = ModuleName::regional("networking", Region::US_EAST_1);
    let route: Ref<kind::Route> = module.get("public_internet");
    let subnet: Ref<kind::Subnet> = module.get("public_a");
    assert_eq!(
        requester().outputs().public_subnets.first(),
        Some(&subnet.when_ready([route.address().clone()]))
    );
    assert_eq!(
        body(&asking(), "aws_route.public_internet")["gateway_id"],
        "${aws_internet_gateway.main.id}"
    );
}

/// What the requester says about a site that `change` made wrong.
fn refusal(change: impl FnOnce(&mut Site)) -> String {
    let mut site = virginia();
    change(&mut site);
    let network = Network::requester(names(), site, ohio());
    let Outputs { vpc, peering: accepted, .. } = accepter().outputs();
    let wiring = wiring(Region::US_EAST_1, AcceptingPeer { vpc, accepted });
    network.build(&wiring).unwrap_err().to_string()
}

#[test]
fn sites_that_do_not_go_together_are_refused() {
    assert_eq!(
        refusal(|site| site.vpc = "10.0.0.0/8".parse().unwrap()),
        "10.0.0.0/8 overlaps 10.1.0.0/16: choose ranges that share no address"
    );
    assert_eq!(
        refusal(|site| site.zones.truncate(1)),
        "found 1 availability zones in us-east-1, expected two or more: add zones"
    );
    assert_eq!(
        refusal(|site| site.zones[2].zone = Region::US_EAST_2.zone('c')),
        "the zone us-east-2c can't stand in us-east-1 a second time or for another region: remove it"
    );
    assert!(refusal(|site| site.zones[1].zone = site.zones[0].zone).contains("us-east-1a"));
    assert_eq!(
        refusal(|site| site.zones[0].compute = "10.9.0.0/24".parse().unwrap()),
        "the subnet 10.9.0.0/24 of us-east-1a lies outside its VPC's 10.0.0.0/16: choose a range inside"
    );
    assert_eq!(
        refusal(|site| site.zones[1].database = "10.0.10.128/25".parse().unwrap()),
        "10.0.10.0/24 overlaps 10.0.10.128/25: choose ranges that share no address"
    );
}
