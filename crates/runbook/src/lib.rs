//! The runbook for failover, failback and rehearsal, made from the plan that it is for.
//!
//! [`Runbook::of`] finds what can carry a recovery in a plan, whoever wrote it, and puts procedures together from it: steps with the
//! plan's own names, a duration with its source, a check with its answer, and what to do if the check fails.
//! `Display` writes it as Markdown.
//!
//! ```
//! use drstack_plan::{Documents, Plan};
//! use drstack_recovery::{Objectives, Regions, budget};
//! use drstack_runbook::{Kind, Runbook};
//!
//! let main = br#"{
//!   "provider": {"aws": [{"region": "eu-west-1"}, {"alias": "dr", "region": "eu-central-1"}]},
//!   "resource": {
//!     "aws_rds_global_cluster": {"orders": {"global_cluster_identifier": "orders"}},
//!     "aws_rds_cluster": {
//!       "one": {"cluster_identifier": "orders-one", "global_cluster_identifier": "${aws_rds_global_cluster.orders.id}"},
//!       "two": {"cluster_identifier": "orders-two", "global_cluster_identifier": "${aws_rds_global_cluster.orders.id}", "provider": "aws.dr"}
//!     }
//!   }
//! }"#;
//! let documents: Documents = [("main.tf.json".to_owned(), main.to_vec())].into_iter().collect();
//! let plan = Plan::from_documents(&documents)?;
//! let regions = Regions { primary: "eu-west-1".to_owned(), recovery: "eu-central-1".to_owned() };
//! let budget = budget(&plan, &regions, Objectives { rto_seconds: 900, rpo_seconds: 300 });
//!
//! let runbook = Runbook::of(&plan, &budget)?;
//! let failover = runbook.procedure(Kind::Failover).ok_or("no failover")?;
//! assert!(failover.steps.iter().any(|step| step.title == "Promote orders-two of eu-central-1"));
//! assert!(runbook.to_string().contains("--global-cluster-identifier orders"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What holds
//!
//! - Every call of AWS names its region. Until the lost region is back, that is the recovery region.
//! - No step changes a record, a role or anything else whose control plane is in one region
//!   (<https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html>).
//! - Nothing is left to fill in: what is known after apply only is looked up into shell variables first.
//! - What a plan calls a thing reaches a command only if it has nothing but the letters of AWS's names.
//! - A part that the plan does not have is named in [`Runbook::absences`], with what follows.

mod document;
mod markdown;
mod name;
mod overview;
mod parts;
mod procedures;
mod shell;

use drstack_plan::Plan;
use drstack_recovery::Budget;

pub use document::{
    Absence, Answer, Check, Decision, Drift, Kind, Message, Place, Procedure, Runbook, Step,
};

use parts::Parts;

/// Nothing of the plan can carry a recovery.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "nothing here can carry a recovery from {lost} to {recovery}: looked for an Aurora global database with a cluster in both, \
     a weighted or failover record that leads to a load balancer of either, a DynamoDB table with a replica in both, and a \
     bucket that is replicated between them"
)]
pub struct Missing {
    /// The region that is lost.
    pub lost: String,
    /// The region that would take over.
    pub recovery: String,
}

impl Runbook {
    /// The runbook of a plan for the loss of the budget's primary region.
    ///
    /// # Errors
    /// When there is nothing that can carry a recovery.
    pub fn of(plan: &Plan<'_>, budget: &Budget) -> Result<Self, Missing> {
        let regions = &budget.regions;
        let parts = Parts::of(plan, regions).filter(Parts::can_recover).ok_or_else(|| Missing {
            lost: regions.primary.clone(),
            recovery: regions.recovery.clone(),
        })?;
        Ok(Self {
            regions: regions.clone(),
            places: overview::places(&parts),
            decision: overview::decision(&parts, budget),
            procedures: procedures::all(&parts, budget),
            drifts: overview::drifts(plan, &parts),
            absences: overview::absences(&parts, budget),
        })
    }

    /// A procedure by its kind.
    #[must_use]
    pub fn procedure(&self, kind: Kind) -> Option<&Procedure> {
        self.procedures.iter().find(|procedure| procedure.kind == kind)
    }
}
