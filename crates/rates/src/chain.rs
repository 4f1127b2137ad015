//! Fetching of one series from the providers that may have it. They are asked in order until one is up to date and,
//! with cross-checking on, a second provider confirms it; their values pass [`intake`](crate::intake). The results
//! are the replies and, for each failure, a sentence that begins with provider and series. Nothing is stored here.

mod documents;
mod failure;
mod known;
mod link;
mod reply;

pub(crate) use failure::{FailureKind, FetchFailure};
pub(crate) use known::KnownSeries;
pub(crate) use link::{Link, links};
pub(crate) use reply::ProviderValues;

use crate::{
    doubt::Doubt,
    intake::{IntakeRules, leaves_hole},
    listings::usual_delay,
    memory::ProviderMemory,
    opinions::{Opinion, Verdict, verdict},
    request::{SeriesRequest, SyncSettings},
    wire::HttpClient,
};
use chrono::{Days, NaiveDate};
use futures_util::{StreamExt, stream::FuturesUnordered};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, timeout};

/// Shortest time given to a provider, even when earlier providers have used up all of it.
const LEAST_TIME: Duration = Duration::from_millis(500);
/// Time after which a provider that has not answered no longer keeps the next one from being asked. It may still
/// answer, and its values are then preferred as usual.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Longest delay, in business days, of a provider that is asked to confirm values which are up to date.
const CONFIRMS_WITHIN: i64 = 7;

/// Context for fetching one series from its chain of providers.
pub(crate) struct ChainFetch<'a> {
    pub(crate) wire: &'a HttpClient,
    pub(crate) memory: &'a Mutex<ProviderMemory>,
    pub(crate) settings: &'a SyncSettings,
    pub(crate) request: &'a SeriesRequest,
    pub(crate) rules: IntakeRules,
    pub(crate) known: &'a KnownSeries,
    /// Doubt about the newest value from an earlier sync.
    pub(crate) doubt: Option<Doubt>,
    pub(crate) deadline: Instant,
}

/// Result of asking one provider for a series.
#[derive(Debug, Clone)]
pub(crate) struct ProviderReply {
    pub(crate) provider: &'static str,
    pub(crate) outcome: Result<ProviderValues, FetchFailure>,
}

impl ProviderReply {
    /// Returns the provider's accepted value of a day; `None` when it has none.
    pub(crate) fn opinion_on(&self, date: NaiveDate) -> Option<Opinion> {
        let accepted = &self.outcome.as_ref().ok()?.accepted.observations;
        accepted.iter().find(|o| o.date == date).map(|o| (self.provider, o.value))
    }
}

impl ChainFetch<'_> {
    /// Asks the providers in order until the series is up to date and confirmed. While one is silent for
    /// [`PATIENCE`], the next is asked beside it: a provider that hangs costs its own time, not that of the others.
    /// Once the values are confirmed, only those that are preferred to them are still waited for.
    pub(crate) async fn fetch_all(&self, links: &[Link]) -> Vec<ProviderReply> {
        let mut replies: BTreeMap<usize, ProviderReply> = BTreeMap::new();
        let mut asked = FuturesUnordered::new();
        // Number of providers passed; the last one is waited for until it has answered, or has been silent for long.
        let (mut count, mut waits_for_last) = (0, false);
        loop {
            let confirmed = self.confirmed_by(&replies);
            if confirmed.is_some_and(|first| (0..first).all(|index| replies.contains_key(&index))) {
                return without_false_holes(replies);
            }
            while !waits_for_last && count < links.len() && self.is_too_late(&links[count], &replies) {
                count += 1;
            }
            let may_ask = count < links.len() && confirmed.is_none();
            if may_ask && !waits_for_last {
                asked.push(self.reply_of(links, count, covered_days(replies.values())));
                (count, waits_for_last) = (count + 1, true);
            }
            let patience = if may_ask { PATIENCE } else { Duration::MAX };
            match timeout(patience, asked.next()).await {
                Ok(Some((index, reply))) => {
                    waits_for_last &= index + 1 < count;
                    replies.insert(index, reply);
                }
                Ok(None) => return without_false_holes(replies),
                Err(_) => waits_for_last = false,
            }
        }
    }

    /// Returns the position of the first reply with the newest value, when that is up to date and another source
    /// confirms it; `None` before that. Quotes do not confirm a value that an official source contradicts: then all are
    /// asked.
    fn confirmed_by(&self, replies: &BTreeMap<usize, ProviderReply>) -> Option<usize> {
        let newest = replies.values().filter_map(|one| self.newest_of(one)).max()?;
        let (&index, first) = replies.iter().find(|(_, one)| self.newest_of(one) == Some(newest))?;
        // Unchanged values have been compared in an earlier sync.
        let is_decided = first.opinion_on(newest).is_none_or(|own| {
            let others = replies.iter().filter(|(other, _)| **other != index);
            let others: Vec<Opinion> = others.filter_map(|(_, one)| one.opinion_on(newest)).collect();
            let verdict = verdict(&self.request.series, own, None, &others, self.rules.max_difference);
            verdict == Verdict::Confirmed
        });
        (newest >= self.request.newest_possible && (is_decided || !self.settings.cross_check)).then_some(index)
    }

    /// Returns the newest date that a provider has; `None` when it has not answered.
    fn newest_of(&self, one: &ProviderReply) -> Option<NaiveDate> {
        self.known.newest_of(one.provider, one.outcome.as_ref().ok()?)
    }

    /// True when a provider cannot help: its values always end too early to confirm the newest one that is there.
    fn is_too_late(&self, link: &Link, replies: &BTreeMap<usize, ProviderReply>) -> bool {
        let up_to_date =
            |one: &ProviderReply| self.newest_of(one).is_some_and(|newest| newest >= self.request.newest_possible);
        usual_delay(link.provider.name()) > CONFIRMS_WITHIN && replies.values().any(up_to_date)
    }

    async fn reply_of(
        &self,
        links: &[Link],
        index: usize,
        covered_days: BTreeSet<NaiveDate>,
    ) -> (usize, ProviderReply) {
        let (provider, series) = (links[index].provider.name(), &self.request.series);
        let outcome = self.fetch_from_provider(links, index, covered_days).await;
        if let Err(failure) = &outcome {
            tracing::debug!(provider, series, "{provider}, {series}: {failure}");
        }
        (index, ProviderReply { provider, outcome })
    }

    /// True when a provider has the newest value that can be expected.
    pub(crate) fn is_up_to_date(&self, provider: &str, reply: &ProviderValues) -> bool {
        self.known.newest_of(provider, reply).is_some_and(|newest| newest >= self.request.expected)
    }

    async fn fetch_from_provider(
        &self,
        links: &[Link],
        index: usize,
        covered_days: BTreeSet<NaiveDate>,
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
        known_values.covered_days.extend(covered_days);
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
}

/// Returns the dates covered by replies.
fn covered_days<'a>(replies: impl Iterator<Item = &'a ProviderReply>) -> BTreeSet<NaiveDate> {
    let replies = replies.flat_map(|one| &one.outcome);
    replies.flat_map(|reply| reply.accepted.observations.iter().map(|o| o.date)).collect()
}

/// Returns the replies in the order of preference. A reply that was refused because it leaves a hole is not at fault
/// when a preferred provider, which had not answered yet at that time, has filled it.
fn without_false_holes(replies: BTreeMap<usize, ProviderReply>) -> Vec<ProviderReply> {
    let mut replies: Vec<ProviderReply> = replies.into_values().collect();
    for index in 1..replies.len() {
        let is_filled = replies[..index].iter().any(|one| one.outcome.is_ok());
        if let (true, Err(failure)) = (is_filled, &mut replies[index].outcome)
            && leaves_hole(&failure.reason)
        {
            failure.fault = FailureKind::Unavailable;
        }
    }
    replies
}
