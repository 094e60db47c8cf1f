use crate::Survey;
use crate::lost::Lost;
use crate::walk::Walk;

/// A plan without one of its regions: what is left, and how it was reached.
pub struct Outage<'survey, 'plan> {
    pub(crate) survey: &'survey Survey<'plan>,
    /// The lost region's name.
    pub(crate) name: String,
    pub(crate) lost: Lost,
    pub(crate) walk: Walk<'plan>,
}
