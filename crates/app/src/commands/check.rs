use std::io::{self, Write};

use drstack_policy::Baseline;
use drstack_rego::Policies;
use drstack_report::Style;
use miette::{IntoDiagnostic, WrapErr};

use crate::cli::Check;
use crate::exit::Exit;
use crate::judgement::{self, Judge};
use crate::{gate, output};

/// Judges plans, states and configurations, or the stack when there are none.
///
/// # Errors
/// When the usage or a file of the gate itself (configuration, pack, waivers, baseline) is wrong.
pub fn run(arguments: &Check) -> miette::Result<Exit> {
    let judge = Judge::open(&arguments.judgement)?;
    let report = judge.report()?;
    if let Some(path) = &arguments.write_baseline {
        let findings = report.findings().map(|entry| entry.found);
        output::replace(path, |out| Baseline::write(findings, out))?;
    }
    let mut texts = gate::texts(&judge.sources);
    let waivers = arguments.judgement.waivers.as_deref();
    let waivers =
        waivers.map(|path| Ok::<_, miette::Report>((path, judgement::read(path, "waivers")?)));
    let waivers = waivers.transpose()?;
    texts.extend(waivers.as_ref().map(|(path, text)| (path.display().to_string(), text.as_str())));
    let policy_texts = judge.policies.iter().flat_map(Policies::texts);
    texts.extend(policy_texts.map(|(path, text)| (path.to_owned(), text)));

    match &arguments.output {
        Some(path) => output::replace(path, |out| {
            gate::show(&report, arguments.format, &texts, Style::default(), out)
        })?,
        None => {
            let out = io::stdout();
            let style = gate::style(&out);
            let mut out = io::BufWriter::new(out.lock());
            let written = gate::show(&report, arguments.format, &texts, style, &mut out)
                .and_then(|()| out.flush());
            // Nobody reads on, as with `drstack check | head`; the exit code still says what was found.
            if let Err(error) = written.or_else(|error| match error.kind() {
                io::ErrorKind::BrokenPipe => Ok(()),
                _ => Err(error),
            }) {
                return Err(error).into_diagnostic().wrap_err("can't write the report");
            }
        }
    }
    let exit = report.outcome().into();
    // The process ends. Freeing each text of hundreds of thousands of findings would only delay that.
    std::mem::forget(report);
    Ok(exit)
}
