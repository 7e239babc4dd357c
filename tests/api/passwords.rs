//! Signing up and in with a password.

use axum::http::StatusCode;
use rolegate::config::{SignupIdentifier, SignupMode};
use rolegate::passwords::credential;
use rolegate::users::suspend::suspend;
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use serde_json::json;

use crate::harness::{PASSWORD, Service};

async fn users(service: &Service) -> u64 {
    rolegate::users::user::Entity::find().count(service.app.database.reader()).await.unwrap()
}

#[tokio::test]
async fn whoever_signs_up_is_a_client_and_signed_in() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let answer = ada.run("{ me { id email role name status } }").await;
    let expected = json!({ "id": ada.id(), "email": "ada@example.test", "role": "CLIENT", "name": "ada", "status": "ACTIVE" });
    assert_eq!(answer.data()["me"], expected);
}

#[tokio::test]
async fn the_same_password_signs_in_again_and_every_token_differs() {
    let service = Service::start().await;
    let first = service.client("ada").await;
    let second = service.anonymous().log_in("ADA@example.test ").await;
    assert_eq!(second.id(), first.id());
    assert_ne!(second.tokens.access, first.tokens.access);
    assert_ne!(second.tokens.refresh, first.tokens.refresh);
    assert_ne!(second.tokens.session, first.tokens.session);
    assert!(first.is_signed_in().await && second.is_signed_in().await);
}

#[tokio::test]
async fn no_input_carries_a_role_a_status_or_a_verification() {
    let service = Service::start().await;
    for extra in ["role: ADMIN", "status: ACTIVE", "emailVerifiedAt: \"2026-01-01T00:00:00Z\"", "id: \"1\""] {
        let query = format!(
            "mutation {{ signup(input: {{ email: \"eve@example.test\", password: \"{PASSWORD}\", {extra} }}) {{ __typename }} }}"
        );
        let answer = service.anonymous().run(&query).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{extra}: {}", answer.text);
        let mut input = json!({ "email": "eve@example.test", "password": PASSWORD });
        let (key, _) = extra.split_once(':').unwrap();
        input[key] = json!("ADMIN");
        assert_eq!(service.anonymous().try_sign_up(input).await.status, StatusCode::BAD_REQUEST, "{extra}");
    }
    assert_eq!(users(&service).await, 0);
}

#[tokio::test]
async fn a_taken_address_is_refused_in_every_spelling_and_changes_nothing() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    for email in ["ada@example.test", "ADA@EXAMPLE.TEST", "  Ada@example.test\t"] {
        let answer = service
            .anonymous()
            .try_sign_up(json!({ "email": email, "password": "another fine phrase" }))
            .await;
        answer.assert_refused("EMAIL_TAKEN");
        assert!(!answer.text.to_lowercase().contains("unique"), "{}", answer.text);
    }
    assert_eq!(users(&service).await, 1);
    service
        .anonymous()
        .try_log_in("ada@example.test", "another fine phrase")
        .await
        .assert_refused("INVALID_CREDENTIALS");
    assert!(ada.is_signed_in().await);
    service.anonymous().log_in("ada@example.test").await;
}

#[tokio::test]
async fn usernames_are_unique_without_regard_to_letter_case_and_sign_in() {
    let service = Service::start().await;
    let with =
        |email: &str, username: &str| json!({ "email": email, "username": username, "password": PASSWORD });
    let ada = service.anonymous().sign_up(with("ada@example.test", "Ada_L")).await;
    service.anonymous().try_sign_up(with("bob@example.test", "aDA_l")).await.assert_refused("USERNAME_TAKEN");
    service
        .anonymous()
        .try_sign_up(with("bob@example.test", "bob@example.test"))
        .await
        .assert_refused("INVALID_INPUT");
    assert_eq!(service.anonymous().log_in("ADA_L").await.id(), ada.id());
    assert_eq!(users(&service).await, 1);
}

#[tokio::test]
async fn what_is_no_address_is_refused_and_says_which_argument() {
    let service = Service::start().await;
    let long = format!("{}@example.test", "a".repeat(300));
    for email in [
        "",
        " ",
        "ada",
        "ada@",
        "a@b@c.de",
        "ada@example.test\r\nBcc: eve@x.de",
        "a\0b@example.test",
        "a@b.de,c@d.de",
        "' OR 1=1 --",
        &long,
    ] {
        let answer = service.anonymous().try_sign_up(json!({ "email": email, "password": PASSWORD })).await;
        answer.assert_refused("INVALID_INPUT");
        assert_eq!(answer.at("/errors/0/extensions/field"), "input.email", "{email:?}");
    }
    assert_eq!(users(&service).await, 0);
}

#[tokio::test]
async fn weak_passwords_are_refused_with_the_reason() {
    let service = Service::start().await;
    let cases = [
        ("short77", "at least 8"),
        ("password1", "tried first"),
        ("Qwertyuiop", "tried first"),
        ("iloveyou1", "tried first"),
        ("ada.lovelace", "your own"),
        ("Ada.Lovelace@example.test", "your own"),
        ("rolegate-ROLEGATE", "service's name"),
        (&"x".repeat(257), "at most 256"),
        (&"x".repeat(20_000), "at most 256"),
    ];
    for (password, reason) in cases {
        let input = json!({ "email": "ada.lovelace@example.test", "password": password });
        let answer = service.anonymous().try_sign_up(input).await;
        answer.assert_refused("WEAK_PASSWORD");
        assert_eq!(answer.at("/errors/0/extensions/field"), "input.password");
        assert!(answer.text_at("/errors/0/message").contains(reason), "{password}: {}", answer.text);
        assert!(password.len() > 300 || !answer.text.contains(password), "the answer echoes it");
    }
    assert_eq!(users(&service).await, 0);
}

#[tokio::test]
async fn long_passwords_of_any_script_are_taken_whole() {
    let service = Service::start().await;
    let password = format!("Ünï {} 🔑 日本語 end", "word ".repeat(20));
    service.anonymous().sign_up(json!({ "email": "ada@example.test", "password": password })).await;
    let wrong = [
        password[..password.len() - 1].to_owned(),
        format!("{password} "),
        format!(" {password}"),
        password.to_uppercase(),
        password.chars().take(72).collect(),
        format!("{password}\0"),
    ];
    for typed in wrong {
        service
            .anonymous()
            .try_log_in("ada@example.test", &typed)
            .await
            .assert_refused("INVALID_CREDENTIALS");
    }
    service.anonymous().try_log_in("ada@example.test", &password).await.data();
    let decomposed = password.replace('Ü', "U\u{308}");
    service.anonymous().try_log_in("ada@example.test", &decomposed).await.data();
}

#[tokio::test]
async fn unknown_user_wrong_password_and_suspended_user_get_one_answer() {
    let service = Service::start().await;
    service.client("ada").await;
    let bob = service.client("bob").await;
    suspend(&service.app, &Default::default(), None, bob.id().parse().unwrap()).await.unwrap();
    let mut answers = Vec::new();
    for (identifier, password) in [
        ("nobody@example.test", PASSWORD),
        ("ada@example.test", "not the password"),
        ("bob@example.test", PASSWORD),
        ("bob@example.test", "not the password"),
        ("not an identifier at all", PASSWORD),
        ("", ""),
        ("ada@example.test", ""),
        ("ada@example.test", &"x".repeat(20_000)),
    ] {
        let answer = service.anonymous().try_log_in(identifier, password).await;
        answer.assert_refused("INVALID_CREDENTIALS");
        let mut headers = answer.headers;
        headers.remove("x-request-id").expect("every answer has its own");
        answers.push((answer.status, headers, answer.text));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
}

#[tokio::test]
async fn the_kept_hash_is_argon2id_and_is_upgraded_at_the_next_sign_in() {
    let service = Service::with(|config| config.password.memory_kib = 16).await;
    let ada = service.client("ada").await;
    let id = ada.id().parse().unwrap();
    let kept = || async { credential::find(service.app.database.reader(), id).await.unwrap().unwrap().hash };
    assert!(kept().await.0.starts_with("$argon2id$v=19$m=16,t=1,p=1$"));
    let elsewhere = rolegate::passwords::password::Password::parse(PASSWORD).unwrap();
    let weaker = Service::with(|config| config.password.memory_kib = 8).await;
    let hash = rolegate::passwords::hash::hash(&weaker.app, &elsewhere).await.unwrap();
    assert!(hash.0.contains("m=8,"));
    let now = service.app.clock.now();
    service
        .app
        .database
        .write(async move |tx| credential::set(tx, id, hash.clone(), now).await)
        .await
        .unwrap();
    service.anonymous().log_in("ada@example.test").await;
    assert!(kept().await.0.contains("m=16,"), "{}", kept().await.0);
    service.anonymous().log_in("ada@example.test").await;
}

#[tokio::test]
async fn sign_up_can_be_closed() {
    let service = Service::with(|config| config.signup.mode = SignupMode::Closed).await;
    let answer =
        service.anonymous().try_sign_up(json!({ "email": "ada@example.test", "password": PASSWORD })).await;
    answer.assert_refused("SIGNUP_CLOSED");
    assert_eq!(users(&service).await, 0);
}

#[tokio::test]
async fn sign_up_can_be_for_some_domains_alone() {
    let domains = || vec!["Example.test".into(), "bücher.test".into()];
    let service = Service::with(|config| config.signup.email_domains = domains()).await;
    for email in ["eve@evil.test", "eve@sub.example.test", "eve@notexample.test"] {
        service
            .anonymous()
            .try_sign_up(json!({ "email": email, "password": PASSWORD }))
            .await
            .assert_refused("INVALID_INPUT");
    }
    let nameless = json!({ "username": "ada_l", "password": PASSWORD });
    let refused = service.anonymous().try_sign_up(nameless).await;
    assert_eq!(refused.at("/errors/0/message"), "An email address is needed.");
    service.client("ada").await;
    service.anonymous().sign_up(json!({ "email": "ada@bücher.test", "password": PASSWORD })).await;
}

#[tokio::test]
async fn what_is_needed_to_sign_up_is_configured() {
    let username_only = json!({ "username": "ada_l", "password": PASSWORD });
    let email_only = json!({ "email": "ada@example.test", "password": PASSWORD });
    let neither = json!({ "password": PASSWORD });
    for (identifier, refused, accepted) in [
        (SignupIdentifier::Email, vec![&username_only, &neither], vec![&email_only]),
        (SignupIdentifier::Username, vec![&email_only, &neither], vec![&username_only]),
        (SignupIdentifier::Either, vec![&neither], vec![&email_only, &username_only]),
    ] {
        let service = Service::with(|config| config.signup.identifier = identifier).await;
        for input in refused {
            service.anonymous().try_sign_up(input.clone()).await.assert_refused("INVALID_INPUT");
        }
        for input in accepted {
            service.anonymous().sign_up(input.clone()).await;
        }
    }
}

#[tokio::test]
async fn a_full_hash_queue_answers_overloaded_with_503() {
    let service = Service::with(|config| {
        (config.password.hash_threads, config.password.hash_queue) = (1, 1);
        (config.password.memory_kib, config.password.iterations) = (4_096, 4);
    })
    .await;
    let tries =
        (0..16).map(|_| async { service.anonymous().try_log_in("nobody@example.test", PASSWORD).await });
    let answers = futures_util::future::join_all(tries).await;
    let overloaded: Vec<_> = answers.iter().filter(|answer| answer.codes() == ["OVERLOADED"]).collect();
    assert!(!overloaded.is_empty(), "sixteen at once, one thread, one place to wait");
    for answer in overloaded {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.header("retry-after").is_some());
        assert!(answer.at("/errors/0/extensions/retryAfter").as_u64().is_some());
        assert!(answer.json.get("data").is_none());
    }
}
