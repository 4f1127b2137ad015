//! Access: everyone may read when no token is configured; else a request needs the token, as a bearer
//! token or as the password of basic authentication, which browsers ask for. Also sets the time limit and
//! the headers of every answer.

use crate::daemon::http::answer::text;
use crate::daemon::http::site::Site;
use crate::host::secret::Secret;
use axum::extract::{Request, State};
use axum::http::header::{self, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::sync::Arc;

/// Reports and pages are one file each, with inline styles and fonts; they load nothing, run nothing, and cannot be framed.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// Wraps every handler: token, time limit, headers.
pub(super) async fn guard_request(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let mut response = if for_everyone(&uri) || site.is_authorized(request.headers()) {
        tokio::time::timeout(site.limits.answer, next.run(request)).await.unwrap_or_else(|_| {
            let seconds = site.limits.answer.as_secs_f32();
            text(StatusCode::SERVICE_UNAVAILABLE, format!("the page was not ready within {seconds} s"))
        })
    } else {
        unauthorized()
    };
    tracing::debug!(%method, path = uri.path(), status = response.status().as_u16(), "answered");
    set_headers(response.headers_mut());
    response
}

/// True for pages that need no token: supervisors and load balancers have none. /readyz itself withholds the rest.
fn for_everyone(uri: &Uri) -> bool {
    matches!(uri.path(), "/healthz" | "/readyz")
}

fn unauthorized() -> Response {
    let mut response = text(
        StatusCode::UNAUTHORIZED,
        "this page requires the token set in service.http.token: send it as Authorization: Bearer TOKEN, or as the \
         password of any user",
    );
    let challenge = HeaderValue::from_static("Basic realm=\"forecaster\", charset=\"UTF-8\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

fn set_headers(headers: &mut HeaderMap) {
    let mut set = |name: HeaderName, value| drop(headers.insert(name, HeaderValue::from_static(value)));
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    // A report never changes, and sets its own header.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

impl Site {
    /// True when a request with these headers may see everything.
    pub(super) fn is_authorized(&self, headers: &HeaderMap) -> bool {
        self.pages.token.as_ref().is_none_or(|token| has_token(headers, token))
    }
}

fn has_token(headers: &HeaderMap, token: &Secret) -> bool {
    let Some((scheme, credentials)) =
        headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| value.split_once(' '))
    else {
        return false;
    };
    let credentials = credentials.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return token.matches(credentials);
    }
    // RFC 7617: base64 of user:password; only the user cannot contain a colon.
    let password = || {
        let pair = String::from_utf8(BASE64_STANDARD.decode(credentials).ok()?).ok()?;
        pair.split_once(':').map(|(_, password)| password.to_owned())
    };
    scheme.eq_ignore_ascii_case("basic") && password().is_some_and(|password| token.matches(&password))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(authorization: &str) -> bool {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "a:tóken").unwrap();
        let token = Secret::read(file.path().to_str().unwrap(), "k").unwrap();
        let value = HeaderValue::from_bytes(authorization.as_bytes()).unwrap();
        has_token(&HeaderMap::from_iter([(AUTHORIZATION, value)]), &token)
    }

    #[test]
    fn a_token_is_taken_as_the_password_of_any_user_colons_and_accents_included() {
        for user in ["", "any", "véronique"] {
            assert!(admitted(&format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:a:tóken")))));
        }
        assert!(admitted(&format!("bAsIc  {}", BASE64_STANDARD.encode("x:a:tóken"))));
    }

    #[test]
    fn anything_else_is_not_taken() {
        let others = [
            "",
            "Basic",
            "Basic ",
            "Basic !!!!",
            "Basic Zm9v",
            "Bearer",
            "Bearer ",
            "Bearer a:token",
            "Digest a:token",
            "a:token",
        ];
        for other in others {
            assert!(!admitted(other), "{other}");
        }
        for pair in ["a:tóken", "x:a:tóken\n", "x:a:tóke", "x:", "a:tóken:x"] {
            assert!(!admitted(&format!("Basic {}", BASE64_STANDARD.encode(pair))), "{pair}");
        }
        assert!(!admitted(&format!("Basic {}", BASE64_STANDARD.encode(b"x:\xff\xfe"))));
        assert!(!has_token(&HeaderMap::new(), &Secret::read("/etc/hostname", "k").unwrap()));
    }
}
