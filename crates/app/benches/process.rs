//! What whole runs of the command take, from its start to its end: wall time, processor time, and memory at its peak.
//!
//! `synth` is to take at most 10 ms, `check` the same for the smallest plan and ten times as long for ten times the resources.
//! Times are printed, as they depend on the machine. Memory does not: this fails where it is more than 20 MiB for `synth`, or
//! more than that of the plan and 100 MiB for `check`.

#![expect(clippy::unwrap_used, reason = "a benchmark that can't go on ends")]

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs};

use drstack_testing::plan::plan;
use tempfile::TempDir;
use wait4::Wait4;

const MIB: u64 = 1 << 20;
/// The first argument of a process that writes a plan: the peak of a process counts from before it starts, when it is still
/// this one, which must therefore stay small.
const WRITE_PLAN: &str = "write-plan";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [task, resources, path] = arguments.as_slice()
        && task == WRITE_PLAN
    {
        fs::write(path, plan(resources.parse().unwrap())).unwrap();
        return ExitCode::SUCCESS;
    }
    let folder = tempfile::tempdir().unwrap();
    println!(
        "{:32} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "", "wall", "best", "processor", "peak", "at most"
    );
    let mut holds = measure(&folder, "synth", 20 * MIB, 50, &["synth", "--out", "stack"]);
    for (resources, runs) in [(200, 50), (10_000, 10), (100_000, 5)] {
        write_plan(&folder.path().join("plan.json"), resources);
        let size = fs::metadata(folder.path().join("plan.json")).unwrap().len();
        let name = format!("check, {resources} resources, {} MB", size / 1_000_000);
        let arguments = [
            &["check", "plan.json", "--pack", "recovery", "--format", "json"][..],
            &["--environment-suffix", "pr-7", "--profile", "destroyable"],
        ];
        holds &= measure(&folder, &name, size + 100 * MIB, runs, &arguments.concat());
    }
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn write_plan(path: &Path, resources: usize) {
    let mut writer = Command::new(env::current_exe().unwrap());
    writer.args([WRITE_PLAN, &resources.to_string()]).arg(path);
    assert!(writer.status().unwrap().success());
}

/// Prints the medians of some runs, and tells whether the peak of all of them is within the limit.
fn measure(folder: &TempDir, name: &str, limit: u64, runs: usize, arguments: &[&str]) -> bool {
    let mut command = Command::new(env!("CARGO_BIN_EXE_drstack"));
    command.args(arguments).current_dir(folder.path());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let (mut wall, mut processor, mut peak) = (Vec::new(), Vec::new(), 0);
    for _ in 0..runs {
        let start = Instant::now();
        let ended = command.spawn().unwrap().wait4().unwrap();
        wall.push(start.elapsed());
        processor.push(ended.rusage.utime + ended.rusage.stime);
        peak = peak.max(ended.rusage.maxrss);
        // 1 says that there are findings.
        assert!(matches!(ended.status.code(), Some(0 | 1)), "{name}: {}", ended.status);
    }
    wall.sort();
    processor.sort();
    let milliseconds = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    let [median, best] = [wall[runs / 2], wall[0]].map(milliseconds);
    let processor = milliseconds(processor[runs / 2]);
    let [peak_shown, limit_shown] = [peak, limit].map(|bytes| format!("{} MiB", bytes / MIB));
    println!("{name:32} {median:>9} {best:>9} {processor:>9} {peak_shown:>9} {limit_shown:>9}");
    peak <= limit
}
