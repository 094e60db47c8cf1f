//! The Lambda deployment package: a zip that is the same to the byte for the same files.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};

use crate::config::Problem;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// A deployment package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The zip archive.
    pub archive: Vec<u8>,
    /// The SHA-256 of the archive in base64, as Lambda's `CodeSha256` has it.
    pub hash: String,
}

/// Why a folder can't be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The folder or something in it can't be read.
    #[error("can't read `{}`: {error}", path.display())]
    Read {
        /// What could not be read.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A link leads out of the folder.
    #[error("`{}` leads to `{}`, outside the folder that is packed", path.display(), target.display())]
    Outside {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// A path that can't be in a zip.
    #[error("`{}` has a name that is not UTF-8", path.display())]
    Name {
        /// The path.
        path: PathBuf,
    },
    /// The module that the handler names is not in the folder.
    #[error("`{}` has no `{file}`, which the handler `{handler}` names", folder.display())]
    NoHandler {
        /// The folder.
        folder: PathBuf,
        /// The file that is missing.
        file: String,
        /// The handler.
        handler: String,
    },
    /// The archive is larger than Lambda takes.
    #[error(
        "the package has {size} bytes, Lambda takes at most {} in one request",
        PackageError::MAX
    )]
    TooLarge {
        /// Its size.
        size: usize,
    },
    /// The archive could not be written.
    #[error("can't write the archive: {0}")]
    Zip(#[from] zip::result::ZipError),
}

impl PackageError {
    /// The problem as one of the configuration, at the key that leads to it.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let (key, fix) = match self {
            Self::Read { .. } => {
                ("compute.source", "name a folder that you can read, relative to drstack.toml")
            }
            Self::Outside { .. } => {
                ("compute.source", "copy the file into the folder, or remove the link")
            }
            Self::Name { .. } => ("compute.source", "rename the file"),
            Self::NoHandler { .. } => {
                ("compute.handler", "name a module of the folder and the function in it")
            }
            Self::TooLarge { .. } => {
                ("compute.source", "leave out what the runtime has (boto3), tests and data")
            }
            Self::Zip(_) => ("compute.source", "check the folder's files"),
        };
        Problem { key, found: self.to_string(), fix: fix.to_owned() }
    }

    /// 50 MB zipped: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
    const MAX: usize = 50 * 1024 * 1024;
}

/// Packs the built-in transaction processor. It is small enough to lie in the archive as it is.
///
/// # Errors
/// When the archive can't be written.
pub fn built_in() -> Result<Package, PackageError> {
    pack(drstack_compute::HANDLER.iter().copied(), CompressionMethod::Stored)
}

/// Packs files, given by their paths inside the archive.
fn pack<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    method: CompressionMethod,
) -> Result<Package, PackageError> {
    let sorted: BTreeMap<&str, &[u8]> = files.into_iter().collect();
    let options = SimpleFileOptions::default()
        .compression_method(method)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in sorted {
        zip.start_file(path, options)?;
        zip.write_all(bytes).map_err(zip::result::ZipError::from)?;
    }
    let archive = zip.finish()?.into_inner();
    if archive.len() > PackageError::MAX {
        return Err(PackageError::TooLarge { size: archive.len() });
    }
    let hash = STANDARD.encode(Sha256::digest(&archive));
    Ok(Package { archive, hash })
}

/// Packs a folder. Caches, hidden files and folders are left out.
///
/// # Errors
/// When something can't be read, lies outside the folder, or the handler's module isn't there, and when the archive
/// grows larger than Lambda takes.
pub fn pack_folder(folder: &Path, handler: &str) -> Result<Package, PackageError> {
    let root = folder
        .canonicalize()
        .map_err(|error| PackageError::Read { path: folder.to_owned(), error })?;
    let mut files = BTreeMap::new();
    collect(&root, &root, &mut files)?;
    let module = handler.rsplit_once('.').map_or(handler, |(module, _)| module);
    let file = format!("{}.py", module.replace('.', "/"));
    if !files.contains_key(&file) && !files.contains_key(&file.replace(".py", "/__init__.py")) {
        return Err(PackageError::NoHandler {
            folder: folder.to_owned(),
            file,
            handler: handler.to_owned(),
        });
    }
    let files = files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()));
    pack(files, CompressionMethod::Deflated)
}

fn collect(
    root: &Path,
    folder: &Path,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), PackageError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| PackageError::Read { path, error }
    };
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .ok_or_else(|| PackageError::Name { path: path.clone() })?;
        if name.starts_with('.') || name == "__pycache__" {
            continue;
        }
        let target = path.canonicalize().map_err(failed(&path))?;
        if !target.starts_with(root) {
            return Err(PackageError::Outside { path, target });
        }
        let relative = path.strip_prefix(root).ok().and_then(Path::to_str);
        let relative =
            relative.ok_or_else(|| PackageError::Name { path: path.clone() })?.replace('\\', "/");
        let is_link = path.is_symlink();
        if target.is_dir() && is_link {
            // A link to a folder could lead in circles; its files are packed where they really are.
            continue;
        } else if target.is_dir() {
            collect(root, &path, files)?;
        } else {
            files.insert(relative, fs::read(&target).map_err(failed(&path))?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_give_the_same_bytes_in_any_order() {
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            let one = pack([("b.py", &b"2"[..]), ("a.py", b"1")], method).unwrap();
            let two = pack([("a.py", &b"1"[..]), ("b.py", b"2")], method).unwrap();
            assert_eq!(one, two);
            assert_eq!(one.hash.len(), 44);
        }
    }

    #[test]
    fn a_folder_without_the_handler_or_with_a_way_out_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("main.py"), "def handler(event, context): ...").unwrap();
        assert!(pack_folder(folder.path(), "main.handler").is_ok());
        assert!(matches!(
            pack_folder(folder.path(), "other.handler"),
            Err(PackageError::NoHandler { .. })
        ));
        assert!(matches!(
            pack_folder(&folder.path().join("absent"), "main.handler"),
            Err(PackageError::Read { .. })
        ));
        std::os::unix::fs::symlink("/", folder.path().join("way_out")).unwrap();
        assert!(matches!(
            pack_folder(folder.path(), "main.handler"),
            Err(PackageError::Outside { .. })
        ));
    }

    #[test]
    fn caches_and_hidden_files_do_not_change_the_package() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("main.py"), "").unwrap();
        let before = pack_folder(folder.path(), "main.handler").unwrap();
        fs::create_dir(folder.path().join("__pycache__")).unwrap();
        fs::write(folder.path().join("__pycache__/main.pyc"), "x").unwrap();
        fs::write(folder.path().join(".env"), "SECRET=1").unwrap();
        assert_eq!(pack_folder(folder.path(), "main.handler").unwrap(), before);
    }
}
