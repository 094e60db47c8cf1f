use drstack_plan::Resource;
use foldhash::HashMap;
use memchr::{memchr_iter, memmem};

use crate::outage::Outage;

/// The lost region's buckets: a bucket's name is all it takes to reach it.
pub(crate) struct Buckets<'plan> {
    by_name: HashMap<String, Resource<'plan>>,
    /// The lengths of the names, a bit each.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
    lengths: u64,
    /// Finds what all of [`PREFIXES`] and [`HOSTS`] hold.
    service: memmem::Finder<'static>,
}

impl<'plan> Buckets<'plan> {
    pub(crate) fn of(outage: &Outage<'_, 'plan>) -> Self {
        let buckets = outage.survey.of_type("aws_s3_bucket").iter().copied();
        let lost = buckets.filter(|bucket| outage.lost.is(outage.survey.site(*bucket)));
        let by_name: HashMap<String, Resource<'plan>> = lost
            .filter_map(|bucket| Some((bucket.get("bucket").as_str()?.into_owned(), bucket)))
            .collect();
        let lengths = by_name.keys().fold(0, |lengths, name| lengths | bit(name.len()));
        Self { by_name, lengths, service: memmem::Finder::new("s3") }
    }

    /// The buckets that a text names: by their names alone, or in addresses, which are without a region or with theirs.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-bucket-intro.html>
    pub(crate) fn named(&self, text: &str) -> Vec<Resource<'plan>> {
        if self.by_name.is_empty() {
            return Vec::new();
        }
        let after = |prefix: &'static str| {
            let starts = text.match_indices(prefix).map(move |(at, _)| at + prefix.len());
            starts.filter_map(|start| {
                let rest = text.get(start..)?;
                rest.get(..rest.find(|letter| !is_of_name(letter)).unwrap_or(rest.len()))
            })
        };
        let before = HOSTS.iter().flat_map(|suffix| {
            text.match_indices(suffix).filter_map(|(end, _)| {
                let rest = text.get(..end)?;
                let start = rest.rfind(|letter| !is_of_name(letter)).map_or(0, |at| at + 1);
                rest.get(start..)
            })
        });
        let names =
            [text].into_iter().chain(PREFIXES.iter().copied().flat_map(after)).chain(before);
        let mut found: Vec<Resource<'plan>> =
            names.filter_map(|name| self.by_name.get(name)).copied().collect();
        found.sort_by_key(|bucket| bucket.index());
        found.dedup();
        found
    }

    /// Whether a string of a JSON text may be the name of a bucket.
    pub(crate) fn may_be_in(&self, json: &[u8]) -> bool {
        if self.by_name.is_empty() {
            return false;
        }
        let mut addresses = PREFIXES.iter().chain(&HOSTS);
        if self.service.find(json).is_some()
            && addresses.any(|part| memmem::find(json, part.as_bytes()).is_some())
        {
            return true;
        }
        let mut start = 0;
        memchr_iter(b'"', json).any(|quote| {
            let between = json.get(start..quote).unwrap_or_default();
            start = quote + 1;
            self.lengths & bit(between.len()) != 0
                && std::str::from_utf8(between).is_ok_and(|text| self.by_name.contains_key(text))
        })
    }
}

/// What stands before a bucket's name in an address, and after it in a host name.
const PREFIXES: [&str; 2] = ["s3://", ":s3:::"];
const HOSTS: [&str; 2] = [".s3.", ".s3-"];

/// Whether a letter may stand in a bucket's name.
fn is_of_name(letter: char) -> bool {
    letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-' || letter == '.'
}

/// The bit of a length; the last one is for all that are longer than names of buckets.
fn bit(length: usize) -> u64 {
    1 << length.min(63)
}
