//! Removal of values from a series, and of what is remembered about them. In: the series and a choice of versions.
//! Out: the versions removed, or to be removed, and what counts on their dates then.

use crate::{
    error::RatesError,
    memory::ProviderMemory,
    snapshot::embedded,
    store::{RatesStore, Selection, StoredObservation, checked_name},
};
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// Versions removed from a series, and what is left.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Removal {
    /// Versions removed, by date and time of fetching.
    pub removed: Vec<StoredObservation>,
    /// Dates on which an older or newer stored version counts.
    pub still_stored: usize,
    /// Dates on which the value of the embedded snapshot counts.
    pub still_embedded: usize,
    /// Embedded values within the bounds; they cannot be removed.
    pub embedded: usize,
    /// Sources of the stored versions within the bounds, sorted.
    pub sources: Vec<String>,
}

/// Returns what [`remove`] would remove.
///
/// # Errors
/// When the name is invalid or the series cannot be read.
pub fn removable(store: &RatesStore, name: &str, selection: &Selection) -> Result<Removal, RatesError> {
    let versions = store.load_versions(name)?.unwrap_or_default();
    let of_snapshot = embedded()?.get(checked_name(name)?).into_iter().flatten();
    let snapshot: BTreeSet<NaiveDate> =
        of_snapshot.map(|o| o.date).filter(|date| selection.includes(*date)).collect();
    let within = || versions.iter().filter(|version| selection.includes(version.date));
    let (removed, left): (Vec<_>, Vec<_>) = within().cloned().partition(|version| selection.chooses(version));
    let dates: BTreeSet<NaiveDate> = removed.iter().map(|version| version.date).collect();
    let still: BTreeSet<NaiveDate> = left.iter().map(|version| version.date).collect();
    let sources: BTreeSet<&str> = within().map(|version| version.source.as_str()).collect();
    Ok(Removal {
        still_stored: dates.intersection(&still).count(),
        still_embedded: dates.iter().filter(|date| !still.contains(date) && snapshot.contains(date)).count(),
        embedded: snapshot.len(),
        sources: sources.into_iter().map(str::to_owned).collect(),
        removed,
    })
}

/// Removes the chosen versions of a series, after `copy` has kept them. The validators of the documents that the
/// series was read from go too: an answer "unchanged" would hide the values that are no longer stored.
///
/// # Errors
/// When the series cannot be read or written, or `copy` fails; the series is then unchanged.
pub fn remove<E: From<RatesError>>(
    store: &RatesStore,
    name: &str,
    selection: &Selection,
    copy: impl FnOnce(&[StoredObservation]) -> Result<(), E>,
) -> Result<Removal, E> {
    let planned = removable(store, name, selection)?;
    if planned.removed.is_empty() {
        return Ok(planned);
    }
    let mut memory = ProviderMemory::load(store);
    if memory.forget_series(name) {
        memory.save(store)?;
    }
    let removed = store.remove(name, selection, copy)?;
    Ok(Removal { removed, ..planned })
}

#[cfg(test)]
mod tests;
