use std::borrow::Cow;

use drstack_plan::{AttrPath, Kind, References, Resource, Value};
use serde_json::Value as Json;

use crate::demand::{given, is_set, path};
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

/// Arguments that hold a secret and go into the state as they are, by type.
const SECRETS: &[(&str, &str)] = &[
    ("aws_acm_certificate", "private_key"),
    ("aws_alb_listener", "default_action.0.authenticate_oidc.0.client_secret"),
    ("aws_db_instance", "password"),
    ("aws_directory_service_directory", "password"),
    ("aws_dms_endpoint", "password"),
    ("aws_docdb_cluster", "master_password"),
    ("aws_elasticache_replication_group", "auth_token"),
    ("aws_elasticache_user", "passwords"),
    ("aws_iam_server_certificate", "private_key"),
    ("aws_lb_listener", "default_action.0.authenticate_oidc.0.client_secret"),
    ("aws_lightsail_database", "master_password"),
    ("aws_mq_broker", "user.0.password"),
    (
        "aws_opensearch_domain",
        "advanced_security_options.0.master_user_options.0.master_user_password",
    ),
    ("aws_rds_cluster", "master_password"),
    ("aws_redshift_cluster", "master_password"),
    ("aws_redshiftserverless_namespace", "admin_user_password"),
    ("aws_secretsmanager_secret_version", "secret_binary"),
    ("aws_secretsmanager_secret_version", "secret_string"),
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
    ("aws_glue_job", "default_arguments"),
    ("aws_lambda_function", "environment.0.variables"),
    ("aws_sagemaker_model", "primary_container.0.environment"),
];

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

/// Arguments of providers that hold credentials.
const CREDENTIALS: [&str; 3] = ["access_key", "secret_key", "token"];

/// Words of a name that stand for a secret.
const SECRET_WORDS: [&str; 7] =
    ["CREDENTIAL", "CREDENTIALS", "PASSPHRASE", "PASSWD", "PASSWORD", "SECRET", "TOKEN"];
/// Words before `KEY` that make it one.
const KEY_WORDS: [&str; 4] = ["ACCESS", "API", "PRIVATE", "SIGNING"];
/// Last words of names that say where something is rather than what it is.
const PLACES: [&str; 12] = [
    "ARN", "COUNT", "ENDPOINT", "FILE", "ID", "LENGTH", "NAME", "PATH", "REGION", "TTL", "URL",
    "VERSION",
];

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    for (kind, argument) in SECRETS {
        for &resource in checked.of_type(kind) {
            sink.judged();
            judge_argument(resource, &path(argument), sink);
        }
    }
    for &parameter in checked.of_type("aws_ssm_parameter") {
        sink.judged();
        if given(parameter, &path("type")).as_str().as_deref() == Some("SecureString") {
            judge_argument(parameter, &path("value"), sink);
        }
    }
    for (kind, environment) in ENVIRONMENTS {
        for &resource in checked.of_type(kind) {
            sink.judged();
            judge_environment(resource, &path(environment), sink);
        }
    }
    for &project in checked.of_type("aws_codebuild_project") {
        sink.judged();
        judge_build(project, sink);
    }
    for (kind, containers) in CONTAINERS {
        for &resource in checked.of_type(kind) {
            sink.judged();
            judge_containers(resource, &path(containers), sink);
        }
    }
    for argument in CREDENTIALS {
        for (provider, value) in checked.plan().provider_constants(argument) {
            sink.judged();
            if is_set(value) {
                let message = format!(
                    "the configuration of the provider `{provider}` holds credentials: {argument}"
                );
                sink.report(Finding::absent(message).expected("credentials from the environment"));
            }
        }
    }
    for (name, value) in checked.plan().variables() {
        if !is_secret(name) {
            continue;
        }
        sink.judged();
        // A plan keeps what was passed in; a configuration shows the default.
        if value.as_str().is_some_and(|text| is_plain(&text)) {
            let place =
                if checked.plan().kind() == Kind::Configuration { "configuration" } else { "plan" };
            let message =
                format!("the {place} holds the value of the variable `{name}` in plain text");
            sink.report(Finding::absent(message).expected("an ephemeral variable"));
        }
    }
}

fn judge_argument(resource: Resource<'_>, at: &AttrPath, sink: &mut Sink) {
    let value = given(resource, at);
    let expected = "a write-only argument, or none";
    if value.is_unknown() {
        let message = "a secret argument is not known before apply: what it gets, the state will hold in plain text";
        sink.report(Finding::undetermined(resource, at, message).expected(expected));
    } else if is_set(value) && !value.is_empty() {
        let message = "the secret is in plain text in the state";
        sink.report(Finding::violated(resource, at, message).found("a value").expected(expected));
    }
}

fn judge_environment(resource: Resource<'_>, environment: &AttrPath, sink: &mut Sink) {
    let variables = given(resource, environment);
    if variables.is_unknown() {
        sink.report(Finding::undetermined(resource, environment, NOT_KNOWN));
    }
    for (name, value) in variables.entries() {
        let at = environment.clone().key(&*name);
        let content = Content::at(resource, &at, value);
        sink.report_each(judge_variable(resource, &at, &name, &content));
    }
}

/// A variable of a build names its secret where its type says so:
/// <https://docs.aws.amazon.com/codebuild/latest/APIReference/API_EnvironmentVariable.html>.
fn judge_build(project: Resource<'_>, sink: &mut Sink) {
    let variables = path("environment.0.environment_variable");
    for (index, variable) in given(project, &variables).elements().enumerate() {
        let kind = variable.get("type").as_str();
        let is_place = matches!(kind.as_deref(), Some("PARAMETER_STORE" | "SECRETS_MANAGER"));
        let at = variables.clone().index(index).key("value");
        let content = Content::at(project, &at, variable.get("value"));
        // Of a variable without a known name anything may be true.
        let name = variable.get("name").as_str().unwrap_or("SECRET".into());
        if !is_place {
            sink.report_each(judge_variable(project, &at, &name, &content));
        }
    }
}

/// Containers are described by a text, of which configurations and plans of JSON syntax keep what stands around
/// references.
fn judge_containers(resource: Resource<'_>, at: &AttrPath, sink: &mut Sink) {
    let value = given(resource, at);
    if value.is_null() {
        return;
    }
    let made = || {
        let mark = |_: &str, references: &References<'_>| {
            if leads_to_place(references) { "arn:".to_owned() } else { UNKNOWN.to_string() }
        };
        Some(Cow::Owned(resource.template(at)?.render(mark)))
    };
    let text = value.as_str().or_else(made);
    let Some(containers) = text.and_then(|text| serde_json::from_str::<Json>(&text).ok()) else {
        return sink.report(Finding::undetermined(resource, at, NOT_KNOWN));
    };
    let containers = match containers {
        Json::Array(containers) => containers,
        container => vec![container],
    };
    let variables = containers.iter().filter_map(|container| container.get("environment")?.as_array());
    for variable in variables.flatten() {
        let part = |key| variable.get(key).and_then(Json::as_str);
        let name = part("name").unwrap_or_default();
        let content = match part("value") {
            Some(value) if value.contains(UNKNOWN) => Content::Unknown,
            value => Content::of(value.map(Cow::Borrowed)),
        };
        let finding = judge_variable(resource, at, name, &content);
        sink.report_each(finding.map(|finding| finding.identity(name)));
    }
}

/// What a variable holds.
enum Content<'a> {
    Text(Cow<'a, str>),
    /// Not known, and not just the place of something.
    Unknown,
}

impl<'a> Content<'a> {
    fn at(resource: Resource<'_>, at: &AttrPath, value: Value<'a>) -> Self {
        if value.is_unknown() && !leads_to_place(&resource.references(at)) {
            Self::Unknown
        } else {
            Self::of(value.as_str())
        }
    }

    fn of(text: Option<Cow<'a, str>>) -> Self {
        Self::Text(text.unwrap_or_default())
    }
}

fn judge_variable(
    resource: Resource<'_>,
    at: &AttrPath,
    name: &str,
    content: &Content<'_>,
) -> Option<Finding> {
    match content {
        Content::Text(text) if looks_like_credentials(text) || is_secret(name) && is_plain(text) => {
            let message = "an environment variable holds a secret in plain text";
            let finding = Finding::violated(resource, at, message).found("a value");
            Some(finding.expected("the ARN of a secret that the program reads"))
        }
        Content::Unknown if is_secret(name) => {
            Some(Finding::undetermined(resource, at, NOT_KNOWN))
        }
        Content::Text(_) | Content::Unknown => None,
    }
}

/// Whether an unknown value is where something is (an ARN, a name) and not what it is.
fn leads_to_place(references: &References<'_>) -> bool {
    let is_place = |attribute: &AttrPath| {
        ["arn", "id", "name", "url"].contains(&attribute.to_string().as_str())
    };
    !references.targets.is_empty()
        && references.unresolved.is_empty()
        && references.targets.iter().all(|target| is_place(&target.attribute))
}

/// Whether a text that should be a secret's place is the secret: neither empty nor an ARN.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.starts_with("arn:")
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

/// The words of a name, in capitals: they end at a sign that is no letter or digit, and before a capital after a small letter.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for character in name.chars() {
        let ends =
            !character.is_alphanumeric() || (before.is_lowercase() && character.is_uppercase());
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
    let authority =
        text.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
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
            "API_KEY",
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
            "PASSWORD_LENGTH",
            "REGION",
            "",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
