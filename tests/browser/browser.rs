//! Chromium without a window.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::Failed;

/// What Chromium is called by different systems.
const NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
/// A page of this size takes a second.
const LIMIT: Duration = Duration::from_secs(120);

#[derive(Clone)]
pub(crate) struct Browser(PathBuf);

/// What the reader prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Dark,
    Light,
}

impl Scheme {
    const fn setting(self) -> &'static str {
        match self {
            Self::Dark => "--blink-settings=preferredColorScheme=0",
            Self::Light => "--blink-settings=preferredColorScheme=1",
        }
    }
}

impl Browser {
    /// The browser that is named, or else one on the path.
    pub(crate) fn find() -> Option<Self> {
        if let Some(named) = std::env::var_os("DRSTACK_BROWSER").filter(|name| !name.is_empty()) {
            return Some(Self(named.into()));
        }
        let folders = std::env::var_os("PATH")?;
        let mut programs =
            std::env::split_paths(&folders).flat_map(|folder| NAMES.map(|name| folder.join(name)));
        programs.find(|program| program.is_file()).map(Self)
    }

    /// The page as it is once its scripts have run.
    pub(crate) fn dom(&self, page: &Path, scheme: Scheme) -> Result<String, Failed> {
        self.run(page, scheme, &["--dump-dom", "--virtual-time-budget=10000"])
    }

    /// The colours of the page's first screen, from the left upper corner on.
    pub(crate) fn screenshot(&self, page: &Path, scheme: Scheme) -> Result<Vec<[u8; 3]>, Failed> {
        let file = page.with_extension("png");
        self.run(
            page,
            scheme,
            &["--hide-scrollbars", &format!("--screenshot={}", file.display())],
        )?;
        let mut decoder = png::Decoder::new(std::io::BufReader::new(File::open(&file)?));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info()?;
        let mut buffer = vec![0; reader.output_buffer_size().ok_or("the screenshot is too large")?];
        let frame = reader.next_frame(&mut buffer)?;
        let samples = frame.color_type.samples();
        let pixels = buffer.chunks_exact(samples);
        Ok(pixels.filter_map(|pixel| pixel.first_chunk().copied()).collect())
    }

    fn run(&self, page: &Path, scheme: Scheme, arguments: &[&str]) -> Result<String, Failed> {
        let profile = tempfile::tempdir()?;
        let (out, err) = (profile.path().join("out"), profile.path().join("err"));
        let mut child = Command::new(&self.0)
            // Its own page alone is opened; containers have no room for its sandbox.
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args([
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
            ])
            // The inspection and the page are files of one folder.
            .args(["--allow-file-access-from-files", "--window-size=1440,900"])
            .arg(scheme.setting())
            .arg(format!("--user-data-dir={}", profile.path().join("profile").display()))
            .args(arguments)
            .arg(format!("file://{}", page.display()))
            .stdin(Stdio::null())
            .stdout(File::create(&out)?)
            .stderr(File::create(&err)?)
            .spawn()
            .map_err(|error| format!("{} can't be run: {error}", self.0.display()))?;
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if begun.elapsed() > LIMIT {
                child.kill()?;
                child.wait()?;
                return Err(format!("{} did not end", self.0.display()).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        if !status.success() {
            let said = fs::read_to_string(&err).unwrap_or_default();
            return Err(format!("{} failed: {said}", self.0.display()).into());
        }
        Ok(fs::read_to_string(&out)?)
    }
}
