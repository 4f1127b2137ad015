//! Removal of stored versions, by date and source, after a copy of them has been made.

use super::{RatesStore, StoredObservation};
use crate::error::RatesError;
use chrono::NaiveDate;
use std::{
    collections::BTreeSet,
    fs::{self, File},
};

/// Choice of stored versions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// First date; `None` for the first that there is.
    pub from: Option<NaiveDate>,
    /// Last date; `None` for the last that there is.
    pub to: Option<NaiveDate>,
    /// Source of the versions; `None` for every source.
    pub source: Option<String>,
}

impl Selection {
    /// True when a date is within the bounds.
    pub fn includes(&self, date: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= date) && self.to.is_none_or(|to| date <= to)
    }

    /// True when a version is chosen.
    pub(crate) fn chooses(&self, version: &StoredObservation) -> bool {
        self.includes(version.date) && self.source.as_ref().is_none_or(|source| *source == version.source)
    }
}

impl RatesStore {
    /// Removes the chosen versions of a series and returns them; an older version of a date counts again. Values
    /// that a person has accepted on the dates count no longer. `copy` is given the versions before anything is
    /// removed; a series that has none left loses its file.
    ///
    /// # Errors
    /// When the series cannot be read or written, or `copy` fails; the series is then unchanged.
    pub(crate) fn remove<E: From<RatesError>>(
        &self,
        name: &str,
        selection: &Selection,
        copy: impl FnOnce(&[StoredObservation]) -> Result<(), E>,
    ) -> Result<Vec<StoredObservation>, E> {
        let path = self.path_of(name)?;
        let _until_the_end = self.lock()?;
        self.remove_abandoned_files()?;
        let versions = self.load_versions(name)?.unwrap_or_default();
        let (removed, left): (Vec<_>, Vec<_>) = versions.into_iter().partition(|version| selection.chooses(version));
        if removed.is_empty() {
            return Ok(removed);
        }
        copy(&removed)?;
        let dates: BTreeSet<NaiveDate> = removed.iter().map(|version| version.date).collect();
        self.update_accepted(name, |accepted| accepted.retain(|date, _| !dates.contains(date)))?;
        if left.is_empty() {
            fs::remove_file(&path).map_err(RatesError::io("remove", &path))?;
            let synced = File::open(&self.folder).and_then(|folder| folder.sync_all());
            synced.map_err(RatesError::io("sync", &self.folder))?;
        } else {
            self.replace(&path, &left)?;
        }
        Ok(removed)
    }
}
