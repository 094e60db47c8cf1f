//! A walk over all expressions of a source, in one pass over its text.

use crate::expression;
use crate::json::{Json, unescape};
use crate::path::StepRef;
use crate::scan::{Cursor, Malformed};
use crate::source::{Leaf, Source};

/// How deep blocks and collections are followed.
const DEPTH: usize = 64;

impl<'a> Source<'a> {
    /// Visits every expression here and below, each with the steps that lead to it. Where the text ends to be JSON, an
    /// expression that cannot be read stands for the rest.
    pub(crate) fn visit(self, visit: &mut dyn FnMut(&[StepRef<'a>], Leaf<'a>)) {
        let mut visitor =
            Visitor { cursor: Cursor::new(self.json().text()), path: Vec::new(), visit };
        let walked = match self {
            Self::Document(_) => visitor.document(),
            Self::Plan(_) => visitor.plan(),
        };
        if walked.is_err() {
            (visitor.visit)(&visitor.path, Leaf::Template(Json::new(b"")));
        }
    }
}

struct Visitor<'a, 'v> {
    cursor: Cursor<'a>,
    path: Vec<StepRef<'a>>,
    visit: &'v mut dyn FnMut(&[StepRef<'a>], Leaf<'a>),
}

impl<'a> Visitor<'a, '_> {
    /// A value in JSON syntax: every string is a template.
    fn document(&mut self) -> Result<(), Malformed> {
        match self.cursor.peek() {
            Some(b'{' | b'[') if self.path.len() < DEPTH => self.container(Self::document),
            Some(b'"') => {
                let json = Json::new(self.cursor.value()?);
                if may_be_template(json) {
                    (self.visit)(&self.path, Leaf::Template(json));
                }
                Ok(())
            }
            _ => self.cursor.value().map(drop),
        }
    }

    /// A block of plan JSON, an expression, or a list of these.
    ///
    /// An expression is an object of `constant_value` and `references` alone, so that the first member tells it from a
    /// block.
    fn plan(&mut self) -> Result<(), Malformed> {
        match self.cursor.peek() {
            Some(b'{') if self.path.len() < DEPTH => {
                let mut ahead = self.cursor.clone();
                let mut place = ahead.open(b'{')?;
                if !ahead.more(b'}', &mut place)? {
                    return self.cursor.value().map(drop);
                }
                match ahead.key()? {
                    b"constant_value" => {
                        self.cursor = ahead;
                        self.document()?;
                    }
                    b"references" if ahead.peek() == Some(b'[') => {
                        let references = Json::new(ahead.value()?);
                        self.cursor = ahead;
                        if self.cursor.more(b'}', &mut place)? {
                            self.constant(references)?;
                        } else {
                            (self.visit)(&self.path, Leaf::References(references));
                            return Ok(());
                        }
                    }
                    _ => return self.container(Self::plan),
                }
                while self.cursor.more(b'}', &mut place)? {
                    self.cursor.key()?;
                    self.cursor.value()?;
                }
                Ok(())
            }
            Some(b'[') if self.path.len() < DEPTH => self.container(Self::plan),
            _ => self.cursor.value().map(drop),
        }
    }

    /// The second member of an expression whose first is its references.
    fn constant(&mut self, references: Json<'a>) -> Result<(), Malformed> {
        if self.cursor.key()? == b"constant_value" {
            return self.document();
        }
        (self.visit)(&self.path, Leaf::References(references));
        self.cursor.value().map(drop)
    }

    fn container(&mut self, item: fn(&mut Self) -> Result<(), Malformed>) -> Result<(), Malformed> {
        if self.cursor.peek() == Some(b'[') {
            let mut place = self.cursor.open(b'[')?;
            let mut index = 0;
            while self.cursor.more(b']', &mut place)? {
                self.path.push(StepRef::Index(index));
                item(self)?;
                self.path.pop();
                index += 1;
            }
            return Ok(());
        }
        let mut place = self.cursor.open(b'{')?;
        while self.cursor.more(b'}', &mut place)? {
            let at = self.cursor.position();
            let key = self.cursor.key()?;
            if key == b"//" {
                self.cursor.value()?;
                continue;
            }
            let key = unescape(key).ok_or(Malformed { at, expected: Some("a key") })?;
            self.path.push(StepRef::Key(key));
            item(self)?;
            self.path.pop();
        }
        Ok(())
    }
}

/// Whether a string in JSON syntax may be a template, without decoding it.
fn may_be_template(json: Json<'_>) -> bool {
    let text = json.text();
    memchr::memchr3_iter(b'$', b'%', b'\\', text).any(|at| match text.get(at..at + 2) {
        Some(b"${" | b"%{") => true,
        // An escape may stand for either character.
        Some(b"\\u") => json.as_str().is_some_and(|text| expression::is_template(&text)),
        _ => false,
    })
}
