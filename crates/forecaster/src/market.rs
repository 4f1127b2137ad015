//! Market data of a run: the pair's history with its regressors, the source of each series, and the age
//! of the newest observation.

pub(crate) mod conditions;
pub(crate) mod fetch;
mod problems;
pub(crate) mod quote;
pub(crate) mod series;
pub(crate) mod source;

use crate::config::settings::Config;
use crate::config::time_of_day::first_time_of_day;
use crate::failure::Failure;
use crate::market::conditions::{Conditions, first_used, usable_regressor};
use crate::market::fetch::FetchReport;
use crate::market::problems::{doubted, fault_of, known_later};
use crate::market::quote::{KnownQuote, QuoteProviders};
use crate::market::series::{MIN_OBSERVATIONS, is_used_for, quality_rules, spot_of};
use crate::market::source::SeriesSource;
use chrono::{DateTime, NaiveDate, Utc};
use forecaster_domain::{
    BusinessCalendar, ClockTime, ExclusionReason, History, Horizon, Pair, Regressor, RegressorStatus, Series,
    SourceFault, SourceProblem,
};
use forecaster_rates::{AvailableSeries, Doubt, RatesStore, assemble, assemble_pair, doubts};
use std::collections::BTreeSet;

/// History of the pair, with the source and state of each series.
#[derive(Debug, Clone)]
pub(crate) struct Market {
    /// Currency pair.
    pub pair: Pair,
    /// Business days of the pair.
    pub calendar: BusinessCalendar,
    /// Pair and regressors up to the as-of date.
    pub history: History,
    /// Every series requested.
    pub sources: Vec<SeriesSource>,
    /// Date that counts as today: the clock's, or the requested as-of date.
    pub today: NaiveDate,
    /// Result of fetching the rates.
    pub fetched: FetchReport,
    /// Series shown in the report and used by no model, if they have observations by the as-of date.
    pub watched: Vec<Series>,
    /// True for the market as it is now, false for that of a requested as-of date.
    pub is_now: bool,
    /// First date whose value is a market quote standing in for the official rate (as are all later values), and
    /// the provider of the last one.
    pub stand_in_since: Option<(NaiveDate, String)>,
    /// All dates whose value is such a quote, also those with official rates after them.
    stand_ins: BTreeSet<NaiveDate>,
    /// Conditions of the series behind the forecast.
    pub conditions: Conditions,
    /// Providers of the market's quotes of the pair.
    quoters: QuoteProviders,
}

impl Market {
    /// Loads the configured series, up to `as_of` when given. `today` is the clock's date in the configured zone.
    ///
    /// # Errors
    /// When the pair's series is missing, or does not reach far enough back from the as-of date. A regressor that is
    /// unavailable is named in `sources` and left out.
    pub(crate) fn load(config: &Config, as_of: Option<NaiveDate>, today: NaiveDate) -> Result<Self, Failure> {
        let pair = config.pair().clone();
        let calendar = BusinessCalendar::for_pair(&pair);
        let store = RatesStore::open(&config.service.data_dir)?;
        let rules = |name: &str| quality_rules(&pair, name, today);
        let mut own = assemble_pair(&store, &pair, rules, as_of, MIN_OBSERVATIONS)?;
        require_enough(&own, as_of)?;
        let mut conditions =
            Conditions { of_pair: std::mem::take(&mut own.checked.conditions), ..Conditions::default() };
        let last = own.checked.series.last_date();
        let doubts = doubts(&store).unwrap_or_default();
        let stands_in = own.stand_in_from().zip(own.stand_in().map(str::to_owned));
        let stand_ins = own.stand_ins.keys().copied().collect();
        let mut sources = vec![source(&own, &pair.series_name())];
        let (mut regressors, mut spot, mut quoters) = (Vec::new(), None, QuoteProviders::default());
        for (name, settings) in config.rates.series.iter().filter(|(name, _)| is_used_for(name, &pair)) {
            match assemble(&store, name, &rules(name), as_of) {
                Ok(available) => {
                    sources.push(source(&available, name));
                    let is_quote = *name == spot_of(&pair);
                    let (series, found) = if is_quote {
                        (available.checked.series, Vec::new())
                    } else {
                        usable_regressor(available.checked, &doubts, settings.lag_days, last)
                    };
                    conditions.add_regressor(found);
                    let regressor =
                        Regressor { series, lag_days: settings.lag_days, published: settings.clock_time(name) };
                    if is_quote {
                        quoters = QuoteProviders::of(&store, name, as_of)?;
                        spot = quoters.usable_with_lag(regressor);
                        if spot.is_none() {
                            sources.pop();
                            let message = format!(
                                "{name} is left out: with lag_days = 0 only your own quotes (import, file) are \
                                 used, because providers date a quote on the day whose trades it closes"
                            );
                            sources.push(missing(name, SourceFault::NoOwnQuotes, message));
                        }
                    } else {
                        regressors.push(regressor);
                    }
                }
                Err(error) => {
                    sources.push(missing(name, fault_of(&error), error.to_string()));
                }
            }
        }
        let names = config.rates.watched.iter().filter(|name| !config.rates.series.contains_key(*name));
        let watched = names.filter_map(|name| assemble(&store, name, &rules(name), as_of).ok());
        let watched = watched.map(|available| available.checked.series).collect();
        let longest = Horizon::ALL.into_iter().map(|horizon| first_used(config, horizon, &own.checked.series)).min();
        let conditions = conditions.since(longest.unwrap_or(last));
        let history = History::new(own.checked.series, regressors).with_gaps(own.checked.gaps);
        let history = spot.into_iter().fold(history, History::with_spot);
        let today = as_of.map_or(today, |d| d.min(today));
        let is_now = as_of.is_none();
        let history = history.with_forecast_time(None, is_now);
        let fetched = FetchReport::default();
        let mut market = Self {
            pair,
            calendar,
            history,
            sources,
            today,
            fetched,
            watched,
            is_now,
            conditions,
            quoters,
            stand_in_since: stands_in,
            stand_ins,
        };
        market.note_usable();
        Ok(market)
    }

    /// Returns the market as a run of `horizon` sees it. A run of a past day is made at the scheduled hour and knows
    /// what had been published by then; a run made now knows everything available.
    pub(crate) fn seen_by(&self, config: &Config, horizon: Horizon) -> Self {
        let zone = config.zone();
        let time = first_time_of_day(&config.horizons.get(horizon).schedule);
        let made_at = time.map(|time| ClockTime { time, zone });
        let history = self.history.clone().with_forecast_time(made_at, self.is_now);
        // Drop what had not been published by that hour. A run made now knows revisions since the last date.
        let cut = (!self.is_now).then(|| history.until(history.as_of()).ok()).flatten();
        let history = cut.unwrap_or(history);
        let conditions = self.conditions.clone().since(first_used(config, horizon, history.pair()));
        let mut seen = Self { history, conditions, ..self.clone() };
        seen.note_usable();
        seen
    }

    /// Adds the result of the fetch. A doubt about a value after the as-of date does not concern this forecast.
    pub(crate) fn with(self, mut fetched: FetchReport) -> Self {
        let as_of = self.as_of();
        fetched.doubt = fetched.doubt.filter(|doubt| doubt.date <= as_of);
        let spot = self.history.spot().map(|spot| spot.series.last_date());
        fetched.quote_doubt = fetched.quote_doubt.filter(|doubt| spot == Some(doubt.date));
        let conditions = fetched.doubt.iter().fold(self.conditions.clone(), Conditions::without_doubted);
        let mut market = Self { fetched, conditions, ..self };
        if let Some(doubt) = market.fetched.quote_doubt.clone() {
            tracing::warn!("no forecast starts from the newest quote: {doubt}");
            market.history = market.history.clone().without_quotes();
            if let Some(source) = market.sources.iter_mut().find(|source| source.name == doubt.series) {
                source.left_out = Some(doubted(&doubt));
            }
            market.note_usable();
        }
        market
    }

    /// Returns the market source whose quote stands in for the last official rate; `None` when none does.
    pub(crate) fn stand_in(&self) -> Option<&str> {
        let of_provider = || {
            let own = self.sources.first()?;
            forecaster_rates::is_stand_in(&own.name, &own.provider).then_some(own.provider.as_str())
        };
        self.stand_in_since.as_ref().map(|(_, provider)| provider.as_str()).or_else(of_provider)
    }

    /// Returns the date of the last observation that is not an embedded quote standing in for the official rate: the
    /// last actual outcome, by which forecasts can be judged.
    pub(crate) fn last_official(&self) -> NaiveDate {
        let before = self.stand_in_since.as_ref().and_then(|(from, _)| from.pred_opt());
        let pair = self.history.pair();
        before.and_then(|date| pair.index_at_or_before(date)).map_or_else(|| self.as_of(), |last| pair.dates()[last])
    }

    /// True when the value of one of `dates` is a market quote that stands in for the official rate.
    pub(crate) fn has_stand_in(&self, dates: &[NaiveDate]) -> bool {
        dates.iter().any(|date| self.stand_ins.contains(date))
    }

    /// Returns the warnings to print about the last value, as sentences.
    pub(crate) fn cautions(&self) -> Vec<String> {
        let stand_in = self.stand_in().map(|provider| {
            format!("the last value is a market quote of {provider}, standing in for the official rate")
        });
        let doubt = self.fetched.doubt.as_ref().map(ToString::to_string);
        let unstored =
            self.fetched.unstored.as_ref().map(|reason| format!("newer rates could not be stored: {reason}"));
        [stand_in, doubt, unstored].into_iter().flatten().collect()
    }

    /// True when a forecast must be marked degraded because of its rates, apart from their age.
    pub(crate) fn is_degraded(&self) -> bool {
        self.fetched.is_degraded() || self.conditions.is_degraded()
    }

    /// True when the pair's last value may be wrong, or is not news: a report is held back as one from stale rates.
    pub(crate) fn is_held_back(&self) -> bool {
        self.conditions.holds_back() || self.fetched.doubt.as_ref().is_some_and(Doubt::is_jump)
    }

    /// Returns the market's quote that models know at the as-of date; `None` without a usable one. `now` is the time
    /// of the run: the quote is known from then at the latest, whatever the usual time of publication.
    pub(crate) fn quote(&self, now: DateTime<Utc>) -> Option<KnownQuote> {
        let (spot, gap) = (self.history.spot()?, self.history.spot_gap().ok()??);
        Some(KnownQuote {
            value: gap.quote,
            source: self.quoters.provider_of(gap.quoted).to_owned(),
            known_at: spot.known_at(gap.quoted).min(now),
        })
    }

    /// Returns the date of the last observation of the pair.
    pub(crate) fn as_of(&self) -> NaiveDate {
        self.history.as_of()
    }

    /// Returns the business days between the last observation and today.
    pub(crate) fn age(&self) -> i64 {
        self.calendar.business_days_between(self.as_of(), self.today).max(0)
    }

    /// Logs the regressors that the models must do without.
    pub(crate) fn warn_of_gaps(&self) {
        for source in &self.sources {
            match &source.left_out {
                // Not a fault of the quotes; the stand-in is reported with the last value.
                Some(SourceProblem::Dates(gap @ ExclusionReason::StandsIn { .. })) => {
                    tracing::info!("{} {gap}", source.name)
                }
                Some(SourceProblem::Dates(gap)) => tracing::warn!("regressor left out: {} {gap}", source.name),
                Some(problem) => tracing::warn!("regressor left out: {problem}"),
                None => {}
            }
        }
    }

    /// Updates each source to the usable part of its regressor at the as-of date, and marks those
    /// that models must do without.
    fn note_usable(&mut self) {
        for regressor in self.history.regressors().iter().chain(self.history.spot()) {
            if let Some(source) = self.sources.iter_mut().find(|s| s.name == regressor.series.name()) {
                source.last_date = Some(regressor.series.last_date());
                source.observations = regressor.series.len();
            }
        }
        self.note_later();
        let recent = self.history.window(2);
        let (_, mut statuses) = recent.aligned_regressors();
        if let Some(spot) = self.history.spot() {
            let name = spot.series.name().to_owned();
            statuses.push(RegressorStatus { name, left_out: self.history.spot_gap().err() });
        }
        for status in statuses {
            let doubted = self.fetched.quote_doubt.as_ref().is_some_and(|doubt| doubt.series == status.name);
            if let Some(source) = self.sources.iter_mut().find(|s| s.name == status.name && !doubted) {
                source.left_out = status.left_out.map(SourceProblem::Dates);
            }
        }
    }

    /// Marks series whose values all became known after the as-of date: the history has none of them.
    fn note_later(&mut self) {
        let as_of = self.as_of();
        let known = self.history.regressors().iter().chain(self.history.spot());
        let known: Vec<&str> = known.map(|regressor| regressor.series.name()).collect();
        for source in self.sources.iter_mut().skip(1).filter(|source| source.left_out.is_none()) {
            let Some(first) = source.first_date.filter(|_| !known.contains(&source.name.as_str())) else { continue };
            source.left_out = Some(known_later(&source.name, first, as_of));
            (source.last_date, source.observations) = (None, 0);
        }
    }
}

fn source(available: &AvailableSeries, name: &str) -> SeriesSource {
    let series = &available.checked.series;
    let corrected = available.checked.findings.iter().filter(|f| f.action != forecaster_rates::Action::Noted).count();
    SeriesSource {
        name: name.to_owned(),
        made_of: available.formula.clone(),
        provider: available.provider.clone(),
        first_date: Some(series.first_date()),
        last_date: Some(series.last_date()),
        observations: series.len(),
        corrected,
        left_out: None,
    }
}

/// Returns a series without data, and the reason.
fn missing(name: &str, fault: SourceFault, message: String) -> SeriesSource {
    SeriesSource {
        name: name.to_owned(),
        made_of: None,
        provider: "-".into(),
        first_date: None,
        last_date: None,
        observations: 0,
        corrected: 0,
        left_out: Some(SourceProblem::Unavailable { fault, message }),
    }
}

fn require_enough(own: &AvailableSeries, as_of: Option<NaiveDate>) -> Result<(), Failure> {
    let series = &own.checked.series;
    if series.len() >= MIN_OBSERVATIONS {
        return Ok(());
    }
    let date = as_of.unwrap_or_else(|| series.last_date());
    let reasons: Vec<String> = own.checked.conditions.iter().map(ToString::to_string).collect();
    let because = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) };
    Err(Failure::TooFewObservations {
        date,
        found: series.len(),
        series: series.name().to_owned(),
        first: series.first_date(),
        needed: MIN_OBSERVATIONS,
        because,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use forecaster_rates::Doubt;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Returns the embedded market as of a Monday, whose quote is dated the Friday before.
    fn monday() -> (tempfile::TempDir, Config, Market) {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.service.data_dir = directory.path().to_owned();
        let market = Market::load(&config, Some(day("2024-12-23")), day("2024-12-23")).unwrap();
        (directory, config, market)
    }

    fn doubted(market: Market, date: &str) -> Market {
        let doubt = Doubt {
            series: "usdclp_spot".into(),
            provider: "nbp".into(),
            date: day(date),
            value: 989.13,
            before: 985.0,
            instead: Some(("yahoo".into(), 955.0)),
        };
        market.with(FetchReport { quote_doubt: Some(doubt), ..FetchReport::default() })
    }

    #[test]
    fn a_quote_that_another_source_contradicts_starts_no_forecast_and_the_reason_is_kept() {
        let (_directory, config, market) = monday();
        let now = day("2024-12-23").and_hms_opt(12, 0, 0).unwrap().and_utc();
        assert_eq!(market.quote(now).map(|quote| quote.value), Some(989.13));
        let market = doubted(market, "2024-12-20").seen_by(&config, Horizon::D7);
        assert_eq!(market.quote(now), None);
        assert_eq!(market.history.spot_gap(), Ok(None));
        let source = market.sources.iter().find(|source| source.name == "usdclp_spot").unwrap();
        assert_eq!(source.last_date, Some(day("2024-12-20")), "its quotes are known all the same");
        let problem = source.left_out.as_ref().unwrap();
        let reason = problem.to_string();
        assert!(reason.contains("nbp has 989.13 on 2024-12-20") && reason.contains("yahoo has 955"), "{reason}");
        let SourceProblem::Unavailable { fault: SourceFault::Doubted { value, before, other_source, .. }, .. } =
            problem
        else {
            panic!("{problem:?}")
        };
        assert_eq!((*value, *before, other_source), (989.13, 985.0, &Some(("yahoo".to_owned(), 955.0))));
    }

    #[test]
    fn a_doubt_about_an_earlier_quote_is_none_of_todays() {
        let (_directory, _, market) = monday();
        let market = doubted(market, "2024-12-19");
        assert!(market.fetched.quote_doubt.is_none() && matches!(market.history.spot_gap(), Ok(Some(_))));
    }

    #[test]
    fn on_a_machine_without_a_network_the_last_official_rate_is_known_to_be_older_than_the_last_value() {
        let (_directory, config, market) = monday();
        assert_eq!((market.last_official(), market.stand_in()), (day("2024-12-23"), None));
        let now = Market::load(&config, None, day("2026-10-27")).unwrap();
        assert_eq!((now.as_of(), now.last_official()), (day("2026-10-26"), day("2025-01-03")));
        assert_eq!(now.stand_in(), Some("nbp"));
        assert!(now.has_stand_in(&[day("2025-01-03"), day("2025-01-07")]) && !now.has_stand_in(&[day("2025-01-03")]));
    }
}
