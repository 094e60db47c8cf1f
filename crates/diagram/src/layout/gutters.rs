use std::collections::BTreeMap;

use super::grid::{Cell, Route, Zone};
use super::ports::Ports;
use super::rows::{HEAD, Rows};
use super::{LANE, SIDE, Scene, TRACK, to_pixels};

/// As high as the sky, for lanes that come down from there.
const SKY: i32 = -1_000_000;

/// What runs beside the columns.
#[derive(Default)]
pub(super) struct Gutters {
    /// The height at which each edge crosses.
    tracks: BTreeMap<usize, i32>,
    /// The lane of each edge in each zone where it changes its height.
    lanes: BTreeMap<(usize, Zone), usize>,
    /// How many lanes each zone of a gutter has.
    counts: BTreeMap<(usize, Zone), usize>,
    /// The lane of each edge in a margin.
    margins: BTreeMap<usize, usize>,
    /// How many lanes a margin has at most.
    pub(super) margin_lanes: usize,
    /// How wide the labels of each gutter are.
    labels: BTreeMap<usize, i32>,
}

/// From where to where something runs upright.
#[derive(Clone, Copy)]
struct Span {
    top: i32,
    bottom: i32,
}

impl Gutters {
    pub(super) fn of(scene: &Scene<'_>, ports: &Ports, rows: &Rows) -> Self {
        let mut gutters = Self { tracks: tracks(scene, ports, rows), ..Self::default() };
        gutters.lay_lanes(scene, ports, rows);
        gutters.lay_margins(scene, ports, rows);
        gutters
    }

    /// The height at which an edge crosses.
    pub(super) fn track(&self, edge: usize) -> i32 {
        self.tracks.get(&edge).copied().unwrap_or_default()
    }

    /// The lane of an edge in a zone, counted from the column.
    pub(super) fn lane(&self, edge: usize, zone: Zone) -> usize {
        self.lanes.get(&(edge, zone)).copied().unwrap_or_default()
    }

    /// The lane of an edge in its column's margin, counted from the boxes.
    pub(super) fn margin(&self, edge: usize) -> usize {
        self.margins.get(&edge).copied().unwrap_or_default()
    }

    /// How wide a gutter must be.
    pub(super) fn width(&self, gutter: usize) -> i32 {
        let label = self.labels.get(&gutter).copied().unwrap_or_default();
        self.zone(gutter, Zone::Left) + label + 2 * SIDE + self.zone(gutter, Zone::Right)
    }

    /// How wide one zone of a gutter is.
    pub(super) fn zone(&self, gutter: usize, zone: Zone) -> i32 {
        self.counts.get(&(gutter, zone)).map_or(0, |count| to_pixels(*count) * LANE) + SIDE
    }

    /// Whether edges come down in a zone.
    pub(super) fn is_used(&self, gutter: usize, zone: Zone) -> bool {
        self.counts.contains_key(&(gutter, zone))
    }

    fn lay_lanes(&mut self, scene: &Scene<'_>, ports: &Ports, rows: &Rows) {
        let mut spans: BTreeMap<(usize, Zone), Vec<(usize, Span)>> = BTreeMap::new();
        for &(edge, route) in &scene.routes {
            let port = |cell: Cell, zone| rows.middle(cell.row) + ports.gutter(edge, zone);
            match route {
                Route::Across(left, right) => {
                    let track = self.track(edge);
                    for (cell, gutter, zone) in
                        [(left, left.column, Zone::Left), (right, right.column - 1, Zone::Right)]
                    {
                        let y = port(cell, zone);
                        if y != track {
                            let span = Span { top: y.min(track), bottom: y.max(track) };
                            spans.entry((gutter, zone)).or_default().push((edge, span));
                        }
                    }
                    let widest = self.labels.entry(right.column - 1).or_default();
                    *widest = (*widest).max(scene.label_width(edge));
                }
                Route::Side(_, cell) => {
                    let (gutter, zone) = scene.grid.descent(cell.column);
                    let span = Span { top: SKY, bottom: port(cell, zone) };
                    spans.entry((gutter, zone)).or_default().push((edge, span));
                }
                Route::Down | Route::Margin(..) | Route::Top(..) | Route::Band(..) => {}
            }
        }
        for (key, spans) in spans {
            let (lanes, count) = lanes(spans);
            self.counts.insert(key, count);
            self.lanes.extend(lanes.into_iter().map(|(edge, lane)| ((edge, key.1), lane)));
        }
    }

    /// Margins: all edges from one box share a lane.
    fn lay_margins(&mut self, scene: &Scene<'_>, ports: &Ports, rows: &Rows) {
        let mut columns: BTreeMap<usize, BTreeMap<usize, Span>> = BTreeMap::new();
        for &(edge, route) in &scene.routes {
            let Route::Margin(from, to) = route else { continue };
            let (leave, arrive) = ports.margin(edge);
            let (leave, arrive) = (rows.middle(from.row) + leave, rows.middle(to.row) + arrive);
            let column = columns.entry(from.column).or_default();
            let span = column.entry(from.row).or_insert(Span { top: leave, bottom: leave });
            *span = Span { top: span.top.min(arrive), bottom: span.bottom.max(arrive) };
        }
        for (column, spans) in columns {
            let (lanes, count) = lanes(spans.into_iter().collect());
            self.margin_lanes = self.margin_lanes.max(count);
            for &(edge, route) in &scene.routes {
                if let Route::Margin(from, _) = route
                    && from.column == column
                {
                    self.margins.extend(lanes.get(&from.row).map(|lane| (edge, *lane)));
                }
            }
        }
    }
}

/// The height at which each edge between columns crosses: straight, in the gap below its right end's row, or at the free
/// height that is nearest to the middle between its ends.
fn tracks(scene: &Scene<'_>, ports: &Ports, rows: &Rows) -> BTreeMap<usize, i32> {
    let mut tracks = BTreeMap::new();
    // What is taken in each gutter, with the distance to keep.
    let mut taken: BTreeMap<usize, Vec<(i32, i32)>> = BTreeMap::new();
    let mut passing: BTreeMap<usize, usize> = BTreeMap::new();
    let mut open: Vec<(usize, usize, i32)> = Vec::new();
    for &(edge, route) in &scene.routes {
        let Route::Across(left, right) = route else { continue };
        let from = rows.middle(left.row) + ports.gutter(edge, Zone::Left);
        let to = rows.middle(right.row) + ports.gutter(edge, Zone::Right);
        taken.entry(left.column).or_default().push((from, LANE));
        taken.entry(right.column - 1).or_default().push((to, LANE));
        if left.is_far_from(right) {
            let place = passing.entry(right.row).or_default();
            let track = rows.below(right.row, *place);
            *place += 1;
            tracks.insert(edge, track);
            for gutter in left.column..right.column {
                taken.entry(gutter).or_default().push((track, TRACK));
            }
        } else if left.row == right.row {
            tracks.insert(edge, from);
            taken.entry(left.column).or_default().push((from, TRACK));
        } else {
            open.push((edge, left.column, (from + to) / 2));
        }
    }
    for (edge, gutter, wanted) in open {
        let taken = taken.entry(gutter).or_default();
        let is_free =
            |y: &i32| *y > HEAD && taken.iter().all(|(other, keep)| (y - other).abs() >= *keep);
        let mut candidates = (0..).flat_map(|distance| [wanted - distance, wanted + distance]);
        let track = candidates.find(is_free).unwrap_or(wanted);
        tracks.insert(edge, track);
        taken.push((track, TRACK));
    }
    tracks
}

/// Gives spans lanes, so that no two in one lane touch; short ones first. The lanes by what the spans are of, and how
/// many there are.
fn lanes(mut spans: Vec<(usize, Span)>) -> (BTreeMap<usize, usize>, usize) {
    spans.sort_unstable_by_key(|(of, span)| (span.bottom - span.top, span.top, *of));
    let mut lanes: Vec<Vec<Span>> = Vec::new();
    let mut found = BTreeMap::new();
    for (of, span) in spans {
        let is_free = |lane: &Vec<Span>| lane.iter().all(|other| span.is_clear_of(*other));
        let lane = lanes.iter().position(is_free).unwrap_or_else(|| {
            lanes.push(Vec::new());
            lanes.len() - 1
        });
        if let Some(lane) = lanes.get_mut(lane) {
            lane.push(span);
        }
        found.insert(of, lane);
    }
    (found, lanes.len())
}

impl Span {
    fn is_clear_of(self, other: Self) -> bool {
        self.bottom + LANE < other.top || other.bottom + LANE < self.top
    }
}
