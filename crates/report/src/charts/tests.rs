//! Layout tests: no text of a chart leaves its sheet, no two texts overlap, and every shape is valid, whatever the numbers.

use super::{
    measure::{Weight, text_width},
    size::Size,
};
use crate::{
    figure::Figure,
    fonts,
    page::Page,
    tests::{
        random,
        synthetic::{self, pairs},
    },
    view::{Language, ModelView, RegressorView, ReportView},
};
use forecaster_domain::Horizon;
use typst::{
    foundations::Bytes,
    layout::Abs,
    text::{Font, FontInstance, FontVariant, FontVariations},
};

/// Rectangle of a text: left, right, top, bottom.
type Extent = (f64, f64, f64, f64);
/// Width of a text of this size and weight.
type Measure<'a> = &'a dyn Fn(&str, f64, Weight) -> f64;

/// The font that reports and PDF carry.
pub(super) struct EmbeddedFace(FontInstance);

impl EmbeddedFace {
    pub(super) fn new(weight: Weight) -> Self {
        let file = fonts::FILES[if weight == Weight::Bold { 3 } else { 0 }];
        let font = Font::new(Bytes::new(file), 0).unwrap();
        Self(font.instantiate(FontVariant::default(), Abs::pt(11.0), &FontVariations::default()))
    }

    /// Width of a letter, in em; `None` when the font has none.
    pub(super) fn advance(&self, letter: char) -> Option<f64> {
        Some(self.0.x_advance(self.0.ttf().glyph_index(letter)?.0)?.get())
    }
}

const SIZES: [Size; 3] = [Size::Wide, Size::Narrow, Size::Mail];

fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let start = element.find(&format!(" {name}=\""))? + name.len() + 3;
    Some(&element[start..start + element[start..].find('"')?])
}

fn number(element: &str, name: &str) -> f64 {
    attribute(element, name).unwrap().parse().unwrap()
}

/// Texts of a chart, and the space that each takes.
fn texts(svg: &str, measure: Measure<'_>) -> Vec<(String, Extent)> {
    let place = |element: &str| {
        let content = element[element.find('>').unwrap() + 1..].split("</text>").next().unwrap();
        let content = content.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        let head = &element[..element.find('>').unwrap()];
        let (x, y, size) = (number(head, "x"), number(head, "y"), number(head, "font-size"));
        let weight = if head.contains("font-weight=\"700\"") { Weight::Bold } else { Weight::Regular };
        let width = measure(&content, size, weight);
        let before = match attribute(head, "text-anchor") {
            None => 0.0,
            Some("middle") => width / 2.0,
            Some(_) => width,
        };
        let (above, below) = (0.76 * size, 0.05 * size);
        let extent = if head.contains("rotate(-90") {
            (x - above, x + below, y - width + before, y + before)
        } else {
            (x - before, x - before + width, y - above, y + below)
        };
        (content, extent)
    };
    svg.split("<text").skip(1).map(place).collect()
}

/// A chart, with its kind and size.
type Drawn = (Figure, Size, String);

/// Draws every chart of a view in these sizes.
fn drawn(view: &ReportView, sizes: &[Size]) -> Vec<Drawn> {
    let page = &Page::new(view);
    let all = Figure::ALL.into_iter().flat_map(|figure| sizes.iter().map(move |size| (figure, *size)));
    all.filter_map(|(figure, size)| Some((figure, size, figure.svg(page, size)?))).collect()
}

/// Checks the texts of charts with one way to measure.
fn check_texts(name: &str, charts: &[Drawn], measure: Measure<'_>) {
    for (figure, size, svg) in charts {
        let (width, height) = (number(svg, "width"), number(svg, "height"));
        let texts = texts(svg, measure);
        assert!(texts.len() > 3, "{name} {figure:?}");
        for (i, (text, a)) in texts.iter().enumerate() {
            let inside = a.0 > 0.99 && a.1 < width - 0.99 && a.2 > 0.0 && a.3 < height;
            assert!(inside, "{name} {figure:?} {size:?}: '{text}' {a:?} is cut");
            for (other, b) in &texts[..i] {
                let apart = a.1 <= b.0 || b.1 <= a.0 || a.3 <= b.2 || b.3 <= a.2;
                assert!(apart, "{name} {figure:?} {size:?}: '{text}' {a:?} on '{other}' {b:?}");
            }
        }
    }
}

/// Checks the numbers and the extents of all shapes of charts.
fn check_shapes(name: &str, charts: &[Drawn]) {
    for (figure, size, svg) in charts {
        assert!(!svg.contains("NaN") && !svg.contains("inf") && svg.contains("<title>"), "{name} {figure:?}");
        for element in svg.split('<').skip(1) {
            let finite = |names: &[&str]| {
                names
                    .iter()
                    .for_each(|key| assert!(number(element, key).is_finite(), "{name} {figure:?}: {element}"));
            };
            match element.split([' ', '>']).next().unwrap() {
                "rect" => {
                    finite(&["x", "y"]);
                    let extent = (number(element, "width"), number(element, "height"));
                    assert!(extent.0 > 0.0 && extent.1 > 0.0, "{name} {figure:?} {size:?}: {element}");
                }
                "circle" => assert!(number(element, "r") > 0.0 && number(element, "cx").is_finite()),
                "line" => finite(&["x1", "x2", "y1", "y2"]),
                "polyline" => assert!(points(element) >= 2, "{name} {figure:?} {size:?}: {element}"),
                "polygon" => assert!(points(element) >= 3, "{name} {figure:?} {size:?}: {element}"),
                _ => {}
            }
        }
    }
}

/// Number of points of a line, each of two finite numbers.
fn points(element: &str) -> usize {
    let all = attribute(element, "points").unwrap().split(' ');
    all.map(|point| {
        let (x, y) = point.split_once(',').unwrap();
        assert!(x.parse::<f64>().unwrap().is_finite() && y.parse::<f64>().unwrap().is_finite(), "{element}");
    })
    .count()
}

/// Views of pairs of every magnitude, in both languages, for the shortest and the longest horizon.
fn pairs() -> Vec<(String, ReportView)> {
    let mut all = Vec::new();
    for language in [Language::Spanish, Language::English] {
        for horizon in [Horizon::D7, Horizon::D90] {
            for (pair, view) in pairs::views(language, horizon) {
                all.push((format!("{pair} {horizon} {language:?}"), view));
            }
        }
    }
    all
}

/// The random view of a seed, every other one in the units of another pair.
fn random_view(seed: u64) -> ReportView {
    let view = random::view(seed);
    let prices = [0.3075, 16_250.5, 0.001_012, 4_181_782.4, 149.87, 2.391e-7];
    if seed.is_multiple_of(2) || view.observations.is_empty() {
        return view;
    }
    pairs::at(view, prices[(seed / 2) as usize % prices.len()])
}

#[test]
fn no_label_is_cut_none_lies_on_another_and_every_shape_is_valid() {
    for seed in 0..400 {
        let charts = drawn(&random_view(seed), &[Size::Wide, Size::Narrow]);
        check_texts(&seed.to_string(), &charts, &text_width);
        check_shapes(&seed.to_string(), &charts);
    }
}

#[test]
fn charts_of_pairs_of_every_magnitude_are_whole_and_valid() {
    for (name, view) in pairs() {
        let charts = drawn(&view, &SIZES);
        check_texts(&name, &charts, &text_width);
        check_shapes(&name, &charts);
    }
}

#[test]
fn labels_fit_in_a_face_a_fifth_wider_than_the_embedded_one() {
    let (regular, bold) = (EmbeddedFace::new(Weight::Regular), EmbeddedFace::new(Weight::Bold));
    let wider = |text: &str, size: f64, weight: Weight| {
        let face = if weight == Weight::Bold { &bold } else { &regular };
        1.2 * size * text.chars().map(|c| face.advance(c).unwrap_or(0.6)).sum::<f64>()
    };
    for (name, view) in pairs() {
        check_texts(&name, &drawn(&view, &SIZES), &wider);
    }
}

#[test]
fn charts_of_one_observation_are_valid() {
    for (pair, mut view) in pairs::views(Language::English, Horizon::D7) {
        for kept in [21, 2, 1] {
            view.observations.drain(..view.observations.len().saturating_sub(kept));
            view.weights.truncate(1);
            view.losses.clear();
            view.past.truncate(1);
            let charts = drawn(&view, &SIZES);
            check_shapes(pair, &charts);
            check_texts(pair, &charts, &text_width);
        }
    }
}

#[test]
fn many_series_and_models_with_long_names_have_room_too() {
    let mut view = synthetic::view(Language::Spanish, Horizon::D7);
    let (series, model) = (view.regressors[0].clone(), view.models[0].clone());
    for i in 0..30 {
        let name = format!("serie_{i}_con_un_nombre_que_nadie_esperaba_en_un_gráfico");
        view.regressors.push(RegressorView { name: name.clone(), ..series.clone() });
        view.models.push(ModelView { name: name.clone(), ..model.clone() });
        view.weights.iter_mut().for_each(|moment| moment.weights.push((name.clone(), 0.01 * f64::from(i))));
    }
    let charts = drawn(&view, &SIZES);
    check_texts("long names", &charts, &text_width);
    let figure = Page::new(&view).price(model.forecast.median(model.forecast.last_step()));
    for (_, size, paths) in charts.iter().filter(|(figure, ..)| *figure == Figure::Paths) {
        let labels: Vec<String> = texts(paths, &text_width).into_iter().map(|(text, _)| text).collect();
        let named = labels.iter().filter(|text| text.starts_with("serie_"));
        assert_eq!(named.filter(|text| text.ends_with(&format!(" {figure}"))).count(), 30, "{size:?}: {labels:?}");
        assert!(labels.iter().any(|text| text.ends_with(&format!("… {figure}"))), "{size:?}: {labels:?}");
    }
}

#[test]
fn a_pair_that_does_not_vary_has_a_flat_axis_and_visible_intervals() {
    let views = pairs::views(Language::English, Horizon::D7);
    let (_, view) = views.iter().find(|(pair, _)| *pair == "USD/AED").unwrap();
    let page = &Page::new(view);
    for figure in [Figure::Fan, Figure::Price, Figure::Indicators, Figure::Paths, Figure::Volatility, Figure::Past] {
        let Some(svg) = figure.svg(page, Size::Wide) else {
            assert!(
                matches!(figure, Figure::Price | Figure::Indicators | Figure::Volatility),
                "{figure:?} is missing"
            );
            continue;
        };
        let longest = texts(&svg, &text_width).into_iter().map(|(text, _)| text);
        let decimals = longest
            .filter_map(|text| text.parse::<f64>().ok().map(|_| text))
            .map(|text| text.split_once('.').map_or(0, |(_, fraction)| fraction.len()));
        assert!(decimals.max().unwrap_or(0) <= 4, "{figure:?}: no tick is finer than a printed price");
    }
    let bars = Figure::Past.svg(page, Size::Wide).unwrap().matches("<rect").count();
    assert!(bars > 2 * 30, "{bars}: an interval without width is a thin bar");
}
