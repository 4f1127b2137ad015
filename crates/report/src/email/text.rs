//! The mail for readers without HTML: 72 columns, the figures first.
//!
//! In: a digest. Out: lines that end in a newline; no-break spaces keep words together and are written as plain
//! spaces.

use super::digest::{Digest, NamedFigure};
use crate::labels;

const COLUMNS: usize = 72;

/// Renders the plain text.
pub(super) fn text(digest: &Digest<'_>) -> String {
    let language = digest.page.language;
    let mut out = TextLines::default();
    out.wrapped(&digest.title);
    digest.dateline.iter().for_each(|line| out.wrapped(line));
    for (heading, lines) in &digest.warnings {
        out.heading(&format!("! {heading}"));
        lines.iter().for_each(|line| out.wrapped(line));
    }
    out.blank();
    let (name, value) = &digest.median;
    out.wrapped(&format!("{name}: {value} {}", digest.page.unit()));
    if let Some((against, last)) = &digest.change {
        out.wrapped(against);
        out.wrapped(last);
    }
    out.blank();
    out.named(&digest.figures);
    if let Some(direction) = &digest.direction {
        out.blank();
        out.wrapped(direction);
    }
    out.wrapped(&digest.takeaway);
    for line in [&digest.quote, &digest.drift].into_iter().flatten() {
        out.blank();
        out.wrapped(line);
    }
    out.heading(labels::drivers_heading(language));
    digest.drivers.iter().for_each(|paragraph| out.wrapped(paragraph));
    out.heading(labels::models_used_heading(language));
    out.table(&digest.models.0, &digest.models.1);
    out.blank();
    out.wrapped(&digest.against_random_walk);
    if !digest.levels.1.is_empty() {
        out.heading(labels::levels_heading(language));
        out.table(&digest.levels.0, &digest.levels.1);
    }
    for line in &digest.closing {
        out.blank();
        out.wrapped(line);
    }
    out.text.replace('\u{a0}', " ")
}

#[derive(Default)]
struct TextLines {
    text: String,
}

impl TextLines {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn blank(&mut self) {
        self.line("");
    }

    fn heading(&mut self, heading: &str) {
        self.blank();
        self.line(&clean(heading).to_uppercase());
    }

    /// Appends a wrapped paragraph; a word longer than a line is cut.
    fn wrapped(&mut self, paragraph: &str) {
        let mut line = String::new();
        for word in clean(paragraph).split(' ').flat_map(pieces) {
            if !line.is_empty() && width(&line) + 1 + width(&word) > COLUMNS {
                self.line(&line);
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
        if !line.is_empty() {
            self.line(&line);
        }
    }

    fn named(&mut self, items: &[NamedFigure]) {
        let widest = items.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
        for (name, value) in items {
            self.line(&format!("{}  {value}", padded(name, widest, false)));
        }
    }

    /// Appends a table: the first column flush left, the others flush right; a name too long for its column is cut.
    fn table<const N: usize>(&mut self, heads: &[String; N], rows: &[[String; N]]) {
        let cells = |i: usize| [heads].into_iter().chain(rows).map(move |row| width(&row[i]));
        let mut widths: Vec<usize> = (0..N).map(|i| cells(i).max().unwrap_or(0)).collect();
        let others: usize = widths.iter().skip(1).map(|w| w + 2).sum();
        if let Some(first) = widths.first_mut() {
            *first = (*first).min(COLUMNS.saturating_sub(others));
        }
        for row in [heads].into_iter().chain(rows) {
            let cells = row.iter().zip(&widths).enumerate();
            let line: Vec<String> = cells.map(|(i, (cell, width))| padded(cell, *width, i > 0)).collect();
            self.line(&line.join("  "));
        }
    }
}

/// Replaces each run of whitespace and control characters by one space; no-break spaces stay.
fn clean(text: &str) -> String {
    let blank = |c: char| c != '\u{a0}' && (c.is_whitespace() || c.is_control());
    text.split(blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn pieces(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    letters.chunks(COLUMNS).map(|piece| piece.iter().collect()).collect()
}

fn padded(cell: &str, columns: usize, right: bool) -> String {
    let cell: String = clean(cell).chars().take(columns).collect();
    let room = " ".repeat(columns - width(&cell));
    if right { room + &cell } else { cell + &room }
}
