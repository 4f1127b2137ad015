//! The review as tables for a terminal of 100 columns, and a sentence for each comparison.

use super::HorizonReview;
use super::figures::{MeanAndMax, ModelFigures, RunFigures};
use forecaster_domain::{ENSEMBLE, Horizon, decimals_of_small};
use std::fmt::Write;

/// Columns of a terminal.
const WIDTH: usize = 100;
/// Legend of the tables' columns, printed under them.
const LEGEND: &str = "\
80 %, 95 %: share of rates inside the interval; skill and p: against the random walk
weight: mean (least-most); seconds in the model: mean (most); -: not known, or too few forecasts
";

/// Formats the horizons one after the other, shortest first.
pub(crate) fn table(horizons: &[(Horizon, HorizonReview)]) -> String {
    let mut text = String::new();
    let mut has_rows = false;
    for (horizon, review) in horizons {
        let _ = writeln!(text, "\n{horizon}: {}", heading(review));
        if review.models.is_empty() {
            continue;
        }
        has_rows = true;
        text += &resources(&review.runs);
        text += &rows(review);
        text += &left_out(review);
        let took_part = |model: &str| review.models.contains_key(model);
        for comparison in review.comparisons.iter().filter(|c| took_part(c.model) && took_part(c.against)) {
            text += &wrapped(&comparison.sentence);
        }
    }
    if has_rows { text + "\n" + LEGEND } else { text }
}

/// Wraps a sentence, with further lines indented.
fn wrapped(sentence: &str) -> String {
    let (mut text, mut column) = (String::new(), 0);
    for word in sentence.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > WIDTH {
            text += "\n    ";
            column = 4;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text += word;
        column += length;
    }
    text + "\n"
}

fn heading(review: &HorizonReview) -> String {
    let scored = review.models.get(ENSEMBLE).map_or(0, |ensemble| ensemble.n);
    let RunFigures { total, degraded, failed, .. } = review.runs;
    match review.note {
        Some(note) => note.to_owned(),
        None => format!(
            "{}, {degraded} degraded, {failed} failed; {} scored",
            with_noun(total, "run"),
            with_noun(scored, "forecast")
        ),
    }
}

fn with_noun(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn resources(runs: &RunFigures) -> String {
    let said = |figure: &Option<MeanAndMax>, unit: &str, digits: usize| {
        figure.map(|f| format!("{:.digits$} {unit}, at most {:.digits$}", f.mean, f.max))
    };
    let said = [
        said(&runs.seconds, "s", 1),
        said(&runs.peak_rss_mb, "MiB", 0),
        said(&runs.peak_rss_chronos_mb, "MiB", 0).map(|of_chronos| format!("Chronos alone {of_chronos}")),
    ];
    let said: Vec<String> = said.into_iter().flatten().collect();
    if said.is_empty() { String::new() } else { format!("a run takes {}\n", said.join("; ")) }
}

fn rows(review: &HorizonReview) -> String {
    let rmse = 7.max(review.format.difference_decimals() + 5);
    let mut text = format!(
        "{:<24}{:>4}{:>9}{:>rmse$}{:>7}{:>6}{:>6}{:>8}{:>6}{:>12}{:>11}\n",
        "", "n", "WQL", "RMSE", "MAPE %", "80 %", "95 %", "skill %", "p", "weight %", "seconds"
    );
    let mut models: Vec<(&String, &ModelFigures)> = review.models.iter().collect();
    // The best first; models without a score last.
    models.sort_by(|(_, a), (_, b)| a.wql.unwrap_or(f64::INFINITY).total_cmp(&b.wql.unwrap_or(f64::INFINITY)));
    for (name, model) in models {
        let weight =
            model.weight.map(|w| format!("{:.0} ({:.0}-{:.0})", 100.0 * w.mean, 100.0 * w.min, 100.0 * w.max));
        let seconds = model.seconds.map(|s| format!("{:.1} ({:.1})", s.mean, s.max));
        let _ = writeln!(
            text,
            "{name:<24}{:>4}{:>9}{:>rmse$}{:>7}{:>6}{:>6}{:>8}{:>6}{:>12}{:>11}",
            model.n,
            figure(model.wql, |v| format!("{v:.6}")),
            figure(model.rmse, |v| review.format.difference(v)),
            figure(model.mape, |v| format!("{v:.*}", decimals_of_small(v, 2))),
            figure(model.coverage80, |v| format!("{:.0}", 100.0 * v)),
            figure(model.coverage95, |v| format!("{:.0}", 100.0 * v)),
            figure(model.skill, |v| format!("{:+.2}", 100.0 * v)),
            figure(model.p_value, |v| format!("{v:.3}")),
            weight.unwrap_or_else(|| "-".to_owned()),
            seconds.unwrap_or_else(|| "-".to_owned()),
        );
    }
    text
}

fn figure(value: Option<f64>, shown: impl Fn(f64) -> String) -> String {
    value.filter(|value| value.is_finite()).map_or_else(|| "-".to_owned(), shown)
}

fn left_out(review: &HorizonReview) -> String {
    let left_out = review.models.iter().filter(|(_, model)| model.left_out > 0);
    left_out.map(|(name, model)| format!("left out: {name}, in {}\n", with_noun(model.left_out, "run"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use forecaster_domain::PriceFormat;

    /// The table's row of a model with this error and skill, in a pair with this latest outcome.
    fn row(latest: f64, rmse: f64, skill: f64) -> Vec<String> {
        let model = ModelFigures { n: 9, rmse: Some(rmse), skill: Some(skill), ..ModelFigures::default() };
        let review = HorizonReview {
            runs: RunFigures::default(),
            note: None,
            models: [("random_walk".to_owned(), model)].into(),
            comparisons: Vec::new(),
            format: PriceFormat::of(latest),
        };
        let text = rows(&review);
        let line = text.lines().find(|line| line.starts_with("random_walk")).unwrap();
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn an_error_shows_the_digits_of_its_pair_and_a_skill_that_is_no_number_is_a_dash() {
        assert_eq!(
            row(1011.82, 8.254, 0.0123),
            ["random_walk", "9", "-", "8.25", "-", "-", "-", "+1.23", "-", "-", "-"]
        );
        assert_eq!(row(0.001012, 0.000_007_9, f64::NEG_INFINITY)[3..8], ["0.0000079", "-", "-", "-", "-"]);
    }

    #[test]
    fn a_long_sentence_is_broken_between_words_and_keeps_them_all() {
        let sentence = "Ensemble with Chronos against without: cannot tell yet, 1.9 % more loss over 13 forecasts \
            (p 0.758); about 793 more would tell";
        let text = wrapped(sentence);
        assert!(text.lines().count() == 2 && text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert_eq!(text.split_whitespace().collect::<Vec<_>>(), sentence.split_whitespace().collect::<Vec<_>>());
        assert_eq!(wrapped("short"), "short\n");
    }
}
