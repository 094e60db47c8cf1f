//! Whole pictures: of hand-written plans, and of any shape with any names.

mod any;
mod languages;
mod places;
mod plans;
