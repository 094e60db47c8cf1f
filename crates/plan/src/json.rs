//! JSON values as slices of the text that holds them.

use std::borrow::Cow;
use std::ops::Range;

use crate::error::ReadError;
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

    /// The string, if it is written without escapes.
    pub(crate) fn plain_text(self) -> Option<&'a str> {
        match self.text {
            [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => std::str::from_utf8(inner).ok(),
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

    /// Where the members of an object are; `None` for anything else, for text that is not JSON, and for objects that are
    /// too large to be worth it.
    pub(crate) fn index_members(self) -> Option<MemberIndex> {
        let mut members = Members::new(self);
        members.place?;
        let mut places = Vec::with_capacity(32);
        for member in members.by_ref() {
            let (key, _) = member.ok()?;
            // Escapes may spell a key in more than one way.
            if key.contains(&b'\\') {
                return None;
            }
            places.push(KeyPlace::of(key.as_ptr().addr() - self.text.as_ptr().addr(), key.len())?);
        }
        // The last member's value ends where the text does.
        let is_whole = self.text.ends_with(b"}") && members.cursor.end().is_ok();
        is_whole.then(|| MemberIndex(places.into_boxed_slice()))
    }

    /// What [`get`](Self::get) finds, by the index of the same object.
    pub(crate) fn get_by(self, index: &MemberIndex, key: &str) -> Option<Json<'a>> {
        let is_wanted = |place: &KeyPlace| {
            place.len() == key.len() && self.text.get(place.range()) == Some(key.as_bytes())
        };
        let at = index.0.iter().position(is_wanted)?;
        // What is between the quote that ends the key, and the one that begins the next key or the end of the object.
        let start = index.0.get(at)?.range().end + 1;
        let end = index.0.get(at + 1).map_or(self.text.len(), |next| next.start()) - 1;
        let value = self.text.get(start..end)?.trim_ascii().strip_prefix(b":")?.trim_ascii_start();
        Some(Self::new(value.strip_suffix(b",").map_or(value, <[u8]>::trim_ascii_end)))
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

/// Where in an object's text the names of its members are, for objects that are asked many times.
pub(crate) struct MemberIndex(Box<[KeyPlace]>);

/// Where a key is: its length, and its start in the bits above. There is one for each attribute of each resource.
struct KeyPlace(u32);

impl KeyPlace {
    const LENGTH_BITS: u32 = 8;

    /// `None` for a key that is too long or too far away.
    fn of(start: usize, length: usize) -> Option<Self> {
        let (start, length) = (u32::try_from(start).ok()?, u8::try_from(length).ok()?);
        let is_near = start.leading_zeros() >= Self::LENGTH_BITS;
        is_near.then_some(Self(start << Self::LENGTH_BITS | u32::from(length)))
    }

    fn start(&self) -> usize {
        (self.0 >> Self::LENGTH_BITS) as usize
    }

    fn len(&self) -> usize {
        (self.0 & u32::from(u8::MAX)) as usize
    }

    fn range(&self) -> Range<usize> {
        self.start()..self.start() + self.len()
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

/// Whether a key, quotes and all, may stand in a JSON text: cheaper than looking for it key by key.
pub(crate) fn may_hold(json: &[u8], key: &[u8]) -> bool {
    // An escape may spell any letter of the key.
    [key, b"\\u00"].iter().any(|part| memchr::memmem::find(json, part).is_some())
}

/// Decodes what is between a string's quotes. `None` if it is not UTF-8 or holds an escape that JSON lacks.
pub(crate) fn unescape(inner: &[u8]) -> Option<Cow<'_, str>> {
    let text = std::str::from_utf8(inner).ok()?;
    let next_escape = |text: &str| scan::next_of(text.as_bytes(), 0, [b'\\'; 2]);
    if next_escape(text).is_none() {
        return Some(Cow::Borrowed(text));
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escape)) = next_escape(rest).map(|at| rest.split_at(at)) {
        decoded.push_str(plain);
        let mut characters = escape.chars();
        characters.next();
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
    let mut rest = text;
    // All that needs an escape is one byte long.
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | ..b' ')) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        match special.as_bytes().first() {
            Some(b'"') => out.push_str("\\\""),
            Some(b'\\') => out.push_str("\\\\"),
            Some(b'\n') => out.push_str("\\n"),
            Some(b'\r') => out.push_str("\\r"),
            Some(b'\t') => out.push_str("\\t"),
            Some(control) => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{control:04x}");
            }
            None => {}
        }
        rest = special.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
    out.push('"');
}

fn code_unit(characters: &mut std::str::Chars<'_>) -> Option<u32> {
    let mut unit = 0;
    for _ in 0..4 {
        unit = unit * 16 + characters.next()?.to_digit(16)?;
    }
    Some(unit)
}

/// Walks over one string and decodes it.
pub(crate) fn string<'a>(cursor: &mut Cursor<'a>) -> Result<Cow<'a, str>, ReadError> {
    decoded(cursor.string()?)
}

/// The text between a string's quotes.
pub(crate) fn decoded(raw: &[u8]) -> Result<Cow<'_, str>, ReadError> {
    unescape(raw).ok_or(ReadError::NotJson { at: 0, expected: "UTF-8 and JSON's own escapes" })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value as Tree;

    use super::*;

    /// Values with everything that makes skipping hard: quotes, backslashes and brackets in strings, long and short.
    pub(crate) fn tree() -> impl Strategy<Value = Tree> {
        let text = prop_oneof![
            r#"[a-c"\\{}\[\]:, ]{0,12}"#,
            r#"[\\"]{0,90}"#,
            "\\PC{0,40}",
            "[a-z]{60,70}"
        ];
        let leaf = prop_oneof![
            Just(Tree::Null),
            any::<bool>().prop_map(Tree::from),
            any::<i64>().prop_map(Tree::from),
            any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Tree::from),
            text.clone().prop_map(Tree::from),
        ];
        leaf.prop_recursive(5, 80, 8, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..8).prop_map(Tree::from),
                proptest::collection::btree_map(text.clone(), inner, 0..8)
                    .prop_map(|map| Tree::Object(map.into_iter().collect())),
            ]
        })
    }

    fn agree(json: Json<'_>, tree: &Tree) {
        match tree {
            Tree::Null => assert!(json.is_null()),
            Tree::Bool(truth) => assert_eq!(json.as_bool(), Some(*truth)),
            Tree::Number(number) => {
                assert_eq!(json.kind(), JsonKind::Number);
                assert_eq!(json.as_f64(), number.as_f64());
                if let Some(whole) = number.as_u64() {
                    assert_eq!(json.as_u64(), Some(whole));
                }
            }
            Tree::String(text) => assert_eq!(json.as_str().as_deref(), Some(text.as_str())),
            Tree::Array(items) => {
                assert_eq!(json.elements().count(), items.len());
                for (index, item) in items.iter().enumerate() {
                    agree(json.index(index).unwrap(), item);
                }
            }
            Tree::Object(members) => {
                assert_eq!(json.members().count(), members.len());
                let index = json.index_members();
                for (key, member) in members {
                    agree(json.get(key).unwrap(), member);
                    if let Some(index) = &index {
                        assert_eq!(json.get_by(index, key), json.get(key));
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn navigation_agrees_with_a_tree(tree in tree(), pretty: bool) {
            let text = if pretty { serde_json::to_string_pretty(&tree) } else { serde_json::to_string(&tree) }.unwrap();
            let mut cursor = Cursor::new(text.as_bytes());
            let json = Json::new(cursor.value().unwrap());
            cursor.end().unwrap();
            agree(json, &tree);
        }

        #[test]
        fn a_truncated_value_is_noticed(tree in tree(), cut in 1_usize..40) {
            let text = serde_json::to_string(&Tree::from(vec![tree])).unwrap();
            let cut = text.len().saturating_sub(cut);
            prop_assert!(Cursor::new(&text.as_bytes()[..cut]).value().is_err());
        }

        #[test]
        fn written_strings_read_back(text: String) {
            let mut written = String::new();
            write_string(&text, &mut written);
            prop_assert_eq!(Json::new(written.as_bytes()).as_str().unwrap(), text.as_str());
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }

        #[test]
        fn no_bytes_make_navigation_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let json = Json::new(&bytes);
            let _ = (json.as_str(), json.as_u64(), json.as_f64(), json.members().count(), json.elements().count());
        }
    }

    #[test]
    fn numbers_and_truths_in_strings_count() {
        let json = |text: &'static str| Json::new(text.as_bytes());
        assert_eq!(json("\"5\"").as_u64(), Some(5));
        assert_eq!(json("1e+06").as_u64(), Some(1_000_000));
        assert_eq!(json("1.5").as_u64(), None);
        assert_eq!(json("-1").as_u64(), None);
        assert_eq!(json("\"true\"").as_bool(), Some(true));
        assert_eq!(json("\"yes\"").as_bool(), None);
        assert_eq!(json("\"nan\"").as_f64(), None);
    }

    #[test]
    fn the_first_of_repeated_keys_counts() {
        assert_eq!(Json::new(br#"{"a":1,"a":2}"#).get("a").unwrap().as_u64(), Some(1));
        assert_eq!(Json::new(br#"{"\u0061b":1}"#).get("ab").unwrap().as_u64(), Some(1));
    }

    #[test]
    fn surrogates_are_put_together() {
        assert_eq!(
            Json::new(br#""\ud83d\ude00 \ud83d.""#).as_str().unwrap(),
            "\u{1f600} \u{fffd}."
        );
    }
}
