//! Finding records by their addresses, and by what AWS calls them.

use std::hash::BuildHasher;

use foldhash::HashMap;
use foldhash::fast::RandomState;

use crate::error::ReadError;
use crate::json::may_hold;
use crate::record::Record;

/// Finds records by address and by group. Open addressing over indices: the addresses stay in the records.
#[derive(Default)]
pub(crate) struct AddressIndex {
    hasher: RandomState,
    instances: Vec<u32>,
    groups: Vec<u32>,
    /// For each record, the next one of its group.
    next: Vec<u32>,
}

const VACANT: u32 = u32::MAX;

impl AddressIndex {
    pub(crate) fn of(records: &[Record<'_>]) -> Result<Self, ReadError> {
        let slots = (records.len() * 2).next_power_of_two().max(2);
        let mut index = Self {
            hasher: RandomState::default(),
            instances: vec![VACANT; slots],
            groups: vec![VACANT; slots],
            next: vec![VACANT; records.len()],
        };
        // Deposed objects are left out; two of one address differ in their deposed keys.
        let mut deposed = HashMap::default();
        // Backwards, so that each group's chain ends up in the records' order.
        for (at, record) in records.iter().enumerate().rev() {
            let duplicate = || ReadError::Duplicate { address: record.address.to_string() };
            if let Some(key) = &record.deposed {
                if deposed.insert((record.address.as_ref(), key.as_ref()), at).is_some() {
                    return Err(duplicate());
                }
                continue;
            }
            let place =
                u32::try_from(at).map_err(|_| ReadError::TooDeep { limit: VACANT as usize })?;
            let slot =
                index.slot(&index.instances, &record.address, |record| &record.address, records);
            match index.instances.get_mut(slot) {
                Some(entry) if *entry == VACANT => *entry = place,
                _ => return Err(duplicate()),
            }
            let slot = index.slot(&index.groups, record.group(), Record::group, records);
            if let (Some(head), Some(next)) = (index.groups.get_mut(slot), index.next.get_mut(at)) {
                *next = std::mem::replace(head, place);
            }
        }
        Ok(index)
    }

    pub(crate) fn instance(&self, address: &str, records: &[Record<'_>]) -> Option<usize> {
        let slot = self.slot(&self.instances, address, |record| &record.address, records);
        occupied(*self.instances.get(slot)?)
    }

    pub(crate) fn group(
        &self,
        group: &str,
        records: &[Record<'_>],
    ) -> impl Iterator<Item = usize> + use<'_> {
        let slot = self.slot(&self.groups, group, Record::group, records);
        let head = self.groups.get(slot).copied().and_then(occupied);
        std::iter::successors(head, |at| self.next.get(*at).copied().and_then(occupied))
    }

    /// The slot that holds `name`, or the vacant one where it would be.
    fn slot<'r>(
        &self,
        table: &[u32],
        name: &str,
        name_of: impl Fn(&'r Record<'r>) -> &'r str,
        records: &'r [Record<'r>],
    ) -> usize {
        let mask = table.len().wrapping_sub(1);
        #[expect(clippy::cast_possible_truncation, reason = "any part of a hash is a hash")]
        let mut slot = self.hasher.hash_one(name) as usize & mask;
        while let Some(at) = table.get(slot).copied().and_then(occupied) {
            if records.get(at).is_some_and(|record| name_of(record) == name) {
                break;
            }
            slot = (slot + 1) & mask;
        }
        slot
    }
}

/// Finds records by what AWS calls them.
pub(crate) struct Identities {
    hasher: RandomState,
    /// Hashes of known `arn`s and `id`s, with the record; sorted.
    hashes: Vec<(u64, u32)>,
}

impl Identities {
    pub(crate) fn of(records: &[Record<'_>]) -> Self {
        let hasher = RandomState::default();
        let mut hashes = Vec::new();
        for (at, record) in (0..).zip(records) {
            for (attribute, key) in [("arn", b"\"arn\"".as_slice()), ("id", b"\"id\"")] {
                if !may_hold(record.values.json(), key) {
                    continue;
                }
                if let Some(text) = record.values.value().get(attribute).as_str() {
                    hashes.push((hasher.hash_one(text.as_ref()), at));
                }
            }
        }
        hashes.sort_unstable();
        hashes.dedup();
        Self { hasher, hashes }
    }

    /// The records that may be called so: those whose names have the same hash.
    pub(crate) fn candidates(&self, text: &str) -> impl Iterator<Item = usize> + use<'_> {
        let hash = self.hasher.hash_one(text);
        let start = self.hashes.partition_point(|(other, _)| *other < hash);
        let tail = self.hashes.get(start..).unwrap_or_default();
        tail.iter().take_while(move |(other, _)| *other == hash).map(|(_, at)| *at as usize)
    }
}

fn occupied(place: u32) -> Option<usize> {
    (place != VACANT).then_some(place as usize)
}
