//! What the server says of itself, and to whom.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use rolegate::config::Introspection;
use serde_json::json;

use crate::harness::Service;

#[tokio::test]
async fn everybody_learns_what_a_sign_in_form_needs() {
    let service = Service::with(|config| config.name = "Acme".into()).await;
    let query = "{ server { name publicUrl signup { open identifier emailDomains } password { minLength maxLength } signInMethods } }";
    let expected = json!({ "name": "Acme", "publicUrl": null,
        "signup": { "open": true, "identifier": "EMAIL", "emailDomains": [] },
        "password": { "minLength": 8, "maxLength": 256 }, "signInMethods": ["PASSWORD"] });
    assert_eq!(service.anonymous().run(query).await.data()["server"], expected);
}

#[tokio::test]
async fn the_version_is_for_admins() {
    let service = Service::start().await;
    let answer = service.manager("max").await.run("{ server { version } }").await;
    answer.assert_refused("FORBIDDEN");
    let answer = service.admin("eve").await.run("{ server { version } }").await;
    assert_eq!(answer.data()["server"]["version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn introspection_and_graphiql_are_there_on_loopback_and_nowhere_else_unless_configured() {
    let page = || Request::get("/graphql").header("accept", "text/html").body(Body::empty()).unwrap();
    for (listen, behind_proxy, configured, there) in [
        ("127.0.0.1:4000", false, None, true),
        // Others come through the proxy, however near it is.
        ("127.0.0.1:4000", true, None, false),
        ("0.0.0.0:4000", false, None, false),
        ("0.0.0.0:4000", false, Some(Introspection::Filtered), true),
        ("0.0.0.0:4000", false, Some(Introspection::Full), true),
        ("127.0.0.1:4000", false, Some(Introspection::Off), false),
    ] {
        let service = Service::with(|config| {
            config.listen = listen.parse().unwrap();
            config.behind_proxy = behind_proxy;
            config.graphql.introspection = configured;
            config.graphql.graphiql = configured.map(|shown| shown != Introspection::Off);
        })
        .await;
        for document in ["{ __schema { queryType { name } } }", "{ a: __type(name: \"User\") { name } }"] {
            let answer = service.anonymous().run(document).await;
            let found = answer.text.contains("\"Query\"") || answer.text.contains("\"User\"");
            assert_eq!(found, there, "{listen} {behind_proxy} {configured:?} {document}: {}", answer.text);
        }
        let answer = service.send(page()).await;
        let found = answer.text.contains("graphiql");
        assert_eq!(found, there, "{listen} {behind_proxy} {configured:?}: {}", answer.status);
    }
}

#[tokio::test]
async fn no_suggestion_gives_a_field_away() {
    let service = Service::with(|config| config.graphql.introspection = Some(Introspection::Off)).await;
    let answer = service.anonymous().run("{ userz { totalCount } }").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(!answer.text.contains("Did you mean") && !answer.text.contains("\"users\""), "{}", answer.text);
}

#[tokio::test]
async fn health_says_whether_and_nothing_else() {
    let service = Service::start().await;
    for path in ["/health/live", "/health/ready"] {
        let answer = service.send(Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(
            !answer.text.contains(env!("CARGO_PKG_VERSION")) && answer.text.len() < 64,
            "{}",
            answer.text
        );
    }
    service.app.stop().await;
    let answer = service.send(Request::get("/health/ready").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let answer = service.send(Request::get("/health/live").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn a_server_whose_database_is_of_another_version_is_alive_but_not_ready() {
    let service = Service::start().await;
    let ask = async |path| service.send(Request::get(path).body(Body::empty()).unwrap()).await;
    for (migrate, back) in [
        (
            "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_future', 0)",
            "DELETE FROM seaql_migrations WHERE version = 'm9999_future'",
        ),
        (
            "UPDATE seaql_migrations SET version = 'n0001_users' WHERE version = 'm0001_users'",
            "UPDATE seaql_migrations SET version = 'm0001_users' WHERE version = 'n0001_users'",
        ),
        ("DELETE FROM seaql_migrations WHERE version LIKE 'm0012%'", "SELECT 1"),
    ] {
        assert_eq!(ask("/health/ready").await.status, StatusCode::OK);
        service.tamper(migrate).await;
        let answer = ask("/health/ready").await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::SERVICE_UNAVAILABLE, ""), "{migrate}");
        assert_eq!(ask("/health/live").await.status, StatusCode::OK);
        service.tamper(back).await;
    }
}

#[tokio::test]
async fn the_front_page_is_for_this_machine_alone() {
    let page = || Request::get("/").body(Body::empty()).unwrap();
    let service = Service::start().await;
    let answer = service.send(page()).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text.contains("/graphql") && answer.text.contains("/health"));
    let service = Service::with(|config| config.listen = "0.0.0.0:4000".parse().unwrap()).await;
    assert_eq!(service.send(page()).await.status, StatusCode::NOT_FOUND);
}
