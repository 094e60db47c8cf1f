//! Plans and states: whatever the bytes, reading ends, and so does every question.

#![no_main]

use drstack_plan::Plan;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(plan) = Plan::read(input) {
        drstack_fuzz::walk(&plan);
    }
});
