use drstack_plan::Plan;
use drstack_policy::{Finding, Location, Origin, RuleFinding, RuleRun, Status};
use regorus::Value;

use crate::bounded;
use crate::document::Document;
use crate::error::{PolicyError, Problem};
use crate::evaluate::{Answer, Reported, evaluate};
use crate::fault::Fault;
use crate::policies::{AskedRule, Policies};

/// What makes a rule determinable that a failed built-in has kept from saying all.
const REMEDY: &str = "change the policy so that nothing in it fails on this input, or waive the finding with a reason";

/// What policies say of one document.
#[derive(Debug)]
pub struct Judgement {
    /// What each rule did. A policy looks at a document as a whole, which counts as all of its resources.
    pub rules: Vec<RuleRun>,
    /// What the rules found.
    pub findings: Vec<RuleFinding>,
}

impl Policies {
    /// Asks the rules about a document, whose plan knows the addresses that messages may name.
    ///
    /// # Errors
    /// When the document is not JSON, or the evaluation fails or takes too long.
    pub fn judge(&self, plan: &Plan<'_>, document: Document<'_>) -> Result<Judgement, PolicyError> {
        let unreadable = |error: String| PolicyError::nowhere(Problem::Document(error));
        let text =
            std::str::from_utf8(document.text).map_err(|error| unreadable(error.to_string()))?;
        let value = Value::from_json_str(text.trim_start_matches('\u{feff}'))
            .map_err(|error| unreadable(error.to_string()))?;
        let (policies, path, now) = (self.clone(), document.path.to_owned(), document.now);
        let answers = bounded::run(self.limit, move || evaluate(&policies, value, &path, now))?;
        let findings = self.rules.iter().zip(answers).flat_map(|(asked, answer)| {
            let Answer { reports, incomplete, excepted } = answer;
            let reports = reports.into_iter().map(|reported| found(asked, reported, plan));
            let incomplete = incomplete.map(|fault| self.undetermined(asked, fault));
            let findings = reports.chain(incomplete);
            findings.map(move |finding| RuleFinding {
                waived_by: excepted.then(|| "an exception of the policies".into()),
                ..finding
            })
        });
        let findings = findings.collect();
        Ok(Judgement { rules: self.runs(plan.all_resources().count()), findings })
    }

    /// A rule that a failed built-in has kept from saying all.
    fn undetermined(&self, asked: &AskedRule, fault: Fault) -> RuleFinding {
        let place = fault.place(self.texts());
        let location = place.map(|place| Location {
            origin: Origin::Policy,
            ..Location::in_text(&place.file, &place.text, place.span)
        });
        let message = format!("the rule may have missed something: {}", fault.message);
        let finding = Finding::new(Status::Undetermined, "", "", message.as_str())
            .identity(message)
            .remedy(REMEDY);
        RuleFinding {
            location: location.or_else(|| asked.location(0)),
            ..RuleFinding::new(asked.rule, finding)
        }
    }
}

fn found(asked: &AskedRule, reported: Reported, plan: &Plan<'_>) -> RuleFinding {
    const HIDDEN: &str =
        "the policy's message is not shown, because a sensitive value may be in it";
    // An address of the plan is nothing sensitive; anything else that calls itself one could be.
    let named = reported
        .address
        .as_deref()
        .filter(|address| reported.safe || plan.resource(address).is_some());
    let address = named.or_else(|| mentioned(&reported.message, plan)).unwrap_or_default();
    let message = if reported.safe { reported.message.as_str() } else { HIDDEN };
    let finding = Finding::new(Status::Violated, address, "", message).identity(message);
    RuleFinding {
        location: asked.location(reported.definition),
        ..RuleFinding::new(asked.rule, finding)
    }
}

/// The one resource that a message mentions; none when there are several.
fn mentioned<'m>(message: &'m str, plan: &Plan<'_>) -> Option<&'m str> {
    let around: &[char] =
        &['`', '\'', '"', '(', ')', ',', ';', ':', '.', '!', '?', '<', '>', '|', '*'];
    let mut mentioned: Option<&str> = None;
    for word in message.split_whitespace() {
        let address = word.trim_matches(around);
        if plan.resource(address).is_some() {
            if mentioned.is_some_and(|other| other != address) {
                return None;
            }
            mentioned = Some(address);
        }
    }
    mentioned
}
