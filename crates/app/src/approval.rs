//! What a person says to a plan before it is carried out.

use std::io::{self, BufRead, IsTerminal, Write};

use miette::{IntoDiagnostic, miette};

/// Sees to it that there will be somebody to ask, before anything is done.
///
/// # Errors
/// When standard input is no terminal; `matter` is what the question would be about, `help` what to say instead.
pub fn can_be_asked(matter: &str, help: &str) -> miette::Result<()> {
    if io::stdin().is_terminal() {
        Ok(())
    } else {
        Err(miette!(
            help = help,
            "nobody can be asked whether to {matter}: standard input is no terminal"
        ))
    }
}

/// Whether the answer to a question is `yes`.
///
/// # Errors
/// When the terminal can't be used.
pub fn is_given(question: &str) -> miette::Result<bool> {
    eprint!("{question} Only `yes` is taken for an answer: ");
    io::stderr().flush().into_diagnostic()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).into_diagnostic()?;
    Ok(answer.trim() == "yes")
}
