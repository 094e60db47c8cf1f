//! The two regions that a recovery stack is about, and how things of one are told from those of the other.

use drstack_plan::Resource;
use drstack_recovery::{Budget, Objectives, Regions, Survey};

use crate::Checked;
use crate::arguments::Truth;

/// The two regions of a recovery stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionPair {
    regions: [String; 2],
}

/// Words with which names say on which side a thing is.
const SIDES: [&str; 7] =
    ["backup", "dr", "failover", "primary", "recovery", "secondary", "standby"];

impl RegionPair {
    /// The regions that the parameters set; else those of the plan, if there are exactly two.
    #[must_use]
    pub fn of<'checked>(checked: &'checked Checked<'_>) -> Option<&'checked Self> {
        checked.shared().pair.get_or_init(|| Self::find(checked)).as_ref()
    }

    fn find(checked: &Checked<'_>) -> Option<Self> {
        if let Some(regions) = checked.parameters().regions() {
            return Some(Self { regions: regions.map(str::to_owned) });
        }
        Regions::pair(checked.plan()).map(|regions| Self { regions })
    }

    /// Both regions: the primary one first, where the parameters tell.
    #[must_use]
    pub fn both(&self) -> [&str; 2] {
        [&self.regions[0], &self.regions[1]]
    }

    /// Whether a region is one of the two.
    pub(crate) fn contains(&self, region: &str) -> bool {
        self.both().contains(&region)
    }

    /// The other region; `None` for one that is not of the pair.
    pub(crate) fn other(&self, region: &str) -> Option<&str> {
        match self.both() {
            [one, other] if one == region => Some(other),
            [one, other] if other == region => Some(one),
            _ => None,
        }
    }

    /// A text without what tells the two sides apart: the regions' names, written with `-` or `_`, and the words that
    /// say on which side something is. Counterparts of the two regions have the same neutral name.
    #[must_use]
    pub fn neutral(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for region in self.both() {
            text = text.replace(region, REGION).replace(&region.replace('-', "_"), REGION);
        }
        let mut neutral = String::with_capacity(text.len());
        for word in text.split_inclusive(|character: char| !character.is_ascii_alphanumeric()) {
            let bare = word.trim_end_matches(|character: char| !character.is_ascii_alphanumeric());
            if SIDES.contains(&bare) {
                neutral.push_str(SIDE);
                neutral.push_str(word.get(bare.len()..).unwrap_or_default());
            } else {
                neutral.push_str(word);
            }
        }
        neutral
    }
}

/// Which region serves and which takes over: as the parameters say, else as the plan shows.
#[must_use]
pub fn serving_regions<'checked>(checked: &'checked Checked<'_>) -> Option<&'checked Regions> {
    let find = || match checked.parameters().regions() {
        Some([primary, recovery]) => {
            Some(Regions { primary: primary.to_owned(), recovery: recovery.to_owned() })
        }
        None => Regions::infer(checked.plan()),
    };
    checked.shared().serving.get_or_init(find).as_ref()
}

/// Whether resources are in one region, though it may not be known in which.
pub(crate) fn are_together(one: Resource<'_>, other: Resource<'_>) -> Truth {
    if let (Some(one), Some(other)) = (one.region(), other.region()) {
        return Truth::of(one == other);
    }
    let follows_provider = |resource: Resource<'_>| {
        resource.provider_key().is_some() && resource.get("region").is_null()
    };
    let is_one_provider = one.provider_key() == other.provider_key();
    if is_one_provider && follows_provider(one) && follows_provider(other) {
        Truth::Yes
    } else {
        Truth::Unknown
    }
}

/// What recovery may cost.
#[must_use]
pub fn objectives(checked: &Checked<'_>) -> Objectives {
    let parameters = checked.parameters();
    Objectives { rto_seconds: parameters.rto_seconds, rpo_seconds: parameters.rpo_seconds }
}

/// What of the plan is where.
pub(crate) fn survey<'checked, 'plan>(
    checked: &'checked Checked<'plan>,
) -> &'checked Survey<'plan> {
    checked.shared().survey.get_or_init(|| Survey::of(checked.plan()))
}

/// What recovery costs; `None` if the plan does not show which region serves.
pub(crate) fn budget<'checked>(checked: &'checked Checked<'_>) -> Option<&'checked Budget> {
    let find = || Some(survey(checked).budget(serving_regions(checked)?, objectives(checked)));
    checked.shared().budget.get_or_init(find).as_ref()
}

const REGION: &str = "{region}";
const SIDE: &str = "{side}";

#[cfg(test)]
mod tests {
    use drstack_plan::{Documents, Plan};

    use super::*;
    use crate::Parameters;

    fn pair(text: &str, parameters: &Parameters) -> Option<RegionPair> {
        let documents: Documents =
            [("main.tf.json".to_owned(), text.as_bytes().to_vec())].into_iter().collect();
        let plan = Plan::from_documents(&documents).unwrap();
        RegionPair::of(&Checked::new(&plan, parameters)).cloned()
    }

    #[test]
    fn two_regions_of_a_plan_are_a_pair() {
        let plan = |resources: &str| {
            format!(
                r#"{{"provider": {{"aws": [{{"region": "eu-west-1"}}, {{"alias": "b", "region": "eu-west-2"}}, {{"alias": "c", "region": "us-east-1"}}]}}, "resource": {{{resources}}}}}"#
            )
        };
        let two = plan(
            r#""aws_vpc": {"a": {}, "b": {"provider": "aws.b"}}, "aws_sns_topic": {"dns": {"provider": "aws.c"}}"#,
        );
        let found = pair(&two, &Parameters::default()).unwrap();
        assert_eq!(found.both(), ["eu-west-1", "eu-west-2"]);
        assert_eq!(found.other("eu-west-2"), Some("eu-west-1"));
        assert_eq!(found.other("us-east-1"), None);
        assert!(found.contains("eu-west-1") && !found.contains("us-east-1"));

        let topics = plan(r#""aws_sns_topic": {"a": {}, "b": {"provider": "aws.c"}}"#);
        assert_eq!(
            pair(&topics, &Parameters::default()).unwrap().both(),
            ["eu-west-1", "us-east-1"]
        );
        let three =
            plan(r#""aws_vpc": {"a": {}, "b": {"provider": "aws.b"}, "c": {"provider": "aws.c"}}"#);
        assert_eq!(pair(&three, &Parameters::default()), None);

        let parameters = Parameters {
            primary_region: Some("us-east-1".to_owned()),
            recovery_region: Some("us-east-2".to_owned()),
            ..Parameters::default()
        };
        assert_eq!(pair(&three, &parameters).unwrap().both(), ["us-east-1", "us-east-2"]);
    }

    #[test]
    fn counterparts_have_one_neutral_name() {
        let pair = RegionPair { regions: ["us-east-1".to_owned(), "us-east-2".to_owned()] };
        for (one, other) in [
            ("app-us-east-1-dev", "app-us-east-2-dev"),
            ("module.compute_us_east_1.x", "module.compute_us_east_2.x"),
            ("orders-primary", "orders-dr"),
            ("aws_lambda_function.primary", "aws_lambda_function.recovery"),
        ] {
            assert_eq!(pair.neutral(one), pair.neutral(other));
        }
        assert_ne!(pair.neutral("reader-primary"), pair.neutral("writer-dr"));
        assert_ne!(pair.neutral("app-us-east-1"), pair.neutral("app-eu-west-1"));
    }
}
