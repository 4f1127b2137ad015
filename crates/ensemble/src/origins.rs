//! Rolling origins: the dates to forecast from, with the outcome after each.

use chrono::NaiveDate;
use forecaster_domain::{BusinessCalendar, History, Horizon, Series, Target};

/// Number of observations for the scale of MASE: one year.
const NAIVE_WINDOW: usize = 250;

/// A date to forecast from, with its target and the actual outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// Date of the last observation that may be used.
    pub as_of: NaiveDate,
    /// Target of the forecast.
    pub target: Target,
    /// Actual rates `[target dates]`; `None` when no rate was published or the date is in the future.
    pub actuals: Vec<Option<f64>>,
    /// Mean absolute one-day change over the year before, in price units.
    pub naive_mae: f64,
}

impl Origin {
    /// Returns the last target date: from this date on, the outcome is known and may be learnt from.
    pub fn maturity_date(&self) -> NaiveDate {
        self.target.dates.last().copied().unwrap_or(self.as_of)
    }
}

/// Builds the origin at observation date `as_of` of `pair`; `None` when the pair has no observation on that date or
/// the horizon contains no business day.
pub fn origin_at(pair: &Series, calendar: &BusinessCalendar, horizon: Horizon, as_of: NaiveDate) -> Option<Origin> {
    let known = pair.until(as_of)?;
    let dates = calendar.target_dates(as_of, horizon);
    if known.last_date() != as_of || dates.is_empty() {
        return None;
    }
    let recent = known.last(NAIVE_WINDOW + 1);
    let changes: Vec<f64> = recent.values().windows(2).map(|w| (w[1] - w[0]).abs()).collect();
    Some(Origin {
        as_of,
        actuals: dates.iter().map(|d| pair.value_on(*d)).collect(),
        target: Target { horizon, dates },
        naive_mae: changes.iter().sum::<f64>() / changes.len().max(1) as f64,
    })
}

/// Returns the last `count` origins of `history` whose target dates have all passed, oldest first, on a grid of every
/// `stride`-th business day.
///
/// The grid is anchored to the calendar, not to the end of the history, so that tomorrow's run uses the same origins
/// as today's. Grid days without an observation are skipped. Origins with fewer than `min_observations` before them
/// are left out.
pub fn grid_origins(
    history: &History,
    calendar: &BusinessCalendar,
    horizon: Horizon,
    count: usize,
    stride: usize,
    min_observations: usize,
) -> Vec<Origin> {
    let pair = history.pair();
    let stride = stride.max(1) as i64;
    let mut origins: Vec<Origin> = pair
        .dates()
        .iter()
        .enumerate()
        .skip(min_observations)
        .rev()
        .filter(|(_, date)| calendar.is_business_day(**date) && calendar.ordinal(**date) % stride == 0)
        .filter_map(|(_, date)| origin_at(pair, calendar, horizon, *date))
        .filter(|origin| origin.maturity_date() <= history.as_of())
        .take(count)
        .collect();
    origins.reverse();
    origins
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validation::tests::weekday_history;

    #[test]
    fn the_grid_stays_where_it_is_when_a_day_is_added() {
        let calendar = BusinessCalendar::weekdays();
        let history = weekday_history(700);
        let today = grid_origins(&history, &calendar, Horizon::D7, 20, 5, 250);
        assert_eq!(today.len(), 20);
        let yesterday = history.until(history.pair().dates()[698]).unwrap();
        let before = grid_origins(&yesterday, &calendar, Horizon::D7, 20, 5, 250);
        let shared = today.iter().filter(|o| before.contains(o)).count();
        assert!(shared >= 19, "{shared} of 20 are shared");
    }

    #[test]
    fn every_origin_has_matured_and_steps_by_the_stride() {
        let calendar = BusinessCalendar::weekdays();
        let history = weekday_history(700);
        for horizon in Horizon::ALL {
            let origins = grid_origins(&history, &calendar, horizon, 60, 5, 250);
            assert!(origins.iter().all(|o| o.maturity_date() <= history.as_of()));
            assert!(origins.iter().all(|o| o.actuals.iter().all(Option::is_some)));
            for pair in origins.windows(2) {
                assert_eq!(calendar.business_days_between(pair[0].as_of, pair[1].as_of), 5);
            }
        }
    }

    #[test]
    fn days_without_a_rate_have_no_actual() {
        let calendar = BusinessCalendar::weekdays();
        let history = weekday_history(300);
        let last = history.as_of();
        assert_eq!(origin_at(history.pair(), &calendar, Horizon::D7, last).unwrap().actuals, vec![None; 5]);
        assert_eq!(origin_at(history.pair(), &calendar, Horizon::D7, last + chrono::Days::new(1)), None);
    }
}
