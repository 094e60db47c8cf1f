//! `drstack report`.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::process::Command;

use crate::run::Folder;

#[test]
fn the_stack_is_put_on_a_page() {
    let folder = Folder::new();
    let ended = folder.drstack(&["report", "--output", "report.html"]);
    assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (0, "", ""));
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>"));
    for said in
        ["Passed: the synthesized stack", "5 min 15 s", "Loss of us-east-2, which takes over"]
    {
        assert!(page.contains(said), "{said}");
    }
    let printed = folder.drstack(&["report"]);
    assert_eq!((printed.code, printed.out), (0, page), "the same to the byte, whichever way");
}

#[test]
fn findings_and_what_can_not_be_judged_are_on_the_page_and_in_the_exit_code() {
    let folder = Folder::new();
    folder.write(
        "open/main.tf.json",
        r#"{"resource": {"aws_kms_key": {"main": {"enable_key_rotation": true}}, "aws_sqs_queue": {"work": {"name": "work"}}}}"#,
    );
    let ended = folder.drstack(&["report", "open"]);
    assert_eq!(ended.code, 1, "{}", ended.err);
    assert!(ended.out.contains("Failed: open"), "{}", ended.out);

    folder.write(
        "waivers.toml",
        "[[waiver]]\nrule = \"kms-encryption\"\naddress = \"aws_sqs_queue.work\"\nreason = \"moves next week\"\nowner = \"payments\"\nexpires = 2999-12-31\n",
    );
    let arguments = ["report", "open", "--rule", "kms-encryption", "--waivers", "waivers.toml"];
    let ended = folder.drstack(&arguments);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(ended.out.contains("Waived: moves next week"), "{}", ended.out);

    let ended = folder.drstack(&["report", "open", "missing.json", "--output", "both.html"]);
    assert_eq!(ended.code, 2, "{}", ended.err);
    let page = fs::read_to_string(folder.path().join("both.html")).unwrap();
    assert!(page.contains("1 of 2 inputs could not be judged."), "{page}");

    let ended = folder.drstack(&["report", "open", "--pack", "none"]);
    assert_eq!((ended.code, ended.out.as_str()), (3, ""), "{}", ended.err);
}

/// A device or a pipe that a result is written to is still there afterwards.
#[test]
fn a_pipe_is_written_to_and_not_replaced() {
    let folder = Folder::new();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).unwrap()
    });
    let ended = folder.drstack(&["report", "--output", "pipe"]);
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo(), "the pipe became a file");
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(reader.join().unwrap().starts_with("<!DOCTYPE html>"));
}
