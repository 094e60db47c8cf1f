//! Binary search over the lines of a sorted text.

use std::cmp::Ordering;

/// A tab-separated table under a header, its lines sorted by their first columns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table(&'static str);

impl Table {
    pub(crate) const fn new(text: &'static str) -> Self {
        Self(text)
    }

    /// The lines behind the header.
    pub(crate) fn body(self) -> &'static str {
        self.0.split_once('\n').map_or("", |(_, body)| body)
    }

    /// The lines that compare equal, where `compare` says how a line stands to what is looked for;
    /// the table must be sorted by it.
    pub(crate) fn range(self, compare: impl Fn(&str) -> Ordering) -> &'static str {
        let rest = self.from(&compare);
        &rest[..partition(rest, |line| compare(line) == Ordering::Equal)]
    }

    /// The lines from the first one that does not come before what is looked for.
    fn from(self, compare: impl Fn(&str) -> Ordering) -> &'static str {
        let body = self.body();
        &body[partition(body, |line| compare(line) == Ordering::Less)..]
    }

    /// The lines whose first column is `key`, each split into its columns.
    pub(crate) fn rows<const N: usize>(
        self,
        key: &str,
    ) -> impl Iterator<Item = [&'static str; N]> + use<N> {
        let lines = self.from(|line| first_column(line).cmp(key)).lines();
        // They are few: the end is found on the way.
        let first = lines.clone().next().map(first_column).filter(|first| *first == key);
        lines.take_while(move |line| first == Some(first_column(line))).filter_map(columns)
    }

    /// How many keys and rows there are. Fails the test unless `read` reads all rows of all keys.
    #[cfg(test)]
    pub(crate) fn read_by<R: IntoIterator>(
        self,
        read: impl Fn(&'static str) -> R,
    ) -> (usize, usize) {
        let mut keys: Vec<_> = self.body().lines().map(first_column).collect();
        let rows = keys.len();
        keys.dedup();
        assert_eq!(keys.iter().flat_map(|key| read(key)).count(), rows);
        (keys.len(), rows)
    }
}

fn columns<const N: usize>(line: &'static str) -> Option<[&'static str; N]> {
    let mut columns = line.split('\t');
    let mut row = [""; N];
    for cell in &mut row {
        *cell = columns.next()?;
    }
    columns.next().is_none().then_some(row)
}

fn first_column(line: &str) -> &str {
    let end = memchr::memchr(b'\t', line.as_bytes());
    end.map_or(line, |end| &line[..end])
}

/// The offset of the first line for which `before` does not hold; it must hold for all earlier ones.
fn partition(text: &str, before: impl Fn(&str) -> bool) -> usize {
    let (mut low, mut high) = (0, text.len());
    while low < high {
        let middle = low + (high - low) / 2;
        // Newlines are single bytes in UTF-8, so that both ends are character boundaries.
        let bytes = text.as_bytes();
        let start = memchr::memrchr(b'\n', &bytes[low..middle]).map_or(low, |at| low + at + 1);
        let end = memchr::memchr(b'\n', &bytes[middle..high]).map_or(high, |at| middle + at);
        if before(&text[start..end]) {
            low = (end + 1).min(high);
        } else {
            high = start;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rows_of_a_key_are_found_without_their_neighbours() {
        let table = Table::new("type\tpath\na\t1\nab\t2\nab\t3\nb\t4\n");
        let rows = |key| table.rows::<2>(key).map(|[_, cell]| cell).collect::<Vec<_>>();
        assert_eq!(rows("ab"), ["2", "3"]);
        assert_eq!(rows("a"), ["1"]);
        assert_eq!(rows("b"), ["4"]);
        for absent in ["", "aa", "abc", "c", "type"] {
            assert!(rows(absent).is_empty(), "{absent}");
        }
    }

    #[test]
    fn rows_of_another_width_are_left_out() {
        let table = Table::new("h\na\t1\na\t1\t2\na\n");
        assert_eq!(table.rows::<2>("a").count(), 1);
    }

    #[test]
    fn an_empty_table_holds_nothing() {
        for text in ["", "header", "header\n"] {
            assert_eq!(Table::new(text).rows::<1>("").count(), 0);
        }
    }

    proptest! {
        #[test]
        fn the_partition_is_where_a_scan_finds_it(
            mut lines in prop::collection::vec("[a-cé]{0,3}", 0..20),
            key in "[a-cé]{0,3}",
        ) {
            lines.sort();
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            let scanned: usize = lines.iter().take_while(|line| **line < key).map(|line| line.len() + 1).sum();
            prop_assert_eq!(partition(&text, |line| line < key.as_str()), scanned);
        }
    }
}
