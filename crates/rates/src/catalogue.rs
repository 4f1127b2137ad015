//! What series there are, and each one whole: the embedded snapshot overlaid by the store, through the quality
//! checks, with the values that counted before where the store has them. Where an official rate ends, the embedded
//! quotes of the market stand in for it. This is where a run gets its rates from.

#[cfg(test)]
mod tests;

use crate::{
    error::RatesError,
    listings::{calendar_of, is_official, is_stand_in},
    providers::nbp,
    quality::{Checked, QualityRules, check},
    snapshot::{EMBEDDED_SOURCE, RawObservation, embedded},
    store::{RatesStore, checked_name, current, known_at, superseded},
};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use forecaster_domain::{BusinessCalendar, Superseded};
use std::collections::{BTreeMap, BTreeSet};

/// A series ready for use.
#[derive(Debug, Clone)]
pub struct AvailableSeries {
    /// The series, and what the checks found.
    pub checked: Checked,
    /// Source of its newest observation: "embedded", "import" or a provider's name; "a + b" when two made it.
    pub provider: String,
    /// The formula by which it was made of other series, such as "usdclp / usdeur"; `None` when it is stored itself.
    pub made_of: Option<String>,
    /// The dates whose value is a quote of the market that stands in for the official rate, and whose quote it is: a
    /// provider's name. A cross has those of its official leg.
    pub stand_ins: BTreeMap<NaiveDate, String>,
}

impl AvailableSeries {
    /// The provider whose quote stands in for the official rate in the newest observation; `None` when that is official,
    /// or the series has no official rate.
    pub fn stand_in(&self) -> Option<&str> {
        self.stand_ins.get(&self.checked.series.last_date()).map(String::as_str)
    }

    /// The first date from which on every value stands in for the official rate; `None` when the newest is official.
    pub fn stand_in_from(&self) -> Option<NaiveDate> {
        let newest_first = self.checked.series.dates().iter().rev();
        newest_first.take_while(|date| self.stand_ins.contains_key(*date)).last().copied()
    }
}

/// A series before the checks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unchecked {
    /// Each date's value and its source.
    pub(crate) by_date: BTreeMap<NaiveDate, (f64, String)>,
    /// The values that counted before.
    pub(crate) superseded: Vec<Superseded>,
    /// The dates whose value stands in for an official rate, and whose it is.
    pub(crate) stand_ins: BTreeMap<NaiveDate, String>,
}

impl Unchecked {
    /// The series `name`, made by the formula `made_of`, of what passes `rules`.
    ///
    /// # Errors
    /// When nothing passes.
    pub(crate) fn check(
        &self,
        name: &str,
        rules: &QualityRules,
        made_of: Option<String>,
    ) -> Result<AvailableSeries, RatesError> {
        let raw: Vec<RawObservation> =
            self.by_date.iter().map(|(&date, &(value, _))| RawObservation { date, value }).collect();
        let mut checked = check(name, &raw, rules)?;
        checked.series = checked.series.with_superseded(self.superseded.clone());
        let provider = self.by_date.get(&checked.series.last_date()).map(|(_, source)| source.clone());
        let mut stand_ins = self.stand_ins.clone();
        stand_ins.retain(|date, _| checked.series.value_on(*date).is_some());
        Ok(AvailableSeries { checked, provider: provider.unwrap_or_default(), made_of, stand_ins })
    }
}

/// Names of all series, stored or embedded, sorted.
///
/// # Errors
/// When the store's folder cannot be read or the snapshot is broken.
pub fn available(store: &RatesStore) -> Result<Vec<String>, RatesError> {
    let names: BTreeSet<String> = store.series()?.into_iter().chain(embedded()?.keys().cloned()).collect();
    Ok(names.into_iter().collect())
}

/// The series `name`: the embedded snapshot, on each date overruled by the store, checked by `rules`. Values that
/// the store knows to have counted before go with it; the snapshot says nothing of when its values were known.
///
/// After the last official value of an official rate the embedded quotes of the market go on where the store has
/// nothing, under the name of their provider. An official value takes their place on its date and before it.
/// Embedded values after `rules.today` are not known yet.
///
/// With `until`, it is what was known at the end of that day (UTC): later observations are cut off and later
/// revisions taken back before the checks, so that not even a check can look past it.
///
/// # Errors
/// When neither has the series, when all of it is later than `until`, when the store's file cannot be read, or when
/// nothing passes the checks.
pub fn assemble(
    store: &RatesStore,
    name: &str,
    rules: &QualityRules,
    until: Option<NaiveDate>,
) -> Result<AvailableSeries, RatesError> {
    overlay(store, name, rules.today, until)?.check(name, rules, None)
}

/// The snapshot's, up to `today`, and the store's observations of `name` as they were known at the end of `until`.
///
/// # Errors
/// When neither has the series, when all of it is later than `until`, or when the store's file cannot be read.
pub(crate) fn overlay(
    store: &RatesStore,
    name: &str,
    today: NaiveDate,
    until: Option<NaiveDate>,
) -> Result<Unchecked, RatesError> {
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
    // Before later dates are cut off: a hole that an official rate has is none to be filled on any day.
    go_on_with_quotes(name, today, &mut by_date)?;
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
    Ok(Unchecked { by_date, superseded, stand_ins })
}

/// Lets the embedded quotes of the market stand in where the official values of `name` end.
fn go_on_with_quotes(
    name: &str,
    today: NaiveDate,
    by_date: &mut BTreeMap<NaiveDate, (f64, String)>,
) -> Result<(), RatesError> {
    let is_official = |(_, (_, source)): &(&NaiveDate, &(f64, String))| !is_stand_in(name, source);
    let end = by_date.iter().rev().find(is_official).map(|(date, _)| *date);
    for quote in embedded_quotes(name, today)?.filter(|quote| Some(quote.date) > end) {
        by_date.entry(quote.date).or_insert_with(|| (quote.value, nbp::NAME.to_owned()));
    }
    Ok(())
}

/// The embedded quotes of the market that may stand in for the official rate `name`, each on the date of it, up to
/// `today`; none when it is no official rate.
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

/// The day whose morning had the quote that closes the trades of `day`: the next weekday, whose official rate averages
/// them.
fn morning_of(day: NaiveDate) -> NaiveDate {
    let weekdays = BusinessCalendar::weekdays();
    day.iter_days().skip(1).find(|next| weekdays.is_business_day(*next)).unwrap_or(day)
}

/// The last millisecond of `day`: the store counts in milliseconds.
pub fn end_of(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::milliseconds(86_399_999)
}
