//! The output directory: replaced as a whole or not at all.
//!
//! A new tree is written beside the old one and the two directories change names in one step, so that whoever looks, at
//! any moment, finds the old tree or the new one. What drstack did not write (Terraform's state, `.terraform/`, the lock
//! file, `*.tfvars`) is linked into the new tree before the step: both trees hold the same files, and nothing of them is copied or moved.
//!
//! A run that is killed leaves its new tree behind. The next run into the same directory clears it away; it is told from
//! that of a run still at work by a lock, which ends with its process.
//!
//! A manifest in the directory lists what drstack wrote. Only that is replaced or removed, and a directory with
//! other things in it and no manifest is not ours to replace.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use drstack_terraform::Documents;
use miette::Diagnostic;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::staging::{self, Staging};

/// The name of the manifest in the output directory.
pub const MANIFEST: &str = ".drstack-manifest.json";

/// How the names of files end that Terraform reads by itself:
/// <https://developer.hashicorp.com/terraform/language/files>,
/// <https://developer.hashicorp.com/terraform/language/values/variables#assign-values-to-root-module-variables>.
const CONFIGURATION_SUFFIXES: [&str; 6] = [
    ".tf",
    ".tf.json",
    "terraform.tfvars",
    "terraform.tfvars.json",
    ".auto.tfvars",
    ".auto.tfvars.json",
];

/// Why a tree could not be written. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The directory holds other people's files.
    #[error("`{}` is not empty and drstack did not write it", path.display())]
    NotOurs {
        /// The directory.
        path: PathBuf,
    },
    /// The path is taken by something that is not a directory.
    #[error("`{}` is not a directory", path.display())]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// A file of somebody else stands where one of ours belongs.
    #[error("`{}` is in the way: drstack did not write it and has a file of that name to write", path.display())]
    InTheWay {
        /// The file.
        path: PathBuf,
    },
    /// The manifest can't be read.
    #[error("the manifest `{}` is broken: {reason}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The operating system refused.
    #[error("can't {doing} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which path.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl Diagnostic for TreeError {
    fn help(&self) -> Option<Box<dyn Display + '_>> {
        Some(Box::new(match self {
            Self::NotOurs { .. } => "choose another directory with --out, or empty this one",
            Self::NotADirectory { .. } => "choose another directory with --out",
            Self::InTheWay { .. } => "move the file away",
            Self::Manifest { .. } => {
                "restore the manifest, or remove the directory and write it anew"
            }
            Self::Io { .. } => {
                "the directory is as it was before; check permissions and free space"
            }
        }))
    }
}

/// What writing a tree changed, by relative path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Files that are new.
    pub added: Vec<String>,
    /// Files whose content changed.
    pub changed: Vec<String>,
    /// Files that went away.
    pub removed: Vec<String>,
}

impl Changes {
    /// Whether the tree was as it should be.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

/// What drstack wrote into `out` last time: relative paths.
///
/// # Errors
/// When `out` is not a directory of ours.
pub fn owned(out: &Path) -> Result<BTreeSet<String>, TreeError> {
    if !out.exists() {
        return Ok(BTreeSet::new());
    }
    if !out.is_dir() {
        return Err(TreeError::NotADirectory { path: out.to_owned() });
    }
    let path = out.join(MANIFEST);
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map_err(|error| TreeError::Manifest { path, reason: error.to_string() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut entries = fs::read_dir(out).map_err(io("read", out))?;
            if entries.next().is_none() {
                Ok(BTreeSet::new())
            } else {
                Err(TreeError::NotOurs { path: out.to_owned() })
            }
        }
        Err(source) => Err(TreeError::Io { doing: "read", path, source }),
    }
}

/// What somebody else put beside files of ours for Terraform to read: relative paths of configurations and variables.
///
/// # Errors
/// When `out` is not a directory of ours or can't be read.
pub fn foreign_configuration(out: &Path) -> Result<BTreeSet<String>, TreeError> {
    let owned = owned(out)?;
    let folders: BTreeSet<&Path> =
        owned.iter().filter_map(|path| Path::new(path).parent()).collect();
    let mut found = BTreeSet::new();
    for folder in folders {
        let path = out.join(folder);
        for entry in fs::read_dir(&path).map_err(io("read", &path))? {
            let name = entry.map_err(io("read", &path))?.file_name();
            found.insert(folder.join(name).to_string_lossy().into_owned());
        }
    }
    let is_read = |path: &String| {
        CONFIGURATION_SUFFIXES.iter().any(|suffix| path.ends_with(suffix)) && !owned.contains(path)
    };
    Ok(found.into_iter().filter(is_read).collect())
}

/// What writing `files` into `out` would change.
///
/// # Errors
/// As for [`write()`].
pub fn changes(out: &Path, files: &Documents) -> Result<Changes, TreeError> {
    let owned = owned(out)?;
    let mut changes = Changes::default();
    for (path, bytes) in files.iter() {
        let file = out.join(path);
        match fs::read(&file) {
            Ok(old) if old == bytes && owned.contains(path) => {}
            Ok(_) if owned.contains(path) => changes.changed.push(path.to_owned()),
            Ok(_) => return Err(TreeError::InTheWay { path: file }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                changes.added.push(path.to_owned());
            }
            Err(source) => return Err(TreeError::Io { doing: "read", path: file, source }),
        }
    }
    changes.removed = owned.into_iter().filter(|path| files.get(path).is_none()).collect();
    Ok(changes)
}

/// Makes `files` the tree in `out`. A tree that is as it should be is left alone.
///
/// # Errors
/// When `out` is not ours, something is in the way, or the operating system refuses; `out` is then as it was.
pub fn write(out: &Path, files: &Documents) -> Result<Changes, TreeError> {
    let target = &absolute(out)?;
    staging::clear(target);
    let changes = changes(out, files)?;
    if changes.is_empty() && out.join(MANIFEST).is_file() {
        return Ok(changes);
    }
    let parent = target.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent).map_err(io("create", parent))?;
    // Dropped on every way out, and then it holds what failed or the old tree.
    let staging = Staging::beside(target).map_err(io("write into", parent))?;
    stage(&staging.new_tree(), target, files)?;
    replace(&staging, target)?;
    Ok(changes)
}

/// Writes the whole new tree to `new`, with what is not ours linked in from `out`.
fn stage(new: &Path, out: &Path, files: &Documents) -> Result<(), TreeError> {
    for (path, bytes) in files.iter() {
        write_file(&new.join(path), bytes)?;
    }
    let manifest: Vec<&str> = files.iter().map(|(path, _)| path).collect();
    let manifest = format!("{:#}\n", serde_json::json!(manifest));
    write_file(&new.join(MANIFEST), manifest.as_bytes())?;
    if out.exists() {
        let mut owned = owned(out)?;
        owned.insert(MANIFEST.to_owned());
        link_foreign(out, new, Path::new(""), &owned)?;
    }
    Ok(())
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), TreeError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(io("create", folder))?;
    }
    fs::write(path, bytes).map_err(io("write", path))
}

fn link_foreign(
    out: &Path,
    new: &Path,
    folder: &Path,
    owned: &BTreeSet<String>,
) -> Result<(), TreeError> {
    let from = out.join(folder);
    for entry in fs::read_dir(&from).map_err(io("read", &from))? {
        let entry = entry.map_err(io("read", &from))?;
        let relative = folder.join(entry.file_name());
        let (source, target) = (out.join(&relative), new.join(&relative));
        let kind = entry.file_type().map_err(io("read", &source))?;
        if kind.is_dir() {
            link_foreign(out, new, &relative, owned)?;
            // Only folders that hold something of somebody else's, or are empty, come into being here.
            if !target.exists() && is_empty(&source) {
                fs::create_dir_all(&target).map_err(io("create", &target))?;
            }
        } else if !relative.to_str().is_some_and(|path| owned.contains(path)) {
            if target.exists() {
                return Err(TreeError::InTheWay { path: source });
            }
            if let Some(folder) = target.parent() {
                fs::create_dir_all(folder).map_err(io("create", folder))?;
            }
            if kind.is_symlink() {
                let leads_to = fs::read_link(&source).map_err(io("read", &source))?;
                rustix::fs::symlink(&leads_to, &target)
                    .map_err(|error| io("link", &target)(error.into()))?;
            } else {
                fs::hard_link(&source, &target).map_err(io("link", &target))?;
            }
        }
    }
    Ok(())
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// Puts the new tree where `out` is in one step; the old one ends in the staging folder.
fn replace(staging: &Staging, out: &Path) -> Result<(), TreeError> {
    let new = &staging.new_tree();
    let failed = |error: rustix::io::Errno| io("replace", out)(error.into());
    if !out.exists() {
        return fs::rename(new, out).map_err(io("create", out));
    }
    match renameat_with(CWD, new, CWD, out, RenameFlags::EXCHANGE) {
        // Some file systems can't exchange names; there, the directory is gone for an instant and never mixed.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {
            let old = staging.old_tree();
            fs::rename(out, &old).map_err(io("replace", out))?;
            fs::rename(new, out)
                .or_else(|error| fs::rename(&old, out).and(Err(error)))
                .map_err(io("replace", out))
        }
        other => other.map_err(failed),
    }
}

fn absolute(path: &Path) -> Result<PathBuf, TreeError> {
    match path.canonicalize() {
        Ok(path) => Ok(path),
        Err(_) => std::path::absolute(path).map_err(io("find", path)),
    }
}

fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> TreeError {
    let path = path.to_owned();
    move |source| TreeError::Io { doing, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(pairs: &[(&str, &str)]) -> Documents {
        pairs.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
    }

    fn listing(out: &Path) -> Vec<String> {
        fn walk(folder: &Path, root: &Path, found: &mut Vec<String>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, root, found);
                } else {
                    found.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        let mut found = Vec::new();
        walk(out, out, &mut found);
        found.sort();
        found
    }

    #[test]
    fn a_tree_is_replaced_and_what_is_not_ours_stays() {
        let parent = tempfile::tempdir().unwrap();
        let out = parent.path().join("out");
        let changes =
            write(&out, &files(&[("main.tf.json", "1"), ("modules/a/main.tf.json", "1")])).unwrap();
        assert_eq!(changes.added.len(), 2);
        fs::write(out.join("terraform.tfstate"), "state").unwrap();
        fs::write(out.join("modules/a/notes.txt"), "mine").unwrap();
        fs::create_dir_all(out.join(".terraform/providers")).unwrap();
        fs::write(out.join(".terraform/providers/binary"), "x").unwrap();
        std::os::unix::fs::symlink("binary", out.join(".terraform/providers/link")).unwrap();

        let changes =
            write(&out, &files(&[("main.tf.json", "2"), ("modules/b/main.tf.json", "1")])).unwrap();
        assert_eq!((changes.added.len(), changes.changed.len(), changes.removed.len()), (1, 1, 1));
        assert_eq!(
            listing(&out),
            [
                ".drstack-manifest.json",
                ".terraform/providers/binary",
                ".terraform/providers/link",
                "main.tf.json",
                "modules/a/notes.txt",
                "modules/b/main.tf.json",
                "terraform.tfstate"
            ]
        );
        assert_eq!(fs::read_to_string(out.join("main.tf.json")).unwrap(), "2");
        assert_eq!(
            fs::read_dir(parent.path()).unwrap().count(),
            1,
            "nothing is left beside the tree"
        );
    }

    #[test]
    fn writing_the_same_tree_again_changes_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let out = parent.path().join("out");
        let tree = files(&[("main.tf.json", "1")]);
        write(&out, &tree).unwrap();
        let before = fs::metadata(out.join("main.tf.json")).unwrap().modified().unwrap();
        assert!(write(&out, &tree).unwrap().is_empty());
        assert_eq!(fs::metadata(out.join("main.tf.json")).unwrap().modified().unwrap(), before);
    }

    #[test]
    fn a_directory_that_is_not_ours_is_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        fs::write(parent.path().join("thesis.tex"), "x").unwrap();
        assert!(matches!(
            write(parent.path(), &files(&[("a", "1")])),
            Err(TreeError::NotOurs { .. })
        ));
        assert!(matches!(
            write(&parent.path().join("thesis.tex"), &files(&[("a", "1")])),
            Err(TreeError::NotADirectory { .. })
        ));
        assert_eq!(listing(parent.path()), ["thesis.tex"]);
    }

    #[test]
    fn what_others_give_terraform_to_read_is_found() {
        let parent = tempfile::tempdir().unwrap();
        let out = parent.path().join("out");
        write(&out, &files(&[("main.tf.json", "1"), ("modules/a/main.tf.json", "1")])).unwrap();
        assert!(foreign_configuration(&out).unwrap().is_empty());
        fs::create_dir(out.join(".terraform")).unwrap();
        for path in [
            "modules/a/my_override.tf.json",
            "prod.auto.tfvars",
            "modules/a/notes.txt",
            ".terraform/modules.tf.json",
            ".terraform.lock.hcl",
        ] {
            fs::write(out.join(path), "x").unwrap();
        }
        let found: Vec<String> = foreign_configuration(&out).unwrap().into_iter().collect();
        assert_eq!(found, ["modules/a/my_override.tf.json", "prod.auto.tfvars"]);
    }

    #[test]
    fn a_foreign_file_in_the_way_and_a_broken_manifest_are_errors() {
        let parent = tempfile::tempdir().unwrap();
        let out = parent.path().join("out");
        write(&out, &files(&[("a", "1")])).unwrap();
        fs::write(out.join("b"), "mine").unwrap();
        assert!(matches!(
            write(&out, &files(&[("a", "1"), ("b", "2")])),
            Err(TreeError::InTheWay { .. })
        ));
        fs::write(out.join(MANIFEST), "{").unwrap();
        assert!(matches!(write(&out, &files(&[("a", "2")])), Err(TreeError::Manifest { .. })));
        assert_eq!(fs::read_to_string(out.join("a")).unwrap(), "1");
    }
}
