//! Where what a command has to say goes: a file as a whole, or standard output.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use miette::{IntoDiagnostic, WrapErr};

/// Writes to the file that was named, else to standard output. That nobody reads on is no failure.
///
/// # Errors
/// When it can't be written.
pub fn write(path: Option<&Path>, text: &[u8]) -> miette::Result<()> {
    let Some(path) = path else {
        let mut out = io::stdout().lock();
        return match out.write_all(text).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(error).into_diagnostic().wrap_err("can't write to standard output")
            }
            _ => Ok(()),
        };
    };
    replace(path, text)
}

/// Replaces a file as a whole. A device or a pipe is written to: it must stay what it is, `/dev/null` above all.
///
/// # Errors
/// When it can't be written; the old file is there then.
pub fn replace(path: &Path, bytes: &[u8]) -> miette::Result<()> {
    let is_file = fs::metadata(path).map_or(true, |found| found.is_file());
    let written = if is_file { put_in_place(path, bytes) } else { fs::write(path, bytes) };
    written.into_diagnostic().wrap_err_with(|| format!("can't write `{}`", path.display()))
}

fn put_in_place(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Others may read it, as far as the process lets them; temporary files are the owner's alone otherwise.
    let mode = fs::Permissions::from_mode(0o666);
    let mut file = tempfile::Builder::new().permissions(mode).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}
