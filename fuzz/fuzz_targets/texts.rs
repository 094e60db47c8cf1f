//! Everything else that is read: paths of attributes, waivers, packs, baselines, policy documents, ARNs.

#![no_main]

use drstack_plan::AttrPath;
use drstack_policy::iam::Document;
use drstack_policy::iam::arn::Arn;
use drstack_policy::{Baseline, Pack, Waivers};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(path) = text.parse::<AttrPath>() {
        assert_eq!(path.to_string().parse(), Ok(path));
    }
    if let Err(error) = Waivers::read("waivers.toml", text) {
        let span = error.span().unwrap_or_default();
        assert!(span.end <= text.len(), "{span:?} lies outside");
    }
    let _ = Pack::read(text);
    let _ = Baseline::read("baseline.json", text);
    let _ = Document::parse(text);
    let _ = Arn::parse(text).map(|arn| (arn.region_fault(), arn.is_broad()));
});
