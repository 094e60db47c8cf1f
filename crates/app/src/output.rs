//! Where what a command has to say goes: a file as a whole, or standard output.

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

/// Replaces a file as a whole.
///
/// # Errors
/// When it can't be written; the old one is there then.
pub fn replace(path: &Path, bytes: &[u8]) -> miette::Result<()> {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Others may read it, as far as the process lets them; temporary files are the owner's alone otherwise.
    let mode = std::fs::Permissions::from_mode(0o666);
    let file = tempfile::Builder::new().permissions(mode).tempfile_in(folder);
    let written = file.and_then(|mut file| {
        file.write_all(bytes)?;
        file.persist(path)?;
        Ok(())
    });
    written.into_diagnostic().wrap_err_with(|| format!("can't write `{}`", path.display()))
}
