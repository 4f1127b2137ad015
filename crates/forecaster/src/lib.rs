//! The composition root: configuration, pipeline, command line. The rooms meet here and nowhere else.

mod backtest;
mod cache;
mod chronos;
pub mod cli;
mod commands;
mod config;
mod document;
pub mod failure;
mod market;
mod metrics;
mod models;
mod pipeline;
mod present;
mod progress;
mod publish;
mod resources;

use cli::{Cli, Command};
use failure::{Failure, Outcome};
use std::sync::OnceLock;
use tracing_subscriber::EnvFilter;

/// Runs a parsed command line.
///
/// # Errors
/// When it cannot be done; the failure carries the exit code and a hint.
pub fn execute(cli: &Cli) -> Result<Outcome, Failure> {
    start_logging(&cli.log)?;
    if matches!(cli.command, Command::ChronosWorker) {
        // All it needs to know comes from its parent, and a configuration edited meanwhile must not stop it.
        return chronos::serve();
    }
    let loaded = config::load(cli.config.as_deref()).map_err(Failure::from_config)?;
    match &cli.command {
        Command::Run(args) => commands::run(args, &loaded.config),
        Command::Backtest(args) => commands::backtest(args, &loaded.config),
        Command::Rates { command } => commands::rates(command, &loaded.config),
        Command::Model { command } => commands::model(command, &loaded.config),
        Command::Config { command } => commands::config(command, &loaded),
        Command::ChronosWorker => chronos::serve(),
    }
}

static LOG_FILTER: OnceLock<String> = OnceLock::new();

/// The log level or filter of the command line.
pub(crate) fn log_filter() -> &'static str {
    LOG_FILTER.get().map_or("info", String::as_str)
}

/// Logs go to stderr, so that stdout holds the answer alone. Called once a process; a second subscriber is refused.
fn start_logging(filter: &str) -> Result<(), Failure> {
    let _ = LOG_FILTER.set(filter.to_owned());
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        Failure::usage(format!("--log {filter}: {error}")).hint("use error, warn, info, debug or trace")
    })?;
    let colour = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(progress::log_writer)
        .with_ansi(colour)
        .with_target(false);
    // In tests several command lines run in one process: the first subscriber stays.
    let _ = subscriber.try_init();
    Ok(())
}
