//! Catalogue of the available series, and the assembly of each one: the embedded snapshot overlaid by the store,
//! after the quality checks, with superseded values where the store has them. After the end of an official rate, the
//! embedded market quotes stand in for it. A run gets its rates from here.

#[cfg(test)]
mod tests;

use crate::{
    error::RatesError,
    listings::{calendar_of, is_official, is_stand_in},
    providers::{nbp, of_name},
    quality::{AcceptedValues, CheckedSeries, QualityRules, check_accepting, conditions::examine},
    snapshot::{EMBEDDED_SOURCE, RawObservation, embedded},
    store::{RatesStore, checked_name, current, known_at, superseded},
};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use forecaster_domain::{BusinessCalendar, Series, SeriesCondition, Superseded};
use std::collections::{BTreeMap, BTreeSet};

/// Longest hole between two official values, in business days, in which no quote stands in: a holiday that the calendar
/// does not know, or a day that a source has left out. A longer one is a part of the history that is not there, such
/// as the months before a single official day that was imported; the same bound as for reported holes
/// ([`QualityRules::new`]).
const LONGEST_HOLE: i64 = 5;

/// A series ready for use, and where its values come from.
#[derive(Debug, Clone)]
pub struct AvailableSeries {
    /// The series and the findings of the checks.
    pub checked: CheckedSeries,
    /// Source of the newest observation: "embedded", "import" or a provider's name; "a + b" when two series made it.
    pub provider: String,
    /// Formula of a derived series, such as "usdclp / usdeur"; `None` when the series is stored itself.
    pub formula: Option<String>,
    /// Dates on which a market quote stands in for the official rate, each with the name of the quote's provider. A
    /// cross has those of its official leg.
    pub stand_ins: BTreeMap<NaiveDate, String>,
}

impl AvailableSeries {
    /// Returns the provider whose quote stands in for the official rate in the newest observation; `None` when that
    /// is official, or the series has no official rate.
    pub fn stand_in(&self) -> Option<&str> {
        self.stand_ins.get(&self.checked.series.last_date()).map(String::as_str)
    }

    /// Returns the first date from which every value stands in for the official rate; `None` when the newest is
    /// official.
    pub fn stand_in_from(&self) -> Option<NaiveDate> {
        let newest_first = self.checked.series.dates().iter().rev();
        newest_first.take_while(|date| self.stand_ins.contains_key(*date)).last().copied()
    }
}

/// A series before the checks.
#[derive(Debug, Clone, Default)]
pub(crate) struct UncheckedSeries {
    /// Value and source of each date.
    pub(crate) by_date: BTreeMap<NaiveDate, (f64, String)>,
    /// Values that were current before.
    pub(crate) superseded: Vec<Superseded>,
    /// Dates on which a market quote stands in for an official rate, each with the quote's provider.
    pub(crate) stand_ins: BTreeMap<NaiveDate, String>,
    /// Values that a person has accepted as they are, by date.
    pub(crate) accepted: AcceptedValues,
}

impl UncheckedSeries {
    /// Checks the values by `rules` and returns the series `name`; `made_of` is the formula of a derived series.
    ///
    /// # Errors
    /// When no value passes.
    pub(crate) fn check(
        &self,
        name: &str,
        rules: &QualityRules,
        made_of: Option<String>,
    ) -> Result<AvailableSeries, RatesError> {
        let raw: Vec<RawObservation> =
            self.by_date.iter().map(|(&date, &(value, _))| RawObservation { date, value }).collect();
        let mut checked = check_accepting(name, &raw, rules, &self.accepted)?;
        let observations = checked.series.observations().collect();
        let examined = examine(observations, &checked.findings, rules, &|date| self.is_vetted(date));
        let scaled = |s: &Superseded| Superseded { value: s.value * examined.factor_on(s.date), ..*s };
        let series = Series::new(name, &examined.observations)
            .map_err(|error| RatesError::NothingUsable { series: name.to_owned(), reason: error.to_string() })?;
        checked.series = series.with_superseded(self.superseded.iter().map(scaled).collect());
        let condition = |fact| SeriesCondition { series: name.to_owned(), fact };
        checked.conditions = examined.facts.into_iter().map(condition).collect();
        checked.gaps = examined.gaps;
        let provider = self.by_date.get(&checked.series.last_date()).map(|(_, source)| source.clone());
        let mut stand_ins = self.stand_ins.clone();
        stand_ins.retain(|date, _| checked.series.value_on(*date).is_some());
        Ok(AvailableSeries { checked, provider: provider.unwrap_or_default(), formula: made_of, stand_ins })
    }

    /// True when the value of `date` is embedded, or of a provider: a sync compares providers, and remembers its doubt.
    fn is_vetted(&self, date: NaiveDate) -> bool {
        let source = self.by_date.get(&date).map_or("", |(_, source)| source.as_str());
        source.split(" + ").all(|one| one == EMBEDDED_SOURCE || of_name(one).is_some())
    }
}

/// Returns the names of all series, stored or embedded, sorted.
///
/// # Errors
/// When the store's folder cannot be read or the snapshot is broken.
pub fn available(store: &RatesStore) -> Result<Vec<String>, RatesError> {
    let names: BTreeSet<String> = store.series()?.into_iter().chain(embedded()?.keys().cloned()).collect();
    Ok(names.into_iter().collect())
}

/// Assembles the series `name`: the embedded snapshot, overridden on each date by the store, checked by `rules`. The
/// superseded values in the store are included; the snapshot does not record when its values became known.
///
/// After the last official value of an official rate, and in a hole of more than five business days between
/// two official values, the embedded market quotes fill the dates without a stored value, under the name of their
/// provider. An official value replaces the quote of its date. Embedded values after `rules.today` are not known yet.
///
/// Given `until`, the series is as it was known at the end of that day (UTC): later observations are cut off and
/// later revisions undone before the checks, so that not even a check can see beyond it.
///
/// # Errors
/// When neither has the series, when all of it is later than `until`, when the store's file cannot be read, or when
/// no value passes the checks.
pub fn assemble(
    store: &RatesStore,
    name: &str,
    rules: &QualityRules,
    until: Option<NaiveDate>,
) -> Result<AvailableSeries, RatesError> {
    overlay(store, name, rules.today, until)?.check(name, rules, None)
}

/// Overlays the snapshot up to `today` with the store's observations of `name` as known at the end of `until`.
///
/// # Errors
/// When neither has the series, when all of it is later than `until`, or when the store's file cannot be read.
pub(crate) fn overlay(
    store: &RatesStore,
    name: &str,
    today: NaiveDate,
    until: Option<NaiveDate>,
) -> Result<UncheckedSeries, RatesError> {
    let snapshot = embedded()?.get(checked_name(name)?);
    let stored = store.load_versions(name)?;
    if snapshot.is_none() && stored.is_none() {
        let available = available(store)?.join(", ");
        return Err(RatesError::UnknownSeries { name: name.to_owned(), available });
    }
    let versions = stored.unwrap_or_default();
    let known = until.map_or_else(|| current(&versions), |until| known_at(&versions, end_of(until)));
    let mut by_date: BTreeMap<NaiveDate, (f64, String)> = BTreeMap::new();
    let embedded = snapshot.into_iter().flatten().filter(|o| o.date <= today);
    by_date.extend(embedded.map(|o| (o.date, (o.value, EMBEDDED_SOURCE.to_owned()))));
    by_date.extend(known.into_iter().map(|o| (o.date, (o.value, o.source))));
    // Must precede the cut below: a short hole between two official values is not filled, whatever the as-of date.
    extend_with_quotes(name, today, &mut by_date)?;
    let mut superseded: Vec<Superseded> = superseded(&versions).collect();

    if let Some(until) = until {
        let first = by_date.keys().next().copied();
        by_date.retain(|date, _| *date <= until);
        superseded.retain(|s| s.until <= until);
        if let (true, Some(first)) = (by_date.is_empty(), first) {
            return Err(RatesError::NothingUntil { name: name.to_owned(), until, first });
        }
    }
    let sources: BTreeSet<&String> = by_date.values().map(|(_, source)| source).collect();
    let quoting: BTreeSet<&String> = sources.into_iter().filter(|source| is_stand_in(name, source)).collect();
    let standing_in = by_date.iter().filter(|(_, (_, source))| quoting.contains(source));
    let stand_ins = standing_in.map(|(date, (_, source))| (*date, source.clone())).collect();
    Ok(UncheckedSeries { by_date, superseded, stand_ins, accepted: store.accepted_values(name) })
}

/// Adds the embedded market quotes after the end of the official values of `name`, and in their long holes.
fn extend_with_quotes(
    name: &str,
    today: NaiveDate,
    by_date: &mut BTreeMap<NaiveDate, (f64, String)>,
) -> Result<(), RatesError> {
    let is_official = |(_, (_, source)): &(&NaiveDate, &(f64, String))| !is_stand_in(name, source);
    let official: BTreeSet<NaiveDate> = by_date.iter().filter(is_official).map(|(date, _)| *date).collect();
    let calendar = calendar_of(name).unwrap_or_else(BusinessCalendar::weekdays);
    let stands_in = |quote: &RawObservation| {
        let before = official.range(..quote.date).next_back();
        let after = official.range(quote.date..).next();
        match (before, after) {
            (_, None) => true,
            (Some(before), Some(after)) => calendar.business_days_between(*before, *after) > LONGEST_HOLE + 1,
            (None, Some(_)) => false,
        }
    };
    for quote in embedded_quotes(name, today)?.filter(stands_in) {
        by_date.entry(quote.date).or_insert_with(|| (quote.value, nbp::NAME.to_owned()));
    }
    Ok(())
}

/// Returns the embedded market quotes up to `today` that may stand in for the official rate `name`, each dated with
/// the rate's date; none when `name` is not an official rate.
///
/// # Errors
/// When the snapshot is broken.
fn embedded_quotes(name: &str, today: NaiveDate) -> Result<impl Iterator<Item = RawObservation>, RatesError> {
    let quotes = embedded()?.get(&format!("{name}_spot")).filter(|_| is_official(name));
    let calendar = calendar_of(name).unwrap_or_else(BusinessCalendar::weekdays);
    let on_its_morning = |o: &RawObservation| RawObservation { date: morning_of(o.date), value: o.value };
    let quotes = quotes.into_iter().flatten().map(on_its_morning);
    Ok(quotes.filter(move |o| o.date <= today && calendar.is_business_day(o.date)))
}

/// Returns the day whose morning quote closes the trades of `day`: the next weekday, whose official rate averages
/// those trades.
fn morning_of(day: NaiveDate) -> NaiveDate {
    let weekdays = BusinessCalendar::weekdays();
    day.iter_days().skip(1).find(|next| weekdays.is_business_day(*next)).unwrap_or(day)
}

/// Returns the last millisecond of `day`: the store counts in milliseconds.
pub fn end_of(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::milliseconds(86_399_999)
}
