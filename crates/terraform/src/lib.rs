//! Typed Terraform configuration: names, regions, references, resources, modules, documents.
