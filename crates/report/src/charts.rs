//! The report's charts as SVG documents, each with its own title, unit, legend and source line.
//!
//! In: a [`ReportView`] and a [`Size`]. Out: one `<svg>` element that uses presentation attributes only, so that a
//! browser and a PDF renderer show the same; `None` where the view holds nothing to draw.

mod axis;
mod colours;
mod correlation;
mod fan;
mod indicators;
mod labels;
mod models;
mod outcomes;
mod paths;
mod price;
mod regressors;
mod reliability;
mod scale;
mod series;
mod sheet;
mod size;
mod skill;
mod svg;
mod volatility;
mod weights;

#[cfg(test)]
mod tests;

pub use size::Size;

use crate::{page::Page, view::ReportView};

/// The title of a chart, as a screen reader says it.
pub(crate) fn title(svg: &str) -> String {
    let inner = svg.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap_or_default();
    inner.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// History and forecast: observed prices, then the median and the 80 % and 95 % bands.
pub fn fan(view: &ReportView, size: Size) -> String {
    fan::draw(&Page::new(view), size)
}

/// Past out-of-sample forecasts with what happened; `None` without any.
pub fn past(view: &ReportView, size: Size) -> Option<String> {
    outcomes::replayed(&Page::new(view), size)
}

/// Most past forecasts that [`past`] and [`issued`] have room for; the latest are shown.
pub(crate) const PAST_SHOWN: usize = outcomes::MOST;

/// Reliability diagram: nominal level against observed share; `None` without validation.
pub fn reliability(view: &ReportView) -> Option<String> {
    reliability::draw(&Page::new(view))
}

/// Recent prices with their Bollinger bands; `None` with fewer than two days of bands.
pub fn price(view: &ReportView, size: Size) -> Option<String> {
    price::draw(&Page::new(view), size)
}

/// Each model's median and intervals at the end of the horizon, below the ensemble's.
pub fn models(view: &ReportView, size: Size) -> String {
    models::draw(&Page::new(view), size)
}

/// Each model's median and the pool's on every target date; `None` without models.
pub fn paths(view: &ReportView, size: Size) -> Option<String> {
    paths::draw(&Page::new(view), size)
}

/// Forecasts that earlier runs issued with what happened; `None` without any.
pub fn issued(view: &ReportView, size: Size) -> Option<String> {
    outcomes::issued(&Page::new(view), size)
}

/// Weights over time, replayed and issued, up to the present ones; `None` with fewer than two dates.
pub fn weights(view: &ReportView, size: Size) -> Option<String> {
    weights::draw(&Page::new(view), size)
}

/// Skill against the random walk over trailing origins; `None` with fewer than two windows of them.
pub fn skill(view: &ReportView, size: Size) -> Option<String> {
    skill::draw(&Page::new(view), size)
}

/// RSI and MACD on the dates of [`price`]; `None` with fewer than two days of either.
pub fn indicators(view: &ReportView, size: Size) -> Option<String> {
    indicators::draw(&Page::new(view), size)
}

/// The regressors over the last year, a panel each; `None` without any.
pub fn regressors(view: &ReportView, size: Size) -> Option<String> {
    regressors::draw(&Page::new(view), size)
}

/// Rolling correlations of the regressors with the pair; `None` without any.
pub fn correlation(view: &ReportView, size: Size) -> Option<String> {
    correlation::draw(&Page::new(view), size)
}

/// Conditional volatility and its expected term structure; `None` when the view has none.
pub fn volatility(view: &ReportView, size: Size) -> Option<String> {
    volatility::draw(&Page::new(view), size)
}
