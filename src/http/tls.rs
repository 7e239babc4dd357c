//! TLS, terminated here: versions 1.2 and 1.3 with the ciphers that rustls holds safe (RFC 8446, RFC 9325).

use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use aws_lc_rs::digest::{self, SHA256};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::Acceptor;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;
use zeroize::Zeroizing;

use crate::config::Config;
use crate::error::Error;

/// How often the files are looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);

/// How long a turn lasts: what we say, a way there and back, and a lost packet.
const TURN_LIMIT: Duration = Duration::from_secs(2);

/// The certificate in force, and where the next one will lie.
pub struct Tls {
    certificate: PathBuf,
    private_key: PathBuf,
    /// A connection keeps what it began with.
    current: ArcSwap<ServerConfig>,
    /// Of what the files held when they were last looked at, fit or not: what is broken is told once.
    seen: Mutex<Option<Fingerprint>>,
    /// A handshake costs a signature before anybody has said who they are, so only so many are under way.
    turns: Semaphore,
    handshake_lifetime: Duration,
}

type Fingerprint = [u8; 32];

impl Tls {
    /// Reads the files that the configuration names; `None` where it names none.
    ///
    /// # Errors
    /// [`Error::Internal`] with a sentence for the operator: a file that cannot be read, or that does not hold what it should.
    pub fn load(config: &Config) -> Result<Option<Self>, Error> {
        let Some((certificate, private_key)) = config.tls.files() else { return Ok(None) };
        let (certificate, private_key) = (certificate.clone(), private_key.clone());
        let pair = Pair::read(&certificate, &private_key)?;
        Ok(Some(Self {
            seen: Mutex::new(Some(pair.fingerprint())),
            current: ArcSwap::from_pointee(pair.server_config()?),
            certificate,
            private_key,
            turns: Semaphore::new(config.http.max_concurrent_requests),
            handshake_lifetime: config.tls.handshake_lifetime.duration(),
        }))
    }

    /// Takes up what the files hold now, if it is something new. They are compared by what they hold and not by their
    /// times: a link that is pointed elsewhere may bring an older file, and a clock may stand still.
    ///
    /// # Errors
    /// [`Error::Internal`] when what is new is of no use; then what was in force stays so. Told once for each change.
    pub fn reload_if_changed(&self) -> Result<bool, Error> {
        let pair = Pair::read(&self.certificate, &self.private_key);
        let found = pair.as_ref().ok().map(Pair::fingerprint);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut *seen, found) == found {
            return Ok(false);
        }
        self.current.store(Arc::new(pair?.server_config()?));
        Ok(true)
    }

    /// Looks at the files again and again, until the task is dropped.
    pub async fn watch(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK_INTERVAL).await;
            let tls = Arc::clone(&self);
            match tokio::task::spawn_blocking(move || tls.reload_if_changed()).await {
                Ok(Ok(false)) => {}
                Ok(Ok(true)) => {
                    tracing::info!("the certificate has changed: new connections get the new one")
                }
                Ok(Err(error)) => {
                    tracing::error!(?error, "the new certificate is of no use: the old one stays in force")
                }
                Err(error) => tracing::error!(%error, "the certificate could not be looked at"),
            }
        }
    }

    /// Has the client of a fresh connection agree on keys.
    ///
    /// # Errors
    /// When it does not, or takes too long, its waiting for a turn included.
    pub(super) async fn handshake(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let agreeing = async {
            // Who says nothing costs nothing, and takes no turn from those who do.
            let greeted = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
            let _turn = self.turns.acquire().await.map_err(io::Error::other)?;
            tokio::time::timeout(TURN_LIMIT, greeted.into_stream(self.current.load_full())).await?
        };
        tokio::time::timeout(self.handshake_lifetime, agreeing).await?
    }
}

/// What the two files hold, unread.
struct Pair {
    certificate: Vec<u8>,
    private_key: Zeroizing<Vec<u8>>,
}

impl Pair {
    fn read(certificate: &PathBuf, private_key: &PathBuf) -> Result<Self, Error> {
        let bytes = |key: &str, path: &PathBuf| {
            fs::read(path).map_err(|error| Error::internal(format!("{key} {}: {error}", path.display())))
        };
        Ok(Self {
            certificate: bytes("tls.certificate", certificate)?,
            private_key: Zeroizing::new(bytes("tls.private_key", private_key)?),
        })
    }

    fn fingerprint(&self) -> Fingerprint {
        let mut context = digest::Context::new(&SHA256);
        context.update(&self.certificate);
        context.update(&self.private_key);
        context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
    }

    /// What rustls makes of it. It also holds that key and certificate belong together.
    fn server_config(&self) -> Result<ServerConfig, Error> {
        let wrong = |key: &str, why: &dyn fmt::Display| Error::internal(format!("{key}: {why}"));
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&self.certificate)
            .collect::<Result<_, _>>()
            .map_err(|error| wrong("tls.certificate is not PEM", &error))?;
        // The parser's message may repeat a line of the file.
        let key = PrivateKeyDer::from_pem_slice(&self.private_key)
            .map_err(|_| Error::internal("tls.private_key does not hold a private key as PEM"))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|error| wrong("tls.certificate and tls.private_key cannot be used", &error))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}
