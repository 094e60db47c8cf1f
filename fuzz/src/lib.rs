//! What the fuzz targets share. Run one with `RUSTC_BOOTSTRAP=1 cargo fuzz run TARGET -- -max_total_time=20`.

use drstack_plan::{AttrPath, Documents, JsonKind, Plan, Resource, State, Value};

/// Documents of a configuration: the first up to a NUL is the root's, those behind it are modules `m1`, `m2`, ….
pub fn documents(input: &[u8]) -> Documents {
    let texts = input.split(|byte| *byte == 0).enumerate();
    texts
        .map(|(number, text)| {
            let path = match number {
                0 => "main.tf.json".to_owned(),
                _ => format!("m{number}/main.tf.json"),
            };
            (path, text.to_vec())
        })
        .collect()
}

/// Asks a plan everything that it can answer.
pub fn walk(plan: &Plan<'_>) {
    let _ =
        (plan.blind_spots(), plan.only_deletes(), plan.deferred().len(), plan.terraform_version());
    let named = plan.variables().chain(plan.outputs());
    for (_, value) in named {
        leaves(value, |_, _| {});
    }
    let all: Vec<Resource<'_>> = plan.all_resources().collect();
    for resource in &all {
        let resource = *resource;
        let _ = (resource.key(), resource.deposed(), resource.provider_key());
        let _ = (resource.region(), resource.depends_on(), resource.lifecycle());
        assert!(plan.instances(resource.group()).count() <= all.len());
        leaves(resource.before(), |_, _| {});
        leaves(resource.values(), |path, value| {
            let shown = format!("{value:?}{value}");
            // Sensitive strings of some length do not show up by chance.
            if let Some(text) =
                value.as_str().filter(|text| value.is_sensitive() && text.len() > 40)
            {
                assert!(!shown.contains(&*text), "a sensitive value is shown");
            }
            let _ = (
                value.as_bool(),
                value.as_u64(),
                value.as_f64(),
                value.as_text(),
                value.is_wholly_known(),
            );
            let _ = (resource.references(path), resource.is_configured(path));
            let _ = resource.template(path).map(|template| template.parts.len());
            if let Some(place) = plan.locate(resource, path) {
                assert!(place.line >= 1 && place.column >= 1);
                assert!((place.line, place.column) <= (place.end_line, place.end_column));
            }
        });
    }
    let graph = plan.graph();
    for resource in &all {
        assert!(graph.references(resource.index()).all(|(other, _)| other < all.len()));
        let _ = resource.order_after(&all);
    }
}

/// Calls `visit` for everything in a value, itself included. Does not recurse: the input may nest deeper than a stack.
fn leaves(value: Value<'_>, mut visit: impl FnMut(&AttrPath, Value<'_>)) {
    let mut open = vec![(AttrPath::root(), value)];
    while let Some((path, value)) = open.pop() {
        visit(&path, value);
        // Of anything else the only element is the value itself.
        if matches!(value.state(), State::Known(json) if json.kind() == JsonKind::Array) {
            let elements = value.elements().enumerate();
            open.extend(elements.map(|(index, element)| (path.clone().index(index), element)));
        }
        open.extend(value.entries().map(|(key, entry)| (path.clone().key(key), entry)));
    }
}
