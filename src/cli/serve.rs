//! `rolegate serve`: the server, until it is told to stop.

use std::io::{Write as _, stdout};
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::app::App;
use crate::cli::failure::Failure;
use crate::cli::log;
use crate::config::Config;
use crate::follow::Following;
use crate::http::tls::Tls;
use crate::platform::clock::Clock;
use crate::tokens::signing_key;
use crate::{graphql, http, worker};

/// Serves until a signal ends it.
pub(super) fn run(config: Config) -> Result<(), Failure> {
    log::start(&config.log)?;
    take_open_files();
    let runtime = Builder::new_multi_thread().enable_all().build();
    runtime
        .map_err(|error| Failure::new(format!("The runtime cannot be started: {error}.")))?
        .block_on(serve(config))
}

/// Takes as many open files as the system grants. Every connection needs one, and most systems begin with 1024, which
/// a single client could hold open: then nobody else is let in.
fn take_open_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        // With fewer files the server serves fewer at once, and that is all.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    }
}

async fn serve(config: Config) -> Result<(), Failure> {
    // Bound first: a second start on the same port must not touch the database.
    let listener = http::serve::listen(config.listen).await.map_err(|error| {
        Failure::new(format!(
            "Cannot listen on {}: {error}. Stop what listens there, or choose another with --listen.",
            config.listen
        ))
    })?;
    let address = listener.local_addr()?;
    let tls = Tls::load(&config)?.map(Arc::new);
    let app = Arc::new(App::start(config, Clock::System).await?);
    signing_key::load(&app).await?;
    let schema = graphql::schema(app.clone()).map_err(|errors| Failure::new(errors.to_string()))?;
    let stop = http::serve::stop_signal()?;
    announce(&app.config, address)?;
    let worker = tokio::spawn(worker::run(app.clone()));
    let watch = tls.clone().map(|tls| tokio::spawn(tls.watch()));
    let (stop_following, stopped) = oneshot::channel::<()>();
    let following = Following::of(app.clone()).run(async { drop(stopped.await) });
    let following = tokio::spawn(following);
    http::serve::serve(listener, http::router(app.clone(), schema), &app.config.http, tls, stop).await;
    if let Some(watch) = watch {
        watch.abort();
    }
    worker.abort();
    // Until it is gone it may hold a connection, and the last one to leave SQLite folds the log into the file.
    let _ = worker.await;
    drop(stop_following);
    let _ = following.await;
    app.stop().await;
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
