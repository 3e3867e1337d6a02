//! What hawkBit's device interface answers beside what devices ask for: one content type, and refusals in the contract's shape.

use reqwest::{Method, StatusCode, header};

use crate::{contract::holds, support::TestHost};

#[tokio::test]
async fn an_answer_has_one_type_and_a_refusal_the_contracts_shape_whoever_refuses() {
    let host = TestHost::start().await;
    let terminal = host.terminal().await;
    let base = host.url(&format!("/default/controller/v1/{}", terminal.number));
    for path in ["", "/confirmationBase"] {
        let response = terminal.client.get(format!("{base}{path}")).send().await.unwrap();
        let types: Vec<_> = response.headers().get_all(header::CONTENT_TYPE).iter().collect();
        assert_eq!(types, ["application/hal+json"], "{path}");
    }
    for (method, path, status) in [
        (Method::PATCH, "", StatusCode::METHOD_NOT_ALLOWED),
        (Method::DELETE, "/configData", StatusCode::METHOD_NOT_ALLOWED),
        (Method::GET, "/deploymentBase/9223372036854775808", StatusCode::NOT_FOUND),
        (Method::GET, "/cancelAction/-1", StatusCode::NOT_FOUND),
        (Method::GET, "/installedBase/%FF", StatusCode::BAD_REQUEST),
    ] {
        let response = terminal.client.request(method.clone(), format!("{base}{path}")).send().await.unwrap();
        assert_eq!(response.status(), status, "{method} {path}");
        assert_eq!(response.headers().contains_key(header::ALLOW), status == StatusCode::METHOD_NOT_ALLOWED, "{path}");
        holds("ExceptionInfo", &response.json().await.unwrap());
    }
    // Who says yes, and why, may be left out, and so may the whole body.
    let activate = format!("{base}/confirmationBase/activateAutoConfirm");
    assert_eq!(terminal.client.post(&activate).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(terminal.client.post(&activate).send().await.unwrap().status(), StatusCode::CONFLICT, "it is on");
}
