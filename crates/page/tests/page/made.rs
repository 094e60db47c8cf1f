//! Pages to look at.

use drstack_page::{Page, write};
use drstack_plan::{Documents, Plan};
use drstack_policy::{Pack, Parameters, RuleFinding, Verdict, judge};
use drstack_report::{Gate, Input, Report, Unknown};
use roxmltree::{Document, Node};
use serde_json::Value;

pub(crate) const GATE: Gate =
    Gate { fail_on: drstack_policy::Severity::Error, unknown: Unknown::Fail };

/// A configuration of two regions with a little of everything.
pub(crate) const STACK: &str = include_str!("stack.tf.json");

pub(crate) fn documents(text: &str) -> Documents {
    [("main.tf.json".to_owned(), text.as_bytes().to_vec())].into_iter().collect()
}

/// The example with a change to it.
pub(crate) fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut stack: Value = serde_json::from_str(STACK).unwrap();
    change(&mut stack);
    stack.to_string()
}

/// The page of a configuration, judged by a pack.
pub(crate) fn page_of(text: &str, pack: &str) -> String {
    page_with(text, pack, |_| {})
}

/// The page of a configuration whose verdict is changed.
pub(crate) fn page_with(text: &str, pack: &str, change: impl FnOnce(&mut Verdict)) -> String {
    let documents = documents(text);
    let plan = Plan::from_documents(&documents).unwrap();
    let pack = Pack::named(pack).unwrap();
    let mut verdict = judge(&plan, &pack);
    change(&mut verdict);
    let input = Input { label: "stack".to_owned(), outcome: Ok(verdict) };
    render(&Report::new(vec![input], GATE), &[Some(plan)], &pack.parameters)
}

/// The page of a verdict whose plan can't be read.
pub(crate) fn page_of_findings(findings: Vec<RuleFinding>) -> String {
    page_with(STACK, "baseline", |verdict| verdict.findings = findings)
}

pub(crate) fn render(
    report: &Report,
    plans: &[Option<Plan<'_>>],
    parameters: &Parameters,
) -> String {
    let mut out = Vec::new();
    write(&Page { report, plans, parameters, rules: "baseline" }, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The page as a tree: it is XML as well as HTML.
pub(crate) fn tree(page: &str) -> Document<'_> {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    Document::parse_with_options(page, options).unwrap_or_else(|error| panic!("{error}\n{page}"))
}

/// The elements of a name.
pub(crate) fn all<'tree>(
    tree: &'tree Document<'_>,
    name: &'static str,
) -> impl Iterator<Item = Node<'tree, 'tree>> {
    tree.descendants().filter(move |node| node.has_tag_name(name))
}

/// The element of an id.
pub(crate) fn by_id<'tree>(tree: &'tree Document<'_>, id: &str) -> Node<'tree, 'tree> {
    let found = tree.descendants().find(|node| node.attribute("id") == Some(id));
    found.unwrap_or_else(|| panic!("there is no #{id}"))
}

/// The text of an element and of all in it, in one line.
pub(crate) fn text(node: Node<'_, '_>) -> String {
    let parts = node.descendants().filter(|part| part.is_text()).filter_map(|part| part.text());
    parts.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The table whose caption begins so.
pub(crate) fn table<'tree>(section: Node<'tree, 'tree>, beginning: &str) -> Node<'tree, 'tree> {
    let mut captions = section.descendants().filter(|node| node.has_tag_name("caption"));
    let found = captions.find(|caption| text(*caption).starts_with(beginning));
    found.and_then(|caption| caption.parent()).unwrap_or_else(|| panic!("no table {beginning}"))
}

/// The texts of the cells of a table's row, which is found by what it begins with.
pub(crate) fn row(section: Node<'_, '_>, beginning: &str) -> Vec<String> {
    let rows = section.descendants().filter(|node| node.has_tag_name("tr"));
    let mut cells =
        rows.map(|row| row.children().filter(Node::is_element).map(text).collect::<Vec<_>>());
    cells
        .find(|cells| cells.first().is_some_and(|first| first.starts_with(beginning)))
        .unwrap_or_else(|| panic!("no row begins with {beginning}: {}", text(section)))
}
