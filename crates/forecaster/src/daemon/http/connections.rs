//! Connections: limits on their number, their duration and the size of a request; axum's own
//! server has no such limits.
//!
//! A connection carries one request: its total time can be limited, and a slow client loses
//! nothing but its own connection.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io::ErrorKind;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Largest size of a request's line and headers, bytes. Browsers send under 2 kB.
const HEADER_BYTES: usize = 16 << 10;
/// Most headers in a request.
const HEADERS: usize = 64;
/// Pause when no connection can be accepted, most likely for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Limits on a client.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConnectionLimits {
    /// Concurrent connections; others wait until one ends.
    pub connections: usize,
    /// Time to send line and headers.
    pub header: Duration,
    /// Time to produce the answer.
    pub answer: Duration,
    /// Time from connection to the last byte.
    pub connection: Duration,
    /// Time for answers in progress when the daemon stops.
    pub grace: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connections: 64, header: seconds(5), answer: seconds(10), connection: seconds(30), grace: seconds(3) }
    }
}

/// Accepts connections until `stop`, then lets those in progress finish.
pub(super) async fn accept(listener: TcpListener, router: Router, stop: CancellationToken, limits: ConnectionLimits) {
    // Dropping this future ends all connections.
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = open.join_next() => log_panic(ended),
            accepted = listener.accept(), if open.len() < limits.connections => match accepted {
                Ok((stream, _)) => drop(open.spawn(serve_connection(stream, router.clone(), stop.clone(), limits))),
                Err(error) if of_the_client(error.kind()) => {}
                Err(error) => {
                    tracing::warn!("no connection can be accepted: {error}; trying again in {} s", ACCEPT_PAUSE.as_secs());
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    while let Some(ended) = open.join_next().await {
        log_panic(ended);
    }
}

/// Logs a panic, which ends that connection alone.
fn log_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!("a connection ended badly: {error}");
    }
}

/// True when the client was gone before it was accepted.
fn of_the_client(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused)
}

/// Serves one request in limited time.
async fn serve_connection(stream: TcpStream, router: Router, stop: CancellationToken, limits: ConnectionLimits) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .max_headers(HEADERS)
        .max_buf_size(HEADER_BYTES)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = sleep(limits.connection) => return tracing::debug!("a client was too slow"),
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            timeout(limits.grace, connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = ended {
        tracing::debug!("a connection ended early: {error}");
    }
}
