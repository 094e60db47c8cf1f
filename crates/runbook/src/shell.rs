//! Commands of the AWS command line.

use std::fmt;

/// How many characters of a call stand in a line; what is assigned or piped adds to it.
const WIDTH: usize = 100;

/// A call of the AWS command line, which always names its region.
#[derive(Clone, Debug)]
pub(crate) struct Aws {
    parts: Vec<String>,
}

impl Aws {
    /// `aws SERVICE OPERATION --region REGION`.
    pub(crate) fn new(operation: &str, region: impl fmt::Display) -> Self {
        Self { parts: vec![format!("aws {operation}"), format!("--region {region}")] }
    }

    /// An option with its value, as the shell reads it.
    pub(crate) fn option(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.parts.push(format!("--{name} {value}"));
        self
    }

    /// An option without a value.
    pub(crate) fn flag(mut self, name: &str) -> Self {
        self.parts.push(format!("--{name}"));
        self
    }

    /// The part of the answer that is printed as text, a JMESPath expression without double quotes.
    pub(crate) fn text(self, query: &str) -> Self {
        self.option("query", format_args!("\"{query}\"")).option("output", "text")
    }

    /// Assigns what it prints to a shell variable.
    pub(crate) fn into_variable(self, variable: &str) -> String {
        format!("{variable}=$({self})")
    }
}

impl fmt::Display for Aws {
    /// Lines are filled up; those after the first are indented.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut width = 0;
        for (index, part) in self.parts.iter().enumerate() {
            match index {
                0 => {}
                _ if width + part.len() < WIDTH => out.write_str(" ")?,
                _ => {
                    out.write_str(" \\\n  ")?;
                    width = 0;
                }
            }
            out.write_str(part)?;
            width += part.len() + 1;
        }
        Ok(())
    }
}

/// Several commands as one block.
pub(crate) fn block(commands: impl IntoIterator<Item = String>) -> String {
    commands.into_iter().collect::<Vec<_>>().join("\n")
}
