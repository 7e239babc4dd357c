//! TLS over a socket, with certificates that are made on the spot.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use rolegate::config::Config;
use rolegate::http::serve;
use rolegate::http::tls::Tls;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::certificate;
use crate::harness::Door;

/// A folder with a certificate and its key, and the settings that name them.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.renew();
        folder
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    /// Puts another certificate and key in the place of those that are there.
    pub(crate) fn renew(&self) {
        certificate::make(self.0.path());
    }

    pub(crate) fn change(&self, config: &mut Config) {
        config.tls.certificate = Some(self.path("certificate.pem"));
        config.tls.private_key = Some(self.path("key.pem"));
    }

    pub(crate) fn config(&self) -> Config {
        let mut config = Config::default();
        self.change(&mut config);
        config
    }

    /// A client that trusts the certificate that is there now, and nothing else.
    pub(crate) fn client(&self, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(certificate_in(&self.path("certificate.pem"))).unwrap();
        ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth()
    }
}

fn certificate_in(path: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(path).unwrap()
}

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    tls: Arc<Tls>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn start(config: &Config) -> Self {
        let door = Door::open().await;
        let listener = serve::listen(([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let tls = Arc::new(Tls::load(config).unwrap().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let (serving, http) = (Some(Arc::clone(&tls)), config.http.clone());
        let server = tokio::spawn(async move {
            serve::serve(listener, door.router.clone(), &http, serving, async { drop(stopped.await) }).await;
        });
        Self { address, tls, stop, server }
    }

    pub(crate) async fn connect(&self, client: ClientConfig) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(self.address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(client)).connect(name, stream).await
    }

    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(20), self.server).await.expect("in time").unwrap();
    }
}

/// Asks over a connection that stays open, and holds that it is answered.
pub(crate) async fn ask(stream: &mut TlsStream<TcpStream>) {
    stream.write_all(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "the connection is closed");
    }
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn both_versions_are_spoken_and_http_1_1_is_agreed_on() {
    let folder = Folder::new();
    let running = Running::start(&folder.config()).await;
    for version in [&TLS12, &TLS13] {
        let mut client = folder.client(&[version]);
        client.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let mut stream = running.connect(client).await.unwrap();
        assert_eq!(stream.get_ref().1.protocol_version(), Some(version.version));
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        ask(&mut stream).await;
    }
    let mut client = folder.client(&[&TLS13]);
    client.alpn_protocols = vec![b"h2".to_vec()];
    running.connect(client).await.expect_err("there is no HTTP/2 here");
    running.stop().await;
}

#[tokio::test]
async fn a_renewed_certificate_is_taken_up_and_no_connection_dropped() {
    let folder = Folder::new();
    let running = Running::start(&folder.config()).await;
    let old = folder.client(&[&TLS13]);
    let mut before = running.connect(old.clone()).await.unwrap();
    ask(&mut before).await;
    assert!(!running.tls.reload_if_changed().unwrap(), "nothing has changed");
    folder.renew();
    assert!(running.tls.reload_if_changed().unwrap());
    ask(&mut before).await;
    running.connect(old).await.expect_err("it is another certificate");
    let mut after = running.connect(folder.client(&[&TLS13])).await.unwrap();
    let shown = after.get_ref().1.peer_certificates().unwrap()[0].clone();
    assert_eq!(shown, certificate_in(&folder.path("certificate.pem")));
    ask(&mut after).await;
    ask(&mut before).await;
    drop((before, after));
    running.stop().await;
}

#[tokio::test]
async fn a_certificate_that_is_broken_half_written_or_gone_leaves_the_old_one_in_force() {
    let folder = Folder::new();
    let running = Running::start(&folder.config()).await;
    let client = folder.client(&[&TLS13]);
    let (certificate, key) = (folder.path("certificate.pem"), folder.path("key.pem"));
    let old = (fs::read(&certificate).unwrap(), fs::read(&key).unwrap());
    folder.renew();
    let new = (fs::read(&certificate).unwrap(), fs::read(&key).unwrap());
    let half = new.1[..new.1.len() / 2].to_vec();
    for (certificate_bytes, key_bytes) in
        [(&new.0, &old.1), (&new.0, &half), (&b"nonsense".to_vec(), &new.1), (&Vec::new(), &new.1)]
    {
        fs::write(&certificate, certificate_bytes).unwrap();
        fs::write(&key, key_bytes).unwrap();
        running.tls.reload_if_changed().expect_err("it is of no use");
        assert!(!running.tls.reload_if_changed().unwrap(), "it is told once");
        ask(&mut running.connect(client.clone()).await.unwrap()).await;
    }
    fs::remove_file(&key).unwrap();
    running.tls.reload_if_changed().expect_err("it is gone");
    assert!(!running.tls.reload_if_changed().unwrap(), "it is told once");
    ask(&mut running.connect(client.clone()).await.unwrap()).await;
    fs::write(&certificate, &new.0).unwrap();
    fs::write(&key, &new.1).unwrap();
    assert!(running.tls.reload_if_changed().unwrap());
    running.connect(client).await.expect_err("the old one is not in force any more");
    ask(&mut running.connect(folder.client(&[&TLS13])).await.unwrap()).await;
    running.stop().await;
}

#[tokio::test]
async fn nothing_that_is_of_no_use_starts() {
    let folder = Folder::new();
    let other = Folder::new();
    assert!(Tls::load(&Config::default()).unwrap().is_none());
    let refused = |change: &dyn Fn(&mut Config)| {
        let mut config = folder.config();
        change(&mut config);
        format!("{:?}", Tls::load(&config).err().expect("it is of no use"))
    };
    let missing = refused(&|config| config.tls.certificate = Some(folder.path("missing.pem")));
    assert!(missing.contains("tls.certificate") && missing.contains("missing.pem"), "{missing}");
    let mismatch = refused(&|config| config.tls.private_key = Some(other.path("key.pem")));
    assert!(mismatch.contains("tls.private_key"), "{mismatch}");
    let exchanged = refused(&|config| config.tls.private_key = Some(folder.path("certificate.pem")));
    assert!(exchanged.contains("does not hold a private key"), "{exchanged}");
    let no_certificate = refused(&|config| config.tls.certificate = Some(folder.path("key.pem")));
    assert!(no_certificate.contains("tls.certificate"), "{no_certificate}");
}

#[tokio::test]
async fn plain_http_gets_no_answer_and_the_connection_is_closed() {
    let folder = Folder::new();
    let running = Running::start(&folder.config()).await;
    let mut plain = TcpStream::connect(running.address).await.unwrap();
    plain.write_all(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // Closed with what was sent unread, it may be a reset.
    drop(plain.read_to_end(&mut answer).await);
    assert!(!answer.starts_with(b"HTTP/"), "{}", String::from_utf8_lossy(&answer));
    ask(&mut running.connect(folder.client(&[&TLS13])).await.unwrap()).await;
    running.stop().await;
}

#[tokio::test]
async fn browsers_are_told_to_come_back_by_https_where_others_than_this_machine_are_served() {
    let folder = Folder::new();
    let header = async |change: &dyn Fn(&mut Config)| {
        let door = Door::with(|config| change(config)).await;
        let answer = door.send(Request::get("/health/live").body(Body::empty()).unwrap()).await;
        answer.header("strict-transport-security").map(str::to_owned)
    };
    let beyond = |config: &mut Config| {
        folder.change(config);
        config.listen = ([0, 0, 0, 0], 443).into();
        config.public_url = Some("https://auth.example".parse().unwrap());
    };
    assert_eq!(header(&beyond).await.as_deref(), Some("max-age=31536000"));
    assert_eq!(header(&|config| folder.change(config)).await, None, "localhost is everybody's");
    assert_eq!(header(&|config| config.behind_proxy = true).await, None, "the proxy's affair");
}
