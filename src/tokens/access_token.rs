//! Access tokens: made for a session and judged when they are presented. JWTs after RFC 9068, or [`opaque`].

use std::time::Duration;

use chrono::{DateTime, SubsecRound as _, Utc};
use jsonwebtoken::Header;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::access::role::Role;
use crate::app::App;
use crate::config::{ExtraClaim, TokenFormat, TokensConfig};
use crate::error::{Error, Unauthenticated};
use crate::platform::keyring::Bearer;
use crate::platform::secret::{self, Digest};
use crate::tokens::verify::{Expected, Presented, Verified, is_over};
use crate::tokens::{opaque, signing_key};

/// The `typ` of RFC 9068 2.1. Nothing else that we may ever sign passes for an access token.
pub(super) const TYPE: &str = "at+jwt";

/// What an access token says. Nothing in it is personal, unless `tokens.claims` asks for it: whoever finds one learns
/// two random ids and a role.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) aud: String,
    pub(super) sub: Uuid,
    pub(super) sid: Uuid,
    pub(super) jti: Uuid,
    pub(super) iat: i64,
    pub(super) exp: i64,
    #[serde(default, deserialize_with = "a_number", skip_serializing_if = "Option::is_none")]
    pub(super) nbf: Option<i64>,
    pub(super) role: Role,
    scope: String,
    // What is for others: nothing here is decided by it, so it is not read back.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
}

/// A claim that may be left out, but is a number where it is there (RFC 7519 4.1.5): serde would take null for absent.
fn a_number<'de, D: Deserializer<'de>>(claim: D) -> Result<Option<i64>, D::Error> {
    i64::deserialize(claim).map(Some)
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

/// A token that is decided on: kept in the write that opens or refreshes its session, and handed out after it.
#[derive(Clone, Debug)]
pub struct Draft {
    session_id: Uuid,
    issued_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    /// `None`: it will be a JWT.
    opaque: Option<opaque::Draft>,
}

impl Draft {
    /// Decides on a token for the session. Only `sessions::open` and `sessions::refresh` have a reason to.
    ///
    /// # Errors
    /// [`Error::Internal`] when the system has no randomness to give.
    pub fn new(app: &App, session_id: Uuid) -> Result<Self, Error> {
        let tokens = &app.config.tokens;
        let issued_at = app.clock.now();
        // `exp` is in whole seconds (RFC 7519 2), and what clients are told is what it says.
        let expires_at = (issued_at + drawn_lifetime(tokens)?).trunc_subsecs(0);
        let is_opaque = tokens.format == TokenFormat::Opaque;
        let opaque = is_opaque.then(opaque::Draft::new).transpose()?;
        Ok(Self { session_id, issued_at, expires_at, opaque })
    }

    /// Keeps what the token will be known by; of a JWT nothing has to be.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database refuses.
    pub async fn keep(&self, tx: &impl ConnectionTrait, user_id: Uuid) -> Result<(), Error> {
        match &self.opaque {
            Some(opaque) => {
                opaque.keep(tx, (self.session_id, user_id), (self.issued_at, self.expires_at)).await
            }
            None => Ok(()),
        }
    }

    /// The same where there is nothing else to write: without a write, if nothing has to be kept.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database refuses.
    pub async fn keep_alone(&self, app: &App, user_id: Uuid) -> Result<(), Error> {
        if self.opaque.is_none() {
            return Ok(());
        }
        let draft = self.clone();
        app.database.write_quietly(async move |tx| draft.keep(tx, user_id).await).await
    }

    /// The token, for the client.
    ///
    /// # Errors
    /// [`Error::Internal`] when it is to be signed and no key is loaded.
    pub fn hand_out(&self, app: &App, subject: &Subject<'_>) -> Result<AccessToken, Error> {
        let text = match &self.opaque {
            Some(opaque) => opaque.reveal(),
            None => self.sign(app, subject)?,
        };
        Ok(AccessToken { text, expires_at: self.expires_at })
    }

    fn sign(&self, app: &App, subject: &Subject<'_>) -> Result<String, Error> {
        let key = app.keyring.signing(self.issued_at)?;
        let says = |claim| app.config.tokens.claims.contains(&claim);
        let text = |claim, text: Option<&str>| text.filter(|_| says(claim)).map(str::to_owned);
        let claims = Claims {
            iss: app.config.issuer(),
            aud: app.config.audience(),
            sub: subject.id,
            sid: self.session_id,
            jti: secret::new_id(),
            iat: self.issued_at.timestamp(),
            exp: self.expires_at.timestamp(),
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
        key.sign(&header, &claims)
    }
}

/// How long one token counts: the configured lifetime, or less by a share that is drawn for it, never more. A million
/// clients who signed in within one second would else come back for the next token within one second, for ever.
fn drawn_lifetime(config: &TokensConfig) -> Result<Duration, Error> {
    let longest = config.access_token_lifetime.duration();
    let most = longest.as_secs() * u64::from(config.access_token_jitter) / 100;
    let sooner = u64::from_le_bytes(*secret::random_bytes()?) % (most + 1);
    Ok(longest - Duration::from_secs(sooner))
}

/// Judges a presented token of the configured format; those of the other one count for nothing. Whether the session that
/// it speaks of still lives is for `sessions::resume` to say.
///
/// # Errors
/// [`Error::Unauthenticated`]: `TOKEN_EXPIRED` for one of ours whose time is over, `TOKEN_INVALID` for all else.
/// [`Error::Internal`] or [`Error::Overloaded`] when the database is asked and fails.
pub async fn verify(app: &App, token: &str) -> Result<Bearer, Error> {
    let bearer = match app.config.tokens.format {
        TokenFormat::Jwt => {
            signing_key::keep_current(app).await?;
            verified(app, token).map_err(Error::Unauthenticated)?
        }
        TokenFormat::Opaque => Box::pin(opaque::verify(app, token)).await?,
    };
    if is_over(&bearer, app.config.tokens.leeway.delta(), app.clock.now()) {
        return Err(Error::Unauthenticated(Unauthenticated::TokenExpired));
    }
    Ok(bearer)
}

/// Judges a JWT as [`Presented::verify`] does, once: what was verified is remembered, whether its time is over or not.
fn verified(app: &App, token: &str) -> Result<Bearer, Unauthenticated> {
    let digest = Digest::of(token.as_bytes());
    if let Some(bearer) = app.keyring.recall(&digest) {
        return Ok(bearer);
    }
    let presented = Presented::read(token)?;
    let key = app.keyring.find(presented.kid()).ok_or(Unauthenticated::TokenInvalid)?;
    let expected = Expected {
        issuer: app.config.issuer(),
        audience: app.config.audience(),
        leeway: app.config.tokens.leeway.delta(),
        longest_lifetime: app.config.tokens.access_token_lifetime.delta(),
    };
    let Verified { bearer, .. } = presented.verify(&key.verifying, &expected, app.clock.now())?;
    app.keyring.remember(digest, key, bearer);
    Ok(bearer)
}
