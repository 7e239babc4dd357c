//! What gets out, and to whom. Every answer and every line of the log of the whole suite is watched besides:
//! `harness/watch.rs`.

use async_graphql::{Context, EmptyMutation, EmptySubscription, Object, Result, Schema};
use axum::http::StatusCode;
use rolegate::audit::event;
use rolegate::graphql::context::app;
use rolegate::graphql::policy;
use rolegate::graphql::policy::directives::public;
use rolegate::users::suspend::suspend;
use sea_orm::{ConnectionTrait as _, EntityTrait as _};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::watch::{credential_in, leak_in_answer, leak_in_log, logged};
use crate::harness::{Answer, PASSWORD, Service};

/// What a careless resolver may do.
struct Careless;

#[Object]
impl Careless {
    /// The database's own error, passed on as it is.
    #[graphql(directive = public::apply())]
    async fn raw(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        let statement = "SELECT secret_column FROM no_table_of_ours";
        app(ctx).database.reader().execute_unprepared(statement).await?;
        Ok(None)
    }

    /// A panic that tells what it saw.
    #[graphql(directive = public::apply())]
    async fn panic(&self) -> Option<bool> {
        std::hint::black_box(None).or_else(|| panic!("the password {PASSWORD} was refused"))
    }

    /// What goes well.
    #[graphql(directive = public::apply())]
    async fn fine(&self) -> bool {
        true
    }
}

async fn careless() -> Service {
    let service = Service::start().await;
    let schema = policy::install(Schema::build(Careless, EmptyMutation, EmptySubscription)).unwrap();
    let schema = schema.data(service.app.clone()).finish();
    service.serving(schema)
}

/// Holds that the log knows why the request failed that this answer answers, and says so once.
#[track_caller]
fn assert_logged(answer: &Answer, cause: &str) {
    let id = answer.header("x-request-id").unwrap();
    let causes: Vec<String> =
        logged(id).into_iter().filter(|line| line.contains("an operation failed")).collect();
    assert_eq!(causes.len(), 1, "{causes:?}");
    assert!(causes[0].contains(cause), "{causes:?}");
}

/// Holds that the answer is one fault of ours, and that nobody learns which.
#[track_caller]
fn assert_hidden(answer: &Answer) {
    answer.assert_refused("INTERNAL");
    assert_eq!(answer.at("/errors/0/message"), "Something went wrong on our side.");
    let extensions = json!({ "code": "INTERNAL", "requestId": answer.header("x-request-id").unwrap() });
    assert_eq!(answer.at("/errors/0/extensions"), &extensions);
}

#[tokio::test]
async fn a_resolver_that_returns_a_raw_database_error_answers_internal_with_a_request_id_and_nothing_else() {
    let service = careless().await;
    let answer = service.anonymous().run("{ raw fine }").await;
    assert_eq!(answer.status, StatusCode::OK);
    let expected = json!({
        "data": { "raw": null, "fine": true },
        "errors": [{
            "message": "Something went wrong on our side.",
            "locations": [{ "line": 1, "column": 3 }],
            "path": ["raw"],
            "extensions": { "code": "INTERNAL", "requestId": answer.header("x-request-id").unwrap() },
        }],
    });
    assert_eq!(answer.json, expected);
    assert_logged(&answer, "no_table_of_ours");
}

#[tokio::test]
async fn a_resolver_that_panics_answers_internal_with_a_request_id_and_the_server_goes_on() {
    let service = careless().await;
    let answer = service.anonymous().run("{ fine panic }").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    let expected = json!({ "errors": [{
        "message": "Something went wrong on our side.",
        "extensions": { "code": "INTERNAL", "requestId": answer.header("x-request-id").unwrap() },
    }] });
    assert_eq!(answer.json, expected);
    assert_logged(&answer, "a panic");
    assert_eq!(service.anonymous().run("{ fine }").await.data()["fine"], true);
}

#[tokio::test]
async fn a_broken_table_is_nobodys_business_but_the_operators() {
    // Or nobody would look at the table.
    let service = Service::with(|config| config.session.cache = false).await;
    let ada = service.client("ada").await;
    let alter = async |statement: &'static str| {
        let write = service.app.database.write(async move |tx| {
            tx.execute_unprepared(statement).await?;
            Ok(())
        });
        write.await.unwrap();
    };
    alter("ALTER TABLE passwords RENAME TO gone").await;
    for answer in [
        ada.try_log_in("ada@example.test", PASSWORD).await,
        ada.try_sign_up(json!({ "email": "bob@example.test", "password": PASSWORD })).await,
    ] {
        assert_hidden(&answer);
        assert_logged(&answer, "passwords");
    }
    alter("ALTER TABLE sessions RENAME TO gone_too").await;
    let answer = ada.run("{ me { id } }").await;
    assert_hidden(&answer);
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.json.get("data").is_none());
    assert_logged(&answer, "sessions");
    service.anonymous().run("{ server { name } }").await.data();
}

#[tokio::test]
async fn without_a_database_every_answer_says_that_it_is_our_fault_and_not_why() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    service.app.stop().await;
    for answer in [
        ada.run("{ me { id } }").await,
        ada.run("mutation { logout { id } }").await,
        service.anonymous().try_log_in("ada@example.test", PASSWORD).await,
        service.anonymous().try_refresh(&ada.tokens.refresh).await,
        service.anonymous().try_sign_up(json!({ "email": "bob@example.test", "password": PASSWORD })).await,
    ] {
        if answer.codes() == ["OVERLOADED"] {
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        } else {
            assert_hidden(&answer);
        }
    }
    assert_eq!(service.anonymous().run("{ server { name } }").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_happened_is_recorded_with_whom_and_from_where_and_without_secrets() {
    let service = Service::start().await;
    let (ada, eve) = (service.client("ada").await, service.admin("eve").await);
    let phone = service.anonymous().log_in("ada@example.test").await;
    let later = phone.refresh().await.refresh().await;
    phone.try_refresh(&phone.tokens.refresh).await.assert_refused("UNAUTHENTICATED");
    ada.try_log_in("ada@example.test", "a wrong guess").await.assert_refused("INVALID_CREDENTIALS");
    ada.try_log_in("nobody@example.test", "a wrong guess").await.assert_refused("INVALID_CREDENTIALS");
    let promote = "mutation($id: ID!) { setUserRole(input: { userId: $id, role: MANAGER }) { id } }";
    eve.run_with(promote, json!({ "id": ada.id() })).await.data();
    ada.run("mutation { logout { id } }").await.data();
    let client = rolegate::access::client::Client { ip: "127.0.0.1".parse().ok(), user_agent: None };
    suspend(&service.app, &client, Some(eve.id().parse().unwrap()), ada.id().parse().unwrap()).await.unwrap();

    let events = event::Entity::find().all(service.app.database.reader()).await.unwrap();
    let ada_id: Uuid = ada.id().parse().unwrap();
    for (kind, subject) in [
        ("SIGNED_UP", Some(ada_id)),
        ("SIGNED_IN", Some(ada_id)),
        ("SIGN_IN_FAILED", Some(ada_id)),
        ("SIGN_IN_FAILED", None),
        ("REFRESH_TOKEN_REUSED", Some(ada_id)),
        ("ROLE_CHANGED", Some(ada_id)),
        ("SESSION_ENDED", Some(ada_id)),
        ("USER_SUSPENDED", Some(ada_id)),
    ] {
        let found = events.iter().find(|event| event.kind == kind && event.subject_id == subject);
        let found = found.unwrap_or_else(|| panic!("no {kind} of {subject:?} in {events:#?}"));
        assert_eq!(found.ip_address.as_deref(), Some("127.0.0.1"), "{kind}");
        assert_eq!(found.recorded_at, service.app.clock.now(), "{kind}");
    }
    let kept = format!("{events:?}");
    let tokens = [&ada.tokens, &phone.tokens, &later.tokens].map(|tokens| [&tokens.access, &tokens.refresh]);
    let secrets = tokens.iter().flatten().map(|token| token.as_str());
    for secret in secrets.chain([PASSWORD, "a wrong guess", "@", "ada\"", "$argon2"]) {
        assert!(!kept.contains(secret), "{secret} is in {kept}");
    }
    assert_eq!(credential_in(&kept), None);
}

#[tokio::test]
async fn the_watcher_hears_every_request_and_would_know_a_leak() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let answer = ada.run("query LookAtMe { me { id } }").await;
    let heard = logged(answer.header("x-request-id").unwrap());
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(heard[0].contains("LookAtMe"), "{heard:?}");
    for told in [format!("user_id={}", ada.id()), format!("session_id={}", ada.tokens.session)] {
        assert!(heard[0].contains(&told), "{told} is not in {heard:?}");
    }
    service.anonymous().try_log_in("nobody@example.test", PASSWORD).await;
    assert!(!logged("a sign-in was refused").is_empty(), "it hears what is said at the lowest level, too");

    for leak in [
        format!("password={PASSWORD:?}"),
        format!("Authorization: Bearer {}", ada.tokens.access),
        ada.tokens.access.split('.').next().unwrap().to_owned(),
        format!("token=\"{}\"", ada.tokens.refresh),
        format!("Cookie(\"__Host-rolegate={}\")", ada.tokens.refresh),
        "hash=$argon2id$v=19$m=16".into(),
        "email=Ada@Example.Test".into(),
        "statement: SELECT hash FROM passwords".into(),
        "DELETE FROM sessions".into(),
    ] {
        assert!(leak_in_log(&leak).is_some(), "{leak}");
    }
    for leak in [
        PASSWORD,
        "UNIQUE constraint failed: users.email",
        "duplicate key value violates unique constraint",
        "sqlx error",
        "sea_orm::DbErr",
        "thread panicked at src/main.rs:1:1",
        ".cargo/registry",
        "INSERT INTO users VALUES (1)",
    ] {
        assert!(leak_in_answer(leak).is_some(), "{leak}");
    }
    let harmless = json!({ "id": Uuid::from_u128(7), "session": ada.tokens.session, "text": Value::Null });
    assert_eq!(leak_in_answer(&harmless.to_string()).or(leak_in_log(&harmless.to_string())), None);
}
