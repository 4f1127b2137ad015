//! An independent calculation of a review's scores, from the raw rows of the ledger and the embedded rates; it shares
//! no code with the program.
#![allow(clippy::unwrap_used)]

use chrono::NaiveDate;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;

/// The forecasts of one model in a run.
#[derive(Debug, Clone)]
pub(crate) struct Issued {
    pub run_id: String,
    pub as_of: NaiveDate,
    /// Target dates with price quantiles `[11]`, by date.
    pub rows: Vec<(NaiveDate, Vec<f64>)>,
}

impl Issued {
    pub(crate) fn end(&self) -> NaiveDate {
        self.rows.last().unwrap().0
    }
}

/// Returns all forecasts that the first run of each as-of date of `horizon` issued, by model and as-of date.
pub(crate) fn issued(ledger: &Path, horizon: &str) -> BTreeMap<String, Vec<Issued>> {
    let connection = Connection::open(ledger).unwrap();
    let mut statement = connection
        .prepare(
            "SELECT f.model, r.run_id, r.as_of, f.target_date, f.q0025, f.q10, f.q20, f.q30, f.q40, f.q50, f.q60, f.q70,
                f.q80, f.q90, f.q0975
             FROM forecasts f JOIN runs r USING (run_id) WHERE r.horizon = ?1 ORDER BY r.finished_at, f.target_date",
        )
        .unwrap();
    let mut rows = statement.query([horizon]).unwrap();
    let mut first: BTreeMap<NaiveDate, String> = BTreeMap::new();
    let mut all: BTreeMap<(String, NaiveDate), Issued> = BTreeMap::new();
    while let Some(row) = rows.next().unwrap() {
        let day = |column| row.get::<_, String>(column).unwrap().parse::<NaiveDate>().unwrap();
        let (model, run_id, as_of): (String, String, NaiveDate) = (row.get(0).unwrap(), row.get(1).unwrap(), day(2));
        if *first.entry(as_of).or_insert_with(|| run_id.clone()) != run_id {
            continue;
        }
        let quantiles = (4..15).map(|column| row.get(column).unwrap()).collect();
        let of_run = Issued { run_id, as_of, rows: Vec::new() };
        all.entry((model, as_of)).or_insert(of_run).rows.push((day(3), quantiles));
    }
    let mut by_model: BTreeMap<String, Vec<Issued>> = BTreeMap::new();
    for ((model, _), issued) in all {
        by_model.entry(model).or_default().push(issued);
    }
    by_model
}

/// Returns the pair's embedded rates.
pub(crate) fn embedded_rates() -> BTreeMap<NaiveDate, f64> {
    forecaster_rates::embedded().unwrap()["usdclp"].iter().map(|o| (o.date, o.value)).collect()
}

/// Scores of one model.
#[derive(Debug, Clone)]
pub(crate) struct Reckoned {
    pub n: usize,
    pub rmse: f64,
    pub mape: f64,
    pub wql: f64,
    pub coverage80: f64,
    pub coverage95: f64,
    /// WQL of each forecast.
    pub each: Vec<f64>,
}

/// Calculates the scores of `issued` over the target dates that have a rate.
pub(crate) fn reckon(issued: &[Issued], rates: &BTreeMap<NaiveDate, f64>) -> Reckoned {
    let mut each = Vec::new();
    let (mut pinball, mut scale, mut dates, mut in80, mut in95) = (0.0, 0.0, 0, 0, 0);
    let (mut squares, mut percents) = (Vec::new(), Vec::new());
    for forecast in issued {
        let (mut own, mut own_scale) = (0.0, 0.0);
        for (date, q) in &forecast.rows {
            let Some(&y) = rates.get(date) else { continue };
            own +=
                (1..=9).map(|i| (0.1 * i as f64 * (y - q[i])).max((0.1 * i as f64 - 1.0) * (y - q[i]))).sum::<f64>();
            own_scale += y;
            dates += 1;
            in80 += usize::from((q[1]..=q[9]).contains(&y));
            in95 += usize::from((q[0]..=q[10]).contains(&y));
        }
        let (end, q) = forecast.rows.last().unwrap();
        if let Some(y) = rates.get(end) {
            squares.push((q[5] - y).powi(2));
            percents.push(100.0 * ((q[5] - y) / y).abs());
        }
        each.push(own / own_scale * 2.0 / 9.0);
        pinball += own;
        scale += own_scale;
    }
    let n = issued.len();
    Reckoned {
        n,
        rmse: (squares.iter().sum::<f64>() / squares.len() as f64).sqrt(),
        mape: percents.iter().sum::<f64>() / percents.len() as f64,
        wql: pinball / scale * 2.0 / 9.0,
        coverage80: in80 as f64 / dates as f64,
        coverage95: in95 as f64 / dates as f64,
        each,
    }
}

/// Returns the largest number of later forecasts that were issued before one forecast had matured.
pub(crate) fn overlap(issued: &[Issued]) -> usize {
    let before_end = |one: &Issued| issued.iter().filter(|o| o.as_of > one.as_of && o.as_of < one.end()).count();
    issued.iter().map(before_end).max().unwrap_or(0)
}

/// Returns the p-value of Diebold and Mariano with the correction of Harvey, Leybourne and Newbold, and the number of
/// forecasts needed for 80 % power.
pub(crate) fn diebold_mariano(own: &[f64], other: &[f64], lag: usize) -> (f64, f64) {
    let d: Vec<f64> = own.iter().zip(other).map(|(a, b)| a - b).collect();
    let (n, h) = (d.len() as f64, lag as f64 + 1.0);
    let mean = d.iter().sum::<f64>() / n;
    let gamma = |k: usize| (k..d.len()).map(|t| (d[t] - mean) * (d[t - k] - mean)).sum::<f64>() / n;
    let variance = gamma(0) + 2.0 * (1..=lag).map(gamma).sum::<f64>().max(0.0);
    let corrected = mean / (variance / n).sqrt() * ((n + 1.0 - 2.0 * h + h * (h - 1.0) / n) / n).sqrt();
    (two_sided(corrected, n - 1.0), variance * (1.959_963_985 + 0.841_621_234f64).powi(2) / (mean * mean))
}

/// Returns P(|T| > |t|) for Student's t: with x = sqrt(v) tan(a) its density becomes cos(a)^(v - 1), which is
/// integrated by Simpson's rule.
fn two_sided(t: f64, freedom: f64) -> f64 {
    let integral = |from: f64| {
        let (steps, to) = (20_000, std::f64::consts::FRAC_PI_2);
        let width = (to - from) / f64::from(steps);
        let weight = |i: i32| {
            if i == 0 || i == steps {
                1.0
            } else if i % 2 == 1 {
                4.0
            } else {
                2.0
            }
        };
        (0..=steps).map(|i| weight(i) * (from + width * f64::from(i)).cos().powf(freedom - 1.0)).sum::<f64>() * width
            / 3.0
    };
    integral((t.abs() / freedom.sqrt()).atan()) / integral(0.0)
}
