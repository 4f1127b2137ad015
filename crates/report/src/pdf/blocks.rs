//! What a note is made of, and its way into typst: every text becomes a string value there, never markup.
//!
//! In: sections of blocks. Out: the dictionary that `note.typ` reads; a block is a dictionary with its `kind`.

use super::world;
use crate::{
    charts::{self, Size},
    figure::Figure,
    page::Page,
};
use typst::foundations::{Array, Bytes, Dict, IntoValue, Value, dict};

/// A heading and what stands below it.
pub(super) struct Section {
    pub(super) heading: String,
    pub(super) place: Place,
    pub(super) blocks: Vec<Block>,
}

/// Where a section may stand.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// After the one before it, over as many pages as it takes.
    Flow,
    /// On one page.
    Whole,
    /// On one page, at its head or foot, so that what follows fills the room before it: for charts alone.
    Float,
}

/// A piece of a section.
pub(super) enum Block {
    /// A paragraph.
    Text(String),
    /// The sentence in the serif face.
    Verdict(String),
    /// Small print below a table or chart.
    Note(String),
    /// A chart over the whole width.
    Chart(Chart),
    /// Two charts of half the width beside each other.
    Pair(Chart, Chart),
    /// A chart of half the width with text beside it.
    Beside(Chart, Vec<Block>),
    Table(Table),
    /// Short texts with a heading each, side by side.
    Columns(Vec<(String, String)>),
    /// A heading within the section.
    Subheading(String),
    Model(Model),
    /// Names with their values, in three columns.
    Figures(Vec<(String, String)>),
}

/// A chart.
pub(super) struct Chart {
    pub(super) svg: String,
    /// What it says to those who do not see it.
    pub(super) alt: String,
    /// What stands below it; empty for nothing.
    pub(super) caption: String,
}

impl Chart {
    /// A chart whose own title, and what it shows, are told to those who do not see it.
    pub(super) fn new(svg: String, caption: String) -> Self {
        let title = charts::title(&svg);
        let alt = if caption.is_empty() { title } else { format!("{title}. {caption}") };
        Self { svg, alt, caption }
    }
}

/// Charts with what to see in them: two beside each other, or one over the whole width. What the view has nothing for is
/// left out.
pub(super) fn charted(page: &Page<'_>, figures: &[Figure]) -> Vec<Block> {
    let chart = |figure: Figure, size: Size| {
        figure.svg(page, size).map(|svg| Chart::new(svg, figure.takeaway(page).unwrap_or_default()))
    };
    let drawn: Vec<Figure> =
        figures.iter().copied().filter(|figure| chart(*figure, Size::Narrow).is_some()).collect();
    let block = |pair: &[Figure]| match *pair {
        [left, right] => Some(Block::Pair(chart(left, Size::Narrow)?, chart(right, Size::Narrow)?)),
        [only] => Some(Block::Chart(chart(only, Size::Wide)?)),
        _ => None,
    };
    drawn.chunks(2).filter_map(block).collect()
}

/// A table with one or two rows of column heads, repeated on every page it reaches.
pub(super) struct Table {
    /// Of each column whether it is text (left) or figures (right), and its share of what width is left over.
    pub(super) columns: Vec<(Align, u32)>,
    pub(super) header: Vec<Head>,
    pub(super) rows: Vec<Row>,
    /// Small print below it.
    pub(super) notes: Vec<String>,
}

/// Alignment of a column.
#[derive(Debug, Clone, Copy)]
pub(super) enum Align {
    Left,
    Right,
}

/// Head of a column, or of several.
pub(super) struct Head {
    pub(super) text: String,
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl Head {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), columns: 1, rows: 1 }
    }
}

/// A row of a table.
#[derive(Default)]
pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
    /// Set in semibold.
    pub(super) strong: bool,
    /// What is to be said of it, below it.
    pub(super) annotation: Option<String>,
}

/// A cell of a table.
#[derive(Default, Clone)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) strong: bool,
    /// A word in a small frame after it.
    pub(super) tag: Option<String>,
    /// A line in small type below it.
    pub(super) small: Option<String>,
    /// A bar of this share, 0-1, beside it.
    pub(super) bar: Option<f64>,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

/// A model described.
pub(super) struct Model {
    pub(super) name: String,
    pub(super) code: String,
    pub(super) description: String,
    pub(super) details: Vec<(String, String)>,
}

/// A string for the template: blanks and control characters become single blanks, and what no embedded font can show a
/// question mark. A no-break space stays one.
pub(super) fn text(text: &str) -> Value {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        let blank = c != '\u{a0}' && (c.is_whitespace() || c.is_control());
        match c {
            _ if blank && clean.ends_with(' ') => {}
            _ if blank => clean.push(' '),
            c if world::has_glyph(c) => clean.push(c),
            _ => clean.push('?'),
        }
    }
    clean.trim_matches(' ').into_value()
}

fn list<T>(items: impl IntoIterator<Item = T>, value: impl Fn(T) -> Value) -> Value {
    items.into_iter().map(value).collect::<Array>().into_value()
}

fn named(pairs: &[(String, String)]) -> Value {
    list(pairs, |(name, value)| dict! { "name" => text(name), "value" => text(value) }.into_value())
}

fn optional(value: Option<&str>) -> Value {
    value.map_or(Value::None, text)
}

/// Paragraphs or other texts.
pub(super) fn texts(items: &[String]) -> Value {
    list(items, |item| text(item))
}

/// The sections in order.
pub(super) fn sections(sections: Vec<Section>) -> Value {
    list(sections, |section| {
        let place = match section.place {
            Place::Flow => "flow",
            Place::Whole => "whole",
            Place::Float => "float",
        };
        dict! { "heading" => text(&section.heading), "place" => place, "blocks" => blocks(section.blocks) }
            .into_value()
    })
}

/// Blocks in order.
pub(super) fn blocks(items: Vec<Block>) -> Value {
    list(items, |block| block.value().into_value())
}

impl Block {
    fn value(self) -> Dict {
        match self {
            Block::Text(body) => dict! { "kind" => "text", "text" => text(&body) },
            Block::Verdict(body) => dict! { "kind" => "verdict", "text" => text(&body) },
            Block::Note(body) => dict! { "kind" => "note", "text" => text(&body) },
            Block::Chart(chart) => dict! { "kind" => "chart", "chart" => chart.value() },
            Block::Pair(left, right) => {
                dict! { "kind" => "pair", "left" => left.value(), "right" => right.value() }
            }
            Block::Beside(chart, beside) => {
                dict! { "kind" => "beside", "chart" => chart.value(), "blocks" => blocks(beside) }
            }
            Block::Table(table) => table.value(),
            Block::Columns(columns) => dict! { "kind" => "columns", "items" => named(&columns) },
            Block::Subheading(heading) => dict! { "kind" => "subheading", "text" => text(&heading) },
            Block::Model(model) => dict! {
                "kind" => "model",
                "name" => text(&model.name),
                "code" => text(&model.code),
                "description" => text(&model.description),
                "details" => named(&model.details),
            },
            Block::Figures(figures) => dict! { "kind" => "figures", "items" => named(&figures) },
        }
    }
}

impl Chart {
    fn value(self) -> Dict {
        dict! {
            "alt" => text(&self.alt),
            "caption" => text(&self.caption),
            "svg" => Bytes::from_string(self.svg.replace(|c| !world::has_glyph(c), "?")),
        }
    }
}

impl Table {
    fn value(self) -> Dict {
        let align = |align| match align {
            Align::Left => "left",
            Align::Right => "right",
        };
        dict! {
            "kind" => "table",
            "columns" => list(&self.columns, |(side, share)| {
                dict! { "align" => align(*side), "share" => i64::from(*share) }.into_value()
            }),
            "header" => list(&self.header, |head| {
                dict! { "text" => text(&head.text), "columns" => head.columns, "rows" => head.rows }.into_value()
            }),
            "rows" => list(&self.rows, |row| row.value().into_value()),
            "notes" => texts(&self.notes),
        }
    }
}

impl Row {
    fn value(&self) -> Dict {
        dict! {
            "strong" => self.strong,
            "annotation" => optional(self.annotation.as_deref()),
            "cells" => list(&self.cells, |cell| {
                let bar = cell.bar.map(|share| if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 });
                dict! {
                    "text" => text(&cell.text),
                    "strong" => cell.strong,
                    "tag" => optional(cell.tag.as_deref()),
                    "small" => optional(cell.small.as_deref()),
                    "bar" => bar.map_or(Value::None, IntoValue::into_value),
                }
                .into_value()
            }),
        }
    }
}
