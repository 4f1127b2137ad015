//! Opens the ledger of the configured state directory.

use crate::config::settings::Config;
use crate::failure::Failure;
use crate::host::clock::now;
use crate::notify::alerts;
use forecaster_ledger::Ledger;

/// Opens the ledger, or creates it.
///
/// # Errors
/// When it cannot be opened.
pub(crate) fn open_ledger(config: &Config) -> Result<Ledger, Failure> {
    let directory = &config.service.data_dir;
    std::fs::create_dir_all(directory).map_err(|e| Failure::file("create", directory, e))?;
    Ok(Ledger::open(&directory.join("ledger.sqlite"))?)
}

/// Opens the ledger as [`open_ledger`] does, but replaces a damaged one with a new one; the damaged file is moved
/// aside, with an error in the log and an alert.
pub(crate) fn open_or_replace_ledger(config: &Config) -> Result<Ledger, Failure> {
    let directory = &config.service.data_dir;
    std::fs::create_dir_all(directory).map_err(|e| Failure::file("create", directory, e))?;
    let now = now(config);
    let (ledger, aside) = Ledger::open_or_replace_corrupt(&directory.join("ledger.sqlite"), now.to_utc())?;
    if let Some(aside) = aside {
        let place = aside.path.display();
        tracing::error!(
            aside = %place,
            "the ledger was damaged: a fresh one has taken its place, and the old one is kept as {place}; what was issued before, and \
             mails that waited, are missing until a backup is restored or it is saved with sqlite3's .recover: {}",
            aside.reason
        );
        if let Some(alert) = alerts::ledger_lost(config, now, &aside) {
            ledger.enqueue(&alert)?;
        }
    }
    Ok(ledger)
}
