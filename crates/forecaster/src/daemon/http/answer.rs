//! What all answers have in common: who gets one, in what time, with which headers.

use super::Site;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use maud::Markup;
use std::sync::Arc;

/// Reports and pages are one file each, with inline styles; they load nothing, run nothing, and are framed by nobody.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

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

/// Around every handler: the token, the time limit, the headers.
pub(super) async fn admit(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let mut response = if for_everyone(&uri) || site.admits(request.headers()) {
        tokio::time::timeout(site.limits.answer, next.run(request)).await.unwrap_or_else(|_| {
            let seconds = site.limits.answer.as_secs_f32();
            text(StatusCode::SERVICE_UNAVAILABLE, format!("the page was not ready within {seconds} s"))
        })
    } else {
        unauthorized()
    };
    tracing::debug!(%method, path = uri.path(), status = response.status().as_u16(), "answered");
    furnish(response.headers_mut());
    response
}

/// Supervisors and load balancers have no token. /readyz itself holds back what is not for them.
fn for_everyone(uri: &Uri) -> bool {
    matches!(uri.path(), "/healthz" | "/readyz")
}

fn unauthorized() -> Response {
    let mut response = text(
        StatusCode::UNAUTHORIZED,
        "this page needs the token of service.http.token: as Authorization: Bearer TOKEN, or as the password of any user",
    );
    let challenge = HeaderValue::from_static("Basic realm=\"forecaster\", charset=\"UTF-8\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

fn furnish(headers: &mut HeaderMap) {
    let mut set = |name: HeaderName, value| drop(headers.insert(name, HeaderValue::from_static(value)));
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    // A report never changes, and says so itself.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
