//! `/metrics`: the runs in the ledger and the state of the daemon, in Prometheus' text format 0.0.4.
//!
//! Nothing is kept between scrapes: counts survive a restart because they are the ledger's. Unknown values
//! have no sample. A ledger that cannot be read fails the scrape, so that `up` is 0, rather than freezing or
//! losing some of the figures.

mod families;
mod ledger;

use super::answer::{text, typed};
use super::site::Site;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ledger::Runs;
use prometheus::{Registry, TextEncoder};
use std::sync::Arc;

/// Content type of the text format, with the encoding that Prometheus' own libraries send.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Handles `/metrics`.
pub(super) async fn metrics(State(site): State<Arc<Site>>) -> Result<Response, Response> {
    let state = site.state();
    let ledger = Arc::clone(&site.pages.ledger);
    let scrape = move || -> Result<String, String> {
        let runs = Runs::read(&ledger)?;
        let registry = Registry::new();
        families::register(&registry, &state, &runs).map_err(|error| error.to_string())?;
        TextEncoder::new().encode_to_string(&registry.gather()).map_err(|error| error.to_string())
    };
    let failed = |error: String| {
        tracing::warn!("no metrics: {error}");
        text(StatusCode::INTERNAL_SERVER_ERROR, format!("no metrics: {error}"))
    };
    Ok(typed(StatusCode::OK, CONTENT_TYPE, site.read(scrape).await?.map_err(failed)?))
}
