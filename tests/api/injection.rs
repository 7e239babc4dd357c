//! SQL in every place that takes a text.

use axum::http::StatusCode;
use rolegate::users::user;
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

use crate::harness::{PASSWORD, Service};

#[tokio::test]
async fn injected_sql_is_a_wrong_value_and_nothing_more() {
    let service = Service::start().await;
    let (ada, eve) = (service.client("ada").await, service.admin("eve").await);
    let rows = async || {
        let mut rows = user::Entity::find().all(service.app.database.reader()).await.unwrap();
        rows.sort_by_key(|row| row.id);
        rows
    };
    let before = rows().await;
    for injected in [
        "' OR 1=1 --",
        "' OR '1'='1",
        "ada@example.test' --",
        "ada@example.test'; UPDATE users SET role='ADMIN'; --",
        "\"; DROP TABLE users; --",
        "1 UNION ALL SELECT hash FROM passwords",
        "\\' OR 1=1 --",
        "%' OR '%'='",
        "$1",
        "?1",
    ] {
        let input = json!({ "email": injected, "password": PASSWORD });
        service.anonymous().try_sign_up(input).await.assert_refused("INVALID_INPUT");
        let input = json!({ "email": "x@example.test", "username": injected, "password": PASSWORD });
        service.anonymous().try_sign_up(input).await.assert_refused("INVALID_INPUT");
        service.anonymous().try_log_in(injected, PASSWORD).await.assert_refused("INVALID_CREDENTIALS");
        service
            .anonymous()
            .try_log_in("ada@example.test", injected)
            .await
            .assert_refused("INVALID_CREDENTIALS");
        service.anonymous().try_refresh(injected).await.assert_refused("UNAUTHENTICATED");
        let id = json!({ "v": injected });
        let found = eve.run_with("query($v: ID!) { user(id: $v) { id } }", id.clone()).await;
        assert_eq!(found.data()["user"], Value::Null);
        ada.run_with("mutation($v: ID!) { endSession(id: $v) { id } }", id.clone())
            .await
            .assert_refused("NOT_FOUND");
        let set = "mutation($v: ID!) { setUserRole(input: { userId: $v, role: ADMIN }) { id } }";
        eve.run_with(set, id.clone()).await.assert_refused("NOT_FOUND");
        let listed =
            eve.run_with("query($v: String) { users(filter: { text: $v }) { totalCount } }", id.clone());
        assert_eq!(listed.await.data()["users"]["totalCount"], 0, "{injected}");
        let paged = eve.run_with("query($v: String) { users(after: $v) { totalCount } }", id).await;
        paged.assert_refused("INVALID_INPUT");
        assert_eq!(paged.status, StatusCode::OK);
    }
    assert_eq!(before, rows().await);
}
