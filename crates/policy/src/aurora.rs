//! Aurora clusters, the global databases that they are members of, and their instances.

use std::borrow::Cow;

use drstack_plan::Resource;
use foldhash::HashMap;

use crate::Checked;
use crate::demand::{given, is_set, path};
use crate::links::{Directory, Link};
use crate::regions::RegionPair;

/// What a plan holds of Aurora.
pub(crate) struct Databases<'plan> {
    /// The global databases.
    pub(crate) globals: Vec<Resource<'plan>>,
    /// The Aurora clusters.
    pub(crate) clusters: Vec<Cluster<'plan>>,
    /// The regions of the stack.
    pub(crate) pair: Option<RegionPair>,
    /// Whether the parameters ask for a stack of two regions.
    pub(crate) demanded: bool,
    /// Instances of which it is not known whose they are.
    pub(crate) stray: Vec<Resource<'plan>>,
    /// The places of each global database's members among the clusters.
    members: HashMap<usize, Vec<usize>>,
}

/// An Aurora cluster.
pub(crate) struct Cluster<'plan> {
    /// The cluster.
    pub(crate) resource: Resource<'plan>,
    /// The global database that it is a member of.
    pub(crate) global: Link<'plan>,
    /// Its instances.
    pub(crate) instances: Vec<Resource<'plan>>,
    /// Its region.
    pub(crate) region: Option<Cow<'plan, str>>,
}

/// What is known of the primary cluster among a global database's members.
pub(crate) enum Primary<'a, 'plan> {
    /// It is this one.
    Is(&'a Cluster<'plan>),
    /// The members do not tell.
    Unknown,
}

const GLOBAL: &str = "aws_rds_global_cluster";
const CLUSTER: &str = "aws_rds_cluster";

impl<'plan> Databases<'plan> {
    /// What a plan holds of Aurora.
    pub(crate) fn of<'checked>(checked: &'checked Checked<'plan>) -> &'checked Self {
        checked.shared().databases.get_or_init(|| Self::gather(checked))
    }

    fn gather(checked: &Checked<'plan>) -> Self {
        let all_globals =
            Directory::of(checked, &[GLOBAL], &["arn", "id", "global_cluster_identifier"]);
        let all_clusters = Directory::of(checked, &[CLUSTER], &["arn", "id", "cluster_identifier"]);
        let mut clusters: Vec<_> = checked
            .of_type(CLUSTER)
            .iter()
            .filter(|cluster| {
                cluster.get("engine").as_str().is_none_or(|engine| engine.starts_with("aurora"))
            })
            .map(|&resource| Cluster {
                resource,
                global: all_globals.find(resource, &path("global_cluster_identifier")),
                instances: Vec::new(),
                region: resource.region(),
            })
            .collect();
        let places: HashMap<usize, usize> = clusters
            .iter()
            .enumerate()
            .map(|(place, cluster)| (cluster.resource.index(), place))
            .collect();
        let place = |link: &Link<'plan>| match link {
            Link::To(cluster) => places.get(&cluster.index()).copied(),
            Link::Absent | Link::Outside(_) | Link::Unresolved => None,
        };
        let globals = checked.of_type(GLOBAL).to_vec();
        for &global in &globals {
            // A global database can be made around a cluster that is there already.
            let source = all_clusters.find(global, &path("source_db_cluster_identifier"));
            if let Some(cluster) = place(&source).and_then(|place| clusters.get_mut(place)) {
                cluster.global = Link::To(global);
            }
        }
        let mut stray = Vec::new();
        for &instance in checked.of_type("aws_rds_cluster_instance") {
            let link = all_clusters.find(instance, &path("cluster_identifier"));
            match place(&link).and_then(|place| clusters.get_mut(place)) {
                Some(cluster) => cluster.instances.push(instance),
                None if link == Link::Unresolved => stray.push(instance),
                None => {}
            }
        }
        let mut members: HashMap<usize, Vec<usize>> = HashMap::default();
        for (place, cluster) in clusters.iter().enumerate() {
            if let Link::To(global) = cluster.global {
                members.entry(global.index()).or_default().push(place);
            }
        }
        let demanded = checked.parameters().regions().is_some();
        let pair = RegionPair::of(checked).cloned();
        Self { globals, clusters, pair, demanded, stray, members }
    }

    /// Whether there is nothing of Aurora.
    pub(crate) fn is_empty(&self) -> bool {
        self.globals.is_empty() && self.clusters.is_empty()
    }

    /// The clusters that take part in the recovery: members of a global database, and all others too where a stack of
    /// two regions is asked for.
    pub(crate) fn concerned(&self) -> impl Iterator<Item = &Cluster<'plan>> {
        self.clusters.iter().filter(|cluster| self.demanded || cluster.global != Link::Absent)
    }

    /// The members of a global database.
    pub(crate) fn members(&self, global: Resource<'plan>) -> impl Iterator<Item = &Cluster<'plan>> {
        let places = self.members.get(&global.index()).into_iter().flatten();
        places.filter_map(|place| self.clusters.get(*place))
    }

    /// The member that is made first: in the primary region where the parameters name one, else the one that takes no
    /// other region as its source, else the one that has a master user.
    pub(crate) fn primary(&self, global: Resource<'plan>) -> Primary<'_, 'plan> {
        let only = |test: &dyn Fn(&Cluster<'plan>) -> bool| {
            let mut found = self.members(global).filter(|cluster| test(cluster));
            found.next().filter(|_| found.next().is_none())
        };
        let region = self.pair.as_ref().filter(|_| self.demanded).map(|pair| pair.both()[0]);
        let by_region =
            region.and_then(|region| only(&|cluster| cluster.region.as_deref() == Some(region)));
        let sets = |cluster: &Cluster<'plan>, name| is_set(given(cluster.resource, &path(name)));
        by_region
            .or_else(|| only(&|cluster| !sets(cluster, "source_region")))
            .or_else(|| only(&|cluster| sets(cluster, "master_username")))
            .map_or(Primary::Unknown, Primary::Is)
    }
}
