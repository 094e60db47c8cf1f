use super::frame::{BAND_BOX, Frame};
use super::grid::{Cell, Route, Site, Zone};
use super::gutters::Gutters;
use super::ports::Ports;
use super::rows::Rows;
use super::{
    LANE, Layout, MARGIN, PADDING, Panel, Point, Rect, SIDE, Scene, TRACK, Wire, to_pixels,
};
use crate::diagram::Place;

/// All measures, on the way to points.
pub(super) struct Drawing<'diagram> {
    pub(super) scene: Scene<'diagram>,
    pub(super) ports: Ports,
    pub(super) rows: Rows,
    pub(super) gutters: Gutters,
    pub(super) frame: Frame,
}

impl Drawing<'_> {
    pub(super) fn draw(&self, heading: i32) -> Layout {
        let grid = &self.scene.grid;
        let top = MARGIN + heading;
        let boxes = top + PADDING;
        let mut panels: Vec<Panel> = self.band(top).into_iter().collect();
        let band_end = panels.last().map_or(top, |panel| top + panel.rect.height);
        let (mut wires, columns) = self.sky(boxes + self.frame.band_height, band_end);
        panels.extend(grid.columns.iter().enumerate().map(|(column, &at)| Panel {
            column: at,
            rect: Rect {
                x: self.frame.column(column),
                y: columns,
                width: self.frame.column_width,
                height: self.rows.end,
            },
            is_mirrored: grid.is_mirrored(column),
        }));
        let place = |site: &Site| match site {
            Site::Band(slot) => Rect {
                x: self.frame.slot(*slot),
                y: boxes,
                width: BAND_BOX,
                height: self.frame.band_height,
            },
            Site::Cell(cell) => self.cell(*cell, columns),
        };
        let missing = grid.missing.iter();
        let missing =
            missing.filter_map(|cell| Some((self.cell(*cell, columns), *grid.rows.get(cell.row)?)));
        let routes = self.scene.routes.iter();
        wires.extend(routes.filter_map(|(edge, route)| self.wire(*edge, *route, columns)));
        wires.sort_by_key(|wire| wire.edge);
        let lowest = wires.iter().flat_map(|wire| &wire.points).map(|point| point.y + TRACK).max();
        let end = if grid.columns.is_empty() { columns } else { columns + self.rows.end };
        Layout {
            width: self.frame.width,
            foot: end.max(lowest.unwrap_or_default()),
            panels,
            boxes: grid.sites.iter().map(place).collect(),
            missing: missing.collect(),
            wires,
        }
    }

    /// The frame of the band.
    fn band(&self, y: i32) -> Option<Panel> {
        let columns = &self.scene.diagram.columns;
        let column = columns.iter().position(|column| column.place == Place::Global)?;
        let (width, height) = (self.frame.width - 2 * MARGIN, self.frame.band_height + 2 * PADDING);
        let rect = Rect { x: MARGIN, y, width, height };
        Some(Panel { column, rect, is_mirrored: false })
    }

    /// The box in a cell, when the columns begin at `top`.
    pub(super) fn cell(&self, cell: Cell, top: i32) -> Rect {
        let (y, height) = self.rows.span(cell.row);
        let (start, width) = (self.frame.column(cell.column), self.frame.box_width);
        let x = if self.scene.grid.is_mirrored(cell.column) {
            start + PADDING
        } else {
            start + self.frame.column_width - PADDING - width
        };
        Rect { x, y: y + top, width, height }
    }

    /// The line of an edge that stays below the sky.
    fn wire(&self, edge: usize, route: Route, top: i32) -> Option<Wire> {
        match route {
            Route::Down => self.down(edge, top),
            Route::Margin(from, to) => Some(self.through_margin(edge, from, to, top)),
            Route::Across(left, right) => Some(self.across(edge, left, right, top)),
            Route::Top(..) | Route::Side(..) | Route::Band(..) => None,
        }
    }

    fn down(&self, edge: usize, top: i32) -> Option<Wire> {
        let ends = self.scene.diagram.edges.get(edge)?;
        let cell = |node: usize| self.scene.grid.sites.get(node)?.cell();
        let (from, to) = (self.cell(cell(ends.from)?, top), self.cell(cell(ends.to)?, top));
        let x = from.x + from.width / 2;
        let points = vec![Point { x, y: from.y + from.height }, Point { x, y: to.y }];
        Some(Wire { edge, points, label: None })
    }

    fn through_margin(&self, edge: usize, from: Cell, to: Cell, top: i32) -> Wire {
        let (leave, arrive) = self.ports.margin(edge);
        let (leave, arrive) =
            (self.rows.middle(from.row) + leave + top, self.rows.middle(to.row) + arrive + top);
        let rect = self.cell(from, top);
        let aside = SIDE + to_pixels(self.gutters.margin(edge)) * LANE;
        let (side, x) = if self.scene.grid.is_mirrored(from.column) {
            (rect.x + rect.width, rect.x + rect.width + aside)
        } else {
            (rect.x, rect.x - aside)
        };
        let points = vec![
            Point { x: side, y: leave },
            Point { x, y: leave },
            Point { x, y: arrive },
            Point { x: side, y: arrive },
        ];
        Wire { edge, points, label: None }
    }

    fn across(&self, edge: usize, left: Cell, right: Cell, top: i32) -> Wire {
        let track = self.gutters.track(edge) + top;
        let from = self.port(edge, left, Zone::Left) + top;
        let to = self.port(edge, right, Zone::Right) + top;
        let mut points = vec![Point { x: self.side(left, Zone::Left), y: from }];
        if from != track {
            let x = self.lane(edge, left.column, Zone::Left);
            points.extend([Point { x, y: from }, Point { x, y: track }]);
        }
        if to != track {
            let x = self.lane(edge, right.column, Zone::Right);
            points.extend([Point { x, y: track }, Point { x, y: to }]);
        }
        points.push(Point { x: self.side(right, Zone::Right), y: to });
        let gutter = right.column - 1;
        let start = self.frame.column(gutter)
            + self.frame.column_width
            + self.gutters.zone(gutter, Zone::Left);
        let end = self.frame.column(right.column) - self.gutters.zone(gutter, Zone::Right);
        let label = self.scene.label_at(edge, Point { x: (start + end) / 2, y: track });
        self.oriented(Wire { edge, points, label })
    }

    /// The wire from the box that its edge begins at: they are laid from left to right, and from the band downward.
    pub(super) fn oriented(&self, mut wire: Wire) -> Wire {
        let place = |node: usize| self.scene.grid.sites.get(node).and_then(|site| site.cell());
        // The band comes before all cells; between two boxes of it, wires are laid as their edges go.
        let edge = self.scene.diagram.edges.get(wire.edge);
        if edge.is_some_and(|edge| place(edge.from) > place(edge.to)) {
            wire.points.reverse();
        }
        wire
    }

    /// The height of an edge's port at a cell, from the columns' upper end.
    pub(super) fn port(&self, edge: usize, cell: Cell, zone: Zone) -> i32 {
        self.rows.middle(cell.row) + self.ports.gutter(edge, zone)
    }

    /// The side of a cell's box that looks at a gutter.
    pub(super) fn side(&self, cell: Cell, zone: Zone) -> i32 {
        let rect = self.cell(cell, 0);
        match zone {
            Zone::Left => rect.x + rect.width,
            Zone::Right => rect.x,
        }
    }

    /// Where an edge's lane is in the gutter beside a column.
    pub(super) fn lane(&self, edge: usize, column: usize, zone: Zone) -> i32 {
        let aside = SIDE + to_pixels(self.gutters.lane(edge, zone)) * LANE;
        match zone {
            Zone::Left => self.frame.column(column) + self.frame.column_width + aside,
            Zone::Right => self.frame.column(column) - aside,
        }
    }
}
