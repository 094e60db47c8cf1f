//! What Terraform finishes before it begins with a resource.

use crate::json::Json;
use crate::path::AttrPath;
use crate::plan::{Kind, Resource};
use crate::references::{References, Resolver, Scope};

/// Whether one resource is made after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The configuration makes it wait.
    After,
    /// Nothing makes it wait: both may be made at once.
    Free,
    /// The input does not show it.
    Unknown,
}

impl<'plan> Resource<'plan> {
    /// Whether the resource waits for one of some others, directly or through resources between them: by a reference, or by the
    /// `depends_on` of a resource, of an output or of a module call.
    pub fn order_after(self, others: &[Resource<'plan>]) -> Order {
        if self.plan.kind == Kind::State {
            return Order::Unknown;
        }
        let mut seen = vec![false; self.plan.len()];
        let mut next = vec![self];
        let mut order = Order::Free;
        while let Some(resource) = next.pop() {
            if resource != self && others.contains(&resource) {
                return Order::After;
            }
            match seen.get_mut(resource.index()) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            if resource.block().is_none() {
                order = Order::Unknown;
            }
            let written = [
                resource.references(&AttrPath::root()),
                resource.depends_on(),
                resource.calls_wait_for(),
            ];
            for references in written {
                if !references.unresolved.is_empty() {
                    order = Order::Unknown;
                }
                next.extend(references.targets.into_iter().map(|target| target.resource));
                next.extend(references.awaited);
            }
        }
        order
    }

    /// What the calls of the modules that the resource is in wait for.
    fn calls_wait_for(self) -> References<'plan> {
        let mut found = References::default();
        let modules = &self.plan.configuration.modules;
        let mut at = Some(self.scope().instance);
        while let Some(instance) = at.and_then(|at| self.plan.modules.instances.get(at)) {
            at = instance.parent;
            let call = instance.module.and_then(|module| {
                let (outer, name) = modules.get(module)?.parent.as_ref()?;
                modules.get(*outer)?.calls.get(name)
            });
            let (Some(call), Some(parent)) = (call, instance.parent) else { continue };
            let texts = call.meta.depends_on.into_iter().flat_map(Json::elements);
            for text in texts.filter_map(Json::as_str) {
                Resolver::new(self.plan).dependency(&text, &Scope::of_instance(parent), &mut found);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Documents, Plan};

    fn order(documents: &[(&str, &str)], from: &str, to: &str) -> Order {
        let documents: Documents = documents
            .iter()
            .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
            .collect();
        let plan = Plan::from_documents(&documents).unwrap();
        plan.resource(from).unwrap().order_after(&[plan.resource(to).unwrap()])
    }

    #[test]
    fn a_reference_and_depends_on_make_a_resource_wait_through_others() {
        let main = r#"{"resource": {"t": {
            "first": {}, "second": {"depends_on": ["t.first"]}, "third": {"x": "${t.second.id}"}, "alone": {}
        }}}"#;
        let of = |from, to| order(&[("main.tf.json", main)], from, to);
        assert_eq!(of("t.third", "t.first"), Order::After);
        assert_eq!(of("t.first", "t.third"), Order::Free);
        assert_eq!(of("t.alone", "t.first"), Order::Free);
    }

    #[test]
    fn outputs_and_module_calls_make_a_resource_wait() {
        let child = r#"{"variable": {"x": {"default": ""}}, "resource": {"t": {"made": {"x": "${var.x}"}, "slow": {}}},
            "output": {"ready": {"value": "${t.made.id}", "depends_on": ["t.slow"]}, "id": {"value": "${t.made.id}"}}}"#;
        let of = |call: &str| {
            let main = format!(
                r#"{{"module": {{"a": {{"source": "./child"}}, "b": {{"source": "./child", {call}}}}}}}"#
            );
            order(
                &[("main.tf.json", &main), ("child/main.tf.json", child)],
                "module.b.t.made",
                "module.a.t.slow",
            )
        };
        assert_eq!(of(r#""x": "${module.a.ready}""#), Order::After);
        assert_eq!(of(r#""x": "${module.a.id}""#), Order::Free);
        assert_eq!(of(r#""depends_on": ["module.a"]"#), Order::After);
        assert_eq!(of(r#""x": "${module.a.missing}""#), Order::Unknown);
    }
}
