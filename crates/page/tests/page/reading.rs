//! That everybody can read it: headings, names of pictures and tables, contrast.

use std::collections::BTreeMap;

use crate::made::{STACK, all, page_of, tree};

#[test]
fn headings_are_in_order_and_there_is_one_title() {
    let page = page_of(STACK, "recovery");
    let tree = tree(&page);
    let levels: Vec<u32> = tree
        .descendants()
        .filter_map(|node| node.tag_name().name().strip_prefix('h')?.parse().ok())
        .collect();
    assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
    assert_eq!(levels[0], 1);
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
    assert!(levels.contains(&4), "{levels:?}");
}

#[test]
fn landmarks_sections_tables_and_pictures_have_names() {
    let page = page_of(STACK, "recovery");
    let tree = tree(&page);
    assert_eq!(tree.root_element().attribute("lang"), Some("en"));
    for landmark in ["header", "nav", "main", "footer"] {
        assert_eq!(all(&tree, landmark).count(), 1, "{landmark}");
    }
    for node in tree.descendants().filter(|node| node.has_attribute("aria-labelledby")) {
        for id in node.attribute("aria-labelledby").unwrap().split(' ') {
            assert!(tree.descendants().any(|node| node.attribute("id") == Some(id)), "{id}");
        }
    }
    for table in all(&tree, "table") {
        assert!(table.first_element_child().unwrap().has_tag_name("caption"));
        assert!(all_in(table, "th").all(|cell| cell.has_attribute("scope")));
    }
    for picture in tree.descendants().filter(|node| node.attribute("role") == Some("img")) {
        let name = picture.attribute("aria-label").or(picture.attribute("aria-labelledby"));
        assert!(name.is_some_and(|name| !name.is_empty()));
    }
    for link in all(&tree, "a") {
        let target = link.attribute("href").unwrap();
        if let Some(id) = target.strip_prefix('#') {
            assert!(tree.descendants().any(|node| node.attribute("id") == Some(id)), "{id}");
        }
    }
    let ids: Vec<_> = tree.descendants().filter_map(|node| node.attribute("id")).collect();
    let mut distinct = ids.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), ids.len(), "an id is there twice");
}

fn all_in<'tree>(
    node: roxmltree::Node<'tree, 'tree>,
    name: &'static str,
) -> impl Iterator<Item = roxmltree::Node<'tree, 'tree>> {
    node.descendants().filter(move |node| node.has_tag_name(name))
}

/// WCAG 2.2: 4.5 to 1 for text, 3 to 1 for what pictures are made of.
#[test]
fn colours_contrast_in_light_and_in_dark() {
    let page = page_of(STACK, "recovery");
    let style = page.split("<style>").nth(1).unwrap();
    let themes: Vec<BTreeMap<&str, &str>> = style
        .split(":root {")
        .skip(1)
        .map(|block| {
            let declarations = block.split('}').next().unwrap().split(';');
            let colours =
                declarations.filter_map(|line| line.trim().strip_prefix("--")?.split_once(": "));
            colours.collect()
        })
        .collect();
    assert_eq!(themes.len(), 2, "light and dark");
    for theme in themes {
        let contrast = |one: &str, other: &str| {
            let mut both = [luminance(theme[one]), luminance(theme[other])];
            both.sort_by(f64::total_cmp);
            (both[1] + 0.05) / (both[0] + 0.05)
        };
        for ink in ["ink", "quiet", "link", "good", "bad", "open", "mild"] {
            for paper in ["paper", "panel"] {
                let found = contrast(ink, paper);
                assert!(found >= 4.5, "{ink} on {paper}: {found:.2}");
            }
        }
        for (shape, ground) in [
            ("bar", "gap"),
            ("bar-assumed", "gap"),
            ("bar-left", "gap"),
            ("bad", "gap"),
            ("bar", "paper"),
            ("rule", "paper"),
        ] {
            let found = contrast(shape, ground);
            assert!(found >= 3.0, "{shape} on {ground}: {found:.2}");
        }
    }
}

/// <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>
fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}
