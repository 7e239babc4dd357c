//! What is no rightly signed token of ours, whatever it says.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::sign;
use jsonwebtoken::{Algorithm, EncodingKey};
use rolegate::platform::keyring::{Key, fresh_es256};
use serde_json::{Value, json};

use super::forge::{Forge, encode, merged};
use crate::harness::Service;

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
    // Each signature is random. One with letters in which the two base64 alphabets differ is not long in coming.
    let mut tokens = std::iter::repeat_with(|| forge.with_claims(json!({})));
    let differs = |token: &String| token.rsplit('.').next().unwrap().contains(['-', '_']);
    let token = tokens.find(differs).unwrap();
    assert_eq!(forge.present(&token).await.codes(), [""; 0]);
    let (message, signature) = token.rsplit_once('.').unwrap();
    let foreign = Key::es256(&fresh_es256().unwrap()).unwrap();
    let foreign = foreign.signature(message.as_bytes()).unwrap();
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
        (signature.replace('-', "+").replace('_', "/"), "in the other alphabet"),
    ] {
        forge.assert_refused(&format!("{message}.{signature}"), why).await;
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
        let signature = own.signature(message.as_bytes()).unwrap();
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
