//! The command line, as ../shared/design.md fixes it.

use crate::config::settings::LogFormat;
use chrono::{Datelike, NaiveDate};
use clap::{Args, Parser, Subcommand};
use forecaster_domain::Horizon;
use std::path::PathBuf;

/// Forecasts an exchange rate, says how sure it is and whether it beats a random walk.
#[derive(Debug, Parser)]
#[command(name = "forecaster", version, about, arg_required_else_help = true)]
pub struct Cli {
    /// Configuration file [default: config/forecasters.toml, then /etc/forecaster/forecasters.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Log level: error, warn, info, debug or trace, or a filter such as forecaster=debug [default: as configured, info]
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log: Option<String>,
    /// Form of log lines [default: as configured, auto]
    #[arg(long, global = true, value_name = "FORMAT", hide_possible_values = true)]
    pub log_format: Option<LogFormat>,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Forecast a horizon and write its report
    Run(RunArgs),
    /// Be the daemon: run each horizon on its schedule
    Serve,
    /// Replay the forecasts of the past and score them, out of sample
    Backtest(BacktestArgs),
    /// The rates store and its checks
    Rates {
        /// What to do with them
        #[command(subcommand)]
        command: RatesCommand,
    },
    /// Chronos checkpoints: fetch, import, list, verify, measure, forecast with
    Model {
        /// What to do with them
        #[command(subcommand)]
        command: ModelCommand,
    },
    /// The mail: try it, look into the outbox, send what waits
    Mail {
        /// What to do with it
        #[command(subcommand)]
        command: MailCommand,
    },
    /// Chronos in each horizon: whether it takes part, why not, and whether the next horizon is ready for it
    Chronos {
        /// What to do with it
        #[command(subcommand)]
        command: ChronosCommand,
    },
    /// Score what was issued against what happened, and say who was better
    ///
    /// Accuracy covers the forecasts whose last target date lies in the period and that were made before that date;
    /// of several runs of one as-of date the first counts. Runs, failures, weights, memory and seconds cover all runs
    /// that ended in the period.
    Review(ReviewArgs),
    /// Look over the whole installation, line by line, with what to do about each fault
    Doctor {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Put configuration, ledger and rates into one file, while the daemon runs
    Backup {
        /// The file to write
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Bring a backup back, where nothing is yet
    Restore {
        /// The file of the backup
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Run a checkpoint for the parent process
    #[command(hide = true)]
    ChronosWorker,
    /// Run a horizon for the daemon
    #[command(hide = true)]
    RunWorker,
    /// Ask the daemon's /healthz, for containers
    #[command(hide = true)]
    Healthcheck,
    /// Write man pages, completions and the configuration of a package
    #[command(hide = true)]
    Generate {
        /// Where to
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// The configuration
    Config {
        /// What to do with it
        #[command(subcommand)]
        command: ConfigCommand,
    },
}

/// One horizon or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HorizonChoice {
    /// One.
    One(Horizon),
    /// Every enabled one.
    All,
}

fn horizon_choice(text: &str) -> Result<HorizonChoice, String> {
    if text == "all" {
        return Ok(HorizonChoice::All);
    }
    text.parse().map(HorizonChoice::One).map_err(|_| "expected 7d, 15d, 30d, 90d or all".to_owned())
}

fn iso_date(text: &str) -> Result<NaiveDate, String> {
    let date: NaiveDate = text.parse().map_err(|_| "expected a date such as 2024-12-30".to_owned())?;
    // The years for which the calendar has holidays.
    if (1990..=2100).contains(&date.year()) { Ok(date) } else { Err("expected a year from 1990 to 2100".to_owned()) }
}

/// `forecaster run`
#[derive(Debug, Args)]
pub struct RunArgs {
    /// 7d, 15d, 30d, 90d or all
    #[arg(value_parser = horizon_choice)]
    pub horizon: HorizonChoice,
    /// Forecast as of this date, knowing nothing later [default: the newest observation]
    #[arg(long, value_name = "DATE", value_parser = iso_date)]
    pub as_of: Option<NaiveDate>,
    /// Use stored and embedded rates only
    #[arg(long)]
    pub offline: bool,
    /// Do not e-mail the report
    #[arg(long)]
    pub no_email: bool,
    /// Print the whole forecast as one JSON document
    #[arg(long)]
    pub json: bool,
}

/// `forecaster backtest`
#[derive(Debug, Args)]
pub struct BacktestArgs {
    /// 7d, 15d, 30d, 90d or all
    #[arg(value_parser = horizon_choice)]
    pub horizon: HorizonChoice,
    /// First origin [default: two years before the last]
    #[arg(long, value_name = "DATE", value_parser = iso_date)]
    pub from: Option<NaiveDate>,
    /// Last origin [default: the newest observation]
    #[arg(long, value_name = "DATE", value_parser = iso_date)]
    pub to: Option<NaiveDate>,
    /// Business days between origins
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=250))]
    pub every: u32,
    /// Models of the pool, comma-separated [default: those of the configuration]
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub models: Option<Vec<String>>,
    /// Print the scores as one JSON document
    #[arg(long)]
    pub json: bool,
}

/// `forecaster rates`
#[derive(Debug, Subcommand)]
pub enum RatesCommand {
    /// Bring the store up to date from the providers
    Sync {
        /// Ask for everything from this date on, whatever is known
        #[arg(long, value_name = "DATE", value_parser = iso_date)]
        from: Option<NaiveDate>,
        /// Only these series, comma-separated [default: the pair and its regressors]
        #[arg(long, value_name = "A,B", value_delimiter = ',')]
        series: Vec<String>,
        /// Take what providers say of days that are stored, however much it differs
        #[arg(long)]
        accept_revisions: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List every series with its source, span and newest value
    Show {
        /// List the values of the store that were replaced, and when
        #[arg(long, conflicts_with = "json")]
        revisions: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Run the quality checks and print what they find, by date
    Check {
        /// Only this series
        #[arg(long, value_name = "NAME")]
        series: Option<String>,
    },
    /// Take a history of your own from a CSV file with the header date,value
    Import {
        /// The CSV file: ISO dates, decimal points
        #[arg(value_name = "FILE.csv")]
        file: PathBuf,
        /// Name of the series: lower case, such as usdclp or copper
        #[arg(long, value_name = "NAME")]
        series: String,
    },
}

/// `forecaster model`
#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// List the checkpoints at hand
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Fetch a checkpoint from the Hugging Face hub (HF_ENDPOINT, HF_TOKEN and HF_HOME are respected)
    Pull {
        /// Its name on the hub, such as amazon/chronos-bolt-small
        #[arg(value_name = "NAME")]
        name: String,
        /// Branch, tag or commit
        #[arg(long, default_value = "main")]
        revision: String,
    },
    /// Take a checkpoint from a folder with config.json and model.safetensors
    Import {
        /// The folder
        #[arg(value_name = "DIR")]
        directory: PathBuf,
        /// Its name here [default: the folder's name]
        #[arg(long)]
        name: Option<String>,
    },
    /// Check checksums, load, forecast a fixed series and compare with the numbers kept at import
    Verify {
        /// Checkpoint or folder [default: every checkpoint at hand]
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Measure time to load, latency and memory
    Bench {
        /// Checkpoint or folder [default: every checkpoint at hand]
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// Values in a context
        #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(16..=8192))]
        context: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the model's own quantiles for a column of numbers
    Predict {
        /// Checkpoint or folder
        #[arg(value_name = "NAME_OR_DIR")]
        name: String,
        /// One value a line, oldest first; an empty line is a missing value
        #[arg(long, value_name = "FILE.csv")]
        input: PathBuf,
        /// Steps to forecast
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=2000))]
        steps: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// `forecaster mail`
#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// Go through connection, protection and password step by step, and send a test mail
    Test {
        /// To whom [default: mail.recipients]
        #[arg(value_name = "ADDRESS")]
        to: Vec<String>,
    },
    /// List what waits, and what became of the last mails
    Queue {
        /// Mails shown that wait no more
        #[arg(long, value_name = "N", default_value_t = 10)]
        last: usize,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Send what waits now, however long it was to wait
    Flush,
}

/// `forecaster chronos`
#[derive(Debug, Subcommand)]
pub enum ChronosCommand {
    /// Tell of each horizon: on or off, since when, suspended or why, and whether the next stage is earned
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Leave Chronos out of a horizon until it is resumed
    Suspend {
        /// 7d, 15d, 30d or 90d
        #[arg(value_name = "HORIZON")]
        horizon: Horizon,
        /// Why, for the record
        #[arg(long, value_name = "TEXT", default_value = "by hand")]
        reason: String,
    },
    /// Let Chronos take part in a horizon again
    Resume {
        /// 7d, 15d, 30d or 90d
        #[arg(value_name = "HORIZON")]
        horizon: Horizon,
    },
}

/// Span of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ReviewPeriod {
    /// 7 days.
    Week,
    /// 30 days.
    Month,
    /// 91 days.
    Quarter,
}

/// `forecaster review`
#[derive(Debug, Args)]
pub struct ReviewArgs {
    /// Days that are looked back on
    #[arg(value_enum, default_value = "month")]
    pub period: ReviewPeriod,
    /// Review as of this date [default: today]
    #[arg(long, value_name = "DATE", value_parser = iso_date)]
    pub as_of: Option<NaiveDate>,
    /// Count forecasts that were made knowing the outcome, by run --as-of, each at its as-of date
    #[arg(long)]
    pub replays: bool,
    /// Print the review as one JSON document
    #[arg(long)]
    pub json: bool,
}

/// `forecaster config`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration whole
    Check,
    /// Print the configuration in force, environment included
    Show,
    /// List the versions that the daemon took over, and what each changed
    History,
    /// Put an earlier version back into the file
    Rollback {
        /// Its number in the history [default: the newest that differs from the file]
        #[arg(value_name = "NUMBER")]
        number: Option<u32>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
