//! `graphql.*`: the GraphQL door.

use serde::{Deserialize, Serialize};

/// The GraphQL door.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct GraphqlConfig {
    /// Serve GraphiQL. Default: only while nobody but this machine can reach the server.
    pub graphiql: Option<bool>,
    /// What introspection shows. `off`: nothing (the field `permissions` still lists what `filtered` would show).
    /// `filtered`: to each viewer what they may call. `full`: everything to everybody. Default: `filtered` while nobody but this machine can reach the server, else `off`.
    pub introspection: Option<Introspection>,
    /// Serve as a subgraph: with `_entities` and `_service`, for the router of a federated graph.
    pub federation: bool,
    /// How deep a selection may nest. The standard introspection query needs 15.
    pub max_depth: usize,
    /// How many fields and fragments a document may ask for, each fragment counted where it is spread; with all rows of
    /// all pages counted, twenty times as many.
    pub max_complexity: usize,
    /// How many aliases a document may hold.
    pub max_aliases: usize,
    /// How many directives may stand in one place: at a field, a spread, a fragment, an operation or a variable.
    pub max_directives: usize,
}

/// What introspection shows, and to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Introspection {
    /// Nothing. `permissions` still lists to each viewer what [`Self::Filtered`] would show: frontends need it.
    Off,
    /// To each viewer what they may call.
    Filtered,
    /// Everything to everybody: rules are no secret.
    Full,
}

impl Default for GraphqlConfig {
    fn default() -> Self {
        Self {
            graphiql: None,
            introspection: None,
            federation: false,
            max_depth: 15,
            max_complexity: 1_000,
            max_aliases: 30,
            max_directives: 10,
        }
    }
}
