//! From a plan to a picture: what is in its boxes, and what ties them together.

use drstack_plan::{Mode, Plan};
use drstack_recovery::Drill;

use crate::diagram::{Detail, Diagram, Loss};
use crate::gather::{Boxes, Ordered};
use crate::ties;

impl Diagram {
    /// The picture of a plan. Each drill adds what its loss breaks; without drills, no edge is fatal.
    #[must_use]
    pub fn of(plan: &Plan<'_>, drills: &[Drill], detail: Detail) -> Self {
        let mut boxes = Boxes::of(plan);
        let ties = ties::find(plan, &mut boxes, drills);
        let Ordered { columns, nodes, places } = boxes.order(plan);
        Self {
            detail,
            resources: plan.resources().filter(|found| found.mode() == Mode::Managed).count(),
            columns,
            edges: ties.edges(&places),
            nodes,
            losses: drills.iter().map(Loss::of).collect(),
        }
    }
}

impl Loss {
    fn of(drill: &Drill) -> Self {
        use drstack_recovery::Class::{Fatal, Undetermined};
        Self {
            region: drill.lost.clone(),
            left: drill.reached,
            fatal: drill.of_class(Fatal).count(),
            undetermined: drill.of_class(Undetermined).count(),
        }
    }
}
