//! What is no rightly signed token of ours, whatever it says.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::crypto::sign;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use uuid::Uuid;

use super::forge::{Forge, encode, merged};
use super::{SHARED_SECRET, foreign};
use crate::harness::Service;

for_every_algorithm! {
    unsigned_tokens_are_refused_in_every_spelling,
    the_public_key_is_no_shared_secret,
    the_right_secret_under_another_algorithm_is_refused,
    altered_cut_foreign_and_empty_signatures_are_refused,
    base64url_has_one_spelling,
    header_parameters_choose_no_key_and_fetch_nothing,
    critical_parameters_that_nobody_understands_are_refused,
    another_type_is_another_token,
    what_is_no_object_is_refused,
    encrypted_tokens_are_refused_without_any_of_their_work,
    huge_tokens_are_refused_and_the_server_lives,
}

async fn unsigned_tokens_are_refused_in_every_spelling(service: Service) {
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

async fn the_public_key_is_no_shared_secret(service: Service) {
    let forge = Forge::new(&service).await;
    let mut secrets = vec![Vec::new(), forge.header["kid"].as_str().unwrap().into()];
    if let Some(jwk) = service.app.keyring.public().first() {
        let jwk = serde_json::to_value(jwk).unwrap();
        secrets.push(jwk.to_string().into_bytes());
        for member in ["x", "y", "n", "e"].iter().filter_map(|name| jwk[name].as_str()) {
            secrets.extend([member.as_bytes().to_vec(), URL_SAFE_NO_PAD.decode(member).unwrap()]);
        }
        let spki = spki(&jwk);
        let text = STANDARD.encode(&spki).into_bytes();
        let lines = text.chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect::<Vec<_>>();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", lines.join("\n"));
        secrets.extend([spki, pem.clone().into_bytes(), format!("{pem}\n").into_bytes()]);
    }
    for secret in secrets {
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

/// The public key as X.509 writes it (RFC 5480, RFC 8017, RFC 8410): what `openssl` makes of a JWK.
fn spki(jwk: &Value) -> Vec<u8> {
    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len();
        let length = match length {
            0..128 => vec![length as u8],
            _ => vec![0x82, (length >> 8) as u8, length as u8],
        };
        [vec![tag], length, content.to_vec()].concat()
    }
    let raw = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    let (oid, key): (&[u8], _) = match jwk["kty"].as_str().unwrap() {
        "EC" => (
            b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
            [vec![4], raw("x"), raw("y")].concat(),
        ),
        "OKP" => (b"\x06\x03\x2b\x65\x70", raw("x")),
        _ => (
            b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00",
            der(0x30, &[der(2, &[vec![0], raw("n")].concat()), der(2, &raw("e"))].concat()),
        ),
    };
    der(0x30, &[der(0x30, oid), der(3, &[vec![0], key].concat())].concat())
}

async fn the_right_secret_under_another_algorithm_is_refused(service: Service) {
    let forge = Forge::new(&service).await;
    for (alg, name) in [(Algorithm::HS384, "HS384"), (Algorithm::HS512, "HS512"), (Algorithm::HS256, "HS256")]
    {
        let header = merged(&forge.header, json!({ "alg": name })).to_string();
        let message = format!("{}.{}", encode(header), encode(forge.claims.to_string()));
        let key = EncodingKey::from_secret(SHARED_SECRET.as_bytes());
        let token = format!("{message}.{}", sign(message.as_bytes(), &key, alg).unwrap());
        if forge.header["alg"] == name {
            assert_eq!(forge.present(&token).await.data()["me"]["id"], forge.victim.id());
        } else {
            forge.assert_refused(&token, name).await;
        }
    }
    for name in ["ES256", "EdDSA", "RS256", "PS256", "RS512", "ES384", "HS256"] {
        if forge.header["alg"] != name {
            forge.assert_refused(&forge.with_header(json!({ "alg": name })), name).await;
        }
    }
}

async fn altered_cut_foreign_and_empty_signatures_are_refused(service: Service) {
    let forge = Forge::new(&service).await;
    // A signature with letters in which the two base64 alphabets differ is not long in coming.
    let mut tokens = (0..).map(|number| forge.with_claims(json!({ "jti": Uuid::from_u128(number) })));
    let differs = |token: &String| token.rsplit('.').next().unwrap().contains(['-', '_']);
    let token = tokens.find(differs).unwrap();
    assert_eq!(forge.present(&token).await.codes(), [""; 0]);
    let (message, signature) = token.rsplit_once('.').unwrap();
    let foreign = foreign(&service).signature(message.as_bytes()).unwrap();
    let mut flipped = URL_SAFE_NO_PAD.decode(signature).unwrap();
    flipped[5] ^= 1;
    for (signature, why) in [
        (String::new(), "stripped"),
        (signature[..40].to_owned(), "cut"),
        (foreign, "another key's"),
        (encode(vec![0; flipped.len()]), "all zero (the psychic signature)"),
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

async fn base64url_has_one_spelling(service: Service) {
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

async fn header_parameters_choose_no_key_and_fetch_nothing(service: Service) {
    let forge = Forge::new(&service).await;
    let own = foreign(&service);
    let secret = json!({ "kty": "oct", "k": encode(b"somebody else's secret, as long as ours") });
    let jwk = own.jwk.as_ref().map_or(secret, |jwk| json!(jwk));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    for change in [
        json!({ "jwk": jwk, "kid": null }),
        json!({ "jwk": jwk, "kid": own.kid }),
        json!({ "jwk": jwk }),
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

async fn critical_parameters_that_nobody_understands_are_refused(service: Service) {
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

async fn another_type_is_another_token(service: Service) {
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

async fn what_is_no_object_is_refused(service: Service) {
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

async fn encrypted_tokens_are_refused_without_any_of_their_work(service: Service) {
    let forge = Forge::new(&service).await;
    let mut tokens = vec!["garbage".to_owned()];
    for change in [
        // So many rounds of PBKDF2 (RFC 7518 4.8.1.2) take seconds.
        json!({ "alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 10_000_000, "p2s": encode([7; 16]) }),
        json!({ "alg": "dir", "enc": "A256GCM" }),
        json!({ "alg": "dir", "enc": "A128CBC-HS256", "zip": "DEF" }),
    ] {
        let header = merged(&forge.header, change.clone()).to_string();
        let (iv, sealed, tag) = (encode([1; 12]), encode([2; 64]), encode([3; 16]));
        let keys = if change["alg"] == "dir" { String::new() } else { encode([4; 24]) };
        tokens.push(format!("{}.{keys}.{iv}.{sealed}.{tag}", encode(&header)));
        tokens.push(forge.with_header(change));
    }
    tokens.push(forge.with_header(json!({ "zip": "DEF", "enc": "A128GCM" })).replacen('.', "..", 1));
    // The least of nine: whatever else the machine does only adds.
    let mut least = vec![Duration::MAX; tokens.len()];
    for _ in 0..9 {
        for (least, token) in least.iter_mut().zip(&tokens) {
            let started = Instant::now();
            let answer = forge.present(token).await;
            *least = started.elapsed().min(*least);
            assert_eq!(answer.codes(), ["UNAUTHENTICATED"], "{token}: {}", answer.text);
            assert_eq!(answer.at("/errors/0/extensions/reason"), "TOKEN_INVALID", "{token}: {}", answer.text);
        }
    }
    assert!(least.iter().all(|time| *time < least[0] * 100), "{least:?}");
}

async fn huge_tokens_are_refused_and_the_server_lives(service: Service) {
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
