//! The program: configuration, runs, daemon and command line. Only this crate combines the other crates.
//!
//! `main` hands the parsed command line ([`cli::args::Cli`]) to [`cli::dispatch`]; the result is an exit code
//! ([`failure::Failure::code`]).
//!
//! # Example
//!
//! ```
//! use clap::Parser;
//! use forecaster::cli::args::{Cli, Command, HorizonChoice};
//!
//! let cli = Cli::try_parse_from(["forecaster", "run", "7d", "--as-of", "2024-12-23"])?;
//! let Command::Run(run) = cli.command else { unreachable!() };
//! assert_eq!(run.horizon, HorizonChoice::One("7d".parse()?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Neighbours
//!
//! `forecaster_domain` has the types, `forecaster_rates` the rates, `forecaster_models`, `forecaster_chronos` and
//! `forecaster_ensemble` the forecast, `forecaster_ledger` the record, `forecaster_report` and `forecaster_mail` what goes
//! out.
//!
//! # Rooms
//!
//! A room imports only from the rooms to its right; rooms in one pair of braces do not import each other.
//! `.ci/rooms.py` reads this line and fails when an import breaks it.
//!
//! ```text
//! cli -> operations -> daemon -> run -> publish -> guard -> {forecast, review, notify}
//!     -> market -> {host, assignment} -> config -> failure
//! ```
//!
//! | room | what it is for | in | out |
//! | --- | --- | --- | --- |
//! | `cli` | everything an operator types or sees | arguments | text, JSON, an exit code |
//! | `operations` | work on the installation: doctor, backup, restore | a configuration file | findings, an archive |
//! | `daemon` | schedule, supervisor, pages over HTTP, systemd | a configuration | processes that carry out runs |
//! | `run` | one run of one horizon, from the market to its output | an assignment | an issued forecast |
//! | `publish` | the output of a run: report, JSON, ledger, metrics line, mail | a forecast | files and a record |
//! | `guard` | admission of Chronos to a run, effects on later runs | the ledger, findings | admission, suspension |
//! | `forecast` | validation, models, pool; backtests. Writes only the validation cache | a market | a forecast |
//! | `review` | scores of issued forecasts, verdicts | the ledger, rates | figures |
//! | `notify` | letters and alerts, and their delivery | events | mails queued in the outbox and delivered |
//! | `market` | everything known of the pair: fetching, series, quotes | providers, the store | a history |
//! | `host` | the machine: clock, files, locks, log lines, secrets, memory | | |
//! | `assignment` | the assignment and the identity of a run | | |
//! | `config` | the file and the environment, checked completely, then trusted | TOML, variables | a configuration |
//! | `failure` | the end of a command: done, degraded, or failed with a hint and an exit code | | |

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
