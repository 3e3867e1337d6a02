//! The OpenAPI document: what stands above the routes, and the schemas of the contract with terminals.

use axum::body::Bytes;
use serde_json::{Value, json};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        OpenApi as Document,
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};
use wire::schema;

use super::{
    problem::{Problem, Wrong},
    rollouts::Step,
};

/// The name of what whoever asks shows.
const KEY: &str = "key";

struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut Document) {
        let mut key = Http::new(HttpAuthScheme::Bearer);
        let what = "A key that its owner drew on their account's page, or an administrator by `host user key`. It may what its \
                    owner may; the roles that stand beside a route are the least that it is for.";
        key.description = Some(what.to_owned());
        document.components.get_or_insert_default().add_security_scheme(KEY, SecurityScheme::Http(key));
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Lianxin fleet",
        version = "1",
        description = "The fleet of terminals: what the console and the commands do, for programs. Fields that are added later \
                       change no version; readers pass over those they don't know. What lies outside the scope of a key's owner \
                       is answered as if it were not there.",
        license(name = "GPL-3.0-only", identifier = "GPL-3.0-only")
    ),
    servers((url = "/", description = "The host's listener for people")),
    components(schemas(Problem, Wrong, Step)),
    modifiers(&Keys)
)]
struct Head;

/// The document without its routes.
pub(super) fn head() -> Document {
    Head::openapi()
}

/// The document as it is served.
pub(super) fn text(document: &Document) -> Bytes {
    let mut value = serde_json::to_value(document).expect("invariant: a document is always JSON");
    name_operations(&mut value["paths"]);
    let schemas = &mut value["components"]["schemas"];
    for name in ["Brings", "WaveMembers"] {
        close(&mut schemas[name]);
    }
    for (name, of) in [
        ("WireHealthReport", "health_report"),
        ("WireSettingsInForce", "settings_in_force"),
        ("WireActionStatus", "ddi_status"),
        ("WireSettingsSet", "settings_set"),
    ] {
        let found = schema::all().into_iter().find(|(known, _)| *known == of);
        let (_, found) = found.expect("invariant: wire has a schema of each");
        put(schemas, name, serde_json::to_value(found).expect("invariant: a schema is always JSON"));
    }
    Bytes::from(value.to_string())
}

/// Says of a choice by a name that no other name stands beside it.
fn close(schema: &mut Value) {
    for choice in schema["oneOf"].as_array_mut().into_iter().flatten() {
        choice["additionalProperties"] = json!(false);
    }
}

/// Gives each operation a name of its own, from its method and path: `get_terminals_number_health`.
fn name_operations(paths: &mut Value) {
    let Some(paths) = paths.as_object_mut() else { return };
    for (path, operations) in paths {
        let words: Vec<_> = path.split(['/', '{', '}', '-']).filter(|word| !word.is_empty()).skip(3).collect();
        for (method, operation) in operations.as_object_mut().into_iter().flatten() {
            operation["operationId"] = json!(format!("{method}_{}", words.join("_")));
        }
    }
}

/// Puts a schema among the others, and what it refers to beside it under names of its own.
fn put(schemas: &mut Value, name: &str, mut schema: Value) {
    let inner = schema.as_object_mut().and_then(|object| {
        object.remove("$schema");
        object.remove("$defs")
    });
    refer(&mut schema, name);
    schemas[name] = schema;
    for (of, mut schema) in inner.and_then(|inner| inner.as_object().cloned()).unwrap_or_default() {
        refer(&mut schema, name);
        schemas[format!("{name}{of}")] = schema;
    }
}

/// Has references lead to where [`put`] puts what they mean.
fn refer(schema: &mut Value, name: &str) {
    match schema {
        Value::Object(object) => {
            for (key, value) in object {
                match value.as_str().and_then(|to| to.strip_prefix("#/$defs/")) {
                    Some(to) if key == "$ref" => *value = json!(format!("#/components/schemas/{name}{to}")),
                    _ => refer(value, name),
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|value| refer(value, name)),
        _ => {}
    }
}
