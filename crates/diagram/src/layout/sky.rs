//! The edges that begin or end in the global band.

use std::collections::BTreeMap;

use super::frame::BAND_BOX;
use super::grid::{Cell, Route, Zone};
use super::wires::Drawing;
use super::{MARGIN, Point, SIDE, TRACK, Wire, to_pixels};

/// An edge between the band and what is below it, or two boxes of it.
struct Descent {
    edge: usize,
    /// Where it leaves the band.
    from: i32,
    /// Where it goes down, or up again.
    to: i32,
    /// The points below the sky, from the columns' upper end; none, if it goes back up.
    below: Vec<Point>,
}

/// An edge before it is known where it leaves the band.
struct Pending {
    edge: usize,
    slot: usize,
    /// The other box, if that is in the band too.
    other: Option<usize>,
    to: i32,
    below: Vec<Point>,
}

impl Drawing<'_> {
    /// The lines of these edges, between the lower end of the band's boxes and the band's own; and where the columns
    /// begin below them.
    pub(super) fn sky(&self, boxes: i32, band: i32) -> (Vec<Wire>, i32) {
        let descents = self.descents();
        let mut tracks: Vec<Vec<(i32, i32)>> = Vec::new();
        let mut placed = Vec::new();
        for descent in &descents {
            let half = self.scene.label_width(descent.edge) / 2 + 8;
            let middle = self.label_middle(descent, &descents, half);
            let from = descent.from.min(descent.to).min(middle - half);
            let to = descent.from.max(descent.to).max(middle + half);
            let is_free = |track: &Vec<(i32, i32)>| {
                track.iter().all(|(other_from, other_to)| to < *other_from || *other_to < from)
            };
            let track = tracks.iter().position(is_free).unwrap_or_else(|| {
                tracks.push(Vec::new());
                tracks.len() - 1
            });
            if let Some(track) = tracks.get_mut(track) {
                track.push((from, to));
            }
            placed.push((descent, track, middle));
        }
        let padding = if self.scene.grid.band == 0 { 0 } else { SIDE };
        let columns = match to_pixels(tracks.len()) {
            0 => band + padding,
            tracks => band + 2 * padding + tracks * TRACK,
        };
        let wires = placed.into_iter().map(|(descent, track, middle)| {
            let y = band + padding + to_pixels(track) * TRACK + TRACK / 2;
            let mut points = vec![
                Point { x: descent.from, y: boxes },
                Point { x: descent.from, y },
                Point { x: descent.to, y },
            ];
            if descent.below.is_empty() {
                points.push(Point { x: descent.to, y: boxes });
            }
            let below = descent.below.iter();
            points.extend(below.map(|point| Point { x: point.x, y: point.y + columns }));
            let label = self.scene.label_at(descent.edge, Point { x: middle, y });
            self.oriented(Wire { edge: descent.edge, points, label })
        });
        (wires.collect(), columns)
    }

    /// Where a label stands: beside all lines that come down, as near to the middle of its own as that leaves room.
    fn label_middle(&self, descent: &Descent, all: &[Descent], half: i32) -> i32 {
        let middle = (descent.from + descent.to) / 2;
        let reach = (descent.from - descent.to).abs() / 2 - half;
        let others = all.iter().filter(|other| other.edge != descent.edge);
        let crossing: Vec<i32> = others.flat_map(|other| [other.from, other.to]).collect();
        let is_clear = |at: &i32| crossing.iter().all(|x| (x - at).abs() >= half);
        let mut candidates = (0..=reach).flat_map(|aside| [middle - aside, middle + aside]);
        let found = candidates.find(is_clear).unwrap_or(middle);
        found.max(MARGIN + half).min(self.frame.width - MARGIN - half)
    }

    fn descents(&self) -> Vec<Descent> {
        let found = self.pending();
        // The ends of edges at a box of the band stand from left to right by where they lead to.
        let mut ends: BTreeMap<usize, Vec<(i32, usize)>> = BTreeMap::new();
        for Pending { edge, slot, other, to, .. } in &found {
            ends.entry(*slot).or_default().push((*to, *edge));
            if let Some(other) = other {
                ends.entry(*other).or_default().push((self.frame.slot(*slot), *edge));
            }
        }
        ends.values_mut().for_each(|ends| ends.sort_unstable());
        let port = |slot: usize, edge: usize| {
            let ends = ends.get(&slot).map(Vec::as_slice).unwrap_or_default();
            let place = ends.iter().position(|(_, found)| *found == edge).unwrap_or_default();
            self.frame.slot(slot) + BAND_BOX * (to_pixels(place) + 1) / (to_pixels(ends.len()) + 1)
        };
        let descent = |Pending { edge, slot, other, to, below }| Descent {
            edge,
            from: port(slot, edge),
            to: other.map_or(to, |other| port(other, edge)),
            below,
        };
        found.into_iter().map(descent).collect()
    }

    fn pending(&self) -> Vec<Pending> {
        let mut found = Vec::new();
        let mut tops: BTreeMap<Cell, i32> = BTreeMap::new();
        for &(edge, route) in &self.scene.routes {
            match route {
                Route::Top(slot, cell) => {
                    let place = tops.entry(cell).or_default();
                    *place += 1;
                    let rect = self.cell(cell, 0);
                    // The heading is over the outer half.
                    let aside = rect.width * *place / 2 / (self.tops(cell) + 1);
                    let x = if self.scene.grid.is_mirrored(cell.column) {
                        rect.x + aside
                    } else {
                        rect.x + rect.width - aside
                    };
                    let below = vec![Point { x, y: rect.y }];
                    found.push(Pending { edge, slot, other: None, to: x, below });
                }
                Route::Side(slot, cell) => {
                    let (_, zone): (usize, Zone) = self.scene.grid.descent(cell.column);
                    let (x, y) = (self.lane(edge, cell.column, zone), self.port(edge, cell, zone));
                    let below = vec![Point { x, y }, Point { x: self.side(cell, zone), y }];
                    found.push(Pending { edge, slot, other: None, to: x, below });
                }
                Route::Band(slot, other) => {
                    let to = self.frame.slot(other);
                    found.push(Pending { edge, slot, other: Some(other), to, below: Vec::new() });
                }
                Route::Down | Route::Margin(..) | Route::Across(..) => {}
            }
        }
        found
    }

    /// How many edges from the band lead to the top of a cell.
    fn tops(&self, cell: Cell) -> i32 {
        let leads =
            |(_, route): &&(usize, Route)| matches!(route, Route::Top(_, to) if *to == cell);
        to_pixels(self.scene.routes.iter().filter(leads).count())
    }
}
