//! What shells and `man` are told.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::run::Folder;

/// The subcommands as the help lists them.
fn subcommands(folder: &Folder) -> Vec<String> {
    let help = folder.drstack(&["--help"]).out;
    let listed = help.split("Commands:\n").nth(1).unwrap().lines();
    let listed = listed.take_while(|line| !line.is_empty());
    // Further lines of a description are indented more.
    let listed = listed.filter(|line| !line.starts_with("   "));
    let listed = listed.map(|line| line.split_whitespace().next().unwrap().to_owned());
    // Its page is the help itself.
    let listed: Vec<String> = listed.filter(|name| name != "help").collect();
    assert!(listed.contains(&"synth".to_owned()), "{help}");
    listed
}

#[test]
fn every_shell_completes_every_subcommand() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = folder.drstack(&["completions", shell]);
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{shell}");
        for subcommand in subcommands(&folder) {
            assert!(ended.out.contains(&subcommand), "{shell} does not know {subcommand}");
        }
    }
    assert_eq!(folder.drstack(&["completions", "tcsh"]).code, 3);
}

/// The script, loaded by a real bash, completes as a person would see it.
#[test]
fn bash_completes_what_is_begun() {
    let folder = Folder::new();
    let script = folder.drstack(&["completions", "bash"]).out;
    let ask = "COMP_WORDS=(drstack syn); COMP_CWORD=1; _drstack drstack syn drstack; echo \"<${COMPREPLY[*]}>\"";
    let mut bash =
        Command::new("bash").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    bash.stdin.take().unwrap().write_all(format!("{script}\n{ask}\n").as_bytes()).unwrap();
    let output = bash.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), "<synth>");
}

#[test]
fn every_subcommand_has_a_manual_page() {
    let folder = Folder::new();
    assert_eq!(folder.drstack(&["man", "share/man1"]).code, 0);
    let page =
        |name: &str| fs::read_to_string(folder.path().join("share/man1").join(name)).unwrap();
    assert!(page("drstack.1").contains("disaster\\-recovery"), "{}", page("drstack.1"));
    for subcommand in subcommands(&folder) {
        let name = format!("drstack-{subcommand}.1");
        assert!(page(&name).contains(&format!("drstack\\-{subcommand}")), "{name}");
    }
    assert!(page("drstack-synth.1").contains("environment\\-suffix"));
    folder.write("file", "");
    assert_eq!(folder.drstack(&["man", "file"]).code, 3);
}
