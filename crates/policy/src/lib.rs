//! The drstack rule engine and its built-in rules.
