//! Sentences on the track record, checked against their numbers.

use super::{all, date_text, enough, number};
use crate::{page::Page, track_record, view::TrackVerdict};

fn plain(text: &str) -> String {
    text.replace('\u{a0}', " ")
}

#[test]
fn a_record_is_told_with_its_dates_and_without_one_that_nothing_has_come_due() {
    let (mut known, mut nothing) = (0, 0);
    for (seed, view) in all() {
        let page = &Page::new(&view);
        let text = plain(&track_record::introduction(page));
        match view.track_record.as_ref().filter(|record| !record.rows.is_empty()) {
            Some(record) => {
                known += 1;
                for date in [record.from, record.to] {
                    assert!(text.contains(&date_text(&view, date)), "{seed}: {text}");
                }
            }
            None => {
                nothing += 1;
                let words = view.language.pick("Todavía no se ha cumplido", "has come due yet");
                assert!(text.contains(words) && track_record::comparisons(page).is_empty(), "{seed}: {text}");
            }
        }
    }
    enough(known);
    enough(nothing);
}

#[test]
fn whoever_is_said_to_be_better_has_the_lower_loss_by_the_figure_that_is_written() {
    let mut seen = [0; 3];
    for (seed, view) in all() {
        let Some(record) = view.track_record.as_ref().filter(|record| !record.rows.is_empty()) else { continue };
        let sentences = track_record::comparisons(&Page::new(&view));
        assert_eq!(sentences.len(), record.comparisons.len());
        for (sentence, facts) in sentences.iter().zip(&record.comparisons) {
            let text = plain(sentence);
            let has = |spanish, english| text.contains(view.language.pick(spanish, english));
            assert_eq!(
                has("ha sido mejor que", "has been better than"),
                facts.verdict == TrackVerdict::Better,
                "{seed}: {text}"
            );
            assert_eq!(
                has("ha sido peor que", "has been worse than"),
                facts.verdict == TrackVerdict::Worse,
                "{seed}: {text}"
            );
            let open = matches!(facts.verdict, TrackVerdict::CannotTellYet { .. });
            assert_eq!(has("puede ser azar", "may be chance"), open, "{seed}: {text}");
            let (less, more) = (has("menos de pérdida", "less loss"), has("más de pérdida", "more loss"));
            let shown = (100.0 * facts.skill.abs()) >= 0.05;
            assert_eq!((less, more), (shown && facts.skill > 0.0, shown && facts.skill < 0.0), "{seed}: {text}");
            if shown {
                let end = text.find(view.language.pick(" %", "%")).unwrap();
                let figure = number(view.language, text[..end].rsplit(' ').next().unwrap());
                assert!((figure - 100.0 * facts.skill.abs()).abs() < 0.0501, "{seed}: {text}");
            }
            let count = |at: &str| {
                number(view.language, text[..text.find(at).unwrap()].trim_end().rsplit(' ').next().unwrap())
            };
            assert_eq!(count(view.language.pick("pronóstico", "forecast")), facts.n as f64, "{seed}: {text}");
            if let TrackVerdict::CannotTellYet { more_runs: Some(runs) } = facts.verdict {
                let before = if runs == 1 {
                    view.language.pick("ejecución más", "more run ")
                } else {
                    view.language.pick("ejecuciones más", "more runs ")
                };
                assert_eq!(count(before), runs as f64, "{seed}: {text}");
            } else {
                assert!(!has("Si la diferencia", "If the difference"), "{seed}: {text}");
            }
            assert_eq!(text.contains("(p "), facts.p_value.is_some(), "{seed}: {text}");
            assert!(!text.contains("NaN"), "{seed}: {text}");
            seen[usize::from(facts.verdict == TrackVerdict::Better)
                + 2 * usize::from(facts.verdict == TrackVerdict::Worse)] += 1;
        }
    }
    seen.into_iter().for_each(enough);
}

#[test]
fn rows_have_a_name_in_words_and_the_ensemble_stands_out() {
    let mut count = 0;
    for (seed, view) in all() {
        let rows = track_record::rows(&Page::new(&view));
        let Some(record) = view.track_record.as_ref().filter(|_| !rows.is_empty()) else { continue };
        for ((name, values, strong), row) in rows.iter().zip(&record.rows) {
            count += 1;
            assert_eq!(number(view.language, &values[0]), row.n as f64, "{seed}");
            assert_eq!(*strong, row.model == "ensemble");
            assert!(
                !["ensemble", "random_walk", "ensemble_without_chronos"].contains(&name.as_str()),
                "{seed}: {name}"
            );
            assert_eq!(values[6] == "–", row.skill.is_none(), "{seed}: {values:?}");
        }
    }
    enough(count);
}
