//! Sentences on the market's quote and its value, checked against their numbers.

use super::{all, between, date_text, enough, number};
use crate::{
    page::Page,
    quote,
    view::{Caution, ReportView, SkillView},
};

fn plain(text: &str) -> String {
    text.replace('\u{a0}', " ")
}

fn said(view: &ReportView) -> String {
    plain(&quote::paragraphs(&Page::new(view)).join(" "))
}

/// Number directly before `words`.
fn before(view: &ReportView, text: &str, words: &str) -> f64 {
    let upto = text[..text.find(words).unwrap()].trim_end();
    number(view.language, upto.rsplit([' ', '(']).next().unwrap())
}

fn within_two_errors(skill: f64, error: Option<f64>) -> bool {
    error.is_some_and(|error| skill.abs() / error < 2.0)
}

/// Skills of ensemble and market walk when both were scored over the same origins.
fn judged(view: &ReportView) -> Option<[SkillView; 2]> {
    let (own, walk) = (view.ensemble_scores?, view.models.iter().find(|m| m.name == "market_walk")?.scores?);
    let both = [own, walk].map(|s| SkillView { value: s.skill, error: s.skill_error });
    let usable = own.scores.n == walk.scores.n && both.iter().all(|s| s.value.is_finite());
    (usable && (walk.skill != 0.0 || walk.skill_error.is_some())).then_some(both)
}

#[test]
fn the_quote_is_told_with_its_price_source_instant_and_side_of_the_official_rate() {
    let (mut known, mut missing, mut mailed) = (0, 0, [0; 2]);
    for (seed, view) in all() {
        let text = said(&view);
        mailed[usize::from(mail_tells(seed, &view))] += 1;
        the_reach_is_told(seed, &view, &text);
        let Some(facts) = &view.quote else {
            let words = view.language.pick("no recoge ninguna cotización", "includes no market quote");
            let spot = view.sources.iter().find(|s| s.series == "usdclp_spot");
            let expected = spot.is_some() || view.models.iter().any(|m| m.name == "market_walk");
            assert_eq!(text.contains(words), expected, "{seed}: {text}");
            let reason = view.language.pick("Motivo (usdclp_spot): ", "Reason (usdclp_spot): ");
            assert_eq!(text.contains(reason), spot.is_some_and(|s| s.left_out.is_some()), "{seed}: {text}");
            assert!(!text.contains(".."), "{seed}: {text}");
            missing += usize::from(expected);
            continue;
        };
        known += 1;
        let price = plain(&Page::new(&view).price(facts.value));
        let name = match facts.source.as_str() {
            "nbp" => "Narodowy Bank Polski",
            "yahoo" => "Yahoo Finance",
            other => other,
        };
        let instant =
            format!("{}, {}", date_text(&view, facts.known_at.date_naive()), facts.known_at.format("%H:%M"));
        assert!(text.contains(&format!("{price} ({name}, {instant})")), "{seed}: {text}");
        let used = used(&view);
        let words = view.language.pick("El pronóstico ya recoge", "The forecast already includes");
        assert_eq!(text.contains(words), used, "{seed}: {text}");
        let last = view.observations[view.observations.len() - 1].value;
        let percent = 100.0 * (facts.value - last) / last;
        let official = !view.cautions.iter().any(|c| matches!(c, Caution::StandIn { .. }));
        let rate = match official {
            true => view.language.pick("la tasa oficial", "the official rate"),
            false => view.language.pick("el último valor", "the last value"),
        };
        for (words, holds) in [
            (view.language.pick("sobre ", "above "), percent >= 0.05),
            (view.language.pick("bajo ", "below "), percent <= -0.05),
        ] {
            let side = format!(" {words}{rate}");
            assert_eq!(text.contains(&side), holds, "{seed}: {text}");
            if holds {
                let written = before(&view, &text, &format!("{}{side}", view.language.pick(" %", "%")));
                assert!((written - percent.abs()).abs() < 0.00501, "{seed}: {text}");
            }
        }
        let news = view.language.pick("noticia posterior", "more recent than the trades");
        assert_eq!(text.contains(news), used && official && percent.is_finite(), "{seed}: {text}");
    }
    [known, missing].into_iter().chain(mailed).for_each(enough);
}

#[test]
fn the_parts_add_up_as_written_have_their_signs_and_are_called_chance_within_two_standard_errors() {
    let (mut seen, mut doubted) = ([0; 2], [0; 2]);
    for (seed, view) in all() {
        let text = said(&view);
        let Some([own, walk]) = judged(&view) else {
            let words = view.language.pick("sobre el paseo aleatorio", "over the random walk");
            assert!(!text.contains(words) && quote::note(&Page::new(&view)).is_none(), "{seed}: {text}");
            continue;
        };
        let exact = [100.0 * own.value, 100.0 * walk.value, 100.0 * (own.value - walk.value)];
        let of = view.language.pick(("De la ventaja de ", " %"), ("Of the advantage of ", "%"));
        let parts = if let Some(total) = between(&text, of.0, of.1) {
            seen[0] += 1;
            let quote = view.language.pick("puntos vienen de la cotización", "points come from the quote");
            let models = view.language.pick("de los modelos", "from the models");
            let upto = &text[text.find(quote).unwrap() - 12..];
            [number(view.language, total), before(&view, &text, quote), before(&view, upto, models)]
        } else if let Some(clause) =
            between(&text, view.language.pick("Frente al", "Against the"), view.language.pick("ventaja", "advantage"))
        {
            seen[1] += 1;
            let rest = &text[text.find(clause).unwrap()..];
            let (quote, models) =
                clause.split_at(clause.find(view.language.pick("los modelos", "the models")).unwrap());
            let unit = view.language.pick(" puntos", " points");
            let signed = |part: &str, takes: &str| {
                let sign = if part.contains(takes) { -1.0 } else { 1.0 };
                if part.contains(unit) { sign * before(&view, part, unit) } else { 0.0 }
            };
            let none = view.language.pick("ninguna ventaja", "no advantage");
            let percent = view.language.pick(" %", "%");
            let total = between(rest, view.language.pick("en total, ", "in all, "), percent);
            let total = total.filter(|_| !text.contains(none)).map_or(0.0, |words| {
                let sign = if words.contains(view.language.pick("desventaja", "disadvantage")) { -1.0 } else { 1.0 };
                sign * number(view.language, words)
            });
            let takes = view.language.pick(["resta ", "restan "], ["takes away ", "take away "]);
            [total, signed(quote, takes[0]), signed(models, takes[1])]
        } else {
            let all = view.language.pick("Toda la ventaja de ", "All of the advantage of ");
            assert!(text.contains(all), "{seed}: {text}");
            let total = number(view.language, between(&text, all, view.language.pick(" %", "%")).unwrap());
            match text.contains(view.language.pick("los modelos no suman nada", "the models add nothing")) {
                true => [total, total, 0.0],
                false => [total, 0.0, total],
            }
        };
        assert!((parts[1] + parts[2] - parts[0]).abs() < 1e-9, "{seed}: {parts:?} {text}");
        for ((written, exact), slack) in parts.iter().zip(exact).zip([0.0501, 0.0501, 0.1002]) {
            assert!((written - exact).abs() < slack, "{seed}: {written} for {exact}: {text}");
        }
        doubted[usize::from(chance_is_named(seed, &view, &text, [own, walk]))] += 1;
    }
    assert!(seen.iter().chain(&doubted).all(|count| *count > 150), "{seen:?} {doubted:?}");
}

/// True when the text calls anything chance; checks that it names exactly the skills within two standard errors.
fn chance_is_named(seed: u64, view: &ReportView, text: &str, [own, walk]: [SkillView; 2]) -> bool {
    let sum = own.error.zip(walk.error).map(|(a, b)| a + b);
    let beyond = own.value - walk.value;
    let chance = [
        within_two_errors(own.value, own.error),
        within_two_errors(walk.value, walk.error),
        within_two_errors(beyond, view.beyond_quote_error.or(sum)),
    ];
    let tenth = |value: f64| (1000.0 * value).round();
    let written = [tenth(own.value), tenth(walk.value), tenth(own.value) - tenth(walk.value)];
    let expected: Vec<bool> = chance.iter().zip(written).map(|(c, w)| *c && w != 0.0).collect();
    let has = |spanish, english| text.contains(view.language.pick(spanish, english));
    let (all, both) = (has("Nada de esto", "None of it"), has("Ninguna de las dos partes se", "Neither part"));
    let total = all || has("El total no", "The total cannot") || has("Ni el total", "Neither the total");
    let quote = all || both || has("a parte de la cotización", "he quote's part");
    let models = all || both || has("a parte de los modelos", "he models' part");
    let models = models || has("ni la parte de los modelos", "nor the models' part");
    assert_eq!(vec![total, quote, models], expected, "{seed}: {text}");
    expected.contains(&true)
}

#[test]
fn the_course_over_the_horizon_is_that_of_the_first_and_the_last_date() {
    let mut seen = [0; 3];
    for (seed, view) in all() {
        let text = said(&view);
        let ends = view.ensemble_scores.and_then(|s| Some([s.first?, s.last?]));
        let usable = ends.filter(|ends| ends.iter().all(|s| s.value.is_finite()) && judged(&view).is_some());
        let of = view.language.pick("La ventaja del conjunto", "The ensemble's advantage");
        assert_eq!(text.contains(of), usable.is_some(), "{seed}: {text}");
        let Some([first, last]) = usable else { continue };
        let text = &text[text.find(of).unwrap()..];
        let [f, l] = [first, last].map(|s| within_two_errors(s.value, s.error));
        let percent = view.language.pick(" %", "%");
        let mut pieces = text.split(percent);
        for exact in [first.value, last.value] {
            let piece = pieces.next().unwrap();
            let written = number(view.language, piece.rsplit([' ', '(']).next().unwrap());
            assert!((written - 100.0 * exact).abs() < 0.0501, "{seed}: {written} for {exact}: {text}");
        }
        let gone = text.contains(view.language.pick("; la diferencia al final", "; the difference at the end"));
        let falls = text.contains(view.language.pick("y baja a", "and falls to"));
        let gain = first.value > 0.0 && !f;
        if gone {
            assert!(gain && l, "{seed}: {text}");
        } else if falls {
            assert!(gain && !l && last.value > 0.0 && last.value < 0.55 * first.value + 0.001, "{seed}: {text}");
        } else {
            let doubts = text.matches(view.language.pick("(no se distingue", "(cannot be told")).count();
            let neither = text.contains(view.language.pick("ninguna de las dos cifras", "neither figure"));
            assert_eq!(neither, f && l, "{seed}: {text}");
            assert_eq!(doubts, if neither { 0 } else { usize::from(f) + usize::from(l) }, "{seed}: {text}");
            assert!(!(gain && l) || first.value < 0.0005, "{seed}: {text}");
        }
        seen[usize::from(gone) + 2 * usize::from(falls)] += 1;
    }
    assert!(seen.iter().all(|count| *count > 50), "{seen:?}");
}

/// True when the mail mentions the quote; checks that it does so exactly when the quote moved the forecast.
fn mail_tells(seed: u64, view: &ReportView) -> bool {
    let line = quote::alert(&Page::new(view));
    let walk = view.models.iter().find(|m| m.name == "market_walk").map(|m| m.forecast.median(0));
    let last = view.observations.last().map_or(f64::NAN, |o| o.value);
    let moved = walk.is_some_and(|median| (100.0 * (median / last - 1.0)).abs() >= 0.05);
    assert_eq!(line.is_some(), view.quote.is_some() && used(view) && moved, "{seed}: {line:?}");
    let sentences = line.as_ref().map_or(0, |line| plain(line).matches(". ").count());
    assert_eq!(sentences, 0, "one sentence: {line:?}");
    line.is_some()
}

/// Checks the sentence that the quote hardly matters at 90 days, and the one on its reach at shorter horizons.
fn the_reach_is_told(seed: u64, view: &ReportView, text: &str) {
    let words = view.language.pick("A 90 días la cotización casi no pesa", "At 90 days the quote hardly matters");
    let little = judged(view).is_some_and(|[_, walk]| {
        within_two_errors(walk.value, walk.error) || (1000.0 * walk.value).round().abs() < 5.0
    });
    let (long, used) = (view.horizon.days() == 90, view.quote.is_some() && used(view));
    assert_eq!(text.contains(words), used && long && little, "{seed}: {text}");
    let short = text.contains(view.language.pick("cerca de un día", "about one day ahead"));
    assert_eq!(short, used && !long, "{seed}: {text}");
}

/// True when a model with a weight uses the quote.
fn used(view: &ReportView) -> bool {
    view.models.iter().any(|m| m.weight > 0.0 && m.name != "random_walk")
}
