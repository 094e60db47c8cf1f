//! What rules, drill and budget say of plans, on one HTML page for people: auditors, and whoever is on call.
//!
//! The page is one file. It loads nothing, runs nothing, prints, follows the reader's light or dark theme, and is read by
//! screen readers as well as by eyes. Lists are bounded: what is left out is counted, and `drstack check --format json`
//! has it.
//!
//! ```
//! use drstack_page::{Page, write};
//! use drstack_plan::{Documents, Plan};
//! use drstack_policy::{Pack, Severity, judge};
//! use drstack_report::{Gate, Input, Report, Unknown};
//!
//! let main = br#"{"resource": {"aws_sqs_queue": {"work": {"name": "work"}}}}"#;
//! let documents: Documents = [("main.tf.json".to_owned(), main.to_vec())].into_iter().collect();
//! let plan = Plan::from_documents(&documents)?;
//! let pack = Pack::named("baseline")?;
//! let input = Input { label: "stack".to_owned(), outcome: Ok(judge(&plan, &pack)) };
//! let gate = Gate { fail_on: Severity::Error, unknown: Unknown::Fail };
//! let report = Report::new(vec![input], gate);
//!
//! let mut html = Vec::new();
//! write(&Page { report: &report, plans: &[Some(plan)], parameters: &pack.parameters, rules: "baseline" }, &mut html)?;
//! assert!(html.starts_with(b"<!DOCTYPE html>"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Invariants
//!
//! - Text of an input never becomes markup, a style or a link.
//! - Sensitive values are not shown: what prints them is `Value`, which redacts them, and what other crates made of it.
//! - The same report is the same page, to the byte.
//!
//! # How it is made
//!
//! `html` is the only way to add markup. `subject` works out what there is to say of an input, with `inventory` and `parity`;
//! the `sections` say it, from what is `judged`, and `frame` puts them together.

mod findings;
mod frame;
mod free;
mod html;
mod inventory;
mod judged;
mod parity;
mod sections;
mod subject;
mod tone;
mod words;

use std::io::{self, Write};

use drstack_plan::Plan;
use drstack_policy::Parameters;
use drstack_report::Report;

/// What a page is about.
#[derive(Clone, Copy, Debug)]
pub struct Page<'page> {
    /// The verdicts.
    pub report: &'page Report,
    /// The plan of each input of the report, in their order; `None` for one that can't be read.
    pub plans: &'page [Option<Plan<'page>>],
    /// What the rules judged by.
    pub parameters: &'page Parameters,
    /// What the rules are called together: the pack's name.
    pub rules: &'page str,
}

/// Writes a page.
///
/// # Errors
/// When `out` can't be written to.
pub fn write(page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(frame::page(page).as_bytes())
}
