//! From a configuration to a stack: every component, wired to the others.

mod addresses;
mod both;
mod components;
mod outputs;
mod problem;
mod wiring;

use drstack_terraform::{
    Account, Backend, Documents, Input, Region, SUFFIX_MAX, SUFFIX_PATTERN, Settings, Stack,
    StackError,
};
use serde_json::json;

pub use addresses::AddressError;
pub use problem::AssemblyError;

use crate::config::{Config, Password};
use crate::package::Package;
use components::Assembly;

/// Where the deployment package lies in the output directory.
pub const PACKAGE_PATH: &str = "lambda/transaction-processor.zip";

/// Builds the stack of a configuration.
///
/// # Errors
/// When the configuration's values can't be built; nothing is written here.
pub fn assemble(config: &Config, package: &Package) -> Result<Stack, AssemblyError> {
    let assembly = Assembly::new(config, package)?;
    let mut stack = Stack::new(settings(config));
    let [primary, recovery] = [config.regions.primary, config.regions.recovery];
    stack.provider(primary).provider(recovery).provider(Region::US_EAST_1);
    inputs(&mut stack, config);
    assembly.add_modules(&mut stack)?;
    assembly.add_outputs(&mut stack)?;
    Ok(stack)
}

/// The files of a stack: its configuration and the deployment package.
///
/// # Errors
/// When the stack refers to what isn't there.
pub fn files(stack: &Stack, package: &Package) -> Result<Documents, StackError> {
    let mut documents = stack.documents()?;
    documents.insert(PACKAGE_PATH, package.archive.clone());
    Ok(documents)
}

fn settings(config: &Config) -> Settings {
    let (major, minor) = config.database.password.required_terraform();
    let provider = match config.database.password {
        // `secret_string_wo` came with it.
        Password::WriteOnly => "~> 5.88",
        Password::Stored => "~> 5.78",
    };
    let mut tags: drstack_terraform::Tags =
        config.tags.iter().map(|(key, value)| (key.to_string(), value.as_str().into())).collect();
    tags.insert("Environment".to_owned(), Input::ENVIRONMENT_SUFFIX.into());
    tags.insert("Stack".to_owned(), config.name.as_str().into());
    Settings {
        terraform: format!(">= {major}.{minor}"),
        provider: provider.to_owned(),
        backend: Some(backend(config)),
        tags,
        provenance: concat!(
            "written by drstack ",
            env!("CARGO_PKG_VERSION"),
            "; change drstack.toml instead"
        )
        .to_owned(),
    }
}

fn backend(config: &Config) -> Backend {
    let (kind, arguments) = match &config.backend {
        Some(backend) => (
            "s3",
            json!({
                "bucket": backend.bucket.as_str(),
                "key": backend.key.as_str(),
                "region": backend.region,
                "encrypt": true,
                "kms_key_id": backend.kms_key_id,
                // A lock file beside the state, without a table: Terraform 1.10 and newer.
                "use_lockfile": matches!(config.database.password, Password::WriteOnly).then_some(true),
            }),
        ),
        // Outside the output directory, which is replaced as a whole. A workspace has a state of its own.
        None => (
            "local",
            json!({
                "path": format!("../{}.tfstate", config.name),
                "workspace_dir": format!("../{}.tfstate.d", config.name),
            }),
        ),
    };
    let set = arguments.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    Backend { kind, arguments: set.map(|(key, value)| (key.clone(), value.clone())).collect() }
}

fn inputs(stack: &mut Stack, config: &Config) {
    stack.input(
        Input::ENVIRONMENT_SUFFIX,
        json!({
            "type": "string",
            "description": "The environment's suffix, part of every name. Choose another one for another environment of the same stack.",
            "default": config.environment_suffix.as_str(),
            "nullable": false,
            "validation": [{
                "condition": format!(
                    "${{can(regex(\"{SUFFIX_PATTERN}\", var.environment_suffix)) && length(var.environment_suffix) <= {SUFFIX_MAX} && !can(regex(\"(^|-)s3alias$\", var.environment_suffix))}}"
                ),
                "error_message": format!(
                    "environment_suffix must be 1 to {SUFFIX_MAX} lower-case letters, digits and single hyphens, beginning and ending with a letter or digit; S3 keeps s3alias and what ends in -s3alias for itself."
                ),
            }],
        }),
    );
    match &config.account_id {
        Some(account) => {
            stack.input(
                Input::ACCOUNT_ID,
                json!({
                    "type": "string",
                    "description": "The account that is deployed to.",
                    "default": account.as_str(),
                    "nullable": false,
                    "validation": [{
                        "condition": "${can(regex(\"^[0-9]{12}$\", var.account_id))}",
                        "error_message": "account_id must be twelve digits.",
                    }],
                }),
            );
        }
        None => {
            stack.account(Account::Caller);
        }
    }
}

#[cfg(test)]
mod tests {
    use drstack_testing::ProviderSchema;

    use super::components::receive_count;
    use super::*;
    use crate::config::DEFAULT_TOML;
    use crate::package;

    fn documents(changes: &[(&str, &str)]) -> Documents {
        let text = changes.iter().fold(DEFAULT_TOML.to_owned(), |text, (old, new)| {
            assert!(text.contains(old), "{old}");
            text.replace(old, new)
        });
        let config = Config::read("test.toml", &text).unwrap();
        let package = package::built_in().unwrap();
        assemble(&config, &package).unwrap().documents().unwrap()
    }

    const PROTECTED: (&str, &str) = ("profile = \"destroyable\"", "profile = \"protected\"");
    const STORED: (&str, &str) = ("password = \"write-only\"", "password = \"stored\"");
    const FRANKFURT: (&str, &str) = ("primary = \"us-east-1\"", "primary = \"eu-central-1\"");
    const IRELAND: (&str, &str) = ("recovery = \"us-east-2\"", "recovery = \"eu-west-1\"");
    const HTTPS: (&str, &str) = ("listener = \"http\"", "listener = \"https\"");
    const ZONE: (&str, &str) = ("# zone_id = ", "zone_id = ");

    // requirement: T1
    /// Every resource of every variant is one that the provider's schema knows: no unknown argument, none missing,
    /// none of another type, none that only the provider may set.
    #[test]
    fn every_resource_is_valid_for_the_provider() {
        let schema = ProviderSchema::load();
        for changes in [&[][..], &[PROTECTED, STORED], &[FRANKFURT, IRELAND], &[HTTPS, ZONE]] {
            let documents = documents(changes);
            assert!(documents.len() > 40);
            for (path, bytes) in documents.iter() {
                let document = serde_json::from_slice(bytes).unwrap();
                assert_eq!(schema.validate_document(&document), [], "{path}");
            }
        }
    }

    #[test]
    fn where_neither_region_is_us_east_1_a_third_provider_carries_the_health_alarms() {
        let documents = documents(&[FRANKFURT, IRELAND]);
        let root = documents.text("main.tf.json").unwrap();
        assert!(root.contains("\"alias\": \"us_east_1\""));
        let alarms = documents.text("modules/global/health_alarms/main.tf.json").unwrap();
        assert!(alarms.contains("aws_sns_topic") && alarms.contains("aws_kms_key"));
    }

    #[test]
    fn an_account_that_is_not_known_is_looked_up() {
        assert!(documents(&[]).text("main.tf.json").unwrap().contains("aws_caller_identity"));
        let known = documents(&[("# account_id = ", "account_id = ")]);
        let root = known.text("main.tf.json").unwrap();
        assert!(!root.contains("aws_caller_identity"));
        assert_eq!(root.matches("allowed_account_ids").count(), 2);
    }

    #[test]
    fn a_message_outlives_a_recovery() {
        let config = Config::read("test.toml", DEFAULT_TOML).unwrap();
        let visibility = 6 * config.compute.timeout_seconds.get();
        assert!(receive_count(&config) * visibility > config.objectives.rto_minutes.get() * 60);
    }

    #[test]
    fn the_backend_is_s3_where_it_is_configured() {
        let backend = ("# [backend]\n# bucket", "[backend]\nbucket");
        let documents = documents(&[backend, ("# key = ", "key = "), ("# region = ", "region = ")]);
        let root: serde_json::Value =
            serde_json::from_slice(documents.get("main.tf.json").unwrap()).unwrap();
        assert_eq!(root["terraform"][0]["backend"]["s3"][0]["region"], "us-west-2");
    }
}
