//! Pages of the daemon: health and readiness, metrics for Prometheus, and the reports, all read-only.
//!
//! In: the state that the supervisor publishes, its pulse, the ledger and the directory of the reports. Out: answers
//! to GET and HEAD. Promises: nothing is written, nothing outside the reports is read, and no client can hold a
//! connection forever or take more than its share of memory, whatever bytes it sends.

mod access;
mod answer;
mod connections;
mod health;
mod index;
mod page;
pub(crate) mod probe;
mod prometheus;
mod report_name;
mod reports;
mod shelf;
pub(crate) mod site;
#[cfg(test)]
mod tests;

use answer::text;
use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use connections::ConnectionLimits;
use site::{Pages, Site};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Concurrent reads of ledger and reports; each takes a thread.
const READERS: usize = 4;

/// Serves until `stop`, then gives answers in progress a few seconds to finish.
///
/// # Errors
/// When the listener has no local address.
pub(crate) async fn serve(listener: TcpListener, pages: Pages, stop: CancellationToken) -> std::io::Result<()> {
    serve_within(listener, pages, stop, ConnectionLimits::default()).await
}

async fn serve_within(
    listener: TcpListener,
    pages: Pages,
    stop: CancellationToken,
    limits: ConnectionLimits,
) -> std::io::Result<()> {
    let address = listener.local_addr()?;
    tracing::debug!(%address, "pages are served");
    connections::accept(listener, router(pages, limits), stop, limits).await;
    Ok(())
}

fn router(pages: Pages, limits: ConnectionLimits) -> Router {
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
        .fallback(async || text(StatusCode::NOT_FOUND, "there is no such page; / lists all pages"))
        .method_not_allowed_fallback(async || {
            text(StatusCode::METHOD_NOT_ALLOWED, "pages can only be read: GET and HEAD")
        })
        .layer(from_fn_with_state(Arc::clone(&site), access::guard_request))
        .with_state(site)
}
