//! The daemon's pages: health and readiness, metrics for Prometheus, and the reports, all read-only.
//!
//! In: what the supervisor publishes, its pulse, the ledger and the directory of the reports. Out: answers to GET and HEAD.
//! Promises: nothing is written, nothing outside the reports is read, and no client can hold on for ever or take more than
//! its share of memory, whatever bytes it sends.

mod access;
mod answer;
mod connections;
mod health;
mod index;
mod page;
mod probe;
mod prometheus;
mod report_name;
mod reports;
mod shelf;
#[cfg(test)]
mod tests;

pub(crate) use probe::healthcheck;

use super::pulse::Pulse;
use super::state::DaemonState;
use crate::secret::Secret;
use answer::text;
use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::get;
use connections::Limits;
use forecaster_ledger::Ledger;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

/// Reads of ledger and reports that may go on at once; each takes a thread.
const READERS: usize = 4;

/// What the pages are made of.
#[derive(Debug)]
pub(crate) struct Pages {
    /// What the daemon says of itself.
    pub state: watch::Receiver<Arc<DaemonState>>,
    /// Whether the supervisor is alive.
    pub pulse: Pulse,
    /// The runs.
    pub ledger: Arc<Ledger>,
    /// What requests must bring; `None`: nothing.
    pub token: Option<Secret>,
}

/// What every handler is given.
#[derive(Debug)]
struct Site {
    pages: Pages,
    readers: Arc<Semaphore>,
    limits: Limits,
}

impl Site {
    fn state(&self) -> Arc<DaemonState> {
        Arc::clone(&self.pages.state.borrow())
    }

    /// Does `work`, which may wait for the disk, on a thread of its own.
    async fn read<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Response> {
        let failed =
            || text(StatusCode::INTERNAL_SERVER_ERROR, "the page could not be made; the daemon's log says why");
        let reader = Arc::clone(&self.readers).acquire_owned().await.map_err(|_| failed())?;
        let work = move || {
            // Held by the work and not by the request: one that is given up goes on for a while.
            let _reader = reader;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| {
            tracing::error!("a page could not be made: {error}");
            failed()
        })
    }
}

/// Serves until `stop`; then answers in progress are given a few seconds to finish.
///
/// # Errors
/// When the listener cannot tell its address: it is none then.
pub(crate) async fn serve(listener: TcpListener, pages: Pages, stop: CancellationToken) -> std::io::Result<()> {
    serve_within(listener, pages, stop, Limits::default()).await
}

async fn serve_within(
    listener: TcpListener,
    pages: Pages,
    stop: CancellationToken,
    limits: Limits,
) -> std::io::Result<()> {
    let address = listener.local_addr()?;
    tracing::debug!(%address, "pages are served");
    connections::accept(listener, router(pages, limits), stop, limits).await;
    Ok(())
}

fn router(pages: Pages, limits: Limits) -> Router {
    let site = Arc::new(Site { pages, readers: Arc::new(Semaphore::new(READERS)), limits });
    Router::new()
        .route("/", get(index::index))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(prometheus::metrics))
        .route("/reports", get(async || answer::redirect(StatusCode::PERMANENT_REDIRECT, "reports/")))
        .route("/reports/", get(reports::overview))
        .route("/reports/{horizon}", get(reports::with_slash))
        .route("/reports/{horizon}/", get(reports::of_horizon))
        .route("/reports/{horizon}/latest", get(reports::latest))
        .route("/reports/{horizon}/{file}", get(reports::file))
        .fallback(async || text(StatusCode::NOT_FOUND, "there is no such page; / lists those there are"))
        .method_not_allowed_fallback(async || {
            text(StatusCode::METHOD_NOT_ALLOWED, "pages can only be read: GET and HEAD")
        })
        .layer(from_fn_with_state(Arc::clone(&site), answer::admit))
        .with_state(site)
}
