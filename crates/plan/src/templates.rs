//! Templates, each parsed once: evaluating, the graph and the rules come by the same ones.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use foldhash::HashMap;

use crate::expression::{Expr, NotAnExpression, Reference, Template};
use crate::json::Json;

/// How many templates are kept. Beyond that they are parsed whenever they are asked for.
const KEPT: usize = 1 << 12;

/// Parsed templates by the JSON strings that hold them.
#[derive(Default)]
pub(crate) struct Templates(RwLock<HashMap<Box<[u8]>, Outcome>>);

/// A parsed template; why not, if it could not be.
pub(crate) type Outcome = Result<Arc<Parsed>, NotAnExpression>;

/// A template and what it refers to.
pub(crate) struct Parsed {
    template: Template,
    references: OnceLock<Vec<Reference>>,
}

impl Templates {
    /// The template of a JSON string.
    pub(crate) fn parse(&self, json: Json<'_>) -> Outcome {
        // What was being added when a thread ended is there or not: either is right.
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(json.text()) {
            return known.clone();
        }
        let is_full = known.len() >= KEPT;
        drop(known);
        let parsed = Parsed::of(json).map(Arc::new);
        if !is_full {
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            known.insert(json.text().into(), parsed.clone());
        }
        parsed
    }
}

impl Parsed {
    fn of(json: Json<'_>) -> Result<Self, NotAnExpression> {
        let text = json.as_str().ok_or(NotAnExpression)?;
        Ok(Self { template: Template::parse(&text)?, references: OnceLock::new() })
    }

    pub(crate) fn template(&self) -> &Template {
        &self.template
    }

    /// Everything that it refers to, in the order of the text.
    pub(crate) fn references(&self) -> &[Reference] {
        self.references.get_or_init(|| self.template.references())
    }

    /// Whether it is nothing but a reference.
    pub(crate) fn is_reference(&self) -> bool {
        matches!(self.template.lone(), Some(Expr::Traversal(..)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_strings_share_a_template() {
        let templates = Templates::default();
        let parse = |text: &'static str| templates.parse(Json::new(text.as_bytes()));
        let one = parse(r#""${var.name}""#).unwrap();
        assert!(Arc::ptr_eq(&one, &parse(r#""${var.name}""#).unwrap()));
        assert!(one.is_reference());
        assert_eq!(one.references(), [Reference::parse("var.name").unwrap()]);
        assert!(!parse(r#""${var.name}!""#).unwrap().is_reference());
        for _ in 0..2 {
            assert!(parse(r#""${""#).is_err());
        }
    }

    #[test]
    fn what_is_not_kept_is_parsed_all_the_same() {
        let templates = Templates::default();
        for number in 0..=KEPT {
            let text = format!(r#""${{var.name_{number}}}""#);
            let parsed = templates.parse(Json::new(text.as_bytes())).unwrap();
            assert_eq!(
                parsed.references(),
                [Reference::parse(&format!("var.name_{number}")).unwrap()]
            );
        }
        assert_eq!(templates.0.read().unwrap().len(), KEPT);
    }
}
