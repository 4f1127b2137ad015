//! Writes SVG elements with presentation attributes. In: shapes in user units. Out: markup.
//!
//! A shape with a coordinate that is not finite is left out, so a chart never contains an invalid number.

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
    pub(super) bold: bool,
    pub(super) anchor: Anchor,
}

impl TextStyle {
    pub(super) fn new(size: f64, fill: &'static str, anchor: Anchor) -> Self {
        Self { size, fill, bold: false, anchor }
    }

    pub(super) fn bold(self) -> Self {
        Self { bold: true, ..self }
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
        let list = list(points);
        self.push(&[], || {
            format!(
                r#"<polyline points="{list}" fill="none" stroke="{stroke}" stroke-width="{width}" stroke-linejoin="round" stroke-linecap="round"/>"#
            )
        });
    }

    pub(super) fn area(&mut self, points: &[Point], fill: &str) {
        let list = list(points);
        self.push(&[], || format!(r#"<polygon points="{list}" fill="{fill}" stroke="none"/>"#));
    }

    /// Draws a rectangle, given its corner and extent.
    pub(super) fn rect(&mut self, (x, y): Point, (width, height): (f64, f64), fill: &str) {
        self.push(&[x, y, width, height], || {
            format!(
                r#"<rect x="{}" y="{}" width="{}" height="{}" fill="{fill}"/>"#,
                n(x),
                n(y),
                n(width.max(0.0)),
                n(height.max(0.0))
            )
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
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let weight = if look.bold { r#" font-weight="700""# } else { "" };
        self.push(&[x, y], || {
            format!(
                r#"<text x="{}" y="{}" font-size="{}" fill="{}" text-anchor="{anchor}"{weight}>{}</text>"#,
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

    /// Returns the complete document; a screen reader reads `title` aloud.
    pub(super) fn document(self, width: f64, height: f64, title: &str) -> String {
        let (width, height, title) = (n(width), n(height), escaped(title));
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" font-family="{FONT}"><title>{title}</title>{}</svg>"#,
            self.body
        )
    }
}

/// Formats a coordinate with at most two decimals.
fn n(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn list(points: &[Point]) -> String {
    let mut text = String::new();
    for (x, y) in points.iter().filter(|(x, y)| x.is_finite() && y.is_finite()) {
        let blank = if text.is_empty() { "" } else { " " };
        let _ = write!(text, "{blank}{},{}", n(*x), n(*y));
    }
    text
}

/// Returns `text` with markup escaped and control characters replaced by spaces, as XML forbids most of them.
fn escaped(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Returns the estimated width of `text` at font size `size`, a generous figure for the sans faces of the font stack.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    let em = |c: char| match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | 'I' | '!' => 0.30,
        ' ' | '\u{a0}' | 'f' | 't' | 'r' | '-' | '(' | ')' | '/' => 0.36,
        'm' | 'w' | 'M' | 'W' | '%' => 0.88,
        'A'..='Z' => 0.70,
        _ => 0.57,
    };
    size * text.chars().map(em).sum::<f64>()
}

/// Breaks `text` at spaces into lines no wider than `width`; a single word that is wider is cut with an ellipsis.
pub(super) fn wrapped(text: &str, size: f64, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').map(|word| shortened(word, size, width)) {
        match lines.last_mut() {
            Some(line) if text_width(&format!("{line} {word}"), size) <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// Returns `text` if it fits into `width`, otherwise as much of it as fits, followed by an ellipsis.
pub(super) fn shortened(text: &str, size: f64, width: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let mut kept = text.to_owned();
    while kept.pop().is_some() && text_width(&kept, size) + size > width {}
    kept + "…"
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
    fn text_is_escaped_and_broken_to_fit() {
        assert_eq!(escaped("a<b & \"c\">\u{7}"), "a&lt;b &amp; &quot;c&quot;&gt; ");
        let lines = wrapped("uno dos tres cuatro cinco seis", 10.0, 80.0);
        assert!(lines.len() > 1 && lines.iter().all(|l| text_width(l, 10.0) <= 80.0), "{lines:?}");
        assert_eq!(lines.join(" "), "uno dos tres cuatro cinco seis");
        assert!(wrapped(&"x".repeat(80), 10.0, 80.0)[0].ends_with('…'));
    }
}
