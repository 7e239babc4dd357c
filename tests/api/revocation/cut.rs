//! When PostgreSQL's notifications do not arrive any more. SQLite has none.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use rolegate::config::Config;
use rolegate::platform::secret::new_id;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::elsewhere::until_refused;
use super::end;
use crate::harness::Service;

/// A service on PostgreSQL; `None` where the tests run on SQLite.
pub(super) async fn on_postgres() -> Option<Service> {
    let service = Service::start().await;
    (service.app.database.reader().get_database_backend() == DbBackend::Postgres).then_some(service)
}

fn change_url(config: &mut Config, change: impl FnOnce(&mut Url)) {
    let mut url: Url = config.database_url.as_ref().unwrap().expose_secret().parse().unwrap();
    change(&mut url);
    config.database_url = Some(SecretString::from(String::from(url)));
}

async fn count(service: &Service, query: &str) -> i64 {
    let query = Statement::from_string(DbBackend::Postgres, query);
    let row = service.app.database.reader().query_one_raw(query).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_whose_connection_is_ended_listens_again_and_has_missed_nothing() {
    let Some(here) = on_postgres().await else { return };
    let name = format!("cut_{}", new_id().simple());
    let named = |url: &mut Url| {
        url.query_pairs_mut().append_pair("application_name", &name);
    };
    let there = here.another_node_with(|config| change_url(config, named)).await;
    let _following = there.follow();
    let ada = here.client("ada").await;
    let terminate = format!(
        "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 5000)) AS n FROM pg_stat_activity \
         WHERE application_name = '{name}' AND query LIKE '%LISTEN%'"
    );
    for _ in 0..3 {
        let victim = here.anonymous().log_in("ada@example.test").await;
        let there = victim.at(&there);
        assert!(there.is_signed_in().await);
        let began = Instant::now();
        // After a round it takes half a second until somebody listens again; half a minute if the one who was about to was
        // hit in the middle of it, and the log was read instead.
        while count(&here, &terminate).await == 0 {
            assert!(began.elapsed() < Duration::from_secs(60), "nobody listens");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        end("endSession", &here, &victim, &ada).await;
        let time = until_refused(&there).await;
        assert!(time < Duration::from_secs(2), "{time:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_that_is_cut_off_in_silence_is_not_believed_and_the_log_is_read_instead() {
    let Some(here) = on_postgres().await else { return };
    let muted = Arc::new(AtomicBool::new(false));
    let port = proxy(&here.app.config, Loss::All, Arc::clone(&muted)).await;
    let through = |url: &mut Url| url.set_port(Some(port)).unwrap();
    let there = here.another_node_with(|config| change_url(config, through)).await;
    let ada = here.client("ada").await;
    let victim = here.anonymous().log_in("ada@example.test").await;
    assert!(victim.at(&there).is_signed_in().await);

    muted.store(true, Ordering::SeqCst);
    end("endSession", &here, &victim, &ada).await;
    assert!(victim.at(&there).is_signed_in().await, "it has not been heard of, or this test shows nothing");
    there.advance(TimeDelta::seconds(2));
    assert!(!victim.at(&there).is_signed_in().await, "what is not vouched for is not believed");

    let _following = there.follow();
    there.hear().await;
    for _ in 0..3 {
        let victim = here.anonymous().log_in("ada@example.test").await;
        assert!(victim.at(&there).is_signed_in().await);
        there.hear().await;
        assert!(victim.at(&there).is_signed_in().await);
        end("endSession", &here, &victim, &ada).await;
        there.hear().await;
        assert!(!victim.at(&there).is_signed_in().await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_that_drops_what_nobody_has_just_asked_for_keeps_no_session_alive() {
    let Some(here) = on_postgres().await else { return };
    let there = behind_a_pooler(&here).await;
    let _following = there.follow();
    let ada = here.client("ada").await;
    for _ in 0..3 {
        let victim = here.anonymous().log_in("ada@example.test").await;
        let there = victim.at(&there);
        assert!(there.is_signed_in().await);
        end("endSession", &here, &victim, &ada).await;
        let time = until_refused(&there).await;
        assert!(time < Duration::from_secs(2), "{time:?}");
    }
}

/// A node that is told nothing, and has to read the log.
pub(super) async fn behind_a_pooler(here: &Service) -> Service {
    let port = proxy(&here.app.config, Loss::Unasked, Arc::new(AtomicBool::new(true))).await;
    let through = |url: &mut Url| {
        url.set_port(Some(port)).unwrap();
        url.query_pairs_mut().append_pair("sslmode", "disable");
    };
    here.another_node_with(|config| change_url(config, through)).await
}

/// What a proxy loses on its way from the server.
#[derive(Clone, Copy)]
enum Loss {
    /// All that those get who listen.
    All,
    /// Notifications that do not come within an answer, as PgBouncer does in transaction mode.
    Unasked,
}

/// A port at which the configured server is reached, until `muted`: then whoever listens to notifications loses some.
async fn proxy(config: &Config, loss: Loss, muted: Arc<AtomicBool>) -> u16 {
    let url: Url = config.database_url.as_ref().unwrap().expose_secret().parse().unwrap();
    let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5432));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass(client, server.clone(), loss, Arc::clone(&muted)));
        }
    });
    port
}

async fn pass(client: TcpStream, server: String, loss: Loss, muted: Arc<AtomicBool>) {
    let server = TcpStream::connect(server).await.unwrap();
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let (listens, asked) = (AtomicBool::new(false), AtomicBool::new(false));
    let asks = async {
        let mut bytes = [0; 8192];
        while let Ok(n @ 1..) = from_client.read(&mut bytes).await {
            asked.store(true, Ordering::SeqCst);
            if bytes[..n].windows(6).any(|word| word == b"LISTEN") {
                listens.store(true, Ordering::SeqCst);
            }
            if to_server.write_all(&bytes[..n]).await.is_err() {
                break;
            }
        }
    };
    let is_muted = || muted.load(Ordering::SeqCst);
    let answers = async {
        match loss {
            Loss::All => {
                let mut bytes = [0; 8192];
                while let Ok(n @ 1..) = from_server.read(&mut bytes).await {
                    let is_lost = is_muted() && listens.load(Ordering::SeqCst);
                    if !is_lost && to_client.write_all(&bytes[..n]).await.is_err() {
                        break;
                    }
                }
            }
            Loss::Unasked => {
                while let Some(message) = message(&mut from_server).await {
                    // The server is ready for the next question.
                    if message[0] == b'Z' {
                        asked.store(false, Ordering::SeqCst);
                    }
                    let is_lost = is_muted() && message[0] == b'A' && !asked.load(Ordering::SeqCst);
                    if !is_lost && to_client.write_all(&message).await.is_err() {
                        break;
                    }
                }
            }
        }
    };
    tokio::join!(asks, answers);
}

/// The next message of PostgreSQL's protocol: its type, its length from there on, and the rest.
async fn message(server: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let mut message = vec![0; 5];
    server.read_exact(&mut message).await.ok()?;
    let length = u32::from_be_bytes(message[1..5].try_into().unwrap());
    message.resize(1 + length as usize, 0);
    server.read_exact(&mut message[5..]).await.ok()?;
    Some(message)
}
