//! From serde structs to configuration bodies.
//!
//! The encoder is a [`serde::Serializer`] because the data model of serde already holds the one distinction that
//! Terraform's JSON syntax needs and JSON lacks: a struct (a block) is not a map (an attribute).

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Display;

use serde::{Serialize, Serializer, ser};
use serde_json::Number;

use crate::Template;
use crate::template::Part;
use crate::write::{Scope, escape, write_template};

/// The newtype names under which a [`Template`] and [`Json`] are told from other values.
const TEMPLATE: &str = "$drstack::Template";
const JSON: &str = "$drstack::Json";

/// An argument that takes JSON text: the value is written as JSON inside the string, and templates in
/// it stay templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Json<T>(pub T);

/// A configuration value before references are resolved.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(Template),
    List(Vec<Node>),
    Object(BTreeMap<Cow<'static, str>, Node>),
}

/// Why a value can't be part of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("can't write this value into a configuration: {0}")]
pub struct EncodeError(String);

thread_local! {
    /// The template that is being serialized, past serde's data model, which knows no expressions.
    static HANDED_OVER: Cell<Option<Template>> = const { Cell::new(None) };
}

/// Serializes a template: for the encoder as what it is, for any other serializer as the text that it stands for.
fn hand_over<S: Serializer>(template: &Template, serializer: S) -> Result<S::Ok, S::Error> {
    struct Text<'a>(&'a Template);
    impl Serialize for Text<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(self.0)
        }
    }
    HANDED_OVER.set(Some(template.clone()));
    let serialized = serializer.serialize_newtype_struct(TEMPLATE, &Text(template));
    HANDED_OVER.set(None);
    serialized
}

/// Encodes the body of a block.
pub(crate) fn encode_body(
    value: &impl Serialize,
) -> Result<BTreeMap<Cow<'static, str>, Node>, EncodeError> {
    match value.serialize(Encoder { structs: Structs::Blocks, place: Place::Body })? {
        Node::Object(body) => Ok(body),
        _ => Err(EncodeError("a resource must be a struct or a map".to_owned())),
    }
}

impl Node {
    /// Terraform's JSON for this value, seen from `scope`.
    pub(crate) fn render(&self, scope: &mut dyn Scope) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(template) => Value::String(write_template(template.parts(), scope)),
            Self::List(items) => {
                Value::Array(items.iter().map(|item| item.render(scope)).collect())
            }
            Self::Object(fields) => Value::Object(
                fields
                    .iter()
                    .map(|(key, value)| (escape(key).into_owned(), value.render(scope)))
                    .collect(),
            ),
        }
    }

    /// The value as JSON text in which templates stay templates.
    fn into_json_text(self) -> Result<Template, EncodeError> {
        let mut text = Template::default();
        self.write_json(&mut text)?;
        Ok(text)
    }

    fn write_json(self, out: &mut Template) -> Result<(), EncodeError> {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if value { "true" } else { "false" }),
            Self::Number(number) => out.push_str(&number.to_string()),
            Self::Text(template) => {
                out.push_str("\"");
                for part in template.into_parts() {
                    match part {
                        Part::Literal(text) => push_escaped(&text, out)?,
                        // What references give (ARNs, ids, account numbers) needs no escaping inside JSON.
                        expression @ Part::Expression(_) => out.push(expression),
                    }
                }
                out.push_str("\"");
            }
            Self::List(items) => {
                out.push_str("[");
                for (index, item) in items.into_iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    item.write_json(out)?;
                }
                out.push_str("]");
            }
            Self::Object(fields) => {
                out.push_str("{");
                for (index, (key, value)) in fields.into_iter().enumerate() {
                    out.push_str(if index > 0 { ",\"" } else { "\"" });
                    push_escaped(&key, out)?;
                    out.push_str("\":");
                    value.write_json(out)?;
                }
                out.push_str("}");
            }
        }
        Ok(())
    }
}

/// Appends what stands for a text between the quotes of a JSON string.
fn push_escaped(text: &str, out: &mut Template) -> Result<(), EncodeError> {
    if !text.bytes().any(|byte| matches!(byte, b'"' | b'\\' | ..b' ')) {
        out.push_str(text);
        return Ok(());
    }
    let quoted = serde_json::to_string(text).map_err(ser::Error::custom)?;
    out.push_str(&quoted[1..quoted.len() - 1]);
    Ok(())
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.parts() {
            // A string is encoded as a template of its own.
            [Part::Literal(text)] => serializer.serialize_str(text),
            _ => hand_over(self, serializer),
        }
    }
}

impl<T: Serialize> Serialize for Json<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(JSON, &self.0)
    }
}

impl ser::Error for EncodeError {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// How a struct is written: as a block, or (inside [`Json`]) as the object it is.
#[derive(Clone, Copy)]
enum Structs {
    Blocks,
    Objects,
}

/// Where a value stands. A struct is wrapped into an array where it is an argument.
#[derive(Clone, Copy)]
enum Place {
    Body,
    Argument,
    Element,
}

#[derive(Clone, Copy)]
struct Encoder {
    structs: Structs,
    place: Place,
}

impl Encoder {
    fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }
}

struct ListEncoder {
    encoder: Encoder,
    items: Vec<Node>,
}

struct ObjectEncoder {
    encoder: Encoder,
    fields: BTreeMap<Cow<'static, str>, Node>,
    key: Option<String>,
}

/// A struct on its way: like an object, and a block when it is done.
struct BlockEncoder(ObjectEncoder);

impl Serializer for Encoder {
    type Ok = Node;
    type Error = EncodeError;
    type SerializeSeq = ListEncoder;
    type SerializeTuple = ListEncoder;
    type SerializeTupleStruct = ListEncoder;
    type SerializeTupleVariant = ser::Impossible<Node, EncodeError>;
    type SerializeMap = ObjectEncoder;
    type SerializeStruct = BlockEncoder;
    type SerializeStructVariant = ser::Impossible<Node, EncodeError>;

    fn serialize_bool(self, value: bool) -> Result<Node, EncodeError> {
        Ok(Node::Bool(value))
    }
    fn serialize_i8(self, value: i8) -> Result<Node, EncodeError> {
        Ok(Node::Number(value.into()))
    }
    fn serialize_i16(self, value: i16) -> Result<Node, EncodeError> {
        Ok(Node::Number(value.into()))
    }
    fn serialize_i32(self, value: i32) -> Result<Node, EncodeError> {
        Ok(Node::Number(value.into()))
    }
    fn serialize_i64(self, value: i64) -> Result<Node, EncodeError> {
        Ok(Node::Number(value.into()))
    }
    fn serialize_u8(self, value: u8) -> Result<Node, EncodeError> {
        Ok(Node::Number(value.into()))
    }
    fn serialize_u16(self, value: u16) -> Result<Node, EncodeError> {
        Ok(Node::Number(value.into()))
    }
    fn serialize_u32(self, value: u32) -> Result<Node, EncodeError> {
        Ok(Node::Number(value.into()))
    }
    fn serialize_u64(self, value: u64) -> Result<Node, EncodeError> {
        Ok(Node::Number(value.into()))
    }
    fn serialize_f32(self, value: f32) -> Result<Node, EncodeError> {
        self.serialize_f64(value.into())
    }
    fn serialize_f64(self, value: f64) -> Result<Node, EncodeError> {
        Number::from_f64(value)
            .map(Node::Number)
            .ok_or_else(|| EncodeError(format!("{value} is not a JSON number")))
    }
    fn serialize_char(self, value: char) -> Result<Node, EncodeError> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }
    fn serialize_str(self, value: &str) -> Result<Node, EncodeError> {
        Ok(Node::Text(value.into()))
    }
    fn serialize_bytes(self, _: &[u8]) -> Result<Node, EncodeError> {
        Err(EncodeError("bytes have no form in Terraform".to_owned()))
    }
    fn serialize_none(self) -> Result<Node, EncodeError> {
        Ok(Node::Null)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Node, EncodeError> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<Node, EncodeError> {
        Ok(Node::Null)
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<Node, EncodeError> {
        self.serialize_struct("", 0).and_then(ser::SerializeStruct::end)
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Node, EncodeError> {
        self.serialize_str(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Node, EncodeError> {
        match name {
            TEMPLATE => match HANDED_OVER.take() {
                Some(template) => Ok(Node::Text(template)),
                None => value.serialize(self),
            },
            JSON => {
                let inside = Self { structs: Structs::Objects, place: Place::Element };
                Ok(Node::Text(value.serialize(inside)?.into_json_text()?))
            }
            _ => value.serialize(self),
        }
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Node, EncodeError> {
        let mut object = self.serialize_struct("", 1)?;
        ser::SerializeStruct::serialize_field(&mut object, variant, value)?;
        ser::SerializeStruct::end(object)
    }
    fn serialize_seq(self, length: Option<usize>) -> Result<ListEncoder, EncodeError> {
        Ok(ListEncoder {
            encoder: self.at(Place::Element),
            items: Vec::with_capacity(length.unwrap_or_default()),
        })
    }
    fn serialize_tuple(self, length: usize) -> Result<ListEncoder, EncodeError> {
        self.serialize_seq(Some(length))
    }
    fn serialize_tuple_struct(
        self,
        _: &'static str,
        length: usize,
    ) -> Result<ListEncoder, EncodeError> {
        self.serialize_seq(Some(length))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, EncodeError> {
        Err(EncodeError(format!(
            "the variant `{variant}` holds a tuple, which has no form in Terraform"
        )))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<ObjectEncoder, EncodeError> {
        Ok(ObjectEncoder { encoder: self, fields: BTreeMap::new(), key: None })
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<BlockEncoder, EncodeError> {
        Ok(BlockEncoder(ObjectEncoder { encoder: self, fields: BTreeMap::new(), key: None }))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, EncodeError> {
        Err(EncodeError(format!(
            "the variant `{variant}` holds fields, which has no form in Terraform"
        )))
    }
}

impl ListEncoder {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.items.push(value.serialize(self.encoder)?);
        Ok(())
    }
}

impl ser::SerializeSeq for ListEncoder {
    type Ok = Node;
    type Error = EncodeError;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.push(value)
    }
    fn end(self) -> Result<Node, EncodeError> {
        Ok(Node::List(self.items))
    }
}

impl ser::SerializeTuple for ListEncoder {
    type Ok = Node;
    type Error = EncodeError;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.push(value)
    }
    fn end(self) -> Result<Node, EncodeError> {
        Ok(Node::List(self.items))
    }
}

impl ser::SerializeTupleStruct for ListEncoder {
    type Ok = Node;
    type Error = EncodeError;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.push(value)
    }
    fn end(self) -> Result<Node, EncodeError> {
        Ok(Node::List(self.items))
    }
}

impl ObjectEncoder {
    /// Unset arguments are left out; inside JSON text too, where the services treat null as absent or refuse it.
    fn insert<T: Serialize + ?Sized>(
        &mut self,
        key: Cow<'static, str>,
        value: &T,
        place: Place,
    ) -> Result<(), EncodeError> {
        match value.serialize(self.encoder.at(place))? {
            Node::Null => {}
            node => {
                self.fields.insert(key, node);
            }
        }
        Ok(())
    }
}

impl ser::SerializeMap for ObjectEncoder {
    type Ok = Node;
    type Error = EncodeError;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        match key.serialize(self.encoder)? {
            Node::Text(text) => {
                let key = text
                    .as_literal()
                    .ok_or_else(|| EncodeError(format!("the key `{text}` is not a literal")))?;
                self.key = Some(key);
                Ok(())
            }
            _ => Err(EncodeError("the keys of a map must be strings".to_owned())),
        }
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        let key = self
            .key
            .take()
            .ok_or_else(|| EncodeError("a map gave a value without a key".to_owned()))?;
        self.insert(key.into(), value, Place::Element)
    }
    fn end(self) -> Result<Node, EncodeError> {
        Ok(Node::Object(self.fields))
    }
}

impl ser::SerializeStruct for BlockEncoder {
    type Ok = Node;
    type Error = EncodeError;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.0.insert(key.into(), value, Place::Argument)
    }
    fn end(self) -> Result<Node, EncodeError> {
        let body = Node::Object(self.0.fields);
        Ok(match (self.0.encoder.structs, self.0.encoder.place) {
            (Structs::Blocks, Place::Argument) => Node::List(vec![body]),
            _ => body,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::Target;
    use crate::template::Expression;
    use crate::{Input, ModuleName, Ref, Region, kind};
    use proptest::prelude::*;
    use serde_json::json;

    struct Plain;
    impl Scope for Plain {
        fn attribute(&mut self, target: &Target, out: &mut String) {
            *out += &format!("{}.{}", target.address, target.attribute);
        }
        fn input(&mut self, name: &str, out: &mut String) {
            *out += &format!("var.{name}");
        }
    }

    fn render(value: &impl Serialize) -> serde_json::Value {
        Node::Object(encode_body(value).unwrap()).render(&mut Plain)
    }

    #[derive(Serialize)]
    struct Inner {
        size: u8,
    }

    #[derive(Serialize)]
    struct Outer {
        one: Inner,
        many: Vec<Inner>,
        absent: Option<Inner>,
        map: BTreeMap<&'static str, &'static str>,
    }

    #[test]
    fn structs_are_blocks_and_maps_are_attributes() {
        let value = Outer {
            one: Inner { size: 1 },
            many: vec![Inner { size: 2 }, Inner { size: 3 }],
            absent: None,
            map: [("key", "${not.an.expression}")].into(),
        };
        assert_eq!(
            render(&value),
            json!({
                "one": [{"size": 1}],
                "many": [{"size": 2}, {"size": 3}],
                "map": {"key": "$${not.an.expression}"},
            })
        );
    }

    #[derive(Serialize)]
    struct Policy {
        policy: Json<Document>,
    }

    #[derive(Serialize)]
    struct Document {
        version: &'static str,
        inner: Inner,
        resource: Vec<Template>,
    }

    #[test]
    fn json_text_keeps_its_references_and_escapes_the_rest() {
        let key: Ref<kind::Arn<kind::KmsKey>> =
            ModuleName::regional("security", Region::US_EAST_1).get("main");
        let resource = vec![Template::from(key) + "/\"${aws:username}\""];
        let document = Document { version: "2012-10-17", inner: Inner { size: 1 }, resource };
        assert_eq!(
            render(&Policy { policy: Json(document) }),
            json!({
                "policy": "{\"inner\":{\"size\":1},\"resource\":[\"${aws_kms_key.main.arn}/\\\"$${aws:username}\\\"\"],\"version\":\"2012-10-17\"}",
            })
        );
    }

    #[test]
    fn a_template_is_text_to_other_serializers() {
        let template = Template::from("a-") + Input::ACCOUNT_ID;
        assert_eq!(serde_json::to_value(&template).unwrap(), json!("a-${var.account_id}"));
        // And leaves nothing behind for the next one.
        let fields: BTreeMap<_, _> = [("x", Template::from(Input::ENVIRONMENT_SUFFIX))].into();
        assert_eq!(render(&fields), json!({"x": "${var.environment_suffix}"}));
    }

    #[test]
    fn a_function_call_quotes_text_and_not_references() {
        let call =
            Expression::call("replace", [Input::ACCOUNT_ID.into(), "a\"b${c}".into(), 3.into()]);
        let fields: BTreeMap<_, _> = [("x", Template::from(call) + "!")].into();
        assert_eq!(
            render(&fields),
            json!({"x": "${replace(var.account_id, \"a\\\"b$${c}\", 3)}!"})
        );
    }

    #[test]
    fn a_path_begins_at_the_root_modules_directory() {
        let path = Template::from(Expression::ROOT_DIRECTORY) + "/lambda/code.zip";
        let fields: BTreeMap<_, _> = [("x", path)].into();
        assert_eq!(render(&fields), json!({"x": "${path.root}/lambda/code.zip"}));
    }

    #[test]
    fn objects_and_their_fields_are_written_and_read_by_quoted_names() {
        let object = Expression::object([("b", Input::ACCOUNT_ID.into()), ("a \"", "${x}".into())]);
        let field = Expression::call("jsondecode", ["{}".into()]).field("password");
        let fields: BTreeMap<_, _> =
            [("object", Template::from(object)), ("field", Template::from(field))].into();
        assert_eq!(
            render(&fields),
            json!({
                "object": "${{ \"a \\\"\" = \"$${x}\", \"b\" = var.account_id }}",
                "field": "${jsondecode(\"{}\")[\"password\"]}",
            })
        );
    }

    #[test]
    fn a_dollar_sign_before_a_reference_stays_one() {
        let fields: BTreeMap<_, _> = [("x", Template::from("$") + Input::ACCOUNT_ID)].into();
        assert_eq!(render(&fields), json!({"x": "${\"$\"}${var.account_id}"}));
    }

    proptest! {
        /// Terraform's reading of a string without interpolation undoes the two escapes and nothing else.
        #[test]
        fn escaping_can_be_undone(text in "[$%{}a]{0,12}") {
            let escaped = escape(&text);
            prop_assert_eq!(unescape(&escaped), Some(text.clone()));
        }
    }

    /// Reads a template as Terraform does; `None` when an interpolation or a directive begins in it.
    fn unescape(text: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("$${").or_else(|| rest.strip_prefix("%%{")) {
                out.push(next);
                out.push('{');
                rest = after;
            } else if rest.starts_with("${") || rest.starts_with("%{") {
                return None;
            } else {
                out.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
        Some(out)
    }
}
