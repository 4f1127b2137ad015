//! Sentences of the facts, for logs, the doctor and metrics.

use super::fact::{Frequency, SeriesFact};
use chrono::NaiveDate;

/// Significant digits of a value: those of the widest source, without the noise of a rescaled one.
const DIGITS: i32 = 8;

/// Returns the sentence about a fact of `series`, without the name in front.
pub(super) fn of(series: &str, fact: &SeriesFact) -> String {
    match fact {
        SeriesFact::UnconfirmedJump { date, before, value, is_used } => {
            let (before, value) = (plain(*before), plain(*value));
            let left_out = if *is_used { "" } else { "; it is left out" };
            format!(
                "the value {value} of {date}, after {before}, is a jump that nothing confirms{left_out}; if it is wrong: \
                 {}; if it is right: forecaster rates import FILE.csv --series {series} --accept-jumps",
                removal(series, *date, *date)
            )
        }
        SeriesFact::StandsStill { since, count, value, .. } => format!(
            "the feed stands still: {} on each of its last {count} dates, since {since}; check its source, or remove \
             the repeated values: forecaster rates remove --series {series} --from {since}",
            plain(*value)
        ),
        SeriesFact::Constant { since, value } => format!("does not vary: {} since {since}", plain(*value)),
        SeriesFact::Sparse { frequency, from, to, is_now } => {
            let often = match frequency {
                Frequency::Weekly => "weekly".to_owned(),
                Frequency::Monthly => "monthly".to_owned(),
                Frequency::EveryDays(days) => format!("every {days} business days"),
            };
            let span = if *is_now { format!("since {from}") } else { format!("from {from} to {to}") };
            format!(
                "the values come {often} {span}, where daily ones are expected; the models scale each move to that of one \
                 day; daily values are better: forecaster rates import FILE.csv --series {series}"
            )
        }
        SeriesFact::Hole { from, to, days, .. } => format!(
            "no value on {days} business days, {from} to {to}; the models do not count the move across them as one \
             day's; add the missing values: forecaster rates import FILE.csv --series {series}"
        ),
        SeriesFact::Redenominated { date, factor, .. } => {
            format!("redenominated on {date}: the values before it are multiplied by {}", plain(*factor))
        }
        SeriesFact::OffScale { from, to, factor } => format!(
            "the values from {from} to {to} are {} times their neighbours, probably in another unit, and left out; correct \
             them: {}, then forecaster rates import FILE.csv --series {series}",
            plain(*factor),
            removal(series, *from, *to)
        ),
        SeriesFact::Break { date, before, value, is_reciprocal } => {
            let (before, value) = (plain(*before), plain(*value));
            let how = if *is_reciprocal { ", the reciprocal" } else { "" };
            format!(
                "breaks on {date}, from {before} to {value}{how}, which no market move explains: the values before that day \
                 are left out; correct or remove them: forecaster rates import FILE.csv --series {series}, or forecaster \
                 rates remove --series {series} --to {}",
                date.pred_opt().unwrap_or(*date)
            )
        }
    }
}

fn removal(series: &str, from: NaiveDate, to: NaiveDate) -> String {
    format!("forecaster rates remove --series {series} --from {from} --to {to}")
}

/// Returns a value with at most eight significant digits.
fn plain(value: f64) -> String {
    if !value.is_finite() || value == 0.0 {
        return value.to_string();
    }
    let magnitude = value.abs().log10().floor() as i32;
    let decimals = (DIGITS - 1 - magnitude).clamp(0, 18) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
