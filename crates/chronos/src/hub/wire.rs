//! Protocol of the hub: `HEAD` and `GET {endpoint}/{name}/resolve/{revision}/{file}`. The response to HEAD gives the
//! commit, size and checksum; the response to GET is the file, often through a redirect to a CDN. Redirects are
//! followed here and not in reqwest, because the token is only for the endpoint, and because HEAD must not leave it:
//! the CDN describes a file differently from the hub.

use super::{
    checksum::{Checksum, ExpectedFile},
    error::HubError,
    revision::checked_commit,
};
use reqwest::{
    Method, StatusCode, Url,
    blocking::{Client, Response},
    header::{
        ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderValue, LOCATION,
        RANGE, RETRY_AFTER,
    },
    redirect::Policy,
};
use std::{fmt, thread, time::Duration};

/// Greatest number of redirects: a renamed model, an http endpoint that moved to https and a CDN make three.
const MAX_REDIRECTS: usize = 10;
const USER_AGENT: &str = concat!("forecaster/", env!("CARGO_PKG_VERSION"));

/// Time limits and number of attempts when waiting for a server.
#[derive(Debug, Clone, Copy)]
pub(super) struct RetryPolicy {
    /// Longest wait for a connection to open.
    pub(super) connect: Duration,
    /// Longest wait for a byte from an open connection. A complete download may take any time.
    pub(super) silence: Duration,
    /// Greatest number of attempts in a row without a new byte.
    pub(super) attempts: u32,
    /// Pause before the second attempt; it doubles with each.
    pub(super) first_pause: Duration,
    /// Longest pause; a server that asks for more is not tried again.
    pub(super) longest_pause: Duration,
    /// True when the proxies of the environment are used.
    pub(super) proxies: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(60),
            attempts: 5,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
            proxies: true,
        }
    }
}

/// File of a model to fetch.
#[derive(Debug, Clone, Copy)]
pub(super) struct FileRequest<'a> {
    pub(super) name: &'a str,
    pub(super) revision: &'a str,
    pub(super) file: &'static str,
    /// True when another file of the model was found: "not found" is then about the file.
    pub(super) model_exists: bool,
}

/// Description of a file by the hub.
#[derive(Debug, Default)]
pub(super) struct Remote {
    pub(super) commit: Option<String>,
    etag: Option<String>,
    size: Option<u64>,
}

impl Remote {
    pub(super) fn expected(&self) -> ExpectedFile {
        ExpectedFile { size: self.size, checksum: self.etag.as_deref().and_then(Checksum::from_etag) }
    }

    /// Value that changes only with the content; `None` when the server sends none.
    pub(super) fn identity(&self) -> Option<&str> {
        self.etag.as_deref().or(self.commit.as_deref())
    }
}

/// Reason why an attempt failed or stopped early.
#[derive(Debug)]
pub(super) enum AttemptError {
    /// Another attempt would end the same way.
    Final(HubError),
    /// Too many requests, or a failing server.
    Busy { server: String, status: StatusCode, retry_after: Option<Duration> },
    /// No connection, or no response.
    Unreachable { server: String, reason: String },
    /// The connection broke.
    Cut { server: String, reason: String },
}

impl fmt::Display for AttemptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Final(e) => e.fmt(f),
            Self::Busy { status, .. } => write!(f, "it answers {status}"),
            Self::Unreachable { reason, .. } | Self::Cut { reason, .. } => f.write_str(reason),
        }
    }
}

impl AttemptError {
    pub(super) fn into_error(self) -> HubError {
        let reason = self.to_string();
        match self {
            Self::Final(e) => e,
            Self::Busy { server, retry_after, .. } => {
                let when = retry_after.map_or("later".to_owned(), |wait| format!("in {} seconds", wait.as_secs()));
                HubError::Busy { endpoint: server, reason, when }
            }
            Self::Unreachable { server, .. } | Self::Cut { server, .. } => {
                HubError::Offline { endpoint: server, reason }
            }
        }
    }
}

/// Counter of attempts, which also waits between them.
pub(super) struct Attempts {
    patience: RetryPolicy,
    failed: u32,
}

impl Attempts {
    /// Waits before the next attempt; returns `false` at once when there is to be none.
    pub(super) fn wait_before_retry(&mut self, failure: &AttemptError) -> bool {
        self.failed += 1;
        let asked = match failure {
            AttemptError::Final(_) => return false,
            AttemptError::Busy { retry_after, .. } => *retry_after,
            AttemptError::Unreachable { .. } | AttemptError::Cut { .. } => None,
        };
        if self.failed >= self.patience.attempts || asked.is_some_and(|wait| wait > self.patience.longest_pause) {
            return false;
        }
        let own = self.patience.first_pause.saturating_mul(1 << (self.failed - 1).min(16));
        let pause = asked.unwrap_or(own.min(self.patience.longest_pause));
        tracing::info!(reason = %failure, seconds = pause.as_secs_f64(), "The download is tried again");
        thread::sleep(pause);
        true
    }

    /// Resets the count after new bytes have arrived.
    pub(super) fn reset_attempts(&mut self) {
        self.failed = 0;
    }
}

/// Client of one endpoint.
pub(super) struct HubClient {
    client: Client,
    endpoint: Url,
    authorization: Option<HeaderValue>,
    patience: RetryPolicy,
}

impl HubClient {
    pub(super) fn open(endpoint: &str, token: Option<&str>, patience: RetryPolicy) -> Result<Self, HubError> {
        let url = Url::parse(endpoint).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let url = url.ok_or_else(|| HubError::BadEndpoint { endpoint: endpoint.to_owned() })?;
        let authorization = token.map(|token| HeaderValue::try_from(format!("Bearer {token}")));
        let mut authorization = authorization.transpose().map_err(|_| HubError::BadToken)?;
        if let Some(value) = &mut authorization {
            value.set_sensitive(true);
        }
        // This fails when the process already has a provider, which is just as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // The blocking client's timeout is for the response's head, then for each read: a limit on silence.
        let mut client = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(Policy::none())
            .connect_timeout(patience.connect)
            // Files have a checksum; a body that is compressed anyway is refused, not unpacked.
            .no_gzip()
            .timeout(patience.silence);
        if !patience.proxies {
            client = client.no_proxy();
        }
        let client = client.build().map_err(|e| HubError::NoClient { reason: root_cause(&e) })?;
        Ok(Self { client, endpoint: url, authorization, patience })
    }

    pub(super) fn attempts(&self) -> Attempts {
        Attempts { patience: self.patience, failed: 0 }
    }

    /// Asks the hub for the description of a file. An unreachable hub is not tried again: a waiting user should know
    /// at once.
    pub(super) fn describe(&self, wanted: &FileRequest<'_>) -> Result<Remote, HubError> {
        let mut attempts = self.attempts();
        loop {
            match self.try_describe(wanted) {
                Ok(remote) => return Ok(remote),
                Err(failure @ AttemptError::Unreachable { .. }) => return Err(failure.into_error()),
                Err(failure) if attempts.wait_before_retry(&failure) => {}
                Err(failure) => return Err(failure.into_error()),
            }
        }
    }

    /// Requests the content of a file once, from a byte on: a response with status 200, 206 or 416.
    pub(super) fn content(&self, wanted: &FileRequest<'_>, from: u64) -> Result<Response, AttemptError> {
        let mut url = self.address(wanted)?;
        for _ in 0..MAX_REDIRECTS {
            let response = self.send(Method::GET, &url, from)?;
            match response.status() {
                StatusCode::OK | StatusCode::PARTIAL_CONTENT => return plain_file(response),
                StatusCode::RANGE_NOT_SATISFIABLE if from > 0 => return Ok(response),
                status if status.is_redirection() => url = redirect(&response)?,
                _ => return Err(self.refusal(&response, wanted)),
            }
        }
        Err(unexpected(&url, format!("more than {MAX_REDIRECTS} redirects")))
    }

    fn try_describe(&self, wanted: &FileRequest<'_>) -> Result<Remote, AttemptError> {
        let mut url = self.address(wanted)?;
        let mut remote = Remote::default();
        for _ in 0..MAX_REDIRECTS {
            let response = self.send(Method::HEAD, &url, 0)?;
            remote.commit =
                remote.commit.or(header(&response, "x-repo-commit").filter(|c| checked_commit(c).is_some()));
            remote.etag = remote.etag.or(header(&response, "x-linked-etag").map(opaque_etag));
            remote.size = remote.size.or(header(&response, "x-linked-size").and_then(|size| size.parse().ok()));
            let status = response.status();
            if status.is_redirection() {
                url = redirect(&response)?;
                if self.belongs_to_endpoint(&url) {
                    continue;
                }
                // The etag may be of the redirect's own body; only the form of a checksum makes it the file's.
                let of_file = header(&response, ETAG.as_str()).map(opaque_etag);
                remote.etag = remote.etag.or(of_file.filter(|etag| Checksum::from_etag(etag).is_some()));
                return Ok(remote);
            }
            if !status.is_success() {
                return Err(self.refusal(&response, wanted));
            }
            let response = plain_file(response)?;
            remote.etag = remote.etag.or(header(&response, ETAG.as_str()).map(opaque_etag));
            // Not Response::content_length: that is the length of the body, and HEAD has none.
            let length = header(&response, CONTENT_LENGTH.as_str()).and_then(|length| length.parse().ok());
            remote.size = remote.size.or(length);
            return Ok(remote);
        }
        Err(unexpected(&url, format!("more than {MAX_REDIRECTS} redirects")))
    }

    /// Address of a file. Name, revision and file were checked and need no encoding except the slashes of a revision.
    fn address(&self, wanted: &FileRequest<'_>) -> Result<Url, AttemptError> {
        let endpoint = self.endpoint.as_str().trim_end_matches('/');
        let revision = wanted.revision.replace('/', "%2F");
        Url::parse(&format!("{endpoint}/{}/resolve/{revision}/{}", wanted.name, wanted.file))
            .map_err(|_| AttemptError::Final(HubError::BadEndpoint { endpoint: endpoint.to_owned() }))
    }

    /// True when an address is the endpoint's: same scheme, host and port, or http moved to https.
    fn belongs_to_endpoint(&self, url: &Url) -> bool {
        let upgraded = self.endpoint.scheme() == "http"
            && self.endpoint.port().is_none()
            && url.scheme() == "https"
            && url.port().is_none();
        let same_door = self.endpoint.scheme() == url.scheme()
            && self.endpoint.port_or_known_default() == url.port_or_known_default();
        self.endpoint.host() == url.host() && (same_door || upgraded)
    }

    fn send(&self, method: Method, url: &Url, from: u64) -> Result<Response, AttemptError> {
        // An encoded body would have a different size and checksum.
        let mut request = self.client.request(method, url.clone()).header(ACCEPT_ENCODING, "identity");
        if let Some(token) = self.authorization.as_ref().filter(|_| self.belongs_to_endpoint(url)) {
            request = request.header(AUTHORIZATION, token);
        }
        if from > 0 {
            request = request.header(RANGE, format!("bytes={from}-"));
        }
        let response = request.send().map_err(|e| {
            let (server, reason) = (server(url), root_cause(&e));
            if e.is_connect() || e.is_timeout() {
                AttemptError::Unreachable { server, reason }
            } else {
                AttemptError::Cut { server, reason }
            }
        })?;
        let status = response.status();
        let passing = [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT].contains(&status);
        if passing || status.is_server_error() {
            let seconds = header(&response, RETRY_AFTER.as_str()).and_then(|seconds| seconds.parse().ok());
            return Err(AttemptError::Busy {
                server: server(url),
                status,
                retry_after: seconds.map(Duration::from_secs),
            });
        }
        Ok(response)
    }

    /// Error for a status that is neither success nor redirect.
    fn refusal(&self, response: &Response, wanted: &FileRequest<'_>) -> AttemptError {
        let (url, status) = (response.url(), response.status());
        if !self.belongs_to_endpoint(url) {
            return unexpected(url, format!("{status}"));
        }
        let name = wanted.name.to_owned();
        let endpoint = server(url);
        let code = header(response, "x-error-code");
        AttemptError::Final(match (status, code.as_deref()) {
            (_, Some("RepoNotFound")) => HubError::NoSuchModel { name, endpoint },
            (_, Some("RevisionNotFound")) => HubError::NoSuchRevision { name, revision: wanted.revision.to_owned() },
            (_, Some("EntryNotFound")) => HubError::NotACheckpoint { name, file: wanted.file },
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) | (_, Some("GatedRepo")) => {
                let advice = match self.authorization {
                    None => "ask for access on its page there and set HF_TOKEN",
                    Some(_) => "check that HF_TOKEN is valid and that its account has been given access",
                };
                HubError::Denied { name, endpoint, advice }
            }
            (StatusCode::NOT_FOUND, _) if wanted.model_exists => HubError::NotACheckpoint { name, file: wanted.file },
            (StatusCode::NOT_FOUND, _) => HubError::NoSuchModel { name, endpoint },
            _ => return unexpected(url, format!("{status}")),
        })
    }
}

fn header(response: &Response, name: &str) -> Option<String> {
    Some(response.headers().get(name)?.to_str().ok()?.trim().to_owned())
}

/// Removes the quotes of an etag, and the mark of a weak one.
fn opaque_etag(etag: String) -> String {
    etag.strip_prefix("W/").unwrap_or(&etag).trim_matches('"').to_owned()
}

fn redirect(response: &Response) -> Result<Url, AttemptError> {
    let target = header(response, LOCATION.as_str()).and_then(|to| response.url().join(&to).ok());
    let target = target.filter(|url| matches!(url.scheme(), "http" | "https"));
    target.ok_or_else(|| unexpected(response.url(), format!("{} without a usable address", response.status())))
}

/// Refuses a response that is not a file: the page of a portal, a body that a proxy has compressed.
fn plain_file(response: Response) -> Result<Response, AttemptError> {
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

fn unexpected(url: &Url, found: String) -> AttemptError {
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
