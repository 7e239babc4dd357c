//! Access tokens that must not count, one for each way in which such things have counted elsewhere.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use jsonwebtoken::crypto::sign;
use jsonwebtoken::{Algorithm, EncodingKey};
use rolegate::platform::keyring::{Key, fresh_es256};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Answer, Persona, Service};

/// Takes a token apart and puts altered ones together, signed with the service's own key unless a test says otherwise.
struct Forge<'s> {
    service: &'s Service,
    victim: Persona<'s>,
    header: Value,
    claims: Value,
}

fn encode(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

impl<'s> Forge<'s> {
    async fn new(service: &'s Service) -> Self {
        let victim = service.client("ada").await;
        let parts: Vec<&str> = victim.tokens.access.split('.').collect();
        let part = |at: usize| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[at]).unwrap()).unwrap();
        let (header, claims) = (part(0), part(1));
        Self { service, victim, header, claims }
    }

    /// A token of these parts, rightly signed.
    fn signed(&self, header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
        let message = format!("{}.{}", encode(header), encode(claims));
        let key = self.service.app.keyring.signing().unwrap();
        let signature = sign(message.as_bytes(), &key.signing, Algorithm::ES256).unwrap();
        format!("{message}.{signature}")
    }

    fn with_header(&self, change: Value) -> String {
        self.signed(merged(&self.header, change).to_string(), self.claims.to_string())
    }

    fn with_claims(&self, change: Value) -> String {
        self.signed(self.header.to_string(), merged(&self.claims, change).to_string())
    }

    async fn present(&self, token: &str) -> Answer {
        self.service.anonymous().with_token(token).run("{ me { id } server { name } }").await
    }

    async fn assert_refused(&self, token: &str, why: &str) {
        let answer = self.present(token).await;
        assert_eq!(answer.codes(), ["UNAUTHENTICATED"], "{why}: {}", answer.text);
        assert_eq!(
            answer.at("/data/server/name"),
            "Rolegate",
            "{why}: a bad token never blocks a public field"
        );
    }
}

/// `base` with `change` laid over it; null takes a member away.
fn merged(base: &Value, change: Value) -> Value {
    let mut base = base.clone();
    for (key, value) in change.as_object().unwrap() {
        match value {
            Value::Null => drop(base.as_object_mut().unwrap().remove(key)),
            value => base[key] = value.clone(),
        }
    }
    base
}

#[tokio::test]
async fn a_token_says_what_rfc_9068_asks_for_and_nothing_personal() {
    let service = Service::start().await;
    let forge = Forge::new(&service).await;
    assert_eq!(forge.header["typ"], "at+jwt");
    assert_eq!(forge.header["alg"], "ES256");
    assert!(forge.header["kid"].is_string());
    let mut names: Vec<&str> = forge.claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["aud", "exp", "iat", "iss", "jti", "role", "scope", "sid", "sub"]);
    assert_eq!(forge.claims["exp"].as_i64().unwrap() - forge.claims["iat"].as_i64().unwrap(), 600);
    assert_eq!(forge.claims["sub"], forge.victim.id());
    assert_eq!(forge.claims["role"], "CLIENT");
}

#[tokio::test]
async fn the_forge_itself_makes_tokens_that_count() {
    let service = Service::start().await;
    let forge = Forge::new(&service).await;
    let answer = forge.present(&forge.with_claims(json!({}))).await;
    assert_eq!(answer.data()["me"]["id"], forge.victim.id(), "or no other test here would prove anything");
}

#[tokio::test]
async fn unsigned_tokens_are_refused_in_every_spelling() {
    let service = Service::start().await;
    let forge = Forge::new(&service).await;
    for alg in ["none", "None", "NONE", "nOnE", "", "HS256", "ES256", "RS256", "null"] {
        let header = merged(&forge.header, json!({ "alg": alg })).to_string();
        let body = format!("{}.{}", encode(header), encode(forge.claims.to_string()));
        for signature in ["", "AA", &"A".repeat(86)] {
            forge.assert_refused(&format!("{body}.{signature}"), alg).await;
        }
        forge.assert_refused(&body, alg).await;
    }
}

#[tokio::test]
async fn the_public_key_is_no_shared_secret() {
    let service = Service::start().await;
    let forge = Forge::new(&service).await;
    let jwk = &service.app.keyring.public()[0];
    let jwk = serde_json::to_value(jwk).unwrap();
    let raw = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    let point = [vec![4], raw("x"), raw("y")].concat();
    for secret in
        [jwk.to_string().into_bytes(), point, raw("x"), jwk["x"].as_str().unwrap().as_bytes().to_vec()]
    {
        for (alg, name) in
            [(Algorithm::HS256, "HS256"), (Algorithm::HS384, "HS384"), (Algorithm::HS512, "HS512")]
        {
            let header = merged(&forge.header, json!({ "alg": name })).to_string();
            let message = format!("{}.{}", encode(header), encode(forge.claims.to_string()));
            let signature = sign(message.as_bytes(), &EncodingKey::from_secret(&secret), alg).unwrap();
            forge.assert_refused(&format!("{message}.{signature}"), name).await;
        }
    }
}

#[tokio::test]
async fn altered_cut_foreign_and_empty_signatures_are_refused() {
    let service = Service::start().await;
    let forge = Forge::new(&service).await;
    let token = forge.victim.tokens.access.clone();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let foreign = Key::es256(&fresh_es256().unwrap()).unwrap();
    let foreign = sign(message.as_bytes(), &foreign.signing, Algorithm::ES256).unwrap();
    let mut flipped = URL_SAFE_NO_PAD.decode(signature).unwrap();
    flipped[5] ^= 1;
    for (signature, why) in [
        (String::new(), "stripped"),
        (signature[..40].to_owned(), "cut"),
        (foreign, "another key's"),
        (encode([0; 64]), "all zero (the psychic signature)"),
        (encode(flipped), "altered"),
        (format!("{signature}="), "padded"),
        (format!("{signature}AA"), "lengthened"),
        (
            signature.replace(['-', '_'], "+"),
            "another alphabet, if it held such a letter, and else its own reversal",
        ),
    ] {
        if format!("{message}.{signature}") != token {
            forge.assert_refused(&format!("{message}.{signature}"), why).await;
        }
    }
    let altered = format!(
        "{}.{}.{signature}",
        encode(forge.header.to_string()),
        encode(merged(&forge.claims, json!({ "role": "ADMIN" })).to_string())
    );
    forge.assert_refused(&altered, "altered claims").await;
}

#[tokio::test]
async fn base64url_has_one_spelling() {
    let service = Service::start().await;
    let forge = Forge::new(&service).await;
    let token = &forge.victim.tokens.access;
    let last = token.chars().last().unwrap();
    // 64 bytes leave four unused bits in the last character: fifteen other characters would decode to the same bytes.
    for other in
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".chars().filter(|c| *c != last)
    {
        let spelled = format!("{}{other}", &token[..token.len() - 1]);
        forge.assert_refused(&spelled, "another last character").await;
    }
    let parts: Vec<&str> = token.split('.').collect();
    for spelled in [
        format!("{}=.{}.{}", parts[0], parts[1], parts[2]),
        format!("{}.{}=.{}", parts[0], parts[1], parts[2]),
        format!("{}.\u{a0}{}.{}", parts[0], parts[1], parts[2]).replace('\u{a0}', "%20"),
        format!("{}..{}", parts[0], parts[2]),
        format!("{}.{}.{}.", parts[0], parts[1], parts[2]),
        format!("{}.{}.{}.{}.{}", parts[0], parts[1], parts[2], parts[1], parts[2]),
        format!(".{}.{}.{}", parts[0], parts[1], parts[2]),
        parts[1].to_owned(),
        "..".into(),
        "{\"payload\":\"x\",\"signatures\":[]}".into(),
    ] {
        forge.assert_refused(&spelled, "another shape").await;
    }
}

#[tokio::test]
async fn header_parameters_choose_no_key_and_fetch_nothing() {
    let service = Service::start().await;
    let forge = Forge::new(&service).await;
    let own = Key::es256(&fresh_es256().unwrap()).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    for change in [
        json!({ "jwk": own.jwk, "kid": null }),
        json!({ "jwk": own.jwk, "kid": own.kid }),
        json!({ "jwk": own.jwk }),
        json!({ "jku": url, "kid": own.kid }),
        json!({ "x5u": url, "kid": own.kid }),
        json!({ "x5c": ["AAAA"], "kid": own.kid }),
    ] {
        let header = merged(&forge.header, change.clone()).to_string();
        let message = format!("{}.{}", encode(header), encode(forge.claims.to_string()));
        let signature = sign(message.as_bytes(), &own.signing, Algorithm::ES256).unwrap();
        forge.assert_refused(&format!("{message}.{signature}"), &change.to_string()).await;
    }
    for kid in [
        json!("../../../../dev/null"),
        json!("' OR 1=1 --"),
        json!("| sleep 5"),
        json!(7),
        json!([]),
        json!(""),
        json!("\u{0}"),
    ] {
        forge.assert_refused(&forge.with_header(json!({ "kid": kid })), &kid.to_string()).await;
    }
    assert!(listener.accept().is_err(), "nobody called");
}

#[tokio::test]
async fn critical_parameters_that_nobody_understands_are_refused() {
    let service = Service::start().await;
    let forge = Forge::new(&service).await;
    for change in [
        json!({ "crit": ["b64"], "b64": true }),
        json!({ "crit": ["b64"], "b64": false }),
        json!({ "crit": ["exp"] }),
        json!({ "crit": [] }),
        json!({ "crit": "exp" }),
    ] {
        forge.assert_refused(&forge.with_header(change.clone()), &change.to_string()).await;
    }
}

#[tokio::test]
async fn another_type_is_another_token() {
    let service = Service::start().await;
    let forge = Forge::new(&service).await;
    for typ in [
        Value::Null,
        json!("JWT"),
        json!("jwt"),
        json!("refresh"),
        json!("id+jwt"),
        json!("reset"),
        json!(""),
        json!(["at+jwt"]),
    ] {
        forge.assert_refused(&forge.with_header(json!({ "typ": typ })), &typ.to_string()).await;
    }
}

#[tokio::test]
async fn every_claim_is_needed_and_judged() {
    let service = Service::start().await;
    let forge = Forge::new(&service).await;
    let now = forge.claims["iat"].as_i64().unwrap();
    for change in [
        json!({ "exp": null }),
        json!({ "exp": (now + 600).to_string() }),
        json!({ "exp": [now + 600] }),
        json!({ "exp": now - 60 }),
        json!({ "exp": -1 }),
        json!({ "exp": i64::MAX }),
        json!({ "exp": u64::MAX }),
        json!({ "exp": 1e300 }),
        json!({ "exp": now + 86_400 }),
        json!({ "iat": null }),
        json!({ "iat": now + 3_600, "exp": now + 3_700 }),
        json!({ "nbf": now + 3_600 }),
        json!({ "nbf": (now - 60).to_string() }),
        json!({ "iss": null }),
        json!({ "iss": "https://evil.example" }),
        json!({ "iss": [forge.claims["iss"]] }),
        json!({ "iss": forge.claims["iss"].as_str().unwrap().to_uppercase() }),
        json!({ "aud": null }),
        json!({ "aud": "" }),
        json!({ "aud": "https://other.example" }),
        json!({ "aud": [] }),
        json!({ "aud": [forge.claims["aud"], "https://other.example"] }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "sub": [forge.claims["sub"]] }),
        json!({ "sub": "' OR 1=1 --" }),
        json!({ "sub": Uuid::from_u128(7) }),
        json!({ "sid": null }),
        json!({ "sid": Uuid::from_u128(7) }),
        json!({ "jti": null }),
        json!({ "role": "ROOT" }),
    ] {
        forge.assert_refused(&forge.with_claims(change.clone()), &change.to_string()).await;
    }
    let answer = forge.present(&forge.with_claims(json!({ "nbf": now - 60 }))).await;
    assert_eq!(answer.data()["me"]["id"], forge.victim.id(), "a past nbf is no reason");
}

#[tokio::test]
async fn a_role_in_a_token_gives_none() {
    let service = Service::start().await;
    let forge = Forge::new(&service).await;
    let token = forge.with_claims(json!({ "role": "ADMIN", "scope": "role:admin" }));
    let answer = service.anonymous().with_token(token).run("{ users { totalCount } }").await;
    answer.assert_refused("FORBIDDEN");
}

#[tokio::test]
async fn a_claim_said_twice_is_refused() {
    let service = Service::start().await;
    let forge = Forge::new(&service).await;
    let bob = service.client("bob").await;
    let claims = forge.claims.to_string();
    for twice in [
        claims.replacen('{', &format!("{{\"sub\":\"{}\",", bob.id()), 1),
        claims.replacen('{', "{\"exp\":4102444800,", 1),
    ] {
        forge.assert_refused(&forge.signed(forge.header.to_string(), twice), "twice").await;
    }
}

#[tokio::test]
async fn what_is_no_object_is_refused() {
    let service = Service::start().await;
    let forge = Forge::new(&service).await;
    let header = forge.header.to_string();
    let deep = format!("{}{}", "[".repeat(900), "]".repeat(900));
    for payload in
        ["", "null", "[]", "\"x\"", "7", "{", "{}", "\u{feff}{}", &forge.victim.tokens.access, &deep]
    {
        forge.assert_refused(&forge.signed(&header, payload), payload).await;
    }
    forge.assert_refused(&forge.signed(&header, [0xff, 0xfe]), "no UTF-8").await;
}

#[tokio::test]
async fn huge_tokens_are_refused_and_the_server_lives() {
    let service = Service::start().await;
    let forge = Forge::new(&service).await;
    for length in [4_000, 8_192, 65_536, 1_048_576] {
        for token in
            ["A".repeat(length), ".".repeat(length), forge.with_claims(json!({ "pad": "x".repeat(length) }))]
        {
            let answer = forge.present(&token).await;
            let known =
                [StatusCode::OK, StatusCode::UNAUTHORIZED, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE];
            assert!(known.contains(&answer.status), "{length}: {}", answer.status);
            assert!(answer.at("/data/me/id").is_null());
        }
    }
    assert!(forge.victim.is_signed_in().await);
}

#[tokio::test]
async fn a_token_counts_until_it_expires_and_a_few_seconds_more_for_clocks_that_differ() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    service.advance(TimeDelta::seconds(604));
    assert!(ada.is_signed_in().await);
    service.advance(TimeDelta::seconds(1));
    assert!(!ada.is_signed_in().await);
}

#[tokio::test]
async fn the_published_keys_verify_our_tokens_and_hold_nothing_private() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let request = axum::http::Request::get("/.well-known/jwks.json").body(axum::body::Body::empty()).unwrap();
    let answer = service.send(request).await;
    assert_eq!(answer.status, StatusCode::OK);
    let mut members: Vec<&str> =
        answer.at("/keys/0").as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&answer.text).unwrap();
    let header = jsonwebtoken::decode_header(&ada.tokens.access).unwrap();
    let jwk = set.find(&header.kid.unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(Algorithm::ES256);
    validation.validate_exp = false;
    validation.set_audience(&["http://127.0.0.1:4000"]);
    validation.set_issuer(&["http://127.0.0.1:4000"]);
    let key = jsonwebtoken::DecodingKey::from_jwk(jwk).unwrap();
    let claims = jsonwebtoken::decode::<Value>(&ada.tokens.access, &key, &validation).unwrap().claims;
    assert_eq!(claims["sub"], ada.id());
}
