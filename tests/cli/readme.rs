//! README's tour, run as it stands.

use std::fs;
use std::path::Path;

use crate::run::Folder;

/// Runs the commands of all `console` blocks in one folder. The lines below a command are what it prints, on standard error
/// and then on standard output; a line of `…` stands for any lines, `…` inside a line for any text.
#[test]
fn the_tour_is_true() {
    let readme =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")).unwrap();
    let folder = Folder::new();
    let mut commands = 0;
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for step in block.split("$ drstack ").skip(1) {
            let (command, expected) = step.split_once('\n').unwrap();
            let ended = folder.drstack(&command.split_whitespace().collect::<Vec<_>>());
            let printed = ended.err + &ended.out;
            let printed: Vec<&str> =
                printed.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
            let expected: Vec<&str> =
                expected.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
            assert!(
                lines_match(&expected, &printed),
                "drstack {command}\nexpected {expected:#?}\nprinted {printed:#?}"
            );
            commands += 1;
        }
    }
    assert!(commands >= 5, "the tour has only {commands} commands");
}

fn lines_match(expected: &[&str], printed: &[&str]) -> bool {
    match (expected.split_first(), printed.split_first()) {
        (None, None) => true,
        (Some((&"…", rest)), _) => {
            (0..=printed.len()).any(|skipped| lines_match(rest, &printed[skipped..]))
        }
        (Some((line, rest)), Some((found, others))) => {
            text_matches(line, found) && lines_match(rest, others)
        }
        _ => false,
    }
}

fn text_matches(expected: &str, found: &str) -> bool {
    let mut parts = expected.split('…');
    let Some(mut rest) = parts.next().and_then(|first| found.strip_prefix(first)) else {
        return false;
    };
    for part in parts {
        match rest.find(part) {
            Some(_) if part.is_empty() => rest = "",
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty()
}
