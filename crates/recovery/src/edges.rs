//! The edges into the lost region: references here, what texts name in [`texts`](crate::texts).

use std::borrow::Cow;
use std::sync::Arc;

use drstack_plan::{AttrPath, Mode, Resource, Step, TemplatePart};
use foldhash::HashSet;
use memchr::memmem;

use crate::buckets::Buckets;
use crate::crossing::{Class, Form, Found};
use crate::literal;
use crate::outage::Outage;
use crate::place::Site;
use crate::table;

const DISTRIBUTION: &str = "aws_cloudfront_distribution";

/// What an edge means and why.
pub(crate) type Meaning = (Class, Cow<'static, str>);

/// Finds the edges that are as bad as `least` or worse.
pub(crate) fn find<'plan>(outage: &Outage<'_, 'plan>, least: Class) -> Vec<Found<'plan>> {
    let mut finder = Finder {
        outage,
        least,
        region: memmem::Finder::new(&outage.name),
        buckets: Buckets::of(outage),
        found: Vec::new(),
        control_planes: HashSet::default(),
    };
    for &resource in &outage.walk.reached {
        // What is only read has run its course by the time the region is lost.
        if resource.mode() == Mode::Managed {
            finder.references(resource);
            finder.texts(resource);
        }
    }
    finder.found
}

pub(crate) struct Finder<'outage, 'plan> {
    pub(crate) outage: &'outage Outage<'outage, 'plan>,
    pub(crate) least: Class,
    /// Finds the lost region's name.
    pub(crate) region: memmem::Finder<'outage>,
    pub(crate) buckets: Buckets<'plan>,
    found: Vec<Found<'plan>>,
    /// The global resources whose control plane was reported.
    control_planes: HashSet<usize>,
}

impl<'plan> Finder<'_, 'plan> {
    /// What a resource refers to.
    fn references(&mut self, resource: Resource<'plan>) {
        let survey = self.outage.survey;
        for (target, edge) in survey.plan.graph().references(resource.index()) {
            // Most edges stay in their region.
            if self.outage.lost.is_survived_by(survey.places.at(target)) {
                continue;
            }
            let target = survey.plan.nth(target).filter(|target| target.exists_after_apply());
            if let Some(target) = target {
                self.reference(resource, &edge.path, target, &edge.attribute);
            }
        }
    }

    pub(crate) fn reference(
        &mut self,
        from: Resource<'plan>,
        path: &AttrPath,
        target: Resource<'plan>,
        attribute: &AttrPath,
    ) {
        let meaning = match self.outage.survey.site(target) {
            place @ Site::In(_) if self.outage.lost.is(place) => {
                self.judge(from, path, target, attribute)
            }
            Site::Global(home) if home.is_some() && home == self.outage.lost.0 => {
                if self.least < Class::ControlPlaneOnly
                    || !self.control_planes.insert(target.index())
                {
                    return;
                }
                let home = &self.outage.name;
                let reason = format!(
                    "the control plane is in {home}: what runs goes on, and nothing can be changed"
                );
                (Class::ControlPlaneOnly, Cow::Owned(reason))
            }
            Site::In(_) | Site::Global(_) => return,
            Site::Unknown => match self.judge(from, path, target, attribute) {
                (Class::Fatal | Class::Undetermined, _) => {
                    (Class::Undetermined, "the region of what it leads to is not known".into())
                }
                _ => return,
            },
        };
        self.report(from, path, target.shared_address(), meaning, Form::Reference);
    }

    /// What the use of an edge says of it: that of a distribution's origins depends on the other origins.
    pub(crate) fn of_use(
        &self,
        from: Resource<'plan>,
        path: &AttrPath,
    ) -> Option<(Class, &'static str)> {
        let is_origin = from.resource_type() == DISTRIBUTION
            && table::keys(path).next().is_some_and(|key| key == "origin");
        if is_origin && self.is_cut_off(from) {
            let mut others = self.outage.survey.managed(DISTRIBUTION);
            return Some(if others.any(|other| !self.is_cut_off(other)) {
                (
                    Class::Degrading,
                    "every origin of the distribution is lost; another distribution has one left",
                )
            } else {
                (Class::Fatal, "every origin of the distribution is in the lost region")
            });
        }
        self.outage.survey.of_use(from, path)
    }

    /// Whether all origins of a distribution are in the lost region.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html>
    fn is_cut_off(&self, distribution: Resource<'plan>) -> bool {
        let origin = AttrPath::root().key("origin");
        let origins = distribution.at(&origin).elements().count();
        let is_lost = |index: usize| {
            let domain = origin.clone().index(index).key("domain_name");
            let targets = distribution.references(&domain).targets;
            let Outage { survey, lost, name, .. } = self.outage;
            targets.iter().any(|target| lost.is(survey.site(target.resource)))
                || distribution.at(&domain).as_str().is_some_and(|host| {
                    literal::names(&host, name) || !self.buckets.named(&host).is_empty()
                })
        };
        origins > 0 && (0..origins).all(is_lost)
    }

    /// What a reference into the lost region means.
    pub(crate) fn judge(
        &self,
        from: Resource<'plan>,
        path: &AttrPath,
        target: Resource<'plan>,
        attribute: &AttrPath,
    ) -> Meaning {
        if let Some((class, reason)) = self.of_use(from, path) {
            return (class, reason.into());
        }
        let first = match attribute.steps().first() {
            Some(Step::Key(key)) => key.as_str(),
            _ => "",
        };
        if table::is_text(first) {
            return (Class::Allowed, "text about it, which leads nowhere".into());
        }
        if let Some(meaning) = self.judge_replicated(from, path, target, first) {
            return meaning;
        }
        match table::of_target(target.resource_type()) {
            Some((class, reason)) => (class, reason.into()),
            None if target.mode() == Mode::Data => {
                (Class::ControlPlaneOnly, "Terraform reads it while it plans".into())
            }
            None => {
                let resource_type = target.resource_type();
                let reason = format!("what the loss of an {resource_type} means is not known");
                (Class::Undetermined, reason.into())
            }
        }
    }

    /// A store that keeps a replica in the region that asks for it: by the name that all replicas share, or by an ARN
    /// whose region is rewritten.
    fn judge_replicated(
        &self,
        from: Resource<'plan>,
        path: &AttrPath,
        target: Resource<'plan>,
        attribute: &str,
    ) -> Option<Meaning> {
        if !matches!(target.resource_type(), "aws_dynamodb_table" | "aws_secretsmanager_secret") {
            return None;
        }
        let undetermined = |reason: Cow<'static, str>| Some((Class::Undetermined, reason));
        let allowed = |reason: String| Some((Class::Allowed, reason.into()));
        let Some(region) = from.region() else {
            return undetermined("the region of the resource is not known".into());
        };
        let by_name = match target.resource_type() {
            "aws_dynamodb_table" => matches!(attribute, "name" | "id"),
            _ => attribute == "name",
        };
        match (self.outage.survey.has_replica(target, &region), by_name) {
            (Some(false), _) => None,
            (None, _) => undetermined("its replicas are not known".into()),
            (Some(true), true) => {
                allowed(format!("all replicas have the name, and there is one in {region}"))
            }
            (Some(true), false) => {
                match is_rewritten(from, path, target, &self.outage.name, &region) {
                    Some(true) => {
                        allowed(format!("the ARN is rewritten to the replica in {region}"))
                    }
                    Some(false) => None,
                    None => undetermined(Cow::Owned(format!(
                        "whether the ARN is rewritten to the replica in {region} is not shown"
                    ))),
                }
            }
        }
    }

    pub(crate) fn report(
        &mut self,
        from: Resource<'plan>,
        path: &AttrPath,
        to: impl Into<Arc<str>>,
        (class, reason): Meaning,
        form: Form,
    ) {
        if class <= self.least {
            let (path, to) = (path.to_string().into(), to.into());
            self.found.push(Found { class, form, from, path, to, by_way_of: None, reason });
        }
    }
}

/// Whether the ARN of a replicated thing is rewritten to the region that asks. `None` if the input does not show it.
fn is_rewritten(
    from: Resource<'_>,
    path: &AttrPath,
    target: Resource<'_>,
    lost: &str,
    region: &str,
) -> Option<bool> {
    if let Some(text) = from.at(path).as_str() {
        return Some(!literal::names(&text, lost) && literal::names(&text, region));
    }
    let template = from.template(path)?;
    let mut is_rewritten = None;
    for part in &template.parts {
        let TemplatePart::Reference { source, references } = part else { continue };
        if !references.targets.iter().any(|found| found.resource == target) {
            continue;
        }
        let rewrites = source.starts_with("replace(")
            && source
                .find(lost)
                .is_some_and(|at| source.get(at..).is_some_and(|rest| rest.contains(region)));
        if !rewrites {
            // A function whose arguments are no constants may do it.
            return if source.contains('(') { None } else { Some(false) };
        }
        is_rewritten = Some(true);
    }
    is_rewritten
}
