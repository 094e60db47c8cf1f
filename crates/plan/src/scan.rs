//! Walking over JSON text without decoding it.
//!
//! Most of a plan is never looked at, so the cost of reading one is the cost of finding where values end.
//! Containers are skipped 64 bytes at a time by counting brackets outside strings; the grammar inside a skipped
//! container is checked only when somebody looks into it.

/// The text stopped being JSON at `at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) at: usize,
    /// `None` if the text ended too soon.
    pub(crate) expected: Option<&'static str>,
}

impl From<Malformed> for crate::ReadError {
    fn from(malformed: Malformed) -> Self {
        match malformed.expected {
            Some(expected) => Self::NotJson { at: malformed.at, expected },
            None => Self::Truncated { at: malformed.at },
        }
    }
}

/// A position in JSON text, always between two tokens.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self::starting_at(bytes, 0)
    }

    pub(crate) fn starting_at(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// Byte offset of the next token.
    pub(crate) fn position(&mut self) -> usize {
        self.skip_space();
        self.at
    }

    /// The text between an earlier position and this one.
    pub(crate) fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    /// The first byte of the next token.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        self.skip_space();
        self.bytes.get(self.at).copied()
    }

    /// Walks over one value and returns its text.
    pub(crate) fn value(&mut self) -> Result<&'a [u8], Malformed> {
        self.skip_space();
        let start = self.at;
        self.at = match self.bytes.get(start) {
            None => return Err(self.unexpected("a value")),
            Some(b'"') => string_end(self.bytes, start)?,
            Some(b'{' | b'[') => container_end(self.bytes, start)?,
            Some(_) => scalar_end(self.bytes, start)?,
        };
        Ok(self.bytes.get(start..self.at).unwrap_or_default())
    }

    /// Walks over one string and returns what is between its quotes, escapes and all.
    pub(crate) fn string(&mut self) -> Result<&'a [u8], Malformed> {
        match self.peek() {
            Some(b'"') => {}
            _ => return Err(self.unexpected("a string")),
        }
        let start = self.at;
        self.at = string_end(self.bytes, start)?;
        Ok(self.bytes.get(start + 1..self.at - 1).unwrap_or_default())
    }

    /// Walks over an object. `member` gets each raw key, and the cursor at the value that it must consume.
    pub(crate) fn object<E: From<Malformed>>(
        &mut self,
        mut member: impl FnMut(&'a [u8], &mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut place = self.open(b'{')?;
        while self.more(b'}', &mut place)? {
            let key = self.key()?;
            member(key, self)?;
        }
        Ok(())
    }

    /// Walks over an array. `element` gets the cursor at each element, which it must consume.
    pub(crate) fn array<E: From<Malformed>>(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut place = self.open(b'[')?;
        while self.more(b']', &mut place)? {
            element(self)?;
        }
        Ok(())
    }

    /// Enters the container that starts with `opening`.
    pub(crate) fn open(&mut self, opening: u8) -> Result<Place, Malformed> {
        if self.peek() != Some(opening) {
            return Err(self.unexpected(if opening == b'{' { "an object" } else { "an array" }));
        }
        self.at += 1;
        Ok(Place::Start)
    }

    /// Moves to the next item of a container that ends with `closing`, or past its end.
    pub(crate) fn more(&mut self, closing: u8, place: &mut Place) -> Result<bool, Malformed> {
        let next = self.peek();
        if next == Some(closing) {
            self.at += 1;
            return Ok(false);
        }
        match place {
            Place::Start => *place = Place::Within,
            Place::Within if next == Some(b',') => self.at += 1,
            Place::Within => return Err(self.unexpected("`,` or the end of the container")),
        }
        Ok(true)
    }

    /// Walks over a member's key and colon.
    pub(crate) fn key(&mut self) -> Result<&'a [u8], Malformed> {
        let key = self.string()?;
        self.colon()?;
        Ok(key)
    }

    /// Walks over the colon between a key and its value.
    pub(crate) fn colon(&mut self) -> Result<(), Malformed> {
        if self.peek() != Some(b':') {
            return Err(self.unexpected("`:`"));
        }
        self.at += 1;
        Ok(())
    }

    /// Fails unless only white space is left.
    pub(crate) fn end(&mut self) -> Result<(), Malformed> {
        if self.peek().is_some() { Err(self.unexpected("the end of the text")) } else { Ok(()) }
    }

    fn unexpected(&self, expected: &'static str) -> Malformed {
        Malformed { at: self.at, expected: (self.at < self.bytes.len()).then_some(expected) }
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }
}

/// Where in a container a cursor is: a separator comes before every item but the first.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Start,
    Within,
}

/// Whether the literal `true` stands anywhere in the text as a value.
pub(crate) fn contains_true(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at = match byte {
            b'"' => match string_end(bytes, at) {
                Ok(end) => end,
                Err(_) => return false,
            },
            b't' => return true,
            _ => at + 1,
        };
    }
    false
}

/// The offset after the string that starts at `start`.
fn string_end(bytes: &[u8], start: usize) -> Result<usize, Malformed> {
    let mut at = start + 1;
    while let Some(special) = next_of(bytes, at, [b'"', b'\\']) {
        if bytes.get(special) == Some(&b'"') {
            return Ok(special + 1);
        }
        at = special + 2;
    }
    Err(Malformed { at: bytes.len(), expected: None })
}

/// Where the next byte from `at` on is that equals one of the wanted.
///
/// Keys and most values are short, and what is quoted twice is full of escapes: some words are compared before the set-up
/// of a vector search pays.
pub(crate) fn next_of(bytes: &[u8], at: usize, wanted: [u8; 2]) -> Option<usize> {
    const NEAR: usize = 6;
    let [first, second] = wanted;
    let rest = bytes.get(at..)?;
    let (words, _) = rest.as_chunks();
    for (place, word) in words.iter().take(NEAR).enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = bytes_equal(word, first) | bytes_equal(word, second);
        if found != 0 {
            return Some(
                at + place * size_of::<u64>() + (found.trailing_zeros() / u8::BITS) as usize,
            );
        }
    }
    let searched = words.len().min(NEAR) * size_of::<u64>();
    let tail = rest.get(searched..)?;
    let offset = if tail.len() < size_of::<u64>() {
        tail.iter().position(|byte| wanted.contains(byte))
    } else {
        memchr::memchr2(first, second, tail)
    };
    offset.map(|offset| at + searched + offset)
}

/// Marks the high bit of each byte that equals `wanted`. Bytes above the lowest that does may be marked wrongly.
#[inline]
fn bytes_equal(word: u64, wanted: u8) -> u64 {
    const LOW: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    let differ = word ^ (LOW * u64::from(wanted));
    differ.wrapping_sub(LOW) & !differ & HIGH
}

fn scalar_end(bytes: &[u8], start: usize) -> Result<usize, Malformed> {
    let rest = bytes.get(start..).unwrap_or_default();
    let length = rest
        .iter()
        .position(|byte| matches!(byte, b',' | b'}' | b']' | b':' | b' ' | b'\n' | b'\r' | b'\t'))
        .unwrap_or(rest.len());
    match rest.get(..length).unwrap_or_default() {
        b"true" | b"false" | b"null" => Ok(start + length),
        [b'-' | b'0'..=b'9', digits @ ..]
            if digits
                .iter()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')) =>
        {
            Ok(start + length)
        }
        // `tru` at the very end was cut off; anything else is not JSON.
        word if start + length == bytes.len()
            && [&b"true"[..], b"false", b"null"].iter().any(|full| full.starts_with(word)) =>
        {
            Err(Malformed { at: bytes.len(), expected: None })
        }
        _ => Err(Malformed { at: start, expected: Some("a value") }),
    }
}

/// The offset after the object or array that starts at `start`.
fn container_end(bytes: &[u8], start: usize) -> Result<usize, Malformed> {
    if let Some(b'}' | b']') = bytes.get(start + 1) {
        return Ok(start + 2);
    }
    let rest = bytes.get(start..).unwrap_or_default();
    match Containers::default().end(rest) {
        Some(length) => Ok(start + length),
        None => Err(Malformed { at: bytes.len(), expected: None }),
    }
}

/// How deep a text is in containers, from one part of it to the next.
#[derive(Default)]
pub(crate) struct Containers {
    strings: Strings,
    depth: u32,
}

impl Containers {
    /// Within a container that began before the text.
    pub(crate) fn inside() -> Self {
        Self { depth: 1, ..Self::default() }
    }

    /// How much of the next part of the text belongs to the outermost container, if that ends in it. All parts but the
    /// last are multiples of [`BLOCK`] long.
    pub(crate) fn end(&mut self, part: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(block) = block_at(part, at) {
            let quoted = self.strings.mask(&block);
            // `[` and `{`, `]` and `}` differ in one bit only, so one comparison finds both.
            let opens = mask_of(&block, b'{', 0x20) & !quoted;
            let closes = mask_of(&block, b'}', 0x20) & !quoted;
            if self.depth > closes.count_ones() {
                self.depth = self.depth + opens.count_ones() - closes.count_ones();
            } else {
                let mut brackets = opens | closes;
                while brackets != 0 {
                    let bit = brackets.trailing_zeros();
                    if opens >> bit & 1 == 1 {
                        self.depth += 1;
                    } else {
                        self.depth = self.depth.saturating_sub(1);
                        if self.depth == 0 {
                            return Some(at + bit as usize + 1);
                        }
                    }
                    brackets &= brackets - 1;
                }
            }
            at += BLOCK;
        }
        None
    }
}

/// How many bytes are looked at at once.
pub(crate) const BLOCK: usize = 64;

/// The 64 bytes at `at`, padded with spaces at the end of the text.
fn block_at(bytes: &[u8], at: usize) -> Option<[u8; BLOCK]> {
    let rest = bytes.get(at..)?;
    match rest.first_chunk() {
        Some(block) => Some(*block),
        None if rest.is_empty() => None,
        None => {
            let mut block = [b' '; BLOCK];
            for (to, from) in block.iter_mut().zip(rest) {
                *to = *from;
            }
            Some(block)
        }
    }
}

/// What the blocks so far leave open: a string, an escape.
#[derive(Default)]
struct Strings {
    /// All ones inside a string.
    quoted: u64,
    /// One if the next block's first byte is escaped.
    escaped: u64,
}

impl Strings {
    /// The bytes of the block that are inside a string (its opening quote included), one bit a byte.
    fn mask(&mut self, block: &[u8; BLOCK]) -> u64 {
        let quotes = mask_of(block, b'"', 0) & !self.escaped_bytes(mask_of(block, b'\\', 0));
        let mut quoted = quotes;
        for shift in [1, 2, 4, 8, 16, 32] {
            quoted ^= quoted << shift;
        }
        quoted ^= self.quoted;
        self.quoted = if quoted >> 63 == 1 { u64::MAX } else { 0 };
        quoted
    }

    /// The bytes that follow an odd run of backslashes. Adding the runs' starts to the runs carries a bit to each
    /// run's end, whose parity then tells odd runs from even ones (the technique is simdjson's).
    fn escaped_bytes(&mut self, backslashes: u64) -> u64 {
        const EVEN: u64 = 0x5555_5555_5555_5555;
        if backslashes == 0 {
            return std::mem::take(&mut self.escaped);
        }
        let backslashes = backslashes & !self.escaped;
        let follows = backslashes << 1 | self.escaped;
        let odd_starts = backslashes & !EVEN & !follows;
        let (sums, overflow) = odd_starts.overflowing_add(backslashes);
        self.escaped = u64::from(overflow);
        (EVEN ^ (sums << 1)) & follows
    }
}

/// The bytes of the block that equal `wanted` once the bits of `ignore` are set, one bit a byte.
#[inline]
fn mask_of(block: &[u8; BLOCK], wanted: u8, ignore: u8) -> u64 {
    // Rows of eight bytes, each marked by a bit of its own, so that all rows fit into one: compilers make vector
    // instructions of it. A byte of `columns` then has the bits of what is below each other.
    let mut marks = [0; BLOCK];
    for (at, (mark, byte)) in marks.iter_mut().zip(block).enumerate() {
        *mark = if byte | ignore == wanted { 1 << (at / 8) } else { 0 };
    }
    let (rows, _) = marks.as_chunks();
    let columns = rows.iter().fold(0, |columns, row| columns | u64::from_le_bytes(*row));
    if columns == 0 { 0 } else { transposed(columns) }
}

/// Turns a square of eight by eight bits over, so that its columns become rows: first within squares of two, then of
/// four, then of eight.
#[inline]
fn transposed(square: u64) -> u64 {
    const SWAPS: [(u32, u64); 3] =
        [(7, 0x00aa_00aa_00aa_00aa), (14, 0x0000_cccc_0000_cccc), (28, 0x0000_0000_f0f0_f0f0)];
    SWAPS.iter().fold(square, |square, &(distance, upper)| {
        let differ = (square ^ (square >> distance)) & upper;
        square ^ differ ^ (differ << distance)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_mask_has_a_bit_for_each_byte(block in proptest::array::uniform(any::<u8>()), ignore in prop_oneof![Just(0), Just(0x20)]) {
            let wanted = block[0] | ignore;
            let bit = |(at, byte): (usize, &u8)| u64::from(byte | ignore == wanted) << at;
            prop_assert_eq!(mask_of(&block, wanted, ignore), block.iter().enumerate().map(bit).sum::<u64>());
        }

        #[test]
        fn the_next_byte_is_where_a_plain_search_finds_it(text in "[!-#\u{80}-\u{82}]{0,20}[a-z]{0,70}[!-#]{0,3}", at in 0..100_usize) {
            let plain = text.bytes().enumerate().skip(at).find(|(_, byte)| [b'"', b'#'].contains(byte));
            prop_assert_eq!(next_of(text.as_bytes(), at, [b'"', b'#']), plain.map(|(at, _)| at));
        }
    }
}
