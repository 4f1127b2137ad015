//! The pre-flight: the whole installation looked over, check by check. In: the configuration's place. Out: a [`Checkup`], each of whose
//! checks says what was found and, unless all is well, what to do.
//!
//! Nothing of the state is written (SQLite may fold in a log that a crash has left): the ledger is looked at in a copy, rates are asked for into a folder that is thrown away, no run is
//! recorded and no mail sent. What waits has a deadline; a check that panics is a check that failed.

mod chronos;
mod configuration;
mod machine;
mod places;
mod service;
mod wires;

use crate::config::{self, Config, Loaded};
use serde::Serialize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;
use tempfile::TempDir;

/// How a check ended, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// It does not apply, or cannot be known here.
    Skip,
    /// All is well.
    Ok,
    /// It works, but somebody should look.
    Warn,
    /// It does not work.
    Fail,
}

/// One line of the checkup.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Check {
    /// Its name: the group, a dot, what is looked at.
    pub id: String,
    /// The group that it stands in.
    pub group: String,
    /// How it ended.
    pub status: Status,
    /// What was found.
    pub finding: String,
    /// What to do; null when all is well.
    pub fix: Option<String>,
}

impl Check {
    fn new(id: &str, status: Status, finding: impl Into<String>, fix: Option<String>) -> Self {
        let group = id.split('.').next().unwrap_or_default().to_owned();
        Self { id: id.to_owned(), group, status, finding: finding.into(), fix }
    }

    fn ok(id: &str, finding: impl Into<String>) -> Self {
        Self::new(id, Status::Ok, finding, None)
    }

    fn skip(id: &str, finding: impl Into<String>) -> Self {
        Self::new(id, Status::Skip, finding, None)
    }

    fn warn(id: &str, finding: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(id, Status::Warn, finding, Some(fix.into()))
    }

    fn fail(id: &str, finding: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(id, Status::Fail, finding, Some(fix.into()))
    }
}

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

/// The configuration with a folder of its own in the place of a state directory that has no rates yet: opening a store makes it, and
/// who looks makes nothing. The folder lives as long as it is held.
fn without_traces(config: &Config) -> (Config, Option<TempDir>) {
    let mut config = config.clone();
    let folder = (!config.service.data_dir.join("rates").is_dir()).then(tempfile::tempdir).and_then(Result::ok);
    if let Some(folder) = &folder {
        config.service.data_dir = folder.path().to_owned();
    }
    (config, folder)
}

/// A group of checks.
type Group = fn(&Loaded) -> Vec<Check>;

/// Looks everything over; `named`: the configuration's file, when one was named. What waits for others runs beside the rest.
pub(crate) fn look_over(named: Option<&Path>) -> Checkup {
    let begin = Instant::now();
    let loaded = match config::load(named) {
        Ok(loaded) => loaded,
        Err(error) => {
            let fix = "correct it, or put an earlier version back: forecaster config rollback";
            let mut checks = vec![Check::fail("configuration.valid", error.to_string(), fix)];
            // What can be known without it.
            let file = config::find(named);
            let mut config = Config::default();
            config.service.data_dir = config::data_dir(file.as_deref());
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
