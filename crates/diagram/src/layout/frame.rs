use std::collections::VecDeque;

use super::grid::{Route, Site, Zone};
use super::gutters::Gutters;
use super::{LANE, MARGIN, PADDING, SIDE, Scene, to_pixels};
use crate::diagram::Detail;

/// How wide the boxes of the band are.
pub(super) const BAND_BOX: i32 = 250;
/// Space between two of them.
const BAND_GAP: i32 = 24;
/// Space for the band's heading, and as much at its other end.
const BAND_HEAD: i32 = 90;

/// The widths, from the left end of the picture.
pub(super) struct Frame {
    pub(super) width: i32,
    /// Where each column's frame begins.
    columns: Vec<i32>,
    pub(super) column_width: i32,
    pub(super) box_width: i32,
    /// Where each box of the band begins.
    band: Vec<i32>,
    /// The height of the band's boxes.
    pub(super) band_height: i32,
}

impl Frame {
    pub(super) fn of(scene: &Scene<'_>, gutters: &Gutters, least_width: i32) -> Self {
        let grid = &scene.grid;
        let box_width = match (scene.diagram.detail, grid.columns.len() > 2) {
            (Detail::Boxes, false) => 324,
            (Detail::Boxes, true) => 246,
            (Detail::Resources, false) => 420,
            (Detail::Resources, true) => 340,
        };
        let margin = match to_pixels(gutters.margin_lanes) {
            0 => 0,
            lanes => lanes * LANE + SIDE / 2,
        };
        let column_width = 2 * PADDING + margin + box_width;
        let mut columns = Vec::new();
        let mut end = MARGIN;
        for column in 0..grid.columns.len() {
            columns.push(end);
            end += column_width;
            if column + 1 < grid.columns.len() {
                end += gutters.width(column);
            } else if gutters.is_used(column, Zone::Left) {
                end += gutters.zone(column, Zone::Left);
            }
        }
        let boxes = to_pixels(grid.band) * (BAND_BOX + BAND_GAP) - BAND_GAP;
        let band = if grid.band == 0 { 0 } else { boxes + 2 * BAND_HEAD };
        let content = (end - MARGIN).max(band).max(least_width);
        // Room that the columns leave goes between them, or on both sides of a lone one.
        let room = content - (end - MARGIN);
        let between = to_pixels(grid.columns.len()) - 1;
        for (column, x) in columns.iter_mut().enumerate() {
            *x += if between > 0 { room * to_pixels(column) / between } else { room / 2 };
        }
        let first = MARGIN + (content - boxes) / 2;
        let mut band = vec![first; grid.band];
        for (place, slot) in band_order(scene).into_iter().enumerate() {
            if let Some(x) = band.get_mut(slot) {
                *x = first + to_pixels(place) * (BAND_BOX + BAND_GAP);
            }
        }
        let band_height = scene.most_height(|site| matches!(site, Site::Band(_)));
        Self {
            width: content + 2 * MARGIN,
            columns,
            column_width,
            box_width,
            band,
            band_height: band_height.unwrap_or_default(),
        }
    }

    /// Where a column's frame begins.
    pub(super) fn column(&self, column: usize) -> i32 {
        self.columns.get(column).copied().unwrap_or_default()
    }

    /// Where a box of the band begins.
    pub(super) fn slot(&self, slot: usize) -> i32 {
        self.band.get(slot).copied().unwrap_or_default()
    }
}

/// The boxes of the band from left to right: those with edges in the middle.
fn band_order(scene: &Scene<'_>) -> VecDeque<usize> {
    let has_edges = |slot: usize| {
        scene.routes.iter().any(|(_, route)| match route {
            Route::Top(at, _) | Route::Side(at, _) => *at == slot,
            Route::Band(from, to) => *from == slot || *to == slot,
            Route::Down | Route::Margin(..) | Route::Across(..) => false,
        })
    };
    let mut slots: Vec<usize> = (0..scene.grid.band).collect();
    slots.sort_by_key(|slot| !has_edges(*slot));
    let mut order = VecDeque::new();
    for (place, slot) in slots.into_iter().enumerate() {
        if place % 2 == 0 { order.push_front(slot) } else { order.push_back(slot) }
    }
    order
}
