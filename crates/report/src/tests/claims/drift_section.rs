//! Sentences on drift and regime, checked against their numbers.

use super::{all, between, enough, number};
use crate::{
    drift_section,
    page::Page,
    view::{DriftTestKind, Regime},
};

fn plain(text: &str) -> String {
    text.replace('\u{a0}', " ")
}

#[test]
fn a_difference_is_said_exactly_where_an_adjusted_p_value_is_below_a_twentieth() {
    let (mut found, mut same, mut none) = (0, 0, 0);
    for (seed, view) in all() {
        let page = &Page::new(&view);
        let text = plain(&drift_section::verdict(page));
        let below = |kind| view.drift.tests.iter().any(|t| t.kind == kind && t.adjusted < 0.05);
        let parts = view.language.pick(
            ["la forma de sus", "el tamaño de sus", "influye en los siguientes"],
            ["the pattern of its", "the size of its", "influences those of the"],
        );
        let kinds = [DriftTestKind::Distribution, DriftTestKind::Spread, DriftTestKind::Autocorrelation];
        for (part, kind) in parts.into_iter().zip(kinds) {
            assert_eq!(text.contains(part), below(kind), "{seed}: {text}");
        }
        let any = view.drift.tests.iter().any(|t| t.adjusted < 0.05);
        assert_eq!(
            text.contains(view.language.pick("no se ha movido", "has moved differently")),
            any,
            "{seed}: {text}"
        );
        let all_quiet = !view.drift.tests.is_empty() && !any;
        assert_eq!(
            text.contains(view.language.pick("ninguna de las tres", "none of the three")),
            all_quiet,
            "{seed}: {text}"
        );
        let unknown = view.language.pick("No hay con qué comparar", "cannot be compared");
        assert_eq!(text.contains(unknown), view.drift.tests.is_empty(), "{seed}: {text}");
        found += usize::from(any);
        same += usize::from(all_quiet);
        none += usize::from(view.drift.tests.is_empty());
    }
    enough(found);
    enough(same);
    assert!(none > 50, "{none}");
}

#[test]
fn p_values_are_written_on_their_side_of_a_twentieth_and_read_alike() {
    let mut count = 0;
    for (seed, view) in all() {
        let rows = drift_section::rows(&Page::new(&view));
        assert_eq!(rows.len(), view.drift.tests.len());
        for (row, test) in rows.iter().zip(&view.drift.tests) {
            count += 1;
            for (written, p) in [(&row[2], test.p), (&row[3], test.adjusted)] {
                let figure = number(view.language, written);
                assert!(
                    (figure - p).abs() <= 0.00051 || (written.starts_with('<') && p < figure),
                    "{seed}: {row:?} {p}"
                );
                assert_eq!(figure < 0.05, p < 0.05, "{seed}: {row:?} {p}");
            }
            let quiet = view.language.pick(["Como en los", "No se aprecia"], ["As in the", "None to be seen"]);
            assert_eq!(quiet.iter().any(|words| row[4].starts_with(words)), test.adjusted >= 0.05, "{seed}: {row:?}");
        }
    }
    enough(count);
}

#[test]
fn the_regime_is_named_by_the_percentile_that_is_written() {
    let mut seen = [0; 4];
    for (seed, view) in all() {
        let text = plain(&drift_section::regime(&Page::new(&view)));
        let Some(known) = view.drift.regime else {
            assert!(text.contains(view.language.pick("No hay historia", "too little history")), "{seed}: {text}");
            continue;
        };
        let figure = |before, after| number(view.language, between(&text, before, after).unwrap());
        let percentile = view.language.pick(("percentil ", " de "), ("percentile ", " of "));
        let percentile = figure(percentile.0, percentile.1);
        assert!((0.0..0.1001).contains(&(100.0 * known.percentile - percentile)), "{seed}: {text}");
        let volatility = view.language.pick(("30 días hábiles, ", " %"), ("30 business days, ", "%"));
        assert!((figure(volatility.0, volatility.1) - 100.0 * known.volatility).abs() < 0.0501, "{seed}: {text}");
        let windows = view.language.pick((" de ", " períodos"), (" of ", " periods"));
        let upto = &text[text.find(view.language.pick("percentil ", "percentile ")).unwrap()..];
        assert_eq!(
            number(view.language, between(upto, windows.0, windows.1).unwrap()),
            known.windows as f64,
            "{seed}: {text}"
        );
        let level =
            usize::from(percentile >= 20.0) + usize::from(percentile >= 80.0) + usize::from(percentile >= 95.0);
        let words =
            view.language.pick(["calmo", "usual", "elevado", "extremo"], ["calm", "usual", "elevated", "extreme"]);
        assert!(text.contains(words[level]), "{seed}: {text}");
        seen[level] += 1;
    }
    assert!(seen.into_iter().all(|count| count > 50), "{seen:?}");
}

#[test]
fn a_mail_tells_of_drift_and_of_an_extreme_regime_and_of_nothing_else() {
    let (mut told, mut silent) = (0, 0);
    for (seed, view) in all() {
        let page = &Page::new(&view);
        let drifted = view.drift.tests.iter().any(|t| t.adjusted < 0.05);
        let extreme = view.drift.regime.is_some_and(|known| known.regime == Regime::Extreme);
        let alert = drift_section::alert(page);
        assert_eq!(alert.is_some(), drifted || extreme, "{seed}: {alert:?}");
        let Some(alert) = alert else {
            silent += 1;
            continue;
        };
        told += 1;
        assert_eq!(alert.contains(&drift_section::verdict(page)), drifted, "{seed}: {alert}");
        assert_eq!(alert.contains(&drift_section::regime(page)), extreme, "{seed}: {alert}");
    }
    enough(told);
    enough(silent);
}
