//! The ways in which one infrastructure can be written down.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// What there is of each unit, as a module.
const UNIT: &str = include_str!("unit.tf.json");

/// The units' names.
pub(crate) const UNITS: [&str; 2] = ["lax", "steady"];

/// A way to write it down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    /// Every resource by itself.
    Plain,
    /// A call of a module for each unit.
    Modules,
    /// A `count` in every resource.
    Count,
    /// A `for_each` in every resource.
    ForEach,
    /// A `for_each` in the one call of a module.
    ModuleForEach,
}

impl Shape {
    /// All of them.
    pub(crate) const ALL: [Self; 5] =
        [Self::Plain, Self::Modules, Self::Count, Self::ForEach, Self::ModuleForEach];

    /// Those that Terraform applies: each other one repeats as one of these does.
    pub(crate) const APPLIED: [Self; 3] = [Self::Plain, Self::Count, Self::ModuleForEach];

    /// The configuration: texts by path.
    pub(crate) fn files(self) -> BTreeMap<&'static str, String> {
        let mut root = json!({
            "terraform": {
                "required_version": ">= 1.11, < 2.0",
                "required_providers": { "aws": { "source": "hashicorp/aws", "version": "~> 5.0" } },
            },
            "provider": { "aws": [
                { "alias": "us_east_1", "region": "us-east-1" },
                { "alias": "us_east_2", "region": "us-east-2" },
            ] },
        });
        let unit: Value = serde_json::from_str(UNIT).unwrap();
        let call = |settings: Value| {
            let mut call = json!({
                "source": "./unit",
                "providers": { "aws": "aws.us_east_1", "aws.recovery": "aws.us_east_2" },
            });
            let members = settings.as_object().unwrap().clone();
            call.as_object_mut().unwrap().extend(members);
            call
        };
        let named: BTreeMap<&str, Value> =
            UNITS.iter().map(|name| (*name, self.settings(name))).collect();
        match self {
            Self::Plain => {
                for (name, settings) in &named {
                    for (kind, resources) in unit["resource"].as_object().unwrap() {
                        for (local, body) in resources.as_object().unwrap() {
                            let body = plain(body, name, settings);
                            root["resource"][kind][format!("{local}_{name}")] = placed(body);
                        }
                    }
                }
            }
            Self::Modules => {
                for (name, settings) in named {
                    root["module"][name] = call(settings);
                }
            }
            Self::Count => {
                root["locals"]["units"] = UNITS.iter().map(|name| self.settings(name)).collect();
                let count = ("count", json!(UNITS.len()));
                root["resource"] =
                    repeated(&unit, &count, "local.units[count.index]", "count.index");
            }
            Self::ForEach => {
                root["locals"]["units"] = json!(named);
                let each = ("for_each", json!("${local.units}"));
                root["resource"] = repeated(&unit, &each, "each.value", "each.key");
            }
            Self::ModuleForEach => {
                root["locals"]["units"] = json!(named);
                let settings = unit["variable"].as_object().unwrap().keys();
                let mut settings: Value = settings
                    .map(|name| (name.clone(), json!(format!("${{each.value.{name}}}"))))
                    .collect();
                settings["for_each"] = json!("${local.units}");
                root["module"]["units"] = call(settings);
            }
        }
        let mut files = BTreeMap::from([("main.tf.json", root.to_string())]);
        if matches!(self, Self::Modules | Self::ModuleForEach) {
            files.insert("unit/main.tf.json", UNIT.to_owned());
        }
        files
    }

    /// What an address is in the module of which unit, `lax: aws_vpc.main`; other addresses stay as they are.
    pub(crate) fn canonical(self, address: &str) -> String {
        let find = |(index, name): (usize, &&str)| {
            let local = match self {
                Self::Plain => address.strip_suffix(&format!("_{name}")),
                Self::Modules => address.strip_prefix(&format!("module.{name}.")),
                Self::Count => address.strip_suffix(&format!("[{index}]")),
                Self::ForEach => address.strip_suffix(&format!("[\"{name}\"]")),
                Self::ModuleForEach => address.strip_prefix(&format!("module.units[\"{name}\"].")),
            };
            local.map(|local| format!("{name}: {local}"))
        };
        UNITS.iter().enumerate().find_map(find).unwrap_or_else(|| address.to_owned())
    }

    /// Whether the units' settings come from a local value.
    pub(crate) fn reads_locals(self) -> bool {
        matches!(self, Self::Count | Self::ForEach | Self::ModuleForEach)
    }

    /// What a unit gives the variables. All shapes are applied to one account, in which names must differ.
    fn settings(self, unit: &str) -> Value {
        let name = format!("{self:?}-{unit}").to_lowercase();
        if unit == "lax" {
            json!({
                "actions": "sqs:*",
                "name": name,
                "protected": false,
                "retention": 0,
                "versioning": "Suspended",
                "visibility": 30,
            })
        } else {
            json!({
                "actions": "sqs:SendMessage",
                "name": format!("{name}-dev"),
                "protected": true,
                "retention": 14,
                "versioning": "Enabled",
                "visibility": 180,
            })
        }
    }
}

/// The body of a resource of a unit, without variables.
fn plain(body: &Value, unit: &str, settings: &Value) -> Value {
    let mut text = body.to_string();
    for (name, value) in settings.as_object().unwrap() {
        let variable = format!("${{var.{name}}}");
        text = text.replace(&format!("\"{variable}\""), &value.to_string());
        text = text.replace(&variable, value.as_str().unwrap_or_default());
    }
    serde_json::from_str(&siblings(text, |sibling| format!("{sibling}_{unit}"))).unwrap()
}

/// The resources of the module, each with a repetition.
fn repeated(unit: &Value, by: &(&str, Value), settings: &str, key: &str) -> Value {
    let mut resources = unit["resource"].clone();
    for body in resources.as_object_mut().unwrap().values_mut() {
        for body in body.as_object_mut().unwrap().values_mut() {
            let text = body.to_string().replace("var.", &format!("{settings}."));
            let text = siblings(text, |sibling| format!("{sibling}[{key}]"));
            *body = placed(serde_json::from_str(&text).unwrap());
            body[by.0] = by.1.clone();
        }
    }
    resources
}

/// Gives the resources that a text refers to other names.
fn siblings(mut text: String, rename: impl Fn(&str) -> String) -> String {
    let unit: Value = serde_json::from_str(UNIT).unwrap();
    for (kind, resources) in unit["resource"].as_object().unwrap() {
        for name in resources.as_object().unwrap().keys() {
            let sibling = format!("{kind}.{name}");
            text = text.replace(&format!("{sibling}."), &format!("{}.", rename(&sibling)));
        }
    }
    text
}

/// The body of a resource in the root, where providers have other names.
fn placed(mut body: Value) -> Value {
    let is_far = body.get("provider").is_some();
    body["provider"] = json!(if is_far { "aws.us_east_2" } else { "aws.us_east_1" });
    body
}
