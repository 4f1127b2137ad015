//! Series that a pair needs, and the quality rules of each.

use chrono::NaiveDate;
use forecaster_domain::{BusinessCalendar, Pair};
use forecaster_rates::QualityRules;

/// Fewest observations before an as-of date for a useful run: warm-up and targets of the
/// forest, and a year to learn from.
pub(crate) const MIN_OBSERVATIONS: usize = 600;

/// Returns the name of the market quotes of a pair whose official rate is forecast.
pub(crate) fn spot_of(pair: &Pair) -> String {
    format!("{}_spot", pair.series_name())
}

/// True when a configured series is useful for the pair: not the pair itself, nor quotes of another one.
pub(crate) fn is_used_for(name: &str, pair: &Pair) -> bool {
    *name != pair.series_name() && (!name.ends_with("_spot") || name == spot_of(pair))
}

/// Returns the quality rules of the series `name`: the pair's own series follows the days of its official rate, the
/// dólar observado those of Chile, others weekdays, and series with values on any day no calendar.
///
/// A series is therefore checked by its country's holidays only where it is forecast: as a regressor of another pair
/// it keeps each value that its sources have.
pub(crate) fn quality_rules(pair: &Pair, name: &str, today: NaiveDate) -> QualityRules {
    let calendar = if name == pair.series_name() {
        Some(BusinessCalendar::for_pair(pair))
    } else {
        forecaster_rates::calendar_of(name)
    };
    QualityRules::new(today, calendar).of_kind(forecaster_rates::kind_of(name))
}

/// Returns the names of the series over the dollar from which a pair can be crossed.
pub(crate) fn legs(pair: &Pair) -> Vec<String> {
    let currencies = [pair.base(), pair.quote()].into_iter().filter(|currency| *currency != "USD");
    currencies.map(|currency| format!("usd{}", currency.to_lowercase())).collect()
}
