//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use drstack_policy::Severity;
use drstack_report::Format;

use crate::config::Suffix;

/// A two-region disaster-recovery stack for AWS as Terraform, checked before it is written.
#[derive(Debug, Parser)]
#[command(name = "drstack", version, propagate_version = true, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 nothing found, 1 findings, 2 the input could not be judged, 3 usage or configuration, 4 Terraform failed"
)]
pub struct Cli {
    #[command(subcommand)]
    /// What to do.
    pub command: Command,
}

/// What `drstack` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a commented drstack.toml
    Init(Init),
    /// Build the stack, check it, write its Terraform configuration
    Synth(Synth),
    /// Judge Terraform plans, states and configurations, or the stack
    Check(Check),
    /// Lose a region on paper: what breaks, why, and what recovery takes
    Drill(Drill),
    /// Draw the stack or a plan: regions, components, what ties them, what is fatal to lose
    Graph(Graph),
    /// Put diagram, verdict, drill, budget, addresses and inventory on one HTML page
    ///
    /// The page is one file that loads nothing. It is written whatever is found, and says so of an input that can't be
    /// judged; the exit code is that of `check`.
    Report(Report),
    /// Write what people do when a region is lost: failover, failback, rehearsal
    Runbook(Runbook),
    /// List the rules, or explain one
    Rules(Rules),
    /// Write the stack, plan it with Terraform, judge the plan, apply exactly that plan
    ///
    /// Runs `terraform init`, `plan` and `apply` in the output directory, for both regions at once. What
    /// Terraform prints is shown as it comes; its options can be given in TF_CLI_ARGS_init, TF_CLI_ARGS_plan and
    /// TF_CLI_ARGS_apply. The plan must pass the same gate as the configuration.
    Deploy(Deploy),
    /// Compare what is deployed with the output directory, judge it, lose a region of it on paper
    ///
    /// Runs `terraform plan`, which asks AWS and must find nothing to change; judges what it found by the same gate as the
    /// configuration; and drills the loss of the primary region with it. It sends nothing to the endpoints, writes no data, and
    /// waits for no replication: that a message is processed and a request answered is for your own tests and for
    /// Route 53's health checks to say.
    Verify(Verify),
    /// Destroy what is deployed with Terraform, after a question
    Destroy(Destroy),
    /// Print a shell's completion script
    Completions(Completions),
    /// Write the manual pages
    Man(Man),
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Where to write drstack.toml
    #[arg(default_value = ".")]
    pub directory: PathBuf,
}

/// Arguments that choose a stack.
#[derive(Debug, Args)]
pub struct Stack {
    /// The configuration; without one, drstack.toml in this directory or else the built-in default
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Use this environment suffix instead of the configuration's
    #[arg(long, value_name = "SUFFIX")]
    pub environment_suffix: Option<Suffix>,
}

/// Arguments that say what is written where.
#[derive(Debug, Args)]
pub struct Output {
    /// Which stack.
    #[command(flatten)]
    pub stack: Stack,
    /// The output directory; replaced as a whole, other people's files in it stay
    #[arg(short, long, value_name = "DIR", default_value = "drstack.out")]
    pub out: PathBuf,
    /// The syntax of the files
    #[arg(long, value_enum, default_value_t = Syntax::Json)]
    pub format: Syntax,
}

/// Arguments of `synth`.
#[derive(Debug, Args)]
pub struct Synth {
    /// What is written where.
    #[command(flatten)]
    pub output: Output,
    /// Build and check, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Show what would change against the output directory, by resource; writes nothing
    #[arg(long)]
    pub diff: bool,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// What is judged, and by what.
    #[command(flatten)]
    pub judgement: JudgeArguments,
    /// The form of the report
    #[arg(long, default_value_t = Format::Human, value_parser = PossibleValuesParser::new(Format::ALL.map(Format::name)).map(|name| Format::named(&name).unwrap_or(Format::Human)))]
    pub format: Format,
    /// Write the report to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write the findings that are not waived to this file, to be a baseline
    #[arg(long, value_name = "FILE")]
    pub write_baseline: Option<PathBuf>,
}

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct Report {
    /// What is judged, and by what.
    #[command(flatten)]
    pub judgement: JudgeArguments,
    /// Write the page to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Arguments that say what is judged, and by what.
#[derive(Debug, Args)]
pub struct JudgeArguments {
    /// A plan or state as `terraform show -json` prints it, a directory of *.tf.json, or - for standard input;
    /// without any, the synthesized stack
    #[arg(value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// Which stack, when no input is named; with an input, what it is judged by.
    #[command(flatten)]
    pub stack: Stack,
    /// The least severity that fails
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "SEVERITY")]
    pub fail_on: FailOn,
    /// What becomes of findings that can't be judged
    #[arg(long, value_enum, default_value_t = Unknown::Fail, value_name = "WHAT")]
    pub unknown: Unknown,
    /// Which rules run: baseline, recovery, or a file; the default is baseline for inputs and recovery for the stack
    #[arg(long, value_name = "NAME|FILE")]
    pub pack: Option<String>,
    /// Run only this rule; may be given several times
    #[arg(long = "rule", value_name = "ID")]
    pub rules: Vec<String>,
    /// What the environment is for; turns retained-resource on for a stranger's plan
    #[arg(long, value_enum)]
    pub profile: Option<Profile>,
    /// Your own policies in Rego, with conftest's conventions: a directory or a file; may be given several times
    #[arg(long = "policy", value_name = "PATH")]
    pub policies: Vec<PathBuf>,
    /// JSON data for the policies: a directory or a file; may be given several times
    #[arg(long, value_name = "PATH", requires = "policies")]
    pub policy_data: Vec<PathBuf>,
    /// Accepted findings: rule, address, reason, owner and expiry of each
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<PathBuf>,
    /// Findings that were there before
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
}

/// One input, or the stack.
#[derive(Debug, Args)]
pub struct Subject {
    /// A plan or state as `terraform show -json` prints it, a directory of *.tf.json, or - for standard input;
    /// without any, the synthesized stack
    #[arg(value_name = "INPUT")]
    pub input: Option<PathBuf>,
    /// Which stack, when no input is named; with an input, its regions and objectives.
    #[command(flatten)]
    pub stack: Stack,
}

/// Arguments of `drill`.
#[derive(Debug, Args)]
pub struct Drill {
    /// What is looked at.
    #[command(flatten)]
    pub subject: Subject,
    /// The region that is lost; the one that serves unless named
    #[arg(long, value_name = "REGION")]
    pub lose: Option<String>,
    /// The form of the report
    #[arg(long, value_enum, default_value_t = DrillFormat::Human)]
    pub format: DrillFormat,
}

/// The form of a drill's report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DrillFormat {
    /// For people.
    Human,
    /// One JSON object.
    Json,
}

/// Arguments of `graph`.
#[derive(Debug, Args)]
pub struct Graph {
    /// What is looked at.
    #[command(flatten)]
    pub subject: Subject,
    /// The language of the picture
    #[arg(long, value_enum, default_value_t = GraphFormat::Mermaid)]
    pub format: GraphFormat,
    /// Open the boxes: show the types and names of what is in them
    #[arg(long)]
    pub detail: bool,
    /// Show as fatal what the loss of this region breaks, instead of any
    #[arg(long, value_name = "REGION")]
    pub lose: Option<String>,
    /// Write the picture to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// The language of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// A flowchart for Markdown.
    Mermaid,
    /// A graph for Graphviz.
    Dot,
    /// An image.
    Svg,
}

/// Arguments of `runbook`.
#[derive(Debug, Args)]
pub struct Runbook {
    /// What is looked at.
    #[command(flatten)]
    pub subject: Subject,
    /// The region that is lost; the one that serves unless named
    #[arg(long, value_name = "REGION")]
    pub lose: Option<String>,
    /// Write the runbook to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Arguments of `rules`.
#[derive(Debug, Args)]
pub struct Rules {
    /// The rule to explain
    pub id: Option<String>,
}

/// Arguments of `deploy`.
#[derive(Debug, Args)]
pub struct Deploy {
    /// What is written where.
    #[command(flatten)]
    pub output: Output,
    /// Terraform or OpenTofu
    #[arg(long, value_name = "PROGRAM", default_value = "terraform")]
    pub terraform: OsString,
    /// Apply without a question
    #[arg(long)]
    pub auto_approve: bool,
    /// Plan and judge the plan, and apply nothing
    #[arg(long, conflicts_with = "auto_approve")]
    pub plan_only: bool,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// Which stack.
    #[command(flatten)]
    pub stack: Stack,
    /// The output directory that was deployed
    #[arg(short, long, value_name = "DIR", default_value = "drstack.out")]
    pub out: PathBuf,
    /// Terraform or OpenTofu
    #[arg(long, value_name = "PROGRAM", default_value = "terraform")]
    pub terraform: OsString,
}

/// Arguments of `destroy`.
#[derive(Debug, Args)]
pub struct Destroy {
    /// The output directory that was deployed
    #[arg(short, long, value_name = "DIR", default_value = "drstack.out")]
    pub out: PathBuf,
    /// Terraform or OpenTofu
    #[arg(long, value_name = "PROGRAM", default_value = "terraform")]
    pub terraform: OsString,
    /// Destroy without a question
    #[arg(long)]
    pub auto_approve: bool,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// Whose script
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct Man {
    /// Where to write drstack.1 and a page for each subcommand
    pub directory: PathBuf,
}

/// A severity on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// What must not be deployed.
    Error,
    /// What is worth changing, too.
    Warning,
    /// Everything.
    Note,
}

/// What becomes of findings that can't be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Unknown {
    /// They are shown and never fail.
    Pass,
    /// They are warnings at most.
    Warn,
    /// They are as bad as if the rule were broken.
    Fail,
}

/// What an environment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Nothing may be left after `terraform destroy`.
    Destroyable,
    /// What holds data must be protected.
    Protected,
}

impl From<FailOn> for Severity {
    fn from(fail_on: FailOn) -> Self {
        match fail_on {
            FailOn::Error => Self::Error,
            FailOn::Warning => Self::Warning,
            FailOn::Note => Self::Note,
        }
    }
}

impl From<Unknown> for drstack_report::Unknown {
    fn from(unknown: Unknown) -> Self {
        match unknown {
            Unknown::Pass => Self::Pass,
            Unknown::Warn => Self::Warn,
            Unknown::Fail => Self::Fail,
        }
    }
}

/// The syntax of a Terraform configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Syntax {
    /// `*.tf.json`
    Json,
    /// `*.tf`
    Hcl,
}
