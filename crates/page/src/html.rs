//! Markup under construction.

use std::fmt::{self, Display, Write};

use drstack_report::{printable, xml};

/// HTML that grows. Names of elements and attributes are literals of this crate; everything else is escaped on its way in,
/// so that no text of an input becomes markup.
#[derive(Default)]
pub(crate) struct Html(String);

/// An attribute's name and its value.
pub(crate) type Attribute<'a> = (&'static str, &'a str);

/// The heading of a table's column.
pub(crate) enum Column<'a> {
    Text(&'a str),
    Number(&'a str),
}

impl Html {
    /// Adds an element.
    pub(crate) fn element(
        &mut self,
        name: &'static str,
        attributes: &[Attribute<'_>],
        content: impl FnOnce(&mut Self),
    ) {
        self.begin(name, attributes, ">");
        content(self);
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
        // Lines keep the source readable; beside text they would show as spaces.
        if !PHRASING.contains(&name) {
            self.0.push('\n');
        }
    }

    /// Adds an element that has no content, such as `meta`.
    pub(crate) fn void(&mut self, name: &'static str, attributes: &[Attribute<'_>]) {
        self.begin(name, attributes, " />\n");
    }

    /// Adds text.
    pub(crate) fn text(&mut self, text: impl Display) {
        // Writing into a string does not fail.
        let _ = write!(Escaping(&mut self.0), "{text}");
    }

    /// Adds an element that holds nothing but text.
    pub(crate) fn line(
        &mut self,
        name: &'static str,
        attributes: &[Attribute<'_>],
        text: impl Display,
    ) {
        self.element(name, attributes, |line| line.text(text));
    }

    /// Adds what a program or a person types: an address, an attribute, a command. It may be broken between its parts.
    pub(crate) fn code(&mut self, text: impl Display) {
        self.element("code", &[], |code| {
            for part in text.to_string().split_inclusive(['.', '/', '_']) {
                code.text(part);
                if part.ends_with(['.', '/', '_']) {
                    code.0.push_str("<wbr/>");
                }
            }
        });
    }

    /// Adds text in which backticks enclose what a program or a person types.
    pub(crate) fn prose(&mut self, text: &str) {
        for (place, part) in text.split('`').enumerate() {
            if place % 2 == 0 { self.text(part) } else { self.code(part) }
        }
    }

    /// Adds a table with its caption and the headings of its columns.
    pub(crate) fn table(
        &mut self,
        caption: &str,
        columns: &[Column<'_>],
        rows: impl FnOnce(&mut Self),
    ) {
        self.grouped_table(caption, columns, |table| table.element("tbody", &[], rows));
    }

    /// Adds a table whose rows are in groups: each is a `tbody`.
    pub(crate) fn grouped_table(
        &mut self,
        caption: &str,
        columns: &[Column<'_>],
        groups: impl FnOnce(&mut Self),
    ) {
        self.scroller(caption, |frame| {
            frame.element("table", &[], |table| {
                table.line("caption", &[], caption);
                table.element("thead", &[], |head| {
                    head.element("tr", &[], |row| {
                        for column in columns {
                            column.write(row);
                        }
                    });
                });
                groups(table);
            });
        });
    }

    /// Adds what may be too wide for the page: it can be scrolled by itself, with keys too.
    pub(crate) fn scroller(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        let attributes =
            [("class", "scroller"), ("role", "group"), ("aria-label", name), ("tabindex", "0")];
        self.element("div", &attributes, content);
    }

    /// Adds markup of this crate, or of one that escapes as this one does.
    pub(crate) fn markup(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// The markup.
    pub(crate) fn finish(self) -> String {
        self.0
    }

    fn begin(&mut self, name: &'static str, attributes: &[Attribute<'_>], end: &str) {
        self.0.push('<');
        self.0.push_str(name);
        for (attribute, value) in attributes {
            self.0.push(' ');
            self.0.push_str(attribute);
            self.0.push_str("=\"");
            self.text(value);
            self.0.push('"');
        }
        self.0.push_str(end);
    }
}

impl Column<'_> {
    fn write(&self, row: &mut Html) {
        match self {
            Self::Text(title) => row.line("th", &[("scope", "col")], title),
            Self::Number(title) => row.line("th", &[("scope", "col"), ("class", "number")], title),
        }
    }
}

/// Elements that stand within a line of text.
const PHRASING: [&str; 7] = ["a", "abbr", "b", "code", "em", "span", "strong"];

/// Escapes what is written through it.
struct Escaping<'a>(&'a mut String);

impl Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // What turns the direction of writing round could make an address look like another one.
        let is_plain =
            |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'&' | b'<' | b'>' | b'"');
        if text.bytes().all(is_plain) {
            self.0.push_str(text);
        } else {
            self.0.push_str(&xml(&printable(text)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_values_of_attributes_are_escaped() {
        let mut html = Html::default();
        html.element("td", &[("title", "\"><script>")], |cell| {
            cell.code("a.<b>&\u{202e}");
            cell.text(" 1 < 2");
        });
        assert_eq!(
            html.finish(),
            "<td title=\"&quot;&gt;&lt;script&gt;\"><code>a.<wbr/>&lt;b&gt;&amp;\\u{202e}</code> 1 &lt; 2</td>\n"
        );
    }
}
