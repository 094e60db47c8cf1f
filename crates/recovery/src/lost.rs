//! The region that is taken away.

use crate::place::{Region, Site};

/// The region that is lost; `None` if nothing of the plan is there.
#[derive(Clone, Copy)]
pub(crate) struct Lost(pub(crate) Option<Region>);

impl Lost {
    /// Whether a place is in the lost region.
    pub(crate) fn is(self, place: Site) -> bool {
        matches!(place, Site::In(region) if Some(region) == self.0)
    }

    /// Whether a place is in a region that is not lost.
    pub(crate) fn is_survived_by(self, place: Site) -> bool {
        matches!(place, Site::In(region) if Some(region) != self.0)
    }

    /// Whether what is at a place is there once the region is lost.
    pub(crate) fn leaves(self, place: Site) -> bool {
        self.is_survived_by(place) || matches!(place, Site::Global(_))
    }
}
