//! Series that may help to forecast the pair: when each value becomes known, and why a series is left out of a
//! window. [`history`](crate::history) aligns it with a window.

use crate::publication::{ClockTime, weekday_from};
use crate::series::Series;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use std::fmt;

/// Series that may help to forecast the pair, and its publication delay.
#[derive(Debug, Clone)]
pub struct Regressor {
    /// The series itself.
    pub series: Series,
    /// Calendar days between a value's own date and the first as-of date at which it is known. The dólar
    /// observado of day t averages the trades of the day before and is published that evening, while market
    /// closes of day t are not known on the morning of t: hence 1.
    pub lag_days: u16,
    /// Time of day, with its zone, from which a value is known on the day given by the lag; a weekend day is moved to
    /// Monday. `None` means from the start of that day, weekends included.
    pub published: Option<ClockTime>,
}

impl Regressor {
    /// Creates a regressor whose values are known from the start of the day `lag_days` after their own.
    pub fn new(series: Series, lag_days: u16) -> Self {
        Self { series, lag_days, published: None }
    }

    /// Day on which the value of `date` becomes known.
    fn publication_day(&self, date: NaiveDate) -> NaiveDate {
        let day = date + Days::new(u64::from(self.lag_days));
        if self.published.is_some() { weekday_from(day) } else { day }
    }

    /// Instant from which the value of `date` is known; without a publication time, the start of the day, UTC.
    pub fn known_at(&self, date: NaiveDate) -> DateTime<Utc> {
        let day = self.publication_day(date);
        self.published.map_or_else(|| day.and_time(NaiveTime::MIN).and_utc(), |clock| clock.on(day))
    }

    /// Newest date whose value is known to a forecast made on `as_of` at `made_at`, or at the end of the day without
    /// one. The series need not have a value on that date.
    pub(crate) fn known_until(&self, as_of: NaiveDate, made_at: Option<ClockTime>) -> NaiveDate {
        let newest = as_of - Days::new(u64::from(self.lag_days));
        let Some(published) = self.published else { return newest };
        let is_out = |day: NaiveDate| match made_at {
            // From two days apart, zones no longer decide which of two times of day comes first.
            _ if day + Days::new(1) < as_of => true,
            Some(made_at) => published.on(day) <= made_at.on(as_of),
            None => day <= as_of,
        };
        let dates = std::iter::successors(Some(newest), |date| date.pred_opt());
        dates.take(8).find(|date| is_out(self.publication_day(*date))).unwrap_or(newest)
    }
}

/// Values of a regressor on the dates of the pair, each as known on its date.
#[derive(Debug, Clone)]
pub struct AlignedRegressor {
    /// Name of the series.
    pub name: String,
    /// Values `[len of the pair's window]`, in the regressor's unit.
    pub values: Vec<f64>,
}

/// Reason why a series could not be used.
#[derive(Debug, Clone, PartialEq)]
pub enum SourceProblem {
    /// The dates do not cover what the models need.
    Dates(ExclusionReason),
    /// The series is not available, or its values must not be used.
    Unavailable {
        /// The cause.
        fault: SourceFault,
        /// Cause and remedy for the operator, in English.
        message: String,
    },
}

/// Cause for which a series is not available, or its values must not be used.
#[derive(Debug, Clone, PartialEq)]
pub enum SourceFault {
    /// Nothing has ever been stored under that name.
    NeverFetched,
    /// All values are later than the as-of date.
    StartsLater {
        /// First date of the series.
        first: NaiveDate,
        /// The as-of date.
        as_of: NaiveDate,
    },
    /// The stored values cannot be read.
    Unreadable,
    /// No value passed the quality checks.
    NothingUsable,
    /// No quotes of the operator's own: with a lag of 0 no others are used.
    NoOwnQuotes,
    /// The newest quote is in doubt: another source contradicts it, or none confirms its jump.
    Doubted {
        /// Provider of the quote.
        provider: String,
        /// Date of the quote.
        date: NaiveDate,
        /// The quote.
        value: f64,
        /// The quote before it.
        before: f64,
        /// Other source and its different quote.
        other_source: Option<(String, f64)>,
    },
}

impl SourceProblem {
    /// Name of the reason in JSON: one word with underscores.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Dates(reason) => reason.code(),
            Self::Unavailable { fault, .. } => match fault {
                SourceFault::NeverFetched => "never_fetched",
                SourceFault::StartsLater { .. } => "starts_later",
                SourceFault::Unreadable => "unreadable",
                SourceFault::NothingUsable => "nothing_usable",
                SourceFault::NoOwnQuotes => "no_own_quotes",
                SourceFault::Doubted { .. } => "doubted",
            },
        }
    }
}

impl fmt::Display for SourceProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dates(reason) => reason.fmt(f),
            Self::Unavailable { message, .. } => f.write_str(message),
        }
    }
}

/// Status of a regressor in a window: usable, or the reason why not.
#[derive(Debug, Clone, PartialEq)]
pub struct RegressorStatus {
    /// Name of the series.
    pub name: String,
    /// `None` when usable, otherwise the reason it was left out.
    pub left_out: Option<ExclusionReason>,
}

/// Reason why a regressor cannot be used in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExclusionReason {
    /// The regressor had ended by the as-of date.
    Ended {
        /// Last date of the regressor.
        last: NaiveDate,
        /// The as-of date.
        as_of: NaiveDate,
    },
    /// The regressor starts after the window does.
    StartsLate {
        /// First date of the regressor.
        first: NaiveDate,
        /// First date of the window.
        window: NaiveDate,
    },
    /// The regressor has no value for too long within the window.
    Hole {
        /// Last date with a value before the hole.
        from: NaiveDate,
        /// First date, less the lag, at which the hole was too long.
        to: NaiveDate,
    },
    /// The market quotes of the pair are known on too few dates of the window.
    TooFew {
        /// Dates with a quote.
        known: usize,
        /// Dates needed.
        needed: usize,
    },
    /// The newest market quote is too far from the official rate to be a real quote.
    Broken {
        /// Date of the quote.
        date: NaiveDate,
    },
    /// The newest market quote equals the one before it to the last digit, as in a stalled feed.
    Repeated {
        /// Date of the quote.
        date: NaiveDate,
    },
    /// The newest market quote is the pair's own last value, for which it is a stand-in. Nothing newer is known.
    StandsIn {
        /// Date of the quote.
        date: NaiveDate,
    },
}

impl ExclusionReason {
    /// Name of the reason in JSON: one word with underscores.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ended { .. } => "ended",
            Self::StartsLate { .. } => "starts_late",
            Self::Hole { .. } => "hole",
            Self::TooFew { .. } => "too_few",
            Self::Broken { .. } => "broken",
            Self::Repeated { .. } => "repeated",
            Self::StandsIn { .. } => "stands_in",
        }
    }
}

impl fmt::Display for ExclusionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended { last, as_of } => write!(f, "ends on {last}, before the pair ({as_of})"),
            Self::StartsLate { first, window } => write!(f, "starts on {first}, after the window ({window})"),
            Self::Hole { from, to } => write!(f, "has no value from {from} to {to}"),
            Self::TooFew { known, needed } => write!(f, "is known on only {known} dates; {needed} are needed"),
            Self::Broken { date } => write!(f, "is too far from the pair on {date}"),
            Self::Repeated { date } => write!(f, "has not changed since before {date}"),
            Self::StandsIn { date } => write!(f, "is the pair's own last value (quote of {date})"),
        }
    }
}
