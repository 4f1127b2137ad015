//! Rolling skill against the random walk; above zero, the ensemble had the lower loss over the trailing origins.

use super::{
    measure::Weight,
    scale::Linear,
    series::{EndLabel, Series, SeriesLayout, span},
    sheet::Mark,
    size::Size,
    svg::{ACCENT, BAND95},
};
use crate::{
    findings::skill::{self, WINDOW},
    page::Page,
};

pub(super) fn draw(page: &Page<'_>, size: Size) -> Option<String> {
    let language = page.language;
    let values: Vec<_> =
        skill::rolling(&page.view.losses).into_iter().map(|(date, skill)| (date, 100.0 * skill)).collect();
    if values.len() < 2 {
        return None;
    }
    let last = values[values.len() - 1].1;
    let ends = [EndLabel::figure(last, language.signed_percent(last, 1), ACCENT, Weight::Bold)];
    let frame = SeriesLayout {
        title: language.pick("Ventaja sobre el paseo aleatorio", "Skill against the random walk").to_owned(),
        unit: language.pick(
            format!("Pérdida que el conjunto ahorra en {WINDOW} orígenes seguidos, porcentaje"),
            format!("Loss that the ensemble saves over {WINDOW} consecutive origins, percent"),
        ),
        source: page.validation_source(),
        legend: vec![
            (Mark::Line(ACCENT), language.pick("Conjunto", "Ensemble").to_owned()),
            (
                Mark::Band(BAND95),
                language.pick("Mejor que el paseo aleatorio", "Better than the random walk").to_owned(),
            ),
        ],
        height: if size.is_wide() { 190.0 } else { 180.0 },
        dates: span(values.iter())?,
    };
    let scale = Linear::around(values.iter().map(|(_, skill)| *skill).chain([0.5, -0.5]), (0.0, 1.0));
    let mut plot = Series::new(page, size, frame, scale, &ends);
    let (area, zero) = (plot.sheet.plot, plot.scale.at(0.0));
    plot.sheet.svg.rect((area.left, area.top), (area.right - area.left, zero - area.top), BAND95);
    plot.level(0.0);
    plot.line(&values, ACCENT, 2.0);
    Some(plot.finish(&ends))
}
