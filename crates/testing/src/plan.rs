//! Plans of any size, as `terraform show -json` writes them, for benchmarks.
//!
//! [`plan`] makes teams: a module each, called from the root, that calls a module itself. A team has twenty blocks of
//! ten instances, repeated by `count` or by `for_each`, in one of two regions; the blocks of neighbouring teams are of
//! other types, and no two blocks are the same. Only the number of resources decides what comes out.

use std::fmt::Write as _;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Blocks of a team, in both of its modules.
const BLOCKS: usize = 20;
/// Those that the team's own module holds; the rest is in the module that it calls.
const OWN_BLOCKS: usize = 14;
/// The first kinds, which each team has in the same place, since their expressions name each other's blocks.
const COMMON: usize = 4;
/// Instances of each block.
const INSTANCES: usize = 10;

const PROVIDER: &str = "registry.terraform.io/hashicorp/aws";
/// Arguments that hold JSON in a string.
const POLICIES: [&str; 3] = ["policy", "assume_role_policy", "redrive_policy"];
/// What a team's module is called with, and passes on.
const INPUTS: [(&str, &str); 9] = [
    ("bucket", "aws_s3_bucket.main.bucket"),
    ("gateway", "aws_route_table.main.id"),
    ("key_arn", "aws_kms_key.main.arn"),
    ("queue_arn", "aws_sqs_queue.main.arn"),
    ("role_arn", "aws_iam_role.main.arn"),
    ("role_name", "aws_iam_role.main.name"),
    ("subnets", "aws_subnet.main.id"),
    ("topic_arn", "aws_sns_topic.main.arn"),
    ("vpc_id", "aws_vpc.main.id"),
];

/// A type of resource with the text of its attributes.
///
/// Text in angle brackets differs between resources: `<n>` is the resource's number, `<a>`, `<hi>` and `<lo>` make a
/// block of addresses of it (`<lo-10>` that of the block before), and `<x|y>` is one of the words. `"#<1|2>#"` is not a string.
#[derive(Deserialize)]
struct Description {
    #[serde(rename = "type")]
    resource_type: String,
    after: Map<String, Value>,
    unknown: Vec<String>,
    #[serde(default)]
    sensitive: Vec<String>,
    expressions: Value,
}

/// A [`Description`] as texts that can be written.
struct Kind {
    resource_type: String,
    after: Template,
    unknown: String,
    sensitive: String,
    expressions: String,
}

static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    #[expect(
        clippy::expect_used,
        reason = "embedded at build time, read by this crate's own tests"
    )]
    let kinds: Vec<Description> =
        serde_json::from_str(include_str!("plan/kinds.json")).expect("plan/kinds.json is read");
    kinds.into_iter().map(Kind::from).collect()
});

/// A plan that creates `resources` instances (rounded up to whole teams of 200) in an environment `pr-7`, with its
/// configuration: a block for every ten. A hundred thousand resources make about 200 MB.
///
/// ```
/// let plan = drstack_testing::plan::plan(200);
/// let plan: serde_json::Value = serde_json::from_str(&plan)?;
/// assert_eq!(plan["resource_changes"].as_array().map(Vec::len), Some(200 + 24));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn plan(resources: usize) -> String {
    let mut made = Made::default();
    let teams = resources.div_ceil(BLOCKS * INSTANCES);
    for team in 0..teams {
        made.team(team);
    }
    made.finish(teams)
}

/// The parts of a plan, as far as they are made.
#[derive(Default)]
struct Made {
    planned: String,
    changes: String,
    calls: String,
}

/// Where a block is.
struct Place<'a> {
    module: Option<&'a str>,
    name: String,
    /// Decides about everything that differs between blocks.
    number: usize,
}

impl Made {
    fn team(&mut self, team: usize) {
        let own = format!("module.team_{team}");
        let inner = format!("{own}.module.data");
        let (mut values, mut inner_values) = (String::new(), String::new());
        let (mut blocks, mut inner_blocks) = (String::new(), String::new());
        for block in 0..BLOCKS {
            let Some(kind) = kind_of(team, block) else { continue };
            let (module, values, blocks) = if block < OWN_BLOCKS {
                (&own, &mut values, &mut blocks)
            } else {
                (&inner, &mut inner_values, &mut inner_blocks)
            };
            let number = team * BLOCKS + block;
            let place = Place { module: Some(module), name: format!("block_{block}"), number };
            separate(blocks);
            configure(kind, &place, blocks);
            for instance in 0..INSTANCES {
                separate(values);
                self.instance(kind, &place, Some(instance), values);
            }
        }
        separate(&mut self.planned);
        let _ = write!(
            self.planned,
            r#"{{"resources":[{values}],"address":"{own}","child_modules":[{{"resources":[{inner_values}],"address":"{inner}"}}]}}"#
        );
        let variables = variables();
        let pass_on: Map<String, Value> = INPUTS
            .iter()
            .map(|(name, _)| ((*name).to_owned(), json!({"references": [format!("var.{name}")]})))
            .collect();
        let given: Map<String, Value> = INPUTS
            .iter()
            .map(|(name, from)| {
                let resource = from.rsplit_once('.').map_or(*from, |(resource, _)| resource);
                ((*name).to_owned(), json!({"references": [from, resource]}))
            })
            .collect();
        separate(&mut self.calls);
        let _ = write!(
            self.calls,
            r#""team_{team}":{{"source":"./team","expressions":{given},"module":{{"resources":[{blocks}],"module_calls":{{"data":{{"source":"./data","expressions":{pass_on},"module":{{"resources":[{inner_blocks}],"variables":{variables}}}}}}},"variables":{variables}}}}}"#,
            given = Value::from(given),
            pass_on = Value::from(pass_on),
        );
    }

    /// Writes an instance's change, and its planned values into `values`.
    fn instance(
        &mut self,
        kind: &Kind,
        place: &Place<'_>,
        instance: Option<usize>,
        values: &mut String,
    ) {
        let Kind { resource_type, unknown, sensitive, .. } = kind;
        let Place { module, name, number } = place;
        let (key, index) = match instance {
            None => (String::new(), String::new()),
            Some(instance) if place.counts() => {
                (format!("[{instance}]"), format!(r#""index":{instance},"#))
            }
            Some(instance) => {
                (format!(r#"[\"zone-{instance}\"]"#), format!(r#""index":"zone-{instance}","#))
            }
        };
        let (prefix, module) = match module {
            Some(module) => (format!("{module}."), format!(r#""module_address":"{module}","#)),
            None => (String::new(), String::new()),
        };
        let address = format!(r#""address":"{prefix}{resource_type}.{name}{key}","#);
        let head = format!(
            r#""mode":"managed","type":"{resource_type}","name":"{name}",{index}"provider_name":"{PROVIDER}""#
        );
        let after = kind.after.fill(number * INSTANCES + instance.unwrap_or_default());
        // Writing to a string cannot fail.
        let _ = write!(
            values,
            r#"{{{address}{head},"schema_version":0,"values":{after},"sensitive_values":{sensitive}}}"#
        );
        separate(&mut self.changes);
        let _ = write!(
            self.changes,
            r#"{{{address}{module}{head},"change":{{"actions":["create"],"before":null,"after":{after},"after_unknown":{unknown},"before_sensitive":false,"after_sensitive":{sensitive}}}}}"#
        );
    }

    /// Adds one resource of each kind to the root, and puts the parts together.
    fn finish(mut self, teams: usize) -> String {
        let mut values = String::new();
        let mut blocks = String::new();
        for (index, kind) in KINDS.iter().enumerate() {
            let second =
                KINDS.iter().take(index).any(|one| one.resource_type == kind.resource_type);
            let name = if second { "second" } else { "main" };
            let number = teams * BLOCKS + index;
            let place = Place { module: None, name: name.to_owned(), number };
            separate(&mut values);
            self.instance(kind, &place, None, &mut values);
            separate(&mut blocks);
            configure(kind, &place, &mut blocks);
        }
        let provider = |alias: &str, variable: &str| {
            json!({
                "name": "aws", "full_name": PROVIDER, "alias": alias, "version_constraint": "~> 5.0",
                "expressions": {"region": {"references": [variable]}},
            })
        };
        let providers = json!({
            "aws": provider("", "var.region"), "aws.recovery": provider("recovery", "var.recovery_region"),
        });
        let Self { planned, changes, calls } = self;
        format!(
            r#"{{"format_version":"1.2","terraform_version":"1.11.4","variables":{{"environment_suffix":{{"value":"pr-7"}},"region":{{"value":"us-east-1"}},"recovery_region":{{"value":"us-west-2"}}}},"planned_values":{{"root_module":{{"resources":[{values}],"child_modules":[{planned}]}}}},"resource_changes":[{changes}],"prior_state":{{"format_version":"1.0","terraform_version":"1.11.4","values":{{"root_module":{{}}}}}},"configuration":{{"provider_config":{providers},"root_module":{{"resources":[{blocks}],"module_calls":{{{calls}}},"variables":{{"environment_suffix":{{}},"region":{{}},"recovery_region":{{}}}}}}}},"timestamp":"2026-01-01T00:00:00Z","applyable":true,"complete":true,"errored":false}}"#
        )
    }
}

impl Place<'_> {
    fn counts(&self) -> bool {
        self.number % 3 != 2
    }

    fn provider(&self) -> &'static str {
        if self.number % 5 < 3 { "aws" } else { "aws.recovery" }
    }
}

/// Teams begin alike, and then each takes kinds from where its neighbour took the one before.
fn kind_of(team: usize, block: usize) -> Option<&'static Kind> {
    let index = match block.checked_sub(COMMON) {
        None => block,
        Some(later) => COMMON + (team * 7 + later) % (KINDS.len() - COMMON),
    };
    KINDS.get(index)
}

fn configure(kind: &Kind, place: &Place<'_>, out: &mut String) {
    let Kind { resource_type, expressions, .. } = kind;
    let name = &place.name;
    let provider = place.provider();
    let repetition = match (place.module, place.counts()) {
        (None, _) => String::new(),
        (Some(_), true) => format!(r#","count_expression":{{"constant_value":{INSTANCES}}}"#),
        (Some(_), false) => r#","for_each_expression":{"references":["var.zones"]}"#.to_owned(),
    };
    let expressions = if place.counts() {
        expressions.clone()
    } else {
        expressions.replace("count.index", "each.key")
    };
    let _ = write!(
        out,
        r#"{{"address":"{resource_type}.{name}","mode":"managed","type":"{resource_type}","name":"{name}","provider_config_key":"{provider}","expressions":{expressions},"schema_version":0{repetition}}}"#
    );
}

fn variables() -> Value {
    let inputs = INPUTS.iter().map(|(name, _)| ((*name).to_owned(), json!({})));
    let mut variables: Map<String, Value> = inputs.collect();
    let defaults = [
        ("account", json!("123456789012")),
        ("cidrs", json!(["10.0.0.0/24"])),
        ("retention", json!(14)),
        ("suffix", json!("pr-7")),
        ("zone", json!("Z0123456789ABCDEFGHIJ")),
        ("zones", json!(["us-east-1a", "us-east-1b", "us-east-1c"])),
    ];
    variables.extend(defaults.map(|(name, value)| (name.to_owned(), json!({ "default": value }))));
    variables.insert("password".to_owned(), json!({"default": "x", "sensitive": true}));
    Value::from(variables)
}

fn separate(list: &mut String) {
    if !list.is_empty() {
        list.push(',');
    }
}

impl From<Description> for Kind {
    fn from(kind: Description) -> Self {
        let mut after = kind.after;
        for name in POLICIES {
            if let Some(policy @ Value::Object(_)) = after.get_mut(name) {
                *policy = Value::from(policy.to_string());
            }
        }
        // Numbers in policies, then those of arguments.
        let text = Value::from(after).to_string();
        let text = text.replace("\\\"#<", "<").replace(">#\\\"", ">");
        let text = text.replace("\"#<", "<").replace(">#\"", ">");
        let marks = |names: Vec<String>| {
            Value::from(names.into_iter().map(|name| (name, json!(true))).collect::<Map<_, _>>())
        };
        Self {
            resource_type: kind.resource_type,
            after: Template::read(&text),
            unknown: marks(kind.unknown).to_string(),
            sensitive: marks(kind.sensitive).to_string(),
            expressions: kind.expressions.to_string(),
        }
    }
}

/// A text with places that are filled in.
struct Template(Vec<Piece>);

enum Piece {
    Text(String),
    Number,
    /// Digits 16 to 23 of the number above ten, of the number less an offset.
    Network(Part, usize),
    Choice(Vec<String>),
}

#[derive(Clone, Copy)]
enum Part {
    First,
    Second,
    Third,
}

impl Template {
    fn read(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, (inside, after))) =
            rest.split_once('<').and_then(|(before, rest)| Some((before, rest.split_once('>')?)))
        {
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(match inside {
                "n" => Piece::Number,
                "a" => Piece::Network(Part::First, 0),
                "hi" => Piece::Network(Part::Second, 0),
                "lo" => Piece::Network(Part::Third, 0),
                "lo-10" => Piece::Network(Part::Third, INSTANCES),
                words => Piece::Choice(words.split('|').map(str::to_owned).collect()),
            });
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Self(pieces)
    }

    fn fill(&self, number: usize) -> String {
        let mut text = String::new();
        for (place, piece) in self.0.iter().enumerate() {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Number => {
                    let _ = write!(text, "{number}");
                }
                Piece::Network(part, offset) => {
                    let number = number.saturating_sub(*offset);
                    let octet = match part {
                        Part::First => 10 + (number >> 16),
                        Part::Second => (number >> 8) & 0xff,
                        Part::Third => number & 0xff,
                    };
                    let _ = write!(text, "{octet}");
                }
                Piece::Choice(words) => {
                    // Fibonacci hashing: neighbours differ, and the same place of the same resource never does.
                    let mixed = (number * 31 + place).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
                    if let Some(word) = words.get(mixed % words.len().max(1)) {
                        text.push_str(word);
                    }
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn parsed(resources: usize) -> Value {
        serde_json::from_str(&plan(resources)).unwrap()
    }

    fn addresses(plan: &Value) -> HashSet<&str> {
        let changes = plan["resource_changes"].as_array().unwrap();
        changes.iter().map(|change| change["address"].as_str().unwrap()).collect()
    }

    #[test]
    fn every_resource_has_its_own_address_and_block() {
        let plan = parsed(1_000);
        assert_eq!(addresses(&plan).len(), 1_000 + KINDS.len());
        let root = &plan["configuration"]["root_module"];
        let calls = root["module_calls"].as_object().unwrap();
        let blocks = |module: &Value| module["resources"].as_array().map_or(0, Vec::len);
        let made: usize = calls
            .values()
            .map(|call| {
                blocks(&call["module"]) + blocks(&call["module"]["module_calls"]["data"]["module"])
            })
            .sum();
        assert_eq!(made, 100);
    }

    #[test]
    fn the_same_number_makes_the_same_plan() {
        assert_eq!(plan(400), plan(400));
    }

    #[test]
    fn blocks_differ() {
        let plan = parsed(2_000);
        let changes = plan["resource_changes"].as_array().unwrap();
        let firsts: HashSet<String> =
            changes.iter().map(|change| change["change"]["after"].to_string()).collect();
        // Routes and attachments hold little that could differ, everything else has a number of its own.
        assert!(firsts.len() > 1_900, "{}", firsts.len());
        let types: HashSet<&str> =
            changes.iter().filter_map(|change| change["type"].as_str()).collect();
        assert!(types.len() > 20, "{types:?}");
    }

    #[test]
    fn policies_are_json_in_strings_and_nothing_is_left_to_fill_in() {
        let plan = plan(600);
        assert!(!plan.contains('<') && !plan.contains("#\\\""));
        let plan: Value = serde_json::from_str(&plan).unwrap();
        let policies = plan["resource_changes"].as_array().unwrap().iter().filter_map(|change| {
            POLICIES.iter().find_map(|name| change["change"]["after"][name].as_str())
        });
        let read = policies
            .filter(|policy| serde_json::from_str::<Value>(policy).unwrap().is_object())
            .count();
        assert!(read > 100, "{read}");
    }
}
