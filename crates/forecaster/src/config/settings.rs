//! The settings and their defaults. config/forecasters.toml shows them all; a test keeps the two equal.

use super::guard::GuardSettings;
use super::horizons::Horizons;
use super::mail::MailSettings;
use super::parsed;
use super::providers::ProviderSections;
use chrono_tz::Tz;
use forecaster_domain::{ClockTime, Pair};
use forecaster_ensemble::PoolSettings;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// When Narodowy Bank Polski has published the day's rates, by its own word: the latest of the sources of quotes.
const QUOTES_PUBLISHED: &str = "12:15 Europe/Warsaw";

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Directories, zone and language.
    pub service: ServiceSettings,
    /// The pair and its regressors.
    pub rates: RatesSettings,
    /// The checkpoint and how it is run.
    pub chronos: ChronosSettings,
    /// Validation and weights.
    pub ensemble: EnsembleSettings,
    /// What Chronos may cost.
    pub guard: GuardSettings,
    /// Who is told, and how.
    pub mail: MailSettings,
    /// One forecaster a horizon.
    pub horizons: Horizons,
}

impl Config {
    /// The pair to forecast.
    pub(crate) fn pair(&self) -> &Pair {
        &self.rates.pair
    }

    /// The zone of schedules and dates.
    pub(crate) fn zone(&self) -> Tz {
        self.service.timezone
    }
}

/// `[service]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServiceSettings {
    /// Zone in which schedules are meant and dates are told, a name of the IANA database.
    #[serde(with = "parsed::zone")]
    pub timezone: Tz,
    /// Directory of the rates store and the ledger.
    pub data_dir: PathBuf,
    /// Directory of the reports, one folder a horizon.
    pub reports_dir: PathBuf,
    /// The metrics log, one JSON line a run.
    pub metrics_log: PathBuf,
    /// Language of the reports.
    pub language: ReportLanguage,
    /// The daemon makes up for a missed run for so long.
    pub catch_up_hours: u32,
    /// A run that takes longer is cut off and has failed.
    pub run_deadline_seconds: u64,
    /// Asked to stop, the daemon lets a run finish for so long.
    pub stop_grace_seconds: u64,
    /// Log lines.
    pub log: LogSettings,
    /// The daemon's HTTP server.
    pub http: HttpSettings,
}

/// `[service.log]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LogSettings {
    /// Level, or a filter such as `forecaster=debug`.
    pub level: String,
    /// Form of the lines.
    pub format: LogFormat,
}

/// Form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// The journal with its fields when standard error is connected to it, else text.
    Auto,
    /// Text, coloured on a terminal.
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            LogFormat::Auto => "auto",
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        }
    }
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { level: "info".into(), format: LogFormat::Auto }
    }
}

/// `[service.http]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct HttpSettings {
    /// Address and port; empty: no server.
    pub listen: String,
    /// Where the token is that requests must bring: a systemd credential's name or a file's absolute path; empty: none asked.
    pub token: String,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self { listen: "127.0.0.1:9187".into(), token: String::new() }
    }
}

/// Language of the reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ReportLanguage {
    /// Spanish.
    Es,
    /// English.
    En,
}

impl Default for ServiceSettings {
    fn default() -> Self {
        Self {
            timezone: Tz::America__Santiago,
            data_dir: "data".into(),
            reports_dir: "reports".into(),
            metrics_log: "logs/metrics.jsonl".into(),
            language: ReportLanguage::Es,
            catch_up_hours: 12,
            run_deadline_seconds: 1800,
            stop_grace_seconds: 30,
            log: LogSettings::default(),
            http: HttpSettings::default(),
        }
    }
}

/// `[rates]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RatesSettings {
    /// The pair to forecast.
    #[serde(with = "parsed::pair")]
    pub pair: Pair,
    /// Where rates are fetched, the preferred provider first; empty: nowhere.
    pub providers: Vec<String>,
    /// Older data than this, in business days, is called stale.
    pub max_age_business_days: u32,
    /// A run fetches for so long at most.
    pub deadline_seconds: u64,
    /// Sources that differ by more are reported.
    pub max_difference_percent: f64,
    /// Whether a second source is asked, to compare.
    pub cross_check: bool,
    /// Addresses and accounts of the providers.
    pub provider: ProviderSections,
    /// Series that the report tells of and no model sees.
    pub watched: Vec<String>,
    /// The regressors by name of their series.
    pub series: BTreeMap<String, SeriesSettings>,
}

/// `[rates.series.NAME]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SeriesSettings {
    /// Calendar days between a value's date and the first as-of date at which it is known.
    pub lag_days: u16,
    /// Time of day, with its zone, from which a value is known on that date; empty: from the start of the day. Where it is
    /// not there, market quotes count as known from [`QUOTES_PUBLISHED`] on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// An order of providers of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub providers: Option<Vec<String>>,
    /// Symbols of its own by provider; `1/X` is X the other way round.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub symbols: BTreeMap<String, String>,
}

impl Default for SeriesSettings {
    fn default() -> Self {
        Self { lag_days: 1, published: None, providers: None, symbols: BTreeMap::new() }
    }
}

impl SeriesSettings {
    /// Time of day at which values of the series `name` are published; `None`: at the start of the day.
    pub(crate) fn clock_time(&self, name: &str) -> Option<ClockTime> {
        let usual = if name.ends_with("_spot") { QUOTES_PUBLISHED } else { "" };
        // Checked with the configuration.
        self.published.as_deref().unwrap_or(usual).parse().ok()
    }
}

impl Default for RatesSettings {
    fn default() -> Self {
        let names = ["dxy", "usdaud", "usdbrl", "usdcad", "usdclp_spot", "usdmxn", "usdnok"];
        let providers = ["bcch", "mindicador", "ecb", "fred", "nbp", "yahoo", "currency-api"];
        Self {
            pair: Pair::usd_clp(),
            providers: providers.map(str::to_owned).into(),
            max_age_business_days: 3,
            deadline_seconds: 8,
            max_difference_percent: 2.0,
            cross_check: true,
            watched: ["copper", "vix", "tpm", "fed_funds"].map(str::to_owned).into(),
            provider: ProviderSections::default(),
            series: names
                .map(|name| {
                    let published = name.ends_with("_spot").then(|| QUOTES_PUBLISHED.to_owned());
                    (name.to_owned(), SeriesSettings { published, ..SeriesSettings::default() })
                })
                .into(),
        }
    }
}

/// `[chronos]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ChronosSettings {
    /// "embedded" for the one in the program, the name of a checkpoint in the store, or a folder with one.
    pub model: String,
    /// Precision of the weights.
    pub quantize: Quantize,
    /// Where it runs.
    pub device: ChronosDevice,
    /// Threads within an operation; 0 for one a core.
    pub threads: usize,
    /// Released after so many seconds without a forecast; 0: at once after each horizon. A run of the daemon ends with its
    /// process, and so does this.
    pub idle_unload_seconds: u64,
    /// Loaded only when so much memory is free, MiB.
    pub min_free_ram_mb: u64,
    /// ONNX Runtime's shared library; empty: looked for.
    pub onnxruntime: PathBuf,
}

/// Precision of Chronos's weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Quantize {
    /// As the checkpoint has them.
    None,
    /// Eight bits.
    Int8,
}

/// Where Chronos runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ChronosDevice {
    /// The processor.
    Cpu,
    /// An NVIDIA card, or the processor when that cannot be had.
    Cuda,
}

impl Default for ChronosSettings {
    fn default() -> Self {
        Self {
            model: "embedded".into(),
            quantize: Quantize::None,
            device: ChronosDevice::Cpu,
            threads: 0,
            idle_unload_seconds: 60,
            min_free_ram_mb: 500,
            onnxruntime: PathBuf::new(),
        }
    }
}

/// `[ensemble]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct EnsembleSettings {
    /// Rolling origins of the validation.
    pub origins: usize,
    /// Business days between them.
    pub stride: usize,
    /// Origins after which a loss counts half in the weights.
    pub half_life: f64,
    /// Share of the weight that is dealt out by the prior, whatever the losses were.
    pub shrinkage: f64,
    /// Least weight of a model.
    pub weight_floor: f64,
    /// Greatest weight of a model.
    pub weight_cap: f64,
}

impl Default for EnsembleSettings {
    fn default() -> Self {
        Self { origins: 60, stride: 5, half_life: 30.0, shrinkage: 0.3, weight_floor: 0.0, weight_cap: 1.0 }
    }
}

impl EnsembleSettings {
    /// The part that makes weights.
    pub(crate) fn pool(&self) -> PoolSettings {
        PoolSettings {
            half_life: self.half_life,
            shrinkage: self.shrinkage,
            weight_floor: self.weight_floor,
            weight_cap: self.weight_cap,
        }
    }
}
