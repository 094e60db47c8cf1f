//! A policy document as it is written.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::template::{self, OPAQUE, UNKNOWN};

/// A policy document: its statements, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document<'a> {
    /// The statements; `None` for one of which nothing is known.
    pub statements: Vec<Option<Statement<'a>>>,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement<'a> {
    /// The statement's own name.
    pub sid: Option<Cow<'a, str>>,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// `Principal` or `NotPrincipal`.
    pub principals: Option<Principals<'a>>,
    /// `Action` or `NotAction`.
    pub actions: Option<Clause<'a>>,
    /// `Resource` or `NotResource`.
    pub resources: Option<Clause<'a>>,
    /// All of `Condition`: every one must hold.
    pub conditions: Vec<Condition<'a>>,
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// `Allow`
    Allow,
    /// `Deny`
    Deny,
    /// Not known yet.
    Unknown,
}

/// Whether a clause lists what it means or what it leaves out (`NotAction`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarity {
    /// What is listed.
    Only,
    /// Everything else.
    Except,
}

/// Patterns of actions or of resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause<'a> {
    /// Whether these are meant, or all others.
    pub polarity: Polarity,
    /// The patterns, in order.
    pub patterns: Vec<Cow<'a, str>>,
}

/// Who is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principals<'a> {
    /// Whether these are meant, or all others.
    pub polarity: Polarity,
    /// The principals, in order.
    pub list: Vec<Principal<'a>>,
}

/// Someone who may do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal<'a> {
    /// An account, role or user by ARN or id; `*` for everyone.
    Aws(Cow<'a, str>),
    /// A service, such as `sns.amazonaws.com`.
    Service(Cow<'a, str>),
    /// An identity provider.
    Federated(Cow<'a, str>),
    /// An account by its canonical user id, in S3's policies.
    CanonicalUser(Cow<'a, str>),
}

impl Principal<'_> {
    /// The principal as it is written.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Aws(text)
            | Self::Service(text)
            | Self::Federated(text)
            | Self::CanonicalUser(text) => text,
        }
    }
}

/// One condition key with the values it is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition<'a> {
    /// `StringEquals`, `ForAnyValue:ArnLike`, `BoolIfExists`, …
    pub operator: Cow<'a, str>,
    /// `aws:SourceArn`, …
    pub key: Cow<'a, str>,
    /// The values, of which one must fit.
    pub values: Vec<Cow<'a, str>>,
}

/// Why a text is no policy document. It quotes nothing of the text, which may be sensitive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Not JSON at all.
    #[error("found no JSON at line {line}, column {column}, expected a policy document")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// JSON, but not a policy's.
    #[error(
        "found no policy document: an element is missing, unknown or of the wrong type at line {line}, column \
         {column}"
    )]
    Element {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// Both an element and its opposite.
    #[error("statement {statement} has both {element} and Not{element}, expected one of them")]
    Both {
        /// Which statement, from 0.
        statement: usize,
        /// `Action`, `Resource` or `Principal`.
        element: &'static str,
    },
}

impl From<serde_json::Error> for ReadError {
    fn from(error: serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        if error.is_data() { Self::Element { line, column } } else { Self::Json { line, column } }
    }
}

impl<'a> Document<'a> {
    /// Reads a policy's JSON text, in which unknown parts may be marked as [`template`] does.
    ///
    /// # Errors
    /// When the text is not a policy document; elements that IAM does not know are refused as IAM does.
    pub fn parse(text: &'a str) -> Result<Self, ReadError> {
        let raw: RawDocument<'a> = serde_json::from_str(text)?;
        let statements = raw.statements.0.into_iter().enumerate();
        let statements = statements
            .map(|(index, raw)| raw.map(|raw| raw.statement(index)).transpose())
            .collect::<Result<_, _>>()?;
        Ok(Self { statements })
    }
}

impl Statement<'_> {
    /// Whether anything that decides what the statement does is not known.
    pub(super) fn has_unknowns(&self) -> bool {
        let unknown = |text: &str| text.contains([UNKNOWN, OPAQUE]);
        let clauses = self.actions.iter().chain(&self.resources);
        self.effect == Effect::Unknown
            || clauses.flat_map(|clause| &clause.patterns).any(|pattern| unknown(pattern))
            || self
                .principals
                .iter()
                .flat_map(|principals| &principals.list)
                .any(|it| unknown(it.text()))
            || self.conditions.iter().any(|condition| {
                unknown(&condition.operator)
                    || unknown(&condition.key)
                    || condition.values.iter().any(|it| unknown(it))
            })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDocument<'a> {
    #[serde(rename = "Version")]
    _version: Option<IgnoredAny>,
    #[serde(rename = "Id")]
    _id: Option<IgnoredAny>,
    #[serde(rename = "Statement", borrow)]
    statements: RawStatements<'a>,
}

struct RawStatements<'a>(Vec<Option<RawStatement<'a>>>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStatement<'a> {
    #[serde(rename = "Sid", borrow)]
    sid: Option<Text<'a>>,
    #[serde(rename = "Effect", borrow)]
    effect: Text<'a>,
    #[serde(rename = "Principal", borrow)]
    principal: Option<RawPrincipals<'a>>,
    #[serde(rename = "NotPrincipal", borrow)]
    not_principal: Option<RawPrincipals<'a>>,
    #[serde(rename = "Action", borrow)]
    action: Option<Texts<'a>>,
    #[serde(rename = "NotAction", borrow)]
    not_action: Option<Texts<'a>>,
    #[serde(rename = "Resource", borrow)]
    resource: Option<Texts<'a>>,
    #[serde(rename = "NotResource", borrow)]
    not_resource: Option<Texts<'a>>,
    #[serde(rename = "Condition", borrow)]
    condition: Option<Pairs<'a, Pairs<'a, Texts<'a>>>>,
}

impl<'a> RawStatement<'a> {
    fn statement(self, index: usize) -> Result<Statement<'a>, ReadError> {
        let clause = |only, except, element| {
            let clause = either(only, except, index, element)?;
            Ok::<_, ReadError>(clause.map(|(polarity, texts): (_, Texts<'a>)| Clause {
                polarity,
                patterns: texts.into_vec(),
            }))
        };
        let principals = either(self.principal, self.not_principal, index, "Principal")?;
        Ok(Statement {
            sid: self.sid.map(|sid| sid.0),
            effect: match &*self.effect.0 {
                "Allow" => Effect::Allow,
                "Deny" => Effect::Deny,
                _ => Effect::Unknown,
            },
            principals: principals.map(|(polarity, list)| Principals { polarity, list: list.0 }),
            actions: clause(self.action, self.not_action, "Action")?,
            resources: clause(self.resource, self.not_resource, "Resource")?,
            conditions: self.condition.map(conditions).unwrap_or_default(),
        })
    }
}

fn either<T>(
    only: Option<T>,
    except: Option<T>,
    statement: usize,
    element: &'static str,
) -> Result<Option<(Polarity, T)>, ReadError> {
    match (only, except) {
        (Some(_), Some(_)) => Err(ReadError::Both { statement, element }),
        (Some(only), None) => Ok(Some((Polarity::Only, only))),
        (None, Some(except)) => Ok(Some((Polarity::Except, except))),
        (None, None) => Ok(None),
    }
}

fn conditions<'a>(operators: Pairs<'a, Pairs<'a, Texts<'a>>>) -> Vec<Condition<'a>> {
    let mut conditions = Vec::new();
    for (operator, keys) in operators.0 {
        for (key, values) in keys.0 {
            conditions.push(Condition {
                operator: operator.clone(),
                key,
                values: values.into_vec(),
            });
        }
    }
    conditions
}

/// One string; numbers and booleans are taken as IAM takes them, as text.
struct Text<'a>(Cow<'a, str>);

/// One string or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Texts<'a> {
    One(#[serde(borrow)] Text<'a>),
    Several(#[serde(borrow)] Vec<Text<'a>>),
}

impl<'a> Texts<'a> {
    fn into_vec(self) -> Vec<Cow<'a, str>> {
        match self {
            Self::One(text) => vec![text.0],
            Self::Several(texts) => texts.into_iter().map(|text| text.0).collect(),
        }
    }
}

/// An object's entries in order.
struct Pairs<'a, V>(Vec<(Cow<'a, str>, V)>);

struct RawPrincipals<'a>(Vec<Principal<'a>>);

/// A value that an opaque one may stand for.
trait FromOpaque {
    fn opaque() -> Self;
}

impl FromOpaque for Texts<'_> {
    fn opaque() -> Self {
        Self::One(Text(Cow::Owned(OPAQUE.to_string())))
    }
}

impl<V: FromOpaque> FromOpaque for Pairs<'_, V> {
    fn opaque() -> Self {
        Self(vec![(Cow::Owned(OPAQUE.to_string()), V::opaque())])
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor<'a>(PhantomData<&'a str>);
        impl<'de: 'a, 'a> Visitor<'de> for TextVisitor<'a> {
            type Value = Text<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
            fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
                self.visit_str(if value { "true" } else { "false" })
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
                self.visit_str(&value.to_string())
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
                self.visit_str(&value.to_string())
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
                self.visit_str(&value.to_string())
            }
        }
        deserializer.deserialize_any(TextVisitor(PhantomData))
    }
}

impl<'de: 'a, 'a, V: Deserialize<'de> + FromOpaque> Deserialize<'de> for Pairs<'a, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor<'a, V>(PhantomData<(&'a str, V)>);
        impl<'de: 'a, 'a, V: Deserialize<'de> + FromOpaque> Visitor<'de> for PairsVisitor<'a, V> {
            type Value = Pairs<'a, V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                opaque(text, Pairs::opaque)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some((Text(key), value)) = entries.next_entry()? {
                    pairs.push((key, value));
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_any(PairsVisitor(PhantomData))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RawPrincipals<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PrincipalsVisitor<'a>(PhantomData<&'a str>);
        impl<'de: 'a, 'a> Visitor<'de> for PrincipalsVisitor<'a> {
            type Value = RawPrincipals<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`*` or an object")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                if text == "*" || text.contains([UNKNOWN, OPAQUE]) {
                    Ok(RawPrincipals(vec![Principal::Aws(Cow::Owned(text.to_owned()))]))
                } else {
                    Err(E::custom("expected `*` or an object"))
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                let mut principals = Vec::new();
                while let Some((Text(kind), texts)) = entries.next_entry::<Text<'a>, Texts<'a>>()? {
                    let of_kind = match &*kind {
                        "AWS" => Principal::Aws,
                        "Service" => Principal::Service,
                        "Federated" => Principal::Federated,
                        "CanonicalUser" => Principal::CanonicalUser,
                        _ => {
                            return Err(A::Error::custom(
                                "expected AWS, Service, Federated or CanonicalUser",
                            ));
                        }
                    };
                    principals.extend(texts.into_vec().into_iter().map(of_kind));
                }
                Ok(RawPrincipals(principals))
            }
        }
        deserializer.deserialize_any(PrincipalsVisitor(PhantomData))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RawStatements<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StatementsVisitor<'a>(PhantomData<&'a str>);
        impl<'de: 'a, 'a> Visitor<'de> for StatementsVisitor<'a> {
            type Value = RawStatements<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a statement or an array of statements")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                opaque(text, || RawStatements(vec![None]))
            }
            fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Self::Value, A::Error> {
                let statement = RawStatement::deserialize(MapAccessDeserializer::new(entries))?;
                Ok(RawStatements(vec![Some(statement)]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut statements = Vec::with_capacity(items.size_hint().unwrap_or_default());
                // Each item is one statement or an opaque one, which is what this visitor reads.
                while let Some(RawStatements(mut one)) = items.next_element()? {
                    statements.append(&mut one);
                }
                Ok(RawStatements(statements))
            }
        }
        deserializer.deserialize_any(StatementsVisitor(PhantomData))
    }
}

fn opaque<T, E: Error>(text: &str, value: impl FnOnce() -> T) -> Result<T, E> {
    if template::is_opaque(text) { Ok(value()) } else { Err(E::custom("found a string")) }
}

#[cfg(test)]
mod tests {
    use super::super::template::{Part, join};
    use super::*;

    fn one(text: &str) -> Statement<'_> {
        let mut document = Document::parse(text).unwrap();
        assert_eq!(document.statements.len(), 1);
        document.statements.remove(0).unwrap()
    }

    #[test]
    fn single_values_and_lists_are_the_same() {
        let single =
            one(r#"{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}"#);
        let listed = one(r#"{"Version": "2012-10-17", "Id": "x",
                "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"]}]}"#);
        assert_eq!(single, listed);
        assert_eq!(single.actions.unwrap().patterns, ["s3:GetObject"]);
    }

    #[test]
    fn every_element_is_read() {
        let statement = one(r#"{"Statement": [{
                "Sid": "One", "Effect": "Deny",
                "NotPrincipal": {"AWS": ["111122223333", "*"], "Service": "sns.amazonaws.com",
                                 "Federated": "cognito-identity.amazonaws.com", "CanonicalUser": "79a5"},
                "NotAction": "iam:*", "NotResource": ["a", "b\u0041"],
                "Condition": {"Bool": {"aws:SecureTransport": false},
                              "StringEquals": {"aws:SourceAccount": ["1", 2], "aws:SourceArn": "x"}}
            }]}"#);
        assert_eq!(statement.sid.as_deref(), Some("One"));
        assert_eq!(statement.effect, Effect::Deny);
        let principals = statement.principals.unwrap();
        assert_eq!(principals.polarity, Polarity::Except);
        assert_eq!(
            principals.list,
            [
                Principal::Aws("111122223333".into()),
                Principal::Aws("*".into()),
                Principal::Service("sns.amazonaws.com".into()),
                Principal::Federated("cognito-identity.amazonaws.com".into()),
                Principal::CanonicalUser("79a5".into()),
            ]
        );
        assert_eq!(statement.actions.unwrap().polarity, Polarity::Except);
        assert_eq!(statement.resources.unwrap().patterns, ["a", "bA"]);
        let conditions: Vec<_> = statement
            .conditions
            .iter()
            .map(|it| (&*it.operator, &*it.key, it.values.len()))
            .collect();
        assert_eq!(
            conditions,
            [
                ("Bool", "aws:SecureTransport", 1),
                ("StringEquals", "aws:SourceAccount", 2),
                ("StringEquals", "aws:SourceArn", 1)
            ]
        );
        assert_eq!(statement.conditions[0].values, ["false"]);
        assert_eq!(statement.conditions[1].values, ["1", "2"]);
    }

    #[test]
    fn everyone_is_written_in_two_ways() {
        let principals = |text| one(text).principals.unwrap().list;
        let short = principals(r#"{"Statement": {"Effect": "Allow", "Principal": "*"}}"#);
        assert_eq!(
            short,
            principals(r#"{"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}}}"#)
        );
    }

    #[test]
    fn text_is_borrowed() {
        let statement = one(r#"{"Statement": {"Effect": "Allow", "Action": "s3:GetObject"}}"#);
        assert!(matches!(statement.actions.unwrap().patterns[0], Cow::Borrowed("s3:GetObject")));
    }

    #[test]
    fn unknown_parts_are_kept() {
        let text = join([
            Part::Literal(r#"{"Statement": [{"Effect": ""#),
            Part::Unknown,
            Part::Literal(r#"", "Action": "#),
            Part::Unknown,
            Part::Literal(r#", "Principal": "#),
            Part::Unknown,
            Part::Literal(r#", "Condition": "#),
            Part::Unknown,
            Part::Literal("}, "),
            Part::Unknown,
            Part::Literal("]}"),
        ]);
        let document = Document::parse(&text).unwrap();
        assert_eq!(document.statements.len(), 2);
        assert_eq!(document.statements[1], None);
        let statement = document.statements[0].as_ref().unwrap();
        assert_eq!(statement.effect, Effect::Unknown);
        assert!(statement.has_unknowns());
        assert_eq!(statement.conditions.len(), 1);
        assert!(template::is_opaque(&statement.actions.as_ref().unwrap().patterns[0]));
        assert!(!one(r#"{"Statement": {"Effect": "Allow", "Action": "s3:*"}}"#).has_unknowns());
    }

    #[test]
    fn what_is_no_policy_is_refused_without_quoting_it() {
        let error = |text| Document::parse(text).unwrap_err();
        assert!(matches!(error("{"), ReadError::Json { .. }));
        assert!(matches!(error(""), ReadError::Json { line: 1, column: 0 }));
        for text in [
            "[]",
            "{}",
            r#"{"Statement": "hunter2"}"#,
            r#"{"Statement": [{"Action": "s3:*"}]}"#,
            r#"{"Statement": {"Effect": "Allow", "Actions": "s3:*"}}"#,
            r#"{"Statement": {"Effect": "Allow", "Action": {"hunter2": 1}}}"#,
            r#"{"Statement": {"Effect": "Allow", "Principal": "hunter2"}}"#,
            r#"{"Statement": {"Effect": "Allow", "Principal": {"hunter2": "x"}}}"#,
            r#"{"Statement": {"Effect": "Allow", "Condition": "hunter2"}}"#,
            r#"{"Statement": [], "statement": []}"#,
        ] {
            let error = error(text);
            assert!(matches!(error, ReadError::Element { .. }), "{text}: {error}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
        let both = r#"{"Statement": [{"Effect": "Deny"}, {"Effect": "Allow", "Action": "a:B", "NotAction": "a:C"}]}"#;
        assert_eq!(error(both), ReadError::Both { statement: 1, element: "Action" });
    }
}
