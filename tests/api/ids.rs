//! Ids: opaque, and no way from one to the next.

use std::collections::HashSet;

use futures_util::future::join_all;
use rolegate::platform::secret;
use serde_json::json;
use uuid::Uuid;

use crate::harness::{PASSWORD, Service};

/// Nobody who knows one of these gets to another by counting: the 32 lowest bits are random in each.
#[track_caller]
fn assert_no_neighbours(mut ids: Vec<Uuid>) {
    ids.sort();
    let low = |id: &Uuid| id.as_u128() as u32;
    assert_eq!(ids.iter().map(low).collect::<HashSet<_>>().len(), ids.len(), "{ids:#?}");
    for pair in ids.windows(2) {
        let step = low(&pair[1]).wrapping_sub(low(&pair[0]));
        assert!(step.min(step.wrapping_neg()) > 8, "{} {}", pair[0], pair[1]);
    }
}

#[tokio::test]
async fn users_and_sessions_that_are_made_at_once_have_ids_that_are_no_neighbours() {
    let service = Service::start().await;
    let signing_up = (0..32).map(|number| {
        let input = json!({ "email": format!("user{number}@example.test"), "password": PASSWORD });
        let anonymous = service.anonymous();
        async move { anonymous.sign_up(input).await }
    });
    let users = join_all(signing_up).await;
    let parsed = |text: &str| text.parse().unwrap();
    assert_no_neighbours(users.iter().map(|user| parsed(user.id())).collect());
    assert_no_neighbours(users.iter().map(|user| parsed(&user.tokens.session)).collect());
}

#[test]
fn ids_of_one_millisecond_are_no_neighbours() {
    assert_no_neighbours((0..64).map(|_| secret::new_id()).collect());
}
