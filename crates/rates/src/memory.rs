//! Memory of providers from one process to the next, in `<data_dir>/rates/providers.json`: providers skipped for a
//! while, and the validators that servers sent with documents, so that an unchanged one is not sent again. It is only
//! a cache: a file that cannot be read or written costs requests, never rates.

use crate::{doubt::Doubt, error::RatesError, store::RatesStore, wire::Validators};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

const FILE: &str = "providers.json";
/// Consecutive failures after which a provider is skipped for a while.
const TOLERATED: u32 = 3;
/// Duration of that pause: the next scheduled run after a failed one is at least half an hour later.
const PROVIDER_PAUSE: TimeDelta = TimeDelta::minutes(10);
/// Longest pause that a server can request; a longer one is cut to this.
const MAX_PAUSE: TimeDelta = TimeDelta::hours(6);

/// Recent behaviour of a provider.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct ProviderRecord {
    /// Consecutive failures.
    failures: u32,
    /// Reason of the last failure.
    reason: String,
    /// End of the pause; the provider is not asked before it.
    left_alone_until: Option<DateTime<Utc>>,
}

/// Validators of a document, and the request for which they count: "unchanged" may hide values from a request for a
/// later day, or from a store that has lost days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct DocumentRecord {
    validators: Validators,
    /// Last day requested.
    asked_to: NaiveDate,
    /// Newest day from the provider in the store, after that request.
    newest: NaiveDate,
}

/// State remembered about providers, documents and doubts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ProviderMemory {
    providers: BTreeMap<String, ProviderRecord>,
    /// Documents by series, then by address without secrets.
    documents: BTreeMap<String, BTreeMap<String, DocumentRecord>>,
    /// Newest values that were taken but not confirmed, by series.
    doubts: BTreeMap<String, Doubt>,
    /// Providers that failed in this process: one cause makes many series fail, and counts once.
    #[serde(skip)]
    failed_now: BTreeSet<String>,
}

impl ProviderMemory {
    /// Loads the memory saved beside a store; empty when there is no file or it is unreadable.
    pub(crate) fn load(store: &RatesStore) -> Self {
        let loaded = store.read_sidecar(FILE).map(|bytes| match bytes {
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|error| error.to_string()),
            None => Ok(Self::default()),
        });
        loaded.map_err(|error| error.to_string()).and_then(|loaded| loaded).unwrap_or_else(|error| {
            tracing::warn!("{FILE} beside the rates is begun anew: {error}");
            Self::default()
        })
    }

    /// Records the doubt about a series' newest value, or clears it.
    pub(crate) fn set_doubt(&mut self, series: &str, doubt: Option<Doubt>) {
        match doubt {
            Some(doubt) => self.doubts.insert(series.to_owned(), doubt),
            None => self.doubts.remove(series),
        };
    }

    /// Returns the doubt about a series' newest value; `None` when there is none.
    pub(crate) fn doubt_about(&self, series: &str) -> Option<Doubt> {
        self.doubts.get(series).cloned()
    }

    /// Forgets the documents that a series was read from, and the doubt about its newest value: its stored values have
    /// changed by hand. Returns true when there was anything to forget.
    pub(crate) fn forget_series(&mut self, series: &str) -> bool {
        let documents = self.documents.remove(series).is_some();
        self.doubts.remove(series).is_some() || documents
    }

    /// Returns the values that were not confirmed when they were fetched.
    pub(crate) fn doubts(&self) -> impl Iterator<Item = &Doubt> {
        self.doubts.values()
    }

    /// Saves the memory atomically.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn save(&self, store: &RatesStore) -> Result<(), RatesError> {
        // A map of texts and numbers can always be written as JSON.
        store.write_sidecar(FILE, &serde_json::to_vec_pretty(self).unwrap_or_default())
    }

    /// Returns the reason why a provider must not be asked now; `None` when it may be.
    pub(crate) fn pause_reason(&self, provider: &str, now: DateTime<Utc>) -> Option<String> {
        let conduct = self.providers.get(provider)?;
        // A clock that was ahead must not block a provider for longer than any rule allows.
        let until = conduct.left_alone_until.filter(|until| *until > now && *until <= now + MAX_PAUSE)?;
        Some(format!(
            "paused until {} UTC after repeated failures, the last: {}",
            until.format("%H:%M"),
            conduct.reason
        ))
    }

    /// Records that a provider answered.
    pub(crate) fn record_success(&mut self, provider: &str) {
        self.providers.remove(provider);
    }

    /// Records that a provider failed; `asked` is the pause that the server requested.
    pub(crate) fn record_failure(
        &mut self,
        provider: &str,
        reason: &str,
        asked: Option<Duration>,
        now: DateTime<Utc>,
    ) {
        let conduct = self.providers.entry(provider.to_owned()).or_default();
        conduct.failures = conduct.failures.saturating_add(u32::from(self.failed_now.insert(provider.to_owned())));
        conduct.reason = reason.to_owned();
        let asked = asked.map(|wait| TimeDelta::from_std(wait).unwrap_or(MAX_PAUSE).min(MAX_PAUSE));
        let rest = if conduct.failures >= TOLERATED {
            asked.map_or(Some(PROVIDER_PAUSE), |a| Some(a.max(PROVIDER_PAUSE)))
        } else {
            asked
        };
        conduct.left_alone_until = rest.map(|rest| now + rest);
    }

    /// Returns the validators of a document from which `series` was read. They are empty unless `asked_to` is the
    /// same as then and `newest`, the provider's newest day in the store, is no older than then.
    pub(crate) fn validators_for(
        &self,
        series: &str,
        address: &str,
        asked_to: NaiveDate,
        newest: Option<NaiveDate>,
    ) -> Validators {
        let told = self.documents.get(series).and_then(|known| known.get(plain(address)));
        let told =
            told.filter(|told| told.asked_to == asked_to && newest.is_some_and(|newest| newest >= told.newest));
        told.map(|told| told.validators.clone()).unwrap_or_default()
    }

    /// Records the validators of a document whose values up to `asked_to` are in the store; `newest` is the
    /// provider's newest day there.
    pub(crate) fn record_validators(
        &mut self,
        series: &str,
        address: &str,
        validators: Validators,
        asked_to: NaiveDate,
        newest: NaiveDate,
    ) {
        let known = self.documents.entry(series.to_owned()).or_default();
        // An address without a query is stable; one with a query names a span that is requested only once.
        if validators.is_empty() || address.contains('?') {
            known.remove(plain(address));
        } else {
            known.insert(address.to_owned(), DocumentRecord { validators, asked_to, newest });
        }
    }
}

/// Strips the query, which may contain secrets, from an address.
fn plain(address: &str) -> &str {
    address.split('?').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_provider_that_keeps_failing_is_left_alone_for_a_while() {
        let mut memory = ProviderMemory::default();
        let another_process = |memory: ProviderMemory| ProviderMemory { failed_now: BTreeSet::new(), ..memory };
        // Any number of failed series in one process counts as one failure.
        memory.record_failure("ecb", "no answer", None, at(0));
        memory.record_failure("ecb", "no answer", None, at(0));
        memory.record_failure("ecb", "no answer", None, at(0));
        memory = another_process(memory);
        memory.record_failure("ecb", "no answer", None, at(1));
        assert_eq!(memory.pause_reason("ecb", at(2)), None);
        memory = another_process(memory);
        memory.record_failure("ecb", "no answer", None, at(2));
        let reason = memory.pause_reason("ecb", at(3)).unwrap();
        assert_eq!(reason, "paused until 00:12 UTC after repeated failures, the last: no answer");
        assert_eq!(memory.pause_reason("ecb", at(12)), None);
        // A single failure after the pause starts the next one.
        memory = another_process(memory);
        memory.record_failure("ecb", "no answer", None, at(12));
        assert!(memory.pause_reason("ecb", at(13)).is_some());
        memory.record_success("ecb");
        assert_eq!(memory.pause_reason("ecb", at(13)), None);
    }

    #[test]
    fn a_server_that_asks_to_be_left_alone_is_but_not_for_ever() {
        let mut memory = ProviderMemory::default();
        memory.record_failure("stooq", "429", Some(Duration::from_secs(1800)), at(0));
        assert!(memory.pause_reason("stooq", at(29)).is_some());
        assert_eq!(memory.pause_reason("stooq", at(30)), None);
        memory.record_failure("stooq", "429", Some(Duration::from_secs(u64::MAX)), at(0));
        assert_eq!(memory.pause_reason("stooq", at(361)), None);
        // The clock was ahead at the time of the failure.
        memory.record_failure("stooq", "429", Some(Duration::from_secs(1800)), at(100_000));
        assert_eq!(memory.pause_reason("stooq", at(0)), None);
    }

    #[test]
    fn memory_survives_the_process_and_garbage_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let store = RatesStore::open(folder.path()).unwrap();
        let mut memory = ProviderMemory::default();
        memory.record_failure("ecb", "no answer", None, at(0));
        let etag = Validators { etag: Some("\"7\"".into()), modified: None };
        let (asked_to, newest) = (day("2025-01-10"), day("2025-01-09"));
        memory.record_validators("usdaud", "http://x/hist.zip", etag.clone(), asked_to, newest);
        memory.record_validators("usdclp", "http://x/api?pass=secret", etag.clone(), asked_to, newest);
        memory.save(&store).unwrap();
        let again = ProviderMemory::load(&store);
        let told = |series, asked_to, newest| again.validators_for(series, "http://x/hist.zip", asked_to, newest);
        assert_eq!(told("usdaud", asked_to, Some(newest)), etag);
        assert!(told("usdbrl", asked_to, Some(newest)).is_empty(), "another series was not read from it");
        assert!(told("usdaud", day("2025-01-13"), Some(newest)).is_empty(), "it may have had that day already");
        assert!(told("usdaud", asked_to, Some(day("2025-01-08"))).is_empty(), "the store has lost a day");
        assert!(told("usdaud", asked_to, None).is_empty(), "the store has lost them all");
        let file = folder.path().join("rates").join(FILE);
        assert!(!std::fs::read_to_string(&file).unwrap().contains("secret"));
        std::fs::write(&file, "{ garbage").unwrap();
        assert_eq!(ProviderMemory::load(&store), ProviderMemory::default());
    }
}
