use std::sync::Arc;

use drstack_plan::{AttrPath, Mode, Plan, Resource, Value};
use foldhash::{HashMap, HashSet};

use crate::shared::Shared;
use crate::{Packages, Parameters};

/// A plan on its way through the rules: its resources by type, the parameters to judge by, and what the rules share.
pub struct Checked<'plan> {
    plan: &'plan Plan<'plan>,
    parameters: &'plan Parameters,
    packages: Option<&'plan Packages>,
    managed: ByType<'plan>,
    found: ByType<'plan>,
    shared: Shared<'plan>,
}

type ByType<'plan> = HashMap<&'plan str, Vec<Resource<'plan>>>;

/// What a rule has to say: findings, and how many things it looked at.
#[derive(Debug, Default)]
pub struct Sink {
    /// Behind pointers: there may be hundreds of thousands, which are moved into the verdict and sorted there.
    #[expect(clippy::vec_box, reason = "a pointer is moved at a twentieth of what a finding is")]
    pub(crate) findings: Vec<Box<crate::Finding>>,
    pub(crate) judged: usize,
    /// Texts that findings share.
    texts: HashSet<Arc<str>>,
}

impl<'plan> Checked<'plan> {
    /// Sorts a plan's resources by type. Those that are deleted are not judged.
    #[must_use]
    pub fn new(plan: &'plan Plan<'plan>, parameters: &'plan Parameters) -> Self {
        let (mut managed, mut found) = (ByType::default(), ByType::default());
        for resource in plan.resources() {
            let by_type = match resource.mode() {
                Mode::Managed => &mut managed,
                Mode::Data => &mut found,
                Mode::Ephemeral => continue,
            };
            by_type.entry(resource.resource_type()).or_default().push(resource);
        }
        Self { plan, parameters, packages: None, managed, found, shared: Shared::default() }
    }

    /// With the deployment packages that are at hand.
    #[must_use]
    pub fn with_packages(self, packages: &'plan Packages) -> Self {
        Self { packages: Some(packages), ..self }
    }

    /// The plan.
    #[must_use]
    pub const fn plan(&self) -> &'plan Plan<'plan> {
        self.plan
    }

    /// What the pack and the command line ask for.
    #[must_use]
    pub const fn parameters(&self) -> &'plan Parameters {
        self.parameters
    }

    /// The managed resources of a type, in the order of the plan.
    #[must_use]
    pub fn of_type(&self, resource_type: &str) -> &[Resource<'plan>] {
        self.managed.get(resource_type).map_or(&[], Vec::as_slice)
    }

    /// The data sources of a type, in the order of the plan.
    pub(crate) fn found_of_type(&self, resource_type: &str) -> &[Resource<'plan>] {
        self.found.get(resource_type).map_or(&[], Vec::as_slice)
    }

    /// The managed resources, type by type. The order of the types is not fixed; findings are sorted later.
    pub fn types(&self) -> impl Iterator<Item = (&'plan str, &[Resource<'plan>])> {
        self.managed.iter().map(|(resource_type, resources)| (*resource_type, resources.as_slice()))
    }

    /// The deployment packages that are at hand.
    pub(crate) const fn packages(&self) -> Option<&'plan Packages> {
        self.packages
    }

    /// What rules have gathered for each other.
    pub(crate) const fn shared(&self) -> &Shared<'plan> {
        &self.shared
    }
}

impl Sink {
    /// Counts something that the rule looked at, whatever came of it.
    pub fn judged(&mut self) {
        self.judged += 1;
    }

    /// Reports a finding. One that says the same as others of its rule shares their texts.
    pub fn report(&mut self, mut finding: crate::Finding) {
        let shared =
            [&mut finding.path, &mut finding.message].into_iter().chain(&mut finding.expected);
        for text in shared {
            match self.texts.get(text) {
                Some(known) => *text = Arc::clone(known),
                None => _ = self.texts.insert(Arc::clone(text)),
            }
        }
        self.findings.push(Box::new(finding));
    }

    /// Reports findings.
    pub fn report_each(&mut self, findings: impl IntoIterator<Item = crate::Finding>) {
        findings.into_iter().for_each(|finding| self.report(finding));
    }
}

/// The values at a path of the tables, which names blocks and attributes without indices: one for each
/// block on the way, with its full path. A block that is absent gives nothing; an absent attribute of a block
/// that is there gives its null.
#[must_use]
pub fn values_at<'a>(root: Value<'a>, path: &str) -> Vec<(AttrPath, Value<'a>)> {
    let mut found = vec![(AttrPath::root(), root)];
    let mut steps = path.split('.').peekable();
    while let Some(step) = steps.next() {
        let last = steps.peek().is_none();
        let next = found.into_iter().flat_map(|(at, value)| {
            let inner = value.get(step);
            let at = at.key(step);
            if last {
                vec![(at, inner)]
            } else if inner.is_unknown() {
                vec![(at, Value::UNKNOWN)]
            } else {
                let blocks = inner.elements().enumerate();
                blocks.map(|(index, block)| (at.clone().index(index), block)).collect()
            }
        });
        found = next.collect();
    }
    found
}
