//! What a sync is asked for: series, and how to go about them.

use crate::{listings::traits, quality::QualityRules, wire::Limits};
use chrono::{DateTime, Days, NaiveDate, Utc};
use std::{collections::BTreeMap, time::Duration};

/// A series to be brought up to date.
#[derive(Debug, Clone)]
pub struct SeriesRequest {
    /// Its name.
    pub series: String,
    /// An order of providers of its own.
    pub providers: Option<Vec<String>>,
    /// Symbols of its own by provider; `1/X` is X the other way round.
    pub symbols: BTreeMap<String, String>,
    /// What it is held to. Its `today` is the day of the sync.
    pub rules: QualityRules,
    /// The newest date that a provider can be expected to have: one that has it is up to date.
    pub expected: NaiveDate,
    /// The last day to ask for.
    pub last_day: NaiveDate,
    /// Whether a day's value is final only after the day: then later ones are left for then.
    pub market_close: bool,
}

impl SeriesRequest {
    /// The usual request: a market's close is expected of the last weekday before `rules.today`, everything else of the
    /// last business day.
    pub fn new(series: &str, rules: QualityRules) -> Self {
        let today = rules.today;
        let calendar = rules.calendar.unwrap_or_else(forecaster_domain::BusinessCalendar::weekdays);
        let market_close = traits(series).market_close;
        let last_day = if market_close { today - Days::new(1) } else { today };
        let back = (0..14).map(|days| last_day - Days::new(days));
        let expected = back.into_iter().find(|day| calendar.is_business_day(*day)).unwrap_or(last_day);
        let expected = if traits(series).monthly { today - Days::new(45) } else { expected };
        Self {
            series: series.to_owned(),
            providers: None,
            symbols: BTreeMap::new(),
            rules,
            expected,
            last_day,
            market_close,
        }
    }
}

/// How a sync goes about it.
#[derive(Debug, Clone)]
pub struct SyncSettings {
    /// From which day on, whatever is known; `None`: from somewhat before the last day known.
    pub from: Option<NaiveDate>,
    /// Take whatever a source says of days that are stored, however much it differs.
    pub accept_revisions: bool,
    /// Tolerated relative difference between two sources, and between a source and what it said before.
    pub max_difference: f64,
    /// Ask a second source, to compare.
    pub cross_check: bool,
    /// Leave a provider alone for a while that has failed repeatedly.
    pub leave_alone: bool,
    /// All of it ends after this.
    pub deadline: Duration,
    /// Days before the last known one that are asked for again.
    pub overlap_days: u32,
    /// Years asked for of a series of which nothing is known.
    pub first_years: u32,
    /// The day of the sync.
    pub today: NaiveDate,
    /// The time of the sync: from then on its values are known.
    pub now: DateTime<Utc>,
    /// Limits of the wire.
    pub limits: Limits,
}

impl SyncSettings {
    /// The usual settings for a sync at `now`, which is on `today` in the configured zone.
    pub fn new(today: NaiveDate, now: DateTime<Utc>) -> Self {
        Self {
            from: None,
            accept_revisions: false,
            max_difference: 0.02,
            cross_check: true,
            leave_alone: true,
            deadline: Duration::from_secs(8),
            overlap_days: 14,
            first_years: 10,
            today,
            now,
            limits: Limits::default(),
        }
    }

    /// Whether a server may answer that nothing has changed since the last sync.
    pub(crate) fn conditional(&self) -> bool {
        self.from.is_none() && !self.accept_revisions
    }
}
