//! Figures of runs, from their metrics lines: status, models that took part and their weights, memory and time.

use super::figures::{MeanAndMax, ModelFigures, RunFigures, WeightRange};
use forecaster_domain::{ENSEMBLE, ENSEMBLE_WITHOUT_CHRONOS};
use forecaster_ledger::PastRun;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// Fields that are read from a metrics line. A line of an older version may lack any of them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    models: BTreeMap<String, ModelLine>,
    forecast: Option<IgnoredAny>,
    ensemble_without_chronos: Option<IgnoredAny>,
    left_out: Vec<LeftOutLine>,
    resources: ResourceLine,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ModelLine {
    weight: Option<f64>,
    seconds: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct LeftOutLine {
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ResourceLine {
    peak_rss_mb: Option<f64>,
    peak_rss_chronos_mb: Option<f64>,
    seconds_total: Option<f64>,
}

/// Figures of the runs, and of each model except its scores.
pub(super) fn figures(runs: &[PastRun]) -> (RunFigures, BTreeMap<String, ModelFigures>) {
    // A line that cannot be read adds no figures, but its run is counted.
    let lines: Vec<Line> =
        runs.iter().map(|past| serde_json::from_str(&past.run.metrics).unwrap_or_default()).collect();
    let ended = |status: &str| runs.iter().filter(|past| past.run.status == status).count();
    let resources = |get: fn(&ResourceLine) -> Option<f64>| {
        MeanAndMax::of(&lines.iter().filter_map(|line| get(&line.resources)).collect::<Vec<_>>())
    };
    let figures = RunFigures {
        total: runs.len(),
        ok: ended("ok"),
        degraded: ended("degraded"),
        failed: ended("failed"),
        peak_rss_mb: resources(|r| r.peak_rss_mb),
        peak_rss_chronos_mb: resources(|r| r.peak_rss_chronos_mb),
        seconds: resources(|r| r.seconds_total),
    };
    (figures, models(&lines))
}

fn models(lines: &[Line]) -> BTreeMap<String, ModelFigures> {
    let mut models: BTreeMap<String, ModelFigures> = BTreeMap::new();
    let mut parts: BTreeMap<&str, Vec<&ModelLine>> = BTreeMap::new();
    for line in lines {
        for (name, part) in &line.models {
            parts.entry(name).or_default().push(part);
        }
        for left_out in &line.left_out {
            models.entry(left_out.name.clone()).or_default().left_out += 1;
        }
        let pools = [(ENSEMBLE, &line.forecast), (ENSEMBLE_WITHOUT_CHRONOS, &line.ensemble_without_chronos)];
        for (name, _) in pools.into_iter().filter(|(_, issued)| issued.is_some()) {
            models.entry(name.to_owned()).or_default().runs += 1;
        }
    }
    for (name, parts) in parts {
        let all = |get: fn(&ModelLine) -> Option<f64>| parts.iter().filter_map(|part| get(part)).collect::<Vec<_>>();
        let model = models.entry(name.to_owned()).or_default();
        model.runs = parts.len();
        model.weight = WeightRange::of(&all(|part| part.weight));
        model.seconds = MeanAndMax::of(&all(|part| part.seconds));
    }
    models
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Utc;
    use forecaster_ledger::RunSummary;

    fn run(status: &str, metrics: &str) -> PastRun {
        let run = RunSummary {
            run_id: "a".into(),
            as_of: None,
            finished_at: Utc::now(),
            status: status.into(),
            metrics: metrics.into(),
        };
        PastRun { run, end_date: None }
    }

    #[test]
    fn figures_are_those_of_the_lines_that_have_them() {
        let with = |weight: f64, peak: f64| {
            format!(
                r#"{{"models": {{"chronos": {{"weight": {weight}, "seconds": 2.0}}}}, "forecast": {{"median": 1.0}},
                "ensemble_without_chronos": null, "left_out": [],
                "resources": {{"peak_rss_mb": {peak}, "peak_rss_chronos_mb": 40.0, "seconds_total": 3.0}}}}"#
            )
        };
        let without = r#"{"models": {}, "left_out": [{"name": "chronos", "reason": "no memory"}],
            "forecast": {}, "resources": {"peak_rss_mb": 30.0, "peak_rss_chronos_mb": null, "seconds_total": 1.0}}"#;
        let lost = r#"{"models": {}, "resources": {"peak_rss_mb": null, "seconds_total": 8.0}}"#;
        let runs = [
            run("ok", &with(0.2, 90.0)),
            run("ok", &with(0.4, 120.0)),
            run("degraded", without),
            run("failed", lost),
            run("failed", "no line"),
        ];
        let (figures, models) = figures(&runs);
        assert_eq!((figures.total, figures.ok, figures.degraded, figures.failed), (5, 2, 1, 2));
        assert_eq!(figures.peak_rss_mb, Some(MeanAndMax { mean: 80.0, max: 120.0 }));
        assert_eq!(figures.peak_rss_chronos_mb, Some(MeanAndMax { mean: 40.0, max: 40.0 }));
        assert_eq!(figures.seconds, Some(MeanAndMax { mean: 3.75, max: 8.0 }));
        let chronos = &models["chronos"];
        assert_eq!((chronos.runs, chronos.left_out), (2, 1));
        let weight = chronos.weight.unwrap();
        assert!((weight.mean - 0.3).abs() < 1e-12 && (weight.min, weight.max) == (0.2, 0.4));
        assert_eq!((models["ensemble"].runs, models.contains_key("ensemble_without_chronos")), (3, false));
    }
}
