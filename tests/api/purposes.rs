//! Every kind of credential presented wherever another kind belongs: each counts in its own places and nowhere else.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use rolegate::access::role::Role;
use rolegate::app::App;
use rolegate::config::TokenFormat;
use rolegate::platform::clock::Clock;
use rolegate::tokens::access_token::{Draft, Subject};
use rolegate::tokens::signing_key;
use serde_json::json;
use uuid::Uuid;

use crate::api_keys::create;
use crate::harness::{PASSWORD, Persona, Service};
use crate::token_introspection::{introspect, start_with};

/// Where a credential may be presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consumer {
    Authorization,
    Refresh,
    Cookie,
    Introspection,
    ValidateToken,
    ForwardAuth,
}

use Consumer::{Authorization, Cookie, ForwardAuth, Introspection, Refresh, ValidateToken};

/// `Refresh` last: it is the one that spends what it takes.
const CONSUMERS: [Consumer; 6] = [Authorization, Cookie, Introspection, ValidateToken, ForwardAuth, Refresh];

/// Whether the consumer takes the credential for one of Ada's.
async fn takes(service: &Service, max: &Persona<'_>, consumer: Consumer, credential: &str) -> bool {
    let stranger = service.anonymous();
    match consumer {
        Authorization => {
            let answer = stranger.with_token(credential).run("{ me { email } }").await;
            answer.at("/data/me/email") == "ada@example.test"
        }
        Cookie => {
            let cookie = format!("__Host-rolegate={credential}");
            let browser =
                stranger.with_header("origin", "http://127.0.0.1:4000").with_header("cookie", cookie);
            browser.run("{ me { email } }").await.at("/data/me/email") == "ada@example.test"
        }
        Introspection => introspect(service, credential).await != json!({ "active": false }),
        ValidateToken => {
            let document = "mutation($t: String!) { validateToken(token: $t) { user { email } } }";
            let answer = max.run_with(document, json!({ "t": credential })).await;
            !answer.data()["validateToken"].is_null()
        }
        ForwardAuth => {
            let request =
                Request::get("/forward-auth").header("authorization", format!("Bearer {credential}"));
            let spoofed = request.header("x-rolegate-session-id", "spoofed").body(Body::empty()).unwrap();
            let answer = service.send(spoofed).await;
            let is_let_in = answer.status == StatusCode::OK;
            let names = ["x-rolegate-user-id", "x-rolegate-role", "x-rolegate-session-id"];
            assert!(names.iter().all(|name| answer.headers.contains_key(*name) == is_let_in));
            is_let_in
        }
        Refresh => stranger.try_refresh(credential).await.codes().is_empty(),
    }
}

/// What the cookie of a new session of Ada's holds.
async fn cookie_of_ada(service: &Service) -> String {
    let document = "mutation($i: LoginInput!) { login(input: $i) { __typename } }";
    let input = json!({ "identifier": "ada@example.test", "password": PASSWORD, "delivery": "COOKIE" });
    let answer = service.anonymous().run_with(document, json!({ "i": input })).await;
    let cookie = answer.header("set-cookie").unwrap();
    cookie.split_once('=').unwrap().1.split_once(';').unwrap().0.to_owned()
}

/// A token of the session as a server with this configuration but the other format makes it.
async fn of_the_other_format(service: &Service, session_id: &str, user_id: &str) -> String {
    let mut config = service.app.config.clone();
    config.tokens.format = match config.tokens.format {
        TokenFormat::Jwt => TokenFormat::Opaque,
        TokenFormat::Opaque => TokenFormat::Jwt,
    };
    let app = App::start(config, Clock::Manual(service.clock.clone())).await.unwrap();
    signing_key::load(&app).await.unwrap();
    let (session_id, user_id): (Uuid, Uuid) = (session_id.parse().unwrap(), user_id.parse().unwrap());
    let draft = Draft::new(&app, session_id).unwrap();
    let subject =
        Subject { id: user_id, role: Role::Client, name: None, username: None, email_verified: false };
    let kept = draft.clone();
    app.database.write(async move |tx| kept.keep(tx, user_id).await).await.unwrap();
    let token = draft.hand_out(&app, &subject).unwrap().reveal().to_owned();
    app.stop().await;
    token
}

async fn table(format: TokenFormat) {
    let service = start_with(|config| config.tokens.format = format).await;
    let (ada, max) = (service.client("ada").await, service.manager("max").await);
    let key = create(&ada, Role::Client).await.secret;
    let cookie = cookie_of_ada(&service).await;
    let foreign = of_the_other_format(&service, &ada.tokens.session, ada.id()).await;
    let rows: [(&str, &str, &[Consumer]); 5] = [
        ("an access token", &ada.tokens.access, &[Authorization, Introspection, ValidateToken, ForwardAuth]),
        ("an access token of the other format", &foreign, &[]),
        ("an API key", &key, &[Authorization, Introspection, ValidateToken, ForwardAuth]),
        ("a cookie", &cookie, &[Cookie]),
        ("a refresh token", &ada.tokens.refresh, &[Refresh]),
    ];
    for round in 1..=2 {
        for (name, credential, theirs) in rows {
            // A refresh token that is spent is one that comes back: that is another test's.
            let consumers = CONSUMERS.into_iter().filter(|it| round == 1 || *it != Refresh);
            for consumer in consumers {
                let taken = takes(&service, &max, consumer, credential).await;
                assert_eq!(
                    taken,
                    theirs.contains(&consumer),
                    "{name} at {consumer:?}, {format:?}, round {round}"
                );
            }
        }
    }
}

#[tokio::test]
async fn no_credential_passes_for_another_where_access_tokens_are_jwts() {
    table(TokenFormat::Jwt).await;
}

#[tokio::test]
async fn no_credential_passes_for_another_where_access_tokens_are_opaque() {
    table(TokenFormat::Opaque).await;
}

#[tokio::test]
async fn a_credential_under_another_ones_tag_is_none() {
    let service = start_with(|config| config.tokens.format = TokenFormat::Opaque).await;
    let (ada, max) = (service.client("ada").await, service.manager("max").await);
    let key = create(&ada, Role::Client).await.secret;
    let cookie = cookie_of_ada(&service).await;
    let swapped = [
        ada.tokens.access.replace("rlat_", "rlg_"),
        ada.tokens.access.replace("rlat_", ""),
        key.replace("rlg_", "rlat_"),
        key.replace("rlg_", ""),
        format!("rlg_{cookie}"),
        format!("rlat_{}", ada.tokens.refresh),
    ];
    for credential in &swapped {
        for consumer in CONSUMERS {
            assert!(!takes(&service, &max, consumer, credential).await, "{consumer:?}");
        }
    }
    service.advance(TimeDelta::seconds(30));
    assert!(ada.refresh().await.is_signed_in().await, "and none of this ended anything");
}
