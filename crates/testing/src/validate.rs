//! Validation of Terraform JSON against a provider's schema.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use crate::schema::{
    Attribute, Block, Collection, Mode, NestedBlock, Primitive, ProviderSchema, Type,
};

/// Something in a body that the provider would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: `cidr_block`, `replica[1].kms_key_arn`; in a whole document behind
    /// `resource.aws_vpc.main.`. Empty for the body itself.
    pub path: String,
    /// What.
    pub kind: ProblemKind,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            self.kind.fmt(f)
        } else {
            write!(f, "{}: {}", self.path, self.kind)
        }
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProblemKind {
    /// The trimmed schema does not hold the type.
    #[error(
        "{mode} type `{ty}` is not in the trimmed schema; correct it, or add it to xtask/provider-schema-types.txt"
    )]
    UnknownType {
        /// `resource`, `data` or `ephemeral`.
        mode: &'static str,
        /// The type.
        ty: String,
    },
    /// The type has neither an argument nor a block of this name.
    #[error("unknown argument, expected one that the type has; nearest is {nearest}")]
    UnknownArgument {
        /// The most similar name that exists.
        nearest: String,
    },
    /// A required argument is absent or null.
    #[error("required argument is missing")]
    MissingArgument,
    /// A value that Terraform cannot convert to the argument's type.
    #[error("found {found}, expected {expected}")]
    WrongType {
        /// The kind of JSON value.
        found: &'static str,
        /// The argument's type.
        expected: String,
    },
    /// The provider computes the attribute; configuration cannot set it.
    #[error("attribute is computed by the provider and cannot be set")]
    ComputedOnly,
    /// A block that is not written as an array of objects.
    #[error("found {found}, expected an array of objects, because it is a block")]
    BlockNotArray {
        /// The kind of JSON value.
        found: &'static str,
    },
    /// Fewer blocks than the schema demands.
    #[error("found {found} blocks, expected at least {min}")]
    TooFewBlocks {
        /// How many there are.
        found: usize,
        /// How many there must be.
        min: usize,
    },
    /// More blocks than the schema admits.
    #[error("found {found} blocks, expected at most {max}")]
    TooManyBlocks {
        /// How many there are.
        found: usize,
        /// How many there may be.
        max: usize,
    },
}

impl ProviderSchema {
    /// Checks the body of one managed resource; its problems in order of their paths.
    ///
    /// Meta-arguments (`count`, `for_each`, `provider`, `depends_on`, `lifecycle`, `provisioner`,
    /// `connection`) and `"//"` are ignored. A string that is one lone template fits every type.
    #[must_use]
    pub fn validate(&self, resource_type: &str, body: &Map<String, Value>) -> Vec<Problem> {
        self.validate_as(Mode::Resource, resource_type, body)
    }

    /// Like [`validate`](Self::validate), for any of the three modes.
    #[must_use]
    pub fn validate_as(&self, mode: Mode, ty: &str, body: &Map<String, Value>) -> Vec<Problem> {
        let mut problems = Vec::new();
        self.check_instance(mode, ty, body, "", &mut problems);
        problems.sort_by(|a, b| a.path.cmp(&b.path));
        problems
    }

    /// Checks every `resource`, `data` and `ephemeral` of a `*.tf.json` document.
    #[must_use]
    pub fn validate_document(&self, document: &Value) -> Vec<Problem> {
        let mut problems = Vec::new();
        for mode in Mode::ALL {
            for types in objects(&document[mode.keyword()]) {
                for (ty, names) in entries(types) {
                    for (name, bodies) in objects(names).flat_map(entries) {
                        for body in objects(bodies) {
                            let path = format!("{}.{ty}.{name}", mode.keyword());
                            self.check_instance(mode, ty, body, &path, &mut problems);
                        }
                    }
                }
            }
        }
        problems.sort_by(|a, b| a.path.cmp(&b.path));
        problems
    }

    fn check_instance(
        &self,
        mode: Mode,
        ty: &str,
        body: &Map<String, Value>,
        path: &str,
        problems: &mut Vec<Problem>,
    ) {
        let Some(schema) = self.types(mode).get(ty) else {
            let kind = ProblemKind::UnknownType { mode: mode.keyword(), ty: ty.to_owned() };
            problems.push(Problem { path: path.to_owned(), kind });
            return;
        };
        Checker { problems }.body(&schema.block, body, path, Level::Top);
    }
}

/// Meta-arguments belong to Terraform, not to the provider.
const META_ARGUMENTS: [&str; 7] =
    ["connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioner"];

const COMMENT: &str = "//";
const DYNAMIC: &str = "dynamic";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Top,
    Nested,
}

struct Checker<'a> {
    problems: &'a mut Vec<Problem>,
}

impl Checker<'_> {
    fn report(&mut self, path: &str, kind: ProblemKind) {
        self.problems.push(Problem { path: path.to_owned(), kind });
    }

    fn body(&mut self, schema: &Block, body: &Map<String, Value>, path: &str, level: Level) {
        let dynamic = dynamic_blocks(body);
        for (name, value) in entries(body) {
            let here = join(path, name);
            if let Some(attribute) = schema.attributes.get(name) {
                self.attribute(attribute, name, value, &here, level);
            } else if let Some(block) = schema.block_types.get(name) {
                self.blocks(block, value, &here, dynamic.contains_key(name.as_str()));
            } else if name != DYNAMIC
                && !(level == Level::Top && META_ARGUMENTS.contains(&name.as_str()))
            {
                self.report(&here, ProblemKind::UnknownArgument { nearest: nearest(schema, name) });
            }
        }
        for (name, bodies) in &dynamic {
            let here = join(path, name);
            match schema.block_types.get(*name) {
                Some(block) => {
                    for content in bodies {
                        self.body(&block.block, content, &here, Level::Nested);
                    }
                }
                None => self
                    .report(&here, ProblemKind::UnknownArgument { nearest: nearest(schema, name) }),
            }
        }
        for (name, attribute) in &schema.attributes {
            if attribute.required && body.get(name).is_none_or(Value::is_null) {
                self.report(&join(path, name), ProblemKind::MissingArgument);
            }
        }
        for (name, block) in &schema.block_types {
            if block.min_items > 0
                && !body.contains_key(name)
                && !dynamic.contains_key(name.as_str())
            {
                self.report(
                    &join(path, name),
                    ProblemKind::TooFewBlocks { found: 0, min: block.min_items },
                );
            }
        }
    }

    fn attribute(
        &mut self,
        attribute: &Attribute,
        name: &str,
        value: &Value,
        path: &str,
        level: Level,
    ) {
        // A resource's own `id` is listed as optional by the older of the provider's two frameworks,
        // which then refuses it.
        let own_id = level == Level::Top && name == "id" && attribute.computed;
        if !attribute.is_settable() || own_id {
            self.report(path, ProblemKind::ComputedOnly);
        } else if !value.is_null() {
            self.value(&attribute.ty, value, path);
        }
    }

    fn blocks(&mut self, schema: &NestedBlock, value: &Value, path: &str, has_dynamic: bool) {
        let Value::Array(items) = value else {
            self.report(path, ProblemKind::BlockNotArray { found: kind_of(value) });
            return;
        };
        let found = items.len();
        if found < schema.min_items && !has_dynamic {
            self.report(path, ProblemKind::TooFewBlocks { found, min: schema.min_items });
        }
        if let Some(max) = schema.limit().filter(|max| found > *max) {
            self.report(path, ProblemKind::TooManyBlocks { found, max });
        }
        for (index, item) in items.iter().enumerate() {
            let here = format!("{path}[{index}]");
            match item {
                Value::Object(body) => self.body(&schema.block, body, &here, Level::Nested),
                other => self.report(&here, ProblemKind::BlockNotArray { found: kind_of(other) }),
            }
        }
    }

    fn value(&mut self, ty: &Type, value: &Value, path: &str) {
        match (ty, value) {
            (Type::Primitive(Primitive::Dynamic), _) => {}
            (_, Value::String(text)) if is_lone_template(text) => {}
            (Type::Primitive(primitive), _) if converts(*primitive, value) => {}
            (
                Type::Collection(Collection::List | Collection::Set, element),
                Value::Array(items),
            ) => {
                for (index, item) in items.iter().enumerate() {
                    self.value(element, item, &format!("{path}[{index}]"));
                }
            }
            (Type::Collection(Collection::Map, element), Value::Object(map)) => {
                for (key, item) in map {
                    if !item.is_null() {
                        self.value(element, item, &join(path, key));
                    }
                }
            }
            (Type::Object(_, attributes), Value::Object(map)) => self.object(attributes, map, path),
            _ => self.report(
                path,
                ProblemKind::WrongType { found: kind_of(value), expected: ty.to_string() },
            ),
        }
    }

    /// Terraform converts to an object type only a value that has every attribute, null ones included.
    fn object(
        &mut self,
        attributes: &BTreeMap<String, Type>,
        map: &Map<String, Value>,
        path: &str,
    ) {
        for (name, ty) in attributes {
            let here = join(path, name);
            match map.get(name) {
                None => self.report(&here, ProblemKind::MissingArgument),
                Some(Value::Null) => {}
                Some(value) => self.value(ty, value, &here),
            }
        }
        for name in map.keys().filter(|name| !attributes.contains_key(*name)) {
            let nearest = most_similar(attributes.keys(), name);
            self.report(&join(path, name), ProblemKind::UnknownArgument { nearest });
        }
    }
}

/// The `content` bodies of each `dynamic` block, by the block that they generate.
fn dynamic_blocks(body: &Map<String, Value>) -> BTreeMap<&str, Vec<&Map<String, Value>>> {
    let mut blocks: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for (name, generators) in body.get(DYNAMIC).into_iter().flat_map(objects).flat_map(entries) {
        let contents =
            objects(generators).filter_map(|generator| generator.get("content")).flat_map(objects);
        blocks.entry(name).or_default().extend(contents);
    }
    blocks
}

/// JSON syntax writes a body as an object or as an array of objects.
fn objects(value: &Value) -> impl Iterator<Item = &Map<String, Value>> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    };
    items.iter().filter_map(Value::as_object)
}

fn entries(map: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    map.iter().filter(|(key, _)| *key != COMMENT)
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn nearest(schema: &Block, name: &str) -> String {
    let settable = schema.attributes.iter().filter(|(_, attribute)| attribute.is_settable());
    most_similar(settable.map(|(name, _)| name).chain(schema.block_types.keys()), name)
}

fn most_similar<'a>(candidates: impl Iterator<Item = &'a String>, name: &str) -> String {
    candidates
        .min_by_key(|candidate| strsim::levenshtein(candidate, name))
        .cloned()
        .unwrap_or_default()
}

/// Whether Terraform converts the value to the type: numbers and booleans to strings, and back where they parse.
fn converts(primitive: Primitive, value: &Value) -> bool {
    match (primitive, value) {
        (Primitive::String, Value::String(_) | Value::Number(_) | Value::Bool(_))
        | (Primitive::Number, Value::Number(_))
        | (Primitive::Bool, Value::Bool(_)) => true,
        (Primitive::Number, Value::String(text)) => {
            has_template(text) || text.parse::<f64>().is_ok()
        }
        (Primitive::Bool, Value::String(text)) => {
            has_template(text) || matches!(text.as_str(), "true" | "false")
        }
        _ => false,
    }
}

/// Whether a string interpolates anything; `$${` and `%%{` are literal.
fn has_template(text: &str) -> bool {
    let text = text.replace("$${", "").replace("%%{", "");
    text.contains("${") || text.contains("%{")
}

/// Whether the string is exactly one interpolation, which keeps its value's type.
fn is_lone_template(text: &str) -> bool {
    let Some(inner) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else {
        return false;
    };
    // Depth of braces outside of quoted strings; a quoted string may itself hold templates.
    let mut stack = Vec::new();
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        match (char, stack.last()) {
            ('\\', Some('"')) => {
                chars.next();
            }
            ('"', Some('"')) => {
                stack.pop();
            }
            ('"', _) => stack.push('"'),
            ('$' | '%', Some('"')) if chars.as_str().starts_with('{') => {
                chars.next();
                stack.push('{');
            }
            (_, Some('"')) => {}
            ('{', _) => stack.push('{'),
            ('}', None) => return false,
            ('}', Some(_)) => {
                stack.pop();
            }
            _ => {}
        }
    }
    stack.is_empty()
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a bool",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Primitive(primitive) => f.write_str(match primitive {
                Primitive::String => "string",
                Primitive::Number => "number",
                Primitive::Bool => "bool",
                Primitive::Dynamic => "any",
            }),
            Self::Collection(collection, element) => {
                let name = match collection {
                    Collection::List => "list",
                    Collection::Set => "set",
                    Collection::Map => "map",
                };
                write!(f, "{name}({element})")
            }
            Self::Object(_, attributes) => {
                f.write_str("object({")?;
                for (index, (name, ty)) in attributes.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(f, "{separator}{name} = {ty}")?;
                }
                f.write_str("})")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn problems(ty: &str, body: &Value) -> Vec<String> {
        let problems = ProviderSchema::load().validate(ty, body.as_object().unwrap());
        problems.iter().map(ToString::to_string).collect()
    }

    #[track_caller]
    fn assert_valid(ty: &str, body: &Value) {
        assert_eq!(problems(ty, body), [""; 0]);
    }

    #[test]
    fn a_complete_resource_has_no_problem() {
        assert_valid(
            "aws_dynamodb_table",
            &json!({
                "//": "provenance",
                "name": "sessions-${var.suffix}",
                "hash_key": "id",
                "billing_mode": "PAY_PER_REQUEST",
                "attribute": [{ "name": "id", "type": "S", "//": "key" }],
                "replica": [{ "region_name": "us-east-2", "point_in_time_recovery": true }],
                "point_in_time_recovery": [{ "enabled": "${var.pitr}" }],
                "tags": { "team": "payments", "shard": 1 },
                "lifecycle": { "ignore_changes": ["replica"] },
                "provider": "aws.us_east_1",
            }),
        );
    }

    #[test]
    fn an_unknown_argument_is_named_with_its_neighbour() {
        assert_eq!(
            problems("aws_vpc", &json!({ "cidr_blocks": "10.0.0.0/16" })),
            [
                "cidr_blocks: unknown argument, expected one that the type has; nearest is cidr_block"
            ]
        );
    }

    #[test]
    fn an_unknown_argument_in_a_block_is_named_with_its_path() {
        let body = json!({
            "name": "t", "attribute": [{ "name": "id", "type": "S" }],
            "replica": [{ "region_name": "us-east-1" }, { "region_name": "us-east-2", "kms_key": "x" }],
        });
        let found = problems("aws_dynamodb_table", &body);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("replica[1].kms_key: unknown argument"), "{found:?}");
    }

    #[test]
    fn meta_arguments_are_none_in_a_nested_block() {
        let body = json!({
            "name": "t", "attribute": [{ "name": "id", "type": "S", "count": 1 }],
        });
        assert_eq!(problems("aws_dynamodb_table", &body).len(), 1);
    }

    #[test]
    fn a_missing_required_argument_is_reported_absent_or_null() {
        let missing = ["vpc_id: required argument is missing"];
        assert_eq!(problems("aws_subnet", &json!({ "cidr_block": "10.0.0.0/24" })), missing);
        assert_eq!(problems("aws_subnet", &json!({ "vpc_id": null })), missing);
    }

    #[test]
    fn values_convert_as_terraform_converts_them() {
        assert_valid(
            "aws_kms_key",
            &json!({ "deletion_window_in_days": "7", "enable_key_rotation": "true" }),
        );
        assert_valid("aws_sqs_queue", &json!({ "name": 7 }));
        assert_eq!(
            problems("aws_kms_key", &json!({ "deletion_window_in_days": "a week" })),
            ["deletion_window_in_days: found a string, expected number"]
        );
        assert_eq!(
            problems("aws_kms_key", &json!({ "enable_key_rotation": 1 })),
            ["enable_key_rotation: found a number, expected bool"]
        );
        assert_eq!(
            problems("aws_lb", &json!({ "subnets": "subnet-1" })),
            ["subnets: found a string, expected set(string)"]
        );
        assert_eq!(
            problems("aws_lb", &json!({ "subnets": ["subnet-1", ["subnet-2"]] })),
            ["subnets[1]: found an array, expected string"]
        );
        assert_eq!(
            problems("aws_lb", &json!({ "tags": { "a": {} } })),
            ["tags.a: found an object, expected string"]
        );
    }

    #[test]
    fn only_a_lone_template_fits_every_type() {
        assert_valid(
            "aws_lb",
            &json!({ "subnets": "${[for s in var.s : s.id if s.zone != \"}\"]}" }),
        );
        assert_eq!(problems("aws_lb", &json!({ "subnets": "${var.a}-${var.b}" })).len(), 1);
        assert_valid("aws_kms_key", &json!({ "deletion_window_in_days": "1${var.digit}" }));
        assert_eq!(
            problems("aws_kms_key", &json!({ "deletion_window_in_days": "$${var.days}" })).len(),
            1
        );
    }

    #[test]
    fn lone_templates_are_told_from_mixed_ones() {
        for lone in ["${a}", "${ {a = 1}.a }", r#"${"x-${y}"}"#, r#"${join("}", a)}"#, r#"${"\""}"#]
        {
            assert!(is_lone_template(lone), "{lone}");
        }
        for mixed in ["a", "${a}b", "${a}${b}", "$${a}", r#"${"}"#, "${{a}"] {
            assert!(!is_lone_template(mixed), "{mixed}");
        }
    }

    #[test]
    fn computed_attributes_cannot_be_set() {
        for name in ["arn", "id"] {
            assert_eq!(
                problems("aws_vpc", &json!({ name: "x" })),
                [format!("{name}: attribute is computed by the provider and cannot be set")]
            );
        }
    }

    #[test]
    fn blocks_are_arrays_of_objects() {
        assert_eq!(
            problems(
                "aws_lambda_function",
                &json!({ "function_name": "f", "role": "r", "vpc_config": {} })
            ),
            ["vpc_config: found an object, expected an array of objects, because it is a block"]
        );
        assert_eq!(
            problems(
                "aws_lambda_function",
                &json!({ "function_name": "f", "role": "r", "dead_letter_config": ["x"] })
            ),
            [
                "dead_letter_config[0]: found a string, expected an array of objects, because it is a block"
            ]
        );
    }

    #[test]
    fn blocks_are_counted() {
        assert_eq!(
            problems("aws_lb_listener", &json!({ "load_balancer_arn": "a" })),
            ["default_action: found 0 blocks, expected at least 1"]
        );
        assert_eq!(
            problems("aws_lb_listener", &json!({ "load_balancer_arn": "a", "default_action": [] })),
            ["default_action: found 0 blocks, expected at least 1"]
        );
        let twice = json!({ "function_name": "f", "role": "r", "tracing_config": [{ "mode": "Active" }, { "mode": "Active" }] });
        assert_eq!(
            problems("aws_lambda_function", &twice),
            ["tracing_config: found 2 blocks, expected at most 1"]
        );
        let timeouts = json!({ "cidr_block": "10.0.0.0/24", "vpc_id": "v", "timeouts": [{ "create": "1m" }, {}] });
        assert_eq!(
            problems("aws_subnet", &timeouts),
            ["timeouts: found 2 blocks, expected at most 1"]
        );
    }

    #[test]
    fn dynamic_blocks_count_as_blocks_and_are_checked() {
        let with = |content: Value| {
            json!({
                "load_balancer_arn": "a",
                "dynamic": { "default_action": { "for_each": "${var.a}", "content": content } },
            })
        };
        assert_valid("aws_lb_listener", &with(json!({ "type": "forward" })));
        assert_eq!(
            problems("aws_lb_listener", &with(json!({}))),
            ["default_action.type: required argument is missing"]
        );
        let unknown = json!({ "dynamic": { "ingres": { "content": {} } } });
        assert!(problems("aws_security_group", &unknown)[0].contains("nearest is ingress"));
    }

    #[test]
    fn objects_need_all_their_attributes() {
        let rule = json!({
            "cidr_blocks": ["10.0.0.0/8"], "description": null, "from_port": 443, "ipv6_cidr_blocks": null,
            "prefix_list_ids": null, "protocol": "tcp", "security_groups": null, "self": null, "to_port": 443,
        });
        assert_valid("aws_security_group", &json!({ "ingress": [rule] }));
        let mut partial = rule;
        partial.as_object_mut().unwrap().remove("self");
        partial["port"] = json!(1);
        let found = problems("aws_security_group", &json!({ "ingress": [partial] }));
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("ingress[0].port: unknown argument"), "{found:?}");
        assert_eq!(found[1], "ingress[0].self: required argument is missing");
    }

    #[test]
    fn a_type_outside_the_schema_is_a_problem() {
        assert_eq!(
            problems("aws_vcp", &json!({})),
            [
                "resource type `aws_vcp` is not in the trimmed schema; correct it, or add it to xtask/provider-schema-types.txt"
            ]
        );
    }

    #[test]
    fn documents_are_checked_whole() {
        let document = json!({
            "terraform": { "required_version": ">= 1.5" },
            "resource": {
                "//": "comment",
                "aws_vpc": { "main": { "cidr_block": "10.0.0.0/16" }, "other": [{ "cidr": "x" }] },
            },
            "data": [{ "aws_caller_identity": { "current": {} } }],
            "ephemeral": { "aws_secretsmanager_random_password": { "db": { "length": 32 } } },
        });
        let paths: Vec<_> = ProviderSchema::load()
            .validate_document(&document)
            .into_iter()
            .map(|problem| problem.path)
            .collect();
        assert_eq!(
            paths,
            [
                "ephemeral.aws_secretsmanager_random_password.db.length",
                "resource.aws_vpc.other.cidr"
            ]
        );
        assert!(ProviderSchema::load().validate_document(&json!({ "variable": {} })).is_empty());
    }

    #[test]
    fn nulls_leave_an_optional_argument_unset() {
        assert_valid("aws_vpc", &json!({ "cidr_block": null, "tags": { "a": null } }));
    }
}
