//! A database of its own for every test: nothing is shared, so tests run in parallel and in any order.
//!
//! SQLite, in a directory that goes with the test; PostgreSQL, in a schema that goes with it, when
//! `ROLEGATE_TEST_DATABASE_URL` names a server (`postgres://postgres@127.0.0.1:5433/postgres`).

use rolegate::config::Config;
use rolegate::platform::secret;
use sea_orm::{ConnectOptions, ConnectionTrait as _};
use tempfile::TempDir;
use url::Url;

/// An empty database, and the configuration that opens it.
pub(crate) struct TestDatabase {
    directory: TempDir,
    schema: Option<Schema>,
}

/// A schema on a PostgreSQL server that others use too.
struct Schema {
    server: Url,
    name: String,
}

impl TestDatabase {
    /// On PostgreSQL if the environment names a server, else on SQLite.
    pub(crate) async fn create() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        #[expect(clippy::disallowed_methods, reason = "where tests run is not the product's configuration")]
        let server = std::env::var("ROLEGATE_TEST_DATABASE_URL").ok();
        let Some(server) = server else { return Self { directory, schema: None } };
        let server: Url = server.parse().expect("ROLEGATE_TEST_DATABASE_URL is a URL");
        let schema = Schema { server, name: format!("test_{}", secret::new_id().simple()) };
        schema.run(format!("CREATE SCHEMA {}", schema.name)).await;
        Self { directory, schema: Some(schema) }
    }

    /// The default configuration, its database this one, its files in a directory that goes with it.
    pub(crate) fn config(&self) -> Config {
        let mut config = Config { data_dir: self.directory.path().join("data"), ..Config::default() };
        if let Some(schema) = &self.schema {
            config.database_url = Some(schema.url().into());
            config.database.connections = 4;
        }
        config
    }
}

impl Schema {
    /// The server's URL with this schema as the only one that names are looked up in.
    fn url(&self) -> String {
        let mut url = self.server.clone();
        url.query_pairs_mut().append_pair("options", &format!("-c search_path={}", self.name));
        url.into()
    }

    async fn run(&self, statement: String) {
        let mut options = ConnectOptions::new(self.server.as_str());
        options.max_connections(1).sqlx_logging(false);
        let server = sea_orm::Database::connect(options).await.expect("the test server can be reached");
        server.execute_unprepared(&statement).await.expect("schemas may be made and dropped");
        server.close().await.expect("closing cannot fail");
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let drop_it = async {
            // What a failed test left running must not hold up those that follow.
            self.run(format!("SET lock_timeout = '5s'; DROP SCHEMA {} CASCADE", self.name)).await;
        };
        // A thread, because a test's runtime is still running here.
        std::thread::scope(|threads| {
            let dropped = threads.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime can be made").block_on(drop_it);
            });
            #[expect(clippy::print_stderr, reason = "a panic here would hide why the test itself failed")]
            if dropped.join().is_err() {
                eprintln!("schema {} was left behind", self.name);
            }
        });
    }
}
