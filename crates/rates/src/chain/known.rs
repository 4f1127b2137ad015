//! What is known of a series before anybody is asked, and the part of it that an answer is compared with.

use super::{link::Link, reply::Reply};
use crate::intake::Beside;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a series before anybody is asked.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// Values by date with their source, none for the snapshot: the snapshot, overruled by the store.
    pub(crate) values: BTreeMap<NaiveDate, (f64, Option<String>)>,
    /// Dates of the snapshot.
    pub(crate) snapshot: BTreeSet<NaiveDate>,
    /// Last date in the store by source.
    pub(crate) last_of: BTreeMap<String, NaiveDate>,
}

impl Known {
    /// What an answer of `links[index]` is compared with: what comes from it, from better ones, and from nobody in particular.
    pub(super) fn beside(&self, links: &[Link], index: usize) -> Beside {
        let worse = |source: &str| links[index + 1..].iter().any(|link| link.provider.name() == source);
        let mut beside = Beside { there: self.values.keys().copied().collect(), ..Beside::default() };
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

    /// The newest day that a provider has: of its answer, or of what the store has from it and is unchanged.
    pub(crate) fn newest_of(&self, provider: &str, reply: &Reply) -> Option<NaiveDate> {
        let stored = self.last_of.get(provider).copied().filter(|_| reply.unchanged);
        reply.accepted.observations.last().map(|o| o.date).max(stored)
    }
}
