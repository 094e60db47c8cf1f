//! What Terraform says of the stack without any network.

use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::tools::{Tools, root};
use crate::workspace::{ACCOUNT, Workspace};

const DEFAULT_REGIONS: [&str; 2] = ["us-east-1", "us-east-2"];

/// The default stack is valid, and with the file that README gives its plan needs no network.
pub(crate) fn plans(tools: &Tools) -> Result<(), Failed> {
    let workspace = Workspace::synthesize(tools, &Workspace::configuration())?;
    workspace.init()?;
    workspace.terraform(&["validate", "-no-color"])?;
    let (file, text) = readme_override()?;
    std::fs::write(workspace.path().join(file), text)?;
    let plan: Value = serde_json::from_str(&workspace.plan()?)?;
    let changes = plan["resource_changes"].as_array().ok_or("the plan has no changes")?;
    let created =
        changes.iter().filter(|change| change["change"]["actions"][0] == "create").count();
    if created < 300 {
        return Err(format!("expected the whole stack, found {created} resources to create").into());
    }
    Ok(())
}

/// The name and the text of the file that README shows for a plan without a network.
fn readme_override() -> Result<(String, String), Failed> {
    let readme = std::fs::read_to_string(root().join("README.md"))?;
    let (before, after) = readme.split_once("```json\n").ok_or("README shows no JSON")?;
    let (text, _) = after.split_once("```").ok_or("the block has no end")?;
    let named = before.split('`').rfind(|name| name.ends_with("_override.tf.json"));
    Ok((named.ok_or("README names no file")?.to_owned(), text.to_owned()))
}

/// A stack for one account is not planned with the credentials of another.
pub(crate) fn another_account_is_refused(tools: &Tools) -> Result<(), Failed> {
    let emulator = Emulator::start()?;
    let configuration = Workspace::configuration().replace(ACCOUNT, "210987654321");
    let workspace = Workspace::synthesize(tools, &configuration)?;
    workspace.init()?;
    workspace.override_providers(&DEFAULT_REGIONS, Some(emulator.port))?;
    let planned = workspace.run_terraform(&["plan", "-input=false"])?;
    let said = String::from_utf8_lossy(&planned.stderr);
    if planned.status.success() || !said.contains("AWS account ID not allowed") {
        return Err(
            format!("expected a refusal of the account, found {}\n{said}", planned.status).into()
        );
    }
    // The credentials' own account.
    let own = format!("account_id={ACCOUNT}");
    workspace.terraform(&["plan", "-input=false", "-var", &own]).map(drop)
}

/// The gate says of the plan what it says of the configuration: nothing.
pub(crate) fn plan_passes_the_gate(tools: &Tools) -> Result<(), Failed> {
    let workspace = Workspace::synthesize(tools, &Workspace::configuration())?;
    workspace.init()?;
    workspace.override_providers(&DEFAULT_REGIONS, None)?;
    std::fs::write(workspace.path().join("plan.json"), workspace.plan()?)?;
    workspace.drstack(&["check", "plan.json", "--pack", "recovery", "--config", "drstack.toml"])?;
    Ok(())
}

/// Native syntax is formatted, replaces the JSON files, and means the same.
pub(crate) fn hcl_gives_the_same_plan(tools: &Tools) -> Result<(), Failed> {
    let workspace = Workspace::synthesize(tools, &Workspace::configuration())?;
    workspace.init()?;
    workspace.override_providers(&DEFAULT_REGIONS, None)?;
    let planned = || -> Result<[Value; 2], Failed> {
        let mut plan: Value = serde_json::from_str(&workspace.plan()?)?;
        Ok(["resource_changes", "output_changes"].map(|part| plan[part].take()))
    };
    let from_json = planned()?;
    workspace.drstack(&["synth", "--format", "hcl"])?;
    if !workspace.out().join("main.tf").exists() || workspace.out().join("main.tf.json").exists() {
        return Err("expected main.tf in the place of main.tf.json".into());
    }
    workspace.terraform(&["fmt", "-check", "-diff", "-recursive"])?;
    let from_hcl = planned()?;
    for (json, hcl) in from_json.iter().zip(&from_hcl) {
        if json.is_null() || json != hcl {
            return Err(format!("expected the plan of the JSON form\n{json}\nfound\n{hcl}").into());
        }
    }
    Ok(())
}

/// Stored passwords for Terraform before 1.11, and two regions of which neither is us-east-1.
pub(crate) fn variants_validate(tools: &Tools) -> Result<(), Failed> {
    let configuration = Workspace::configuration()
        .replace("password = \"write-only\"", "password = \"stored\"")
        .replace("primary = \"us-east-1\"", "primary = \"eu-central-1\"")
        .replace("recovery = \"us-east-2\"", "recovery = \"eu-west-1\"")
        .replace("profile = \"destroyable\"", "profile = \"protected\"");
    let workspace = Workspace::synthesize(tools, &configuration)?;
    workspace.init()?;
    workspace.terraform(&["validate", "-no-color"])?;
    Ok(())
}

/// Certificates that exist already: each region's listener shows its own.
pub(crate) fn given_certificates_plan(tools: &Tools) -> Result<(), Failed> {
    let arn = |region: &str| format!("arn:aws:acm:{region}:{ACCOUNT}:certificate/{region}");
    let [primary, recovery] = DEFAULT_REGIONS;
    let configuration = Workspace::configuration()
        .replace("listener = \"http\"", "listener = \"https\"")
        .replace("# [compute.certificates]", "[compute.certificates]")
        .replace("# primary = \"arn:", &format!("primary = \"{}\" #", arn(primary)))
        .replace("# recovery = \"arn:", &format!("recovery = \"{}\" #", arn(recovery)));
    let workspace = Workspace::synthesize(tools, &configuration)?;
    workspace.override_providers(&DEFAULT_REGIONS, None)?;
    workspace.drstack(&["deploy", "--plan-only"])?;
    let plan: Value = serde_json::from_str(&workspace.plan()?)?;
    for region in DEFAULT_REGIONS {
        let module = format!("module.compute_{}", region.replace('-', "_"));
        let address = format!("{module}.aws_lb_listener.main");
        let changes = plan["resource_changes"].as_array().into_iter().flatten();
        let listener = changes
            .map(|change| (&change["address"], &change["change"]["after"]))
            .find(|(found, _)| **found == address)
            .map(|(_, after)| (&after["port"], &after["certificate_arn"]));
        if listener != Some((&json!(443), &json!(arn(region)))) {
            return Err(format!(
                "{address}: expected TLS with {}, found {listener:?}",
                arn(region)
            )
            .into());
        }
    }
    Ok(())
}
