//! Writes SVG elements with presentation attributes. In: shapes in user units. Out: markup.
//!
//! A shape with a coordinate that is not finite is left out, and so is one without extent: renderers call both invalid.

use super::measure::Weight;
use std::fmt::Write;

/// Near-black, for text and observed prices.
pub(super) const INK: &str = "#1d2733";
/// Colour of secondary text.
pub(super) const MUTED: &str = "#5d6874";
/// Colour of grid lines.
pub(super) const GRID: &str = "#e4e8ec";
/// Colour of axis lines.
pub(super) const AXIS: &str = "#9aa5b0";
/// Accent colour, for medians and whatever is in focus.
pub(super) const ACCENT: &str = "#0f4c75";
/// Colour of the 80 % interval.
pub(super) const BAND80: &str = "#94b6cd";
/// Colour of the 95 % interval.
pub(super) const BAND95: &str = "#d3e2ec";
/// Colour for a rate outside its interval, which needs attention.
pub(super) const ALERT: &str = "#b8432f";
/// Colour of the page, for halos.
pub(super) const PAPER: &str = "#ffffff";

const FONT: &str =
    "Forecaster Sans, Helvetica Neue, Segoe UI, Roboto, Arial, Liberation Sans, DejaVu Sans, sans-serif";

/// A point in user units, y downwards.
pub(super) type Point = (f64, f64);

/// Part of a text that is placed at its position.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// Look of a text: size, colour, weight, anchor.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextStyle {
    pub(super) size: f64,
    pub(super) fill: &'static str,
    pub(super) weight: Weight,
    pub(super) anchor: Anchor,
}

impl TextStyle {
    pub(super) fn new(size: f64, fill: &'static str, anchor: Anchor) -> Self {
        Self { size, fill, weight: Weight::Regular, anchor }
    }

    pub(super) fn bold(self) -> Self {
        self.weighing(Weight::Bold)
    }

    pub(super) fn weighing(self, weight: Weight) -> Self {
        Self { weight, ..self }
    }
}

/// The elements drawn so far.
#[derive(Debug, Default)]
pub(super) struct Svg {
    body: String,
}

impl Svg {
    fn push(&mut self, numbers: &[f64], element: impl FnOnce() -> String) {
        if numbers.iter().all(|n| n.is_finite()) {
            self.body.push_str(&element());
        }
    }

    pub(super) fn line(&mut self, (x1, y1): Point, (x2, y2): Point, stroke: &str, width: f64) {
        self.push(&[x1, y1, x2, y2], || {
            format!(
                r#"<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{stroke}" stroke-width="{width}"/>"#,
                n(x1),
                n(y1),
                n(x2),
                n(y2)
            )
        });
    }

    pub(super) fn dashed(&mut self, (x1, y1): Point, (x2, y2): Point, stroke: &str) {
        self.push(&[x1, y1, x2, y2], || {
            format!(
                r#"<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{stroke}" stroke-width="1" stroke-dasharray="3 3"/>"#,
                n(x1),
                n(y1),
                n(x2),
                n(y2)
            )
        });
    }

    pub(super) fn polyline(&mut self, points: &[Point], stroke: &str, width: f64) {
        let (list, count) = list(points);
        if count < 2 {
            return;
        }
        self.push(&[], || {
            format!(
                r#"<polyline points="{list}" fill="none" stroke="{stroke}" stroke-width="{width}" stroke-linejoin="round" stroke-linecap="round"/>"#
            )
        });
    }

    pub(super) fn area(&mut self, points: &[Point], fill: &str) {
        let (list, count) = list(points);
        if count < 3 {
            return;
        }
        self.push(&[], || format!(r#"<polygon points="{list}" fill="{fill}" stroke="none"/>"#));
    }

    /// Draws a rectangle, given its corner and extent.
    pub(super) fn rect(&mut self, (x, y): Point, (width, height): (f64, f64), fill: &str) {
        if width.min(height) < 0.005 {
            return;
        }
        self.push(&[x, y, width, height], || {
            format!(r#"<rect x="{}" y="{}" width="{}" height="{}" fill="{fill}"/>"#, n(x), n(y), n(width), n(height))
        });
    }

    /// Draws a dot with a thin halo of the page's colour.
    pub(super) fn dot(&mut self, (x, y): Point, radius: f64, fill: &str) {
        self.push(&[x, y], || {
            format!(
                r#"<circle cx="{}" cy="{}" r="{radius}" fill="{fill}" stroke="{PAPER}" stroke-width="1"/>"#,
                n(x),
                n(y)
            )
        });
    }

    pub(super) fn text(&mut self, (x, y): Point, text: &str, look: TextStyle) {
        let anchor = match look.anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let weight = match look.weight {
            Weight::Regular => "",
            Weight::Bold => r#" font-weight="700""#,
        };
        self.push(&[x, y], || {
            format!(
                r#"<text x="{}" y="{}" font-size="{}" fill="{}"{anchor}{weight}>{}</text>"#,
                n(x),
                n(y),
                look.size,
                look.fill,
                escaped(text)
            )
        });
    }

    /// Writes text that reads upwards, centred on its position.
    pub(super) fn upward_text(&mut self, (x, y): Point, text: &str, size: f64, fill: &str) {
        self.push(&[x, y], || {
            let (x, y) = (n(x), n(y));
            format!(
                r#"<text x="{x}" y="{y}" font-size="{size}" fill="{fill}" text-anchor="middle" transform="rotate(-90 {x} {y})">{}</text>"#,
                escaped(text)
            )
        });
    }

    /// Returns the complete document; a screen reader reads `title` aloud. Browsers that fit letters to whole pixels would
    /// widen a text by up to a fifth, so they are asked not to.
    pub(super) fn document(self, width: f64, height: f64, title: &str) -> String {
        let (width, height, title) = (n(width), n(height), escaped(title));
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" font-family="{FONT}" text-rendering="geometricPrecision"><title>{title}</title>{}</svg>"#,
            self.body
        )
    }
}

/// Returns start and extent of a bar between two positions; one of less than a unit, such as the interval of a price that
/// does not vary, is drawn a unit thick.
pub(super) fn thick(from: f64, to: f64) -> (f64, f64) {
    let extent = (to - from).max(1.0);
    ((from + to - extent) / 2.0, extent)
}

/// Formats a coordinate with at most two decimals.
fn n(value: f64) -> String {
    trimmed(value, 2)
}

fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Lists the finite points, and returns their number. One decimal is a tenth of a pixel on a screen.
fn list(points: &[Point]) -> (String, usize) {
    let (mut text, mut count) = (String::new(), 0);
    for (x, y) in points.iter().filter(|(x, y)| x.is_finite() && y.is_finite()) {
        let blank = if text.is_empty() { "" } else { " " };
        let _ = write!(text, "{blank}{},{}", trimmed(*x, 1), trimmed(*y, 1));
        count += 1;
    }
    (text, count)
}

/// Returns `text` with markup escaped and control characters replaced by spaces, as XML forbids most of them.
fn escaped(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_coordinates_are_left_out_of_the_drawing() {
        let mut svg = Svg::default();
        svg.line((f64::NAN, 0.0), (1.0, 1.0), INK, 1.0);
        svg.dot((0.0, f64::INFINITY), 2.0, INK);
        svg.polyline(&[(0.0, 1.0), (f64::NAN, 2.0), (2.0, -0.001)], INK, 1.0);
        let text = svg.document(10.0, 10.0, "t");
        assert!(!text.contains("NaN") && !text.contains("inf") && text.contains(r#"points="0,1 2,0""#), "{text}");
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(escaped("a<b & \"c\">\u{7}"), "a&lt;b &amp; &quot;c&quot;&gt; ");
    }

    #[test]
    fn what_has_no_extent_is_not_drawn() {
        let mut svg = Svg::default();
        svg.rect((1.0, 1.0), (5.0, 0.0), INK);
        svg.rect((1.0, 1.0), (0.004, 5.0), INK);
        svg.rect((1.0, 1.0), (-3.0, 5.0), INK);
        svg.polyline(&[(1.0, 1.0)], INK, 1.0);
        svg.area(&[(1.0, 1.0), (2.0, 1.0)], INK);
        assert_eq!(svg.body, "");
        svg.rect((1.0, 1.0), (5.0, 0.01), INK);
        assert_eq!(svg.body, r##"<rect x="1" y="1" width="5" height="0.01" fill="#1d2733"/>"##);
    }
}
