//! `cargo xtask docs`: the pages that are made from the code.

use drstack::commands::rules::explain;
use drstack::config::Config;
use drstack_policy::rules;

use crate::error::Error;
use crate::requirements;
use crate::workspace::{Then, Workspace};

pub(crate) fn run(workspace: &Workspace, then: Then) -> Result<(), Error> {
    schema(workspace, then)?;
    for rule in rules::every() {
        workspace.put(&format!("docs/rules/{}.md", rule.id), &(explain(rule) + "\n"), then)?;
    }
    workspace.put("docs/rules/README.md", &index(), then)?;
    requirements::run(workspace, then)
}

/// The JSON Schema of `drstack.toml`, for editors.
fn schema(workspace: &Workspace, then: Then) -> Result<(), Error> {
    let schema = schemars::schema_for!(Config);
    let text = serde_json::to_string_pretty(&schema)? + "\n";
    workspace.put("docs/drstack.schema.json", &text, then)
}

fn index() -> String {
    let rows = rules::every().map(|rule| {
        let requirements = rule.requirements.join(", ");
        format!(
            "| [{id}]({id}.md) | {} | {} | {requirements} |\n",
            rule.severity,
            rule.summary,
            id = rule.id
        )
    });
    format!(
        "# Rules\n\n`drstack rules ID` prints the same pages. Written by `cargo xtask docs`.\n\n\
         | rule | severity | demands | requirements |\n| --- | --- | --- | --- |\n{}",
        rows.collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_are_what_the_code_says() {
        run(&Workspace::locate().unwrap(), Then::Check).unwrap();
    }
}
