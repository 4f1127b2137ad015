//! Parts of a note, and their conversion for typst: every text becomes a string value there, never markup.
//!
//! In: sections of blocks. Out: the dictionary that `note.typ` reads; a block is a dictionary with its `kind`.

use super::world;
use crate::{
    charts::{self, Size},
    figure::Figure,
    page::Page,
};
use typst::foundations::{Array, Bytes, Dict, IntoValue, Value, dict};

/// A heading and the blocks below it.
pub(super) struct Section {
    pub(super) heading: String,
    pub(super) place: Placement,
    pub(super) blocks: Vec<Block>,
}

/// Page placement of a section.
#[derive(Debug, Clone, Copy)]
pub(super) enum Placement {
    /// After the previous section, over as many pages as needed.
    Flow,
    /// On one page.
    OnePage,
    /// On one page, at its head or foot, so that later text fills the space before it: for charts only.
    Float,
}

/// A part of a section.
pub(super) enum Block {
    /// A paragraph.
    Text(String),
    /// A sentence in the serif face.
    Verdict(String),
    /// Small print below a table or chart.
    Note(String),
    /// A chart of full width.
    Chart(ChartBlock),
    /// Two charts of half width, side by side.
    Pair(ChartBlock, ChartBlock),
    /// A chart of half width with text beside it.
    Beside(ChartBlock, Vec<Block>),
    Table(TableBlock),
    /// Short texts, each with a heading, side by side.
    Columns(Vec<(String, String)>),
    /// A heading within the section.
    Subheading(String),
    Model(Model),
    /// Names with their values, in three columns.
    Figures(Vec<(String, String)>),
}

/// A chart with its texts.
pub(super) struct ChartBlock {
    pub(super) svg: String,
    /// Alternative text for screen readers.
    pub(super) alt: String,
    /// Caption below it; empty for none.
    pub(super) caption: String,
}

impl ChartBlock {
    /// Creates a chart whose alternative text is its own title and the caption.
    pub(super) fn new(svg: String, caption: String) -> Self {
        let title = charts::title(&svg);
        let alt = if caption.is_empty() { title } else { format!("{title}. {caption}") };
        Self { svg, alt, caption }
    }
}

/// Charts with their takeaways: two side by side, or one of full width. Charts without data are left out.
pub(super) fn chart_blocks(page: &Page<'_>, figures: &[Figure]) -> Vec<Block> {
    let chart = |figure: Figure, size: Size| {
        figure.svg(page, size).map(|svg| ChartBlock::new(svg, figure.takeaway(page).unwrap_or_default()))
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

/// A table with one or two header rows, which are repeated on every page it covers.
pub(super) struct TableBlock {
    /// Alignment of each column (text left, figures right), and its share of the remaining width.
    pub(super) columns: Vec<(Align, u32)>,
    pub(super) header: Vec<ColumnHeader>,
    pub(super) rows: Vec<BlockRow>,
    /// Small print below it.
    pub(super) notes: Vec<String>,
}

/// Alignment of a column.
#[derive(Debug, Clone, Copy)]
pub(super) enum Align {
    Left,
    Right,
}

/// Header of one or several columns.
pub(super) struct ColumnHeader {
    pub(super) text: String,
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl ColumnHeader {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), columns: 1, rows: 1 }
    }
}

/// A row of a table.
#[derive(Default)]
pub(super) struct BlockRow {
    pub(super) cells: Vec<Cell>,
    /// Set when the row is in semibold.
    pub(super) strong: bool,
    /// Remark below the row.
    pub(super) annotation: Option<String>,
}

/// A cell of a table.
#[derive(Default, Clone)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) strong: bool,
    /// Word in a small frame after the text.
    pub(super) tag: Option<String>,
    /// Line in small type below it.
    pub(super) small: Option<String>,
    /// Bar of this share, 0-1, beside it.
    pub(super) bar: Option<f64>,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

/// Description of a model.
pub(super) struct Model {
    pub(super) name: String,
    pub(super) code: String,
    pub(super) description: String,
    pub(super) details: Vec<(String, String)>,
}

/// String for the template: each run of whitespace and control characters becomes one space, and each character
/// without a glyph in the embedded fonts a question mark. A no-break space stays.
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

/// Converts paragraphs or other texts.
pub(super) fn texts(items: &[String]) -> Value {
    list(items, |item| text(item))
}

/// Converts the sections in order.
pub(super) fn sections(sections: Vec<Section>) -> Value {
    list(sections, |section| {
        let place = match section.place {
            Placement::Flow => "flow",
            Placement::OnePage => "whole",
            Placement::Float => "float",
        };
        dict! { "heading" => text(&section.heading), "place" => place, "blocks" => blocks(section.blocks) }
            .into_value()
    })
}

/// Converts blocks in order.
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

impl ChartBlock {
    fn value(self) -> Dict {
        dict! {
            "alt" => text(&self.alt),
            "caption" => text(&self.caption),
            "svg" => Bytes::from_string(self.svg.replace(|c| !world::has_glyph(c), "?")),
        }
    }
}

impl TableBlock {
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

impl BlockRow {
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
