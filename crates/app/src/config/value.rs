//! The values of `drstack.toml` that have a form of their own. Each checks itself while it is read, so
//! that the error points at the value.

use std::fmt;
use std::str::FromStr;

use drstack_terraform::{Names, check_suffix};
use serde::{Deserialize, Deserializer, de};

macro_rules! text {
    ($($(#[$doc:meta])* $name:ident $(= $default:literal)?: $check:expr, $pattern:literal;)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq)]
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
                    String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
                }
            }
        )+
    };
}

text! {
    /// The stack's name, at the front of every name.
    StackName: |text| Names::new(text).map(drop).map_err(|error| error.to_string()), r"^[a-z][a-z0-9-]{1,15}$";
    /// The environment's suffix, at the end of every name.
    Suffix: |text| check_suffix(text).map_err(|error| error.to_string()), r"^[a-z0-9]+(-[a-z0-9]+)*$";
    /// The id of an AWS account.
    AccountId: |text| expect(
        text.len() == 12 && text.bytes().all(|digit| digit.is_ascii_digit()),
        text,
        "an account id: twelve digits, in quotes",
    ), r"^[0-9]{12}$";
    /// The id of a Route 53 hosted zone.
    ZoneId: |text| expect(
        text.starts_with('Z') && text.len() <= 32 && text.bytes().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit()),
        text,
        "the id of a hosted zone, such as `Z0123456789ABCDEFGHIJ`",
    ), r"^Z[A-Z0-9]{1,31}$";
    /// An email address that alarms are sent to.
    Email: |text| expect(
        text.split_once('@').is_some_and(|(user, domain)| !user.is_empty() && domain.contains('.') && !text.contains(char::is_whitespace)),
        text,
        "an email address",
    ), r"^[^@\s]+@[^@\s]+\.[^@\s]+$";
    /// The ARN of a certificate in AWS Certificate Manager.
    CertificateArn: |text| expect(
        text.starts_with("arn:aws:acm:") && text.contains(":certificate/"),
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
    /// A Lambda runtime for Python.
    Runtime = "python3.12": |text| expect(
        text.strip_prefix("python3.").and_then(|minor| minor.parse::<u8>().ok()).is_some_and(|minor| minor >= 12),
        text,
        "a Python runtime of Lambda, `python3.12` or newer",
    ), r"^python3\.[0-9]+$";
}

fn expect(holds: bool, found: &str, expected: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("found `{found}`, expected {expected}")) }
}

/// Reads a value of another crate's type from its text.
pub(super) fn parsed<'de, D: Deserializer<'de>, T: FromStr<Err: fmt::Display>>(
    deserializer: D,
) -> Result<T, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
}

/// Reads a value of another crate's type from a number.
pub(super) fn converted<'de, D: Deserializer<'de>, T: TryFrom<f64, Error: fmt::Display>>(
    deserializer: D,
) -> Result<T, D::Error> {
    T::try_from(f64::deserialize(deserializer)?).map_err(de::Error::custom)
}

/// A whole number between two bounds, both allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Between<const LOW: u32, const HIGH: u32>(u32);

impl<const LOW: u32, const HIGH: u32> Between<LOW, HIGH> {
    /// The number, when it lies between the bounds.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        if number >= LOW && number <= HIGH { Some(Self(number)) } else { None }
    }

    /// A default, checked when it is compiled.
    pub(super) const fn fixed<const NUMBER: u32>() -> Self {
        const { assert!(NUMBER >= LOW && NUMBER <= HIGH) }
        Self(NUMBER)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl<'de, const LOW: u32, const HIGH: u32> Deserialize<'de> for Between<LOW, HIGH> {
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

#[cfg(feature = "schema")]
impl<const LOW: u32, const HIGH: u32> schemars::JsonSchema for Between<LOW, HIGH> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("WholeNumberFrom{LOW}To{HIGH}").into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": LOW, "maximum": HIGH })
    }
}
