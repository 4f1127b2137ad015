//! Every claim in a sentence must follow from its numbers: checked on many random views by recomputing it in another
//! way.

use super::random;
use crate::{
    figure::Figure,
    findings::market,
    html,
    page::Page,
    text::names,
    view::{
        Language::{self, Spanish},
        PastForecast, ReportView,
    },
};
use chrono::NaiveDate;

mod drift_section;
mod drivers;
mod quote;
mod track_record;

const VIEWS: u64 = 1500;

/// Takeaway of a figure, with plain spaces.
fn said(view: &ReportView, figure: Figure) -> Option<String> {
    figure.takeaway(&Page::new(view)).map(|text| text.replace('\u{a0}', " "))
}

/// Text between `before` and `after`.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = &text[text.find(before)? + before.len()..];
    Some(&rest[..rest.find(after)?])
}

/// Parses a number as written in the language.
fn number(language: Language, text: &str) -> f64 {
    let plain: String = text.chars().filter(|c| c.is_ascii_digit() || "+-.,".contains(*c)).collect();
    let plain = language.pick(plain.replace('.', "").replace(',', "."), plain.replace(',', ""));
    plain.parse().unwrap_or_else(|_| panic!("'{text}' is no number"))
}

fn number_between(view: &ReportView, text: &str, spanish: (&str, &str), english: (&str, &str)) -> Option<f64> {
    let (before, after) = view.language.pick(spanish, english);
    between(text, before, after).map(|found| number(view.language, found))
}

fn date_text(view: &ReportView, date: NaiveDate) -> String {
    view.language.date(date).replace('\u{a0}', " ")
}

fn all() -> impl Iterator<Item = (u64, ReportView)> {
    (0..VIEWS).map(|seed| (seed, random::view(seed)))
}

/// Fails unless enough of the random views contain the sentence for its test to be meaningful.
fn enough(count: usize) {
    assert!(count > 200, "only {count} views say anything");
}

#[test]
fn skill_is_counted_right_and_its_best_and_worst_are_the_best_and_worst() {
    let mut count = 0;
    for (seed, view) in all() {
        let Some(text) = said(&view, Figure::Skill) else { continue };
        count += 1;
        let mut skills: Vec<(NaiveDate, f64)> = Vec::new();
        for end in 20..=view.losses.len() {
            let window = &view.losses[end - 20..end];
            let sums = window.iter().fold((0.0, 0.0), |(e, r), loss| (e + loss.ensemble, r + loss.random_walk));
            skills.push((window[19].matured, (sums.1 - sums.0) / sums.1));
        }
        let now = skills[skills.len() - 1].1;
        let above = skills.iter().filter(|s| s.1 > 0.0).count();
        let of = view.language.pick(("en ", " ventanas", " de "), ("in ", " windows", " of "));
        let counted = format!("{}{above}{}{}{}", of.0, of.2, skills.len(), of.1);
        // Rounding may make a sum of equal losses differ from zero.
        assert!(text.contains(&counted) || skills.iter().any(|s| s.1.abs() < 1e-12), "{seed}: {text}");
        let better = text.contains(view.language.pick("%, mejor que", "%, better than"));
        let worse = text.contains(view.language.pick("%, peor que", "%, worse than"));
        assert_eq!((better, worse), (now >= 0.005, now <= -0.005), "{seed}: {text}");
        let best = skills.iter().map(|s| s.1).fold(f64::NEG_INFINITY, f64::max);
        let worst = skills.iter().map(|s| s.1).fold(f64::INFINITY, f64::min);
        let (none_better, none_worse) =
            view.language.pick(("otra mejor", "otra peor"), ("None was better", "None was worse"));
        assert!(!text.contains(none_better) || best - now < 1e-12, "{seed}: {text}");
        assert!(!text.contains(none_worse) || now - worst < 1e-12, "{seed}: {text}");
        for (label, value) in [
            (view.language.pick("La mejor, ", "The best: "), best),
            (view.language.pick("la peor, ", "the worst: "), worst),
        ] {
            if let Some(figure) = between(&text, label, "%") {
                assert!((number(view.language, figure) - 100.0 * value).abs() < 0.0501, "{seed}: {text}");
                let day = between(&text[text.find(label).unwrap_or(0)..], "(", ")").unwrap();
                assert!(
                    skills.iter().any(|s| date_text(&view, s.0) == day && (s.1 - value).abs() < 1e-9),
                    "{seed}: {text}"
                );
            }
        }
    }
    enough(count);
}

#[test]
fn whoever_is_said_to_weigh_or_gain_most_does() {
    let mut count = 0;
    for (seed, view) in all() {
        let Some(text) = said(&view, Figure::Weights) else { continue };
        count += 1;
        let name = |model: &str| names::model(view.language, model, false);
        let most = view.models.iter().map(|m| m.weight).fold(0.0, f64::max);
        let heaviest: Vec<_> = view.models.iter().filter(|m| most - m.weight < 1e-9).collect();
        let first_sentence = text.split(". ").next().unwrap();
        if first_sentence.contains(view.language.pick("todos pesan lo mismo", "all weigh the same")) {
            assert!(heaviest.len() == view.models.len() && heaviest.len() > 1, "{seed}: {text}");
        } else {
            for model in &view.models {
                let named = first_sentence.contains(&name(&model.name));
                assert_eq!(named, heaviest.iter().any(|m| m.name == model.name), "{seed}: {text}");
            }
        }
        let first = view.weights.iter().min_by_key(|w| (w.as_of, w.issued)).unwrap();
        let changes: Vec<(String, f64)> = view
            .models
            .iter()
            .filter_map(|m| Some((name(&m.name), m.weight - first.weights.iter().find(|(n, _)| *n == m.name)?.1)))
            .collect();
        let up = changes.iter().map(|c| c.1).fold(f64::NEG_INFINITY, f64::max);
        let down = changes.iter().map(|c| c.1).fold(f64::INFINITY, f64::min);
        if text.contains(view.language.pick("ningún peso cambió", "no weight has changed")) {
            assert!(up < 0.01 && down > -0.01, "{seed}: {text}");
        }
        for (label, value) in [
            (view.language.pick("mayor alza: ", "largest gain: "), up),
            (view.language.pick("mayor baja: ", "largest loss: "), down),
        ] {
            let Some(at) = text.find(label) else { continue };
            let rest = &text[at + label.len()..];
            let (who, figure) = (rest.split(" (").next().unwrap(), between(rest, " (", ")").unwrap());
            assert!(
                (number(view.language, figure) - 100.0 * value).abs() < 0.0501 && value.abs() > 0.0099,
                "{seed}: {text}"
            );
            assert!(
                changes.iter().all(|(name, change)| who.contains(name) == ((change - value).abs() < 1e-9)),
                "{seed}: {text}"
            );
        }
    }
    enough(count);
}

#[test]
fn medians_and_widths_are_counted_and_ranked_right() {
    let mut count = 0;
    for (seed, view) in all() {
        let (Some(paths), Some(widths)) = (said(&view, Figure::Paths), said(&view, Figure::Models)) else { continue };
        count += 1;
        let last = view.observations[view.observations.len() - 1].value;
        let end = view.ensemble.last_step();
        let changes: Vec<f64> = view.models.iter().map(|m| 100.0 * (m.forecast.median(end) - last) / last).collect();
        let above = changes.iter().filter(|c| **c > 0.05).count();
        let below = changes.iter().filter(|c| **c < -0.05).count();
        let figures = [above, below, changes.len() - above - below];
        let counted = match view.language {
            Spanish => format!(
                "{} por encima del último valor, {} por debajo y {} a menos",
                figures[0], figures[1], figures[2]
            ),
            Language::English => {
                format!("{} above the last value, {} below it and {} within", figures[0], figures[1], figures[2])
            }
        };
        assert!(paths.contains(&counted), "{seed}: {paths}");
        let one = view.language.pick("1 modelos", "1 models");
        assert!(!paths.contains(one) || view.models.len() > 1, "{seed}: {paths}");
        let spread =
            changes.iter().copied().fold(f64::MIN, f64::max) - changes.iter().copied().fold(f64::MAX, f64::min);
        let agree = [("casi coinciden", "nearly agree"), ("coinciden en", "agree on")];
        let agree = agree.iter().any(|(spanish, english)| paths.contains(view.language.pick(spanish, english)));
        assert_eq!(agree, view.models.len() > 1 && spread < 0.05, "{seed}: {paths}");
        let sizes: Vec<f64> = view.models.iter().map(|m| m.forecast.interval80(end)).map(|(l, h)| h - l).collect();
        let (least, most) =
            (sizes.iter().copied().fold(f64::MAX, f64::min), sizes.iter().copied().fold(0.0, f64::max));
        let (before, after) = view.language.pick(("el más ancho, el de ", ");"), ("the widest that of ", ");"));
        if let Some(figure) = between(&widths, before, after).and_then(|found| found.split(" (").nth(1)) {
            let figure = number(view.language, figure);
            assert!((figure - most).abs() < 0.00501 && most - least > 0.02 * most, "{seed}: {widths}");
        }
    }
    enough(count);
}

#[test]
fn issued_forecasts_are_counted_right() {
    let mut count = 0;
    for (seed, view) in all() {
        let Some(text) = said(&view, Figure::Issued) else { continue };
        count += 1;
        let known = |inside: &dyn Fn(&PastForecast, f64) -> bool| {
            view.issued.iter().filter(|p| p.actual.is_some_and(|a| inside(p, a))).count()
        };
        let n = known(&|_, _| true);
        if n == 0 {
            continue;
        }
        let inside = known(&|p, a| a >= p.interval80.0 && a <= p.interval80.1);
        let (over, under) = (known(&|p, a| a > p.median), known(&|p, a| a < p.median));
        let times = |k: usize| match (view.language, k) {
            (Spanish, 1) => "1 vez".to_owned(),
            (Spanish, k) => format!("{k} veces"),
            (_, 1) => "1 time".to_owned(),
            (_, k) => format!("{k} times"),
        };
        let of = view.language.pick("de", "of");
        assert!(text.contains(&format!("{inside} {of} {n} ")), "{seed}: {text}");
        if over + under > 0 {
            assert!(
                text.contains(&format!(" {}", times(over))) && text.contains(&format!(" {}.", times(under))),
                "{seed}: {text}"
            );
        }
    }
    enough(count);
}

#[test]
fn prices_said_to_be_the_highest_or_lowest_are() {
    let (mut count, mut extremes) = (0, 0);
    for (seed, view) in all() {
        let Some(text) = said(&view, Figure::Price) else { continue };
        count += 1;
        let prices: Vec<f64> = view.observations.iter().map(|o| o.value).collect();
        let last = prices[prices.len() - 1];
        for (spanish, english, sign) in [
            ("más alto que cada una de las ", "higher than each of the ", 1.0),
            ("más bajo que cada una de las ", "lower than each of the ", -1.0),
        ] {
            let Some(n) = number_between(&view, &text, (spanish, " obs"), (english, " obs")) else { continue };
            extremes += 1;
            let n = n as usize;
            let before = &prices[prices.len() - 1 - n..prices.len() - 1];
            assert!(before.iter().all(|p| sign * (last - p) > 0.0), "{seed}: {text}");
            assert!(text.contains(&date_text(&view, view.observations[prices.len() - 1 - n].date)), "{seed}: {text}");
        }
    }
    enough(count);
    assert!(extremes > 20, "{extremes}");
}

#[test]
fn correlations_and_changes_of_the_year_are_the_extremes() {
    let mut count = 0;
    for (seed, view) in all() {
        if let Some(text) = said(&view, Figure::Correlation) {
            count += 1;
            let from = view.ensemble.as_of() - chrono::Days::new(365);
            let now: Vec<(&str, f64)> = view
                .regressors
                .iter()
                .filter_map(|r| {
                    Some((r.name.as_str(), r.correlation.iter().rfind(|c| c.1.is_finite() && c.0 >= from)?.1))
                })
                .collect();
            let most = now.iter().map(|c| c.1.abs()).fold(0.0, f64::max);
            let claimed = now.iter().filter(|c| c.1.abs() == most).any(|c| {
                let named = names::series_in_words(view.language, c.0);
                text.contains(&format!("{named}: {}", view.language.signed(c.1, 2)))
            });
            assert!(claimed, "{seed}: {text}");
            let notable = now.iter().filter(|c| c.1 * c.1 > 4.0 / 60.0).count();
            if now.len() > 1 && notable > 0 {
                let of = view.language.pick("de", "of");
                assert!(text.contains(&format!("{notable} {of} {}", now.len())), "{seed}: {text}");
            }
        }
        if let Some(text) = said(&view, Figure::Volatility) {
            let known = view.volatility.as_ref().unwrap();
            let last = known.past.iter().rfind(|v| v.1.is_finite()).unwrap().1;
            let end = known.ahead.iter().rfind(|v| v.1.is_finite()).unwrap().1;
            assert_eq!(
                text.contains(view.language.pick("suba a", "to rise to")),
                end - last >= 0.0025,
                "{seed}: {text}"
            );
            assert_eq!(
                text.contains(view.language.pick("baje a", "to fall to")),
                last - end >= 0.0025,
                "{seed}: {text}"
            );
        }
        if let Some(text) = said(&view, Figure::Regressors) {
            let told = |name: &str| !["vix", "tpm"].contains(&name);
            let years = market::years(&view);
            let changes: Vec<f64> = years
                .iter()
                .filter(|y| told(y.name) && y.first.value > 0.0)
                .map(|y| 100.0 * (y.last.value - y.first.value) / y.first.value)
                .collect();
            if let Some(figure) = number_between(
                &view,
                &text,
                ("más alto es el de ", " %) y"),
                ("highest change is that of ", "%), the"),
            ) {
                let most = changes.iter().copied().fold(f64::MIN, f64::max);
                assert!((figure - most).abs() <= 0.0501 || most > 999.0, "{seed}: {most} {text}");
            }
        }
    }
    enough(count);
}

#[test]
fn no_sentence_holds_what_is_not_a_number() {
    for (seed, view) in all() {
        for figure in Figure::ALL {
            let text = said(&view, figure).unwrap_or_default();
            assert!(
                !text.contains("NaN") && !text.contains("inf") && !text.contains('–') || text.contains(" – "),
                "{seed}: {text}"
            );
        }
    }
}

#[test]
fn the_headline_calls_chance_what_lies_within_two_standard_errors() {
    let mut seen = [0; 2];
    for (seed, view) in all() {
        let Some(scores) = view.ensemble_scores.filter(|s| s.skill.is_finite() && s.scores.n > 0) else { continue };
        let text = html::against_random_walk(&Page::new(&view));
        let chance = scores.skill_error.is_some_and(|error| (scores.skill / error).abs() < 2.0);
        let large = scores.skill.abs() >= 0.005;
        let said = text.contains(view.language.pick("no se distingue del azar", "cannot be told from chance"));
        assert_eq!(said, chance && large, "{seed}: {text}");
        let judged = text.contains(view.language.pick("superó al paseo", "beat the random walk: its loss"));
        assert_eq!(judged, large && !chance, "{seed}: {text}");
        seen[usize::from(said)] += usize::from(large);
    }
    assert!(seen.iter().all(|count| *count > 100), "{seen:?}");
}
