//! The picture of an input: regions, components, what ties them, what is fatal.

use drstack_diagram::{Detail, Diagram};

use crate::html::Html;
use crate::judged::Judged;

pub(crate) fn write(html: &mut Html, judged: &Judged<'_>) {
    judged.each(html, |html, subject, _| {
        let diagram = Diagram::of(subject.plan, &subject.drills, Detail::Boxes);
        let prefix = format!("diagram-{}", subject.number);
        html.scroller(&diagram.title(), |frame| frame.markup(&diagram.svg_as(&prefix)));
    });
}
