//! Plans and states: whatever the bytes, reading ends, and so does every question. What is not kept of a text is not missed.

#![no_main]

use drstack_plan::{Plan, Text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let whole = Plan::read(input);
    let text = Text::read(input).expect("memory can be read");
    let kept = Plan::from_text(&text);
    assert_eq!(whole.as_ref().err(), kept.as_ref().err());
    if let (Ok(whole), Ok(kept)) = (whole, kept) {
        assert_eq!(whole.len(), kept.len());
        drstack_fuzz::walk(&kept);
    }
});
