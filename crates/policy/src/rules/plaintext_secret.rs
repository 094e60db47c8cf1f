use std::borrow::Cow;

use drstack_plan::{AttrPath, Kind, Plan, References, Resource, Step, Template};
use serde_json::Value as Json;

use crate::arguments::{Argument, arguments};
use crate::demand::{given, is_set, path};
use crate::links::is_open;
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "plaintext-secret",
    severity: Severity::Error,
    summary: "no secret stands in plain text in the configuration, the plan or the state",
    protects: "whoever reads a state file, a plan in a pipeline's log or a function's settings has the secret",
    fix: "pass the secret in a write-only argument (master_password_wo, secret_string_wo) from an ephemeral resource, and let programs read it from Secrets Manager",
    requirements: &["R8", "C4"],
    explanation: include_str!("plaintext_secret.md"),
    check,
};

/// Arguments that hold a secret and go into the state as they are, by type: those of the schema of the AWS provider 5.100
/// that are sensitive, not write-only, and never filled in by the provider, and whose names say that they are a secret.
const SECRETS: &[(&str, &str)] = &[
    ("aws_acm_certificate", "private_key"),
    ("aws_alb_listener", "default_action.authenticate_oidc.client_secret"),
    ("aws_alb_listener_rule", "action.authenticate_oidc.client_secret"),
    ("aws_amplify_app", "access_token"),
    ("aws_amplify_app", "auto_branch_creation_config.basic_auth_credentials"),
    ("aws_amplify_app", "basic_auth_credentials"),
    ("aws_amplify_app", "oauth_token"),
    ("aws_amplify_branch", "basic_auth_credentials"),
    ("aws_api_gateway_domain_name", "certificate_private_key"),
    ("aws_appfabric_app_authorization", "credential.api_key_credential.api_key"),
    ("aws_appfabric_app_authorization", "credential.oauth2_credential.client_secret"),
    (
        "aws_appflow_connector_profile",
        "connector_profile_config.connector_profile_credentials.amplitude.secret_key",
    ),
    (
        "aws_appflow_connector_profile",
        "connector_profile_config.connector_profile_credentials.custom_connector.basic.password",
    ),
    (
        "aws_appflow_connector_profile",
        "connector_profile_config.connector_profile_credentials.custom_connector.oauth2.access_token",
    ),
    (
        "aws_appflow_connector_profile",
        "connector_profile_config.connector_profile_credentials.custom_connector.oauth2.client_secret",
    ),
    (
        "aws_appflow_connector_profile",
        "connector_profile_config.connector_profile_credentials.google_analytics.access_token",
    ),
    (
        "aws_appflow_connector_profile",
        "connector_profile_config.connector_profile_credentials.google_analytics.client_secret",
    ),
    (
        "aws_appflow_connector_profile",
        "connector_profile_config.connector_profile_credentials.honeycode.access_token",
    ),
    (
        "aws_appflow_connector_profile",
        "connector_profile_config.connector_profile_credentials.infor_nexus.secret_access_key",
    ),
    (
        "aws_appflow_connector_profile",
        "connector_profile_config.connector_profile_credentials.marketo.access_token",
    ),
    (
        "aws_appflow_connector_profile",
        "connector_profile_config.connector_profile_credentials.marketo.client_secret",
    ),
    (
        "aws_appflow_connector_profile",
        "connector_profile_config.connector_profile_credentials.redshift.password",
    ),
    (
        "aws_appflow_connector_profile",
        "connector_profile_config.connector_profile_credentials.salesforce.access_token",
    ),
    (
        "aws_appflow_connector_profile",
        "connector_profile_config.connector_profile_credentials.sapo_data.basic_auth_credentials.password",
    ),
    (
        "aws_appflow_connector_profile",
        "connector_profile_config.connector_profile_credentials.sapo_data.oauth_credentials.access_token",
    ),
    (
        "aws_appflow_connector_profile",
        "connector_profile_config.connector_profile_credentials.service_now.password",
    ),
    (
        "aws_appflow_connector_profile",
        "connector_profile_config.connector_profile_credentials.slack.access_token",
    ),
    (
        "aws_appflow_connector_profile",
        "connector_profile_config.connector_profile_credentials.slack.client_secret",
    ),
    (
        "aws_appflow_connector_profile",
        "connector_profile_config.connector_profile_credentials.snowflake.password",
    ),
    (
        "aws_appflow_connector_profile",
        "connector_profile_config.connector_profile_credentials.trendmicro.api_secret_key",
    ),
    (
        "aws_appflow_connector_profile",
        "connector_profile_config.connector_profile_credentials.veeva.password",
    ),
    (
        "aws_appflow_connector_profile",
        "connector_profile_config.connector_profile_credentials.zendesk.access_token",
    ),
    (
        "aws_appflow_connector_profile",
        "connector_profile_config.connector_profile_credentials.zendesk.client_secret",
    ),
    ("aws_appstream_directory_config", "service_account_credentials.account_password"),
    ("aws_chime_voice_connector_termination_credentials", "credentials.password"),
    ("aws_cloudwatch_event_connection", "auth_parameters.api_key.value"),
    ("aws_cloudwatch_event_connection", "auth_parameters.basic.password"),
    ("aws_cloudwatch_event_connection", "auth_parameters.oauth.client_parameters.client_secret"),
    ("aws_codebuild_source_credential", "token"),
    ("aws_codepipeline_webhook", "authentication_configuration.secret_token"),
    ("aws_cognito_user", "password"),
    ("aws_cognito_user", "temporary_password"),
    ("aws_connect_user", "password"),
    ("aws_datasync_location_fsx_ontap_file_system", "protocol.smb.password"),
    ("aws_datasync_location_fsx_windows_file_system", "password"),
    ("aws_datasync_location_object_storage", "secret_key"),
    ("aws_datasync_location_smb", "password"),
    ("aws_db_instance", "password"),
    ("aws_directory_service_directory", "password"),
    ("aws_directory_service_radius_settings", "shared_secret"),
    ("aws_dms_endpoint", "kafka_settings.sasl_password"),
    ("aws_dms_endpoint", "kafka_settings.ssl_client_key_password"),
    ("aws_dms_endpoint", "password"),
    ("aws_dms_endpoint", "redis_settings.auth_password"),
    ("aws_docdb_cluster", "master_password"),
    ("aws_docdbelastic_cluster", "admin_user_password"),
    ("aws_elasticache_replication_group", "auth_token"),
    ("aws_elasticache_user", "authentication_mode.passwords"),
    ("aws_elasticache_user", "passwords"),
    (
        "aws_elasticsearch_domain",
        "advanced_security_options.master_user_options.master_user_password",
    ),
    ("aws_emr_cluster", "kerberos_attributes.ad_domain_join_password"),
    ("aws_emr_cluster", "kerberos_attributes.cross_realm_trust_principal_password"),
    ("aws_emr_cluster", "kerberos_attributes.kdc_admin_password"),
    ("aws_fsx_ontap_file_system", "fsx_admin_password"),
    (
        "aws_fsx_ontap_storage_virtual_machine",
        "active_directory_configuration.self_managed_active_directory_configuration.password",
    ),
    ("aws_fsx_ontap_storage_virtual_machine", "svm_admin_password"),
    ("aws_fsx_windows_file_system", "self_managed_active_directory.password"),
    ("aws_glue_job", "source_control_details.auth_token"),
    ("aws_iam_server_certificate", "private_key"),
    ("aws_kinesis_firehose_delivery_stream", "http_endpoint_configuration.access_key"),
    ("aws_kinesis_firehose_delivery_stream", "redshift_configuration.password"),
    ("aws_kinesis_firehose_delivery_stream", "snowflake_configuration.key_passphrase"),
    ("aws_kinesis_firehose_delivery_stream", "snowflake_configuration.private_key"),
    ("aws_lb_listener", "default_action.authenticate_oidc.client_secret"),
    ("aws_lb_listener_rule", "action.authenticate_oidc.client_secret"),
    ("aws_lightsail_database", "master_password"),
    ("aws_memorydb_user", "authentication_mode.passwords"),
    ("aws_mq_broker", "ldap_server_metadata.service_account_password"),
    ("aws_mq_broker", "user.password"),
    ("aws_opensearch_domain", "advanced_security_options.master_user_options.master_user_password"),
    ("aws_opsworks_application", "app_source.password"),
    ("aws_opsworks_application", "app_source.ssh_key"),
    ("aws_opsworks_application", "ssl_configuration.private_key"),
    ("aws_opsworks_rds_db_instance", "db_password"),
    ("aws_opsworks_stack", "custom_cookbooks_source.password"),
    ("aws_opsworks_stack", "custom_cookbooks_source.ssh_key"),
    ("aws_pinpoint_adm_channel", "client_secret"),
    ("aws_pinpoint_apns_channel", "private_key"),
    ("aws_pinpoint_apns_sandbox_channel", "private_key"),
    ("aws_pinpoint_apns_voip_channel", "private_key"),
    ("aws_pinpoint_apns_voip_sandbox_channel", "private_key"),
    ("aws_pinpoint_baidu_channel", "api_key"),
    ("aws_pinpoint_baidu_channel", "secret_key"),
    ("aws_pinpoint_gcm_channel", "api_key"),
    ("aws_quicksight_data_source", "credentials.credential_pair.password"),
    ("aws_rds_cluster", "master_password"),
    ("aws_redshift_cluster", "master_password"),
    ("aws_redshift_hsm_configuration", "hsm_partition_password"),
    ("aws_redshiftserverless_namespace", "admin_user_password"),
    ("aws_sagemaker_workforce", "oidc_config.client_secret"),
    ("aws_secretsmanager_secret_version", "secret_binary"),
    ("aws_secretsmanager_secret_version", "secret_string"),
    (
        "aws_securitylake_subscriber_notification",
        "configuration.https_notification_configuration.authorization_api_key_value",
    ),
    ("aws_sesv2_email_identity", "dkim_signing_attributes.domain_signing_private_key"),
    ("aws_sns_platform_application", "platform_credential"),
    ("aws_storagegateway_file_system_association", "password"),
    ("aws_storagegateway_gateway", "smb_active_directory_settings.password"),
    ("aws_storagegateway_gateway", "smb_guest_password"),
    ("aws_timestreaminfluxdb_db_instance", "password"),
    ("aws_transfer_certificate", "private_key"),
    ("aws_verifiedaccess_trust_provider", "native_application_oidc_options.client_secret"),
    ("aws_verifiedaccess_trust_provider", "oidc_options.client_secret"),
];

/// Maps of environment variables, by type.
const ENVIRONMENTS: &[(&str, &str)] = &[
    ("aws_amplify_app", "auto_branch_creation_config.0.environment_variables"),
    ("aws_amplify_app", "environment_variables"),
    ("aws_amplify_branch", "environment_variables"),
    (
        "aws_apprunner_service",
        "source_configuration.0.code_repository.0.code_configuration.0.code_configuration_values.0.runtime_environment_variables",
    ),
    (
        "aws_apprunner_service",
        "source_configuration.0.image_repository.0.image_configuration.0.runtime_environment_variables",
    ),
    ("aws_glue_connection", "connection_properties"),
    ("aws_glue_job", "default_arguments"),
    ("aws_lambda_function", "environment.0.variables"),
    ("aws_sagemaker_model", "primary_container.0.environment"),
];

/// Blocks of which each is a variable with its `name` and `value`, by type. A variable of a build has a `type` too, which
/// says whether it names its secret; settings of Elastic Beanstalk, environment variables among them, have a `namespace`:
/// <https://docs.aws.amazon.com/codebuild/latest/APIReference/API_EnvironmentVariable.html>,
/// <https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/command-options-general.html>.
const BLOCKS: [(&str, &str, Nesting); 3] = [
    ("aws_codebuild_project", "environment.0.environment_variable", Nesting::List),
    ("aws_elastic_beanstalk_configuration_template", "setting", Nesting::Set),
    ("aws_elastic_beanstalk_environment", "setting", Nesting::Set),
];

/// How the schema nests blocks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nesting {
    List,
    /// In a plan the values are not in the order of the configuration's blocks.
    Set,
}

/// JSON texts of one container or of several, whose `environment` lists names and values:
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html>,
/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerProperties.html>.
const CONTAINERS: [(&str, &str); 2] = [
    ("aws_batch_job_definition", "container_properties"),
    ("aws_ecs_task_definition", "container_definitions"),
];

const NOT_KNOWN: &str =
    "it is not known before apply whether an environment variable holds a secret";

/// Stands in a text for what is not known of it.
const UNKNOWN: char = char::REPLACEMENT_CHARACTER;

/// Stands in a text for the place of something.
const PLACE: &str = "arn:";

/// Arguments of providers that hold credentials.
const CREDENTIALS: [&str; 3] = ["access_key", "secret_key", "token"];

/// Words of a name that stand for a secret.
const SECRET_WORDS: [&str; 7] =
    ["CREDENTIAL", "CREDENTIALS", "PASSPHRASE", "PASSWD", "PASSWORD", "SECRET", "TOKEN"];
/// Words before `KEY` that make it one.
const KEY_WORDS: [&str; 4] = ["ACCESS", "API", "PRIVATE", "SIGNING"];
/// Last words of names that say where something is, or how it is used, rather than what it is.
const PLACES: [&str; 29] = [
    "ADDRESS",
    "ALGORITHM",
    "ARN",
    "BUCKET",
    "COUNT",
    "DAYS",
    "DOMAIN",
    "ENABLED",
    "ENDPOINT",
    "EXPIRATION",
    "EXPIRY",
    "FILE",
    "HEADER",
    "HOST",
    "HOURS",
    "ID",
    "ISSUER",
    "LENGTH",
    "MINUTES",
    "NAME",
    "PATH",
    "PORT",
    "REGION",
    "SECONDS",
    "TIMEOUT",
    "TTL",
    "TYPE",
    "URL",
    "VERSION",
];

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let plan = checked.plan();
    for (kind, argument) in SECRETS {
        for &resource in checked.of_type(kind) {
            sink.judged();
            for argument in arguments(resource, argument) {
                judge_argument(resource, &argument, sink);
            }
        }
    }
    for &parameter in checked.of_type("aws_ssm_parameter") {
        sink.judged();
        if given(parameter, &path("type")).as_str().as_deref() == Some("SecureString") {
            for argument in arguments(parameter, "value") {
                judge_argument(parameter, &argument, sink);
            }
        }
    }
    for (kind, environment) in ENVIRONMENTS {
        for &resource in checked.of_type(kind) {
            sink.judged();
            judge_environment(plan, resource, &path(environment), sink);
        }
    }
    for (kind, blocks, nesting) in BLOCKS {
        for &resource in checked.of_type(kind) {
            sink.judged();
            judge_blocks(plan, resource, (&path(blocks), nesting), sink);
        }
    }
    for (kind, containers) in CONTAINERS {
        for &resource in checked.of_type(kind) {
            sink.judged();
            judge_containers(plan, resource, &path(containers), sink);
        }
    }
    for argument in CREDENTIALS {
        for (provider, value) in plan.provider_constants(argument) {
            sink.judged();
            if is_set(value) {
                let message = format!(
                    "the configuration of the provider `{provider}` holds credentials: {argument}"
                );
                sink.report(Finding::absent(message).expected("credentials from the environment"));
            }
        }
    }
    for (name, value) in plan.variables() {
        if !is_secret(name) {
            continue;
        }
        sink.judged();
        // A plan keeps what was passed in; a configuration shows the default.
        if value.as_str().is_some_and(|text| is_plain(&text)) {
            let place = if plan.kind() == Kind::Configuration { "configuration" } else { "plan" };
            let message =
                format!("the {place} holds the value of the variable `{name}` in plain text");
            sink.report(Finding::absent(message).expected("an ephemeral variable"));
        }
    }
}

fn judge_argument(resource: Resource<'_>, argument: &Argument<'_>, sink: &mut Sink) {
    let Argument { path, value } = argument;
    let expected = "a write-only argument, or none";
    if value.is_unknown() {
        let message = "a secret argument is not known before apply: what it gets, the state will hold in plain text";
        sink.report(Finding::undetermined(resource, path, message).expected(expected));
    } else if is_set(*value) && !value.is_empty() {
        let message = "the secret is in plain text in the state";
        sink.report(Finding::violated(resource, path, message).found("a value").expected(expected));
    }
}

/// A map of which one value is unknown is unknown as a whole in a plan, which shows what is written in it, or only what it
/// refers to.
fn judge_environment(
    plan: &Plan<'_>,
    resource: Resource<'_>,
    environment: &AttrPath,
    sink: &mut Sink,
) {
    let variables = given(resource, environment);
    let names: Vec<Cow<'_, str>> = if !variables.is_unknown() {
        variables.entries().map(|(name, _)| name).collect()
    } else if let Some(names) = resource.written_keys(environment) {
        names
    } else {
        if !leads_to_places(plan, &resource.references(environment)) {
            sink.report(Finding::undetermined(resource, environment, NOT_KNOWN));
        }
        return;
    };
    for name in names {
        let at = environment.clone().key(&*name);
        let text = text(plan, resource, &at, &at);
        sink.report_each(judge_variable(resource, &at, &name, &text));
    }
}

fn judge_blocks(
    plan: &Plan<'_>,
    resource: Resource<'_>,
    (blocks, nesting): (&AttrPath, Nesting),
    sink: &mut Sink,
) {
    let variables = given(resource, blocks);
    if variables.is_unknown() {
        sink.report(Finding::undetermined(resource, blocks, NOT_KNOWN));
    }
    let is_shuffled = nesting == Nesting::Set && plan.kind() == Kind::Plan;
    for (index, variable) in variables.elements().enumerate() {
        let kind = variable.get("type").as_str();
        if matches!(kind.as_deref(), Some("PARAMETER_STORE" | "SECRETS_MANAGER")) {
            continue;
        }
        let at = blocks.clone().index(index).key("value");
        let Some(name) = variable.get("name").as_str() else {
            sink.report(Finding::undetermined(resource, &at, NOT_KNOWN));
            continue;
        };
        let written = if is_shuffled { blocks } else { &at };
        let text = text(plan, resource, &at, written);
        sink.report_each(judge_variable(resource, &at, &name, &text));
    }
}

/// Containers are described by a text, of which configurations and plans of JSON syntax keep what stands around
/// references.
fn judge_containers(plan: &Plan<'_>, resource: Resource<'_>, at: &AttrPath, sink: &mut Sink) {
    let value = given(resource, at);
    if value.is_null() {
        return;
    }
    let made = || Some(Cow::Owned(marked(plan, &resource.traced_template(at)?)));
    let text = value.as_str().or_else(made);
    let Some(containers) = text.and_then(|text| serde_json::from_str::<Json>(&text).ok()) else {
        return sink.report(Finding::undetermined(resource, at, NOT_KNOWN));
    };
    let containers = match containers {
        Json::Array(containers) => containers,
        container => vec![container],
    };
    let variables =
        containers.iter().filter_map(|container| container.get("environment")?.as_array());
    for variable in variables.flatten() {
        let part = |key| variable.get(key).and_then(Json::as_str);
        let name = part("name").unwrap_or_default();
        let finding = judge_variable(resource, at, name, part("value").unwrap_or_default());
        sink.report_each(finding.map(|finding| finding.identity(name)));
    }
}

/// The text of a variable, with marks for what is not known of it; `written` is where the configuration has it.
fn text<'plan>(
    plan: &Plan<'_>,
    resource: Resource<'plan>,
    at: &AttrPath,
    written: &AttrPath,
) -> Cow<'plan, str> {
    let value = resource.at(at);
    if !value.is_unknown() {
        return value.as_text().unwrap_or_default();
    }
    Cow::Owned(match resource.traced_template(written) {
        Some(template) => marked(plan, &template),
        None => mark(plan, &resource.references(written)),
    })
}

fn marked(plan: &Plan<'_>, template: &Template<'_>) -> String {
    template.render(|_, references| mark(plan, references))
}

/// What stands for an expression that is not known.
fn mark(plan: &Plan<'_>, references: &References<'_>) -> String {
    if leads_to_places(plan, references) { PLACE.to_owned() } else { UNKNOWN.to_string() }
}

fn judge_variable(
    resource: Resource<'_>,
    at: &AttrPath,
    name: &str,
    text: &str,
) -> Option<Finding> {
    let is_credentials = looks_like_credentials(text);
    let is_named = is_known(name);
    if !is_credentials && !((is_secret(name) || !is_named) && is_plain(text)) {
        return None;
    }
    if text.contains(UNKNOWN) || !is_credentials && !is_named {
        return Some(Finding::undetermined(resource, at, NOT_KNOWN));
    }
    let message = "an environment variable holds a secret in plain text";
    let finding = Finding::violated(resource, at, message).found("a value");
    Some(finding.expected("the ARN of a secret that the program reads"))
}

/// Whether a variable's name is what it will be: no part of it is unknown or an expression.
fn is_known(name: &str) -> bool {
    !name.contains(UNKNOWN) && !name.contains("${") && !name.contains("%{")
}

/// Whether what is unknown is where something is (an ARN, a name) and not what it is.
fn leads_to_places(plan: &Plan<'_>, references: &References<'_>) -> bool {
    let is_place = |attribute: &AttrPath| {
        let name = attribute.steps().iter().rev().find_map(|step| match step {
            Step::Key(name) => Some(name),
            Step::Index(_) => None,
        });
        name.is_some_and(|name| words(name).last().is_some_and(|word| PLACES.contains(&&**word)))
    };
    !references.targets.is_empty()
        && !is_open(plan, references)
        && references.targets.iter().all(|target| is_place(&target.attribute))
}

/// Whether a text that should be a secret's place is the secret: neither empty nor an ARN, nor whether there is one.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.starts_with(PLACE) && !matches!(text, "true" | "false")
}

/// Whether a name says that it holds a secret: `DB_PASSWORD`, `apiKey`, and not `SECRET_ARN`.
fn is_secret(name: &str) -> bool {
    let words = words(name);
    let Some(last) = words.last() else { return false };
    if PLACES.contains(&&**last) {
        return false;
    }
    words.iter().any(|word| SECRET_WORDS.contains(&&**word))
        || words.windows(2).any(|pair| pair[1] == "KEY" && KEY_WORDS.contains(&&*pair[0]))
}

/// The words of a name, in capitals: they end at a sign that is no letter or digit, before a capital after a small
/// letter, and before the last of several capitals if a small letter follows.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    let mut characters = name.chars().peekable();
    while let Some(character) = characters.next() {
        let begins = character.is_uppercase()
            && (before.is_lowercase()
                || before.is_uppercase()
                    && characters.peek().is_some_and(|next| next.is_lowercase()));
        let ends = !character.is_alphanumeric() || begins;
        if ends && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if character.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(character.to_uppercase());
        }
        before = character;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a text is credentials whatever its name: a private key, an access key id, a URL with a password.
fn looks_like_credentials(text: &str) -> bool {
    let is_access_key = ["AKIA", "ASIA"].iter().any(|prefix| text.starts_with(prefix))
        && text.len() == 20
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let authority = text
        .split_once("://")
        .map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let has_password =
        authority.and_then(|authority| authority.rsplit_once('@')).is_some_and(|(user, _)| {
            user.split_once(':').is_some_and(|(_, password)| !password.is_empty())
        });
    is_access_key || has_password || text.starts_with("-----BEGIN") && text.contains("PRIVATE KEY")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_told_from_names_of_their_places() {
        for name in [
            "DB_PASSWORD",
            "dbPassword",
            "DBPassword",
            "API_KEY",
            "APIKey",
            "apiKey",
            "SECRET",
            "github-token",
            "PRIVATE_KEY_PEM",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "SECRET_ARN",
            "SecretName",
            "KMS_KEY_ARN",
            "KEY",
            "TOKENIZER",
            "TOKEN_HOST",
            "SSLCertificateArns",
            "PASSWORD_LENGTH",
            "TOKEN_EXPIRY_SECONDS",
            "PASSWORD_ROTATION_DAYS",
            "API_KEY_HEADER",
            "REGION",
            "",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn credentials_are_told_from_addresses() {
        for text in [
            "AKIAIOSFODNN7EXAMPLE",
            "postgres://app:hunter2@db.example.com/orders?sslmode=require",
            "redis://:hunter2@cache.example.com",
            "-----BEGIN RSA PRIVATE KEY-----",
        ] {
            assert!(looks_like_credentials(text), "{text}");
        }
        for text in [
            "https://example.com/a@b:c",
            "https://example.com?from=a:b@example.com",
            "https://app@example.com:8080/",
            "https://example.com#a:b@c",
            "git@github.com:example/orders.git",
            "-----BEGIN CERTIFICATE-----",
            "",
        ] {
            assert!(!looks_like_credentials(text), "{text}");
        }
    }
}
