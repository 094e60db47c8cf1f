//! The Lambda deployment package: a zip that is the same to the byte for the same files.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Cursor, Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use drstack_policy::Handler;
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::config::Problem;

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
    /// The module that the handler names is not in the package.
    #[error("{place} has no `{file}`, which the handler `{handler}` names")]
    NoModule {
        /// Whose code it is.
        place: String,
        /// The file that is missing.
        file: String,
        /// The handler.
        handler: String,
    },
    /// The module has nothing of the name that the handler names.
    #[error(
        "`{file}` of {place} has no `{function}` at its top level, which the handler `{handler}` names"
    )]
    NoFunction {
        /// Whose code it is.
        place: String,
        /// The module's file.
        file: String,
        /// The name that is missing.
        function: String,
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
            Self::NoModule { .. } | Self::NoFunction { .. } => (
                "compute.handler",
                "name a module of the code and a function in it, as `module.function`",
            ),
            Self::TooLarge { .. } => {
                ("compute.source", "leave out what the runtime has (boto3), tests and data")
            }
            Self::Zip(_) => ("compute.source", "check the folder's files"),
        };
        Problem { key, found: self.to_string(), fix: fix.to_owned() }
    }

    /// 50 MB zipped: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
    pub(crate) const MAX: usize = 50 * 1024 * 1024;
}

/// Packs the built-in transaction processor. It is small enough to lie in the archive as it is.
///
/// # Errors
/// When the archive can't be written.
pub fn built_in() -> Result<Package, PackageError> {
    pack(drstack_compute::HANDLER.iter().copied(), CompressionMethod::Stored)
}

/// The same for a handler that is configured.
///
/// # Errors
/// When the function has no such handler, or the archive can't be written.
pub fn built_in_with_handler(handler: &str) -> Result<Package, PackageError> {
    let files = drstack_compute::HANDLER.iter().copied().collect();
    check_handler(&files, handler, "the built-in function")?;
    built_in()
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
/// When something can't be read, lies outside the folder, or the handler isn't there, and when the archive grows larger
/// than Lambda takes.
pub fn pack_folder(folder: &Path, handler: &str) -> Result<Package, PackageError> {
    let root = folder
        .canonicalize()
        .map_err(|error| PackageError::Read { path: folder.to_owned(), error })?;
    let mut files = BTreeMap::new();
    collect(&root, &root, &mut files)?;
    let files = files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
    check_handler(&files, handler, &format!("`{}`", folder.display()))?;
    pack(files, CompressionMethod::Deflated)
}

/// Looks for the handler's module, and in it for the function's name, which Lambda takes from the module once it is loaded:
/// <https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html>.
fn check_handler(
    files: &BTreeMap<&str, &[u8]>,
    handler: &str,
    place: &str,
) -> Result<(), PackageError> {
    let wanted = Handler::python(handler);
    let (place, handler) = (place.to_owned(), handler.to_owned());
    let found = wanted.file_among(files.keys().copied());
    let Some((file, source)) = found.and_then(|file| Some((file, files.get(file)?))) else {
        return Err(PackageError::NoModule { place, file: wanted.source().to_owned(), handler });
    };
    if wanted.is_defined_in(file, &String::from_utf8_lossy(source)) {
        return Ok(());
    }
    let function = wanted.name().unwrap_or_default().to_owned();
    Err(PackageError::NoFunction { place, file: file.to_owned(), function, handler })
}

/// Opens a package for the rules to look into. Of files that are larger than any source, only the names are read.
#[must_use]
pub fn open(archive: &[u8]) -> drstack_policy::Package {
    const LARGEST_SOURCE: u64 = 1024 * 1024;
    let files = || -> zip::result::ZipResult<BTreeMap<String, Option<String>>> {
        let mut zip = ZipArchive::new(Cursor::new(archive))?;
        let mut files = BTreeMap::new();
        for index in 0..zip.len() {
            let mut file = zip.by_index(index)?;
            let name = file.name().to_owned();
            let mut text = String::new();
            let is_source = name.ends_with(".py") && file.size() <= LARGEST_SOURCE;
            let is_read =
                is_source && file.by_ref().take(LARGEST_SOURCE).read_to_string(&mut text).is_ok();
            files.insert(name, is_read.then_some(text));
        }
        Ok(files)
    };
    files().map_or(drstack_policy::Package::Malformed, drstack_policy::Package::Files)
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
            Err(PackageError::NoModule { .. })
        ));
        assert!(matches!(
            pack_folder(folder.path(), "main.nope"),
            Err(PackageError::NoFunction { .. })
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
    fn the_built_in_function_has_one_handler() {
        assert_eq!(built_in_with_handler("handler.handler").unwrap(), built_in().unwrap());
        assert!(matches!(
            built_in_with_handler("nope.handler"),
            Err(PackageError::NoModule { .. })
        ));
        assert!(matches!(
            built_in_with_handler("handler.nope"),
            Err(PackageError::NoFunction { .. })
        ));
    }

    #[test]
    fn a_package_in_the_folder_can_hold_the_handler() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("app")).unwrap();
        fs::write(folder.path().join("app/__init__.py"), "").unwrap();
        fs::write(folder.path().join("app/main.py"), "def run(event, context): ...").unwrap();
        assert!(pack_folder(folder.path(), "app.main.run").is_ok());
        assert!(pack_folder(folder.path(), "app/main.run").is_ok());
        assert!(pack_folder(folder.path(), "app.run").is_err());
    }

    #[test]
    fn caches_and_hidden_files_do_not_change_the_package() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("main.py"), "from core import handler").unwrap();
        let before = pack_folder(folder.path(), "main.handler").unwrap();
        fs::create_dir(folder.path().join("__pycache__")).unwrap();
        fs::write(folder.path().join("__pycache__/main.pyc"), "x").unwrap();
        fs::write(folder.path().join(".env"), "SECRET=1").unwrap();
        assert_eq!(pack_folder(folder.path(), "main.handler").unwrap(), before);
    }
}
