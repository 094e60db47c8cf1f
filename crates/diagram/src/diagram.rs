use crate::component::Component;

/// A plan as a picture: what is drawn, not where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagram {
    /// Whether the boxes are open.
    pub detail: Detail,
    /// How many resources Terraform manages in all.
    pub resources: usize,
    /// The global band first, if anything is in it, then the regions: the one that serves, the one that takes over,
    /// all others by name, and at last what is in a region that is not known.
    pub columns: Vec<Column>,
    /// The boxes, by column and then in the order of [`Component`].
    pub nodes: Vec<Node>,
    /// What ties boxes together, by the nodes that it connects.
    pub edges: Vec<Edge>,
    /// What the drills say of each loss, in their order.
    pub losses: Vec<Loss>,
}

/// How much a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Detail {
    /// Boxes with their counts.
    Boxes,
    /// Boxes with the types and names of what is in them. Long lists are cut.
    Resources,
}

/// A region, or what is in none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Where it is.
    pub place: Place,
    /// What the region is for, where the plan shows it.
    pub role: Option<Role>,
}

/// Where boxes are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// In no region: the service is everywhere.
    Global,
    /// In a region.
    Region(String),
    /// In a region that is not known.
    Unknown,
}

/// What a region is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// It serves.
    Serves,
    /// It takes over when the other one is lost.
    TakesOver,
}

/// A box: one component in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The column, as its place in [`Diagram::columns`].
    pub column: usize,
    /// What the box is.
    pub component: Component,
    /// The services behind it, such as `Lambda`.
    pub services: Vec<&'static str>,
    /// What is in it, such as `2 buckets`.
    pub summary: String,
    /// How many things are in it; none, if all of it is replicas of what another region has.
    pub count: usize,
    /// The things by type, the most telling types first. At most [`Node::MAX_GROUPS`].
    pub groups: Vec<Group>,
    /// How many of them are in no group.
    pub others: usize,
}

/// The resources of one type in a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The type, `aws_sqs_queue`.
    pub resource_type: String,
    /// How many there are.
    pub count: usize,
    /// Their blocks' names, without repetition. At most [`Group::MAX_NAMES`].
    pub names: Vec<String>,
}

/// A line between two boxes: all ties of one kind between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The box that it begins at, as its place in [`Diagram::nodes`].
    pub from: usize,
    /// The box that it leads to.
    pub to: usize,
    /// What it means.
    pub kind: EdgeKind,
    /// Which ends have arrows.
    pub direction: Direction,
    /// What is written on it; empty, where the boxes say enough.
    pub label: String,
    /// How many ties of resources it stands for.
    pub count: usize,
    /// These ties, from address to address. At most [`Edge::MAX_TIES`].
    pub ties: Vec<String>,
}

/// What an edge means. The order is that of drawing: what matters most comes last and lies on top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EdgeKind {
    /// One sends requests or messages to the other, or is connected with it.
    Uses,
    /// Data is copied from one to the other.
    Replicates,
    /// Whether the one stops when the other is lost can't be told from the plan.
    Undetermined,
    /// The one does not work when the region of the other is lost.
    Fatal,
}

/// Which ends of an edge have arrows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The far end.
    Forward,
    /// Both.
    Both,
    /// Neither: both sides are the same.
    Undirected,
}

/// What the loss of a region means, in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The region that is lost.
    pub region: String,
    /// How many resources are left.
    pub left: usize,
    /// How many edges are fatal.
    pub fatal: usize,
    /// How many can't be told.
    pub undetermined: usize,
}

impl Diagram {
    /// What the picture shows, in one line.
    #[must_use]
    pub fn title(&self) -> String {
        let regions: Vec<&str> = self
            .columns
            .iter()
            .filter_map(|column| match &column.place {
                Place::Region(region) => Some(region.as_str()),
                Place::Global | Place::Unknown => None,
            })
            .collect();
        let count = counted(self.resources, "resource");
        match regions.split_last() {
            None => count,
            Some((last, [])) => format!("{count} in {last}"),
            Some((last, others)) => format!("{count} in {} and {last}", others.join(", ")),
        }
    }
}

impl Column {
    /// What is written over the column.
    #[must_use]
    pub fn title(&self) -> &str {
        match &self.place {
            Place::Global => "Global",
            Place::Region(region) => region,
            Place::Unknown => "Region not known",
        }
    }
}

impl Role {
    /// What is written beside the region's name.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Serves => "serves",
            Self::TakesOver => "takes over",
        }
    }
}

impl Node {
    /// How many types a box shows.
    pub const MAX_GROUPS: usize = 8;
}

impl Group {
    /// How many names a type shows.
    pub const MAX_NAMES: usize = 6;
}

impl Edge {
    /// How many ties an edge shows.
    pub const MAX_TIES: usize = 8;
}

impl EdgeKind {
    /// What people call it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Uses => "uses",
            Self::Replicates => "replicates",
            Self::Undetermined => "undetermined",
            Self::Fatal => "fatal",
        }
    }
}

impl Loss {
    /// The loss in words.
    #[must_use]
    pub fn verdict(&self) -> String {
        let mut parts = Vec::new();
        if self.fatal > 0 {
            parts.push(format!("{} fatal", self.fatal));
        }
        if self.undetermined > 0 {
            parts.push(format!("{} undetermined", self.undetermined));
        }
        if parts.is_empty() {
            let verdict = if self.left == 0 { "nothing is left" } else { "nothing fatal" };
            parts.push(verdict.to_owned());
        }
        format!("loss of {}: {}", self.region, parts.join(", "))
    }
}

/// A number of things: `1 queue`, `2 queues`, `3 policies`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    match (count, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) if !stem.ends_with(['a', 'e', 'o']) => format!("{count} {stem}ies"),
        _ => format!("{count} {noun}s"),
    }
}

impl Node {
    /// What is written in the open box, beneath its summary.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        let more = (self.others > 0).then(|| format!("and {} more", self.others));
        self.groups.iter().map(Group::line).chain(more)
    }
}

impl Group {
    fn line(&self) -> String {
        let mut line = self.resource_type.clone();
        if self.count > 1 {
            line.push_str(&format!(" ×{}", self.count));
        }
        if !self.names.is_empty() {
            line.push_str(": ");
            line.push_str(&self.names.join(", "));
        }
        // More names than are kept, or the same name in several modules.
        if self.names.len() == Self::MAX_NAMES && self.count > self.names.len() {
            line.push_str(", …");
        }
        line
    }
}
