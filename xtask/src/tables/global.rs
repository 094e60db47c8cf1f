//! `global.tsv`: the types that exist once in an account, whatever region their provider is set to.

use drstack_testing::ProviderSchema;

/// What their types' names begin with, and the region in which the service keeps its control plane.
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html>
/// names IAM, Organizations, Route 53, CloudFront, Global Accelerator, Shield, WAF Classic, account
/// management, Network Manager and Route 53 ARC; the endpoints of the others are in
/// <https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html>.
const GLOBAL: [(&str, &str); 24] = [
    ("aws_account_", "us-east-1"),
    ("aws_bcmdataexports_", "us-east-1"),
    ("aws_budgets_", "us-east-1"),
    ("aws_ce_", "us-east-1"),
    ("aws_cloudfront_", "us-east-1"),
    ("aws_cloudfrontkeyvaluestore_", "us-east-1"),
    ("aws_costoptimizationhub_", "us-east-1"),
    ("aws_cur_", "us-east-1"),
    ("aws_dx_gateway", "us-east-1"),
    ("aws_ecrpublic_", "us-east-1"),
    ("aws_globalaccelerator_", "us-west-2"),
    ("aws_iam_", "us-east-1"),
    ("aws_lightsail_distribution", "us-east-1"),
    ("aws_lightsail_domain", "us-east-1"),
    ("aws_networkmanager_", "us-west-2"),
    ("aws_organizations_", "us-east-1"),
    ("aws_route53_", "us-east-1"),
    ("aws_route53domains_", "us-east-1"),
    ("aws_route53recoverycontrolconfig_", "us-west-2"),
    ("aws_route53recoveryreadiness_", "us-west-2"),
    ("aws_s3control_multi_region_", "us-west-2"),
    ("aws_servicequotas_template", "us-east-1"),
    ("aws_shield_", "us-east-1"),
    ("aws_waf_", "us-east-1"),
];

/// Begins like Route 53's types, which are global.
const RESOLVER: &str = "aws_route53_resolver_";

/// The region of a global type's control plane; `None` for a regional type.
pub(super) fn home(ty: &str) -> Option<&'static str> {
    if ty.starts_with(RESOLVER) {
        return None;
    }
    GLOBAL.iter().find(|(prefix, _)| ty.starts_with(prefix)).map(|(_, region)| *region)
}

pub(super) fn render(schema: &ProviderSchema) -> String {
    let mut out = String::from("type\tregion\n");
    for (ty, region) in schema.resources.keys().filter_map(|ty| Some((ty, home(ty)?))) {
        out.push_str(&format!("{ty}\t{region}\n"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn global_services_are_told_from_regional_ones() {
        assert_eq!(home("aws_iam_role"), Some("us-east-1"));
        assert_eq!(home("aws_route53recoverycontrolconfig_cluster"), Some("us-west-2"));
        assert_eq!(home("aws_route53_resolver_rule"), None);
        assert_eq!(home("aws_wafv2_web_acl"), None);
        assert_eq!(home("aws_s3_bucket"), None);
    }

    #[test]
    fn the_table_lists_the_schemas_types() {
        let table = render(ProviderSchema::load());
        assert!(table.starts_with("type\tregion\n"));
        assert!(table.contains("\naws_route53_zone\tus-east-1\n"));
        assert!(!table.contains("aws_vpc"));
    }
}
