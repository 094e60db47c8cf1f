//! Wrong configurations: a diagnostic that points into the file, exit code 3, nothing written.

use crate::run::Folder;

const HEAD: &str = "name = \"payments\"\nenvironment_suffix = \"dev\"\n";

/// Runs `synth` on a configuration; what it says, when it ends as it must.
#[track_caller]
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

/// That a configuration is refused at the place of a piece of its text, with these words.
#[track_caller]
fn points(configuration: &str, at: &str, expected: &[&str]) {
    let message = refused(configuration);
    let before = &configuration[..configuration.find(at).unwrap()];
    let line = before.matches('\n').count() + 1;
    let column = before.len() - before.rfind('\n').map_or(0, |end| end + 1) + 1;
    let place = format!("drstack.toml:{line}:{column}]");
    for part in expected.iter().copied().chain([place.as_str()]) {
        assert!(message.contains(part), "expected `{part}` in:\n{message}");
    }
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
        &["found the number `123456789012`, expected text in quotes"],
    );
    says("name = \"payments\"\n", &["the key `environment_suffix` is missing"]);
    says("name = \n", &["drstack.toml:1"]);
    let network = |text: &str| format!("{HEAD}[network]\n{text}\n");
    points(
        &network("vpc_prefix = \"16\""),
        "\"16\"",
        &["found the text `16`, expected a whole number"],
    );
    points(
        &network("nat = \"singel\""),
        "\"singel\"",
        &["expected `single` or `per-zone`", "did you mean `single`?"],
    );
    points(&format!("{HEAD}profile = 5\n"), "5\n", &["expected text in quotes"]);
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
    for (name, of) in [
        ("internal", "load balancers begin with `internal-`"),
        ("internal-pay", "load balancers begin with `internal-`"),
        ("sthree", "buckets begin with `sthree-`"),
        ("amzn-s3-demo", "buckets begin with `amzn-s3-demo-`"),
        ("sg", "security groups begin with `sg-`"),
    ] {
        points(&head(name, "dev"), &format!("\"{name}\""), &["can't name a stack", of]);
    }
    points(&head("payments", "a-s3alias"), "\"a-s3alias\"", &["end in `-s3alias`"]);
}

#[test]
fn regions_and_zones() {
    let regions = |text: &str| format!("{HEAD}[regions]\n{text}\n");
    says(&regions("recovery = \"us-east-1\""), &["both regions are us-east-1"]);
    says(&regions("primary = \"us-gov-west-1\""), &["not a region of the partition `aws`"]);
    says(&regions("primary = \"us-east1\""), &["did you mean `us-east-1`?"]);
    says(&regions("recovery = \"us-esat-2\""), &["did you mean `us-east-2`?"]);
    says(
        &regions("primary_zones = [\"us-east-1a\"]"),
        &["`us-east-1a`, expected one letter in quotes"],
    );
    says(
        &regions("primary_zones = [\"a\", \"b\"]"),
        &["found `a`, `b`, expected three to six different letters from `a` to `h`"],
    );
    points(
        &regions("primary_zones = [\"a\", \"b\", \"z\"]"),
        "[\"a\"",
        &["found `a`, `b`, `z`, expected three to six"],
    );
}

#[test]
fn addresses() {
    let network = |text: &str| format!("{HEAD}[network]\n{text}\n");
    says(&network("vpc_prefix = 30"), &["found 30, expected a whole number from 16 to 28"]);
    points(&network("public_prefix = 16"), "16", &["/16 do not fit", "20 or more"]);
    for (range, expected) in [
        ("10.0.0.0/40", "which is no network"),
        ("10.0.0.0", "which has no prefix length: expected an IPv4 network such as"),
        ("fd00::/8", "which is IPv6: expected an IPv4 network"),
        ("10.0.0.5/8", "write `10.0.0.0/8`"),
    ] {
        let quoted = format!("\"{range}\"");
        points(&network(&format!("supernet = {quoted}")), &quoted, &[range, expected]);
        points(&network(&format!("reserved = [{quoted}]")), &quoted, &[range, expected]);
    }
}

#[test]
fn addresses_that_do_not_go_together() {
    let network = |text: &str| format!("{HEAD}[network]\n{text}\n");
    for (text, at, expected) in [
        (
            "primary_cidr = \"10.0.0.0/16\"\nrecovery_cidr = \"10.0.128.0/17\"",
            "\"10.0.128.0/17\"",
            "10.0.128.0/17, which overlaps 10.0.0.0/16",
        ),
        ("recovery_cidr = \"10.0.0.0/16\"", "\"10.0.0.0/16\"", "largest free"),
        ("primary_cidr = \"192.168.0.0/16\"", "\"192.168.0.0/16\"", "192.168.0.0/16"),
        ("primary_cidr = \"10.0.0.0/12\"", "\"10.0.0.0/12\"", "AWS accepts /16 to /28"),
        ("recovery_cidr = \"10.9.0.0/20\"", "\"10.9.0.0/20\"", "tier"),
        ("reserved = [\"10.0.0.0/8\"]", "[\"10.0.0.0/8\"]", "region us-east-1"),
        (
            "reserved = [\"10.4.0.0/14\"]\nprimary_cidr = \"10.5.0.0/16\"",
            "\"10.5.0.0/16\"",
            "overlaps 10.4.0.0/14 of a reserved range",
        ),
        ("reserved = [\"192.168.0.0/16\"]", "[\"192.168.0.0/16\"]", "reserved range"),
        ("supernet = \"10.0.0.0/16\"", "\"10.0.0.0/16\"", "region us-east-2"),
        ("public_prefix = 20\ncompute_prefix = 20", "[network]", "tier database"),
    ] {
        points(&network(text), at, &[expected]);
    }
}

#[test]
fn the_function() {
    let compute = |text: &str| format!("{HEAD}[compute]\n{text}\n");
    says(&compute("source = \"absent\""), &["can't read", "absent"]);
    says(&compute("source = \"lambda\""), &["has no `handler.py`"]);
    for runtime in ["nodejs22.x", "python3.11", "python3.99"] {
        points(
            &compute(&format!("runtime = \"{runtime}\"")),
            &format!("\"{runtime}\""),
            &["Python runtimes", "`python3.12`, `python3.13`"],
        );
    }
    points(
        &compute("handler = \"nope.handler\""),
        "\"nope.handler\"",
        &["the built-in function has no `nope.py`"],
    );
    points(
        &compute("handler = \"handler.nope\""),
        "\"handler.nope\"",
        &["`handler.py` of the built-in function has no `nope`"],
    );
    points(
        &compute("source = \"lambda\"\nhandler = \"main.nope\""),
        "\"main.nope\"",
        &["`main.py` of `lambda` has no `nope` at its top level"],
    );
    says(&compute("handler = \"main\""), &["expected `<module>.<function>`"]);
    says(&compute("listener = \"https\""), &["`https` needs certificates"]);
    says(&compute("timeout_seconds = 1000"), &["from 3 to 900"]);
}

#[test]
fn what_aws_and_terraform_refuse_by_its_form() {
    for (text, value) in [
        ("[monitoring]\nemails = [\"a@b@example.com\"]", "\"a@b@example.com\""),
        ("[monitoring]\nemails = [\"a@example.\"]", "\"a@example.\""),
        ("[dns]\nzone_id = \"Z\"", "\"Z\""),
        ("[backend]\nbucket = \"\"\nkey = \"a\"\nregion = \"us-west-2\"", "\"\""),
        ("[backend]\nbucket = \"My_State\"\nkey = \"a\"\nregion = \"us-west-2\"", "\"My_State\""),
        ("[backend]\nbucket = \"state\"\nkey = \"/a\"\nregion = \"us-west-2\"", "\"/a\""),
        (
            "[compute]\nlistener = \"https\"\ncertificates = {primary = \"arn:aws:acm:us-east-1:1:certificate/a\", recovery = \"\"}",
            "\"arn:aws:acm:us-east-1:1:certificate/a\"",
        ),
    ] {
        points(&format!("{HEAD}{text}\n"), value, &["expected"]);
    }
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
    points(
        &format!("{HEAD}[monitoring]\nemails = [\"a@b.org\", \"nobody\"]\n"),
        "\"nobody\"",
        &["an email address"],
    );
    says(&format!("{HEAD}[logs]\nretention_days = 10\n"), &["expected 7 or 14"]);
}

#[test]
fn emails() {
    let monitoring = |emails: &str| format!("{HEAD}[monitoring]\nemails = {emails}\n");
    let twice = "[\"a.b@c.com\", \"a-b@c.com\", \"a.b@c.com\"]";
    points(&monitoring(twice), twice, &["`a.b@c.com` is there twice"]);
    let folder = Folder::new();
    folder.write("drstack.toml", &monitoring("[\"a.b@c.com\", \"a-b@c.com\"]"));
    let ended = folder.drstack(&["synth", "--dry-run"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
}

#[test]
fn tags_that_aws_would_refuse() {
    let tags = |text: &str| format!("{HEAD}[tags]\n{text}\n");
    let (long_key, long_value) = ("k".repeat(129), "v".repeat(257));
    for (text, at, expected) in [
        ("\"aws:team\" = \"x\"", "\"aws:team\"", "begins with `aws:`"),
        ("\"AWS:team\" = \"x\"", "\"AWS:team\"", "begins with `aws:`"),
        ("\"rds:team\" = \"x\"", "\"rds:team\"", "begins with `rds:`"),
        ("\"\" = \"x\"", "\"\"", "a tag without a key"),
        ("\"a&b\" = \"x\"", "\"a&b\"", "has '&' in it"),
        ("team = \"a;b\"", "\"a;b\"", "has ';' in it"),
        ("team = 5", "5\n", "found the number `5`, expected text in quotes"),
        (&format!("{long_key} = \"x\""), &long_key, "has 129 characters, AWS allows 128"),
        (
            &format!("team = \"{long_value}\""),
            &format!("\"{long_value}\""),
            "has 257 characters, AWS allows 256",
        ),
        ("Team = \"x\"\nteam = \"y\"", "[tags]", "`Team` and `team` differ in case alone"),
        ("environment = \"x\"", "[tags]", "the stack's own `Environment`"),
        (
            &(0..48).map(|number| format!("t{number} = \"x\"\n")).collect::<String>(),
            "[tags]",
            "found 48 tags, expected 47",
        ),
    ] {
        points(&tags(text), at, &[expected]);
    }
    let folder = Folder::new();
    folder.write(
        "drstack.toml",
        &tags("\"cost center\" = \"Zürich +1 (none)\"").replace(" (none)", ""),
    );
    let ended = folder.drstack(&["synth", "--dry-run"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
}

#[test]
fn suffixes_and_rules_on_the_command_line() {
    let folder = Folder::new();
    folder.write("stack/main.tf.json", r#"{"resource": {"aws_sqs_queue": {"a": {}}}}"#);
    for suffix in ["", "PROD!!", "thirteen-long"] {
        for arguments in [
            &["check", "stack"][..],
            &["report", "stack"],
            &["drill", "stack"],
            &["synth"],
            &["deploy"],
        ] {
            let ended = folder.drstack(&[arguments, &["--environment-suffix", suffix]].concat());
            assert_eq!(ended.code, 3, "{arguments:?} {suffix}: {}", ended.err);
            assert!(ended.err.contains("can't be an environment suffix"), "{}", ended.err);
        }
    }
    let ended = folder.drstack(&["check", "stack", "--rule", "kms-encrytion"]);
    assert_eq!(ended.code, 3);
    assert!(ended.err.contains("did you mean `kms-encryption`?"), "{}", ended.err);
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
