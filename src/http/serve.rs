//! From the socket to the router and back.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustix::io::Errno;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crate::config::HttpConfig;
use crate::http::tls::Tls;

/// How long a client may take for the head of a request, and how long an idle connection is kept: hyper has one clock for
/// both. A little longer than the minute for which the usual proxies keep one, so that it is they who close it.
const HEAD_LIFETIME: Duration = Duration::from_secs(65);

/// The longest head of a request, in bytes. A connection's buffer never refuses one that long, but may let a longer one
/// through, with what was read last: the frame counts.
pub(super) const MAX_HEAD: usize = 32 * 1024;

/// Connections for each request that is worked on at once. Most are idle at any moment; more than these wait unaccepted.
const CONNECTIONS_PER_REQUEST: usize = 8;

/// How long to wait when the system has nothing left to accept with. Trying again at once would only burn the processor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// Takes the address.
///
/// # Errors
/// When it cannot be had: in use, or not ours.
pub async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Serves until `stop` is done, then lets what runs finish for as long as `http.shutdown_lifetime` says. HTTPS with `tls`,
/// plain HTTP without.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    http: &HttpConfig,
    tls: Option<Arc<Tls>>,
    stop: impl Future<Output = ()>,
) {
    let places =
        Arc::new(Semaphore::new(http.max_concurrent_requests.saturating_mul(CONNECTIONS_PER_REQUEST)));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next() => {}
            accepted = accept(&listener, &places) => match accepted {
                Ok((stream, peer, place)) => {
                    let (router, watcher) = (router.clone(), graceful.watcher());
                    connections.spawn(converse(stream, peer, place, router, tls.clone(), watcher));
                }
                Err(error) if is_exhaustion(&error) => {
                    tracing::warn!(%error, "no connection can be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
                // A client that was gone before its turn: whoever breaks off must not make the others wait.
                Err(error) => tracing::debug!(%error, "a connection could not be accepted"),
            },
        }
    }
    drop(listener);
    tracing::info!(connections = connections.len(), "stopping: what runs may finish");
    if tokio::time::timeout(http.shutdown_lifetime.duration(), graceful.shutdown()).await.is_err() {
        tracing::warn!(connections = connections.len(), "some requests did not finish in time");
    }
    connections.shutdown().await;
}

/// Is done when the process is asked to end, by SIGTERM or SIGINT.
///
/// # Errors
/// When the system does not let us listen for signals.
pub fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    // A small answer would wait for the acknowledgement of the one before. It does so where this is refused, too.
    let _ = stream.set_nodelay(true);
    Ok((stream, peer, place))
}

/// Whether the system has run out of files, sockets or memory. Every other failure of `accept(2)` is about the one
/// connection that was next.
fn is_exhaustion(error: &io::Error) -> bool {
    let number = Errno::from_io_error(error);
    matches!(number, Some(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM))
}

/// One connection, to its end. The place is given back with it. A client that breaks off, or speaks another protocol, is
/// its own affair.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    place: OwnedSemaphorePermit,
    router: Router,
    tls: Option<Arc<Tls>>,
    watcher: Watcher,
) {
    let ended = match tls {
        None => answer(stream, peer, router, watcher).await,
        Some(tls) => match tls.handshake(stream).await {
            Ok(stream) => answer(stream, peer, router, watcher).await,
            Err(error) => return tracing::debug!(%error, "a client did not agree on keys"),
        },
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
    drop(place);
}

/// Answers what is asked over one connection, until it is closed.
async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    router: Router,
    watcher: Watcher,
) -> hyper::Result<()> {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request.map(Body::new))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIFETIME)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    watcher.watch(connection).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_system_lacks_is_a_reason_to_pause() {
        for (number, pauses) in [
            (Errno::MFILE, true),
            (Errno::NFILE, true),
            (Errno::NOBUFS, true),
            (Errno::NOMEM, true),
            (Errno::CONNABORTED, false),
            (Errno::CONNRESET, false),
            (Errno::PROTO, false),
        ] {
            assert_eq!(is_exhaustion(&number.into()), pauses, "{number}");
        }
    }
}
