//! What stands where, and which way each edge takes, without measures.

use std::collections::BTreeSet;

use crate::component::Component;
use crate::diagram::{Diagram, Edge, Place};

/// Where a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Site {
    /// In the global band, counted from the left.
    Band(usize),
    /// In a region's column.
    Cell(Cell),
}

/// A place in the grid, counted from the upper left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell {
    pub(super) column: usize,
    pub(super) row: usize,
}

/// A side of a gutter: that of the column at its left, or that of the column at its right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Zone {
    Left,
    Right,
}

/// The way of an edge between two sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// Straight down between neighbours in a column.
    Down,
    /// Through the margin of a column.
    Margin(Cell, Cell),
    /// Through gutters, from a cell to one in a column further right.
    Across(Cell, Cell),
    /// From the band to the top of a cell that nothing stands above.
    Top(usize, Cell),
    /// From the band down a gutter to the side of a cell.
    Side(usize, Cell),
    /// From one box of the band to another.
    Band(usize, usize),
}

/// The table of components by regions.
pub(super) struct Grid {
    /// The columns, as their places in the diagram.
    pub(super) columns: Vec<usize>,
    pub(super) rows: Vec<Component>,
    /// Where each node stands.
    pub(super) sites: Vec<Site>,
    /// How many boxes are in the band.
    pub(super) band: usize,
    /// What other regions have and this one lacks.
    pub(super) missing: Vec<Cell>,
    /// Where a box stands, or the mark that one is missing.
    taken: BTreeSet<Cell>,
}

impl Grid {
    pub(super) fn of(diagram: &Diagram) -> Self {
        let places = diagram.columns.iter().map(|column| &column.place).enumerate();
        let columns: Vec<usize> =
            places.filter_map(|(at, place)| (*place != Place::Global).then_some(at)).collect();
        let regional = diagram.nodes.iter().filter(|node| columns.contains(&node.column));
        let rows: BTreeSet<Component> = regional.map(|node| node.component).collect();
        let rows: Vec<Component> = rows.into_iter().collect();
        let mut band = 0;
        let mut site = |node: &crate::diagram::Node| {
            let column = columns.iter().position(|column| *column == node.column);
            let row = rows.iter().position(|row| *row == node.component);
            match (column, row) {
                (Some(column), Some(row)) => Site::Cell(Cell { column, row }),
                _ => {
                    band += 1;
                    Site::Band(band - 1)
                }
            }
        };
        let sites: Vec<Site> = diagram.nodes.iter().map(&mut site).collect();
        let mut taken: BTreeSet<Cell> = sites.iter().filter_map(|site| site.cell()).collect();
        let missing = missing(diagram, &columns, &rows, &taken);
        taken.extend(&missing);
        Self { columns, rows, sites, band, missing, taken }
    }

    /// The way of an edge.
    pub(super) fn route(&self, edge: &Edge) -> Option<Route> {
        Some(match (*self.sites.get(edge.from)?, *self.sites.get(edge.to)?) {
            (Site::Band(from), Site::Band(to)) => Route::Band(from, to),
            (Site::Band(slot), Site::Cell(cell)) | (Site::Cell(cell), Site::Band(slot)) => {
                if self.is_free(cell.column, 0..cell.row) {
                    Route::Top(slot, cell)
                } else {
                    Route::Side(slot, cell)
                }
            }
            (Site::Cell(from), Site::Cell(to)) if from.column == to.column => {
                if from.row < to.row && self.is_free(from.column, from.row + 1..to.row) {
                    Route::Down
                } else {
                    Route::Margin(from, to)
                }
            }
            (Site::Cell(from), Site::Cell(to)) => Route::Across(from.min(to), from.max(to)),
        })
    }

    /// Whether a column is the other way round, with its margin at the right: the last of several.
    pub(super) fn is_mirrored(&self, column: usize) -> bool {
        column > 0 && column + 1 == self.columns.len()
    }

    /// The gutter that edges from the band come down in, and the zone of it.
    pub(super) fn descent(&self, column: usize) -> (usize, Zone) {
        if self.is_mirrored(column) { (column - 1, Zone::Right) } else { (column, Zone::Left) }
    }

    fn is_free(&self, column: usize, mut rows: std::ops::Range<usize>) -> bool {
        !rows.any(|row| self.taken.contains(&Cell { column, row }))
    }
}

impl Cell {
    /// Whether whole columns are between two cells.
    pub(super) fn is_far_from(self, other: Self) -> bool {
        self.column.abs_diff(other.column) > 1
    }
}

impl Site {
    pub(super) fn cell(self) -> Option<Cell> {
        match self {
            Self::Band(_) => None,
            Self::Cell(cell) => Some(cell),
        }
    }
}

/// The cells of regions that have no box where another region has one. A region that holds nothing but replicas lacks
/// nothing.
fn missing(
    diagram: &Diagram,
    columns: &[usize],
    rows: &[Component],
    taken: &BTreeSet<Cell>,
) -> Vec<Cell> {
    let is_region = |column: &usize| {
        let Some(at) = columns.get(*column) else { return false };
        let place = diagram.columns.get(*at).map(|column| &column.place);
        matches!(place, Some(Place::Region(_)))
            && diagram.nodes.iter().any(|node| {
                node.column == *at && node.count > 0 && node.component != Component::Outside
            })
    };
    let regions: Vec<usize> = (0..columns.len()).filter(is_region).collect();
    let mut missing = Vec::new();
    for (row, component) in rows.iter().enumerate() {
        let is_somewhere = regions.iter().any(|&column| taken.contains(&Cell { column, row }));
        if is_somewhere && *component != Component::Outside {
            let cells = regions.iter().map(|&column| Cell { column, row });
            missing.extend(cells.filter(|cell| !taken.contains(cell)));
        }
    }
    missing
}
