//! Facts about a series, and their consequences for a forecast that uses it.

use chrono::NaiveDate;

/// Number of values after a hole from which its effect on today's volatility and indicators is small: a quarter.
const RECENT_HOLE: usize = 60;
/// Number of values after a redenomination from which it is certain: a month.
const CERTAIN_UNIT: usize = 20;

/// Usual distance between the values of a series that should have one on every business day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frequency {
    /// About one value a week.
    Weekly,
    /// About one value a month.
    Monthly,
    /// One value in this many business days.
    EveryDays(u32),
}

impl Frequency {
    /// Returns the frequency of values that are usually `days` business days apart.
    pub fn of_distance(days: u32) -> Self {
        match days {
            4..=6 => Self::Weekly,
            18..=24 => Self::Monthly,
            days => Self::EveryDays(days),
        }
    }
}

/// Fact about a series. Values are in the series' unit.
#[derive(Debug, Clone, PartialEq)]
pub enum SeriesFact {
    /// The newest value jumps far beyond the usual moves, and neither a later value nor another source confirms it.
    UnconfirmedJump {
        /// Date of the jump.
        date: NaiveDate,
        /// Value before the jump.
        before: f64,
        /// Value after the jump.
        value: f64,
        /// False when the value is out of all proportion, or of a regressor, and so left out.
        is_used: bool,
    },
    /// The value has been the same for much longer than ever before.
    StandsStill {
        /// First date with the value.
        since: NaiveDate,
        /// Last date with the value.
        until: NaiveDate,
        /// Number of values.
        count: usize,
        /// The value.
        value: f64,
    },
    /// The value has been the same for years: a peg.
    Constant {
        /// First date with the value.
        since: NaiveDate,
        /// The value.
        value: f64,
    },
    /// The values come less often than every business day.
    Sparse {
        /// Usual distance between the values.
        frequency: Frequency,
        /// First of these values.
        from: NaiveDate,
        /// Last of these values.
        to: NaiveDate,
        /// True when the newest values are among them.
        is_now: bool,
    },
    /// Weeks without a value.
    Hole {
        /// First business day without a value.
        from: NaiveDate,
        /// Last business day without a value.
        to: NaiveDate,
        /// Number of business days without a value.
        days: u32,
        /// Number of values after it.
        values_after: usize,
    },
    /// From one day to the next, the values are a power of ten of what they were; the earlier ones are rescaled.
    Redenominated {
        /// First date in the new unit.
        date: NaiveDate,
        /// Factor from the old to the new values, a power of ten.
        factor: f64,
        /// Number of values in the new unit.
        values_after: usize,
    },
    /// A stretch of values in another unit, which then return; they are left out.
    OffScale {
        /// First date of the stretch.
        from: NaiveDate,
        /// Last date of the stretch.
        to: NaiveDate,
        /// Factor by which the values changed at its beginning.
        factor: f64,
    },
    /// A break in level that no market move explains; the values before it are left out.
    Break {
        /// First date after the break.
        date: NaiveDate,
        /// Value before the break.
        before: f64,
        /// Value after the break.
        value: f64,
        /// True when the values after the break are the reciprocals of those before.
        is_reciprocal: bool,
    },
}

impl SeriesFact {
    /// Name of the kind of fact, as in JSON and metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::UnconfirmedJump { .. } => "unconfirmed_jump",
            Self::StandsStill { .. } => "stands_still",
            Self::Constant { .. } => "constant",
            Self::Sparse { .. } => "sparse",
            Self::Hole { .. } => "hole",
            Self::Redenominated { .. } => "redenominated",
            Self::OffScale { .. } => "off_scale",
            Self::Break { .. } => "break",
        }
    }

    /// True when a forecast that uses the series must be marked degraded.
    pub fn is_degrading(&self) -> bool {
        match self {
            Self::UnconfirmedJump { .. } | Self::StandsStill { .. } | Self::OffScale { .. } | Self::Break { .. } => {
                true
            }
            Self::Constant { .. } => false,
            Self::Sparse { is_now, .. } => *is_now,
            Self::Hole { values_after, .. } => *values_after < RECENT_HOLE,
            Self::Redenominated { values_after, .. } => *values_after < CERTAIN_UNIT,
        }
    }

    /// True when a report made from the series is to be held back as one from stale rates is: its last value may be
    /// wrong, or is not news.
    pub fn holds_back(&self) -> bool {
        matches!(self, Self::UnconfirmedJump { .. } | Self::StandsStill { .. })
    }

    /// Returns the last date that the fact concerns: a window that starts later is not affected.
    pub fn last_date(&self) -> NaiveDate {
        match self {
            Self::UnconfirmedJump { date, .. } | Self::Redenominated { date, .. } | Self::Break { date, .. } => *date,
            Self::StandsStill { until, .. } => *until,
            Self::Constant { .. } => NaiveDate::MAX,
            Self::Sparse { to, .. } | Self::Hole { to, .. } | Self::OffScale { to, .. } => *to,
        }
    }
}
