//! Prices that do not vary: an exact peg, or one that only rounding moves.

use crate::quantile::QuantileForecast;

/// Share of a price below which two prices count as equal: single precision, in which some sources and models keep their
/// rates, has an error of 6e-8, and no exchange rate is quoted to a millionth of itself.
pub const PRICE_NOISE: f64 = 1e-6;

/// Fewest equal prices at the end of the history of a pair that does not vary: about three months.
pub const STANDSTILL: usize = 60;

/// Returns the number of latest prices that are equal to the last one, the last one included.
pub fn standstill(prices: &[f64]) -> usize {
    let Some(last) = prices.last() else { return 0 };
    prices.iter().rev().take_while(|price| (*price - last).abs() <= PRICE_NOISE * last.abs()).count()
}

/// Returns true when a pair does not vary: neither its last [`STANDSTILL`] `prices`, oldest first, nor its forecast.
pub fn is_constant(prices: &[f64], forecast: &QuantileForecast) -> bool {
    let (low, high) = forecast.interval95(forecast.last_step());
    high - low <= PRICE_NOISE * high && standstill(prices) >= STANDSTILL
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use ndarray::Array2;

    #[test]
    fn a_standstill_lasts_as_long_as_nothing_but_noise_moves_the_price() {
        let noise = |i: usize| 3.6725 * (1.0 + [0.0, 1.2e-7, -1.2e-7][i % 3]);
        let mut prices: Vec<f64> = [3.6725 * 1.00001].into_iter().chain((0..9).map(noise)).collect();
        assert_eq!((standstill(&prices), standstill(&[])), (9, 0));
        prices.push(3.67);
        assert_eq!(standstill(&prices), 1);
    }

    #[test]
    fn a_pair_is_constant_when_neither_its_past_nor_its_forecast_varies() {
        let day = |d| NaiveDate::from_ymd_opt(2024, 1, d).unwrap();
        let forecast = |width: f64| {
            let values = Array2::from_shape_fn((1, 11), |(_, level)| 3.6725 * (1.0 + width * (level as f64 - 5.0)));
            QuantileForecast::new(day(1), vec![day(2)], values).unwrap()
        };
        let prices = [3.6725; STANDSTILL];
        assert!(is_constant(&prices, &forecast(0.0)) && is_constant(&prices, &forecast(3e-8)));
        assert!(!is_constant(&prices, &forecast(0.0001)) && !is_constant(&prices[1..], &forecast(0.0)));
    }
}
