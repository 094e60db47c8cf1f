//! Configurations: as for plans, with modules, expressions and functions to work out.

#![no_main]

use drstack_plan::Plan;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(plan) = Plan::from_documents(&drstack_fuzz::documents(input)) {
        drstack_fuzz::walk(&plan);
    }
});
