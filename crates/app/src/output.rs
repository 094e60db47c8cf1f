//! Where what a command has to say goes: a file as a whole, or standard output.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
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
    replace(path, |out| out.write_all(text))
}

/// Replaces a file as a whole by what `write` writes. A device or a pipe is written to: it must stay what it is,
/// `/dev/null` above all.
///
/// # Errors
/// When it can't be written; the old file is there then.
pub fn replace(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> miette::Result<()> {
    let is_file = fs::metadata(path).map_or(true, |found| found.is_file());
    let written = if is_file {
        put_in_place(path, write)
    } else {
        File::create(path).and_then(|file| buffered(file, write).map(drop))
    };
    written.into_diagnostic().wrap_err_with(|| format!("can't write `{}`", path.display()))
}

fn put_in_place(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Others may read it, as far as the process lets them; temporary files are the owner's alone otherwise.
    let mode = fs::Permissions::from_mode(0o666);
    let file = tempfile::Builder::new().permissions(mode).tempfile_in(folder)?;
    buffered(file, write)?.persist(path)?;
    Ok(())
}

/// Gives the file back when all is written.
fn buffered<W: Write>(
    file: W,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<W> {
    let mut out = BufWriter::new(file);
    write(&mut out)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)
}
