//! Formats numbers and dates by the conventions of the report's language.
//!
//! In: plain values. Out: text such as "1.011,82", "-0,35 %" and "13-ene-2025", or "1,011.82", "-0.35%" and
//! "13 Jan 2025". A number that is not finite becomes a dash. The space before a Spanish "%" is non-breaking.

use crate::view::Language;
use chrono::{DateTime, Datelike, FixedOffset, NaiveDate};
use forecaster_domain::{PriceFormat, decimals_of_small};

/// Dash printed in place of a missing figure.
pub(crate) const DASH: &str = "–";

const MONTHS: [[&str; 12]; 2] = [
    ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"],
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
];

impl Language {
    /// Returns the alternative for this language.
    pub fn pick<T>(self, spanish: T, english: T) -> T {
        match self {
            Language::Spanish => spanish,
            Language::English => english,
        }
    }

    /// Formats `value` with grouped thousands and this many decimals; never "-0".
    pub fn number(self, value: f64, decimals: usize) -> String {
        if !value.is_finite() {
            return DASH.to_owned();
        }
        let plain = format!("{:.decimals$}", value.abs());
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        let (group, point) = self.pick(('.', ','), (',', '.'));
        let mut text = String::new();
        if value < 0.0 && plain.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
            text.push('-');
        }
        for (i, digit) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i).is_multiple_of(3) {
                text.push(group);
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push(point);
            text.push_str(fraction);
        }
        text
    }

    /// Like [`Language::number`], with a plus sign if the rounded value is above zero.
    pub fn signed(self, value: f64, decimals: usize) -> String {
        let text = self.number(value, decimals);
        let rises = value > 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b));
        if rises { format!("+{text}") } else { text }
    }

    /// Formats a count with grouped thousands.
    pub fn count(self, count: usize) -> String {
        self.number(count as f64, 0)
    }

    /// Formats `percent` (already multiplied by 100) with the percent sign: "0,35 %", "0.35%".
    pub fn percent(self, percent: f64, decimals: usize) -> String {
        self.with_percent_sign(self.number(percent, decimals))
    }

    /// Like [`Language::percent`], with a plus sign if the rounded value is above zero.
    pub fn signed_percent(self, percent: f64, decimals: usize) -> String {
        self.with_percent_sign(self.signed(percent, decimals))
    }

    /// Formats a share 0-1 as a percentage.
    pub fn share(self, share: f64, decimals: usize) -> String {
        self.percent(100.0 * share, decimals)
    }

    /// Like [`Language::percent`] with this many decimals or, for a small value, two significant digits.
    pub fn small_percent(self, percent: f64, least: usize) -> String {
        self.percent(percent, decimals_of_small(percent, least))
    }

    /// Formats a probability 0-1 as a percentage with one decimal; a value that would round to 0 % or 100 % becomes
    /// "< 0,1 %" or "> 99,9 %", since no forecast is certain.
    pub fn probability(self, probability: f64) -> String {
        if probability < 0.0005 {
            format!("<\u{a0}{}", self.percent(0.1, 1))
        } else if probability > 0.9995 {
            format!(">\u{a0}{}", self.percent(99.9, 1))
        } else {
            self.share(probability, 1)
        }
    }

    /// Formats a p-value with three decimals; near 0.05 with five, to show on which side of it the value lies.
    pub fn p_value(self, p: f64) -> String {
        match p {
            p if p < 0.0005 => format!("<\u{a0}{}", self.number(0.001, 3)),
            p if (p - 0.05).abs() < 0.0005 => self.number(p, 5),
            p => self.number(p, 3),
        }
    }

    fn with_percent_sign(self, number: String) -> String {
        if number == DASH { number } else { number + self.pick("\u{a0}%", "%") }
    }

    /// Formats a date: "13-ene-2025" or "13 Jan 2025".
    pub fn date(self, date: NaiveDate) -> String {
        format!("{}{}{}", self.day_month(date), self.pick('-', '\u{a0}'), date.year())
    }

    /// Formats day and month: "13-ene" or "13 Jan".
    pub fn day_month(self, date: NaiveDate) -> String {
        format!("{}{}{}", date.day(), self.pick('-', '\u{a0}'), self.month(date))
    }

    /// Returns the short name of the month: "ene" or "Jan".
    pub fn month(self, date: NaiveDate) -> &'static str {
        self.pick(&MONTHS[0], &MONTHS[1])[date.month0() as usize]
    }

    /// Formats date, hour and minute: "13-ene-2025, 08:00".
    pub fn moment(self, instant: DateTime<FixedOffset>) -> String {
        format!("{}, {}", self.date(instant.date_naive()), instant.format("%H:%M"))
    }

    /// Formats date, hour, minute and UTC offset: "13-ene-2025, 08:00 (UTC-03:00)".
    pub fn instant(self, instant: DateTime<FixedOffset>) -> String {
        format!("{} (UTC{})", self.moment(instant), instant.format("%:z"))
    }
}

/// Number of decimals of a price of this size, where it is not that of the pair.
pub(crate) fn price_decimals(price: f64) -> usize {
    PriceFormat::of(price).decimals()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{English, Spanish};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_follow_the_language() {
        assert_eq!((Spanish.number(1011.82, 2), English.number(1011.82, 2)), ("1.011,82".into(), "1,011.82".into()));
        assert_eq!(Spanish.number(1_234_567.0, 0), "1.234.567");
        assert_eq!(English.number(-999.996, 2), "-1,000.00");
        assert_eq!(Spanish.number(12.5, 1), "12,5");
        assert_eq!((Spanish.percent(-0.35, 2), English.percent(-0.35, 2)), ("-0,35\u{a0}%".into(), "-0.35%".into()));
        let small = [15.84, 0.72, 0.043, 0.0, 1e-9].map(|percent| English.small_percent(percent, 1));
        assert_eq!(small, ["15.8%", "0.72%", "0.043%", "0.0%", "0.0%"]);
        assert_eq!((Spanish.share(0.8, 0), English.share(0.975, 1)), ("80\u{a0}%".into(), "97.5%".into()));
    }

    #[test]
    fn signs_vanish_with_what_rounds_to_zero() {
        assert_eq!((Spanish.number(-0.001, 2), Spanish.signed(-0.001, 2)), ("0,00".into(), "0,00".into()));
        assert_eq!((English.signed(0.004, 2), English.signed(0.006, 2)), ("0.00".into(), "+0.01".into()));
        assert_eq!(Spanish.signed_percent(1.25, 1), "+1,2\u{a0}%");
    }

    #[test]
    fn what_is_not_a_number_is_a_dash() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!((Spanish.number(value, 2), English.signed_percent(value, 1)), (DASH.into(), DASH.into()));
            assert_eq!(Spanish.probability(f64::NAN), DASH);
        }
    }

    #[test]
    fn no_probability_reads_as_certain() {
        assert_eq!(
            (Spanish.probability(0.0), English.probability(1.0)),
            ("<\u{a0}0,1\u{a0}%".into(), ">\u{a0}99.9%".into())
        );
        assert_eq!((English.probability(0.5), Spanish.probability(0.999)), ("50.0%".into(), "99,9\u{a0}%".into()));
    }

    #[test]
    fn dates_follow_the_language() {
        assert_eq!(Spanish.date(day("2025-01-13")), "13-ene-2025");
        assert_eq!(English.date(day("2025-01-13")), "13\u{a0}Jan\u{a0}2025");
        assert_eq!(Spanish.day_month(day("2024-08-03")), "3-ago");
        let instant = DateTime::parse_from_rfc3339("2025-01-13T08:00:31-03:00").unwrap();
        assert_eq!(Spanish.instant(instant), "13-ene-2025, 08:00 (UTC-03:00)");
    }
}
