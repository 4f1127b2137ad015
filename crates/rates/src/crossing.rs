//! Rates of any pair: its own series, or one derived from others by inversion (MXN/USD from usdmxn) or by crossing
//! two over the dollar (EUR/CLP from usdclp and usdeur). The result has passed the checks under the name of the
//! pair's own series, and contains nothing that was not known on its date.

#[cfg(test)]
mod tests;

use crate::{
    catalogue::{AvailableSeries, UncheckedSeries, overlay},
    error::RatesError,
    quality::QualityRules,
    store::RatesStore,
    tolerance::is_same_value,
};
use chrono::{Days, NaiveDate};
use forecaster_domain::{Observation, Pair, SeriesCondition, SeriesFact, Superseded};
use std::collections::BTreeMap;

/// Currency over which pairs are crossed.
const PIVOT: &str = "USD";
/// Currency with an official dollar rate: the dólar observado of day t is computed from the trades of the business
/// day before, and is published before the market closes of t are known.
const OFFICIAL: &str = "CLP";
/// Greatest age in days at which a market rate can still be crossed with the official one: long enough for any run of
/// holidays.
const MAX_AGE_DAYS: u64 = 7;

/// Returns the rates of `pair`. Each series involved is checked by the `rules` of its name, and is as known at
/// `until`, in the sense of [`assemble`](crate::assemble).
///
/// The pair's own series is used when it has at least `min_observations`; otherwise the opposite pair's, inverted;
/// otherwise usdQUOTE / usdBASE on the dates that both have, where each leg may be inverted too. When none is long
/// enough, the longest is used. When the dólar observado is one leg, the other enters with its last value of the day
/// before or earlier, at most seven days old: a cross of day t is known when the official rate of t is.
///
/// A derived series has only the findings on its own values. An inverted series keeps its superseded values; a cross
/// has none.
///
/// # Errors
/// When the pair cannot be derived in any way; the error names the missing series. Otherwise as for
/// [`assemble`](crate::assemble).
pub fn assemble_pair(
    store: &RatesStore,
    pair: &Pair,
    rules: impl Fn(&str) -> QualityRules,
    until: Option<NaiveDate>,
    min_observations: usize,
) -> Result<AvailableSeries, RatesError> {
    let crossing = Crossing { store, rules: &rules, until, min_observations };
    let (base, quote) = (pair.base(), pair.quote());
    let direct = crossing.direct(base, quote);
    let made = if [base, quote].contains(&PIVOT) {
        direct
    } else {
        crossing.long_enough_or(direct, || crossing.crossed(pair))
    };
    match made {
        Ok(leg) => Ok(leg.available),
        Err(RatesError::UnknownSeries { .. }) => Err(no_pair(pair, &[])),
        Err(error) => Err(error),
    }
}

/// A series that passed the checks, and its unchecked values with their sources by date.
struct Leg {
    available: AvailableSeries,
    unchecked: UncheckedSeries,
}

impl Leg {
    fn len(&self) -> usize {
        self.available.checked.series.len()
    }

    fn source_on(&self, date: NaiveDate) -> &str {
        self.unchecked.by_date.get(&date).map_or("", |(_, source)| source)
    }

    /// Returns the leg as a term of a formula.
    fn term(&self) -> String {
        match &self.available.formula {
            Some(formula) => format!("({formula})"),
            None => self.available.checked.series.name().to_owned(),
        }
    }

    /// True when a person has accepted the value as it is.
    fn has_accepted(&self, o: Observation) -> bool {
        self.unchecked.accepted.get(&o.date).is_some_and(|value| is_same_value(*value, o.value))
    }

    fn on(&self, date: NaiveDate) -> Option<Observation> {
        self.available.checked.series.value_on(date).map(|value| Observation { date, value })
    }

    /// Returns the last observation before `date`, unless it is too old.
    fn before(&self, date: NaiveDate) -> Option<Observation> {
        let series = &self.available.checked.series;
        let last = series.index_at_or_before(date - Days::new(1))?;
        let found = Observation { date: series.dates()[last], value: series.values()[last] };
        (date <= found.date + Days::new(MAX_AGE_DAYS)).then_some(found)
    }
}

/// Arguments shared by all ways to derive a pair.
struct Crossing<'a> {
    store: &'a RatesStore,
    rules: &'a dyn Fn(&str) -> QualityRules,
    until: Option<NaiveDate>,
    min_observations: usize,
}

impl Crossing<'_> {
    /// Returns QUOTE per BASE as stored, or the opposite series inverted.
    fn direct(&self, base: &str, quote: &str) -> Result<Leg, RatesError> {
        let (name, opposite) = (series_name(base, quote), series_name(quote, base));
        self.long_enough_or(self.stored(&name), || self.inverted(&name, &opposite))
    }

    fn stored(&self, name: &str) -> Result<Leg, RatesError> {
        let today = (self.rules)(name).today;
        self.checked(name, overlay(self.store, name, today, self.until)?, None)
    }

    fn inverted(&self, name: &str, opposite: &str) -> Result<Leg, RatesError> {
        let leg = self.stored(opposite)?;
        let series = &leg.available.checked.series;
        let turned = |o: Observation| (o.date, (1.0 / o.value, leg.source_on(o.date).to_owned()));
        let superseded = series.superseded().iter().map(|s| Superseded { value: 1.0 / s.value, ..*s });
        let unchecked = UncheckedSeries {
            by_date: series.observations().map(turned).collect(),
            superseded: superseded.collect(),
            stand_ins: leg.available.stand_ins.clone(),
            accepted: leg.unchecked.accepted.iter().map(|(date, value)| (*date, 1.0 / value)).collect(),
        };
        let mut inverted = self.checked(name, unchecked, Some(format!("1 / {opposite}")))?;
        // Everything that can be said of the values is said of those that are stored.
        inverted.available.checked.conditions = leg.available.checked.conditions;
        Ok(inverted)
    }

    fn crossed(&self, pair: &Pair) -> Result<Leg, RatesError> {
        let (base, quote) = (self.direct(PIVOT, pair.base()), self.direct(PIVOT, pair.quote()));
        let missing: Vec<String> = [(&base, pair.base()), (&quote, pair.quote())]
            .into_iter()
            .filter(|(leg, _)| matches!(leg, Err(RatesError::UnknownSeries { .. })))
            .map(|(_, currency)| series_name(PIVOT, currency))
            .collect();
        if !missing.is_empty() {
            return Err(no_pair(pair, &missing));
        }
        let (base, quote) = (base?, quote?);
        let unchecked = cross(pair, &base, &quote);
        let formula = format!("{} / {}", quote.term(), base.term());
        if unchecked.by_date.is_empty() {
            let reason = format!("it is derived from {formula}, but these series have no date in common");
            return Err(RatesError::NothingUsable { series: pair.series_name(), reason });
        }
        let mut crossed = self.checked(&pair.series_name(), unchecked, Some(formula))?;
        let of_legs = [quote, base].map(|leg| leg.available.checked.conditions);
        add_conditions(&mut crossed.available.checked.conditions, of_legs.into_iter().flatten());
        Ok(crossed)
    }

    fn checked(&self, name: &str, unchecked: UncheckedSeries, made_of: Option<String>) -> Result<Leg, RatesError> {
        let available = unchecked.check(name, &(self.rules)(name), made_of)?;
        Ok(Leg { available, unchecked })
    }

    /// Returns `first` when it is long enough, otherwise the longer of it and `second`. An error other than the
    /// absence of a series, such as an unreadable file, is always returned.
    fn long_enough_or(
        &self,
        first: Result<Leg, RatesError>,
        second: impl FnOnce() -> Result<Leg, RatesError>,
    ) -> Result<Leg, RatesError> {
        match first {
            Ok(leg) if leg.len() >= self.min_observations => return Ok(leg),
            Err(error) if !is_absence(&error) => return Err(error),
            _ => {}
        }
        match (first, second()) {
            (_, Err(error)) if !is_absence(&error) => Err(error),
            (Ok(first), Ok(second)) => Ok(if second.len() > first.len() { second } else { first }),
            (Ok(leg), Err(_)) | (Err(_), Ok(leg)) => Ok(leg),
            (Err(RatesError::UnknownSeries { .. }), Err(error)) | (Err(error), Err(_)) => Err(error),
        }
    }
}

/// Crosses QUOTE per dollar and BASE per dollar to QUOTE per BASE; stand-ins are those of the official leg.
fn cross(pair: &Pair, base: &Leg, quote: &Leg) -> UncheckedSeries {
    // The dates are those of the official leg, if any.
    let of_base = pair.base() == OFFICIAL;
    let official = of_base || pair.quote() == OFFICIAL;
    let (dated, other) = if of_base { (base, quote) } else { (quote, base) };
    let stand_ins = if official { dated.available.stand_ins.clone() } else { BTreeMap::new() };
    let mut crossed = UncheckedSeries { stand_ins, ..UncheckedSeries::default() };
    for o in dated.available.checked.series.observations() {
        let Some(found) = (if official { other.before(o.date) } else { other.on(o.date) }) else { continue };
        let (per_base, per_quote) = if of_base { (o, found) } else { (found, o) };
        let sources = (quote.source_on(per_quote.date), base.source_on(per_base.date));
        let source =
            if sources.0 == sources.1 { sources.0.to_owned() } else { format!("{} + {}", sources.0, sources.1) };
        let value = per_quote.value / per_base.value;
        // What a person has said of a leg holds for the cross.
        if quote.has_accepted(per_quote) || base.has_accepted(per_base) {
            crossed.accepted.insert(o.date, value);
        }
        crossed.by_date.insert(o.date, (value, source));
    }
    crossed
}

/// Adds the conditions of the legs to those of a cross. Gaps of a leg show in the cross itself; a peg
/// is no peg in a cross.
fn add_conditions(own: &mut Vec<SeriesCondition>, of_legs: impl Iterator<Item = SeriesCondition>) {
    use SeriesFact::{Break, Constant, OffScale, Redenominated, StandsStill, UnconfirmedJump};
    let of_legs: Vec<SeriesCondition> = of_legs.collect();
    let is_jump = |condition: &SeriesCondition| matches!(condition.fact, UnconfirmedJump { .. });
    if of_legs.iter().any(is_jump) {
        own.retain(|condition| !is_jump(condition));
    }
    let is_told = |fact: &SeriesFact| match fact {
        UnconfirmedJump { .. } | StandsStill { .. } | Redenominated { .. } | OffScale { .. } | Break { .. } => true,
        Constant { .. } | SeriesFact::Sparse { .. } | SeriesFact::Hole { .. } => false,
    };
    own.extend(of_legs.into_iter().filter(|condition| is_told(&condition.fact)));
}

/// True when the error means that the series does not exist or has no usable values.
fn is_absence(error: &RatesError) -> bool {
    use RatesError::{NoPair, NothingUntil, NothingUsable, UnknownSeries};
    matches!(error, UnknownSeries { .. } | NothingUntil { .. } | NothingUsable { .. } | NoPair { .. })
}

fn series_name(base: &str, quote: &str) -> String {
    format!("{base}{quote}").to_lowercase()
}

fn no_pair(pair: &Pair, legs: &[String]) -> RatesError {
    let legs = if legs.is_empty() {
        String::new()
    } else {
        format!(", and there is no {} to cross over {PIVOT}", legs.join(" and no "))
    };
    RatesError::NoPair {
        pair: pair.to_string(),
        series: pair.series_name(),
        opposite: series_name(pair.quote(), pair.base()),
        legs,
    }
}
