//! A folder with a configuration and its output, and Terraform in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::tools::Tools;

/// A configuration in a folder of its own.
pub(crate) struct Workspace {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) plugins: PathBuf,
}

/// The account that plans and emulated deployments are made for.
pub(crate) const ACCOUNT: &str = "123456789012";

/// The services that the stack's resources are made through.
const SERVICES: [&str; 19] = [
    "acm",
    "backup",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "elbv2",
    "events",
    "iam",
    "kms",
    "lambda",
    "logs",
    "rds",
    "route53",
    "s3",
    "s3control",
    "secretsmanager",
    "sns",
    "sqs",
    "sts",
];

impl Workspace {
    /// A folder with this configuration, synthesized.
    pub(crate) fn synthesize(tools: &Tools, configuration: &str) -> Result<Self, Failed> {
        let workspace = Self { folder: tempfile::tempdir()?, plugins: tools.plugins.clone() };
        fs::write(workspace.folder.path().join("drstack.toml"), configuration)?;
        workspace.drstack(&["synth"])?;
        Ok(workspace)
    }

    /// The default configuration for a known account.
    pub(crate) fn configuration() -> String {
        let default = drstack::config::DEFAULT_TOML;
        default.replace("# account_id = \"123456789012\"", &format!("account_id = \"{ACCOUNT}\""))
    }

    /// The same with TLS, its certificates validated through the zone with this id.
    pub(crate) fn https_configuration(zone_id: &str) -> String {
        Self::configuration()
            .replace("listener = \"http\"", "listener = \"https\"")
            .replace("# zone_id = \"Z0123456789ABCDEFGHIJ\"", &format!("zone_id = \"{zone_id}\""))
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The output directory.
    pub(crate) fn out(&self) -> PathBuf {
        self.folder.path().join("drstack.out")
    }

    /// Runs drstack in the folder; its standard output.
    pub(crate) fn drstack(&self, arguments: &[&str]) -> Result<String, Failed> {
        succeed(&self.run_drstack(arguments)?, "drstack", arguments)
    }

    /// Runs drstack in the folder.
    pub(crate) fn run_drstack(&self, arguments: &[&str]) -> Result<Output, Failed> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_drstack"));
        command.args(arguments).current_dir(self.path());
        self.set_environment(&mut command);
        Ok(command.output()?)
    }

    /// Runs Terraform in the output directory; its standard output.
    pub(crate) fn terraform(&self, arguments: &[&str]) -> Result<String, Failed> {
        succeed(&self.run_terraform(arguments)?, "terraform", arguments)
    }

    /// Runs Terraform in the output directory.
    pub(crate) fn run_terraform(&self, arguments: &[&str]) -> Result<Output, Failed> {
        let mut command = Command::new("terraform");
        command.args(arguments).current_dir(self.out());
        self.set_environment(&mut command);
        Ok(command.output()?)
    }

    /// What keeps Terraform off the network, whoever runs it, and lets it do as much at once as the emulator can answer.
    pub(crate) fn set_environment(&self, command: &mut Command) {
        command
            .env("TF_CLI_CONFIG_FILE", "/dev/null")
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_CLI_ARGS_init", format!("-no-color -plugin-dir={}", self.plugins.display()));
        for step in ["plan", "apply"] {
            command.env(format!("TF_CLI_ARGS_{step}"), "-no-color -parallelism=30");
        }
        // Not in the configuration, where they would stand in the plan, which the gate objects to.
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    }

    /// Initializes Terraform from the mirror.
    pub(crate) fn init(&self) -> Result<(), Failed> {
        self.terraform(&["init", "-input=false"]).map(drop)
    }

    /// Keeps the providers of these regions from asking AWS, and gives them the emulator's address when there is one.
    pub(crate) fn override_providers(
        &self,
        regions: &[&str],
        emulator: Option<u16>,
    ) -> Result<(), Failed> {
        let endpoints = emulator.map(|port| {
            let url = format!("http://127.0.0.1:{port}");
            let all: serde_json::Map<String, Value> =
                SERVICES.iter().map(|service| ((*service).to_owned(), json!(url))).collect();
            json!([all])
        });
        let provider = |region: &&str| {
            let mut provider = json!({
                "alias": region.replace('-', "_"),
                "region": region,
                "skip_credentials_validation": true,
                "skip_metadata_api_check": "true",
                // The emulator answers; without it there is nobody to ask.
                "skip_requesting_account_id": emulator.is_none(),
                "s3_use_path_style": true,
                "max_retries": 3,
            });
            match &endpoints {
                Some(endpoints) => provider["endpoints"] = endpoints.clone(),
                // Nor can it be compared with the one that is allowed.
                None => provider["allowed_account_ids"] = json!([]),
            }
            provider
        };
        let providers: Vec<Value> = regions.iter().map(provider).collect();
        let text = json!({ "provider": { "aws": providers } }).to_string();
        Ok(fs::write(self.out().join("providers_override.tf.json"), text)?)
    }

    /// Plans; the plan's JSON.
    pub(crate) fn plan(&self) -> Result<String, Failed> {
        self.terraform(&["plan", "-input=false", "-out=plan.bin"])?;
        self.terraform(&["show", "-json", "plan.bin"])
    }
}

/// Standard output of a program that succeeded.
pub(crate) fn succeed(
    output: &Output,
    program: &str,
    arguments: &[&str],
) -> Result<String, Failed> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    Err(format!("{program} {}: {}\n{out}\n{err}", arguments.join(" "), output.status).into())
}
