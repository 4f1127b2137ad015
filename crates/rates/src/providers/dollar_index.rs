//! ICE's US dollar index, computed from the rates of its six currencies, for providers that have those but not the
//! index. It follows the index but is not its settlement price: the rates are a day's reference rates.

/// Currencies of the index, in the order expected by [`dollar_index`].
pub(super) const CURRENCIES: [&str; 6] = ["EUR", "JPY", "GBP", "CAD", "SEK", "CHF"];

/// Weights in the order of [`CURRENCIES`] (ICE, "U.S. Dollar Index Contracts", FAQ). ICE states EURUSD^-0.576 and
/// GBPUSD^-0.119, which equal USDEUR^0.576 and USDGBP^0.119.
const WEIGHTS: [f64; 6] = [0.576, 0.136, 0.119, 0.091, 0.042, 0.036];

/// Constant that made the index 100 in March 1973.
const SCALE: f64 = 50.143_481_12;

/// Computes the index from units of each of [`CURRENCIES`] per USD. Invalid rates make it NaN, zero or infinite.
pub(super) fn dollar_index(per_usd: [f64; 6]) -> f64 {
    per_usd.iter().zip(WEIGHTS).fold(SCALE, |product, (rate, weight)| product * rate.powf(weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Independent reference: ICE's index at the end of 2018, 2019 and 2020 (github.com/Mollert/financialNumbers),
    /// and the rates of those days in the source of the embedded snapshot.
    #[test]
    fn the_index_is_close_to_the_one_of_ice() {
        for (ice, rates) in [
            (96.17, [0.872905, 109.7, 0.783515, 1.3644, 8.8654, 0.9832]),
            (96.39, [0.89071, 108.67, 0.753636, 1.2962, 9.3425, 0.9677]),
            (89.94, [0.817661, 103.19, 0.731957, 1.2753, 8.2095, 0.8841]),
        ] {
            let index = dollar_index(rates);
            assert!((index - ice).abs() < 0.1, "{index} is not {ice}");
        }
    }

    #[test]
    fn weights_add_up_to_one_and_the_scale_is_the_index_at_parity() {
        assert!((WEIGHTS.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert_eq!(dollar_index([1.0; 6]), SCALE);
        assert!(dollar_index([-1.0; 6]).is_nan());
    }
}
