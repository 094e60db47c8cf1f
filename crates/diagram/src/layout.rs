//! Where everything is: a grid of components by regions with the global band above it, and gutters between its columns.
//!
//! No edge runs through a box, because edges only run where no box is: in the gutters between the columns, in the
//! gaps between the rows, in the sky between the band and the columns, and in the margin of a column. A gutter has
//! three zones. Edges change their height in the outer two, in lanes of their own; each crosses the middle one on a
//! track of its own, where its label is, so that no label lies on another one.
//!
//! Heights come first, because how many lanes there are follows from them, and how wide everything is from that:
//! `grid` says what stands where, `ports` where edges meet boxes, `rows` and `gutters` at which height everything is,
//! `frame` how wide, and `sky` and `wires` draw the lines.

mod frame;
mod grid;
mod gutters;
mod ports;
mod rows;
mod sky;
mod wires;

use crate::component::Component;
use crate::diagram::{Detail, Diagram};
use crate::text::Font;
use frame::Frame;
use grid::{Grid, Route, Site};
use gutters::Gutters;
use ports::Ports;
use rows::Rows;
use wires::Drawing;

pub(crate) const TITLE: Font = Font::bold(17);
pub(crate) const NAME: Font = Font::bold(14);
pub(crate) const TEXT: Font = Font::regular(12);
pub(crate) const WORD: Font = Font::bold(12);
/// The height of a line of text. All measures are pixels.
pub(crate) const LINE: i32 = 17;
/// Space between the edge of a box and its text.
pub(crate) const INSET: i32 = 12;

/// Space around the picture.
const MARGIN: i32 = 20;
/// Space between a frame and the boxes in it.
const PADDING: i32 = 16;
const BOX_HEIGHT: i32 = 44;
const LABEL_HEIGHT: i32 = 18;
const LABEL_WIDTH: i32 = 220;
/// The distance between two labels, from middle to middle.
const TRACK: i32 = 22;
/// The distance between two lanes, and between two ports.
const LANE: i32 = 10;
/// Space beside lanes.
const SIDE: i32 = 14;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rect {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) width: i32,
    pub(crate) height: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) x: i32,
    pub(crate) y: i32,
}

/// The frame of a column or of the band.
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    /// Its place in the diagram.
    pub(crate) column: usize,
    pub(crate) rect: Rect,
    /// Whether its heading is at its right end.
    pub(crate) is_mirrored: bool,
}

/// The line of an edge, from the box that it begins at.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    /// Its place in the diagram.
    pub(crate) edge: usize,
    pub(crate) points: Vec<Point>,
    pub(crate) label: Option<Label>,
}

#[derive(Clone, Debug)]
pub(crate) struct Label {
    pub(crate) rect: Rect,
    pub(crate) text: String,
}

/// Where everything is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    pub(crate) width: i32,
    /// Where the picture ends and what is written below it begins.
    pub(crate) foot: i32,
    pub(crate) panels: Vec<Panel>,
    /// The boxes, by node.
    pub(crate) boxes: Vec<Rect>,
    /// The marks of what a region lacks.
    pub(crate) missing: Vec<(Rect, Component)>,
    pub(crate) wires: Vec<Wire>,
}

impl Layout {
    /// Places everything, below a heading that is so high and at least so wide.
    pub(crate) fn of(diagram: &Diagram, heading: i32, least_width: i32) -> Self {
        let scene = Scene::of(diagram);
        let ports = Ports::of(&scene);
        let rows = Rows::of(&scene, &ports);
        let gutters = Gutters::of(&scene, &ports, &rows);
        let frame = Frame::of(&scene, &gutters, least_width);
        Drawing { scene, ports, rows, gutters, frame }.draw(heading)
    }
}

/// What is to be placed.
struct Scene<'diagram> {
    diagram: &'diagram Diagram,
    grid: Grid,
    /// The way of each edge.
    routes: Vec<(usize, Route)>,
}

impl<'diagram> Scene<'diagram> {
    fn of(diagram: &'diagram Diagram) -> Self {
        let grid = Grid::of(diagram);
        let edges = diagram.edges.iter().enumerate();
        let routes = edges.filter_map(|(at, edge)| Some((at, grid.route(edge)?))).collect();
        Self { diagram, grid, routes }
    }

    /// How high a node's box must be for what is written in it.
    fn box_height(&self, node: usize) -> i32 {
        let node =
            self.diagram.nodes.get(node).filter(|_| self.diagram.detail == Detail::Resources);
        match node.map_or(0, |node| to_pixels(node.lines().count())) {
            0 => BOX_HEIGHT,
            lines => BOX_HEIGHT + 4 + lines * LINE,
        }
    }

    /// How high the boxes at some sites must be.
    fn most_height(&self, wanted: impl Fn(&Site) -> bool) -> Option<i32> {
        let sites = self.grid.sites.iter().enumerate();
        let wanted = sites.filter(|(_, site)| wanted(site));
        wanted.map(|(node, _)| self.box_height(node)).max()
    }

    /// What is written on an edge; empty if nothing is.
    fn label(&self, edge: usize) -> String {
        let label = self.diagram.edges.get(edge).map(|edge| WORD.fit(&edge.label, LABEL_WIDTH));
        label.unwrap_or_default().into_owned()
    }

    fn label_width(&self, edge: usize) -> i32 {
        match &*self.label(edge) {
            "" => 0,
            label => WORD.width(label) + 12,
        }
    }

    /// The label of an edge with its middle at a point.
    fn label_at(&self, edge: usize, middle: Point) -> Option<Label> {
        let (text, width) = (self.label(edge), self.label_width(edge));
        let (x, y) = (middle.x - width / 2, middle.y - LABEL_HEIGHT / 2);
        (!text.is_empty())
            .then_some(Label { rect: Rect { x, y, width, height: LABEL_HEIGHT }, text })
    }
}

/// A number of things as a factor of measures.
fn to_pixels(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
