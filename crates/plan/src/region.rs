//! The region that a resource will be in. It is worked out or unknown, never guessed.

use std::borrow::Cow;

use foldhash::HashMap;

use crate::address::Mode;
use crate::interned::Interned;
use crate::json::may_hold;
use crate::meta_arguments::Repetition;
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

/// The type whose `arn` is that of what it sends events to. That is in its own region, unless it is an event bus:
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-region.html>.
const EVENT_TARGET: &str = "aws_cloudwatch_event_target";

impl<'plan> Resource<'plan> {
    /// The region of the API that manages the resource: its own `region` argument, else its provider's, else that of
    /// its ARN. `None` if none of them is known.
    ///
    /// Where a provider's expression does not say its region (plans do not hold local values), its resources may: by
    /// availability zones, `data.aws_region`, and ARNs, as long as all of them say the same.
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
    let shown = shown_regions(plan, &providers);
    let mut regions = Interned::with_capacity(plan.len());
    for resource in plan.all_resources() {
        let of_provider = || {
            let key = resource.provider_key()?;
            let shown = || shown.get(key)?.as_deref();
            providers.get(key).map(String::as_str).or_else(shown)
        };
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
        || !may_hold(resource.record.values.json(), b"\"region\"")
    {
        return None;
    }
    resource.get("region").as_str().filter(|region| is_region(region))
}

fn region_of_arn(resource: Resource<'_>) -> Option<String> {
    let leads_elsewhere =
        |arn: &str| resource.resource_type() == EVENT_TARGET && arn.contains(":event-bus/");
    let names = ["arn", "id"].into_iter().filter_map(|name| resource.get(name).as_str());
    names.filter(|name| !leads_elsewhere(name)).find_map(|name| arn_region(&name))
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

/// The regions that the resources of all other provider configurations show; `None` where they show several.
fn shown_regions<'plan>(
    plan: &'plan Plan<'plan>,
    written: &HashMap<String, String>,
) -> HashMap<&'plan str, Option<String>> {
    let mut shown = HashMap::default();
    for resource in plan.all_resources() {
        let key = resource.provider_key().filter(|key| !written.contains_key(*key));
        let Some((key, region)) = key.zip(shown_region(resource)) else { continue };
        let known = shown.entry(key).or_insert_with(|| Some(region.clone()));
        if known.as_ref().is_some_and(|known| *known != region) {
            *known = None;
        }
    }
    shown
}

/// The region that a resource's values show its provider to be in. A zone is of the region whose API is asked for something
/// in it: <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-regions-availability-zones.html>.
fn shown_region(resource: Resource<'_>) -> Option<String> {
    if own_region(resource).is_some() {
        return None;
    }
    match (resource.mode(), resource.resource_type()) {
        (Mode::Managed, "aws_subnet" | "aws_instance" | "aws_ebs_volume") => {
            region_of_zone(&resource.get("availability_zone").as_str()?)
        }
        (Mode::Managed, _)
            if resource.is_configured(&AttrPath::root().key("arn")) == Some(false) =>
        {
            arn_region(&resource.get("arn").as_str()?)
        }
        // With arguments it looks up another one.
        (Mode::Data, "aws_region")
            if resource.is_configured(&AttrPath::root().key("name")) == Some(false)
                && resource.is_configured(&AttrPath::root().key("endpoint")) == Some(false) =>
        {
            let name = resource.get("name").as_str()?;
            is_region(&name).then(|| name.into_owned())
        }
        _ => None,
    }
}

/// The region of a zone: `us-east-1` of `us-east-1a`, and of the local zone `us-east-1-bos-1a`.
fn region_of_zone(zone: &str) -> Option<String> {
    let end = zone.find(|char: char| char.is_ascii_digit())?;
    let digits = zone[end..].bytes().take_while(u8::is_ascii_digit).count();
    let (region, rest) = zone.split_at(end + digits);
    (!rest.is_empty() && is_region(region)).then(|| region.to_owned())
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
    fn reads_regions_from_zones() {
        assert_eq!(region_of_zone("eu-west-1b").as_deref(), Some("eu-west-1"));
        assert_eq!(region_of_zone("us-gov-west-1a").as_deref(), Some("us-gov-west-1"));
        assert_eq!(region_of_zone("us-west-2-lax-1a").as_deref(), Some("us-west-2"));
        for other in ["", "a", "eu-west-1", "euw1-az1", "1a"] {
            assert_eq!(region_of_zone(other), None, "{other}");
        }
    }

    #[test]
    fn reads_regions_from_arns() {
        assert_eq!(arn_region("arn:aws:kms:us-east-2:1:key/x").as_deref(), Some("us-east-2"));
        assert_eq!(arn_region("arn:aws:iam::1:role/x"), None);
        assert_eq!(arn_region("bucket"), None);
    }
}
