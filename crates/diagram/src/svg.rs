//! SVG: a picture of its own, or a part of an HTML page.

use std::fmt::{Result, Write};

use crate::diagram::{Column, Detail, Diagram, Direction, Edge, EdgeKind, Node, Place};
use crate::layout::{
    INSET, LINE, Label, Layout, NAME, Panel, Point, Rect, TEXT, TITLE, WORD, Wire,
};
use crate::text::{clean, shorten};
use crate::theme;

/// Space between two lines of the heading, and above and below what is written around the picture.
const LEAD: i32 = 22;
/// How far corners of lines are rounded.
const ROUND: i32 = 7;
/// How long arrow heads are, and half of how wide.
const ARROW: (i32, i32) = (9, 4);
/// How many verdicts are on a line.
const VERDICTS: usize = 2;

impl Diagram {
    /// The picture as SVG, for an image of its own or for a page to embed.
    ///
    /// Colours are custom properties (`--diagram-paper` and so on) with values for light and for dark, of no
    /// specificity: a page's own rule for `.drstack-diagram` wins. All classes begin with `diagram-`. The ids of the
    /// title and the description differ by [`Detail`], so that a page can hold a picture of either.
    #[must_use]
    pub fn svg(&self) -> String {
        self.svg_as("diagram")
    }

    /// The picture as SVG whose ids begin with a word, for a page that holds pictures of several plans.
    #[must_use]
    pub fn svg_as(&self, prefix: &str) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = Canvas::of(self).write(prefix, &mut out);
        out
    }
}

/// A picture that is about to be written.
struct Canvas<'diagram> {
    diagram: &'diagram Diagram,
    layout: Layout,
    notes: Vec<(&'static str, String)>,
}

impl<'diagram> Canvas<'diagram> {
    fn of(diagram: &'diagram Diagram) -> Self {
        let least_width = legend_width(diagram).max(TITLE.width(&diagram.title()));
        let verdicts = diagram.losses.len().div_ceil(VERDICTS);
        let layout = Layout::of(diagram, LEAD * (to_pixels(verdicts) + 1) + 6, least_width);
        Self { diagram, layout, notes: notes(diagram) }
    }

    fn write(&self, prefix: &str, out: &mut String) -> Result {
        let prefix = escaped(prefix);
        let suffix = match self.diagram.detail {
            Detail::Boxes => "",
            Detail::Resources => "-detail",
        };
        let (width, height) = (self.layout.width, self.height());
        writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"drstack-diagram\" role=\"img\" aria-labelledby=\"{prefix}-title{suffix} {prefix}-description{suffix}\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">"
        )?;
        writeln!(
            out,
            "<title id=\"{prefix}-title{suffix}\">{}</title>",
            escaped(&self.diagram.title())
        )?;
        writeln!(
            out,
            "<desc id=\"{prefix}-description{suffix}\">{}</desc>",
            escaped(&description(self.diagram))
        )?;
        writeln!(out, "<style>{}</style>", theme::style())?;
        writeln!(out, "<rect class=\"diagram-paper\" width=\"{width}\" height=\"{height}\"/>")?;
        let left = self.layout.panels.iter().map(|panel| panel.rect.x).min().unwrap_or(LEAD);
        self.heading(out, left)?;
        for panel in &self.layout.panels {
            self.panel(out, panel)?;
        }
        let mut wires: Vec<(&Wire, &Edge)> = self
            .layout
            .wires
            .iter()
            .filter_map(|wire| Some((wire, self.diagram.edges.get(wire.edge)?)))
            .collect();
        wires.sort_by_key(|(_, edge)| edge.kind);
        for (wire, edge) in &wires {
            self.wire(out, wire, edge)?;
        }
        for (node, rect) in self.diagram.nodes.iter().zip(&self.layout.boxes) {
            self.node(out, node, *rect)?;
        }
        for (rect, component) in &self.layout.missing {
            frame(out, "diagram-missing", *rect, 6)?;
            let at = Point { x: rect.x + INSET, y: rect.y + rect.height / 2 + 4 };
            self.text(out, "diagram-text", at, &format!("no {}", component.title()))?;
        }
        for (wire, edge) in &wires {
            if let Some(label) = &wire.label {
                self.label(out, label, edge)?;
            }
        }
        self.legend(out, left)?;
        let below = self.layout.foot + 2 * LEAD;
        for (line, (class, text)) in self.notes.iter().enumerate() {
            let y = below + LINE * (to_pixels(line) + 1);
            self.text(out, class, Point { x: left, y }, &WORD.fit(text, width - 2 * left))?;
        }
        writeln!(out, "</svg>")
    }

    fn height(&self) -> i32 {
        let notes = match self.notes.len() {
            0 => 0,
            lines => LINE * to_pixels(lines) + 10,
        };
        self.layout.foot + 2 * LEAD + notes
    }

    fn heading(&self, out: &mut String, left: i32) -> Result {
        let room = self.layout.width - 2 * left;
        let title = self.diagram.title();
        self.text(out, "diagram-title", Point { x: left, y: LEAD + 14 }, &TITLE.fit(&title, room))?;
        for (line, losses) in self.diagram.losses.chunks(VERDICTS).enumerate() {
            let at = |place: usize| left + room / to_pixels(losses.len()) * to_pixels(place);
            for (place, loss) in losses.iter().enumerate() {
                let class = match loss.fatal {
                    0 => "diagram-verdict",
                    _ => "diagram-verdict diagram-alert",
                };
                let point = Point { x: at(place), y: LEAD * (to_pixels(line) + 2) + 14 };
                let verdict = loss.verdict();
                let verdict = NAME.fit(&verdict, room / to_pixels(losses.len()) - LEAD);
                self.text(out, class, point, &verdict)?;
            }
        }
        Ok(())
    }

    fn panel(&self, out: &mut String, panel: &Panel) -> Result {
        let Some(column) = self.diagram.columns.get(panel.column) else { return Ok(()) };
        frame(out, "diagram-panel", panel.rect, 10)?;
        let (title, note) = (column.title(), self.note(column));
        let y = panel.rect.y + 25;
        if column.place == Place::Global {
            let y = panel.rect.y + panel.rect.height / 2 + 5;
            return self.text(out, "diagram-name", Point { x: panel.rect.x + 16, y }, title);
        }
        // Edges from the band come down beside the heading.
        let limit = panel.rect.width * 3 / 5;
        let title = NAME.fit(title, limit);
        let rest = limit - NAME.width(&title);
        let note = if note.is_empty() { String::new() } else { TEXT.fit(&note, rest).into_owned() };
        let (x, anchor) = if panel.is_mirrored {
            (panel.rect.x + panel.rect.width - 16, " text-anchor=\"end\"")
        } else {
            (panel.rect.x + 16, "")
        };
        writeln!(
            out,
            "<text class=\"diagram-name\" x=\"{x}\" y=\"{y}\"{anchor}>{}<tspan class=\"diagram-text\" dx=\"8\">{}</tspan></text>",
            escaped(&title),
            escaped(&note)
        )
    }

    /// What is written beside a region's name.
    fn note(&self, column: &Column) -> String {
        // A lone region is not told from others.
        let is_lone = self.layout.panels.iter().filter(|panel| self.is_column(panel)).count() < 2;
        let is_lost = match (&column.place, &*self.diagram.losses) {
            (Place::Region(region), [loss]) => *region == loss.region && !is_lone,
            _ => false,
        };
        let notes = [column.role.map(|role| role.title()), is_lost.then_some("lost on paper")];
        notes.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn is_column(&self, panel: &Panel) -> bool {
        let column = self.diagram.columns.get(panel.column);
        column.is_some_and(|column| column.place != Place::Global)
    }

    fn node(&self, out: &mut String, node: &Node, rect: Rect) -> Result {
        writeln!(out, "<g>")?;
        let tooltip: Vec<String> = node.lines().collect();
        writeln!(out, "<title>{}</title>", escaped(&shorten(&tooltip.join("\n"), 2000)))?;
        frame(out, "diagram-box", rect, 6)?;
        let (left, right) = (rect.x + INSET, rect.x + rect.width - INSET);
        let title = node.component.title();
        self.text(out, "diagram-name", Point { x: left, y: rect.y + 19 }, title)?;
        let room = right - left - NAME.width(title) - 8;
        let services = node.services.join(", ");
        if !services.is_empty() {
            writeln!(
                out,
                "<text class=\"diagram-text\" x=\"{right}\" y=\"{}\" text-anchor=\"end\">{}</text>",
                rect.y + 19,
                escaped(&TEXT.fit(&services, room))
            )?;
        }
        let summary = TEXT.fit(&node.summary, right - left);
        self.text(out, "diagram-text", Point { x: left, y: rect.y + 36 }, &summary)?;
        if self.diagram.detail == Detail::Resources {
            for (line, text) in node.lines().enumerate() {
                let y = rect.y + 40 + LINE * (to_pixels(line) + 1);
                let text = TEXT.fit(&text, right - left).into_owned();
                self.text(out, "diagram-item", Point { x: left, y }, &text)?;
            }
        }
        writeln!(out, "</g>")
    }

    fn wire(&self, out: &mut String, wire: &Wire, edge: &Edge) -> Result {
        writeln!(out, "<g class=\"{}\">", class(edge.kind))?;
        writeln!(out, "<title>{}</title>", escaped(&self.tooltip(edge)))?;
        let mut points = wire.points.clone();
        let mut arrows = Vec::new();
        if edge.direction != Direction::Undirected {
            arrows.extend(arrow(&mut points));
        }
        if edge.direction == Direction::Both {
            points.reverse();
            arrows.extend(arrow(&mut points));
            points.reverse();
        }
        writeln!(out, "<path class=\"diagram-wire\" d=\"{}\"/>", path(&points))?;
        for arrow in arrows {
            writeln!(out, "<path class=\"diagram-arrow\" d=\"{arrow}\"/>")?;
        }
        writeln!(out, "</g>")
    }

    fn label(&self, out: &mut String, label: &Label, edge: &Edge) -> Result {
        writeln!(out, "<g class=\"{}\">", class(edge.kind))?;
        writeln!(out, "<title>{}</title>", escaped(&self.tooltip(edge)))?;
        frame(out, "diagram-label", label.rect, 4)?;
        let (x, y) = (label.rect.x + label.rect.width / 2, label.rect.y + 13);
        writeln!(
            out,
            "<text class=\"diagram-word\" x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{}</text>",
            escaped(&label.text)
        )?;
        writeln!(out, "</g>")
    }

    /// What the pointer shows over an edge.
    fn tooltip(&self, edge: &Edge) -> String {
        let mut lines = vec![sentence(self.diagram, edge)];
        lines.extend(edge.ties.iter().map(|tie| shorten(tie, 300).into_owned()));
        if edge.count > edge.ties.len() {
            lines.push(format!("and {} more", edge.count - edge.ties.len()));
        }
        lines.join("\n")
    }

    /// The kinds of edges that there are.
    fn legend(&self, out: &mut String, left: i32) -> Result {
        let y = self.layout.foot + LEAD;
        let mut x = left;
        for kind in kinds(self.diagram) {
            writeln!(out, "<g class=\"{}\">", class(kind))?;
            writeln!(out, "<path class=\"diagram-wire\" d=\"M{x} {y}h34\"/>")?;
            let text = legend_text(kind);
            self.text(out, "diagram-word", Point { x: x + 42, y: y + 4 }, text)?;
            writeln!(out, "</g>")?;
            x += 42 + WORD.width(text) + LEAD;
        }
        Ok(())
    }

    fn text(&self, out: &mut String, class: &str, at: Point, text: &str) -> Result {
        let Point { x, y } = at;
        writeln!(out, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(text))
    }
}

/// The fatal edges by name, because no tooltip is there on paper.
fn notes(diagram: &Diagram) -> Vec<(&'static str, String)> {
    let limit = match diagram.detail {
        Detail::Boxes => 6,
        Detail::Resources => 24,
    };
    let fatal = || diagram.edges.iter().filter(|edge| edge.kind == EdgeKind::Fatal);
    let note = |edge: &Edge| {
        let tie = edge.ties.first()?;
        let more = match edge.count {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        Some(("diagram-word diagram-alert", format!("fatal: {}{more}", shorten(tie, 180))))
    };
    let mut notes: Vec<(&str, String)> = fatal().filter_map(note).take(limit).collect();
    let rest: usize = fatal().skip(limit).map(|edge| edge.count).sum();
    if rest > 0 {
        notes.push(("diagram-text", format!("and {rest} more fatal ones")));
    }
    notes
}

/// The kinds of edges in a picture.
fn kinds(diagram: &Diagram) -> Vec<EdgeKind> {
    let mut kinds: Vec<EdgeKind> = diagram.edges.iter().map(|edge| edge.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

fn legend_text(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Uses => "uses",
        EdgeKind::Replicates => "replicates",
        EdgeKind::Undetermined => "undetermined: the plan does not tell",
        EdgeKind::Fatal => "fatal: fails with the other region",
    }
}

fn legend_width(diagram: &Diagram) -> i32 {
    kinds(diagram).into_iter().map(|kind| 42 + WORD.width(legend_text(kind)) + LEAD).sum()
}

/// The whole picture in words.
fn description(diagram: &Diagram) -> String {
    let verdicts = diagram.losses.iter().map(|loss| loss.verdict());
    let edges = diagram.edges.iter().filter(|edge| !edge.label.is_empty());
    let lines: Vec<String> = verdicts.chain(edges.map(|edge| sentence(diagram, edge))).collect();
    lines.join(". ")
}

/// An edge in words.
fn sentence(diagram: &Diagram, edge: &Edge) -> String {
    let name = |node: usize| {
        let node = diagram.nodes.get(node)?;
        let column = diagram.columns.get(node.column)?;
        Some(format!("{} in {}", node.component.title(), shorten(column.title(), 40)))
    };
    let (from, to) = (name(edge.from).unwrap_or_default(), name(edge.to).unwrap_or_default());
    let arrow = match edge.direction {
        Direction::Forward => "→",
        Direction::Both => "↔",
        Direction::Undirected => "–",
    };
    let what = if edge.label.is_empty() { edge.kind.title() } else { &edge.label };
    format!("{from} {arrow} {to}: {what}")
}

fn class(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Uses => "diagram-uses",
        EdgeKind::Replicates => "diagram-replicates",
        EdgeKind::Undetermined => "diagram-undetermined",
        EdgeKind::Fatal => "diagram-fatal",
    }
}

fn frame(out: &mut String, class: &str, rect: Rect, radius: i32) -> Result {
    let Rect { x, y, width, height } = rect;
    writeln!(
        out,
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\"/>"
    )
}

/// An arrow head at the end of a line, which becomes shorter by it.
fn arrow(points: &mut [Point]) -> Option<String> {
    let [.., before, end] = points else { return None };
    let (dx, dy) = ((end.x - before.x).signum(), (end.y - before.y).signum());
    let (length, half) = ARROW;
    let tip = *end;
    end.x -= dx * (length - 2);
    end.y -= dy * (length - 2);
    let base = Point { x: tip.x - dx * length, y: tip.y - dy * length };
    let (x1, y1) = (base.x + dy * half, base.y + dx * half);
    let (x2, y2) = (base.x - dy * half, base.y - dx * half);
    Some(format!("M{} {}L{x1} {y1}L{x2} {y2}Z", tip.x, tip.y))
}

/// A line with rounded corners.
fn path(points: &[Point]) -> String {
    let mut path = String::new();
    let Some(first) = points.first() else { return path };
    path.push_str(&format!("M{} {}", first.x, first.y));
    for corner in points.windows(3) {
        let [before, at, after] = corner else { continue };
        let round = ROUND.min(distance(before, at) / 2).min(distance(at, after) / 2);
        let towards = |other: &Point| Point {
            x: at.x + (other.x - at.x).signum() * round,
            y: at.y + (other.y - at.y).signum() * round,
        };
        let (enter, leave) = (towards(before), towards(after));
        path.push_str(&format!(
            "L{} {}Q{} {} {} {}",
            enter.x, enter.y, at.x, at.y, leave.x, leave.y
        ));
    }
    if let Some(last) = points.last() {
        path.push_str(&format!("L{} {}", last.x, last.y));
    }
    path
}

/// The distance between two points of which one is straight above or beside the other.
fn distance(one: &Point, other: &Point) -> i32 {
    (one.x - other.x).abs() + (one.y - other.y).abs()
}

/// A text between tags or quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        for character in clean(line).chars() {
            match character {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '"' => escaped.push_str("&quot;"),
                '\'' => escaped.push_str("&#39;"),
                _ => escaped.push(character),
            }
        }
        escaped.push_str(end);
    }
    escaped
}

fn to_pixels(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
