//! What pages beneath pages may come to.

use axum::http::StatusCode;
use serde_json::json;

use crate::harness::{Answer, Service};

/// `me`, and beneath it so many pages of sessions beneath each other.
fn nested(pages: usize, arguments: &str) -> String {
    let page = format!("sessions{arguments} {{ nodes {{ user {{ ");
    format!("{{ me {{ {} id {} }} }}", page.repeat(pages), "} } }".repeat(pages))
}

#[track_caller]
fn assert_too_much(answer: &Answer) {
    answer.assert_refused("DOCUMENT_TOO_COMPLEX");
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.json.get("data").is_none(), "nothing of it ran");
}

#[tokio::test]
async fn pages_beneath_pages_multiply_and_are_refused_when_they_come_to_too_much() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    ada.run(&nested(2, "(first: 50)")).await.data();
    assert_too_much(&ada.run(&nested(2, "(first: 100)")).await);
    assert_too_much(&ada.run(&nested(3, "(last: 100)")).await);
    ada.run(&nested(3, "(first: 2)")).await.data();
    assert_too_much(&ada.run(&nested(4, "")).await);
    let wide = format!(
        "{{ me {{ sessions(first: 100) {{ nodes {{ user {{ sessions(first: 100) {{ nodes {{ {} }} }} }} }} }} }} }}",
        "createdAt ".repeat(900)
    );
    assert_too_much(&ada.run(&wide).await);
    let by_variable = nested(3, "(first: $n)").replacen('{', "query($n: Int) {", 1);
    assert_too_much(&ada.run_with(&by_variable, json!({ "n": 100 })).await);
    ada.run_with(&by_variable, json!({ "n": 2 })).await.data();
    let ended = nested(2, "(first: 100)").replacen("{ me {", "mutation { endOtherSessions { user {", 1) + "}";
    assert_too_much(&ada.run(&ended).await);
    assert!(ada.is_signed_in().await);
}

#[tokio::test]
async fn what_people_ask_for_is_within_the_limit() {
    let service = Service::start().await;
    let eve = service.admin("eve").await;
    let user = "id name username email emailVerifiedAt role status createdAt lastLoginAt";
    let session = "id createdAt lastSeenAt expiresAt userAgent ipAddress current";
    let all = format!(
        "{{ users(first: 100) {{ totalCount pageInfo {{ endCursor hasNextPage }} edges {{ cursor node {{ {user} \
         sessions {{ nodes {{ {session} }} }} }} }} }} permissions {{ coordinate verdict code requires }} }}"
    );
    eve.run(&all).await.data();
}

#[tokio::test]
async fn asking_for_the_same_permissions_over_and_over_is_refused() {
    let service = Service::start().await;
    let asked = json!({ "asked": vec!["User.id"; 500] });
    let fields = "coordinate verdict code requires ";
    let once = format!("query($asked: [String!]) {{ permissions(coordinates: $asked) {{ {fields} }} }}");
    service.anonymous().run_with(&once, asked.clone()).await.data();
    let root = format!("permissions(coordinates: $asked) {{ {} }} ", fields.repeat(4));
    let often = format!("query($asked: [String!]) {{ {} }}", root.repeat(50));
    assert_too_much(&service.anonymous().run_with(&often, asked).await);
}
