//! Number of decimals of a pair's prices, by their size: the one rule for reports, terminal, mails and log lines.

/// Decimals of the prices of one pair, chosen by the size of its last value.
///
/// ```
/// use forecaster_domain::PriceFormat;
///
/// assert_eq!(PriceFormat::of(1011.82).price(1009.2431), "1009.24");
/// assert_eq!(PriceFormat::of(0.001012).price(0.00101231), "0.001012");
/// assert_eq!(PriceFormat::of(0.001012).difference(0.00000873), "0.0000087");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceFormat {
    /// Decimal exponent of the last value: 3 for 1011.82, -3 for 0.001012; `None` when it has no size.
    exponent: Option<i32>,
}

impl PriceFormat {
    /// Largest number of decimals, however small the prices are.
    const MOST: i32 = 18;

    /// Returns the format of prices of the size of `last_value`. Zero, or a value that is not finite, gives two
    /// decimals.
    pub fn of(last_value: f64) -> Self {
        let has_size = last_value.is_finite() && last_value != 0.0;
        Self { exponent: has_size.then(|| last_value.abs().log10().floor() as i32) }
    }

    /// Number of decimals of a price: 2 from 100 on, else four to six significant digits; none from 100,000 on, where
    /// they would be noise.
    pub fn decimals(self) -> usize {
        Self::clamped(match self.exponent {
            None => 2,
            Some(5..) => 0,
            Some(2..=4) => 2,
            Some(1) => 3,
            Some(0 | -1) => 4,
            Some(-2 | -3) => 6,
            Some(small) => 3i32.saturating_sub(small),
        })
    }

    /// Number of decimals of a difference between two prices, such as an error or the width of an interval: from 100
    /// on those of a price, else steps of a hundred-thousandth of the price or finer.
    pub fn difference_decimals(self) -> usize {
        match self.exponent {
            Some(exponent) if exponent < 2 => Self::clamped(4i32.saturating_sub(exponent)),
            _ => self.decimals(),
        }
    }

    /// Number of decimals of a price in a line of status, where space is scarce: one from 100 on, two from 10 on, else
    /// those of a price.
    pub fn short_decimals(self) -> usize {
        let most = match self.exponent {
            Some(2..) => 1,
            Some(1) => 2,
            _ => usize::MAX,
        };
        self.decimals().min(most)
    }

    /// Smallest difference that two printed prices can have.
    pub fn unit(self) -> f64 {
        10f64.powi(-(self.decimals() as i32))
    }

    /// Formats a price without separators of thousands: "1011.82"; "-" when it is not finite.
    pub fn price(self, price: f64) -> String {
        plain(price, self.decimals())
    }

    /// Formats an error or a width in the same way, with [`PriceFormat::difference_decimals`] or, if it is smaller still,
    /// with two significant digits.
    pub fn difference(self, difference: f64) -> String {
        plain(difference, decimals_of_small(difference, self.difference_decimals()))
    }

    /// Formats a price for a line of status.
    pub fn short(self, price: f64) -> String {
        plain(price, self.short_decimals())
    }

    fn clamped(decimals: i32) -> usize {
        decimals.clamp(0, Self::MOST) as usize
    }
}

/// Returns the number of decimals with which `value` shows two significant digits: at least `least`, and at most three
/// more. What is smaller still counts as zero, with `least` decimals.
pub fn decimals_of_small(value: f64, least: usize) -> usize {
    let needed =
        PriceFormat::of(value).exponent.map_or(0, |exponent| PriceFormat::clamped(1i32.saturating_sub(exponent)));
    if needed > least + 3 { least } else { needed.max(least) }
}

/// Formats an error in price units where the price itself is not known: two decimals from 0.1 on, else three
/// significant digits; "-" when it is not finite.
pub fn format_error(error: f64) -> String {
    let decimals = match PriceFormat::of(error).exponent {
        Some(exponent) if exponent < -1 => PriceFormat::clamped(2i32.saturating_sub(exponent)),
        _ => 2,
    };
    plain(error, decimals)
}

fn plain(value: f64, decimals: usize) -> String {
    if value.is_finite() { format!("{value:.decimals$}") } else { "-".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Last values of USD/CLP, USD/IDR, USD/JPY, USD/INR, EUR/USD, USD/KWD, CLP/JPY of old, CLP/USD, VND/USD, and bitcoin
    /// below and above a hundred thousand.
    const LAST: [f64; 11] =
        [1011.82, 16_250.0, 151.23, 83.1, 1.08, 0.3075, 0.0123, 0.001012, 0.0000393, 95_000.0, 105_000.0];

    #[test]
    fn a_price_shows_four_to_seven_digits_and_those_of_the_peso_two_decimals() {
        assert_eq!(LAST.map(|last| PriceFormat::of(last).decimals()), [2, 2, 2, 3, 4, 4, 6, 6, 8, 2, 0]);
        assert_eq!(LAST.map(|last| PriceFormat::of(-last).decimals()), [2, 2, 2, 3, 4, 4, 6, 6, 8, 2, 0]);
        let shown = [(0.3075, "0.3075"), (0.001012, "0.001012"), (0.0000393, "0.00003930"), (151.23, "151.23")];
        for (last, text) in shown {
            assert_eq!(PriceFormat::of(last).price(last), text);
        }
    }

    #[test]
    fn the_decimals_change_at_powers_of_ten_and_nowhere_else() {
        let at = [100_000.0, 1000.0, 100.0, 10.0, 1.0, 0.1, 0.01, 0.001, 0.0001];
        assert_eq!(at.map(|last| PriceFormat::of(last).decimals()), [0, 2, 2, 3, 4, 4, 6, 6, 7]);
        assert_eq!([99.99, 9.999, 0.0999].map(|last| PriceFormat::of(last).decimals()), [3, 4, 6]);
    }

    #[test]
    fn a_difference_of_a_thousandth_of_the_price_shows_two_digits_or_more() {
        assert_eq!(LAST.map(|last| PriceFormat::of(last).difference_decimals()), [2, 2, 2, 3, 4, 5, 6, 7, 9, 2, 0]);
        for last in LAST {
            let shown = PriceFormat::of(last).difference(last / 1000.0);
            let digits = shown.trim_start_matches(['0', '.']).bytes().filter(u8::is_ascii_digit).count();
            assert!(digits >= 2, "{last}: {shown}");
        }
        assert_eq!(PriceFormat::of(1011.82).difference(8.254), "8.25");
        let peg = PriceFormat::of(7.8468);
        assert_eq!(
            [0.0163, 0.000_243, 0.000_003, 1e-9, 0.0].map(|e| peg.difference(e)),
            ["0.0163", "0.00024", "0.0000030", "0.0000", "0.0000"]
        );
    }

    #[test]
    fn a_line_of_status_shows_five_digits() {
        let shown = [1011.83, 17.256, 1.08348, 0.0061234, 105_000.4].map(|last| PriceFormat::of(last).short(last));
        assert_eq!(shown, ["1011.8", "17.26", "1.0835", "0.006123", "105000"]);
    }

    #[test]
    fn what_has_no_size_has_two_decimals_and_what_is_no_number_is_a_dash() {
        for odd in [0.0, f64::NAN, f64::INFINITY] {
            assert_eq!((PriceFormat::of(odd).decimals(), PriceFormat::of(odd).difference_decimals()), (2, 2));
        }
        assert_eq!(PriceFormat::of(950.0).price(f64::NEG_INFINITY), "-");
        assert!(PriceFormat::of(f64::MIN_POSITIVE).price(1.0).len() < 25);
        assert_eq!(PriceFormat::of(0.3075).unit(), 0.0001);
    }

    #[test]
    fn an_error_alone_shows_three_digits_and_one_of_the_peso_two_decimals() {
        let shown = [8.254, 0.5, 0.0123, 0.000_008_73, 0.0, f64::NAN].map(format_error);
        assert_eq!(shown, ["8.25", "0.50", "0.0123", "0.00000873", "0.00", "-"]);
    }
}
