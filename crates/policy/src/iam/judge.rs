//! Where a policy grants more than it needs to.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use super::actions::{self, Access, Action, Expansions};
use super::arn::{self, Arn, RegionFault};
use super::condition::{self, Limit, Reading};
use super::document::{Clause, Condition, Document, Effect, Polarity, Principal, Statement};
use super::glob;
use super::memo::Memo;
use super::template::{self, IDENTIFIER};
use crate::tables::policy_documents::Kind;

/// One thing that is wrong with a policy, or could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defect {
    /// Which statement, from 0.
    pub statement: usize,
    /// Which part of it.
    pub subject: Subject,
    /// What is wrong.
    pub fault: Fault,
    /// Whether it is so, or depends on what is not known yet.
    pub certainty: Certainty,
}

/// The part of a statement that a defect is about; the number counts from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The statement as a whole.
    Statement,
    /// A principal.
    Principal(usize),
    /// A pattern of `Action` or `NotAction`.
    Action(usize),
    /// A pattern of `Resource` or `NotResource`.
    Resource(usize),
}

/// Whether a fault is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// Whatever the unknown parts turn out to be.
    Certain,
    /// Only if an unknown part turns out badly.
    Possible,
}

/// What is wrong with a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// An action pattern with a wildcard.
    WildcardAction(Grants),
    /// An action pattern that no action fits.
    NoSuchAction,
    /// `NotAction` that allows: everything but what it lists.
    AllActionsExcept(Grants),
    /// `*` as resource, for actions that could be limited further.
    AnyResource {
        /// The actions that accept something narrower.
        narrowable: Grants,
    },
    /// `NotResource` that allows.
    AllResourcesExcept,
    /// An ARN that covers every resource of a type.
    BroadResource,
    /// An ARN that is not limited to one region, though it means something regional.
    Region(RegionFault),
    /// Everyone may act, without a condition that says who.
    Public,
    /// `NotPrincipal` that allows.
    EveryoneExcept,
    /// Everyone in an account may assume the role, without a condition that says who.
    OpenToAccount,
    /// Everyone with a login at an identity provider may assume the role.
    OpenToProvider,
    /// The account administers its key, as AWS recommends; to be noted, not to be mended.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
    KeyAdministration,
    /// Nothing is known about the statement.
    Opaque,
}

/// How many actions something grants, and the strongest of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// Actions that list.
    pub list: usize,
    /// Actions that read.
    pub read: usize,
    /// Actions that change tags.
    pub tagging: usize,
    /// Actions that create, change or delete.
    pub write: usize,
    /// Actions that change permissions.
    pub permissions: usize,
    /// Up to [`Grants::STRONGEST`] actions: those that change permissions first, then those that write, then the others.
    pub strongest: Vec<&'static str>,
}

impl Grants {
    /// How many actions are named at most.
    pub const STRONGEST: usize = 3;

    /// All actions together.
    #[must_use]
    pub const fn total(&self) -> usize {
        self.list + self.read + self.tagging + self.write + self.permissions
    }

    /// Every action that AWS has; counted once, because policies often grant just that.
    fn everything() -> &'static Self {
        static EVERYTHING: LazyLock<Grants> =
            LazyLock::new(|| actions::all().iter().copied().collect());
        &EVERYTHING
    }

    /// Every action that accepts a narrower resource than `*`.
    fn everything_narrowable() -> &'static Self {
        static NARROWABLE: LazyLock<Grants> =
            LazyLock::new(|| narrowable(actions::all().iter().copied()));
        &NARROWABLE
    }
}

impl FromIterator<Action> for Grants {
    fn from_iter<I: IntoIterator<Item = Action>>(actions: I) -> Self {
        let mut grants = Self::default();
        let (mut permissions, mut writes, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for action in actions {
            let (count, names) = match action.access() {
                Access::List => (&mut grants.list, &mut others),
                Access::Read => (&mut grants.read, &mut others),
                Access::Tagging => (&mut grants.tagging, &mut others),
                Access::Write => (&mut grants.write, &mut writes),
                Access::Permissions => (&mut grants.permissions, &mut permissions),
            };
            *count += 1;
            if names.len() < Self::STRONGEST {
                names.push(action.name());
            }
        }
        let by_strength = permissions.into_iter().chain(writes).chain(others);
        grants.strongest = by_strength.take(Self::STRONGEST).collect();
        grants
    }
}

/// What judging a policy brings to light about AWS's actions, kept for the next policy: those of one plan hold much the
/// same patterns.
#[derive(Debug, Default)]
pub struct Memory {
    expansions: Expansions,
    /// What statements with `NotAction` leave, by kind of grants, beginning of the actions and what is listed.
    remainders: Memo<(Counted, &'static str, Vec<String>), Grants>,
}

/// Which actions are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Counted {
    All,
    /// Those that accept a narrower resource than `*`.
    Narrowable,
}

/// Judges a policy document by what it is attached to; the defects in the order of the text.
///
/// What is not known is judged twice, as if it were one name and as if it were anything: a fault of
/// the first reading is certain, one that only the second shows is possible.
#[must_use]
pub fn judge(document: &Document<'_>, kind: Kind, memory: &Memory) -> Vec<Defect> {
    let mut defects = Vec::new();
    for (index, statement) in document.statements.iter().enumerate() {
        let mut add = |(subject, fault), certainty| {
            defects.push(Defect { statement: index, subject, fault, certainty });
        };
        let Some(statement) = statement else {
            add((Subject::Statement, Fault::Opaque), Certainty::Possible);
            continue;
        };
        let under = |reading| Judge { document, statement, kind, reading, memory }.faults();
        let certain = under(Reading::Narrowest);
        let possible = if statement.has_unknowns() {
            let same = |(subject, fault): &(Subject, Fault)| {
                certain.iter().any(|(its, other)| its == subject && fault.is_like(other))
            };
            under(Reading::Widest).into_iter().filter(|found| !same(found)).collect()
        } else {
            Vec::new()
        };
        certain.into_iter().for_each(|found| add(found, Certainty::Certain));
        possible.into_iter().for_each(|found| add(found, Certainty::Possible));
    }
    defects.sort_by_key(|defect| (defect.statement, defect.subject));
    defects
}

impl Fault {
    fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

const EVERYTHING: &str = "*";
const EVERYTHING_OF_EVERY_SERVICE: &str = "*:*";
const EVERYTHING_OF_KMS: &str = "kms:*";

/// One statement under one reading of its unknown parts.
struct Judge<'a> {
    document: &'a Document<'a>,
    statement: &'a Statement<'a>,
    kind: Kind,
    reading: Reading,
    memory: &'a Memory,
}

type Found = (Subject, Fault);

impl Judge<'_> {
    fn faults(&self) -> Vec<Found> {
        let mut found = Vec::new();
        self.misspelled_actions(&mut found);
        if !self.allows() {
            return found;
        }
        match self.kind {
            // What only limits grants nothing, however wide it is.
            Kind::Scp | Kind::Boundary => {}
            Kind::Endpoint if self.names_callers() => {}
            // A way out to what anybody has: https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
            Kind::Endpoint => self.resources(&mut found),
            _ => {
                self.principals(&mut found);
                self.actions(&mut found);
                self.resources(&mut found);
            }
        }
        found
    }

    /// Whether the statement says whose requests it is about: by name, or by a condition.
    fn names_callers(&self) -> bool {
        self.is_limited(Limit::Principal)
            || self.statement.principals.as_ref().is_some_and(|principals| {
                principals.polarity == Polarity::Only
                    && !principals.list.is_empty()
                    && principals.list.iter().all(|one| !glob::is_pattern(&self.read(one.text())))
            })
    }

    fn allows(&self) -> bool {
        match self.statement.effect {
            Effect::Allow => true,
            Effect::Deny => false,
            Effect::Unknown => self.reading == Reading::Widest,
        }
    }

    fn read<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.reading {
            Reading::Narrowest => template::narrowest(text),
            Reading::Widest => template::widest(text),
        }
    }

    fn is_limited(&self, limit: Limit) -> bool {
        condition::limits(&self.statement.conditions, limit, self.reading)
    }

    /// In a statement that denies, a misspelled action is worse than in one that allows.
    fn misspelled_actions(&self, found: &mut Vec<Found>) {
        for (index, pattern) in patterns(self.statement.actions.as_ref()) {
            let pattern = self.read(pattern);
            if !pattern.contains(IDENTIFIER) && self.matching(&pattern).is_empty() {
                found.push((Subject::Action(index), Fault::NoSuchAction));
            }
        }
    }

    fn principals(&self, found: &mut Vec<Found>) {
        let Some(principals) = &self.statement.principals else { return };
        if principals.polarity == Polarity::Except {
            found.push((Subject::Statement, Fault::EveryoneExcept));
            return;
        }
        let limited = self.is_limited(Limit::Principal);
        for (index, principal) in principals.list.iter().enumerate() {
            let text = self.read(principal.text());
            let fault = match principal {
                _ if glob::is_pattern(&text) => (!limited).then_some(Fault::Public),
                Principal::Aws(_) if self.kind == Kind::Trust && !limited => {
                    arn::whole_account(&text).map(|_| Fault::OpenToAccount)
                }
                Principal::Federated(_) if self.kind == Kind::Trust => {
                    let bound = condition::limits_subject(&self.statement.conditions, self.reading);
                    (!bound).then_some(Fault::OpenToProvider)
                }
                _ => None,
            };
            found.extend(fault.map(|fault| (Subject::Principal(index), fault)));
        }
    }

    fn actions(&self, found: &mut Vec<Found>) {
        let Some(clause) = &self.statement.actions else { return };
        if clause.polarity == Polarity::Except {
            let grants = self.remaining(clause, Counted::All);
            found.push((Subject::Statement, Fault::AllActionsExcept(grants)));
            return;
        }
        for (index, pattern) in patterns(Some(clause)) {
            let pattern = self.read(pattern);
            if !glob::is_pattern(&pattern) {
                continue;
            }
            let grants = self.grants(&pattern);
            if grants.total() == 0 {
                continue;
            }
            let all_of_the_key =
                self.within_the_kind(&pattern) == EVERYTHING_OF_KMS && self.is_the_keys_account();
            let fault = if all_of_the_key {
                Fault::KeyAdministration
            } else {
                Fault::WildcardAction(grants)
            };
            found.push((Subject::Action(index), fault));
        }
    }

    fn resources(&self, found: &mut Vec<Found>) {
        let Some(clause) = &self.statement.resources else { return };
        if clause.polarity == Polarity::Except {
            found.push((Subject::Statement, Fault::AllResourcesExcept));
            return;
        }
        // Attached to one resource, a policy reaches no other: `*` is that resource.
        let reaches_others = matches!(self.kind, Kind::Identity | Kind::Account | Kind::Endpoint);
        let limited = self.is_limited(Limit::Resource);
        let may_be_broad = limited || self.only_lists() || self.only_a_service_may();
        for (index, pattern) in patterns(Some(clause)) {
            let pattern = self.read(pattern);
            let mut add = |fault| found.push((Subject::Resource(index), fault));
            match Arn::parse(&pattern) {
                Some(arn) => {
                    if let Some(fault) =
                        arn.region_fault().filter(|_| !self.is_limited(Limit::Region))
                    {
                        add(Fault::Region(fault));
                    }
                    if reaches_others
                        && self.kind != Kind::Endpoint
                        && !may_be_broad
                        && arn.is_broad()
                    {
                        add(Fault::BroadResource);
                    }
                }
                None if reaches_others && !limited && pattern.starts_with(['*', '?']) => {
                    let narrowable = self.narrowable();
                    if narrowable.total() > 0 {
                        add(Fault::AnyResource { narrowable });
                    }
                }
                // A wildcard stands for all the parts that are missing: `arn:aws:*`.
                None if pattern.starts_with("arn:") && glob::is_pattern(&pattern) => {
                    add(Fault::Region(RegionFault::Wildcard));
                    if reaches_others && !limited {
                        add(Fault::BroadResource);
                    }
                }
                None => {}
            }
        }
    }

    /// Whether the statement's actions only list: whoever lists does not know yet what there is.
    fn only_lists(&self) -> bool {
        let Some(clause) = &self.statement.actions else { return false };
        let lists = |pattern: &str| {
            let granted = self.matching(pattern);
            !granted.is_empty() && granted.iter().all(|action| action.access() == Access::List)
        };
        clause.polarity == Polarity::Only
            && patterns(Some(clause)).all(|(_, pattern)| lists(&self.read(pattern)))
    }

    /// Whether another statement denies the same to the code of all functions that have the role, which leaves it to
    /// Lambda itself. Lambda needs the network interfaces of all subnets, and AWS recommends this refusal:
    /// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html>.
    fn only_a_service_may(&self) -> bool {
        let Some(clause) = &self.statement.actions else { return false };
        let denies = |other: &Statement<'_>, action: &str| {
            let by_code = |condition: &Condition<'_>| {
                condition.key.eq_ignore_ascii_case("lambda:SourceFunctionArn")
            };
            other.effect == Effect::Deny
                && !other.has_unknowns()
                && matches!(other.conditions.as_slice(), [only] if by_code(only))
                && other.resources == self.statement.resources
                && other.actions.as_ref().is_some_and(|denied| {
                    denied.polarity == Polarity::Only
                        && denied.patterns.iter().any(|it| it.eq_ignore_ascii_case(action))
                })
        };
        clause.polarity == Polarity::Only
            && patterns(Some(clause)).all(|(_, action)| {
                self.document.statements.iter().flatten().any(|other| denies(other, action))
            })
    }

    /// The statement's actions that accept a narrower resource than `*`.
    fn narrowable(&self) -> Grants {
        let Some(clause) = &self.statement.actions else { return Grants::default() };
        if clause.polarity == Polarity::Except {
            return self.remaining(clause, Counted::Narrowable);
        }
        let mut granted = Vec::new();
        for (_, pattern) in patterns(Some(clause)) {
            match self.within_the_kind(&self.read(pattern)) {
                EVERYTHING | EVERYTHING_OF_EVERY_SERVICE => {
                    return Grants::everything_narrowable().clone();
                }
                pattern => granted.extend(self.matching(pattern).iter().copied()),
            }
        }
        granted.sort_unstable();
        granted.dedup();
        narrowable(granted)
    }

    fn grants(&self, pattern: &str) -> Grants {
        match self.within_the_kind(pattern) {
            EVERYTHING | EVERYTHING_OF_EVERY_SERVICE => Grants::everything().clone(),
            pattern => self.matching(pattern).iter().copied().collect(),
        }
    }

    fn matching(&self, pattern: &str) -> Arc<[Action]> {
        self.memory.expansions.of(pattern)
    }

    /// A key policy grants nothing but KMS's actions.
    fn within_the_kind<'p>(&self, pattern: &'p str) -> &'p str {
        if self.kind == Kind::Key && pattern == EVERYTHING { EVERYTHING_OF_KMS } else { pattern }
    }

    /// The actions that a `NotAction` leaves.
    fn remaining(&self, clause: &Clause<'_>, counted: Counted) -> Grants {
        let service = if self.kind == Kind::Key { "kms:" } else { "" };
        let patterns = patterns(Some(clause)).map(|(_, pattern)| template::narrowest(pattern));
        let question = (counted, service, patterns.map(Cow::into_owned).collect());
        let remaining = self.memory.remainders.get(&question, || {
            let (.., patterns) = &question;
            let listed = patterns.iter().map(|pattern| self.matching(pattern));
            let mut listed = listed.collect::<Vec<_>>().concat();
            listed.sort_unstable();
            let all = actions::all().iter().filter(|action| action.name().starts_with(service));
            let left = all.copied().filter(|action| listed.binary_search(action).is_err());
            Arc::new(match counted {
                Counted::All => left.collect(),
                Counted::Narrowable => narrowable(left),
            })
        });
        Grants::clone(&remaining)
    }

    /// Whether a key policy's statement is for accounts as a whole, whose own policies then decide.
    fn is_the_keys_account(&self) -> bool {
        let Some(principals) = &self.statement.principals else { return false };
        self.kind == Kind::Key
            && principals.polarity == Polarity::Only
            && !principals.list.is_empty()
            && principals.list.iter().all(|principal| match principal {
                Principal::Aws(text) => {
                    let text = self.read(text);
                    !glob::is_pattern(&text) && arn::whole_account(&text).is_some()
                }
                _ => false,
            })
    }
}

/// Those of the actions that accept a narrower resource than `*`.
fn narrowable(actions: impl IntoIterator<Item = Action>) -> Grants {
    actions.into_iter().filter(|action| !action.accepts_only_any_resource()).collect()
}

fn patterns<'a>(clause: Option<&'a Clause<'_>>) -> impl Iterator<Item = (usize, &'a str)> {
    clause
        .into_iter()
        .flat_map(|clause| clause.patterns.iter().map(|pattern| &**pattern).enumerate())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::template::{OPAQUE, UNKNOWN};
    use super::*;

    /// Defects as `subject fault certainty`, of statements without their braces.
    fn judged(kind: Kind, statements: &[&str]) -> Vec<(usize, Subject, &'static str, Certainty)> {
        let bodies: Vec<_> = statements.iter().map(|body| format!("{{{body}}}")).collect();
        let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, bodies.join(","));
        let document = Document::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        judge(&document, kind, &Memory::default())
            .into_iter()
            .map(|it| (it.statement, it.subject, name(&it.fault), it.certainty))
            .collect()
    }

    fn name(fault: &Fault) -> &'static str {
        match fault {
            Fault::WildcardAction(_) => "wildcard action",
            Fault::NoSuchAction => "no such action",
            Fault::AllActionsExcept(_) => "all actions except",
            Fault::AnyResource { .. } => "any resource",
            Fault::AllResourcesExcept => "all resources except",
            Fault::BroadResource => "broad resource",
            Fault::Region(RegionFault::Wildcard) => "wildcard region",
            Fault::Region(RegionFault::Missing) => "missing region",
            Fault::Public => "public",
            Fault::EveryoneExcept => "everyone except",
            Fault::OpenToAccount => "open to account",
            Fault::OpenToProvider => "open to provider",
            Fault::KeyAdministration => "key administration",
            Fault::Opaque => "opaque",
        }
    }

    /// The certain faults of one statement.
    #[track_caller]
    fn faults(kind: Kind, statement: &str) -> Vec<(Subject, &'static str)> {
        let judged = judged(kind, &[statement]);
        assert!(
            judged.iter().all(|(_, _, _, certainty)| *certainty == Certainty::Certain),
            "{judged:?}"
        );
        judged.into_iter().map(|(_, subject, fault, _)| (subject, fault)).collect()
    }

    const ALLOW: &str = r#""Effect": "Allow","#;

    fn allow(rest: &str) -> String {
        format!("{ALLOW} {rest}")
    }

    #[test]
    fn a_narrow_policy_has_no_fault() {
        let queue = r#""Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage"],
            "Resource": "arn:aws:sqs:us-east-1:111122223333:orders""#;
        assert_eq!(faults(Kind::Identity, &allow(queue)), []);
        let bucket = r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*""#;
        assert_eq!(faults(Kind::Identity, &allow(bucket)), []);
    }

    #[test]
    fn wildcard_actions_say_what_they_grant() {
        let text = r#"{"Statement": {"Effect": "Allow", "Action": ["kms:Decrypt", "IAM:*"], "Resource": "x"}}"#;
        let defects = judge(&Document::parse(text).unwrap(), Kind::Identity, &Memory::default());
        assert_eq!(defects.len(), 1);
        assert_eq!(defects[0].subject, Subject::Action(1));
        let Fault::WildcardAction(grants) = &defects[0].fault else { panic!("{defects:?}") };
        assert_eq!(grants.total(), actions::matching("iam:*").count());
        assert!(grants.permissions > 10 && grants.write > 10);
        assert_eq!(grants.strongest.len(), Grants::STRONGEST);
        for name in &grants.strongest {
            assert_eq!(
                actions::matching(name).next().map(Action::access),
                Some(Access::Permissions)
            );
        }
    }

    #[test]
    fn everything_is_counted_once() {
        let grants = Grants::everything();
        assert_eq!(grants.total(), 20_455);
        let text =
            r#"{"Statement": {"Effect": "Allow", "Action": ["*", "s3:*"], "Resource": "*"}}"#;
        let defects = judge(&Document::parse(text).unwrap(), Kind::Identity, &Memory::default());
        let Fault::AnyResource { narrowable } = &defects[2].fault else { panic!("{defects:?}") };
        assert_eq!(narrowable.total(), 20_455 - 6_329);
    }

    #[test]
    fn misspelled_actions_are_found_in_either_effect() {
        let typo = r#""Action": ["s3:GetObject", "s3:GetObjects", "dynamo:GetItem", "s3:Frob*"], "Resource": "x""#;
        let expected = [1, 2, 3].map(|index| (Subject::Action(index), "no such action"));
        assert_eq!(faults(Kind::Identity, &allow(typo)), expected);
        assert_eq!(faults(Kind::Scp, &format!(r#""Effect": "Deny", {typo}"#)), expected);
    }

    #[test]
    fn any_resource_is_a_fault_only_where_something_narrower_exists() {
        let any = |action: &str| {
            faults(Kind::Identity, &allow(&format!(r#""Action": {action}, "Resource": "*""#)))
        };
        assert_eq!(any(r#"["ec2:DescribeNetworkInterfaces", "cloudwatch:PutMetricData"]"#), []);
        assert_eq!(
            any(r#"["ec2:DescribeNetworkInterfaces", "sqs:SendMessage"]"#),
            [(Subject::Resource(0), "any resource")]
        );
    }

    #[test]
    fn a_condition_on_the_resource_counts() {
        let tagged = r#""Action": "sqs:SendMessage", "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/team": "payments"}}"#;
        assert_eq!(faults(Kind::Identity, &allow(tagged)), []);
        let other = tagged.replace("aws:ResourceTag/team", "aws:CalledVia");
        assert_eq!(faults(Kind::Identity, &allow(&other)).len(), 1);
    }

    #[test]
    fn arns_are_judged_by_region_and_breadth() {
        let resource = |arn: &str| {
            faults(
                Kind::Identity,
                &allow(&format!(r#""Action": "sqs:SendMessage", "Resource": ["x", "{arn}"]"#)),
            )
        };
        assert_eq!(
            resource("arn:aws:sqs:*:111122223333:orders"),
            [(Subject::Resource(1), "wildcard region")]
        );
        assert_eq!(
            resource("arn:aws:sqs::111122223333:orders"),
            [(Subject::Resource(1), "missing region")]
        );
        assert_eq!(
            resource("arn:aws:sqs:us-east-1:111122223333:*"),
            [(Subject::Resource(1), "broad resource")]
        );
        assert_eq!(resource("arn:aws:*").len(), 2);
        let limited = r#""Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:*:111122223333:orders",
            "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}"#;
        assert_eq!(faults(Kind::Identity, &allow(limited)), []);
    }

    #[test]
    fn an_arn_may_cover_a_type_for_actions_that_list() {
        let clusters = |actions: &str| {
            let body = format!(
                r#""Action": {actions}, "Resource": "arn:aws:rds:us-east-1:111122223333:cluster:*""#
            );
            faults(Kind::Identity, &allow(&body))
        };
        assert_eq!(clusters(r#"["rds:DescribeDBClusters", "rds:DescribeDBClusterSnapshots"]"#), []);
        let broad = [(Subject::Resource(0), "broad resource")];
        assert_eq!(clusters(r#"["rds:DescribeDBClusters", "rds:DeleteDBCluster"]"#), broad);
        assert_eq!(clusters(r#""rds:NoSuchAction""#)[1..], broad);
    }

    #[test]
    fn an_arn_may_cover_a_type_where_code_is_refused_it() {
        let interfaces = r#""Action": ["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"],
            "Resource": "arn:aws:ec2:us-east-1:111122223333:*/*""#;
        let deny = |rest: &str| format!(r#""Effect": "Deny", {rest}"#);
        let of_functions = r#", "Condition": {"ArnLike": {"lambda:SourceFunctionArn": "arn:aws:lambda:*:*:function:*"}}"#;
        let broad = |other: &str| {
            let found = judged(Kind::Identity, &[&allow(interfaces), other]);
            found.iter().any(|(_, _, fault, _)| *fault == "broad resource")
        };
        assert!(!broad(&deny(&format!("{interfaces}{of_functions}"))));
        assert!(broad(&deny(interfaces.replace(r#", "ec2:DeleteNetworkInterface""#, "").as_str())));
        assert!(broad(&deny(&format!("{}{of_functions}", interfaces.replace("*/*", "subnet/x")))));
        assert!(broad(&allow(&format!("{interfaces}{of_functions}"))));
    }

    #[test]
    fn negated_elements_that_allow_are_faults() {
        let negated = r#""NotAction": "iam:*", "NotResource": "arn:aws:s3:::x", "NotPrincipal": {"AWS": "x"}"#;
        let found = faults(Kind::Resource, &allow(negated));
        assert_eq!(
            found.iter().map(|(_, fault)| *fault).collect::<Vec<_>>(),
            ["everyone except", "all actions except", "all resources except"]
        );
        assert_eq!(faults(Kind::Resource, &format!(r#""Effect": "Deny", {negated}"#)), []);
    }

    #[test]
    fn what_is_left_by_not_action_is_counted() {
        let text = r#"{"Statement": {"Effect": "Allow", "NotAction": ["iam:*", "IAM:Get*"], "Resource": "x"}}"#;
        let defects = judge(&Document::parse(text).unwrap(), Kind::Identity, &Memory::default());
        let Fault::AllActionsExcept(grants) = &defects[0].fault else { panic!("{defects:?}") };
        assert_eq!(grants.total(), 20_455 - actions::matching("iam:*").count());
    }

    #[test]
    fn everyone_needs_a_condition_that_says_who() {
        let public = |rest: &str| {
            faults(
                Kind::Resource,
                &allow(&format!(r#""Principal": "*", "Action": "sqs:SendMessage" {rest}"#)),
            )
        };
        assert_eq!(public(""), [(Subject::Principal(0), "public")]);
        assert_eq!(
            public(
                r#", "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:1:t"}}"#
            ),
            []
        );
        assert_eq!(public(r#", "Condition": {"Bool": {"aws:SecureTransport": "true"}}"#).len(), 1);
        assert_eq!(
            public(r#", "Condition": {"StringEqualsIfExists": {"aws:SourceAccount": "1"}}"#).len(),
            1
        );
    }

    #[test]
    fn trust_is_open_to_an_account_or_a_provider_without_a_condition() {
        let trust = |principal: &str, condition: &str| {
            let body = format!(
                r#""Principal": {principal}, "Action": "sts:AssumeRole", "Condition": {condition}"#
            );
            faults(Kind::Trust, &allow(&body))
                .into_iter()
                .map(|(_, fault)| fault)
                .collect::<Vec<_>>()
        };
        let root = r#"{"AWS": "arn:aws:iam::111122223333:root"}"#;
        assert_eq!(trust(root, "{}"), ["open to account"]);
        assert_eq!(trust(r#"{"AWS": "111122223333"}"#, "{}"), ["open to account"]);
        assert_eq!(trust(root, r#"{"StringEquals": {"sts:ExternalId": "x"}}"#), [""; 0]);
        assert_eq!(trust(r#"{"AWS": "*"}"#, "{}"), ["public"]);
        assert_eq!(trust(r#"{"AWS": "arn:aws:iam::111122223333:role/x"}"#, "{}"), [""; 0]);
        assert_eq!(trust(r#"{"Service": "lambda.amazonaws.com"}"#, "{}"), [""; 0]);
        let provider = r#"{"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}"#;
        assert_eq!(trust(provider, "{}"), ["open to provider"]);
        let subject =
            r#"{"StringLike": {"token.actions.githubusercontent.com:sub": "repo:a/b:*"}}"#;
        assert_eq!(trust(provider, subject), [""; 0]);
    }

    #[test]
    fn in_a_key_policy_any_resource_is_the_key() {
        let root = r#""Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*""#;
        assert_eq!(faults(Kind::Key, &allow(root)), [(Subject::Action(0), "key administration")]);
        let service = r#""Principal": {"Service": "sns.amazonaws.com"}, "Action": "kms:Decrypt", "Resource": "*""#;
        assert_eq!(faults(Kind::Key, &allow(service)), []);
        let role = root.replace(":root", ":role/x").replace("kms:*", "*");
        assert_eq!(faults(Kind::Key, &allow(&role)), [(Subject::Action(0), "wildcard action")]);
        let everyone = root.replace("arn:aws:iam::111122223333:root", "*");
        assert_eq!(faults(Kind::Key, &allow(&everyone)).len(), 2);
    }

    #[test]
    fn what_only_limits_is_judged_for_spelling_alone() {
        for kind in [Kind::Scp, Kind::Boundary] {
            assert_eq!(faults(kind, &allow(r#""Action": "*", "Resource": "*""#)), []);
        }
        let open = allow(r#""Principal": "*", "Action": "sqs:SendMessage", "Resource": "*""#);
        assert_eq!(faults(Kind::Account, &open).len(), 2);
        assert_eq!(faults(Kind::Resource, &open), [(Subject::Principal(0), "public")]);
    }

    #[test]
    fn an_endpoint_is_no_way_out_to_what_anybody_has() {
        let open = |text: &str| faults(Kind::Endpoint, &allow(text));
        let out = [(Subject::Resource(0), "any resource")];
        assert_eq!(open(r#""Principal": "*", "Action": "*", "Resource": "*""#), out);
        assert_eq!(open(r#""Principal": "*", "Action": "sqs:SendMessage", "Resource": "*""#), out);
        for narrow in [
            r#""Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]"#,
            r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/x"}, "Action": "*", "Resource": "*""#,
            r#""Principal": "*", "Action": "*", "Resource": "*",
                "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#,
            r#""Principal": "*", "Action": "*", "Resource": "*",
                "Condition": {"StringEquals": {"aws:ResourceAccount": "111122223333"}}"#,
        ] {
            assert_eq!(open(narrow), [], "{narrow}");
        }
        let other = r#""Principal": "*", "Action": "*", "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#;
        assert_eq!(open(other), out);
    }

    #[test]
    fn unknown_parts_make_faults_possible() {
        let possible = |kind, body: &str| {
            judged(kind, &[&allow(&body.replace('?', &UNKNOWN.to_string()))])
                .into_iter()
                .map(|(_, _, fault, certainty)| (fault, certainty))
                .collect::<Vec<_>>()
        };
        use Certainty::{Certain, Possible};
        let on = |resource: &str| {
            possible(
                Kind::Identity,
                &format!(r#""Action": "sqs:SendMessage", "Resource": "{resource}""#),
            )
        };
        assert_eq!(on("arn:aws:sqs:us-east-1:?:orders"), []);
        assert_eq!(on("arn:aws:sqs:?:111122223333:orders"), [("wildcard region", Possible)]);
        assert_eq!(on("arn:aws:sqs:us-east-1:111122223333:?"), [("broad resource", Possible)]);
        assert_eq!(on("?"), [("any resource", Possible)]);
        assert_eq!(on("arn:aws:?"), [("wildcard region", Possible), ("broad resource", Possible)]);
        assert_eq!(on("arn:aws:sqs:*:?:orders"), [("wildcard region", Certain)]);
        assert_eq!(
            possible(Kind::Identity, r#""Action": "s3:?", "Resource": "arn:aws:s3:::bucket/*""#),
            [("wildcard action", Possible)]
        );
        assert_eq!(
            possible(
                Kind::Resource,
                r#""Principal": "*", "Action": "sqs:SendMessage",
                "Condition": {"StringEquals": {"aws:SourceAccount": "?"}}"#
            ),
            [("public", Possible)]
        );
    }

    #[test]
    fn names_that_a_provider_gives_are_no_wildcards() {
        let body =
            allow(r#""Action": "sqs:SendMessage", "Resource": ["?", "?/*", "arn:aws:sqs:?:?:?"]"#);
        assert_eq!(faults(Kind::Identity, &body.replace('?', &IDENTIFIER.to_string())), []);
    }

    #[test]
    fn an_opaque_statement_or_list_may_be_anything() {
        let text = format!(
            r#"{{"Statement": ["{OPAQUE}", {{{ALLOW} "Action": "{OPAQUE}", "Resource": "*"}}]}}"#
        );
        let defects = judge(&Document::parse(&text).unwrap(), Kind::Identity, &Memory::default());
        let found: Vec<_> =
            defects.iter().map(|it| (it.statement, name(&it.fault), it.certainty)).collect();
        assert_eq!(
            found,
            [
                (0, "opaque", Certainty::Possible),
                (1, "wildcard action", Certainty::Possible),
                (1, "any resource", Certainty::Possible),
            ]
        );
    }

    #[test]
    fn an_unknown_effect_may_allow() {
        let body =
            format!(r#""Effect": "{UNKNOWN}", "Action": "sqs:SendMessage", "Resource": "*""#);
        assert_eq!(
            judged(Kind::Identity, &[&body]),
            [(0, Subject::Resource(0), "any resource", Certainty::Possible)]
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whatever an unknown part turns out to be: what was certain stays, and nothing is new.
        #[test]
        fn judging_an_unknown_part_covers_all_that_it_may_be(
            kind in prop::sample::select(vec![Kind::Identity, Kind::Trust, Kind::Resource, Kind::Account, Kind::Key]),
            principal in prop::sample::select(vec!["#", "arn:aws:iam::#:root", "*"]),
            action in prop::sample::select(vec!["sqs:SendMessage", "sqs:#", "#", "s3:Get#"]),
            resource in prop::sample::select(vec![
                "#", "*", "arn:aws:sqs:#:111122223333:x", "arn:aws:s3:::#/*", "arn:aws:sqs:us-east-1:#:y", "arn:aws:#",
            ]),
            source in prop::sample::select(vec!["#", "111122223333", "*"]),
            value in prop::sample::select(vec!["", "*", "us-east-1", "SendMessage", "111122223333", "x*"]),
        ) {
            let body = allow(&format!(
                r#""Principal": {{"AWS": "{principal}"}}, "Action": "{action}", "Resource": "{resource}",
                "Condition": {{"StringLike": {{"aws:SourceAccount": "{source}"}}}}"#
            ));
            let unknown = judged(kind, &[&body.replace('#', &UNKNOWN.to_string())]);
            let known = judged(kind, &[&body.replace('#', value)]);
            let judged_subjects: Vec<_> = unknown.iter().map(|(_, subject, ..)| *subject).collect();
            for (_, subject, fault, _) in &known {
                prop_assert!(judged_subjects.contains(subject), "{subject:?} {fault}: {unknown:?}");
            }
            let faulty_subjects: Vec<_> = known.iter().map(|(_, subject, ..)| *subject).collect();
            for (_, subject, fault, certainty) in &unknown {
                let stays = *certainty == Certainty::Possible || faulty_subjects.contains(subject);
                prop_assert!(stays, "{subject:?} {fault}: {known:?}");
            }
        }
    }
}
