//! The settings and their defaults. config/forecasters.toml shows them all; a test keeps the two equal.

use super::{GuardSettings, HorizonEmail, MailSettings};
use crate::failure::Failure;
use chrono_tz::Tz;
use forecaster_domain::{ClockTime, Horizon, Pair};
use forecaster_ensemble::PoolSettings;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

/// Name of the model that is switched in `[horizons.X.chronos]` instead.
pub(crate) const CHRONOS: &str = "chronos";

/// Names under which models can be listed in `horizons.X.models`.
pub(crate) const MODEL_NAMES: [&str; 6] =
    ["random_walk", "market_walk", "ewma_walk", "arima_garch", "var", "random_forest"];

/// When Narodowy Bank Polski has published the day's rates, by its own word: the latest of the sources of quotes.
const QUOTES_PUBLISHED: &str = "12:15 Europe/Warsaw";

/// Models of a horizon unless its own are listed.
const DEFAULT_MODELS: [&str; 5] = ["market_walk", "ewma_walk", "arima_garch", "var", "random_forest"];

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
    ///
    /// # Errors
    /// When it is none; [`super::load`] has seen that it is one.
    pub(crate) fn pair(&self) -> Result<Pair, Failure> {
        Pair::from_str(&self.rates.pair).map_err(Failure::usage)
    }

    /// The zone of schedules and dates.
    pub(crate) fn zone(&self) -> Tz {
        // Checked with the configuration.
        self.service.timezone.parse().unwrap_or(Tz::UTC)
    }
}

/// `[service]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServiceSettings {
    /// Zone in which schedules are meant and dates are told, a name of the IANA database.
    pub timezone: String,
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
            timezone: "America/Santiago".into(),
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
    pub pair: String,
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
    pub provider: ProviderPlaces,
    /// Series that the report tells of and no model sees.
    pub watched: Vec<String>,
    /// The regressors by name of their series.
    pub series: BTreeMap<String, SeriesSettings>,
}

/// `[rates.provider]`
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ProviderPlaces {
    /// mindicador.cl.
    pub mindicador: ProviderPlace,
    /// The Banco Central de Chile.
    pub bcch: AccountPlace,
    /// The European Central Bank.
    pub ecb: ProviderPlace,
    /// The Federal Reserve Bank of St. Louis.
    pub fred: ProviderPlace,
    /// Narodowy Bank Polski.
    pub nbp: ProviderPlace,
    /// Yahoo Finance.
    pub yahoo: ProviderPlace,
    /// Stooq.
    pub stooq: KeyPlace,
    /// The npm package currency-api on its mirrors.
    #[serde(rename = "currency-api")]
    pub currency_api: MirrorPlaces,
    /// Files of this machine.
    pub file: FilePlace,
}

/// `[rates.provider.NAME]`
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ProviderPlace {
    /// Address; empty: the usual one.
    pub url: String,
}

/// `[rates.provider.bcch]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AccountPlace {
    /// Address; empty: the usual one.
    pub url: String,
    /// Name of the account; empty: none.
    pub user: String,
    /// Where its password is: a systemd credential's name or a file's absolute path.
    pub password: String,
}

impl Default for AccountPlace {
    fn default() -> Self {
        Self { url: String::new(), user: String::new(), password: "forecaster.bcch-password".into() }
    }
}

/// `[rates.provider.stooq]`
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct KeyPlace {
    /// Address; empty: the usual one.
    pub url: String,
    /// Where its key is: a systemd credential's name or a file's absolute path; empty: none.
    pub key: String,
}

/// `[rates.provider.currency-api]`
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MirrorPlaces {
    /// Addresses with `{date}` and `{base}`; empty: the usual ones.
    pub urls: Vec<String>,
}

/// `[rates.provider.file]`
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FilePlace {
    /// CSV or Parquet files, `{series}` standing for the name of the series; empty: none.
    pub path: String,
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
            pair: "USD/CLP".into(),
            providers: providers.map(str::to_owned).into(),
            max_age_business_days: 3,
            deadline_seconds: 8,
            max_difference_percent: 2.0,
            cross_check: true,
            watched: ["copper", "vix", "tpm", "fed_funds"].map(str::to_owned).into(),
            provider: ProviderPlaces::default(),
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

/// `[horizons]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Horizons {
    /// 7 calendar days.
    #[serde(rename = "7d", deserialize_with = "d7")]
    pub d7: HorizonSettings,
    /// 15 calendar days.
    #[serde(rename = "15d", deserialize_with = "d15")]
    pub d15: HorizonSettings,
    /// 30 calendar days.
    #[serde(rename = "30d", deserialize_with = "d30")]
    pub d30: HorizonSettings,
    /// 90 calendar days.
    #[serde(rename = "90d", deserialize_with = "d90")]
    pub d90: HorizonSettings,
}

/// `[horizons.X]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct HorizonSettings {
    /// Whether the daemon runs it, and `all` includes it.
    pub enabled: bool,
    /// When the daemon runs it: cron fields in the configured zone.
    pub schedule: String,
    /// Its models.
    pub models: Vec<String>,
    /// Who gets its reports.
    pub email: HorizonEmail,
    /// Observations of history each model sees.
    pub lookback: usize,
    /// Chronos in this horizon.
    pub chronos: HorizonChronos,
}

/// `[horizons.X.chronos]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct HorizonChronos {
    /// Whether it takes part.
    pub enabled: bool,
    /// Business days of history it sees.
    pub context_length: usize,
    /// Sample paths for its path-dependent figures.
    pub num_samples: usize,
    /// Multiplier of its spread about the median.
    pub temperature: f64,
}

impl HorizonSettings {
    fn new(schedule: &str, chronos: bool, context_length: usize) -> Self {
        Self {
            enabled: true,
            schedule: schedule.into(),
            models: DEFAULT_MODELS.map(str::to_owned).into(),
            email: HorizonEmail::default(),
            lookback: 1500,
            chronos: HorizonChronos { enabled: chronos, context_length, num_samples: 100, temperature: 1.0 },
        }
    }

    /// Members of the pool.
    pub(crate) fn members(&self) -> usize {
        self.models.len() + usize::from(self.chronos.enabled)
    }
}

impl Default for Horizons {
    fn default() -> Self {
        Self {
            d7: HorizonSettings::new("30 8 * * Mon", true, 180),
            d15: HorizonSettings::new("0 9 1,15 * *", false, 180),
            d30: HorizonSettings::new("30 9 1 * *", false, 90),
            d90: HorizonSettings::new("0 10 * * Tue#1", false, 365),
        }
    }
}

/// `[horizons.X]` as written: what is not there keeps the default of its own horizon.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenHorizon {
    enabled: Option<bool>,
    schedule: Option<String>,
    models: Option<Vec<String>>,
    email: Option<HorizonEmail>,
    lookback: Option<usize>,
    #[serde(default)]
    chronos: WrittenChronos,
}

/// `[horizons.X.chronos]` as written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct WrittenChronos {
    enabled: Option<bool>,
    context_length: Option<usize>,
    num_samples: Option<usize>,
    temperature: Option<f64>,
}

impl WrittenChronos {
    fn over(self, default: HorizonChronos) -> HorizonChronos {
        HorizonChronos {
            enabled: self.enabled.unwrap_or(default.enabled),
            context_length: self.context_length.unwrap_or(default.context_length),
            num_samples: self.num_samples.unwrap_or(default.num_samples),
            temperature: self.temperature.unwrap_or(default.temperature),
        }
    }
}

impl WrittenHorizon {
    fn over(self, default: HorizonSettings) -> HorizonSettings {
        HorizonSettings {
            enabled: self.enabled.unwrap_or(default.enabled),
            schedule: self.schedule.unwrap_or(default.schedule),
            models: self.models.unwrap_or(default.models),
            email: self.email.unwrap_or(default.email),
            lookback: self.lookback.unwrap_or(default.lookback),
            chronos: self.chronos.over(default.chronos),
        }
    }
}

macro_rules! horizon_reader {
    ($name:ident) => {
        fn $name<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<HorizonSettings, D::Error> {
            Ok(WrittenHorizon::deserialize(deserializer)?.over(Horizons::default().$name))
        }
    };
}
horizon_reader!(d7);
horizon_reader!(d15);
horizon_reader!(d30);
horizon_reader!(d90);

impl Horizons {
    /// The settings of one horizon.
    pub(crate) fn get(&self, horizon: Horizon) -> &HorizonSettings {
        match horizon {
            Horizon::D7 => &self.d7,
            Horizon::D15 => &self.d15,
            Horizon::D30 => &self.d30,
            Horizon::D90 => &self.d90,
        }
    }
}
