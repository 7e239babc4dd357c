//! What a key may do, and what it may not.

use axum::http::StatusCode;
use rolegate::access::client::Client;
use rolegate::access::role::Role;
use rolegate::users::set_role::set_role;
use serde_json::json;
use uuid::Uuid;

use super::{CREATE, KEYS, REVOKE, create, kept, try_create};
use crate::harness::{PASSWORD, Service};

#[tokio::test]
async fn a_key_can_do_nothing_that_needs_a_session_whatever_its_role() {
    let service = Service::start().await;
    let eve = service.admin("eve").await;
    let ada = service.client("ada").await;
    let key = create(&eve, Role::Admin).await;
    let script = service.anonymous().with_token(&key.secret);
    let session = json!({ "id": eve.tokens.session });
    let promote = json!({ "id": ada.id() });
    for (document, variables) in [
        (CREATE, json!({ "i": { "name": "another", "role": "CLIENT" } })),
        (REVOKE, json!({ "id": key.id })),
        ("mutation { logout { id } }", json!({})),
        ("mutation($id: ID!) { endSession(id: $id) { id } }", session),
        ("mutation { endOtherSessions { id } }", json!({})),
        ("mutation($id: ID!) { endUserSessions(userId: $id) { id } }", promote.clone()),
        ("mutation($id: ID!) { setUserRole(input: { userId: $id, role: ADMIN }) { id } }", promote),
    ] {
        let answer = script.run_with(document, variables).await;
        answer.assert_refused("FORBIDDEN");
        assert_eq!(answer.at("/errors/0/extensions/requires"), "@session", "{document}");
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{document}");
    }
    assert!(eve.is_signed_in().await && script.run("{ users { totalCount } }").await.codes().is_empty());
    assert_eq!(
        (kept(&service).await.len(), ada.run("{ me { role } }").await.data()["me"]["role"].clone()),
        (1, "CLIENT".into())
    );
}

/// What an API key may call of all mutations. Whoever adds one here says in `docs/api-keys.md` why a key that was found
/// gets its finder no further by it.
const OPEN_TO_KEYS: [&str; 4] =
    ["Mutation.login", "Mutation.refresh", "Mutation.signup", "Mutation.validateToken"];

#[tokio::test]
async fn a_mutation_is_closed_to_keys_unless_it_is_listed_here() {
    let service = Service::start().await;
    let eve = service.admin("eve").await;
    let script = service.anonymous().with_token(create(&eve, Role::Admin).await.secret);
    let answer = script.run("{ permissions { coordinate verdict requires } }").await;
    let permissions = answer.data()["permissions"].as_array().unwrap().clone();
    let mutations =
        permissions.iter().filter(|it| it["coordinate"].as_str().unwrap().starts_with("Mutation."));
    let (open, closed): (Vec<_>, Vec<_>) = mutations.partition(|it| it["verdict"] != "DENIED");
    let open: Vec<_> = open.iter().map(|it| it["coordinate"].as_str().unwrap()).collect();
    assert_eq!(open, OPEN_TO_KEYS);
    assert!(!closed.is_empty() && closed.iter().all(|it| it["requires"] == "@session"), "{closed:?}");
}

#[tokio::test]
async fn a_key_has_at_most_the_role_of_its_owner_when_it_is_made_and_whenever_it_is_used() {
    let service = Service::start().await;
    let max = service.manager("max").await;
    let refused = try_create(&max, json!({ "name": "too much", "role": "ADMIN" })).await;
    refused.assert_refused("INVALID_INPUT");
    assert_eq!(refused.at("/errors/0/extensions/field"), "input.role");
    let lesser = service.anonymous().with_token(create(&max, Role::Client).await.secret);
    let full = service.anonymous().with_token(create(&max, Role::Manager).await.secret);
    let users = "{ users { totalCount } }";
    lesser.run(users).await.assert_refused("FORBIDDEN");
    full.run(users).await.data();
    let id: Uuid = max.id().parse().unwrap();
    let give = async |role| set_role(&service.app, &Client::default(), None, id, role).await.unwrap();
    give(Role::Client).await;
    full.run(users).await.assert_refused("FORBIDDEN");
    give(Role::Admin).await;
    full.run(users).await.data();
    full.run("{ server { version } }").await.assert_refused("FORBIDDEN");
    lesser.run(users).await.assert_refused("FORBIDDEN");
}

#[tokio::test]
async fn whose_keys_are_seen_is_as_with_sessions() {
    let service = Service::start().await;
    let (ada, max, eve) =
        (service.client("ada").await, service.manager("max").await, service.admin("eve").await);
    let key = create(&ada, Role::Client).await;
    let of = json!({ "id": ada.id() });
    let document = "query($id: ID!) { user(id: $id) { apiKeys(first: 1) { edges { cursor node { name } } pageInfo { hasNextPage } } } }";
    max.run_with(document, of.clone()).await.assert_refused("FORBIDDEN");
    let seen = eve.run_with(document, of).await;
    assert_eq!(seen.data()["user"]["apiKeys"]["edges"][0]["node"]["name"], "deploy");
    service.anonymous().with_token(key.secret).run(KEYS).await.data();
}

#[tokio::test]
async fn a_key_beside_a_sign_in_gives_nothing_to_the_one_who_signs_in() {
    let service = Service::start().await;
    let eve = service.admin("eve").await;
    service.client("ada").await;
    let script = service.anonymous().with_token(create(&eve, Role::Admin).await.secret);
    let answer = script.try_log_in("ada@example.test", PASSWORD).await;
    assert_eq!(answer.data()["login"]["user"]["role"], "CLIENT");
}
