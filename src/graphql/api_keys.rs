//! API keys: what scripts sign in with.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::api_keys::{api_key, create, list, revoke};
use crate::app::App;
use crate::error::Error;
use crate::graphql::access::Role;
use crate::graphql::context::{app, client, uuid};
use crate::graphql::page::{Arguments, PageInfo};
use crate::graphql::policy;
use crate::graphql::policy::directives::{authenticated, session};
use crate::platform::page::Slice;

/// What a script signs in with, in place of a person. Its secret is not kept.
pub struct ApiKey(api_key::Model);

/// What a script signs in with, in place of a person. Its secret is not kept.
#[Object(directive = authenticated::apply())]
impl ApiKey {
    /// Opaque and stable; no credential.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// What its owner calls it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it may do at most: never more than what its owner may at that moment.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// From when on it counts no longer.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }

    /// When it was last used, to the minute. `null` if it never was.
    async fn last_used_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_used_at
    }
}

/// A page of API keys.
pub struct ApiKeyConnection {
    slice: Slice<api_key::Model>,
    user_id: Uuid,
}

/// A page of API keys.
#[Object(directive = authenticated::apply())]
impl ApiKeyConnection {
    /// The keys with their cursors.
    async fn edges(&self) -> Vec<ApiKeyEdge> {
        let edge = |key: &api_key::Model| ApiKeyEdge {
            cursor: list::position(key).cursor(list::ORDER),
            node: ApiKey(key.clone()),
        };
        self.slice.rows.iter().map(edge).collect()
    }

    /// The keys.
    async fn nodes(&self) -> Vec<ApiKey> {
        self.slice.rows.iter().cloned().map(ApiKey).collect()
    }

    /// Where this page stands in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo::of(&self.slice, list::ORDER, list::position)
    }

    /// How many keys there are on all pages. Counted when asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        let count = list::count(app(ctx), self.user_id).await?;
        Ok(Some(i32::try_from(count).unwrap_or(i32::MAX)))
    }
}

impl ApiKeyConnection {
    /// The page of a user's keys that `arguments` ask for.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for an argument that makes no sense.
    pub async fn of(app: &App, user_id: Uuid, arguments: Arguments) -> Result<Self> {
        let page = arguments.page(list::ORDER)?;
        Ok(Self { slice: list::list(app, user_id, &page).await?, user_id })
    }
}

/// An API key and its place in the list.
#[derive(SimpleObject)]
#[graphql(directive = authenticated::apply())]
pub struct ApiKeyEdge {
    /// Its place in the list, for `after` and `before`.
    cursor: String,
    /// The key.
    node: ApiKey,
}

/// What a new API key is to be.
#[derive(InputObject)]
pub struct CreateApiKeyInput {
    /// What to call it: 1 to 100 characters.
    name: String,
    /// What it may do at most; never above the role of whoever makes it.
    role: Role,
    /// From when on it shall count no longer. Without it, the server's default holds; the server also has a maximum.
    expires_at: Option<DateTime<Utc>>,
}

/// A new API key.
#[derive(SimpleObject)]
#[graphql(directive = authenticated::apply())]
pub struct CreatedApiKey {
    /// The key.
    api_key: ApiKey,
    /// For the header `Authorization: Bearer ..`. Shown this once: only a digest of it is kept.
    secret: String,
}

/// Mutations of API keys.
#[derive(Default)]
pub struct ApiKeysMutation;

#[Object]
impl ApiKeysMutation {
    /// Makes an API key for the viewer.
    #[graphql(directive = session::apply())]
    async fn create_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is to be.")] input: CreateApiKeyInput,
    ) -> Result<Option<CreatedApiKey>> {
        let CreateApiKeyInput { name, role, expires_at } = input;
        let wanted = create::Wanted { name: &name, role: role.into(), expires_at };
        let created = create::create(app(ctx), &client(ctx), &policy::viewer(ctx), &wanted).await?;
        let secret = created.reveal();
        Ok(Some(CreatedApiKey { api_key: ApiKey(created.key), secret }))
    }

    /// Takes back one of the viewer's API keys; an admin may take back anybody's. It stops counting at once.
    #[graphql(directive = session::apply())]
    async fn revoke_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key's id.")] id: ID,
    ) -> Result<Option<ApiKey>> {
        let id = uuid(&id).ok_or(Error::NotFound)?;
        let revoked = revoke::revoke(app(ctx), &client(ctx), &policy::viewer(ctx), id).await?;
        Ok(Some(ApiKey(revoked)))
    }
}
