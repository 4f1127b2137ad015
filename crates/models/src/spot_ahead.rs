//! A wrapper that makes another model use the market's quote: it shifts the forecast by the information in the quote
//! beyond the official rate, and narrows it by the variance that the quote explains.
//!
//! The official rate is an average of the day's trades; the quote is their last price. Trades are close to a random
//! walk, so the next average is expected at the quote, and half of the variance of the next return is known already
//! (Working 1960: the close less the average has a variance of a third of a day's, the first difference of averages
//! two thirds).
//!
//! In: any model. Out: its forecast, unchanged when there is no quote.

use forecaster_domain::{History, MEDIAN, Model, ModelError, ModelForecast, QuantileForecast, SpotGap, Target};

/// Number of known gaps at which the coefficient counts half: a source of quotes must prove itself. 10 and 20
/// performed alike on 2020-2024; with 50, half a year of quotes gained less.
const HALF_CREDIBLE: f64 = 20.0;

/// Number of recent observations from which a walk estimates the effect of the gap: two years, so that a change of
/// the source is noticed soon. 250 to 1500 performed alike on 2012-2022.
const WALK_WINDOW: usize = 500;

/// Wrapper that makes `model` use market quotes of the pair.
#[derive(Debug, Clone)]
pub struct SpotAhead<M> {
    model: M,
    uses_last_return: bool,
}

impl<M: Model> SpotAhead<M> {
    /// Wraps `model`, which itself uses only the pair's official rates and its regressors. It knows the last return,
    /// which partly explains the gap; only the rest of the gap counts as new information.
    pub fn new(model: M) -> Self {
        Self { model, uses_last_return: true }
    }

    /// Wraps a random walk `model`, whose expectation is the last value regardless of the last return: the whole gap
    /// is new information to it.
    pub fn walk(model: M) -> Self {
        Self { model, uses_last_return: false }
    }
}

impl<M: Model> Model for SpotAhead<M> {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn fingerprint(&self) -> String {
        let revision = if self.uses_last_return { "spot/2" } else { "spot-walk/2" };
        format!("{} {revision}", self.model.fingerprint())
    }

    fn forecast(&self, history: &History, target: &Target) -> Result<ModelForecast, ModelError> {
        self.apply_quote(self.model.forecast(history, target)?, history)
    }

    fn prefers_batches(&self) -> bool {
        self.model.prefers_batches()
    }

    fn forecast_batch(&self, requests: &[(&History, &Target)]) -> Vec<Result<ModelForecast, ModelError>> {
        let answers = self.model.forecast_batch(requests);
        answers.into_iter().zip(requests).map(|(answer, (history, _))| self.apply_quote(answer?, history)).collect()
    }
}

impl<M> SpotAhead<M> {
    /// Applies the quotes of `history` to `forecast`.
    fn apply_quote(&self, forecast: ModelForecast, history: &History) -> Result<ModelForecast, ModelError> {
        let ModelForecast { quantiles, mut details, mut quote_left_out, volatility } = forecast;
        let quantiles = match history.spot_gap() {
            Ok(None) => quantiles,
            Ok(Some(gap)) => {
                // One giant return must not decide what a quote is worth.
                let returns = history.bounded_log_returns();
                let news = if self.uses_last_return {
                    QuoteInformation::from_gap_and_last_return(&returns, gap)
                } else {
                    QuoteInformation::from_gap(&returns, gap)
                };
                details.extend(news.details(gap));
                news.apply_to(&quantiles)?
            }
            Err(reason) => {
                quote_left_out = Some(reason);
                quantiles
            }
        };
        Ok(ModelForecast { quantiles, details, quote_left_out, volatility })
    }
}

/// New information in the gap at the as-of date about the next return.
#[derive(Debug, Clone, PartialEq)]
struct QuoteInformation {
    /// Coefficient of the next return on the gap.
    coefficient: f64,
    /// Share of the variance of the next return that the gap explains beyond the last return, 0 to 1.
    share: f64,
    /// Expected next return from the gap, less the part that follows from the last return.
    shift: f64,
}

impl QuoteInformation {
    /// No new information.
    const NONE: Self = Self { coefficient: 0.0, share: 0.0, shift: 0.0 };

    /// Regresses the next return on the gap and the last return over the dates with a known gap, by partial
    /// regression (Frisch and Waugh 1933): models know the last return, and a gap partly follows from it. `returns`
    /// `[n - 1]` belong to the window of `gap.values` `[n]`.
    fn from_gap_and_last_return(returns: &[f64], gap: &SpotGap) -> Self {
        // Gap at date i, the return that ends at i, and the one after it.
        let rows: Vec<[f64; 3]> =
            (1..returns.len()).filter_map(|i| Some([gap.values[i]?, returns[i - 1], returns[i]])).collect();
        let product = |a: usize, b: usize| rows.iter().map(|row| row[a] * row[b]).sum::<f64>();
        let squares = product(1, 1);
        if squares <= 0.0 {
            return Self::NONE;
        }
        let (of_gap, of_next) = (product(0, 1) / squares, product(1, 2) / squares);
        let rows = rows.iter().map(|r| (r[0] - of_gap * r[1], r[2] - of_next * r[1]));
        let last = returns[returns.len() - 1];
        Self::from_regression(&rows.collect::<Vec<_>>(), gap.now - of_gap * last)
    }

    /// Regresses the next return on the gap over the dates with a known gap among the last [`WALK_WINDOW`].
    fn from_gap(returns: &[f64], gap: &SpotGap) -> Self {
        let first = returns.len().saturating_sub(WALK_WINDOW);
        let rows = (first..returns.len()).filter_map(|i| Some((gap.values[i]?, returns[i])));
        Self::from_regression(&rows.collect::<Vec<_>>(), gap.now)
    }

    /// Regresses `rows`, (gap, next return), through the origin, shrinks the result and applies it to a gap of `now`.
    fn from_regression(rows: &[(f64, f64)], now: f64) -> Self {
        let gaps: f64 = rows.iter().map(|(g, _)| g * g).sum();
        let nexts: f64 = rows.iter().map(|(_, next)| next * next).sum();
        let both: f64 = rows.iter().map(|(g, next)| g * next).sum();
        let count = rows.len() as f64;
        // A negative coefficient does not reflect where trades ended.
        let coefficient = if gaps > 0.0 { (both / gaps * count / (count + HALF_CREDIBLE)).max(0.0) } else { 0.0 };
        let share = if nexts > 0.0 { (2.0 * both - coefficient * gaps) * coefficient / nexts } else { 0.0 };
        Self { coefficient, share: share.clamp(0.0, 1.0), shift: coefficient * now }
    }

    /// Shifts `forecast` at every step, since the effect of a quote is permanent, and narrows it: the explained part
    /// of the first step's variance is subtracted from the variance of each step.
    fn apply_to(&self, forecast: &QuantileForecast) -> Result<QuantileForecast, ModelError> {
        let width = |step: usize| {
            let (low, high) = forecast.interval80(step);
            (high / low).ln()
        };
        let mut values = forecast.values().clone();
        for (step, mut row) in values.rows_mut().into_iter().enumerate() {
            let first = (width(0) / width(step)).min(1.0);
            let scale = (1.0 - self.share * first * first).max(0.0).sqrt();
            let median = row[MEDIAN].ln();
            row.mapv_inplace(|quantile| (median + self.shift + scale * (quantile.ln() - median)).exp());
        }
        Ok(QuantileForecast::new(forecast.as_of(), forecast.dates().to_vec(), values)?)
    }

    fn details(&self, gap: &SpotGap) -> [(String, String); 4] {
        let percent = |value: f64| format!("{:+.2} %", 100.0 * value);
        [
            ("spot quote".to_owned(), format!("{}, {}", gap.name, gap.quoted)),
            ("gap of the spot quote".to_owned(), percent(gap.now)),
            ("coefficient of the gap".to_owned(), format!("{:.2}", self.coefficient)),
            ("variance of the first step known".to_owned(), format!("{:.0} %", 100.0 * self.share.max(0.0) + 0.0)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arima_garch::{ArimaGarch, ArimaGarchSettings};
    use crate::random_forest::{RandomForest, RandomForestSettings};
    use crate::test_history::{day, normals, target};
    use crate::vector_autoregression::{Var, VarSettings};
    use chrono::{Datelike, Days, NaiveDate};
    use forecaster_domain::scores::{Outcome, quantile_loss_parts};
    use forecaster_domain::{BusinessCalendar, Horizon, Observation, Regressor, Series};

    /// Number of trades per simulated day.
    const TICKS: usize = 48;
    /// Volatility of a simulated day.
    const SIGMA: f64 = 0.006;

    /// Simulates weekdays of trades as a random walk: official rates `[days]`, each the average of the day before;
    /// the closes of the same days `[days]`; and a regressor without information.
    fn simulated(days: usize, seed: u64) -> History {
        let calendar = BusinessCalendar::weekdays();
        let dates: Vec<NaiveDate> =
            day(0).iter_days().filter(|d| calendar.is_business_day(*d)).take(days + 1).collect();
        let shocks = normals(days * TICKS, seed);
        let (mut log_price, mut official, mut closes) = (6.8f64, Vec::new(), Vec::new());
        for i in 0..days {
            let mut sum = 0.0;
            for shock in &shocks[i * TICKS..(i + 1) * TICKS] {
                log_price += SIGMA * shock / (TICKS as f64).sqrt();
                sum += log_price;
            }
            closes.push(Observation { date: dates[i], value: log_price.exp() });
            official.push(Observation { date: dates[i + 1], value: (sum / TICKS as f64).exp() });
        }
        let idle = normals(days, seed + 1).into_iter().scan(0.0, |level, shock| {
            *level += 0.005 * shock;
            Some(f64::exp(*level))
        });
        let idle: Vec<_> = dates.iter().zip(idle).map(|(&date, value)| Observation { date, value }).collect();
        let regressor = Regressor::new(Series::new("dxy", &idle).unwrap(), 0);
        let spot = Regressor::new(Series::new("usdclp_spot", &closes).unwrap(), 1);
        History::new(Series::new("usdclp", &official).unwrap(), vec![regressor]).with_spot(spot)
    }

    fn without_spot(history: &History) -> History {
        History::new(history.pair().clone(), history.regressors().to_vec())
    }

    /// Returns the 500 observations of `history` up to observation `index`, and the next `steps` dates with their
    /// rates.
    fn origin(history: &History, index: usize, steps: usize) -> (History, Target, Vec<Option<f64>>) {
        let pair = history.pair();
        let window = history.until(pair.dates()[index]).unwrap().window(500);
        let next = index + 1..index + 1 + steps;
        let target = Target { horizon: Horizon::D7, dates: pair.dates()[next.clone()].to_vec() };
        (window, target, pair.values()[next].iter().copied().map(Some).collect())
    }

    fn var() -> SpotAhead<Var> {
        SpotAhead::new(Var::new(VarSettings::default()))
    }

    /// Losses `[origins][with quotes, without]` of VAR at `step`, over the deciles.
    fn losses(history: &History, origins: impl Iterator<Item = usize>, step: usize) -> Vec<[f64; 2]> {
        let model = var();
        origins
            .map(|index| {
                let (window, target, mut actuals) = origin(history, index, step);
                actuals[..step - 1].fill(None);
                let loss = |history: &History| {
                    let forecast = model.forecast(history, &target).unwrap().quantiles;
                    quantile_loss_parts(&Outcome { forecast: &forecast, actuals: &actuals, naive_mae: 1.0 }).0
                };
                [loss(&window), loss(&without_spot(&window))]
            })
            .collect()
    }

    fn saved(losses: &[[f64; 2]]) -> f64 {
        1.0 - losses.iter().map(|l| l[0]).sum::<f64>() / losses.iter().map(|l| l[1]).sum::<f64>()
    }

    /// Theory for 48 trades a day: the gap has the variance 47 x 95 / (6 x 48^2) = 0.323 of a day, the next return
    /// 0.667, so the gap explains 0.484 of it with the coefficient 1.
    #[test]
    fn of_trades_on_a_random_walk_half_of_the_next_return_is_known() {
        let history = simulated(2000, 1);
        let gap = history.spot_gap().unwrap().unwrap();
        let news = QuoteInformation::from_gap_and_last_return(&history.log_returns(), gap);
        assert!((news.coefficient - 1.0).abs() < 0.06, "{news:?}");
        // Beyond the last return, which explains 1/16 of the variance (Working's autocorrelation of 1/4, squared).
        assert!((news.share - (0.484 - 0.0625) / (1.0 - 0.0625)).abs() < 0.05, "{news:?}");
    }

    /// Theory: the average's own past leaves 0.622 of a day's variance of the next return (a moving average with the
    /// autocorrelation 1/4), the gap leaves 0.344 (48 trades). The loss is proportional to the deviation, so it falls
    /// by 26 %; over five days the variances are 4.622 and 4.344, and it falls by 3.1 %.
    #[test]
    fn with_quotes_var_loses_as_much_less_as_theory_says() {
        let history = simulated(2000, 1);
        let first = saved(&losses(&history, (600..1990).step_by(5), 1));
        let fifth = saved(&losses(&history, (600..1990).step_by(5), 5));
        println!("saved: {:.1} % at the first step, {:.1} % at the fifth", 100.0 * first, 100.0 * fifth);
        assert!((0.18..0.34).contains(&first), "{first}");
        assert!((0.0..0.07).contains(&fifth), "{fifth}");
    }

    #[test]
    fn narrowed_intervals_hold_what_they_say() {
        let history = simulated(2000, 2);
        for (step, tolerance) in [(1, 0.06), (2, 0.06), (5, 0.08)] {
            let inside: Vec<f64> = (600..1990)
                .step_by(5)
                .map(|index| {
                    let (window, target, actuals) = origin(&history, index, step);
                    let forecast = var().forecast(&window, &target).unwrap().quantiles;
                    let (low, high) = forecast.interval80(step - 1);
                    f64::from(u8::from((low..high).contains(&actuals[step - 1].unwrap())))
                })
                .collect();
            let share = inside.iter().sum::<f64>() / inside.len() as f64;
            assert!((share - 0.8).abs() < tolerance, "step {step}: {share}");
        }
    }

    #[test]
    fn the_news_stays_at_every_step_and_the_variance_known_is_taken_off_once() {
        let history = simulated(700, 3);
        let (window, target, _) = origin(&history, 690, 5);
        let model = SpotAhead::new(ArimaGarch::new(ArimaGarchSettings::for_horizon(Horizon::D7)));
        let with = model.forecast(&window, &target).unwrap().quantiles;
        let without = model.forecast(&without_spot(&window), &target).unwrap().quantiles;
        let news =
            QuoteInformation::from_gap_and_last_return(&window.log_returns(), window.spot_gap().unwrap().unwrap());
        let variance = |f: &QuantileForecast, step: usize| (f.interval80(step).1 / f.interval80(step).0).ln().powi(2);
        let known = news.share * variance(&without, 0);
        for step in 0..5 {
            assert!(((with.median(step) / without.median(step)).ln() - news.shift).abs() < 1e-12);
            assert!((variance(&without, step) - variance(&with, step) - known).abs() < 1e-9 * known);
        }
        assert!(news.share > 0.2 && news.shift.abs() > 1e-5, "{news:?}");
    }

    #[test]
    fn without_a_usable_quote_every_answer_is_the_same_to_the_last_bit() {
        let history = simulated(900, 4);
        let stale = {
            let spot = history.spot().unwrap();
            let known = spot.series.until(history.as_of() - Days::new(5)).unwrap();
            without_spot(&history).with_spot(Regressor { series: known, ..spot.clone() })
        };
        let dates = target(history.as_of() + Days::new(1), 5);
        let models: [(Box<dyn Model>, Box<dyn Model>); 3] = [
            (Box::new(Var::new(VarSettings::default())), Box::new(var())),
            (
                Box::new(RandomForest::new(RandomForestSettings::default())),
                Box::new(SpotAhead::new(RandomForest::new(RandomForestSettings::default()))),
            ),
            (
                Box::new(ArimaGarch::new(ArimaGarchSettings::for_horizon(Horizon::D7))),
                Box::new(SpotAhead::new(ArimaGarch::new(ArimaGarchSettings::for_horizon(Horizon::D7)))),
            ),
        ];
        for (plain, aware) in &models {
            let bare = without_spot(&history);
            let expected = plain.forecast(&bare, &dates).unwrap();
            let same = aware.forecast(&bare, &dates).unwrap();
            assert_eq!((&same.quantiles, &same.details), (&expected.quantiles, &expected.details));
            assert_eq!(plain.forecast(&history, &dates).unwrap().quantiles, expected.quantiles);
            let left_out = aware.forecast(&stale, &dates).unwrap();
            assert_eq!(left_out.quantiles, expected.quantiles);
            let reason = left_out.quote_left_out.unwrap();
            assert!(matches!(reason, forecaster_domain::ExclusionReason::Ended { .. }), "{reason}");
            let batch = aware.forecast_batch(&[(&history, &dates), (&bare, &dates)]);
            assert_eq!(batch[0].as_ref().unwrap().quantiles, aware.forecast(&history, &dates).unwrap().quantiles);
            assert_ne!(batch[0].as_ref().unwrap().quantiles, expected.quantiles);
            assert_eq!(batch[1].as_ref().unwrap().quantiles, expected.quantiles);
        }
    }

    #[test]
    fn quotes_that_tell_nothing_move_nothing() {
        // Quotes with noise that is unrelated to the trades.
        let history = without_spot(&simulated(900, 5)).with_spot({
            let pair = simulated(900, 5);
            let noise = normals(900, 77);
            let quotes = pair.pair().observations().zip(noise);
            let quotes: Vec<_> =
                quotes.map(|(o, e)| Observation { value: o.value * (0.003 * e).exp(), ..o }).collect();
            Regressor::new(Series::new("usdclp_spot", &quotes).unwrap(), 0)
        });
        let news =
            QuoteInformation::from_gap_and_last_return(&history.log_returns(), history.spot_gap().unwrap().unwrap());
        assert!(news.coefficient < 0.1 && news.share < 0.01, "{news:?}");
        let walk = QuoteInformation::from_gap(&history.log_returns(), history.spot_gap().unwrap().unwrap());
        assert!(walk.coefficient < 0.1 && walk.share < 0.01, "{walk:?}");
        // A constant rate.
        let gap = history.spot_gap().unwrap().unwrap();
        let still = vec![0.0; gap.values.len() - 1];
        assert_eq!(
            (QuoteInformation::from_gap_and_last_return(&still, gap), QuoteInformation::from_gap(&still, gap).shift),
            (QuoteInformation::NONE, 0.0)
        );
        // Quotes equal to the official rate are a stand-in for it and carry no information.
        let same = without_spot(&history).with_spot(Regressor::new(history.pair().clone(), 0));
        assert!(matches!(same.spot_gap(), Err(forecaster_domain::ExclusionReason::StandsIn { .. })));
    }

    /// Official rates and the Mexican peso 2021-2025; market quotes of 36 evenings of 2024
    /// (`fixtures/spot_quotes.py`).
    fn real() -> History {
        let column = |text: &str, name: &str, position: usize| {
            let rows = text.lines().skip(1).filter_map(|line| {
                let fields: Vec<&str> = line.split(',').collect();
                Some(Observation { date: fields[0].parse().unwrap(), value: fields[position].parse().ok()? })
            });
            Series::new(name, &rows.collect::<Vec<_>>()).unwrap()
        };
        let official = include_str!("../fixtures/official_rates.csv");
        let peso = Regressor::new(column(official, "usdmxn", 2), 1);
        let quotes = column(include_str!("../fixtures/spot_quotes.csv"), "usdclp_spot", 1);
        History::new(column(official, "usdclp", 1), vec![peso]).with_spot(Regressor::new(quotes, 1))
    }

    /// Twenty evenings prove only that quotes are read on the right day: a day late the coefficient is -0.2; a day
    /// early, which would be looking ahead, it is 0.8 and explains most of the variance.
    #[test]
    fn the_next_official_rate_follows_the_real_quote_of_the_evening_before() {
        let history = real();
        let gap = history.spot_gap().unwrap().unwrap();
        let returns = history.log_returns();
        let rows: Vec<(f64, f64)> = (1..returns.len()).filter_map(|i| Some((gap.values[i]?, returns[i]))).collect();
        let coefficient = rows.iter().map(|(g, r)| g * r).sum::<f64>() / rows.iter().map(|(g, _)| g * g).sum::<f64>();
        let share = coefficient.powi(2) * rows.iter().map(|(g, _)| g * g).sum::<f64>()
            / rows.iter().map(|(_, r)| r * r).sum::<f64>();
        println!("{} gaps, coefficient {coefficient:.2}, share {share:.2}", rows.len());
        assert!(rows.len() >= 19);
        assert!((0.4..1.6).contains(&coefficient) && (0.05..0.5).contains(&share), "{coefficient} {share}");
    }

    #[test]
    fn with_the_real_quotes_of_2024_var_loses_less() {
        let history = real();
        let usable = |i: &usize| {
            let known = history.until(history.pair().dates()[*i]).unwrap().window(500);
            matches!(known.spot_gap(), Ok(Some(_))) && !known.aligned_regressors().0.is_empty()
        };
        let known: Vec<usize> = (600..history.pair().len() - 1).filter(usable).collect();
        let losses = losses(&history, known.into_iter(), 1);
        println!("{} origins, saved {:.2} %", losses.len(), 100.0 * saved(&losses));
        assert!(losses.len() >= 8 && saved(&losses) > 0.0, "{} {}", losses.len(), saved(&losses));
    }

    #[test]
    fn quotes_from_after_the_as_of_date_change_nothing() {
        let history = simulated(700, 6);
        let (window, target, _) = origin(&history, 600, 5);
        let expected = var().forecast(&window, &target).unwrap().quantiles;
        let spot = history.spot().unwrap();
        let revised: Vec<_> =
            spot.series
                .observations()
                .map(|o| {
                    if o.date > window.as_of() - Days::new(1) { Observation { value: 1.1 * o.value, ..o } } else { o }
                })
                .collect();
        assert!(revised.iter().any(|o| o.date.year() > 2000 && o.date > window.as_of()));
        let revised = Regressor::new(Series::new("usdclp_spot", &revised).unwrap(), 1);
        let (again, ..) = origin(&without_spot(&history).with_spot(revised), 600, 5);
        assert_eq!(var().forecast(&again, &target).unwrap().quantiles, expected);
    }
}
