//! The output directory.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::run::Folder;

/// Every file of a folder with its bytes.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(folder: &Path, prefix: &str, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
            if entry.path().is_dir() {
                walk(&entry.path(), &format!("{name}/"), found);
            } else {
                found.insert(name, fs::read(entry.path()).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, "", &mut found);
    found
}

#[test]
fn the_default_stack_needs_no_set_up_and_is_the_same_to_the_byte() {
    let (one, other) = (Folder::new(), Folder::new());
    for folder in [&one, &other] {
        let ended = folder.drstack(&["synth"]);
        assert_eq!(ended.code, 0, "{}", ended.err);
    }
    let written = tree(&one.out());
    assert_eq!(written, tree(&other.out()));
    for path in [
        "main.tf.json",
        "variables.tf.json",
        "outputs.tf.json",
        "modules/us-east-1/networking/main.tf.json",
        "modules/us-east-2/backup/main.tf.json",
        "modules/global/dns/main.tf.json",
        "lambda/transaction-processor.zip",
    ] {
        assert!(written.contains_key(path), "{path}");
    }
    assert!(one.drstack(&["synth"]).err.contains("is up to date"));
}

#[test]
fn init_writes_what_synth_takes_for_the_default() {
    let folder = Folder::new();
    assert_eq!(folder.drstack(&["init"]).code, 0);
    assert_eq!(folder.drstack(&["init"]).code, 3, "what is there is not overwritten");
    assert_eq!(folder.drstack(&["synth"]).code, 0);
    let without = Folder::new();
    without.drstack(&["synth"]);
    assert_eq!(tree(&folder.out()), tree(&without.out()));
}

#[test]
fn dry_run_writes_nothing() {
    let folder = Folder::new();
    let ended = folder.drstack(&["synth", "--dry-run"]);
    assert_eq!(ended.code, 0);
    assert!(ended.err.contains("would write"), "{}", ended.err);
    assert!(!folder.out().exists());
}

#[test]
fn other_peoples_files_stay_and_other_peoples_folders_are_refused() {
    let folder = Folder::new();
    folder.drstack(&["synth"]);
    folder.write("drstack.out/terraform.tfvars", "environment_suffix = \"mine\"");
    folder.write("drstack.out/.terraform/modules/modules.json", "{}");
    let ended = folder.drstack(&["synth", "--environment-suffix", "other"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let written = tree(&folder.out());
    assert_eq!(written["terraform.tfvars"], b"environment_suffix = \"mine\"");
    assert_eq!(written[".terraform/modules/modules.json"], b"{}");

    folder.write("thesis/chapter.tex", "x");
    let ended = folder.drstack(&["synth", "--out", "thesis"]);
    assert_eq!(ended.code, 3);
    assert!(ended.err.contains("drstack did not write it"), "{}", ended.err);
    assert_eq!(tree(&folder.path().join("thesis")).len(), 1);
}

/// The old tree or the new one, whenever the process dies.
#[test]
fn a_process_that_is_killed_leaves_a_whole_tree() {
    let folder = Folder::new();
    let mut whole = Vec::new();
    for suffix in ["one", "two"] {
        assert_eq!(folder.drstack(&["synth", "--environment-suffix", suffix]).code, 0);
        whole.push(tree(&folder.out()));
    }
    for attempt in 0..40_u64 {
        let suffix = if attempt % 2 == 0 { "one" } else { "two" };
        let mut command = folder.command();
        command
            .args(["synth", "--environment-suffix", suffix])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        std::thread::sleep(Duration::from_micros(attempt * 700));
        process.kill().unwrap();
        process.wait().unwrap();
        let found = tree(&folder.out());
        assert!(whole.contains(&found), "attempt {attempt} left a mix");
    }
}

/// What a killed run leaves beside the output directory is gone after the next one.
#[test]
fn the_next_run_clears_up_after_a_killed_one() {
    let folder = Folder::new();
    assert_eq!(folder.drstack(&["synth"]).code, 0);
    let beside = || fs::read_dir(folder.path()).unwrap().count() - 1;
    // A file that grows beyond one block of 1,024 bytes kills its writer.
    let script = format!(
        "ulimit -c 0 -f 1; exec {} synth --environment-suffix other",
        env!("CARGO_BIN_EXE_drstack")
    );
    let status = std::process::Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder.path())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!((status.code(), beside()), (None, 1), "the run was not killed at work");
    assert!(folder.drstack(&["synth"]).err.contains("is up to date"));
    assert_eq!(beside(), 0);
}

/// A write that fails for want of room leaves what was there.
#[test]
fn a_full_disk_leaves_the_old_tree() {
    let folder = Folder::new();
    assert_eq!(folder.drstack(&["synth"]).code, 0);
    let before = tree(&folder.out());
    // No file may grow beyond one block of 1,024 bytes.
    let script = format!(
        "trap '' XFSZ; ulimit -f 1; exec {} synth --environment-suffix other",
        env!("CARGO_BIN_EXE_drstack")
    );
    let output = std::process::Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stderr).contains("can't write"));
    assert_eq!(tree(&folder.out()), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside the tree");
}
