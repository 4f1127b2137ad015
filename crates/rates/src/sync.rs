//! Updates the store: fetches all series at once, each from its own chain of providers, checks the values against the
//! known ones, compares them where two sources overlap, and merges each series as soon as it has arrived. Merged
//! values survive anything that happens to the sync afterwards.

mod newest;
mod outcome;

pub use outcome::{ProviderFault, ProviderOutcome, SeriesOutcome};

use crate::{
    chain::{ChainFetch, KnownSeries, Link, ProviderReply, ProviderValues, links},
    doubt::Doubt,
    error::RatesError,
    freshness::{Freshness, freshness},
    intake::IntakeRules,
    listings::{PublicationDelay, is_official, is_stand_in, kind_of, tolerance, traits, usual_delay},
    memory::ProviderMemory,
    quality::{DataProblem, Finding, SeriesKind, SummaryEntry, summarised},
    request::{SeriesRequest, SyncSettings},
    snapshot::embedded,
    sources::Sources,
    store::{MergeReport, MergeRules, RatesStore, StoredObservation},
    wire::HttpClient,
};
use chrono::NaiveDate;
use futures_util::future::join_all;
use newest::accepted;
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Mutex, OnceLock, PoisonError},
};
use tokio::time::Instant;

/// Updates the requested series and returns their outcomes in the same order. `done` is called for each as it ends.
///
/// Failures of providers are part of the outcome. Values merged before an error stay.
///
/// # Errors
/// When no HTTP client can be created.
pub async fn sync(
    store: &RatesStore,
    sources: &Sources,
    requests: &[SeriesRequest],
    settings: &SyncSettings,
    done: &(dyn Fn(&SeriesOutcome) + Sync),
) -> Result<Vec<SeriesOutcome>, RatesError> {
    let wire = HttpClient::open(settings.limits, None).map_err(|reason| RatesError::NoClient { reason })?;
    let memory = Mutex::new(ProviderMemory::load(store));
    let deadline = Instant::now() + settings.deadline;
    let held = OnceLock::new();
    let one = |request| {
        let sync = SeriesSync { store, sources, settings, memory: &memory, wire: &wire, deadline, held: &held };
        async move {
            let outcome = sync.run(request).await;
            done(&outcome);
            outcome
        }
    };
    let outcomes = join_all(requests.iter().map(one)).await;
    outcome::log_failures(&outcomes);
    remember_doubts(&memory, &outcomes);
    let memory = memory.into_inner().unwrap_or_else(PoisonError::into_inner);
    let saved = held.into_inner().map_or_else(|| memory.save(store), |path| Err(RatesError::Locked { path }));
    if let Err(error) = saved {
        tracing::warn!("what was learnt of the providers is not kept: {error}");
    }
    Ok(outcomes)
}

/// Returns the names of the providers that would be asked for a series, in their order.
pub fn providers_for(sources: &Sources, request: &SeriesRequest) -> Vec<String> {
    links(sources, request).iter().map(|link| link.provider.name().to_owned()).collect()
}

#[derive(Clone, Copy)]
struct SeriesSync<'a> {
    store: &'a RatesStore,
    sources: &'a Sources,
    settings: &'a SyncSettings,
    memory: &'a Mutex<ProviderMemory>,
    wire: &'a HttpClient,
    deadline: Instant,
    /// Path of the store's lock after a first wait for it has timed out: all series share the time, so one wait is
    /// enough.
    held: &'a OnceLock<PathBuf>,
}

impl SeriesSync<'_> {
    async fn run(&self, request: &SeriesRequest) -> SeriesOutcome {
        let outcome = SeriesOutcome {
            series: request.series.clone(),
            providers: Vec::new(),
            disagreements: Vec::new(),
            doubt: None,
            freshness: Freshness::new(&request.series, None, request.expected),
            up_to_date: false,
            store_error: None,
        };
        let known = match known(self.store, &request.series, self.settings.today) {
            Ok(known) => known,
            Err(error) => {
                tracing::error!(series = request.series, "{error}");
                return SeriesOutcome { store_error: Some(error.to_string()), ..outcome };
            }
        };
        let links = links(self.sources, request);
        let rules = IntakeRules {
            quality: request.rules,
            max_ratio: traits(&request.series).max_ratio,
            max_difference: if self.settings.accept_revisions { f64::INFINITY } else { self.settings.max_difference },
        };
        let doubt = self.memory.lock().unwrap_or_else(PoisonError::into_inner).doubt_about(&request.series);
        let asking = ChainFetch {
            wire: self.wire,
            memory: self.memory,
            settings: self.settings,
            request,
            rules,
            known: &known,
            doubt: doubt.clone(),
            deadline: self.deadline,
        };
        let mut replies = asking.fetch_all(&links).await;
        let up_to_date = replies
            .iter()
            .any(|one| one.outcome.as_ref().is_ok_and(|reply| asking.is_up_to_date(one.provider, reply)));
        let doubt =
            newest::check_jumps(&request.series, &mut replies, &known, self.settings.max_difference, doubt.as_ref());
        self.merge(request, &links, replies, &known, SeriesOutcome { up_to_date, doubt, ..outcome })
    }

    /// Merges the replies, the preferred provider's first.
    fn merge(
        &self,
        request: &SeriesRequest,
        links: &[Link],
        replies: Vec<ProviderReply>,
        known: &KnownSeries,
        mut outcome: SeriesOutcome,
    ) -> SeriesOutcome {
        outcome.disagreements = disagreements(&request.series, &replies, self.settings.max_difference);
        for disagreement in &outcome.disagreements {
            tracing::warn!(series = request.series, "{disagreement}");
        }
        for index in 0..replies.len() {
            let ProviderReply { provider, outcome: answer } = &replies[index];
            let merged = match answer {
                Err(failure) => Err((failure.to_string(), failure.is_fault())),
                Ok(_) if let Some(error) = &outcome.store_error => Err((error.clone(), false)),
                Ok(reply) => match self.merge_one(request, links, &replies, index, reply, known) {
                    Ok(report) => Ok(report),
                    Err(error) => {
                        tracing::error!(series = request.series, "{error}");
                        outcome.store_error = Some(error.to_string());
                        Err((error.to_string(), false))
                    }
                },
            };
            let findings = answer.iter().flat_map(|reply| &reply.accepted.findings);
            outcome.providers.push(ProviderOutcome {
                provider: (*provider).to_owned(),
                of_connection: answer.as_ref().is_err_and(|failure| failure.of_connection),
                is_fault: merged.as_ref().is_err_and(|(_, is_fault)| *is_fault),
                remark: answer
                    .as_ref()
                    .ok()
                    .and_then(|reply| reply.remark.clone())
                    .or_else(|| behind(request, &replies, index, known)),
                summary: summarised(findings.clone().map(SummaryEntry::from), 1),
                findings: findings.map(ToString::to_string).collect(),
                gist: answer.as_ref().err().map_or_else(String::new, |failure| failure.common_reason.clone()),
                outcome: merged.map_err(|(reason, _)| reason),
            });
        }
        match freshness(self.store, &request.series, request.rules) {
            Ok(freshness) => outcome.freshness = freshness,
            Err(error) => tracing::debug!(series = request.series, "{error}"),
        }
        outcome
    }

    fn merge_one(
        &self,
        request: &SeriesRequest,
        links: &[Link],
        replies: &[ProviderReply],
        index: usize,
        reply: &ProviderValues,
        known: &KnownSeries,
    ) -> Result<MergeReport, RatesError> {
        let provider = replies[index].provider;
        let ranking: Vec<String> = links.iter().map(|link| link.provider.name().to_owned()).collect();
        let series = &request.series;
        log_findings(provider, series, &reply.accepted.findings);
        let asked_again = self.settings.from.is_some();
        let after = keep_after(series, links, replies, index, known);
        let observations: Vec<StoredObservation> = reply
            .accepted
            .observations
            .iter()
            .filter(|o| {
                after.is_none_or(|after| o.date > after) && (asked_again || !known.snapshot.contains(&o.date))
            })
            .map(|o| StoredObservation {
                date: o.date,
                value: o.value,
                source: provider.to_owned(),
                fetched_at: self.settings.now,
            })
            .collect();
        let others = replies.iter().enumerate().filter(|(other, _)| *other != index);
        let confirmed: BTreeMap<NaiveDate, f64> =
            others.flat_map(|(_, other)| accepted(other)).map(|o| (o.date, o.value)).collect();
        let rules = MergeRules {
            ranking: &ranking,
            max_difference: self.settings.max_difference,
            accept_revisions: self.settings.accept_revisions,
            confirmed: &confirmed,
        };
        let report = match self.held.get() {
            Some(path) => return Err(RatesError::Locked { path: path.clone() }),
            None => self.store.merge(series, &observations, &rules),
        };
        if let Err(RatesError::Locked { path }) = &report {
            self.held.get_or_init(|| path.clone());
        }
        let report = report?;
        log_merge(provider, series, &report, observations.last().map(|o| o.date));
        let complete = reply.accepted.findings.is_empty() && report.withheld.is_empty();
        let newest = reply.accepted.observations.last().map(|o| o.date).max(known.last_of.get(provider).copied());
        if let (true, Some(newest)) = (complete, newest) {
            let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
            for (address, validators) in &reply.documents {
                memory.record_validators(series, address, validators.clone(), reply.asked_to, newest);
            }
        }
        Ok(report)
    }
}

/// Returns the date after which a provider's values may be stored: a less preferred provider only continues where the
/// preferred ones and the snapshot end, since its values are of another kind and must not fill gaps that may be
/// holidays. Each stand-in for an official rate may continue where the official sources end: no stand-in has every
/// day.
fn keep_after(
    series: &str,
    links: &[Link],
    replies: &[ProviderReply],
    index: usize,
    known: &KnownSeries,
) -> Option<NaiveDate> {
    if index == 0 {
        return None;
    }
    let provider = replies[index].provider;
    let equal = |other: &&Link| is_stand_in(series, provider) && is_stand_in(series, other.provider.name());
    let better = || links.iter().take_while(|other| other.provider.name() != provider).filter(|other| !equal(other));
    let is_better = |name: &str| better().any(|other| other.provider.name() == name);
    let answered = replies[..index].iter().filter(|one| is_better(one.provider));
    let answered = answered.filter_map(|one| accepted(one).map(|o| o.date).max()).max();
    let stored = better().filter_map(|other| known.last_of.get(other.provider.name())).max().copied();
    answered.max(stored).max(known.snapshot.last().copied())
}

/// Returns a remark with the number of business days by which a provider's newest value is behind, when a less
/// preferred provider has newer ones and the lag is unusual: above 2 days for an official rate, which is published
/// every day, and above 7 for other rates, which may come once a week, besides the usual delays of the series and the
/// provider.
fn behind(request: &SeriesRequest, replies: &[ProviderReply], index: usize, known: &KnownSeries) -> Option<String> {
    let newest_of = |one: &ProviderReply| known.newest_of(one.provider, one.outcome.as_ref().ok()?);
    let own = newest_of(&replies[index])?;
    let newer = replies[index + 1..].iter().filter_map(newest_of).max().filter(|newer| *newer > own)?;
    let calendar = request.rules.calendar?;
    let PublicationDelay::Weekdays(delay) = traits(&request.series).delay else { return None };
    let days = calendar.business_days_between(own, newer);
    let usual = i64::from(delay) + usual_delay(replies[index].provider);
    let usual = usual + if is_official(&request.series) { 2 } else { 7 };
    (days > usual).then(|| format!("its newest value is dated {own}, {days} business days behind"))
}

/// Records the doubts of a sync. A doubt lasts until a provider answers without one.
fn remember_doubts(memory: &Mutex<ProviderMemory>, outcomes: &[SeriesOutcome]) {
    let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    for outcome in outcomes.iter().filter(|outcome| outcome.is_answered()) {
        memory.set_doubt(&outcome.series, outcome.doubt.clone());
    }
}

/// Returns the doubts about values that are still the newest ones of their series.
///
/// # Errors
/// When a series of the store cannot be read.
pub fn doubts(store: &RatesStore) -> Result<Vec<Doubt>, RatesError> {
    let mut doubts = Vec::new();
    for doubt in ProviderMemory::load(store).doubts() {
        let newest = store.load(&doubt.series)?.and_then(|stored| stored.last().cloned());
        if newest.is_some_and(|newest| newest.date == doubt.date && newest.value == doubt.value) {
            doubts.push(doubt.clone());
        }
    }
    Ok(doubts)
}

/// Logs the findings that matter to an operator, one line for each kind: a broken reply has thousands. Jumps that
/// lasted are left out: they are old.
fn log_findings(provider: &str, series: &str, findings: &[Finding]) {
    let matters = |finding: &&Finding| !matches!(finding.problem, DataProblem::Jump { newest: false, .. });
    for line in summarised(findings.iter().filter(matters).map(SummaryEntry::from), 1) {
        tracing::warn!(provider, series, "{provider}, {series}: {line}");
    }
}

/// Reads the known values of a series on a day. Embedded quotes that stand in for an official rate are left out:
/// providers continue where the official rate ends, so that no gap remains when the quotes are replaced.
fn known(store: &RatesStore, series: &str, today: NaiveDate) -> Result<KnownSeries, RatesError> {
    let snapshot = embedded()?.get(series).into_iter().flatten().filter(|o| o.date <= today);
    let snapshot: BTreeMap<NaiveDate, f64> = snapshot.map(|o| (o.date, o.value)).collect();
    let stored = store.load(series)?.unwrap_or_default();
    let mut values: BTreeMap<NaiveDate, (f64, Option<String>)> =
        snapshot.iter().map(|(date, value)| (*date, (*value, None))).collect();
    let mut last_of = BTreeMap::new();
    for observation in &stored {
        values.insert(observation.date, (observation.value, Some(observation.source.clone())));
        last_of.insert(observation.source.clone(), observation.date);
    }
    Ok(KnownSeries { values, snapshot: snapshot.into_keys().collect(), last_of })
}

/// Describes where the first reply and a later one overlap and differ by more than is tolerated between them.
fn disagreements(series: &str, replies: &[ProviderReply], usual: f64) -> Vec<String> {
    let mut answers = replies.iter().filter(|one| accepted(one).next().is_some());
    let Some(first) = answers.next() else { return Vec::new() };
    let own: BTreeMap<NaiveDate, f64> = accepted(first).map(|o| (o.date, o.value)).collect();
    let in_steps = kind_of(series) == SeriesKind::PolicyRate;
    // Sources may date the step of a policy rate a day apart.
    let is_neighbour = |date: NaiveDate, value: f64| {
        let (before, after) = (own.range(..date).next_back(), own.range(date..).nth(1));
        in_steps && before.into_iter().chain(after).any(|(_, neighbour)| *neighbour == value)
    };
    let compare = |other: &ProviderReply| {
        let tolerated = tolerance(series, first.provider, other.provider, usual);
        let shared: Vec<(NaiveDate, f64, f64)> =
            accepted(other).filter_map(|o| Some((o.date, *own.get(&o.date)?, o.value))).collect();
        let difference = |(_, own, other): &(NaiveDate, f64, f64)| (other / own - 1.0).abs();
        let differs = |one: &&(NaiveDate, f64, f64)| difference(one) > tolerated && !is_neighbour(one.0, one.2);
        let differing: Vec<_> = shared.iter().filter(differs).collect();
        let worst = differing.iter().max_by(|a, b| difference(a).total_cmp(&difference(b)))?;
        let (date, own, others) = worst;
        Some(format!(
            "{series}: {} and {} differ by more than {:.1} % on {} of {} days, most on {date} ({own} and {others}); \
             {}'s values are used",
            first.provider,
            other.provider,
            100.0 * tolerated,
            differing.len(),
            shared.len(),
            first.provider
        ))
    };
    answers.filter_map(compare).collect()
}

fn log_merge(provider: &str, series: &str, report: &MergeReport, newest: Option<NaiveDate>) {
    let up_to = newest.map_or_else(String::new, |date| format!(" up to {date}"));
    let (added, revised) = (report.added, report.revised.len());
    tracing::info!(provider, series, added, revised, "{series}: {added} new values{up_to} from {provider}");
    for line in report.warnings(series) {
        tracing::warn!(provider, series, "{line}");
    }
}
