//! Sessions: what signing in gives, and how to end it.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};

use crate::access::viewer::Viewer;
use crate::app::App;
use crate::error::Error;
use crate::graphql::access::Role;
use crate::graphql::context::{app, client, uuid};
use crate::graphql::cookie;
use crate::graphql::page::{self, Arguments, PageInfo};
use crate::graphql::policy;
use crate::graphql::policy::directives::{
    authenticated, has_role, public, session as session_only, signs_in,
};
use crate::graphql::users::User;
use crate::platform::page::Slice;
use crate::sessions::open::{self, Credential};
use crate::sessions::session::{self, Delivery};
use crate::sessions::{device, end, list, refresh};
use crate::users::recall::recall;
use crate::users::user;

/// What somebody has who has just signed in.
pub struct SignedIn {
    user: Arc<user::Model>,
    session: session::Model,
    credential: Credential,
}

/// What somebody has who has just signed in.
#[Object(directive = authenticated::apply())]
impl SignedIn {
    /// For the header `Authorization: Bearer ..`: a JWT, unless the server is configured otherwise. `null` if the session travels in a cookie.
    async fn access_token(&self) -> Option<&str> {
        match &self.credential {
            Credential::Bearer { access_token, .. } => Some(access_token.reveal()),
            Credential::Cookie(_) => None,
        }
    }

    /// When the access token stops counting: refresh before. `null` if the session travels in a cookie.
    async fn access_token_expires_at(&self) -> Option<DateTime<Utc>> {
        match &self.credential {
            Credential::Bearer { access_token, .. } => Some(access_token.expires_at),
            Credential::Cookie(_) => None,
        }
    }

    /// For `refresh`, once. Keep it where other people's scripts cannot read it. `null` if the session travels in a cookie.
    async fn refresh_token(&self) -> Option<String> {
        match &self.credential {
            Credential::Bearer { refresh_token, .. } => Some(refresh_token.reveal()),
            Credential::Cookie(_) => None,
        }
    }

    /// The session.
    async fn session(&self) -> Session {
        Session { row: self.session.clone(), user: Some(self.user.clone()) }
    }

    /// Who signed in.
    async fn user(&self) -> User {
        User(self.user.clone())
    }
}

impl SignedIn {
    /// Takes over what a way in has ended with: from here on the operation is judged as the new user's, and a session
    /// that travels in a cookie has it set.
    pub fn hand_over(ctx: &Context<'_>, signed_in: open::SignedIn) -> Result<Self> {
        let open::SignedIn { user, session, credential } = signed_in;
        let expires_at = session.times().expires_at(&app(ctx).config.session);
        let viewer = Viewer::User { user_id: user.id, session_id: session.id, role: user.role, expires_at };
        policy::sign_in(ctx, viewer)?;
        if let Credential::Cookie(token) = &credential {
            let config = &app(ctx).config;
            let lifetime = config.session.absolute_lifetime.delta();
            ctx.append_http_header("set-cookie", cookie::set(config, token, lifetime));
        }
        Ok(Self { user, session, credential })
    }
}

/// One device on which somebody is signed in.
pub struct Session {
    row: session::Model,
    /// Whose, where that is known already: a page of sessions has one user, not a query for each.
    user: Option<Arc<user::Model>>,
}

impl From<session::Model> for Session {
    fn from(row: session::Model) -> Self {
        Self { row, user: None }
    }
}

/// One device on which somebody is signed in.
#[Object(directive = authenticated::apply())]
impl Session {
    /// Opaque and stable; no credential.
    async fn id(&self) -> ID {
        self.row.id.into()
    }

    /// When they signed in.
    async fn created_at(&self) -> DateTime<Utc> {
        self.row.created_at
    }

    /// When it was last used, to the minute.
    async fn last_seen_at(&self) -> DateTime<Utc> {
        self.row.last_seen_at
    }

    /// When it ends if it is not used again, or at the latest.
    async fn expires_at(&self, ctx: &Context<'_>) -> DateTime<Utc> {
        self.row.times().expires_at(&app(ctx).config.session)
    }

    /// What to call the device in a list, as far as its user agent tells: `Firefox on Linux`, `curl`, `Unknown device`.
    async fn device(&self) -> String {
        device::name(self.row.user_agent.as_deref())
    }

    /// What the device called itself.
    async fn user_agent(&self) -> Option<&str> {
        self.row.user_agent.as_deref()
    }

    /// The address it signed in from.
    async fn ip_address(&self) -> Option<&str> {
        self.row.ip_address.as_deref()
    }

    /// Whether it is the session that asks.
    async fn current(&self, ctx: &Context<'_>) -> bool {
        policy::viewer(ctx).session_id().is_ok_and(|id| id == self.row.id)
    }

    /// Whose it is.
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        if let Some(user) = &self.user {
            return Ok(User(user.clone()));
        }
        let found = recall(app(ctx), self.row.user_id).await?;
        Ok(found.map(User).ok_or(Error::NotFound)?)
    }
}

/// A page of sessions.
pub struct SessionConnection {
    slice: Slice<session::Model>,
    user: Arc<user::Model>,
}

/// A page of sessions.
#[Object(directive = authenticated::apply())]
impl SessionConnection {
    /// The sessions with their cursors.
    async fn edges(&self) -> Vec<SessionEdge> {
        let edge = |row: &session::Model| SessionEdge {
            cursor: list::position(row).cursor(list::ORDER),
            node: self.session(row),
        };
        self.slice.rows.iter().map(edge).collect()
    }

    /// The sessions.
    async fn nodes(&self) -> Vec<Session> {
        self.slice.rows.iter().map(|row| self.session(row)).collect()
    }

    /// Where this page stands in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo::of(&self.slice, list::ORDER, list::position)
    }

    /// How many live sessions there are on all pages. Counted when asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        let count = list::count(app(ctx), self.user.id).await?;
        Ok(Some(i32::try_from(count).unwrap_or(i32::MAX)))
    }
}

impl SessionConnection {
    /// The page of a user's sessions that `arguments` ask for.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for an argument that makes no sense.
    pub async fn of(app: &App, user: &Arc<user::Model>, arguments: Arguments) -> Result<Self> {
        let page = arguments.page(list::ORDER)?;
        Ok(Self { slice: list::list(app, user.id, &page).await?, user: user.clone() })
    }

    fn session(&self, row: &session::Model) -> Session {
        Session { row: row.clone(), user: Some(self.user.clone()) }
    }
}

/// A session and its place in the list.
#[derive(SimpleObject)]
#[graphql(directive = authenticated::apply())]
pub struct SessionEdge {
    /// Its place in the list, for `after` and `before`.
    cursor: String,
    /// The session.
    node: Session,
}

/// The refresh token to exchange.
#[derive(InputObject)]
pub struct RefreshInput {
    /// As `login`, `signup` or the last `refresh` gave it.
    refresh_token: String,
}

/// The sessions that were ended as they are answered: newest first, and no more than a page, however many there were.
fn newest(ended: Vec<session::Model>) -> Vec<Session> {
    ended.into_iter().rev().take(page::MOST as usize).map(Session::from).collect()
}

/// A session that was ended; if it is the one that asks, and travels in a cookie, the cookie goes with it.
fn taken_leave(ctx: &Context<'_>, ended: session::Model) -> Session {
    let is_own = policy::viewer(ctx).session_id().is_ok_and(|id| id == ended.id);
    if is_own && ended.delivery == Delivery::Cookie {
        ctx.append_http_header("set-cookie", cookie::clear(&app(ctx).config));
    }
    ended.into()
}

/// Mutations of sessions.
#[derive(Default)]
pub struct SessionsMutation;

#[Object]
impl SessionsMutation {
    /// Exchanges a refresh token for new tokens. Each is good once; a client that lost the answer may repeat the call
    /// within seconds and gets the same answer. A token that comes back later ends the session.
    #[graphql(directive = public::apply(), directive = signs_in::apply())]
    async fn refresh(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The refresh token.")] input: RefreshInput,
    ) -> Result<SignedIn> {
        let signed_in = refresh::refresh(app(ctx), &client(ctx), &input.refresh_token).await?;
        SignedIn::hand_over(ctx, signed_in)
    }

    /// Ends this session. Its tokens stop counting at once.
    #[graphql(directive = session_only::apply())]
    async fn logout(&self, ctx: &Context<'_>) -> Result<Option<Session>> {
        let ended = end::logout(app(ctx), &client(ctx), &policy::viewer(ctx)).await?;
        Ok(Some(taken_leave(ctx, ended)))
    }

    /// Ends one of the viewer's sessions.
    #[graphql(directive = session_only::apply())]
    async fn end_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session's id.")] id: ID,
    ) -> Result<Option<Session>> {
        let id = uuid(&id).ok_or(Error::NotFound)?;
        let ended = end::end_session(app(ctx), &client(ctx), &policy::viewer(ctx), id).await?;
        Ok(Some(taken_leave(ctx, ended)))
    }

    /// Ends all of the viewer's sessions but this one. Answers those that were live, of more than 100 the newest 100.
    #[graphql(
        directive = session_only::apply(),
        complexity = "page::cost(Some(page::MOST), None, child_complexity)"
    )]
    async fn end_other_sessions(&self, ctx: &Context<'_>) -> Result<Option<Vec<Session>>> {
        let ended = end::end_other_sessions(app(ctx), &client(ctx), &policy::viewer(ctx)).await?;
        Ok(Some(newest(ended)))
    }

    /// Ends all sessions of a user, one's own among them if it is oneself. Their tokens stop counting at once. Answers
    /// those that were live, of more than 100 the newest 100.
    #[graphql(
        directive = has_role::apply(Role::Admin),
        directive = session_only::apply(),
        complexity = "page::cost(Some(page::MOST), None, child_complexity)"
    )]
    async fn end_user_sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user's id.")] user_id: ID,
    ) -> Result<Option<Vec<Session>>> {
        let actor = policy::viewer(ctx).user_id()?;
        let id = uuid(&user_id).ok_or(Error::NotFound)?;
        let ended = end::end_user_sessions(app(ctx), &client(ctx), Some(actor), id).await?;
        Ok(Some(newest(ended)))
    }
}
