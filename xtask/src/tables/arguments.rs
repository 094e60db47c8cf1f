//! A resource type's arguments, flattened.

use std::collections::{BTreeMap, BTreeSet};

use drstack_testing::schema::{Attribute, Block, Collection, Primitive, Type, TypeSchema};

/// What configuration can set on one resource type, by path: block names and argument name joined by
/// dots, without indices (`replica.kms_key_arn`). Attributes of object types count as arguments too.
pub(super) struct Arguments<'a> {
    pub(super) ty: &'a str,
    arguments: BTreeMap<String, Argument<'a>>,
    /// Paths of blocks and of object-typed arguments, which are written like blocks.
    blocks: BTreeSet<String>,
}

#[derive(Clone, Copy)]
pub(super) struct Argument<'a> {
    /// Within an attribute of an object type, the type of this part of it.
    pub(super) ty: &'a Type,
    /// The attribute that it is, or is a part of.
    pub(super) attribute: &'a Attribute,
}

impl Argument<'_> {
    pub(super) fn is_string(&self) -> bool {
        *self.ty == Type::Primitive(Primitive::String)
    }

    /// A string, or a list or set of them.
    pub(super) fn holds_strings(&self) -> bool {
        match self.ty {
            Type::Collection(Collection::List | Collection::Set, element) => {
                **element == Type::Primitive(Primitive::String)
            }
            _ => self.is_string(),
        }
    }

    pub(super) fn is_bool(&self) -> bool {
        *self.ty == Type::Primitive(Primitive::Bool)
    }
}

impl<'a> Arguments<'a> {
    pub(super) fn of(ty: &'a str, schema: &'a TypeSchema) -> Self {
        let mut arguments = Self { ty, arguments: BTreeMap::new(), blocks: BTreeSet::new() };
        arguments.add_block(&schema.block, "");
        arguments
    }

    fn add_block(&mut self, block: &'a Block, prefix: &str) {
        for (name, attribute) in
            block.attributes.iter().filter(|(_, attribute)| attribute.is_settable())
        {
            self.add(&format!("{prefix}{name}"), &attribute.ty, attribute);
        }
        for (name, nested) in &block.block_types {
            self.blocks.insert(format!("{prefix}{name}"));
            self.add_block(&nested.block, &format!("{prefix}{name}."));
        }
    }

    fn add(&mut self, path: &str, ty: &'a Type, attribute: &'a Attribute) {
        self.arguments.insert(path.to_owned(), Argument { ty, attribute });
        if let Some(attributes) = object_of(ty) {
            self.blocks.insert(path.to_owned());
            for (name, ty) in attributes {
                self.add(&format!("{path}.{name}"), ty, attribute);
            }
        }
    }

    /// All arguments with their paths, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Argument<'a>)> {
        self.arguments.iter().map(|(path, argument)| (path.as_str(), argument))
    }

    /// Those of the resource's own body.
    pub(super) fn top(&self) -> impl Iterator<Item = (&str, &Argument<'a>)> {
        self.iter().filter(|(path, _)| !path.contains('.'))
    }

    /// Whether configuration knows the path, as an argument or as a block.
    pub(super) fn knows(&self, path: &str) -> bool {
        self.arguments.contains_key(path) || self.blocks.contains(path)
    }

    /// The path of the argument `name` beside the one at `path`, if there is one.
    pub(super) fn beside(&self, path: &str, name: &str) -> Option<String> {
        let sibling = match path.rsplit_once('.') {
            Some((block, _)) => format!("{block}.{name}"),
            None => name.to_owned(),
        };
        self.arguments.contains_key(&sibling).then_some(sibling)
    }
}

/// A path's last word: the argument's own name.
pub(super) fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

fn object_of(ty: &Type) -> Option<&BTreeMap<String, Type>> {
    match ty {
        Type::Object(_, attributes) => Some(attributes),
        Type::Collection(Collection::List | Collection::Set, element) => object_of(element),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use drstack_testing::ProviderSchema;

    use super::*;

    #[test]
    fn blocks_and_objects_are_flattened() {
        let schema = &ProviderSchema::load().resources;
        let table = Arguments::of("aws_dynamodb_table", &schema["aws_dynamodb_table"]);
        assert!(
            table
                .iter()
                .any(|(path, argument)| path == "replica.kms_key_arn" && argument.is_string())
        );
        assert!(table.knows("replica") && table.iter().all(|(path, _)| path != "replica"));
        assert!(!table.knows("arn"), "computed only");
        let routes = Arguments::of("aws_route_table", &schema["aws_route_table"]);
        assert!(routes.knows("route.cidr_block"));
        assert!(routes.knows("route"));
    }

    #[test]
    fn a_sibling_is_looked_up_in_the_same_body() {
        let schema = &ProviderSchema::load().resources;
        let table = Arguments::of("aws_dynamodb_table", &schema["aws_dynamodb_table"]);
        let key = "server_side_encryption.kms_key_arn";
        assert_eq!(table.beside(key, "enabled").as_deref(), Some("server_side_encryption.enabled"));
        assert_eq!(table.beside(key, "name"), None);
        assert_eq!(table.beside("hash_key", "name").as_deref(), Some("name"));
        assert_eq!(last(key), "kms_key_arn");
        assert_eq!(last("name"), "name");
    }
}
