//! The values of `drstack.toml` that have a form of their own. Each checks itself while it is read, so
//! that the error points at the value.

use std::fmt;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::num::NonZeroU8;
use std::str::FromStr;

use drstack_terraform::{Names, check_suffix};
use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Deserializer, de};

macro_rules! text {
    ($($(#[$doc:meta])* $name:ident $(= $default:literal)?: $check:expr, $pattern:literal;)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
            #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
            pub struct $name(#[cfg_attr(feature = "schema", schemars(regex(pattern = $pattern)))] String);

            impl $name {
                /// The text.
                #[must_use]
                pub fn as_str(&self) -> &str {
                    &self.0
                }
            }

            $(impl Default for $name {
                fn default() -> Self {
                    Self($default.to_owned())
                }
            })?

            impl FromStr for $name {
                type Err = String;

                fn from_str(text: &str) -> Result<Self, String> {
                    let check: fn(&str) -> Result<(), String> = $check;
                    check(text).map(|()| Self(text.to_owned()))
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                    out.write_str(&self.0)
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    parsed(deserializer)
                }
            }
        )+
    };
}

text! {
    /// The stack's name, at the front of every name.
    StackName: stack_name, r"^[a-z][a-z0-9-]{1,15}$";
    /// The environment's suffix, at the end of every name.
    Suffix: suffix, r"^[a-z0-9]+(-[a-z0-9]+)*$";
    /// The key of a tag.
    TagKey: tag_key, r"^[^\x00-\x1f]{1,128}$";
    /// The value of a tag.
    TagValue: tag_value, r"^[^\x00-\x1f]{0,256}$";
    /// The id of an AWS account.
    AccountId: |text| expect(
        text.len() == 12 && text.bytes().all(|digit| digit.is_ascii_digit()),
        text,
        "an account id: twelve digits, in quotes",
    ), r"^[0-9]{12}$";
    /// The id of a Route 53 hosted zone.
    ZoneId: |text| expect(
        text.starts_with('Z') && (2..=32).contains(&text.len()) && text.bytes().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit()),
        text,
        "the id of a hosted zone, such as `Z0123456789ABCDEFGHIJ`",
    ), r"^Z[A-Z0-9]{1,31}$";
    /// An email address that alarms are sent to.
    Email: |text| expect(
        is_email(text),
        text,
        "an email address",
    ), r"^[^@\s]+@[^@\s]+\.[^@\s]+$";
    /// The ARN of a certificate in AWS Certificate Manager.
    CertificateArn: |text| expect(
        is_certificate(text),
        text,
        "the ARN of a certificate, `arn:aws:acm:<region>:<account>:certificate/<id>`",
    ), r"^arn:aws:acm:[a-z0-9-]+:[0-9]{12}:certificate/.+$";
    /// The name of a PostgreSQL database.
    DatabaseName = "transactions": |text| expect(
        (1..=63).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'_'),
        text,
        "1 to 63 lower-case letters, digits and `_`, beginning with a letter",
    ), r"^[a-z][a-z0-9_]{0,62}$";
    /// The name of a bucket.
    BucketName: |text| expect(
        is_bucket(text),
        text,
        "the name of a bucket: 3 to 63 lower-case letters, digits, `-` and `.`, with a letter or digit at both ends",
    ), r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$";
    /// The key of an object that keeps a state. Terraform refuses others.
    StateKey: |text| expect(
        !text.trim().is_empty() && !text.starts_with('/') && !text.ends_with('/'),
        text,
        "a key without `/` at either end, such as `orders.tfstate`",
    ), r"^[^/]([\s\S]*[^/])?$";
    /// A Lambda runtime for Python.
    Runtime = "python3.12": |text| expect(
        RUNTIMES.contains(&text),
        text,
        &format!("one of Lambda's Python runtimes that the stack's provider knows: {}", quoted(RUNTIMES)),
    ), r"^python3\.1[23]$";
}

/// The runtimes of Python 3.12 and newer (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html>) that version 5 of
/// the provider takes; it refuses the newer `python3.14`.
const RUNTIMES: &[&str] = &["python3.12", "python3.13"];

/// What names of the stack can't begin with, as `<name>-` stands at the front of each, and whose names those are: load balancers'
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html>), buckets'
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>), security groups'
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html>).
const RESERVED_STARTS: &[(&str, &str)] = &[
    ("internal-", "load balancers"),
    ("sthree-", "buckets"),
    ("amzn-s3-demo-", "buckets"),
    ("sg-", "security groups"),
];

fn stack_name(text: &str) -> Result<(), String> {
    Names::new(text).map_err(|error| error.to_string())?;
    let start = format!("{text}-");
    match RESERVED_STARTS.iter().find(|(reserved, _)| start.starts_with(reserved)) {
        Some((reserved, of)) => Err(format!(
            "`{text}` can't name a stack: AWS lets no names of {of} begin with `{reserved}`, and every name begins with `{start}`"
        )),
        None => Ok(()),
    }
}

fn is_email(text: &str) -> bool {
    let is_domain =
        |domain: &str| domain.contains('.') && domain.split('.').all(|label| !label.is_empty());
    !text.contains(char::is_whitespace)
        && text.rsplit_once('@').is_some_and(|(user, domain)| {
            !user.is_empty() && !user.contains('@') && is_domain(domain)
        })
}

fn is_certificate(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("arn:aws:acm:") else { return false };
    let parts: Vec<&str> = rest.splitn(3, ':').collect();
    let [region, account, resource] = parts.as_slice() else { return false };
    !region.is_empty()
        && account.len() == 12
        && account.bytes().all(|digit| digit.is_ascii_digit())
        && resource.strip_prefix("certificate/").is_some_and(|id| !id.is_empty())
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
fn is_bucket(text: &str) -> bool {
    let is_plain = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let bytes = text.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes.iter().all(|letter| is_plain(*letter) || b"-.".contains(letter))
        && [bytes.first(), bytes.last()].into_iter().flatten().all(|letter| is_plain(*letter))
}

/// Bucket names end in the suffix, and must not in that of an access point's alias:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>.
fn suffix(text: &str) -> Result<(), String> {
    check_suffix(text).map_err(|error| error.to_string())?;
    if format!("-{text}").ends_with("-s3alias") {
        return Err(format!(
            "`{text}` can't be an environment suffix: S3 keeps names that end in `-s3alias` for access points"
        ));
    }
    Ok(())
}

fn tag_key(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("found a tag without a key, expected 1 to 128 characters".to_owned());
    }
    tag_text(text, "key", 128)
}

fn tag_value(text: &str) -> Result<(), String> {
    tag_text(text, "value", 256)
}

/// The narrowest of what the services allow in a tag: <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>,
/// and for RDS <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_Tag.html>.
fn tag_text(text: &str, what: &str, max: usize) -> Result<(), String> {
    let lower = text.to_lowercase();
    if let Some(reserved) = ["aws:", "rds:"].iter().find(|reserved| lower.starts_with(**reserved)) {
        return Err(format!(
            "the tag {what} `{text}` begins with `{reserved}`, which AWS keeps for itself"
        ));
    }
    let length = text.chars().count();
    if length > max {
        return Err(format!("the tag {what} `{text}` has {length} characters, AWS allows {max}"));
    }
    let allowed = |letter: &char| letter.is_alphanumeric() || " _.:/=+-@".contains(*letter);
    match text.chars().find(|letter| !allowed(letter)) {
        Some(letter) => Err(format!(
            "the tag {what} `{text}` has {letter:?} in it, AWS allows letters, digits, spaces and `_.:/=+-@`"
        )),
        None => Ok(()),
    }
}

/// Names for a message, each in backquotes.
pub(super) fn quoted<T: fmt::Display>(names: impl IntoIterator<Item = T>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn expect(holds: bool, found: &str, expected: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("found `{found}`, expected {expected}")) }
}

/// Reads a value from its text. What is wrong with it is said while the text is read, so that the place is that of the text, in a
/// list too.
pub(super) fn parsed<'de, D: Deserializer<'de>, T: FromStr<Err: fmt::Display>>(
    deserializer: D,
) -> Result<T, D::Error> {
    struct Text<T>(PhantomData<T>);

    impl<T: FromStr<Err: fmt::Display>> de::Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("a string")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(de::Error::custom)
        }
    }

    deserializer.deserialize_str(Text(PhantomData))
}

/// Reads a value of another crate's type from a number.
pub(super) fn converted<'de, D: Deserializer<'de>, T: TryFrom<f64, Error: fmt::Display>>(
    deserializer: D,
) -> Result<T, D::Error> {
    T::try_from(f64::deserialize(deserializer)?).map_err(de::Error::custom)
}

/// A whole number between two bounds, both allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Between<const LOW: u32, const HIGH: u32, T = u32>(T);

/// A type that a number between bounds is kept in.
pub trait Whole: Copy {
    /// The number, when the type holds it.
    fn whole(number: u32) -> Option<Self>;
}

macro_rules! whole {
    ($($integer:ty)+) => {
        $(
            impl Whole for $integer {
                fn whole(number: u32) -> Option<Self> {
                    number.try_into().ok()
                }
            }
        )+
    };
}

whole! { u8 u16 u32 }

impl Whole for NonZeroU8 {
    fn whole(number: u32) -> Option<Self> {
        u8::whole(number).and_then(Self::new)
    }
}

impl<const LOW: u32, const HIGH: u32, T: Whole> Between<LOW, HIGH, T> {
    /// The number, when it lies between the bounds and the type holds it.
    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        (LOW..=HIGH).contains(&number).then(|| T::whole(number).map(Self)).flatten()
    }

    /// A default. A test holds the defaults to `default.toml`, which is read like any other file.
    pub(super) const fn fixed(number: T) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> T {
        self.0
    }
}

impl<'de, const LOW: u32, const HIGH: u32, T: Whole> Deserialize<'de> for Between<LOW, HIGH, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)?;
        let fits = u32::try_from(number).ok().and_then(Self::new);
        fits.ok_or_else(|| {
            de::Error::custom(format!(
                "found {number}, expected a whole number from {LOW} to {HIGH}"
            ))
        })
    }
}

/// An IPv4 network by its first address, such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cidr(
    #[cfg_attr(
        feature = "schema",
        schemars(with = "String", regex(pattern = r"^[0-9.]+/[0-9]+$"))
    )]
    Ipv4Net,
);

impl Cidr {
    /// A default.
    pub(super) const fn fixed(network: Ipv4Net) -> Self {
        Self(network)
    }

    /// The network.
    #[must_use]
    pub const fn get(self) -> Ipv4Net {
        self.0
    }
}

impl FromStr for Cidr {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = match text.parse() {
            Ok(IpNet::V4(network)) if network == network.trunc() => return Ok(Self(network)),
            Ok(IpNet::V4(network)) => {
                let (address, first) = (network.addr(), network.trunc());
                return Err(format!(
                    "`{text}` begins at {address}, inside a network: write `{first}`"
                ));
            }
            Ok(IpNet::V6(_)) => "which is IPv6",
            Err(_) if text.parse::<IpAddr>().is_ok() => "which has no prefix length",
            Err(_) => "which is no network",
        };
        Err(format!("found `{text}`, {found}: expected an IPv4 network such as `10.0.0.0/16`"))
    }
}

impl<'de> Deserialize<'de> for Cidr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer)
    }
}

#[cfg(feature = "schema")]
impl<const LOW: u32, const HIGH: u32, T> schemars::JsonSchema for Between<LOW, HIGH, T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("WholeNumberFrom{LOW}To{HIGH}").into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": LOW, "maximum": HIGH })
    }
}
