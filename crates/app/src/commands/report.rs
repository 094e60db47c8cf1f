use drstack_page::{Page, write};
use miette::IntoDiagnostic;

use crate::cli;
use crate::exit::Exit;
use crate::judgement::Judge;
use crate::output;

/// Puts what there is to say of inputs on a page. It is written whatever that is.
///
/// # Errors
/// When the usage or a file of the gate itself (configuration, pack, waivers, baseline) is wrong.
pub fn run(arguments: &cli::Report) -> miette::Result<Exit> {
    let judge = Judge::open(&arguments.judgement)?;
    let (report, plans) = judge.report_and_plans()?;
    let page = Page {
        report: &report,
        plans: &plans,
        parameters: &judge.pack.parameters,
        rules: judge.pack_name(),
    };
    let mut text = Vec::new();
    write(&page, &mut text).into_diagnostic()?;
    output::write(arguments.output.as_deref(), &text)?;
    Ok(report.outcome().into())
}
