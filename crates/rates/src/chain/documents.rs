//! Documents of one provider for a span: fetched from their addresses, read, and converted to values of our series.

use super::{ChainFetch, FetchFailure, Link, ProviderValues};
use crate::{
    intake::{KnownValues, accept},
    provider::{Document, DocumentLocation, ReadError, SpanRequest, ValueConversion},
    providers::browser_check,
    snapshot::RawObservation,
    wire::{DocumentRequest, FetchResult, Validators},
};
use chrono::{Days, NaiveDate};
use forecaster_domain::BusinessCalendar;
use futures_util::future::join_all;
use std::{collections::BTreeMap, io::ErrorKind, path::Path, sync::PoisonError, time::Duration};
use tokio::time::Instant;

/// Number of documents of one series fetched at a time.
const AT_A_TIME: usize = 4;
/// Longest time for one document, which normally arrives within a second or not at all.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Largest size of a local file, in bytes.
const LARGEST_FILE: u64 = 64 << 20;

/// Observations read from a document; none when it is unchanged or there is none.
#[derive(Debug, Default)]
struct ReadDocument {
    observations: Vec<RawObservation>,
    validators: Vec<(String, Validators)>,
    unchanged: bool,
}

impl ChainFetch<'_> {
    /// Fetches the documents of a provider from a day on, reads them, and checks their values against the known ones.
    pub(super) async fn fetch_documents(
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
        let read = self.read_all(link, &wanted, &documents, until).await?;
        let unchanged = read.iter().any(|one| one.unchanged);
        let validators = read.iter().flat_map(|one| one.validators.clone()).collect();
        let observations = read.into_iter().map(|one| one.observations);
        let raw = link.provider.combine(&wanted, documents.iter().zip(observations).collect());
        let raw = self.as_ours(raw, &wanted, link.reading);
        if raw.is_empty() && !unchanged {
            return Err(FetchFailure::not_at_fault(format!("it has no value from {from} to {}", wanted.to)));
        }
        let accepted = accept(&self.request.series, &raw, known_values, &self.rules);
        let accepted = accepted.map_err(FetchFailure::of_answer)?;
        Ok(ProviderValues { accepted, documents: validators, unchanged, asked_to: wanted.to, remark: None })
    }

    /// Fetches and reads documents, and returns their contents in the same order.
    async fn read_all(
        &self,
        link: &Link,
        wanted: &SpanRequest,
        documents: &[Document],
        until: Instant,
    ) -> Result<Vec<ReadDocument>, FetchFailure> {
        let Some((newest, older)) = documents.split_last() else {
            return Err(FetchFailure::not_at_fault("it has no data for these days"));
        };
        let mut read = Vec::with_capacity(documents.len());
        let newest = if newest.may_not_exist_yet && !older.is_empty() {
            None
        } else {
            // The newest document comes first: when the provider is down, a single request shows it.
            Some(self.document(link, wanted, newest, until).await?)
        };
        let rest = if newest.is_some() { older } else { documents };
        for some in rest.chunks(AT_A_TIME) {
            let some = join_all(some.iter().map(|document| self.document(link, wanted, document, until))).await;
            for (document, one) in rest[read.len()..].iter().zip(some) {
                read.push(match one {
                    Err(failure) if document.may_not_exist_yet => {
                        tracing::debug!(provider = link.provider.name(), "counts as not published yet: {failure}");
                        ReadDocument::default()
                    }
                    one => one?,
                });
            }
        }
        read.extend(newest);
        Ok(read)
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
        let read = |bytes: &[u8]| {
            let observations = link.provider.read(wanted, document, bytes);
            observations.map_err(|error| of_read(&error).with_document(document))
        };
        match &document.place {
            DocumentLocation::Embedded => Ok(ReadDocument { observations: read(&[])?, ..ReadDocument::default() }),
            DocumentLocation::File(path) => match read_file(path) {
                Ok(bytes) => Ok(ReadDocument { observations: read(&bytes)?, ..ReadDocument::default() }),
                Err(error) if error.kind() == ErrorKind::NotFound && document.may_be_missing => {
                    Err(FetchFailure::not_at_fault(format!("there is no file {}", path.display())))
                }
                Err(error) => Err(FetchFailure::of_provider(format!("cannot read {}: {error}", path.display()))),
            },
            DocumentLocation::Web(addresses) => self.web_document(link, addresses, wanted, document, until).await,
        }
    }

    /// Fetches a document from the first of its addresses that has it and can be read.
    async fn web_document(
        &self,
        link: &Link,
        addresses: &[String],
        wanted: &SpanRequest,
        document: &Document,
        until: Instant,
    ) -> Result<ReadDocument, FetchFailure> {
        let series = &self.request.series;
        let setting = format!("rates.provider.{}.url", link.provider.name());
        let newest = self.known.last_of.get(link.provider.name()).copied();
        // No document may take so long that nothing is left for the others.
        let until = until.min(Instant::now() + LONGEST_WAIT);
        let (mut unreachable, mut unreadable, mut missing, mut refusals) = (None, None, false, 0);
        for (index, address) in addresses.iter().enumerate() {
            // The same address again is for another user agent, which only helps against a refusal.
            if addresses[..index].contains(address) && refusals == 0 {
                continue;
            }
            let agent = document.agents.get(refusals).or(document.agents.last()).copied();
            // A doubted value is fetched again, also when its document has not changed.
            let known = if self.settings.conditional() && document.part.is_none() && self.doubt.is_none() {
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
                agent,
                may_not_exist_yet: document.may_not_exist_yet,
                spacing: document.spacing,
                may_be_missing: document.may_be_missing,
                tells_of_errors: document.error_body_readable,
                validators: &known,
                until: Instant::now() + share,
            };
            match self.wire.fetch(&request).await {
                Ok(FetchResult::Body { bytes, validators }) => match link.provider.read(wanted, document, &bytes) {
                    Ok(observations) => {
                        let validators = vec![(address.clone(), validators)];
                        return Ok(ReadDocument { observations, validators, unchanged: false });
                    }
                    Err(error @ ReadError::NoSuchSeries { .. }) => {
                        return Err(of_read(&error).with_document(document));
                    }
                    // A mirror or a cache may be wrong alone.
                    Err(error) => {
                        let error = browser_check(&bytes).unwrap_or(error);
                        if let ReadError::AccountRefused { .. } = error {
                            self.wire.close(&request, &error.to_string());
                        }
                        unreadable = unreadable.or(Some(of_read(&error)));
                    }
                },
                Ok(FetchResult::Unchanged) => return Ok(ReadDocument { unchanged: true, ..ReadDocument::default() }),
                Ok(FetchResult::Missing) => missing = true,
                Err(error) => {
                    refusals += usize::from(error.is_refusal());
                    unreachable = unreachable.or(Some(FetchFailure::of_wire(&error)));
                }
            }
        }
        match unreadable.or(unreachable.filter(|_| !missing)) {
            Some(failure) => Err(failure.with_document(document)),
            None => Ok(ReadDocument::default()),
        }
    }
}

fn of_read(error: &ReadError) -> FetchFailure {
    match error {
        ReadError::NoSuchSeries { .. } => FetchFailure::not_at_fault(error.to_string()),
        _ => FetchFailure::of_provider(error.to_string()),
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
