//! Which KMS key an argument names, and whose it is.
//!
//! A key is named by its id or ARN, or by the name or ARN of an alias:
//! <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id>. Aliases that begin with `alias/aws/`
//! are those of AWS-managed keys: <https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html>.

use std::borrow::Cow;
use std::sync::OnceLock;

use drstack_plan::{AttrPath, Mode, Plan, References, Resource, Step, Target, Value};
use foldhash::{HashMap, HashSet};

use crate::Checked;
use crate::arguments::{Argument, Truth, is_left_out};
use crate::links::{is_open, nothing_is_written, of_types};

/// What a key argument leads to.
#[derive(Clone, Debug)]
pub(crate) enum Key<'plan> {
    /// No key is set.
    Absent,
    /// A key of the account's own; several where the expression leaves open which.
    Customer(Vec<CustomerKey<'plan>>),
    /// A key that AWS manages. What shows it, if a resource does.
    AwsManaged(Option<Resource<'plan>>),
    /// A key by its id or ARN, which the input does not hold: whose it is depends on who wrote it down.
    Bare(CustomerKey<'plan>),
    /// Not known.
    Unknown,
}

/// A customer managed key.
#[derive(Clone, Debug)]
pub(crate) struct CustomerKey<'plan> {
    /// The key or the alias that shows it, where the input holds one.
    pub(crate) resource: Option<Resource<'plan>>,
    place: Place<'plan>,
}

/// Where a key is.
#[derive(Clone, Debug)]
enum Place<'plan> {
    /// In a region that is known: that of its ARN, or of the resource that shows it.
    Region(Cow<'plan, str>),
    /// In the region, not known, of the provider configuration of this key.
    OfProvider(Option<&'plan str>),
    /// Wherever it is looked up, as aliases' names are.
    Anywhere,
}

/// The keys and aliases of an input, by the texts that name them.
pub(crate) struct Keys<'plan> {
    plan: &'plan Plan<'plan>,
    resources: Vec<Resource<'plan>>,
    by_name: OnceLock<HashMap<Cow<'plan, str>, Resource<'plan>>>,
    /// The multi-Region keys, by their index: policies make keys large, so that looking into them again and again would
    /// take long.
    multi_region: OnceLock<HashSet<usize>>,
}

const ALIAS: &str = "aws_kms_alias";
const TYPES: &[&str] = &[
    ALIAS,
    "aws_kms_external_key",
    "aws_kms_key",
    "aws_kms_replica_external_key",
    "aws_kms_replica_key",
];
/// Attributes that name a key, of keys and of aliases. A managed alias' target is a key that has an entry of its own.
const NAMES: [&str; 2] = ["arn", "id"];
const NAMES_OF_ALIAS: [&str; 2] = ["arn", "name"];
const NAMES_OF_FOUND_ALIAS: [&str; 4] = ["arn", "name", "target_key_arn", "target_key_id"];

/// How many resources may lie between an argument and the key: `aws_sqs_queue.a.kms_master_key_id` is one.
const HOPS: usize = 8;

impl<'plan> Keys<'plan> {
    /// The keys and aliases of a plan, data sources included.
    pub(crate) fn of<'checked>(checked: &'checked Checked<'plan>) -> &'checked Self {
        checked.shared().keys.get_or_init(|| Self {
            plan: checked.plan(),
            resources: of_types(checked, TYPES).collect(),
            by_name: OnceLock::new(),
            multi_region: OnceLock::new(),
        })
    }

    fn by_name(&self) -> &HashMap<Cow<'plan, str>, Resource<'plan>> {
        self.by_name.get_or_init(|| {
            let mut by_name = HashMap::default();
            for &resource in &self.resources {
                let names: &[&str] = match (resource.resource_type(), resource.mode()) {
                    (ALIAS, Mode::Data) => &NAMES_OF_FOUND_ALIAS,
                    (ALIAS, _) => &NAMES_OF_ALIAS,
                    _ => &NAMES,
                };
                for text in names.iter().filter_map(|name| resource.get(name).as_str()) {
                    by_name.entry(text).or_insert(resource);
                }
            }
            by_name
        })
    }

    fn is_multi_region(&self, key: Resource<'plan>) -> bool {
        let multi_region = self.multi_region.get_or_init(|| {
            let keys = self.resources.iter();
            keys.filter(|key| key.get("multi_region").as_bool() == Some(true))
                .map(|key| key.index())
                .collect()
        });
        multi_region.contains(&key.index())
    }

    /// The key that an argument of a resource names.
    pub(crate) fn find(&self, resource: Resource<'plan>, path: &AttrPath) -> Key<'plan> {
        let value = resource.at(path);
        if value.is_unknown() {
            let references = resource.references(path);
            if nothing_is_written(resource, path, &references) {
                return Key::Absent;
            }
            return self.referred(resource, path, &references, HOPS);
        }
        // What the provider fills in is a key of its choice.
        if value.is_null() || is_left_out(resource, path) {
            return Key::Absent;
        }
        self.follow(resource, path, value, HOPS)
    }

    /// The key that an argument names which is known not to be left out if its value is unknown.
    pub(crate) fn find_in(
        &self,
        resource: Resource<'plan>,
        argument: &Argument<'plan>,
    ) -> Key<'plan> {
        let Argument { path, value } = argument;
        if value.is_null() || (!value.is_unknown() && is_left_out(resource, path)) {
            return Key::Absent;
        }
        self.follow(resource, path, *value, HOPS)
    }

    fn follow(
        &self,
        resource: Resource<'plan>,
        path: &AttrPath,
        value: Value<'plan>,
        hops: usize,
    ) -> Key<'plan> {
        if let Some(text) = value.as_str() {
            return self.named(&text, hops);
        }
        self.referred(resource, path, &resource.references(path), hops)
    }

    /// What an expression names.
    fn referred(
        &self,
        resource: Resource<'plan>,
        path: &AttrPath,
        references: &References<'plan>,
        hops: usize,
    ) -> Key<'plan> {
        // What is known is not what makes an expression unknown: a condition, say.
        let targets = references.targets.iter().filter(|target| {
            is_key_or_alias(target.resource)
                || !target.resource.at(&target.attribute).is_wholly_known()
        });
        match targets.map(|target| self.target(target, hops)).reduce(either) {
            Some(key) if !is_open(self.plan, references) => key,
            _ => by_template(resource, path),
        }
    }

    /// What a known text names.
    fn named(&self, text: &str, hops: usize) -> Key<'plan> {
        if text.is_empty() {
            return Key::Absent;
        }
        if is_alias_of_aws(text) {
            return Key::AwsManaged(None);
        }
        let place = match arn_region(text) {
            Some(region) => Place::Region(Cow::Owned(region.to_owned())),
            None => Place::Anywhere,
        };
        match self.by_name().get(text) {
            Some(&resource) => self.shown_by(resource, place, hops),
            None if is_key_id(text) || text.contains(":key/") => {
                Key::Bare(CustomerKey { resource: None, place })
            }
            None if text.starts_with("alias/") || text.contains(":alias/") => {
                Key::Customer(vec![CustomerKey { resource: None, place }])
            }
            None => Key::Unknown,
        }
    }

    /// What a reference to an attribute of a resource names.
    fn target(&self, target: &Target<'plan>, hops: usize) -> Key<'plan> {
        let resource = target.resource;
        if !is_key_or_alias(resource) {
            return match hops.checked_sub(1) {
                Some(hops) => {
                    let path = &target.attribute;
                    self.follow(resource, path, resource.at(path), hops)
                }
                None => Key::Unknown,
            };
        }
        let attribute = match target.attribute.steps() {
            [Step::Key(attribute)] => attribute.as_str(),
            _ => "",
        };
        let is_name = resource.resource_type() == ALIAS && matches!(attribute, "name" | "id");
        // A multi-Region key has the same id everywhere, and one that will be gone is nowhere.
        let place = if is_name
            || !resource.exists_after_apply()
            || attribute != "arn" && self.is_multi_region(resource)
        {
            Place::Anywhere
        } else {
            Place::of(resource)
        };
        self.shown_by(resource, place, hops)
    }

    /// The key that a key or an alias of the input shows.
    fn shown_by(&self, resource: Resource<'plan>, place: Place<'plan>, hops: usize) -> Key<'plan> {
        let customer = |place| Key::Customer(vec![CustomerKey { resource: Some(resource), place }]);
        match (resource.resource_type(), resource.mode()) {
            (ALIAS, Mode::Data) => match resource.get("name").as_str() {
                Some(name) if is_alias_of_aws(&name) => Key::AwsManaged(Some(resource)),
                Some(_) => customer(place),
                None => Key::Unknown,
            },
            (_, Mode::Data) => match resource.get("key_manager").as_str().as_deref() {
                Some("AWS") => Key::AwsManaged(Some(resource)),
                Some(_) => customer(place),
                // The argument says which key is looked for.
                None if hops == 0 => Key::Unknown,
                None => {
                    let path = AttrPath::root().key("key_id");
                    match self.follow(resource, &path, resource.at(&path), hops - 1) {
                        Key::AwsManaged(_) => Key::AwsManaged(Some(resource)),
                        Key::Customer(_) | Key::Bare(_) => customer(place),
                        Key::Absent | Key::Unknown => Key::Unknown,
                    }
                }
            },
            _ => customer(place),
        }
    }
}

impl<'plan> Place<'plan> {
    fn of(key: Resource<'plan>) -> Self {
        key.region().map_or_else(|| Self::OfProvider(key.provider_key()), Self::Region)
    }
}

impl CustomerKey<'_> {
    /// Whether the key is in the region of a resource, which may not be known.
    pub(crate) fn is_with(&self, user: Resource<'_>, region: Option<&str>) -> Truth {
        match (&self.place, region) {
            // One provider is in one region, whichever that is.
            (Place::OfProvider(Some(provider)), None) if user.provider_key() == Some(provider) => {
                Truth::Yes
            }
            _ => self.is_in(region),
        }
    }

    /// Whether the key is in a region, which may not be known.
    pub(crate) fn is_in(&self, region: Option<&str>) -> Truth {
        match (&self.place, self.region(), region) {
            (Place::Anywhere, ..) => Truth::Yes,
            (_, Some(found), Some(region)) => Truth::of(found == region),
            _ => Truth::Unknown,
        }
    }

    /// The region, where it is known.
    pub(crate) fn region(&self) -> Option<Cow<'_, str>> {
        match &self.place {
            Place::Region(region) => Some(Cow::Borrowed(region)),
            Place::OfProvider(_) | Place::Anywhere => None,
        }
    }
}

/// Either of two keys, where the expression leaves open which.
fn either<'plan>(one: Key<'plan>, other: Key<'plan>) -> Key<'plan> {
    match (one, other) {
        (Key::Customer(mut keys), Key::Customer(more)) => {
            keys.extend(more);
            Key::Customer(keys)
        }
        (Key::Absent, Key::Absent) => Key::Absent,
        (Key::AwsManaged(shown), Key::AwsManaged(_)) => Key::AwsManaged(shown),
        _ => Key::Unknown,
    }
}

/// What the literal part of a text tells: the name of an alias can be put together.
fn by_template<'plan>(resource: Resource<'plan>, path: &AttrPath) -> Key<'plan> {
    let Some(template) = resource.template(path) else { return Key::Unknown };
    let text = template.render(|_, _| "\u{fffd}".to_owned());
    let alias = text.strip_prefix("alias/").or_else(|| Some(text.split_once(":alias/")?.1));
    match alias {
        Some(name) if name.starts_with("aws/") => Key::AwsManaged(None),
        Some(name) if !name.starts_with('\u{fffd}') => {
            Key::Customer(vec![CustomerKey { resource: None, place: Place::Anywhere }])
        }
        _ => Key::Unknown,
    }
}

fn is_key_or_alias(resource: Resource<'_>) -> bool {
    TYPES.contains(&resource.resource_type())
}

fn is_alias_of_aws(text: &str) -> bool {
    text.starts_with("alias/aws/") || (text.starts_with("arn:") && text.contains(":alias/aws/"))
}

/// Whether a text has the shape of a key's id: a UUID, or `mrk-` and 32 digits.
fn is_key_id(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    match text.strip_prefix("mrk-") {
        Some(id) => id.len() == 32 && digits(id),
        None => text.len() == 36 && digits(text),
    }
}

/// The region of a key's or an alias' ARN.
fn arn_region(text: &str) -> Option<&str> {
    let mut fields = text.strip_prefix("arn:")?.split(':').skip(1);
    (fields.next() == Some("kms"))
        .then(|| fields.next())
        .flatten()
        .filter(|region| !region.is_empty())
}
