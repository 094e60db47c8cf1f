//! The folder beside an output directory in which a new tree is written.
//!
//! Its owner holds an advisory lock on it for as long as it lives, which the operating system takes back however the
//! process ends. A folder that can be locked is therefore a dead run's.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{fstat, stat};
use tempfile::TempDir;

/// How many random letters and digits end a folder's name.
const RANDOM: usize = 6;

/// A folder of this run. It goes away, with what is in it, when this is dropped.
#[derive(Debug)]
pub(crate) struct Staging {
    // Before the lock: what is no longer locked may be removed by others.
    folder: TempDir,
    _lock: File,
}

impl Staging {
    /// Makes a folder beside `out`, an absolute path.
    pub(crate) fn beside(out: &Path) -> io::Result<Self> {
        loop {
            let folder = tempfile::Builder::new()
                .prefix(&prefix(out))
                .rand_bytes(RANDOM)
                .tempdir_in(parent(out))?;
            // Between making it and locking it, another run may have taken it for a dead one's.
            if let Some(lock) = lock(folder.path())? {
                return Ok(Self { folder, _lock: lock });
            }
        }
    }

    /// Where the new tree is written.
    pub(crate) fn new_tree(&self) -> PathBuf {
        self.folder.path().join("tree")
    }

    /// Where the old tree is while the new one takes its place, on file systems that can't exchange the two.
    pub(crate) fn old_tree(&self) -> PathBuf {
        old_tree(self.folder.path())
    }
}

/// Clears away what dead runs into `out`, an absolute path, have left beside it. An old tree that such a run has moved
/// away and not replaced is put back first. What can't be cleared away stays: it is in nobody's way.
pub(crate) fn clear(out: &Path) {
    let Ok(entries) = fs::read_dir(parent(out)) else { return };
    let prefix = prefix(out);
    for entry in entries.flatten() {
        let name = entry.file_name();
        let random = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
        let is_staging = random.is_some_and(|random| {
            random.len() == RANDOM && random.iter().all(u8::is_ascii_alphanumeric)
        });
        if is_staging && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            clear_one(&entry.path(), out);
        }
    }
}

fn clear_one(folder: &Path, out: &Path) {
    let Ok(lock) = File::open(folder) else { return };
    if lock.try_lock().is_err() {
        return;
    }
    let old = old_tree(folder);
    if old.exists() && !out.exists() && fs::rename(&old, out).is_err() {
        return;
    }
    // Whatever is left is tried again by the next run.
    let _ = fs::remove_dir_all(folder);
}

/// Locks a folder; none when it was removed before it was locked.
fn lock(folder: &Path) -> io::Result<Option<File>> {
    let file = match File::open(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    // Where there are no locks nobody can take one, and so nobody removes the folder.
    let _ = file.lock();
    let locked = fstat(&file)?;
    Ok(match stat(folder) {
        Ok(named) if (named.st_dev, named.st_ino) == (locked.st_dev, locked.st_ino) => Some(file),
        _ => None,
    })
}

fn parent(out: &Path) -> &Path {
    out.parent().unwrap_or(Path::new("/"))
}

fn prefix(out: &Path) -> OsString {
    let mut prefix = OsString::from(".drstack-");
    prefix.push(out.file_name().unwrap_or_default());
    prefix.push("-");
    prefix
}

fn old_tree(folder: &Path) -> PathBuf {
    folder.join("old")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a run of the past has left of itself.
    fn dead(out: &Path, random: &str) -> PathBuf {
        let mut name = prefix(out);
        name.push(random);
        let folder = out.with_file_name(name);
        fs::create_dir_all(folder.join("tree/modules")).unwrap();
        folder
    }

    #[test]
    fn what_dead_runs_left_is_cleared_and_a_live_run_keeps_its_folder() {
        let parent = tempfile::tempdir().unwrap();
        let out = parent.path().join("out");
        let left = dead(&out, "abc123");
        let live = Staging::beside(&out).unwrap();
        fs::create_dir(live.new_tree()).unwrap();
        clear(&out);
        assert!(!left.exists());
        assert!(live.new_tree().exists());
        drop(live);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn folders_of_other_output_directories_and_other_things_stay() {
        let parent = tempfile::tempdir().unwrap();
        let out = parent.path().join("out");
        let others = [
            dead(&parent.path().join("out-2"), "abc123"),
            dead(&parent.path().join("output"), "abc123"),
            dead(&out, "abc1234"),
            dead(&out, "abc-12"),
        ];
        std::os::unix::fs::symlink(&others[0], parent.path().join(".drstack-out-abc123")).unwrap();
        clear(&out);
        assert!(others.iter().all(|folder| folder.exists()));
    }

    #[test]
    fn an_old_tree_that_was_moved_away_comes_back() {
        let parent = tempfile::tempdir().unwrap();
        let out = parent.path().join("out");
        let left = dead(&out, "abc123");
        fs::create_dir(left.join("old")).unwrap();
        fs::write(left.join("old/terraform.tfstate"), "state").unwrap();
        clear(&out);
        assert_eq!(fs::read_to_string(out.join("terraform.tfstate")).unwrap(), "state");
        assert!(!left.exists());
    }

    #[test]
    fn a_folder_that_was_removed_before_it_was_locked_is_not_taken() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("folder");
        assert!(lock(&folder).unwrap().is_none());
        fs::create_dir(&folder).unwrap();
        assert!(lock(&folder).unwrap().is_some());
    }
}
