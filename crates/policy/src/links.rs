//! Which resource an argument names: a bucket by its name, a VPC by its id.

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::sync::{Arc, OnceLock, PoisonError};

use drstack_plan::{AttrPath, Mode, Plan, References, Resource, Target, Value};
use foldhash::HashMap;

use crate::Checked;
use crate::arguments::is_left_out;

/// The resources of some types, with the texts that name them. Data sources are among them; one that finds a resource
/// of the same input stands for that.
///
/// The texts are read when the first is looked up: in a plan that makes everything anew, most arguments refer to what they
/// name, and no text is known.
pub(crate) struct Directory<'plan> {
    plan: &'plan Plan<'plan>,
    types: &'static [&'static str],
    attributes: &'static [&'static str],
    resources: Vec<Resource<'plan>>,
    by_name: OnceLock<HashMap<Cow<'plan, str>, Bearers<'plan>>>,
    /// What stands for a resource, by its index, where that is another one.
    identities: OnceLock<HashMap<usize, Resource<'plan>>>,
}

/// Who bears a name.
enum Bearers<'plan> {
    One(Resource<'plan>),
    Several(Box<Several<'plan>>),
}

/// Who is meant by a name that several bear: in regions that hold one of them, and elsewhere.
#[derive(Default)]
struct Several<'plan> {
    by_region: HashMap<Option<Cow<'plan, str>>, Claim<'plan>>,
    anywhere: Claim<'plan>,
}

/// The one managed resource among several; if there is none, the data source that came first.
#[derive(Default)]
struct Claim<'plan> {
    managed: Option<Resource<'plan>>,
    found: Option<Resource<'plan>>,
    is_disputed: bool,
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
    /// The resources of some types that are there after apply, under the texts of some attributes.
    pub(crate) fn of(
        checked: &Checked<'plan>,
        types: &'static [&'static str],
        attributes: &'static [&'static str],
    ) -> Arc<Self> {
        let directories =
            || checked.shared().directories.lock().unwrap_or_else(PoisonError::into_inner);
        let known = directories().get(&(types, attributes)).map(Arc::clone);
        known.unwrap_or_else(|| {
            let directory = Arc::new(Self {
                plan: checked.plan(),
                types,
                attributes,
                resources: of_types(checked, types).collect(),
                by_name: OnceLock::new(),
                identities: OnceLock::new(),
            });
            Arc::clone(directories().entry((types, attributes)).or_insert(directory))
        })
    }

    fn by_name(&self) -> &HashMap<Cow<'plan, str>, Bearers<'plan>> {
        self.by_name.get_or_init(|| {
            let mut by_name: HashMap<_, Bearers<'_>> = HashMap::default();
            let mut names = Vec::new();
            for &resource in &self.resources {
                let texts = self.attributes.iter().filter_map(|name| resource.get(name).as_str());
                names.extend(texts);
                names.sort_unstable();
                names.dedup();
                for name in names.drain(..) {
                    match by_name.entry(name) {
                        Entry::Vacant(vacant) => _ = vacant.insert(Bearers::One(resource)),
                        Entry::Occupied(mut known) => known.get_mut().add(resource),
                    }
                }
            }
            by_name
        })
    }

    /// What the argument at a path leads to: by its value, or by what it refers to.
    pub(crate) fn find(&self, from: Resource<'plan>, path: &AttrPath) -> Link<'plan> {
        let value = from.at(path);
        if value.is_null() {
            return Link::Absent;
        }
        if let Some(name) = value.as_str() {
            return self.named(&name, from);
        }
        let references = from.references(path);
        if value.is_unknown() && nothing_is_written(from, path, &references) {
            return Link::Absent;
        }
        self.referred(&references, HOPS)
    }

    /// What each element of the list at a path leads to, once each. A reference to a resource of another type is
    /// outside, under its value or, where that is not known, its address.
    pub(crate) fn find_each(&self, from: Resource<'plan>, path: &AttrPath) -> Vec<Link<'plan>> {
        let value = from.at(path);
        let has_unknown = value.is_unknown() || value.elements().any(Value::is_unknown);
        let references = has_unknown.then(|| from.references(path));
        if let Some(references) = &references
            && value.is_unknown()
            && nothing_is_written(from, path, references)
        {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut add = |link: Link<'plan>| {
            if !found.contains(&link) {
                found.push(link);
            }
        };
        value.elements().filter_map(Value::as_str).for_each(|name| add(self.named(&name, from)));
        if let Some(references) = references {
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

    fn follow(
        &self,
        from: Resource<'plan>,
        path: &AttrPath,
        value: Value<'plan>,
        hops: usize,
    ) -> Link<'plan> {
        if let Some(name) = value.as_str() {
            return self.named(&name, from);
        }
        self.referred(&from.references(path), hops)
    }

    /// What an expression leads to.
    fn referred(&self, references: &References<'plan>, hops: usize) -> Link<'plan> {
        if hops == 0 || is_open(self.plan, references) {
            return Link::Unresolved;
        }
        let mut links = references.targets.iter().map(|target| self.target(target, hops));
        let first = links.next().unwrap_or(Link::Unresolved);
        if links.all(|link| link == first) { first } else { Link::Unresolved }
    }

    /// What a known text names. Where regions hold one of that name each, it is that of the referrer's region; a managed
    /// resource goes before the data sources that find it.
    pub(crate) fn named(&self, name: &str, from: Resource<'plan>) -> Link<'plan> {
        match self.by_name().get(name) {
            None if name.is_empty() => Link::Absent,
            None => Link::Outside(name.to_owned()),
            Some(Bearers::One(only)) => Link::To(*only),
            Some(Bearers::Several(several)) => {
                let of_region = several.by_region.get(&from.region());
                of_region.unwrap_or(&several.anywhere).settled()
            }
        }
    }

    fn target(&self, target: &Target<'plan>, hops: usize) -> Link<'plan> {
        let Target { resource, attribute, .. } = target;
        if self.holds_type_of(*resource) {
            Link::To(self.identity(*resource))
        } else {
            self.follow(*resource, attribute, resource.at(attribute), hops - 1)
        }
    }

    /// Whether the resource is of one of its types.
    pub(crate) fn holds_type_of(&self, resource: Resource<'plan>) -> bool {
        self.types.contains(&resource.resource_type())
    }

    /// The resource itself, or the one of the input that a data source finds.
    pub(crate) fn identity(&self, resource: Resource<'plan>) -> Resource<'plan> {
        let other = if resource.exists_after_apply() {
            self.identities().get(&resource.index()).copied()
        } else {
            self.other_identity(resource)
        };
        other.unwrap_or(resource)
    }

    fn identities(&self) -> &HashMap<usize, Resource<'plan>> {
        self.identities.get_or_init(|| {
            let resources = self.resources.iter().copied();
            resources
                .filter_map(|resource| Some((resource.index(), self.other_identity(resource)?)))
                .collect()
        })
    }

    fn other_identity(&self, resource: Resource<'plan>) -> Option<Resource<'plan>> {
        match self.named(&resource.get("id").as_str()?, resource) {
            Link::To(identity) if identity != resource => Some(identity),
            _ => None,
        }
    }
}

impl<'plan> Bearers<'plan> {
    fn add(&mut self, resource: Resource<'plan>) {
        match self {
            Self::One(known) => {
                let mut several = Box::<Several<'_>>::default();
                several.add(*known);
                several.add(resource);
                *self = Self::Several(several);
            }
            Self::Several(several) => several.add(resource),
        }
    }
}

impl<'plan> Several<'plan> {
    fn add(&mut self, resource: Resource<'plan>) {
        self.by_region.entry(resource.region()).or_default().add(resource);
        self.anywhere.add(resource);
    }
}

impl<'plan> Claim<'plan> {
    fn add(&mut self, resource: Resource<'plan>) {
        if resource.mode() == Mode::Managed {
            self.is_disputed = self.managed.is_some();
            self.managed = Some(resource);
        } else {
            self.found.get_or_insert(resource);
        }
    }

    fn settled(&self) -> Link<'plan> {
        if self.is_disputed {
            return Link::Unresolved;
        }
        self.managed.or(self.found).map_or(Link::Unresolved, Link::To)
    }
}

/// The resources of some types: first those that the input manages, then the data sources, in the order of the plan.
pub(crate) fn of_types<'plan>(
    checked: &Checked<'plan>,
    types: &'static [&'static str],
) -> impl Iterator<Item = Resource<'plan>> + use<'plan> {
    let managed = types.iter().flat_map(|name| checked.of_type(name));
    let mut found: Vec<_> =
        types.iter().flat_map(|name| checked.found_of_type(name)).copied().collect();
    found.sort_by_key(|resource| resource.index());
    managed.copied().collect::<Vec<_>>().into_iter().chain(found)
}

/// Whether an argument is known to be left to the provider, where these are its references. Whatever refers to something is
/// written, which is known without looking for it again.
pub(crate) fn nothing_is_written(
    resource: Resource<'_>,
    path: &AttrPath,
    references: &References<'_>,
) -> bool {
    references.is_empty() && is_left_out(resource, path)
}

/// Whether references leave open what an unknown value is: some can't be followed, or lead to a variable without value.
///
/// A variable whose value is known is not what makes an expression unknown: `var.own ? aws_kms_key.a[0].arn : var.key` is
/// the resource's.
pub(crate) fn is_open(plan: &Plan<'_>, references: &References<'_>) -> bool {
    !references.unresolved.is_empty()
        || references.variables.iter().any(|name| is_unknown_variable(plan, name))
}

/// Whether the input does not show the value of a root variable.
pub(crate) fn is_unknown_variable(plan: &Plan<'_>, name: &str) -> bool {
    plan.variable(name).is_none_or(|value| !value.is_null() && !value.is_wholly_known())
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

    #[test]
    fn of_several_of_one_name_the_one_in_the_referrers_region_is_meant() {
        let text = br#"{
          "provider": {"aws": [{"region": "us-east-1"}, {"alias": "west", "region": "us-west-2"},
            {"alias": "south", "region": "sa-east-1"}]},
          "data": {"aws_sqs_queue": {"work": {"name": "work"}, "found": {"name": "found"},
            "far": {"name": "found", "provider": "aws.west"}}},
          "resource": {"aws_sqs_queue": {
            "here": {"name": "work"},
            "there": {"name": "work", "provider": "aws.west"},
            "from_here": {"redrive_policy": "work"},
            "from_there": {"redrive_policy": "work", "provider": "aws.west"},
            "from_elsewhere": {"redrive_policy": "work", "provider": "aws.south"},
            "to_found": {"redrive_policy": "found", "provider": "aws.south"}
          }}
        }"#;
        let documents: Documents =
            [("main.tf.json".to_owned(), text.to_vec())].into_iter().collect();
        let plan = Plan::from_documents(&documents).unwrap();
        let parameters = Parameters::default();
        let checked = Checked::new(&plan, &parameters);
        let queues = Directory::of(&checked, &["aws_sqs_queue"], &["name"]);
        let to = |address: &str| Link::To(plan.resource(address).unwrap());
        for (name, expected) in [
            ("from_here", to("aws_sqs_queue.here")),
            ("from_there", to("aws_sqs_queue.there")),
            ("from_elsewhere", Link::Unresolved),
            ("to_found", to("data.aws_sqs_queue.found")),
        ] {
            let from = plan.resource(&format!("aws_sqs_queue.{name}")).unwrap();
            assert_eq!(queues.find(from, &"redrive_policy".parse().unwrap()), expected, "{name}");
        }
    }
}
