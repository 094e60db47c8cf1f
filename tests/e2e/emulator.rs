use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use libtest_mimic::Failed;
use tempfile::TempDir;

use crate::tools::root;

/// Emulated AWS on a loopback port of its own, with a PostgreSQL behind Aurora; both end when this is dropped.
pub(crate) struct Emulator {
    process: Child,
    _folder: TempDir,
    /// The port that it listens on.
    pub(crate) port: u16,
}

impl Emulator {
    /// Starts the emulator and waits until it answers.
    pub(crate) fn start() -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let (ready, log_path) = (folder.path().join("port"), folder.path().join("log"));
        let log = fs::File::create(&log_path)?;
        let process = Command::new("python3")
            .args(["-m", "emulated_aws", "--port", "0", "--start-postgres", "--ready-file"])
            .arg(&ready)
            .env("PYTHONPATH", root().join("tests/emulator"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let mut emulator = Self { process, port: 0, _folder: folder };
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline {
            if let Some(port) =
                fs::read_to_string(&ready).ok().and_then(|text| text.trim().parse().ok())
            {
                emulator.port = port;
                return Ok(emulator);
            }
            if let Some(status) = emulator.process.try_wait()? {
                let log = fs::read_to_string(&log_path)?;
                return Err(format!("the emulator ended with {status}:\n{log}").into());
            }
            sleep(Duration::from_millis(100));
        }
        Err("the emulator did not answer within a minute".into())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing to do then.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
