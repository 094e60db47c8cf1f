//! Terraform's own state.

use std::borrow::Cow;
use std::sync::Arc;

use drstack_plan::Plan;

use crate::crossing::{Class, Crossing, Form};

/// A state that is kept in the lost region. Only configurations say where it is kept.
///
/// <https://developer.hashicorp.com/terraform/language/backend/s3>
pub(crate) fn find(plan: &Plan<'_>, lost: &str) -> Option<Crossing> {
    let (kind, arguments) = plan.backend()?;
    if kind != "s3" || arguments.get("region").as_str()? != lost {
        return None;
    }
    let part = |name| arguments.get(name).as_str().unwrap_or(Cow::Borrowed("?"));
    let to = Arc::from(format!("s3://{}/{}", part("bucket"), part("key")));
    let from = Arc::from("terraform");
    Some(Crossing {
        class: Class::ControlPlaneOnly,
        form: Form::Setting,
        from: Arc::clone(&from),
        path: "backend.s3.region".into(),
        to: Arc::clone(&to),
        reason: Cow::Borrowed(
            "the state is out of reach until the region is back: nothing can be planned or applied",
        ),
        trail: vec![from, to],
    })
}
