//! Which stores of the lost region have a copy in the recovery region.

use std::borrow::Cow;

use drstack_plan::{AttrPath, JsonKind, Mode, Resource, State};
use foldhash::{HashMap, HashSet};

use super::Standby;
use super::stores::{BACKED_UP, BETWEEN, COPYINGS, Copying, STORES, Store, Way};
use crate::companions::fits;
use crate::place::{Region, Site};
use crate::{Regions, Survey, literal};

/// A store of the lost region and what stands by for it.
pub(super) struct Kept<'plan> {
    pub(super) store: Resource<'plan>,
    pub(super) kind: &'static Store,
    pub(super) standby: Standby,
    /// How it is copied, as far as that is known.
    pub(super) copying: Option<&'static Copying>,
    /// The copies, or what makes them.
    pub(super) copies: Vec<Resource<'plan>>,
}

impl Kept<'_> {
    /// Whether it is copied in this way, as far as that is known.
    pub(super) fn is_copied_by(&self, copying: &Copying) -> bool {
        self.copying.is_some_and(|own| std::ptr::eq(own, copying))
    }
}

/// The names that a store has been given, by which alarms and copies may know it.
pub(super) fn names(store: Resource<'_>) -> impl Iterator<Item = Cow<'_, str>> {
    NAMES.iter().filter_map(move |argument| store.get(argument).as_str())
}

/// The stores of the primary region, and those whose region is not known, with their copies in the recovery region.
pub(super) fn of<'plan>(survey: &Survey<'plan>, regions: &Regions) -> Vec<Kept<'plan>> {
    let finder = Finder::of(survey, regions);
    let mut kept = Vec::new();
    for kind in STORES {
        let stores: Vec<Resource<'plan>> =
            survey.managed(kind.of).filter(|store| finder.is_store(kind, *store)).collect();
        if stores.is_empty() {
            continue;
        }
        let ways: Vec<Makers<'plan>> = COPYINGS
            .iter()
            .filter(|copying| copying.of == kind.of)
            .map(|copying| finder.makers(copying))
            .collect();
        kept.extend(stores.into_iter().map(|store| finder.keep(store, kind, &ways)));
    }
    kept
}

struct Finder<'survey, 'plan> {
    survey: &'survey Survey<'plan>,
    regions: &'survey Regions,
    primary: Option<Region>,
    recovery: Option<Region>,
    backups: Backups,
}

/// What names a thing: the thing itself, or a text.
#[derive(PartialEq, Eq, Hash)]
enum Key<'plan> {
    Resource(usize),
    Text(Cow<'plan, str>),
}

/// What makes copies in one way, by what it names.
struct Makers<'plan> {
    copying: &'static Copying,
    /// In the recovery region, or in a region that is not known: the places in `of`.
    by_key: HashMap<Key<'plan>, Vec<usize>>,
    of: Vec<Maker<'plan>>,
    /// Whether it is not known of some what it copies.
    is_open: bool,
}

struct Maker<'plan> {
    resource: Resource<'plan>,
    /// Whether its copy is in the recovery region; `None` if that is not known.
    is_there: Option<bool>,
}

/// What backup plans copy into the recovery region.
#[derive(Default)]
struct Backups {
    named: HashSet<usize>,
    /// Whether something is selected that can't be told from here: by tags, by patterns, or before apply.
    is_open: bool,
}

/// The arguments that name stores.
const NAMES: [&str; 6] =
    ["bucket", "cluster_identifier", "domain_name", "identifier", "name", "replication_group_id"];

/// How many resources may lie between a copy and its store.
const HOPS: usize = 4;

impl<'survey, 'plan> Finder<'survey, 'plan> {
    fn of(survey: &'survey Survey<'plan>, regions: &'survey Regions) -> Self {
        let mut finder = Self {
            survey,
            regions,
            primary: survey.places.region(&regions.primary),
            recovery: survey.places.region(&regions.recovery),
            backups: Backups::default(),
        };
        finder.backups = finder.backups();
        finder
    }

    /// Whether a resource of a type that keeps data does so in the lost region, or may, and is no copy of another.
    fn is_store(&self, kind: &Store, resource: Resource<'plan>) -> bool {
        let is_here = match self.survey.site(resource) {
            Site::In(region) => Some(region) == self.primary,
            Site::Global(_) => false,
            Site::Unknown => true,
        };
        // Memcached keeps nothing, on purpose:
        // https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/SelectEngine.html
        let is_fleeting = resource.get("engine").as_str().is_some_and(|name| name == "memcached");
        is_here && !is_fleeting && !self.is_copy(kind, resource)
    }

    fn is_copy(&self, kind: &Store, resource: Resource<'plan>) -> bool {
        let Some(argument) = kind.copy_of else { return false };
        let path = AttrPath::root().key(argument);
        let value = resource.at(&path);
        value.as_str().is_some_and(|source| !source.is_empty())
            || (value.is_unknown() && !resource.references(&path).targets.is_empty())
    }

    fn makers(&self, copying: &'static Copying) -> Makers<'plan> {
        let mut makers =
            Makers { copying, by_key: HashMap::default(), of: Vec::new(), is_open: false };
        let (by, argument) = match copying.way {
            Way::Named(by, argument) => (by, argument),
            Way::Member(argument) => (copying.of, argument),
            Way::Own | Way::Replica => return makers,
        };
        for resource in self.survey.managed(by) {
            let is_there = self.is_there(resource, copying.target);
            if is_there == Some(false) {
                continue;
            }
            let place = makers.of.len();
            let (keys, is_open) = self.keys(resource, argument, copying);
            makers.is_open |= is_open && keys.is_empty();
            makers.of.push(Maker { resource, is_there });
            for key in keys {
                makers.by_key.entry(key).or_default().push(place);
            }
        }
        makers
    }

    fn keep(
        &self,
        store: Resource<'plan>,
        kind: &'static Store,
        ways: &[Makers<'plan>],
    ) -> Kept<'plan> {
        let mut kept =
            Kept { store, kind, standby: Standby::Missing, copying: None, copies: Vec::new() };
        for makers in ways {
            let (is_copied, copies) = self.copies(store, makers);
            let standby = match is_copied {
                Some(true) => makers.copying.standby,
                Some(false) => continue,
                None => Standby::Unknown,
            };
            if standby < kept.standby {
                kept.standby = standby;
                kept.copying = Some(makers.copying);
                kept.copies = copies;
            }
        }
        if BACKED_UP.contains(&kind.of) && kept.standby == Standby::Missing {
            if self.backups.named.contains(&store.index()) {
                kept.standby = Standby::Backup;
            } else if self.backups.is_open {
                kept.standby = Standby::Unknown;
            }
        }
        if self.survey.site(store) == Site::Unknown {
            kept.standby = Standby::Unknown;
        }
        kept
    }

    /// Whether a store is copied in one way, and what by.
    fn copies(
        &self,
        store: Resource<'plan>,
        makers: &Makers<'plan>,
    ) -> (Option<bool>, Vec<Resource<'plan>>) {
        let mut keys = vec![Key::Resource(store.index())];
        let mut is_open = makers.is_open;
        match makers.copying.way {
            Way::Own => return (self.is_there(store, makers.copying.target), vec![store]),
            Way::Replica => {
                return (self.survey.has_replica(store, &self.regions.recovery), vec![store]);
            }
            Way::Member(argument) => {
                let (own, is_unknown) = self.keys(store, argument, makers.copying);
                is_open |= is_unknown && own.is_empty() && !makers.of.is_empty();
                // What is in no group has no members to stand in.
                is_open &= is_unknown || !own.is_empty();
                keys.extend(own);
            }
            Way::Named(..) => {}
        }
        let computed =
            ["id", "arn"].into_iter().filter_map(|argument| store.get(argument).as_str());
        keys.extend(names(store).chain(computed).map(Key::Text));
        let mut found: Vec<usize> =
            keys.iter().filter_map(|key| makers.by_key.get(key)).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        let found: Vec<&Maker<'plan>> = found
            .into_iter()
            .filter_map(|place| makers.of.get(place))
            .filter(|maker| maker.resource != store)
            .collect();
        let is_copied = if found.iter().any(|maker| maker.is_there == Some(true)) {
            Some(true)
        } else if !found.is_empty() || is_open {
            None
        } else {
            Some(false)
        };
        (is_copied, found.into_iter().map(|maker| maker.resource).collect())
    }

    /// What an argument names, over the resources in between; and whether some of it is not known.
    fn keys(
        &self,
        resource: Resource<'plan>,
        argument: &str,
        copying: &Copying,
    ) -> (Vec<Key<'plan>>, bool) {
        let (mut keys, mut is_open) = (Vec::new(), false);
        for path in leaves(resource, argument) {
            let targets = resource.references(&path).targets;
            let value = resource.at(&path);
            is_open |= value.is_unknown() && targets.is_empty();
            for target in targets {
                self.follow(target.resource, HOPS, &mut keys);
            }
            let Some(text) = value.as_str() else { continue };
            self.add_text(text, copying, &mut keys);
        }
        (keys, is_open)
    }

    fn add_text(&self, text: Cow<'plan, str>, copying: &Copying, keys: &mut Vec<Key<'plan>>) {
        let is_arn = text.starts_with("arn:");
        // A name alone is of the region that it is used in, except that of a group.
        let is_near = matches!(copying.way, Way::Named(..)) && copying.target.is_empty();
        let is_elsewhere =
            literal::region_of(&text).is_some_and(|region| region != self.regions.primary);
        if (is_near && !is_arn) || (is_elsewhere && !matches!(copying.way, Way::Member(_))) {
            return;
        }
        keys.extend(
            self.survey.plan.identified_by(&text).map(|named| Key::Resource(named.index())),
        );
        if is_arn && let Some(name) = text.rsplit([':', '/']).next() {
            keys.push(Key::Text(Cow::Owned(name.to_owned())));
        }
        keys.push(Key::Text(text));
    }

    /// A resource that is named, and what it names in turn.
    fn follow(&self, target: Resource<'plan>, hops: usize, keys: &mut Vec<Key<'plan>>) {
        keys.push(Key::Resource(target.index()));
        let row = BETWEEN.iter().find(|(between, _)| fits(between, target.resource_type()));
        let Some(((_, argument), hops)) = row.zip(hops.checked_sub(1)) else { return };
        let path = AttrPath::root().key(*argument);
        for next in target.references(&path).targets {
            self.follow(next.resource, hops, keys);
        }
        if let Some(text) = target.at(&path).as_str() {
            let named = self.survey.plan.identified_by(&text);
            keys.extend(named.map(|named| Key::Resource(named.index())));
            keys.push(Key::Text(text));
        }
    }

    /// Whether arguments lead to the recovery region; without any, whether the resource is there.
    fn is_there(&self, resource: Resource<'plan>, target: &[&str]) -> Option<bool> {
        if target.is_empty() {
            return self.is_recovery(self.survey.site(resource));
        }
        let mut is_open = false;
        for argument in target {
            let paths = leaves(resource, argument).into_iter();
            let found: Vec<Option<bool>> = paths
                .filter(|path| !is_absent(resource, path))
                .map(|path| self.leads_there(resource, &path))
                .collect();
            if found.contains(&Some(true)) {
                return Some(true);
            }
            is_open |= found.contains(&None);
            if !found.is_empty() && !is_open {
                return Some(false);
            }
        }
        if is_open { None } else { Some(false) }
    }

    fn leads_there(&self, resource: Resource<'plan>, path: &AttrPath) -> Option<bool> {
        let targets = resource.references(path).targets;
        // What is only read says nothing by where it is read.
        let targets = targets.iter().filter(|target| target.resource.mode() == Mode::Managed);
        let mut sites = targets.map(|target| self.is_recovery(self.survey.site(target.resource)));
        let text = resource.at(path).as_str();
        let recovery = &self.regions.recovery;
        let named = text.as_deref().and_then(|text| {
            let zone = text.strip_suffix(|letter: char| letter.is_ascii_lowercase());
            let mut regions = [Some(text), zone, literal::region_of(text)].into_iter().flatten();
            regions.find(|region| literal::is_region(region)).map(|region| region == recovery)
        });
        named.or_else(|| {
            let mut identified = text.iter().flat_map(|text| self.survey.plan.identified_by(text));
            let first = sites.next().flatten();
            first.or_else(|| self.is_recovery(self.survey.site(identified.next()?)))
        })
    }

    fn is_recovery(&self, site: Site) -> Option<bool> {
        match site {
            Site::In(region) => Some(Some(region) == self.recovery),
            Site::Global(_) => Some(false),
            Site::Unknown => None,
        }
    }

    fn backups(&self) -> Backups {
        let mut backups = Backups::default();
        let vaults = ["rule.copy_action.destination_vault_arn"];
        let plans: HashSet<usize> = self
            .survey
            .managed("aws_backup_plan")
            .filter(|plan| self.is_there(*plan, &vaults) != Some(false))
            .map(Resource::index)
            .collect();
        // Life cycles select by tags alone.
        backups.is_open = self.survey.managed("aws_dlm_lifecycle_policy").any(|policy| {
            let targets = ["policy_details.schedule.cross_region_copy_rule.target"];
            self.is_there(policy, &targets) != Some(false)
        });
        for selection in self.survey.managed("aws_backup_selection") {
            let path = AttrPath::root().key("plan_id");
            let value = selection.at(&path);
            let named = value.as_str();
            let by_id = named.iter().flat_map(|id| self.survey.plan.identified_by(id));
            let referred =
                selection.references(&path).targets.into_iter().map(|target| target.resource);
            if !referred.chain(by_id).any(|plan| plans.contains(&plan.index())) {
                continue;
            }
            backups.is_open |=
                ["selection_tag", "condition"].iter().any(|block| !selection.get(block).is_empty());
            for path in leaves(selection, "resources") {
                let targets = selection.references(&path).targets;
                let value = selection.at(&path);
                let text = value.as_str();
                backups.is_open |= targets.is_empty()
                    && (value.is_unknown()
                        || text.as_deref().is_some_and(|text| text.contains('*')));
                backups.named.extend(targets.iter().map(|target| target.resource.index()));
                let by_arn = text.iter().flat_map(|arn| self.survey.plan.identified_by(arn));
                backups.named.extend(by_arn.map(Resource::index));
            }
        }
        backups
    }
}

/// Whether an argument says nothing: what is not configured and not known is the provider's.
fn is_absent(resource: Resource<'_>, path: &AttrPath) -> bool {
    let value = resource.at(path);
    value.is_null() || (value.is_unknown() && resource.is_configured(path) == Some(false))
}

/// The paths of what an argument holds, through all elements of the lists on the way.
fn leaves(resource: Resource<'_>, argument: &str) -> Vec<AttrPath> {
    let mut found = vec![AttrPath::root()];
    for key in argument.split('.') {
        found = found.into_iter().map(|path| path.key(key)).collect();
        found = found.into_iter().flat_map(|path| elements(resource, path)).collect();
    }
    found
}

/// The elements of a list, or what is none.
fn elements(resource: Resource<'_>, path: AttrPath) -> Vec<AttrPath> {
    let value = resource.at(&path);
    match value.state() {
        State::Known(json) if json.kind() == JsonKind::Array => {
            (0..value.elements().count()).map(|index| path.clone().index(index)).collect()
        }
        _ => vec![path],
    }
}
