//! The files that generators read and write.

use std::fs;
use std::path::{Path, PathBuf};

use drstack_testing::ProviderSchema;

use crate::error::Error;

/// What to do with what a generator gives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Write,
    /// Write nothing; fail where a file differs.
    Check,
}

/// The workspace's root directory.
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Cargo tells a running package where its manifest lies: one level below the root.
    pub(crate) fn locate() -> Result<Self, Error> {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").ok_or(Error::NotUnderCargo)?;
        let root = Path::new(&manifest).parent().ok_or(Error::NotUnderCargo)?.to_owned();
        Ok(Self { root })
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    pub(crate) fn read(&self, relative: &str) -> Result<String, Error> {
        read(&self.path(relative))
    }

    pub(crate) fn put(&self, relative: &str, text: &str, then: Then) -> Result<(), Error> {
        match then {
            Then::Write => self.write(relative, text),
            Then::Check => self.check(relative, text),
        }
    }

    fn check(&self, relative: &str, text: &str) -> Result<(), Error> {
        let found = self.read(relative)?;
        if found == text {
            return Ok(());
        }
        let line = found
            .lines()
            .zip(text.lines())
            .take_while(|(found, expected)| found == expected)
            .count();
        Err(Error::Drift { path: self.path(relative), line: line + 1 })
    }

    fn write(&self, relative: &str, text: &str) -> Result<(), Error> {
        let path = self.path(relative);
        let write = |path: &Path| {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(path, text)
        };
        write(&path).map_err(|source| Error::Write { path, source })
    }
}

pub(crate) fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

pub(crate) fn read_schema(path: &Path) -> Result<ProviderSchema, Error> {
    ProviderSchema::parse(&read(path)?)
        .map_err(|source| Error::Schema { path: path.to_owned(), source })
}
