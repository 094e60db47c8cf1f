//! Markup under construction.

use std::fmt::{self, Display, Write};

use drstack_report::{printable, xml};

/// HTML that grows. Names of elements and attributes are literals of this crate; everything else is escaped on its way in,
/// so that no text of an input becomes markup.
#[derive(Default)]
pub(crate) struct Html {
    markup: String,
    /// The titles of the columns of the table that is being written.
    titles: Vec<String>,
    /// The column of the row's next cell.
    column: usize,
}

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
        self.markup.push_str("</");
        self.markup.push_str(name);
        self.markup.push('>');
        // Lines keep the source readable; beside text they would show as spaces.
        if !PHRASING.contains(&name) {
            self.markup.push('\n');
        }
    }

    /// Adds an element that has no content, such as `meta`.
    pub(crate) fn void(&mut self, name: &'static str, attributes: &[Attribute<'_>]) {
        self.begin(name, attributes, " />\n");
    }

    /// Adds text.
    pub(crate) fn text(&mut self, text: impl Display) {
        // Writing into a string does not fail.
        let _ = write!(Escaping(&mut self.markup), "{text}");
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
                    code.markup.push_str("<wbr/>");
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
    ///
    /// On narrow screens the cells of a row stand below one another (`page.css`). So they repeat their columns' titles, and
    /// say what they are: browsers forget that a table is one if it is not laid out as such.
    pub(crate) fn grouped_table(
        &mut self,
        caption: &str,
        columns: &[Column<'_>],
        groups: impl FnOnce(&mut Self),
    ) {
        self.scroller(caption, |frame| {
            frame.element("table", &[("class", "stacks"), ("role", "table")], |table| {
                table.line("caption", &[], caption);
                table.element("thead", &[("role", "rowgroup")], |head| {
                    head.element("tr", &[("role", "row")], |row| {
                        for column in columns {
                            column.write(row);
                        }
                    });
                });
                table.titles = columns.iter().map(|column| column.title().to_owned()).collect();
                groups(table);
                table.titles.clear();
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
        self.markup.push_str(markup);
    }

    /// The markup.
    pub(crate) fn finish(self) -> String {
        self.markup
    }

    fn begin(&mut self, name: &'static str, attributes: &[Attribute<'_>], end: &str) {
        self.markup.push('<');
        self.markup.push_str(name);
        for attribute in attributes {
            self.attribute(*attribute);
        }
        if !self.titles.is_empty() {
            self.begin_part(name, attributes);
        }
        self.markup.push_str(end);
    }

    /// Adds what a part of a table says of itself.
    fn begin_part(&mut self, name: &str, attributes: &[Attribute<'_>]) {
        let role = match name {
            "tbody" => "rowgroup",
            "tr" => "row",
            "th" => "rowheader",
            "td" => "cell",
            _ => return,
        };
        self.attribute(("role", role));
        match name {
            "tr" => self.column = 0,
            "td" | "th" => {
                if let Some(title) = self.titles.get(self.column).cloned() {
                    self.attribute(("data-label", &title));
                }
                let span = attributes.iter().find(|(attribute, _)| *attribute == "colspan");
                self.column += span.and_then(|(_, span)| span.parse().ok()).unwrap_or(1);
            }
            _ => {}
        }
    }

    fn attribute(&mut self, (name, value): Attribute<'_>) {
        self.markup.push(' ');
        self.markup.push_str(name);
        self.markup.push_str("=\"");
        self.text(value);
        self.markup.push('"');
    }
}

impl Column<'_> {
    fn title(&self) -> &str {
        match self {
            Self::Text(title) | Self::Number(title) => title,
        }
    }

    fn write(&self, row: &mut Html) {
        let heading = [("scope", "col"), ("role", "columnheader"), ("class", "number")];
        let attributes = match self {
            Self::Text(_) => &heading[..2],
            Self::Number(_) => &heading[..],
        };
        row.line("th", attributes, self.title());
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

    #[test]
    fn cells_repeat_the_titles_of_their_columns() {
        let mut html = Html::default();
        let columns = [Column::Text("Type"), Column::Text("Service"), Column::Number("Count")];
        html.table("Types", &columns, |body| {
            body.element("tr", &[], |row| {
                row.line("th", &[("scope", "rowgroup"), ("colspan", "2")], "all");
                row.line("td", &[], 2);
            });
            body.element("tr", &[], |row| {
                row.line("th", &[("scope", "row")], "a");
                row.line("td", &[], "b");
            });
        });
        html.element("td", &[], |_| {});
        let html = html.finish();
        let cells = html.lines().filter(|line| line.contains("data-label"));
        assert_eq!(
            cells.collect::<Vec<_>>(),
            [
                r#"<tbody role="rowgroup"><tr role="row"><th scope="rowgroup" colspan="2" role="rowheader" data-label="Type">all</th>"#,
                r#"<td role="cell" data-label="Count">2</td>"#,
                r#"<tr role="row"><th scope="row" role="rowheader" data-label="Type">a</th>"#,
                r#"<td role="cell" data-label="Service">b</td>"#,
            ]
        );
        assert!(html.ends_with("<td></td>\n"), "{html}");
    }
}
