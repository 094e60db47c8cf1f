//! The stack's life on emulated AWS: apply in one go, nothing left to change, everything gone in the end.

use std::process::Command;

use libtest_mimic::Failed;
use serde_json::Value;

use crate::emulator::Emulator;
use crate::tools::{Tools, root};
use crate::workspace::{ACCOUNT, TERRAFORM_ENVIRONMENT, Workspace};

/// What the root gives after an apply.
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

/// From nothing to nothing.
pub(crate) fn lives_and_dies(tools: &Tools) -> Result<(), Failed> {
    let workspace = Workspace::synthesize(tools, &Workspace::configuration())?;
    let emulator = Emulator::start(workspace.path())?;
    workspace.override_providers(&["us-east-1", "us-east-2"], Some(emulator.port))?;
    workspace.init()?;
    workspace.terraform(&[
        "apply",
        "-input=false",
        "-no-color",
        "-auto-approve",
        "-parallelism=30",
    ])?;

    settled(&workspace)?;
    outputs(&workspace)?;
    no_password_in_state(&workspace)?;
    runbook_of_state(&workspace)?;
    deployed_as_required(&workspace, &emulator)?;

    // Writing the same stack again leaves Terraform's files alone and changes nothing.
    workspace.drstack(&["synth"])?;
    settled(&workspace)?;

    workspace.terraform(&[
        "destroy",
        "-input=false",
        "-no-color",
        "-auto-approve",
        "-parallelism=30",
    ])?;
    let state = workspace.terraform(&["show", "-json"])?;
    let state: Value = serde_json::from_str(&state)?;
    match state.get("values").and_then(|values| values.get("root_module")) {
        None => Ok(()),
        Some(left) => Err(format!("destroy left {left:#}").into()),
    }
}

/// A plan finds nothing to change.
fn settled(workspace: &Workspace) -> Result<(), Failed> {
    let output =
        workspace.run_terraform(&["plan", "-input=false", "-no-color", "-detailed-exitcode"])?;
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

fn outputs(workspace: &Workspace) -> Result<(), Failed> {
    let outputs: Value = serde_json::from_str(&workspace.terraform(&["output", "-json"])?)?;
    let names: Vec<&String> =
        outputs.as_object().ok_or("the outputs are no object")?.keys().collect();
    if names != OUTPUTS {
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

/// A state, which has no references, gives the commands that the configuration gives.
fn runbook_of_state(workspace: &Workspace) -> Result<(), Failed> {
    let commands = |text: &str| -> Vec<String> {
        let blocks = text.split("```sh\n").skip(1).filter_map(|block| block.split("\n```").next());
        blocks.map(str::to_owned).collect()
    };
    let of_configuration = commands(&workspace.drstack(&["runbook"])?);
    let state = workspace.terraform(&["show", "-json"])?;
    std::fs::write(workspace.path().join("state.json"), state)?;
    let of_state =
        commands(&workspace.drstack(&["runbook", "state.json", "--config", "drstack.toml"])?);
    if of_configuration.len() < 50 || of_configuration != of_state {
        return Err(
            format!("expected the commands {of_configuration:#?}\nfound {of_state:#?}").into()
        );
    }
    Ok(())
}

/// Reads the stack back through the AWS APIs, uses it, and does what its runbook says.
fn deployed_as_required(workspace: &Workspace, emulator: &Emulator) -> Result<(), Failed> {
    workspace.drstack(&["runbook", "--output", "runbook.md"])?;
    let output = Command::new("python3")
        .args(["-m", "unittest", "discover", "--start-directory"])
        .arg(root().join("tests/deployed"))
        .env("PYTHONPATH", root().join("tests/emulator"))
        .env("DRSTACK_ENDPOINT", format!("http://127.0.0.1:{}", emulator.port))
        .env("DRSTACK_ACCOUNT", ACCOUNT)
        .env("DRSTACK_NAME", "drstack")
        .env("DRSTACK_SUFFIX", "dev")
        .env("DRSTACK_REGIONS", "us-east-1,us-east-2")
        .env("DRSTACK_RUNBOOK", workspace.path().join("runbook.md"))
        .env("DRSTACK_CONFIGURATION", workspace.out())
        .envs(TERRAFORM_ENVIRONMENT)
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    Err(format!("the deployed stack is not as required:\n{}", String::from_utf8_lossy(&text))
        .into())
}
