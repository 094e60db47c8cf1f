use std::time::Duration;

/// A document to judge: what `terraform show -json` prints.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The path that policies see as `data.conftest.file`.
    pub path: &'a str,
    /// The JSON text.
    pub text: &'a [u8],
    /// The time since the Unix epoch, which `time.now_ns` gives.
    pub now: Duration,
}
