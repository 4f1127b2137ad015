//! Responses of the hub and of servers that it redirects to: their headers, and what in them makes a response unusable.

use super::{attempts::AttemptError, checksum::Checksum, error::HubError};
use reqwest::{
    Url,
    blocking::Response,
    header::{CONTENT_ENCODING, CONTENT_TYPE, ETAG, LOCATION},
};

/// True when a refusal has the headers by which a hub tells the reason: then a mirror has redirected to it.
pub(super) fn speaks_as_hub(response: &Response) -> bool {
    ["x-error-code", "x-error-message", "x-repo-commit"].iter().any(|name| header(response, name).is_some())
}

/// True when the etag of a redirect has the form of the file's checksum.
pub(super) fn has_checksum(response: &Response) -> bool {
    header(response, ETAG.as_str()).is_some_and(|etag| Checksum::from_etag(&opaque_etag(etag)).is_some())
}

/// First words of a message from outside, on one line; `None` when there are none.
pub(super) fn printable(message: &str) -> Option<String> {
    let words: String = message.chars().filter(|c| !c.is_control()).take(200).collect();
    Some(words.trim().to_owned()).filter(|words| !words.is_empty())
}

/// Value of a header that is text; `None` when there is none.
pub(super) fn header(response: &Response, name: &str) -> Option<String> {
    Some(response.headers().get(name)?.to_str().ok()?.trim().to_owned())
}

/// Removes the quotes of an etag, and the mark of a weak one.
pub(super) fn opaque_etag(etag: String) -> String {
    etag.strip_prefix("W/").unwrap_or(&etag).trim_matches('"').to_owned()
}

/// Address that a redirect leads to.
pub(super) fn redirect(response: &Response) -> Result<Url, AttemptError> {
    let target = header(response, LOCATION.as_str()).and_then(|to| response.url().join(&to).ok());
    let target = target.filter(|url| matches!(url.scheme(), "http" | "https"));
    target.ok_or_else(|| unexpected(response.url(), format!("{} without a usable address", response.status())))
}

/// Refuses a response that is not a file: the page of a portal, a body that a proxy has compressed.
pub(super) fn plain_file(response: Response) -> Result<Response, AttemptError> {
    let page =
        header(&response, CONTENT_TYPE.as_str()).filter(|kind| kind.to_ascii_lowercase().starts_with("text/html"));
    if page.is_some() {
        return Err(unexpected(response.url(), "a web page".to_owned()));
    }
    match header(&response, CONTENT_ENCODING.as_str()).filter(|coding| !coding.eq_ignore_ascii_case("identity")) {
        Some(coding) => Err(unexpected(response.url(), format!("a body in {coding} encoding"))),
        None => Ok(response),
    }
}

/// Error for a response that does not follow the protocol.
pub(super) fn unexpected(url: &Url, found: String) -> AttemptError {
    AttemptError::Final(HubError::Unexpected { server: server(url), found })
}

/// Scheme, host and port of a URL: the path of a CDN's address is secret for a while.
pub(super) fn server(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// Scheme, host and port of an endpoint, without a password it may contain.
pub(super) fn server_of(endpoint: &str) -> String {
    Url::parse(endpoint).map_or(endpoint.to_owned(), |url| server(&url))
}

/// Last cause of an error, which has the system's own message; the others are libraries naming each other.
pub(super) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
