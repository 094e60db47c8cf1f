//! Modules that refer to each other, and what the root makes of it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

use drstack_terraform::{
    Account, Address, Backend, Documents, Expression, Input, Module, ModuleError, ModuleName, Ref,
    Region, Resource, Settings, Stack, StackError, Template, kind,
};
use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Serialize)]
struct Key {
    description: Template,
}
impl Resource for Key {
    type Kind = kind::KmsKey;
}

#[derive(Serialize)]
struct Queue {
    name: Template,
    kms_master_key_id: Option<Ref<kind::Arn<kind::KmsKey>>>,
}
impl Resource for Queue {
    type Kind = kind::Queue;
}

const EAST: Region = Region::US_EAST_1;
const OHIO: Region = Region::US_EAST_2;

fn security(region: Region) -> ModuleName {
    ModuleName::regional("security", region)
}

fn key_module(region: Region) -> Module {
    let mut module = Module::new(security(region));
    module.add("main", &Key { description: "a key".into() }).unwrap();
    module
}

/// A module of us-east-1 whose queue uses a key.
fn queue_module(key: Ref<kind::Arn<kind::KmsKey>>) -> Module {
    let mut module = Module::new(ModuleName::regional("compute", EAST));
    let name = Template::from("orders-") + Input::ENVIRONMENT_SUFFIX;
    module.add("orders", &Queue { name, kms_master_key_id: Some(key) }).unwrap();
    module
}

fn stack(modules: impl IntoIterator<Item = Module>) -> Stack {
    let mut stack = Stack::new(Settings::default());
    stack.provider(EAST).provider(OHIO);
    for module in modules {
        stack.module(module).unwrap();
    }
    stack
}

fn json_at(documents: &Documents, path: &str) -> Value {
    serde_json::from_slice(documents.get(path).unwrap_or_else(|| panic!("no {path}"))).unwrap()
}

#[test]
fn a_reference_across_modules_declares_output_variable_and_wiring() {
    let documents =
        stack([key_module(EAST), queue_module(security(EAST).get("main"))]).documents().unwrap();

    let output = &json_at(&documents, "modules/us-east-1/security/outputs.tf.json")["output"]["kms_key_main_arn"];
    assert_eq!(output["value"], "${aws_kms_key.main.arn}");
    let variables = json_at(&documents, "modules/us-east-1/compute/variables.tf.json");
    assert_eq!(variables["variable"]["security_kms_key_main_arn"]["type"], "string");
    let queue = &json_at(&documents, "modules/us-east-1/compute/main.tf.json")["resource"]["aws_sqs_queue"]
        ["orders"];
    assert_eq!(queue["kms_master_key_id"], "${var.security_kms_key_main_arn}");
    let call = &json_at(&documents, "main.tf.json")["module"]["compute_us_east_1"];
    assert_eq!(
        *call,
        json!({
            "source": "./modules/us-east-1/compute",
            "providers": {"aws": "aws.us_east_1"},
            "environment_suffix": "${var.environment_suffix}",
            "security_kms_key_main_arn": "${module.security_us_east_1.kms_key_main_arn}",
        })
    );
}

#[test]
fn the_variable_of_another_region_names_that_region() {
    let documents =
        stack([key_module(EAST), key_module(OHIO), queue_module(security(OHIO).get("main"))])
            .documents();
    let call = &json_at(&documents.unwrap(), "main.tf.json")["module"]["compute_us_east_1"];
    assert_eq!(
        call["security_us_east_2_kms_key_main_arn"],
        "${module.security_us_east_2.kms_key_main_arn}"
    );
}

#[test]
fn an_output_can_wait_for_other_resources() {
    let mut keys = key_module(EAST);
    keys.add("policy", &Key { description: "must exist first".into() }).unwrap();
    let first: Ref<kind::KmsKey> = security(EAST).get("policy");
    let key: Ref<kind::Arn<kind::KmsKey>> = security(EAST).get("main");
    let waiting = key.when_ready([first.address().clone()]);
    let documents = stack([keys, queue_module(waiting)]).documents().unwrap();
    let outputs = json_at(&documents, "modules/us-east-1/security/outputs.tf.json");
    assert_eq!(
        outputs["output"]["kms_key_main_arn_when_ready"]["depends_on"],
        json!(["aws_kms_key.policy"])
    );
}

#[test]
fn what_is_not_there_is_an_error_that_names_it() {
    let absent = stack([queue_module(security(EAST).get("main"))]).documents().unwrap_err();
    assert_eq!(
        absent.to_string(),
        "module.compute_us_east_1 refers to `aws_kms_key.main` in module.security_us_east_1, which is not in the stack"
    );
    let other = stack([key_module(EAST), queue_module(security(EAST).get("other"))])
        .documents()
        .unwrap_err();
    assert!(other.to_string().ends_with("which does not declare it"), "{other}");

    let mut stack = stack([key_module(EAST)]);
    stack.output("key", "the key", security(EAST).get::<kind::KmsKey>("gone")).unwrap();
    assert!(matches!(stack.documents(), Err(StackError::Dangling { .. })));
}

#[test]
fn a_dangling_reference_inside_a_module_is_found_without_the_stack() {
    let name = ModuleName::regional("compute", EAST);
    let mut module = Module::new(name);
    module
        .add("orders", &Queue { name: "a".into(), kms_master_key_id: Some(name.get("main")) })
        .unwrap();
    assert!(matches!(module.document(), Err(ModuleError::Dangling { .. })));
    let mut module = Module::new(name);
    let absent: Ref<kind::Queue> = name.get("absent");
    module
        .add("orders", &Queue { name: "a".into(), kms_master_key_id: None })
        .unwrap()
        .depends_on(&absent);
    assert!(matches!(module.document(), Err(ModuleError::Dangling { .. })));
}

#[test]
fn an_address_is_declared_once_and_is_an_identifier() {
    let mut module = key_module(EAST);
    let again = module.add("main", &Key { description: "again".into() }).unwrap_err();
    assert_eq!(
        again.to_string(),
        "`aws_kms_key.main` is declared twice in module.security_us_east_1: give the second one another name"
    );
    for wrong in ["", "1st", "a.b", "a b", "é"] {
        let refused = module.add(wrong, &Key { description: "x".into() });
        assert!(matches!(refused, Err(ModuleError::Identifier { .. })), "{wrong}");
    }
}

#[test]
fn modules_outputs_and_regions_are_checked() {
    let mut twice = stack([key_module(EAST)]);
    assert!(matches!(twice.module(key_module(EAST)), Err(StackError::DuplicateModule(_))));
    twice.output("key", "the key", "x").unwrap();
    assert!(matches!(twice.output("key", "again", "x"), Err(StackError::DuplicateOutput("key"))));

    let mut elsewhere = Stack::new(Settings::default());
    elsewhere.provider(OHIO).module(key_module(EAST)).unwrap();
    assert!(matches!(elsewhere.documents(), Err(StackError::NoProvider { .. })));
}

#[test]
fn the_account_is_a_variable_or_looked_up() {
    let account = || {
        let mut module = Module::new(security(EAST));
        module
            .add("main", &Key { description: Template::from("of ") + Input::ACCOUNT_ID })
            .unwrap();
        module
    };
    let documents = stack([account()]).documents().unwrap();
    assert_eq!(
        json_at(&documents, "main.tf.json")["module"]["security_us_east_1"]["account_id"],
        "${var.account_id}"
    );

    let mut looked_up = stack([account()]);
    looked_up.account(Account::Caller);
    let documents = looked_up.documents().unwrap();
    let root = json_at(&documents, "main.tf.json");
    assert_eq!(
        root["module"]["security_us_east_1"]["account_id"],
        "${data.aws_caller_identity.current.account_id}"
    );
    assert_eq!(root["data"]["aws_caller_identity"]["current"]["provider"], "aws.us_east_1");
    assert_eq!(root["provider"]["aws"][0].get("allowed_account_ids"), None);
    assert_eq!(json_at(&documents, "variables.tf.json")["variable"].get("account_id"), None);
}

#[test]
fn the_root_holds_providers_versions_backend_and_tags() {
    let arguments = json!({"bucket": "states", "key": "stack"}).as_object().unwrap().clone();
    let settings = Settings {
        terraform: ">= 1.11".to_owned(),
        backend: Some(Backend { kind: "s3", arguments }),
        tags: [("Environment".to_owned(), Input::ENVIRONMENT_SUFFIX.into())].into(),
        ..Settings::default()
    };
    let mut stack = Stack::new(settings);
    stack
        .provider(EAST)
        .input(Input::ENVIRONMENT_SUFFIX, json!({"type": "string", "default": "dev"}));
    let documents = stack.documents().unwrap();
    let root = json_at(&documents, "main.tf.json");
    assert_eq!(root["terraform"][0]["required_version"], ">= 1.11");
    assert_eq!(
        root["terraform"][0]["backend"]["s3"],
        json!([{"bucket": "states", "key": "stack"}])
    );
    assert_eq!(
        root["provider"]["aws"],
        json!([{
            "alias": "us_east_1",
            "region": "us-east-1",
            "allowed_account_ids": ["${var.account_id}"],
            "default_tags": [{"tags": {"Environment": "${var.environment_suffix}"}}],
        }])
    );
    let variables = json_at(&documents, "variables.tf.json");
    assert_eq!(variables["variable"]["environment_suffix"]["default"], "dev");
}

#[test]
fn the_same_stack_gives_the_same_bytes() {
    let build =
        || stack([key_module(EAST), queue_module(security(EAST).get("main"))]).documents().unwrap();
    assert_eq!(build(), build());
}

proptest! {
    /// Whatever stands in a literal, Terraform reads it back as that text: nothing of it becomes an expression.
    #[test]
    fn a_literal_never_becomes_an_expression(text in "[$%{}\"\\\\a-c\\n]{0,16}") {
        let mut module = Module::new(security(EAST));
        module.add("main", &Key { description: text.as_str().into() }).unwrap();
        let document = module.document().unwrap();
        let written = document["resource"]["aws_kms_key"]["main"]["description"].as_str().unwrap();
        prop_assert_eq!(written.replace("$${", "${").replace("%%{", "%{"), text.clone());
        let inside_json = Template::from(Expression::call("jsonencode", [text.as_str().into()]));
        let called = inside_json.to_string().starts_with("${jsonencode(\"");
        prop_assert!(called);
    }
}

#[test]
fn addresses_read_as_terraform_writes_them() {
    let reference: Ref<kind::ManagedPrefixList> = security(EAST).get("checkers");
    let address: &Address = reference.address();
    assert_eq!(address.to_string(), "data.aws_ec2_managed_prefix_list.checkers");
    let password: Ref<kind::RandomPassword<kind::EphemeralPassword>> = security(EAST).get("master");
    assert_eq!(
        Template::from(password).to_string(),
        "${module.security_us_east_1.ephemeral.aws_secretsmanager_random_password.master.random_password}"
    );
}
