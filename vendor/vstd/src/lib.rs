//! Verus' annotations as the compiler needs them: not at all.
//!
//! Stands in for the published crate of this name, whose macros do the same outside the verifier and take long to build.

#![forbid(unsafe_code)]

/// What annotated code imports.
pub mod prelude {
    pub use crate::proof;
    pub use vstd_macros::{verus_spec, verus_verify};
}

/// A proof: nothing is left of it.
#[macro_export]
macro_rules! proof {
    ($($tokens:tt)*) => {};
}
