//! Texts that come from plans: anybody may have written them.

use std::borrow::Cow;

/// A text without characters that are no part of XML, that end a line, or that turn the direction of writing.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(|character| replacement(character).is_none()) {
        return Cow::Borrowed(text);
    }
    text.chars().map(|character| replacement(character).unwrap_or(character)).collect()
}

/// What stands for a character that must not be written.
///
/// <https://www.w3.org/TR/xml/#charsets>
fn replacement(character: char) -> Option<char> {
    match character {
        '\n' | '\r' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => {
            Some('\u{fffd}')
        }
        '\u{fffe}' | '\u{ffff}' => Some('\u{fffd}'),
        _ if character.is_control() => Some('\u{fffd}'),
        _ => None,
    }
}

/// A text of at most `limit` characters, with an ellipsis where it was cut.
pub(crate) fn shorten(text: &str, limit: usize) -> Cow<'_, str> {
    match text.char_indices().nth(limit) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let kept: String = text.chars().take(limit.saturating_sub(1)).collect();
            Cow::Owned(format!("{}…", kept.trim_end()))
        }
    }
}

/// A font: how large it is, in pixels, and how bold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Font {
    pub(crate) size: i32,
    pub(crate) weight: Weight,
}

/// How bold a font is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

impl Font {
    pub(crate) const fn regular(size: i32) -> Self {
        Self { size, weight: Weight::Regular }
    }

    pub(crate) const fn bold(size: i32) -> Self {
        Self { size, weight: Weight::Bold }
    }

    /// How wide a text is at most, in pixels.
    pub(crate) fn width(self, text: &str) -> i32 {
        (text.chars().map(|character| self.advance(character)).sum::<i32>() + 999) / 1000
    }

    /// A text that is at most so wide, with an ellipsis where it was cut.
    pub(crate) fn fit(self, text: &str, limit: i32) -> Cow<'_, str> {
        let text = shorten(text, 400);
        if self.width(&text) <= limit {
            return text;
        }
        let mut kept = 0;
        let mut taken = self.advance('…');
        for (at, character) in text.char_indices() {
            taken += self.advance(character);
            if taken > limit * 1000 {
                break;
            }
            kept = at + character.len_utf8();
        }
        Cow::Owned(format!("{}…", text.get(..kept).unwrap_or_default().trim_end()))
    }

    /// How far a character moves the pen, in thousandths of a pixel.
    fn advance(self, character: char) -> i32 {
        let stretch = match self.weight {
            Weight::Regular => 100,
            Weight::Bold => 114,
        };
        advance(character) * self.size * stretch / 100
    }
}

/// How far a character moves the pen, in thousandths of the font's size, in the widest of the common system fonts.
fn advance(character: char) -> i32 {
    match character {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 300,
        ' ' | 'f' | 't' | 'r' | 'I' | '(' | ')' | '[' | ']' | '/' | '-' | '"' | '`' => 390,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 930,
        'A'..='Z' | '&' | '+' | '<' | '>' | '=' | '~' | '#' | '×' => 720,
        _ if character.is_ascii() => 610,
        '·' => 350,
        _ => 1000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_fits() {
        let font = Font::regular(12);
        assert_eq!(font.fit("transactions", 1000), "transactions");
        for limit in [20, 50, 100] {
            let cut = font.fit("aws_vpc_security_group_ingress_rule", limit);
            assert!(cut.ends_with('…') && font.width(&cut) <= limit, "{cut} {limit}");
        }
        assert!(Font::bold(12).width("transactions") > font.width("transactions"));
        assert_eq!(shorten("abcdef", 4), "abc…");
        assert_eq!(shorten("abcd", 4), "abcd");
    }

    #[test]
    fn control_characters_and_turns_of_direction_are_replaced() {
        assert_eq!(clean("a\nb\u{0}c\u{202e}d"), "a b\u{fffd}c\u{fffd}d");
        assert!(matches!(clean("plain"), Cow::Borrowed("plain")));
    }
}
