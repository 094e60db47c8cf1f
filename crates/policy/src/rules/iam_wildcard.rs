use std::fmt;
use std::sync::Arc;

use drstack_plan::{AttrPath, Mode, Plan, Resource, State, Value};
use foldhash::{HashMap, HashSet};
use rayon::prelude::*;
use serde_json::{Map, json};

use crate::arguments::{Argument, arguments, is_left_out, is_read_back, is_state};
use crate::iam::actions;
use crate::iam::arn::{Arn, RegionFault};
use crate::iam::managed::{self, Managed};
use crate::iam::template::{IDENTIFIER, OPAQUE, Shown, UNKNOWN};
use crate::iam::{
    Certainty, Defect, Document, Fault, Grants, Memory, Polarity, ReadError, Statement, Subject,
    judge,
};
use crate::links::{Directory, Link};
use crate::policy_text::{PolicyText, Spelling, Text, marked_text, policy_text};
use crate::tables::policy_documents::{self, Form, Kind, PolicyArgument};
use crate::{Checked, Finding, Rule, Severity, Sink, Status};

pub(super) const RULE: Rule = Rule {
    id: "iam-wildcard",
    severity: Severity::Error,
    summary: "policies grant named actions on named resources of one region to named principals",
    protects: "whoever takes over a role, or may act on a resource, can do all that its policy's wildcards cover",
    fix: "name the actions that are needed, the ARNs that they are needed on with their region, and who needs them",
    requirements: &["V12", "C4"],
    explanation: include_str!("iam_wildcard.md"),
    check,
};

/// Something that grants permissions.
struct Grant<'plan> {
    resource: Resource<'plan>,
    path: AttrPath,
    kind: Kind,
    source: Source<'plan>,
}

/// What shows the permissions.
enum Source<'plan> {
    /// A policy document.
    Document(PolicyText<'plan>),
    /// A permission whose parts are arguments of their own, as a document.
    Permission(Text<'plan>),
    /// A managed policy, by its ARN.
    Managed(Attached<'plan>),
    /// Nothing: the document is not known.
    Unknown,
}

/// A managed policy that is attached.
enum Attached<'plan> {
    /// It is judged where its document is.
    Elsewhere,
    /// The input does not hold its document.
    Named(Managed, String),
    /// A data source found it.
    Found(Resource<'plan>),
}

/// What a defect of a document says, ready to be reported wherever the document is attached.
struct Remark {
    /// Which statement it is about, by its index.
    statement: usize,
    subject: Subject,
    /// Where in the document: `Statement[0].Action[1]`.
    place: String,
    status: Status,
    severity: Option<Severity>,
    /// What is wrong, without any of the document's text.
    message: String,
    /// What the message leaves out for the sake of sensitive documents.
    detail: String,
    found: Option<String>,
    expected: &'static str,
}

/// What came of judging a document.
enum Judged {
    Remarks(Vec<Remark>),
    Unreadable { error: ReadError, known: bool },
    Unknown,
}

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let grants = grants(checked);
    let memory = Memory::default();
    let judged = judge_once(&grants, &memory);
    for grant in &grants {
        sink.judged();
        match &grant.source {
            Source::Document(text) => {
                if let Some(judged) = judged.get(&(grant.kind, text.text.spelling())) {
                    report_document(grant, text, judged, sink);
                }
            }
            Source::Permission(text) => {
                if let Some(judged) = judged.get(&(grant.kind, text.spelling())) {
                    report_permission(grant, judged, sink);
                }
            }
            Source::Managed(attached) => report_attached(grant, attached, &memory, sink),
            Source::Unknown => report_unknown(grant, sink),
        }
    }
}

/// Everything in the plan that grants permissions, in the order of each type's resources.
fn grants<'plan>(checked: &Checked<'plan>) -> Vec<Grant<'plan>> {
    let policies = Policies::of(checked);
    let mut places = Vec::new();
    for (resource_type, resources) in checked.types() {
        for argument in policy_documents::of(resource_type) {
            places.extend(resources.iter().map(|resource| (*resource, argument)));
        }
    }
    let boundaries = boundaries(&policies, &places);
    for (resource, argument) in &mut places {
        if argument.kind == Kind::Identity && boundaries.contains(&resource.index()) {
            argument.kind = Kind::Boundary;
        }
    }
    let mut grants: Vec<_> = places
        .par_iter()
        .flat_map_iter(|&(resource, argument)| grants_of(checked, &policies, resource, argument))
        .collect();
    for permission in &PERMISSIONS {
        let resources = checked.of_type(permission.resource_type);
        grants.extend(resources.iter().map(|resource| permission.grant(*resource)));
    }
    grants
}

fn grants_of<'plan>(
    checked: &Checked<'plan>,
    policies: &Policies<'plan>,
    resource: Resource<'plan>,
    argument: PolicyArgument,
) -> Vec<Grant<'plan>> {
    let PolicyArgument { path, kind, form } = argument;
    if kind == Kind::Scp && !is_control_policy(resource) {
        return Vec::new();
    }
    let set = arguments(resource, path)
        .into_iter()
        .filter(|Argument { path, value }| !value.is_null() && !is_left_out(resource, path))
        .filter(|Argument { path, .. }| !is_read_back(resource, path));
    let grant = |path, source| Grant { resource, path, kind, source };
    match form {
        Form::Document => set
            .filter(|Argument { value, .. }| !is_empty_text(*value))
            .filter(|Argument { value, .. }| {
                // Without a policy of its own an endpoint lets everything through; that is not a policy of the plan.
                let is_default = || value.as_str().is_some_and(|text| is_endpoint_default(&text));
                !(kind == Kind::Endpoint && is_state(checked) && is_default())
            })
            .map(|Argument { path, .. }| {
                let text = policy_text(resource, &path);
                grant(path, text.map_or(Source::Unknown, Source::Document))
            })
            .collect(),
        // A boundary grants nothing, however wide it is.
        Form::ManagedPolicyArn if kind == Kind::Boundary => Vec::new(),
        Form::ManagedPolicyArn => set
            .flat_map(|argument| each_path(&argument))
            .map(|path| {
                let attached = policies.attached(resource, &path);
                grant(path, Source::Managed(attached))
            })
            .collect(),
    }
}

/// The paths of an argument's texts, where it is a list, or its own.
fn each_path(Argument { path, value }: &Argument<'_>) -> Vec<AttrPath> {
    let in_list = value.as_str().is_none() && !value.is_unknown();
    let paths = value.elements().enumerate();
    paths.map(|(index, _)| if in_list { path.clone().index(index) } else { path.clone() }).collect()
}

/// The policies of the input that are boundaries and, as far as it shows, attached to nobody: they only limit.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
fn boundaries<'plan>(
    policies: &Policies<'plan>,
    places: &[(Resource<'plan>, PolicyArgument)],
) -> HashSet<usize> {
    let named = |of: fn(Kind) -> bool| {
        let named = places.iter().filter(move |(_, argument)| {
            argument.form == Form::ManagedPolicyArn && of(argument.kind)
        });
        named.flat_map(|(resource, argument)| {
            let set = arguments(*resource, argument.path).into_iter();
            let set = set.filter(|argument| !argument.value.is_null());
            let paths = set.flat_map(|argument| each_path(&argument));
            paths.map(|path| policies.named(*resource, &path))
        })
    };
    let mut boundaries: HashSet<_> =
        named(|kind| kind == Kind::Boundary).flatten().flatten().map(Resource::index).collect();
    if boundaries.is_empty() {
        return boundaries;
    }
    for attached in named(|kind| kind != Kind::Boundary) {
        // Which policy this is can't be told: any may be.
        let Some(attached) = attached else { return HashSet::default() };
        for policy in attached {
            boundaries.remove(&policy.index());
        }
    }
    boundaries
}

fn is_empty_text(value: Value<'_>) -> bool {
    matches!(value.state(), State::Known(json) if json.text() == br#""""#)
}

/// Of an organization's policies, those that speak IAM's language; backup and tag policies have their own.
///
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html>
fn is_control_policy(policy: Resource<'_>) -> bool {
    policy.get("type").as_str().is_none_or(|of_type| of_type.ends_with("_CONTROL_POLICY"))
}

/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>
fn is_endpoint_default(text: &str) -> bool {
    Document::parse(text).is_ok_and(|document| match document.statements.as_slice() {
        [Some(Statement { principals: Some(who), actions: Some(what), conditions, .. })] => {
            conditions.is_empty()
                && what.patterns == ["*"]
                && who.list.iter().all(|principal| principal.text() == "*")
        }
        _ => false,
    })
}

/// The managed policies of the input.
struct Policies<'plan> {
    plan: &'plan Plan<'plan>,
    by_name: Arc<Directory<'plan>>,
}

impl<'plan> Policies<'plan> {
    fn of(checked: &Checked<'plan>) -> Self {
        let by_name = Directory::of(checked, &["aws_iam_policy"], &["name"]);
        Self { plan: checked.plan(), by_name }
    }

    /// The managed policy whose ARN stands at a path.
    fn attached(&self, resource: Resource<'plan>, path: &AttrPath) -> Attached<'plan> {
        let arn = marked_text(resource, path);
        let policies = self.named(resource, path).unwrap_or_default();
        let all_are = |mode| {
            !policies.is_empty()
                && policies.iter().all(|policy| {
                    policy.resource_type() == "aws_iam_policy" && policy.mode() == mode
                })
        };
        match policies.as_slice() {
            _ if all_are(Mode::Managed) => Attached::Elsewhere,
            [found] if all_are(Mode::Data) => Attached::Found(*found),
            _ => Attached::Named(managed::judge(&arn), arn),
        }
    }

    /// Those whose ARN stands at a path; `None` where it can't be told which they are.
    fn named(&self, resource: Resource<'plan>, path: &AttrPath) -> Option<Vec<Resource<'plan>>> {
        let arn = marked_text(resource, path);
        match managed::judge(&arn) {
            Managed::CustomerManaged => {
                let identified: Vec<_> = self.plan.identified_by(&arn).collect();
                if identified.is_empty() {
                    self.of_its_account(resource, &arn)
                } else {
                    Some(identified)
                }
            }
            Managed::Unknown => {
                let references = resource.references(path);
                let complete = references.unresolved.is_empty()
                    && references.variables.is_empty()
                    && !references.targets.is_empty();
                complete.then(|| references.targets.iter().map(|target| target.resource).collect())
            }
            Managed::Broad | Managed::Narrow | Managed::Unlisted => Some(Vec::new()),
        }
    }

    /// The policy that an ARN names by its path and name, before its own ARN is known: a role or a user takes no other
    /// account's policies.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html>
    fn of_its_account(&self, resource: Resource<'plan>, arn: &str) -> Option<Vec<Resource<'plan>>> {
        let (path, name) = Arn::parse(arn)?.resource.strip_prefix("policy")?.rsplit_once('/')?;
        match self.by_name.named(name, resource) {
            Link::Unresolved => None,
            Link::To(policy)
                if policy.mode() == Mode::Managed
                    && policy.provider_key().is_some()
                    && policy.provider_key() == resource.provider_key()
                    && is_in(policy, path) =>
            {
                Some(vec![policy])
            }
            Link::To(_) | Link::Outside(_) | Link::Absent => Some(Vec::new()),
        }
    }
}

/// Whether a policy has this path, which is given without its last slash.
fn is_in(policy: Resource<'_>, path: &str) -> bool {
    let own = policy.get("path");
    match own.as_str() {
        Some(own) => own.strip_suffix('/') == Some(path),
        None => own.is_null() && path.is_empty(),
    }
}

/// A resource type that lets somebody act, in arguments instead of a document.
struct Permission {
    resource_type: &'static str,
    /// The action, where it is not an argument.
    action: Option<&'static str>,
    /// Arguments that limit who may act, with the conditions that they become.
    limits: &'static [(&'static str, &'static str, &'static str)],
}

/// <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html>,
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html>
const PERMISSIONS: [Permission; 3] = [
    Permission {
        resource_type: "aws_cloudwatch_event_permission",
        action: Some("events:PutEvents"),
        limits: &[("condition.value", "StringEquals", "aws:PrincipalOrgID")],
    },
    Permission {
        resource_type: "aws_lambda_layer_version_permission",
        action: None,
        limits: &[("organization_id", "StringEquals", "aws:PrincipalOrgID")],
    },
    Permission {
        resource_type: "aws_lambda_permission",
        action: None,
        limits: &[
            ("source_arn", "ArnLike", "aws:SourceArn"),
            ("source_account", "StringEquals", "aws:SourceAccount"),
            ("principal_org_id", "StringEquals", "aws:PrincipalOrgID"),
        ],
    },
];

impl Permission {
    fn grant<'plan>(&self, resource: Resource<'plan>) -> Grant<'plan> {
        let text = |path: &AttrPath| marked_text(resource, path);
        let mut conditions = Map::new();
        for (argument, operator, key) in self.limits {
            let set = arguments(resource, argument).into_iter();
            for argument in set.filter(|argument| !argument.value.is_null()) {
                let keys = conditions.entry(*operator).or_insert_with(|| json!({}));
                if let Some(keys) = keys.as_object_mut() {
                    keys.insert((*key).to_owned(), text(&argument.path).into());
                }
            }
        }
        let principal = text(&AttrPath::root().key("principal"));
        let kind_of_principal =
            if principal.ends_with(".amazonaws.com") { "Service" } else { "AWS" };
        let action =
            self.action.map_or_else(|| text(&AttrPath::root().key("action")), str::to_owned);
        let document = json!({ "Statement": {
            "Effect": "Allow",
            "Principal": { kind_of_principal: principal },
            "Action": action,
            "Condition": conditions,
        }});
        let source = Source::Permission(Text::Made(document.to_string()));
        Grant { resource, path: AttrPath::root(), kind: Kind::Resource, source }
    }
}

/// Judges each document once, however often it is attached.
fn judge_once<'a>(
    grants: &'a [Grant<'_>],
    memory: &Memory,
) -> HashMap<(Kind, Spelling<'a>), Judged> {
    let mut different = HashMap::default();
    for grant in grants {
        let text = match &grant.source {
            Source::Document(document) => &document.text,
            Source::Permission(text) => text,
            Source::Managed(_) | Source::Unknown => continue,
        };
        different.insert((grant.kind, text.spelling()), text);
    }
    let judged = different.into_par_iter().map(|((kind, spelling), text)| {
        let judged = text.read().map_or(Judged::Unknown, |text| judge_text(kind, &text, memory));
        ((kind, spelling), judged)
    });
    judged.collect()
}

fn judge_text(kind: Kind, text: &str, memory: &Memory) -> Judged {
    match Document::parse(text) {
        Ok(document) => {
            let defects = judge(&document, kind, memory);
            let remarks = defects.iter().map(|defect| Remark::of(&document, defect));
            Judged::Remarks(remarks.collect())
        }
        Err(error) => {
            let known = !text.contains([IDENTIFIER, UNKNOWN, OPAQUE]);
            Judged::Unreadable { error, known }
        }
    }
}

impl Remark {
    fn of(document: &Document<'_>, defect: &Defect) -> Self {
        let Defect { statement: index, subject, fault, certainty } = defect;
        let statement = document.statements.get(*index).and_then(Option::as_ref);
        let (element, text) = element(statement, *subject);
        let place = match subject {
            Subject::Statement => format!("Statement[{index}]"),
            Subject::Principal(at) | Subject::Action(at) | Subject::Resource(at) => {
                format!("Statement[{index}].{element}[{at}]")
            }
        };
        let (message, status, detail) = match certainty {
            Certainty::Certain => (wrong(fault).to_owned(), Status::Violated, detail(fault, text)),
            Certainty::Possible => {
                let message = format!("it is not known whether {}", wrong(fault));
                (message, Status::Undetermined, String::new())
            }
        };
        Self {
            statement: *index,
            subject: *subject,
            place,
            status,
            severity: (*fault == Fault::KeyAdministration).then_some(Severity::Note),
            message,
            detail,
            found: text.map(|text| format!("{element} {}", Shown(text))),
            expected: expected(fault),
        }
    }
}

/// The name and the text of the element that a defect is about; of a statement, its own name.
fn element<'a>(
    statement: Option<&'a Statement<'_>>,
    subject: Subject,
) -> (&'static str, Option<&'a str>) {
    let name = |polarity, only, except| match polarity {
        Polarity::Only => only,
        Polarity::Except => except,
    };
    let Some(statement) = statement else { return ("Statement", None) };
    match subject {
        Subject::Statement => ("Sid", statement.sid.as_deref()),
        Subject::Principal(at) => match &statement.principals {
            Some(principals) => (
                name(principals.polarity, "Principal", "NotPrincipal"),
                principals.list.get(at).map(crate::iam::Principal::text),
            ),
            None => ("Principal", None),
        },
        Subject::Action(at) => match &statement.actions {
            Some(clause) => (
                name(clause.polarity, "Action", "NotAction"),
                clause.patterns.get(at).map(|text| &**text),
            ),
            None => ("Action", None),
        },
        Subject::Resource(at) => match &statement.resources {
            Some(clause) => (
                name(clause.polarity, "Resource", "NotResource"),
                clause.patterns.get(at).map(|text| &**text),
            ),
            None => ("Resource", None),
        },
    }
}

/// What is wrong, as a clause.
const fn wrong(fault: &Fault) -> &'static str {
    match fault {
        Fault::WildcardAction(_) => "an action holds a wildcard",
        Fault::NoSuchAction => "an action fits none that AWS has",
        Fault::AllActionsExcept(_) => "NotAction allows every action that it does not list",
        Fault::AnyResource { .. } => {
            "any resource is allowed for actions that could be limited to some"
        }
        Fault::AllResourcesExcept => "NotResource allows every resource that it does not list",
        Fault::BroadResource => "an ARN covers every resource of a type",
        Fault::Region(RegionFault::Wildcard) => {
            "the ARN of a regional resource has a wildcard in its region"
        }
        Fault::Region(RegionFault::Missing) => "the ARN of a regional resource names no region",
        Fault::Public => "everyone may act, and no condition says who",
        Fault::EveryoneExcept => "NotPrincipal allows everyone whom it does not list",
        Fault::OpenToAccount => {
            "everyone in an account may assume the role, and no condition says who"
        }
        Fault::OpenToProvider => {
            "everyone with a login at an identity provider may assume the role, and no condition says who"
        }
        Fault::KeyAdministration => {
            "the account may do everything with its key, as far as its own policies let it"
        }
        Fault::Opaque => "a statement grants more than it needs to",
    }
}

const fn expected(fault: &Fault) -> &'static str {
    match fault {
        Fault::WildcardAction(_) | Fault::AllActionsExcept(_) => {
            "the actions that are needed, by name"
        }
        Fault::NoSuchAction => "an action that exists",
        Fault::AnyResource { .. } | Fault::BroadResource | Fault::AllResourcesExcept => {
            "the ARNs of the resources that are needed"
        }
        Fault::Region(_) => "an ARN with one region",
        Fault::Public | Fault::EveryoneExcept => {
            "the principals by name, or a condition such as aws:SourceArn or aws:SourceAccount"
        }
        Fault::OpenToAccount => {
            "the ARN of a role or a user, or a condition such as sts:ExternalId"
        }
        Fault::OpenToProvider => "a condition on the provider's own subject",
        Fault::KeyAdministration => {
            "the key's actions by name, if its account's policies shall not decide"
        }
        Fault::Opaque => "a statement that is known",
    }
}

/// What the fault amounts to, to be put behind what is wrong.
fn detail(fault: &Fault, text: Option<&str>) -> String {
    match fault {
        Fault::WildcardAction(grants) => format!(": it grants {}", Counted(grants)),
        Fault::AllActionsExcept(grants) => format!(": {}", Counted(grants)),
        Fault::AnyResource { narrowable } => format!(": {}", Counted(narrowable)),
        Fault::NoSuchAction => match text.and_then(actions::nearest) {
            Some(nearest) => format!("; the nearest is {nearest}"),
            None => String::new(),
        },
        _ => String::new(),
    }
}

/// `70 actions (10 of permissions management, 20 write: iam:AttachRolePolicy)`, in AWS's words for access levels. Actions
/// that only read, list or tag stand behind a semicolon.
struct Counted<'a>(&'a Grants);

impl fmt::Display for Counted<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(grants) = self;
        let total = grants.total();
        write!(out, "{total} {} (", if total == 1 { "action" } else { "actions" })?;
        match (grants.permissions, grants.write) {
            (0, 0) => {}
            (0, write) => write!(out, "{write} write: ")?,
            (permissions, 0) => write!(out, "{permissions} of permissions management: ")?,
            (permissions, write) => {
                write!(out, "{permissions} of permissions management, {write} write: ")?;
            }
        }
        let strong = grants.permissions + grants.write;
        for (index, name) in grants.strongest.iter().enumerate() {
            let separator = match index {
                0 => "",
                index if index == strong => "; ",
                _ => ", ",
            };
            write!(out, "{separator}{name}")?;
        }
        out.write_str(")")
    }
}

fn report_document(grant: &Grant<'_>, text: &PolicyText<'_>, judged: &Judged, sink: &mut Sink) {
    let report = |finding: Finding, evidence: &[Resource<'_>], sink: &mut Sink| {
        sink.report(evidence.iter().fold(finding, |finding, shown| finding.evidence(*shown)));
    };
    match judged {
        Judged::Remarks(remarks) => {
            for remark in remarks {
                let path = format!("{}.{}", grant.path, remark.place);
                let finding = remark.finding(grant.resource, path, text.sensitive);
                let evidence: Vec<_> = text.evidence_of(remark.statement).collect();
                report(finding, &evidence, sink);
            }
        }
        // An organization's policy of a type that is not known may be in another language.
        Judged::Unreadable { error, known: true } if grant.kind != Kind::Scp => {
            let message = format!("the policy can't be read: {error}");
            let finding = Finding::violated(grant.resource, &grant.path, message);
            report(finding, &text.evidence, sink);
        }
        Judged::Unreadable { .. } => {
            let message = "the policy can't be read while parts of it are not known";
            let finding = Finding::undetermined(grant.resource, &grant.path, message);
            report(finding, &text.evidence, sink);
        }
        Judged::Unknown => report_unknown(grant, sink),
    }
}

fn report_unknown(grant: &Grant<'_>, sink: &mut Sink) {
    let message = "the policy is not known before apply, and nothing shows what it will grant";
    sink.report(Finding::undetermined(grant.resource, &grant.path, message));
}

fn report_permission(grant: &Grant<'_>, judged: &Judged, sink: &mut Sink) {
    let Judged::Remarks(remarks) = judged else {
        let message = "the permission can't be read while parts of it are not known";
        return sink.report(Finding::undetermined(grant.resource, "", message));
    };
    for remark in remarks {
        let path = match remark.subject {
            Subject::Action(_) => "action",
            _ => "principal",
        };
        let sensitive = grant.resource.get(path).is_sensitive();
        sink.report(remark.finding(grant.resource, path.to_owned(), sensitive));
    }
}

impl Remark {
    fn finding(&self, resource: Resource<'_>, path: String, sensitive: bool) -> Finding {
        let message = if sensitive {
            self.message.clone()
        } else {
            format!("{}{}", self.message, self.detail)
        };
        let finding = match self.status {
            Status::Violated => Finding::violated(resource, path, message),
            Status::Undetermined => Finding::undetermined(resource, path, message),
        };
        let finding = finding.expected(self.expected);
        let finding = match (&self.found, sensitive) {
            (_, true) => finding.found("(sensitive)"),
            (Some(found), false) => finding.found(found),
            (None, false) => finding,
        };
        match self.severity {
            Some(severity) => finding.at_most(severity),
            None => finding,
        }
    }
}

fn report_attached(grant: &Grant<'_>, attached: &Attached<'_>, memory: &Memory, sink: &mut Sink) {
    let Grant { resource, path, .. } = grant;
    let (managed, name) = match attached {
        Attached::Elsewhere => return,
        Attached::Named(managed, name) => (*managed, name.clone()),
        Attached::Found(data) => {
            if let Some(document) = policy_text(*data, &AttrPath::root().key("policy"))
                && let Some(text) = document.text.read()
            {
                let judged = judge_text(grant.kind, &text, memory);
                return report_document(grant, &document, &judged, sink);
            }
            let arn = data.get("arn").as_str().unwrap_or_default().into_owned();
            (managed::judge(&arn), arn)
        }
    };
    let undetermined = |message| Finding::undetermined(*resource, path, message);
    let finding = match managed {
        Managed::Narrow => return,
        Managed::Broad => Finding::violated(
            *resource,
            path,
            "an AWS managed policy grants all of a service, or more",
        )
        .expected("a policy of the account's own with the actions and resources that are needed"),
        Managed::Unlisted => {
            undetermined("it is not recorded how much this AWS managed policy grants")
        }
        Managed::CustomerManaged => undetermined("the policy's document is not part of the input"),
        Managed::Unknown => undetermined("it is not known which managed policy is attached"),
    };
    let value = resource.at(path);
    sink.report(if value.is_unknown() && !name.is_empty() {
        finding.found(Shown(&name))
    } else {
        finding.found(value)
    });
}

#[cfg(test)]
mod tests {
    use drstack_plan::Documents;

    use super::*;
    use crate::{Pack, Parameters, RuleFinding};

    fn pack() -> Pack {
        Pack { rules: vec![(&RULE, Severity::Error)], parameters: Parameters::default() }
    }

    fn judge_configuration(text: &str) -> Vec<RuleFinding> {
        let documents: Documents =
            [("main.tf.json".to_owned(), text.as_bytes().to_vec())].into_iter().collect();
        crate::judge(&Plan::from_documents(&documents).unwrap(), &pack()).findings
    }

    #[test]
    fn the_accounts_right_to_its_key_is_only_noted() {
        let policy =
            r#"{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"kms:*\", \"Resource\": \"*\",
            \"Principal\": {\"AWS\": \"arn:aws:iam::111122223333:root\"}}}"#
                .replace('\n', " ");
        let text =
            format!(r#"{{"resource": {{"aws_kms_key": {{"k": {{"policy": "{policy}"}}}}}}}}"#);
        let found = judge_configuration(&text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].severity, Severity::Note);
        assert_eq!(&*found[0].finding.path, "policy.Statement[0].Action[0]");
    }

    #[test]
    fn actions_on_any_resource_are_named() {
        let text = r#"{"resource": {"aws_iam_role_policy": {"it": {"policy":
            "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": [ACTIONS], \"Resource\": \"*\"}]}"}}}}"#;
        for (actions, expected) in [
            (r#"\"xray:PutTraceSegments\", \"dynamodb:GetItem\""#, ": 1 action (dynamodb:GetItem)"),
            (
                r#"\"dynamodb:GetItem\", \"sqs:SendMessage\""#,
                ": 2 actions (1 write: sqs:SendMessage; dynamodb:GetItem)",
            ),
        ] {
            let found = judge_configuration(&text.replace("ACTIONS", actions));
            assert_eq!(found.len(), 1);
            let message = &found[0].finding.message;
            assert!(message.ends_with(expected), "{message}");
        }
    }

    #[test]
    fn findings_about_different_parts_of_a_policy_are_told_apart() {
        let text = r#"{"resource": {"aws_iam_role_policy": {"it": {"policy":
            "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": [\"sqs:*\", \"s3:*\"], \"Resource\": \"x\"}]}"}}}}"#;
        let found = judge_configuration(text);
        assert_eq!(found.len(), 2);
        assert_ne!(found[0].fingerprint(), found[1].fingerprint());
    }

    #[test]
    fn evidence_leads_to_the_document_that_holds_the_statement() {
        let text = r#"{
            "data": {"aws_iam_policy_document": {
                "inner": {"statement": [{"actions": ["s3:*"], "resources": ["arn:aws:s3:::x"]}]},
                "middle": {
                    "source_policy_documents": ["${data.aws_iam_policy_document.inner.json}"],
                    "statement": [{"sid": "Replaced", "actions": ["kms:*"], "resources": ["*"]}]
                },
                "outer": {
                    "source_policy_documents": ["${data.aws_iam_policy_document.middle.json}"],
                    "statement": [
                        {"sid": "Replaced", "actions": ["sqs:*"], "resources": ["arn:aws:sqs:us-east-1:111122223333:q"]},
                        {"actions": ["dynamodb:*"], "resources": ["arn:aws:dynamodb:us-east-1:111122223333:table/t"]}
                    ]
                }
            }},
            "resource": {"aws_iam_policy": {"it": {"policy": "${data.aws_iam_policy_document.outer.json}"}}}
        }"#;
        let evidence: Vec<_> = judge_configuration(text)
            .into_iter()
            .map(|found| {
                let documents = found.finding.evidence.iter();
                let names = documents.map(|address| address.rsplit('.').next().unwrap());
                format!("{}: {}", found.finding.path, names.collect::<Vec<_>>().join(" "))
            })
            .collect();
        assert_eq!(
            evidence,
            [
                "policy.Statement[0].Action[0]: outer middle inner",
                "policy.Statement[1].Action[0]: outer",
                "policy.Statement[2].Action[0]: outer",
            ]
        );
    }

    #[test]
    fn nothing_of_a_sensitive_policy_is_shown() {
        let text = r#"{"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": [{
            "address": "aws_iam_policy.it", "mode": "managed", "type": "aws_iam_policy", "name": "it",
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": {"actions": ["create"], "before": null, "after_unknown": {},
                "after_sensitive": {"policy": true},
                "after": {"policy": "{\"Statement\": [{\"Effect\": \"Allow\", \"Sid\": \"canary\",
                    \"Action\": [\"sqs:*\", \"s3:canary\"], \"NotResource\": \"canary\"}]}"}}
        }], "configuration": {"root_module": {"resources": [{"address": "aws_iam_policy.it", "mode": "managed",
            "type": "aws_iam_policy", "name": "it", "expressions": {"policy": {"references": ["var.policy"]}}}]}}}"#;
        let text = text.replace('\n', " ");
        let plan = Plan::read(text.as_bytes()).unwrap();
        let found = crate::judge(&plan, &pack()).findings;
        assert_eq!(found.len(), 3);
        for finding in found {
            let shown = format!("{:?}", finding.finding);
            assert!(!shown.contains("canary") && !shown.contains("sqs:"), "{shown}");
        }
    }
}
