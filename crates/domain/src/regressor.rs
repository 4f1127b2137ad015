//! A series that may help to forecast the pair: from when each of its values is known, and why it is left out of a window
//! in which it is known too little. What is made of it in a window is told in [`history`](crate::history).

use crate::publication::{ClockTime, weekday_from};
use crate::series::Series;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use std::fmt;

/// A series that may help to forecast the pair, and how late it is known.
#[derive(Debug, Clone)]
pub struct Regressor {
    /// The series itself.
    pub series: Series,
    /// Calendar days between a value's own date and the first as-of date at which it is known. The dólar
    /// observado of day t averages the trades of the day before and is published that evening, while market
    /// closes of day t are not known on the morning of t: hence 1.
    pub lag_days: u16,
    /// Time of day, in its zone, from which a value is known on the day that the lag gives; a day that falls on a
    /// weekend gives way to Monday. `None`: from the start of that day, whatever day it is.
    pub published: Option<ClockTime>,
}

impl Regressor {
    /// A series whose values are known from the start of the day `lag_days` after their own.
    pub fn new(series: Series, lag_days: u16) -> Self {
        Self { series, lag_days, published: None }
    }

    /// The day on which the value of `date` becomes known.
    fn publication_day(&self, date: NaiveDate) -> NaiveDate {
        let day = date + Days::new(u64::from(self.lag_days));
        if self.published.is_some() { weekday_from(day) } else { day }
    }

    /// The instant from which the value of `date` is known; without a time of publication the start of the day, UTC.
    pub fn known_at(&self, date: NaiveDate) -> DateTime<Utc> {
        let day = self.publication_day(date);
        self.published.map_or_else(|| day.and_time(NaiveTime::MIN).and_utc(), |clock| clock.on(day))
    }

    /// The newest date whose value is known to a forecast made on `as_of` at the time `made_at`, or at the end of the
    /// day, whether or not the series has a value on it.
    pub(crate) fn known_until(&self, as_of: NaiveDate, made_at: Option<ClockTime>) -> NaiveDate {
        let newest = as_of - Days::new(u64::from(self.lag_days));
        let Some(published) = self.published else { return newest };
        let is_out = |day: NaiveDate| match made_at {
            // A day apart, no two clocks in the world disagree about which of two times of day comes first.
            _ if day + Days::new(1) < as_of => true,
            Some(made_at) => published.on(day) <= made_at.on(as_of),
            None => day <= as_of,
        };
        let dates = std::iter::successors(Some(newest), |date| date.pred_opt());
        dates.take(8).find(|date| is_out(self.publication_day(*date))).unwrap_or(newest)
    }
}

/// A regressor's values on the dates of the pair, as they were known on each of those dates.
#[derive(Debug, Clone)]
pub struct AlignedRegressor {
    /// Name of the series.
    pub name: String,
    /// Values `[len of the pair's window]`, in the regressor's unit.
    pub values: Vec<f64>,
}

/// Why a series could not be used.
#[derive(Debug, Clone, PartialEq)]
pub enum SourceGap {
    /// Its dates do not cover what the models need.
    Dates(RegressorGap),
    /// It could not be had; the reason, already worded.
    Unavailable(String),
}

/// Whether a regressor could be used in a window, and if not, why.
#[derive(Debug, Clone, PartialEq)]
pub struct RegressorStatus {
    /// Name of the series.
    pub name: String,
    /// `None` when usable, else the reason it was left out.
    pub left_out: Option<RegressorGap>,
}

/// Why a regressor cannot be used in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegressorGap {
    /// It had ended by the as-of date.
    Ended {
        /// Its last date.
        last: NaiveDate,
        /// The as-of date.
        as_of: NaiveDate,
    },
    /// It starts after the window does.
    StartsLate {
        /// Its first date.
        first: NaiveDate,
        /// The window's first date.
        window: NaiveDate,
    },
    /// It has no value for too long within the window.
    Hole {
        /// Last date with a value before the hole.
        from: NaiveDate,
        /// First date, lag taken off, at which the hole was too long.
        to: NaiveDate,
    },
    /// Market quotes of the pair: they are known on too few dates of the window.
    TooFew {
        /// Dates with a quote.
        known: usize,
        /// Dates needed.
        needed: usize,
    },
    /// Market quotes of the pair: the newest is too far from the official rate to be one.
    Broken {
        /// Date of the quote.
        date: NaiveDate,
    },
    /// Market quotes of the pair: the newest repeats the one before it to the last digit, as a feed does that stands still.
    Repeated {
        /// Date of the quote.
        date: NaiveDate,
    },
    /// Market quotes of the pair: the newest is the pair's own last value, for which it stands in. Nothing is known beyond it.
    StandsIn {
        /// Date of the quote.
        date: NaiveDate,
    },
}

impl fmt::Display for RegressorGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended { last, as_of } => write!(f, "ends on {last}, before the pair ({as_of})"),
            Self::StartsLate { first, window } => write!(f, "starts on {first}, after the window ({window})"),
            Self::Hole { from, to } => write!(f, "has no value from {from} to {to}"),
            Self::TooFew { known, needed } => write!(f, "is known on {known} dates, of the {needed} needed"),
            Self::Broken { date } => write!(f, "is too far from the pair on {date}"),
            Self::Repeated { date } => write!(f, "has stood still since before {date}"),
            Self::StandsIn { date } => write!(f, "stands in for the pair itself (quote of {date})"),
        }
    }
}
