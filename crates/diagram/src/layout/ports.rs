use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::grid::{Cell, Route, Zone};
use super::{LANE, Scene, TRACK, to_pixels};

/// Where edges meet the sides of boxes, as heights above (negative) or below the middle of the row.
#[derive(Default)]
pub(super) struct Ports {
    /// By edge and the side of the gutter.
    gutters: BTreeMap<(usize, Zone), i32>,
    /// By edge, where it leaves and where it arrives through the margin.
    margins: BTreeMap<usize, (i32, i32)>,
    /// How high each row must be to have room for them.
    room: BTreeMap<usize, i32>,
}

/// The end of an edge at one side of a row's gutter.
struct End {
    edge: usize,
    zone: Zone,
    turn: Turn,
}

/// Where an edge turns to from a port.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Up,
    Straight,
    Down,
}

impl Ports {
    pub(super) fn of(scene: &Scene<'_>) -> Self {
        let mut ports = Self::default();
        // By row and gutter.
        let mut ends: BTreeMap<(usize, usize), Vec<End>> = BTreeMap::new();
        for &(edge, route) in &scene.routes {
            match route {
                Route::Across(left, right) => {
                    let (from, to) = turns(left, right);
                    let here = ends.entry((left.row, left.column)).or_default();
                    here.push(End { edge, zone: Zone::Left, turn: from });
                    let there = ends.entry((right.row, right.column - 1)).or_default();
                    there.push(End { edge, zone: Zone::Right, turn: to });
                }
                Route::Side(_, cell) => {
                    let (gutter, zone) = scene.grid.descent(cell.column);
                    let here = ends.entry((cell.row, gutter)).or_default();
                    here.push(End { edge, zone, turn: Turn::Up });
                }
                Route::Down | Route::Margin(..) | Route::Top(..) | Route::Band(..) => {}
            }
        }
        for ((row, _), ends) in ends {
            ports.stack(row, &ends);
        }
        ports.margins(&scene.routes);
        ports
    }

    /// The port of an edge at one side of a gutter.
    pub(super) fn gutter(&self, edge: usize, zone: Zone) -> i32 {
        self.gutters.get(&(edge, zone)).copied().unwrap_or_default()
    }

    /// Where an edge leaves its box and where it arrives, through the margin.
    pub(super) fn margin(&self, edge: usize) -> (i32, i32) {
        self.margins.get(&edge).copied().unwrap_or_default()
    }

    /// How high a row must be.
    pub(super) fn room(&self, row: usize) -> i32 {
        self.room.get(&row).copied().unwrap_or_default()
    }

    /// Stacks the ports of a row in one gutter: what turns upward at the top, what goes straight on in the middle.
    fn stack(&mut self, row: usize, ends: &[End]) {
        let of = |turn: Turn, zone: Zone| {
            ends.iter().filter(move |end| end.turn == turn && end.zone == zone)
        };
        let most =
            |turn| to_pixels(of(turn, Zone::Left).count().max(of(turn, Zone::Right).count()));
        let (up, straight, down) =
            (most(Turn::Up) * LANE, most(Turn::Straight) * TRACK, most(Turn::Down) * LANE);
        let top = -(up + straight + down) / 2;
        for zone in [Zone::Left, Zone::Right] {
            for (turn, start, step) in [
                (Turn::Up, top, LANE),
                (Turn::Straight, top + up, TRACK),
                (Turn::Down, top + up + straight, LANE),
            ] {
                for (place, end) in of(turn, zone).enumerate() {
                    let height = start + step * to_pixels(place) + step / 2;
                    self.gutters.insert((end.edge, zone), height);
                }
            }
        }
        self.make_room(row, up + straight + down);
    }

    /// Stacks the ports at margins: all edges that leave a box share the lowest one.
    fn margins(&mut self, routes: &[(usize, Route)]) {
        let mut leaving: BTreeSet<Cell> = BTreeSet::new();
        let mut arriving: BTreeMap<Cell, usize> = BTreeMap::new();
        let mut places: Vec<(usize, Cell, Cell, usize)> = Vec::new();
        for &(edge, route) in routes {
            if let Route::Margin(from, to) = route {
                leaving.insert(from);
                let place = arriving.entry(to).or_default();
                places.push((edge, from, to, *place));
                *place += 1;
            }
        }
        let arrivals = |cell: &Cell| arriving.get(cell).copied().unwrap_or_default();
        let count = |cell: &Cell| to_pixels(arrivals(cell) + usize::from(leaving.contains(cell)));
        let height =
            |cell: &Cell, place: usize| to_pixels(place) * LANE - (count(cell) - 1) * LANE / 2;
        for (edge, from, to, place) in places {
            self.margins.insert(edge, (height(&from, arrivals(&from)), height(&to, place)));
        }
        for cell in arriving.keys().chain(&leaving) {
            self.make_room(cell.row, count(cell) * LANE);
        }
    }

    fn make_room(&mut self, row: usize, height: i32) {
        let room = self.room.entry(row).or_default();
        *room = (*room).max(height + 8);
    }
}

/// Where an edge between columns turns at its two ends. One between neighbours runs between the two rows; one across
/// whole columns runs below the row of its right end.
fn turns(left: Cell, right: Cell) -> (Turn, Turn) {
    let is_long = left.is_far_from(right);
    match left.row.cmp(&right.row) {
        Ordering::Equal if !is_long => (Turn::Straight, Turn::Straight),
        Ordering::Less | Ordering::Equal if is_long => (Turn::Down, Turn::Down),
        Ordering::Less | Ordering::Equal => (Turn::Down, Turn::Up),
        Ordering::Greater => (Turn::Up, Turn::Down),
    }
}
