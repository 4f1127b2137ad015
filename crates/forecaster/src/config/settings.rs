//! Settings and their defaults. config/forecasters.toml shows them all; a test keeps the two equal.

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

/// Time at which Narodowy Bank Polski says it has published the day's rates: the latest of the sources of quotes.
const QUOTES_PUBLISHED: &str = "12:15 Europe/Warsaw";

/// The complete configuration.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Directories, zone and language.
    pub service: ServiceSettings,
    /// The pair and its regressors.
    pub rates: RatesSettings,
    /// Checkpoint, device and memory settings of Chronos.
    pub chronos: ChronosSettings,
    /// Validation and weights.
    pub ensemble: EnsembleSettings,
    /// Limits on the cost of Chronos.
    pub guard: GuardSettings,
    /// The mail server, the sender and the recipients.
    pub mail: MailSettings,
    /// Settings of the four horizons, one forecaster each.
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
    /// Time zone of schedules and of displayed dates, a name of the IANA database.
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
    /// Hours after the scheduled time within which the daemon still catches up a missed run.
    pub catch_up_hours: u32,
    /// Longest run, in seconds; a longer one is cut off and recorded as failed.
    pub run_deadline_seconds: u64,
    /// Seconds that a run may still take to finish after the daemon was asked to stop.
    pub stop_grace_seconds: u64,
    /// Level and format of the log lines.
    pub log: LogSettings,
    /// The daemon's HTTP server.
    pub http: HttpSettings,
}

/// `[service.log]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LogSettings {
    /// Log level, or a filter such as `forecaster=debug`.
    pub level: String,
    /// Format of the lines.
    pub format: LogFormat,
}

/// Format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// The journal with its fields when standard error is connected to the journal, otherwise text.
    Auto,
    /// Text, coloured on a terminal.
    Text,
    /// One JSON object per line.
    Json,
}

impl LogFormat {
    /// Returns the name used in the configuration.
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
    /// Address and port; empty for no server.
    pub listen: String,
    /// Source of the token that requests must send: a systemd credential's name or a file's absolute path; empty when
    /// no token is required.
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
    /// Providers of rates, the preferred one first; empty to fetch nothing.
    pub providers: Vec<String>,
    /// Age in business days above which data is called stale.
    pub max_age_business_days: u32,
    /// Longest time that a run may spend fetching, in seconds.
    pub deadline_seconds: u64,
    /// Largest accepted difference between two sources, in per cent; larger ones are reported.
    pub max_difference_percent: f64,
    /// True when a second source is also asked, for comparison.
    pub cross_check: bool,
    /// Addresses and accounts of the providers.
    pub provider: ProviderSections,
    /// Series shown in the report but used by no model.
    pub watched: Vec<String>,
    /// The regressors by the name of their series.
    pub series: BTreeMap<String, SeriesSettings>,
}

/// `[rates.series.NAME]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SeriesSettings {
    /// Calendar days between a value's date and the first as-of date at which it is known.
    pub lag_days: u16,
    /// Time of day, with its zone, from which a value is known on that date. Empty: from the start of the day. When
    /// the key is absent, market quotes count as known from [`QUOTES_PUBLISHED`] on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// Order of providers for this series alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub providers: Option<Vec<String>>,
    /// Symbols for this series, by provider; `1/X` is the inverse of X.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub symbols: BTreeMap<String, String>,
}

impl Default for SeriesSettings {
    fn default() -> Self {
        Self { lag_days: 1, published: None, providers: None, symbols: BTreeMap::new() }
    }
}

impl SeriesSettings {
    /// Returns the time of day at which values of the series `name` are published; `None` means the start of the day.
    pub(crate) fn clock_time(&self, name: &str) -> Option<ClockTime> {
        let usual = if name.ends_with("_spot") { QUOTES_PUBLISHED } else { "" };
        // The text was validated when the configuration was loaded.
        self.published.as_deref().unwrap_or(usual).parse().ok()
    }
}

impl Default for RatesSettings {
    fn default() -> Self {
        let names = ["dxy", "usdaud", "usdbrl", "usdcad", "usdclp_spot", "usdmxn", "usdnok"];
        let providers =
            ["bcch", "mindicador", "ecb", "fred", "sii", "frankfurter", "bis", "nbp", "yahoo", "currency-api"];
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
    /// "embedded" for the checkpoint in the program, the name of a checkpoint in the store, or a folder that holds
    /// one.
    pub model: String,
    /// Precision of the weights.
    pub quantize: Quantize,
    /// Device that runs the model.
    pub device: ChronosDevice,
    /// Threads within an operation; 0 for one per core.
    pub threads: usize,
    /// Seconds without a forecast after which the model is released; 0: at once after each horizon. The daemon runs
    /// each run in a process of its own, so the model is also released when that process ends.
    pub idle_unload_seconds: u64,
    /// Free memory required to load the model, MiB.
    pub min_free_ram_mb: u64,
    /// ONNX Runtime's shared library; empty to search for it.
    pub onnxruntime: PathBuf,
}

/// Precision of Chronos's weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Quantize {
    /// Precision of the checkpoint's own weights.
    None,
    /// Eight bits.
    Int8,
}

/// Device that runs Chronos.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ChronosDevice {
    /// The processor.
    Cpu,
    /// An NVIDIA GPU, or the processor when no GPU is available.
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
    /// Number of rolling origins of the validation.
    pub origins: usize,
    /// Business days between two origins.
    pub stride: usize,
    /// Number of origins after which a loss counts half in the weights.
    pub half_life: f64,
    /// Share of the weight that follows the prior, regardless of the losses.
    pub shrinkage: f64,
    /// Smallest weight of a model.
    pub weight_floor: f64,
    /// Largest weight of a model.
    pub weight_cap: f64,
}

impl Default for EnsembleSettings {
    fn default() -> Self {
        Self { origins: 60, stride: 5, half_life: 30.0, shrinkage: 0.3, weight_floor: 0.0, weight_cap: 1.0 }
    }
}

impl EnsembleSettings {
    /// Returns the settings that determine the weights.
    pub(crate) fn pool(&self) -> PoolSettings {
        PoolSettings {
            half_life: self.half_life,
            shrinkage: self.shrinkage,
            weight_floor: self.weight_floor,
            weight_cap: self.weight_cap,
        }
    }
}
