//! Judging a presented access token by its issuer's public key: here, and in every service that trusts us.
//!
//! Its shape, its key, its signature, then every claim (RFC 7519 7.2, RFC 8725 3, RFC 9068 4). A service that verifies
//! alone learns that a session has ended when its token expires; whether it lives, only `sessions::resume` can say.

use chrono::{DateTime, TimeDelta, Utc};

use crate::access::role::Role;
use crate::access::viewer::Viewer;
use crate::error::Unauthenticated;
use crate::platform::key::VerifyingKey;
use crate::platform::keyring::Bearer;
use crate::tokens::access_token::{Claims, TYPE};

/// Longer than any token that we sign; what is longer is refused unread.
const LONGEST: usize = 4096;

/// What a token must say besides being signed.
#[derive(Clone, Debug)]
pub struct Expected {
    /// `iss`: who signed it.
    pub issuer: String,
    /// `aud`: whom it is meant for.
    pub audience: String,
    /// How far the clock may be from the issuer's.
    pub leeway: TimeDelta,
    /// The longest lifetime that the issuer ever grants. Rolegate refuses to be configured for more than an hour.
    pub longest_lifetime: TimeDelta,
}

/// A token as it was presented: readable, and proof of nothing yet.
#[derive(Debug)]
pub struct Presented<'t> {
    token: &'t str,
    kid: String,
}

/// What a token says that was found right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Who, in which session, until when.
    pub bearer: Bearer,
    /// The role when the token was signed.
    pub role: Role,
}

impl<'t> Presented<'t> {
    /// Reads the token's header.
    ///
    /// # Errors
    /// [`Unauthenticated::TokenInvalid`] for whatever is no access token.
    pub fn read(token: &'t str) -> Result<Self, Unauthenticated> {
        let invalid = Unauthenticated::TokenInvalid;
        if token.len() > LONGEST {
            return Err(invalid);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| invalid)?;
        // jsonwebtoken reads `crit` and ignores it; RFC 7515 4.1.11 has us refuse what we do not understand, and that is all of it.
        if header.typ.as_deref() != Some(TYPE) || header.crit.is_some() {
            return Err(invalid);
        }
        Ok(Self { token, kid: header.kid.ok_or(invalid)? })
    }

    /// The name of the key that it claims to be signed with: the client's to write, so look it up among those known, and
    /// verify with the key of this name.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Judges signature and claims. `key` is the issuer's key of the name that the token gave.
    ///
    /// # Errors
    /// [`Unauthenticated::TokenExpired`] for one whose time is over, [`Unauthenticated::TokenInvalid`] for all else.
    pub fn verify(
        &self,
        key: &VerifyingKey,
        expected: &Expected,
        now: DateTime<Utc>,
    ) -> Result<Verified, Unauthenticated> {
        let claims: Claims = key.signed(self.token).ok_or(Unauthenticated::TokenInvalid)?;
        let verified = judge(&claims, expected, now)?;
        match is_over(&verified.bearer, expected.leeway, now) {
            true => Err(Unauthenticated::TokenExpired),
            false => Ok(verified),
        }
    }
}

impl From<Verified> for Viewer {
    /// The viewer whom the token speaks for, for a service that has nothing but the token to go by.
    fn from(Verified { bearer, role }: Verified) -> Self {
        let Bearer { subject: user_id, session_id, expires_at, .. } = bearer;
        Self::User { user_id, session_id, role, expires_at }
    }
}

/// Whether a token's time is over: from `exp` on (RFC 7519 4.1.4), but for the leeway.
pub(super) fn is_over(bearer: &Bearer, leeway: TimeDelta, now: DateTime<Utc>) -> bool {
    bearer.expires_at + leeway <= now
}

/// Judges all claims but whether their time is over.
fn judge(claims: &Claims, expected: &Expected, now: DateTime<Utc>) -> Result<Verified, Unauthenticated> {
    let invalid = Unauthenticated::TokenInvalid;
    let latest = now + expected.leeway;
    let instant = |seconds| DateTime::from_timestamp(seconds, 0).ok_or(invalid);
    let (issued_at, expires_at) = (instant(claims.iat)?, instant(claims.exp)?);
    let begins_at = claims.nbf.map(instant).transpose()?.unwrap_or(issued_at);
    if claims.iss != expected.issuer || claims.aud != expected.audience {
        return Err(invalid);
    }
    if issued_at > latest || begins_at > latest {
        return Err(invalid);
    }
    // A lifetime that we never grant was not granted by us, or was before the operator shortened it.
    if expires_at - issued_at > expected.longest_lifetime {
        return Err(invalid);
    }
    let bearer =
        Bearer { id: claims.jti, subject: claims.sub, session_id: claims.sid, issued_at, expires_at };
    Ok(Verified { bearer, role: claims.role })
}
