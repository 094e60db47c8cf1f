//! Which resource an argument names: a bucket by its name, a VPC by its id.

use std::collections::HashMap;

use drstack_plan::{AttrPath, Mode, Plan, References, Resource, Target, Value};

use crate::Checked;
use crate::arguments::is_left_out;

/// The resources of some types, with the texts that name them. Data sources are among them; one that finds a resource
/// of the same input stands for that.
pub(crate) struct Directory<'plan> {
    plan: &'plan Plan<'plan>,
    types: &'static [&'static str],
    by_name: HashMap<String, Vec<Resource<'plan>>>,
}

/// What an argument leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Link<'plan> {
    /// It is not set.
    Absent,
    /// A resource of the input.
    To(Resource<'plan>),
    /// Something that the input does not hold, by this name.
    Outside(String),
    /// It may be any.
    Unresolved,
}

/// How many resources may lie between an argument and what it names.
const HOPS: usize = 8;

impl<'plan> Directory<'plan> {
    /// Gathers the resources of some types that are there after apply, under the texts of some attributes.
    pub(crate) fn of(
        checked: &Checked<'plan>,
        types: &'static [&'static str],
        attributes: &[&str],
    ) -> Self {
        let mut by_name: HashMap<String, Vec<Resource<'_>>> = HashMap::new();
        for resource in of_types(checked, types) {
            for attribute in attributes {
                let Some(name) = resource.get(attribute).as_str() else { continue };
                let known = by_name.entry(name.into_owned()).or_default();
                if !known.contains(&resource) {
                    known.push(resource);
                }
            }
        }
        Self { plan: checked.plan(), types, by_name }
    }

    /// What the argument at a path leads to: by its value, or by what it refers to.
    pub(crate) fn find(&self, from: Resource<'plan>, path: &AttrPath) -> Link<'plan> {
        let value = from.at(path);
        if value.is_null() || (value.is_unknown() && is_left_out(from, path)) {
            return Link::Absent;
        }
        self.follow(from, path, HOPS)
    }

    /// What each element of the list at a path leads to, once each. A reference to a resource of another type is
    /// outside, under its value or, where that is not known, its address.
    pub(crate) fn find_each(&self, from: Resource<'plan>, path: &AttrPath) -> Vec<Link<'plan>> {
        let value = from.at(path);
        if value.is_unknown() && is_left_out(from, path) {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut add = |link: Link<'plan>| {
            if !found.contains(&link) {
                found.push(link);
            }
        };
        value.elements().filter_map(Value::as_str).for_each(|name| add(self.named(&name, from)));
        if value.is_unknown() || value.elements().any(Value::is_unknown) {
            let references = from.references(path);
            let is_empty = references.targets.is_empty();
            for target in &references.targets {
                add(match self.target(target, HOPS) {
                    Link::Unresolved if target.resource.mode() == Mode::Managed => {
                        Link::Outside(target.resource.address().to_owned())
                    }
                    link => link,
                });
            }
            if is_empty || is_open(self.plan, &references) {
                add(Link::Unresolved);
            }
        }
        found
    }

    fn follow(&self, from: Resource<'plan>, path: &AttrPath, hops: usize) -> Link<'plan> {
        let value = from.at(path);
        if let Some(name) = value.as_str() {
            return self.named(&name, from);
        }
        let references = from.references(path);
        if hops == 0 || is_open(self.plan, &references) {
            return Link::Unresolved;
        }
        let mut links = references.targets.iter().map(|target| self.target(target, hops));
        let first = links.next().unwrap_or(Link::Unresolved);
        if links.all(|link| link == first) { first } else { Link::Unresolved }
    }

    /// What a known text names. Where regions hold one of that name each, it is that of the referrer's region; a managed
    /// resource goes before the data sources that find it.
    pub(crate) fn named(&self, name: &str, from: Resource<'plan>) -> Link<'plan> {
        let several = match self.by_name.get(name).map(Vec::as_slice) {
            None if name.is_empty() => return Link::Absent,
            None => return Link::Outside(name.to_owned()),
            Some([only]) => return Link::To(*only),
            Some(several) => several,
        };
        let region = from.region();
        let mut candidates: Vec<_> =
            several.iter().copied().filter(|resource| resource.region() == region).collect();
        if candidates.is_empty() {
            candidates = several.to_vec();
        }
        let mut managed = candidates.iter().filter(|resource| resource.mode() == Mode::Managed);
        match (managed.next(), managed.next()) {
            (Some(one), None) => Link::To(*one),
            (None, _) => candidates.first().map_or(Link::Unresolved, |one| Link::To(*one)),
            (Some(_), Some(_)) => Link::Unresolved,
        }
    }

    fn target(&self, target: &Target<'plan>, hops: usize) -> Link<'plan> {
        if self.types.contains(&target.resource.resource_type()) {
            Link::To(self.identity(target.resource))
        } else {
            self.follow(target.resource, &target.attribute, hops - 1)
        }
    }

    /// The resource itself, or the one of the input that a data source finds.
    pub(crate) fn identity(&self, resource: Resource<'plan>) -> Resource<'plan> {
        match resource.get("id").as_str().map(|id| self.named(&id, resource)) {
            Some(Link::To(identity)) => identity,
            _ => resource,
        }
    }
}

/// The resources of some types: first those that the input manages, then the data sources.
pub(crate) fn of_types<'plan>(
    checked: &Checked<'plan>,
    types: &'static [&'static str],
) -> impl Iterator<Item = Resource<'plan>> {
    let managed: Vec<_> = types.iter().flat_map(|name| checked.of_type(name)).copied().collect();
    // Most resources are not data sources, which is told quicker than their type.
    let found = checked.plan().resources().filter(|resource| {
        resource.mode() == Mode::Data && types.contains(&resource.resource_type())
    });
    managed.into_iter().chain(found)
}

/// Whether references leave open what an unknown value is: some can't be followed, or lead to a variable without value.
///
/// A variable whose value is known is not what makes an expression unknown: `var.own ? aws_kms_key.a[0].arn : var.key` is
/// the resource's.
pub(crate) fn is_open(plan: &Plan<'_>, references: &References<'_>) -> bool {
    let is_unknown = |name: &String| {
        plan.variable(name).is_none_or(|value| !value.is_null() && !value.is_wholly_known())
    };
    !references.unresolved.is_empty() || references.variables.iter().any(is_unknown)
}

#[cfg(test)]
mod tests {
    use drstack_plan::{Documents, Plan};

    use super::*;
    use crate::Parameters;

    #[test]
    fn arguments_lead_to_resources_by_name_and_by_reference() {
        let text = br#"{
          "variable": {"bucket": {}, "own": {"default": true}},
          "data": {"aws_s3_bucket": {"found": {"bucket": "other"}}},
          "resource": {
            "aws_lb": {"x": {}},
            "aws_s3_bucket": {"logs": {"bucket": "logs"}},
            "aws_s3_bucket_versioning": {
              "literal": {"bucket": "logs"},
              "reference": {"bucket": "${aws_s3_bucket.logs.id}"},
              "sibling": {"bucket": "${aws_s3_bucket_versioning.reference.bucket}"},
              "data": {"bucket": "${data.aws_s3_bucket.found.id}"},
              "outside": {"bucket": "elsewhere"},
              "variable": {"bucket": "${var.bucket}"},
              "either": {"bucket": "${var.x ? aws_s3_bucket.logs.id : data.aws_s3_bucket.found.id}"},
              "chosen": {"bucket": "${var.own ? aws_s3_bucket.logs.id : var.bucket}"},
              "computed": {"bucket": "${aws_lb.x.access_logs_bucket}"},
              "absent": {}
            },
            "aws_s3_bucket_list": {
              "some": {"buckets": ["elsewhere", "${aws_s3_bucket.logs.id}", "${aws_s3_bucket_versioning.sibling.bucket}"]},
              "open": {"buckets": ["${var.bucket}"]},
              "none": {"buckets": []}
            }
          }
        }"#;
        let documents: Documents =
            [("main.tf.json".to_owned(), text.to_vec())].into_iter().collect();
        let plan = Plan::from_documents(&documents).unwrap();
        let parameters = Parameters::default();
        let checked = Checked::new(&plan, &parameters);
        let buckets = Directory::of(&checked, &["aws_s3_bucket"], &["id", "bucket"]);
        let logs = Link::To(plan.resource("aws_s3_bucket.logs").unwrap());
        let data = Link::To(plan.resource("data.aws_s3_bucket.found").unwrap());
        let listed = |name: &str| {
            let from = plan.resource(&format!("aws_s3_bucket_list.{name}")).unwrap();
            buckets.find_each(from, &"buckets".parse().unwrap())
        };
        assert_eq!(listed("some"), [Link::Outside("elsewhere".to_owned()), logs.clone()]);
        assert_eq!(listed("open"), [Link::Unresolved]);
        assert_eq!(listed("none"), []);
        for (name, expected) in [
            ("literal", logs.clone()),
            ("reference", logs.clone()),
            ("sibling", logs),
            ("data", data),
            ("outside", Link::Outside("elsewhere".to_owned())),
            ("variable", Link::Unresolved),
            ("either", Link::Unresolved),
            ("chosen", Link::Unresolved),
            ("computed", Link::Unresolved),
            ("absent", Link::Absent),
        ] {
            let from = plan.resource(&format!("aws_s3_bucket_versioning.{name}")).unwrap();
            assert_eq!(buckets.find(from, &"bucket".parse().unwrap()), expected, "{name}");
        }
    }
}
