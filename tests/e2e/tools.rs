use std::path::{Path, PathBuf};
use std::process::Command;

/// The emulator runs one behind Aurora and knows where its programs may be.
const FIND_POSTGRESQL: &str =
    "from emulated_aws.postgres import find_program; find_program('initdb')";

/// What the tests run beside the command.
#[derive(Clone, Debug)]
pub(crate) struct Tools {
    /// The root of an unpacked provider mirror.
    pub(crate) plugins: PathBuf,
}

impl Tools {
    /// Finds all tools, or says what is missing.
    pub(crate) fn find() -> Result<Self, String> {
        let tools = Self::terraform()?;
        runs("python3", &["-c", "import moto, boto3, flask"])?;
        runs("python3", &["-c", FIND_POSTGRESQL])?;
        // What a runbook's commands are made of.
        for tool in ["aws", "curl", "jq"] {
            runs(tool, &["--version"])?;
        }
        Ok(tools)
    }

    /// Finds what plans need: Terraform and the provider.
    pub(crate) fn terraform() -> Result<Self, String> {
        let plugins = std::env::var_os("DRSTACK_PLUGIN_DIR")
            .map(PathBuf::from)
            .filter(|folder| folder.is_dir())
            .ok_or("DRSTACK_PLUGIN_DIR does not name the root of an unpacked mirror of the AWS provider")?;
        runs("terraform", &["version"])?;
        Ok(Self { plugins })
    }

    /// Whether a missing tool fails the tests.
    pub(crate) fn required() -> bool {
        std::env::var_os("DRSTACK_REQUIRE_TOOLS").is_some_and(|value| value == "1")
    }
}

fn runs(program: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program)
        .args(arguments)
        .env("TF_CLI_CONFIG_FILE", "/dev/null")
        .env("CHECKPOINT_DISABLE", "1")
        .env("PYTHONPATH", root().join("tests/emulator"))
        .output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!(
            "{program} {arguments:?} fails: {}",
            String::from_utf8_lossy(&output.stderr)
        )),
        Err(error) => Err(format!("{program} can't be run: {error}")),
    }
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
