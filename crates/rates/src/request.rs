//! Input of a sync: the requested series and the settings of the run.

use crate::{
    listings::{PublicationDelay, publication_calendars, traits},
    quality::QualityRules,
    wire::FetchLimits,
};
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use forecaster_domain::BusinessCalendar;
use std::{collections::BTreeMap, time::Duration};

/// A series to update.
#[derive(Debug, Clone)]
pub struct SeriesRequest {
    /// Name of the series.
    pub series: String,
    /// Provider order for this series; `None` uses the configured order.
    pub providers: Option<Vec<String>>,
    /// Symbols for this series by provider; `1/X` is the inverse of X.
    pub symbols: BTreeMap<String, String>,
    /// Quality rules for the values. `today` in them is the day of the sync.
    pub rules: QualityRules,
    /// Newest date that a provider may have; providers are asked until one has it.
    pub newest_possible: NaiveDate,
    /// Newest date that has been published by now, by the usual delay of the series; a series that lacks it is late.
    pub expected: NaiveDate,
    /// Last day to request.
    pub last_day: NaiveDate,
    /// True when a day's value is final only after that day; later values then wait for a later sync.
    pub market_close: bool,
}

impl SeriesRequest {
    /// Returns the usual request. The newest possible date is the last business day (for a market's close, the last one
    /// before `rules.today`); the expected one lies before it by the series' publication delay. On a Wednesday the VIX
    /// may have Tuesday's close, and is expected to have that of the Friday before.
    pub fn new(series: &str, rules: QualityRules) -> Self {
        let today = rules.today;
        let calendar = rules.calendar.unwrap_or_else(BusinessCalendar::weekdays);
        let traits = traits(series);
        let last_day = if traits.market_close { today - Days::new(1) } else { today };
        let publishing: Vec<BusinessCalendar> =
            publication_calendars(series).iter().map(|kind| BusinessCalendar::of(*kind)).collect();
        let business_days = || last_day.iter_days().rev().take(30).filter(|day| calendar.is_business_day(*day));
        let is_published = |day: &NaiveDate| publishing.iter().all(|calendar| calendar.is_business_day(*day));
        let (newest_possible, expected) = match traits.delay {
            PublicationDelay::Weekdays(delay) => {
                (business_days().next(), business_days().filter(is_published).nth(delay as usize))
            }
            PublicationDelay::OfMonth(days) => {
                let of_month = |day: NaiveDate| day.with_day(1);
                (of_month(today), of_month(today - Days::new(u64::from(days))))
            }
        };
        Self {
            series: series.to_owned(),
            providers: None,
            symbols: BTreeMap::new(),
            rules: rules.of_kind(traits.kind),
            newest_possible: newest_possible.unwrap_or(last_day),
            expected: expected.unwrap_or(last_day),
            last_day,
            market_close: traits.market_close,
        }
    }
}

/// Settings of a sync.
#[derive(Debug, Clone)]
pub struct SyncSettings {
    /// First day to request, whatever is stored; `None` starts [`SyncSettings::overlap_days`] before the last known
    /// day.
    pub from: Option<NaiveDate>,
    /// True to accept new values for stored days, however much they differ.
    pub accept_revisions: bool,
    /// Tolerated relative difference between two sources, and between a source and its own earlier values.
    pub max_difference: f64,
    /// True to request a second source for comparison.
    pub cross_check: bool,
    /// True to skip a provider for a while after repeated failures.
    pub skip_failing: bool,
    /// Time limit of the sync.
    pub deadline: Duration,
    /// Days before the last known day that are requested again.
    pub overlap_days: u32,
    /// Years to request of a series without known values.
    pub first_years: u32,
    /// Day of the sync.
    pub today: NaiveDate,
    /// Time of the sync, recorded as the time from which its values are known.
    pub now: DateTime<Utc>,
    /// Limits for HTTP requests.
    pub limits: FetchLimits,
}

impl SyncSettings {
    /// Returns the usual settings for a sync at `now`, which is on `today` in the configured zone.
    pub fn new(today: NaiveDate, now: DateTime<Utc>) -> Self {
        Self {
            from: None,
            accept_revisions: false,
            max_difference: 0.02,
            cross_check: true,
            skip_failing: true,
            deadline: Duration::from_secs(8),
            overlap_days: 14,
            first_years: 10,
            today,
            now,
            limits: FetchLimits::default(),
        }
    }

    /// True when a server may reply that nothing has changed since the last sync.
    pub(crate) fn conditional(&self) -> bool {
        self.from.is_none() && !self.accept_revisions
    }
}
