//! The report's charts as SVG documents, each with its own title, unit, legend and source line.
//!
//! In: a [`ReportView`] and a [`Size`]. Out: one `<svg>` element that uses presentation attributes only, so that a
//! browser and a PDF renderer show the same; `None` where the view holds nothing to draw.

mod axis;
mod fan;
mod labels;
mod models;
mod past;
mod price;
mod reliability;
mod scale;
mod sheet;
mod svg;

use crate::{ReportView, page::Page};

/// How wide a chart is drawn. Text keeps its size, so a narrow chart is not a wide one shrunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 760 units: screens and A4.
    Wide,
    /// 350 units: telephones, or half a page.
    Narrow,
}

impl Size {
    fn width(self) -> f64 {
        match self {
            Size::Wide => 760.0,
            Size::Narrow => 350.0,
        }
    }

    fn is_wide(self) -> bool {
        self == Size::Wide
    }
}

/// History and forecast: observed prices, then the median and the 80 % and 95 % bands.
pub fn fan(view: &ReportView, size: Size) -> String {
    fan::draw(&Page::new(view), size)
}

/// Past out-of-sample forecasts with what happened; `None` without any.
pub fn past(view: &ReportView, size: Size) -> Option<String> {
    past::draw(&Page::new(view), size)
}

/// Most past forecasts that [`past`] has room for; the latest are shown.
pub(crate) const PAST_SHOWN: usize = past::MOST;

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
