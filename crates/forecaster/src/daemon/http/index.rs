//! `/`: state of the daemon, at a glance.

use super::answer::page;
use super::page::{document, instant, price, relative_time};
use super::reports::links;
use super::shelf::Report;
use super::site::Site;
use crate::daemon::state::{DaemonState, HorizonState, LastRun};
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use forecaster_domain::Horizon;
use maud::{Markup, html};
use std::sync::Arc;

/// Other pages: path, title and purpose.
const PAGES: [(&str, &str, &str); 4] = [
    ("reports/", "Reports", "Every report, by horizon"),
    ("metrics", "Metrics", "For Prometheus"),
    ("readyz", "Readiness", "The same state as JSON"),
    ("healthz", "Health", "Whether the daemon is alive"),
];

/// Handles `/`.
pub(super) async fn index(State(site): State<Arc<Site>>) -> Result<Response, Response> {
    let (state, shelf) = (site.state(), site.shelf());
    let horizons: Vec<_> = state.horizons.iter().map(|horizon| horizon.horizon).collect();
    // When reports cannot be read, this page still shows the rest, and /reports/ shows the reason.
    let latest = move || horizons.into_iter().map(|horizon| shelf.latest(horizon).ok().flatten()).collect();
    let latest: Vec<Option<Report>> = site.read(latest).await?;
    Ok(page(document("Forecasts", &body(&state, &latest, Utc::now()))))
}

fn body(state: &DaemonState, latest: &[Option<Report>], now: DateTime<Utc>) -> Markup {
    html! {
        header.masthead {
            p.kind { "forecaster " (env!("CARGO_PKG_VERSION")) }
            h1 { "Forecasts" }
            p.standing {
                (light(state))
                span { "Started " (instant(state.started_at, state.zone)) ", " (relative_time(state.started_at, now)) }
                span { "Times in " (state.zone.name()) }
            }
        }
        @if let Some(trouble) = &state.run_blocker {
            aside.refused role="alert" {
                strong { "No run can be begun" }
                p { (trouble) }
            }
        }
        @if let Some(reason) = &state.configuration.refused {
            aside.refused role="alert" {
                strong { "The last configuration was refused" }
                p { (reason) }
                p.muted { "The one of " (instant(state.configuration.accepted_at, state.zone)) " stays in force." }
            }
        }
        @for (horizon, since, reason) in suspended(state) {
            aside.refused role="alert" {
                strong { "Chronos is suspended in " (horizon) }
                p { (reason) }
                p.muted {
                    "Since " (instant(since, state.zone)) "; back with " code { "forecaster chronos resume " (horizon) }
                }
            }
        }
        section {
            h2 { "Horizons" }
            table.stack {
                thead { tr { th { "Horizon" } th { "Last run" } th { "Forecast" } th { "Next run" } th { "Latest report" } } }
                tbody {
                    @for (horizon, report) in state.horizons.iter().zip(latest) {
                        (row(state, horizon, report.as_ref(), now))
                    }
                }
            }
        }
        section {
            h2 { "More" }
            dl.pages {
                @for (place, title, purpose) in PAGES {
                    div { dt { a href=(place) { (title) } } dd { (purpose) } }
                }
            }
        }
    }
}

fn suspended(state: &DaemonState) -> impl Iterator<Item = (Horizon, DateTime<Utc>, &str)> {
    state.horizons.iter().filter_map(|it| {
        let (since, reason) = it.chronos.suspended.as_ref()?;
        Some((it.horizon, *since, reason.as_str()))
    })
}

fn light(state: &DaemonState) -> Markup {
    let running: Vec<_> =
        state.horizons.iter().filter(|h| h.running_since.is_some()).map(|h| h.horizon.key()).collect();
    let (on, words) = match (state.ready, state.stopping) {
        (_, true) => (false, "Stopping".to_owned()),
        (false, _) => (false, "Starting".to_owned()),
        (true, _) if state.run_blocker.is_some() => (false, "In trouble".to_owned()),
        (true, _) if running.is_empty() => (true, "Ready".to_owned()),
        (true, _) => (true, format!("Running {}", running.join(", "))),
    };
    html! { span.light.on[on] { (words) } }
}

fn row(state: &DaemonState, horizon: &HorizonState, report: Option<&Report>, now: DateTime<Utc>) -> Markup {
    let last = horizon.last.as_ref();
    let error = last.and_then(|last| last.error.as_deref());
    html! {
        tr.annotated[error.is_some()] {
            th { (horizon.horizon.days()) " days" }
            td data-label="Last run" { (last_run(state, last)) }
            td data-label="Forecast" { (figures(last)) }
            td data-label="Next run" { (next_run(state, horizon, now)) }
            td data-label="Latest report" {
                @match report {
                    Some(report) => {
                        (links(report, &format!("reports/{}/", horizon.horizon)))
                        small { "rates up to " span.whole { (report.id.as_of) } }
                    }
                    None => span.muted { "none yet" }
                }
            }
        }
        @if let Some(error) = error {
            tr.reason { td colspan="5" { (error) } }
        }
    }
}

fn last_run(state: &DaemonState, last: Option<&LastRun>) -> Markup {
    match last {
        Some(last) => html! {
            // The status is one of three words, which also name the CSS classes.
            span class={ "state " (last.status) } { (last.status) }
            small { (instant(last.finished_at, state.zone)) }
        },
        None => html! { span.muted { "none yet" } },
    }
}

fn figures(last: Option<&LastRun>) -> Markup {
    match last.and_then(|last| last.figures) {
        Some((value, median)) => html! {
            span.whole { (price(value)) " → " b { (price(median)) } }
            small { (format!("{:+.2} %", 100.0 * (median / value - 1.0)).replace('-', "\u{2212}")) }
        },
        None => html! { span.muted { "–" } },
    }
}

fn next_run(state: &DaemonState, horizon: &HorizonState, now: DateTime<Utc>) -> Markup {
    html! {
        @if let Some(since) = horizon.running_since {
            b { "running" }
            small { "since " (instant(since, state.zone)) }
        } @else if let Some(next) = horizon.next {
            (instant(next, state.zone))
            small { (relative_time(next, now)) }
        } @else if horizon.enabled {
            span.muted { "not scheduled" }
        } @else {
            span.muted { "switched off" }
        }
    }
}
