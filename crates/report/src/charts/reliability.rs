//! Reliability diagram: for each level, the share of observed rates at or below the quantile. On the diagonal, the
//! observed share equals the announced one.

use super::{
    axis,
    scale::Linear,
    sheet::{Mark, Plan, Sheet},
    svg::{ACCENT, AXIS, Anchor, MUTED, Point, TextStyle},
};
use crate::{labels as words, page::Page};

const WIDTH: f64 = 350.0;
const SIDE: f64 = 270.0;
const LEFT: f64 = 52.0;

pub(super) fn draw(page: &Page<'_>) -> Option<String> {
    if page.view.reliability.is_empty() {
        return None;
    }
    let language = page.language;
    let mut sheet = Sheet::new(Plan {
        width: WIDTH,
        title: language.pick("Diagrama de confiabilidad", "Reliability diagram").to_owned(),
        unit: words::share_unit(language).to_owned(),
        source: page.validation_source(),
        legend: vec![
            (Mark::Dot(ACCENT), words::ensemble(language).to_owned()),
            (Mark::Dashed(AXIS), words::perfect(language).to_owned()),
        ],
        plot_height: SIDE,
        margins: (LEFT, WIDTH - LEFT - SIDE),
        strip: 0.0,
    });
    let plot = sheet.plot;
    let across = Linear::new((0.0, 1.0), (plot.left, plot.right));
    let up = Linear::new((0.0, 1.0), (plot.bottom, plot.top));
    axis::vertical(&mut sheet, language, &up, 5);
    axis::horizontal(&mut sheet, language, &across, 5);
    sheet.svg.line((plot.left, plot.bottom), (plot.right, plot.bottom), AXIS, 1.0);
    sheet.svg.line((plot.left, plot.bottom), (plot.left, plot.top), AXIS, 1.0);
    sheet.svg.dashed((plot.left, plot.bottom), (plot.right, plot.top), AXIS);
    let middle = ((plot.left + plot.right) / 2.0, (plot.top + plot.bottom) / 2.0);
    let look = TextStyle::new(axis::TICK, MUTED, Anchor::Middle);
    sheet.svg.text((middle.0, plot.bottom + 32.0), words::nominal_axis(language), look);
    sheet.svg.upward_text((12.0, middle.1), words::observed_axis(language), axis::TICK, MUTED);
    let points: Vec<Point> =
        page.view.reliability.iter().map(|(level, share)| (across.at(*level), up.at(*share))).collect();
    sheet.svg.polyline(&points, ACCENT, 1.4);
    for point in points {
        sheet.svg.dot(point, 3.8, ACCENT);
    }
    Some(sheet.finish())
}
