//! The waist: every way in ends here, and nothing else makes sessions or hands out their first tokens.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::IntoActiveModel as _;
use sea_orm::entity::prelude::*;

use crate::access::client::Client;
use crate::app::App;
use crate::audit::event::Event;
use crate::audit::record::record;
use crate::config::SessionConfig;
use crate::error::Error;
use crate::platform::secret::{OpaqueToken, new_id};
use crate::sessions::displace::displace;
use crate::sessions::session::{self, Delivery};
use crate::tokens::access_token::{self, AccessToken, Subject};
use crate::users::user;

/// What somebody has who has just signed in or refreshed.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
    pub user: Arc<user::Model>,
    /// Their session.
    pub session: session::Model,
    /// Its credential.
    pub credential: Credential,
}

/// The secrets of a session, on their way to the client.
#[derive(Debug)]
pub enum Credential {
    /// For the answer's body.
    Bearer {
        /// Proves the session to us and to other services until it expires.
        access_token: AccessToken,
        /// Good for one refresh.
        refresh_token: OpaqueToken,
    },
    /// For a cookie, and nowhere else.
    Cookie(OpaqueToken),
}

/// A session that is decided on and not yet written. Its secret is made once, so that a write that is run again
/// writes the same session.
#[derive(Clone, Debug)]
pub struct Opening {
    token: OpaqueToken,
    delivery: Delivery,
    /// For a session whose credential travels in the answer.
    access_token: Option<access_token::Draft>,
    client: Client,
    config: SessionConfig,
    at: DateTime<Utc>,
}

/// Which way in it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// They made an account.
    SignUp,
    /// They proved who they are.
    SignIn,
}

impl Opening {
    /// Decides on a session for whoever comes from `client`.
    ///
    /// # Errors
    /// [`Error::Internal`] when the system has no randomness to give.
    pub fn new(app: &App, client: &Client, delivery: Delivery) -> Result<Self, Error> {
        let token = OpaqueToken::new(new_id())?;
        let access_token = match delivery {
            Delivery::Bearer => Some(access_token::Draft::new(app, token.id())?),
            Delivery::Cookie => None,
        };
        let (client, config) = (client.clone(), app.config.session.clone());
        Ok(Self { token, delivery, access_token, client, config, at: app.clock.now() })
    }

    /// Writes the session of `user_id`, that they signed in, and the event of it. Ends what they have too many of.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database refuses.
    pub async fn write(
        &self,
        tx: &impl ConnectionTrait,
        user_id: Uuid,
        entrance: Entrance,
    ) -> Result<session::Model, Error> {
        let row = session::Model {
            id: self.token.id(),
            user_id,
            delivery: self.delivery,
            secret_hash: self.token.digest().to_vec(),
            successor_sealed: None,
            created_at: self.at,
            last_seen_at: self.at,
            ended_at: None,
            end_reason: None,
            user_agent: self.client.user_agent.clone(),
            ip_address: self.client.ip.map(|ip| ip.to_string()),
        };
        // First, because it takes hold of the user's row: whoever else opens a session for them waits until this one
        // is there to be counted.
        user::touch_last_login(tx, user_id, self.at).await?;
        displace(tx, self.at, &self.client, &self.config, user_id).await?;
        session::Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
        if let Some(access_token) = &self.access_token {
            access_token.keep(tx, user_id).await?;
        }
        let event = match entrance {
            Entrance::SignUp => Event::SignedUp { user_id, session_id: row.id },
            Entrance::SignIn => Event::SignedIn { user_id, session_id: row.id },
        };
        record(tx, self.at, &self.client, event).await?;
        Ok(row)
    }

    /// Hands out the credential of the session that was written.
    ///
    /// # Errors
    /// [`Error::Internal`] when no signing key is loaded.
    pub fn signed_in(self, app: &App, user: user::Model, session: session::Model) -> Result<SignedIn, Error> {
        let credential = match &self.access_token {
            Some(access_token) => bearer(app, &user, access_token, self.token)?,
            None => Credential::Cookie(self.token),
        };
        let user = user::Model { last_login_at: Some(self.at), ..user };
        Ok(SignedIn { user: Arc::new(user), session, credential })
    }
}

/// The access token that was decided on, beside the refresh token that will get the next one.
pub(super) fn bearer(
    app: &App,
    user: &user::Model,
    access_token: &access_token::Draft,
    refresh_token: OpaqueToken,
) -> Result<Credential, Error> {
    let subject = Subject {
        id: user.id,
        role: user.role,
        name: user.name.as_deref(),
        username: user.username.as_deref(),
        email_verified: user.email_verified_at.is_some(),
    };
    let access_token = access_token.hand_out(app, &subject)?;
    Ok(Credential::Bearer { access_token, refresh_token })
}
