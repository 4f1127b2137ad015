//! Other readings of a value that is out of proportion: in another unit, with a point between thousands, or upside-down.

use crate::listings::currencies_of;

/// Greatest difference of the logarithms of two values that are one apart from their unit: a move of a few days even in
/// a currency that loses half of its worth in a year.
const MOVE: f64 = 0.08;
/// Share of a jump to within which one divided by a value must meet the value before: near 1 the two are close.
const RECIPROCAL_SHARE: f64 = 0.15;

/// Reading under which a value would be in proportion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Too large by this power of ten; too small by a negative one.
    PowerOfTen(i32),
    /// 1.003 for 1003: the point stands between thousands.
    PointBetweenThousands,
    /// One divided by the value.
    Reciprocal,
}

impl Reading {
    /// Returns the reading under which `value` is in proportion to `usual`; `None` when there is none.
    pub(super) fn of(usual: f64, value: f64) -> Option<Self> {
        if Self::is_reciprocal(usual, value) {
            return Some(Self::Reciprocal);
        }
        // Files write 998.5 and then 1.003: only values from 1000 on have the point.
        let crosses = usual < 1000.0 && 1000.0 * value >= 1000.0;
        match Self::of_factor(value / usual) {
            Some(Self::PowerOfTen(-3)) if crosses => Some(Self::PointBetweenThousands),
            reading => reading,
        }
    }

    /// Returns the reading of values that are `factor` times the usual ones: a power of ten, or `None`.
    pub(super) fn of_factor(factor: f64) -> Option<Self> {
        let power = factor.log10().round();
        let is_power = power != 0.0 && (factor.ln() - power * 10_f64.ln()).abs() <= MOVE;
        is_power.then_some(Self::PowerOfTen(power as i32))
    }

    /// True when one divided by `value` is in proportion to `usual`, and `value` is not.
    pub(super) fn is_reciprocal(usual: f64, value: f64) -> bool {
        let jump = (value / usual).ln().abs();
        (value * usual).ln().abs() <= MOVE.min(RECIPROCAL_SHARE * jump)
    }

    /// Returns the end of a sentence about `value` of a series.
    pub(super) fn of_value(self, value: f64, series: &str) -> String {
        match self {
            Self::PowerOfTen(power) => {
                let meant = shown(value / 10_f64.powi(power));
                format!("{}; it may mean {meant}", times_too(power))
            }
            Self::PointBetweenThousands => {
                format!("it may mean {}, or {} with a point between thousands", shown(value), shown(1000.0 * value))
            }
            Self::Reciprocal => upside_down(series),
        }
    }

    /// Returns the end of a sentence about most values of a file.
    pub(super) fn of_file(self, series: &str) -> String {
        match self {
            Self::PowerOfTen(power) => format!("its values are {}", times_too(power)),
            Self::PointBetweenThousands => "its values may have a point between thousands".to_owned(),
            Self::Reciprocal => upside_down(series),
        }
    }
}

fn times_too(power: i32) -> String {
    let size = if power > 0 { "large" } else { "small" };
    format!("{} times too {size}", 10_f64.powi(power.abs()))
}

fn upside_down(series: &str) -> String {
    match currencies_of(series) {
        Some((base, quote)) => {
            format!("its values look like {quote}/{base}, one divided by the values of {base}/{quote}")
        }
        None => "its values look like one divided by the values of the series".to_owned(),
    }
}

/// Writes a value with at most eight significant digits, without float noise.
pub(super) fn shown(value: f64) -> String {
    format!("{value:.7e}").parse::<f64>().unwrap_or(value).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_in_another_unit_upside_down_or_with_a_point_between_thousands() {
        for (usual, value, reading) in [
            (108.0, 10_813.0, Some(Reading::PowerOfTen(2))),
            (1349.2, 135.2, Some(Reading::PowerOfTen(-1))),
            (2_898_776.3, 2.898_925, Some(Reading::PowerOfTen(-6))),
            (996.1, 1.003, Some(Reading::PointBetweenThousands)),
            (4100.0, 4.102, Some(Reading::PowerOfTen(-3))),
            (996.1, 1.0 / 997.0, Some(Reading::Reciprocal)),
            (1.08, 0.926, Some(Reading::Reciprocal)),
            (336.55, 733.68, None),
            (1.2, 1.03, None),
            (7.8, 7.81, None),
        ] {
            assert_eq!(Reading::of(usual, value), reading, "{usual} {value}");
        }
    }

    #[test]
    fn readings_are_told_without_float_noise() {
        let told = |usual: f64, value, series| Reading::of(usual, value).unwrap().of_value(value, series);
        assert_eq!(told(1349.2, 135.196_759_999_999_98, "usdkrw"), "10 times too small; it may mean 1351.9676");
        let thousands = told(996.1, 1.003, "usdclp");
        assert_eq!(thousands, "it may mean 1.003, or 1003 with a point between thousands");
        assert!(told(996.1, 0.001, "usdclp").starts_with("its values look like CLP/USD, one divided by"));
    }
}
