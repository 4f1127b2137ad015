//! Tests of the HTML report as a reader receives it.

use forecaster_domain::{Horizon, Observation};
use forecaster_report::Language::{English, Spanish};
use forecaster_report::*;

const HEADINGS: [[&str; 13]; 2] = [
    [
        "Perspectiva",
        "Trayectoria por fecha",
        "Niveles redondos",
        "Desempeño fuera de muestra",
        "Pronósticos anteriores y resultado",
        "Calibración",
        "Panorama técnico",
        "Modelos por separado",
        "Metodología",
        "Fuentes de datos",
        "Recursos utilizados",
        "Aviso",
        "perspectiva a 7 días",
    ],
    [
        "Outlook",
        "Path by date",
        "Round levels",
        "Out-of-sample performance",
        "Past forecasts and outcomes",
        "Calibration",
        "Technical snapshot",
        "Individual models",
        "Methodology",
        "Data sources",
        "Resources used",
        "Disclaimer",
        "7-day outlook",
    ],
];

fn report(language: Language, horizon: Horizon) -> String {
    html(&crate::synthetic::view(language, horizon))
}

/// Document without markup, with spaces as displayed.
fn visible(html: &str) -> String {
    crate::email::visible(html.split("</style>").last().unwrap_or_default())
}

#[test]
fn every_headline_figure_is_the_views() {
    let view = crate::synthetic::view(Spanish, Horizon::D7);
    let text = visible(&html(&view));
    let end = view.ensemble.last_step();
    let last = view.observations.last().unwrap();
    let median = view.ensemble.median(end);
    let price = |p: f64| Spanish.number(p, 2);
    let interval = |(low, high): (f64, f64)| format!("{} – {}", price(low), price(high));
    let change = Spanish.signed_percent(100.0 * (median / last.value - 1.0), 2).replace('\u{a0}', " ");
    for expected in [
        "USD/CLP · perspectiva a 7 días".to_owned(),
        format!("Datos hasta el {}", Spanish.date(view.ensemble.as_of())),
        "Generada 13-ene-2025, 19:02 (UTC-03:00) · America/Santiago".to_owned(),
        format!("Mediana al {} {} CLP por USD", Spanish.date(view.ensemble.dates()[end]), price(median)),
        format!("{} ({change}) respecto de la última observación", Spanish.signed(median - last.value, 2)),
        format!("Última observación: {}", price(last.value)),
        format!("Intervalo 80 % {}", interval(view.ensemble.interval80(end))),
        format!("Intervalo 95 % {}", interval(view.ensemble.interval95(end))),
        format!(
            "Probabilidad de alza {}",
            Spanish.probability(view.ensemble.probability_above(end, last.value)).replace('\u{a0}', " ")
        ),
        "superó al paseo aleatorio: su pérdida (WQL) fue 2,3 % menor".to_owned(),
    ] {
        assert!(text.contains(&expected), "'{expected}' is missing");
    }
}

#[test]
fn the_stale_banner_appears_only_when_rates_are_old() {
    assert!(!report(Spanish, Horizon::D7).contains("<aside"));
    let mut view = crate::synthetic::view(English, Horizon::D7);
    crate::synthetic::make_stale(&mut view);
    let text = visible(&html(&view));
    assert!(text.contains("it is 8 business days old and the limit is 4 business days"));
    assert!(text.contains("The last observation is of 13 Jan 2025 and today is 23 Jan 2025"));
    assert!(
        text.contains("Chronos-Bolt : suspended since 14 Jan 2025: it failed in several runs in a row"),
        "the model left out is named"
    );
    assert!(text.contains("did not beat the random walk: its loss (WQL) was 1.6% higher"));
}

#[test]
fn what_is_to_be_said_of_the_last_value_stands_in_a_box_of_its_own() {
    let mut view = crate::synthetic::view(Spanish, Horizon::D7);
    let date = chrono::NaiveDate::from_ymd_opt(2025, 1, 13).unwrap();
    let jump = |instead: Option<(String, f64)>| Caution::Unconfirmed {
        series: "usdclp".to_owned(),
        provider: "mindicador".to_owned(),
        date,
        value: 1260.0,
        before: 1005.5,
        other_source: instead,
    };
    let other = Some(("yahoo".to_owned(), 1004.0));
    view.cautions =
        vec![Caution::StandIn { provider: "yahoo".to_owned() }, jump(None), jump(other), Caution::NotStored];
    let text = visible(&html(&view));
    for part in [
        "cotización del mercado (Yahoo Finance), que suple al dato oficial",
        "USDCLP: solo mindicador.cl informa 1.260,00 para el 13-ene-2025, después de 1.005,50",
        "mindicador.cl informa 1.260,00 (después de 1.005,50) y Yahoo Finance, 1.004,00",
        "no se pudieron guardar",
    ] {
        assert!(text.contains(part), "{part} is not in the report");
    }
}

#[test]
fn each_language_has_its_own_headings_and_none_of_the_others() {
    let (spanish, english) = (visible(&report(Spanish, Horizon::D7)), visible(&report(English, Horizon::D7)));
    for (ours, theirs) in HEADINGS[0].iter().zip(HEADINGS[1]) {
        assert!(spanish.contains(ours) && !spanish.contains(theirs), "{ours} / {theirs}");
        assert!(english.contains(theirs) && !english.contains(ours), "{theirs} / {ours}");
    }
}

#[test]
fn nothing_is_fetched_and_nothing_runs() {
    // Links within the page fetch nothing, and the fonts are in it.
    let html = report(Spanish, Horizon::D30).replace("href=\"#", "").replace("url(data:font/woff2;base64,", "");
    for forbidden in ["<script", "src=", "href=", "@import", "url(", "<link"] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn the_page_brings_its_own_font_in_both_weights_and_uses_it_first() {
    let html = report(English, Horizon::D7);
    for weight in ["400", "700"] {
        let rule = format!("@font-face {{ font-family: \"Forecaster Sans\"; font-weight: {weight}; src: url(");
        let start = html.find(&rule).unwrap() + rule.len();
        let data = html[start..].split(')').next().unwrap();
        // The first bytes of a WOFF2 file are "wOF2".
        assert!(data.starts_with("data:font/woff2;base64,d09GMg"), "{weight}");
        assert!((10_000..14_000).contains(&data.len()), "{weight}: {}", data.len());
    }
    assert!(html.contains("--sans: \"Forecaster Sans\","));
    let charts = html.matches("<svg xmlns=").count();
    assert!(charts > 20 && html.matches("font-family=\"Forecaster Sans, ").count() == charts);
}

#[test]
fn two_renders_are_the_same_to_the_last_byte() {
    assert_eq!(report(English, Horizon::D90), report(English, Horizon::D90));
}

#[test]
fn text_from_outside_is_escaped() {
    let mut view = crate::synthetic::view(Spanish, Horizon::D7);
    let evil = "<script>alert(\"x\")</script>&";
    view.zone = evil.to_owned();
    view.run_id = evil.to_owned();
    view.version = evil.to_owned();
    view.models[1].name = evil.to_owned();
    view.models[1].details = vec![(evil.to_owned(), evil.to_owned())];
    view.left_out = vec![crate::reasons::without_regressors(evil)];
    for source in &mut view.sources {
        source.provider = evil.to_owned();
        source.left_out = Some(crate::reasons::doubted(evil));
    }
    let html = html(&view);
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;"));
}

#[test]
fn a_long_path_is_shown_by_week_and_says_so() {
    let view = crate::synthetic::view(Spanish, Horizon::D90);
    let text = visible(&html(&view));
    let all = view.ensemble.steps();
    assert!(all > 55, "{all}");
    assert!(text.contains(&format!("De las {all} fechas se muestra la última de cada semana y la fecha final.")));
    let table = |horizon| {
        let html = report(Spanish, horizon);
        let start = html.find("stack path").unwrap();
        html[start..].split("</table>").next().unwrap().matches("<tr>").count() - 2
    };
    assert_eq!(table(Horizon::D7), crate::synthetic::view(Spanish, Horizon::D7).ensemble.steps());
    assert!((13..=14).contains(&table(Horizon::D90)));
}

#[test]
fn a_report_without_a_past_has_no_empty_sections_and_says_that_it_is_the_first() {
    let mut view = crate::synthetic::view(Spanish, Horizon::D15);
    crate::synthetic::more::strip(&mut view);
    let text = visible(&html(&view));
    assert!(text.contains("primer informe registrado para el plazo de 15 días"));
    for heading in
        ["Pronósticos emitidos y resultado", "Ventaja en el tiempo", "Pesos en el tiempo", "Series explicativas"]
    {
        assert!(!text.contains(heading) && visible(&report(Spanish, Horizon::D15)).contains(heading), "{heading}");
    }
}

#[test]
fn a_report_stays_small_and_its_contents_lead_somewhere() {
    let html = report(Spanish, Horizon::D90);
    assert!(html.len() < 700_000, "{}", html.len());
    let targets: Vec<&str> = html.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(targets.len() >= 6 && targets.iter().all(|id| html.contains(&format!("id=\"{id}\""))), "{targets:?}");
}

#[test]
fn the_random_walk_is_marked_and_misses_are_counted() {
    let view = crate::synthetic::view(English, Horizon::D7);
    let text = visible(&html(&view));
    assert!(text.contains("Random walk benchmark"));
    let published = view.past.iter().filter(|p| p.actual.is_some()).count();
    let hits =
        view.past.iter().filter(|p| p.actual.is_some_and(|a| p.interval80.0 <= a && a <= p.interval80.1)).count();
    assert!(text.contains(&format!("{hits} of {published} observed rates")), "{hits} of {published}");
}

/// Views that are nearly empty.
fn degenerate() -> Vec<(&'static str, ReportView)> {
    let base = || crate::synthetic::view(Spanish, Horizon::D7);
    let one_step = |start: f64, width: f64| {
        crate::synthetic::forecast(
            crate::synthetic::day("2025-01-13"),
            vec![crate::synthetic::day("2025-01-14")],
            start,
            0.0,
            width,
        )
    };
    let mut bare = base();
    bare.observations.truncate(1);
    bare.ensemble = one_step(950.0, 0.0);
    bare.ensemble_scores = None;
    bare.ensemble_without_chronos_scores = None;
    bare.models.clear();
    bare.validation.origins = 0;
    bare.validation.span = None;
    bare.past.clear();
    bare.reliability.clear();
    bare.round_levels.clear();
    bare.sources.clear();
    let mut empty = bare.clone();
    empty.observations.clear();
    let mut flat = base();
    let same = |o: &Observation| Observation { value: 931.17, ..*o };
    flat.observations = flat.observations.iter().map(same).collect();
    flat.ensemble = one_step(931.17, 0.0);
    flat.past.truncate(1);
    flat.past[0].actual = None;
    let mut unscored = base();
    let broken = |view: &mut ScoreView| {
        view.skill = f64::NAN;
        view.scores.rmse = f64::NAN;
        view.scores.mape = f64::INFINITY;
        view.scores.coverage80 = f64::NAN;
    };
    unscored.ensemble_scores.iter_mut().for_each(broken);
    unscored.models.iter_mut().filter_map(|m| m.scores.as_mut()).for_each(broken);
    unscored.reliability[3].1 = f64::NAN;
    unscored.resources.seconds_total = f64::NAN;
    unscored.validation.half_life = f64::INFINITY;
    vec![("bare", bare), ("empty", empty), ("flat", flat), ("unscored", unscored)]
}

#[test]
fn a_report_of_nearly_nothing_is_still_a_report() {
    for (name, view) in degenerate() {
        for language in [Spanish, English] {
            let html = html(&ReportView { language, ..view.clone() });
            assert!(!html.contains("NaN"), "{name}");
            for wrong in [">inf", "\"inf", "-inf", " inf ", "inf%", "inf,"] {
                assert!(!html.contains(wrong), "{name}: {wrong}");
            }
            if view.validation.origins == 0 {
                let claims = ["vida media", "half-life", "se multiplicó por", "were multiplied by"];
                assert!(claims.iter().all(|claim| !html.contains(claim)), "{name}: nothing was validated");
            }
            assert!(html.ends_with("</html>") && html.contains("</h1>"), "{name}");
        }
    }
}

#[test]
fn reports_of_pairs_of_every_magnitude_have_the_same_charts_unless_they_stand_still() {
    let counts = |language| {
        let views = crate::synthetic::pairs::views(language, Horizon::D7);
        views.into_iter().map(|(pair, view)| (pair, html(&view).matches("<svg xmlns=").count())).collect::<Vec<_>>()
    };
    for (pair, charts) in counts(Spanish).into_iter().chain(counts(English)) {
        // The reliability diagram has one size, the other twelve have two. A pair that does not vary has neither skill,
        // weights, calibration nor indicators to draw.
        assert_eq!(charts, if pair == "USD/AED" { 12 } else { 25 }, "{pair}");
    }
}

#[test]
fn every_chart_says_its_title_and_takes_its_colours_from_attributes() {
    let view = crate::synthetic::view(Spanish, Horizon::D7);
    for size in [charts::Size::Wide, charts::Size::Narrow] {
        let all = [
            Some(charts::fan(&view, size)),
            charts::past(&view, size),
            charts::reliability(&view),
            charts::price(&view, size),
            Some(charts::models(&view, size)),
            charts::paths(&view, size),
            charts::issued(&view, size),
            charts::weights(&view, size),
            charts::skill(&view, size),
            charts::indicators(&view, size),
            charts::regressors(&view, size),
            charts::correlation(&view, size),
            charts::volatility(&view, size),
        ];
        assert!(all.iter().all(Option::is_some));
        for svg in all.into_iter().flatten() {
            assert!(svg.starts_with("<svg xmlns=") && svg.contains("<title>") && svg.contains("Fuente: "));
            assert!(!svg.contains("style=") && !svg.contains("class=") && !svg.contains("var("));
        }
    }
}
