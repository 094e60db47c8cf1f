//! Wrong configurations: a diagnostic that points into the file, exit code 3, nothing written.

use crate::run::Folder;

const HEAD: &str = "name = \"payments\"\nenvironment_suffix = \"dev\"\n";

/// Runs `synth` on a configuration; what it says, when it ends as it must.
fn refused(configuration: &str) -> String {
    let folder = Folder::new();
    folder.write("drstack.toml", configuration);
    folder.write("lambda/main.py", "def handler(event, context): ...\n");
    let ended = folder.drstack(&["synth"]);
    assert_eq!(ended.code, 3, "{configuration}\n{}", ended.err);
    assert!(ended.out.is_empty());
    assert!(!folder.out().exists(), "{configuration}");
    assert!(ended.err.contains("drstack.toml:"), "no place in the file:\n{}", ended.err);
    // As one line, however it was wrapped.
    ended.err.replace(['\n', '│'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn says(configuration: &str, expected: &[&str]) {
    let message = refused(configuration);
    for part in expected {
        assert!(message.contains(part), "expected `{part}` in:\n{message}");
    }
}

#[test]
fn keys_that_are_not_ours_and_values_of_another_type() {
    says(
        &format!("{HEAD}[regons]\nprimary = \"us-east-1\"\n"),
        &["no key `regons`", "did you mean `regions`?"],
    );
    says(
        &format!("{HEAD}[compute]\nmemory = 512\n"),
        &["no key `memory`", "did you mean `memory_mib`?"],
    );
    says(
        &format!("{HEAD}account_id = 123456789012\n"),
        &["invalid type: integer", "expected a string"],
    );
    says("name = \"payments\"\n", &["missing field `environment_suffix`"]);
    says("name = \n", &["drstack.toml:1"]);
}

#[test]
fn names_and_suffixes_that_a_service_would_refuse() {
    let head = |name: &str, suffix: &str| {
        format!("name = \"{name}\"\nenvironment_suffix = \"{suffix}\"\n")
    };
    says(&head("payments", "Dev"), &["`Dev` can't be an environment suffix"]);
    says(&head("payments", ""), &["`` can't be an environment suffix"]);
    says(&head("payments", "thirteen-long"), &["1 to 12 lower-case letters"]);
    says(&head("a-name-that-is-too-long", "dev"), &["can't name a stack", "2 to 16"]);
}

#[test]
fn regions_and_zones() {
    let regions = |text: &str| format!("{HEAD}[regions]\n{text}\n");
    says(&regions("recovery = \"us-east-1\""), &["both regions are us-east-1"]);
    says(&regions("primary = \"us-gov-west-1\""), &["not a region of the partition `aws`"]);
    says(&regions("primary = \"us-east1\""), &["did you mean `us-east-1`?"]);
    says(
        &regions("primary_zones = [\"a\", \"b\"]"),
        &["three to six different lower-case letters"],
    );
}

#[test]
fn addresses() {
    let network = |text: &str| format!("{HEAD}[network]\n{text}\n");
    says(&network("vpc_prefix = 30"), &["found 30, expected a whole number from 16 to 28"]);
    says(&network("supernet = \"10.0.0.0/40\""), &["supernet"]);
    says(&network("public_prefix = 16"), &["/16 does not fit"]);
    says(
        &network("primary_cidr = \"10.0.0.0/16\"\nrecovery_cidr = \"10.0.128.0/17\""),
        &["10.0.128.0/17, which overlaps 10.0.0.0/16", "largest free"],
    );
    says(&network("supernet = \"10.0.0.0/16\""), &["region us-east-2", "free"]);
    says(&network("reserved = [\"192.168.0.0/16\"]"), &["reserved range"]);
}

#[test]
fn the_function() {
    let compute = |text: &str| format!("{HEAD}[compute]\n{text}\n");
    says(&compute("source = \"absent\""), &["can't read", "absent"]);
    says(&compute("source = \"lambda\""), &["has no `handler.py`"]);
    says(&compute("runtime = \"nodejs22.x\""), &["a Python runtime"]);
    says(&compute("handler = \"main\""), &["expected `<module>.<function>`"]);
    says(&compute("listener = \"https\""), &["`https` needs certificates"]);
    says(&compute("timeout_seconds = 1000"), &["from 3 to 900"]);
}

#[test]
fn a_link_out_of_the_functions_folder() {
    let folder = Folder::new();
    folder.write(
        "drstack.toml",
        &format!("{HEAD}[compute]\nsource = \"lambda\"\nhandler = \"main.handler\"\n"),
    );
    folder.write("lambda/main.py", "def handler(event, context): ...\n");
    folder.write("secret.txt", "secret");
    std::os::unix::fs::symlink("../secret.txt", folder.path().join("lambda/secret.txt")).unwrap();
    let ended = folder.drstack(&["synth"]);
    assert_eq!(ended.code, 3);
    assert!(ended.err.contains("outside the folder"), "{}", ended.err);
    assert!(!folder.out().exists());
}

#[test]
fn the_database_the_objectives_and_the_rest() {
    says(&format!("{HEAD}[database]\nmin_capacity = 0\n"), &["0.5 to 256 units"]);
    says(&format!("{HEAD}[database]\nengine_version = \"14.9\"\n"), &["Aurora PostgreSQL 15"]);
    says(&format!("{HEAD}[database]\nmin_capacity = 8.0\n"), &["the range 8 ACU to 4 ACU"]);
    says(&format!("{HEAD}[objectives]\nrto_minutes = 5\n"), &["from 10 to 1440"]);
    says(&format!("{HEAD}[dns]\ndomain = \"localhost\"\n"), &["is not a domain"]);
    says(&format!("{HEAD}[dns]\nprimary_weight = 0\n"), &["weight 0"]);
    says(&format!("{HEAD}[monitoring]\nemails = [\"nobody\"]\n"), &["an email address"]);
    says(&format!("{HEAD}[logs]\nretention_days = 10\n"), &["expected 7 or 14"]);
}

#[test]
fn a_configuration_that_is_not_there() {
    let folder = Folder::new();
    let ended = folder.drstack(&["synth", "--config", "absent.toml"]);
    assert_eq!(ended.code, 3);
    assert!(ended.err.contains("can't read the configuration `absent.toml`"), "{}", ended.err);
    let ended = folder.drstack(&["synth", "--environment-suffix", "DEV"]);
    assert_eq!(ended.code, 3);
    assert!(!folder.out().exists());
}
