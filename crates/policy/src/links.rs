//! Which resource an argument names: a bucket by its name, a VPC by its id.

use std::collections::HashMap;

use drstack_plan::{AttrPath, Mode, Resource};

use crate::Checked;
use crate::arguments::is_left_out;

/// The resources of some types, with the texts that name them. Data sources are among them; one that finds a resource
/// of the same input stands for that.
pub(crate) struct Directory<'plan> {
    types: &'static [&'static str],
    by_name: HashMap<String, Resource<'plan>>,
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
        let mut by_name = HashMap::new();
        for resource in checked.plan().resources() {
            if !types.contains(&resource.resource_type()) {
                continue;
            }
            for attribute in attributes {
                let Some(name) = resource.get(attribute).as_str() else { continue };
                let known = by_name.entry(name.into_owned()).or_insert(resource);
                if resource.mode() == Mode::Managed && known.mode() != Mode::Managed {
                    *known = resource;
                }
            }
        }
        Self { types, by_name }
    }

    /// What the argument at a path leads to: by its value, or by what it refers to.
    pub(crate) fn find(&self, from: Resource<'plan>, path: &AttrPath) -> Link<'plan> {
        self.follow(from, path, HOPS)
    }

    fn follow(&self, from: Resource<'plan>, path: &AttrPath, hops: usize) -> Link<'plan> {
        let value = from.at(path);
        if value.is_null() || (value.is_unknown() && is_left_out(from, path)) {
            return Link::Absent;
        }
        if let Some(name) = value.as_str() {
            return match self.by_name.get(&*name) {
                Some(resource) => Link::To(*resource),
                None if name.is_empty() => Link::Absent,
                None => Link::Outside(name.into_owned()),
            };
        }
        let references = from.references(path);
        if hops == 0 || !references.unresolved.is_empty() || !references.variables.is_empty() {
            return Link::Unresolved;
        }
        let mut found = None;
        for target in references.targets {
            let link = if self.types.contains(&target.resource.resource_type()) {
                Link::To(self.identity(target.resource))
            } else if target.attribute.is_root() {
                Link::Unresolved
            } else {
                self.follow(target.resource, &target.attribute, hops - 1)
            };
            match (&found, link) {
                // One of several alternatives that leads nowhere leaves the others.
                (_, Link::Absent) => {}
                (None, link) => found = Some(link),
                (Some(known), link) if *known == link => {}
                (Some(_), _) => return Link::Unresolved,
            }
        }
        found.unwrap_or(Link::Unresolved)
    }

    /// The resource itself, or the one of the input that a data source finds.
    pub(crate) fn identity(&self, resource: Resource<'plan>) -> Resource<'plan> {
        let id = resource.get("id").as_str();
        id.and_then(|id| self.by_name.get(&*id)).copied().unwrap_or(resource)
    }
}

#[cfg(test)]
mod tests {
    use drstack_plan::{Documents, Plan};

    use super::*;
    use crate::Parameters;

    #[test]
    fn arguments_lead_to_resources_by_name_and_by_reference() {
        let text = br#"{
          "variable": {"bucket": {}},
          "data": {"aws_s3_bucket": {"found": {"bucket": "other"}}},
          "resource": {
            "aws_s3_bucket": {"logs": {"bucket": "logs"}},
            "aws_s3_bucket_versioning": {
              "literal": {"bucket": "logs"},
              "reference": {"bucket": "${aws_s3_bucket.logs.id}"},
              "sibling": {"bucket": "${aws_s3_bucket_versioning.reference.bucket}"},
              "data": {"bucket": "${data.aws_s3_bucket.found.id}"},
              "outside": {"bucket": "elsewhere"},
              "variable": {"bucket": "${var.bucket}"},
              "either": {"bucket": "${var.x ? aws_s3_bucket.logs.id : data.aws_s3_bucket.found.id}"},
              "absent": {}
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
        for (name, expected) in [
            ("literal", logs.clone()),
            ("reference", logs.clone()),
            ("sibling", logs),
            ("data", data),
            ("outside", Link::Outside("elsewhere".to_owned())),
            ("variable", Link::Unresolved),
            ("either", Link::Unresolved),
            ("absent", Link::Absent),
        ] {
            let from = plan.resource(&format!("aws_s3_bucket_versioning.{name}")).unwrap();
            assert_eq!(buckets.find(from, &"bucket".parse().unwrap()), expected, "{name}");
        }
    }
}
