//! KMS keys and least-privilege roles.
