use std::borrow::Cow;

use drstack_plan::{AttrPath, Kind, Plan, References, Resource, Step, Template};
use serde_json::Value as Json;

use crate::arguments::{Argument, Truth, all_hold, arguments};
use crate::demand::{given, is_set, path};
use crate::links::is_open;
use crate::tables::secrets::{self, Secret};
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

/// Maps of environment variables, or of settings like them, by type.
const ENVIRONMENTS: &[(&str, &str)] = &[
    ("aws_amplify_app", "auto_branch_creation_config.environment_variables"),
    ("aws_amplify_app", "environment_variables"),
    ("aws_amplify_branch", "environment_variables"),
    (
        "aws_apprunner_service",
        "source_configuration.code_repository.code_configuration.code_configuration_values.runtime_environment_variables",
    ),
    (
        "aws_apprunner_service",
        "source_configuration.image_repository.image_configuration.runtime_environment_variables",
    ),
    ("aws_glue_connection", "athena_properties"),
    ("aws_glue_connection", "connection_properties"),
    ("aws_glue_job", "default_arguments"),
    ("aws_lambda_function", "environment.variables"),
    ("aws_lightsail_container_service_deployment_version", "container.environment"),
    ("aws_mwaa_environment", "airflow_configuration_options"),
    ("aws_sagemaker_model", "container.environment"),
    ("aws_sagemaker_model", "primary_container.environment"),
    ("aws_synthetics_canary", "run_config.environment_variables"),
];

/// Blocks of which each is a variable with its `name` and `value`, by type. A variable of a build has a `type` too, which
/// says whether it names its secret; settings of Elastic Beanstalk, environment variables among them, have a `namespace`:
/// <https://docs.aws.amazon.com/codebuild/latest/APIReference/API_EnvironmentVariable.html>,
/// <https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/command-options-general.html>.
const BLOCKS: [(&str, &str, Nesting); 7] = [
    ("aws_batch_job_definition", "eks_properties.pod_properties.containers.env", Nesting::Set),
    ("aws_batch_job_definition", "eks_properties.pod_properties.init_containers.env", Nesting::Set),
    ("aws_codebuild_project", "environment.environment_variable", Nesting::List),
    ("aws_elastic_beanstalk_configuration_template", "setting", Nesting::Set),
    ("aws_elastic_beanstalk_environment", "setting", Nesting::Set),
    (
        "aws_pipes_pipe",
        "target_parameters.batch_job_parameters.container_overrides.environment",
        Nesting::List,
    ),
    (
        "aws_pipes_pipe",
        "target_parameters.ecs_task_parameters.overrides.container_override.environment",
        Nesting::List,
    ),
];

/// How the schema nests blocks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nesting {
    List,
    /// In a plan the values are not in the order of the configuration's blocks.
    Set,
}

/// JSON texts that describe containers, at any depth, whose `environment` (`env` in pods) lists names and values:
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html>,
/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerProperties.html>,
/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_NodeProperties.html>,
/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_EcsProperties.html>.
const CONTAINERS: [(&str, &str); 4] = [
    ("aws_batch_job_definition", "container_properties"),
    ("aws_batch_job_definition", "ecs_properties"),
    ("aws_batch_job_definition", "node_properties"),
    ("aws_ecs_task_definition", "container_definitions"),
];

/// The keys of a container's variables.
const ENVIRONMENT_KEYS: [&str; 2] = ["env", "environment"];

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
    for (resource_type, resources) in checked.types() {
        for secret in secrets::of(resource_type) {
            for &resource in resources {
                sink.judged();
                judge_secret(resource, secret, sink);
            }
        }
    }
    for (kind, environment) in ENVIRONMENTS {
        for &resource in checked.of_type(kind) {
            sink.judged();
            for variables in arguments(resource, environment) {
                judge_environment(plan, resource, &variables, sink);
            }
        }
    }
    for (kind, blocks, nesting) in BLOCKS {
        for &resource in checked.of_type(kind) {
            sink.judged();
            for variables in arguments(resource, blocks) {
                judge_blocks(plan, resource, (&variables, nesting), sink);
            }
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

fn judge_secret(resource: Resource<'_>, secret: Secret, sink: &mut Sink) {
    let expected = || match secret.instead {
        Some(argument) => format!("`{argument}`, which is write-only, or no value"),
        None => "no value: the provider has no write-only argument for it".to_owned(),
    };
    for Argument { path, value } in arguments(resource, secret.path) {
        let is_unknown = value.is_unknown();
        if !is_unknown && (!is_set(value) || value.is_empty()) {
            continue;
        }
        let finding = match all_hold(resource, secret.when, &path) {
            Truth::No => continue,
            Truth::Unknown => {
                let message = "it is not known before apply whether the value is a secret";
                Finding::undetermined(resource, &path, message)
            }
            Truth::Yes if is_unknown => {
                let message = "a secret argument is not known before apply: what it gets, the state will hold in plain text";
                Finding::undetermined(resource, &path, message)
            }
            Truth::Yes => {
                let message = "the secret is in plain text in the state";
                Finding::violated(resource, &path, message).found("a value")
            }
        };
        sink.report(finding.expected(expected()));
    }
}

/// A map of which one value is unknown is unknown as a whole in a plan, which shows what is written in it, or only what it
/// refers to.
fn judge_environment(
    plan: &Plan<'_>,
    resource: Resource<'_>,
    variables: &Argument<'_>,
    sink: &mut Sink,
) {
    let Argument { path: environment, value: variables } = variables;
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
    (variables, nesting): (&Argument<'_>, Nesting),
    sink: &mut Sink,
) {
    let Argument { path: blocks, value: variables } = variables;
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
    for variable in variables_of(&containers) {
        let part = |key| member(variable, key).and_then(Json::as_str).unwrap_or_default();
        let finding = judge_variable(resource, at, part("name"), part("value"));
        sink.report_each(finding.map(|finding| finding.identity(part("name"))));
    }
}

/// The variables of all containers that a JSON value describes.
fn variables_of(json: &Json) -> Vec<&Json> {
    let within = |json| variables_of(json).into_iter();
    match json {
        Json::Array(elements) => elements.iter().flat_map(within).collect(),
        Json::Object(members) => {
            let found = members.iter().flat_map(|(key, value)| match value {
                Json::Array(variables)
                    if ENVIRONMENT_KEYS.iter().any(|name| key.eq_ignore_ascii_case(name)) =>
                {
                    variables.iter().collect()
                }
                _ => variables_of(value),
            });
            found.collect()
        }
        _ => Vec::new(),
    }
}

/// The member of a JSON object, whose key the provider reads in any case.
fn member<'json>(json: &'json Json, name: &str) -> Option<&'json Json> {
    json.as_object()?
        .iter()
        .find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
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
    Some(finding.expected("the ARN or the name of a secret that the program reads"))
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

/// Whether a text that should be a secret's place is the secret: neither empty, an ARN nor a path, nor whether there is one.
fn is_plain(text: &str) -> bool {
    let is_place = text.starts_with(PLACE) || is_hierarchy(text);
    !text.is_empty() && !is_place && !matches!(text, "true" | "false")
}

/// Whether a text is the name of a parameter, a secret or a file in a hierarchy: `/prod/db/password`. Each part must be
/// written as [names of parameters](https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html)
/// are, two of them must be known, and none may look like the part of a random text that happens to begin with `/`.
fn is_hierarchy(text: &str) -> bool {
    let Some(names) = text.strip_prefix('/') else { return false };
    let is_name = |part: &str| {
        let is_in_name =
            |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '.' | '-' | '_' | UNKNOWN);
        !part.is_empty() && part.chars().all(is_in_name) && !looks_random(part)
    };
    names.split('/').all(is_name)
        && names.split('/').filter(|part| !part.contains(UNKNOWN)).count() >= 2
}

/// Whether a name is long and has digits among letters of both cases, as keys do.
fn looks_random(name: &str) -> bool {
    let has = |is_kind: fn(&u8) -> bool| name.bytes().any(|sign| is_kind(&sign));
    name.len() >= 16
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
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
    fn places_are_told_from_secrets() {
        for text in [
            "",
            "false",
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:orders-a1b2c3",
            "/prod/db/password",
            "/run/secrets/db_password",
            "/orders/api-key.v2",
            "/\u{fffd}/db/password",
        ] {
            assert!(!is_plain(text), "{text}");
        }
        for text in [
            "hunter2",
            "/hunter2",
            "/",
            "//",
            "/hunter2/",
            "prod/db",
            "/a+b/c=",
            "/Zm9vYmFy/K7MDENGbPxRfiCYzEXAMPLEKEY",
            "/\u{fffd}/password",
        ] {
            assert!(is_plain(text), "{text}");
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
