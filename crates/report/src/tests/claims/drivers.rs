//! Sentences on changes since the last report, checked against their numbers.

use super::{all, between, enough, number};
use crate::{drivers, page::Page, text::names, view::ChangeUnit};

#[test]
fn what_changed_adds_up_as_written_and_is_judged_right() {
    let (mut count, mut reasons) = (0, 0);
    for (seed, view) in all() {
        let page = &Page::new(&view);
        let text = drivers::paragraphs(page).concat().join(" ").replace('\u{a0}', " ");
        let Some(since) = &view.since_last else {
            assert!(
                text.contains(view.language.pick("primer informe", "first report")) && drivers::rows(page).is_empty()
            );
            continue;
        };
        count += 1;
        let rows = drivers::rows(page);
        let [_, then, now, _] = rows.last().unwrap();
        let written = number(view.language, now) - number(view.language, then);
        let split = view.language.pick(
            (" por el movimiento", " por lo que", " por los pesos"),
            (" from the pair", " from what", " from the weights"),
        );
        if text.contains(split.2) {
            reasons += 1;
            let start = text.find(view.language.pick("De ese cambio, en CLP: ", "Of that change, in CLP: ")).unwrap();
            let part = |end: &str| {
                let upto = &text[start..start + text[start..].find(end).unwrap()];
                number(view.language, upto.rsplit(' ').next().unwrap())
            };
            let parts = [part(split.0), part(split.1), part(split.2)];
            assert!((parts.iter().sum::<f64>() - written).abs() < 1e-6, "{seed}: {text}");
            let change = since.change.as_ref().unwrap();
            let exact = [change.data, change.models, change.weights];
            let all: f64 = exact.iter().map(|p| p.abs()).sum();
            let judged = view.language.pick(
                [
                    "sobre todo el movimiento del par",
                    "sobre todo lo que esperan los modelos",
                    "sobre todo el cambio de pesos",
                ],
                [
                    "the pair's own move matters most",
                    "what the models expect matters most",
                    "the change of weights matters most",
                ],
            );
            for (i, words) in judged.iter().enumerate() {
                assert!(!text.contains(words) || exact[i].abs() > 0.5 * all, "{seed}: {text}");
            }
            for (p, e) in parts.iter().zip(exact) {
                assert!((p - e).abs() < 0.02, "{seed}: {text}");
            }
        }
        let value = view.observations[view.observations.len() - 1].value;
        if let Some((_, inner, outer)) = since.forecast_for_today {
            let inside = |(l, h): (f64, f64)| l <= value && value <= h;
            assert_eq!(
                text.contains(view.language.pick("cayó dentro de su", "fell inside its 80%")),
                inside(inner),
                "{seed}: {text}"
            );
            let out = view.language.pick("de su intervalo de 95 %", "its 95% interval");
            assert_eq!(text.contains(out), !inside(outer), "{seed}: {text}");
        }
        let width = |(l, h): (f64, f64), m: f64| (h - l) / m;
        let end = view.ensemble.last_step();
        let ratio =
            width(view.ensemble.interval80(end), view.ensemble.median(end)) / width(since.interval80, since.median);
        if ratio.is_finite() && ratio > 0.0 {
            assert_eq!(text.contains(view.language.pick("se ensanchó", "widened")), ratio >= 1.05, "{seed}: {text}");
            assert_eq!(text.contains(view.language.pick("se angostó", "narrowed")), ratio <= 0.95, "{seed}: {text}");
        }
    }
    enough(count);
    enough(reasons);
}

#[test]
fn every_series_is_told_once_and_only_notable_moves_with_figures() {
    for (seed, view) in all() {
        let Some(since) = &view.since_last else { continue };
        let text = drivers::paragraphs(&Page::new(&view)).concat().join(" ").replace('\u{a0}', " ");
        let moved = between(&text, view.language.pick("También se movieron: ", "Also moved: "), ". ").unwrap_or("");
        let mut sizes: Vec<(usize, f64)> = Vec::new();
        for one in since.moves.iter().filter(|m| m.series != "usdclp") {
            let (from, to) = (one.from.value, one.to.value);
            let change = if one.measure == ChangeUnit::Percent { 100.0 * (to / from - 1.0) } else { to - from };
            let line = match one.measure {
                ChangeUnit::Percent if one.series == "copper_comex" => 1.0,
                ChangeUnit::Percent => 0.5,
                ChangeUnit::Points => 1.0,
                ChangeUnit::PercentagePoints => 0.1,
            };
            let known = change.is_finite()
                && (from > 0.0 || one.measure != ChangeUnit::Percent)
                && one.to.date > one.from.date;
            let place = moved.find(&names::series_in_words(view.language, &one.series));
            assert_eq!(place.is_some(), known && change.abs() >= line, "{seed}: {} {change} {text}", one.series);
            sizes.extend(place.map(|place| (place, change.abs() / line)));
        }
        sizes.sort_by_key(|(place, _)| *place);
        assert!(sizes.is_sorted_by(|a, b| a.1 >= b.1), "{seed}: {text}");
    }
}
