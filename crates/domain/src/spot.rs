//! The market's own quote of the pair: later news than the official rate.
//!
//! The dólar observado of day t is the average of the trades of the business day before, and is published that
//! evening. A quote taken when those trades had ended is known on the morning of t as well, and knows how the day
//! ended. In: the pair's window and quotes dated at the day of the trades they close. Out: the log distance of the
//! quote from the official rate at each date of the pair, as it was known on that date.

use crate::{Regressor, RegressorGap, Series};
use chrono::{Datelike, Days, NaiveDate, Weekday};

/// Fewest known gaps in a window. With 20 to 25, and the shrinkage of the models, the quotes of 2020-2024 explained
/// 20 % of the variance of the next return, with hundreds 29 %.
const NEEDED: usize = 20;
/// Known gaps, newest, whose median and spread are those of a sound quote: a year. The median is the quote's bias, such
/// as a bid's; windows of 30 and 60 gaps did a little worse than 250 or all.
const USUAL: usize = 250;
/// Robust standard deviations (1.4826 x median absolute deviation, Huber 1981) beyond which a quote is broken, not news.
/// On the quotes of 2020-2024, 5, 6 and 8 did alike, 4 and less took news for errors; Yahoo's stale 1050.26 of
/// July 2022 was off by 20.
const BROKEN: f64 = 6.0;
/// Median absolute deviation to standard deviation, for a normal distribution.
const MAD_TO_SIGMA: f64 = 1.4826;

/// How far the market's quote was from the official rate, as known at each date of the pair.
#[derive(Debug, Clone, PartialEq)]
pub struct SpotGap {
    /// Name of the series of quotes.
    pub name: String,
    /// ln(quote / official rate) less its usual value, `[len of the pair's window]`; `None` where no sound quote of
    /// the last day of trading was known.
    pub values: Vec<Option<f64>>,
    /// Date of the quote known at the as-of date.
    pub quoted: NaiveDate,
    /// The gap known at the as-of date: the last of `values`.
    pub now: f64,
}

impl SpotGap {
    /// The gaps between `pair` and the quotes of `spot`, of which there are none from after the as-of date.
    ///
    /// # Errors
    /// When there is no sound quote of the last day of trading at the as-of date, or fewer than twenty before.
    pub(crate) fn new(pair: &Series, spot: &Regressor) -> Result<Self, RegressorGap> {
        let quotes: Vec<Option<(NaiveDate, f64)>> =
            (0..pair.len()).map(|i| known_quote(pair, &spot.series, spot.lag_days, i)).collect();
        let Some(quoted) = quotes.last().copied().flatten().map(|(date, _)| date) else {
            return Err(RegressorGap::Ended { last: spot.series.last_date(), as_of: pair.last_date() });
        };
        let raw: Vec<Option<f64>> =
            quotes.iter().zip(pair.values()).map(|(quote, p)| quote.map(|(_, q)| (q / p).ln())).collect();
        let known: Vec<f64> = raw.iter().flatten().copied().collect();
        let (usual, deviation) = median_and_deviation(&known[known.len().saturating_sub(USUAL)..]);
        let sound = |gap: f64| Some(gap - usual).filter(|g| g.abs() <= BROKEN * deviation);
        let values: Vec<Option<f64>> = raw.into_iter().map(|gap| gap.and_then(sound)).collect();
        let Some(now) = values.last().copied().flatten() else {
            return Err(RegressorGap::Broken { date: quoted });
        };
        let known = values.iter().flatten().count();
        if known < NEEDED {
            return Err(RegressorGap::TooFew { known, needed: NEEDED });
        }
        Ok(Self { name: spot.series.name().to_owned(), values, quoted, now })
    }
}

/// The newest quote known at date `i` of the pair, if it is news: of the day before in the pair's calendar, whose
/// trades the official rate of date `i` averages, or newer. On weekends there are indications but no trades: a quote
/// from a Sunday evening is passed over (Yahoo's were 2 % off from 2022 to 2024).
fn known_quote(pair: &Series, quotes: &Series, lag_days: u16, i: usize) -> Option<(NaiveDate, f64)> {
    let date = pair.dates()[i];
    let averaged = pair.dates()[i.checked_sub(1)?];
    let newest = quotes.index_at_or_before(date - Days::new(u64::from(lag_days)))?;
    let known = quotes.dates()[..=newest].iter().zip(quotes.values()).rev();
    known
        .take_while(|(quoted, _)| **quoted >= averaged)
        .find(|(quoted, _)| !matches!(quoted.weekday(), Weekday::Sat | Weekday::Sun))
        .map(|(quoted, value)| (*quoted, *value))
}

/// Median of `values`, of which there is at least one, and their robust standard deviation.
fn median_and_deviation(values: &[f64]) -> (f64, f64) {
    let middle = median(values.to_vec());
    (middle, MAD_TO_SIGMA * median(values.iter().map(|v| (v - middle).abs()).collect()))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { 0.5 * (values[middle - 1] + values[middle]) }
}
