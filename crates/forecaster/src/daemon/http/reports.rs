//! Reports over HTTP: the lists, horizon by horizon, and the files themselves.

use super::answer::{page, redirect, text, typed};
use super::page::{document, instant};
use super::report_name::ReportName;
use super::shelf::{LARGEST, Report, Shelf, Unavailable};
use super::site::Site;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::Response;
use chrono_tz::Tz;
use forecaster_domain::{DomainError, Horizon};
use maud::{Markup, html};
use std::io::Error;
use std::sync::Arc;

/// Reports listed on the page of one horizon.
const LISTED: usize = 100;
/// Reports listed of each horizon on the page of all.
const LISTED_TOGETHER: usize = 10;

impl Site {
    pub(super) fn shelf(&self) -> Shelf {
        Shelf(self.state().reports_dir.clone())
    }
}

fn absent() -> Response {
    text(StatusCode::NOT_FOUND, "there is no such report; /reports/ lists all reports")
}

fn no_horizon(_: DomainError) -> Response {
    let known = Horizon::ALL.map(Horizon::key).join(", ");
    text(StatusCode::NOT_FOUND, format!("there is no such horizon; there are {known}"))
}

fn unreadable(error: &Error) -> Response {
    tracing::warn!("the reports cannot be read: {error}");
    text(StatusCode::INTERNAL_SERVER_ERROR, format!("the reports cannot be read: {error}"))
}

/// Handles `/reports/`.
pub(super) async fn overview(State(site): State<Arc<Site>>) -> Result<Response, Response> {
    let (shelf, zone) = (site.shelf(), site.state().zone);
    let list = move || -> Result<Vec<(Horizon, Vec<Report>)>, Error> {
        Horizon::ALL.into_iter().map(|horizon| Ok((horizon, shelf.list(horizon)?))).collect()
    };
    let all = site.read(list).await?.map_err(|error| unreadable(&error))?;
    let body = html! {
        nav.crumbs { a href="../" { "forecaster" } }
        h1 { "Reports" }
        div.shelves {
            @for (horizon, reports) in &all {
                section {
                    h2 { a href={ (horizon) "/" } { (horizon.days()) " days" } }
                    (table(reports, LISTED_TOGETHER, &format!("{horizon}/"), zone))
                    @if reports.len() > LISTED_TOGETHER {
                        p.more { a href={ (horizon) "/" } { (report_count(reports.len())) } }
                    }
                }
            }
        }
    };
    Ok(page(document("Reports", &body)))
}

fn report_count(reports: usize) -> String {
    match reports {
        n if n > LISTED => format!("The last {LISTED} of {n} reports"),
        n => format!("All {n} reports"),
    }
}

/// Handles `/reports/{horizon}`.
pub(super) async fn with_slash(Path(key): Path<String>) -> Result<Response, Response> {
    let horizon: Horizon = key.parse().map_err(no_horizon)?;
    Ok(redirect(StatusCode::PERMANENT_REDIRECT, &format!("{horizon}/")))
}

/// Handles `/reports/{horizon}/`.
pub(super) async fn of_horizon(State(site): State<Arc<Site>>, Path(key): Path<String>) -> Result<Response, Response> {
    let horizon: Horizon = key.parse().map_err(no_horizon)?;
    let (shelf, zone) = (site.shelf(), site.state().zone);
    let reports = site.read(move || shelf.list(horizon)).await?.map_err(|error| unreadable(&error))?;
    let title = format!("Reports, {} days", horizon.days());
    let body = html! {
        nav.crumbs { a href="../../" { "forecaster" } " / " a href="../" { "Reports" } }
        h1 { (horizon.days()) " days" }
        @if reports.len() > LISTED { p.muted { (report_count(reports.len())) } }
        section.list { (table(&reports, LISTED, "", zone)) }
    };
    Ok(page(document(&title, &body)))
}

/// Renders the newest `limit` of `reports`, with links under `prefix`.
fn table(reports: &[Report], limit: usize, prefix: &str, zone: Tz) -> Markup {
    if reports.is_empty() {
        return html! { p.muted { "No report yet." } };
    }
    html! {
        table {
            thead { tr { th { "Rates up to" } th { "Run of" } th { "Report" } } }
            tbody {
                @for report in &reports[..reports.len().min(limit)] {
                    tr {
                        th { (report.id.as_of) }
                        td { @if let Some(began) = report.id.began() { (instant(began, zone)) } }
                        td { (links(report, prefix)) }
                    }
                }
            }
        }
    }
}

/// Renders links to each form of a report.
pub(super) fn links(report: &Report, prefix: &str) -> Markup {
    html! {
        span.links {
            @for kind in &report.kinds {
                a href={ (prefix) (report.id) "." (kind.extension()) } { (kind.extension().to_uppercase()) }
            }
        }
    }
}

/// Handles `/reports/{horizon}/latest`.
pub(super) async fn latest(State(site): State<Arc<Site>>, Path(key): Path<String>) -> Result<Response, Response> {
    let horizon: Horizon = key.parse().map_err(no_horizon)?;
    let shelf = site.shelf();
    match site.read(move || shelf.latest(horizon)).await?.map_err(|error| unreadable(&error))? {
        Some(report) => Ok(redirect(StatusCode::FOUND, &format!("{}.html", report.id))),
        None => Err(text(StatusCode::NOT_FOUND, format!("there is no report of {horizon} yet"))),
    }
}

/// Handles `/reports/{horizon}/{file}`.
pub(super) async fn file(
    State(site): State<Arc<Site>>,
    Path((key, file)): Path<(String, String)>,
) -> Result<Response, Response> {
    let horizon: Horizon = key.parse().map_err(no_horizon)?;
    let name: ReportName = file.parse().map_err(|()| absent())?;
    let shelf = site.shelf();
    let bytes = site.read(move || shelf.read(horizon, name)).await?.map_err(|reason| match reason {
        Unavailable::Absent => absent(),
        Unavailable::TooLarge(size) => {
            let largest = LARGEST >> 20;
            let body = format!("{name} has {size} bytes; more than {largest} MiB are not sent");
            text(StatusCode::INTERNAL_SERVER_ERROR, body)
        }
        Unavailable::Unreadable(error) => unreadable(&error),
    })?;
    let mut response = typed(StatusCode::OK, name.kind.content_type(), bytes);
    let for_an_hour = HeaderValue::from_static("private, max-age=3600");
    response.headers_mut().insert(CACHE_CONTROL, for_an_hour);
    Ok(response)
}
