//! What the sections of a page are written from.

use crate::Page;
use crate::html::Html;
use crate::subject::Subject;

/// A page with what was worked out for it.
pub(crate) struct Judged<'page> {
    pub(crate) page: &'page Page<'page>,
    pub(crate) subjects: Vec<Subject<'page>>,
}

/// How deep a heading is.
#[derive(Clone, Copy)]
pub(crate) struct Level(usize);

impl Judged<'_> {
    /// Writes the part of a section that is about each input, under its name if there are several.
    pub(crate) fn each(&self, html: &mut Html, write: impl Fn(&mut Html, &Subject<'_>, Level)) {
        if let [subject] = self.subjects.as_slice() {
            return write(html, subject, Level(3));
        }
        for subject in &self.subjects {
            html.line("h3", &[], subject.input.title());
            write(html, subject, Level(4));
        }
    }
}

impl Level {
    /// The level right below a section's heading.
    pub(crate) const TOP: Self = Self(3);

    /// The heading's element.
    pub(crate) fn heading(self) -> &'static str {
        match self.0 {
            3 => "h3",
            4 => "h4",
            5 => "h5",
            _ => "h6",
        }
    }

    /// The level below.
    pub(crate) fn below(self) -> Self {
        Self(self.0 + 1)
    }
}
