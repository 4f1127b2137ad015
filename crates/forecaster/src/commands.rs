//! What each subcommand does and prints. Answers go to stdout, everything else to stderr.

mod backtest;
mod backup;
mod chronos;
mod config;
mod doctor;
mod generate;
mod mail;
mod model;
mod rates;
mod review;
mod run;
mod sync;

pub(crate) use backtest::backtest;
pub(crate) use backup::{backup, restore};
pub(crate) use chronos::chronos;
pub(crate) use config::{config, history, rollback};
pub(crate) use doctor::doctor;
pub(crate) use generate::generate;
pub(crate) use mail::mail;
pub(crate) use model::{Verified, crosses_much, model, verify_configured};
pub(crate) use rates::rates;
pub(crate) use review::review;
pub(crate) use run::run;

use crate::cli::HorizonChoice;
use crate::config::Config;
use crate::failure::Failure;
use crate::post;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use forecaster_domain::Horizon;
use forecaster_ledger::Ledger;
use std::io::Write;

/// The clock, in the configured zone.
fn now(config: &Config) -> DateTime<Tz> {
    Utc::now().with_timezone(&config.zone())
}

fn today(config: &Config) -> NaiveDate {
    now(config).date_naive()
}

pub(crate) fn open_ledger(config: &Config) -> Result<Ledger, Failure> {
    let directory = &config.service.data_dir;
    std::fs::create_dir_all(directory).map_err(|e| Failure::from_io("create", directory, &e))?;
    Ok(Ledger::open(&directory.join("ledger.sqlite"))?)
}

/// As [`open_ledger`], for who goes on in any case: one that is damaged is put aside, with an error in the log and an alert, and a fresh
/// one takes its place.
pub(crate) fn open_ledger_or_begin_anew(config: &Config) -> Result<Ledger, Failure> {
    let directory = &config.service.data_dir;
    std::fs::create_dir_all(directory).map_err(|e| Failure::from_io("create", directory, &e))?;
    let now = now(config);
    let (ledger, aside) = Ledger::open_or_begin_anew(&directory.join("ledger.sqlite"), now.to_utc())?;
    if let Some(aside) = aside {
        let place = aside.path.display();
        tracing::error!(
            aside = %place,
            "the ledger was damaged: a fresh one has taken its place, and the old one is kept as {place}; what was issued before, and \
             mails that waited, are missing until a backup is restored or it is saved with sqlite3's .recover: {}",
            aside.reason
        );
        if let Some(alert) = post::ledger_lost(config, now, &aside) {
            ledger.enqueue(&alert)?;
        }
    }
    Ok(ledger)
}

fn chosen(choice: HorizonChoice, config: &Config) -> Result<Vec<Horizon>, Failure> {
    match choice {
        HorizonChoice::One(horizon) => Ok(vec![horizon]),
        HorizonChoice::All => {
            let enabled: Vec<Horizon> =
                Horizon::ALL.into_iter().filter(|h| config.horizons.get(*h).enabled).collect();
            if enabled.is_empty() {
                return Err(Failure::usage("no horizon is enabled").hint("set horizons.7d.enabled = true"));
            }
            Ok(enabled)
        }
    }
}

/// Prints to stdout; a reader that has gone away (a closed pipe) is not an error.
fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

fn print_json(document: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(document).map_err(Failure::failed)?;
    print(&(text + "\n"))
}
