//! Users, and who may see what of them.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};

use crate::error::Error;
use crate::graphql::access::Role;
use crate::graphql::api_keys::ApiKeyConnection;
use crate::graphql::context::{app, client, uuid};
use crate::graphql::page::{self, Arguments, PageInfo};
use crate::graphql::policy::directives::{authenticated, has_role, owner, session};
use crate::graphql::policy::{self, owned_by};
use crate::graphql::sessions::SessionConnection;
use crate::platform::page::Slice;
use crate::users::list::{self, Filter};
use crate::users::recall::{recall, recall_page};
use crate::users::{set_role, user};

/// Somebody who can sign in.
pub struct User(pub Arc<user::Model>);

impl From<user::Model> for User {
    fn from(row: user::Model) -> Self {
        Self(Arc::new(row))
    }
}

/// Somebody who can sign in.
#[Object(directive = authenticated::apply())]
impl User {
    /// Opaque and stable.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// What to call them.
    async fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// Unique without regard to letter case.
    async fn username(&self) -> Option<&str> {
        self.0.username.as_deref()
    }

    /// Their address, in lower case.
    #[graphql(directive = owner::apply(None, Some(Role::Manager)), guard = "owned_by::<Self>(self.0.id)")]
    async fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// When they proved that the address is theirs.
    #[graphql(directive = owner::apply(None, Some(Role::Manager)), guard = "owned_by::<Self>(self.0.id)")]
    async fn email_verified_at(&self) -> Option<DateTime<Utc>> {
        self.0.email_verified_at
    }

    /// What they may do.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// Whether they may sign in.
    #[graphql(directive = owner::apply(None, Some(Role::Manager)), guard = "owned_by::<Self>(self.0.id)")]
    async fn status(&self) -> Option<UserStatus> {
        Some(self.0.status.into())
    }

    /// When the account was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When they last proved who they are.
    #[graphql(directive = owner::apply(None, Some(Role::Admin)), guard = "owned_by::<Self>(self.0.id)")]
    async fn last_login_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_login_at
    }

    /// Their live sessions, newest first: one for each device that is signed in.
    #[graphql(
        directive = owner::apply(None, Some(Role::Admin)),
        guard = "owned_by::<Self>(self.0.id)",
        complexity = "page::cost(first, last, child_complexity)"
    )]
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the beginning: 0 to 100, 20 if nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, instead of `first`.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<Option<SessionConnection>> {
        let arguments = Arguments { first, after, last, before };
        // Boxed: the futures of all fields of a type share one size, and it is moved for each of them.
        Ok(Some(Box::pin(SessionConnection::of(app(ctx), &self.0, arguments)).await?))
    }

    /// Their API keys, newest first, expired ones included.
    #[graphql(
        directive = owner::apply(None, Some(Role::Admin)),
        guard = "owned_by::<Self>(self.0.id)",
        complexity = "page::cost(first, last, child_complexity)"
    )]
    async fn api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the beginning: 0 to 100, 20 if nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, instead of `first`.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<Option<ApiKeyConnection>> {
        let arguments = Arguments { first, after, last, before };
        Ok(Some(Box::pin(ApiKeyConnection::of(app(ctx), self.0.id, arguments)).await?))
    }
}

/// Whether a user may sign in.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "user::Status")]
pub enum UserStatus {
    /// They may.
    Active,
    /// They may not, and every session of theirs counts as ended.
    Suspended,
}

/// Which users to list. What is left out does not matter.
#[derive(InputObject, Default)]
pub struct UserFilter {
    /// Of this role.
    role: Option<Role>,
    /// Of this status.
    status: Option<UserStatus>,
    /// Whose email address, username or name begins so, without regard to letter case.
    text: Option<String>,
}

impl From<UserFilter> for Filter {
    fn from(filter: UserFilter) -> Self {
        Self { role: filter.role.map(Into::into), status: filter.status.map(Into::into), text: filter.text }
    }
}

/// How to sort users.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "list::UserOrder")]
pub enum UserOrder {
    /// Youngest account first.
    Newest,
    /// Oldest account first.
    Oldest,
    /// By email address; those without one first.
    Email,
    /// By name; those without one first.
    Name,
}

/// A page of users.
pub struct UserConnection {
    slice: Arc<Slice<Arc<user::Model>>>,
    order: list::UserOrder,
    filter: Filter,
}

/// A page of users.
#[Object(directive = has_role::apply(Role::Manager))]
impl UserConnection {
    /// The users with their cursors.
    async fn edges(&self) -> Vec<UserEdge> {
        let edge = |row: &Arc<user::Model>| UserEdge {
            cursor: self.order.position(row).cursor(self.order.as_str()),
            node: User(row.clone()),
        };
        self.slice.rows.iter().map(edge).collect()
    }

    /// The users.
    async fn nodes(&self) -> Vec<User> {
        self.slice.rows.iter().cloned().map(User).collect()
    }

    /// Where this page stands in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo::of(&self.slice, self.order.as_str(), |row| self.order.position(row))
    }

    /// How many users there are on all pages. Counted when asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        let count = list::count(app(ctx).database.reader(), &self.filter).await?;
        Ok(Some(i32::try_from(count).unwrap_or(i32::MAX)))
    }
}

/// A user and their place in the list.
#[derive(SimpleObject)]
#[graphql(directive = has_role::apply(Role::Manager))]
pub struct UserEdge {
    /// Their place in the list, for `after` and `before`.
    cursor: String,
    /// The user.
    node: User,
}

/// Queries about users.
#[derive(Default)]
pub struct UsersQuery;

#[Object]
impl UsersQuery {
    /// The user who asks.
    #[graphql(directive = authenticated::apply())]
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let id = policy::viewer(ctx).user_id()?;
        Ok(recall(app(ctx), id).await?.map(User))
    }

    /// One user. `null` if there is none of this id.
    #[graphql(directive = owner::apply(Some("id".into()), Some(Role::Manager)))]
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user's id.")] id: ID,
    ) -> Result<Option<User>> {
        let Some(id) = uuid(&id) else { return Ok(None) };
        Ok(recall(app(ctx), id).await?.map(User))
    }

    /// All users, page by page.
    #[graphql(
        directive = has_role::apply(Role::Manager),
        complexity = "page::cost(first, last, child_complexity)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are the arguments of a Relay connection")]
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the beginning: 0 to 100, 20 if nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, instead of `first`.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which users.")] filter: Option<UserFilter>,
        #[graphql(desc = "In which order; `NEWEST` if nothing is said.")] order_by: Option<UserOrder>,
    ) -> Result<Option<UserConnection>> {
        let order = order_by.map(list::UserOrder::from).unwrap_or_default();
        let filter = Filter::from(filter.unwrap_or_default());
        let page = Arguments { first, after, last, before }.page(order.as_str())?;
        let slice = recall_page(app(ctx), &filter, order, &page).await?;
        Ok(Some(UserConnection { slice, order, filter }))
    }
}

/// Whose role to change, and to what.
#[derive(InputObject)]
pub struct SetUserRoleInput {
    /// The user.
    user_id: ID,
    /// Their role from now on.
    role: Role,
}

/// Mutations of users.
#[derive(Default)]
pub struct UsersMutation;

#[Object]
impl UsersMutation {
    /// Changes what a user may do, from their very next request on. Never the last active admin. Not with an API
    /// key: the account that it promoted would outlive it.
    #[graphql(directive = has_role::apply(Role::Admin), directive = session::apply())]
    async fn set_user_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose role, and to what.")] input: SetUserRoleInput,
    ) -> Result<Option<User>> {
        let actor = policy::viewer(ctx).user_id()?;
        let id = uuid(&input.user_id).ok_or(Error::NotFound)?;
        let changed = set_role::set_role(app(ctx), &client(ctx), Some(actor), id, input.role.into()).await?;
        Ok(Some(changed.into()))
    }
}
