//! The AWS provider's schema, in the form that `terraform providers schema -json` prints.
//!
//! <https://developer.hashicorp.com/terraform/cli/commands/providers/schema>

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// The schemas of one provider: its resources, data sources and ephemeral resources.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct ProviderSchema {
    /// Managed resources, by type.
    #[serde(rename = "resource_schemas")]
    pub resources: BTreeMap<String, TypeSchema>,
    /// Data sources, by type.
    #[serde(rename = "data_source_schemas", default)]
    pub data: BTreeMap<String, TypeSchema>,
    /// Ephemeral resources, by type.
    #[serde(rename = "ephemeral_resource_schemas", default)]
    pub ephemeral: BTreeMap<String, TypeSchema>,
}

/// Which of a provider's three families a type belongs to; also the block keyword in configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// `resource`
    Resource,
    /// `data`
    Data,
    /// `ephemeral`
    Ephemeral,
}

impl Mode {
    /// Every mode, in the order in which documents are checked.
    pub const ALL: [Self; 3] = [Self::Resource, Self::Data, Self::Ephemeral];

    /// The keyword in configuration.
    #[must_use]
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Data => "data",
            Self::Ephemeral => "ephemeral",
        }
    }
}

impl ProviderSchema {
    /// The trimmed schema of hashicorp/aws 5.100.0 in `tests/data/`, written by `cargo xtask provider-schema`.
    #[must_use]
    pub fn load() -> &'static Self {
        static SCHEMA: LazyLock<ProviderSchema> = LazyLock::new(|| {
            let text = include_str!("../../../tests/data/aws-provider-schema.json");
            #[expect(
                clippy::expect_used,
                reason = "embedded at build time, read by this crate's own tests"
            )]
            ProviderSchema::parse(text).expect("the embedded schema is well formed")
        });
        &SCHEMA
    }

    /// Reads the output of `terraform providers schema -json`: the one provider in it.
    ///
    /// # Errors
    /// When the text is not that JSON or does not describe exactly one provider.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let document: Document = serde_json::from_str(text)?;
        let found = document.provider_schemas.len();
        let mut schemas = document.provider_schemas.into_values();
        match (schemas.next(), found) {
            (Some(schema), 1) => Ok(schema),
            _ => Err(ParseError::Providers { found }),
        }
    }

    /// The types of one mode.
    #[must_use]
    pub fn types(&self, mode: Mode) -> &BTreeMap<String, TypeSchema> {
        match mode {
            Mode::Resource => &self.resources,
            Mode::Data => &self.data,
            Mode::Ephemeral => &self.ephemeral,
        }
    }
}

/// Why a schema could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// Not JSON, or not a provider schema.
    #[error("not the output of `terraform providers schema -json`: {0}")]
    Json(#[from] serde_json::Error),
    /// None or several providers.
    #[error(
        "found the schemas of {found} providers, expected one; run it where only hashicorp/aws is required"
    )]
    Providers {
        /// How many were found.
        found: usize,
    },
}

#[derive(Deserialize)]
struct Document {
    provider_schemas: BTreeMap<String, ProviderSchema>,
}

/// The schema of one resource type.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct TypeSchema {
    /// The body's arguments and blocks.
    pub block: Block,
}

/// A body: arguments and nested blocks.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Block {
    /// Arguments and computed attributes, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Attribute>,
    /// Nested blocks, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub block_types: BTreeMap<String, NestedBlock>,
    /// Terraform warns when it is used.
    #[serde(default, skip_serializing_if = "is_false")]
    pub deprecated: bool,
}

/// One argument or computed attribute.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Attribute {
    /// The value's type.
    #[serde(rename = "type")]
    pub ty: Type,
    /// Must be set.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// May be set.
    #[serde(default, skip_serializing_if = "is_false")]
    pub optional: bool,
    /// The provider fills it in; together with `optional`, only where it is left out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub computed: bool,
    /// Never printed by Terraform.
    #[serde(default, skip_serializing_if = "is_false")]
    pub sensitive: bool,
    /// Never stored in plan or state.
    #[serde(default, skip_serializing_if = "is_false")]
    pub write_only: bool,
    /// Terraform warns when it is used.
    #[serde(default, skip_serializing_if = "is_false")]
    pub deprecated: bool,
}

impl Attribute {
    /// Whether configuration may set it at all.
    #[must_use]
    pub const fn is_settable(&self) -> bool {
        self.required || self.optional
    }
}

/// A nested block and how often it may occur.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct NestedBlock {
    /// The nested body.
    pub block: Block,
    /// How occurrences are collected.
    pub nesting_mode: Nesting,
    /// Fewest occurrences; 0 when there is no limit.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub min_items: usize,
    /// Most occurrences; 0 when there is no limit.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub max_items: usize,
}

impl NestedBlock {
    /// Most occurrences, if there is a limit.
    #[must_use]
    pub fn limit(&self) -> Option<usize> {
        match (self.nesting_mode, self.max_items) {
            (Nesting::Single, _) => Some(1),
            (_, 0) => None,
            (_, max) => Some(max),
        }
    }
}

/// How a block's occurrences are collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Nesting {
    /// At most one, as an object.
    Single,
    /// In order.
    List,
    /// Without order or duplicates.
    Set,
}

/// A type constraint: `"string"`, `["list", T]`, `["object", {name: T}]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Type {
    /// A single value.
    Primitive(Primitive),
    /// Elements of one type.
    Collection(Collection, Box<Type>),
    /// Named attributes, each of its own type.
    Object(ObjectTag, BTreeMap<String, Type>),
}

/// A single value's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Primitive {
    /// Text.
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Bool,
    /// Anything.
    Dynamic,
}

/// A collection's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Collection {
    /// In order.
    List,
    /// Without order or duplicates.
    Set,
    /// By string key.
    Map,
}

/// The tag that marks an object type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectTag {
    /// The only tag.
    Object,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(value: &usize) -> bool {
    *value == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_type(text: &str) -> Type {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn types_are_read_as_terraform_prints_them() {
        let string = Type::Primitive(Primitive::String);
        assert_eq!(parse_type(r#""string""#), string);
        assert_eq!(
            parse_type(r#"["set","string"]"#),
            Type::Collection(Collection::Set, Box::new(string.clone()))
        );
        let object = Type::Object(ObjectTag::Object, BTreeMap::from([("key".to_owned(), string)]));
        assert_eq!(
            parse_type(r#"["list",["object",{"key":"string"}]]"#),
            Type::Collection(Collection::List, Box::new(object))
        );
        assert!(serde_json::from_str::<Type>(r#"["heap","string"]"#).is_err());
    }

    #[test]
    fn the_embedded_schema_has_every_mode() {
        let schema = ProviderSchema::load();
        for (mode, ty) in [
            (Mode::Resource, "aws_vpc"),
            (Mode::Data, "aws_caller_identity"),
            (Mode::Ephemeral, "aws_secretsmanager_random_password"),
        ] {
            assert!(schema.types(mode).contains_key(ty), "{} {ty}", mode.keyword());
        }
    }

    #[test]
    fn a_schema_of_several_providers_is_refused() {
        let one = r#"{"resource_schemas":{}}"#;
        assert!(ProviderSchema::parse(&format!(r#"{{"provider_schemas":{{"a":{one}}}}}"#)).is_ok());
        let two = format!(r#"{{"provider_schemas":{{"a":{one},"b":{one}}}}}"#);
        assert!(matches!(ProviderSchema::parse(&two), Err(ParseError::Providers { found: 2 })));
        assert!(matches!(ProviderSchema::parse("[]"), Err(ParseError::Json(_))));
    }
}
