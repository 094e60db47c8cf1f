//! How long recovery takes and how much is lost, each term with its source.

use std::cmp::Reverse;

use drstack_recovery::{Amount, Budget, Loss, Source, Term};

use crate::html::{Column, Html};
use crate::judged::{Judged, Level};
use crate::subject::{Known, Subject};
use crate::tone::Tone;
use crate::words::{amount, count, duration};

/// How many stores are listed, the worst first.
const MAX_STORES: usize = 40;

pub(crate) fn write(html: &mut Html, judged: &Judged<'_>) {
    judged.each(html, |html, subject, level| match &subject.budget {
        Some(budget) => {
            time(html, budget, level);
            losses(html, budget, level);
        }
        None => html.element("p", &[], |line| absent(line, subject)),
    });
}

fn absent(line: &mut Html, subject: &Subject<'_>) {
    line.text(match subject.regions {
        Known::Others(_) => {
            "The input has no two regions of which one takes over, so there is no recovery to time. "
        }
        Known::Pair | Known::Roles(_) => {
            "Which of the two regions serves does not show, so what recovery takes can't be worked out. "
        }
    });
    line.code("--config drstack.toml");
    line.text(" names the regions.");
}

/// A step of the waterfall.
struct Step<'budget> {
    name: &'budget str,
    takes: String,
    from: Origin<'budget>,
    bar: Option<Bar>,
}

/// A step's time, in seconds from the failure.
#[derive(Clone, Copy)]
struct Bar {
    start: u64,
    end: u64,
    class: &'static str,
}

/// Where a step's number comes from.
enum Origin<'budget> {
    Source(&'budget Source),
    /// It is what the others leave.
    Rest(String),
}

/// Steps that follow each other, and what they are for.
struct Lane<'budget> {
    title: String,
    steps: Vec<Step<'budget>>,
    /// When it is done; `None` if a step has no number.
    end: Option<u64>,
}

fn time(html: &mut Html, budget: &Budget, level: Level) {
    let Budget { regions, objectives, .. } = budget;
    let heading = format_args!("Recovery time objective: {}", duration(objectives.rto_seconds));
    html.line(level.heading(), &[], heading);
    html.element("p", &[], |line| conclusion(line, budget));
    let lanes = lanes(budget);
    let bars = lanes.iter().flat_map(|lane| &lane.steps).filter_map(|step| step.bar);
    let last = bars.map(|bar| bar.end).max().unwrap_or_default();
    let scale = Scale { rto: objectives.rto_seconds, end: last.max(objectives.rto_seconds).max(1) };
    let caption = format!(
        "From the failure of {} until {} serves; the dashed line is the objective",
        regions.primary, regions.recovery
    );
    html.scroller(&caption, |frame| {
        frame.element("table", &[("class", "waterfall")], |table| {
            table.line("caption", &[], &caption);
            table.element("thead", &[], |head| {
                head.element("tr", &[], |row| {
                    row.line("th", &[("scope", "col")], "Step and source");
                    row.line("th", &[("scope", "col"), ("class", "number")], "Takes");
                    row.element("th", &[("scope", "col"), ("class", "axis")], |axis| {
                        axis.text("Time since the failure");
                        scale.ticks(axis);
                    });
                });
            });
            for lane in lanes {
                table.element("tbody", &[], |body| lane.write(body, scale));
            }
        });
    });
}

fn conclusion(line: &mut Html, budget: &Budget) {
    let rto = duration(budget.objectives.rto_seconds);
    match (budget.time.database_total(), budget.decision_seconds()) {
        (Some(_), Some(left)) if left >= 0 => {
            line.badge(Tone::Good, "within the objective");
            line.text(" A person has ");
            line.line("strong", &[], duration(left.unsigned_abs()));
            line.text(format_args!(" of the {rto} to decide that the database fails over; the other steps take the rest."));
        }
        (Some(_), Some(left)) => {
            line.badge(Tone::Bad, "beyond the objective");
            line.text(format_args!(
                " The steps take {} more than the {rto}, before anybody has decided anything.",
                duration(left.unsigned_abs())
            ));
        }
        (Some(_), None) => {
            line.badge(Tone::Open, "undetermined");
            line.text(
                " A step has no number, so how long a person may take to decide is not known.",
            );
        }
        (None, _) => line.text("No copy of a store waits for a person to promote it."),
    }
    match budget.time.dns_total() {
        Some(total) => {
            line.text(format_args!(
                " Clients are led to {} after {}.",
                budget.regions.recovery,
                amount(total)
            ));
        }
        None => line.text(" No record of the input leads clients from one region to the other."),
    }
}

fn lanes(budget: &Budget) -> Vec<Lane<'_>> {
    let recovery = &budget.regions.recovery;
    let mut lanes = Vec::new();
    if !budget.time.dns.is_empty() {
        let mut lane = Lane::new(format!("Clients are led to {recovery}"), Some(0));
        budget.time.dns.iter().for_each(|term| lane.add(term));
        lanes.push(lane);
    }
    if let [told, rest @ ..] = budget.time.database.as_slice() {
        let mut lane = Lane::new(format!("The database takes writes in {recovery}"), Some(0));
        lane.add(told);
        lane.decide(budget.decision_seconds());
        rest.iter().for_each(|term| lane.add(term));
        lanes.push(lane);
    }
    let ends: Option<Vec<u64>> = lanes.iter().map(|lane| lane.end).collect();
    let start = ends.map(|ends| ends.into_iter().max().unwrap_or_default());
    let mut lane = Lane::new(format!("{recovery} is known to serve"), start);
    lane.add(&budget.time.verify);
    lanes.push(lane);
    lanes
}

impl<'budget> Lane<'budget> {
    fn new(title: String, start: Option<u64>) -> Self {
        Self { title, steps: Vec::new(), end: start }
    }

    fn add(&mut self, term: &'budget Term) {
        let start = self.end;
        self.end = match (start, term.amount) {
            (Some(start), Amount::Seconds(seconds)) => Some(start.saturating_add(seconds)),
            _ => None,
        };
        let class = match term.source {
            Source::Assumption { .. } => "assumed",
            Source::Plan { .. } | Source::Documentation { .. } => "known",
        };
        self.steps.push(Step {
            name: &term.name,
            takes: amount(term.amount),
            from: Origin::Source(&term.source),
            bar: start.zip(self.end).map(|(start, end)| Bar { start, end, class }),
        });
    }

    /// Adds the time in which a person decides: what the others leave of the objective.
    fn decide(&mut self, left: Option<i64>) {
        let (takes, why) = match left {
            None => ("unknown".to_owned(), "a step has no number".to_owned()),
            Some(left) if left < 0 => (
                "none".to_owned(),
                format!("the others take {} too long", duration(left.unsigned_abs())),
            ),
            Some(left) => {
                (duration(left.unsigned_abs()), "what the others leave of the objective".to_owned())
            }
        };
        let left = left.and_then(|left| u64::try_from(left).ok());
        let bar = self.end.zip(left).map(|(start, left)| Bar {
            start,
            end: start.saturating_add(left),
            class: "left",
        });
        self.end = bar.map_or(self.end, |bar| Some(bar.end));
        self.steps.push(Step {
            name: "left for a person to decide",
            takes,
            from: Origin::Rest(why),
            bar,
        });
    }

    fn write(&self, body: &mut Html, scale: Scale) {
        body.element("tr", &[("class", "lane")], |row| {
            row.line("th", &[("scope", "rowgroup"), ("colspan", "2")], &self.title);
            row.element("td", &[], |cell| match self.end {
                Some(end) => cell.line("strong", &[], format_args!("after {}", duration(end))),
                None => cell.badge(Tone::Open, "when is not known"),
            });
        });
        for step in &self.steps {
            body.element("tr", &[], |row| {
                row.element("th", &[("scope", "row")], |cell| {
                    cell.text(step.name);
                    cell.element("span", &[("class", "source")], |origin| match &step.from {
                        Origin::Source(from) => source(origin, from),
                        Origin::Rest(why) => origin.text(why),
                    });
                });
                row.line("td", &[("class", "number")], &step.takes);
                row.element("td", &[], |cell| scale.track(cell, step.bar));
            });
        }
    }
}

/// From the failure to the end of the table, in seconds.
#[derive(Clone, Copy)]
struct Scale {
    rto: u64,
    end: u64,
}

impl Scale {
    /// A bar on its track, with the objective as a line across.
    fn track(self, cell: &mut Html, bar: Option<Bar>) {
        let label = match bar {
            Some(bar) => format!("from {} to {}", duration(bar.start), duration(bar.end)),
            None => "has no place in time".to_owned(),
        };
        let attributes = [("class", "track"), ("role", "img"), ("aria-label", &*label)];
        cell.element("div", &attributes, |track| {
            if let Some(bar) = bar {
                let width = self.percent(bar.end - bar.start);
                let style = format!("left:{:.3}%;width:{width:.3}%", self.percent(bar.start));
                track.line(
                    "span",
                    &[("class", &format!("bar {}", bar.class)), ("style", &style)],
                    "",
                );
            }
            let style = format!("left:{:.3}%", self.percent(self.rto));
            track.line("span", &[("class", "objective"), ("style", &style)], "");
        });
    }

    fn ticks(self, axis: &mut Html) {
        axis.element("span", &[("class", "ticks"), ("aria-hidden", "true")], |ticks| {
            for place in 0..=3 {
                let at = self.end * place / 3;
                let style = format!("left:{:.3}%", self.percent(at));
                ticks.line("span", &[("style", &style)], duration(at));
            }
        });
    }

    #[expect(clippy::cast_precision_loss, reason = "a picture needs no more digits")]
    fn percent(self, seconds: u64) -> f64 {
        seconds as f64 * 100.0 / self.end as f64
    }
}

fn losses(html: &mut Html, budget: &Budget, level: Level) {
    let rpo = budget.objectives.rpo_seconds;
    html.line(level.heading(), &[], format_args!("Recovery point objective: {}", duration(rpo)));
    let Some(worst) = budget.worst_loss() else {
        let lost = &budget.regions.primary;
        let none =
            format_args!("No store is known in {lost}: nothing is lost that the input shows.");
        return html.line("p", &[], none);
    };
    html.element("p", &[], |line| {
        let (tone, word) = judge(worst, rpo);
        line.badge(tone, word);
        let missing = budget.missing().count();
        if missing > 0 {
            return line.text(format_args!(
                " Without a copy in {}: {}. What is held there is lost with {}.",
                budget.regions.recovery,
                count(missing, "store"),
                budget.regions.primary
            ));
        }
        line.text(format_args!(
            " At worst, {} of writes are missing in {} before somebody is told. What a store promises by itself is another matter, and stands in the last column: the gate judges how soon a lag is noticed, nobody can judge how long it lasts.",
            amount(worst),
            budget.regions.recovery
        ));
    });
    let mut losses: Vec<&Loss> = budget.losses.iter().collect();
    if losses.len() > MAX_STORES {
        losses.sort_by_key(|loss| Reverse(rank(loss.detection())));
    }
    let columns = [
        Column::Text("Store"),
        Column::Text("Lost until somebody is told"),
        Column::Text("What the store promises"),
    ];
    html.table("Worst loss by store", &columns, |table| {
        for loss in losses.iter().take(MAX_STORES) {
            table.element("tr", &[], |row| store(row, loss, rpo));
        }
    });
    let rest = losses.len().saturating_sub(MAX_STORES);
    if rest > 0 {
        html.element("p", &[("class", "rest")], |line| {
            line.text(format_args!("{} that lose no more are not listed; ", count(rest, "store")));
            line.code("drstack drill --format json");
            line.text(" has them.");
        });
    }
}

fn store(row: &mut Html, loss: &Loss, rpo: u64) {
    row.element("th", &[("scope", "row")], |cell| cell.code(&loss.store));
    row.element("td", &[], |cell| {
        let (tone, _) = judge(loss.detection(), rpo);
        cell.badge(tone, &amount(loss.detection()));
        let shared = shared_address(&loss.terms);
        cell.element("ul", &[("class", "terms")], |list| {
            for term in &loss.terms {
                list.element("li", &[], |item| {
                    item.text(format_args!("{}: {}", term.name, amount(term.amount)));
                    if shared.is_none() {
                        item.element("span", &[("class", "source")], |origin| {
                            source(origin, &term.source);
                        });
                    }
                });
            }
        });
        if let Some(address) = shared {
            cell.element("span", &[("class", "source")], |origin| {
                origin.text("plan: ");
                origin.code(address);
            });
        }
    });
    row.element("td", &[], |cell| {
        cell.line("strong", &[], amount(loss.promise.amount));
        cell.text(": ");
        cell.prose(&loss.promise.note);
        cell.element("span", &[("class", "source")], |origin| source(origin, &loss.promise.source));
    });
}

/// The one resource that all terms are read from.
fn shared_address(terms: &[Term]) -> Option<&str> {
    let mut addresses = terms.iter().map(|term| match &term.source {
        Source::Plan { address, .. } => Some(&**address),
        Source::Documentation { .. } | Source::Assumption { .. } => None,
    });
    let first = addresses.next()??;
    addresses.all(|address| address == Some(first)).then_some(first)
}

fn judge(amount: Amount, limit: u64) -> (Tone, &'static str) {
    match amount {
        Amount::Seconds(seconds) if seconds <= limit => (Tone::Good, "within the objective"),
        Amount::Seconds(_) => (Tone::Bad, "beyond the objective"),
        Amount::Unbounded => (Tone::Bad, "unbounded"),
        Amount::Unknown => (Tone::Open, "undetermined"),
    }
}

/// Orders amounts from good to bad.
const fn rank(amount: Amount) -> (u8, u64) {
    match amount {
        Amount::Seconds(seconds) => (0, seconds),
        Amount::Unknown => (1, 0),
        Amount::Unbounded => (2, 0),
    }
}

fn source(origin: &mut Html, source: &Source) {
    match source {
        Source::Plan { address, path } => {
            origin.text("plan: ");
            origin.code(address);
            origin.text(format_args!(" {path}"));
        }
        Source::Documentation { url } => {
            let page = url.rsplit('/').next().unwrap_or(url).trim_end_matches(".html");
            origin.text("AWS: ");
            origin.line("a", &[("href", url)], page);
        }
        Source::Assumption { why } => {
            origin.line("em", &[], "assumed");
            origin.text(format_args!(": {why}"));
        }
    }
}
