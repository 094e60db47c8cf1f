//! Terraform underneath, played by a script that notes how it is called and answers as it is told.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::run::{Ended, Folder, ended};

/// A plan of something else than the stack, which the gate refuses.
const FOREIGN_PLAN: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../plan/tests/fixtures/orders/plan.json");

const SCRIPT: &str = r#"#!/usr/bin/env bash
echo "$*" >> calls
case "$*" in
    "version -json") echo "{\"terraform_version\": \"$VERSION\"}" ;;
    *" init "*) exit "$INIT" ;;
    *" plan "*)
        if [ "$PLAN" = waits ]; then
            trap 'echo "plan ended in order" >> calls; exit 1' INT
            while :; do sleep 0.02; done
        fi
        exit "$PLAN"
        ;;
    *" show "*) cat "$SHOWN" ;;
    *" apply "*) exit "$APPLY" ;;
esac
"#;

/// A folder with the script in it.
struct Stage(Folder);

impl Stage {
    fn new() -> Self {
        let folder = Folder::new();
        folder.write("terraform", SCRIPT);
        let script = folder.path().join("terraform");
        fs::set_permissions(script, fs::Permissions::from_mode(0o755)).unwrap();
        Self(folder)
    }

    /// The command with the script's answers: everything goes well, and there is something to do, unless `answers` differ.
    fn command(&self, arguments: &[&str], answers: &[(&str, &str)]) -> Command {
        let mut command = self.0.command();
        let path = format!("{}:{}", self.0.path().display(), std::env::var("PATH").unwrap());
        command.args(arguments).env("PATH", path).stdin(Stdio::null());
        command.env("VERSION", "1.11.4").env("INIT", "0").env("PLAN", "2").env("APPLY", "0");
        command.env("SHOWN", FOREIGN_PLAN).envs(answers.iter().copied());
        command
    }

    fn drstack(&self, arguments: &[&str], answers: &[(&str, &str)]) -> Ended {
        ended(self.command(arguments, answers).output().unwrap())
    }

    /// What the script was called with, without the plan's random name.
    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.0.path().join("calls")).unwrap_or_default();
        let name =
            |word: &str| if word.ends_with("/plan") { "PLAN".to_owned() } else { word.to_owned() };
        calls.lines().map(|line| line.split(' ').map(name).collect::<Vec<_>>().join(" ")).collect()
    }
}

#[test]
fn a_missing_program_or_one_that_is_too_old_is_a_matter_of_the_set_up() {
    let stage = Stage::new();
    for (arguments, answers, message) in [
        (&["--terraform", "no-such-program"][..], &[][..], "can't run `no-such-program`"),
        (&[][..], &[("VERSION", "1.10.5")][..], "version 1.10.5, expected 1.11 or newer"),
        (&["--terraform", "true"][..], &[][..], "tells no version"),
    ] {
        let arguments = [&["deploy", "--auto-approve"][..], arguments].concat();
        let ended = stage.drstack(&arguments, answers);
        assert_eq!(ended.code, 3, "{}", ended.err);
        assert!(ended.err.contains(message), "{}", ended.err);
        assert!(ended.err.contains("--terraform"), "no advice in {}", ended.err);
        assert!(!stage.0.out().exists(), "something was written");
    }
}

#[test]
fn a_plan_that_does_not_pass_the_gate_is_not_applied() {
    let stage = Stage::new();
    let ended = stage.drstack(&["deploy", "--auto-approve"], &[]);
    assert_eq!(ended.code, 1, "{}", ended.err);
    assert!(ended.err.contains("nothing was applied: the plan does not pass the gate"));
    assert_eq!(
        stage.calls(),
        [
            "version -json",
            "-chdir=drstack.out init -input=false",
            "-chdir=drstack.out plan -input=false -detailed-exitcode PLAN",
            "-chdir=drstack.out show -json PLAN",
        ]
    );
    assert!(!ended.err.contains("what else Terraform reads"), "{}", ended.err);
    stage.0.write("no-plan.json", "{}");
    stage.0.write("drstack.out/my_override.tf.json", "{}");
    let ended = stage.drstack(&["deploy", "--auto-approve"], &[("SHOWN", "no-plan.json")]);
    assert_eq!(ended.code, 2, "{}", ended.err);
    assert!(
        ended.err.contains("what else Terraform reads in drstack.out: my_override.tf.json"),
        "{}",
        ended.err
    );
    assert!(!stage.calls().iter().any(|call| call.contains(" apply ")));
}

#[test]
fn a_stack_that_cannot_be_written_is_not_planned() {
    let stage = Stage::new();
    stage.0.write("drstack.out/thesis.tex", "x");
    assert_eq!(stage.drstack(&["deploy", "--auto-approve"], &[]).code, 3);
    assert_eq!(stage.calls(), ["version -json"]);
}

#[test]
fn terraforms_failure_has_a_code_of_its_own() {
    let stage = Stage::new();
    for answer in [("INIT", "1"), ("PLAN", "1")] {
        let ended = stage.drstack(&["deploy", "--plan-only"], &[answer]);
        assert_eq!(ended.code, 4, "{answer:?}: {}", ended.err);
    }
}

#[test]
fn nothing_is_done_when_nobody_can_be_asked() {
    let stage = Stage::new();
    let ended = stage.drstack(&["deploy"], &[]);
    assert_eq!(ended.code, 3);
    assert!(ended.err.contains("--auto-approve"), "{}", ended.err);
    assert!(stage.calls().is_empty());
}

/// Ctrl-C in a terminal reaches both processes.
#[test]
fn an_interrupt_lets_terraform_end_in_order() {
    let stage = Stage::new();
    let mut command = stage.command(&["deploy", "--plan-only"], &[("PLAN", "waits")]);
    let mut process = command.process_group(0).stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !stage.calls().iter().any(|call| call.contains(" plan ")) {
        assert!(Instant::now() < deadline, "terraform plan was not run");
        std::thread::sleep(Duration::from_millis(10));
    }
    // The script traps the signal from its next command on.
    std::thread::sleep(Duration::from_millis(300));
    let group = format!("-{}", process.id());
    assert!(Command::new("kill").args(["-INT", "--", &group]).status().unwrap().success());
    assert_eq!(process.wait().unwrap().code(), Some(4));
    assert_eq!(stage.calls().last().unwrap(), "plan ended in order");
}

#[test]
fn verify_finds_drift_and_a_deployment_that_does_not_pass() {
    let stage = Stage::new();
    stage.0.drstack(&["synth"]);
    let ended = stage.drstack(&["verify"], &[]);
    assert_eq!(ended.code, 1, "{}", ended.err);
    assert!(
        ended.err.contains("drift: what is deployed is not what drstack.out says"),
        "{}",
        ended.err
    );
    // What has drifted is not in the plan, which says what is to become of it.
    assert!(ended.err.contains("gate: the plan does not pass"), "{}", ended.err);
    assert!(ended.out.contains("us-east-1 is lost"), "{}", ended.out);

    let ended = stage.drstack(&["verify"], &[("PLAN", "0")]);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("drift: none"), "{}", ended.err);
    assert!(ended.err.contains("gate: what is deployed does not pass"), "{}", ended.err);

    stage.0.write("no-plan.json", "{}");
    let ended = stage.drstack(&["verify"], &[("SHOWN", "no-plan.json"), ("PLAN", "0")]);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("drill: what is deployed can't be judged"), "{}", ended.err);
}

#[test]
fn destroy_applies_the_plan_to_destroy() {
    let stage = Stage::new();
    let ended = stage.drstack(&["destroy", "--auto-approve"], &[]);
    assert_eq!(ended.code, 3);
    assert!(ended.err.contains("holds no stack"), "{}", ended.err);

    stage.0.drstack(&["synth"]);
    let ended = stage.drstack(&["destroy"], &[]);
    assert_eq!(ended.code, 3);
    assert!(ended.err.contains("nobody can be asked"), "{}", ended.err);
    assert!(stage.calls().is_empty());

    let ended = stage.drstack(&["destroy", "--auto-approve"], &[("PLAN", "0")]);
    assert_eq!(ended.code, 0);
    assert!(ended.err.contains("there is nothing to destroy"), "{}", ended.err);
    assert!(!stage.calls().iter().any(|call| call.contains(" apply ")));

    assert_eq!(stage.drstack(&["destroy", "--auto-approve"], &[]).code, 0);
    assert_eq!(
        stage.calls().split_off(3),
        [
            "version -json",
            "-chdir=drstack.out init -input=false",
            "-chdir=drstack.out plan -input=false -detailed-exitcode PLAN -destroy",
            "-chdir=drstack.out apply -input=false PLAN",
        ]
    );
    assert_eq!(stage.drstack(&["destroy", "--auto-approve"], &[("APPLY", "1")]).code, 4);
}
