//! Gaps in a series of daily values: stretches of several business days with one move across them. Models count each
//! observation as a business day, so they get the move scaled to that of one day.

use chrono::NaiveDate;

/// Stretch of business days between two observations of a series that is longer than holidays explain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// Date of the first observation after it.
    pub after: NaiveDate,
    /// Business days from the observation before it to the one after it, at least one.
    pub days: u32,
}

/// Returns the factor for each of the `values` with which the move across a gap of n business days is r / sqrt(n)
/// instead of r, in logs, as one business day's of a random walk; `None` without a gap between two of the dates. The
/// last value keeps its level.
pub(crate) fn bridging_factors(dates: &[NaiveDate], values: &[f64], gaps: &[Gap]) -> Option<Vec<f64>> {
    let (first, last) = (*dates.first()?, *dates.last()?);
    if !gaps.iter().any(|gap| gap.after > first && gap.after <= last) {
        return None;
    }
    let mut factors = vec![1.0; values.len()];
    let mut log_factor = 0.0;
    for i in (1..values.len()).rev() {
        if let Ok(found) = gaps.binary_search_by_key(&dates[i], |gap| gap.after) {
            let across = (values[i] / values[i - 1]).ln();
            log_factor += across - across / f64::from(gaps[found].days.max(1)).sqrt();
        }
        factors[i - 1] = log_factor.exp();
    }
    Some(factors)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, 1, d).unwrap()
    }

    #[test]
    fn the_move_across_a_gap_becomes_one_day_s_and_all_others_stay() {
        let dates = [day(1), day(2), day(22), day(23)];
        let values = [100.0, 101.0, 125.0, 124.0];
        let gaps = [Gap { after: day(22), days: 16 }];
        let factors = bridging_factors(&dates, &values, &gaps).unwrap();
        let bridged: Vec<f64> = values.iter().zip(&factors).map(|(value, factor)| value * factor).collect();
        let log = |from: f64, to: f64| (to / from).ln();
        assert_eq!(bridged[2..], values[2..]);
        assert!((log(bridged[1], bridged[2]) - log(101.0, 125.0) / 4.0).abs() < 1e-12);
        assert!((log(bridged[0], bridged[1]) - log(100.0, 101.0)).abs() < 1e-12);
    }

    #[test]
    fn a_gap_outside_the_dates_changes_nothing() {
        let gaps = [Gap { after: day(1), days: 16 }, Gap { after: day(20), days: 9 }];
        assert_eq!(bridging_factors(&[day(1), day(2)], &[100.0, 101.0], &gaps), None);
        assert_eq!(bridging_factors(&[], &[], &gaps), None);
    }
}
