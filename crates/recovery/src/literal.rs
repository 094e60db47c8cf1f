//! Regions in texts: ARNs, host names and names alone.

/// What a text says of a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Literal<'text> {
    /// What it is.
    pub(crate) form: Form,
    /// The whole ARN, URL or name.
    pub(crate) text: &'text str,
    /// The Terraform type of what is named, where the service tells; `""` otherwise.
    pub(crate) resource_type: &'static str,
}

/// The form of a [`Literal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// An ARN.
    Arn,
    /// A URL or a host name of AWS.
    Endpoint,
    /// A URL or a host name of somebody else.
    Host,
    /// The region's name and nothing else.
    Region,
}

/// What ARNs and host names of a service identify: the service, what must stand in the text, the type.
const SERVICES: [(&str, &str, &str); 26] = [
    ("kms", ":alias/", "aws_kms_alias"),
    ("kms", "", "aws_kms_key"),
    ("secretsmanager", "", "aws_secretsmanager_secret"),
    ("ssm", "", "aws_ssm_parameter"),
    ("sqs", "", "aws_sqs_queue"),
    ("sns", "", "aws_sns_topic"),
    ("s3", "", "aws_s3_bucket"),
    ("lambda", ":layer:", "aws_lambda_layer_version"),
    ("lambda", "", "aws_lambda_function"),
    ("ecr", "", "aws_ecr_repository"),
    ("ec2", "image/", "aws_ami"),
    ("acm", "", "aws_acm_certificate"),
    ("rds", ":db-proxy:", "aws_db_proxy"),
    ("rds", ":db:", "aws_db_instance"),
    ("rds", "", "aws_rds_cluster"),
    ("dynamodb", "", "aws_dynamodb_table"),
    ("logs", "", "aws_cloudwatch_log_group"),
    ("events", "", "aws_cloudwatch_event_bus"),
    ("firehose", "", "aws_kinesis_firehose_delivery_stream"),
    ("kinesis", "", "aws_kinesis_stream"),
    ("elasticloadbalancing", "", "aws_lb"),
    ("elb", "", "aws_lb"),
    ("elasticfilesystem", "", "aws_efs_file_system"),
    ("efs", "", "aws_efs_file_system"),
    ("cache", "", "aws_elasticache_replication_group"),
    ("execute-api", "", "aws_api_gateway_rest_api"),
];

/// Everything in a text that names a region.
pub(crate) fn naming<'text>(text: &'text str, region: &str) -> Vec<Literal<'text>> {
    let mut found: Vec<Literal<'text>> = Vec::new();
    let mut end = 0;
    for (at, _) in text.match_indices(region) {
        if at < end || !stands_alone(text, at, region.len()) {
            continue;
        }
        let (token, token_end) = token(text, at);
        if let Some(literal) = read(token, region) {
            end = token_end;
            if !found.contains(&literal) {
                found.push(literal);
            }
        }
    }
    found
}

/// Whether a text names a region in an ARN or a host name, or is its name.
pub(crate) fn names(text: &str, region: &str) -> bool {
    !naming(text, region).is_empty()
}

/// Whether a text is the name of a region.
pub(crate) fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [first, _, .., last] = parts.as_slice() else { return false };
    parts.len() >= 3 && first.len() == 2 && matches!(last.as_bytes(), [b'0'..=b'9'])
}

/// The region of an ARN or of the URL of an AWS endpoint.
pub(crate) fn region_of(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix("arn:") {
        return rest.split(':').nth(2).filter(|part| is_region(part));
    }
    let host = text.strip_prefix("https://")?.split('/').next()?;
    host.contains(".amazonaws.com").then(|| host.split('.').find(|part| is_region(part))).flatten()
}

/// Whether the region's name at a place is not part of a longer word: `us-east-1` is not in `us-east-1a`.
fn stands_alone(text: &str, at: usize, length: usize) -> bool {
    let before = text.get(..at).and_then(|text| text.chars().next_back());
    let after = text.get(at + length..).and_then(|text| text.chars().next());
    let joins =
        |character: char| character.is_ascii_alphanumeric() || character == '-' || character == '_';
    !before.is_some_and(joins) && !after.is_some_and(joins)
}

/// The word around a place, and where it ends. Whatever may stand in an ARN or a URL belongs to a word.
fn token(text: &str, at: usize) -> (&str, usize) {
    let is_part = |character: char| {
        character.is_ascii_alphanumeric() || "-_.:/@*?=&%+~#!".contains(character)
    };
    let before = text.get(..at).unwrap_or_default();
    let other = before.char_indices().rev().find(|(_, character)| !is_part(*character));
    let start = other.map_or(0, |(at, character)| at + character.len_utf8());
    let after = text.get(at..).unwrap_or_default();
    let end = after.find(|character| !is_part(character)).map_or(text.len(), |length| at + length);
    (text.get(start..end).unwrap_or_default(), end)
}

fn read<'text>(token: &'text str, region: &str) -> Option<Literal<'text>> {
    if token == region {
        return Some(Literal { form: Form::Region, text: token, resource_type: "" });
    }
    if let Some(start) = token.find("arn:") {
        let arn = token.get(start..)?;
        let mut fields = arn.split(':').skip(2);
        let service = fields.next()?;
        return (fields.next()? == region).then(|| Literal {
            form: Form::Arn,
            text: arn,
            resource_type: resource_type(service, arn),
        });
    }
    let host = token.split_once("://").map_or(token, |(_, rest)| rest).split(['/', ':']).next()?;
    let mut labels = host.split('.');
    if !labels.any(|label| label == region) || !host.contains('.') {
        return None;
    }
    if !host.contains(".amazonaws.com") && !host.starts_with("com.amazonaws.") {
        return Some(Literal { form: Form::Host, text: token, resource_type: "" });
    }
    let found =
        host.split('.').map(|label| resource_type(label, token)).find(|found| !found.is_empty());
    Some(Literal { form: Form::Endpoint, text: token, resource_type: found.unwrap_or_default() })
}

fn resource_type(service: &str, text: &str) -> &'static str {
    let row = SERVICES.iter().find(|(known, part, _)| *known == service && text.contains(part));
    row.map_or("", |(_, _, resource_type)| resource_type)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_arns_urls_and_names() {
        let read = |text| {
            let found = naming(text, "us-east-1");
            found
                .iter()
                .map(|found| (found.form, found.text.to_owned(), found.resource_type))
                .collect::<Vec<_>>()
        };
        for (text, form, literal, resource_type) in [
            (
                "arn:aws:kms:us-east-1:1:key/x",
                Form::Arn,
                "arn:aws:kms:us-east-1:1:key/x",
                "aws_kms_key",
            ),
            (
                r#"{"a":"arn:aws:sqs:us-east-1:*:q"}"#,
                Form::Arn,
                "arn:aws:sqs:us-east-1:*:q",
                "aws_sqs_queue",
            ),
            (
                "arn:aws:lambda:us-east-1:1:layer:l:2",
                Form::Arn,
                "arn:aws:lambda:us-east-1:1:layer:l:2",
                "aws_lambda_layer_version",
            ),
            (
                "https://sqs.us-east-1.amazonaws.com/1/q",
                Form::Endpoint,
                "https://sqs.us-east-1.amazonaws.com/1/q",
                "aws_sqs_queue",
            ),
            (
                "db.cluster-x.us-east-1.rds.amazonaws.com:5432",
                Form::Endpoint,
                "db.cluster-x.us-east-1.rds.amazonaws.com:5432",
                "aws_rds_cluster",
            ),
            (
                "1.dkr.ecr.us-east-1.amazonaws.com/app:1",
                Form::Endpoint,
                "1.dkr.ecr.us-east-1.amazonaws.com/app:1",
                "aws_ecr_repository",
            ),
            ("api.us-east-1.example.com", Form::Host, "api.us-east-1.example.com", ""),
            ("us-east-1", Form::Region, "us-east-1", ""),
        ] {
            assert_eq!(read(text), [(form, literal.to_owned(), resource_type)], "{text}");
        }
        for text in [
            "logs-us-east-1-dev",
            "us-east-1a",
            "us-east-10",
            "arn:aws:kms:us-east-2:1:key/us-east-1",
            "",
        ] {
            assert_eq!(read(text), [], "{text}");
        }
    }

    #[test]
    fn tells_the_region_of_a_text() {
        assert_eq!(region_of("arn:aws:sqs:eu-west-1:1:q"), Some("eu-west-1"));
        assert_eq!(region_of("https://sqs.us-gov-west-1.amazonaws.com/1/q"), Some("us-gov-west-1"));
        assert_eq!(region_of("arn:aws:iam::1:role/x"), None);
        assert_eq!(region_of("https://example.com/us-east-1"), None);
    }

    proptest! {
        #[test]
        fn finds_an_arn_in_any_text(before in "[^a-zA-Z0-9_.:/@*?=&%+~#!-]{0,5}", after in "[ \",'\\])}é]{0,5}", name in "[a-z]{1,9}") {
            let arn = format!("arn:aws:sqs:us-east-1:1:{name}");
            let text = format!("{before}{arn}{after}");
            let found = naming(&text, "us-east-1");
            prop_assert_eq!(found.len(), 1);
            prop_assert_eq!(found[0].text, arn);
        }

        #[test]
        fn any_text_is_read(text in "\\PC{0,40}", rest in "\\PC{0,40}") {
            naming(&format!("{text}us-east-1{rest}"), "us-east-1");
            region_of(&text);
        }
    }
}
