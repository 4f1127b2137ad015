//! A model that knows the market's quote: another model's forecast, moved by what the quote tells beyond the
//! official rate, and narrowed by as much as it tells.
//!
//! The official rate is an average of trades; the quote is where they ended. Trades being close to a random walk, the
//! next average is expected at the quote: half of the variance of the next return is known already (Working 1960:
//! the close less the average has a variance of a third of a day's, the first difference of averages two thirds).
//! In: any model, asked as it is. Out: its answer, unchanged where there is no quote.

use forecaster_domain::{
    History, MEDIAN, Model, ModelError, ModelForecast, QuantileForecast, SpotGap, Target,
};

/// Known gaps at which the coefficient counts half: a source of quotes must prove itself. 10 and 20 did alike on
/// 2020-2024, with 50 half a year of quotes gained less.
const HALF_CREDIBLE: f64 = 20.0;

/// `model`, made aware of market quotes of the pair.
#[derive(Debug, Clone)]
pub struct SpotAhead<M> {
    model: M,
}

impl<M: Model> SpotAhead<M> {
    /// `model`, which itself looks at the pair's official rates and its regressors only.
    pub fn new(model: M) -> Self {
        Self { model }
    }
}

impl<M: Model> Model for SpotAhead<M> {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn fingerprint(&self) -> String {
        format!("{} spot/1", self.model.fingerprint())
    }

    fn forecast(&self, history: &History, target: &Target) -> Result<ModelForecast, ModelError> {
        told(self.model.forecast(history, target)?, history)
    }

    fn prefers_batches(&self) -> bool {
        self.model.prefers_batches()
    }

    fn forecast_batch(&self, requests: &[(&History, &Target)]) -> Vec<Result<ModelForecast, ModelError>> {
        let answers = self.model.forecast_batch(requests);
        answers.into_iter().zip(requests).map(|(answer, (history, _))| told(answer?, history)).collect()
    }
}

/// `forecast` with what the quotes of `history` tell.
fn told(forecast: ModelForecast, history: &History) -> Result<ModelForecast, ModelError> {
    let ModelForecast { quantiles, mut details } = forecast;
    let quantiles = match history.spot_gap() {
        Ok(None) => quantiles,
        Ok(Some(gap)) => {
            let news = News::new(&history.log_returns(), &gap);
            details.extend(news.details(&gap));
            news.tell(&quantiles)?
        }
        Err(reason) => {
            details.push(("spot quote left out".to_owned(), reason.to_string()));
            quantiles
        }
    };
    Ok(ModelForecast { quantiles, details })
}

/// What the gap at the as-of date tells of the next return beyond the last one.
#[derive(Debug, Clone, PartialEq)]
struct News {
    /// Coefficient of the next return on the gap.
    coefficient: f64,
    /// Share of the variance of the next return that the gap explains beyond the last return, 0 to 1.
    share: f64,
    /// Expected next return by the gap, less what the last return would have told anyway.
    shift: f64,
}

impl News {
    /// Regresses the next return on the gap and the last return over the dates with a known gap, by partial
    /// regression (Frisch and Waugh 1933): models know the last return, and a gap is partly what follows from it.
    /// `returns` `[n - 1]` of the window of `gap.values` `[n]`.
    fn new(returns: &[f64], gap: &SpotGap) -> Self {
        // Gap at date i, the return that led to it and the one that followed.
        let rows: Vec<[f64; 3]> = (1..returns.len())
            .filter_map(|i| Some([gap.values[i]?, returns[i - 1], returns[i]]))
            .collect();
        let product = |a: usize, b: usize| rows.iter().map(|row| row[a] * row[b]).sum::<f64>();
        let squares = product(1, 1);
        if squares <= 0.0 {
            return Self { coefficient: 0.0, share: 0.0, shift: 0.0 };
        }
        let (of_gap, of_next) = (product(0, 1) / squares, product(1, 2) / squares);
        let residuals: Vec<(f64, f64)> = rows.iter().map(|r| (r[0] - of_gap * r[1], r[2] - of_next * r[1])).collect();
        let gaps: f64 = residuals.iter().map(|(g, _)| g * g).sum();
        let nexts: f64 = residuals.iter().map(|(_, next)| next * next).sum();
        let both: f64 = residuals.iter().map(|(g, next)| g * next).sum();
        let count = rows.len() as f64;
        // A coefficient below zero is no news of where trades ended.
        let coefficient = if gaps > 0.0 { (both / gaps * count / (count + HALF_CREDIBLE)).max(0.0) } else { 0.0 };
        let share = if nexts > 0.0 { (2.0 * both - coefficient * gaps) * coefficient / nexts } else { 0.0 };
        let last = returns[returns.len() - 1];
        Self { coefficient, share: share.clamp(0.0, 1.0), shift: coefficient * (gap.now - of_gap * last) }
    }

    /// `forecast` moved by the news at every step, since a quote's news is there to stay, and narrowed: what is known
    /// of the first step's variance is taken off the variance of each step.
    fn tell(&self, forecast: &QuantileForecast) -> Result<QuantileForecast, ModelError> {
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
            ("variance of the first step known".to_owned(), format!("{:.0} %", 100.0 * self.share)),
        ]
    }
}
