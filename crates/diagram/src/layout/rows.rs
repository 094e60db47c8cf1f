use super::grid::{Route, Site};
use super::ports::Ports;
use super::{BOX_HEIGHT, PADDING, Scene, TRACK, to_pixels};

/// The height of a column's heading.
pub(super) const HEAD: i32 = 38;
/// Space between two rows.
const GAP: i32 = 17;

/// The heights of the rows, from the upper end of the columns.
pub(super) struct Rows {
    /// Where each begins, and how high it is.
    spans: Vec<(i32, i32)>,
    /// Where the columns end.
    pub(super) end: i32,
}

impl Rows {
    /// Stacks the rows. Edges across whole columns run in the gaps, which are as high as that takes.
    pub(super) fn of(scene: &Scene<'_>, ports: &Ports) -> Self {
        let mut spans = Vec::new();
        let mut y = HEAD;
        for row in 0..scene.grid.rows.len() {
            let content =
                scene.most_height(|site| matches!(site, Site::Cell(cell) if cell.row == row));
            let height = content.unwrap_or(BOX_HEIGHT).max(ports.room(row));
            spans.push((y, height));
            let passes = |(_, route): &&(usize, Route)| match route {
                Route::Across(left, right) => right.row == row && left.is_far_from(*right),
                _ => false,
            };
            y += height + GAP + to_pixels(scene.routes.iter().filter(passes).count()) * TRACK;
        }
        Self { spans, end: y - GAP + PADDING }
    }

    /// Where a row begins, and how high it is.
    pub(super) fn span(&self, row: usize) -> (i32, i32) {
        self.spans.get(row).copied().unwrap_or_default()
    }

    pub(super) fn middle(&self, row: usize) -> i32 {
        let (y, height) = self.span(row);
        y + height / 2
    }

    /// The height of an edge in the gap below a row, counted from above.
    pub(super) fn below(&self, row: usize, place: usize) -> i32 {
        let (y, height) = self.span(row);
        y + height + GAP / 2 + to_pixels(place) * TRACK + TRACK / 2
    }
}
