//! Pre-flight check of the whole installation. In: the path of the configuration. Out: a [`Checkup`]; each check
//! reports a finding and, unless all is well, a fix.
//!
//! No state is written (SQLite may merge a log left by a crash): the ledger is read from a copy, rates are fetched
//! into a temporary folder, no run is recorded and no mail is sent. Everything that waits has a deadline; a check
//! that panics counts as failed.

pub(crate) mod check;
mod chronos;
mod configuration;
mod machine;
mod places;
mod service;
mod wires;

use crate::config::load::LoadedConfig;
use crate::config::load::{self};
use crate::config::settings::Config;
use crate::operations::doctor::check::{Check, Status};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;

/// All checks, by group.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Checkup {
    /// The checks.
    pub checks: Vec<Check>,
    /// Duration in seconds.
    pub seconds: f64,
    /// True when there is a usable configuration.
    pub is_configured: bool,
}

impl Checkup {
    /// Number of checks with this status.
    pub(crate) fn count(&self, status: Status) -> usize {
        self.checks.iter().filter(|check| check.status == status).count()
    }
}

/// A group of checks.
type CheckGroup = fn(&LoadedConfig) -> Vec<Check>;

/// Runs all checks; `named` is the path of the configuration, when one was given. The groups run in parallel, so slow
/// ones do not hold up the rest.
pub(crate) fn run_checks(named: Option<&Path>) -> Checkup {
    let begin = Instant::now();
    let loaded = match load::load(named) {
        Ok(loaded) => loaded,
        Err(error) => {
            let fix = "correct it, or put an earlier version back: forecaster config rollback";
            let mut checks = vec![Check::fail("configuration.valid", error.to_string(), fix)];
            // Checks that work without a configuration.
            let file = load::find_file(named);
            let mut config = Config::default();
            config.service.data_dir = load::data_dir(file.as_deref());
            checks.extend(places::ledger(&LoadedConfig { config, file, text: None }));
            return Checkup { checks, seconds: begin.elapsed().as_secs_f64(), is_configured: false };
        }
    };
    let groups: [(&str, CheckGroup); 9] = [
        ("configuration", configuration::configuration),
        ("credentials", configuration::credentials),
        ("directories", places::directories),
        ("ledger", places::ledger),
        ("machine", machine::machine),
        ("chronos", chronos::chronos),
        ("rates", wires::rates),
        ("mail", wires::mail),
        ("service", service::service),
    ];
    let checks = std::thread::scope(|scope| {
        let loaded = &loaded;
        let running: Vec<_> = groups
            .into_iter()
            .map(|(name, group)| {
                let look = move || {
                    let looked = catch_unwind(AssertUnwindSafe(|| group(loaded)));
                    looked.unwrap_or_else(|_| {
                        let fix = "report it, please, with what was printed above";
                        vec![Check::fail(&format!("{name}.doctor"), "the doctor itself failed in this check", fix)]
                    })
                };
                scope.spawn(look)
            })
            .collect();
        // Panics are caught above.
        running.into_iter().flat_map(|group| group.join().unwrap_or_default()).collect()
    });
    Checkup { checks, seconds: begin.elapsed().as_secs_f64(), is_configured: true }
}
