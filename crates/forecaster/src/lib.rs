//! The composition root: configuration, runs, daemon, command line. The other crates meet here and nowhere else.
//!
//! # Rooms
//!
//! A room imports only from the rooms to its right; those in one pair of braces do not know each other. `.ci/rooms.py`
//! reads this line and fails on an import against it.
//!
//! ```text
//! cli -> operations -> daemon -> run -> publish -> guard -> {forecast, review, notify} -> market -> {host, assignment} -> config -> failure
//! ```
//!
//! | room | what it is for | in | out |
//! | --- | --- | --- | --- |
//! | `cli` | all that an operator types or sees | arguments | text, JSON, an exit code |
//! | `operations` | work on the whole installation: doctor, backup, restore | a configuration's place | findings, an archive |
//! | `daemon` | schedule, supervisor, pages over HTTP, systemd | a configuration | processes that run |
//! | `run` | one run of one horizon, from the market to what it leaves | an assignment | an issued forecast |
//! | `publish` | what a run leaves: report, JSON, ledger, metrics line, mail | a forecast | files and a record |
//! | `guard` | whether Chronos may take part, and what a run means for the next | the ledger, what was seen | admission, suspension |
//! | `forecast` | validation, models, pool; backtests. Writes nothing but the validation cache | a market | a forecast |
//! | `review` | looking back: scores of what was issued, verdicts | the ledger, rates | figures |
//! | `notify` | letters and alerts, and their delivery | what happened | mails in the outbox, and out of it |
//! | `market` | what is known of the pair: fetching, series, quotes | providers, the store | a history |
//! | `host` | the machine: clock, files, locks, log lines, secrets, memory | | |
//! | `assignment` | what is to be run, and what identifies a run | | |
//! | `config` | the file and the environment, checked whole, then trusted | TOML, variables | a configuration |
//! | `failure` | how a command ends: done, degraded, or failed with a hint and an exit code | | |

mod assignment;
pub mod cli;
mod config;
mod daemon;
pub mod failure;
mod forecast;
mod guard;
mod host;
mod market;
mod notify;
mod operations;
mod publish;
mod review;
mod run;
