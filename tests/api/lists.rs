//! Searching and paging with what people and other programs may send.

use rolegate::platform::page::Position;
use serde_json::json;
use uuid::Uuid;

use crate::harness::{PASSWORD, Service};

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
