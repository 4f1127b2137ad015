//! The forms of an answer: text, a page, another place.

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use maud::Markup;

/// Plain text.
pub(super) fn text(status: StatusCode, body: impl Into<String>) -> Response {
    let mut body = body.into();
    body.push('\n');
    typed(status, "text/plain; charset=utf-8", body)
}

/// A page for people.
pub(super) fn page(markup: Markup) -> Response {
    typed(StatusCode::OK, "text/html; charset=utf-8", markup.into_string())
}

/// A body of a given type.
pub(super) fn typed(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response {
    (status, [(header::CONTENT_TYPE, content_type)], body.into()).into_response()
}

/// To another place, told relative to the one that was asked for, so that it holds behind a proxy's prefix.
pub(super) fn redirect(status: StatusCode, to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(to) => {
            let mut response = text(status, "it is elsewhere");
            response.headers_mut().insert(header::LOCATION, to);
            response
        }
        Err(_) => text(StatusCode::NOT_FOUND, "there is no such page"),
    }
}
