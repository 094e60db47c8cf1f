//! The command with real Terraform: offline, and against emulated AWS.
//!
//! These tests need Terraform, an unpacked mirror of the AWS provider (`DRSTACK_PLUGIN_DIR`), PostgreSQL, and Python
//! with what `tests/emulator/requirements.txt` names, and jq and curl. Without them they are reported as ignored;
//! `DRSTACK_REQUIRE_TOOLS=1` makes them fail instead.

mod deployed;
mod emulator;
mod offline;
mod tools;
mod workspace;

use libtest_mimic::{Arguments, Failed, Trial};

use tools::Tools;

/// A test, which is given the tools.
type Test = fn(&Tools) -> Result<(), Failed>;

/// How many tests run at once unless the command line says otherwise.
const THREADS: usize = 3;

fn main() {
    let mut arguments = Arguments::from_args();
    // Those that deploy wait for one another's providers and emulators more than they compute.
    arguments.test_threads.get_or_insert(THREADS);
    let tools = Tools::find();
    let missing = tools.as_ref().err().cloned();
    let ignored = missing.is_some() && !Tools::required();
    if let (Some(missing), true) = (&missing, ignored) {
        eprintln!("end-to-end tests are ignored: {missing}");
    }
    // The longest first.
    let tests: [(&str, Test); 8] = [
        ("the_stack_applies_settles_and_goes_away_on_emulated_aws", deployed::lives_and_dies),
        ("so_does_an_https_stack_in_an_existing_zone", deployed::https_lives_and_dies),
        ("the_default_stack_validates_and_plans_without_a_network", offline::plans),
        ("credentials_of_another_account_are_refused", offline::another_account_is_refused),
        ("a_plan_of_the_stack_passes_the_gate", offline::plan_passes_the_gate),
        ("the_hcl_form_gives_the_same_plan", offline::hcl_gives_the_same_plan),
        ("the_stack_for_older_terraform_and_other_regions_validates", offline::variants_validate),
        (
            "an_https_stack_with_given_certificates_passes_the_gate",
            offline::given_certificates_plan,
        ),
    ];
    let trials = tests.into_iter().map(|(name, test)| {
        let tools = tools.clone();
        Trial::test(name, move || test(&tools?)).with_ignored_flag(ignored)
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}
