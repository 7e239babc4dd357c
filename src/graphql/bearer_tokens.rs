//! Asking about a token that somebody else presented.

use async_graphql::{Context, Enum, Object, Result};
use chrono::{DateTime, Utc};

use crate::bearer_tokens::introspect::{self, Kind, LiveToken};
use crate::error::Error;
use crate::graphql::access::Role;
use crate::graphql::context::app;
use crate::graphql::policy::directives::{authenticated, owner};
use crate::graphql::policy::owned_by;
use crate::graphql::users::User;
use crate::users::recall::recall;

/// A token that counts.
pub struct ValidToken(LiveToken);

/// What a bearer token is.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum BearerTokenKind {
    /// An access token of a session.
    AccessToken,
    /// An API key.
    ApiKey,
}

/// A token that counts. Anybody who is signed in may know that it does; whose it is, only they and managers.
#[Object(directive = authenticated::apply())]
impl ValidToken {
    /// What it is.
    async fn kind(&self) -> BearerTokenKind {
        match self.0.kind {
            Kind::AccessToken { .. } => BearerTokenKind::AccessToken,
            Kind::ApiKey => BearerTokenKind::ApiKey,
        }
    }

    /// When it stops counting, if nobody ends it before.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }

    /// What may be done with it now.
    #[graphql(
        directive = owner::apply(None, Some(Role::Manager)),
        guard = "owned_by::<Self>(self.0.user_id)"
    )]
    async fn role(&self) -> Option<Role> {
        Some(self.0.role.into())
    }

    /// For whom it stands.
    #[graphql(
        directive = owner::apply(None, Some(Role::Manager)),
        guard = "owned_by::<Self>(self.0.user_id)"
    )]
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let found = recall(app(ctx), self.0.user_id).await?;
        Ok(Some(found.map(User).ok_or(Error::NotFound)?))
    }
}

/// Mutations about bearer tokens.
#[derive(Default)]
pub struct BearerTokensMutation;

#[Object]
impl BearerTokensMutation {
    /// Whether a token that was presented to somebody counts at this moment, and whose it is. `null` if it does not count,
    /// whatever the reason: refresh tokens and cookies never do, for nobody but this server has a use for them.
    ///
    /// A mutation, so that it is never sent by GET: the token would stay behind in URLs, histories and logs.
    #[graphql(directive = authenticated::apply())]
    async fn validate_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An access token or an API key.")] token: String,
    ) -> Result<Option<ValidToken>> {
        Ok(introspect::introspect(app(ctx), &token).await?.map(ValidToken))
    }
}
