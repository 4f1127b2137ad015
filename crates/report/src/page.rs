//! A view, together with the values that nearly every section and chart derives from it.
//!
//! In: a [`ReportView`]. Out: formatted prices and names, the last observation, the end of the horizon.

use crate::{
    labels,
    view::{Language, ReportView},
};
use chrono::NaiveDate;
use forecaster_domain::{Observation, PriceFormat, decimals_of_small, is_constant, standstill};
use std::collections::BTreeSet;

/// A view being rendered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page<'a> {
    pub(crate) view: &'a ReportView,
    pub(crate) language: Language,
    format: PriceFormat,
}

impl<'a> Page<'a> {
    pub(crate) fn new(view: &'a ReportView) -> Self {
        let price = view.observations.last().map_or(view.ensemble.median(0), |o| o.value);
        Self { view, language: view.language, format: PriceFormat::of(price) }
    }

    /// Returns the last observation; `None` in a view without any.
    pub(crate) fn last(&self) -> Option<Observation> {
        self.view.observations.last().copied()
    }

    /// Returns the observed prices, oldest first.
    pub(crate) fn prices(&self) -> Vec<f64> {
        self.view.observations.iter().map(|o| o.value).collect()
    }

    /// Returns the position of the last target date.
    pub(crate) fn end(&self) -> usize {
        self.view.ensemble.last_step()
    }

    /// Returns the last target date.
    pub(crate) fn end_date(&self) -> NaiveDate {
        self.view.ensemble.dates()[self.end()]
    }

    /// Change of `price` compared with the last observation, in percent.
    pub(crate) fn change(&self, price: f64) -> f64 {
        self.last().map_or(f64::NAN, |last| 100.0 * (price / last.value - 1.0))
    }

    /// Number of latest observations that are equal, and the date of the first of them; `None` unless there are at
    /// least `fewest`.
    pub(crate) fn standstill(&self, fewest: usize) -> Option<(usize, NaiveDate)> {
        let count = standstill(&self.prices());
        (count >= fewest.max(1)).then(|| (count, self.view.observations[self.view.observations.len() - count].date))
    }

    /// True when the pair does not vary: neither its recent observations nor its forecast.
    pub(crate) fn is_constant(&self) -> bool {
        is_constant(&self.prices(), &self.view.ensemble)
    }

    /// Probability that the price on target date `step` is above the last observation; not a number when the pair does
    /// not vary.
    pub(crate) fn probability_of_rise(&self, step: usize) -> f64 {
        if self.is_constant() {
            return f64::NAN;
        }
        self.last().map_or(f64::NAN, |last| self.view.ensemble.probability_above(step, last.value))
    }

    /// Formats a price with the pair's number of decimals.
    pub(crate) fn price(&self, price: f64) -> String {
        self.language.number(price, self.format.decimals())
    }

    /// Smallest difference visible in a printed price.
    pub(crate) fn unit_of_price(&self) -> f64 {
        self.format.unit()
    }

    /// Number of decimals of a price.
    pub(crate) fn decimals(&self) -> usize {
        self.format.decimals()
    }

    /// Smallest span of an axis of prices: its ticks are no finer than a printed price.
    pub(crate) fn least_span(&self) -> f64 {
        let price = self.last().map_or(self.view.ensemble.median(0), |last| last.value);
        // No more than a fiftieth of the price, so that the axis of a very small one does not reach below zero.
        (5.0 * self.unit_of_price()).min(0.02 * price.abs())
    }

    /// Rounds a price as it is printed.
    pub(crate) fn rounded(&self, price: f64) -> f64 {
        let scale = 10f64.powi(self.format.decimals() as i32);
        (price * scale).round() / scale
    }

    /// Formats the difference of two printed prices with its sign.
    pub(crate) fn price_change(&self, change: f64) -> String {
        self.language.signed(change, self.format.decimals())
    }

    /// Formats an error or a width in price units: with the decimals that a small one needs.
    pub(crate) fn difference(&self, difference: f64) -> String {
        self.language.number(difference, decimals_of_small(difference, self.format.difference_decimals()))
    }

    /// Formats an indicator in price units with its sign.
    pub(crate) fn signed_difference(&self, difference: f64) -> String {
        self.language.signed(difference, self.format.difference_decimals())
    }

    /// Formats an interval, such as "994,10 – 1.029,77".
    pub(crate) fn interval(&self, (low, high): (f64, f64)) -> String {
        format!("{} – {}", self.price(low), self.price(high))
    }

    /// Unit of the prices, such as "CLP por USD".
    pub(crate) fn unit(&self) -> String {
        format!("{} {} {}", self.view.pair.quote(), labels::per(self.language), self.view.pair.base())
    }

    /// Formats a date.
    pub(crate) fn date(&self, date: NaiveDate) -> String {
        self.language.date(date)
    }

    /// Formats the horizon, such as "7 días".
    pub(crate) fn horizon(&self) -> String {
        format!("{} {}", self.view.horizon.days(), labels::days(self.language))
    }

    /// Source line under a chart of prices.
    pub(crate) fn price_source(&self) -> String {
        self.source_of(&[&self.view.pair.series_name()])
    }

    /// Source line under a chart of the regressors, including the pair when `with_pair` is set.
    pub(crate) fn regressors_source(&self, with_pair: bool) -> String {
        let pair = self.view.pair.series_name();
        let names = self.view.regressors.iter().map(|r| r.name.as_str());
        self.source_of(&names.chain(with_pair.then_some(pair.as_str())).collect::<Vec<_>>())
    }

    /// Providers of these series, and the date up to which they are known.
    fn source_of(&self, names: &[&str]) -> String {
        let providers: BTreeSet<String> = self
            .view
            .sources
            .iter()
            .filter(|s| names.contains(&s.series.as_str()))
            .map(|s| labels::provider_name(self.language, &s.provider))
            .collect();
        let from: String = providers.iter().map(|provider| format!("{provider}, ")).collect();
        let until = self.date(self.view.ensemble.as_of());
        let language = self.language;
        format!(
            "{}: {from}{}. {} {until}.",
            labels::source(language),
            labels::own_calculations(language),
            labels::observed_until(language)
        )
    }

    /// Source line under a chart of validation results.
    pub(crate) fn validation_source(&self) -> String {
        format!("{}: {}.", labels::source(self.language), labels::own_validation(self.language))
    }
}
