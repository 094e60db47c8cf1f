//! Terraform expressions and string templates, as far as a read model needs them.
//!
//! The parser covers HCL's expression language, so that a reference is found wherever it stands and nothing that
//! only looks like one (the text of a string, the variable of a `for`) is taken for it. Text that it cannot parse
//! is an error, which callers turn into "not resolved", never into "refers to nothing".

use crate::address::InstanceKey;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expr {
    Null,
    Bool(bool),
    Number(String),
    Template(Template),
    /// `aws_kms_key.main[0].arn`: a name and the operators that follow it.
    Traversal(String, Vec<Operator>),
    /// `f(x)[0].arn`: operators on anything but a name.
    Access(Box<Expr>, Vec<Operator>),
    Call(String, Vec<Expr>),
    List(Vec<Expr>),
    Object(Vec<(Expr, Expr)>),
    For(Box<For>),
    Conditional(Box<[Expr; 3]>),
    Unary(char, Box<Expr>),
    Binary(&'static str, Box<[Expr; 2]>),
}

/// What may follow a name or a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operator {
    Attribute(String),
    Index(Expr),
    Splat,
}

/// `[for name in collection : value if condition]` and its like with braces.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct For {
    pub(crate) names: Vec<String>,
    pub(crate) collection: Expr,
    /// `None` for a list.
    pub(crate) key: Option<Expr>,
    pub(crate) value: Expr,
    pub(crate) condition: Option<Expr>,
    /// `...` after the value of an object.
    pub(crate) grouped: bool,
}

/// A string with `${…}` and `%{…}` in it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Template {
    pub(crate) parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    Text(String),
    Interpolation {
        expression: Expr,
        source: String,
    },
    /// The expressions inside a `%{if …}` or `%{for …}`, whose effect on the text is not followed.
    Directive(Vec<Expr>),
}

/// A reference in an expression: the name that it starts with and what follows, as far as it is certain.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reference {
    pub(crate) steps: Vec<RefStep>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RefStep {
    Name(String),
    Key(InstanceKey),
    /// `[count.index]`, `[each.key]`: the same key as the referrer's.
    Same,
    /// `[*]` or an index that depends on something else.
    Any,
}

/// Text that is not an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotAnExpression;

type Parsed<T> = Result<T, NotAnExpression>;

impl Template {
    /// Parses the decoded text of a string in JSON syntax.
    pub(crate) fn parse(text: &str) -> Parsed<Self> {
        if !is_template(text) {
            return Ok(Self { parts: vec![Part::Text(text.to_owned())] });
        }
        Parser::new(text).template(Ending::Text)
    }

    /// The expression of a template that is nothing but one `${…}`, and so keeps that expression's type.
    pub(crate) fn lone(&self) -> Option<&Expr> {
        match self.parts.as_slice() {
            [Part::Interpolation { expression, .. }] => Some(expression),
            _ => None,
        }
    }

    /// The text around the expressions.
    pub(crate) fn literal(&self) -> String {
        let texts = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.as_str(),
            Part::Interpolation { .. } | Part::Directive(_) => "",
        });
        texts.collect()
    }

    pub(crate) fn references(&self) -> Vec<Reference> {
        let mut found = Vec::new();
        self.collect(&mut Vec::new(), &mut found);
        found
    }

    fn collect(&self, bound: &mut Vec<String>, found: &mut Vec<Reference>) {
        for part in &self.parts {
            match part {
                Part::Text(_) => {}
                Part::Interpolation { expression, .. } => expression.collect(bound, found),
                Part::Directive(expressions) => {
                    expressions.iter().for_each(|inner| inner.collect(bound, found));
                }
            }
        }
    }
}

/// Whether a string's text holds anything but itself.
pub(crate) fn is_template(text: &str) -> bool {
    text.contains("${") || text.contains("%{")
}

/// `text`, escaped so that a template of it is the text itself.
#[cfg(test)]
pub(crate) fn escape(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

impl Expr {
    pub(crate) fn parse(text: &str) -> Parsed<Self> {
        let mut parser = Parser::new(text);
        let expression = parser.expression()?;
        parser.end()?;
        Ok(expression)
    }

    /// Everything that the expression refers to, in the order of the text.
    pub(crate) fn references(&self) -> Vec<Reference> {
        let mut found = Vec::new();
        self.collect(&mut Vec::new(), &mut found);
        found
    }

    /// The reference that the expression is, if it is nothing else.
    pub(crate) fn as_reference(&self) -> Option<Reference> {
        match self {
            Self::Traversal(root, operators) => Some(Reference::new(root, operators)),
            _ => None,
        }
    }

    fn collect(&self, bound: &mut Vec<String>, found: &mut Vec<Reference>) {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => {}
            Self::Template(template) => template.collect(bound, found),
            Self::Traversal(root, operators) => {
                if !bound.contains(root) {
                    found.push(Reference::new(root, operators));
                }
                Operator::collect(operators, bound, found);
            }
            Self::Access(inner, operators) => {
                inner.collect(bound, found);
                Operator::collect(operators, bound, found);
            }
            Self::Call(_, items) | Self::List(items) => {
                items.iter().for_each(|item| item.collect(bound, found));
            }
            Self::Object(entries) => {
                for (key, value) in entries {
                    // A bare name as a key is that name, not a reference.
                    if !matches!(key, Self::Traversal(_, operators) if operators.is_empty()) {
                        key.collect(bound, found);
                    }
                    value.collect(bound, found);
                }
            }
            Self::For(each) => {
                each.collection.collect(bound, found);
                let outer = bound.len();
                bound.extend(each.names.iter().cloned());
                for inner in each.key.iter().chain([&each.value]).chain(&each.condition) {
                    inner.collect(bound, found);
                }
                bound.truncate(outer);
            }
            Self::Conditional(parts) => parts.iter().for_each(|part| part.collect(bound, found)),
            Self::Unary(_, inner) => inner.collect(bound, found),
            Self::Binary(_, sides) => sides.iter().for_each(|side| side.collect(bound, found)),
        }
    }
}

impl Operator {
    fn collect(operators: &[Self], bound: &mut Vec<String>, found: &mut Vec<Reference>) {
        for operator in operators {
            if let Self::Index(index) = operator {
                index.collect(bound, found);
            }
        }
    }
}

impl Reference {
    /// Parses a reference as plan JSON writes it: `module.keys["use1"].arn`.
    pub(crate) fn parse(text: &str) -> Parsed<Self> {
        Expr::parse(text)?.as_reference().ok_or(NotAnExpression)
    }

    fn new(root: &str, operators: &[Operator]) -> Self {
        let operators = operators.iter().map(|operator| match operator {
            Operator::Attribute(name) => RefStep::Name(name.clone()),
            Operator::Splat => RefStep::Any,
            Operator::Index(index) => match index {
                Expr::Number(number) => number
                    .parse()
                    .map_or(RefStep::Any, |index| RefStep::Key(InstanceKey::Number(index))),
                Expr::Template(template) => match template.parts.as_slice() {
                    [Part::Text(text)] => RefStep::Key(InstanceKey::Text(text.clone())),
                    _ => RefStep::Any,
                },
                Expr::Traversal(root, operators) if is_own_key(root, operators) => RefStep::Same,
                _ => RefStep::Any,
            },
        });
        Self { steps: std::iter::once(RefStep::Name(root.to_owned())).chain(operators).collect() }
    }

    /// The name at a step.
    pub(crate) fn name(&self, step: usize) -> Option<&str> {
        match self.steps.get(step) {
            Some(RefStep::Name(name)) => Some(name),
            _ => None,
        }
    }

    /// Whether this is `count.index` or `each.key`.
    pub(crate) fn is_own_key(&self) -> bool {
        matches!(
            (self.name(0), self.name(1)),
            (Some("count"), Some("index")) | (Some("each"), Some("key"))
        )
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (place, step) in self.steps.iter().enumerate() {
            match step {
                RefStep::Name(name) if place == 0 => f.write_str(name)?,
                RefStep::Name(name) => write!(f, ".{name}")?,
                RefStep::Key(key) => write!(f, "{key}")?,
                RefStep::Same | RefStep::Any => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

fn is_own_key(root: &str, operators: &[Operator]) -> bool {
    let [Operator::Attribute(attribute)] = operators else { return false };
    matches!((root, attribute.as_str()), ("count", "index") | ("each", "key"))
}

/// How deep expressions may nest: far beyond what people write, far below what the stack bears.
const DEPTH: u32 = 48;

/// Binary operators with how tightly they bind; the longer of two that begin alike stands first.
const BINARY: [(&str, u8); 13] = [
    ("||", 0),
    ("&&", 1),
    ("==", 2),
    ("!=", 2),
    ("<=", 3),
    (">=", 3),
    ("<", 3),
    (">", 3),
    ("+", 4),
    ("-", 4),
    ("*", 5),
    ("/", 5),
    ("%", 5),
];

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: u32,
}

/// What ends a template.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    /// The end of the text: a string of JSON syntax, decoded already.
    Text,
    /// A quote: a string inside an expression, with HCL's own escapes.
    Quote,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn next_char(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// Takes a token after white space and comments.
    fn token(&mut self, token: &str) -> bool {
        self.space();
        self.take(token)
    }

    fn expect(&mut self, token: &str) -> Parsed<()> {
        if self.token(token) { Ok(()) } else { Err(NotAnExpression) }
    }

    fn space(&mut self) {
        // Most tokens follow each other directly.
        if self.text.as_bytes().get(self.at).is_some_and(|next| next.is_ascii_alphanumeric()) {
            return;
        }
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with('#') || trimmed.starts_with("//") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                self.at += trimmed.find("*/").map_or(trimmed.len(), |end| end + 2);
            } else {
                return;
            }
        }
    }

    fn end(&mut self) -> Parsed<()> {
        self.space();
        if self.rest().is_empty() { Ok(()) } else { Err(NotAnExpression) }
    }

    fn expression(&mut self) -> Parsed<Expr> {
        if self.depth == DEPTH {
            return Err(NotAnExpression);
        }
        self.depth += 1;
        let condition = self.binary(0)?;
        let expression = if self.token("?") {
            let yes = self.expression()?;
            self.expect(":")?;
            let no = self.expression()?;
            Expr::Conditional(Box::new([condition, yes, no]))
        } else {
            condition
        };
        self.depth -= 1;
        Ok(expression)
    }

    /// Operands joined by operators that bind at least as tightly as `loosest` (precedence climbing).
    fn binary(&mut self, loosest: u8) -> Parsed<Expr> {
        let mut left = self.unary()?;
        while let Some((operator, binding)) = self.operator(loosest) {
            let right = self.binary(binding + 1)?;
            left = Expr::Binary(operator, Box::new([left, right]));
        }
        Ok(left)
    }

    fn operator(&mut self, loosest: u8) -> Option<(&'static str, u8)> {
        self.space();
        let rest = self.rest();
        let (operator, binding) =
            BINARY.into_iter().find(|(operator, _)| rest.starts_with(operator))?;
        if binding < loosest {
            return None;
        }
        self.at += operator.len();
        Some((operator, binding))
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let mut signs = Vec::new();
        loop {
            self.space();
            if self.take("!") {
                signs.push('!');
            } else if self.take("-") {
                signs.push('-');
            } else {
                break;
            }
            if signs.len() > DEPTH as usize {
                return Err(NotAnExpression);
            }
        }
        let operand = self.postfix()?;
        Ok(signs.into_iter().rev().fold(operand, |inner, sign| Expr::Unary(sign, Box::new(inner))))
    }

    fn postfix(&mut self) -> Parsed<Expr> {
        let primary = self.primary()?;
        let operators = self.operators()?;
        Ok(match primary {
            Expr::Traversal(root, _) => Expr::Traversal(root, operators),
            primary if operators.is_empty() => primary,
            primary => Expr::Access(Box::new(primary), operators),
        })
    }

    fn operators(&mut self) -> Parsed<Vec<Operator>> {
        let mut operators = Vec::new();
        loop {
            // White space never stands before an operator in what Terraform's formatter writes, but it may.
            let before = self.at;
            self.space();
            if self.rest().starts_with("...") {
                self.at = before;
                return Ok(operators);
            }
            if self.take(".") {
                self.space();
                if self.take("*") {
                    operators.push(Operator::Splat);
                } else if let Some(number) = self.digits() {
                    operators.push(Operator::Index(Expr::Number(number)));
                } else {
                    operators.push(Operator::Attribute(self.identifier()?));
                }
            } else if self.take("[") {
                if self.token("*") {
                    operators.push(Operator::Splat);
                } else {
                    operators.push(Operator::Index(self.expression()?));
                }
                self.expect("]")?;
            } else {
                self.at = before;
                return Ok(operators);
            }
        }
    }

    fn primary(&mut self) -> Parsed<Expr> {
        self.space();
        match self.next_char().ok_or(NotAnExpression)? {
            '"' => {
                self.at += 1;
                Ok(Expr::Template(self.nested_template()?))
            }
            '(' => {
                self.at += 1;
                let inner = self.expression()?;
                self.expect(")")?;
                // In brackets a name is a value: `{(key) = 1}`.
                Ok(Expr::Access(Box::new(inner), Vec::new()))
            }
            '[' => {
                self.at += 1;
                if let Some(each) = self.for_expression("]")? {
                    return Ok(each);
                }
                Ok(Expr::List(self.items("]")?))
            }
            '{' => {
                self.at += 1;
                if let Some(each) = self.for_expression("}")? {
                    return Ok(each);
                }
                self.object()
            }
            digit if digit.is_ascii_digit() => self.number(),
            _ => self.name(),
        }
    }

    fn nested_template(&mut self) -> Parsed<Template> {
        if self.depth == DEPTH {
            return Err(NotAnExpression);
        }
        self.depth += 1;
        let template = self.template(Ending::Quote)?;
        self.depth -= 1;
        Ok(template)
    }

    fn name(&mut self) -> Parsed<Expr> {
        let mut name = self.identifier()?;
        while self.take("::") {
            name.push_str("::");
            name.push_str(&self.identifier()?);
        }
        let before = self.at;
        if self.token("(") {
            return Ok(Expr::Call(name, self.items(")")?));
        }
        self.at = before;
        match name.as_str() {
            function if function.contains("::") => Err(NotAnExpression),
            "null" => Ok(Expr::Null),
            "true" => Ok(Expr::Bool(true)),
            "false" => Ok(Expr::Bool(false)),
            _ => Ok(Expr::Traversal(name, Vec::new())),
        }
    }

    fn items(&mut self, closing: &str) -> Parsed<Vec<Expr>> {
        let mut items = Vec::new();
        while !self.token(closing) {
            items.push(self.expression()?);
            self.token("...");
            if !self.token(",") {
                self.expect(closing)?;
                break;
            }
        }
        Ok(items)
    }

    fn object(&mut self) -> Parsed<Expr> {
        let mut entries = Vec::new();
        while !self.token("}") {
            let key = self.expression()?;
            if !self.token("=") {
                self.expect(":")?;
            }
            entries.push((key, self.expression()?));
            // A new line separates entries too, and white space has been skipped by now.
            self.token(",");
        }
        Ok(Expr::Object(entries))
    }

    /// What follows the bracket of a `for`; `None`, and nothing taken, if none does.
    fn for_expression(&mut self, closing: &str) -> Parsed<Option<Expr>> {
        let before = self.at;
        self.space();
        if !self.keyword("for") {
            self.at = before;
            return Ok(None);
        }
        let mut names = vec![self.identifier()?];
        if self.token(",") {
            names.push(self.identifier()?);
        }
        self.space();
        if !self.keyword("in") {
            return Err(NotAnExpression);
        }
        let collection = self.expression()?;
        self.expect(":")?;
        let first = self.expression()?;
        let (key, value) =
            if self.token("=>") { (Some(first), self.expression()?) } else { (None, first) };
        let grouped = self.token("...");
        self.space();
        let condition = if self.keyword("if") { Some(self.expression()?) } else { None };
        self.expect(closing)?;
        Ok(Some(Expr::For(Box::new(For { names, collection, key, value, condition, grouped }))))
    }

    fn keyword(&mut self, word: &str) -> bool {
        let followed = self.rest().strip_prefix(word).and_then(|rest| rest.chars().next());
        followed.is_some_and(|next| !is_name_character(next)) && self.take(word)
    }

    fn identifier(&mut self) -> Parsed<String> {
        self.space();
        let rest = self.rest();
        let ascii = rest.bytes().take_while(|&next| is_ascii_name_character(next)).count();
        // Nearly all names are ASCII; what follows may still be a letter.
        let length = match rest.as_bytes().get(ascii) {
            Some(next) if !next.is_ascii() => rest.find(|next| !is_name_character(next)),
            _ => Some(ascii),
        };
        let name = rest.get(..length.unwrap_or(rest.len())).unwrap_or_default();
        if !name.starts_with(|first: char| first.is_alphabetic() || first == '_') {
            return Err(NotAnExpression);
        }
        self.at += name.len();
        Ok(name.to_owned())
    }

    fn digits(&mut self) -> Option<String> {
        let rest = self.rest();
        let length = rest.find(|next: char| !next.is_ascii_digit()).unwrap_or(rest.len());
        let digits = rest.get(..length).filter(|digits| !digits.is_empty())?;
        self.at += length;
        Some(digits.to_owned())
    }

    fn number(&mut self) -> Parsed<Expr> {
        let start = self.at;
        self.digits().ok_or(NotAnExpression)?;
        let whole = self.at;
        if self.take(".") && self.digits().is_none() {
            self.at = whole;
        }
        let fraction = self.at;
        if (self.take("e") || self.take("E")) && {
            let _ = self.take("+") || self.take("-");
            self.digits().is_none()
        } {
            self.at = fraction;
        }
        Ok(Expr::Number(self.text.get(start..self.at).unwrap_or_default().to_owned()))
    }

    fn template(&mut self, ending: Ending) -> Parsed<Template> {
        let mut parts = Vec::new();
        let mut text = String::new();
        loop {
            let Some(next) = self.next_char() else {
                if ending == Ending::Quote {
                    return Err(NotAnExpression);
                }
                break;
            };
            if self.take("$${") {
                text.push_str("${");
            } else if self.take("%%{") {
                text.push_str("%{");
            } else if self.take("${") {
                push_text(&mut parts, &mut text);
                parts.push(self.interpolation()?);
            } else if self.take("%{") {
                push_text(&mut parts, &mut text);
                parts.push(self.directive()?);
            } else if ending == Ending::Quote && next == '"' {
                self.at += 1;
                break;
            } else if ending == Ending::Quote && next == '\\' {
                self.at += 1;
                text.push(self.escape()?);
            } else {
                // The character itself, and all up to the next that may mean something.
                let rest = self.rest().get(next.len_utf8()..).unwrap_or_default().as_bytes();
                let special = match ending {
                    Ending::Text => memchr::memchr2(b'$', b'%', rest),
                    Ending::Quote => {
                        rest.iter().position(|next| matches!(next, b'$' | b'%' | b'"' | b'\\'))
                    }
                };
                let plain = special.unwrap_or(rest.len());
                let end = self.at + next.len_utf8() + plain;
                text.push_str(self.text.get(self.at..end).unwrap_or_default());
                self.at = end;
            }
        }
        if parts.is_empty() || !text.is_empty() {
            parts.push(Part::Text(text));
        }
        Ok(Template { parts })
    }

    fn interpolation(&mut self) -> Parsed<Part> {
        self.take("~");
        let start = self.at;
        let expression = self.expression()?;
        let source = self.text.get(start..self.at).unwrap_or_default().trim().to_owned();
        self.space();
        self.take("~");
        self.expect("}")?;
        Ok(Part::Interpolation { expression, source })
    }

    fn directive(&mut self) -> Parsed<Part> {
        self.take("~");
        self.space();
        let mut expressions = Vec::new();
        if self.keyword("if") {
            expressions.push(self.expression()?);
        } else if self.keyword("for") {
            self.identifier()?;
            if self.token(",") {
                self.identifier()?;
            }
            self.space();
            if !self.keyword("in") {
                return Err(NotAnExpression);
            }
            expressions.push(self.expression()?);
        } else if !["else", "endif", "endfor"].contains(&self.identifier()?.as_str()) {
            return Err(NotAnExpression);
        }
        self.token("~");
        self.expect("}")?;
        Ok(Part::Directive(expressions))
    }

    fn escape(&mut self) -> Parsed<char> {
        let escaped = self.next_char().ok_or(NotAnExpression)?;
        self.at += escaped.len_utf8();
        match escaped {
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            '"' | '\\' => Ok(escaped),
            'u' | 'U' => {
                let length = if escaped == 'u' { 4 } else { 8 };
                let digits = self.rest().get(..length).ok_or(NotAnExpression)?;
                self.at += length;
                u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).ok_or(NotAnExpression)
            }
            _ => Err(NotAnExpression),
        }
    }
}

fn push_text(parts: &mut Vec<Part>, text: &mut String) {
    if !text.is_empty() {
        parts.push(Part::Text(std::mem::take(text)));
    }
}

fn is_ascii_name_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn is_name_character(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn references(text: &str) -> Vec<String> {
        Template::parse(text).unwrap().references().iter().map(Reference::to_string).collect()
    }

    #[test]
    fn finds_references_wherever_they_stand() {
        for (template, expected) in [
            ("plain", vec![]),
            ("$${aws_vpc.main.id} %%{if x}", vec![]),
            ("${aws_kms_key.main[0].arn}", vec!["aws_kms_key.main[0].arn"]),
            (r#"${module.a["x"].out}"#, vec![r#"module.a["x"].out"#]),
            ("${data.aws_vpc.main.id}-${var.a.b}", vec!["data.aws_vpc.main.id", "var.a.b"]),
            ("${aws_subnet.s[*].id}", vec!["aws_subnet.s[*].id"]),
            ("${aws_subnet.s.*.id}", vec!["aws_subnet.s[*].id"]),
            ("${aws_subnet.s[count.index].id}", vec!["aws_subnet.s[*].id", "count.index"]),
            ("${aws_subnet.s[var.n].id}", vec!["aws_subnet.s[*].id", "var.n"]),
            (r#"${format("aws_vpc.main.id %s", aws_vpc.other.id)}"#, vec!["aws_vpc.other.id"]),
            (
                r#"${var.x ? "a-${aws_vpc.a.id}" : local.b}"#,
                vec!["var.x", "aws_vpc.a.id", "local.b"],
            ),
            (
                r#"${[for s in aws_subnet.s : s.id if s.tags.x == var.y]}"#,
                vec!["aws_subnet.s", "var.y"],
            ),
            (r#"${{for k, v in var.m : k => v.arn}}"#, vec!["var.m"]),
            (
                r#"${jsonencode({Resource = aws_vpc.a.arn, (local.k) : [1, "x"]})}"#,
                vec!["aws_vpc.a.arn", "local.k"],
            ),
            ("%{ if var.on ~} yes ${aws_vpc.a.id} %{ endif }", vec!["var.on", "aws_vpc.a.id"]),
            ("${!var.a && -var.b >= 3 || (var.c).d == null}", vec!["var.a", "var.b", "var.c"]),
            ("${provider::aws::arn_parse(aws_vpc.a.arn).region}", vec!["aws_vpc.a.arn"]),
            (
                "${merge(var.a, {\n  x = local.b # comment\n  y = 1.5e3\n}, var.list...)}",
                vec!["var.a", "local.b", "var.list"],
            ),
            ("${aws_vpc.a-b.id}", vec!["aws_vpc.a-b.id"]),
            ("${~ var.a ~}", vec!["var.a"]),
        ] {
            assert_eq!(references(template), expected, "{template}");
        }
    }

    #[test]
    fn what_is_no_expression_is_an_error() {
        for wrong in [
            "${",
            "${}",
            "${a b}",
            "${var.}",
            "${\"x}",
            "${f(}",
            "${a ? b}",
            "%{ while x }",
            "${[for x in y]}",
        ] {
            assert_eq!(Template::parse(wrong), Err(NotAnExpression), "{wrong}");
        }
        assert_eq!(
            Template::parse(&format!("${{{}1{}}}", "(".repeat(10_000), ")".repeat(10_000))),
            Err(NotAnExpression)
        );
        assert_eq!(Template::parse(&format!("${{{}1}}", "-".repeat(10_000))), Err(NotAnExpression));
        assert_eq!(Template::parse(&"${\"".repeat(10_000)), Err(NotAnExpression));
    }

    #[test]
    fn a_lone_interpolation_is_told_from_text_around_one() {
        assert!(Template::parse("${var.a}").unwrap().lone().is_some());
        assert!(Template::parse("${var.a} ").unwrap().lone().is_none());
        assert!(Template::parse("${var.a}${var.b}").unwrap().lone().is_none());
    }

    proptest! {
        #[test]
        fn escaped_text_is_itself(text in r"([${%}a-c]|\PC){0,30}") {
            // `$${` in the source text is an escape already, and has no escaped form that leads back to it.
            prop_assume!(!text.contains("$${") && !text.contains("%%{"));
            let template = Template::parse(&escape(&text)).unwrap();
            prop_assert_eq!(template.literal(), text);
            prop_assert!(template.references().is_empty());
        }

        #[test]
        fn no_text_makes_parsing_panic(text in r#"(\$\{|%\{|[a-c.]|\[|\]|"|[?:(){}*~]|for |in |if |=>|\\|\PC){0,40}"#) {
            let _ = (Template::parse(&text), Expr::parse(&text));
        }
    }
}
