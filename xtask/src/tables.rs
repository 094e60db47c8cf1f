//! `cargo xtask tables`: the tables of provider facts under `policies/tables/`.
//!
//! A table is generated in two steps, and both are kept apart: a rule over the whole provider schema
//! proposes rows (one submodule a table), then the hand-kept overlay of the same name under
//! `policies/tables/curated/` adds, changes and drops rows, each with its reason.

mod arguments;
mod cidr;
mod global;
mod kms;
mod names;
mod overlay;
mod policy_documents;
mod retention;
mod secrets;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arguments::Arguments;

use crate::error::Error;
use crate::workspace::{self, Then, Workspace};

const DIRECTORY: &str = "policies/tables";

/// One table: its file name without extension, the columns behind `type` and `path`, and its rule.
struct Table {
    name: &'static str,
    columns: &'static [&'static str],
    propose: fn(&Arguments<'_>) -> Vec<Row>,
}

const TABLES: [Table; 6] = [
    names::TABLE,
    retention::TABLE,
    kms::TABLE,
    policy_documents::TABLE,
    cidr::TABLE,
    secrets::TABLE,
];

/// The cell for "nothing" or "not known".
const NONE: &str = "-";

/// A row's place: resource type and argument path (`replica.kms_key_arn`).
type Place = (String, String);

/// What a rule proposes: an argument's path and the cells of the table's columns.
struct Row {
    path: String,
    cells: Vec<String>,
}

impl Row {
    fn new<const N: usize>(path: &str, cells: [&str; N]) -> Self {
        Self { path: path.to_owned(), cells: cells.map(str::to_owned).to_vec() }
    }
}

pub(crate) fn run(workspace: &Workspace, schema: &Path, then: Then) -> Result<(), Error> {
    let schema = workspace::read_schema(schema)?;
    let arguments: Vec<_> =
        schema.resources.iter().map(|(ty, schema)| Arguments::of(ty, schema)).collect();
    for table in &TABLES {
        let proposed = propose(table, &arguments);
        let curated = format!("{DIRECTORY}/curated/{}.tsv", table.name);
        let overlay = workspace.read(&curated)?;
        let rows = overlay::apply(proposed, &overlay, table.columns, &arguments).map_err(
            |(line, problem)| Error::Line { path: workspace.path(&curated), line, problem },
        )?;
        check_references(table, &rows, &arguments)?;
        let types = rows.keys().map(|(ty, _)| ty).collect::<BTreeSet<_>>().len();
        eprintln!("{}: {} arguments of {types} types", table.name, rows.len());
        workspace.put(&path(table.name), &render(table.columns, &rows), then)?;
    }
    workspace.put(&path("global"), &global::render(&schema), then)?;
    eprintln!("of {} resource types", schema.resources.len());
    Ok(())
}

/// Columns that name other arguments or blocks of the same type, in conditions or alone.
const REFERENCES: [&str; 4] = ["instead", "prefix", "switch", "when"];

/// Fails where a cell names an argument that the type does not have.
fn check_references(
    table: &Table,
    rows: &BTreeMap<Place, Vec<String>>,
    arguments: &[Arguments<'_>],
) -> Result<(), Error> {
    let types: BTreeMap<_, _> =
        arguments.iter().map(|arguments| (arguments.ty, arguments)).collect();
    for ((ty, path), cells) in rows {
        let columns = table.columns.iter().zip(cells);
        for (_, cell) in
            columns.filter(|(column, cell)| REFERENCES.contains(column) && *cell != NONE)
        {
            let named = cell.split('&').map(|part| part.split('=').next().unwrap_or_default());
            for reference in named {
                if !types.get(ty.as_str()).is_some_and(|arguments| arguments.knows(reference)) {
                    return Err(Error::Reference {
                        table: table.name,
                        row: format!("{ty} {path}"),
                        reference: reference.to_owned(),
                    });
                }
            }
        }
    }
    Ok(())
}

fn path(table: &str) -> String {
    format!("{DIRECTORY}/{table}.tsv")
}

fn propose(table: &Table, arguments: &[Arguments<'_>]) -> BTreeMap<Place, Vec<String>> {
    let mut rows = BTreeMap::new();
    for arguments in arguments {
        for row in (table.propose)(arguments) {
            rows.insert((arguments.ty.to_owned(), row.path), row.cells);
        }
    }
    rows
}

fn render(columns: &[&str], rows: &BTreeMap<Place, Vec<String>>) -> String {
    let mut out = format!("type\tpath\t{}\n", columns.join("\t"));
    for ((ty, path), cells) in rows {
        out.push_str(&format!("{ty}\t{path}\t{}\n", cells.join("\t")));
    }
    out
}

#[cfg(test)]
mod tests {
    use drstack_testing::ProviderSchema;

    use super::*;

    /// The cells that a table's rule proposes for one type, by path.
    pub(super) fn proposals(table: &Table, ty: &str) -> BTreeMap<String, Vec<String>> {
        let schema = &ProviderSchema::load().resources[ty];
        let rows = (table.propose)(&Arguments::of(ty, schema));
        rows.into_iter().map(|row| (row.path, row.cells)).collect()
    }

    #[test]
    fn a_cell_that_names_no_argument_is_refused() {
        let arguments = [Arguments::of(
            "aws_rds_cluster",
            &ProviderSchema::load().resources["aws_rds_cluster"],
        )];
        let check = |when: &str| {
            let place = ("aws_rds_cluster".to_owned(), "kms_key_id".to_owned());
            let rows = BTreeMap::from([(place, vec![when.to_owned()])]);
            let table = Table { name: "t", columns: &["when"], propose: |_| Vec::new() };
            check_references(&table, &rows, &arguments).map_err(|error| error.to_string())
        };
        assert_eq!(check("-"), Ok(()));
        assert_eq!(check("storage_encrypted=true&scaling_configuration"), Ok(()));
        assert!(
            check("storage_encryption=true")
                .is_err_and(|error| error.contains("`storage_encryption`"))
        );
    }

    #[test]
    fn rows_are_rendered_sorted_under_a_header() {
        let rows = BTreeMap::from([
            (("aws_b".to_owned(), "name".to_owned()), vec!["1".to_owned(), "2".to_owned()]),
            (("aws_a".to_owned(), "name".to_owned()), vec!["3".to_owned(), "4".to_owned()]),
        ]);
        assert_eq!(
            render(&["x", "y"], &rows),
            "type\tpath\tx\ty\naws_a\tname\t3\t4\naws_b\tname\t1\t2\n"
        );
    }
}
