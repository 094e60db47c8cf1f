//! Lines and columns.

/// Just before a byte of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Place {
    pub(crate) const START: Self = Self { line: 1, column: 1 };

    /// The place behind a text that begins here.
    pub(crate) fn after(self, text: &[u8]) -> Self {
        match memchr::memrchr(b'\n', text) {
            None => Self { line: self.line, column: self.column + characters(text) },
            Some(end) => Self {
                line: self.line + memchr::memchr_iter(b'\n', text).count(),
                column: 1 + characters(text.get(end + 1..).unwrap_or_default()),
            },
        }
    }
}

/// How many characters begin in a text: bytes that go on with a character don't count.
fn characters(text: &[u8]) -> usize {
    // Counts of this many bytes fit into one, which is what makes this fast.
    let chunks = text.chunks(usize::from(u8::MAX));
    chunks
        .map(|chunk| {
            usize::from(chunk.iter().map(|byte| u8::from(byte & 0xc0 != 0x80)).sum::<u8>())
        })
        .sum()
}
