//! HTTP client that fetches the documents of all providers, with limits on time, size, redirects and requests per
//! host, retries with jitter, and conditional requests. A host that refuses a request is left alone. Each failure is a [`FetchError`], the end of a sentence that
//! the chain begins with provider and series. Addresses may hold secrets and are never shown; hosts are.

mod error;
mod hosts;

pub(crate) use error::FetchError;

use crate::provider::excerpt;
use chrono::{DateTime, Utc};
use hosts::{Hosts, Permission};
use rand::RngExt;
use reqwest::{
    Client, Proxy, Response, StatusCode, Url,
    header::{
        ACCEPT, CONTENT_LENGTH, ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, RETRY_AFTER,
        USER_AGENT,
    },
    redirect::Policy,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::OnceCell,
    time::{Instant, sleep, timeout_at},
};

const OWN_AGENT: &str = concat!("forecaster/", env!("CARGO_PKG_VERSION"));
const MAX_REDIRECTS: usize = 5;

/// Limits for HTTP requests. The defaults suit services that answer in well under a second when they answer at all.
#[derive(Debug, Clone, Copy)]
pub struct FetchLimits {
    /// Time for a connection to open, including its handshake.
    pub connect: Duration,
    /// Time without a byte from an open connection.
    pub silence: Duration,
    /// Bytes of a response, after decompression. The largest valid one, the ECB's archive, has 0.7 MB.
    pub body: usize,
    /// Attempts per document.
    pub attempts: u32,
    /// Mean pause before the second attempt; it doubles with each further attempt.
    pub pause: Duration,
    /// Time between the starts of two requests to one host; zero for none, also where a provider asks for some.
    pub interval: Duration,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            silence: Duration::from_secs(5),
            body: 8 << 20,
            attempts: 3,
            pause: Duration::from_millis(300),
            interval: Duration::from_millis(100),
        }
    }
}

/// Validators that a server sent with a document, used to ask next time whether it has changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Validators {
    /// ETag header.
    pub(crate) etag: Option<String>,
    /// Last-Modified header.
    pub(crate) modified: Option<String>,
}

impl Validators {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self { etag: text(ETAG), modified: text(LAST_MODIFIED) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Result of a successful request.
#[derive(Debug, Clone)]
pub(crate) enum FetchResult {
    /// The document.
    Body {
        /// Content, decompressed.
        bytes: Arc<[u8]>,
        /// Validators for the next request.
        validators: Validators,
    },
    /// No change of the document since the last request.
    Unchanged,
    /// No such document, for a request that allows it.
    Missing,
}

/// An HTTP request for a document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DocumentRequest<'a> {
    /// Address; may hold secrets.
    pub(crate) address: &'a str,
    /// Name of the setting that holds the address.
    pub(crate) setting: &'a str,
    /// User agent; `None` for our own.
    pub(crate) agent: Option<&'static str>,
    /// Least time between the starts of two requests to the host; `None` for [`FetchLimits::interval`].
    pub(crate) spacing: Option<Duration>,
    /// Set when any failure counts as "not published yet".
    pub(crate) may_not_exist_yet: bool,
    /// Set when "not found" counts as a successful result.
    pub(crate) may_be_missing: bool,
    /// Set when the body of a refusal of the request itself (400, 404, 422) is a readable error message.
    pub(crate) tells_of_errors: bool,
    /// Validators from the last request; empty to fetch the document in any case.
    pub(crate) validators: &'a Validators,
    /// Deadline of the request.
    pub(crate) until: Instant,
}

type DocumentKey = (String, Option<String>, Option<&'static str>);
type SharedFetch = Arc<OnceCell<Result<FetchResult, FetchError>>>;

/// HTTP client. A document that several series need is fetched once in the client's lifetime.
#[derive(Debug)]
pub(crate) struct HttpClient {
    client: Client,
    limits: FetchLimits,
    hosts: Hosts,
    /// Results by address, validator and user agent.
    answers: Mutex<HashMap<DocumentKey, SharedFetch>>,
}

impl HttpClient {
    /// Builds a client with the machine's certificates and either the given proxy or those of the environment.
    ///
    /// # Errors
    /// A sentence when the system has no trusted certificates.
    pub(crate) fn open(limits: FetchLimits, proxy: Option<Proxy>) -> Result<Self, String> {
        // This fails when the process already has a provider, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder()
            .user_agent(OWN_AGENT)
            .redirect(Policy::custom(follow))
            // A referer would send the address, which may hold secrets, to the target of a redirect.
            .referer(false)
            .connect_timeout(limits.connect)
            .read_timeout(limits.silence)
            .gzip(true);
        if let Some(proxy) = proxy {
            client = client.proxy(proxy);
        }
        let client = client.build().map_err(|error| {
            let reason = root_cause(&error);
            format!("cannot prepare secure connections ({reason}); install ca-certificates, or set SSL_CERT_FILE")
        })?;
        Ok(Self { client, limits, hosts: Hosts::default(), answers: Mutex::default() })
    }

    /// Fetches a document, or reports that it is unchanged or missing.
    ///
    /// # Errors
    /// When the document has not arrived by `request.until`, or every attempt failed.
    pub(crate) async fn fetch(&self, request: &DocumentRequest<'_>) -> Result<FetchResult, FetchError> {
        let validator = request.validators.etag.clone().or(request.validators.modified.clone());
        let key = (request.address.to_owned(), validator, request.agent);
        let started = Instant::now();
        let shared = self.answers.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone();
        let answer = timeout_at(request.until, shared.get_or_init(|| self.try_repeatedly(request))).await;
        if let Ok(Err(FetchError::Silent { .. })) = answer {
            // Silence until one request's deadline is no answer to another one, which may have more time.
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.retain(|_, kept| !Arc::ptr_eq(kept, &shared));
        }
        match answer {
            Ok(answer) => answer.clone(),
            Err(_) => Err(silent(request, started)),
        }
    }

    async fn try_repeatedly(&self, request: &DocumentRequest<'_>) -> Result<FetchResult, FetchError> {
        let url = Url::parse(request.address).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
        let url = url.ok_or_else(|| {
            // The query is cut off because it may hold secrets.
            let address = request.address.split('?').next().unwrap_or_default().to_owned();
            FetchError::BadAddress { address, setting: request.setting.to_owned() }
        })?;
        let host = host_of(&url);
        let permission = self.hosts.permission(request.setting, &host, request.agent.unwrap_or(OWN_AGENT)).await?;
        let result = self.attempts(request, &permission, &url, &host).await;
        // The failure of a document that may not exist yet says nothing about the others.
        if let (Err(error), false) = (&result, request.may_not_exist_yet) {
            permission.record_failure(request.address, error, request.agent.is_some());
        }
        permission.record_end();
        result
    }

    /// Leaves the host of a request alone for the rest of the sync, for a reason found in a response.
    pub(crate) fn close(&self, request: &DocumentRequest<'_>, reason: &str) {
        if let Ok(url) = Url::parse(request.address) {
            let error = FetchError::Account { reason: reason.to_owned() };
            self.hosts.close(request.setting, &host_of(&url), request.agent.unwrap_or(OWN_AGENT), error);
        }
    }

    /// Sends the request, and again after failures that may pass.
    async fn attempts(
        &self,
        request: &DocumentRequest<'_>,
        permission: &Permission,
        url: &Url,
        host: &str,
    ) -> Result<FetchResult, FetchError> {
        let usual = self.limits.interval;
        let interval = request.spacing.filter(|_| !usual.is_zero()).map_or(usual, |spacing| usual.max(spacing));
        let mut attempt = 1;
        loop {
            self.hosts.wait_for_turn(request.setting, host, interval).await;
            // Another request may have found out in the meantime.
            if let Some(error) = permission.closed() {
                return Err(error);
            }
            let started = Instant::now();
            let error = match timeout_at(request.until, self.attempt(request, url, host)).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => error,
                Err(_) => FetchError::Silent { host: host.to_owned(), seconds: started.elapsed().as_secs_f64() },
            };
            permission.record_attempt(&error);
            let asked = error.retry_after();
            let mean = self.limits.pause.mul_f64(f64::from(1_u32 << (attempt - 1).min(10)));
            // Between 0.5 and 1.5 times the mean, so that machines that failed together do not retry together.
            let pause = asked.unwrap_or_else(|| mean.mul_f64(rand::rng().random_range(0.5..1.5)));
            // A refusal of an agent that is not ours is answered by another agent, not by asking again.
            let may_pass = error.is_transient() && !(request.agent.is_some() && error.is_refusal());
            if attempt >= self.limits.attempts || !may_pass || Instant::now() + pause >= request.until {
                return Err(error);
            }
            tracing::debug!(host, attempt, seconds = pause.as_secs_f64(), "asked again: {error}");
            sleep(pause).await;
            attempt += 1;
        }
    }

    async fn attempt(&self, request: &DocumentRequest<'_>, url: &Url, host: &str) -> Result<FetchResult, FetchError> {
        let mut asked = self.client.get(url.clone()).header(ACCEPT, "*/*");
        if let Some(agent) = request.agent {
            asked = asked.header(USER_AGENT, agent);
        }
        if let Some(etag) = &request.validators.etag {
            asked = asked.header(IF_NONE_MATCH, etag);
        }
        if let Some(modified) = &request.validators.modified {
            asked = asked.header(IF_MODIFIED_SINCE, modified);
        }
        let started = Instant::now();
        let response = asked.send().await.map_err(|error| explain(&error, host, started))?;
        let status = response.status();
        if status == StatusCode::NOT_MODIFIED && !request.validators.is_empty() {
            return Ok(FetchResult::Unchanged);
        }
        if status == StatusCode::NOT_FOUND && request.may_be_missing {
            return Ok(FetchResult::Missing);
        }
        let asks_for_rest = status == StatusCode::SERVICE_UNAVAILABLE && response.headers().contains_key(RETRY_AFTER);
        if status == StatusCode::TOO_MANY_REQUESTS || asks_for_rest {
            return Err(busy(&response, host));
        }
        let validators = Validators::of(response.headers());
        let limit = if status.is_success() { self.limits.body } else { 16 << 10 };
        let read = read(response, limit, host, started).await;
        let is_answer = status.is_success() || request.tells_of_errors && [400, 404, 422].contains(&status.as_u16());
        if !is_answer {
            let excerpt =
                read.map_or_else(|_| "nothing readable".to_owned(), |bytes| excerpt(&without_query(&bytes, url)));
            return Err(FetchError::Status { host: host.to_owned(), status, excerpt });
        }
        Ok(FetchResult::Body { bytes: read?.into(), validators })
    }
}

fn silent(request: &DocumentRequest<'_>, started: Instant) -> FetchError {
    let host = Url::parse(request.address).as_ref().map_or_else(|_| "the host".to_owned(), host_of);
    FetchError::Silent { host, seconds: started.elapsed().as_secs_f64() }
}

/// Returns a page with the values of the address's query replaced: a page may show the address with its secrets.
fn without_query(page: &[u8], url: &Url) -> Vec<u8> {
    let mut text = String::from_utf8_lossy(page).into_owned();
    let raw =
        url.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('=')).map(|(_, v)| v.into());
    let values = raw.chain(url.query_pairs().map(|(_, value)| value));
    // Shorter values are not secrets and may occur anywhere.
    for value in values.filter(|value| value.chars().count() >= 4) {
        text = text.replace(&*value, "***");
    }
    text.into_bytes()
}

/// Follows at most [`MAX_REDIRECTS`] redirects, never from https to http.
fn follow(attempt: reqwest::redirect::Attempt<'_>) -> reqwest::redirect::Action {
    let was_protected = attempt.previous().last().is_some_and(|url| url.scheme() == "https");
    if attempt.previous().len() > MAX_REDIRECTS {
        attempt.error(format!("more than {MAX_REDIRECTS} redirects"))
    } else if was_protected && attempt.url().scheme() != "https" {
        attempt.error("from https to http")
    } else {
        attempt.follow()
    }
}

async fn read(mut response: Response, limit: usize, host: &str, started: Instant) -> Result<Vec<u8>, FetchError> {
    let too_large = || FetchError::TooLarge { host: host.to_owned(), limit };
    let announced = response.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > limit) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| explain(&error, host, started))? {
        if bytes.len() + chunk.len() > limit {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn busy(response: &Response, host: &str) -> FetchError {
    let header = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = header.and_then(|text| retry_after(text, Utc::now()));
    let when = retry_after
        .map_or_else(String::new, |wait| format!("; it asks to wait {} s before the next request", wait.as_secs()));
    FetchError::Busy { host: host.to_owned(), status: response.status(), when, retry_after }
}

/// Parses a Retry-After header: seconds, or an HTTP date.
fn retry_after(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(text.trim()).ok()?;
    Some((date.with_timezone(&Utc) - now).to_std().unwrap_or_default())
}

/// Returns host and port as shown in messages.
fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn explain(error: &reqwest::Error, host: &str, started: Instant) -> FetchError {
    let (host, reason) = (host.to_owned(), root_cause(error));
    if error.is_redirect() {
        FetchError::Redirects { host, reason }
    } else if error.is_timeout() {
        FetchError::Silent { host, seconds: started.elapsed().as_secs_f64() }
    } else if reason.contains("certificate") {
        FetchError::Certificate { host, reason }
    } else if error.is_connect() && chain(error).iter().any(|cause| cause.contains("dns error")) {
        FetchError::UnknownHost { host, reason }
    } else if error.is_connect() {
        FetchError::Unreachable { host, reason }
    } else {
        FetchError::Cut { host, reason }
    }
}

/// Returns the messages of an error's causes. The error's own message, by reqwest, is left out: it may show the
/// address.
fn chain(error: &reqwest::Error) -> Vec<String> {
    let mut words = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push(error.to_string());
        cause = error.source();
    }
    words
}

fn root_cause(error: &reqwest::Error) -> String {
    chain(error).pop().unwrap_or_else(|| if error.is_timeout() { "timed out" } else { "no reason given" }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_shows_the_address_is_shown_without_its_query() {
        let url = Url::parse("http://h/q?user=someone&pass=p%26ss+w%C3%B6rd&i=d").unwrap();
        for page in ["no /q?user=someone&pass=p%26ss+w%C3%B6rd&i=d", "no /q?user=someone&pass=p&ss wörd&i=d"] {
            let shown = String::from_utf8(without_query(page.as_bytes(), &url)).unwrap();
            assert_eq!(shown, "no /q?user=***&pass=***&i=d");
        }
        let plain = Url::parse("http://h/q").unwrap();
        assert_eq!(without_query(b"as it is", &plain), b"as it is");
    }

    #[test]
    fn retry_after_is_read_in_seconds_and_as_a_date() {
        let now = DateTime::parse_from_rfc3339("2026-11-23T08:00:00Z").unwrap().with_timezone(&Utc);
        assert_eq!(retry_after("120", now), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("Mon, 23 Nov 2026 08:01:30 GMT", now), Some(Duration::from_secs(90)));
        assert_eq!(retry_after("Mon, 23 Nov 2026 07:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
    }
}
