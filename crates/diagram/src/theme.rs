//! The colours of the SVG, for light and for dark.

use std::fmt::Write;

/// A colour: the custom property that it is called by, and its values for light and for dark.
struct Colour {
    name: &'static str,
    light: &'static str,
    dark: &'static str,
}

const fn colour(name: &'static str, light: &'static str, dark: &'static str) -> Colour {
    Colour { name, light, dark }
}

const COLOURS: [Colour; 10] = [
    colour("paper", "#ffffff", "#0d1117"),
    colour("panel", "#f3f5f8", "#161b22"),
    colour("panel-line", "#d0d7de", "#30363d"),
    colour("box", "#ffffff", "#21262d"),
    colour("box-line", "#818b98", "#7d8590"),
    colour("ink", "#1f2328", "#f0f6fc"),
    colour("quiet", "#59636e", "#a8b3bf"),
    colour("replicates", "#0550ae", "#79c0ff"),
    colour("undetermined", "#7d4e00", "#e3b341"),
    colour("fatal", "#b3261e", "#ff9a92"),
];

/// What each class looks like: a selector, and its declarations with `$name` for colours.
const RULES: [(&str, &str); 24] = [
    ("text", "fill:$ink"),
    (".diagram-paper", "fill:$paper"),
    (".diagram-panel", "fill:$panel;stroke:$panel-line"),
    (".diagram-box", "fill:$box;stroke:$box-line"),
    (".diagram-missing", "fill:none;stroke:$box-line;stroke-dasharray:4 4"),
    (".diagram-label", "fill:$paper"),
    (".diagram-title", "font-size:17px;font-weight:600"),
    (".diagram-verdict", "font-size:14px;fill:$quiet"),
    (".diagram-name", "font-size:14px;font-weight:600"),
    (".diagram-text", "font-size:12px;font-weight:400;fill:$quiet"),
    (".diagram-item", "font-size:12px"),
    (".diagram-word", "font-size:12px;font-weight:600;fill:$quiet"),
    (".diagram-alert", "font-weight:600;fill:$fatal"),
    (".diagram-wire", "fill:none;stroke:$quiet;stroke-width:1.5"),
    (".diagram-arrow", "fill:$quiet"),
    (".diagram-replicates .diagram-wire", "stroke:$replicates;stroke-width:2"),
    (".diagram-replicates .diagram-arrow", "fill:$replicates"),
    (".diagram-replicates .diagram-word", "fill:$replicates"),
    (
        ".diagram-undetermined .diagram-wire",
        "stroke:$undetermined;stroke-width:2;stroke-dasharray:2 4",
    ),
    (".diagram-undetermined .diagram-arrow", "fill:$undetermined"),
    (".diagram-undetermined .diagram-word", "fill:$undetermined"),
    (".diagram-fatal .diagram-wire", "stroke:$fatal;stroke-width:2.5;stroke-dasharray:8 4"),
    (".diagram-fatal .diagram-arrow", "fill:$fatal"),
    (".diagram-fatal .diagram-word", "fill:$fatal"),
];

/// The style sheet. It reaches nothing outside the picture.
pub(crate) fn style() -> String {
    let mut style = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut style);
    style
}

fn write(out: &mut String) -> std::fmt::Result {
    let properties = |pick: fn(&Colour) -> &'static str| {
        let each =
            COLOURS.iter().map(|colour| format!("--diagram-{}:{}", colour.name, pick(colour)));
        format!(":where(.drstack-diagram){{{}}}", each.collect::<Vec<_>>().join(";"))
    };
    write!(out, "{}", properties(|colour| colour.light))?;
    write!(out, "@media (prefers-color-scheme:dark){{{}}}", properties(|colour| colour.dark))?;
    write!(
        out,
        ".drstack-diagram{{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",\"Liberation Sans\",sans-serif}}"
    )?;
    for (selector, declarations) in RULES {
        write!(out, ".drstack-diagram {selector}{{")?;
        for declaration in declarations.split(';') {
            match declaration.split_once('$') {
                // The plain colour first, for what does not know custom properties.
                Some((property, name)) => {
                    let light = COLOURS.iter().find(|colour| colour.name == name);
                    write!(out, "{property}{};", light.map_or("", |colour| colour.light))?;
                    write!(out, "{property}var(--diagram-{name});")?;
                }
                None => write!(out, "{declaration};")?,
            }
        }
        write!(out, "}}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How bright a colour is.
    ///
    /// <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>
    fn luminance(colour: &str) -> f64 {
        let channel = |at: usize| {
            let value = u8::from_str_radix(&colour[at..at + 2], 16).unwrap();
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// Level AA: 4.5 for text, 3 for lines that mean something.
    ///
    /// <https://www.w3.org/TR/WCAG22/#contrast-minimum>
    #[test]
    fn colours_differ_enough() {
        let of = |name: &str| COLOURS.iter().find(|colour| colour.name == name).unwrap();
        let texts = ["ink", "quiet", "replicates", "undetermined", "fatal"];
        for pick in [|colour: &Colour| colour.light, |colour: &Colour| colour.dark] {
            for ground in ["paper", "panel", "box"] {
                for text in texts {
                    let found = contrast(pick(of(text)), pick(of(ground)));
                    assert!(found >= 4.5, "{text} on {ground}: {found:.2}");
                }
                let found = contrast(pick(of("box-line")), pick(of(ground)));
                assert!(found >= 3.0, "box-line on {ground}: {found:.2}");
            }
        }
    }

    #[test]
    fn every_colour_of_a_rule_is_there() {
        for declaration in RULES.iter().flat_map(|(_, declarations)| declarations.split(';')) {
            if let Some((_, name)) = declaration.split_once('$') {
                assert!(COLOURS.iter().any(|colour| colour.name == name), "{name}");
            }
        }
    }
}
