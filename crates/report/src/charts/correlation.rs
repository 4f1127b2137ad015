//! Rolling correlation of each regressor with the pair, one line each, around a zero line.

use super::{
    colours,
    measure::Weight,
    scale::Linear,
    series::{EndLabel, Series, SeriesLayout, span},
    size::Size,
};
use crate::{findings::market, page::Page, text::names, view::CORRELATION_WINDOW};

pub(super) fn draw(page: &Page<'_>, size: Size) -> Option<String> {
    let language = page.language;
    let lines = market::correlations(page.view);
    if !lines.iter().any(|(_, values)| values.len() > 1) {
        return None;
    }
    let colours = colours::of(&lines.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    let ends: Vec<EndLabel> = lines
        .iter()
        .zip(&colours)
        .filter_map(|((name, values), colour)| {
            let value = values.last()?.1;
            let (name, figure) = (names::series(language, name), language.signed(value, 2));
            Some(EndLabel { value, name, figure, colour, weight: Weight::Regular })
        })
        .collect();
    let pair = &page.view.pair;
    let frame = SeriesLayout {
        title: language.pick(format!("Correlación móvil con {pair}"), format!("Rolling correlation with {pair}")),
        unit: language.pick(
            format!(
                "Correlación de los cambios conocidos cada día con el retorno del par, {CORRELATION_WINDOW} retornos"
            ),
            format!("Correlation of the changes known each day with the pair's return, {CORRELATION_WINDOW} returns"),
        ),
        source: page.regressors_source(true),
        legend: vec![],
        height: if size.is_wide() { 240.0 } else { 220.0 },
        dates: span(lines.iter().flat_map(|(_, values)| values))?,
    };
    let scale = Linear::around(lines.iter().flat_map(|(_, v)| v.iter().map(|p| p.1)).chain([-0.1, 0.1]), (0.0, 1.0));
    let mut plot = Series::new(page, size, frame, scale, &ends);
    plot.level(0.0);
    for ((_, values), colour) in lines.iter().zip(&colours) {
        plot.line(values, colour, 1.5);
    }
    Some(plot.finish(&ends))
}
