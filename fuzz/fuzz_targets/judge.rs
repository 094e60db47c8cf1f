//! The recovery pack with all of its rules, over whatever can be read as a plan, a state or a configuration.

#![no_main]

use std::sync::LazyLock;

use drstack_plan::Plan;
use drstack_policy::{Pack, Profile, Verdict, judge};
use libfuzzer_sys::fuzz_target;

static PACK: LazyLock<Pack> = LazyLock::new(|| {
    let mut pack = Pack::named("recovery").expect("the built-in pack is read");
    // Rules that need these to run.
    pack.parameters.environment_suffix = Some("pr-7".to_owned());
    pack.parameters.profile = Some(Profile::Destroyable);
    pack
});

fuzz_target!(|input: &[u8]| {
    if let Ok(plan) = Plan::read(input) {
        check(&judge(&plan, &PACK));
    }
    if let Ok(plan) = Plan::from_documents(&drstack_fuzz::documents(input)) {
        check(&judge(&plan, &PACK));
    }
});

fn check(verdict: &Verdict) {
    assert_eq!(verdict.rules.len(), if verdict.only_deletes { 0 } else { PACK.rules.len() });
    for found in &verdict.findings {
        assert!(!found.finding.message.is_empty());
        assert_eq!(found.fingerprint().len(), 16);
    }
}
