//! Searching and paging with what people and other programs may send.

use rolegate::access::client::Client;
use rolegate::platform::page::Position;
use rolegate::users::suspend::suspend;
use serde_json::json;
use uuid::Uuid;

use crate::harness::{PASSWORD, Persona, Service};

#[tokio::test]
async fn a_letter_with_an_accent_is_found_however_it_was_typed() {
    let service = Service::start().await;
    let input = json!({ "email": "caf\u{e9}@example.test", "name": "Zo\u{eb}", "password": PASSWORD });
    service.anonymous().sign_up(input).await;
    let input = json!({ "email": "j@example.test", "name": "J\u{30c}", "password": PASSWORD });
    service.anonymous().sign_up(input).await;
    let max = service.manager("max").await;
    let query = "query($text: String!) { users(filter: { text: $text }) { totalCount } }";
    for text in ["caf\u{e9}", "CAFE\u{301}", "zo\u{eb}", "zoe\u{308}", "J\u{30c}", "\u{1f0}"] {
        let found = max.run_with(query, json!({ "text": text })).await;
        assert_eq!(found.data()["users"]["totalCount"], 1, "{text}");
    }
}

#[tokio::test]
async fn a_cursor_that_makes_no_sense_is_refused_where_it_stands() {
    let service = Service::start().await;
    let max = service.manager("max").await;
    // In the right order, and with a key that no user stands at.
    let forged = Position { key: "no instant".into(), id: Uuid::from_u128(7) }.cursor("NEWEST");
    for argument in ["after", "before"] {
        for cursor in [forged.as_str(), "nonsense"] {
            let query = format!("query($cursor: String) {{ users({argument}: $cursor) {{ totalCount }} }}");
            let answer = max.run_with(&query, json!({ "cursor": cursor })).await;
            answer.assert_refused("INVALID_INPUT");
            assert_eq!(answer.at("/errors/0/extensions/field"), argument, "{cursor}");
        }
    }
}

#[tokio::test]
async fn a_page_that_comes_from_memory_shows_every_change() {
    let service = Service::start().await;
    let (max, root) = (service.manager("max").await, service.admin("root").await);
    let page = async |persona: &Persona<'_>| {
        let answer = persona.run("{ users(orderBy: OLDEST) { nodes { email role status } } }").await;
        answer.data()["users"]["nodes"].as_array().unwrap().clone()
    };
    assert_eq!(page(&max).await.len(), 2);
    // A new account, a change on this node and one on another.
    let ada = service.client("ada").await;
    assert_eq!(page(&max).await.len(), 3);
    let input = json!({ "input": { "userId": ada.id(), "role": "MANAGER" } });
    let change = "mutation($input: SetUserRoleInput!) { setUserRole(input: $input) { id } }";
    root.run_with(change, input).await.data();
    assert_eq!(page(&max).await[2]["role"], "MANAGER");
    let elsewhere = service.another_node().await;
    suspend(&elsewhere.app, &Client::default(), None, ada.id().parse().unwrap()).await.unwrap();
    service.hear().await;
    assert_eq!(page(&max).await[2]["status"], "SUSPENDED");
    // Another question has another answer.
    assert_eq!(
        max.run("{ users(first: 1) { nodes { email } } }").await.data()["users"]["nodes"][0]["email"],
        "ada@example.test"
    );
    service.app.database.close().await;
    assert_eq!(page(&max).await.len(), 3, "it came from memory");
}
