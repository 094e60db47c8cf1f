//! Why a generator failed.

use std::path::PathBuf;

use drstack_testing::schema::ParseError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("found no CARGO_MANIFEST_DIR in the environment; run this as `cargo xtask`")]
    NotUnderCargo,
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{}: {source}", path.display())]
    Schema { path: PathBuf, source: ParseError },
    #[error("{}:{line}: {problem}", path.display())]
    Line { path: PathBuf, line: usize, problem: String },
    #[error("{}:{line}: not what the generator gives now; run the same command without --check", path.display())]
    Drift { path: PathBuf, line: usize },
    #[error(
        "{table}.tsv: row `{row}` names `{reference}`, expected an argument or block of the same type"
    )]
    Reference { table: &'static str, row: String, reference: String },
    #[error("cannot serialize the schema: {0}")]
    Json(#[from] serde_json::Error),
    #[error("nobody serves {ids}: name them in a builder, a rule or above a test")]
    Unserved { ids: String },
    #[error("{by} names the requirement `{id}`, which docs/requirements.tsv does not have")]
    UnknownRequirement { id: String, by: String },
}
