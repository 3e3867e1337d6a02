//! The published contract of hawkBit's device interface, which answers are held to.

use jsonschema::Validator;
use serde_json::{Value, json};

/// Of Eclipse hawkBit, EPL-2.0, unchanged.
const CONTRACT: &str = include_str!("../fixtures/hawkbit-ddi-v1.openapi.json");

/// The contract of a schema. Its pattern of the sleep is the words `HH:MM:SS`, which no time matches: what is meant stands here.
fn schema(name: &str) -> Validator {
    let mut contract: Value = serde_json::from_str(CONTRACT).unwrap();
    contract["components"]["schemas"]["DdiPolling"]["properties"]["sleep"]["pattern"] =
        json!("^[0-2][0-9]:[0-5][0-9]:[0-5][0-9]$");
    let schema = json!({ "$ref": format!("#/components/schemas/{name}"), "components": contract["components"] });
    jsonschema::draft4::new(&schema).unwrap()
}

/// The answer is what the contract says.
pub(crate) fn holds(name: &str, answer: &Value) {
    let broken: Vec<_> = schema(name).iter_errors(answer).map(|error| error.to_string()).collect();
    assert!(broken.is_empty(), "{name}: {broken:?} in {answer}");
}

#[test]
fn what_is_held_to_the_contract_can_break_it() {
    assert!(!schema("DdiControllerBase").is_valid(&json!({ "config": { "polling": { "sleep": "5 min" } } })));
    assert!(!schema("DdiDeploymentBase").is_valid(&json!({ "id": 8, "deployment": { "chunks": [] } })));
    assert!(!schema("DdiArtifact").is_valid(&json!({ "size": 1 })));
}
