//! Known values of a series before a sync, and the part of them that a reply is compared with.

use super::{link::Link, reply::ProviderValues};
use crate::intake::KnownValues;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// Known values of a series before a sync.
#[derive(Debug, Clone)]
pub(crate) struct KnownSeries {
    /// Values by date with their source: the snapshot, whose source is `None`, overridden by the store.
    pub(crate) values: BTreeMap<NaiveDate, (f64, Option<String>)>,
    /// Dates of the snapshot.
    pub(crate) snapshot: BTreeSet<NaiveDate>,
    /// Last date in the store by source.
    pub(crate) last_of: BTreeMap<String, NaiveDate>,
}

impl KnownSeries {
    /// Returns the known values that a reply of `links[index]` is compared with: those from the same provider, from
    /// preferred providers, and from the snapshot or sources outside the chain.
    pub(super) fn baseline_for(&self, links: &[Link], index: usize) -> KnownValues {
        let worse = |source: &str| links[index + 1..].iter().any(|link| link.provider.name() == source);
        let mut beside =
            KnownValues { covered_days: self.values.keys().copied().collect(), ..KnownValues::default() };
        for (date, (value, source)) in &self.values {
            let source = source.as_deref();
            if !source.is_some_and(worse) {
                beside.known.insert(*date, *value);
            }
            if source == Some(links[index].provider.name()) {
                beside.own.insert(*date, *value);
            }
        }
        beside
    }

    /// Returns the newest date that a provider has: from its reply, or from its stored values when it replied
    /// "unchanged".
    pub(crate) fn newest_of(&self, provider: &str, reply: &ProviderValues) -> Option<NaiveDate> {
        let stored = self.last_of.get(provider).copied().filter(|_| reply.unchanged);
        reply.accepted.observations.last().map(|o| o.date).max(stored)
    }
}
