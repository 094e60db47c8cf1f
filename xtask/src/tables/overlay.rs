//! The hand-kept half of a table.
//!
//! A line is `change type path CELLS… reason`, tab-separated under a header; empty lines and lines that
//! start with `#` are comments. The change is one of
//! - `add`: a row that the rule does not propose;
//! - `set`: other cells for a proposed row, `=` where the proposed cell stays;
//! - `drop`: a proposed row that is none; its cells are all `=`.
//!
//! A line that changes nothing is an error: the provider or the rule moved on, and the line is stale.

use std::collections::BTreeMap;

use super::Place;
use super::arguments::Arguments;

const KEEP: &str = "=";

/// Merges the overlay into the proposed rows; an error is a line number and what is wrong there.
pub(super) fn apply(
    mut rows: BTreeMap<Place, Vec<String>>,
    overlay: &str,
    columns: &[&str],
    arguments: &[Arguments<'_>],
) -> Result<BTreeMap<Place, Vec<String>>, (usize, String)> {
    let header = format!("change\ttype\tpath\t{}\treason", columns.join("\t"));
    let mut lines =
        (1..).zip(overlay.lines()).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    match lines.next() {
        Some((_, first)) if first == header => {}
        other => {
            return Err((
                other.map_or(1, |(number, _)| number),
                format!("expected the header `{header}`"),
            ));
        }
    }
    let mut seen = BTreeMap::new();
    for (number, line) in lines {
        let fail = |problem: String| (number, problem);
        let change = Change::parse(line, columns.len()).map_err(fail)?;
        let (ty, path) = &change.place;
        let known =
            arguments.iter().find(|arguments| arguments.ty == ty).is_some_and(|it| it.knows(path));
        if !known {
            return Err(fail(format!(
                "the provider has no argument `{path}` of `{ty}` that can be set"
            )));
        }
        if let Some(first) = seen.insert(change.place.clone(), number) {
            return Err(fail(format!(
                "`{ty}` `{path}` is changed a second time, first in line {first}"
            )));
        }
        change.apply(&mut rows).map_err(fail)?;
    }
    Ok(rows)
}

struct Change<'a> {
    verb: Verb,
    place: Place,
    cells: Vec<&'a str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Add,
    Set,
    Drop,
}

impl<'a> Change<'a> {
    fn parse(line: &'a str, columns: usize) -> Result<Self, String> {
        let fields: Vec<_> = line.split('\t').collect();
        let [verb, ty, path, cells @ .., reason] = fields.as_slice() else {
            return Err(format!("found `{line}`, expected tab-separated fields"));
        };
        if cells.len() != columns {
            return Err(format!("found {} cells, expected {columns}", cells.len()));
        }
        if reason.trim().is_empty() || fields.iter().any(|field| field.is_empty()) {
            return Err("every cell and the reason must say something".to_owned());
        }
        let verb = match *verb {
            "add" => Verb::Add,
            "set" => Verb::Set,
            "drop" => Verb::Drop,
            other => return Err(format!("found `{other}`, expected add, set or drop")),
        };
        let keeps = cells.iter().filter(|cell| **cell == KEEP).count();
        match verb {
            Verb::Add if keeps > 0 => {
                Err("an added row has nothing to keep, write every cell".to_owned())
            }
            Verb::Drop if keeps < cells.len() => {
                Err("a dropped row has no cells, write `=`".to_owned())
            }
            _ => Ok(Self {
                verb,
                place: ((*ty).to_owned(), (*path).to_owned()),
                cells: cells.to_vec(),
            }),
        }
    }

    fn apply(self, rows: &mut BTreeMap<Place, Vec<String>>) -> Result<(), String> {
        let (ty, path) = self.place.clone();
        match (self.verb, rows.get_mut(&self.place)) {
            (Verb::Add, Some(_)) => Err(format!("`{ty}` `{path}` is proposed already, use set")),
            (Verb::Add, None) => {
                rows.insert(self.place, self.cells.into_iter().map(str::to_owned).collect());
                Ok(())
            }
            (Verb::Set | Verb::Drop, None) => {
                Err(format!("`{ty}` `{path}` is not proposed, use add"))
            }
            (Verb::Drop, Some(_)) => {
                rows.remove(&self.place);
                Ok(())
            }
            (Verb::Set, Some(row)) => {
                let merged: Vec<_> = row
                    .iter()
                    .zip(&self.cells)
                    .map(
                        |(proposed, cell)| {
                            if *cell == KEEP { proposed.clone() } else { (*cell).to_owned() }
                        },
                    )
                    .collect();
                if merged == *row {
                    return Err(format!(
                        "`{ty}` `{path}` is proposed just like this, remove the line"
                    ));
                }
                *row = merged;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use drstack_testing::ProviderSchema;

    use super::*;

    const HEADER: &str = "# comment\nchange\ttype\tpath\ta\tb\treason\n";

    fn run(overlay: &str) -> Result<Vec<String>, (usize, String)> {
        let schema = &ProviderSchema::load().resources["aws_vpc"];
        let proposed = BTreeMap::from([(
            ("aws_vpc".to_owned(), "cidr_block".to_owned()),
            vec!["1".to_owned(), "2".to_owned()],
        )]);
        let rows = apply(proposed, overlay, &["a", "b"], &[Arguments::of("aws_vpc", schema)])?;
        Ok(rows
            .into_iter()
            .map(|((_, path), cells)| format!("{path} {}", cells.join(" ")))
            .collect())
    }

    #[track_caller]
    fn assert_refused(line: &str, problem: &str) {
        let (number, found) = run(&format!("{HEADER}{line}\n")).unwrap_err();
        assert_eq!(number, 3);
        assert!(found.contains(problem), "{found}");
    }

    #[test]
    fn rows_are_added_set_and_dropped() {
        assert_eq!(run(HEADER).unwrap(), ["cidr_block 1 2"]);
        assert_eq!(
            run(&format!("{HEADER}add\taws_vpc\tipv6_cidr_block\t3\t4\twhy\n\nset\taws_vpc\tcidr_block\t=\t5\twhy\n"))
                .unwrap(),
            ["cidr_block 1 5", "ipv6_cidr_block 3 4"]
        );
        assert!(
            run(&format!("{HEADER}drop\taws_vpc\tcidr_block\t=\t=\twhy\n")).unwrap().is_empty()
        );
    }

    #[test]
    fn stale_and_malformed_lines_are_refused() {
        assert_refused("add\taws_vpc\tcidr_block\t3\t4\twhy", "proposed already");
        assert_refused("set\taws_vpc\tcidr_block\t1\t=\twhy", "proposed just like this");
        assert_refused("set\taws_vpc\tipv6_cidr_block\t1\t=\twhy", "not proposed");
        assert_refused("drop\taws_vpc\tipv6_cidr_block\t=\t=\twhy", "not proposed");
        assert_refused("drop\taws_vpc\tcidr_block\t1\t=\twhy", "has no cells");
        assert_refused("add\taws_vpc\tipv6_cidr_block\t=\t4\twhy", "nothing to keep");
        assert_refused("add\taws_vpc\tarn\t3\t4\twhy", "no argument `arn`");
        assert_refused("add\taws_vcp\tname\t3\t4\twhy", "no argument `name` of `aws_vcp`");
        assert_refused("add\taws_vpc\tipv6_cidr_block\t3\twhy", "found 1 cells, expected 2");
        assert_refused("add\taws_vpc\tipv6_cidr_block\t3\t4\t ", "reason");
        assert_refused("grow\taws_vpc\tcidr_block\t3\t4\twhy", "expected add, set or drop");
    }

    #[test]
    fn a_place_is_changed_once() {
        let line = "drop\taws_vpc\tcidr_block\t=\t=\twhy\n";
        assert_eq!(run(&format!("{HEADER}{line}{line}")).unwrap_err().0, 4);
    }

    #[test]
    fn the_header_must_fit_the_table() {
        assert_eq!(run("change\ttype\tpath\ta\treason\n").unwrap_err().0, 1);
        assert_eq!(run("").unwrap_err().0, 1);
    }
}
