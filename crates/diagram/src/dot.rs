//! [DOT](https://graphviz.org/doc/info/lang.html), the language of Graphviz.

use std::fmt::Write;

use crate::diagram::{Detail, Diagram, Direction, Edge, EdgeKind, Node, Place};
use crate::text::{clean, shorten};

/// How long a line of a box gets.
const LINE: usize = 70;

impl Diagram {
    /// The picture as a directed graph of Graphviz.
    #[must_use]
    pub fn dot(&self) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = self.write_dot(&mut out);
        out
    }

    fn write_dot(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "digraph drstack {{")?;
        let mut title = vec![self.title()];
        title.extend(self.losses.iter().map(|loss| loss.verdict()));
        let title: Vec<String> = title.iter().map(|line| quoted(line)).collect();
        writeln!(
            out,
            "  graph [label=\"{}\", labelloc=t, newrank=true, nodesep=1.0, ranksep=0.35, fontname=\"Helvetica\"]",
            title.join("\\n")
        )?;
        writeln!(
            out,
            "  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"Helvetica\", fontsize=11, width=3.4]"
        )?;
        writeln!(out, "  edge [fontname=\"Helvetica\", fontsize=10]")?;
        for (index, column) in self.columns.iter().enumerate() {
            let role = column.role.map(|role| format!(", {}", role.title())).unwrap_or_default();
            let title = format!("{}{role}", column.title());
            writeln!(out, "  subgraph cluster_{index} {{")?;
            writeln!(
                out,
                "    label=\"{}\"; style=\"rounded,filled\"; color=\"#d0d7de\"; fillcolor=\"#f6f8fa\"",
                quoted(&shorten(&title, LINE))
            )?;
            let nodes: Vec<&Node> = self.nodes.iter().filter(|node| node.column == index).collect();
            for node in &nodes {
                writeln!(out, "    {} [label=\"{}\"]", id(node), self.dot_label(node))?;
            }
            // One beneath the other, as the rows of a table; what is global stands side by side.
            if column.place != Place::Global {
                for pair in nodes.windows(2) {
                    if let [above, below] = pair {
                        writeln!(out, "    {} -> {} [style=invis]", id(above), id(below))?;
                    }
                }
            }
            writeln!(out, "  }}")?;
        }
        self.write_ranks(out)?;
        for edge in &self.edges {
            let (Some(from), Some(to)) = (self.nodes.get(edge.from), self.nodes.get(edge.to))
            else {
                continue;
            };
            writeln!(out, "  {} -> {} [{}]", id(from), id(to), attributes(edge))?;
        }
        writeln!(out, "}}")
    }

    /// Boxes of one component stand at one height, and what is global above all.
    fn write_ranks(&self, out: &mut String) -> std::fmt::Result {
        let is_global = |node: &&Node| {
            self.columns.get(node.column).is_some_and(|column| column.place == Place::Global)
        };
        let (global, regional): (Vec<&Node>, Vec<&Node>) = self.nodes.iter().partition(is_global);
        let mut components: Vec<_> = regional.iter().map(|node| node.component).collect();
        components.sort_unstable();
        components.dedup();
        let rows = components.into_iter().map(|component| {
            regional.iter().copied().filter(|node| node.component == component).collect()
        });
        let rows: Vec<Vec<&Node>> = std::iter::once(global.clone()).chain(rows).collect();
        for row in rows.iter().filter(|row| row.len() > 1) {
            let ids: Vec<String> = row.iter().map(|node| id(node)).collect();
            writeln!(out, "  {{ rank=same; {} }}", ids.join("; "))?;
        }
        if let Some(above) = global.first() {
            let mut columns: Vec<usize> = regional.iter().map(|node| node.column).collect();
            columns.dedup();
            for column in columns {
                if let Some(first) = regional.iter().find(|node| node.column == column) {
                    writeln!(out, "  {} -> {} [style=invis]", id(above), id(first))?;
                }
            }
        }
        Ok(())
    }

    fn dot_label(&self, node: &Node) -> String {
        let mut lines = vec![node.component.title().to_owned()];
        if let (Some(first), false) = (lines.first_mut(), node.services.is_empty()) {
            first.push_str(&format!(" ({})", node.services.join(", ")));
        }
        lines.push(node.summary.clone());
        if self.detail == Detail::Resources {
            lines.extend(node.lines());
        }
        let lines: Vec<String> = lines.iter().map(|line| quoted(&shorten(line, LINE))).collect();
        lines.join("\\n")
    }
}

fn id(node: &Node) -> String {
    format!("c{}_{}", node.column, node.component.slug())
}

fn attributes(edge: &Edge) -> String {
    let style = match edge.kind {
        EdgeKind::Uses => "color=\"#57606a\"",
        EdgeKind::Replicates => "color=\"#0550ae\", fontcolor=\"#0550ae\", penwidth=1.6",
        EdgeKind::Undetermined => {
            "color=\"#7d4e00\", fontcolor=\"#7d4e00\", style=dotted, penwidth=1.6"
        }
        EdgeKind::Fatal => "color=\"#b3261e\", fontcolor=\"#b3261e\", style=dashed, penwidth=2",
    };
    let direction = match edge.direction {
        Direction::Forward => "",
        Direction::Both => ", dir=both",
        Direction::Undirected => ", dir=none",
    };
    let ties: Vec<String> = edge.ties.iter().map(|tie| quoted(&shorten(tie, 200))).collect();
    format!(
        "label=\"{}\", tooltip=\"{}\", constraint=false, {style}{direction}",
        quoted(&shorten(&edge.label, LINE)),
        ties.join("\\n")
    )
}

/// A text between quotes. Graphviz reads escapes and entities there.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for character in clean(text).chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '&' => quoted.push_str("&amp;"),
            _ => quoted.push(character),
        }
    }
    quoted
}
