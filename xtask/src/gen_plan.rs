//! Writes a plan of any size, to measure on.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;

pub(crate) fn run(resources: usize, out: Option<&Path>) -> Result<(), Error> {
    let plan = drstack_testing::plan::plan(resources);
    let (written, path) = match out {
        Some(path) => (fs::write(path, plan), path.to_owned()),
        None => (io::stdout().lock().write_all(plan.as_bytes()), PathBuf::from("-")),
    };
    written.map_err(|source| Error::Write { path, source })
}
