//! How many may agree on keys at once, and for how long.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rolegate::config::Config;
use rolegate::config::lifetime::Lifetime;
use rustls::ClientConnection;
use rustls::pki_types::ServerName;
use rustls::version::TLS13;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::advance;
use crate::tls::{Folder, Running, ask};

/// The places for connections where one request is worked on at once (docs/configuration.md).
const PLACES: usize = 8;

#[tokio::test]
async fn whoever_does_not_agree_on_keys_in_time_is_hung_up_on_and_keeps_nobody_waiting() {
    let folder = Folder::new();
    let mut config = folder.config();
    config.tls.handshake_lifetime = Lifetime::seconds(1);
    let running = Running::start(&config).await;
    let mut slow = TcpStream::connect(running.address).await.unwrap();
    // The head of a record that never comes.
    slow.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00]).await.unwrap();
    let mut silent = TcpStream::connect(running.address).await.unwrap();
    ask(&mut running.connect(folder.client(&[&TLS13])).await.unwrap()).await;
    let hung_up = async {
        slow.read_to_end(&mut Vec::new()).await.unwrap();
        silent.read_to_end(&mut Vec::new()).await.unwrap();
    };
    tokio::time::timeout(Duration::from_secs(15), hung_up).await.expect("in time");
    running.stop().await;
}

/// A server with one turn, and with it [`PLACES`] for connections.
fn with_one_turn(folder: &Folder) -> Config {
    let mut config = folder.config();
    config.http.max_concurrent_requests = 1;
    config.tls.handshake_lifetime = Lifetime::minutes(1);
    config
}

#[tokio::test]
async fn silent_clients_take_no_turn_as_long_as_a_place_for_a_connection_is_left() {
    let folder = Folder::new();
    let running = Running::start(&with_one_turn(&folder)).await;
    let silent = join_all((1..PLACES).map(|_| TcpStream::connect(running.address))).await;
    let answered = async { ask(&mut running.connect(folder.client(&[&TLS13])).await.unwrap()).await };
    tokio::time::timeout(Duration::from_secs(5), answered).await.expect("at once");
    drop(silent);
    running.stop().await;
}

#[tokio::test]
async fn silent_clients_in_all_places_keep_the_next_waiting_until_their_time_to_agree_is_over() {
    let folder = Folder::new();
    let running = Running::start(&with_one_turn(&folder)).await;
    let mut silent = Vec::new();
    for _ in 0..PLACES {
        silent.push(TcpStream::connect(running.address).await.unwrap());
    }
    let connecting = running.connect(folder.client(&[&TLS13]));
    let mut answered = Box::pin(async { ask(&mut connecting.await.unwrap()).await });
    tokio::time::timeout(Duration::from_millis(500), &mut answered).await.expect_err("there is no place");
    advance(Duration::from_secs(61)).await;
    tokio::time::timeout(Duration::from_secs(15), answered).await.expect("there are places again");
    for mut stream in silent {
        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0, "it is hung up on");
    }
    running.stop().await;
}

#[tokio::test]
async fn only_so_many_handshakes_are_under_way_and_the_next_have_their_turn() {
    let folder = Folder::new();
    let running = Running::start(&with_one_turn(&folder)).await;
    // Greets, and does not answer the server's greeting.
    let client = folder.client(&[&TLS13]);
    let name = ServerName::try_from("localhost").unwrap();
    let mut greeting = Vec::new();
    let mut half = ClientConnection::new(Arc::new(client.clone()), name).unwrap();
    half.write_tls(&mut greeting).unwrap();
    let mut stuck = TcpStream::connect(running.address).await.unwrap();
    stuck.write_all(&greeting).await.unwrap();
    stuck.read_u8().await.unwrap();
    let began = Instant::now();
    ask(&mut running.connect(client).await.unwrap()).await;
    let waited = began.elapsed();
    assert!(waited > Duration::from_secs(1), "the only turn was taken: {waited:?}");
    assert!(waited < Duration::from_secs(10), "it was not kept: {waited:?}");
    running.stop().await;
}
