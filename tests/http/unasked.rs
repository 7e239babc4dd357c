//! What the server does though nobody asks: through [`Server::run`], so that what nobody starts fails here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use rolegate::access::client::Client;
use rolegate::access::role::Role;
use rolegate::app::App;
use rolegate::config::Config;
use rolegate::config::lifetime::Lifetime;
use rolegate::graphql;
use rolegate::platform::clock::{Clock, ManualClock};
use rolegate::server::Server;
use rolegate::sessions::open::{Entrance, Opening};
use rolegate::sessions::session::{self, Delivery};
use rolegate::tokens::{rotate, signing_key};
use rolegate::users::user::{self, NewUser};
use rolegate::users::username::Username;
use rustls::pki_types::ServerName;
use rustls::version::TLS13;
use sea_orm::{ConnectionTrait as _, EntityTrait as _, PaginatorTrait as _, Statement};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use uuid::Uuid;

use crate::harness::advance;
use crate::tls::{Folder, ask};

/// The server, as `rolegate serve` runs it.
struct Running {
    app: Arc<App>,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Running {
    async fn start(config: Config) -> Self {
        let server = Server::start(config).await.unwrap();
        let (app, address) = (Arc::clone(&server.app), server.address);
        let schema = graphql::schema(Arc::clone(&app)).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(server.run(schema, async { drop(stopped.await) }));
        Self { app, address, stop, server }
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(20), self.server).await.expect("in time").unwrap();
    }
}

/// A port of its own, a database in `folder`, and a worker that comes round every second.
fn config(folder: &tempfile::TempDir) -> Config {
    let mut config = Config { data_dir: folder.path().to_owned(), ..Config::default() };
    config.listen = ([127, 0, 0, 1], 0).into();
    config.worker.purge_interval = Lifetime::seconds(1);
    config
}

/// The same application, by a clock that stands long ago.
async fn long_ago(config: &Config) -> (App, ManualClock) {
    let clock = ManualClock::new(Clock::System.now() - TimeDelta::days(200));
    let app = App::start(config.clone(), Clock::Manual(clock.clone())).await.unwrap();
    signing_key::load(&app).await.unwrap();
    (app, clock)
}

/// Waits until it is so, for as long as the busiest machine may take.
async fn comes_true(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..300 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never: {what}");
}

async fn open_session(app: &App, user_id: Uuid) {
    let opening = Opening::new(app, &Client::default(), Delivery::Cookie).unwrap();
    let write = app.database.write(async move |tx| opening.write(tx, user_id, Entrance::SignIn).await);
    write.await.unwrap();
}

async fn new_user(app: &App, name: &str) -> Uuid {
    let username = Some(Username::parse("username", name).unwrap());
    let row = NewUser { email: None, username, name: None, role: Role::Client }.into_row(app.clock.now());
    let id = row.id;
    app.database.write(async move |tx| user::insert(tx, row.clone()).await).await.unwrap();
    id
}

#[tokio::test]
async fn what_is_over_is_purged_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&folder);
    let (past, _) = long_ago(&config).await;
    let user_id = new_user(&past, "ada").await;
    open_session(&past, user_id).await;
    let running = Running::start(config).await;
    let reader = running.app.database.reader();
    let sessions = async || session::Entity::find().count(reader).await.unwrap();
    comes_true("the session is purged", async || sessions().await == 0).await;
    // Once more: the first look is the one at the start.
    open_session(&past, user_id).await;
    comes_true("the next session is purged", async || sessions().await == 0).await;
    past.stop().await;
    running.stop().await;
}

#[tokio::test]
async fn changes_that_everybody_has_read_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&folder);
    let (past, _) = long_ago(&config).await;
    let running = Running::start(config).await;
    // Nothing that is purged itself: that would be noted anew.
    for name in ["ada", "bob"] {
        new_user(&past, name).await;
    }
    let reader = running.app.database.reader();
    let noted = async || {
        let query =
            Statement::from_string(reader.get_database_backend(), "SELECT count(*) AS n FROM changes");
        reader.query_one_raw(query).await.unwrap().unwrap().try_get::<i64>("", "n").unwrap()
    };
    assert!(noted().await > 1, "they were added");
    let aged = past.database.write(async move |tx| {
        tx.execute_unprepared("UPDATE changes SET at = at - 301").await?;
        Ok(())
    });
    aged.await.unwrap();
    // But for the newest, by which a reader knows that nothing is missing.
    comes_true("the log is short", async || noted().await <= 1).await;
    past.stop().await;
    running.stop().await;
}

#[tokio::test]
async fn signing_keys_are_rotated_published_and_retired() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&folder);
    let (past, clock) = long_ago(&config).await;
    clock.advance(TimeDelta::days(100));
    assert!(rotate::rotate_when_due(&past).await.unwrap(), "the second takes over");
    past.stop().await;
    let running = Running::start(config).await;
    let keys = async || signing_key::all(running.app.database.reader()).await.unwrap();
    comes_true("the third is announced", async || keys().await.len() == 3).await;
    comes_true("the first is retired", async || keys().await[2].retired_at.is_some()).await;
    let keys = keys().await;
    assert!(keys[1].is_in_force(), "it signs, until the third does");
    comes_true("they are published", async || {
        let published = signing_key::jwks(&running.app).to_string();
        let is_published = |key: &signing_key::Model| published.contains(&key.id);
        is_published(&keys[0]) && is_published(&keys[1]) && !is_published(&keys[2])
    })
    .await;
    running.stop().await;
}

#[tokio::test]
async fn a_renewed_certificate_is_served_without_a_restart() {
    let (folder, certificate) = (tempfile::tempdir().unwrap(), Folder::new());
    let mut config = config(&folder);
    certificate.change(&mut config);
    let running = Running::start(config).await;
    let is_served = async |client: rustls::ClientConfig| {
        let stream = TcpStream::connect(running.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        match TlsConnector::from(Arc::new(client)).connect(name, stream).await {
            Ok(mut stream) => {
                ask(&mut stream).await;
                true
            }
            Err(_) => false,
        }
    };
    let old = certificate.client(&[&TLS13]);
    assert!(is_served(old.clone()).await);
    certificate.renew();
    let new = certificate.client(&[&TLS13]);
    assert!(!is_served(new.clone()).await, "nobody has looked yet");
    // As docs/tls.md has it: every ten seconds.
    advance(Duration::from_secs(10)).await;
    comes_true("the new one is served", async || is_served(new.clone()).await).await;
    assert!(!is_served(old).await);
    running.stop().await;
}
