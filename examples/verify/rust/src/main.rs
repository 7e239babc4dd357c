//! Verifies an access token with jsonwebtoken.

use std::env;
use std::error::Error;
use std::io::read_to_string;
use std::process::ExitCode;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::{Deserialize, Serialize};

/// What is read of a token. A claim that is missing refuses it.
#[derive(Debug, Deserialize, Serialize)]
struct Claims {
    sub: String,
    sid: String,
    jti: String,
    iat: u64,
    exp: u64,
    role: String,
}

/// What a token is judged by.
struct Verifier {
    /// A service that runs keeps these for as long as `Cache-Control` says, and fetches them again, though not at every
    /// request, for a `kid` that it does not know.
    keys: Keys,
    validation: Validation,
}

enum Keys {
    Published(JwkSet),
    Shared(DecodingKey),
}

impl Verifier {
    fn new() -> Result<Self, Box<dyn Error>> {
        let algorithm: Algorithm = setting("ALGORITHM").as_deref().unwrap_or("ES256").parse()?;
        // Pinned: the token's header does not choose.
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[setting("ISSUER")?]);
        validation.set_audience(&[setting("AUDIENCE")?]);
        // Without this a token that names neither would pass.
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.leeway = 5;
        let keys = match algorithm {
            Algorithm::HS256 => Keys::Shared(DecodingKey::from_secret(setting("HS256_SECRET")?.as_bytes())),
            _ => Keys::Published(reqwest::blocking::get(setting("JWKS_URL")?)?.error_for_status()?.json()?),
        };
        Ok(Self { keys, validation })
    }

    /// The claims of a token that counts.
    fn verify(&self, token: &str) -> Result<Claims, Box<dyn Error>> {
        let header = decode_header(token)?;
        // jsonwebtoken looks at neither.
        if header.typ.as_deref() != Some("at+jwt") || header.crit.is_some() {
            return Err("no access token".into());
        }
        let claims = match &self.keys {
            Keys::Shared(key) => decode(token, key, &self.validation)?.claims,
            Keys::Published(keys) => {
                let jwk = header.kid.and_then(|kid| keys.find(&kid)).ok_or("signed by an unknown key")?;
                decode(token, &DecodingKey::from_jwk(jwk)?, &self.validation)?.claims
            }
        };
        Ok(claims)
    }
}

#[expect(clippy::disallowed_methods, reason = "an example has no configuration of its own")]
fn setting(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("{name}: {error}"))
}

fn main() -> ExitCode {
    let verified = Verifier::new().map_err(|error| format!("not configured: {error}")).and_then(|verifier| {
        let token = read_to_string(std::io::stdin()).map_err(|error| error.to_string())?;
        verifier.verify(token.trim()).map_err(|error| format!("refused: {error}"))
    });
    match verified.map(|claims| serde_json::json!(claims)) {
        Ok(claims) => {
            println!("{claims}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}
