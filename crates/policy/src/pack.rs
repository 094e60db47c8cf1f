use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{Parameters, Rule, Severity, rules};

/// Which rules run, how bad their findings are, and what they judge by.
#[derive(Clone, Debug)]
pub struct Pack {
    /// The rules with their severities, by id.
    pub rules: Vec<(&'static Rule, Severity)>,
    /// What the rules judge by.
    pub parameters: Parameters,
}

/// Why a pack can't be used.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// There is no pack of that name.
    #[error("there is no pack `{name}`: expected {}, or the path of a pack file", Pack::BUILT_IN.map(|(name, _)| format!("`{name}`")).join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The text is not a pack.
    #[error("the pack is not one: {0}")]
    Syntax(#[from] toml::de::Error),
    /// The pack names a rule that does not exist.
    #[error("the pack names the rule `{id}`, which does not exist{}", nearest.map_or_else(String::new, |id| format!("; did you mean `{id}`?")))]
    UnknownRule {
        /// The id.
        id: String,
        /// A rule whose id is alike.
        nearest: Option<&'static str>,
    },
    /// Packs extend each other in a circle.
    #[error("the pack `{0}` extends itself")]
    Circle(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    extends: Option<String>,
    #[serde(default)]
    parameters: toml::Table,
    #[serde(default)]
    rules: BTreeMap<String, Setting>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Setting {
    /// With the rule's own severity.
    On,
    /// Not at all.
    Off,
    Note,
    Warning,
    Error,
}

impl Pack {
    /// The packs that come with drstack: their names and texts.
    pub const BUILT_IN: [(&'static str, &'static str); 2] = [
        ("baseline", include_str!("../../../policies/packs/baseline.toml")),
        ("recovery", include_str!("../../../policies/packs/recovery.toml")),
    ];

    /// A pack that comes with drstack.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn named(name: &str) -> Result<Self, PackError> {
        let text = Self::BUILT_IN.iter().find(|(built_in, _)| *built_in == name);
        let (_, text) = text.ok_or_else(|| PackError::Unknown { name: name.to_owned() })?;
        Self::read(text)
    }

    /// Reads a pack.
    ///
    /// # Errors
    /// When the text is not TOML, names rules or parameters that don't exist, or extends a pack that doesn't.
    pub fn read(text: &str) -> Result<Self, PackError> {
        let mut settings = BTreeMap::new();
        let mut parameters = toml::Table::new();
        collect(text, &mut settings, &mut parameters, &mut Vec::new())?;
        let mut pack = Self { rules: Vec::new(), parameters: parameters.try_into()? };
        for (id, setting) in settings {
            let rule = rules::find(&id).ok_or_else(|| {
                let nearest = rules::ALL
                    .iter()
                    .map(|rule| rule.id)
                    .find(|known| known.contains(&id) || id.contains(known));
                PackError::UnknownRule { id: id.clone(), nearest }
            })?;
            let severity = match setting {
                Setting::Off => continue,
                Setting::On => rule.severity,
                Setting::Note => Severity::Note,
                Setting::Warning => Severity::Warning,
                Setting::Error => Severity::Error,
            };
            pack.rules.push((rule, severity));
        }
        Ok(pack)
    }
}

/// Adds a pack's settings to those of the packs that it extends.
fn collect(
    text: &str,
    settings: &mut BTreeMap<String, Setting>,
    parameters: &mut toml::Table,
    seen: &mut Vec<String>,
) -> Result<(), PackError> {
    let pack: Text = toml::from_str(text)?;
    if let Some(name) = pack.extends {
        if seen.contains(&name) {
            return Err(PackError::Circle(name));
        }
        let base = Pack::BUILT_IN.iter().find(|(built_in, _)| *built_in == name);
        let (_, base) = base.ok_or_else(|| PackError::Unknown { name: name.clone() })?;
        seen.push(name);
        collect(base, settings, parameters, seen)?;
    }
    parameters.extend(pack.parameters);
    settings.extend(pack.rules);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../../policies/README.md");

    #[test]
    fn the_documented_pack_is_read_and_states_the_default_parameters() {
        let example = PAGE.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
        let pack = Pack::read(example).unwrap();
        assert_eq!(pack.parameters, Parameters::default());
        let severity = |id| pack.rules.iter().find(|(rule, _)| rule.id == id).map(|(_, of)| *of);
        assert_eq!(severity("listener-tls"), Some(Severity::Error));
        assert_eq!(severity("single-nat"), None);
    }

    #[test]
    fn every_parameter_is_documented() {
        // The refusal names all that there are.
        let refusal = Pack::read("[parameters]\nx = 1").unwrap_err().to_string();
        let names: Vec<&str> = refusal.split('`').skip(3).step_by(2).collect();
        assert!(names.len() > 10, "{refusal}");
        for name in names {
            assert!(PAGE.contains(name), "{name}");
        }
    }
}
