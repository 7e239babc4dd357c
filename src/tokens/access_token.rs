//! Access tokens: JWTs after RFC 9068, signed here and judged here.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SubsecRound as _, Utc};
use jsonwebtoken::{Header, decode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::access::role::Role;
use crate::app::App;
use crate::config::{ExtraClaim, TokensConfig};
use crate::error::{Error, Unauthenticated};
use crate::platform::key::Key;
use crate::platform::keyring::Bearer;
use crate::platform::secret::{self, Digest};

/// The `typ` of RFC 9068 2.1. Nothing else that we may ever sign passes for an access token.
const TYPE: &str = "at+jwt";

/// Longer than any token that we sign; what is longer is refused unread.
const LONGEST: usize = 4096;

/// What an access token says. Nothing in it is personal, unless `tokens.claims` asks for it: whoever finds one learns
/// two random ids and a role.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    sid: Uuid,
    jti: Uuid,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    role: Role,
    scope: String,
    // What is for others: nothing here is decided by it, so it is not read back.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
}

/// The user whom a token speaks of.
pub struct Subject<'u> {
    /// `sub`.
    pub id: Uuid,
    /// `role`.
    pub role: Role,
    /// `name`, where it is configured.
    pub name: Option<&'u str>,
    /// `username`, where it is configured.
    pub username: Option<&'u str>,
    /// `email_verified`, where it is configured.
    pub email_verified: bool,
}

/// A token for the client. Its text does not print.
pub struct AccessToken {
    text: String,
    /// The instant from which it no longer counts.
    pub expires_at: DateTime<Utc>,
}

impl AccessToken {
    /// The text for the client. The only way out.
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccessToken(.., until {})", self.expires_at)
    }
}

/// Signs a token for a session. Only `sessions::open` and `sessions::refresh` have a reason to.
///
/// # Errors
/// [`Error::Internal`] when no key is loaded.
pub fn issue(app: &App, subject: &Subject<'_>, session_id: Uuid) -> Result<AccessToken, Error> {
    let issued_at = app.clock.now();
    let key = app.keyring.signing(issued_at)?;
    let says = |claim| app.config.tokens.claims.contains(&claim);
    let text = |claim, text: Option<&str>| text.filter(|_| says(claim)).map(str::to_owned);
    // `exp` is in whole seconds (RFC 7519 2), and what clients are told is what it says.
    let expires_at = (issued_at + drawn_lifetime(&app.config.tokens)?).trunc_subsecs(0);
    let claims = Claims {
        iss: app.config.issuer(),
        aud: app.config.audience(),
        sub: subject.id,
        sid: session_id,
        jti: secret::new_id(),
        iat: issued_at.timestamp(),
        exp: expires_at.timestamp(),
        nbf: None,
        role: subject.role,
        scope: subject.role.scope(),
        name: text(ExtraClaim::Name, subject.name),
        username: text(ExtraClaim::Username, subject.username),
        email_verified: says(ExtraClaim::EmailVerified).then_some(subject.email_verified),
    };
    let mut header = Header::new(key.algorithm);
    header.typ = Some(TYPE.into());
    header.kid = Some(key.kid.clone());
    let text = key.sign(&header, &claims)?;
    Ok(AccessToken { text, expires_at })
}

/// How long one token counts: the configured lifetime, or less by a share that is drawn for it, never more. A million
/// clients who signed in within one second would else come back for the next token within one second, for ever.
fn drawn_lifetime(config: &TokensConfig) -> Result<Duration, Error> {
    let longest = config.access_token_lifetime.duration();
    let most = longest.as_secs() * u64::from(config.access_token_jitter) / 100;
    let sooner = u64::from_le_bytes(*secret::random_bytes()?) % (most + 1);
    Ok(longest - Duration::from_secs(sooner))
}

/// Judges a presented token: its shape, its key, its signature, then every claim (RFC 7519 7.2, RFC 8725 3, RFC 9068 4).
/// Whether the session that it speaks of still lives is for `sessions::resume` to say.
///
/// # Errors
/// [`Unauthenticated::TokenExpired`] for one of ours whose time is over, [`Unauthenticated::TokenInvalid`] for all else.
pub fn verify(app: &App, token: &str) -> Result<Bearer, Unauthenticated> {
    if token.len() > LONGEST {
        return Err(Unauthenticated::TokenInvalid);
    }
    let digest = Digest::of(token.as_bytes());
    let bearer = match app.keyring.recall(&digest) {
        Some(bearer) => bearer,
        None => {
            let (key, claims) = signed_claims(app, token)?;
            let bearer = judge(app, &claims)?;
            app.keyring.remember(digest, key, bearer);
            bearer
        }
    };
    if bearer.expires_at + app.config.tokens.leeway.delta() <= app.clock.now() {
        return Err(Unauthenticated::TokenExpired);
    }
    Ok(bearer)
}

/// The claims of a token, and the key of ours that has signed it.
fn signed_claims(app: &App, token: &str) -> Result<(Arc<Key>, Claims), Unauthenticated> {
    let invalid = Unauthenticated::TokenInvalid;
    let header = jsonwebtoken::decode_header(token).map_err(|_| invalid)?;
    // jsonwebtoken reads `crit` and ignores it; RFC 7515 4.1.11 has us refuse what we do not understand, and that is all of it.
    if header.typ.as_deref() != Some(TYPE) || header.crit.is_some() {
        return Err(invalid);
    }
    let key = header.kid.and_then(|kid| app.keyring.find(&kid)).ok_or(invalid)?;
    let claims = decode(token, &key.verifying, &key.validation).map_err(|_| invalid)?.claims;
    Ok((key, claims))
}

/// Judges all claims but whether their time is over, which changes.
fn judge(app: &App, claims: &Claims) -> Result<Bearer, Unauthenticated> {
    let invalid = Unauthenticated::TokenInvalid;
    let tokens = &app.config.tokens;
    let latest = app.clock.now() + tokens.leeway.delta();
    let instant = |seconds| DateTime::from_timestamp(seconds, 0).ok_or(invalid);
    let (issued_at, expires_at) = (instant(claims.iat)?, instant(claims.exp)?);
    let begins_at = claims.nbf.map(instant).transpose()?.unwrap_or(issued_at);
    if claims.iss != app.config.issuer() || claims.aud != app.config.audience() {
        return Err(invalid);
    }
    if issued_at > latest || begins_at > latest {
        return Err(invalid);
    }
    // A lifetime that we never grant was not granted by us, or was before the operator shortened it.
    if expires_at - issued_at > tokens.access_token_lifetime.delta() {
        return Err(invalid);
    }
    Ok(Bearer { subject: claims.sub, session_id: claims.sid, expires_at })
}
