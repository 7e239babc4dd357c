//! What resolvers ask of their context.

use std::sync::Arc;

use async_graphql::{Context, ID};
use uuid::Uuid;

use crate::access::client::Client;
use crate::app::App;

/// The app that the schema was built for.
///
/// `schema` puts it there, and nothing else builds a schema that runs.
pub fn app<'a>(ctx: &Context<'a>) -> &'a Arc<App> {
    ctx.data_unchecked::<Arc<App>>()
}

/// Where the request came from; nothing is known of one that did not come by HTTP.
pub fn client(ctx: &Context<'_>) -> Client {
    ctx.data_opt::<Client>().cloned().unwrap_or_default()
}

/// The id that a client wrote. `None` for what is no id of ours: such a thing does not exist, which is all it says.
pub fn uuid(id: &ID) -> Option<Uuid> {
    Uuid::try_parse(id).ok()
}
