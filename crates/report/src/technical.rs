//! The usual technical indicators of the last observation, each `None` when the history is too short for it.
//!
//! In: prices, oldest first. Out: RSI, MACD, Bollinger bands and realised volatility, seeded as in TA-Lib (checked
//! against `fixtures/technical.csv`). They describe the market; the report's forecasts do not use them.

/// Observations per year, for annualised volatility.
const TRADING_DAYS: f64 = 252.0;

/// Moving average convergence/divergence of the last observation, in price units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Macd {
    /// Fast minus slow exponential average.
    pub(crate) line: f64,
    /// Exponential average of the line.
    pub(crate) signal: f64,
}

/// Bollinger bands of one day, in price units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bands {
    /// Average minus the multiple of the standard deviation.
    pub(crate) lower: f64,
    /// Simple moving average.
    pub(crate) middle: f64,
    /// Average plus the multiple of the standard deviation.
    pub(crate) upper: f64,
}

/// Relative strength index over `period` changes, 0 to 100 (Wilder 1978: the first averages are simple, later ones
/// smoothed by 1 / `period`). Also `None` when prices never moved.
pub(crate) fn rsi(prices: &[f64], period: usize) -> Option<f64> {
    let changes: Vec<f64> = prices.windows(2).map(|w| w[1] - w[0]).collect();
    if period == 0 || changes.len() < period {
        return None;
    }
    let n = period as f64;
    let (seed, later) = changes.split_at(period);
    let mut gain = seed.iter().map(|c| c.max(0.0)).sum::<f64>() / n;
    let mut loss = seed.iter().map(|c| (-c).max(0.0)).sum::<f64>() / n;
    for change in later {
        gain = (gain * (n - 1.0) + change.max(0.0)) / n;
        loss = (loss * (n - 1.0) + (-change).max(0.0)) / n;
    }
    (gain + loss > 0.0).then(|| 100.0 * gain / (gain + loss))
}

/// MACD 12/26/9 (Appel). Both averages start on the 26th price with a simple average of their own length, the
/// signal with a simple average of the first nine values of the line.
pub(crate) fn macd(prices: &[f64]) -> Option<Macd> {
    const FAST: usize = 12;
    const SLOW: usize = 26;
    const SIGNAL: usize = 9;
    if prices.len() < SLOW {
        return None;
    }
    let fast = exponential_averages(&prices[SLOW - FAST..], FAST);
    let slow = exponential_averages(prices, SLOW);
    let lines: Vec<f64> = fast.iter().zip(&slow).map(|(f, s)| f - s).collect();
    let signal = *exponential_averages(&lines, SIGNAL).last()?;
    Some(Macd { line: *lines.last()?, signal })
}

/// Exponential moving averages from the `period`-th value on, with factor 2 / (`period` + 1); the first one is
/// simple.
fn exponential_averages(values: &[f64], period: usize) -> Vec<f64> {
    if values.len() < period {
        return Vec::new();
    }
    let (seed, later) = values.split_at(period);
    let factor = 2.0 / (period as f64 + 1.0);
    let mut average = seed.iter().sum::<f64>() / period as f64;
    let mut averages = vec![average];
    for value in later {
        average += factor * (value - average);
        averages.push(average);
    }
    averages
}

/// Bollinger bands 20/2 of the last price, with the population standard deviation (Bollinger 2001).
pub(crate) fn bollinger(prices: &[f64]) -> Option<Bands> {
    const PERIOD: usize = 20;
    const MULTIPLE: f64 = 2.0;
    let window = &prices[prices.len().checked_sub(PERIOD)?..];
    let middle = window.iter().sum::<f64>() / PERIOD as f64;
    let variance = window.iter().map(|p| (p - middle).powi(2)).sum::<f64>() / PERIOD as f64;
    let reach = MULTIPLE * variance.sqrt();
    Some(Bands { lower: middle - reach, middle, upper: middle + reach })
}

/// Annualised volatility of the last `window` daily log returns: sample standard deviation x sqrt(252), as a share.
pub(crate) fn realised_volatility(prices: &[f64], window: usize) -> Option<f64> {
    if window < 2 || prices.len() <= window {
        return None;
    }
    let returns: Vec<f64> = prices[prices.len() - window - 1..].windows(2).map(|w| (w[1] / w[0]).ln()).collect();
    let mean = returns.iter().sum::<f64>() / window as f64;
    let variance = returns.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / (window as f64 - 1.0);
    Some((variance * TRADING_DAYS).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of `fixtures/technical.csv`: close, then the eight indicators, `None` when they are not defined yet.
    fn reference() -> Vec<(f64, [Option<f64>; 8])> {
        let row = |line: &str| {
            let mut cells = line.split(',').map(|cell| cell.parse::<f64>().ok());
            let close = cells.next().unwrap().unwrap();
            (close, std::array::from_fn(|_| cells.next().unwrap()))
        };
        include_str!("../fixtures/technical.csv").lines().skip(1).map(row).collect()
    }

    #[test]
    fn indicators_agree_with_ta_lib_and_pandas_on_every_day() {
        let reference = reference();
        let closes: Vec<f64> = reference.iter().map(|(close, _)| *close).collect();
        for (day, (_, expected)) in reference.iter().enumerate() {
            let prices = &closes[..=day];
            let (macd, bands) = (macd(prices), bollinger(prices));
            let ours = [
                rsi(prices, 14),
                macd.map(|m| m.line),
                macd.map(|m| m.signal),
                bands.map(|b| b.lower),
                bands.map(|b| b.middle),
                bands.map(|b| b.upper),
                realised_volatility(prices, 20),
                realised_volatility(prices, 60),
            ];
            for (i, (ours, expected)) in ours.iter().zip(expected).enumerate() {
                match (ours, expected) {
                    (Some(a), Some(b)) => assert!((a - b).abs() < 1e-8, "day {day}, column {i}: {a} against {b}"),
                    (a, b) => assert_eq!(a, b, "day {day}, column {i}"),
                }
            }
        }
    }

    #[test]
    fn too_short_a_history_has_no_indicators() {
        for prices in [&[][..], &[900.0], &[900.0, 901.0]] {
            assert_eq!((rsi(prices, 14), macd(prices), bollinger(prices)), (None, None, None));
            assert_eq!(realised_volatility(prices, 20), None);
        }
    }

    #[test]
    fn prices_that_never_moved_have_no_relative_strength() {
        let flat = [900.0; 80];
        assert_eq!(rsi(&flat, 14), None);
        assert_eq!(macd(&flat), Some(Macd { line: 0.0, signal: 0.0 }));
        assert_eq!(realised_volatility(&flat, 60), Some(0.0));
        assert_eq!(bollinger(&flat), Some(Bands { lower: 900.0, middle: 900.0, upper: 900.0 }));
    }
}
