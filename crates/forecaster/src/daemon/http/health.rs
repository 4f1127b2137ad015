//! `/healthz`: liveness of the daemon. `/readyz`: readiness, configuration, and state of the horizons.

use super::answer::{text, typed};
use super::site::Site;
use crate::daemon::state::{ConfigurationState, DaemonState, HorizonState, LastRun};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Time the supervisor may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Handles `/healthz`.
pub(super) async fn healthz(State(site): State<Arc<Site>>) -> Response {
    match site.pages.pulse.check(PATIENCE).await {
        Ok(()) => text(StatusCode::OK, "ok"),
        Err(reason) => text(StatusCode::SERVICE_UNAVAILABLE, reason),
    }
}

/// Handles `/readyz`. Without the token, when one is configured, it reports readiness alone.
pub(super) async fn readyz(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let state = site.state();
    let ready = state.is_ready();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = if site.is_authorized(&headers) { readiness(&state, ready) } else { json!({ "ready": ready }) };
    typed(status, "application/json; charset=utf-8", format!("{body:#}\n"))
}

fn readiness(state: &DaemonState, ready: bool) -> Value {
    let zone = state.zone;
    json!({
        "ready": ready,
        "stopping": state.stopping,
        "trouble": state.run_blocker,
        "waiting": state.waiting.iter().map(|horizon| horizon.key()).collect::<Vec<_>>(),
        "version": env!("CARGO_PKG_VERSION"),
        "started_at": in_zone(state.started_at, zone),
        "timezone": zone.name(),
        "configuration": configuration(&state.configuration, zone),
        "horizons": state.horizons.iter().map(|horizon| horizon_status(horizon, zone)).collect::<Vec<_>>(),
    })
}

fn in_zone(instant: DateTime<Utc>, zone: Tz) -> String {
    instant.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false)
}

fn configuration(configuration: &ConfigurationState, zone: Tz) -> Value {
    json!({
        "file": configuration.file.as_ref().map(|file| file.to_string_lossy()),
        "accepted_at": in_zone(configuration.accepted_at, zone),
        "refused": configuration.refused,
    })
}

fn horizon_status(horizon: &HorizonState, zone: Tz) -> Value {
    json!({
        "horizon": horizon.horizon.key(),
        "enabled": horizon.enabled,
        "next": horizon.next.map(|next| in_zone(next, zone)),
        "running_since": horizon.running_since.map(|since| in_zone(since, zone)),
        "last": horizon.last.as_ref().map(|last| outcome(last, zone)),
        "chronos": {
            "enabled": horizon.chronos.enabled,
            "failures": horizon.chronos.failures,
            "suspended": horizon.chronos.suspended.as_ref().map(|(since, reason)| {
                json!({ "since": in_zone(*since, zone), "reason": reason })
            }),
        },
    })
}

fn outcome(last: &LastRun, zone: Tz) -> Value {
    json!({
        "finished_at": in_zone(last.finished_at, zone),
        "status": last.status,
        "as_of": last.as_of.map(|date| date.to_string()),
        "last_value": last.figures.map(|(value, _)| value),
        "median": last.figures.map(|(_, median)| median),
        "error": last.error,
    })
}
