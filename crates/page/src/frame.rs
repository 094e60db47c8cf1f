//! The page around its sections.

use crate::Page;
use crate::html::Html;
use crate::judged::Judged;
use crate::sections::{addresses, budget, diagram, drill, head, inventory, rules};
use crate::subject::Subject;

const STYLE: &str = include_str!("page.css");
/// Nothing is loaded and nothing runs, whatever the page holds.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

struct Section {
    id: &'static str,
    title: &'static str,
    write: fn(&mut Html, &Judged<'_>),
    /// What it is about.
    scope: Scope,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// All inputs together.
    Report,
    /// Each input that could be read.
    Subjects,
}

const SECTIONS: [Section; 6] = [
    Section { id: "diagram", title: "Diagram", write: diagram::write, scope: Scope::Subjects },
    Section {
        id: "budget",
        title: "Recovery time and recovery point",
        write: budget::write,
        scope: Scope::Subjects,
    },
    Section { id: "drill", title: "Loss of a region", write: drill::write, scope: Scope::Subjects },
    Section { id: "rules", title: "Verdict by rule", write: rules::write, scope: Scope::Report },
    Section {
        id: "addresses",
        title: "Addresses",
        write: addresses::write,
        scope: Scope::Subjects,
    },
    Section {
        id: "inventory",
        title: "Inventory and parity",
        write: inventory::write,
        scope: Scope::Subjects,
    },
];

/// The whole page.
pub(crate) fn page(page: &Page<'_>) -> String {
    let inputs = page.report.inputs.iter().zip(page.plans).enumerate();
    let subjects = inputs.filter_map(|(number, (input, plan))| {
        Some(Subject::of(number, input, plan.as_ref()?, page.parameters))
    });
    let judged = Judged { page, subjects: subjects.collect() };
    let shown = || {
        SECTIONS
            .iter()
            .filter(|section| section.scope == Scope::Report || !judged.subjects.is_empty())
    };

    let mut html = Html::default();
    html.markup("<!DOCTYPE html>\n");
    html.element("html", &[("lang", "en")], |html| {
        html.element("head", &[], |html| {
            html.void("meta", &[("charset", "utf-8")]);
            html.void("meta", &[("http-equiv", "Content-Security-Policy"), ("content", POLICY)]);
            html.void(
                "meta",
                &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")],
            );
            html.void("meta", &[("name", "color-scheme"), ("content", "light dark")]);
            html.line("title", &[], head::title(&judged));
            html.element("style", &[], |style| style.markup(STYLE));
        });
        html.element("body", &[], |html| {
            html.line("a", &[("class", "skip"), ("href", "#content")], "Skip to the content");
            html.element("header", &[], |html| head::write(html, &judged));
            html.element("nav", &[("aria-label", "Contents")], |nav| {
                nav.element("ol", &[], |list| {
                    for section in shown() {
                        list.element("li", &[], |item| {
                            let target = format!("#{}", section.id);
                            item.line("a", &[("href", &target)], section.title);
                        });
                    }
                });
            });
            html.element("main", &[("id", "content"), ("tabindex", "-1")], |main| {
                for section in shown() {
                    let heading = format!("{}-heading", section.id);
                    let attributes = [("id", section.id), ("aria-labelledby", &heading)];
                    main.element("section", &attributes, |html| {
                        html.line("h2", &[("id", &heading)], section.title);
                        (section.write)(html, &judged);
                    });
                }
            });
            html.element("footer", &[], foot);
        });
    });
    html.finish()
}

fn foot(html: &mut Html) {
    html.element("p", &[], |line| {
        line.text(concat!(
            "Made by drstack ",
            env!("CARGO_PKG_VERSION"),
            " from what the inputs say; AWS was not asked. "
        ));
        line.code("drstack check --format json");
        line.text(" has every finding, ");
        line.code("drstack drill --format json");
        line.text(" every edge, ");
        line.code("drstack rules ID");
        line.text(" explains a rule.");
    });
}
