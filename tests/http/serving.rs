//! Over a socket: what only shows there.

use std::net::SocketAddr;
use std::time::Duration;

use rolegate::config::HttpConfig;
use rolegate::config::lifetime::Lifetime;
use rolegate::http::serve;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::harness::Door;

pub(crate) async fn start(
    door: &Door,
    http: HttpConfig,
) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
    let listener = serve::listen(([127, 0, 0, 1], 0).into()).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel();
    let router = door.router.clone();
    let server = tokio::spawn(async move {
        serve::serve(listener, router, &http, None, async { drop(stopped.await) }).await;
    });
    (address, stop, server)
}

const HEAD: &str =
    "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 21\r\n\r\n";
const BODY: &str = r#"{"query":"{ hello }"}"#;

#[tokio::test]
async fn a_shutdown_lets_the_request_finish_that_runs() {
    let door = Door::open().await;
    let (address, stop, server) = start(&door, HttpConfig::default()).await;
    let mut idle = TcpStream::connect(address).await.unwrap();
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(format!("{HEAD}{BODY}{HEAD}").as_bytes()).await.unwrap();
    let mut first = [0; 64];
    let read = client.read(&mut first).await.unwrap();
    assert!(first[..read].starts_with(b"HTTP/1.1 200"), "the second request is being read now");
    stop.send(()).unwrap();
    let mut nothing = Vec::new();
    idle.read_to_end(&mut nothing).await.unwrap();
    client.write_all(BODY.as_bytes()).await.unwrap();
    let mut rest = String::new();
    client.read_to_string(&mut rest).await.unwrap();
    assert!(rest.contains("HTTP/1.1 200") && rest.contains("connection: close"), "{rest}");
    server.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever() {
    let door = Door::open().await;
    let http = HttpConfig { shutdown_lifetime: Lifetime::seconds(0), ..HttpConfig::default() };
    let (address, stop, server) = start(&door, http).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(HEAD.as_bytes()).await.unwrap();
    client.write_all(&BODY.as_bytes()[..5]).await.unwrap();
    // Another connection is answered, so the first has been accepted.
    let mut other = TcpStream::connect(address).await.unwrap();
    other.write_all(format!("{HEAD}{BODY}").as_bytes()).await.unwrap();
    other.read_exact(&mut [0; 12]).await.unwrap();
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), server).await.expect("in time").unwrap();
}

#[tokio::test]
async fn a_panic_does_not_drop_the_connection() {
    let door = Door::open().await;
    let (address, stop, server) = start(&door, HttpConfig::default()).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    let panic = HEAD.to_owned() + r#"{"query":"{ panic }"}"#;
    client.write_all(panic.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    client.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 500");
    drop(client);
    stop.send(()).unwrap();
    server.await.unwrap();
}
