//! One read model of Terraform plans, states and configurations.
