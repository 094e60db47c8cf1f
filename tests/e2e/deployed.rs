//! The stack's life on emulated AWS: apply in one go, nothing left to change, everything gone in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use libtest_mimic::Failed;
use serde_json::Value;

use crate::emulator::Emulator;
use crate::tools::{Tools, root};
use crate::workspace::{ACCOUNT, Workspace, succeed};

/// What the root gives after an apply, in the order of the names; `name_servers` are those of a new zone.
const OUTPUTS: [&str; 15] = [
    "endpoint_url",
    "global_cluster_endpoint",
    "name_servers",
    "primary_cluster_endpoint",
    "primary_documents_bucket",
    "primary_endpoint_url",
    "primary_load_balancer_name",
    "primary_transaction_logs_bucket",
    "recovery_cluster_endpoint",
    "recovery_documents_bucket",
    "recovery_endpoint_url",
    "recovery_load_balancer_name",
    "recovery_transaction_logs_bucket",
    "session_table_name",
    "zone_id",
];

/// The deployed stack's state as JSON, in the workspace.
const STATE: &str = "state.json";

/// Kinds of which the stack makes nothing. They are looked for all the same.
const NOT_MADE: [&str; 3] = ["instance snapshot", "policy", "table backup"];

/// Everything that the account has: `<region> <id>` by kind.
type Inventory = BTreeMap<String, BTreeSet<String>>;

/// The default stack, from nothing to nothing.
pub(crate) fn lives_and_dies(tools: &Tools) -> Result<(), Failed> {
    let aws = Aws { emulator: Emulator::start()?, listener: "http" };
    live_and_die(tools, &aws, &Workspace::configuration())
}

/// TLS with certificates that are validated through a zone which is there before, and after.
pub(crate) fn https_lives_and_dies(tools: &Tools) -> Result<(), Failed> {
    let aws = Aws { emulator: Emulator::start()?, listener: "https" };
    let zone_id = aws.run("existing_zone.py")?;
    live_and_die(tools, &aws, &Workspace::https_configuration(zone_id.trim()))
}

fn live_and_die(tools: &Tools, aws: &Aws, configuration: &str) -> Result<(), Failed> {
    let before = aws.inventory()?;
    let workspace = Workspace::synthesize(tools, configuration)?;
    workspace.override_providers(&["us-east-1", "us-east-2"], Some(aws.emulator.port))?;
    workspace.drstack(&["deploy", "--auto-approve"])?;

    settled(&workspace)?;
    outputs(&workspace, aws)?;
    no_password_in_state(&workspace)?;
    std::fs::write(workspace.path().join(STATE), workspace.terraform(&["show", "-json"])?)?;
    state_passes_the_gate(&workspace)?;
    runbook_of_state(&workspace)?;
    deployed_as_required(&workspace, aws)?;
    every_kind_is_seen(&before, &aws.inventory()?, aws)?;

    // Writing the same stack again leaves Terraform's files alone and changes nothing.
    workspace.drstack(&["synth"])?;
    workspace.drstack(&["verify"])?;
    drift_is_found_and_undone(&workspace, aws)?;

    workspace.drstack(&["destroy", "--auto-approve"])?;
    let state = workspace.terraform(&["show", "-json"])?;
    let state: Value = serde_json::from_str(&state)?;
    if let Some(left) = state.get("values").and_then(|values| values.get("root_module")) {
        return Err(format!("destroy left {left:#}").into());
    }
    let after = aws.inventory()?;
    let (left, taken) = (beyond(&before, &after), beyond(&after, &before));
    if left.is_empty() && taken.is_empty() {
        Ok(())
    } else {
        Err(format!("destroy left {left:#?} and took what was there before: {taken:#?}").into())
    }
}

/// Without this, an inventory that sees nothing would find nothing left.
fn every_kind_is_seen(before: &Inventory, now: &Inventory, aws: &Aws) -> Result<(), Failed> {
    let made = beyond(before, now);
    let expected = |kind: &&String| match kind.as_str() {
        "certificate" => aws.listener == "https",
        "hosted zone" => aws.listener == "http",
        kind => !NOT_MADE.contains(&kind),
    };
    let missed: Vec<&String> =
        now.keys().filter(expected).filter(|kind| !made.contains_key(*kind)).collect();
    if missed.is_empty() {
        Ok(())
    } else {
        Err(format!("expected something of every kind, found none of {missed:?}").into())
    }
}

/// What `after` has and `before` had not, by kind; only kinds of which there is something.
fn beyond(before: &Inventory, after: &Inventory) -> Inventory {
    let new = after.iter().map(|(kind, things)| {
        let old = before.get(kind);
        let new = things.iter().filter(|thing| !old.is_some_and(|old| old.contains(*thing)));
        (kind.clone(), new.cloned().collect::<BTreeSet<_>>())
    });
    new.filter(|(_, things)| !things.is_empty()).collect()
}

/// A plan finds nothing to change.
fn settled(workspace: &Workspace) -> Result<(), Failed> {
    let output = workspace.run_terraform(&["plan", "-input=false", "-detailed-exitcode"])?;
    match output.status.code() {
        Some(0) => Ok(()),
        _ => {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            Err(format!(
                "expected no changes:\n{text}\n{}",
                String::from_utf8_lossy(&output.stderr)
            )
            .into())
        }
    }
}

fn outputs(workspace: &Workspace, aws: &Aws) -> Result<(), Failed> {
    let outputs: Value = serde_json::from_str(&workspace.terraform(&["output", "-json"])?)?;
    let names: Vec<&String> =
        outputs.as_object().ok_or("the outputs are no object")?.keys().collect();
    let expected: Vec<&str> = OUTPUTS
        .into_iter()
        .filter(|name| *name != "name_servers" || aws.listener == "http")
        .collect();
    if names != expected {
        return Err(format!("found the outputs {names:?}").into());
    }
    match outputs.as_object().into_iter().flatten().find(|(_, output)| output["value"].is_null()) {
        None => Ok(()),
        Some((name, _)) => Err(format!("the output {name} is null").into()),
    }
}

/// The state lies outside the output directory and holds no password.
fn no_password_in_state(workspace: &Workspace) -> Result<(), Failed> {
    let state = std::fs::read_to_string(workspace.path().join("drstack.tfstate"))?;
    let state: Value = serde_json::from_str(&state)?;
    let resources = state["resources"].as_array().ok_or("the state has no resources")?;
    let holds = |resource: &Value, kind: &str, attribute: &str| {
        let instances = resource["instances"].as_array().into_iter().flatten();
        resource["type"] == kind
            && instances.into_iter().any(|instance| {
                instance["attributes"][attribute].as_str().is_some_and(|text| !text.is_empty())
            })
    };
    for (kind, attribute) in [
        ("aws_rds_cluster", "master_password"),
        ("aws_secretsmanager_secret_version", "secret_string"),
    ] {
        if resources.iter().any(|resource| holds(resource, kind, attribute)) {
            return Err(format!("the state holds the {attribute} of a {kind}").into());
        }
    }
    Ok(())
}

/// What is deployed is what was judged: no finding, none undetermined either, although a state has no references.
fn state_passes_the_gate(workspace: &Workspace) -> Result<(), Failed> {
    workspace.drstack(&["check", STATE, "--pack", "recovery", "--config", "drstack.toml"]).map(drop)
}

/// A state, which has no references, gives the commands that the configuration gives.
fn runbook_of_state(workspace: &Workspace) -> Result<(), Failed> {
    let commands = |text: &str| -> Vec<String> {
        let blocks = text.split("```sh\n").skip(1).filter_map(|block| block.split("\n```").next());
        blocks.map(str::to_owned).collect()
    };
    let of_configuration = commands(&workspace.drstack(&["runbook"])?);
    let of_state = commands(&workspace.drstack(&["runbook", STATE, "--config", "drstack.toml"])?);
    if of_configuration.len() < 50 || of_configuration != of_state {
        return Err(
            format!("expected the commands {of_configuration:#?}\nfound {of_state:#?}").into()
        );
    }
    Ok(())
}

/// Reads the stack back through the AWS APIs, uses it, and does what its runbook says.
fn deployed_as_required(workspace: &Workspace, aws: &Aws) -> Result<(), Failed> {
    workspace.drstack(&["runbook", "--output", "runbook.md"])?;
    let arguments = ["-m", "unittest", "discover"];
    let mut python = aws.python(&arguments);
    workspace.set_environment(&mut python);
    python
        .env("DRSTACK_RUNBOOK", workspace.path().join("runbook.md"))
        .env("DRSTACK_CONFIGURATION", workspace.out());
    succeed(&python.output()?, "python3", &arguments).map(drop)
}

/// Somebody changes a queue behind Terraform's back.
fn drift_is_found_and_undone(workspace: &Workspace, aws: &Aws) -> Result<(), Failed> {
    let endpoint = aws.endpoint();
    let queue = format!("{endpoint}/{ACCOUNT}/drstack-transactions-dev");
    let change = ["--queue-url", &queue, "--attributes", "VisibilityTimeout=5"];
    let mut command = Command::new("aws");
    command.args(["--endpoint-url", &endpoint, "--region", "us-east-1"]);
    command.args(["sqs", "set-queue-attributes"]).args(change);
    workspace.set_environment(&mut command);
    succeed(&command.output()?, "aws sqs set-queue-attributes", &change)?;

    let verified = workspace.run_drstack(&["verify"])?;
    let said = String::from_utf8_lossy(&verified.stderr);
    if verified.status.code() != Some(1) || !said.contains("drift: what is deployed is not") {
        return Err(format!("expected drift, found {}:\n{said}", verified.status).into());
    }
    workspace.drstack(&["deploy", "--auto-approve"])?;
    settled(workspace)
}

/// Emulated AWS with what is to be deployed there.
struct Aws {
    emulator: Emulator,
    /// `compute.listener` of the configuration. With `https` the zone is an existing one.
    listener: &'static str,
}

impl Aws {
    fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.emulator.port)
    }

    /// Python in `tests/deployed`, told which stack there is.
    fn python(&self, arguments: &[&str]) -> Command {
        let mut python = Command::new("python3");
        python
            .args(arguments)
            .current_dir(root().join("tests/deployed"))
            .env("PYTHONPATH", root().join("tests/emulator"))
            .env("DRSTACK_ENDPOINT", self.endpoint())
            .env("DRSTACK_ACCOUNT", ACCOUNT)
            .env("DRSTACK_NAME", "drstack")
            .env("DRSTACK_SUFFIX", "dev")
            .env("DRSTACK_DOMAIN", "drstack.test")
            .env("DRSTACK_LISTENER", self.listener)
            .env("DRSTACK_REGIONS", "us-east-1,us-east-2");
        python
    }

    /// Runs a script of `tests/deployed`; its standard output.
    fn run(&self, script: &str) -> Result<String, Failed> {
        succeed(&self.python(&[script]).output()?, script, &[])
    }

    fn inventory(&self) -> Result<Inventory, Failed> {
        Ok(serde_json::from_str(&self.run("inventory.py")?)?)
    }
}
