//! Where everything is in a picture.

use proptest::prelude::*;

use super::any;
use crate::Diagram;
use crate::layout::{Layout, Point, Rect};

proptest! {
    #[test]
    fn boxes_and_labels_have_their_own_places(diagram in any::diagram()) {
        let layout = Layout::of(&diagram, 50, 300);
        prop_assert_eq!(layout.boxes.len(), diagram.nodes.len());
        let boxes = boxes(&layout);
        let labels: Vec<Rect> =
            layout.wires.iter().filter_map(|wire| Some(wire.label.as_ref()?.rect)).collect();
        let labelled = diagram.edges.iter().filter(|edge| !edge.label.is_empty());
        prop_assert!(labels.len() <= labelled.count());
        let placed: Vec<Rect> = boxes.iter().chain(&labels).copied().collect();
        for (at, one) in placed.iter().enumerate() {
            prop_assert!(
                one.x >= 0 && one.y >= 50 && one.x + one.width <= layout.width && one.y + one.height <= layout.foot,
                "{one:?} is outside of {} x {}", layout.width, layout.foot
            );
            for other in placed.iter().skip(at + 1) {
                prop_assert!(!overlap(one, other), "{one:?} and {other:?}");
            }
        }
    }

    #[test]
    fn edges_lead_from_box_to_box_and_through_none(diagram in any::diagram()) {
        let layout = Layout::of(&diagram, 50, 300);
        prop_assert_eq!(layout.wires.len(), diagram.edges.len());
        let boxes = boxes(&layout);
        for wire in &layout.wires {
            let edge = &diagram.edges[wire.edge];
            let ends = [(edge.from, wire.points.first()), (edge.to, wire.points.last())];
            for (node, end) in ends {
                prop_assert!(touches(&layout.boxes[node], end.unwrap()), "{wire:?} of {edge:?}");
            }
            for pair in wire.points.windows(2) {
                let (one, other) = (pair[0], pair[1]);
                prop_assert!(one.x == other.x || one.y == other.y, "{wire:?} is not upright");
                for placed in &boxes {
                    prop_assert!(!runs_through(one, other, placed), "{wire:?} and {placed:?}");
                }
            }
        }
    }

    #[test]
    fn boxes_of_one_component_stand_at_one_height(diagram in any::diagram()) {
        let layout = Layout::of(&diagram, 50, 300);
        let regional = |diagram: &Diagram, node: usize| {
            diagram.columns[diagram.nodes[node].column].place != crate::Place::Global
        };
        for (at, one) in diagram.nodes.iter().enumerate() {
            for (other_at, other) in diagram.nodes.iter().enumerate() {
                if one.component == other.component && regional(&diagram, at) && regional(&diagram, other_at) {
                    prop_assert_eq!(layout.boxes[at].y, layout.boxes[other_at].y);
                }
            }
        }
    }
}

/// All boxes, and the marks of those that are missing.
fn boxes(layout: &Layout) -> Vec<Rect> {
    layout.boxes.iter().copied().chain(layout.missing.iter().map(|(rect, _)| *rect)).collect()
}

fn overlap(one: &Rect, other: &Rect) -> bool {
    one.x < other.x + other.width
        && other.x < one.x + one.width
        && one.y < other.y + other.height
        && other.y < one.y + one.height
}

/// Whether a point is on the frame of a box.
fn touches(rect: &Rect, point: &Point) -> bool {
    let (right, bottom) = (rect.x + rect.width, rect.y + rect.height);
    let inside = (rect.x..=right).contains(&point.x) && (rect.y..=bottom).contains(&point.y);
    inside && (point.x == rect.x || point.x == right || point.y == rect.y || point.y == bottom)
}

/// Whether a line from one point to another leads through a box; to run along its frame or to end there is none of that.
fn runs_through(one: Point, other: Point, rect: &Rect) -> bool {
    one.x.min(other.x) < rect.x + rect.width
        && one.x.max(other.x) > rect.x
        && one.y.min(other.y) < rect.y + rect.height
        && one.y.max(other.y) > rect.y
}
