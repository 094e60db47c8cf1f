use drstack_policy::{Rule, rules};
use miette::miette;

use crate::cli::Rules;
use crate::exit::Exit;

/// Lists the rules, or explains one.
///
/// # Errors
/// When there is no rule of that id.
pub fn run(arguments: &Rules) -> miette::Result<Exit> {
    match &arguments.id {
        None => {
            let width = rules::every().map(|rule| rule.id.len()).max().unwrap_or_default();
            for rule in rules::every() {
                println!("{:width$}  {:7}  {}", rule.id, rule.severity, rule.summary);
            }
        }
        Some(id) => {
            let rule = rules::every().find(|rule| rule.id == *id).ok_or_else(|| {
                miette!(help = "`drstack rules` lists them", "there is no rule `{id}`")
            })?;
            println!("{}", explain(rule));
        }
    }
    Ok(Exit::Clean)
}

/// The whole explanation of a rule, Markdown.
#[must_use]
pub fn explain(rule: &Rule) -> String {
    let requirements = match rule.requirements {
        [] => String::new(),
        ids => format!("- requirements: {}\n", ids.join(", ")),
    };
    format!(
        "# {}\n\n{}.\n\n- severity: {}\n{requirements}- what goes wrong otherwise: {}\n- how to mend it: {}\n\n{}",
        rule.id,
        capitalized(rule.summary),
        rule.severity,
        rule.protects,
        rule.fix,
        rule.explanation.trim_end()
    )
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
