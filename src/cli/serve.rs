//! `rolegate serve`: the server, until it is told to stop.

use std::io::{Write as _, stdout};
use std::net::SocketAddr;

use clap::Args;
use tokio::runtime::Builder;

use crate::cli::failure::Failure;
use crate::cli::log;
use crate::config::Config;
use crate::graphql::Executor;
use crate::graphql::policy::PolicyErrors;
use crate::server::Server;
use crate::{graphql, http};

/// How to serve.
#[derive(Args, Default)]
pub(super) struct Options {
    /// As a subgraph, for the router of a federated graph (the setting graphql.federation)
    #[arg(long)]
    federation: bool,
}

/// Serves until a signal ends it.
pub(super) fn run(mut config: Config, options: &Options) -> Result<(), Failure> {
    config.graphql.federation |= options.federation;
    log::start(&config.log)?;
    let runtime = Builder::new_multi_thread().enable_all().build();
    runtime
        .map_err(|error| Failure::new(format!("The runtime cannot be started: {error}.")))?
        .block_on(serve(config))
}

async fn serve(config: Config) -> Result<(), Failure> {
    let server = Server::start(config).await?;
    let app = server.app.clone();
    match app.config.graphql.federation {
        true => serve_schema(server, graphql::federated_schema(app)).await,
        false => serve_schema(server, graphql::schema(app)).await,
    }
}

async fn serve_schema(server: Server, schema: Result<impl Executor, PolicyErrors>) -> Result<(), Failure> {
    let schema = schema.map_err(|errors| Failure::new(errors.to_string()))?;
    let stop = http::serve::stop_signal()?;
    announce(&server.app.config, server.address)?;
    server.run(schema, stop).await;
    Ok(())
}

/// Tells people where to go; the log is for what happens then.
fn announce(config: &Config, address: SocketAddr) -> Result<(), Failure> {
    let origin = match &config.public_url {
        Some(_) => config.public_origin(),
        None => format!("{}://{address}", config.scheme()),
    };
    let mut out = stdout().lock();
    writeln!(out, "Rolegate listens on {address}")?;
    match config.graphiql() {
        true => writeln!(out, "GraphiQL is at      {origin}/graphql")?,
        false => writeln!(out, "GraphQL is at       {origin}/graphql (GraphiQL is off)")?,
    }
    Ok(out.flush()?)
}
