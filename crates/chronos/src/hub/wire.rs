//! Protocol of the hub: `HEAD` and `GET {endpoint}/{name}/resolve/{revision}/{file}`. The response to HEAD gives the
//! commit, size and checksum; the response to GET is the file, often through a redirect to a CDN. Redirects are
//! followed here and not in reqwest, because the token is only for the endpoint, and because HEAD must stop before the
//! CDN, which describes a file differently from the hub.
//!
//! HEAD leaves the endpoint only as long as no response has described the file: a mirror may redirect to the hub (308,
//! as hf-mirror.com does for many places), and the description comes from there.

use super::{
    attempts::{AttemptError, Attempts, RetryPolicy},
    checksum::{Checksum, ExpectedFile},
    environment::DEFAULT_ENDPOINT,
    error::HubError,
    pause::asked_pause,
    response::{
        has_checksum, header, opaque_etag, plain_file, printable, redirect, root_cause, server, speaks_as_hub,
        unexpected,
    },
    revision::checked_commit,
    token::{Access, Standing},
};
use reqwest::{
    Method, StatusCode, Url,
    blocking::{Client, Response},
    header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, ETAG, HeaderValue, RANGE, RETRY_AFTER},
    redirect::Policy,
};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
};

/// Greatest number of redirects: a mirror, a renamed model, an http endpoint that moved to https and a CDN make four.
const MAX_REDIRECTS: usize = 10;
const USER_AGENT: &str = concat!("forecaster/", env!("CARGO_PKG_VERSION"));

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
    /// Server that described the file; `None` as long as only redirects without a description have come.
    described_by: Option<String>,
}

impl Remote {
    /// Takes what a response says of the file. Only the hub sends these headers.
    fn note(&mut self, response: &Response) {
        let commit = header(response, "x-repo-commit").filter(|commit| checked_commit(commit).is_some());
        let etag = header(response, "x-linked-etag").map(opaque_etag);
        if self.described_by.is_none() && (commit.is_some() || etag.is_some()) {
            self.described_by = Some(server(response.url()));
        }
        self.commit = self.commit.take().or(commit);
        self.etag = self.etag.take().or(etag);
        self.size = self.size.or(header(response, "x-linked-size").and_then(|size| size.parse().ok()));
    }

    pub(super) fn expected(&self) -> ExpectedFile {
        ExpectedFile { size: self.size, checksum: self.etag.as_deref().and_then(Checksum::from_etag) }
    }

    /// True when the file can be compared with a checksum.
    pub(super) fn has_checksum(&self) -> bool {
        self.expected().checksum.is_some()
    }

    /// Value that changes only with the content; `None` when the server sends none.
    pub(super) fn identity(&self) -> Option<&str> {
        self.etag.as_deref().or(self.commit.as_deref())
    }
}

/// Client of one endpoint.
pub(super) struct HubClient {
    client: Client,
    endpoint: Url,
    access: Access,
    authorization: Option<HeaderValue>,
    /// True since the hub has called the token invalid; it is not sent again.
    token_is_invalid: Cell<bool>,
    /// Servers known to be hubs: the one that mirrors redirect to, and those that have spoken as one.
    hubs: RefCell<BTreeSet<String>>,
    patience: RetryPolicy,
}

impl HubClient {
    pub(super) fn open(endpoint: &str, access: &Access, patience: RetryPolicy) -> Result<Self, HubError> {
        let url = Url::parse(endpoint).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let bad = |problem: &str| HubError::BadEndpoint { problem: problem.to_owned() };
        // An address with an '@' that cannot be read may have a password too.
        let url = url.ok_or_else(|| match endpoint.contains('@') {
            true => bad("is not an address"),
            false => bad(&format!("'{endpoint}' is not an address")),
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad(
                "contains a user name or a password, which would be sent beside the token: leave them out",
            ));
        }
        let authorization = match access {
            Access::Token(token) => {
                let header = HeaderValue::try_from(format!("Bearer {}", token.value));
                let mut header = header.map_err(|_| HubError::BadToken { origin: token.origin.clone() })?;
                header.set_sensitive(true);
                Some(header)
            }
            Access::Anonymous | Access::Withheld(_) => None,
        };
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
        let token_is_invalid = Cell::new(false);
        let hubs = RefCell::new(BTreeSet::from([DEFAULT_ENDPOINT.to_owned()]));
        let access = access.clone();
        Ok(Self { client, endpoint: url, access, authorization, token_is_invalid, hubs, patience })
    }

    pub(super) fn attempts(&self) -> Attempts {
        Attempts::new(self.patience)
    }

    /// Asks the hub for the description of a file. An unreachable hub is not tried again: a waiting user should know
    /// at once. A server that a mirror redirects to and that describes nothing, because it cannot, is no error: the file
    /// itself may come nevertheless. A hub that cannot answer at the moment is an error, because without its checksums
    /// nothing would be verified.
    pub(super) fn describe(&self, wanted: &FileRequest<'_>) -> Result<Remote, HubError> {
        let mut attempts = self.attempts();
        loop {
            let mut remote = Remote::default();
            let failure = match self.with_token_or_without(|| self.try_describe(wanted, &mut remote)) {
                Ok(()) => return Ok(remote),
                Err(failure) => failure,
            };
            let may_pass = !matches!(failure, AttemptError::Unreachable { .. });
            if may_pass && attempts.wait_before_retry(&failure) {
                continue;
            }
            match failure {
                AttemptError::Busy { server: busy, status, .. }
                    if status != StatusCode::TOO_MANY_REQUESTS
                        && remote.described_by.is_none()
                        && busy != server(&self.endpoint)
                        && !self.is_hub(&busy) =>
                {
                    tracing::info!("{busy}, to which {} redirects, describes no file", server(&self.endpoint));
                    return Ok(remote);
                }
                failure => return Err(failure.into_error()),
            }
        }
    }

    /// Requests the content of a file once, from a byte on: a response with status 200, 206 or 416. Every request
    /// begins at the hub, which signs the address at the CDN for this range and for a while.
    pub(super) fn content(&self, wanted: &FileRequest<'_>, from: u64) -> Result<Response, AttemptError> {
        self.with_token_or_without(|| self.try_content(wanted, from))
    }

    /// Repeats a request without the token when the hub calls the token invalid, which it does for public models too.
    fn with_token_or_without<T>(
        &self,
        mut request: impl FnMut() -> Result<T, AttemptError>,
    ) -> Result<T, AttemptError> {
        let was_invalid = self.token_is_invalid.get();
        let result = request();
        if self.token_is_invalid.get() != was_invalid { request() } else { result }
    }

    fn try_content(&self, wanted: &FileRequest<'_>, from: u64) -> Result<Response, AttemptError> {
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

    fn try_describe(&self, wanted: &FileRequest<'_>, remote: &mut Remote) -> Result<(), AttemptError> {
        *remote = Remote::default();
        let mut url = self.address(wanted)?;
        for _ in 0..MAX_REDIRECTS {
            let response = self.send(Method::HEAD, &url, 0)?;
            remote.note(&response);
            if remote.described_by == Some(server(&url)) {
                self.hubs.borrow_mut().insert(server(&url));
            }
            let of_hub = self.belongs_to_endpoint(&url) || remote.described_by == Some(server(&url));
            let status = response.status();
            if status.is_redirection() {
                let from = server(&url);
                url = redirect(&response)?;
                let stays = self.belongs_to_endpoint(&url) || server(&url) == from;
                if stays || remote.described_by.is_none() && !(of_hub && has_checksum(&response)) {
                    continue;
                }
                // The etag may be of the redirect's own body; only the form of a checksum makes it the file's.
                if of_hub && has_checksum(&response) {
                    remote.etag = remote.etag.take().or(header(&response, ETAG.as_str()).map(opaque_etag));
                }
                return Ok(());
            }
            if !status.is_success() {
                if !of_hub && !speaks_as_hub(&response) && !self.is_hub(&server(&url)) {
                    return Ok(());
                }
                return Err(self.refusal(&response, wanted));
            }
            if !of_hub {
                // The headers of a CDN describe its own copy: its etag may be a checksum, but of something else.
                return Ok(());
            }
            let response = plain_file(response)?;
            remote.etag = remote.etag.take().or(header(&response, ETAG.as_str()).map(opaque_etag));
            // Not Response::content_length: that is the length of the body, and HEAD has none.
            let length = header(&response, CONTENT_LENGTH.as_str()).and_then(|length| length.parse().ok());
            remote.size = remote.size.or(length);
            return Ok(());
        }
        Err(unexpected(&url, format!("more than {MAX_REDIRECTS} redirects")))
    }

    /// Address of a file. Name, revision and file were checked and need no encoding except the slashes of a revision.
    fn address(&self, wanted: &FileRequest<'_>) -> Result<Url, AttemptError> {
        let endpoint = self.endpoint.as_str().trim_end_matches('/');
        let revision = wanted.revision.replace('/', "%2F");
        Url::parse(&format!("{endpoint}/{}/resolve/{revision}/{}", wanted.name, wanted.file)).map_err(|_| {
            AttemptError::Final(HubError::BadEndpoint { problem: format!("'{endpoint}' is not an address") })
        })
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

    fn is_hub(&self, server: &str) -> bool {
        self.hubs.borrow().contains(server)
    }

    fn sends_token_to(&self, url: &Url) -> bool {
        self.authorization.is_some() && !self.token_is_invalid.get() && self.belongs_to_endpoint(url)
    }

    fn send(&self, method: Method, url: &Url, from: u64) -> Result<Response, AttemptError> {
        // An encoded body would have a different size and checksum.
        let mut request = self.client.request(method, url.clone()).header(ACCEPT_ENCODING, "identity");
        if let Some(token) = self.authorization.as_ref().filter(|_| self.sends_token_to(url)) {
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
            if speaks_as_hub(&response) {
                self.hubs.borrow_mut().insert(server(url));
            }
            let retry_after = header(&response, RETRY_AFTER.as_str());
            let retry_after = asked_pause(retry_after.as_deref(), header(&response, "ratelimit").as_deref());
            return Err(AttemptError::Busy { server: server(url), status, retry_after });
        }
        Ok(response)
    }

    /// Error for a status that is neither success nor redirect, read as Hugging Face's own client reads it: a 401 without
    /// a code is a model that does not exist (or is private, which the hub does not tell apart), a gated model has the
    /// code `GatedRepo`, and an invalid token is told in words. A 403 without code and words is not the hub's: a filter or
    /// a mirror refuses, perhaps only for now.
    fn refusal(&self, response: &Response, wanted: &FileRequest<'_>) -> AttemptError {
        let (url, status) = (response.url(), response.status());
        if !self.belongs_to_endpoint(url) && !speaks_as_hub(response) {
            return match status.is_client_error() {
                true => AttemptError::Refused { server: server(url), status },
                false => unexpected(url, format!("{status}")),
            };
        }
        let code = header(response, "x-error-code");
        let said = header(response, "x-error-message").and_then(|message| printable(&message));
        if status == StatusCode::FORBIDDEN && code.is_none() && said.is_none() {
            return AttemptError::Refused { server: server(url), status };
        }
        if status == StatusCode::UNAUTHORIZED && code.is_none() && self.sends_token_to(url) {
            self.give_up_token(url, said.as_deref());
        }
        let (name, endpoint, standing) = (wanted.name.to_owned(), server(url), self.standing(url));
        let missing =
            |name, endpoint| HubError::NoSuchModel { name, endpoint, advice: standing.advice_for_missing() };
        let denied = |name, endpoint, reason: String| {
            let advice = standing.advice_for_denied();
            HubError::Denied { name, endpoint, reason, advice }
        };
        let words = said.or_else(|| printable(code.as_deref()?)).unwrap_or_else(|| status.to_string());
        let reason = format!(" ({words})");
        AttemptError::Final(match (status, code.as_deref()) {
            (_, Some("RepoNotFound")) => missing(name, endpoint),
            (_, Some("RevisionNotFound")) => HubError::NoSuchRevision { name, revision: wanted.revision.to_owned() },
            (_, Some("EntryNotFound")) => HubError::NotACheckpoint { name, file: wanted.file },
            (_, Some("GatedRepo")) => denied(name, endpoint, ", which is gated or private".to_owned()),
            (StatusCode::UNAUTHORIZED, None) if !wanted.model_exists => missing(name, endpoint),
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => denied(name, endpoint, reason),
            (StatusCode::NOT_FOUND, _) if wanted.model_exists => HubError::NotACheckpoint { name, file: wanted.file },
            (StatusCode::NOT_FOUND, _) => missing(name, endpoint),
            _ => return unexpected(url, format!("{status}")),
        })
    }

    /// Sends the token no more, and says so once.
    fn give_up_token(&self, url: &Url, said: Option<&str>) {
        let Access::Token(token) = &self.access else { return };
        self.token_is_invalid.set(true);
        tracing::warn!(
            "{} refuses the token in {} ({}); the files are requested without a token; renew or remove that one",
            server(url),
            token.origin,
            said.unwrap_or("401 Unauthorized")
        );
    }

    fn standing(&self, url: &Url) -> Standing<'_> {
        match &self.access {
            Access::Token(token) if self.token_is_invalid.get() => Standing::Invalid(&token.origin),
            _ if !self.belongs_to_endpoint(url) => Standing::Elsewhere,
            Access::Token(token) => Standing::Sent(&token.origin),
            Access::Anonymous => Standing::Anonymous,
            Access::Withheld(variable) => Standing::Withheld(variable),
        }
    }
}
