//! Attributes that leave their items as they are.

#![forbid(unsafe_code)]

use proc_macro::TokenStream;

/// Marks an item for the verifier.
#[proc_macro_attribute]
pub fn verus_verify(_: TokenStream, item: TokenStream) -> TokenStream {
    item
}

/// States what a function requires and ensures.
#[proc_macro_attribute]
pub fn verus_spec(_: TokenStream, item: TokenStream) -> TokenStream {
    item
}
