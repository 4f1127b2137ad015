//! Forms of an answer: text, a page, a redirect.

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use maud::Markup;

/// Builds a plain-text answer.
pub(super) fn text(status: StatusCode, body: impl Into<String>) -> Response {
    let mut body = body.into();
    body.push('\n');
    typed(status, "text/plain; charset=utf-8", body)
}

/// Builds a page for people.
pub(super) fn page(markup: Markup) -> Response {
    typed(StatusCode::OK, "text/html; charset=utf-8", markup.into_string())
}

/// Builds an answer of a given type.
pub(super) fn typed(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response {
    (status, [(header::CONTENT_TYPE, content_type)], body.into()).into_response()
}

/// Redirects to a location relative to the requested one, so that it works behind a proxy's prefix.
pub(super) fn redirect(status: StatusCode, to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(to) => {
            let mut response = text(status, "the page is at the address in the Location header");
            response.headers_mut().insert(header::LOCATION, to);
            response
        }
        Err(_) => text(StatusCode::NOT_FOUND, "there is no such page"),
    }
}
