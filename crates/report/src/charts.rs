//! The report's charts as SVG documents, each with its own title, unit, legend and source line.
//!
//! In: a [`ReportView`] and a [`Size`]. Out: one `<svg>` element that uses presentation attributes only, so that a
//! browser and a PDF renderer show the same; `None` when the view has nothing to draw.

mod axis;
mod colours;
mod correlation;
mod fan;
mod indicators;
mod labels;
mod measure;
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
mod widths;

#[cfg(test)]
mod tests;

pub use size::Size;

use crate::{page::Page, view::ReportView};

/// Returns the title of a chart, as a screen reader reads it aloud.
pub(crate) fn title(svg: &str) -> String {
    let inner = svg.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap_or_default();
    inner.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// Draws history and forecast: observed prices, then the median and the 80 % and 95 % bands.
pub fn fan(view: &ReportView, size: Size) -> String {
    fan::draw(&Page::new(view), size)
}

/// Draws past out-of-sample forecasts with the observed rates; `None` without any.
pub fn past(view: &ReportView, size: Size) -> Option<String> {
    outcomes::replayed(&Page::new(view), size)
}

/// Largest number of past forecasts that [`past`] and [`issued`] show; the latest ones are kept.
pub(crate) const PAST_SHOWN: usize = outcomes::MOST;

/// Draws the reliability diagram: observed share against nominal level; `None` without validation.
pub fn reliability(view: &ReportView) -> Option<String> {
    reliability::draw(&Page::new(view))
}

/// Draws recent prices with their Bollinger bands; `None` with fewer than two days of bands.
pub fn price(view: &ReportView, size: Size) -> Option<String> {
    price::draw(&Page::new(view), size)
}

/// Draws each model's median and intervals at the end of the horizon, below the ensemble's.
pub fn models(view: &ReportView, size: Size) -> String {
    models::draw(&Page::new(view), size)
}

/// Draws the median of each model and of the pool on every target date; `None` without models.
pub fn paths(view: &ReportView, size: Size) -> Option<String> {
    paths::draw(&Page::new(view), size)
}

/// Draws forecasts issued by earlier runs with the observed rates; `None` without any.
pub fn issued(view: &ReportView, size: Size) -> Option<String> {
    outcomes::issued(&Page::new(view), size)
}

/// Draws weights over time, replayed and issued, up to the present weights; `None` with fewer than two dates.
pub fn weights(view: &ReportView, size: Size) -> Option<String> {
    weights::draw(&Page::new(view), size)
}

/// Draws the skill against the random walk over trailing origins; `None` with fewer than two windows of origins.
pub fn skill(view: &ReportView, size: Size) -> Option<String> {
    skill::draw(&Page::new(view), size)
}

/// Draws RSI and MACD on the dates of [`price`]; `None` with fewer than two days of either.
pub fn indicators(view: &ReportView, size: Size) -> Option<String> {
    indicators::draw(&Page::new(view), size)
}

/// Draws the regressors over the last year, one panel each; `None` without any.
pub fn regressors(view: &ReportView, size: Size) -> Option<String> {
    regressors::draw(&Page::new(view), size)
}

/// Draws rolling correlations of the regressors with the pair; `None` without any.
pub fn correlation(view: &ReportView, size: Size) -> Option<String> {
    correlation::draw(&Page::new(view), size)
}

/// Draws conditional volatility and its expected term structure; `None` when the view has none.
pub fn volatility(view: &ReportView, size: Size) -> Option<String> {
    volatility::draw(&Page::new(view), size)
}
