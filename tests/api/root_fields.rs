//! Every root field, asked by everybody: what `permissions` says is what happens, and both are what this page says.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::StatusCode;
use rolegate::access::role::Role;
use rolegate::graphql::policy::PolicyTable;
use rolegate::platform::secret::new_id;
use serde_json::json;

use crate::api_keys::create;
use crate::harness::{PASSWORD, Persona, Service};

/// What comes back: no error, or this code.
type Outcome = &'static str;

const OK: Outcome = "";
const LOG_IN_FIRST: Outcome = "UNAUTHENTICATED";
const FORBIDDEN: Outcome = "FORBIDDEN";

const EVERYBODY: [Outcome; 4] = [OK; 4];
const SIGNED_IN: [Outcome; 4] = [LOG_IN_FIRST, OK, OK, OK];
const MANAGERS: [Outcome; 4] = [LOG_IN_FIRST, FORBIDDEN, OK, OK];
const ADMINS: [Outcome; 4] = [LOG_IN_FIRST, FORBIDDEN, FORBIDDEN, OK];

/// Coordinate, document, and what an anonymous caller, a client, a manager and an admin get. `$OWN` is the caller's id,
/// `$OTHER` somebody else's, `$SESSION` the caller's session, `$REFRESH` a live refresh token, `$ACCESS` a live access token,
/// `$KEY` an API key of the caller's, if they can have one.
const FIELDS: [(&str, &str, [Outcome; 4]); 18] = [
    ("Query.permissions", "{ permissions { verdict } }", EVERYBODY),
    ("Query.can", "{ can(coordinate: \"Query.users\") { verdict } }", EVERYBODY),
    ("Query.server", "{ server { name } }", EVERYBODY),
    ("Query.me", "{ me { id } }", SIGNED_IN),
    ("Query.user", "{ user(id: \"$OWN\") { id } }", SIGNED_IN),
    ("Query.user", "{ user(id: \"$OTHER\") { id } }", MANAGERS),
    ("Query.users", "{ users { totalCount } }", MANAGERS),
    (
        "Mutation.signup",
        "mutation { signup(input: { email: \"new@example.test\", password: \"$PASSWORD\" }) { __typename } }",
        EVERYBODY,
    ),
    (
        "Mutation.login",
        "mutation { login(input: { identifier: \"other@example.test\", password: \"$PASSWORD\" }) { __typename } }",
        EVERYBODY,
    ),
    (
        "Mutation.refresh",
        "mutation { refresh(input: { refreshToken: \"$REFRESH\" }) { accessToken } }",
        EVERYBODY,
    ),
    ("Mutation.logout", "mutation { logout { id } }", SIGNED_IN),
    ("Mutation.endSession", "mutation { endSession(id: \"$SESSION\") { id } }", SIGNED_IN),
    ("Mutation.endOtherSessions", "mutation { endOtherSessions { id } }", SIGNED_IN),
    ("Mutation.endUserSessions", "mutation { endUserSessions(userId: \"$OTHER\") { id } }", ADMINS),
    (
        "Mutation.setUserRole",
        "mutation { setUserRole(input: { userId: \"$OTHER\", role: MANAGER }) { id } }",
        ADMINS,
    ),
    (
        "Mutation.createApiKey",
        "mutation { createApiKey(input: { name: \"script\", role: CLIENT }) { secret } }",
        SIGNED_IN,
    ),
    ("Mutation.revokeApiKey", "mutation { revokeApiKey(id: \"$KEY\") { id } }", SIGNED_IN),
    ("Mutation.validateToken", "mutation { validateToken(token: \"$ACCESS\") { kind } }", SIGNED_IN),
];

/// The caller with this place in the table, in a service that nobody else has used but `other@example.test`.
async fn caller<'s>(service: &'s Service, place: usize, other: &Persona<'s>) -> Persona<'s> {
    match place {
        // Ids are no secrets: a stranger may know one.
        0 => other.clone().with_token(""),
        1 => service.client("ada").await,
        2 => service.manager("ada").await,
        _ => service.admin("ada").await,
    }
}

#[tokio::test]
async fn no_root_field_is_left_out() {
    let service = Service::start().await;
    let schema = rolegate::graphql::schema(service.app.clone()).unwrap();
    let table = schema.data::<Arc<PolicyTable>>().unwrap();
    let is_root = |coordinate: &&str| coordinate.starts_with("Query.") || coordinate.starts_with("Mutation.");
    let found: BTreeSet<&str> = table.coordinates().filter(is_root).collect();
    let listed: BTreeSet<&str> = FIELDS.iter().map(|(coordinate, ..)| *coordinate).collect();
    assert_eq!(found, listed);
}

#[tokio::test]
async fn every_root_field_answers_everybody_as_the_table_says() {
    for place in 0..4 {
        for (coordinate, document, outcomes) in FIELDS {
            let service = Service::start().await;
            let other = service.client("other").await;
            let caller = caller(&service, place, &other).await;
            // Ids are no secrets, those of keys neither.
            let key = if place == 0 { new_id().to_string() } else { create(&caller, Role::Client).await.id };
            let document = document
                .replace("$OWN", caller.id())
                .replace("$OTHER", other.id())
                .replace("$SESSION", &caller.tokens.session)
                .replace("$REFRESH", &other.tokens.refresh)
                .replace("$ACCESS", &other.tokens.access)
                .replace("$KEY", &key)
                .replace("$PASSWORD", PASSWORD);
            assert_promised(&caller, coordinate, outcomes[place], document.contains(other.id())).await;
            let answer = caller.run(&document).await;
            match outcomes[place] {
                OK => drop(answer.data()),
                code => {
                    answer.assert_refused(code);
                    let status =
                        if code == FORBIDDEN { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED };
                    assert_eq!(answer.status, status, "{document}");
                    assert!(answer.json.get("data").is_none(), "{document}: nothing ran");
                }
            }
        }
    }
}

/// Holds that `permissions` tells the caller the same. What depends on whose it is, it cannot know.
async fn assert_promised(caller: &Persona<'_>, coordinate: &str, outcome: Outcome, is_others: bool) {
    let ask = "query($c: [String!]) { permissions(coordinates: $c) { verdict code } }";
    let answer = caller.run_with(ask, json!({ "c": [coordinate] })).await;
    let permission = &answer.data()["permissions"][0];
    let (verdict, code) = (permission["verdict"].as_str().unwrap(), permission["code"].as_str());
    let kept = match verdict {
        "ALLOWED" => outcome == OK,
        "DENIED" => code == Some(outcome),
        _ => coordinate == "Query.user" && (outcome == FORBIDDEN) == is_others,
    };
    assert!(kept, "{coordinate}: {verdict} was told, and the table has {outcome:?}");
}
