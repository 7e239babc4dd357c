//! The whole running server: what `rolegate serve` runs, and what a program runs that serves a schema of its own.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::app::App;
use crate::config::Config;
use crate::error::Error;
use crate::follow::Following;
use crate::graphql::Executor;
use crate::http::tls::Tls;
use crate::platform::clock::Clock;
use crate::tokens::signing_key;
use crate::{http, worker};

/// A server that has its address, its database and its keys, and waits for a schema to serve.
pub struct Server {
    /// What the schema is built for.
    pub app: Arc<App>,
    /// Where it listens: the port that the system chose, if `config.listen` left that open.
    pub address: SocketAddr,
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
}

impl Server {
    /// Takes the address, then opens the database and loads the keys: a second start on the same port touches neither.
    ///
    /// # Errors
    /// [`Error::Internal`] with a sentence for the operator, when the address is taken or [`App::start`] fails.
    pub async fn start(mut config: Config) -> Result<Self, Error> {
        take_open_files();
        let listener = http::serve::listen(config.listen).await.map_err(|error| {
            Error::internal(format!(
                "Cannot listen on {}: {error}. Stop what listens there, or choose another with --listen.",
                config.listen
            ))
        })?;
        let address = listener.local_addr().map_err(Error::internal)?;
        // The issuer of tokens is made of it where nothing else is said: port 0 would be nobody's.
        config.listen = address;
        let tls = Tls::load(&config)?.map(Arc::new);
        let app = Arc::new(App::start(config, Clock::System).await?);
        signing_key::load(&app).await?;
        Ok(Self { app, address, listener, tls })
    }

    /// Serves `schema` until `stop` is done ([`http::serve::stop_signal`]), then closes the database. Beside it run the
    /// worker, and the follower of what other processes change.
    pub async fn run(self, schema: impl Executor, stop: impl Future<Output = ()>) {
        let worker = tokio::spawn(worker::run(self.app.clone()));
        let (stop_following, stopped) = oneshot::channel::<()>();
        let following = Following::of(self.app.clone()).run(async { drop(stopped.await) });
        let following = tokio::spawn(following);
        let watch = self.tls.clone().map(|tls| tokio::spawn(tls.watch()));
        let router = http::router(self.app.clone(), schema);
        http::serve::serve(self.listener, router, &self.app.config.http, self.tls, stop).await;
        if let Some(watch) = watch {
            watch.abort();
        }
        worker.abort();
        // Until it is gone it may hold a connection, and the last one to leave SQLite folds the log into the file.
        let _ = worker.await;
        drop(stop_following);
        let _ = following.await;
        self.app.stop().await;
    }
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
