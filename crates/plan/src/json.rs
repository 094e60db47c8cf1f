//! JSON values as slices of the text that holds them.

use std::borrow::Cow;

use crate::scan::{self, Cursor, Malformed, Place};

/// One JSON value, as the text that stands for it. Nothing is decoded until it is asked for.
///
/// Values that are asked the wrong question answer `None`; text that turns out not to be JSON does too, except
/// through [`Value`](crate::Value), where it becomes unknown. Where a key is repeated the first one counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Json<'a> {
    text: &'a [u8],
}

/// The six kinds of JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are JSON's own names")]
pub enum JsonKind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

impl<'a> Json<'a> {
    /// The text of one whole value, without white space around it.
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text }
    }

    /// The value's own text.
    pub fn text(self) -> &'a [u8] {
        self.text
    }

    /// What kind of value this is.
    pub fn kind(self) -> JsonKind {
        match self.text.first() {
            Some(b'"') => JsonKind::String,
            Some(b'{') => JsonKind::Object,
            Some(b'[') => JsonKind::Array,
            Some(b't' | b'f') => JsonKind::Bool,
            Some(b'-' | b'0'..=b'9') => JsonKind::Number,
            _ => JsonKind::Null,
        }
    }

    /// Whether this is `null`.
    pub fn is_null(self) -> bool {
        self.kind() == JsonKind::Null
    }

    /// The string, borrowed unless it holds escapes.
    pub fn as_str(self) -> Option<Cow<'a, str>> {
        match self.text {
            [b'"', inner @ .., b'"'] => unescape(inner),
            _ => None,
        }
    }

    /// The Boolean; the strings `"true"` and `"false"` count, as Terraform converts them.
    pub fn as_bool(self) -> Option<bool> {
        match self.text {
            b"true" | b"\"true\"" => Some(true),
            b"false" | b"\"false\"" => Some(false),
            _ => None,
        }
    }

    /// The whole, not negative number; a string that holds one counts, as Terraform converts it.
    pub fn as_u64(self) -> Option<u64> {
        let text = self.number_text()?;
        text.parse().ok().or_else(|| {
            // Terraform writes 1e+06 for a million in some versions.
            let number: f64 = text.parse().ok()?;
            // Above 2^53 a float no longer holds every whole number.
            let exact = number >= 0.0 && number.fract() == 0.0 && number <= 9_007_199_254_740_992.0;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "checked to be exact just above"
            )]
            exact.then_some(number as u64)
        })
    }

    /// The number; a string that holds one counts, as Terraform converts it.
    pub fn as_f64(self) -> Option<f64> {
        self.number_text()?.parse().ok().filter(|number: &f64| number.is_finite())
    }

    fn number_text(self) -> Option<&'a str> {
        let text = match self.text {
            [b'"', inner @ .., b'"'] => inner,
            text => text,
        };
        if !matches!(text.first(), Some(b'-' | b'0'..=b'9')) {
            return None;
        }
        std::str::from_utf8(text).ok()
    }

    /// The member of an object.
    pub fn get(self, key: &str) -> Option<Json<'a>> {
        self.member(key).ok().flatten()
    }

    /// The element of an array.
    pub fn index(self, index: usize) -> Option<Json<'a>> {
        self.elements().nth(index)
    }

    /// An object's members in the order of the text; of any other value, none.
    pub fn members(self) -> impl Iterator<Item = (Cow<'a, str>, Json<'a>)> + use<'a> {
        Members::new(self).map_while(|member| {
            let (key, value) = member.ok()?;
            Some((unescape(key)?, value))
        })
    }

    /// An array's elements; of any other value, none.
    pub fn elements(self) -> impl Iterator<Item = Json<'a>> + use<'a> {
        Elements::new(self).map_while(Result::ok)
    }

    /// Whether the literal `true` stands anywhere in this value.
    pub(crate) fn contains_true(self) -> bool {
        scan::contains_true(self.text)
    }

    /// Like [`get`](Self::get), but tells text that is not JSON from a member that is not there.
    pub(crate) fn member(self, key: &str) -> Result<Option<Json<'a>>, Malformed> {
        for member in Members::new(self) {
            let (name, value) = member?;
            let same = if name.contains(&b'\\') {
                unescape(name).is_some_and(|name| name == key)
            } else {
                name == key.as_bytes()
            };
            if same {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// Like [`index`](Self::index), but tells text that is not JSON from an element that is not there.
    pub(crate) fn element(self, index: usize) -> Result<Option<Json<'a>>, Malformed> {
        Elements::new(self).nth(index).transpose()
    }

    /// The one element of an array that has just one.
    pub(crate) fn single(self) -> Option<Json<'a>> {
        let mut elements = self.elements();
        elements.next().filter(|_| elements.next().is_none())
    }
}

/// Shows the kind only: the text may be a secret.
impl std::fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Json({:?}, {} bytes)", self.kind(), self.text.len())
    }
}

struct Members<'a> {
    cursor: Cursor<'a>,
    place: Option<Place>,
}

impl<'a> Members<'a> {
    fn new(json: Json<'a>) -> Self {
        let mut cursor = Cursor::new(json.text);
        let place = cursor.open(b'{').ok();
        Self { cursor, place }
    }

    fn step(&mut self) -> Result<Option<(&'a [u8], Json<'a>)>, Malformed> {
        let Some(place) = &mut self.place else { return Ok(None) };
        if !self.cursor.more(b'}', place)? {
            return Ok(None);
        }
        let key = self.cursor.key()?;
        Ok(Some((key, Json::new(self.cursor.value()?))))
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Result<(&'a [u8], Json<'a>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.step().transpose();
        if !matches!(item, Some(Ok(_))) {
            self.place = None;
        }
        item
    }
}

struct Elements<'a> {
    cursor: Cursor<'a>,
    place: Option<Place>,
}

impl<'a> Elements<'a> {
    fn new(json: Json<'a>) -> Self {
        let mut cursor = Cursor::new(json.text);
        let place = cursor.open(b'[').ok();
        Self { cursor, place }
    }

    fn step(&mut self) -> Result<Option<Json<'a>>, Malformed> {
        let Some(place) = &mut self.place else { return Ok(None) };
        if !self.cursor.more(b']', place)? {
            return Ok(None);
        }
        Ok(Some(Json::new(self.cursor.value()?)))
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Json<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.step().transpose();
        if !matches!(item, Some(Ok(_))) {
            self.place = None;
        }
        item
    }
}

/// Decodes what is between a string's quotes. `None` if it is not UTF-8 or holds an escape that JSON lacks.
pub(crate) fn unescape(inner: &[u8]) -> Option<Cow<'_, str>> {
    let text = std::str::from_utf8(inner).ok()?;
    if !inner.contains(&b'\\') {
        return Some(Cow::Borrowed(text));
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escape)) = rest.split_once('\\') {
        decoded.push_str(plain);
        let mut characters = escape.chars();
        match characters.next()? {
            character @ ('"' | '\\' | '/') => decoded.push(character),
            'b' => decoded.push('\u{8}'),
            'f' => decoded.push('\u{c}'),
            'n' => decoded.push('\n'),
            'r' => decoded.push('\r'),
            't' => decoded.push('\t'),
            'u' => {
                let unit = code_unit(&mut characters)?;
                decoded.push(match unit {
                    0xd800..0xdc00 => {
                        let mut after = characters.clone();
                        match (after.next(), after.next(), code_unit(&mut after)) {
                            (Some('\\'), Some('u'), Some(low @ 0xdc00..0xe000)) => {
                                characters = after;
                                char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00))?
                            }
                            _ => char::REPLACEMENT_CHARACTER,
                        }
                    }
                    unit => char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER),
                });
            }
            _ => return None,
        }
        rest = characters.as_str();
    }
    decoded.push_str(rest);
    Some(Cow::Owned(decoded))
}

/// Appends `text` as a JSON string.
pub(crate) fn write_string(text: &str, out: &mut String) {
    use std::fmt::Write as _;
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            character => out.push(character),
        }
    }
    out.push('"');
}

fn code_unit(characters: &mut std::str::Chars<'_>) -> Option<u32> {
    let mut unit = 0;
    for _ in 0..4 {
        unit = unit * 16 + characters.next()?.to_digit(16)?;
    }
    Some(unit)
}
