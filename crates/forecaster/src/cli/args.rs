//! The command line: commands, arguments and options. Their comments are the text of `--help`, and docs/reference/COMMANDS.md
//! is made from them.

use crate::config::settings::LogFormat;
use chrono::{Datelike, NaiveDate};
use clap::{Args, Parser, Subcommand};
use forecaster_domain::Horizon;
use forecaster_rates::{DateOrder, DecimalSign};
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
    /// Command to run
    #[command(subcommand)]
    pub command: Command,
}

/// Commands of the program.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Forecast a horizon and write its report
    Run(RunArgs),
    /// Run the daemon: each horizon on its schedule
    Serve,
    /// Replay forecasts of the past and score them, out of sample
    Backtest(BacktestArgs),
    /// The rates store and its checks
    Rates {
        /// Command to run
        #[command(subcommand)]
        command: RatesCommand,
    },
    /// Chronos checkpoints: fetch, import, list, verify, measure, predict
    Model {
        /// Command to run
        #[command(subcommand)]
        command: ModelCommand,
    },
    /// Mail: test it, list the outbox, send waiting mails
    Mail {
        /// Command to run
        #[command(subcommand)]
        command: MailCommand,
    },
    /// Chronos in each horizon: on, off or suspended, and readiness of the next horizon
    Chronos {
        /// Command to run
        #[command(subcommand)]
        command: ChronosCommand,
    },
    /// Score issued forecasts against what happened, and compare the models
    ///
    /// Accuracy covers the forecasts whose last target date lies in the period and that were made before that date;
    /// of several runs of one as-of date the first counts. Runs, failures, weights, memory and seconds cover all runs
    /// that ended in the period.
    Review(ReviewArgs),
    /// Check the whole installation and say how to fix each problem
    Doctor {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Back up configuration, ledger and rates to one file; the daemon may be running
    Backup {
        /// File to write
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Restore a backup into an installation without state
    Restore {
        /// Backup file
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
        /// Directory to write to
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// The configuration
    Config {
        /// Command to run
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
    /// Forecast as of this date, using nothing known later [default: the newest observation]
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
    /// Last origin [default: the last official rate]
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
    /// Update the store from the providers
    Sync {
        /// Fetch everything from this date on, including dates that are already stored
        #[arg(long, value_name = "DATE", value_parser = iso_date)]
        from: Option<NaiveDate>,
        /// Only these series, comma-separated [default: the pair, its regressors and rates.watched]
        #[arg(long, value_name = "A,B", value_delimiter = ',')]
        series: Vec<String>,
        /// Accept values that differ from stored ones, however large the difference, and gaps
        #[arg(long)]
        accept_revisions: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List every series with its source, span and newest value
    Show {
        /// List the stored values that were replaced, and when
        #[arg(long, conflicts_with = "json")]
        revisions: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Run the quality checks and print their findings, by date
    Check {
        /// Only this series
        #[arg(long, value_name = "NAME")]
        series: Option<String>,
        /// List every finding, also where there are many of one kind
        #[arg(long)]
        verbose: bool,
    },
    /// Import your own history from a file with dates and values: text, an Excel workbook, an OpenDocument spreadsheet
    ///
    /// Delimiter, encoding, columns, dates and decimals are recognised; where the file leaves a doubt, the message names the option
    /// that decides.
    Import {
        /// File: best CSV with the header date,value, ISO dates and decimal points
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Name of the series: lower case, such as usdclp or copper
        #[arg(long, value_name = "NAME")]
        series: String,
        /// List every finding and every replaced value, also where there are many of one kind
        #[arg(long)]
        verbose: bool,
        /// Take values although they are out of proportion, jump without confirmation or contradict the known ones
        #[arg(long)]
        accept_jumps: bool,
        /// Decisions on how to read the file
        #[command(flatten)]
        layout: LayoutArgs,
        /// Show what would be taken, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Remove stored values of a series, such as a wrong import, after a copy of them is written
    ///
    /// Without --from, --to and --source all stored values of the series go. Embedded values cannot be removed.
    Remove {
        /// Name of the series
        #[arg(long, value_name = "NAME")]
        series: String,
        /// First date [default: the first that is stored]
        #[arg(long, value_name = "DATE", value_parser = iso_date)]
        from: Option<NaiveDate>,
        /// Last date [default: the last that is stored]
        #[arg(long, value_name = "DATE", value_parser = iso_date)]
        to: Option<NaiveDate>,
        /// Only values of this source: import, or the name of a provider
        #[arg(long, value_name = "NAME")]
        source: Option<String>,
        /// Show what would be removed, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

/// Decisions on how to read a file, for one that leaves a doubt.
#[derive(Debug, Args)]
pub struct LayoutArgs {
    /// Column of the dates: its name, or its number from 1
    #[arg(long, value_name = "COLUMN")]
    pub date_column: Option<String>,
    /// Column of the values: its name, or its number from 1
    #[arg(long, value_name = "COLUMN")]
    pub value_column: Option<String>,
    /// Order of day, month and year: dd/mm/yyyy, mm/dd/yyyy, or a pattern such as %d/%m/%Y
    #[arg(long, value_name = "FORM")]
    pub date_format: Option<DateOrder>,
    /// Decimal sign of the numbers: point or comma
    #[arg(long, value_name = "SIGN")]
    pub decimal: Option<DecimalSign>,
    /// Sheet of a workbook
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
}

/// `forecaster model`
#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// List the installed checkpoints
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Fetch a checkpoint from the Hugging Face hub (HF_ENDPOINT, HF_TOKEN and HF_HOME are respected)
    ///
    /// An installed one that has not changed is not fetched again.
    Pull {
        /// Name on the hub, such as amazon/chronos-bolt-small
        #[arg(value_name = "NAME")]
        name: String,
        /// Branch, tag or commit
        #[arg(long, default_value = "main")]
        revision: String,
        /// Fetch it again from the hub, even if it is installed or in the shared Hugging Face cache
        #[arg(long)]
        force: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Import a checkpoint from a folder with config.json and model.safetensors
    Import {
        /// Folder of the checkpoint
        #[arg(value_name = "DIR")]
        directory: PathBuf,
        /// Name of the checkpoint [default: the folder's name]
        #[arg(long)]
        name: Option<String>,
    },
    /// Compare checksums and the forecast of a fixed series with those recorded at import
    Verify {
        /// Checkpoint or folder [default: every installed checkpoint]
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Measure loading time, latency and memory
    Bench {
        /// Checkpoint or folder [default: every installed checkpoint]
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
    /// Test connection, encryption and password step by step, and send a test mail
    Test {
        /// Recipients [default: mail.recipients]
        #[arg(value_name = "ADDRESS")]
        to: Vec<String>,
    },
    /// List waiting mails and the outcome of the last ones
    Queue {
        /// Number of finished mails to list
        #[arg(long, value_name = "N", default_value_t = 10)]
        last: usize,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Send all waiting mails now
    Flush,
}

/// `forecaster chronos`
#[derive(Debug, Subcommand)]
pub enum ChronosCommand {
    /// Show each horizon: on, off or suspended, since when and why, and the criteria for the next horizon
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
        /// Reason, for the record
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
    /// Period to review
    #[arg(value_enum, default_value = "month")]
    pub period: ReviewPeriod,
    /// Review as of this date [default: today]
    #[arg(long, value_name = "DATE", value_parser = iso_date)]
    pub as_of: Option<NaiveDate>,
    /// Also count forecasts made after the fact by run --as-of, each at its as-of date
    #[arg(long)]
    pub replays: bool,
    /// Print the review as one JSON document
    #[arg(long)]
    pub json: bool,
}

/// `forecaster config`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check the whole configuration
    Check,
    /// Print the configuration in force, environment included
    Show,
    /// List the versions that the daemon has applied, and what each changed
    History,
    /// Restore an earlier version of the file
    Rollback {
        /// Number in the history [default: the newest version that differs from the file]
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
