//! The pre-flight: the whole installation looked over, check by check. In: the configuration's place. Out: a [`Checkup`], each of whose
//! checks says what was found and, unless all is well, what to do.
//!
//! Nothing of the state is written (SQLite may fold in a log that a crash has left): the ledger is looked at in a copy, rates are asked for into a folder that is thrown away, no run is
//! recorded and no mail sent. What waits has a deadline; a check that panics is a check that failed.

pub(crate) mod check;
mod chronos;
mod configuration;
mod machine;
mod places;
mod service;
mod wires;

use crate::config::load::Loaded;
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
    /// Seconds that it took.
    pub seconds: f64,
    /// Whether there is a configuration that can be used.
    pub is_configured: bool,
}

impl Checkup {
    /// How many ended so.
    pub(crate) fn count(&self, status: Status) -> usize {
        self.checks.iter().filter(|check| check.status == status).count()
    }
}

/// A group of checks.
type Group = fn(&Loaded) -> Vec<Check>;

/// Looks everything over; `named`: the configuration's file, when one was named. What waits for others runs beside the rest.
pub(crate) fn look_over(named: Option<&Path>) -> Checkup {
    let begin = Instant::now();
    let loaded = match load::load(named) {
        Ok(loaded) => loaded,
        Err(error) => {
            let fix = "correct it, or put an earlier version back: forecaster config rollback";
            let mut checks = vec![Check::fail("configuration.valid", error.to_string(), fix)];
            // What can be known without it.
            let file = load::find(named);
            let mut config = Config::default();
            config.service.data_dir = load::data_dir(file.as_deref());
            checks.extend(places::ledger(&Loaded { config, file, text: None }));
            return Checkup { checks, seconds: begin.elapsed().as_secs_f64(), is_configured: false };
        }
    };
    let groups: [(&str, Group); 9] = [
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
                        vec![Check::fail(&format!("{name}.doctor"), "the doctor itself stumbled here", fix)]
                    })
                };
                scope.spawn(look)
            })
            .collect();
        // A thread that panics has been caught above.
        running.into_iter().flat_map(|group| group.join().unwrap_or_default()).collect()
    });
    Checkup { checks, seconds: begin.elapsed().as_secs_f64(), is_configured: true }
}
