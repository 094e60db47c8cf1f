//! Keeping text from being taken for something else.

use std::fmt::Write;

/// A text on one line that a terminal shows as it is: control characters, and those that turn the direction of writing
/// round or can't be seen, are written as escapes.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => shown.extend(character.escape_unicode()),
            character if character.is_control() => shown.extend(character.escape_default()),
            character => shown.push(character),
        }
    }
    shown
}

/// At most `limit` characters of a text; what is cut shows as `…`.
#[must_use]
pub fn clip(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some(_) => text.chars().take(limit.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// Text or an attribute's value in XML 1.0. What XML can't hold becomes U+FFFD.
#[must_use]
pub fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // Parsers turn these into spaces or `\n` unless they are written as references.
            '\t' | '\n' | '\r' => reference(&mut escaped, character),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
    }
    escaped
}

/// Text on one line of Markdown, in a table too, that means nothing to Markdown, HTML or GitHub's mentions.
pub(crate) fn markdown(text: &str) -> String {
    let text = printable(text);
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            // A zero-width space keeps GitHub from notifying whoever has that name.
            '@' => escaped.push_str("&#64;&#8203;"),
            // Character references never are markup: https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references
            '&' | '<' | '>' | '\\' | '`' | '*' | '_' | '[' | ']' | '{' | '}' | '|' | '~' | '#'
            | '$' | '!' => {
                reference(&mut escaped, character);
            }
            character => escaped.push(character),
        }
    }
    escaped
}

/// The message of a workflow command.
///
/// The runner undoes just these: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
pub(crate) fn command(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value in a workflow command.
pub(crate) fn command_property(text: &str) -> String {
    command(text).replace(':', "%3A").replace(',', "%2C")
}

fn reference(escaped: &mut String, character: char) {
    // Writing into a String does not fail.
    let _ = write!(escaped, "&#{};", u32::from(character));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_shows_text_and_does_not_obey_it() {
        assert_eq!(printable("a[\"b\"]\n\u{1b}[31mü\u{202e}"), "a[\"b\"]\\n\\u{1b}[31mü\\u{202e}");
    }

    #[test]
    fn clipped_texts_say_so() {
        assert_eq!((clip("äöü", 3), clip("äöüß", 3)), ("äöü".to_owned(), "äö…".to_owned()));
    }

    #[test]
    fn xml_holds_any_text() {
        assert_eq!(xml("<a b=\"&\">\n\u{1b}"), "&lt;a b=&quot;&amp;&quot;&gt;&#10;\u{fffd}");
    }

    #[test]
    fn markdown_means_nothing() {
        assert_eq!(
            markdown("a|b <x> `c` @me\n"),
            "a&#124;b &#60;x&#62; &#96;c&#96; &#64;&#8203;me&#92;n"
        );
    }

    #[test]
    fn commands_stay_on_their_line() {
        assert_eq!(command("50%, a:b\n::error::"), "50%25, a:b%0A::error::");
        assert_eq!(command_property("50%, a:b\r\n"), "50%25%2C a%3Ab%0D%0A");
    }
}
