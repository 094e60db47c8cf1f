//! From an input to a plan.

use crate::documents::Documents;
use crate::error::ReadError;
use crate::index::AddressIndex;
use crate::milestones::Input;
use crate::plan::{Kind, Plan};
use crate::resolve::ModuleTree;
use crate::text::{Part, Text};
use crate::{documents, evaluate, plan_format, sniff, state_format};

impl<'input> Plan<'input> {
    /// Reads `terraform show -json` of a plan or of a state, which are told apart by content.
    ///
    /// # Errors
    ///
    /// Fails if the input is neither, is damaged, or says of itself that it is not whole.
    pub fn read(input: &'input [u8]) -> Result<Self, ReadError> {
        Self::read_parts(input, &[Part::WHOLE])
    }

    /// Reads the text of a plan or of a state, whether all of it was kept or not.
    ///
    /// # Errors
    ///
    /// Fails as [`Plan::read`] does.
    pub fn from_text(text: &'input Text) -> Result<Self, ReadError> {
        Self::read_parts(text.bytes(), text.parts()).map_err(|error| text.error(error))
    }

    fn read_parts(input: &'input [u8], parts: &'input [Part]) -> Result<Self, ReadError> {
        sniff::sniff(input)?;
        let mut plan = match plan_format::read(input)? {
            plan_format::Found::Plan(plan) => plan,
            plan_format::Found::State { values, format_version, terraform_version } => {
                let mut plan = state_format::read(values, Kind::State)?;
                plan.format_version = Some(format_version);
                plan.terraform_version = terraform_version;
                plan
            }
        };
        plan.input = Input::Text { bytes: input, parts };
        plan.link()?;
        Ok(plan)
    }

    /// Reads a configuration in JSON syntax, the root module and the local modules that it calls.
    ///
    /// Values are worked out as far as that is possible without a provider; all others are unknown, with the
    /// references that their expressions hold. An instance whose `count` or `for_each` is unknown stands for all.
    ///
    /// # Errors
    ///
    /// Fails if a document is not JSON or not shaped like a configuration, or if there is none.
    pub fn from_documents(documents: &'input Documents) -> Result<Self, ReadError> {
        let mut plan = evaluate::plan(documents::read(documents)?)?;
        plan.input = Input::Documents(documents);
        plan.link()?;
        Ok(plan)
    }

    /// Joins records with each other and with the configuration, once all are there.
    fn link(&mut self) -> Result<(), ReadError> {
        let (records, configuration) = (&self.records, &self.configuration);
        let (origins, index) =
            rayon::join(|| ModuleTree::of(records, configuration), || AddressIndex::of(records));
        self.index = index?;
        (self.modules, self.origins) = origins;
        Ok(())
    }
}
