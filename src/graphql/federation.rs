//! Rolegate as a subgraph of a federated graph: what its router asks for beside everything else.
//!
//! Ordinary fields under ordinary rules. The library's own would hand the whole schema to anybody (`_service`), and fail
//! all entities for the sake of one.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Any, Context, Object, Result, SimpleObject, Union, Value};
use uuid::Uuid;

use crate::access::viewer::Viewer;
use crate::error::Error;
use crate::graphql::access::Role;
use crate::graphql::context::app;
use crate::graphql::error::graphql_error;
use crate::graphql::page::list_cost;
use crate::graphql::policy::directives::{authenticated, has_role};
use crate::graphql::policy::{self, Named, PolicyTable, Verdict};
use crate::graphql::users::User;
use crate::users::find;

/// The types that other subgraphs may refer to, with the fields by which they do.
pub(super) const KEYS: &[(&str, &str)] = &[("User", "id")];

/// The most entities that one call may ask for.
const MOST_REPRESENTATIONS: usize = 500;

/// What other subgraphs may refer to.
#[derive(Union)]
#[graphql(name = "_Entity")]
pub enum Entity {
    /// By its `id`.
    User(User),
}

/// This subgraph.
#[derive(SimpleObject)]
#[graphql(name = "_Service", directive = has_role::apply(Role::Admin))]
pub struct Subgraph {
    /// The schema from which the router's is composed: what `rolegate schema --federation` prints.
    sdl: Option<String>,
}

/// The schema as text for composition. Schema data.
pub(super) struct FederatedSdl(pub(super) String);

/// What a router asks for.
#[derive(Default)]
pub struct FederationQuery;

#[Object]
impl FederationQuery {
    /// The entities that these representations stand for, in their order; `null` for one that is not there. Each is
    /// judged as `user(id:)` judges: whose user the viewer may not ask for is refused, there or not.
    #[graphql(
        name = "_entities",
        directive = authenticated::apply(),
        complexity = "list_cost(representations.len(), child_complexity)"
    )]
    async fn entities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Each with its `__typename` and its key: at most 500.")] representations: Vec<Any>,
    ) -> Result<Option<Vec<Option<Result<Entity>>>>> {
        if representations.len() > MOST_REPRESENTATIONS {
            let message = format!("Ask for at most {MOST_REPRESENTATIONS} entities at a time.");
            return Err(Error::invalid_input("representations", message).into());
        }
        let table = ctx.data_opt::<Arc<PolicyTable>>();
        let table = table.ok_or_else(|| Error::internal("the schema was built without its policy"))?;
        let viewer = policy::viewer(ctx);
        let asked: Vec<Result<Option<Uuid>>> =
            representations.iter().map(|Any(value)| admitted(table, &viewer, value)).collect();
        let ids = asked.iter().filter_map(|id| id.as_ref().ok().copied().flatten());
        let found = find::by_ids(app(ctx).database.reader(), ids).await?;
        let found: HashMap<_, _> = found.into_iter().map(|user| (user.id, Arc::new(user))).collect();
        let entity = |id: Option<Uuid>| found.get(&id?).cloned().map(|user| Entity::User(User(user)));
        Ok(Some(asked.into_iter().map(|id| id.map(entity).transpose()).collect()))
    }

    /// This subgraph. A router needs it for nothing: it is composed from the text that the command line prints.
    #[graphql(name = "_service", directive = has_role::apply(Role::Admin))]
    async fn subgraph(&self, ctx: &Context<'_>) -> Option<Subgraph> {
        Some(Subgraph { sdl: ctx.data_opt::<FederatedSdl>().map(|FederatedSdl(sdl)| sdl.clone()) })
    }
}

/// The id of the user whom a representation stands for, if the viewer may ask for them; none where it is no id of ours.
fn admitted(table: &PolicyTable, viewer: &Viewer, representation: &Value) -> Result<Option<Uuid>> {
    const BY_ID: &str = "Query.user";
    let unknown =
        || Error::invalid_input("representations", "A representation stands for no entity of ours.");
    let Value::Object(fields) = representation else { return Err(unknown().into()) };
    let (Some(Value::String(name)), Some(Value::String(id))) = (fields.get("__typename"), fields.get("id"))
    else {
        return Err(unknown().into());
    };
    if name != "User" {
        return Err(unknown().into());
    }
    let id = Uuid::try_parse(id).ok();
    match table.verdict_with(BY_ID, viewer, |_| id.map_or(Named::Nobody, Named::User)) {
        Some(Verdict::Allowed) => Ok(id),
        Some(Verdict::Denied(rule) | Verdict::IfOwner(rule)) => {
            Err(graphql_error(rule.refusal(viewer), Some(BY_ID)))
        }
        None => Err(Error::internal("the policy has no rule for users by their id").into()),
    }
}
