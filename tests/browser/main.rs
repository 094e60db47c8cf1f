//! The report in a real browser: that it loads nothing, fits its window, and can be read by everybody in light and in dark.
//!
//! These tests need Chromium: the program that `DRSTACK_BROWSER` names, or else one of the usual names on the path. Where
//! there is none they are reported as ignored.

mod browser;

use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;
use serde_json::{Value, json};

use browser::{Browser, Scheme};

/// Looks at the page that lies beside it, with the same origin as that has: a script can, the page has none.
const INSPECTION: &str = include_str!("inspect.html");
/// A configuration with findings and a budget that is overdrawn.
const TROUBLED: &str = include_str!("../../crates/page/tests/page/stack.tf.json");

/// What the inspection writes down of a frame.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Frame {
    problems: Vec<String>,
    headings: usize,
    pictures: usize,
    texts: usize,
    is_dark: bool,
}

/// What the inspection writes down.
#[derive(Debug, Deserialize)]
struct Inspection {
    desk: Frame,
    phone: Frame,
}

type Test = fn(&Browser) -> Result<(), Failed>;

fn main() {
    let arguments = Arguments::from_args();
    let browser = Browser::find();
    if browser.is_none() {
        eprintln!("tests in a browser are ignored: there is no Chromium on the path");
    }
    let tests: [(&str, Test); 3] = [
        ("the_stack_reads_well_in_light_and_in_dark", stack),
        ("findings_read_well_in_light_and_in_dark", findings),
        ("the_page_is_seen", screenshots),
    ];
    let ignored = browser.is_none();
    let trials = tests.into_iter().map(|(name, test)| {
        let browser = browser.clone();
        Trial::test(name, move || test(&browser.ok_or("there is no browser")?))
            .with_ignored_flag(ignored)
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

fn stack(browser: &Browser) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    report(folder.path(), &[], 0)?;
    inspect(browser, folder.path())
}

fn findings(browser: &Browser) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut stack: Value = serde_json::from_str(TROUBLED)?;
    // Long words must not make the page wider than the window.
    let long = format!("of_the_{}", "very_long_named".repeat(8));
    stack["resource"]["aws_vpc"][&long] = json!({"cidr_block": "10.0.0.0/16"});
    stack["resource"]["aws_sqs_queue"][&long.replace('_', "")] = json!({"name": "x"});
    fs::create_dir(folder.path().join("stack"))?;
    fs::write(folder.path().join("stack/main.tf.json"), stack.to_string())?;
    report(folder.path(), &["stack", "--pack", "recovery"], 1)?;
    inspect(browser, folder.path())
}

/// Writes `page.html` into a folder.
fn report(folder: &Path, arguments: &[&str], expected: i32) -> Result<(), Failed> {
    let output = Command::new(env!("CARGO_BIN_EXE_drstack"))
        .current_dir(folder)
        .args(["report", "--output", "page.html"])
        .args(arguments)
        .output()?;
    match output.status.code() {
        Some(code) if code == expected => Ok(()),
        code => {
            Err(format!("report ends with {code:?}: {}", String::from_utf8_lossy(&output.stderr))
                .into())
        }
    }
}

fn inspect(browser: &Browser, folder: &Path) -> Result<(), Failed> {
    fs::write(folder.join("inspect.html"), INSPECTION)?;
    for scheme in [Scheme::Light, Scheme::Dark] {
        let dom = browser.dom(&folder.join("inspect.html"), scheme)?;
        let (_, result) = dom.split_once("<pre id=\"result\">").ok_or("there is no result")?;
        let result = result.split("</pre>").next().unwrap_or_default();
        let result = result.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        let inspection: Inspection = serde_json::from_str(&result)
            .map_err(|error| format!("the inspection did not end: {error}: {result}"))?;
        for (name, frame) in [("desk", &inspection.desk), ("phone", &inspection.phone)] {
            let wrong = !frame.problems.is_empty()
                || frame.is_dark != (scheme == Scheme::Dark)
                // An inspection that sees nothing finds nothing wrong.
                || frame.headings < 15
                || frame.pictures < 8
                || frame.texts < 300;
            if wrong {
                return Err(format!("{name} in {scheme:?}: {frame:#?}").into());
            }
        }
    }
    Ok(())
}

/// The screen is neither blank nor the same in both themes, and its ground is light or dark.
fn screenshots(browser: &Browser) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    report(folder.path(), &[], 0)?;
    let page = folder.path().join("page.html");
    for (scheme, is_ground) in [
        (Scheme::Light, is_light as fn([u8; 3]) -> bool),
        (Scheme::Dark, |colour| !is_light(colour)),
    ] {
        let pixels = browser.screenshot(&page, scheme)?;
        let ground = pixels.first().copied().ok_or("the screenshot is empty")?;
        let ink = pixels.iter().filter(|pixel| **pixel != ground).count();
        // Text and pictures cover a few percent of a page.
        let share = ink * 100 / pixels.len();
        if !is_ground(ground) || !(2..60).contains(&share) {
            return Err(format!("{scheme:?}: {share} % of the screen is not {ground:?}").into());
        }
    }
    Ok(())
}

fn is_light(colour: [u8; 3]) -> bool {
    colour.iter().all(|channel| *channel > 200)
}
