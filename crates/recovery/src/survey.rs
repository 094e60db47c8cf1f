use drstack_plan::{AttrPath, Mode, Plan, Resource};
use foldhash::HashMap;

use crate::companions::completing;
use crate::crossing::Class;
use crate::place::{Places, Site, Spread};
use crate::replicas::Replicas;
use crate::roots;
use crate::table::{self, Use};

/// A plan, looked through once for all that is asked of it: what is where, and what there is of each type.
///
/// ```
/// use drstack_plan::{Documents, Plan};
/// use drstack_recovery::{Class, Survey};
///
/// let main = br#"{
///   "provider": {"aws": [{"region": "us-east-1"}, {"alias": "dr", "region": "us-east-2"}]},
///   "resource": {"aws_sqs_queue": {"a": {}, "b": {"provider": "aws.dr"}}}
/// }"#;
/// let documents: Documents = [("main.tf.json".to_owned(), main.to_vec())].into_iter().collect();
/// let plan = Plan::from_documents(&documents)?;
/// let survey = Survey::of(&plan);
/// for region in ["us-east-1", "us-east-2"] {
///     assert!(survey.lose(region).crossings(Class::Undetermined).is_empty());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Survey<'plan> {
    pub(crate) plan: &'plan Plan<'plan>,
    pub(crate) places: Places<'plan>,
    pub(crate) replicas: Replicas,
    kinds: Vec<Kind<'plan>>,
    /// For each resource of the plan, the place of its type in `kinds`.
    kind_of: Vec<u32>,
    kinds_by_name: HashMap<&'plan str, u32>,
}

/// What follows from a type.
pub(crate) struct Kind<'plan> {
    spread: Spread,
    /// See [`roots::rank`].
    pub(crate) rank: Option<usize>,
    /// The types that complete one of this type by referring to it.
    pub(crate) completed_by: &'static [&'static str],
    /// What the uses of its edges say.
    uses: Vec<&'static Use>,
    /// What there will be of it, in the order of the plan.
    resources: Vec<Resource<'plan>>,
}

impl<'plan> Survey<'plan> {
    /// Looks through a plan.
    #[must_use]
    pub fn of(plan: &'plan Plan<'plan>) -> Self {
        let mut survey = Self {
            plan,
            places: Places::with_capacity(plan.len()),
            replicas: Replicas::default(),
            kinds: Vec::new(),
            kind_of: Vec::with_capacity(plan.len()),
            kinds_by_name: HashMap::default(),
        };
        for resource in plan.all_resources() {
            let number = survey.kind_number(resource.resource_type());
            survey.kind_of.push(number);
            let Some(kind) = survey.kinds.get_mut(number as usize) else { continue };
            survey.places.add(plan, resource, kind.spread);
            if resource.exists_after_apply() {
                kind.resources.push(resource);
            }
        }
        survey.replicas = Replicas::of(&survey);
        survey
    }

    pub(crate) fn site(&self, resource: Resource<'plan>) -> Site {
        self.places.at(resource.index())
    }

    pub(crate) fn kind(&self, resource: Resource<'plan>) -> Option<&Kind<'plan>> {
        self.kinds.get(*self.kind_of.get(resource.index())? as usize)
    }

    /// What there will be of a type, data sources included, in the order of the plan.
    pub(crate) fn of_type(&self, resource_type: &str) -> &[Resource<'plan>] {
        let number = self.kinds_by_name.get(resource_type);
        let kind = number.and_then(|number| self.kinds.get(*number as usize));
        kind.map_or(&[], |kind| &kind.resources)
    }

    /// The managed resources of a type, in the order of the plan.
    pub(crate) fn managed(&self, resource_type: &str) -> impl Iterator<Item = Resource<'plan>> {
        let resources = self.of_type(resource_type).iter().copied();
        resources.filter(|resource| resource.mode() == Mode::Managed)
    }

    /// What the use of an edge from an attribute says of it, if it says anything.
    pub(crate) fn of_use(
        &self,
        from: Resource<'plan>,
        path: &AttrPath,
    ) -> Option<(Class, &'static str)> {
        table::of_use(&self.kind(from)?.uses, path)
    }

    fn kind_number(&mut self, resource_type: &'plan str) -> u32 {
        *self.kinds_by_name.entry(resource_type).or_insert_with(|| {
            self.kinds.push(Kind {
                spread: Spread::of(resource_type),
                rank: roots::rank(resource_type),
                completed_by: completing(resource_type),
                uses: table::uses(resource_type),
                resources: Vec::new(),
            });
            u32::try_from(self.kinds.len() - 1).unwrap_or(u32::MAX)
        })
    }
}
