//! Market quotes of the pair, which are later news than the official rate.
//!
//! The dólar observado of day t is the average of the trades of the business day before, and is published that
//! evening. A quote taken after those trades is also known on the morning of t, and shows how the day ended. In: the
//! pair's window and quotes dated by the day of the trades they close. Out: the log distance of the quote from the
//! official rate at each date of the pair, as it was known on that date.

use crate::regressor::{ExclusionReason, Regressor};
use crate::series::Series;
use chrono::{Datelike, Days, NaiveDate, Weekday};

/// Fewest known gaps in a window for estimating their spread. Models shrink what they learn from so few: out of
/// sample, quotes of 2021-2024 removed 14 % of the variance of the next return with 10 known gaps, 20 % with 20, 29 %
/// with 200.
const NEEDED: usize = 10;
/// Number of newest known gaps whose median and spread describe a sound quote: a year. The median is the quote's
/// bias, such as a bid's; windows of 30 and 60 gaps did a little worse than 250 or all.
const USUAL: usize = 250;
/// Robust standard deviations (1.4826 x median absolute deviation, Huber 1981) beyond which a quote is broken, not
/// news. On the quotes of 2020-2024, 5, 6 and 8 performed alike, 4 and less took news for errors; Yahoo's stale
/// 1050.26 of July 2022 was off by more than 20.
const BROKEN: f64 = 6.0;
/// Greatest age of a quote in calendar days, beyond its lag: a weekend and two holidays. When the pair itself has a
/// hole, the date of its previous observation does not show what is news.
const MAX_AGE_DAYS: u64 = 4;
/// Factor from median absolute deviation to standard deviation, for a normal distribution.
const MAD_TO_SIGMA: f64 = 1.4826;

/// Distance of the market's quote from the official rate, as known at each date of the pair.
#[derive(Debug, Clone, PartialEq)]
pub struct SpotGap {
    /// Name of the series of quotes.
    pub name: String,
    /// Logarithm ln(quote / official rate) less its usual value, `[len of the pair's window]`; `None` where no sound
    /// quote of the last trading day was known.
    pub values: Vec<Option<f64>>,
    /// Date of the quote known at the as-of date.
    pub quoted: NaiveDate,
    /// Value of the quote known at the as-of date, in the pair's unit.
    pub quote: f64,
    /// The gap known at the as-of date: the last of `values`.
    pub now: f64,
}

impl SpotGap {
    /// Computes the gaps between `pair` and the quotes of `spot`, none of which is later than the as-of date.
    /// `known_until` returns the newest date whose quotes are known on a given date of the pair.
    ///
    /// # Errors
    /// When there is no sound quote of the last trading day at the as-of date, or there are fewer than ten in all.
    pub(crate) fn new(
        pair: &Series,
        spot: &Regressor,
        known_until: impl Fn(NaiveDate) -> NaiveDate,
    ) -> Result<Self, ExclusionReason> {
        let quotes: Vec<NewestQuote> = (0..pair.len()).map(|i| newest_quote(pair, spot, &known_until, i)).collect();
        let (date, quote) = match quotes.last() {
            Some(NewestQuote::News(date, quote)) => (*date, *quote),
            Some(NewestQuote::Repeated(date)) => return Err(ExclusionReason::Repeated { date: *date }),
            Some(NewestQuote::StandsIn(date)) => return Err(ExclusionReason::StandsIn { date: *date }),
            _ => return Err(ExclusionReason::Ended { last: spot.series.last_date(), as_of: pair.last_date() }),
        };
        let raw: Vec<Option<f64>> = quotes.iter().zip(pair.values()).map(|(quote, p)| quote.gap(*p)).collect();
        let known: Vec<f64> = raw.iter().flatten().copied().collect();
        let (usual, deviation) = median_and_deviation(&known[known.len().saturating_sub(USUAL)..]);
        let sound = |gap: f64| Some(gap - usual).filter(|g| g.abs() <= BROKEN * deviation);
        let values: Vec<Option<f64>> = raw.into_iter().map(|gap| gap.and_then(sound)).collect();
        let Some(now) = values.last().copied().flatten() else {
            return Err(ExclusionReason::Broken { date });
        };
        let known = values.iter().flatten().count();
        if known < NEEDED {
            return Err(ExclusionReason::TooFew { known, needed: NEEDED });
        }
        Ok(Self { name: spot.series.name().to_owned(), values, quoted: date, quote, now })
    }
}

/// The newest quote known on a date of the pair.
enum NewestQuote {
    /// No quote that is news.
    None,
    /// News, with its date and its value.
    News(NaiveDate, f64),
    /// Quote equal to that of the date before it, to the last bit.
    Repeated(NaiveDate),
    /// Quote equal to the pair's own value.
    StandsIn(NaiveDate),
}

impl NewestQuote {
    /// Log distance of a quote that is news from the pair's value `price`.
    fn gap(&self, price: f64) -> Option<f64> {
        match self {
            Self::News(_, quote) => Some((quote / price).ln()),
            _ => None,
        }
    }
}

/// Finds the newest quote known on date `i` of the pair. A quote is news when it became known after the pair's
/// previous date, whose trades the official rate of date `i` averages, and is no older than a few days. Weekends have
/// indications but no trades: a quote from a Sunday evening is skipped (Yahoo's were often 2 % off from 2022 to
/// 2024). A quote that repeats the one before it comes from a stalled feed; a quote that equals the pair's value is a
/// stand-in for it.
fn newest_quote(
    pair: &Series,
    spot: &Regressor,
    known_until: impl Fn(NaiveDate) -> NaiveDate,
    i: usize,
) -> NewestQuote {
    let (dates, values) = (spot.series.dates(), spot.series.values());
    let Some(averaged) = i.checked_sub(1).map(|before| pair.dates()[before]) else { return NewestQuote::None };
    let Some(newest) = spot.series.index_at_or_before(known_until(pair.dates()[i])) else { return NewestQuote::None };
    let lag = Days::new(u64::from(spot.lag_days));
    let oldest = pair.dates()[i] - lag - Days::new(MAX_AGE_DAYS);
    let is_weekend = |date: NaiveDate| matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
    let fresh = (0..=newest).rev().take_while(|k| dates[*k] + lag > averaged && dates[*k] >= oldest);
    let Some(found) = { fresh }.find(|k| !is_weekend(dates[*k])) else { return NewestQuote::None };
    if values[found] == pair.values()[i] {
        NewestQuote::StandsIn(dates[found])
    } else if found > 0 && values[found] == values[found - 1] {
        NewestQuote::Repeated(dates[found])
    } else {
        NewestQuote::News(dates[found], values[found])
    }
}

/// Median of `values`, which must not be empty, and their robust standard deviation.
fn median_and_deviation(values: &[f64]) -> (f64, f64) {
    let middle = median(values.to_vec());
    (middle, MAD_TO_SIGMA * median(values.iter().map(|v| (v - middle).abs()).collect()))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { 0.5 * (values[middle - 1] + values[middle]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::BusinessCalendar;
    use crate::history::History;
    use crate::series::Observation;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// `count` weekdays from Monday 2024-01-01 on.
    fn weekdays(count: usize) -> Vec<NaiveDate> {
        let calendar = BusinessCalendar::weekdays();
        day("2024-01-01").iter_days().filter(|d| calendar.is_business_day(*d)).take(count).collect()
    }

    fn series(name: &str, values: impl IntoIterator<Item = (NaiveDate, f64)>) -> Series {
        let observations: Vec<_> = values.into_iter().map(|(date, value)| Observation { date, value }).collect();
        Series::new(name, &observations).unwrap()
    }

    /// Factor within some tenths of a percent of 1, different on each day.
    fn wobble(date: NaiveDate) -> f64 {
        1.0 + 0.001 * f64::from(date.day() * 7 % 11) - 0.005
    }

    /// The pair at 900 on `count` weekdays, and a quote on each of them.
    fn quoted(count: usize) -> (Series, Vec<(NaiveDate, f64)>) {
        let days = weekdays(count);
        let pair = series("usdclp", days.iter().map(|d| (*d, 900.0)));
        (pair, days.iter().map(|d| (*d, 900.0 * wobble(*d))).collect())
    }

    fn gap(pair: &Series, quotes: &[(NaiveDate, f64)]) -> Result<SpotGap, ExclusionReason> {
        let spot = Regressor::new(series("usdclp_spot", quotes.iter().copied()), 1);
        History::new(pair.clone(), vec![]).with_spot(spot).spot_gap().map(|gap| gap.cloned().unwrap())
    }

    #[test]
    fn the_gap_is_the_log_distance_of_the_last_close_known_less_its_median() {
        let (pair, quotes) = quoted(30);
        let gap = gap(&pair, &quotes).unwrap();
        let raw: Vec<f64> = quotes[..29].iter().map(|(_, q)| (q / 900.0).ln()).collect();
        let usual = median(raw.clone());
        assert_eq!(gap.values[0], None, "what trades the first rate averages is not known");
        for i in 1..30 {
            assert!((gap.values[i].unwrap() - (raw[i - 1] - usual)).abs() < 1e-12, "date {i}");
        }
        assert_eq!((gap.name.as_str(), gap.quoted, Some(gap.now)), ("usdclp_spot", quotes[28].0, gap.values[29]));
    }

    #[test]
    fn a_monday_knows_the_close_of_friday_and_no_indication_from_the_weekend() {
        // 2024-02-05 is a Monday.
        let (pair, mut quotes) = quoted(26);
        assert_eq!(pair.last_date(), day("2024-02-05"));
        quotes.retain(|(date, _)| *date <= day("2024-02-02"));
        let friday = gap(&pair, &quotes).unwrap();
        quotes.push((day("2024-02-04"), 880.0));
        assert_eq!(gap(&pair, &quotes).unwrap(), friday);
        assert_eq!(friday.quoted, day("2024-02-02"));
    }

    #[test]
    fn a_quote_from_before_the_trades_of_the_official_rate_is_no_news() {
        let (pair, mut quotes) = quoted(30);
        quotes.remove(20);
        let without = gap(&pair, &quotes).unwrap();
        assert_eq!(
            without.values.iter().filter(|g| g.is_none()).count(),
            2,
            "the first date, and the one after the hole"
        );
        assert_eq!(without.values[21], None);
        quotes.truncate(27);
        let error = gap(&pair, &quotes).unwrap_err();
        assert_eq!(error.to_string(), "ends on 2024-02-07, before the pair (2024-02-09)");
    }

    #[test]
    fn a_broken_quote_is_unknown_and_one_at_the_as_of_date_is_refused() {
        let (pair, mut quotes) = quoted(30);
        quotes[15].1 = 1050.26;
        let sound = gap(&pair, &quotes).unwrap();
        assert_eq!(sound.values[16], None);
        assert_eq!(sound.values.iter().flatten().count(), 28);
        quotes[28].1 = 9.0;
        assert_eq!(gap(&pair, &quotes).unwrap_err().to_string(), "is too far from the pair on 2024-02-08");
    }

    #[test]
    fn a_bid_tells_the_same_as_the_middle() {
        let (pair, quotes) = quoted(30);
        let bids: Vec<_> = quotes.iter().map(|(date, q)| (*date, q * 0.997)).collect();
        let (middle, bid) = (gap(&pair, &quotes).unwrap(), gap(&pair, &bids).unwrap());
        for (a, b) in middle.values.iter().flatten().zip(bid.values.iter().flatten()) {
            assert!((a - b).abs() < 1e-12);
        }
    }

    #[test]
    fn quotes_may_be_few_but_not_fewer_than_ten() {
        let (pair, quotes) = quoted(300);
        assert_eq!(gap(&pair, &quotes[289..]).unwrap().values.iter().flatten().count(), 10);
        let error = gap(&pair, &quotes[290..]).unwrap_err();
        assert_eq!(error.to_string(), "is known on only 9 dates; 10 are needed");
    }

    #[test]
    fn nothing_after_the_as_of_date_less_the_lag_is_known() {
        let (pair, quotes) = quoted(60);
        let full = |quotes: &[(NaiveDate, f64)]| {
            let spot = Regressor::new(series("usdclp_spot", quotes.iter().copied()), 1);
            History::new(pair.clone(), vec![]).with_spot(spot)
        };
        let as_of = pair.dates()[40];
        let mut revised = quotes.clone();
        for (_, value) in revised.iter_mut().filter(|(date, _)| *date > as_of - Days::new(1)) {
            *value *= 1.004;
        }
        let (before, after) = (full(&quotes).until(as_of).unwrap(), full(&revised).until(as_of).unwrap());
        assert_eq!(before.spot_gap(), after.spot_gap());
        assert_eq!(before.spot().unwrap().series.last_date(), pair.dates()[39]);
        assert_eq!(before.window(20).spot_gap().unwrap().unwrap().values.len(), 20);
        revised[39].1 *= 1.001;
        assert_ne!(before.spot_gap(), full(&revised).until(as_of).unwrap().spot_gap());
    }

    #[test]
    fn without_quotes_there_is_no_gap() {
        let (pair, quotes) = quoted(30);
        assert_eq!(History::new(pair.clone(), vec![]).spot_gap(), Ok(None));
        // Quotes that all come later count as none.
        let spot = Regressor::new(series("usdclp_spot", quotes), 1);
        let early = History::new(pair, vec![]).with_spot(spot).until(day("2024-01-01")).unwrap();
        assert_eq!(early.spot_gap(), Ok(None));
    }

    #[test]
    fn a_quote_that_repeats_the_one_before_and_one_that_is_the_pair_itself_are_no_news() {
        let (pair, mut quotes) = quoted(30);
        let whole = gap(&pair, &quotes).unwrap();
        quotes[15].1 = quotes[14].1;
        assert_eq!(gap(&pair, &quotes).unwrap().values[16], None);
        assert_eq!(whole.quote, quotes[28].1);
        quotes[28].1 = quotes[27].1;
        assert_eq!(gap(&pair, &quotes).unwrap_err().to_string(), "has not changed since before 2024-02-08");
        quotes[28].1 = 900.0;
        let error = gap(&pair, &quotes).unwrap_err().to_string();
        assert_eq!(error, "is the pair's own last value (quote of 2024-02-08)");
    }

    #[test]
    fn after_a_hole_in_the_pair_an_old_quote_is_no_news() {
        let (pair, mut quotes) = quoted(60);
        // Eight business days without an official rate, and quotes that end on the first of them.
        let observations: Vec<_> = pair.observations().collect();
        let holed = Series::new("usdclp", &[&observations[..40], &observations[48..49]].concat()).unwrap();
        quotes.truncate(41);
        let error = gap(&holed, &quotes).unwrap_err();
        assert!(matches!(error, ExclusionReason::Ended { .. }), "{error}");
        let (_, quotes) = quoted(60);
        assert_eq!(gap(&holed, &quotes[..48]).unwrap().quoted, quotes[47].0, "that of the day before is");
    }
}
