//! Values that may be known, unknown or null, and beside that sensitive.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use crate::json::{Json, JsonKind, MemberIndex};
use crate::path::{AttrPath, StepRef, Steps};
use crate::scan::Malformed;

/// What is known of an attribute's value.
///
/// Navigation is lenient about what the kinds of input write differently: `[0]` of an object is the object, a key
/// of a list of one object is a key of that object. Every step keeps track of what is unknown and what is sensitive.
///
/// The value's text is reached through [`state`](Self::state) and the `as_` methods, for judging. `Debug` and
/// `Display` print it for people, and redact what is sensitive.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    json: Option<Json<'a>>,
    unknown: Mark<'a>,
    sensitive: Mark<'a>,
    /// Those of values that are asked for one member after the other.
    indices: Option<&'a Indices>,
}

/// The three states of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State<'a> {
    /// Known now. An object or a list may still hold unknown parts; navigate to them through [`Value`].
    Known(Json<'a>),
    /// Known after apply, or not worked out from this kind of input. Never to be taken for missing.
    Unknown,
    /// Not set.
    Null,
}

/// Marks laid over a value: `after_unknown`, `after_sensitive` and their like.
#[derive(Clone, Copy)]
enum Mark<'a> {
    None,
    All,
    Within(Json<'a>),
}

impl<'a> Value<'a> {
    /// A value that is not set.
    pub const NULL: Self =
        Self { json: None, unknown: Mark::None, sensitive: Mark::None, indices: None };
    /// A value that is not known.
    pub const UNKNOWN: Self = Self { unknown: Mark::All, ..Self::NULL };

    /// `json` under the marks of `unknown` and of `sensitive`; an empty text marks nothing.
    pub(crate) fn new(json: &'a [u8], unknown: &'a [u8], sensitive: &'a [u8]) -> Self {
        Self {
            json: (!json.is_empty()).then(|| Json::new(json)),
            unknown: Mark::new(unknown),
            sensitive: Mark::new(sensitive),
            indices: None,
        }
    }

    /// The same value, whose members will be looked up by these indices.
    pub(crate) fn indexed(self, indices: &'a Indices) -> Self {
        Self { indices: Some(indices), ..self }
    }

    /// A known value.
    pub(crate) fn known(json: Json<'a>) -> Self {
        Self { json: Some(json), ..Self::NULL }
    }

    /// Whether the value is known, unknown or null.
    pub fn state(self) -> State<'a> {
        match (self.unknown, self.json) {
            (Mark::All, _) => State::Unknown,
            (_, Some(json)) if !json.is_null() => State::Known(json),
            _ => State::Null,
        }
    }

    /// Whether the value itself is unknown. Parts of a known object or list may be unknown all the same.
    pub fn is_unknown(self) -> bool {
        self.state() == State::Unknown
    }

    /// Whether the value is not set.
    pub fn is_null(self) -> bool {
        self.state() == State::Null
    }

    /// Whether the value is known, in all its parts.
    pub fn is_wholly_known(self) -> bool {
        matches!(self.state(), State::Known(_)) && !self.unknown.marks_any()
    }

    /// Whether the value or a part of it is sensitive: to be judged, never printed.
    pub fn is_sensitive(self) -> bool {
        self.sensitive.marks_any()
    }

    /// The value at a path below this one, such as `rule[0].id`. A text that is no path yields unknown.
    pub fn get(self, path: &str) -> Value<'a> {
        let mut steps = Steps::new(path);
        steps.try_fold(self, |value, step| Some(value.step(&step?))).unwrap_or(Self::UNKNOWN)
    }

    /// The value at a path below this one.
    pub fn at(self, path: &AttrPath) -> Value<'a> {
        path.steps().iter().fold(self, |value, step| value.step(&StepRef::from(step)))
    }

    /// The known string.
    pub fn as_str(self) -> Option<Cow<'a, str>> {
        self.json()?.as_str()
    }

    /// The known Boolean; `"true"` and `"false"` count.
    pub fn as_bool(self) -> Option<bool> {
        self.json()?.as_bool()
    }

    /// The known whole number; a string that holds one counts.
    pub fn as_u64(self) -> Option<u64> {
        self.json()?.as_u64()
    }

    /// The known number; a string that holds one counts.
    pub fn as_f64(self) -> Option<f64> {
        self.json()?.as_f64()
    }

    /// The known value as Terraform would put it into a string: a string's text, a number's or a Boolean's digits.
    pub fn as_text(self) -> Option<Cow<'a, str>> {
        let json = self.json()?;
        match json.kind() {
            JsonKind::String => json.as_str(),
            JsonKind::Number | JsonKind::Bool => {
                std::str::from_utf8(json.text()).ok().map(Cow::Borrowed)
            }
            JsonKind::Null | JsonKind::Array | JsonKind::Object => None,
        }
    }

    /// How many elements or blocks there are: `None` if that is unknown, 0 if the value is not set, 1 for an object.
    pub fn len(self) -> Option<usize> {
        match self.state() {
            State::Unknown => None,
            State::Null => Some(0),
            State::Known(json) if json.kind() == JsonKind::Array => Some(json.elements().count()),
            State::Known(_) => Some(1),
        }
    }

    /// Whether there is surely nothing in it.
    pub fn is_empty(self) -> bool {
        self.len() == Some(0)
    }

    /// The elements of a list or a set, the blocks of a nested block.
    ///
    /// An object is one block. A list of unknown length yields one unknown element, so that whoever judges each
    /// element ends up undetermined; null yields none.
    pub fn elements(self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let (list, single) = match self.state() {
            State::Null => (None, None),
            State::Known(json) if json.kind() == JsonKind::Array => (Some(json), None),
            _ => (None, Some(self)),
        };
        let marks = self.unknown.elements().zip(self.sensitive.elements());
        let elements = list.into_iter().flat_map(Json::elements).zip(marks);
        let elements = elements.map(|(json, (unknown, sensitive))| Value {
            json: Some(json),
            unknown,
            sensitive,
            indices: None,
        });
        elements.chain(single)
    }

    /// The entries of an object or a map, unknown ones included; none if the value is not a known object.
    pub fn entries(self) -> impl Iterator<Item = (Cow<'a, str>, Value<'a>)> + use<'a> {
        let object = match self.state() {
            State::Known(json) if json.kind() == JsonKind::Object => Some(json),
            _ => None,
        };
        let known = object.into_iter().flat_map(Json::members);
        // Unknown members of an object are left out of it and appear among the marks only.
        let marks = match self.unknown {
            Mark::Within(marks) => object.map(|object| (object, marks)),
            Mark::None | Mark::All => None,
        };
        let unknown = marks.into_iter().flat_map(|(object, marks)| {
            marks
                .members()
                .filter(move |(key, mark)| mark.text() == b"true" && object.get(key).is_none())
        });
        known.map(|(key, json)| (key, Some(json))).chain(unknown.map(|(key, _)| (key, None))).map(
            move |(key, json)| {
                let step = StepRef::Key(Cow::Borrowed(&key));
                let value = Value {
                    json,
                    unknown: self.unknown.step(None, &step),
                    sensitive: self.sensitive.step(None, &step),
                    indices: None,
                };
                (key, value)
            },
        )
    }

    /// What is written at a path, or at as much of it as is there, whatever the marks say.
    pub(crate) fn nearest(self, path: &AttrPath) -> Option<Json<'a>> {
        let mut at = self.json?;
        let mut index = self.json_index();
        for step in path.steps() {
            match step_by(at, index.take(), &StepRef::from(step)) {
                Ok(Some(inner)) => at = inner,
                _ => break,
            }
        }
        Some(at)
    }

    fn json_index(self) -> Option<&'a MemberIndex> {
        self.indices?.json.get_or_init(|| self.json?.index_members()).as_ref()
    }

    fn unknown_index(self) -> Option<&'a MemberIndex> {
        let Mark::Within(marks) = self.unknown else { return None };
        self.indices?.unknown.get_or_init(|| marks.index_members()).as_ref()
    }

    pub(crate) fn json(self) -> Option<Json<'a>> {
        match self.state() {
            State::Known(json) => Some(json),
            State::Unknown | State::Null => None,
        }
    }

    pub(crate) fn step(self, step: &StepRef<'_>) -> Value<'a> {
        if matches!(self.unknown, Mark::All) {
            return Self { json: None, indices: None, ..self };
        }
        match self.json.map(|json| step_by(json, self.json_index(), step)).transpose() {
            Ok(json) => {
                let sensitive = self.sensitive.step(None, step);
                let json = json.flatten();
                // A known scalar cannot be marked unknown: most look-ups end without reading the marks.
                let scalar = json.is_some_and(|json| {
                    !matches!(json.kind(), JsonKind::Null | JsonKind::Array | JsonKind::Object)
                });
                let unknown =
                    if scalar { Mark::None } else { self.unknown.step(self.unknown_index(), step) };
                Self { json, unknown, sensitive, indices: None }
            }
            Err(Malformed { .. }) => Self { sensitive: Mark::All, ..Self::UNKNOWN },
        }
    }
}

/// Prints the value for people; what is sensitive is redacted, what is unknown or null is named so.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.state() {
            State::Unknown => f.write_str("(known after apply)"),
            State::Null => f.write_str("null"),
            State::Known(_) if self.is_sensitive() => f.write_str("(sensitive)"),
            State::Known(json) => f.write_str(&String::from_utf8_lossy(json.text())),
        }
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<'a> Mark<'a> {
    fn new(text: &'a [u8]) -> Self {
        match text {
            b"" | b"false" | b"null" | b"{}" | b"[]" => Self::None,
            b"true" => Self::All,
            text => Self::Within(Json::new(text)),
        }
    }

    /// The marks of a list's elements, without end.
    fn elements(self) -> impl Iterator<Item = Self> + use<'a> {
        let (list, rest) = match self {
            Self::Within(marks) => (Some(marks), Self::None),
            whole => (None, whole),
        };
        list.into_iter()
            .flat_map(Json::elements)
            .map(|mark| Self::new(mark.text()))
            .chain(std::iter::repeat(rest))
    }

    fn step(self, index: Option<&MemberIndex>, step: &StepRef<'_>) -> Self {
        match self {
            // `[true]` marks a single block as a whole: there is no object to look into.
            Self::Within(marks)
                if matches!(step, StepRef::Key(_))
                    && marks.single().is_some_and(|only| only.text() == b"true") =>
            {
                Self::All
            }
            Self::Within(marks) => match step_by(marks, index, step) {
                Ok(Some(mark)) => Self::new(mark.text()),
                Ok(None) => Self::None,
                Err(Malformed { .. }) => Self::All,
            },
            whole => whole,
        }
    }

    fn marks_any(self) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Within(marks) => marks.contains_true(),
        }
    }
}

/// Where the members of one value and of what marks unknown parts of it are, worked out when the first is asked for.
#[derive(Default)]
pub(crate) struct Indices {
    json: OnceLock<Option<MemberIndex>>,
    unknown: OnceLock<Option<MemberIndex>>,
}

/// [`step_into`] with the help of the value's index, if there is one.
pub(crate) fn step_by<'a>(
    json: Json<'a>,
    index: Option<&MemberIndex>,
    step: &StepRef<'_>,
) -> Result<Option<Json<'a>>, Malformed> {
    match (index, step) {
        (Some(index), StepRef::Key(key)) => Ok(json.get_by(index, key)),
        _ => step_into(json, step),
    }
}

/// One step into a value, lenient about single blocks (see [`Value`]).
fn step_into<'a>(json: Json<'a>, step: &StepRef<'_>) -> Result<Option<Json<'a>>, Malformed> {
    match (step, json.kind()) {
        (StepRef::Key(key), JsonKind::Array) => {
            match json.single().filter(|only| only.kind() == JsonKind::Object) {
                Some(block) => block.member(key),
                None => Ok(None),
            }
        }
        (StepRef::Key(key), _) => json.member(key),
        (StepRef::Index(0), JsonKind::Object) => Ok(Some(json)),
        (StepRef::Index(index), _) => json.element(*index),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value as Tree, json};

    use super::*;

    fn value<'a>(json: &'a str, unknown: &'a str, sensitive: &'a str) -> Value<'a> {
        Value::new(json.as_bytes(), unknown.as_bytes(), sensitive.as_bytes())
    }

    #[test]
    fn unknown_is_never_null() {
        let values = value(
            r#"{"a":null,"list":[null,"x"],"block":[null],"known":1}"#,
            r#"{"arn":true,"list":[true,false],"block":[true],"blocks":true,"deep":[{"x":true}]}"#,
            "{}",
        );
        for unknown in [
            "arn",
            "list[0]",
            "block[0].x",
            "block.x",
            "blocks",
            "blocks[3].x.y",
            "arn.x[0]",
            "deep[0].x",
        ] {
            assert!(values.get(unknown).is_unknown(), "{unknown}");
        }
        for null in ["a", "missing", "a.b", "missing[0].x", "known.x"] {
            assert!(values.get(null).is_null(), "{null}");
        }
        assert_eq!(values.get("list[1]").as_str().as_deref(), Some("x"));
        assert!(values.get("a..b").is_unknown());
        assert!(!values.is_wholly_known());
        assert!(values.get("known").is_wholly_known());
    }

    #[test]
    fn elements_carry_their_own_state() {
        let values = value(
            r#"{"l":[null,1],"o":{"k":1},"n":null}"#,
            r#"{"l":[true,false],"u":true}"#,
            r#"{"l":[false,true]}"#,
        );
        let list: Vec<_> = values.get("l").elements().collect();
        assert!(list[0].is_unknown() && !list[0].is_sensitive());
        assert_eq!(list[1].as_u64(), Some(1));
        assert!(list[1].is_sensitive());
        let unknown: Vec<_> = values.get("u").elements().collect();
        assert!(unknown.len() == 1 && unknown[0].is_unknown());
        assert_eq!(values.get("u").len(), None);
        assert_eq!(values.get("n").elements().count(), 0);
        assert_eq!(values.get("o").elements().next().unwrap().get("k").as_u64(), Some(1));
    }

    #[test]
    fn entries_name_unknown_members() {
        let values = value(r#"{"a":1}"#, r#"{"b":true,"c":{}}"#, "");
        let entries: Vec<_> =
            values.entries().map(|(key, value)| (key.into_owned(), value.is_unknown())).collect();
        assert_eq!(entries, [("a".to_owned(), false), ("b".to_owned(), true)]);
    }

    #[test]
    fn single_blocks_and_lists_of_one_are_alike() {
        let object = value(r#"{"v":{"status":"Enabled"}}"#, "", "");
        let list = value(r#"{"v":[{"status":"Enabled"}]}"#, "", "");
        for values in [object, list] {
            for path in ["v.status", "v[0].status"] {
                assert_eq!(values.get(path).as_str().as_deref(), Some("Enabled"), "{path}");
            }
            assert_eq!(values.get("v").len(), Some(1));
        }
    }

    #[test]
    fn broken_text_is_unknown() {
        assert!(value(r#"{"a":1,,"b":2}"#, "", "").get("b").is_unknown());
        assert!(value(r#"{"a":nope}"#, "", "").get("a").is_unknown());
    }

    #[test]
    fn sensitive_values_do_not_print() {
        let values = value(
            r#"{"password":"canary","o":{"p":"canary"}}"#,
            "",
            r#"{"password":true,"o":{"p":true}}"#,
        );
        for value in [
            values,
            values.get("password"),
            values.get("o"),
            values.get("o.p"),
            values.get("password").get("[0]"),
        ] {
            assert!(!format!("{value:?}{value}{:?}", value.state()).contains("canary"));
        }
        assert_eq!(values.get("password").as_str().as_deref(), Some("canary"));
    }

    /// A value with marks of the same shape: what is marked is null, as in a plan.
    fn marked() -> impl Strategy<Value = (Tree, Tree)> {
        let leaf = prop_oneof![
            Just((Tree::Null, json!(true))),
            Just((Tree::Null, json!(false))),
            (0_u32..9).prop_map(|number| (json!(number), json!(false))),
        ];
        leaf.prop_recursive(4, 40, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 2..5).prop_map(|items| {
                    let (values, marks): (Vec<_>, Vec<_>) = items.into_iter().unzip();
                    (Tree::from(values), Tree::from(marks))
                }),
                proptest::collection::btree_map("[a-d]", inner, 0..4).prop_map(|map| {
                    let mut values = serde_json::Map::new();
                    let mut marks = serde_json::Map::new();
                    for (key, (value, mark)) in map {
                        // Terraform leaves unknown members out, and marks of false too.
                        if mark != json!(true) {
                            values.insert(key.clone(), value);
                        }
                        if mark != json!(false) {
                            marks.insert(key, mark);
                        }
                    }
                    (Tree::from(values), Tree::from(marks))
                }),
            ]
        })
    }

    fn agree(value: Value<'_>, tree: Option<&Tree>, mark: Option<&Tree>) {
        if mark == Some(&json!(true)) {
            return assert!(value.is_unknown());
        }
        match tree {
            None | Some(Tree::Null) => assert!(value.is_null()),
            Some(Tree::Array(items)) => {
                assert_eq!(value.len(), Some(items.len()));
                for (index, (item, element)) in items.iter().zip(value.elements()).enumerate() {
                    let mark = mark.and_then(|mark| mark.get(index));
                    agree(value.step(&StepRef::Index(index)), Some(item), mark);
                    agree(element, Some(item), mark);
                }
            }
            Some(tree @ Tree::Object(_)) => {
                for key in ["a", "b", "c", "d"] {
                    agree(value.get(key), tree.get(key), mark.and_then(|mark| mark.get(key)));
                }
            }
            Some(tree) => assert_eq!(value.as_u64(), tree.as_u64()),
        }
    }

    proptest! {
        #[test]
        fn marks_are_laid_over_values((tree, marks) in marked()) {
            let (text, marks_text) = (tree.to_string(), marks.to_string());
            agree(value(&text, &marks_text, ""), Some(&tree), Some(&marks));
        }

        /// In well-formed text, spelled in any way, and in text that is damaged somewhere.
        #[test]
        fn an_index_finds_what_a_search_finds(
            (tree, marks) in marked(),
            sensitive in "[{}\",:a ]{0,6}",
            damage in proptest::option::of((0_usize..80, "[{}\\[\\]\",:\\\\a ]{0,2}")),
            pretty: bool,
        ) {
            let text = |tree: &Tree| {
                let written = if pretty { serde_json::to_string_pretty(tree) } else { serde_json::to_string(tree) };
                let mut text = written.unwrap().replace("\"b\"", "\"\\u0062\"");
                if let Some((at, replacement)) = &damage {
                    let at = *at.min(&(text.len() - 1));
                    text.replace_range(at..=at, replacement);
                }
                text
            };
            let (text, marks) = (text(&tree), text(&marks));
            let value = value(&text, &marks, &sensitive);
            let indices = Indices::default();
            let indexed = value.indexed(&indices);
            for step in ["a", "b", "c", "d", ""].map(|key| StepRef::Key(Cow::Borrowed(key))) {
                let (found, expected) = (indexed.step(&step), value.step(&step));
                prop_assert_eq!(found.state(), expected.state());
                prop_assert_eq!(found.is_sensitive(), expected.is_sensitive());
                prop_assert_eq!(found.is_wholly_known(), expected.is_wholly_known());
            }
            let first = StepRef::Index(0);
            prop_assert_eq!(indexed.step(&first).state(), value.step(&first).state());
        }
    }
}
