//! What there is by region and domain, and what the regions have differently.

use std::collections::{BTreeMap, BTreeSet};

use drstack_diagram::Component;
use drstack_plan::Resource;
use drstack_recovery::Survey;

use crate::html::{Column, Html};
use crate::inventory::{Counts, Inventory};
use crate::judged::{Judged, Level};
use crate::parity::{Difference, Parity, excuse};
use crate::subject::Subject;
use crate::tone::Tone;
use crate::words::{count, grouped};

/// How many regions have a column of their own.
const MAX_REGIONS: usize = 6;
/// How many differences are listed, and how many types of which something is alone.
const MAX_DIFFERENCES: usize = 60;
/// How many blocks of a type are listed.
const MAX_BLOCKS: usize = 6;

pub(crate) fn write(html: &mut Html, judged: &Judged<'_>) {
    judged.each(html, subject);
}

fn subject(html: &mut Html, subject: &Subject<'_>, level: Level) {
    let inventory = &subject.inventory;
    if inventory.types.is_empty() {
        return html.line("p", &[], "The input manages no resource.");
    }
    inventory.differences(html, level);
    html.line(level.heading(), &[], "Resources by region and type");
    inventory.table(html, subject);
}

impl Inventory<'_> {
    fn table(&self, html: &mut Html, subject: &Subject<'_>) {
        let shown = self.regions.get(..MAX_REGIONS).unwrap_or(&self.regions);
        let others = self.regions.len() - shown.len();
        let has_unknown = self.types.values().any(|counts| counts.unknown > 0);
        let titles: Vec<String> = shown
            .iter()
            .map(|region| match subject.role(region) {
                Some(role) => format!("{region}, {role}"),
                None => region.clone(),
            })
            .collect();
        let rest = format!("{others} other regions");
        let mut columns = vec![Column::Text("Type"), Column::Text("Service")];
        columns.extend(titles.iter().map(|title| Column::Number(title)));
        if others > 0 {
            columns.push(Column::Number(&rest));
        }
        columns.push(Column::Number("Global"));
        if has_unknown {
            columns.push(Column::Number("Region not known"));
        }
        let numbers = |counts: &[&Counts]| {
            let sum = |pick: &dyn Fn(&Counts) -> usize| {
                counts.iter().map(|counts| pick(counts)).sum::<usize>()
            };
            let in_region = |region: &String| {
                sum(&|counts: &Counts| counts.by_region.get(region).copied().unwrap_or_default())
            };
            let mut numbers: Vec<usize> = shown.iter().map(in_region).collect();
            if others > 0 {
                numbers.push(self.regions.iter().skip(MAX_REGIONS).map(in_region).sum());
            }
            numbers.push(sum(&|counts| counts.global));
            if has_unknown {
                numbers.push(sum(&|counts| counts.unknown));
            }
            numbers
        };
        let components: BTreeSet<Component> =
            self.types.keys().map(|(component, _)| *component).collect();
        html.grouped_table("Managed resources; data sources are not counted", &columns, |table| {
            for component in components {
                let types = || self.types.iter().filter(|((of, _), _)| *of == component);
                table.element("tbody", &[], |body| {
                    body.element("tr", &[("class", "lane")], |row| {
                        row.line(
                            "th",
                            &[("scope", "rowgroup"), ("colspan", "2")],
                            component.title(),
                        );
                        let all: Vec<&Counts> = types().map(|(_, counts)| counts).collect();
                        cells(row, &numbers(&all));
                    });
                    for ((_, resource_type), counts) in types() {
                        body.element("tr", &[], |row| {
                            row.element("th", &[("scope", "row")], |cell| cell.code(resource_type));
                            row.line("td", &[], Component::service(resource_type));
                            cells(row, &numbers(&[counts]));
                        });
                    }
                });
            }
        });
    }

    fn differences(&self, html: &mut Html, level: Level) {
        html.line(level.heading(), &[], "What the regions have differently");
        let Some(pair) = &self.pair else {
            return html.line("p", &[], "Which two regions should be alike does not show.");
        };
        let [one, other] = pair.both();
        let Parity { alone, differences, pairs } = &self.parity;
        let lonely: usize = alone.values().flatten().map(Vec::len).sum();
        html.element("p", &[], |line| {
            let is_same = differences.is_empty() && self.unexcused() == 0;
            let (tone, word) = if is_same { (Tone::Good, "alike") } else { (Tone::Mild, "not alike") };
            line.badge(tone, word);
            line.text(format_args!(
                " {} have a counterpart in the other of {one} and {other}, with {} in how large, new, fast or safe they are. {} in one of them alone, {} of these for a reason that is known. Names, ids, zones and address ranges are bound to a region, and are not compared.",
                count(pairs * 2, "resource"),
                count(differences.len(), "difference"),
                match lonely {
                    1 => "1 is".to_owned(),
                    lonely => format!("{} are", grouped(lonely as u128)),
                },
                grouped((lonely - self.unexcused()) as u128),
            ));
        });
        if !differences.is_empty() {
            let columns = [
                Column::Text("Counterparts"),
                Column::Text("Attribute"),
                Column::Text(one),
                Column::Text(other),
            ];
            html.table("Counterparts with differences", &columns, |table| {
                for difference in differences.iter().take(MAX_DIFFERENCES) {
                    table.element("tr", &[], |row| difference.row(row));
                }
            });
            more(html, differences.len(), "difference");
        }
        if !alone.is_empty() {
            let columns = [Column::Text("Type"), Column::Text(one), Column::Text(other)];
            html.table("In one region alone", &columns, |table| {
                for (resource_type, sides) in alone.iter().take(MAX_DIFFERENCES) {
                    table.element("tr", &[], |row| {
                        row.element("th", &[("scope", "row")], |cell| cell.code(resource_type));
                        for (side, lacking) in sides.iter().zip([other, one]) {
                            row.element("td", &[], |cell| {
                                lonely_ones(cell, &self.survey, side, lacking);
                            });
                        }
                    });
                }
            });
            more(html, alone.len(), "type");
        }
    }

    /// How many resources are in one region alone for no reason that is known.
    fn unexcused(&self) -> usize {
        let Some(pair) = &self.pair else { return 0 };
        let [one, other] = pair.both();
        let unexcused = |resources: &[Resource<'_>], lacking: &str| {
            resources
                .iter()
                .filter(|resource| excuse(&self.survey, **resource, lacking).is_none())
                .count()
        };
        let sides = self.parity.alone.values();
        sides.map(|[near, far]| unexcused(near, other) + unexcused(far, one)).sum()
    }
}

fn cells(row: &mut Html, numbers: &[usize]) {
    for number in numbers {
        // Zeros would hide the numbers.
        let text = if *number == 0 { "–".to_owned() } else { grouped(*number as u128) };
        row.line("td", &[("class", "number")], text);
    }
}

fn more(html: &mut Html, total: usize, noun: &str) {
    let rest = total.saturating_sub(MAX_DIFFERENCES);
    if rest > 0 {
        html.line("p", &[("class", "rest")], format_args!("and {} more", count(rest, noun)));
    }
}

impl Difference<'_> {
    fn row(&self, row: &mut Html) {
        row.element("th", &[("scope", "row")], |cell| {
            let [one, other] = self.sides;
            cell.element("div", &[], |line| line.code(one.address()));
            cell.element("div", &[], |line| line.code(other.address()));
        });
        row.element("td", &[], |cell| cell.code(self.attribute));
        for value in self.values {
            row.element("td", &[], |cell| cell.line("span", &[("class", "value")], value));
        }
    }
}

/// The resources that one region alone has, by block, and each reason why that is right once.
fn lonely_ones(cell: &mut Html, survey: &Survey<'_>, resources: &[Resource<'_>], lacking: &str) {
    let mut by_reason: BTreeMap<Option<&str>, BTreeMap<&str, usize>> = BTreeMap::new();
    for resource in resources {
        let blocks = by_reason.entry(excuse(survey, *resource, lacking)).or_default();
        *blocks.entry(resource.group()).or_default() += 1;
    }
    for (reason, blocks) in by_reason {
        for (block, instances) in blocks.iter().take(MAX_BLOCKS) {
            cell.element("div", &[], |line| {
                line.code(block);
                if *instances > 1 {
                    line.text(format_args!(" ×{}", grouped(*instances as u128)));
                }
            });
        }
        let rest: usize = blocks.values().skip(MAX_BLOCKS).sum();
        if rest > 0 {
            cell.line(
                "div",
                &[("class", "rest")],
                format_args!("and {} more", grouped(rest as u128)),
            );
        }
        if let Some(reason) = reason {
            cell.line("div", &[("class", "aside")], reason);
        }
    }
}
