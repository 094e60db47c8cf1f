//! What a page says, a section each.

pub(crate) mod addresses;
pub(crate) mod budget;
pub(crate) mod diagram;
pub(crate) mod drill;
pub(crate) mod head;
pub(crate) mod inventory;
pub(crate) mod rules;
