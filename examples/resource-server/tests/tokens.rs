//! Against a real Rolegate on a port of its own: which tokens count, for whom, and how often keys are fetched.
#![expect(clippy::unwrap_used, reason = "a test may say that something cannot fail")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::routing::get;
use axum::{Json, Router};
use chrono::TimeDelta;
use jsonwebtoken::Header;
use resource_server::keys::Keys;
use resource_server::tokens::Tokens;
use resource_server::{router, schema};
use rolegate::access::client::Client;
use rolegate::access::role::Role;
use rolegate::app::App;
use rolegate::config::{Config, SigningAlgorithm};
use rolegate::graphql;
use rolegate::platform::clock::Clock;
use rolegate::platform::key::{Key, fresh};
use rolegate::server::Server;
use rolegate::tokens::verify::Expected;
use rolegate::users::set_role::set_role;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

const PASSWORD: &str = "gravel umbrella sunset teapot";

/// A Rolegate and a service that trusts it, each on its own port.
struct Town {
    app: Arc<App>,
    rolegate: String,
    service: String,
    _directory: tempfile::TempDir,
}

impl Town {
    async fn found() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut config = Config { listen, data_dir: directory.path().to_owned(), ..Config::default() };
        (config.password.memory_kib, config.password.iterations) = (8, 1);
        let server = Server::start(config).await.unwrap();
        let (app, rolegate) = (server.app.clone(), format!("http://{}", server.address));
        let schema = graphql::schema(app.clone()).unwrap();
        tokio::spawn(server.run(schema, std::future::pending()));
        let service = serve(tokens(&rolegate, &rolegate, Duration::from_secs(60))).await;
        Self { app, rolegate, service, _directory: directory }
    }

    /// Signs up, and says which id and which token that gives.
    async fn client(&self, name: &str) -> (String, String) {
        let signed_in = "... on SignedIn { accessToken user { id } }";
        let query = format!(
            "mutation {{ signup(input: {{ email: \"{name}@example.test\", password: \"{PASSWORD}\" }}) {{ {signed_in} }} }}"
        );
        let answer = ask(&self.rolegate, &query, None).await;
        let text = |at: &str| answer.pointer(at).and_then(Value::as_str).unwrap().to_owned();
        (text("/data/signup/user/id"), text("/data/signup/accessToken"))
    }

    async fn manager(&self, name: &str) -> String {
        let (id, _) = self.client(name).await;
        set_role(&self.app, &Client::default(), None, id.parse().unwrap(), Role::Manager).await.unwrap();
        let log_in = format!(
            "mutation {{ login(input: {{ identifier: \"{name}@example.test\", password: \"{PASSWORD}\" }}) \
             {{ ... on SignedIn {{ accessToken }} }} }}"
        );
        let answer = ask(&self.rolegate, &log_in, None).await;
        answer.pointer("/data/login/accessToken").and_then(Value::as_str).unwrap().to_owned()
    }

    /// What the service answers, as data and codes.
    async fn ask(&self, query: &str, token: Option<&str>) -> (Value, Vec<String>) {
        told(ask(&self.service, query, token).await)
    }
}

fn tokens(issuer: &str, jwks: &str, pause: Duration) -> Tokens {
    let expected = Expected {
        issuer: issuer.into(),
        audience: issuer.into(),
        leeway: TimeDelta::seconds(5),
        longest_lifetime: TimeDelta::hours(1),
    };
    let jwks = Url::parse(jwks).unwrap().join("/.well-known/jwks.json").unwrap();
    Tokens { keys: Keys::new(jwks, pause).unwrap(), expected }
}

async fn serve(tokens: Tokens) -> String {
    listen(router(schema::schema().unwrap(), tokens)).await
}

async fn listen(router: Router) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

async fn ask(server: &str, query: &str, token: Option<&str>) -> Value {
    let mut request =
        reqwest::Client::new().post(format!("{server}/graphql")).json(&json!({ "query": query }));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    request.send().await.unwrap().json().await.unwrap()
}

/// Data, and the code of each error with its reason.
fn told(mut answer: Value) -> (Value, Vec<String>) {
    let errors = answer["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let code = |error: &Value| {
        let text = |name: &str| error["extensions"][name].as_str().unwrap_or("").to_owned();
        format!("{} {}", text("code"), text("reason")).trim_end().to_owned()
    };
    let codes = errors.iter().map(code).collect();
    (answer["data"].take(), codes)
}

fn fresh_key(algorithm: SigningAlgorithm) -> Key {
    Key::open(algorithm, &fresh(algorithm).unwrap()).unwrap()
}

/// A token of this key that says what Rolegate's say, with `change` laid over it.
fn minted(key: &Key, issuer: &str, typ: &str, change: Value) -> String {
    let now = Clock::System.now().timestamp();
    let mut claims = json!({
        "iss": issuer, "aud": issuer, "sub": uuid::Uuid::nil(), "sid": uuid::Uuid::nil(), "jti": uuid::Uuid::nil(),
        "iat": now, "exp": now + 600, "role": "ADMIN", "scope": "role:admin",
    });
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let mut header = Header::new(key.algorithm);
    (header.typ, header.kid) = (Some(typ.into()), Some(key.kid.clone()));
    key.sign(&header, &claims).unwrap()
}

#[tokio::test]
async fn tokens_of_the_issuer_count_and_the_directives_hold() {
    let town = Town::found().await;
    let ((ann, token), manager) = (town.client("ann").await, town.manager("mia").await);
    let (id, code) = town.ask("{ greeting myId }", None).await;
    assert_eq!(
        (id, code),
        (json!({ "greeting": "Good day.", "myId": null }), vec!["UNAUTHENTICATED TOKEN_MISSING".into()])
    );
    assert_eq!(town.ask("{ myId }", Some(&token)).await, (json!({ "myId": ann }), vec![]));

    let drawer = format!("{{ drawer(ownerId: \"{ann}\") }}");
    let letters = json!({ "drawer": format!("The letters of {ann}.") });
    assert_eq!(town.ask(&drawer, Some(&token)).await, (letters.clone(), vec![]));
    assert_eq!(town.ask(&drawer, Some(&manager)).await, (letters, vec![]));
    let (_, bob) = town.client("bob").await;
    assert_eq!(town.ask(&drawer, Some(&bob)).await.1, ["FORBIDDEN"]);
    assert_eq!(town.ask("{ report }", Some(&bob)).await.1, ["FORBIDDEN"]);
    assert_eq!(town.ask("{ report }", Some(&manager)).await.0, json!({ "report": "All is well." }));
}

#[tokio::test]
async fn whatever_is_no_token_of_the_issuer_counts_for_nothing() {
    let town = Town::found().await;
    let own = town.app.keyring.signing(Clock::System.now()).unwrap();
    let foreign = fresh_key(SigningAlgorithm::Es256);
    let now = Clock::System.now().timestamp();
    let mint = |change| minted(&own, &town.rolegate, "at+jwt", change);
    assert!(
        town.ask("{ report }", Some(&mint(json!({})))).await.1.is_empty(),
        "the mint itself makes tokens that count"
    );

    // A foreign key under the name of the issuer's.
    let honest = mint(json!({}));
    let (message, _) = honest.rsplit_once('.').unwrap();
    let forged = format!("{message}.{}", foreign.signature(message.as_bytes()).unwrap());
    for (why, token) in [
        ("forged", forged),
        ("another issuer's claim", mint(json!({ "iss": "https://elsewhere.test" }))),
        ("another issuer's key", minted(&foreign, &town.rolegate, "at+jwt", json!({}))),
        ("for somebody else", mint(json!({ "aud": "https://elsewhere.test" }))),
        ("no access token", minted(&own, &town.rolegate, "JWT", json!({}))),
        ("from the future", mint(json!({ "iat": now + 60 }))),
        ("for longer than the issuer grants", mint(json!({ "exp": now + 7200 }))),
        ("of no role", mint(json!({ "role": "OWNER" }))),
        ("no token", "x".into()),
    ] {
        let (data, codes) = town.ask("{ greeting report }", Some(&token)).await;
        assert_eq!(data, json!({ "greeting": "Good day.", "report": null }), "{why}");
        assert_eq!(codes, ["UNAUTHENTICATED TOKEN_INVALID"], "{why}");
    }
    let expired = mint(json!({ "iat": now - 700, "exp": now - 100 }));
    assert_eq!(town.ask("{ report }", Some(&expired)).await.1, ["UNAUTHENTICATED TOKEN_EXPIRED"]);
}

/// What its README says is not had in this way.
#[tokio::test]
async fn a_token_of_a_session_that_was_ended_counts_until_it_expires() {
    let town = Town::found().await;
    let (ann, token) = town.client("ann").await;
    ask(&town.rolegate, "mutation { logout { id } }", Some(&token)).await;
    let (_, codes) = told(ask(&town.rolegate, "{ me { id } }", Some(&token)).await);
    assert_eq!(codes, ["UNAUTHENTICATED SESSION_ENDED"]);
    assert_eq!(town.ask("{ myId }", Some(&token)).await.0, json!({ "myId": ann }));
}

/// An issuer whose keys can be changed, and that counts who asks for them.
#[derive(Clone, Default)]
struct Issuer {
    published: Arc<Mutex<Vec<Value>>>,
    asked: Arc<AtomicUsize>,
}

impl Issuer {
    async fn open(&self) -> String {
        let issuer = self.clone();
        let answer = async move || {
            issuer.asked.fetch_add(1, Ordering::SeqCst);
            Json(json!({ "keys": *issuer.published.lock().unwrap() }))
        };
        listen(Router::new().route("/.well-known/jwks.json", get(answer))).await
    }

    fn publish(&self, key: &Key) {
        self.published.lock().unwrap().push(serde_json::to_value(&key.jwk).unwrap());
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

const ISSUER: &str = "https://issuer.test";

#[tokio::test]
async fn keys_are_fetched_once_and_made_up_names_bring_no_more_fetches() {
    let (issuer, key) = (Issuer::default(), fresh_key(SigningAlgorithm::Es256));
    issuer.publish(&key);
    issuer
        .published
        .lock()
        .unwrap()
        .push(json!({ "kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "other" }));
    let service = serve(tokens(ISSUER, &issuer.open().await, Duration::from_secs(60))).await;
    assert_eq!(issuer.asked(), 0);
    for _ in 0..3 {
        let (data, codes) =
            told(ask(&service, "{ report }", Some(&minted(&key, ISSUER, "at+jwt", json!({})))).await);
        assert_eq!((data, codes), (json!({ "report": "All is well." }), vec![]));
    }
    for _ in 0..5 {
        let unknown = fresh_key(SigningAlgorithm::Es256);
        let token = minted(&unknown, ISSUER, "at+jwt", json!({}));
        assert_eq!(
            told(ask(&service, "{ report }", Some(&token)).await).1,
            ["UNAUTHENTICATED TOKEN_INVALID"]
        );
    }
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn a_new_key_of_the_issuer_counts_as_soon_as_it_may_be_fetched() {
    let issuer = Issuer::default();
    let [old, new] = [SigningAlgorithm::Es256; 2].map(fresh_key);
    issuer.publish(&old);
    let service = serve(tokens(ISSUER, &issuer.open().await, Duration::ZERO)).await;
    for key in [&old, &new] {
        if issuer.asked() > 0 {
            issuer.publish(&new);
        }
        let (data, _) =
            told(ask(&service, "{ report }", Some(&minted(key, ISSUER, "at+jwt", json!({})))).await);
        assert_eq!(data, json!({ "report": "All is well." }));
    }
    assert_eq!(issuer.asked(), 2);
}

#[tokio::test]
async fn every_algorithm_with_public_keys_counts_and_a_published_secret_does_not() {
    let (issuer, secret) = (Issuer::default(), b"a secret that nobody should publish");
    let pairs = [SigningAlgorithm::Es256, SigningAlgorithm::EdDsa, SigningAlgorithm::Rs256].map(fresh_key);
    pairs.iter().for_each(|key| issuer.publish(key));
    let shared = Key::open(SigningAlgorithm::Hs256, secret).unwrap();
    let k = "YSBzZWNyZXQgdGhhdCBub2JvZHkgc2hvdWxkIHB1Ymxpc2g";
    issuer.published.lock().unwrap().push(json!({ "kty": "oct", "k": k, "kid": shared.kid }));
    let service = serve(tokens(ISSUER, &issuer.open().await, Duration::from_secs(60))).await;
    let ask = async |key: &Key| {
        told(ask(&service, "{ report }", Some(&minted(key, ISSUER, "at+jwt", json!({})))).await)
    };
    for key in &pairs {
        assert_eq!(ask(key).await, (json!({ "report": "All is well." }), vec![]), "{:?}", key.algorithm);
    }
    assert_eq!(ask(&shared).await.1, ["UNAUTHENTICATED TOKEN_INVALID"]);
}
