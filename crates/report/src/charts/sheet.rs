//! Sheet that a chart is drawn on: title, unit and legend above, plot in the middle, source below.
//!
//! In: a [`Plan`]. Out: a [`Sheet`] whose plot rectangle is known before anything is drawn in it.

use super::{
    measure::{Weight, shortened, text_width, wrapped},
    svg::{ACCENT, Anchor, INK, MUTED, Svg, TextStyle},
};

const TITLE: f64 = 14.0;
const SMALL: f64 = 11.0;
const SOURCE: f64 = 10.0;

/// Distance of texts from the edges of a sheet: the smoothed edge of a letter reaches beyond its box.
pub(super) const EDGE: f64 = 1.0;

/// Height below the plot for two lines of tick labels.
const AXIS_HEIGHT: f64 = 34.0;

/// Symbol of a legend entry, with its colour.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mark {
    Line(&'static str),
    Dashed(&'static str),
    Band(&'static str),
    Dot(&'static str),
}

/// Layout and texts that a chart requests for its sheet.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) width: f64,
    pub(super) title: String,
    /// Quantity shown and its unit.
    pub(super) unit: String,
    pub(super) source: String,
    pub(super) legend: Vec<(Mark, String)>,
    /// Height of the plot rectangle.
    pub(super) plot_height: f64,
    /// Space to the left and right of the plot.
    pub(super) margins: (f64, f64),
    /// Space between legend and plot.
    pub(super) strip: f64,
}

/// A rectangle in user units.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rect {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

/// A sheet with title, unit and legend already drawn.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) svg: Svg,
    pub(super) plot: Rect,
    pub(super) width: f64,
    title: String,
    source: Vec<String>,
}

impl Sheet {
    /// Returns `x`, moved so that a text of this `width` centred there stays on the sheet.
    pub(super) fn clamp_centre(&self, x: f64, width: f64) -> f64 {
        x.min(self.width - EDGE - width / 2.0).max(EDGE + width / 2.0)
    }

    pub(super) fn new(plan: Plan) -> Self {
        let mut svg = Svg::default();
        let width = plan.width;
        let line = width - 2.0 * EDGE;
        svg.rect((0.0, 0.0), (width, 1.5), ACCENT);
        let mut y = 6.0;
        for line in wrapped(&plan.title, TITLE, Weight::Bold, line) {
            y += 18.0;
            svg.text((EDGE, y), &line, TextStyle::new(TITLE, INK, Anchor::Start).bold());
        }
        for line in wrapped(&plan.unit, SMALL, Weight::Regular, line) {
            y += 15.5;
            svg.text((EDGE, y), &line, TextStyle::new(SMALL, MUTED, Anchor::Start));
        }
        if !plan.legend.is_empty() {
            y = legend(&mut svg, &plan.legend, width, y + 20.0);
        }
        let top = y + 14.0 + plan.strip;
        let plot = Rect {
            left: plan.margins.0,
            right: (width - plan.margins.1).max(plan.margins.0 + 1.0),
            top,
            bottom: top + plan.plot_height,
        };
        Self { svg, plot, width, source: wrapped(&plan.source, SOURCE, Weight::Regular, line), title: plan.title }
    }

    /// Writes the source line below the axis and closes the document.
    pub(super) fn finish(mut self) -> String {
        let mut y = self.plot.bottom + AXIS_HEIGHT + 2.0;
        for line in &self.source {
            y += 13.0;
            self.svg.text((EDGE, y), line, TextStyle::new(SOURCE, MUTED, Anchor::Start));
        }
        self.svg.document(self.width, y + 5.0, &self.title)
    }
}

/// Draws the legend with its first baseline at `y`; returns the last baseline.
fn legend(svg: &mut Svg, entries: &[(Mark, String)], width: f64, mut y: f64) -> f64 {
    let mut x = 0.0;
    for (mark, label) in entries {
        let label = shortened(label, SMALL, Weight::Regular, width - 22.0 - EDGE);
        let reach = 22.0 + text_width(&label, SMALL, Weight::Regular);
        if x > 0.0 && x + reach > width - EDGE {
            x = 0.0;
            y += 16.0;
        }
        let middle = y - 4.0;
        match *mark {
            Mark::Line(colour) => svg.line((x, middle), (x + 16.0, middle), colour, 2.0),
            Mark::Dashed(colour) => svg.dashed((x, middle), (x + 16.0, middle), colour),
            Mark::Band(colour) => svg.rect((x, middle - 5.0), (16.0, 10.0), colour),
            Mark::Dot(colour) => svg.dot((x + 8.0, middle), 3.6, colour),
        }
        svg.text((x + 22.0, y), &label, TextStyle::new(SMALL, INK, Anchor::Start));
        x += reach + 16.0;
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_centred_text_stays_on_the_sheet() {
        let plan = Plan {
            width: 300.0,
            title: "t".to_owned(),
            unit: "u".to_owned(),
            source: "s".to_owned(),
            legend: vec![],
            plot_height: 100.0,
            margins: (30.0, 10.0),
            strip: 0.0,
        };
        let sheet = Sheet::new(plan);
        assert_eq!([5.0, 150.0, 295.0].map(|x| sheet.clamp_centre(x, 40.0)), [21.0, 150.0, 279.0]);
    }
}
