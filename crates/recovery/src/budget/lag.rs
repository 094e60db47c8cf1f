use drstack_plan::Resource;

use super::Term;
use super::alarms::{Alarm, Alarms, Watches};
use super::copies::Kept;
use super::stores::{Copying, Lag, Way};

/// The alarms on the lag of the stores that are copied in one way.
pub(super) struct LagAlarms<'plan> {
    watches: Watches<'plan>,
    /// Whether the stores and their copies are one group, whose members an alarm may know by any name.
    is_group: bool,
    /// Whether there is one store, so that every alarm on a group is on it.
    is_lone: bool,
}

impl<'plan> LagAlarms<'plan> {
    /// Those of some regions. `terms` is what is asked of an alarm; one that says nothing then does not count.
    pub(super) fn of(
        copying: &Copying,
        lag: &Lag,
        regions: &[&str],
        alarms: &Alarms<'plan>,
        kept: &[Kept<'plan>],
        terms: impl Fn(&Alarm<'plan>) -> Vec<Term>,
    ) -> Self {
        let on = |region: &&str| alarms.on(region, lag.metrics);
        let found: Vec<&Alarm<'plan>> = regions.iter().flat_map(on).collect();
        let is_copied_so = |kept: &&Kept<'plan>| kept.is_copied_by(copying);
        Self {
            watches: Watches::of(&found, terms),
            is_group: matches!(copying.way, Way::Member(_)),
            is_lone: kept.iter().filter(is_copied_so).take(2).count() == 1,
        }
    }

    /// What the alarm says that speaks first of a store or of its copies.
    pub(super) fn terms(&self, kept: &Kept<'plan>) -> Option<&[Term]> {
        let all = self.watches.all();
        let named = [kept.store].into_iter().chain(kept.copies.iter().copied());
        let alarm = if self.is_group && self.is_lone {
            self.watches.first(all)
        } else {
            self.watches.first(named.flat_map(|resource| self.watches.naming(resource)))
        };
        self.watches.said(alarm?)
    }

    /// Whether an alarm may be on a store that none is known to be on.
    pub(super) fn may_watch(&self, store: Resource<'plan>) -> bool {
        if self.is_group { !self.watches.all().is_empty() } else { self.watches.may_name(store) }
    }
}
