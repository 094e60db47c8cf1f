//! [Mermaid](https://mermaid.js.org/syntax/flowchart.html): what Markdown pages show as a picture.

use std::fmt::Write;

use crate::diagram::{Detail, Diagram, Direction, Edge, EdgeKind, Node, Place};
use crate::text::{clean, shorten};

/// How long a line of a box gets.
const LINE: usize = 60;
/// Lets lines of a box be as wide as that takes, instead of 200 pixels.
///
/// <https://mermaid.js.org/config/schema-docs/config-defs-flowchart-diagram-config.html>
const WIDE: &str = r#"%%{init: {"flowchart": {"wrappingWidth": 420}}}%%"#;

impl Diagram {
    /// The picture as a flowchart of Mermaid.
    #[must_use]
    pub fn mermaid(&self) -> String {
        let mut out = format!("{WIDE}\nflowchart TB\n");
        // Writing to a string does not fail.
        let _ = self.write_mermaid(&mut out);
        out
    }

    fn write_mermaid(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "  accTitle: {}", plain(&self.title()))?;
        let verdicts: Vec<String> = self.losses.iter().map(|loss| plain(&loss.verdict())).collect();
        if !verdicts.is_empty() {
            writeln!(out, "  accDescr: {}", verdicts.join(", "))?;
        }
        for (index, column) in self.columns.iter().enumerate() {
            let role = column.role.map(|role| format!(", {}", role.title())).unwrap_or_default();
            let title = format!("{}{role}", column.title());
            writeln!(out, "  subgraph c{index}[\"{}\"]", quoted(&shorten(&title, LINE)))?;
            for node in self.nodes.iter().filter(|node| node.column == index) {
                writeln!(out, "    {}[\"{}\"]", id(node), self.label(node))?;
            }
            writeln!(out, "  end")?;
        }
        for edge in &self.edges {
            let (Some(from), Some(to)) = (self.nodes.get(edge.from), self.nodes.get(edge.to))
            else {
                continue;
            };
            let label = quoted(&shorten(&edge.label, LINE));
            let label = if label.is_empty() { label } else { format!("|\"{label}\"|") };
            writeln!(out, "  {} {}{label} {}", id(from), arrow(edge), id(to))?;
        }
        // Colours that can be told from light and from dark pages: 3 to 1 against white and against GitHub's dark.
        for (kind, style) in [
            (EdgeKind::Replicates, "stroke:#388bfd,stroke-width:2px"),
            (EdgeKind::Undetermined, "stroke:#bf8700,stroke-width:2px"),
            (EdgeKind::Fatal, "stroke:#f85149,stroke-width:3px"),
        ] {
            let places = self.edges.iter().enumerate().filter(|(_, edge)| edge.kind == kind);
            let places: Vec<String> = places.map(|(place, _)| place.to_string()).collect();
            if !places.is_empty() {
                writeln!(out, "  linkStyle {} {style}", places.join(","))?;
            }
        }
        self.write_order(out)
    }

    /// Invisible links from each box of a region to the next one, which keep them one beneath the other.
    fn write_order(&self, out: &mut String) -> std::fmt::Result {
        let is_global = |node: &Node| {
            let column = self.columns.get(node.column);
            column.is_none_or(|column| column.place == Place::Global)
        };
        let places: Vec<usize> = (0..self.nodes.len()).collect();
        // What has a link of its own needs none.
        let runs = places.chunk_by(|above, below| {
            let (Some(one), Some(other)) = (self.nodes.get(*above), self.nodes.get(*below)) else {
                return false;
            };
            let is_linked = self.edges.iter().any(|edge| (edge.from, edge.to) == (*above, *below));
            one.column == other.column && !is_global(one) && !is_linked
        });
        for run in runs.filter(|run| run.len() > 1) {
            let ids: Vec<String> =
                run.iter().filter_map(|at| self.nodes.get(*at)).map(id).collect();
            writeln!(out, "  {}", ids.join(" ~~~ "))?;
        }
        Ok(())
    }

    fn label(&self, node: &Node) -> String {
        let mut label = quoted(node.component.title());
        if !node.services.is_empty() {
            let services = shorten(&node.services.join(", "), LINE).into_owned();
            label.push_str(&format!(" ({})", quoted(&services)));
        }
        label.push_str("<br/>");
        label.push_str(&quoted(&shorten(&node.summary, LINE)));
        if self.detail == Detail::Resources {
            for line in node.lines() {
                label.push_str("<br/>");
                label.push_str(&quoted(&shorten(&line, LINE)));
            }
        }
        label
    }
}

fn id(node: &Node) -> String {
    format!("c{}_{}", node.column, node.component.slug())
}

fn arrow(edge: &Edge) -> &'static str {
    match (edge.kind, edge.direction) {
        (EdgeKind::Fatal | EdgeKind::Undetermined, _) => "-.->",
        (_, Direction::Forward) => "-->",
        (_, Direction::Both) => "<-->",
        (_, Direction::Undirected) => "---",
    }
}

/// A text that means nothing but itself between quotes: everything that could is written as its code.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for character in clean(text).chars() {
        if character.is_alphanumeric() || !character.is_ascii() || " _-,.:/()+".contains(character)
        {
            quoted.push(character);
        } else {
            quoted.push_str(&format!("#{};", u32::from(character)));
        }
    }
    quoted
}

/// A text without anything that could mean something outside quotes.
fn plain(text: &str) -> String {
    let kept = |character: char| character.is_alphanumeric() || " _-,.:".contains(character);
    clean(text).chars().map(|character| if kept(character) { character } else { ' ' }).collect()
}
