//! `cargo xtask provider-schema`: the provider's schema, without descriptions, of the types that tests need.

use std::collections::BTreeMap;
use std::path::Path;

use drstack_testing::schema::TypeSchema;
use drstack_testing::{Mode, ProviderSchema};

use crate::error::Error;
use crate::workspace::{self, Then, Workspace};

const TYPES: &str = "xtask/provider-schema-types.txt";
const OUTPUT: &str = "tests/data/aws-provider-schema.json";

pub(crate) fn run(workspace: &Workspace, schema: &Path, then: Then) -> Result<(), Error> {
    let wanted = workspace.read(TYPES)?;
    let trimmed = trim(&workspace::read_schema(schema)?, &wanted)
        .map_err(|(line, problem)| Error::Line { path: workspace.path(TYPES), line, problem })?;
    workspace.put(OUTPUT, &render(&trimmed)?, then)
}

/// Keeps the types that `wanted` lists; an error is a line number and what is wrong there.
fn trim(full: &ProviderSchema, wanted: &str) -> Result<ProviderSchema, (usize, String)> {
    let mut trimmed = ProviderSchema::default();
    for (index, line) in wanted.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let fail = |problem: String| (index + 1, problem);
        let (keyword, ty) = line
            .split_once(' ')
            .ok_or_else(|| fail(format!("found `{line}`, expected `MODE TYPE`")))?;
        let mode =
            Mode::ALL.into_iter().find(|mode| mode.keyword() == keyword).ok_or_else(|| {
                fail(format!("found mode `{keyword}`, expected resource, data or ephemeral"))
            })?;
        let schema = full
            .types(mode)
            .get(ty)
            .ok_or_else(|| fail(format!("the provider has no {keyword} type `{ty}`")))?;
        let types = match mode {
            Mode::Resource => &mut trimmed.resources,
            Mode::Data => &mut trimmed.data,
            Mode::Ephemeral => &mut trimmed.ephemeral,
        };
        if types.insert(ty.to_owned(), schema.clone()).is_some() {
            return Err(fail(format!("`{line}` is listed twice")));
        }
    }
    Ok(trimmed)
}

/// The form of `terraform providers schema -json`, one type a line, so that a change shows as its type's line.
fn render(schema: &ProviderSchema) -> Result<String, serde_json::Error> {
    let mut out =
        String::from("{\"provider_schemas\":{\"registry.terraform.io/hashicorp/aws\":{\n");
    let families = [
        ("resource_schemas", &schema.resources),
        ("data_source_schemas", &schema.data),
        ("ephemeral_resource_schemas", &schema.ephemeral),
    ];
    let rendered = families
        .map(|(name, types)| render_family(name, types))
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    out.push_str(&rendered.join(",\n"));
    out.push_str("\n}}}\n");
    Ok(out)
}

fn render_family(
    name: &str,
    types: &BTreeMap<String, TypeSchema>,
) -> Result<String, serde_json::Error> {
    let lines = types
        .iter()
        .map(|(ty, schema)| Ok(format!("\"{ty}\":{}", serde_json::to_string(schema)?)))
        .collect::<Result<Vec<_>, serde_json::Error>>()?;
    Ok(format!("\"{name}\":{{\n{}\n}}", lines.join(",\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rendering_and_reading_the_embedded_schema_changes_nothing() {
        let rendered = render(ProviderSchema::load()).unwrap();
        let again = render(&ProviderSchema::parse(&rendered).unwrap()).unwrap();
        assert_eq!(rendered, again);
    }

    #[test]
    fn only_listed_types_are_kept() {
        let trimmed =
            trim(ProviderSchema::load(), "# one\n\nresource aws_vpc\ndata aws_region\n").unwrap();
        assert_eq!(trimmed.resources.keys().collect::<Vec<_>>(), ["aws_vpc"]);
        assert_eq!(trimmed.data.keys().collect::<Vec<_>>(), ["aws_region"]);
        assert!(trimmed.ephemeral.is_empty());
    }

    #[test]
    fn a_bad_line_is_named() {
        let problem = |wanted| trim(ProviderSchema::load(), wanted).unwrap_err();
        assert_eq!(problem("\naws_vpc"), (2, "found `aws_vpc`, expected `MODE TYPE`".to_owned()));
        assert_eq!(problem("resource aws_vcp").1, "the provider has no resource type `aws_vcp`");
        assert!(problem("module aws_vpc").1.starts_with("found mode `module`"));
        assert_eq!(problem("resource aws_vpc\nresource aws_vpc").0, 2);
    }
}
