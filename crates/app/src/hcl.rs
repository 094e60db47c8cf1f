//! The stack in Terraform's native syntax: the same configuration in `*.tf` files, for people to read.
//!
//! What a JSON document means is defined in
//! <https://developer.hashicorp.com/terraform/language/syntax/json>: every string is a template, except where Terraform
//! expects a reference or a type. Which arrays are blocks is this workspace's convention: a document written by
//! [`drstack_terraform`] holds every block as an object in an array, and no argument of a resource is such an array.

use std::fmt::Display;

use drstack_terraform::Documents;
use hcl::expr::{TemplateExpr, Variable};
use hcl::format::{Format, Formatter, FormatterBuilder};
use hcl::structure::{Attribute, Block, Body, Structure};
use hcl::template::{Element, Interpolation, Strip};
use hcl::{Expression, Identifier, Number, ObjectKey, Template};
use miette::Diagnostic;
use serde_json::{Map, Value};

/// Why a document can't be written in native syntax.
#[derive(Debug, thiserror::Error)]
#[error("can't write `{path}` in Terraform's native syntax: {reason}")]
pub struct HclError {
    path: String,
    reason: Reason,
}

impl Diagnostic for HclError {
    fn help(&self) -> Option<Box<dyn Display + '_>> {
        Some(Box::new("write the stack with --format json"))
    }
}

#[derive(Debug, thiserror::Error)]
enum Reason {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Hcl(#[from] hcl::Error),
    #[error("found the section `{0}`, expected {sections}", sections = SECTIONS.map(|section| section.keyword).join(", "))]
    Section(String),
    #[error("found {found} in `{place}`, expected {expected}")]
    Shape { place: String, found: Value, expected: &'static str },
    #[error("found a template directive in `{0}`, expected interpolations only")]
    Directive(String),
}

/// The documents with every `*.tf.json` in native syntax, as `*.tf`. Other files stay as they are.
///
/// # Errors
/// When a document is not one that the workspace's write side makes.
pub fn documents(json: &Documents) -> Result<Documents, HclError> {
    let convert = |(path, bytes): (&str, &[u8])| match path.strip_suffix(".json") {
        Some(native) if native.ends_with(".tf") => {
            let text =
                document(bytes).map_err(|reason| HclError { path: path.to_owned(), reason })?;
            Ok((native.to_owned(), text.into_bytes()))
        }
        _ => Ok((path.to_owned(), bytes.to_vec())),
    };
    json.iter().map(convert).collect()
}

/// A kind of top-level block.
struct Section {
    keyword: &'static str,
    labels: usize,
    /// Arguments that hold bare references or types instead of templates.
    bare: &'static [&'static str],
}

/// The sections in the order in which a reader wants them.
const SECTIONS: [Section; 8] = [
    Section { keyword: "terraform", labels: 0, bare: &[] },
    Section { keyword: "provider", labels: 1, bare: &[] },
    Section { keyword: "variable", labels: 1, bare: &["type"] },
    Section { keyword: "data", labels: 2, bare: &["depends_on", "provider"] },
    Section { keyword: "ephemeral", labels: 2, bare: &["depends_on", "provider"] },
    Section { keyword: "resource", labels: 2, bare: &["depends_on", "provider"] },
    Section { keyword: "module", labels: 1, bare: &["depends_on", "providers"] },
    Section { keyword: "output", labels: 1, bare: &["depends_on"] },
];

/// The argument that holds a comment.
const COMMENT: &str = "//";

fn document(bytes: &[u8]) -> Result<String, Reason> {
    let document: Map<String, Value> = serde_json::from_slice(bytes)?;
    let known = |name: &str| SECTIONS.iter().any(|section| section.keyword == name);
    if let Some(name) = document.keys().find(|name| *name != COMMENT && !known(name)) {
        return Err(Reason::Section(name.clone()));
    }
    let mut blocks = Vec::new();
    for Section { keyword, labels, bare } in SECTIONS {
        if let Some(content) = document.get(keyword) {
            push_blocks(&Head { keyword, labels: Vec::new() }, labels, content, bare, &mut blocks)?;
        }
    }
    let body = Body::from_iter(blocks);
    let comment = match document.get(COMMENT) {
        Some(Value::String(comment)) => {
            comment.lines().map(|line| format!("# {line}\n")).collect::<String>() + "\n"
        }
        _ => String::new(),
    };
    Ok(comment + &layout(&body.format_string(&mut over_lines().build_vec())?))
}

/// What stands before a block's body.
#[derive(Clone)]
struct Head<'a> {
    keyword: &'a str,
    labels: Vec<&'a str>,
}

/// Adds the blocks in `content`, which are nested in one object for each label that is still to come.
fn push_blocks<'a>(
    head: &Head<'a>,
    labels_to_come: usize,
    content: &'a Value,
    bare: &[&str],
    blocks: &mut Vec<Block>,
) -> Result<(), Reason> {
    if labels_to_come > 0 {
        for (label, inner) in object(head.keyword, content)? {
            let mut head = head.clone();
            head.labels.push(label);
            push_blocks(&head, labels_to_come - 1, inner, bare, blocks)?;
        }
        return Ok(());
    }
    let items = content.as_array().map_or(std::slice::from_ref(content), Vec::as_slice);
    for item in items {
        let body = body(head.keyword, object(head.keyword, item)?, bare)?;
        let block = Block::builder(Identifier::new(head.keyword)?)
            .add_labels(head.labels.iter().copied())
            .add_structures(body)
            .build();
        blocks.push(block);
    }
    Ok(())
}

/// A block's arguments, then its blocks.
fn body(keyword: &str, content: &Map<String, Value>, bare: &[&str]) -> Result<Body, Reason> {
    let (mut arguments, mut blocks) = (Vec::new(), Vec::new());
    for (name, value) in content.iter().filter(|(name, _)| *name != COMMENT) {
        let labels = usize::from((keyword, name.as_str()) == ("terraform", "backend"));
        if labels > 0 || holds_blocks(keyword, name, value) {
            let bare: &[&str] =
                if name == "lifecycle" { &["ignore_changes", "replace_triggered_by"] } else { &[] };
            push_blocks(
                &Head { keyword: name, labels: Vec::new() },
                labels,
                value,
                bare,
                &mut blocks,
            )?;
        } else {
            let value = if bare.contains(&name.as_str()) {
                reference(name, value)?
            } else {
                expression(value, &template)?
            };
            arguments.push(Attribute::new(Identifier::new(name.as_str())?, value));
        }
    }
    let arguments = arguments.into_iter().map(Structure::Attribute);
    Ok(arguments.chain(blocks.into_iter().map(Structure::Block)).collect())
}

/// Whether an argument is a list of blocks. Modules, variables and outputs take values of any type.
fn holds_blocks(keyword: &str, name: &str, value: &Value) -> bool {
    let of_objects = matches!(value, Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_object));
    of_objects
        && match keyword {
            "module" => false,
            "variable" => name == "validation",
            "output" => name == "precondition",
            _ => true,
        }
}

fn object<'a>(place: &str, value: &'a Value) -> Result<&'a Map<String, Value>, Reason> {
    value.as_object().ok_or_else(|| shape(place, value, "an object"))
}

fn shape(place: &str, found: &Value, expected: &'static str) -> Reason {
    Reason::Shape { place: place.to_owned(), found: found.clone(), expected }
}

/// A value that Terraform reads as a reference or a type.
fn reference(place: &str, value: &Value) -> Result<Expression, Reason> {
    match value {
        Value::String(text) => Ok(text.parse()?),
        Value::Array(items) => items.iter().map(|item| reference(place, item)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| {
                Ok((ObjectKey::Expression(key.parse()?), reference(place, value)?))
            });
            Ok(Expression::Object(fields.collect::<Result<_, Reason>>()?))
        }
        other => Err(shape(place, other, "a reference")),
    }
}

/// A value whose strings, and keys, `text` understands.
fn expression(
    value: &Value,
    text: &dyn Fn(&str) -> Result<Expression, Reason>,
) -> Result<Expression, Reason> {
    Ok(match value {
        Value::Null => Expression::Null,
        Value::Bool(value) => Expression::Bool(*value),
        Value::Number(number) => {
            let integer = number.as_i64().map(Number::from).or(number.as_u64().map(Number::from));
            let number = integer.or_else(|| number.as_f64().and_then(Number::from_f64));
            Expression::Number(number.ok_or_else(|| shape("a number", value, "a finite one"))?)
        }
        Value::String(string) => text(string)?,
        Value::Array(items) => {
            items.iter().map(|item| expression(item, text)).collect::<Result<_, _>>()?
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| {
                let key = match text(key)? {
                    key @ (Expression::String(_) | Expression::TemplateExpr(_)) => key,
                    computed => Expression::Parenthesis(Box::new(computed)),
                };
                Ok((ObjectKey::Expression(key), expression(value, text)?))
            });
            Expression::Object(fields.collect::<Result<_, Reason>>()?)
        }
    })
}

/// A string as Terraform's JSON syntax reads it: a template. JSON in it becomes a call of `jsonencode`.
fn template(text: &str) -> Result<Expression, Reason> {
    let template: Template = text.parse()?;
    let mut parts = Vec::new();
    for element in template.elements() {
        parts.push(match element {
            Element::Literal(text) => Part::Literal(text),
            Element::Interpolation(interpolation) => Part::Interpolation(interpolation),
            Element::Directive(_) => return Err(Reason::Directive(text.to_owned())),
        });
    }
    match json(&parts)? {
        Some(call) => Ok(call),
        None => quoted(&parts),
    }
}

/// A part of a template.
#[derive(Clone, Copy)]
enum Part<'a> {
    Literal(&'a str),
    Interpolation(&'a Interpolation),
}

/// A template between quotes; without them when it is one expression, whose type then stays what it is.
fn quoted(parts: &[Part<'_>]) -> Result<Expression, Reason> {
    match parts {
        [] => return Ok(Expression::String(String::new())),
        [Part::Literal(text)] => return Ok(Expression::from(*text)),
        [Part::Interpolation(Interpolation { expr, strip: Strip::None })] => {
            return Ok(expr.clone());
        }
        _ => {}
    }
    let mut source = String::new();
    for part in parts {
        match part {
            Part::Literal(text) => {
                let quoted = hcl::format::to_string(&Expression::from(*text))?;
                source.push_str(&quoted[1..quoted.len() - 1]);
            }
            Part::Interpolation(interpolation) => {
                let mut formatter = over_lines().compact(true).build_vec();
                source.push_str(&interpolation.format_string(&mut formatter)?);
            }
        }
    }
    Ok(Expression::from(TemplateExpr::QuotedString(source)))
}

/// The first of the characters that stand for interpolations while text is read as JSON: those of private use.
const PLACEHOLDERS: std::ops::RangeInclusive<char> = '\u{e000}'..='\u{f8ff}';

/// A call of `jsonencode` that gives exactly this text, if there is one: the text is JSON as Terraform writes it, with
/// sorted keys and no white space, and with interpolations inside strings only.
fn json(parts: &[Part<'_>]) -> Result<Option<Expression>, Reason> {
    let mut text = String::new();
    let mut interpolations = Vec::new();
    let mut placeholders = PLACEHOLDERS;
    for part in parts {
        match part {
            Part::Literal(literal) if literal.contains(|c| PLACEHOLDERS.contains(&c)) => {
                return Ok(None);
            }
            Part::Literal(literal) => text.push_str(literal),
            Part::Interpolation(interpolation) => {
                let Some(placeholder) = placeholders.next() else { return Ok(None) };
                text.push(placeholder);
                interpolations.push((placeholder, *interpolation));
            }
        }
    }
    // What Terraform's jsonencode escapes in another way than the write side, or might.
    let otherwise = ["<", ">", "&", "\u{2028}", "\u{2029}", "\\u", "\\b", "\\f"];
    if !text.starts_with(['{', '[']) || otherwise.iter().any(|escaped| text.contains(escaped)) {
        return Ok(None);
    }
    let Ok(value) = serde_json::from_str::<Value>(&text) else { return Ok(None) };
    let written = value.to_string();
    if written != text {
        return Ok(None);
    }
    let restore = |text: &str| quoted(&restore(text, &interpolations));
    let argument = expression(&value, &restore)?.format_string(&mut over_lines().build_vec())?;
    // The formatter writes arguments of calls on one line, where no policy can be read.
    Ok(Some(Expression::from(Variable::unchecked(format!("jsonencode({argument})")))))
}

/// The template in which placeholders stand for interpolations.
fn restore<'a>(text: &'a str, interpolations: &[(char, &'a Interpolation)]) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, placeholder) in text.char_indices().filter(|(_, c)| PLACEHOLDERS.contains(c)) {
        if start < at {
            parts.push(Part::Literal(&text[start..at]));
        }
        let found = interpolations.iter().find(|(candidate, _)| *candidate == placeholder);
        parts.extend(found.map(|(_, interpolation)| Part::Interpolation(interpolation)));
        start = at + placeholder.len_utf8();
    }
    if start < text.len() {
        parts.push(Part::Literal(&text[start..]));
    }
    parts
}

fn over_lines<'a>() -> FormatterBuilder<'a> {
    Formatter::builder().prefer_ident_keys(true)
}

/// Indents by brackets and aligns the equals signs of arguments in consecutive lines, as `terraform fmt` does.
/// No string holds a line break: the formatter escapes them.
fn layout(text: &str) -> String {
    let mut out = String::new();
    let mut depth: usize = 0;
    let mut arguments = Vec::new();
    for line in text.lines().map(str::trim) {
        let opens = line.ends_with(['{', '[', '(']);
        if let (false, Some(argument)) = (opens, argument(line)) {
            arguments.push(argument);
            continue;
        }
        write_arguments(&mut out, depth, &mut arguments);
        if line.starts_with(['}', ']', ')']) {
            depth = depth.saturating_sub(1);
        }
        match line.strip_suffix('}').map(str::trim_end).filter(|head| head.ends_with('{')) {
            Some(empty) => write_line(&mut out, depth, &format!("{empty}}}")),
            None => write_line(&mut out, depth, line),
        }
        depth += usize::from(opens);
    }
    write_arguments(&mut out, depth, &mut arguments);
    out
}

/// The name and the value of an argument, or of an object's field, whose name may be quoted or computed.
fn argument(line: &str) -> Option<(&str, &str)> {
    let end = if line.starts_with('(') {
        line.find(") = ")? + 1
    } else if let Some(quoted) = line.strip_prefix('"') {
        let mut escaped = false;
        let end = quoted.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        })?;
        end + 2
    } else {
        line.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))?
    };
    let (name, rest) = line.split_at(end);
    rest.strip_prefix(" = ").map(|value| (name, value))
}

fn write_arguments(out: &mut String, depth: usize, arguments: &mut Vec<(&str, &str)>) {
    let width = arguments.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, value) in arguments.drain(..) {
        write_line(out, depth, &format!("{name:width$} = {value}"));
    }
}

fn write_line(out: &mut String, depth: usize, line: &str) {
    if !line.is_empty() {
        out.push_str(&"  ".repeat(depth));
        out.push_str(line);
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn native(document: &Value) -> String {
        super::document(document.to_string().as_bytes()).unwrap()
    }

    fn value(value: &Value) -> String {
        let text = native(&json!({ "output": { "x": { "value": value } } }));
        let inner = text.strip_prefix("output \"x\" {\n").and_then(|text| text.strip_suffix("}\n"));
        inner.unwrap().trim().to_owned()
    }

    #[test]
    fn blocks_come_after_arguments_and_equals_signs_stand_in_columns() {
        let document = json!({
            "//": "written by a test",
            "resource": { "aws_s3_bucket_versioning": { "logs": {
                "bucket": "${aws_s3_bucket.logs.id}",
                "depends_on": ["aws_s3_bucket.logs"],
                "expected_bucket_owner": "1",
                "lifecycle": [{ "ignore_changes": ["bucket"] }],
                "provider": "aws.us_east_1",
                "tags": { "a b": 1, "c": true, "${var.x}": null },
                "versioning_configuration": [{ "status": "Enabled" }, {}],
            } } },
        });
        let expected = r#"# written by a test

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id
  depends_on = [
    aws_s3_bucket.logs
  ]
  expected_bucket_owner = "1"
  provider              = aws.us_east_1
  tags = {
    (var.x) = null
    "a b"   = 1
    c       = true
  }

  lifecycle {
    ignore_changes = [
      bucket
    ]
  }

  versioning_configuration {
    status = "Enabled"
  }

  versioning_configuration {}
}
"#;
        assert_eq!(native(&document), expected);
    }

    #[test]
    fn each_section_has_its_labels_and_its_bare_arguments() {
        let document = json!({
            "terraform": [{
                "backend": { "s3": [{ "bucket": "b" }] },
                "required_providers": [{ "aws": { "source": "hashicorp/aws" } }],
            }],
            "provider": { "aws": [{ "alias": "a" }, { "alias": "b" }] },
            "variable": { "x": { "type": "map(string)", "default": [{}], "validation": [{ "condition": "${true}" }] } },
            "module": { "m": { "providers": { "aws": "aws.a" }, "list": [{ "k": 1 }] } },
        });
        let expected = r#"terraform {
  backend "s3" {
    bucket = "b"
  }

  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  alias = "a"
}

provider "aws" {
  alias = "b"
}

variable "x" {
  default = [
    {}
  ]
  type = map(string)

  validation {
    condition = true
  }
}

module "m" {
  list = [
    {
      k = 1
    }
  ]
  providers = {
    aws = aws.a
  }
}
"#;
        assert_eq!(native(&document), expected);
    }

    #[test]
    fn strings_are_templates() {
        for (string, expected) in [
            ("plain", r#""plain""#),
            ("", r#""""#),
            ("${a.b[\"c\"]}", r#"a.b["c"]"#),
            ("${a}-\"${b[\"c\"]}\"\n", r#""${a}-\"${b["c"]}\"\n""#),
            ("costs $${x} and 100%%{y}", r#""costs $${x} and 100%%{y}""#),
            ("$${x}-${y}", r#""$${x}-${y}""#),
            ("back\\slash", r#""back\\slash""#),
            ("${\"http://${a}\"}", r#""http://${a}""#),
            ("${f({ \"k\" = a })}", "f({ k = a })"),
        ] {
            assert_eq!(value(&json!(string)), format!("value = {expected}"), "{string}");
        }
    }

    #[test]
    fn json_text_is_encoded_by_terraform_only_when_that_gives_the_same_text() {
        let policy = r#"{"Action":["a"],"Resource":"${b.arn}/*","Version":1}"#;
        let expected = "value = jsonencode({\n    Action = [\n      \"a\"\n    ]\n    Resource = \"${b.arn}/*\"\n    Version  = 1\n  })";
        assert_eq!(value(&json!(policy)), expected);
        for (text, why) in [
            (r#"{"b":1,"a":1}"#, "the keys are not sorted"),
            (r#"{"a": 1}"#, "there is white space"),
            (r#"{"a":"<"}"#, "jsonencode escapes this"),
            (r#"{"a":${b}}"#, "the interpolation is not in a string"),
            ("{\"a\":\"\u{e000}\"}", "this character is a placeholder"),
        ] {
            assert!(!value(&json!(text)).contains("jsonencode"), "{why}");
        }
    }

    #[test]
    fn only_documents_change_and_what_is_unknown_is_an_error() {
        let files = |text: &str| -> Documents {
            [
                ("a/main.tf.json".to_owned(), text.as_bytes().to_vec()),
                ("b.zip".to_owned(), vec![0xff]),
            ]
            .into_iter()
            .collect()
        };
        let native = documents(&files(r#"{"output":{}}"#)).unwrap();
        let paths: Vec<&str> = native.iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["a/main.tf", "b.zip"]);
        let error = documents(&files(r#"{"check":{}}"#)).unwrap_err().to_string();
        assert!(error.contains("`a/main.tf.json`") && error.contains("`check`"), "{error}");
        let error = documents(&files(r#"{"output":[]}"#)).unwrap_err().to_string();
        assert!(error.contains("in `output`, expected an object"), "{error}");
    }
}
