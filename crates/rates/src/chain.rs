//! Fetching of one series from the providers that may have it. They are asked in order until one is up to date and,
//! with cross-checking on, a second provider confirms it; their values pass [`intake`](crate::intake). The results
//! are the replies and, for each failure, a sentence that begins with provider and series. Nothing is stored here.

mod failure;
mod known;
mod link;
mod reply;

pub(crate) use failure::{FailureKind, FetchFailure};
pub(crate) use known::KnownSeries;
pub(crate) use link::{Link, links};
pub(crate) use reply::ProviderValues;

use crate::{
    intake::{IntakeRules, KnownValues, accept},
    memory::ProviderMemory,
    provider::{Document, DocumentLocation, ReadError, SpanRequest, ValueConversion},
    request::{SeriesRequest, SyncSettings},
    snapshot::RawObservation,
    wire::{DocumentRequest, FetchError, FetchResult, HttpClient, Validators},
};
use chrono::{Days, NaiveDate};
use forecaster_domain::BusinessCalendar;
use futures_util::future::join_all;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::ErrorKind,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Number of documents of one series fetched at a time.
const AT_A_TIME: usize = 4;
/// Longest time for one document, which normally arrives within a second or not at all.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Largest size of a local file, in bytes.
const LARGEST_FILE: u64 = 64 << 20;
/// Shortest time given to a provider, even when earlier providers have used up all of it.
const LEAST_TIME: Duration = Duration::from_millis(500);

/// Context for fetching one series from its chain of providers.
pub(crate) struct ChainFetch<'a> {
    pub(crate) wire: &'a HttpClient,
    pub(crate) memory: &'a Mutex<ProviderMemory>,
    pub(crate) settings: &'a SyncSettings,
    pub(crate) request: &'a SeriesRequest,
    pub(crate) rules: IntakeRules,
    pub(crate) known: &'a KnownSeries,
    pub(crate) deadline: Instant,
}

/// Result of asking one provider for a series.
#[derive(Debug, Clone)]
pub(crate) struct ProviderReply {
    pub(crate) provider: &'static str,
    pub(crate) outcome: Result<ProviderValues, FetchFailure>,
}

/// Dates covered by the replies so far.
fn answered(replies: &[ProviderReply]) -> BTreeSet<NaiveDate> {
    let replies = replies.iter().flat_map(|one| &one.outcome);
    replies.flat_map(|reply| reply.accepted.observations.iter().map(|o| o.date)).collect()
}

impl ChainFetch<'_> {
    /// Asks the providers in order until the series is up to date and confirmed.
    pub(crate) async fn fetch_all(&self, links: &[Link]) -> Vec<ProviderReply> {
        let mut replies: Vec<ProviderReply> = Vec::new();
        // The newest date received so far, and the number of providers with a value for it.
        let (mut newest, mut opinions) = (None, 0);
        for (index, link) in links.iter().enumerate() {
            let provider = link.provider.name();
            let up_to_date = newest.is_some_and(|newest| newest >= self.request.expected);
            if up_to_date && (opinions > 1 || !self.settings.cross_check) {
                break;
            }
            let outcome = self.fetch_from_provider(links, index, answered(&replies)).await;
            match &outcome {
                Ok(reply) => {
                    let own = self.known.newest_of(provider, reply);
                    if own > newest {
                        // Unchanged values have been compared in an earlier sync.
                        (newest, opinions) = (own, if reply.accepted.observations.is_empty() { 2 } else { 1 });
                    } else if newest
                        .is_some_and(|newest| reply.accepted.observations.iter().any(|o| o.date == newest))
                    {
                        opinions += 1;
                    }
                }
                Err(failure) => {
                    let series = &self.request.series;
                    tracing::debug!(provider, series, "{provider}, {series}: {failure}");
                }
            }
            replies.push(ProviderReply { provider, outcome });
        }
        replies
    }

    /// True when a provider has the newest value that can be expected.
    pub(crate) fn is_up_to_date(&self, provider: &str, reply: &ProviderValues) -> bool {
        self.known.newest_of(provider, reply).is_some_and(|newest| newest >= self.request.expected)
    }

    async fn fetch_from_provider(
        &self,
        links: &[Link],
        index: usize,
        answered: BTreeSet<NaiveDate>,
    ) -> Result<ProviderValues, FetchFailure> {
        let link = &links[index];
        let provider = link.provider.name();
        if let Some(reason) = link.provider.unavailable() {
            return Err(FetchFailure::not_at_fault(reason));
        }
        let remembered =
            self.memory.lock().unwrap_or_else(PoisonError::into_inner).pause_reason(provider, self.settings.now);
        if let Some(reason) = remembered.filter(|_| self.settings.skip_failing) {
            return Err(FetchFailure::of_answer(reason));
        }
        let now = Instant::now();
        let left = self.deadline.saturating_duration_since(now);
        // The last provider may use all remaining time; an earlier one may use half.
        let share = if index + 1 < links.len() { left / 2 } else { left };
        let mut known_values = self.known.baseline_for(links, index);
        known_values.covered_days.extend(answered);
        let reply = self
            .fetch_documents(link, self.first_day(links, index), &known_values, now + share.max(LEAST_TIME))
            .await;
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        match &reply {
            Ok(_) => memory.record_success(provider),
            Err(FetchFailure { reason, fault: FailureKind::OfProvider(retry_after), .. }) => {
                memory.record_failure(provider, reason, *retry_after, self.settings.now);
            }
            Err(_) => {}
        }
        reply
    }

    /// Returns the first day to request from a provider: some days before the last day known from it or from a
    /// preferred provider, so that there are values to compare.
    fn first_day(&self, links: &[Link], index: usize) -> NaiveDate {
        if let Some(from) = self.settings.from {
            return from;
        }
        let as_good = links[..=index].iter().filter_map(|link| self.known.last_of.get(link.provider.name()));
        let last = as_good.max().copied().max(self.known.snapshot.last().copied());
        let overlap = Days::new(u64::from(self.settings.overlap_days));
        let beginning = self.settings.today - Days::new(365 * u64::from(self.settings.first_years));
        last.map_or(beginning, |last| (last.min(self.settings.today) - overlap).max(beginning))
    }

    async fn fetch_documents(
        &self,
        link: &Link,
        from: NaiveDate,
        known_values: &KnownValues,
        until: Instant,
    ) -> Result<ProviderValues, FetchFailure> {
        // A value that stands for the next business day is a market close, final only after its own day.
        let close = link.reading == ValueConversion::NextBusinessDay;
        let to = if close { self.settings.today - Days::new(1) } else { self.request.last_day };
        // A provider that dates values a day late is asked for a span that is a day later.
        let later =
            Days::new(u64::from(matches!(link.reading, ValueConversion::DayBefore | ValueConversion::WeekdayBefore)));
        let wanted = SpanRequest { symbol: link.symbol.clone(), from: from + later, to: to + later };
        let documents = link.provider.documents(&wanted);
        let Some((newest, older)) = documents.split_last() else {
            return Err(FetchFailure::not_at_fault("it has no data for these days"));
        };
        // The newest document comes first: when the provider is down, a single request shows it.
        let newest = self.document(link, &wanted, newest, until).await?;
        let mut read = Vec::with_capacity(documents.len());
        for some in older.chunks(AT_A_TIME) {
            let some = join_all(some.iter().map(|document| self.document(link, &wanted, document, until))).await;
            for one in some {
                read.push(one?);
            }
        }
        read.push(newest);
        let unchanged = read.iter().any(|one| one.unchanged);
        let told = read.iter().flat_map(|one| one.validators.clone()).collect();
        let observations = read.into_iter().map(|one| one.observations);
        let raw = link.provider.combine(&wanted, documents.iter().zip(observations).collect());
        let raw = self.as_ours(raw, &wanted, link.reading);
        if raw.is_empty() && !unchanged {
            return Err(FetchFailure::not_at_fault(format!("it has no value from {from} to {}", wanted.to)));
        }
        let accepted = accept(&self.request.series, &raw, known_values, &self.rules);
        let accepted = accepted.map_err(FetchFailure::of_answer)?;
        Ok(ProviderValues { accepted, documents: told, unchanged, asked_to: wanted.to, remark: None })
    }

    /// Converts the provider's observations in the span to ours. Later ones are kept for the checks to refuse, except
    /// closes up to 30 days later, which are dropped since they are not final yet.
    fn as_ours(
        &self,
        mut raw: Vec<RawObservation>,
        wanted: &SpanRequest,
        reading: ValueConversion,
    ) -> Vec<RawObservation> {
        let calendar = self.request.rules.calendar.unwrap_or_else(BusinessCalendar::weekdays);
        let far = wanted.to + Days::new(30);
        let close = self.request.market_close || reading == ValueConversion::NextBusinessDay;
        raw.retain(|o| o.date >= wanted.from && (o.date <= wanted.to || o.date > far || !close));
        if reading == ValueConversion::NextBusinessDay {
            // A quote of a Sunday evening is not a close and would stand for Monday, as Friday's close does.
            raw.retain(|o| BusinessCalendar::weekdays().is_business_day(o.date));
            // After a holiday two closes stand for one day; the later one counts.
            raw.sort_by_key(|o| o.date);
            let ours = raw.iter().map(|o| reading.apply(*o, calendar));
            let by_date: BTreeMap<NaiveDate, f64> = ours.map(|o| (o.date, o.value)).collect();
            return by_date.into_iter().map(|(date, value)| RawObservation { date, value }).collect();
        }
        raw.iter().map(|o| reading.apply(*o, calendar)).collect()
    }

    async fn document(
        &self,
        link: &Link,
        wanted: &SpanRequest,
        document: &Document,
        until: Instant,
    ) -> Result<ReadDocument, FetchFailure> {
        let (bytes, validators) = match &document.place {
            DocumentLocation::Embedded => (Arc::from([]), Vec::new()),
            DocumentLocation::File(path) => match read_file(path) {
                Ok(bytes) => (bytes.into(), Vec::new()),
                Err(error) if error.kind() == ErrorKind::NotFound && document.may_be_missing => {
                    return Err(FetchFailure::not_at_fault(format!("there is no file {}", path.display())));
                }
                Err(error) => {
                    return Err(FetchFailure::of_provider(format!("cannot read {}: {error}", path.display())));
                }
            },
            DocumentLocation::Web(addresses) => match self.fetch(link, addresses, wanted, document, until).await? {
                FetchedContent::Bytes(bytes, validators) => (bytes, validators),
                FetchedContent::Unchanged => return Ok(ReadDocument { unchanged: true, ..ReadDocument::default() }),
                FetchedContent::Nothing => return Ok(ReadDocument::default()),
            },
        };
        let observations = link.provider.read(wanted, document, &bytes).map_err(|error| {
            let reason = error.to_string();
            let failure = match error {
                ReadError::NoSuchSeries { .. } => FetchFailure::not_at_fault(reason),
                _ => FetchFailure::of_provider(reason),
            };
            failure.with_document(document)
        })?;
        Ok(ReadDocument { observations, validators, unchanged: false })
    }

    /// Fetches a document from the first of its addresses that has it.
    async fn fetch(
        &self,
        link: &Link,
        addresses: &[String],
        wanted: &SpanRequest,
        document: &Document,
        until: Instant,
    ) -> Result<FetchedContent, FetchFailure> {
        let series = &self.request.series;
        let setting = format!("rates.provider.{}.url", link.provider.name());
        let newest = self.known.last_of.get(link.provider.name()).copied();
        // No document may take so long that nothing is left for the others.
        let until = until.min(Instant::now() + LONGEST_WAIT);
        let mut failure: Option<FetchError> = None;
        let mut missing = false;
        for (index, address) in addresses.iter().enumerate() {
            let known = if self.settings.conditional() && document.part.is_none() {
                let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
                memory.validators_for(series, address, wanted.to, newest)
            } else {
                Validators::default()
            };
            let left = until.saturating_duration_since(Instant::now());
            let share = if index + 1 < addresses.len() { left / 2 } else { left };
            let request = DocumentRequest {
                address,
                setting: &setting,
                as_browser: document.as_browser,
                may_be_missing: document.may_be_missing,
                tells_of_errors: document.error_body_readable,
                validators: &known,
                until: Instant::now() + share,
            };
            match self.wire.fetch(&request).await {
                Ok(FetchResult::Body { bytes, validators }) => {
                    return Ok(FetchedContent::Bytes(bytes, vec![(address.clone(), validators)]));
                }
                Ok(FetchResult::Unchanged) => return Ok(FetchedContent::Unchanged),
                Ok(FetchResult::Missing) => missing = true,
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        match failure {
            Some(error) if !missing => Err(FetchFailure::of_wire(&error).with_document(document)),
            _ => Ok(FetchedContent::Nothing),
        }
    }
}

/// Reads a regular file of limited size: other files may never end.
fn read_file(path: &Path) -> std::io::Result<Vec<u8>> {
    let told = std::fs::metadata(path)?;
    if !told.is_file() || told.len() > LARGEST_FILE {
        return Err(std::io::Error::new(ErrorKind::InvalidInput, "not a regular file of less than 64 MiB"));
    }
    std::fs::read(path)
}

enum FetchedContent {
    Bytes(Arc<[u8]>, Vec<(String, Validators)>),
    Unchanged,
    Nothing,
}

#[derive(Debug, Default)]
struct ReadDocument {
    observations: Vec<RawObservation>,
    validators: Vec<(String, Validators)>,
    unchanged: bool,
}
