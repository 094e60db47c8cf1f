//! The region that a resource will be in. It is worked out or unknown, never guessed.

use std::borrow::Cow;

use foldhash::HashMap;

use crate::address::Mode;
use crate::configuration::Repetition;
use crate::interned::Interned;
use crate::json::may_hold;
use crate::path::AttrPath;
use crate::plan::{Plan, Resource};
use crate::references::{Allowance, Resolver, Scope};

/// Managed types whose `region` argument names a region that they are *about*, not the one that they are in
/// (schema of the AWS provider 5.100; provider 6 gives all others a `region` of their own).
const REGION_IS_A_SUBJECT: [&str; 4] = [
    "aws_cloudformation_stack_set_instance",
    "aws_config_aggregate_authorization",
    "aws_dx_hosted_connection",
    "aws_servicequotas_template",
];

impl<'plan> Resource<'plan> {
    /// The region of the API that manages the resource: its own `region` argument, else its provider's, else that of
    /// its ARN. `None` if none of them is known.
    ///
    /// Global services have the region of their provider: rules decide what that means.
    pub fn region(self) -> Option<Cow<'plan, str>> {
        let regions = self.plan.regions.get_or_init(|| regions(self.plan));
        regions.get(self.index()).map(Cow::Borrowed)
    }

    /// The key of the provider configuration that the resource uses, `aws.dr`; `None` if the input does not say.
    pub fn provider_key(self) -> Option<&'plan str> {
        self.block()?.provider.as_deref()
    }
}

/// The regions of all resources, worked out together when the first is asked for.
fn regions(plan: &Plan<'_>) -> Interned {
    let providers = provider_regions(plan);
    let mut regions = Interned::with_capacity(plan.len());
    for resource in plan.all_resources() {
        let of_provider = || providers.get(resource.provider_key()?).map(String::as_str);
        let region = own_region(resource)
            .or_else(|| of_provider().map(Cow::Borrowed))
            .or_else(|| region_of_arn(resource).map(Cow::Owned));
        regions.push(region.as_deref());
    }
    regions
}

fn own_region<'plan>(resource: Resource<'plan>) -> Option<Cow<'plan, str>> {
    let is_subject = REGION_IS_A_SUBJECT.contains(&resource.resource_type());
    if resource.mode() != Mode::Managed
        || is_subject
        || !may_hold(&resource.record.values.json, b"\"region\"")
    {
        return None;
    }
    resource.get("region").as_str().filter(|region| is_region(region))
}

fn region_of_arn(resource: Resource<'_>) -> Option<String> {
    ["arn", "id"].into_iter().find_map(|name| arn_region(&resource.get(name).as_str()?))
}

/// The regions of all provider configurations whose region is known.
fn provider_regions(plan: &Plan<'_>) -> HashMap<String, String> {
    let regions = plan.configuration.providers.iter().filter_map(|(key, provider)| {
        // Only modules without `count` and `for_each` may hold provider configurations.
        let instance = plan
            .modules
            .instances
            .iter()
            .position(|instance| instance.module == Some(provider.module))?;
        let scope = Scope { instance, key: Cow::Borrowed(""), repetition: Repetition::Once };
        let path = AttrPath::root().key("region");
        let written = provider.arguments.at(&path)?;
        let region = Resolver::new(plan).text(written, &scope, &Allowance::default())?;
        is_region(&region).then(|| (key.clone(), region))
    });
    regions.collect()
}

/// The region in an ARN; ARNs of global services have none.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
fn arn_region(arn: &str) -> Option<String> {
    let mut fields = arn.strip_prefix("arn:")?.split(':').skip(2);
    fields.next().filter(|region| is_region(region)).map(str::to_owned)
}

/// Whether a text has the shape of a region's name: `us-east-1`, `us-gov-west-1`, `us-isob-east-1`.
fn is_region(text: &str) -> bool {
    let Some((area, number)) = text.rsplit_once('-') else { return false };
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number =
        !number.is_empty() && number.len() <= 2 && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number && area.contains('-') && area.split('-').all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_regions_from_other_texts() {
        for region in
            ["us-east-1", "us-gov-west-1", "us-isob-east-1", "ap-southeast-7", "cn-north-1"]
        {
            assert!(is_region(region), "{region}");
        }
        for other in [
            "us-east",
            "us-east-1a",
            "east-1",
            "",
            "-",
            "US-EAST-1",
            "${var.region}",
            "us-east-",
            "us--1",
        ] {
            assert!(!is_region(other), "{other}");
        }
    }

    #[test]
    fn reads_regions_from_arns() {
        assert_eq!(arn_region("arn:aws:kms:us-east-2:1:key/x").as_deref(), Some("us-east-2"));
        assert_eq!(arn_region("arn:aws:iam::1:role/x"), None);
        assert_eq!(arn_region("bucket"), None);
    }
}
