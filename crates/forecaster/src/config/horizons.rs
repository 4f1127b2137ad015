//! `[horizons.X]`: one forecaster per horizon, each with defaults of its own.

use super::mail::HorizonEmail;
use super::parsed;
use forecaster_domain::{Horizon, ModelId};
use serde::{Deserialize, Serialize};

/// Models of a horizon that lists none.
const DEFAULT_MODELS: [ModelId; 5] =
    [ModelId::MarketWalk, ModelId::EwmaWalk, ModelId::ArimaGarch, ModelId::Var, ModelId::RandomForest];

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

/// `horizons.X.on_holiday`: the day of a run whose scheduled day is no business day of the pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OnHoliday {
    /// The scheduled day itself.
    Run,
    /// The next business day, at the same time.
    Next,
    /// The business day before, at the same time.
    Previous,
}

impl OnHoliday {
    /// Every setting.
    pub(crate) const ALL: [Self; 3] = [Self::Run, Self::Next, Self::Previous];

    /// Returns the word used in the configuration.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Next => "next",
            Self::Previous => "previous",
        }
    }
}

/// `[horizons.X]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct HorizonSettings {
    /// True when the daemon runs this horizon and `all` includes it.
    pub enabled: bool,
    /// Schedule of the daemon's runs: cron fields in the configured zone.
    pub schedule: String,
    /// Day of the runs that the schedule sets for a day that is no business day of the pair.
    pub on_holiday: OnHoliday,
    /// The models of the horizon.
    #[serde(serialize_with = "parsed::models::serialize")]
    pub models: Vec<ModelId>,
    /// Recipients of its reports.
    pub email: HorizonEmail,
    /// Observations of history each model sees.
    pub lookback: usize,
    /// Settings of Chronos in this horizon.
    pub chronos: HorizonChronos,
}

/// `[horizons.X.chronos]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct HorizonChronos {
    /// True when Chronos takes part.
    pub enabled: bool,
    /// Business days of history that Chronos sees.
    pub context_length: usize,
    /// Number of sample paths for its path-dependent figures.
    pub num_samples: usize,
    /// Multiplier of its spread around the median.
    pub temperature: f64,
}

impl HorizonSettings {
    fn new(schedule: &str, chronos: bool, context_length: usize) -> Self {
        Self {
            enabled: true,
            schedule: schedule.into(),
            on_holiday: OnHoliday::Run,
            models: DEFAULT_MODELS.into(),
            email: HorizonEmail::default(),
            lookback: 1500,
            chronos: HorizonChronos { enabled: chronos, context_length, num_samples: 100, temperature: 1.0 },
        }
    }

    /// Returns the number of members of the pool.
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

/// `[horizons.X]` as written: an absent key keeps the default of its own horizon.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenHorizon {
    enabled: Option<bool>,
    schedule: Option<String>,
    on_holiday: Option<OnHoliday>,
    #[serde(default, deserialize_with = "parsed::models::deserialize")]
    models: Option<Vec<ModelId>>,
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
    fn with_defaults(self, default: HorizonSettings) -> HorizonSettings {
        HorizonSettings {
            enabled: self.enabled.unwrap_or(default.enabled),
            schedule: self.schedule.unwrap_or(default.schedule),
            on_holiday: self.on_holiday.unwrap_or(default.on_holiday),
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
            Ok(WrittenHorizon::deserialize(deserializer)?.with_defaults(Horizons::default().$name))
        }
    };
}
horizon_reader!(d7);
horizon_reader!(d15);
horizon_reader!(d30);
horizon_reader!(d90);

impl Horizons {
    /// Returns the settings of one horizon.
    pub(crate) fn get(&self, horizon: Horizon) -> &HorizonSettings {
        match horizon {
            Horizon::D7 => &self.d7,
            Horizon::D15 => &self.d15,
            Horizon::D30 => &self.d30,
            Horizon::D90 => &self.d90,
        }
    }
}
