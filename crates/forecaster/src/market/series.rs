//! The series that a pair needs, and what each is held to.

use chrono::NaiveDate;
use forecaster_domain::{BusinessCalendar, Pair};
use forecaster_rates::QualityRules;

/// Fewest observations before an as-of date for a run to make sense: the forest's warm-up, its targets and a year
/// to learn from.
pub(crate) const MIN_OBSERVATIONS: usize = 600;

/// The series of the market's quotes of a pair whose official rate is forecast.
pub(crate) fn spot_of(pair: &Pair) -> String {
    format!("{}_spot", pair.series_name())
}

/// Whether a configured series is of use for the pair: not the pair itself, nor quotes of another one.
pub(crate) fn serves(name: &str, pair: &Pair) -> bool {
    *name != pair.series_name() && (!name.ends_with("_spot") || name == spot_of(pair))
}

/// What the series `name` is held to: the pair's own, and the dólar observado, to the business days of their pair,
/// others to weekdays, and such as have values on any day to none.
pub(crate) fn quality_rules(pair: &Pair, name: &str, today: NaiveDate) -> QualityRules {
    let calendar = if name == pair.series_name() {
        Some(BusinessCalendar::for_pair(pair))
    } else {
        forecaster_rates::calendar_of(name)
    };
    QualityRules::new(today, calendar)
}

/// The series over the dollar that a pair can be crossed from.
pub(crate) fn legs(pair: &Pair) -> Vec<String> {
    let currencies = [pair.base(), pair.quote()].into_iter().filter(|currency| *currency != "USD");
    currencies.map(|currency| format!("usd{}", currency.to_lowercase())).collect()
}
